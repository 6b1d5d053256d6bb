"""Random numbers of states: functions of (seed, use, site)."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kadanoff.keyed import uniforms

__all__ = ["Use", "normals", "uniforms"]


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    RANDOM_STATE = 101
    SAMPLES = 102


def normals(seed: int, use: Use, site: int, count: int) -> npt.NDArray[np.float64]:
    """Return `count` independent normal numbers (Box and Muller 1958)."""
    half = (count + 1) // 2
    u = uniforms(seed, use, site, 2 * half)
    radius = np.sqrt(-2.0 * np.log1p(-u[:half]))
    angle = 2.0 * np.pi * u[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
