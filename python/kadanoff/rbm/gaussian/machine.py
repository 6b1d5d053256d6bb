"""Restricted Boltzmann machines with real visible units."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import FileError
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedMachine

from ..deep.boltzmann import checked_layer, checked_states
from ..machine import MAX_UNITS, UNITS, Floats, Matrix

_MAX_ENUMERATED = 24
_MAX_SUM = 1e18
_SCALES = (1e-9, 1e9)
_BETAS = (1e-12, 1e12)


class GaussianRBM(FixedAttributes, SavedMachine):
    r"""A restricted Boltzmann machine with real visible units and hidden ones of two values.

    Parameters
    ----------
    weights : array_like of float, (n_visible, n_hidden)
        W, kept in float32; at most 2^20 units in a layer.
    visible_bias, hidden_bias : array_like of float, (n_visible,) and (n_hidden,), optional
        a and b; zero by default.
    visible_scale : float or array_like of float, (n_visible,)
        sigma, the standard deviation of a visible unit given the hidden ones; in [1e-9, 1e9].
    hidden_units : {"binary", "spin"}
        The values of the hidden units: 0 and 1, or -1 and 1.

    Attributes
    ----------
    weights, visible_bias, hidden_bias, visible_scale : ndarray of float32, read-only

    Raises
    ------
    ValueError
        If shapes do not agree, a number is not finite or out of range, or the terms of a unit (a
        and sigma W, or b and W / sigma) add up to more than 1e18.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math::
        E(v, h) = \sum_i \frac{(v_i - a_i)^2}{2 \sigma_i^2} - b \cdot h
            - \sum_{ij} \frac{v_i}{\sigma_i} W_{ij} h_j, \qquad p(v, h) \propto e^{-\beta E(v, h)}

    (G. E. Hinton, A practical guide to training restricted Boltzmann machines, UTML TR 2010-003,
    section 13.2, eq. 17). Given h, v_i is normal with mean :math:`a_i + \sigma_i \sum_j W_{ij} h_j`
    and variance :math:`\sigma_i^2 / \beta`. Machines with :math:`v_i W_{ij} h_j / \sigma_i^2` in
    the energy (K. Cho, A. Ilin and T. Raiko, ICANN 2011, 10) have weights sigma times these.

    Examples
    --------
    >>> import kadanoff as kd
    >>> rbm = kd.GaussianRBM([[1.0], [-1.0]], visible_scale=[0.5, 2.0])
    >>> rbm
    GaussianRBM(2 visible, 1 hidden units)
    >>> rbm.visible_mean([[0], [1]]).tolist()
    [[0.0, 0.0], [0.5, -2.0]]
    >>> chains = kd.GibbsSampler(rbm, chains=1000, seed=1)
    >>> chains.run(20)
    >>> chains.visible.shape, chains.visible.dtype
    ((1000, 2), dtype('float32'))
    """

    _kind = "gaussian_rbm"
    _fixed = frozenset({"weights", "visible_bias", "hidden_bias", "visible_scale", "hidden_units"})

    visible_units = "gaussian"

    def __init__(
        self,
        weights: npt.ArrayLike,
        visible_bias: npt.ArrayLike | None = None,
        hidden_bias: npt.ArrayLike | None = None,
        visible_scale: float | npt.ArrayLike = 1.0,
        hidden_units: str = "binary",
    ) -> None:
        self.weights = _weights(weights)
        n_visible, n_hidden = self.weights.shape
        self.visible_bias = _row("visible_bias", visible_bias, n_visible)
        self.hidden_bias = _row("hidden_bias", hidden_bias, n_hidden)
        self.visible_scale = _scales(visible_scale, n_visible)
        self.hidden_units = arguments.choice("GaussianRBM", "hidden_units", hidden_units, UNITS)
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
        return np.asarray(self._wells(v) - (self._field(v) * h).sum(axis=-1))

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
        .. math:: F(v) = \sum_i \frac{(v_i - a_i)^2}{2 \sigma_i^2} - \sum_j \ln(1 + e^{x_j}),
            \qquad x_j = b_j + \sum_i \frac{v_i}{\sigma_i} W_{ij}

        for hidden units of 0 and 1, and :math:`\ln(2 \cosh x_j)` for those of -1 and 1.

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.GaussianRBM([[0.0]]).free_energy([[0.0], [2.0]]).round(6).tolist()
        [-0.693147, 1.306853]
        """
        v = self.states("free_energy", "visible", visible).astype(np.float64)
        return np.asarray(-self._log_weight(v, 1.0))

    def hidden_mean(self, visible: npt.ArrayLike, beta: float = 1.0) -> Floats:
        """Return the mean of the hidden units given visible ones, float64 (..., n_hidden).

        Parameters
        ----------
        visible : array_like, (..., n_visible)
        beta : float
            Inverse temperature in [1e-12, 1e12].

        Raises
        ------
        ValueError, TypeError
        """
        v = self.states("hidden_mean", "visible", visible).astype(np.float64)
        return self._hidden_mean(v, _beta("hidden_mean", beta))

    def visible_mean(self, hidden: npt.ArrayLike) -> Floats:
        """Return the mean of the visible units given hidden ones, float64 (..., n_visible).

        Parameters
        ----------
        hidden : array_like, (..., n_hidden)

        Raises
        ------
        ValueError, TypeError
        """
        h = self.states("visible_mean", "hidden", hidden).astype(np.float64)
        return np.asarray(
            self.visible_bias + self.visible_scale * (h @ self.weights.T.astype(np.float64))
        )

    def log_partition(self, beta: float = 1.0) -> float:
        r"""Return :math:`\ln Z = \ln \sum_h \int dv \, e^{-\beta E(v, h)}` in nats, exactly.

        Parameters
        ----------
        beta : float
            Inverse temperature in [1e-12, 1e12].

        Raises
        ------
        ValueError
            If there are more than 24 hidden units, or beta is out of range.
        TypeError

        Notes
        -----
        The integral over v leaves a machine of the hidden units alone,

        .. math:: Z = \prod_i \sqrt{\frac{2 \pi \sigma_i^2}{\beta}} \sum_h
            e^{\beta (b + W^T (a / \sigma)) \cdot h + \frac{\beta}{2} |W h|^2}.

        Examples
        --------
        >>> import kadanoff as kd
        >>> round(kd.GaussianRBM([[0.0]]).log_partition(), 6)
        1.612086
        """
        beta = _beta("log_partition", beta)
        if self.n_hidden > _MAX_ENUMERATED:
            wanted = f"at most {_MAX_ENUMERATED} hidden units"
            raise ValueError(f"[log_partition] expected {wanted}, got {self.n_hidden}")
        scale = self.visible_scale.astype(np.float64)
        weights = self.weights.astype(np.float64)
        field = self.hidden_bias + (self.visible_bias / scale) @ weights
        volume = 0.5 * np.log(2.0 * np.pi * scale**2 / beta).sum()
        return float(volume + _log_sum(beta * field, beta * (weights.T @ weights), self._low))

    def log_likelihood(self, visible: npt.ArrayLike, log_z: float | None = None) -> Floats:
        r"""Return the logarithm of the density, ln p(v) = -F(v) - ln Z, in nats, for each state.

        Parameters
        ----------
        visible : array_like, (..., n_visible)
        log_z : float, optional
            ln Z; by default it is worked out, for at most 24 hidden units.

        Raises
        ------
        ValueError, TypeError
        """
        v = self.states("log_likelihood", "visible", visible).astype(np.float64)
        known = self.log_partition() if log_z is None else log_z
        return np.asarray(
            self._log_weight(v, 1.0) - arguments.real("log_likelihood", "log_z", known)
        )

    def states(self, call: str, layer: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return states of a layer as an array, checked; errors are those of `call`."""
        if layer == "hidden":
            return checked_states(call, layer, values, self.n_hidden, self.hidden_units)
        array = checked_layer(call, layer, values, self.n_visible)
        wrong = array[~(np.abs(array.astype(np.float64)) <= _MAX_SUM)]
        if wrong.size:
            raise ValueError(
                f"[{call}] expected values in [-1e18, 1e18] for visible, got {wrong[0]}"
            )
        return array

    @property
    def _low(self) -> int:
        return -1 if self.hidden_units == "spin" else 0

    def _field(self, v: Floats) -> Floats:
        scaled: Floats = v / self.visible_scale.astype(np.float64)
        return np.asarray(scaled @ self.weights.astype(np.float64) + self.hidden_bias)

    def _wells(self, v: Floats) -> Floats:
        away = (v - self.visible_bias) / self.visible_scale.astype(np.float64)
        return np.asarray(0.5 * (away**2).sum(axis=-1))

    def _log_weight(self, v: Floats, beta: float | Floats) -> Floats:
        """ln(sum over h of exp(-beta E)); beta is one number or one a row."""
        betas = np.asarray(beta, dtype=np.float64)
        field = betas[..., None] * self._field(v)
        lower = self._low * field
        return np.asarray(np.logaddexp(field, lower).sum(axis=-1) - betas * self._wells(v))

    def _hidden_mean(self, v: Floats, beta: float | Floats) -> Floats:
        field = np.asarray(beta, dtype=np.float64)[..., None] * self._field(v)
        spin = self.hidden_units == "spin"
        return np.asarray(np.tanh(field) if spin else 0.5 * (1.0 + np.tanh(0.5 * field)))

    def _check_sums(self) -> None:
        sizes, scale = np.abs(self.weights.astype(np.float64)), self.visible_scale[:, None]
        largest = max(
            (np.abs(self.visible_bias) + (sizes * scale).sum(axis=1)).max(),
            (np.abs(self.hidden_bias) + (sizes / scale).sum(axis=0)).max(),
        )
        if largest > _MAX_SUM:
            expected = "terms of a unit that add up to at most 1e18"
            raise ValueError(f"[GaussianRBM] expected {expected}, got about {largest:.3g}")

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {
            "weights": self.weights,
            "visible_bias": self.visible_bias,
            "hidden_bias": self.hidden_bias,
            "visible_scale": self.visible_scale,
            "hidden_units": self.hidden_units,
        }

    @classmethod
    def from_state(cls, entries: Any) -> GaussianRBM:
        """Return the machine whose `to_state` was read back as `storage.Entries`."""
        weights = entries.array("weights", np.float32, (None, None))
        try:
            return cls(
                weights,
                entries.array("visible_bias", np.float32, (weights.shape[0],)),
                entries.array("hidden_bias", np.float32, (weights.shape[1],)),
                entries.array("visible_scale", np.float32, (weights.shape[0],)),
                entries.text("hidden_units", UNITS),
            )
        except FileError:
            raise
        except ValueError as error:
            raise FileError(f"[load] expected a machine, got: {error}") from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GaussianRBM):
            return NotImplemented
        own, others = self.to_state(), other.to_state()
        return all(np.array_equal(own[name], others[name]) for name in own)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        values = " +-1" if self.hidden_units == "spin" else ""
        return f"GaussianRBM({self.n_visible} visible, {self.n_hidden} hidden{values} units)"


def _beta(call: str, value: Any) -> float:
    beta = arguments.real(call, "beta", value)
    if not _BETAS[0] <= beta <= _BETAS[1]:
        raise ValueError(f"[{call}] expected beta in [1e-12, 1e12] for Gaussian units, got {beta}")
    return beta


def _log_sum(field: Floats, coupling: Floats, low: int) -> float:
    """ln(sum over h of exp(field.h + h.coupling.h / 2)), half of the units in each block."""

    def half(units: slice) -> tuple[Floats, Floats]:
        count = len(range(*units.indices(len(field))))
        bits = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
        states = np.where(bits == 1, 1.0, float(low))
        own = states @ field[units]
        return states, own + 0.5 * ((states @ coupling[units, units]) * states).sum(axis=1)

    first, second = slice(0, len(field) // 2), slice(len(field) // 2, None)
    rows, row_terms = half(first)
    columns, column_terms = half(second)
    linked = rows @ coupling[first, second]
    parts = []
    for start in range(0, len(rows), 256):
        terms = linked[start : start + 256] @ columns.T
        terms += row_terms[start : start + 256, None] + column_terms
        parts.append(_log_sum_exp(terms))
    return _log_sum_exp(np.array(parts))


def _log_sum_exp(terms: Floats) -> float:
    most = terms.max()
    return float(most + np.log(np.exp(terms - most).sum()))


def _numbers(name: str, value: npt.ArrayLike) -> Matrix:
    array = arguments.array("GaussianRBM", name, value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"[GaussianRBM] expected real numbers for {name}, got dtype {array.dtype}")
    with np.errstate(over="ignore"):
        result = np.array(array, dtype=np.float32, order="C")
    if not np.isfinite(result).all():
        wrong = array[~np.isfinite(result)][0]
        wanted = f"finite {name} in the range of float32"
        raise ValueError(f"[GaussianRBM] expected {wanted}, got {wrong}")
    return result


def _frozen(array: npt.NDArray[np.float32]) -> Matrix:
    array.flags.writeable = False
    return array


def _weights(value: npt.ArrayLike) -> Matrix:
    array = arguments.array("GaussianRBM", "weights", value)
    if array.ndim != 2 or not all(1 <= extent <= MAX_UNITS for extent in array.shape):
        wanted = "weights of shape (n_visible, n_hidden) with 1 to 2^20 units in a layer"
        raise ValueError(f"[GaussianRBM] expected {wanted}, got shape {array.shape}")
    return _frozen(_numbers("weights", array))


def _row(name: str, value: npt.ArrayLike | None, count: int) -> Matrix:
    array = _numbers(name, np.zeros(count) if value is None else value)
    if array.shape != (count,):
        raise ValueError(
            f"[GaussianRBM] expected {name} of shape ({count},), got shape {array.shape}"
        )
    return _frozen(array)


def _scales(value: float | npt.ArrayLike, count: int) -> Matrix:
    array = _numbers("visible_scale", value)
    if array.shape not in ((), (count,)):
        wanted = f"one visible_scale or shape ({count},)"
        raise ValueError(f"[GaussianRBM] expected {wanted}, got shape {array.shape}")
    low, high = np.array(_SCALES, dtype=np.float32)
    wrong = array[(array < low) | (array > high)]
    if wrong.size:
        raise ValueError(f"[GaussianRBM] expected visible_scale in [1e-9, 1e9], got {wrong[0]}")
    return _frozen(np.array(np.broadcast_to(array, count)))
