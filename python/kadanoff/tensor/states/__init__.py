"""Matrix product states and operators, DMRG, Born machines."""

from __future__ import annotations

from .born import BornTraining, train_born_machine
from .configurations import Samples
from .dmrg import DMRGResult, dmrg
from .hamiltonians import heisenberg, transverse_field_ising
from .mpo import MPO
from .mps import MPS, Truncation

__all__ = [
    "MPO",
    "MPS",
    "BornTraining",
    "DMRGResult",
    "Samples",
    "Truncation",
    "dmrg",
    "heisenberg",
    "train_born_machine",
    "transverse_field_ising",
]
