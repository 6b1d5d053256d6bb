"""Self-learning Monte Carlo: effective models learnt from configurations propose the moves.

`fit` learns an effective Ising model from configurations and their energies,
`SelfLearningSampler` proposes its Wolff clusters and accepts them by the energy of the model
itself, and `learn` goes around this loop. `fit_rbm` and `RBMProposalSampler` do the same with a
restricted Boltzmann machine.
"""

from __future__ import annotations

from .effective import EffectiveIsing, fit
from .learning import Learned, Round, learn
from .machine_fit import FittedRBM, fit_rbm
from .machine_proposals import RBMProposalSampler
from .pair_sums import correlations
from .sampler import SelfLearningSampler

__all__ = [
    "EffectiveIsing",
    "FittedRBM",
    "Learned",
    "RBMProposalSampler",
    "Round",
    "SelfLearningSampler",
    "correlations",
    "fit",
    "fit_rbm",
    "learn",
]
