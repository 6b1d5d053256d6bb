"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from .contraction import ContractionExpression, contract_expression, einsum

__all__ = ["ContractionExpression", "contract_expression", "einsum"]
