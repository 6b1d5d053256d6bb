"""Random numbers of data sets: functions of (seed, use, place)."""

from __future__ import annotations

from enum import IntEnum

from kadanoff.keyed import derived_seed, order, words

__all__ = ["Use", "derived_seed", "order", "words"]


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    CHAINS = 201
    PILOT = 202
    CLUSTER_PILOT = 203
    SIGNS = 204
    SPLIT = 205
