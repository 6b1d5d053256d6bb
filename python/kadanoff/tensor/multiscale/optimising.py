r"""One round of updates: every tensor replaced by the best one for its environment.

The energy is the trace of a tensor with its environment, which holds the tensor itself. Keeping the
environment fixed, the best isometry is minus the polar factor of it; with H negative, this lowers
the energy (G. Evenbly and G. Vidal, Phys. Rev. B 79 (2009) 144108, sec. IV). The scale-invariant
layer stands for infinitely many, and its environment is the sum of theirs
(arXiv:1109.5334).

Rounds begin where the last two point to, as in Y. Nesterov's accelerated gradient; where the energy
rises, the momentum starts anew (B. O'Donoghue and E. Candes, Found. Comput. Math. 15 (2015) 715).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from . import chain
from .isometries import Space, closest
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
    before : tuple of Layer
        The layers one round ago.
    energy : float
        Where the last round began.
    streak : int
        Rounds since the energy rose.
    """

    layers: tuple[Layer, ...]
    states: Bonds
    summed: Bonds
    before: tuple[Layer, ...]
    energy: float = math.inf
    streak: int = 0


def begin(layers: tuple[Layer, ...]) -> Progress:
    """Return what the first round needs."""
    states = fixed_point(layers[-1])
    operators = chain.bonds()
    for layer in layers[:-1]:
        operators = layer.ascend(operators)
    summed = operators
    for _ in range(SERIES):
        summed = _add_scale(layers[-1], operators, summed, states)
    return Progress(layers, states, summed, layers)


def one_round(
    now: Progress, legs: tuple[Legs, ...], *, disentangle: bool = True, momentum: float = 0.0
) -> Progress:
    """Replace every tensor, from the lowest layer up; u only where `disentangle` says so."""
    here = _extrapolated(now, legs, momentum)
    states = now.states
    for _ in range(STEPS_OF_STATES):
        states = here[-1].descend(states)
    above = [states]
    for layer in reversed(here[1:]):
        above.insert(0, layer.descend(above[0]))
    layers: list[Layer] = []
    operators = chain.bonds()
    energy = expectation(operators, here[0].descend(above[0]))
    for old, leg, state in zip(here[:-1], legs[:-1], above[:-1], strict=True):
        layers.append(_updated(old, leg, operators, state, disentangle))
        operators = layers[-1].ascend(operators)
    summed = _add_scale(here[-1], operators, now.summed, states)
    layers.append(_updated(here[-1], legs[-1], summed, states, disentangle))
    streak = now.streak + 1 if disentangle and energy <= now.energy else 0
    return Progress(tuple(layers), states, summed, now.layers, energy, streak)


def _extrapolated(now: Progress, legs: tuple[Legs, ...], momentum: float) -> tuple[Layer, ...]:
    """Return the isometries closest to a step further from the layers before to those now."""
    step = min(momentum, now.streak / (now.streak + 3.0))
    if step == 0.0:
        return now.layers
    result = []
    for old, new, leg in zip(now.before, now.layers, legs, strict=True):
        u, w = new.u + step * (new.u - old.u), new.w + step * (new.w - old.w)
        result.append(Layer(_isometry(u, *leg.u_spaces), _isometry(w, *leg.w_spaces)))
    return tuple(result)


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
        environment = layer.disentangler_environment(shifted, states)
        layer = Layer(_isometry(-environment, *legs.u_spaces), layer.w)
    environment = layer.isometry_environment(shifted, states)
    return Layer(layer.u, _isometry(-environment, *legs.w_spaces))


def _isometry(tensor: chain.Floats, inside: Space, outside: Space) -> chain.Floats:
    """Return the isometry closest to a tensor whose first two legs are those below."""
    shape = tensor.shape
    return closest(tensor.reshape(shape[0] * shape[1], -1), inside, outside).reshape(shape)


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
