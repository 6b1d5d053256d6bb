"""Time data sets of Ising configurations, which are checked against Kaufman's energies.

    python bench/python/configurations.py --json bench/results/NAME.json

A line of JSON: CPU and wall seconds for `--count` configurations of `--size` x `--size` spins at
16 temperatures from 1.5 to 3.5, how they were sampled, and the worst deviation of a mean energy, in
standard errors of independent draws, which must be less than 4.5.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from conditions import restart_in_a_fair_environment, write

import kadanoff as kd

TEMPERATURES = np.linspace(1.5, 3.5, 16)


def worst_deviation(data: kd.datasets.IsingDataset) -> float:
    """Return the largest deviation of a mean energy from the exact one."""
    model = kd.Ising(kd.Square(data.sample_shape))
    found = []
    for label, temperature in enumerate(TEMPERATURES):
        energies = model.energy(data[data.labels == label].spins)
        exact = kd.exact.kaufman(data.sample_shape, 1 / temperature)
        difference = energies.mean() - exact.energy * exact.n_sites
        found.append(abs(difference) * len(energies) ** 0.5 / energies.std(ddof=1))
    return float(max(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    kd.datasets.ising(kd.Square(4), 2.0, 10, threads=options.threads)  # imports
    wall, cpu = time.perf_counter(), time.process_time()
    data = kd.datasets.ising(
        kd.Square(options.size),
        TEMPERATURES,
        options.count // len(TEMPERATURES),
        seed=1,
        threads=options.threads,
    )
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    deviation = worst_deviation(data)
    assert deviation < 4.5, deviation
    record = {
        "configurations": len(data),
        "size": options.size,
        "cpu_seconds": round(cpu, 2),
        "wall_seconds": round(wall, 2),
        "threads": options.threads,
        "updates": data.updates,
        "tau": data.tau.round(2).tolist(),
        "every": data.every.tolist(),
        "worst_deviation": round(deviation, 2),
    }
    print(json.dumps(record))
    if options.json:
        write(options.json, [record])


if __name__ == "__main__":
    main()
