"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .boundary import BoundaryMPSResult, CTMRGResult, boundary_mps, ctmrg
from .coarse_graining import Flow, bond_weighted_trg, hotrg, trg
from .contraction import ContractionExpression, contract_expression, einsum
from .lattices import SiteTensor, ising_network, log_partition, site_tensor
from .machines.convac import ConvAC
from .machines.cuts import MinCut, min_cut
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
    "ConvAC",
    "Flow",
    "MinCut",
    "SiteTensor",
    "TensorNetwork",
    "bond_weighted_trg",
    "boundary_mps",
    "contract_expression",
    "ctmrg",
    "dmrg",
    "einsum",
    "heisenberg",
    "hotrg",
    "ising_network",
    "log_partition",
    "mera",
    "min_cut",
    "site_tensor",
    "train_born_machine",
    "transverse_field_ising",
    "trg",
]
