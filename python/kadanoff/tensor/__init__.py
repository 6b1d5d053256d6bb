"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""

from __future__ import annotations

from .network import ContractionPlan, TensorNetwork

__all__ = ["ContractionPlan", "TensorNetwork"]
