"""Random numbers of networks and estimates: functions of (seed, use, number)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    WEIGHTS = 1
    TRAINING = 2
    ESTIMATES = 3
    SAMPLES = 4
    ACCEPTANCE = 5


def uniforms(
    seed: int, use: Use, number: int, shape: tuple[int, ...], part: int = 0
) -> npt.NDArray[np.float64]:
    """Return multiples of 2^-53 in [0, 1), the same on every machine."""
    key = np.random.SeedSequence(seed, spawn_key=(int(use), number, part))
    words = np.random.Philox(key).random_raw(int(np.prod(shape)))
    return np.asarray((words >> np.uint64(11)) * 2.0**-53).reshape(shape)


def derived_seed(seed: int, use: Use, number: int) -> int:
    """Return a seed of 64 bits."""
    key = np.random.SeedSequence(seed, spawn_key=(int(use), number))
    return int(np.random.Philox(key).random_raw(1)[0])
