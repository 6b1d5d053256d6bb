"""Convolutional arithmetic circuits, and their entanglement."""

from __future__ import annotations

from .circuit import ConvAC

__all__ = ["ConvAC"]
