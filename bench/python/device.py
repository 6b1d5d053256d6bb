"""Measure the CUDA sampler: equality with the CPU first, then flips per nanosecond.

python bench/python/device.py --json bench/results/NAME.json
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

import kadanoff as kd
from kadanoff import _core


def rate(lattice: kd.Square | kd.Cubic, update: str) -> float:
    """Flips per nanosecond of wall time, over about a second."""
    sampler = kd.Sampler(kd.Ising(lattice), 0.44, update, seed=1, device="cuda")
    sampler.run(10)
    sweeps = max(10, int(1e12 / lattice.n_sites))
    start = time.perf_counter()
    sampler.run(sweeps)
    return sweeps * lattice.n_sites / (time.perf_counter() - start) * 1e-9


def check(update: str) -> None:
    spins = []
    for device in ("cpu", "cuda"):
        sampler = kd.Sampler(kd.Ising(kd.Square(1000)), 0.44, update, seed=1, device=device)
        sampler.run(50)
        spins.append(sampler.spins if device == "cpu" else sampler.spins.get())
    np.testing.assert_array_equal(spins[0], spins[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    rows = []
    for update in ("heatbath", "metropolis"):
        check(update)
        for lattice in (kd.Square(4096), kd.Square(16384), kd.Square(65536), kd.Cubic(512)):
            rates = [rate(lattice, update) for _ in range(arguments.repeats)]
            rows.append({"lattice": repr(lattice), "update": update, "flips_per_ns": rates})
            print(f"{update:10s} {lattice!r:15} {np.median(rates):8.1f} flips/ns  {rates}")
    if arguments.json:
        record = {"device": _core.cuda_device_name(), "version": kd.__version__, "results": rows}
        arguments.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
