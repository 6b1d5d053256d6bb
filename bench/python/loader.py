"""Time batches of spins against the training steps of the networks that they feed.

    python bench/python/loader.py --json bench/results/NAME.json

A line of JSON: microseconds of CPU time for a batch of 128 configurations of 40 x 40 spins, from
memory and from a file, by our loader and by PyTorch's on unpacked floats, and for a step of each
network without its loading. Batches are first compared with the spins.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from conditions import restart_in_a_fair_environment, write

import kadanoff as kd


def check(data: kd.datasets.IsingDataset) -> None:
    spins = torch.cat([spins for spins, _ in kd.nn.BatchLoader(data, shuffle=False)])
    assert (spins.numpy() == data.spins).all()


def seconds_per_batch(loader: Any) -> float:
    start = time.process_time()
    count = sum(1 for _ in loader)
    return (time.process_time() - start) / count


def seconds_per_step(network: Any, batch: Any, steps: int) -> float:
    optimizer = torch.optim.Adam(network.parameters())
    criterion = torch.nn.CrossEntropyLoss()
    start = time.process_time()
    for _ in range(steps):
        optimizer.zero_grad()
        criterion(network(batch[0]), batch[1]).backward()
        optimizer.step()
    return (time.process_time() - start) / steps


def measure(count: int, size: int, rounds: int) -> dict[str, float]:
    """Return the median microseconds of each job, whose turns alternate."""
    data = kd.datasets.ising(kd.Square(size), [2.0, 3.0], count // 2, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.h5")
        data.save(path)
        in_file = kd.datasets.IsingDataset.load(path)
        check(data)
        check(in_file)
        floats, labels = data.spins.astype(np.float32), data.labels.copy()
        whole = torch.utils.data.TensorDataset(torch.from_numpy(floats), torch.from_numpy(labels))
        batch = kd.nn.SpinDataset(data).batch(slice(0, 128))
        plain = torch.utils.data.DataLoader(whole, 128, True)
        connected, convolutional = kd.nn.FullyConnected(size**2), kd.nn.Convolutional()
        jobs: dict[str, Callable[[], float]] = {
            "batch from memory": lambda: seconds_per_batch(kd.nn.BatchLoader(data)),
            "batch from file": lambda: seconds_per_batch(kd.nn.BatchLoader(in_file)),
            "batch of floats, torch": lambda: seconds_per_batch(plain),
            "step, fully connected": lambda: seconds_per_step(connected, batch, 50),
            "step, convolutional": lambda: seconds_per_step(convolutional, batch, 5),
        }
        found: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(rounds + 1):
            for name, job in jobs.items():
                found[name].append(job())
    # The first turn warms up.
    return {name: round(1e6 * statistics.median(times[1:]), 1) for name, times in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--size", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    torch.set_num_threads(1)
    microseconds = measure(options.count, options.size, options.rounds)
    record = {"size": options.size, "microseconds": microseconds}
    print(json.dumps(record))
    if options.json:
        write(options.json, [record], ("torch",))


if __name__ == "__main__":
    main()
