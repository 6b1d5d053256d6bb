"""Time truncated matrix product states of dense machines, and sample how far they are.

    OMP_NUM_THREADS=1 python bench/python/rbm_states.py

A line of JSON for each machine and bond dimension: the median and the spread of CPU seconds, the
stated error, and the distance from 10,000 samples with its standard error, which must agree within
a fifth.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import numpy as np

import kadanoff as kd

# Units of each layer, deviation of the weights, bond dimension.
CASES = ((60, 0.1, 16), (60, 0.1, 32), (100, 0.05, 16), (100, 0.05, 32), (100, 0.1, 32))


def machine(units: int, deviation: float) -> kd.RBM:
    rng = np.random.default_rng(1)
    weights = deviation * rng.normal(size=(units, units))
    return kd.RBM(weights, 0.3 * rng.normal(size=units), 0.3 * rng.normal(size=units))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    kd.tensor.rbm_to_mps(machine(30, 0.1), max_bond=8)  # warms up
    for units, deviation, bond in CASES:
        rbm, seconds = machine(units, deviation), []
        for _ in range(rounds):
            begin = time.process_time()
            state = kd.tensor.rbm_to_mps(rbm, max_bond=bond)
            seconds.append(time.process_time() - begin)
        assert state.truncation is not None
        stated = state.truncation.error
        sampled = kd.tensor.rbm_mps_error(state, rbm, seed=1)
        if abs(sampled.error / stated - 1) > 0.2:
            raise SystemExit(f"{units} units, bonds of {bond}: {stated:.3g} is no {sampled}")
        line = {
            "units": units,
            "deviation": deviation,
            "max_bond": bond,
            "cpu_seconds": statistics.median(seconds),
            "spread": max(seconds) - min(seconds),
            "stated": stated,
            "sampled": sampled.error,
            "standard_error": sampled.standard_error,
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
