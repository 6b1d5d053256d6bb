"""Random numbers of states that are functions of (seed, use, site)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

MAX_SEED = 2**64 - 1


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    RANDOM_STATE = 101
    SAMPLES = 102


def chosen_seed(call: str, seed: int | None) -> int:
    """Return a checked seed, or one from the operating system."""
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    return arguments.integer(call, "seed", seed, 0, MAX_SEED)


def uniforms(seed: int, use: Use, site: int, count: int) -> npt.NDArray[np.float64]:
    """Return `count` multiples of 2^-53 in [0, 1); a longer list begins with the shorter one."""
    key = np.random.SeedSequence(seed, spawn_key=(int(use), site))
    words = np.asarray(np.random.Philox(key).random_raw(count), dtype=np.uint64)
    return np.asarray((words >> np.uint64(11)) * 2.0**-53)


def normals(seed: int, use: Use, site: int, count: int) -> npt.NDArray[np.float64]:
    """Return `count` independent normal numbers (Box and Muller 1958)."""
    half = (count + 1) // 2
    u = uniforms(seed, use, site, 2 * half)
    radius = np.sqrt(-2.0 * np.log1p(-u[:half]))
    angle = 2.0 * np.pi * u[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
