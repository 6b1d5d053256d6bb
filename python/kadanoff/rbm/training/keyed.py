"""Random numbers of a training that are functions of (seed, use, epoch).

The words of NumPy's Philox bit generator and the keys that `SeedSequence` makes do not depend on
the version of NumPy; what is made of the words stands here.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    WEIGHTS = 1
    DATA_CHAINS = 2
    MODEL_CHAINS = 3
    ORDER = 4
    BINARISE = 5
    MONITORED = 6
    SCORE = 7


def words(seed: int, use: Use, epoch: int, count: int) -> npt.NDArray[np.uint64]:
    """Return `count` random words of 64 bits."""
    key = np.random.SeedSequence(seed, spawn_key=(int(use), epoch))
    return np.asarray(np.random.Philox(key).random_raw(count), dtype=np.uint64)


def uniforms(seed: int, use: Use, epoch: int, count: int) -> npt.NDArray[np.float64]:
    """Return `count` multiples of 2^-53 in [0, 1)."""
    return np.asarray((words(seed, use, epoch, count) >> np.uint64(11)) * 2.0**-53)


def order(seed: int, use: Use, epoch: int, count: int) -> npt.NDArray[np.intp]:
    """Return a random order of 0 to count - 1."""
    return np.argsort(words(seed, use, epoch, count), kind="stable")


def derived_seed(seed: int, use: Use, epoch: int = 0) -> int:
    """Return a seed of 64 bits for a sampler."""
    return int(words(seed, use, epoch, 1)[0])
