"""Variational free energies by autoregressive networks, and estimates without their bias.

- `AutoregressiveNetwork`: exactly normalised distributions of spins, which can be sampled;
- `VariationalFreeEnergy`: trains one for a model, and estimates ln Z and averages from it;
- `VariationalEstimate`, `ImportanceEstimate`, `MarkovChains`: what it returns.
"""

from __future__ import annotations

from .chains import MarkovChains
from .estimates import ImportanceEstimate, Measured, VariationalEstimate
from .history import History
from .network import AutoregressiveNetwork
from .variational import VariationalFreeEnergy

__all__ = [
    "AutoregressiveNetwork",
    "History",
    "ImportanceEstimate",
    "MarkovChains",
    "Measured",
    "VariationalEstimate",
    "VariationalFreeEnergy",
]
