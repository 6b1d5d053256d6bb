"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .contraction import ContractionExpression, contract_expression, einsum
from .lattices import SiteTensor, site_tensor
from .network import ContractionPlan, TensorNetwork
from .states import MPO, MPS, dmrg, heisenberg, transverse_field_ising

__all__ = ["ContractionExpression", "ContractionPlan", "MPO", "MPS", "SiteTensor", "TensorNetwork", "contract_expression", "dmrg", "einsum", "heisenberg", "site_tensor", "transverse_field_ising"]
