"""Models of spins as tensors: the tensor of a cell."""

from __future__ import annotations

from .site_tensors import SITE_LATTICES, SiteTensor, site_tensor

__all__ = ["SITE_LATTICES", "SiteTensor", "site_tensor"]
