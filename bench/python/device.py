"""Measure the CUDA kernels: equality with the CPU first, then flips per nanosecond and chain steps.

python bench/python/device.py --json bench/results/NAME.json
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from conditions import write

import kadanoff as kd
from kadanoff import _core

# Visible and hidden units, chains.
CHAINS = [
    (784, 500, 1000),
    (784, 500, 100_000),
    (784, 128, 128),
    (64, 64, 10_000),
    (64, 64, 1_000_000),
    (100, 400, 1024),
]


@dataclass(frozen=True)
class Case:
    """A model and a kernel that serves it."""

    name: str
    model: kd.Ising
    kernel: str = "checkerboard"
    replicas: int = 1

    def sampler(self, update: str, device: str = "cuda") -> kd.Sampler:
        return kd.Sampler(
            self.model,
            0.44,
            update,
            replicas=self.replicas,
            seed=1,
            device=device,
            kernel=self.kernel,
        )


def glass(lattice: kd.Square | kd.Cubic) -> kd.Ising:
    """Couplings of +1 and -1."""
    return kd.Ising(lattice, kd.couplings.bimodal(lattice, seed=1))


def cases() -> list[Case]:
    big = (kd.Square(4096), kd.Square(16384), kd.Square(65536), kd.Cubic(512))
    return [Case(repr(lattice), kd.Ising(lattice)) for lattice in big] + [
        Case("Square(64), uniform", kd.Ising(kd.Square(64)), "packed", 512),
        Case("Square(64), uniform", kd.Ising(kd.Square(64)), "packed", 2**16),
        Case("Square(64), +-J", glass(kd.Square(64)), "packed", 2**16),
        Case("Cubic(16), +-J", glass(kd.Cubic(16)), "packed", 2**16),
        Case("Triangular(64), uniform", kd.Ising(kd.Triangular(64)), "packed", 2**16),
        Case("Square(4096), +-J", glass(kd.Square(4096)), "packed", 32),
    ]


def rate(case: Case, update: str) -> float:
    """Flips per nanosecond of wall time, over about a second."""
    sampler = case.sampler(update)
    spins = case.model.lattice.n_sites * case.replicas
    sampler.run(10)
    start = time.perf_counter()
    sampler.run(10)
    sweeps = max(10, int(10 / (time.perf_counter() - start)))
    start = time.perf_counter()
    sampler.run(sweeps)
    return sweeps * spins / (time.perf_counter() - start) * 1e-9


def check(update: str) -> None:
    for case in (
        Case("checkerboard", kd.Ising(kd.Square(1000))),
        Case("packed", glass(kd.Square(100)), "packed", 40),
        Case("packed", kd.Ising(kd.Triangular(30)), "packed", 600),
    ):
        spins = []
        for device in ("cpu", "cuda"):
            sampler = case.sampler(update, device)
            sampler.run(50)
            spins.append(sampler.spins if device == "cpu" else sampler.spins.get())
        np.testing.assert_array_equal(spins[0], spins[1])


def machine(visible: int, hidden: int) -> kd.RBM:
    """Weights of a size at which units are neither free nor frozen."""
    weights = np.random.default_rng(1).normal(scale=0.05, size=(visible, hidden))
    return kd.RBM(weights, np.zeros(visible), np.zeros(hidden))


def check_chains(precision: str) -> None:
    states = []
    for device in ("cpu", "cuda"):
        chains = kd.GibbsSampler(machine(100, 400), 1030, 1, device, precision=precision)
        chains.run(20)
        states.append(chains.visible if device == "cpu" else chains.visible.get())
    np.testing.assert_array_equal(states[0], states[1])


def chain_rate(sizes: tuple[int, int, int], precision: str) -> float:
    """Steps of a chain, hidden and visible layer, per second of wall time, over about a second."""
    visible, hidden, count = sizes
    chains = kd.GibbsSampler(machine(visible, hidden), count, 1, "cuda", precision=precision)
    chains.run(20)
    start = time.perf_counter()
    chains.run(100)
    steps = max(100, int(100 / (time.perf_counter() - start)))
    start = time.perf_counter()
    chains.run(steps)
    return steps * count / (time.perf_counter() - start)


def measure_chains(repeats: int) -> list[dict[str, Any]]:
    rows = []
    for precision in ("float32", "fixed16"):
        check_chains(precision)
        for sizes in CHAINS:
            rates = [chain_rate(sizes, precision) for _ in range(repeats)]
            gflops = 4e-9 * sizes[0] * sizes[1] * np.median(rates)
            rows.append({"sizes": sizes, "precision": precision, "chain_steps_per_s": rates})
            label = f"{precision} {' x '.join(map(str, sizes)):18s}"
            print(f"{label} {np.median(rates):10.3g} chain steps/s  {gflops:8.0f} GFLOP/s  {rates}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    rows = []
    for update in ("heatbath", "metropolis"):
        check(update)
        for case in cases():
            rates = [rate(case, update) for _ in range(arguments.repeats)]
            row = {"lattice": case.name, "kernel": case.kernel, "replicas": case.replicas}
            rows.append({**row, "update": update, "flips_per_ns": rates})
            label = f"{update:10s} {case.kernel:12s} {case.name:24s} x {case.replicas:<5d}"
            print(f"{label} {np.median(rates):8.1f} flips/ns  {rates}")
    chains = measure_chains(arguments.repeats)
    if arguments.json:
        results = {"kernels": rows, "chains": chains}
        write(arguments.json, results, device=_core.cuda_device_name())


if __name__ == "__main__":
    main()
