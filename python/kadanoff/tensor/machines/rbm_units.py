"""The parameters of a restricted Boltzmann machine, real or complex, as tensors need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.rbm.machine import RBM, UNITS

Array = npt.NDArray[Any]
MachineLike: TypeAlias = (
    RBM | npt.ArrayLike | tuple[npt.ArrayLike, npt.ArrayLike | None, npt.ArrayLike | None]
)
VALUES = {"binary": (0.0, 1.0), "spin": (-1.0, 1.0)}


@dataclass(frozen=True)
class Machine:
    """Weights and biases in float64 or complex128, and the two values of the units of a layer.

    Index 0 of a unit is the value 0 or -1, index 1 the value 1.
    """

    weights: Array
    visible_bias: Array
    hidden_bias: Array
    visible_values: tuple[float, float]
    hidden_values: tuple[float, float]

    @property
    def n_visible(self) -> int:
        """Number of visible units."""
        return len(self.visible_bias)

    @property
    def n_hidden(self) -> int:
        """Number of hidden units."""
        return len(self.hidden_bias)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or complex128."""
        return self.weights.dtype

    def ordered(self, order: Sequence[int]) -> Machine:
        """Return the machine with its visible units in another order."""
        at = np.asarray(order, dtype=np.intp)
        return Machine(
            self.weights[at],
            self.visible_bias[at],
            self.hidden_bias,
            self.visible_values,
            self.hidden_values,
        )

    def log_hidden_sum(self, j: Any, fields: Array) -> Array:
        """Return ln of the sum over unit j's values of e^(value * (bias + field)), safely."""
        x = self.hidden_bias[j] + fields
        low, high = (value * x for value in self.hidden_values)
        top = np.where(low.real > high.real, low, high)
        rest = np.where(low.real > high.real, high, low) - top
        with np.errstate(divide="ignore"):
            return np.asarray(top + np.log1p(np.exp(rest)))

    def log_amplitudes(self, visible: npt.NDArray[np.intp]) -> Array:
        """Return ln psi of states given as indices 0 and 1, (..., n_visible)."""
        v = np.asarray(self.visible_values)[visible]
        hidden = self.log_hidden_sum(slice(None), v @ self.weights).sum(axis=-1)
        return np.asarray(v @ self.visible_bias + hidden)


def machine_of(
    call: str,
    rbm: Any,
    visible_units: str = "binary",
    hidden_units: str = "binary",
) -> Machine:
    """Return the machine of an `RBM`, of weights, or of (weights, visible and hidden bias)."""
    visible_bias = hidden_bias = None
    if isinstance(rbm, tuple) and len(rbm) == 3 and _is_matrix(rbm[0]):
        rbm, visible_bias, hidden_bias = rbm
    if isinstance(rbm, RBM):
        visible_units, hidden_units = rbm.visible_units, rbm.hidden_units
        weights, visible_bias, hidden_bias = rbm.weights, rbm.visible_bias, rbm.hidden_bias
    else:
        weights = _numbers(call, "weights", rbm)
    if weights.ndim != 2 or weights.shape[0] < 1:
        wanted = "weights of shape (n_visible, n_hidden)"
        raise ValueError(f"[{call}] expected {wanted}, got shape {weights.shape}")
    n_visible, n_hidden = weights.shape
    a = _biases(call, "visible_bias", visible_bias, n_visible)
    b = _biases(call, "hidden_bias", hidden_bias, n_hidden)
    dtype = np.result_type(weights, a, b, np.float64)
    return Machine(
        weights.astype(dtype),
        a.astype(dtype),
        b.astype(dtype),
        VALUES[arguments.choice(call, "visible_units", visible_units, UNITS)],
        VALUES[arguments.choice(call, "hidden_units", hidden_units, UNITS)],
    )


def _is_matrix(value: Any) -> bool:
    """Whether it is what weights are, and not a row of them."""
    try:
        return np.ndim(value) == 2
    except ValueError:
        return False


def unit_indices(call: str, machine: Machine, visible: Any) -> npt.NDArray[np.intp]:
    """Return states of the visible units, given as their values, as indices 0 and 1."""
    array = arguments.array(call, "visible", visible)
    if array.ndim < 1 or array.shape[-1] != machine.n_visible:
        wanted = f"visible of shape (..., {machine.n_visible})"
        raise ValueError(f"[{call}] expected {wanted}, got shape {array.shape}")
    low, high = machine.visible_values
    if array.dtype.kind not in "iufb" or not ((array == low) | (array == high)).all():
        raise ValueError(f"[{call}] expected visible units of {low:g} and {high:g}")
    return np.asarray(array == high, dtype=np.intp)


def unit_set(call: str, machine: Machine, subset: Any) -> list[int]:
    """Return different visible units, some but not all, in the order in which they were given."""
    n = machine.n_visible
    array = arguments.array(call, "subset", subset)
    if array.ndim != 1 or not 0 < array.size < n or array.dtype.kind not in "iu":
        raise ValueError(
            f"[{call}] expected a subset of 1 to {n - 1} visible units, got {subset!r}"
        )
    units = [arguments.integer(call, "unit", int(i), 0, n - 1) for i in array]
    if len(set(units)) != len(units):
        raise ValueError(f"[{call}] expected different units in the subset, got {units}")
    return units


def unit_order(call: str, machine: Machine, order: Any) -> list[int]:
    """Return a permutation of the visible units; None is the one that is there."""
    n = machine.n_visible
    if order is None:
        return list(range(n))
    array = arguments.array(call, "order", order)
    if array.dtype.kind not in "iu" or sorted(array.ravel().tolist()) != list(range(n)):
        raise ValueError(f"[{call}] expected order to be a permutation of 0 to {n - 1}")
    return [int(i) for i in array]


def _numbers(call: str, name: str, value: Any) -> Array:
    array = arguments.array(call, name, value)
    if array.dtype.kind not in "iufc":
        raise TypeError(f"[{call}] expected real or complex {name}, got {array.dtype}")
    if not np.isfinite(array).all():
        raise ValueError(f"[{call}] expected finite {name}, got NaN or infinity")
    return array


def _biases(call: str, name: str, value: Any, count: int) -> Array:
    if value is None:
        return np.zeros(count)
    array = _numbers(call, name, value)
    if array.shape != (count,):
        raise ValueError(f"[{call}] expected {name} of shape ({count},), got {array.shape}")
    return array
