"""In which order to contract a network of tensors."""

from __future__ import annotations

from .optimizer import PathOptimizer
from .path import ContractionPath
from .resolving import resolve
from .searching import search

__all__ = ["ContractionPath", "PathOptimizer", "resolve", "search"]
