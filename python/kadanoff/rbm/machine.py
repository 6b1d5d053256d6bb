"""The machine: weights, biases, and what energy they give to states."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import FileError
from kadanoff.fixed import FixedAttributes

UNITS = ("binary", "spin")
MAX_UNITS = 2**20
MAX_SUM = 1e37

_KIND = "rbm"
_VERSION = 1

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]


class RBM(FixedAttributes):
    r"""A restricted Boltzmann machine.

    Parameters
    ----------
    weights : array_like of float, (n_visible, n_hidden)
        W, kept in float32; at most 2^20 units in a layer.
    visible_bias, hidden_bias : array_like of float, (n_visible,) and (n_hidden,), optional
        a and b; zero by default.
    visible_units, hidden_units : {"binary", "spin"}
        The values of a layer's units: 0 and 1, or -1 and 1.

    Attributes
    ----------
    weights, visible_bias, hidden_bias : ndarray of float32, read-only
    n_visible, n_hidden : int

    Raises
    ------
    ValueError
        If shapes do not agree, a number is not finite, or the terms of a unit add up to more than
        1e37.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math:: E(v, h) = -a \cdot v - b \cdot h - v^T W h, \qquad p(v, h) \propto e^{-\beta E(v, h)}

    (P. Smolensky, in Parallel Distributed Processing 1 (1986) 194; G. E. Hinton, Neural
    Computation 14 (2002) 1771).

    Examples
    --------
    >>> import kadanoff as kd
    >>> rbm = kd.RBM([[1.0, -1.0], [0.5, 2.0]], visible_bias=[0.0, -1.0])
    >>> rbm
    RBM(2 visible, 2 hidden units)
    >>> rbm.energy([1, 1], [0, 1])
    array(0.)
    """

    _fixed = frozenset({"weights", "visible_bias", "hidden_bias", "visible_units", "hidden_units"})

    def __init__(
        self,
        weights: npt.ArrayLike,
        visible_bias: npt.ArrayLike | None = None,
        hidden_bias: npt.ArrayLike | None = None,
        visible_units: str = "binary",
        hidden_units: str = "binary",
    ) -> None:
        self.weights = _numbers("weights", weights, None)
        shape = self.weights.shape
        self.visible_bias = _biases("visible_bias", visible_bias, shape[0])
        self.hidden_bias = _biases("hidden_bias", hidden_bias, shape[1])
        self.visible_units = arguments.choice("RBM", "visible_units", visible_units, UNITS)
        self.hidden_units = arguments.choice("RBM", "hidden_units", hidden_units, UNITS)
        self._check_sums()

    @property
    def n_visible(self) -> int:
        """Number of visible units."""
        return len(self.visible_bias)

    @property
    def n_hidden(self) -> int:
        """Number of hidden units."""
        return len(self.hidden_bias)

    @property
    def layers(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """(Number of units, their values) of the visible and of the hidden layer."""
        return (self.n_visible, self.visible_units), (self.n_hidden, self.hidden_units)

    def energy(self, visible: npt.ArrayLike, hidden: npt.ArrayLike) -> Floats:
        """Return E(v, h) in float64, one number for each pair of states.

        Parameters
        ----------
        visible, hidden : array_like, (..., n_visible) and (..., n_hidden)
            Values of the units; the leading axes broadcast.

        Raises
        ------
        ValueError, TypeError
        """
        v = self.states("energy", "visible", visible).astype(np.float64)
        h = self.states("energy", "hidden", hidden).astype(np.float64)
        field = v @ self.weights.astype(np.float64) + self.hidden_bias
        return np.asarray(-(v @ self.visible_bias.astype(np.float64)) - (field * h).sum(axis=-1))

    def free_energy(self, visible: npt.ArrayLike) -> Floats:
        r"""Return F(v) = -ln(sum over h of exp(-E(v, h))) in float64.

        Parameters
        ----------
        visible : array_like, (..., n_visible)

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        .. math:: F(v) = -a \cdot v - \sum_j \ln(1 + e^{x_j}), \qquad x = b + v^T W

        for hidden units of 0 and 1, and :math:`\ln(2 \cosh x_j)` for those of -1 and 1.

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.RBM([[0.0, 0.0]]).free_energy([[0], [1]]).round(6).tolist()
        [-1.386294, -1.386294]
        """
        v = self.states("free_energy", "visible", visible).astype(np.float64)
        field = v @ self.weights.astype(np.float64) + self.hidden_bias
        lower = -field if self.hidden_units == "spin" else np.zeros_like(field)
        entropy = np.logaddexp(field, lower).sum(axis=-1)
        return np.asarray(-(v @ self.visible_bias.astype(np.float64)) - entropy)

    def states(self, call: str, layer: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return states of a layer as an array, checked; errors are those of `call`."""
        units = self.n_visible if layer == "visible" else self.n_hidden
        encoding = self.visible_units if layer == "visible" else self.hidden_units
        array = arguments.array(call, layer, values)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"[{call}] expected numbers for {layer}, got dtype {array.dtype}")
        if array.ndim == 0 or array.shape[-1] != units:
            raise ValueError(
                f"[{call}] expected {layer} of shape (..., {units}), got shape {array.shape}"
            )
        low = -1 if encoding == "spin" else 0
        wrong = array[(array != low) & (array != 1)]
        if wrong.size:
            raise ValueError(f"[{call}] expected values {low} and 1 for {layer}, got {wrong[0]}")
        return array

    def _check_sums(self) -> None:
        """Bound the sums by the largest weight, and only if that is too much look at each."""
        biases = (self.visible_bias, self.hidden_bias)
        bound = max(_largest(bias) for bias in biases) / 3.0 + _largest(self.weights) * max(
            self.weights.shape
        )
        if bound <= MAX_SUM:
            return
        sizes = np.abs(self.weights.astype(np.float64))
        largest = max(
            (np.abs(bias) / 3.0 + sizes.sum(axis=axis)).max()
            for bias, axis in zip(biases, (1, 0), strict=True)
        )
        if largest > MAX_SUM:
            expected = "weights and biases of a unit that add up to at most 1e37"
            raise ValueError(f"[RBM] expected {expected}, got about {largest:.3g}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an HDF5 file, put in place whole; `load` reads it.

        Raises
        ------
        OSError
            If the file cannot be written; the old one is then still there.
        """
        from kadanoff import storage

        storage.write(path, _KIND, _VERSION, self.to_state())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> RBM:
        """Return the machine that `save` wrote.

        Raises
        ------
        FileError
            A ValueError: the file is not a machine's, damaged, hostile, or of another version.
        FileNotFoundError, PermissionError
        """
        from kadanoff import storage

        _, tree = storage.read(path, _KIND, {_VERSION})
        return cls.from_state(storage.Entries(tree, path))

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {
            "weights": self.weights,
            "visible_bias": self.visible_bias,
            "hidden_bias": self.hidden_bias,
            "visible_units": self.visible_units,
            "hidden_units": self.hidden_units,
        }

    @classmethod
    def from_state(cls, entries: Any) -> RBM:
        """Return the machine whose `to_state` was read back as `storage.Entries`."""
        weights = entries.array("weights", np.float32, (None, None))
        try:
            return cls(
                weights,
                entries.array("visible_bias", np.float32, (weights.shape[0],)),
                entries.array("hidden_bias", np.float32, (weights.shape[1],)),
                entries.text("visible_units", UNITS),
                entries.text("hidden_units", UNITS),
            )
        except FileError:
            raise
        except ValueError as error:
            raise FileError(f"[load] expected a machine, got: {error}") from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RBM):
            return NotImplemented
        own, others = self.to_state(), other.to_state()
        return all(np.array_equal(own[name], others[name]) for name in own)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        def layer(count: int, name: str, units: str) -> str:
            return f"{count} {name}" + (" +-1" if units == "spin" else "")

        visible = layer(self.n_visible, "visible", self.visible_units)
        hidden = layer(self.n_hidden, "hidden", self.hidden_units)
        return f"RBM({visible}, {hidden} units)"


def _numbers(name: str, value: npt.ArrayLike, count: int | None) -> Matrix:
    """Return weights (count None) or `count` biases as read-only float32."""
    array = arguments.array("RBM", name, value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"[RBM] expected real numbers for {name}, got dtype {array.dtype}")
    if count is None:
        if array.ndim != 2 or not all(1 <= extent <= MAX_UNITS for extent in array.shape):
            wanted = "weights of shape (n_visible, n_hidden) with 1 to 2^20 units in a layer"
            raise ValueError(f"[RBM] expected {wanted}, got shape {array.shape}")
    elif array.shape != (count,):
        raise ValueError(f"[RBM] expected {name} of shape ({count},), got shape {array.shape}")
    with np.errstate(over="ignore"):
        result = np.array(array, dtype=np.float32, order="C")
    if not np.isfinite(_largest(result)):
        wrong = array[~np.isfinite(result)][0]
        raise ValueError(f"[RBM] expected finite {name} in the range of float32, got {wrong}")
    result.flags.writeable = False
    return result


def _largest(array: Matrix) -> float:
    """Return the largest size, or what is not finite."""
    return max(float(array.max()), -float(array.min()))


def _biases(name: str, value: npt.ArrayLike | None, count: int) -> Matrix:
    return _numbers(name, np.zeros(count) if value is None else value, count)
