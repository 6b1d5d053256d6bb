"""Ancestral sampling: spins are drawn one after the other, each given those before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .randomness import Use, uniforms

if TYPE_CHECKING:
    from .network import AutoregressiveNetwork

BLOCK = 1024
"""States at a time: what the hidden units of one site are worked out from stays in the cache."""


class Stepper(Protocol):
    """What a network gives to draw states site by site."""

    def logit(self, site: int) -> Tensor:
        """Return the logits of a site, (states,)."""
        ...

    def put(self, site: int, spins: Tensor) -> None:
        """Set the spins of a site."""
        ...


def draws(
    network: AutoregressiveNetwork, count: int, seed: int, use: Use, number: int
) -> Iterator[npt.NDArray[np.int8]]:
    """Give states in blocks, int8 (block, sites): functions of (network, seed, use, number)."""
    for part, start in enumerate(range(0, count, BLOCK)):
        # A whole block of numbers always: a state does not depend on how many others there are.
        random = uniforms(seed, use, number, (network.sites + 1, BLOCK), part)
        yield draw(network, random[:, : min(BLOCK, count - start)])


@torch.no_grad()
def draw(network: AutoregressiveNetwork, random: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    """Draw a state from each column of `random`, (sites + 1, states): int8 (states, sites).

    The last row decides whether a state of a symmetric network is turned over. Numbers are compared
    with probabilities in float64: no conditional is rounded to 0 or 1.
    """
    count = random.shape[1]
    numbers = torch.from_numpy(np.ascontiguousarray(random))
    stepper = network.body.stepper(count)
    spins = torch.empty(network.sites, count, dtype=torch.int8)
    for site in range(network.sites):
        up = numbers[site] < torch.sigmoid(stepper.logit(site).double())
        spins[site] = up.to(torch.int8) * 2 - 1
        stepper.put(site, spins[site].to(torch.float32))
    if network.symmetric:
        spins *= (numbers[-1] < 0.5).to(torch.int8) * 2 - 1
    result: npt.NDArray[np.int8] = spins.T.contiguous().numpy()
    return result
