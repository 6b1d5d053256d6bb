"""Statistical checks of Gibbs chains, used on the engine and, with planted faults, on NumPy's.

A check takes `make(rbm, chains, seed, beta)`, which builds a sampler as `kadanoff.GibbsSampler`
does, and raises `checks.DeviationError` when a score reaches `checks.LIMIT` standard errors. Every
draw of a histogram comes from a chain of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import checks
import kadanoff as kd

SEED = 20240301
Make = Callable[..., Any]


def machine(visible: int, hidden: int, units: tuple[str, str], size: float = 1.0) -> kd.RBM:
    """A machine with weights and biases of both signs, some of them 3 times `size`."""
    rng = np.random.default_rng(4)
    scale = size / (2.0 if "spin" in units else 1.0)
    draw = lambda *shape: scale * rng.uniform(-3.0, 3.0, shape)  # noqa: E731
    return kd.RBM(draw(visible, hidden), draw(visible), draw(hidden), *units)


def states(count: int, units: str) -> np.ndarray:
    """All states of a layer, (2^count, count), in the order of `numbers`."""
    bits = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    return bits if units == "binary" else 2 * bits - 1


def numbers(layer: np.ndarray) -> np.ndarray:
    """The numbers of states in `states`."""
    return (layer == 1) @ (1 << np.arange(layer.shape[-1]))


def layer_probabilities(
    rbm: kd.RBM, hidden: bool, beta: float = 1.0, dtype: type = np.float64
) -> np.ndarray:
    """P(state of one layer | state of the other): (states of the other, states of the layer)."""
    weights = (rbm.weights if hidden else rbm.weights.T).astype(dtype)
    bias = (rbm.hidden_bias if hidden else rbm.visible_bias).astype(dtype)
    own, other = (rbm.hidden_units, rbm.visible_units)[:: 1 if hidden else -1]
    given, drawn = states(weights.shape[0], other), states(weights.shape[1], own)
    odds = (1.0 if own == "binary" else 2.0) * beta * (given.astype(dtype) @ weights + bias)
    up = 1.0 / (1.0 + np.exp(-odds.astype(np.float64)))
    return np.where(drawn == 1, up[:, None], 1.0 - up[:, None]).prod(axis=-1)


def visible_target(rbm: kd.RBM, beta: float = 1.0) -> np.ndarray:
    """Exact probabilities of all visible states, by enumeration of both layers."""
    visible, hidden = (
        states(rbm.n_visible, rbm.visible_units),
        states(rbm.n_hidden, rbm.hidden_units),
    )
    energy = rbm.energy(visible[:, None], hidden[None])
    weight = np.exp(-beta * (energy - energy.min())).sum(axis=1)
    return weight / weight.sum()


def check_transitions(make: Make, rbm: kd.RBM, chains: int = 40_000) -> float:
    """One step from every visible state: the joint histogram of hidden and new visible states."""
    to_hidden, to_visible = layer_probabilities(rbm, True), layer_probabilities(rbm, False)
    every = states(rbm.n_visible, rbm.visible_units)
    sampler = make(rbm, chains=chains * len(every), seed=SEED, beta=1.0)
    sampler.visible = np.repeat(every, chains, axis=0)
    sampler.run(1)
    cell = numbers(sampler.hidden) * len(every) + numbers(sampler.visible)
    cells = to_hidden.shape[1] * len(every)
    counts = [np.bincount(row, minlength=cells) for row in cell.reshape(len(every), chains)]
    expected = chains * (to_hidden[:, :, None] * to_visible[None]).reshape(len(every), cells)
    return checks.chi_square("transitions", np.array(counts), expected)


def check_histogram(make: Make, rbm: kd.RBM, chains: int = 1_000_000, steps: int = 2) -> float:
    """`steps` steps from exact draws of the visible layer: still the exact distribution."""
    target = visible_target(rbm)
    start = np.random.default_rng(SEED).choice(len(target), chains, p=target)
    sampler = make(rbm, chains=chains, seed=SEED, beta=1.0)
    sampler.visible = states(rbm.n_visible, rbm.visible_units)[start]
    sampler.run(steps)
    counts = np.bincount(numbers(sampler.visible), minlength=len(target))
    return checks.chi_square("histogram", counts, chains * target)


class NumpyGibbs:
    """Block Gibbs sampling in float64, for units of 0 and 1, with a fault if asked for one."""

    def __init__(
        self, rbm: kd.RBM, chains: int, seed: int, beta: float, fault: str | None = None
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._weights = rbm.weights.astype(np.float64)
        self._beta = beta * (1.02 if fault == "beta" else 1.0)
        self._bias = rbm.visible_bias.astype(np.float64), rbm.hidden_bias.astype(np.float64)
        self._fault = fault
        self.visible = np.zeros((chains, rbm.n_visible))
        self.hidden = np.zeros((chains, rbm.n_hidden))

    def run(self, steps: int) -> None:
        """Do `steps` steps."""
        back = -self._weights.T if self._fault == "sign" else self._weights.T
        for _ in range(steps):
            self.hidden = self._drawn(self.visible @ self._weights + self._bias[1])
            self.visible = self._drawn(self.hidden @ back + self._bias[0])

    def _drawn(self, field: np.ndarray) -> np.ndarray:
        uniform = self._rng.random(field.shape)
        if self._fault == "shared":
            uniform[:, 1] = uniform[:, 0]
        return (uniform * (1.0 + np.exp(-self._beta * field)) < 1.0).astype(np.float64)
