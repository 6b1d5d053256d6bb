"""Coarse graining of uniform networks: TRG, bond-weighted TRG, HOTRG."""

from __future__ import annotations

from .bond_weighted import bond_weighted_trg
from .flow import Flow
from .hotrg import hotrg
from .transition import Transition, transition_temperature
from .trg import trg

__all__ = [
    "Flow",
    "Transition",
    "bond_weighted_trg",
    "hotrg",
    "transition_temperature",
    "trg",
]
