"""Compare contraction paths with cotengra's, for the same seconds on the same cores.

    pip install 'kadanoff[tensor]' cotengrust optuna kahypar && python bench/python/peers_paths.py

cotengra searches as its preset "auto-hq" does, with the methods that it finds installed, but for
seconds instead of 128 repeats; on "annealed" it anneals its trees as well. Costs of all paths are
worked out by cotengra's own tree: log10 of the number of scalar multiplications. The searches of an
instance follow one another, and what they took is recorded: cotengra looks at the clock between
trials only. In the instances with a limit, results are sliced to that number of elements.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

import cotengra as ctg
from conditions import write
from cotengra.hyperoptimizers.hyper import get_default_hq_methods, get_default_optlib

from kadanoff.tensor import paths

Network = tuple[list[tuple[Any, ...]], tuple[Any, ...], dict[Any, int]]


def from_cotengra(built: Any) -> Network:
    inputs, output, _, sizes = built
    return [tuple(term) for term in inputs], tuple(output), dict(sizes)


def circuit(rows: int, columns: int, cycles: int) -> Network:
    """An amplitude of a random circuit of fSim gates on a grid, in Sycamore's order ABCDCDAB.

    One tensor is a gate with the single-qubit gates before it: 4 legs of size 2 but for those that
    end in a basis state.
    """
    layers = []
    for cycle in range(cycles):
        pattern = "ABCDCDAB"[cycle % 8]
        dy, dx = (0, 1) if pattern in "AB" else (1, 0)
        pairs = []
        for y in range(rows - dy):
            for x in range(columns - dx):
                if (x + y + (pattern in "BD")) % 2 == 0:
                    pairs.append(((y, x), (y + dy, x + dx)))
        layers.append(pairs)
    uses = {}
    for pair in (pair for layer in layers for pair in layer):
        for qubit in pair:
            uses[qubit] = uses.get(qubit, 0) + 1
    times = dict.fromkeys(uses, 0)
    inputs = []
    for pair in (pair for layer in layers for pair in layer):
        legs = []
        for qubit in pair:
            if times[qubit] > 0:
                legs.append((qubit, times[qubit]))
            times[qubit] += 1
            if times[qubit] < uses[qubit]:
                legs.append((qubit, times[qubit]))
        inputs.append(legs)
    names: dict[Any, str] = {}
    terms = [
        tuple(names.setdefault(leg, ctg.utils.get_symbol(len(names))) for leg in legs)
        for legs in inputs
    ]
    return terms, (), dict.fromkeys(names.values(), 2)


def instances() -> dict[str, tuple[Network, float | None]]:
    u = ctg.utils
    two = {"d_min": 2, "d_max": 2}
    regular100 = from_cotengra(u.randreg_equation(100, 3, seed=1, **two))
    regular300 = from_cotengra(u.randreg_equation(300, 3, seed=2, **two))
    square = from_cotengra(u.lattice_equation([20, 20], seed=1, **two))
    cube = from_cotengra(u.lattice_equation([6, 6, 6], seed=1, **two))
    mixed = from_cotengra(u.lattice_equation([5, 5, 5], d_min=2, d_max=4, seed=1))
    hyper = from_cotengra(u.rand_equation(100, 4, n_out=2, n_hyper_in=4, d_min=2, d_max=4, seed=3))
    grid = circuit(7, 7, 12)
    return {
        "regular graph, 100 vertices of degree 3": (regular100, None),
        "regular graph, 300 vertices of degree 3": (regular300, None),
        "square lattice, 20 x 20": (square, None),
        "cubic lattice, 6 x 6 x 6": (cube, None),
        "cubic lattice, 5 x 5 x 5, sizes 2 to 4": (mixed, None),
        "random, 100 tensors, hyper-edges, sizes 2 to 4": (hyper, None),
        "circuit, 7 x 7 qubits, 12 cycles": (grid, None),
        "square lattice, 20 x 20, limit 2^15": (square, 2.0**15),
        "regular graph, 300 vertices, limit 2^28": (regular300, 2.0**28),
        "circuit, 7 x 7 qubits, 12 cycles, limit 2^20": (grid, 2.0**20),
    }


def ask_kadanoff(network: Network, limit: float | None, seconds: float, threads: int) -> float:
    inputs, output, sizes = network
    path = paths.search(inputs, output, sizes, seconds=seconds, size_limit=limit, threads=threads)
    tree = ctg.ContractionTree.from_path(inputs, output, sizes, ssa_path=path.ssa_path)
    for label in path.sliced:
        tree.remove_ind_(label)
    if limit is not None and tree.max_size() > limit:
        raise SystemExit("the limit is not obeyed")
    return float(tree.contraction_cost(log=10))


def ask_cotengra(
    network: Network, limit: float | None, seconds: float, threads: int, annealed: bool
) -> float:
    options: dict[str, Any] = {"simulated_annealing_opts": {}} if annealed else {}
    reconfigure = {"subtree_size": 8, "maxiter": "auto", "maxiter_auto_cap": 1024}
    if limit is not None:
        options = {"slicing_reconf_opts": {"target_size": int(limit), "reconf_opts": reconfigure}}
    elif not annealed:
        options = {"reconf_opts": reconfigure}
    optimizer = ctg.HyperOptimizer(
        methods=get_default_hq_methods(),
        optlib=get_default_optlib(),
        minimize="flops",
        max_repeats=10**6,
        max_time=seconds,
        parallel=threads if threads > 1 else False,
        progbar=False,
        **options,
    )
    tree = optimizer.search(*network)
    if limit is not None and tree.max_size() > limit:
        raise SystemExit("cotengra does not obey the limit")
    return float(tree.contraction_cost(log=10))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", default="", help="instances whose name has this in it")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    seconds, threads = arguments.seconds, arguments.threads
    rows = []
    for name, (network, limit) in instances().items():
        if arguments.only not in name:
            continue
        row: dict[str, Any] = {"name": name, "tensors": len(network[0])}
        contenders = {"kadanoff": lambda n, m: ask_kadanoff(n, m, seconds, threads)}
        contenders["cotengra"] = lambda n, m: ask_cotengra(n, m, seconds, threads, False)
        if limit is None:
            contenders["annealed"] = lambda n, m: ask_cotengra(n, m, seconds, threads, True)
        for contender, ask in contenders.items():
            start = time.perf_counter()
            row[contender] = ask(network, limit)
            row[f"{contender}_seconds"] = time.perf_counter() - start
        best = min(row[contender] for contender in contenders if contender != "kadanoff")
        row["ratio"] = row["kadanoff"] / best
        rows.append(row)
        costs = "  ".join(f"{c} {row[c]:.3f} ({row[c + '_seconds']:.0f} s)" for c in contenders)
        print(f"{name:48s} {costs}  ratio {row['ratio']:.3f}", flush=True)
        if arguments.json:
            names = ("cotengra", "cotengrust", "optuna", "kahypar")
            more = {"seconds": seconds, "threads": threads, "methods": get_default_hq_methods()}
            write(arguments.json, rows, names, **more)


if __name__ == "__main__":
    main()
