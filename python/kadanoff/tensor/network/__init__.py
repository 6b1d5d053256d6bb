"""Networks of tensors, and plans by which they are contracted."""

from __future__ import annotations

from .network import TensorNetwork
from .plan import ContractionPlan

__all__ = ["ContractionPlan", "TensorNetwork"]
