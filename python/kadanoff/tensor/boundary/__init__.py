"""Boundaries of networks: corner transfer matrices and matrix product states."""

from __future__ import annotations

from .corner_method import CTMRGResult, ctmrg
from .infinite import BoundaryMPSResult, boundary_mps

__all__ = ["BoundaryMPSResult", "CTMRGResult", "boundary_mps", "ctmrg"]
