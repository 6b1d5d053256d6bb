"""Random numbers of networks and estimates: functions of (seed, use, number)."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kadanoff import keyed


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
    return keyed.uniforms(seed, use, (number, part), math.prod(shape)).reshape(shape)
