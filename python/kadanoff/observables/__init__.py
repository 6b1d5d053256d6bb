"""Observables: what samplers and temperings can measure at each draw.

``sampler.sample(draws, every, observables=[...])``, and likewise that of a
`kadanoff.ParallelTempering`, takes names, objects of the classes below, which have parameters, and
``{name: function}`` for your own ``function(spins)``.
"""

from __future__ import annotations

from .base import Measure, Observable
from .magnetic import Magnetization, StaggeredMagnetization, SublatticeMagnetization
from .overlaps import LinkOverlap, Overlap
from .recording import NAMES, Recorder
from .waves import Correlations, StructureFactor

__all__ = [
    "NAMES",
    "Correlations",
    "LinkOverlap",
    "Magnetization",
    "Measure",
    "Observable",
    "Overlap",
    "Recorder",
    "StaggeredMagnetization",
    "StructureFactor",
    "SublatticeMagnetization",
]
