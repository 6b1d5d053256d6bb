"""Contractions of labelled arrays: `kadanoff.einsum`."""

from .expressions import ContractionExpression, contract_expression
from .summation import einsum

__all__ = ["ContractionExpression", "contract_expression", "einsum"]
