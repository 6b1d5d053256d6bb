"""A small parallel tempering for tests, and what it takes for two to be the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kadanoff as kd

MODEL = kd.Ising(kd.Square(6))
BETAS = [0.2, 0.3, 0.4, 0.5]
COUNTS = ("temperature_index", "acceptance", "flow", "round_trips", "round_trip_time")


def make(**options: Any) -> kd.ParallelTempering:
    arguments = {"model": MODEL, "betas": BETAS, "replicas": 2, "seed": 5, "start": "random"}
    return kd.ParallelTempering(**(arguments | options))


def assert_same(one: kd.ParallelTempering, other: kd.ParallelTempering) -> None:
    """All that can be seen is equal, bit for bit."""
    assert one.sweep == other.sweep
    for name in ("spins", *COUNTS, "best_energy", "best_spins", "betas"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    settings = ("model", "seed", "swap_every", "houdayer", "pairs", "update")
    assert all(getattr(one, name) == getattr(other, name) for name in settings)


def follow(index: np.ndarray, hottest: int, coldest: int) -> dict[str, np.ndarray]:
    """Flow and round trips from the temperatures (round, walker), written down slowly."""
    rounds, walkers = index.shape
    hot, cold = (np.zeros(max(hottest, coldest) + 1) for _ in range(2))
    trips, times = np.zeros(walkers, dtype=int), np.zeros(walkers)
    for w in range(walkers):
        last, begun = None, None
        for k in range(rounds):
            at = index[k, w]
            if at == hottest and last != "hot":
                if last == "cold" and begun is not None:
                    trips[w] += 1
                    times[w] += k - begun
                last, begun = "hot", k
            if at == coldest:
                last = "cold"
            hot[at] += last == "hot"
            cold[at] += last == "cold"
    with np.errstate(invalid="ignore"):
        return {"flow": hot / (hot + cold), "round_trips": trips, "round_trip_time": times / trips}


VARIANTS = pytest.mark.parametrize(
    "options",
    [
        {},
        {"swap_every": 3},
        {"houdayer": 2, "replicas": 5, "pairs": "random"},
        {"betas": BETAS[::-1], "update": "metropolis", "swap_every": 2},
    ],
    ids=str,
)
