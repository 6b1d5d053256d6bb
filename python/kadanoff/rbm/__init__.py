"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains.
"""

from __future__ import annotations

from .gibbs import GibbsSampler, Moments
from .machine import RBM

__all__ = ["RBM", "GibbsSampler", "Moments"]
