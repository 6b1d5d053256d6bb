"""Self-learning Monte Carlo: effective models learnt from configurations propose the moves.

`fit` learns an effective Ising model from configurations and their energies, and
`SelfLearningSampler` proposes its Wolff clusters and accepts them by the energy of the model.
"""

from __future__ import annotations

from .correlations import correlations
from .effective import EffectiveIsing, fit
from .sampler import SelfLearningSampler

__all__ = ["EffectiveIsing", "SelfLearningSampler", "correlations", "fit"]
