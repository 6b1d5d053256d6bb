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

from . import pictures
from .deep.belief import DeepBeliefNetwork, DeepBeliefSampler
from .deep.boltzmann import DeepBoltzmannMachine
from .deep.gibbs import DeepGibbsSampler
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
from .gaussian.gibbs import GaussianGibbsSampler
from .gaussian.machine import GaussianRBM
from .gibbs import GibbsSampler, Moments
from .inpainting import Inpainting, inpaint
from .likelihood.annealed import trajectory_log_partition
from .likelihood.partition import LogPartition
from .machine import RBM
from .tempering.choosing import constant_acceptance, interpolate, thin_trajectory
from .tempering.temperatures import RBMTempering
from .tempering.trajectory import TrajectoryTempering
from .training import schedules
from .training.gradients import Gradient, data_moments, log_likelihood_gradient, model_moments
from .training.history import History
from .training.monitoring import reconstruction_error
from .training.negative_phase import NegativePhase
from .training.optimizers import SGD, Adam
from .training.state import Checkpoint
from .training.trainer import RBMTrainer

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
