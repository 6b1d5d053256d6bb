"""Truncated matrix product states of machines whose exact ones are too large.

A hidden unit multiplies the amplitudes by the sum of two products over the visible units. The state
is built by one such factor after the other: a factor doubles the bonds, a compression halves them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.states import MPS
from kadanoff.tensor.states.gauge import truncate, unit_scale, with_center
from kadanoff.tensor.states.mps import Truncation

from .rbm_errors import estimated_error
from .rbm_units import Machine

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
MAX_BOND = 256
CHECKED = 1000
ROUNDING = 1e-10


class _TooWideError(Exception):
    """A step leaves out more than the tolerance allows it, with the largest bonds there are."""


class Factor(NamedTuple):
    """The sum over a hidden unit's values: products over the sites from `first` on.

    `terms` (2, sites, 2) has for each value of the unit what it multiplies the states of a site by,
    `sizes` (2,) what it multiplies all of them by, both over e^log.
    """

    first: int
    terms: Array
    sizes: Array
    log: float


def successive_state(call: str, machine: Machine, max_bond: int | None, tolerance: float) -> MPS:
    """Return the truncated state and its error as far as that can be known.

    That is the root of what all steps leave out, or what samples say where that is more.

    Raises
    ------
    ValueError
        If there is no `max_bond` and bonds of 256 do not keep the tolerance.
    """
    try:
        chain, log, weights = _successive(machine, max_bond, tolerance)
    except _TooWideError as reason:
        wanted = f"a tolerance that bonds of {MAX_BOND} keep, or max_bond"
        raise ValueError(f"[{call}] expected {wanted}, got {tolerance:g}") from reason
    state = MPS._made(chain, log, 0)
    error = math.sqrt(float(weights.sum()))
    if not chain[0].any():
        error = 1.0
    elif error:
        error = max(error, estimated_error(machine, state, CHECKED, 0).error)
    # Twice: an estimate from samples is above a tolerance that is just kept half of the time.
    if max_bond is None and error > 2 * max(tolerance, ROUNDING):
        wanted = "a tolerance that can be kept, or max_bond"
        got = f"{tolerance:g}, and an error of {error:.2g}"
        raise ValueError(f"[{call}] expected {wanted}, got {got}")
    return MPS._made(chain, log, 0, Truncation(weights, error))


def _successive(
    machine: Machine, max_bond: int | None, tolerance: float
) -> tuple[list[Array], float, Floats]:
    """Return tensors around site 0, ln of their scale, and the weights left out at each bond."""
    limit = MAX_BOND if max_bond is None else max_bond
    means = _hidden_means(machine)
    chain, log = _product_state(machine, means)
    center, weights = 0, np.zeros(machine.n_visible - 1)
    # Strong units first: of the orders that were tried the one whose error grows least.
    order = np.argsort(-np.abs(machine.weights).max(axis=0, initial=0.0), kind="stable")
    for done, j in enumerate(order.tolist()):
        factor = _factor(machine, j, means[j])
        first, last = factor.first, factor.first + factor.terms.shape[1] - 1
        chain, moved = with_center(chain, first, center)
        window, scale = with_center(_times(chain[first : last + 1], factor), last - first)
        left = max(tolerance**2 - float(weights.sum()), 0.0) / (machine.n_hidden - done)
        window, lost = truncate(window, limit, math.sqrt(left))
        if max_bond is None and float(lost.sum()) > left and _widest(window) == limit:
            raise _TooWideError
        window[0], rest = unit_scale(window[0])
        chain[first : last + 1], center = window, first
        weights[first:last] += lost
        log += moved + scale + rest + factor.log
    chain, moved = with_center(chain, 0, center)
    return chain, log + moved, weights


def _widest(chain: list[Array]) -> int:
    return max(int(tensor.shape[0]) for tensor in chain)


def _hidden_means(machine: Machine) -> Floats:
    """Return the mean of each hidden unit above visible units of no preference.

    With W h moved by W <h> into the first product state, a factor changes little where the state is
    large, so that what a step leaves out is about as large in the end as it was in that step.
    """
    low, high = machine.hidden_values
    fields = machine.hidden_bias.real + np.mean(machine.visible_values) * machine.weights.real.sum(
        axis=0
    )
    return np.asarray(low + (high - low) * 0.5 * (1 + np.tanh((high - low) * fields / 2)))


def _product_state(machine: Machine, means: Floats) -> tuple[list[Array], float]:
    """Return the state in which every hidden unit has its mean value, of norm 1, and the log."""
    exponents = np.multiply.outer(
        machine.visible_bias + machine.weights @ means, np.asarray(machine.visible_values)
    )
    top = exponents.real.max(axis=1)
    chain, log = [], math.fsum(top.tolist())
    for vector in np.exp(exponents - top[:, None]):
        unit, size = unit_scale(vector)
        chain.append(unit[None, :, None])
        log += size
    return chain, log


def _factor(machine: Machine, j: int, mean: float) -> Factor:
    """Return hidden unit j's factor over its part of the product state."""
    sites = np.flatnonzero(machine.weights[:, j])
    first, last = (int(sites[0]), int(sites[-1])) if len(sites) else (0, 0)
    values = np.asarray(machine.hidden_values)
    weights = machine.weights[first : last + 1, j]
    exponents = np.multiply.outer(
        np.multiply.outer(values - mean, weights), np.asarray(machine.visible_values)
    )
    top = exponents.real.max(axis=2)
    bias = machine.hidden_bias[j] * values
    heights = top.sum(axis=1) + bias
    log = float(heights.real.max())
    return Factor(first, np.exp(exponents - top[:, :, None]), np.exp(heights - log), log)


def _times(chain: list[Array], factor: Factor) -> list[Array]:
    """Return neighbouring tensors times a factor: two copies, side by side on the inner bonds."""
    if len(chain) == 1:
        both = factor.sizes @ factor.terms[:, 0]
        return [chain[0] * both[:, None]]
    result: list[Array] = []
    for i, tensor in enumerate(chain):
        one, other = (tensor * factor.terms[k, i][:, None] for k in (0, 1))
        if i == 0:
            result.append(np.concatenate([one * factor.sizes[0], other * factor.sizes[1]], axis=2))
        elif i == len(chain) - 1:
            result.append(np.concatenate([one, other], axis=0))
        else:
            left, dimension, right = tensor.shape
            double = np.zeros((2 * left, dimension, 2 * right), dtype=one.dtype)
            double[:left, :, :right] = one
            double[left:, :, right:] = other
            result.append(double)
    return result
