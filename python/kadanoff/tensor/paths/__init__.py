"""In which order to contract a network of tensors."""

from __future__ import annotations

from .optimizer import opt_einsum_optimizer
from .path import ContractionPath
from .resolving import resolve
from .searching import search

__all__ = ["ContractionPath", "opt_einsum_optimizer", "resolve", "search"]
