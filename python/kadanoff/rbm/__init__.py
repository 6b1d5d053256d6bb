"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains;
- `RBMTempering`: the same at several temperatures at once, with exchanges between them.
"""

from __future__ import annotations

from .gibbs import GibbsSampler, Moments
from .machine import RBM
from .tempering import RBMTempering

__all__ = ["RBM", "GibbsSampler", "Moments", "RBMTempering"]
