"""Exact references for the Ising model: infinite lattice, finite torus, enumeration.

- `onsager`: the infinite square lattice (Onsager 1944, Yang 1952);
- `kaufman`: the finite square torus (Kaufman 1949);
- `enumerate`: any small model, by a sum over all its states;
- `critical_temperature`: of the infinite square lattice.

All of them take the model of `kadanoff.Ising`, H = -J sum_<ij> s_i s_j - h sum_i s_i, and set
k_B = 1.
"""

from __future__ import annotations

from .enumeration import EnumerationResult, enumerate
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
]
