"""Exact references: infinite lattice, finite torus, enumeration.

- `onsager`: the infinite square lattice (Onsager 1944, Yang 1952);
- `kaufman`: the finite square torus (Kaufman 1949);
- `critical_temperature`: of the infinite square lattice;
- `enumerate`: any small model, by a sum over all its states;
- `probabilities`: all states of a small model, and the probability of each.

The first three are of H = -J sum_<ij> s_i s_j, the last two of any model. k_B = 1.
"""

from __future__ import annotations

from .enumeration import EnumerationResult, enumerate, probabilities
from .kaufman import KaufmanResult, kaufman
from .onsager import OnsagerResult, critical_temperature, onsager

__all__ = [
    "EnumerationResult",
    "KaufmanResult",
    "OnsagerResult",
    "critical_temperature",
    "enumerate",
    "kaufman",
    "onsager",
    "probabilities",
]
