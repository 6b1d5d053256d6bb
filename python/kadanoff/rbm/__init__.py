"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains;
- `RBMTempering`: the same at several temperatures at once, with exchanges between them;
- `TrajectoryTempering`: the same along checkpoints of a training;
- `constant_acceptance`: temperatures between which swaps are accepted equally often;
- `thin_trajectory`: the fewest checkpoints between which they are accepted often enough;
- `interpolate`: machines on the way from one to another;
- `RBMTrainer`: learning from data, with the optimisers `SGD` and `Adam` and the learning rates of
  `schedules`;
- `DeepBoltzmannMachine`, `DeepGibbsSampler`: more layers, each bound to the next;
- `DeepBeliefNetwork`, `DeepBeliefSampler`: a stack of machines, sampled from the top down;
- `GaussianRBM`, `GaussianGibbsSampler`: real visible units;
- `diagnostics`: autocorrelation, mixing, distances of samples from data, spectra of weights;
- `inpaint`: unknown units given known ones;
- `LogPartition`: ln Z, exact or estimated, and its error;
- `trajectory_log_partition`: ln Z of all checkpoints of a training;
- `pictures`: figures of all these.
"""

from __future__ import annotations

from . import pictures, schedules
from .annealed import trajectory_log_partition
from .belief import DeepBeliefNetwork, DeepBeliefSampler
from .choosing import constant_acceptance, interpolate, thin_trajectory
from .deep import DeepBoltzmannMachine
from .deep_gibbs import DeepGibbsSampler
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
from .gaussian import GaussianRBM
from .gaussian_gibbs import GaussianGibbsSampler
from .gibbs import GibbsSampler, Moments
from .gradients import Gradient, data_moments, log_likelihood_gradient, model_moments
from .history import History
from .inpainting import Inpainting, inpaint
from .machine import RBM
from .monitoring import reconstruction_error
from .negative_phase import NegativePhase
from .optimizers import SGD, Adam
from .partition import LogPartition
from .tempering import RBMTempering
from .trainer import RBMTrainer
from .training_state import Checkpoint
from .trajectory import TrajectoryTempering

__all__ = [
    "RBM",
    "SGD",
    "Adam",
    "Checkpoint",
    "DeepBeliefNetwork",
    "DeepBeliefSampler",
    "DeepBoltzmannMachine",
    "DeepGibbsSampler",
    "GaussianGibbsSampler",
    "GaussianRBM",
    "GibbsSampler",
    "Gradient",
    "History",
    "Inpainting",
    "LogPartition",
    "Mixing",
    "MixingWarning",
    "Moments",
    "NegativePhase",
    "RBMTempering",
    "RBMTrainer",
    "Traces",
    "TrajectoryTempering",
    "TwoSample",
    "constant_acceptance",
    "data_moments",
    "energy_distance",
    "inpaint",
    "interpolate",
    "log_likelihood_gradient",
    "marchenko_pastur",
    "marchenko_pastur_edges",
    "mixing",
    "mmd",
    "model_moments",
    "pictures",
    "reconstruction_error",
    "record",
    "schedules",
    "singular_values",
    "thin_trajectory",
    "trajectory_log_partition",
]
