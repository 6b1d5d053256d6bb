"""Models: the energy of a spin configuration.

- `Ising`: couplings on the bonds of any lattice, fields on its sites, a plaquette term;
- `Potts`: q states on the bonds of any lattice;
- `BoltzmannMachine`, `Hopfield`: Ising models on a complete graph, with `recall` at temperature 0;
- `from_state`: the model that `to_state` of any of them wrote.
"""

from __future__ import annotations

from .base import Model
from .ising import Ising
from .networks import BoltzmannMachine, Hopfield, Recall
from .potts import Potts
from .reading import MODELS, from_state

__all__ = [
    "MODELS",
    "BoltzmannMachine",
    "Hopfield",
    "Ising",
    "Model",
    "Potts",
    "Recall",
    "from_state",
]
