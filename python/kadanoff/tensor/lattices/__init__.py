"""Models of spins as tensors: networks of finite lattices, the tensor of a cell."""

from __future__ import annotations

from .averages import LatticeAverages, lattice_averages
from .networks import checked_model, ising_network
from .partition import log_partition
from .site_tensors import SITE_LATTICES, SiteTensor, site_tensor

__all__ = [
    "SITE_LATTICES",
    "LatticeAverages",
    "SiteTensor",
    "checked_model",
    "ising_network",
    "lattice_averages",
    "log_partition",
    "site_tensor",
]
