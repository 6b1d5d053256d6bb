"""Small networks that look at spins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from kadanoff import arguments
from kadanoff.keyed import derived_seed

if TYPE_CHECKING:
    from torch import Tensor

ACTIVATIONS: dict[str, Any] = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
MAX_UNITS = 2**24


@contextmanager
def seeded(call: str, seed: int) -> Iterator[None]:
    """Return a context whose random numbers are those of `seed`; the others go on as before."""
    checked = arguments.fixed_seed(call, seed)
    if checked >= 2**32:
        # PyTorch's generator forgets all but the lowest 32 bits.
        checked = derived_seed(checked, Use.GENERATOR) >> 32
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(checked)
        yield


class Use(IntEnum):
    """What random numbers are for: each use has a stream of its own."""

    GENERATOR = 301


class FullyConnected(nn.Module):
    r"""A network of one hidden layer that sees all spins at once.

    Parameters
    ----------
    n_sites : int
    hidden : int
        Units of the hidden layer.
    outputs : int
    activation : {"relu", "sigmoid", "tanh"}
    seed : int
        Of the weights; 0 <= seed < 2^64.

    Attributes
    ----------
    hidden, output : torch.nn.Linear
        The two layers.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: y = b' + W' f(b + W s)

    Outputs are logits: without the softmax or the logistic function, which losses bring along.

    Examples
    --------
    >>> import torch
    >>> FullyConnected(16, hidden=5, outputs=3, seed=1)(torch.ones(2, 4, 4)).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        n_sites: int,
        hidden: int = 100,
        outputs: int = 2,
        activation: str = "relu",
        seed: int = 1,
    ) -> None:
        super().__init__()
        call = "FullyConnected"
        sizes = {"n_sites": n_sites, "hidden": hidden, "outputs": outputs}
        n_sites, hidden, outputs = (
            arguments.integer(call, name, size, 1, MAX_UNITS) for name, size in sizes.items()
        )
        kind = ACTIVATIONS[arguments.choice(call, "activation", activation, tuple(ACTIVATIONS))]
        with seeded(call, seed):
            self.hidden = nn.Linear(n_sites, hidden)
            self.output = nn.Linear(hidden, outputs)
        self.activation = kind()

    def forward(self, spins: Tensor) -> Tensor:
        """Return logits (batch, outputs) of spins (batch, ...), n_sites in all."""
        return self.output(self.activation(self.pre_activations(spins)))

    def pre_activations(self, spins: Tensor) -> Tensor:
        """Return b + W s, (batch, hidden)."""
        n_sites = self.hidden.in_features
        if spins.ndim < 2 or spins[:1].numel() != n_sites * len(spins[:1]):
            wanted = f"spins of shape (batch, ...) with {n_sites} sites"
            raise ValueError(f"[FullyConnected] expected {wanted}, got {tuple(spins.shape)}")
        return self.hidden(spins.flatten(1))


class Convolutional(nn.Module):
    r"""A small convolutional network on a torus of any size.

    Parameters
    ----------
    filters : int
        Channels of both convolutions.
    width : int
        Odd extent of their filters.
    hidden : int
        Units of the layer behind the mean over sites.
    outputs : int
    activation : {"relu", "sigmoid", "tanh"}
    seed : int
        Of the weights; 0 <= seed < 2^64.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Two convolutions with periodic padding, so that a translation of the spins changes nothing in
    the output; the mean over all sites; two connected layers. Outputs are logits.

    Examples
    --------
    >>> import torch
    >>> network = Convolutional(outputs=3, seed=1)
    >>> network(torch.ones(2, 8, 8)).shape, network(torch.ones(5, 6, 11)).shape
    (torch.Size([2, 3]), torch.Size([5, 3]))
    """

    def __init__(
        self,
        filters: int = 8,
        width: int = 3,
        hidden: int = 32,
        outputs: int = 2,
        activation: str = "relu",
        seed: int = 1,
    ) -> None:
        super().__init__()
        call = "Convolutional"
        sizes = {"filters": filters, "width": width, "hidden": hidden, "outputs": outputs}
        filters, width, hidden, outputs = (
            arguments.integer(call, name, size, 1, MAX_UNITS) for name, size in sizes.items()
        )
        if width % 2 == 0:
            raise ValueError(f"[{call}] expected an odd width, got {width}")
        kind = ACTIVATIONS[arguments.choice(call, "activation", activation, tuple(ACTIVATIONS))]
        self.pad = width // 2
        with seeded(call, seed):
            self.first = nn.Conv2d(1, filters, width)
            self.second = nn.Conv2d(filters, filters, width)
            self.hidden = nn.Linear(filters, hidden)
            self.output = nn.Linear(hidden, outputs)
        self.activation = kind()

    def forward(self, spins: Tensor) -> Tensor:
        """Return logits (batch, outputs) of spins (batch, height, width)."""
        if spins.ndim != 3:
            wanted = "spins of shape (batch, height, width)"
            raise ValueError(f"[Convolutional] expected {wanted}, got {tuple(spins.shape)}")
        maps = spins.unsqueeze(1)
        for convolution in (self.first, self.second):
            maps = self.activation(convolution(self._padded(maps)))
        return self.output(self.activation(self.hidden(maps.mean(dim=(2, 3)))))

    def _padded(self, maps: Tensor) -> Tensor:
        # Rolled copies, as PyTorch's circular padding takes no more than one extent.
        if self.pad == 0:
            return maps
        for axis in (2, 3):
            extent = maps.shape[axis]
            wrapped = torch.arange(-self.pad, extent + self.pad) % extent
            maps = maps.index_select(axis, wrapped)
        return maps
