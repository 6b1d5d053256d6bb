"""Compare Kadanoff with other Ising samplers from PyPI, in one process on one thread.

    pip install 'kadanoff[bench]' && python bench/python/peers.py

Every sampler first shows that its energy agrees with Kaufman's exact solution within 5 standard
errors; only then is its speed printed. Times are CPU seconds, speeds attempted flips per
nanosecond of them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from conditions import write

import kadanoff as kd
from kadanoff import analysis

BETA = 0.35


def kadanoff_sampler(update: str) -> Callable[[int, int], tuple[np.ndarray, float, float]]:
    def measure(size: int, sweeps: int) -> tuple[np.ndarray, float, float]:
        sampler = kd.Sampler(kd.Ising(kd.Square(size)), BETA, update, seed=1, threads=1)
        sampler.run(200)
        start = time.process_time()
        sampler.run(sweeps)
        seconds = time.process_time() - start
        return sampler.sample(400, every=5)["energy"][0], sweeps * size**2, seconds

    return measure


def numba_checkerboard(size: int, sweeps: int) -> tuple[np.ndarray, float, float]:
    """What a physicist writes: Metropolis on two int8 half lattices, a float draw for each spin."""
    import numba

    @numba.njit(fastmath=True)
    def half_sweep(own: np.ndarray, other: np.ndarray, odd: int, accept: np.ndarray) -> None:
        rows, columns = own.shape
        for y in range(rows):
            up, down = y - 1 if y > 0 else rows - 1, y + 1 if y < rows - 1 else 0
            for j in range(columns):
                if (y + odd) % 2 == 0:
                    side = j - 1 if j > 0 else columns - 1
                else:
                    side = j + 1 if j < columns - 1 else 0
                field = other[up, j] + other[down, j] + other[y, j] + other[y, side]
                if np.random.random() < accept[(own[y, j] * field + 4) // 2]:  # noqa: NPY002
                    own[y, j] = -own[y, j]

    @numba.njit
    def sweep(even: np.ndarray, odd: np.ndarray, accept: np.ndarray, sweeps: int) -> None:
        for _ in range(sweeps):
            half_sweep(even, odd, 0, accept)
            half_sweep(odd, even, 1, accept)

    def energy(even: np.ndarray, odd: np.ndarray) -> float:
        spins = np.empty((size, size), dtype=np.int64)
        spins[::2, ::2], spins[1::2, 1::2] = even[::2], even[1::2]
        spins[::2, 1::2], spins[1::2, ::2] = odd[::2], odd[1::2]
        return float(-(spins * (np.roll(spins, 1, 0) + np.roll(spins, 1, 1))).mean())

    accept = np.minimum(1.0, np.exp(-2 * BETA * np.arange(-4, 5, 2)))
    even, odd = (np.ones((size, size // 2), dtype=np.int8) for _ in range(2))
    sweep(even, odd, accept, 200)
    start = time.process_time()
    sweep(even, odd, accept, sweeps)
    seconds = time.process_time() - start
    energies = []
    for _ in range(400):
        sweep(even, odd, accept, 5)
        energies.append(energy(even, odd))
    return np.array(energies), sweeps * size**2, seconds


def mcising_metropolis(size: int, sweeps: int) -> tuple[np.ndarray, float, float]:
    from mcising import IsingSimulation

    simulation = IsingSimulation(size, 1.0, 0.0, 0.0, 0.0, 1)
    simulation.sweep(500, temperature=1 / BETA)
    start = time.process_time()
    simulation.sweep(sweeps, temperature=1 / BETA)
    seconds = time.process_time() - start
    block = simulation.production_sweeps(400, 5, temperature=1 / BETA, store_configs=False)
    return np.array(block["energies"]), sweeps * size**2, seconds


def dwave_annealing(size: int, sweeps: int) -> tuple[np.ndarray, float, float]:
    """dwave-samplers at a fixed temperature: the last states of independent reads."""
    from dwave.samplers import SimulatedAnnealingSampler

    bonds = {(int(i), int(j)): -1.0 for i, j in kd.Square(size).bonds}
    reads = 24
    options = {"num_reads": reads, "seed": 1, "beta_schedule_type": "custom"}
    sampler = SimulatedAnnealingSampler()
    seconds = []
    for length in (1, sweeps):  # the difference leaves out what does not depend on the sweeps
        start = time.process_time()
        result = sampler.sample_ising(
            {}, bonds, beta_schedule=[BETA], num_sweeps_per_beta=length, **options
        )
        seconds.append(time.process_time() - start)
    energies = np.asarray(result.record.energy) / size**2
    return energies, (sweeps - 1) * reads * size**2, seconds[1] - seconds[0]


def deviation(energies: np.ndarray, size: int) -> float:
    """Distance of the mean energy from Kaufman's in standard errors."""
    exact = kd.exact.kaufman((size, size), BETA).energy
    return float((energies.mean() - exact) / analysis.standard_error(energies[None]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    contenders = {
        "kadanoff heatbath": (kadanoff_sampler("heatbath"), 100_000),
        "kadanoff metropolis": (kadanoff_sampler("metropolis"), 100_000),
        "numba checkerboard": (numba_checkerboard, 3_000),
        "mcising metropolis": (mcising_metropolis, 3_000),
        "dwave-samplers annealing": (dwave_annealing, 300),
    }
    rows: list[dict[str, Any]] = []
    for name, (measure, sweeps) in contenders.items():
        rates = []
        for _ in range(arguments.repeats):
            energies, flips, seconds = measure(arguments.size, sweeps)
            z = deviation(energies, arguments.size)
            if abs(z) > 5:
                raise SystemExit(f"{name}: the energy is {z:.1f} sigma off, no speed is quoted")
            rates.append(flips / seconds * 1e-9)
        rate, spread = float(np.median(rates)), float(np.ptp(rates))
        rows.append({"name": name, "flips_per_ns": rate, "spread": spread, "energy_z": z})
        ratio = rows[0]["flips_per_ns"] / rate
        speed = f"{rate:9.4f} flips/ns  (spread {spread:.4f})"
        print(f"{name:26s} {speed}  energy {z:+.1f} sigma  1/{ratio:.1f}")
    if arguments.json:
        kernel = kd.Sampler(kd.Ising(kd.Square(2)), 1.0).kernel
        packages = ("numba", "mcising", "dwave-samplers")
        write(arguments.json, rows, packages, kernel=kernel, size=arguments.size)


if __name__ == "__main__":
    main()
