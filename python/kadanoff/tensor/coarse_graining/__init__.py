"""Coarse graining of uniform networks: TRG, bond-weighted TRG, HOTRG."""

from __future__ import annotations

from .bond_weighted import bond_weighted_trg
from .flow import Flow
from .hotrg import hotrg
from .trg import trg

__all__ = ["Flow", "bond_weighted_trg", "hotrg", "trg"]
