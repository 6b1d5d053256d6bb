"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .boundary import BoundaryMPSResult, CTMRGResult, boundary_mps, ctmrg
from .lattices import SiteTensor, site_tensor

__all__ = ["BoundaryMPSResult", "CTMRGResult", "SiteTensor", "boundary_mps", "ctmrg", "site_tensor"]
