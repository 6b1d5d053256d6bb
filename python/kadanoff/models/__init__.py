"""Models: the energy of a spin configuration.

- `Ising`: couplings on the bonds of any lattice, fields on its sites, a plaquette term;
- `Potts`: q states on the bonds of any lattice;
- `BoltzmannMachine`, `Hopfield`: Ising models on a complete graph, with `recall` at temperature 0;
- `BoltzmannTrainer`: learning of a general Boltzmann machine;
- `from_state`: the model that `to_state` of any of them wrote.
"""

from __future__ import annotations

from .base import Model, check_model
from .ising import Ising
from .learning import BoltzmannTrainer, SpinMoments, clamped_moments, free_moments
from .networks import BoltzmannMachine, Conditional, Hopfield
from .potts import Potts
from .reading import MODELS, from_state
from .recalling import Recall

__all__ = [
    "MODELS",
    "BoltzmannMachine",
    "BoltzmannTrainer",
    "Conditional",
    "Hopfield",
    "Ising",
    "Model",
    "Potts",
    "Recall",
    "SpinMoments",
    "check_model",
    "clamped_moments",
    "free_moments",
    "from_state",
]
