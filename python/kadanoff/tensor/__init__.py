"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .lattices import SiteTensor, site_tensor

__all__ = ["SiteTensor", "site_tensor"]
from .network import ContractionPlan, TensorNetwork

__all__ = ["ContractionPlan", "TensorNetwork"]
from .states import MPO, MPS, dmrg, heisenberg, transverse_field_ising

__all__ = ["MPO", "MPS", "dmrg", "heisenberg", "transverse_field_ising"]
from .mera import BinaryMERA, mera

__all__ = ["BinaryMERA", "mera"]
