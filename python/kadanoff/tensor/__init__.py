"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .coarse_graining import (
    Flow,
    Transition,
    bond_weighted_trg,
    hotrg,
    transition_temperature,
    trg,
)
from .lattices import SiteTensor, site_tensor

__all__ = [
    "Flow",
    "SiteTensor",
    "Transition",
    "bond_weighted_trg",
    "hotrg",
    "site_tensor",
    "transition_temperature",
    "trg",
]
