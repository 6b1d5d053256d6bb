"""Matrix product states and operators, DMRG, Born machines."""

from __future__ import annotations

from .configurations import Samples
from .dmrg import DMRGResult, dmrg
from .hamiltonians import heisenberg, transverse_field_ising
from .mpo import MPO
from .mps import MPS, Truncation

__all__ = [
    "MPO",
    "MPS",
    "DMRGResult",
    "Samples",
    "Truncation",
    "dmrg",
    "heisenberg",
    "transverse_field_ising",
]
