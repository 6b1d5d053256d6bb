"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .lattices import SiteTensor, site_tensor
from .network import ContractionPlan, TensorNetwork
from .states import MPO, MPS, dmrg, heisenberg, train_born_machine, transverse_field_ising

__all__ = [
    "MPO",
    "MPS",
    "ContractionPlan",
    "SiteTensor",
    "TensorNetwork",
    "dmrg",
    "heisenberg",
    "site_tensor",
    "train_born_machine",
    "transverse_field_ising",
]
