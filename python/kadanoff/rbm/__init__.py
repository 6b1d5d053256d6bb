"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains;
- `RBMTempering`: the same at several temperatures at once, with exchanges between them.
- `RBMTrainer`: learning from data, with the optimisers `SGD` and `Adam` and the learning rates of
  `schedules`.
- `RBMTempering`: the same at several temperatures at once, with exchanges between them;
- `TrajectoryTempering`: the same along checkpoints of a training;
- `constant_acceptance`: temperatures between which swaps are accepted equally often;
- `thin_trajectory`: the fewest checkpoints between which they are accepted often enough.
- `RBMTempering`: the same at several temperatures at once, with exchanges between them;
- `DeepBoltzmannMachine`, `DeepGibbsSampler`: more layers, each bound to the next;
- `DeepBeliefNetwork`, `DeepBeliefSampler`: a stack of machines, sampled from the top down.
- `diagnostics`: autocorrelation, mixing, distances of samples from data, spectra of weights;
- `inpaint`: unknown units given known ones;
- `pictures`: figures of all these;
- `RBMTempering`: chains at several temperatures at once, with exchanges between them.
"""

from __future__ import annotations

from . import schedules
from .choosing import constant_acceptance, thin_trajectory
from .belief import DeepBeliefNetwork, DeepBeliefSampler
from .deep import DeepBoltzmannMachine
from .deep_gibbs import DeepGibbsSampler
from .gibbs import GibbsSampler, Moments
from .gradients import Gradient, data_moments, log_likelihood_gradient, model_moments
from .history import History
from . import pictures
from .diagnostics import (
    Mixing,
    MixingWarning,
    Traces,
    TwoSample,
    energy_distance,
    marchenko_pastur,
    marchenko_pastur_edges,
    mixing,
    mmd,
    record,
    singular_values,
)
from .gibbs import GibbsSampler, Moments
from .inpainting import Inpainting, inpaint
from .machine import RBM
from .tempering import RBMTempering
from .trajectory import TrajectoryTempering

__all__ = ["RBM", "GibbsSampler", "Moments", "RBMTempering"]
from .monitoring import reconstruction_error
from .negative_phase import NegativePhase
from .optimizers import SGD, Adam
from .trainer import RBMTrainer
from .training_state import Checkpoint

__all__ = [
    "RBM",
    "SGD",
    "Adam",
    "Checkpoint",
    "GibbsSampler",
    "Gradient",
    "History",
    "Moments",
    "NegativePhase",
    "RBMTrainer",
    "data_moments",
    "log_likelihood_gradient",
    "model_moments",
    "reconstruction_error",
    "schedules",
__all__ = [
    "RBM",
    "GibbsSampler",
    "Moments",
    "RBMTempering",
    "TrajectoryTempering",
    "constant_acceptance",
    "thin_trajectory",
__all__ = [
    "RBM",
    "DeepBeliefNetwork",
    "DeepBeliefSampler",
    "DeepBoltzmannMachine",
    "DeepGibbsSampler",
    "GibbsSampler",
    "Moments",
    "RBMTempering",
__all__ = [
    "RBM",
    "GibbsSampler",
    "Inpainting",
    "Mixing",
    "MixingWarning",
    "Moments",
    "RBMTempering",
    "Traces",
    "TwoSample",
    "energy_distance",
    "inpaint",
    "marchenko_pastur",
    "marchenko_pastur_edges",
    "mixing",
    "mmd",
    "pictures",
    "record",
    "singular_values",
]
