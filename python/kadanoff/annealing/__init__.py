"""Annealing: many independent copies of a system cooled down, to find ground states or ln Z.

- `anneal`: simulated annealing with D-Wave's keywords; gives an `AnnealResult`, a table of states
  and energies;
- `population_anneal`: population annealing, equilibrium averages and absolute free energies; gives
  a `PopulationResult`;
- `default_beta_range`: where `anneal` begins and ends by itself.
"""

from __future__ import annotations

from .population import PopulationResult, population_anneal
from .result import AnnealResult, State
from .schedule import default_beta_range
from .simulated import anneal

__all__ = [
    "AnnealResult",
    "PopulationResult",
    "State",
    "anneal",
    "default_beta_range",
    "population_anneal",
]
