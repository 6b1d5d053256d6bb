"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains;
- `RBMTempering`: the same at several temperatures at once, with exchanges between them;
- `TrajectoryTempering`: the same along checkpoints of a training;
- `constant_acceptance`: temperatures between which swaps are accepted equally often;
- `thin_trajectory`: the fewest checkpoints between which they are accepted often enough.
"""

from __future__ import annotations

from .choosing import constant_acceptance, thin_trajectory
from .gibbs import GibbsSampler, Moments
from .machine import RBM
from .tempering import RBMTempering
from .trajectory import TrajectoryTempering

__all__ = [
    "RBM",
    "GibbsSampler",
    "Moments",
    "RBMTempering",
    "TrajectoryTempering",
    "constant_acceptance",
    "thin_trajectory",
]
