"""Time ground states of spin chains by two-site DMRG, and by quimb's where it is installed.

    python bench/python/dmrg.py --json dmrg.json

Both take turns in one process, with the same bond dimensions and cutoff, until a sweep changes the
energy by less than 1e-9. A line of JSON for each chain: medians of CPU seconds, and how far the
energies are from exact ones, which must be less than 1e-8.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from conditions import restart_in_a_fair_environment, write

import kadanoff as kd

# By the open-boundary Bethe equations, see tests/python/spin_chains.py.
HEISENBERG_64 = -28.175424859743
ISING_128 = 1 - 1 / np.sin(np.pi / 514)
CHIS = {"ising 128": [16, 32, 48], "heisenberg 64": [16, 32, 64, 128]}
EXACT = {"ising 128": ISING_128, "heisenberg 64": HEISENBERG_64}


def own(name: str, seed: int) -> float:
    """Return the energy that Kadanoff finds."""
    chain = kd.tensor.transverse_field_ising(128)
    if name == "heisenberg 64":
        chain = kd.tensor.heisenberg(64)
    return kd.tensor.dmrg(chain, CHIS[name], sweeps=40, cutoff=1e-14, seed=seed).energy


def quimb(name: str, seed: int) -> float:
    """Return the energy that quimb finds; its spin operators are half the Pauli matrices."""
    import quimb.tensor as qtn

    if name == "heisenberg 64":
        chain = qtn.MPO_ham_heis(64)
    else:
        chain = qtn.MPO_ham_ising(128, j=-4.0, bx=2.0)
    np.random.seed(seed)  # noqa: NPY002 (what it draws its start from)
    solver = qtn.DMRG2(chain, bond_dims=CHIS[name], cutoffs=1e-14)
    solver.solve(tol=1e-9, max_sweeps=40, verbosity=0)
    return float(np.real(solver.energy))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    results = []
    solvers: dict[str, Callable[[str, int], float]] = {"kadanoff": own}
    if importlib.util.find_spec("quimb"):
        solvers["quimb"] = quimb
    for name, exact in EXACT.items():
        seconds: dict[str, list[float]] = {solver: [] for solver in solvers}
        errors = dict.fromkeys(solvers, 0.0)
        for turn in range(options.rounds):
            for solver, solve in solvers.items():
                begin = time.process_time()
                error = abs(solve(name, turn + 1) - exact)
                seconds[solver].append(time.process_time() - begin)
                errors[solver] = max(errors[solver], error)
                if error > 1e-8:
                    raise SystemExit(f"{solver}: the energy of {name} is {error:.1e} off")
        medians = {solver: statistics.median(values) for solver, values in seconds.items()}
        results.append({"chain": name, "cpu_seconds": medians, "errors": errors})
        print(json.dumps(results[-1]), flush=True)
    if options.json:
        write(options.json, results, ("quimb",))


if __name__ == "__main__":
    main()
