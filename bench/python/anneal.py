"""Compare kd.anneal with dwave-samplers on the same spin glasses, in one process on one thread.

    pip install 'kadanoff[bench]' && python bench/python/anneal.py

Both anneal with their own default range of temperatures. For each number of sweeps the CPU seconds
of a read and the share p of reads that end in the lowest energy known give the CPU seconds to a
solution, seconds * ln(0.01) / ln(1 - p): what finds it with 99 %. Each contender is quoted at
the number of sweeps that is best for it on the instance. Where no read found the energy, one is
counted: the ratio is then a lower bound (>), an upper one (<), or neither (?). The lowest energy is
that of all reads and of one long run; the energies of Kadanoff's states are recomputed by dimod
before anything is quoted. Speeds are attempted flips per nanosecond.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import dimod
import numpy as np
from conditions import write
from dwave.samplers import SimulatedAnnealingSampler

import kadanoff as kd

SWEEPS = (30, 100, 300, 1000)


class Timing(NamedTuple):
    """Reads of one contender at one number of sweeps."""

    sweeps: int
    seconds: float  # CPU seconds of a read
    energies: np.ndarray

    def share(self, ground: float) -> float:
        return float(np.mean(self.energies <= ground + 1e-9))

    def to_solution(self, ground: float) -> float:
        share = max(self.share(ground), 1.0 / len(self.energies))
        return self.seconds * max(1.0, math.log(0.01) / math.log1p(-min(share, 1 - 1e-12)))


def torus(extents: tuple[int, ...], couplings: Callable[..., np.ndarray]) -> Any:
    def make(seed: int) -> kd.Ising:
        lattice = kd.Square(extents) if len(extents) == 2 else kd.Cubic(extents)
        return kd.Ising(lattice, couplings(lattice, seed=seed))

    return make


INSTANCES: dict[str, Callable[[int], Any]] = {
    "+-J 10x10": torus((10, 10), kd.couplings.bimodal),
    "Gaussian 10x10": torus((10, 10), kd.couplings.gaussian),
    "+-J 6x6x6": torus((6, 6, 6), kd.couplings.bimodal),
    "Gaussian 6x6x6": torus((6, 6, 6), kd.couplings.gaussian),
    "SK N=100": lambda seed: kd.couplings.sherrington_kirkpatrick(100, seed=seed),
}


def quadratic(model: kd.Ising) -> dimod.BinaryQuadraticModel:
    first, second = model.lattice.bonds.T
    return dimod.BinaryQuadraticModel.from_numpy_vectors(
        np.zeros(model.lattice.n_sites),
        (first, second, -np.broadcast_to(model.coupling, len(first))),
        0.0,
        dimod.SPIN,
    )


def time_kadanoff(model: kd.Ising, sweeps: int, reads: int, update: str) -> Timing:
    start = time.process_time()
    result = kd.anneal(model, num_reads=reads, num_sweeps=sweeps, seed=1, threads=1, update=update)
    seconds = time.process_time() - start
    expected = quadratic(model).energies(result.to_dimod())
    if not np.allclose(result.energies, expected, rtol=0, atol=1e-9):
        raise SystemExit("kadanoff: the energies are not those of the states, no speed is quoted")
    return Timing(sweeps, seconds / reads, result.energies)


def time_dwave(model: kd.Ising, sweeps: int, reads: int) -> Timing:
    problem = quadratic(model)
    start = time.process_time()
    result = SimulatedAnnealingSampler().sample(problem, num_reads=reads, num_sweeps=sweeps, seed=1)
    seconds = time.process_time() - start
    return Timing(sweeps, seconds / reads, np.asarray(result.record.energy))


def compare(name: str, seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    model = INSTANCES[name](seed)
    reads, update = arguments.reads, arguments.update
    own = [time_kadanoff(model, sweeps, reads, update) for sweeps in SWEEPS]
    peer = [time_dwave(model, sweeps, arguments.peer_reads) for sweeps in SWEEPS]
    long = kd.anneal(model, num_reads=2048, num_sweeps=5000, seed=2)
    ground = min(float(t.energies.min()) for t in [*own, *peer])
    ground = min(ground, long.best.energy)
    row: dict[str, Any] = {"instance": name, "seed": seed, "ground": ground}
    row["kernel"] = long.info["kernel"]
    for who, timings in (("kadanoff", own), ("dwave", peer)):
        best = min(timings, key=lambda t: t.to_solution(ground))
        flips = sum(t.sweeps for t in timings) * model.lattice.n_sites
        row[who] = {
            "flips_per_ns": flips / sum(t.seconds for t in timings) * 1e-9,
            "seconds_to_solution": best.to_solution(ground),
            "best_sweeps": best.sweeps,
            "share_at_best": best.share(ground),
            "found": any(t.share(ground) > 0.0 for t in timings),
            "share": {t.sweeps: t.share(ground) for t in timings},
        }
    return row


def ratio_text(row: dict[str, Any]) -> str:
    own, peer = row["kadanoff"], row["dwave"]
    speed = own["flips_per_ns"] / peer["flips_per_ns"]
    gain = peer["seconds_to_solution"] / own["seconds_to_solution"]
    row["flips_ratio"], row["solution_ratio"] = speed, gain
    bound = (">" if own["found"] else "?") if not peer["found"] else "" if own["found"] else "<"
    return (
        f"{row['instance']:15s} {row['seed']:4d}  {row['kernel']:14s}"
        f"{own['flips_per_ns']:8.3f} flips/ns ({speed:5.1f}x)  "
        f"{own['seconds_to_solution'] * 1e6:10.1f} us to solution at p={own['share_at_best']:.3f}, "
        f"dwave {peer['seconds_to_solution'] * 1e6:12.1f} us at p={peer['share_at_best']:.3f}: "
        f"{bound}{gain:.1f}x"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=5, help="seeds of each kind")
    parser.add_argument("--reads", type=int, default=1024)
    parser.add_argument("--peer-reads", type=int, default=400)
    parser.add_argument("--update", choices=("metropolis", "heatbath"), default="metropolis")
    parser.add_argument("--only", choices=tuple(INSTANCES), action="append")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    arguments = parser.parse_args()
    kd.anneal(INSTANCES["+-J 10x10"](0), num_reads=64, num_sweeps=10)  # warm up
    rows = []
    for name in arguments.only or INSTANCES:
        kind = []
        for seed in range(1, arguments.instances + 1):
            row = compare(name, seed, arguments)
            print(ratio_text(row), flush=True)
            kind.append(row)
        for what in ("flips_ratio", "solution_ratio"):
            print(f"{name:15s} median {what}: {np.median([row[what] for row in kind]):.1f}")
        rows += kind
    if arguments.json:
        write(arguments.json, rows, ("dwave-samplers", "dimod"), update=arguments.update)


if __name__ == "__main__":
    main()
