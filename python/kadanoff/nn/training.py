"""Training a network, and asking it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kadanoff import arguments
from kadanoff.datasets import Dataset
from kadanoff.errors import DivergenceError

from .loading import MAX_BATCH, BatchLoader, SpinDataset
from .networks import seeded

Data = SpinDataset | Dataset
ASKED_AT_ONCE = 2048
"""Rows in a batch where no gradients are needed."""


@dataclass
class History:
    """What a training went through; an entry per epoch.

    Attributes
    ----------
    train_loss : list of float
        Mean over the batches of the epoch, while they were learned, without the L2 term.
    validation_loss, validation_accuracy : list of float
        After the epoch; empty without validation data. The accuracy is there for class labels.
    best_epoch : int
        The epoch, counted from 1, whose weights were kept.
    stopped_early : bool
    """

    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    best_epoch: int = 0
    stopped_early: bool = False

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.train_loss)


Progress = Callable[[int, int, str], None]


def fit(
    network: Any,
    train: Data,
    validation: Data | None = None,
    *,
    epochs: int = 100,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    l2: float = 0.0,
    patience: int | None = 10,
    loss: Callable[[Any, Any], Any] | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> History:
    r"""Train a network in place by Adam, and keep the weights that were best on validation data.

    Parameters
    ----------
    network : torch.nn.Module
        Takes float32 spins (batch, \*shape), gives (batch, outputs).
    train, validation : SpinDataset or Dataset
        Of a plain data set, the labels are the targets. Without validation data all epochs are
        done and the last weights kept.
    epochs : int
        At most so many, at least 1.
    batch_size : int
    learning_rate : float
        Positive.
    l2 : float
        The loss has :math:`\lambda / 2` times the squared weights added, biases left out; not
        negative.
    patience : int, optional
        Epochs without a lower validation loss after which it stops; None for all epochs.
    loss : callable, optional
        ``loss(outputs, targets)``, a scalar mean; by default the cross entropy of class labels.
    seed : int
        Of the orders of the rows, and of what the network draws; 0 <= seed < 2^64.
    progress : callable, optional
        Called as progress(epochs done, epochs, text) after each epoch. What it raises leaves the
        network as it is then.

    Returns
    -------
    History

    Raises
    ------
    DivergenceError
        If the loss is not finite; the weights are then those of the last good epoch.
    ValueError, TypeError

    References
    ----------
    D. P. Kingma, J. Ba, ICLR 2015, arXiv:1412.6980.
    """
    call = "fit"
    checked_module(call, network)
    seed = arguments.fixed_seed(call, seed)
    epochs = arguments.integer(call, "epochs", epochs, 1, 2**31)
    batch_size = arguments.integer(call, "batch_size", batch_size, 1, MAX_BATCH)
    rate = _positive(call, "learning_rate", learning_rate)
    wait = epochs if patience is None else arguments.integer(call, "patience", patience, 1, 2**31)
    criterion = torch.nn.CrossEntropyLoss() if loss is None else loss
    optimizer = _adam(network, rate, _decay(call, l2))
    loader = BatchLoader(_rows(call, train), batch_size, seed=seed)
    held_out = None if validation is None else _rows(call, validation)
    history = History()
    best, lowest = copy.deepcopy(network.state_dict()), float("inf")
    with seeded(call, seed):
        for epoch in range(1, epochs + 1):
            history.train_loss.append(_one_epoch(network, loader, criterion, optimizer))
            watched = history.train_loss[-1]
            if held_out is not None:
                watched = _validate(network, held_out, criterion, history)
            if not np.isfinite(watched):
                network.load_state_dict(best)
                raise DivergenceError(f"[{call}] expected a finite loss, got {watched}")
            if held_out is None or watched < lowest:
                lowest, history.best_epoch = watched, epoch
                best = copy.deepcopy(network.state_dict())
            if progress is not None:
                progress(epoch, epochs, f"loss {watched:.4f}")
            if held_out is not None and epoch - history.best_epoch >= wait:
                history.stopped_early = epoch < epochs
                break
    network.load_state_dict(best)
    return history


def predict(network: Any, data: Data) -> npt.NDArray[np.float32]:
    """Return what a network says about all rows, without gradients and in evaluation mode.

    Parameters
    ----------
    network : torch.nn.Module
        As in `fit`.
    data : SpinDataset or Dataset

    Returns
    -------
    ndarray of float32, (n, outputs)

    Raises
    ------
    ValueError
        If there are no rows.
    TypeError

    Examples
    --------
    >>> import kadanoff as kd
    >>> data = kd.datasets.ising(kd.Square(4), [2.0, 3.0], 10, seed=1)
    >>> predict(kd.nn.FullyConnected(16, hidden=3, seed=1), data).shape
    (20, 2)
    """
    return _predict("predict", network, data)


def _predict(call: str, network: Any, data: Data) -> npt.NDArray[np.float32]:
    checked_module(call, network)
    rows = _rows(call, data)
    parts = []
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            for spins, _ in BatchLoader(rows, ASKED_AT_ONCE, shuffle=False):
                parts.append(network(spins).numpy())
    finally:
        network.train(training)
    return np.concatenate(parts)


def accuracy(network: Any, data: Data) -> float:
    """Return the share of rows whose largest output is that of their class label, in [0, 1].

    Parameters
    ----------
    network : torch.nn.Module
        As in `fit`.
    data : SpinDataset or Dataset
        Its targets are class labels.

    Raises
    ------
    ValueError
        If there are no rows.
    TypeError
        If the targets are not class labels, one integer for each row.
    """
    call = "accuracy"
    rows = _rows(call, data)
    if not _class_labels(rows.targets):
        got = f"{rows.targets.dtype} of shape {tuple(rows.targets.shape)}"
        raise TypeError(f"[{call}] expected class labels as targets, got {got}")
    return float((_predict(call, network, rows).argmax(axis=1) == rows.targets.numpy()).mean())


def checked_module(call: str, network: Any) -> None:
    """Raise TypeError if a network is not a `torch.nn.Module`."""
    if not isinstance(network, torch.nn.Module):
        got = network.__name__ if isinstance(network, type) else type(network).__name__
        raise TypeError(f"[{call}] expected a torch.nn.Module, got {got}")


def _rows(call: str, data: Data) -> SpinDataset:
    """Return the rows of a data set, of which there must be some."""
    rows = data if isinstance(data, SpinDataset) else SpinDataset(data)
    if not len(rows):
        raise ValueError(f"[{call}] expected a data set with rows, got an empty one")
    return rows


def _class_labels(targets: Any) -> bool:
    return targets.ndim == 1 and not targets.is_floating_point()


def _positive(call: str, name: str, value: Any) -> float:
    checked = arguments.real(call, name, value)
    if checked <= 0:
        raise ValueError(f"[{call}] expected a positive {name}, got {checked:g}")
    return checked


def _decay(call: str, value: Any) -> float:
    checked = arguments.real(call, "l2", value)
    if checked < 0:
        raise ValueError(f"[{call}] expected l2 of 0 or more, got {checked:g}")
    return checked


def _adam(network: Any, rate: float, l2: float) -> Any:
    """Return an optimiser: Adam adds `weight_decay` times the weight to its gradient."""
    parameters = list(network.parameters())
    weights = [each for each in parameters if each.ndim > 1]
    biases = [each for each in parameters if each.ndim <= 1]
    groups = [{"params": weights, "weight_decay": l2}, {"params": biases, "weight_decay": 0.0}]
    return torch.optim.Adam([group for group in groups if group["params"]], lr=rate)


def _one_epoch(network: Any, loader: BatchLoader, criterion: Any, optimizer: Any) -> float:
    network.train()
    total = 0.0
    for spins, targets in loader:
        optimizer.zero_grad()
        value = criterion(network(spins), targets)
        value.backward()
        optimizer.step()
        total += float(value.detach()) * len(targets)
    return total / len(loader.data)


def _validate(network: Any, rows: SpinDataset, criterion: Any, history: History) -> float:
    outputs = torch.from_numpy(predict(network, rows))
    with torch.no_grad():
        history.validation_loss.append(float(criterion(outputs, rows.targets)))
    if _class_labels(rows.targets):
        right = outputs.argmax(dim=1) == rows.targets
        history.validation_accuracy.append(float(right.float().mean()))
    return history.validation_loss[-1]
