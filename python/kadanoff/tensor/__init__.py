"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .coarse_graining import Flow, bond_weighted_trg, hotrg, trg
from .lattices import SiteTensor, site_tensor

__all__ = ["Flow", "SiteTensor", "bond_weighted_trg", "hotrg", "site_tensor", "trg"]
