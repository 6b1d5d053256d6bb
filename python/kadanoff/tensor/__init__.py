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
from .coarse_graining import Flow, Transition, bond_weighted_trg, hotrg, transition_temperature, trg
from .contraction import ContractionExpression, contract_expression, einsum
from .free_energies import Thermodynamics, free_energy, thermodynamics
from .lattices import (
    LatticeAverages,
    SiteTensor,
    ising_network,
    lattice_averages,
    log_partition,
    site_tensor,
)
from .machines import (
    rbm_amplitudes,
    rbm_bond_bounds,
    rbm_entanglement,
    rbm_log_partition,
    rbm_mps_error,
    rbm_network,
    rbm_separator,
    rbm_to_mps,
)
from .machines.convac import ConvAC
from .machines.cuts import MinCut, min_cut
from .multiscale import BinaryMERA, mera
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
    "LatticeAverages",
    "MinCut",
    "SiteTensor",
    "SweepResult",
    "TensorNetwork",
    "Thermodynamics",
    "Transition",
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
    "lattice_averages",
    "log_partition",
    "mera",
    "min_cut",
    "rbm_amplitudes",
    "rbm_bond_bounds",
    "rbm_entanglement",
    "rbm_log_partition",
    "rbm_mps_error",
    "rbm_network",
    "rbm_separator",
    "rbm_to_mps",
    "site_tensor",
    "sweep_partition",
    "thermodynamics",
    "train_born_machine",
    "transition_temperature",
    "transverse_field_ising",
    "trg",
]
