"""Neural networks that look at configurations; ``pip install 'kadanoff[nn]'`` brings PyTorch.

- `SpinDataset`, `BatchLoader`: packed configurations, unpacked a batch at a time;
- `FullyConnected`, `Convolutional`: a hidden layer of any size; filters on a torus of any size;
- `fit`, `predict`, `accuracy`: training with early stopping, and what a network says afterwards;
- `Thermometer`, `summed_weights`, `tanh_transition`: a network that tells temperatures, and the
  transition in its last layer;
- `layer_outputs`: what its units say about configurations;
- `fit_energies`: the optimal thermometer, a softmax of the energy;
- `AutoregressiveNetwork`, `VariationalFreeEnergy`: free energies without a Markov chain; what they
  return is in `kadanoff.nn.autoregressive`;
- `torch_threads`: how many threads PyTorch uses.

Networks and their training are functions of their seeds: on one machine, with one build and one
number of threads, they come out bit for bit.

>>> import kadanoff as kd
>>> data = kd.datasets.ising(kd.Square(8), [1.0, 5.0], 500, seed=1)
>>> train, validation, test = data.split(train=0.7, validation=0.15, seed=1)
>>> network = kd.nn.FullyConnected(64, hidden=20, seed=1)
>>> history = kd.nn.fit(network, train, validation, learning_rate=0.01, seed=1)
>>> kd.nn.accuracy(network, test) > 0.95
True
"""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401
except ImportError as _error:
    raise ImportError("[nn] torch is not installed: pip install 'kadanoff[nn]'") from _error

from . import autoregressive
from .autoregressive import AutoregressiveNetwork, VariationalFreeEnergy
from .energies import EnergyMachine, fit_energies
from .loading import BatchLoader, SpinDataset
from .looking import layer_outputs
from .networks import Convolutional, FullyConnected
from .thermometer import TanhFit, Thermometer, summed_weights, tanh_transition
from .threads import torch_threads
from .training import History, accuracy, fit, predict

__all__ = [
    "AutoregressiveNetwork",
    "BatchLoader",
    "Convolutional",
    "EnergyMachine",
    "FullyConnected",
    "History",
    "SpinDataset",
    "TanhFit",
    "Thermometer",
    "VariationalFreeEnergy",
    "accuracy",
    "autoregressive",
    "fit",
    "fit_energies",
    "layer_outputs",
    "predict",
    "summed_weights",
    "tanh_transition",
    "torch_threads",
]
