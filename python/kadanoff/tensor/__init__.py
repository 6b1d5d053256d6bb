"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .boundary import (
    BoundaryMPSResult,
    CTMRGResult,
    SweepResult,
    boundary_mps,
    ctmrg,
    sweep_partition,
)
from .lattices import SiteTensor, ising_network, log_partition, site_tensor
from .network import ContractionPlan, TensorNetwork
from .states import MPO, MPS, dmrg, heisenberg, transverse_field_ising

__all__ = [
    "MPO",
    "MPS",
    "BoundaryMPSResult",
    "CTMRGResult",
    "ContractionPlan",
    "SiteTensor",
    "SweepResult",
    "TensorNetwork",
    "boundary_mps",
    "ctmrg",
    "dmrg",
    "heisenberg",
    "ising_network",
    "log_partition",
    "site_tensor",
    "sweep_partition",
    "transverse_field_ising",
]
