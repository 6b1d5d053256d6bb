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
from .coarse_graining import Flow, bond_weighted_trg, hotrg, trg
from .contraction import ContractionExpression, contract_expression, einsum
from .free_energies import Thermodynamics, free_energy, thermodynamics
from .lattices import SiteTensor, ising_network, log_partition, site_tensor
from .mera import BinaryMERA, mera
from .network import ContractionPlan, TensorNetwork
from .states import MPO, MPS, dmrg, heisenberg, train_born_machine, transverse_field_ising

__all__ = [
    "MPO",
    "MPS",
    "BinaryMERA",
    "BoundaryMPSResult",
    "CTMRGResult",
    "ContractionExpression",
    "ContractionPlan",
    "Flow",
    "SiteTensor",
    "SweepResult",
    "TensorNetwork",
    "Thermodynamics",
    "bond_weighted_trg",
    "boundary_mps",
    "contract_expression",
    "ctmrg",
    "dmrg",
    "einsum",
    "free_energy",
    "heisenberg",
    "hotrg",
    "ising_network",
    "log_partition",
    "mera",
    "site_tensor",
    "sweep_partition",
    "thermodynamics",
    "train_born_machine",
    "transverse_field_ising",
    "trg",
]
