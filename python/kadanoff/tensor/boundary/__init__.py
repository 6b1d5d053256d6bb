"""Boundaries of networks: corner transfer matrices and matrix product states."""

from __future__ import annotations

from .corner_method import CTMRGResult, ctmrg
from .finite import SweepResult, sweep_partition
from .infinite import BoundaryMPSResult, boundary_mps

__all__ = [
    "BoundaryMPSResult",
    "CTMRGResult",
    "SweepResult",
    "boundary_mps",
    "ctmrg",
    "sweep_partition",
]
