"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains;
- `RBMTempering`: the same at several temperatures at once, with exchanges between them;
- `DeepBoltzmannMachine`, `DeepGibbsSampler`: more layers, each bound to the next;
- `DeepBeliefNetwork`, `DeepBeliefSampler`: a stack of machines, sampled from the top down.
"""

from __future__ import annotations

from .belief import DeepBeliefNetwork, DeepBeliefSampler
from .deep import DeepBoltzmannMachine
from .deep_gibbs import DeepGibbsSampler
from .gibbs import GibbsSampler, Moments
from .machine import RBM
from .tempering import RBMTempering

__all__ = [
    "RBM",
    "DeepBeliefNetwork",
    "DeepBeliefSampler",
    "DeepBoltzmannMachine",
    "DeepGibbsSampler",
    "GibbsSampler",
    "Moments",
    "RBMTempering",
]
