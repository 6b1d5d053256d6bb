"""Compare contractions of networks with opt_einsum and cotengra, on the same path, in one process.

    pip install 'kadanoff[tensor]' && python bench/python/networks.py --json networks.json

Everybody contracts the same tensors along the same path, planned before, on one thread; results are
compared before anything is timed. Tiny networks are measured in CPU time per pair, the open Ising
square in the additions and multiplications of the path per CPU second.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from conditions import restart_in_a_fair_environment, write

import kadanoff as kd
from kadanoff.tensor import paths

Tensors = list[tuple[np.ndarray, tuple[Any, ...]]]


def ring_of_ladders(rng: np.random.Generator) -> Tensors:
    """1000 tensors of three axes: a ladder closed to a ring."""
    return [
        (rng.normal(size=(2, 2, 2)), (("leg", s, k), ("leg", s, (k + 1) % 500), ("rung", k)))
        for k in range(500)
        for s in (0, 1)
    ]


def random_tree(rng: np.random.Generator) -> Tensors:
    """501 tensors of three axes that make a tree, and a vector at each of its ends."""
    tensors: Tensors = []
    ends, labels = [0], 1
    while len(tensors) < 499:
        end = ends.pop(int(rng.integers(len(ends))))
        tensors.append((rng.normal(size=(2, 2, 2)), (end, labels, labels + 1)))
        ends += [labels, labels + 1]
        labels += 2
    return tensors + [(rng.normal(size=2), (end,)) for end in ends]


def ising_square(length: int, dtype: str) -> Tensors:
    """Tensors of sites of the open square at the critical point, scaled so that Z is about 1."""
    beta = math.log(1 + math.sqrt(2)) / 2
    bond = np.array([[np.exp(beta), np.exp(-beta)], [np.exp(-beta), np.exp(beta)]])
    half = np.linalg.cholesky(bond)
    tensors: Tensors = []
    for y in range(length):
        for x in range(length):
            bonds = [("v", y, x), ("h", y, x), ("v", y + 1, x), ("h", y, x + 1)]
            inside = [b for b in bonds if 0 < (b[1] if b[0] == "v" else b[2]) < length]
            site = np.zeros((2,) * len(inside))
            for spin in range(2):
                term = np.ones(())
                for _ in inside:
                    term = np.multiply.outer(term, half[spin])
                site += term
            tensors.append(((site / 2.5).astype(dtype), tuple(inside)))
    return tensors


def contenders(tensors: Tensors, path: list[tuple[int, int]]) -> dict[str, Callable[[], Any]]:
    """Calls that contract, planned as far as each package can."""
    import cotengra
    import opt_einsum

    net = kd.TensorNetwork(tensors)
    plan = net.plan(path)
    arrays = [array for array, _ in tensors]
    numbers: dict[Any, str] = {}
    terms = [
        "".join(numbers.setdefault(x, opt_einsum.get_symbol(len(numbers))) for x in labels)
        for _, labels in tensors
    ]
    expression = opt_einsum.contract_expression(
        ",".join(terms) + "->", *[array.shape for array in arrays], optimize=path
    )
    sizes = {
        x: size
        for term, array in zip(terms, arrays, strict=True)
        for x, size in zip(term, array.shape, strict=True)
    }
    tree = cotengra.ContractionTree.from_path([tuple(t) for t in terms], (), sizes, path=path)
    return {
        "kadanoff": lambda: net.contract(plan, threads=1),
        "opt_einsum": lambda: expression(*arrays),
        "cotengra": lambda: tree.contract(arrays),
    }


def measure(calls: dict[str, Callable[[], Any]], rounds: int, seconds: float) -> dict[str, float]:
    """CPU seconds of one call: medians of rounds in which all take turns."""
    results = {name: complex(call()) for name, call in calls.items()}
    for name, result in results.items():
        if abs(result - results["kadanoff"]) > 1e-3 * abs(result):
            raise SystemExit(f"{name} says {result}, kadanoff {results['kadanoff']}")
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            begin, count = time.process_time(), 0
            while count == 0 or time.process_time() - begin < seconds:
                call()
                count += 1
            times[name].append((time.process_time() - begin) / count)
    return {name: statistics.median(values) for name, values in times.items()}


def path_of(tensors: Tensors) -> paths.ContractionPath:
    sizes = [array.shape for array, _ in tensors]
    return paths.search([labels for _, labels in tensors], "", sizes, seed=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--length", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    restart_in_a_fair_environment()
    rng = np.random.default_rng(1)
    results: list[dict[str, Any]] = []
    for name, tensors in (("ladder", ring_of_ladders(rng)), ("tree", random_tree(rng))):
        calls = contenders(tensors, path_of(tensors).path)
        pairs = len(tensors) - 1
        micro = {k: 1e6 * v / pairs for k, v in measure(calls, arguments.rounds, 0.05).items()}
        print(f"{name}, {pairs} pairs, us per pair:", {k: round(v, 3) for k, v in micro.items()})
        results.append({"network": name, "pairs": pairs, "us_per_pair": micro})
    for dtype in ("float32", "float64"):
        tensors = ising_square(arguments.length, dtype)
        path = path_of(tensors)
        flops = 2 * 10**path.log10_cost
        seconds = measure(contenders(tensors, path.path), min(arguments.rounds, 3), 0.0)
        rates = {k: flops / v / 1e9 for k, v in seconds.items()}
        width = f"width {path.log2_width:.0f}, 10^{math.log10(flops):.2f} flops"
        print(f"square {arguments.length}, {dtype}, {width}, GFLOP/s:", rates)
        results.append({"network": f"square {arguments.length}", "dtype": dtype, "gflops": rates})
    if arguments.json:
        write(arguments.json, results, ("opt_einsum", "cotengra"))


if __name__ == "__main__":
    main()
