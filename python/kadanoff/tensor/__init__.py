"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .states import MPO, MPS, dmrg, heisenberg, train_born_machine, transverse_field_ising

__all__ = ["MPO", "MPS", "dmrg", "heisenberg", "train_born_machine", "transverse_field_ising"]
