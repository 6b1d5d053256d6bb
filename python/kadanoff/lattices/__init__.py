"""Lattices: which sites there are and which of them are neighbours."""

from __future__ import annotations

from .base import Lattice
from .crystals import (
    LATTICES,
    Chain,
    Crystal,
    Cubic,
    Honeycomb,
    Hypercubic,
    Square,
    Triangular,
)
from .graph import Graph

__all__ = [
    "LATTICES",
    "Chain",
    "Crystal",
    "Cubic",
    "Graph",
    "Honeycomb",
    "Hypercubic",
    "Lattice",
    "Square",
    "Triangular",
]
