"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains;
- `LogPartition`: ln Z, exact or estimated, and its error;
- `trajectory_log_partition`: ln Z of all checkpoints of a training.
"""

from __future__ import annotations

from .annealed import trajectory_log_partition
from .gibbs import GibbsSampler, Moments
from .machine import RBM
from .partition import LogPartition

__all__ = ["RBM", "GibbsSampler", "LogPartition", "Moments", "trajectory_log_partition"]
