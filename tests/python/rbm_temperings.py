"""Small temperings of RBMs for tests, and what it takes for two to be the same."""

from __future__ import annotations

from typing import Any

import numpy as np

import kadanoff as kd

Tempering = kd.RBMTempering | kd.TrajectoryTempering

WEIGHTS = np.random.default_rng(5).normal(size=(7, 4))
MACHINE = kd.RBM(WEIGHTS, np.linspace(-1, 1, 7), [0.5, -0.5, 0.0, 1.0], "spin", "binary")
BETAS = [0.0, 0.4, 0.7, 1.0]
MACHINES = [
    kd.RBM(x * WEIGHTS, MACHINE.visible_bias, MACHINE.hidden_bias, "spin", "binary") for x in BETAS
]
KINDS = ("temperatures", "trajectory")
COUNTS = ("acceptance", "flow", "round_trips", "round_trip_time")


def make(kind: str, copies: int = 3, **options: Any) -> Tempering:
    """Four rungs."""
    if kind == "temperatures":
        return kd.RBMTempering(MACHINE, BETAS, **{"replicas": copies, "seed": 5, **options})
    return kd.TrajectoryTempering(MACHINES, **{"chains": copies, "seed": 5, **options})


def index(pt: Tempering) -> np.ndarray:
    """The rung of each walker."""
    return pt.temperature_index if isinstance(pt, kd.RBMTempering) else pt.machine_index


def assert_same(one: Tempering, other: Tempering) -> None:
    """All that can be seen is equal, bit for bit."""
    assert (one.step, repr(one)) == (other.step, repr(other))
    for name in ("all_visible", "all_hidden", "visible", "hidden", *COUNTS):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_array_equal(index(one), index(other))
    for found, expected in zip(one.moments(), other.moments(), strict=True):
        np.testing.assert_array_equal(found, expected)
