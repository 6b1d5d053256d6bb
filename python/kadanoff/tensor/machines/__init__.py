"""Machines seen as tensor networks."""

from __future__ import annotations

from .rbm_errors import MPSError, rbm_mps_error
from .rbm_networks import rbm_log_partition, rbm_network
from .rbm_states import (
    RBMEntanglement,
    Separator,
    rbm_amplitudes,
    rbm_bond_bounds,
    rbm_entanglement,
    rbm_separator,
    rbm_to_mps,
)

__all__ = [
    "MPSError",
    "RBMEntanglement",
    "Separator",
    "rbm_amplitudes",
    "rbm_bond_bounds",
    "rbm_entanglement",
    "rbm_log_partition",
    "rbm_mps_error",
    "rbm_network",
    "rbm_separator",
    "rbm_to_mps",
]
