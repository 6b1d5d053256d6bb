"""Random numbers of the Python layer: functions of (seed, use, place), whatever came before.

The words of NumPy's Philox bit generator and the keys that `SeedSequence` makes do not depend on
the version of NumPy; what is made of the words stands here. Every part of the package that draws
has an enum of its own, `Use`, of what it draws for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Place = int | tuple[int, ...]
"""An epoch, a site, a number of a call, ... or several of them."""


def words(seed: int, use: int, place: Place, count: int) -> npt.NDArray[np.uint64]:
    """Return `count` random words of 64 bits; a longer list begins with the shorter one."""
    places = place if isinstance(place, tuple) else (place,)
    key = np.random.SeedSequence(seed, spawn_key=(int(use), *places))
    return np.asarray(np.random.Philox(key).random_raw(count), dtype=np.uint64)


def uniforms(seed: int, use: int, place: Place, count: int) -> npt.NDArray[np.float64]:
    """Return `count` multiples of 2^-53 in [0, 1)."""
    return np.asarray((words(seed, use, place, count) >> np.uint64(11)) * 2.0**-53)


def order(seed: int, use: int, place: Place, count: int) -> npt.NDArray[np.intp]:
    """Return a random order of 0 to count - 1."""
    return np.argsort(words(seed, use, place, count), kind="stable")


def derived_seed(seed: int, use: int, place: Place = 0) -> int:
    """Return a seed of 64 bits for a sampler."""
    return int(words(seed, use, place, 1)[0])
