"""Random numbers of data sets that are functions of (seed, use, place)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    CHAINS = 201
    PILOT = 202
    CLUSTER_PILOT = 203
    SIGNS = 204
    SPLIT = 205


def words(seed: int, use: Use, place: int, count: int) -> npt.NDArray[np.uint64]:
    """Return `count` random words of 64 bits."""
    key = np.random.SeedSequence(seed, spawn_key=(int(use), place))
    return np.asarray(np.random.Philox(key).random_raw(count), dtype=np.uint64)


def derived_seed(seed: int, use: Use, place: int) -> int:
    """Return a seed of 64 bits for a sampler."""
    return int(words(seed, use, place, 1)[0])


def order(seed: int, use: Use, place: int, count: int) -> npt.NDArray[np.intp]:
    """Return a random order of 0 to count - 1."""
    return np.argsort(words(seed, use, place, count), kind="stable")
