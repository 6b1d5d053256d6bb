"""Random numbers of a training: functions of (seed, use, epoch)."""

from __future__ import annotations

from enum import IntEnum

from kadanoff.keyed import derived_seed, order, uniforms

__all__ = ["Use", "derived_seed", "order", "uniforms"]


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    WEIGHTS = 1
    DATA_CHAINS = 2
    MODEL_CHAINS = 3
    ORDER = 4
    BINARISE = 5
    MONITORED = 6
    SCORE = 7
