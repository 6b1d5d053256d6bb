"""Compare Kadanoff's cluster updates with mcising's, in one process on one thread.

    pip install 'kadanoff[bench]' && python bench/python/clusters.py

The square lattice at its critical point. Each sampler first shows that its energy agrees with
Kaufman's exact solution within 5 standard errors; only then is its speed printed: sites visited
per nanosecond of CPU time. A Swendsen-Wang sweep visits all sites, a Wolff cluster its own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from conditions import write

import kadanoff as kd
from kadanoff import analysis

BETA = float(np.log1p(np.sqrt(2)) / 2)
UPDATES = ("swendsen-wang", "wolff")


class Measurement(NamedTuple):
    energies: np.ndarray
    sites: float
    seconds: float


def kadanoff_clusters(size: int, update: str, sweeps: int) -> Measurement:
    def make() -> kd.Sampler:
        sampler = kd.Sampler(kd.Ising(kd.Square(size)), BETA, update, seed=1, threads=1)
        sampler.run(1000)
        return sampler

    timed, twin = make(), make()  # the same trajectory: the twin tells how large its clusters are
    start = time.process_time()
    timed.run(sweeps)
    seconds = time.process_time() - start
    run = twin.sample(sweeps)
    sites = run["cluster_size"].sum() if update == "wolff" else sweeps * size**2
    return Measurement(run["energy"][0], float(sites), seconds)


def mcising_clusters(size: int, update: str, sweeps: int) -> Measurement:
    from mcising import IsingSimulation

    simulations = {
        name: IsingSimulation(size, 1.0, 0.0, 0.0, 0.0, 1, algorithm=name.replace("-", "_"))
        for name in UPDATES
    }
    simulations["swendsen-wang"].sweep(500, temperature=1 / BETA)
    simulation = simulations[update]
    if update == "wolff":  # its clusters are small until the start is forgotten
        simulation.set_spins(simulations["swendsen-wang"].get_spins())
    simulation.sweep(100, temperature=1 / BETA)
    start = time.process_time()
    flipped, *_ = simulation.sweep(sweeps, temperature=1 / BETA)
    seconds = time.process_time() - start
    block = simulation.production_sweeps(sweeps, 1, temperature=1 / BETA, store_configs=False)
    sites = flipped if update == "wolff" else sweeps * size**2
    return Measurement(np.array(block["energies"]), float(sites), seconds)


CONTENDERS: dict[str, tuple[Callable[[int, str, int], Measurement], int]] = {
    "kadanoff": (kadanoff_clusters, 3000),
    "mcising": (mcising_clusters, 1000),
}


def deviation(energies: np.ndarray, size: int) -> float:
    """Distance of the mean energy from Kaufman's in standard errors."""
    exact = kd.exact.kaufman((size, size), BETA).energy
    return float((energies.mean() - exact) / analysis.standard_error(energies[None]))


def measure(size: int, repeats: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for update in UPDATES:
        rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        worst = dict.fromkeys(CONTENDERS, 0.0)
        for _ in range(repeats):  # in turn, so that a slow spell of the machine meets both
            for name, (contender, sweeps) in CONTENDERS.items():
                energies, sites, seconds = contender(size, update, sweeps)
                z = deviation(energies, size)
                if abs(z) > 5:
                    raise SystemExit(f"{name} {update}: the energy is {z:.1f} sigma off")
                worst[name] = max(worst[name], z, key=abs)
                rates[name].append(sites / seconds * 1e-9)
        for name, values in rates.items():
            ratio = float(np.median(rates["kadanoff"]) / np.median(values))
            rows.append(
                {
                    "name": f"{name} {update}",
                    "sites_per_ns": float(np.median(values)),
                    "spread": float(np.ptp(values)),
                    "energy_z": worst[name],
                    "kadanoff_is_faster_by": ratio,
                }
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    rows = measure(arguments.size, arguments.repeats)
    for row in rows:
        speed = f"{row['sites_per_ns']:7.4f} sites/ns  (spread {row['spread']:.4f})"
        ratio = row["kadanoff_is_faster_by"]
        print(f"{row['name']:24s} {speed}  energy {row['energy_z']:+.1f} sigma  1/{ratio:.1f}")
    if arguments.json:
        sampler = kd.Sampler(kd.Ising(kd.Square(arguments.size)), BETA, "swendsen-wang")
        more = {"kernel": sampler.kernel, "size": arguments.size}
        write(arguments.json, rows, ("mcising",), **more)


if __name__ == "__main__":
    main()
