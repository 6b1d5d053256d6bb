"""Kadanoff: Monte Carlo engine for statistical physics and for neural networks seen as physics.

>>> import kadanoff as kd
>>> model = kd.Ising(kd.Square(16))
>>> sampler = kd.Sampler(model, beta=0.3, replicas=2, seed=1)
>>> sampler.run(100)
>>> run = sampler.sample(draws=50, every=2)
>>> run["energy"].shape
(2, 50)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kadanoff import annealing, couplings, datasets, exact, instances, rbm, slmc, tempering, tensor
from kadanoff._core import __version__, rng_version
from kadanoff.annealing import AnnealResult, PopulationResult, anneal, population_anneal
from kadanoff.errors import DivergenceError, Error, FileError, Interrupted, MemoryLimitError
from kadanoff.lattices import Chain, Cubic, Graph, Honeycomb, Hypercubic, Square, Triangular
from kadanoff.models import BoltzmannMachine, BoltzmannTrainer, Hopfield, Ising, Potts
from kadanoff.rbm import (
    RBM,
    DeepBeliefNetwork,
    DeepBoltzmannMachine,
    GaussianRBM,
    GibbsSampler,
    RBMTempering,
    RBMTrainer,
    TrajectoryTempering,
)
from kadanoff.run import Run
from kadanoff.sampler import Sampler
from kadanoff.tempering import ParallelTempering
from kadanoff.tensor import TensorNetwork, einsum

if TYPE_CHECKING:
    from kadanoff import nn as nn

__all__ = [
    "RBM",
    "AnnealResult",
    "BoltzmannMachine",
    "BoltzmannTrainer",
    "Chain",
    "Cubic",
    "DeepBeliefNetwork",
    "DeepBoltzmannMachine",
    "DivergenceError",
    "Error",
    "FileError",
    "GaussianRBM",
    "GibbsSampler",
    "Graph",
    "Honeycomb",
    "Hopfield",
    "Hypercubic",
    "Interrupted",
    "Ising",
    "MemoryLimitError",
    "ParallelTempering",
    "PopulationResult",
    "Potts",
    "RBMTempering",
    "RBMTrainer",
    "Run",
    "Sampler",
    "Square",
    "TensorNetwork",
    "TrajectoryTempering",
    "Triangular",
    "__version__",
    "anneal",
    "annealing",
    "couplings",
    "datasets",
    "einsum",
    "exact",
    "instances",
    "population_anneal",
    "rbm",
    "rng_version",
    "slmc",
    "tempering",
    "tensor",
]


def __getattr__(name: str) -> Any:
    """Import `kadanoff.nn` when it is first used, as PyTorch takes seconds."""
    if name == "nn":
        return import_module("kadanoff.nn")
    raise AttributeError(f"module 'kadanoff' has no attribute {name!r}")
