r"""One round of updates: every tensor replaced by the best one for its environment.

The energy is the trace of a tensor with its environment, which holds the tensor itself. Keeping the
environment fixed, the best isometry is minus the polar factor of it; with H negative, this lowers
the energy (G. Evenbly and G. Vidal, Phys. Rev. B 79 (2009) 144108, sec. IV). The scale-invariant
layer stands for infinitely many, and its environment is the sum of theirs (arXiv:1109.5334,
sec. V).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import chain
from .isometries import closest
from .layer import Bonds, Layer, expectation
from .spaces import Legs

STEPS_OF_STATES = 2
SERIES = 40
TOLERANCE = 1e-15
MAX_STEPS = 5000


@dataclass(frozen=True)
class Progress:
    r"""What a round hands to the next one.

    Attributes
    ----------
    layers : tuple of Layer
    states : Bonds
        Density matrices above all transitional layers, nearly a fixed point.
    summed : Bonds
        The Hamiltonian there, of all scales: :math:`\sum_n A^n(h) / 2^n` less a constant.
    """

    layers: tuple[Layer, ...]
    states: Bonds
    summed: Bonds


def begin(layers: tuple[Layer, ...]) -> Progress:
    """Return what the first round needs."""
    states = fixed_point(layers[-1])
    operators = chain.bonds()
    for layer in layers[:-1]:
        operators = layer.ascend(operators)
    summed = operators
    for _ in range(SERIES):
        summed = _add_scale(layers[-1], operators, summed, states)
    return Progress(layers, states, summed)


def one_round(now: Progress, legs: tuple[Legs, ...], disentangle: bool) -> Progress:
    """Replace every tensor, from the lowest layer up; u only where `disentangle` says so."""
    states = now.states
    for _ in range(STEPS_OF_STATES):
        states = now.layers[-1].descend(states)
    above = [states]
    for layer in reversed(now.layers[1:]):
        above.insert(0, layer.descend(above[0]))
    layers: list[Layer] = []
    operators = chain.bonds()
    for old, leg, state in zip(now.layers[:-1], legs[:-1], above[:-1], strict=True):
        layers.append(_updated(old, leg, operators, state, disentangle))
        operators = layers[-1].ascend(operators)
    summed = _add_scale(now.layers[-1], operators, now.summed, states)
    layers.append(_updated(now.layers[-1], legs[-1], summed, states, disentangle))
    return Progress(tuple(layers), states, summed)


def fixed_point(layer: Layer) -> Bonds:
    """Return the density matrices of bonds that a layer leaves as they are, to 1e-15."""
    size = layer.w.shape[2]
    mixed = np.eye(size**2).reshape((size,) * 4) / size**2
    states: Bonds = (mixed, mixed)
    for _ in range(MAX_STEPS):
        above, states = states, layer.descend(states)
        change = max(np.abs(a - b).max() for a, b in zip(above, states, strict=True))
        if change < TOLERANCE:
            break
    return _normalised(states)


def _normalised(states: Bonds) -> Bonds:
    """Take off the rounding of thousands of steps: traces of 1."""
    first, second = (state / np.trace(state.reshape(len(state) ** 2, -1)) for state in states)
    return first, second


def _updated(layer: Layer, legs: Legs, operators: Bonds, states: Bonds, disentangle: bool) -> Layer:
    first, second = (_negative(operator) for operator in operators)
    shifted = (first, second)
    if disentangle:
        matrix = -layer.disentangler_environment(shifted, states)
        shape = matrix.shape
        new = closest(matrix.reshape(shape[0] * shape[1], -1), *legs.u_spaces)
        layer = Layer(new.reshape(shape), layer.w)
    matrix = -layer.isometry_environment(shifted, states)
    shape = matrix.shape
    new = closest(matrix.reshape(shape[0] * shape[1], -1), *legs.w_spaces)
    return Layer(layer.u, new.reshape(shape))


def _add_scale(layer: Layer, operators: Bonds, summed: Bonds, states: Bonds) -> Bonds:
    """Return operators + A(summed) / 2, less its expectation value, which would add up forever."""
    up = layer.ascend(summed)
    ab, ba = operators[0] + 0.5 * up[0], operators[1] + 0.5 * up[1]
    zero = np.zeros_like(ab)
    return (
        _less(ab, expectation((ab, zero), states)),
        _less(ba, expectation((zero, ba), states)),
    )


def _negative(operator: chain.Floats) -> chain.Floats:
    """Return an operator less its largest eigenvalue."""
    size = len(operator) ** 2
    return _less(operator, float(np.linalg.eigvalsh(operator.reshape(size, size))[-1]))


def _less(operator: chain.Floats, constant: float) -> chain.Floats:
    size = len(operator)
    return operator - constant * np.eye(size**2).reshape((size,) * 4)
