"""Gradients of the log-likelihood: averages over data less averages over the machine's states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..gibbs import Moments

if TYPE_CHECKING:
    from ..machine import RBM

MAX_ENUMERATED = 20
_BLOCK = 2**12

Floats = npt.NDArray[np.float64]


class Gradient(NamedTuple):
    """Derivatives by the parameters of a machine: float64, of their shapes."""

    weights: Floats
    visible_bias: Floats
    hidden_bias: Floats


def log_likelihood_gradient(rbm: RBM, data: npt.ArrayLike) -> Gradient:
    r"""Return the gradient of the mean log-likelihood of `data`, exactly.

    Parameters
    ----------
    rbm : RBM
        One of its layers has at most 20 units.
    data : array_like, (n_samples, n_visible)
        Visible states.

    Returns
    -------
    Gradient

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: \frac{\partial}{\partial W_{ij}} \frac1N \sum_n \ln p(v^{(n)})
        = \langle v_i h_j \rangle_\text{data} - \langle v_i h_j \rangle_\text{model}

    and the like for :math:`v_i` and :math:`h_j` alone (D. H. Ackley, G. E. Hinton and
    T. J. Sejnowski, Cognitive Science 9 (1985) 147). The model's averages are sums over all states
    of the smaller layer.

    Examples
    --------
    >>> import kadanoff as kd
    >>> rbm = kd.RBM([[0.0], [0.0]])
    >>> kd.rbm.log_likelihood_gradient(rbm, [[1, 1], [1, 1]]).weights.round(9).tolist()
    [[0.25], [0.25]]
    """
    return difference(
        data_moments(rbm, data, "log_likelihood_gradient"),
        model_moments(rbm, "log_likelihood_gradient"),
    )


def difference(positive: Moments, negative: Moments) -> Gradient:
    """Return the gradient that two sets of averages make."""
    return Gradient(
        positive.products - negative.products,
        positive.visible - negative.visible,
        positive.hidden - negative.hidden,
    )


def data_moments(rbm: RBM, data: npt.ArrayLike, call: str = "data_moments") -> Moments:
    r"""Return averages over `data`, hidden units in their mean given the visible ones.

    Parameters
    ----------
    rbm : RBM
    data : array_like, (n_samples, n_visible)
    call : str
        What errors name.

    Returns
    -------
    Moments

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> import kadanoff as kd
    >>> data_moments(kd.RBM([[0.0], [0.0]]), [[1, 1], [1, 0]]).products.tolist()
    [[0.5], [0.25]]
    """
    array = rbm.states(call, "visible", data)
    if array.ndim != 2 or len(array) == 0:
        wanted = f"visible of shape (samples, {rbm.n_visible}) with at least one sample"
        raise ValueError(f"[{call}] expected {wanted}, got shape {array.shape}")
    v = array.astype(np.float64)
    h = unit_means(v @ rbm.weights.astype(np.float64) + rbm.hidden_bias, rbm.hidden_units)
    return Moments(v.mean(axis=0), h.mean(axis=0), v.T @ h / len(v))


def model_moments(rbm: RBM, call: str = "model_moments") -> Moments:
    r"""Return the machine's averages, by enumeration of the states of its smaller layer.

    Parameters
    ----------
    rbm : RBM
        One of its layers has at most 20 units.
    call : str
        What errors name.

    Returns
    -------
    Moments

    Raises
    ------
    ValueError
        If both layers are larger.

    Notes
    -----
    Given one layer the units of the other are independent: a state s of the smaller layer has the
    weight :math:`e^{c \cdot s} \prod_i z(x_i)`, where x are the fields that it exerts and z is
    :math:`1 + e^x` or :math:`2 \cosh x`.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model_moments(kd.RBM([[0.0]])).products.tolist()
    [[0.25]]
    """
    from scipy.special import logsumexp  # slow to import

    weights, bias, other_bias, units, other_units = _by_smaller_layer(rbm, call)
    log_weights = _log_weights(weights, bias, other_bias, units, other_units)
    shares = np.exp(log_weights - logsumexp(log_weights))
    one, other = np.zeros(len(bias)), np.zeros(len(other_bias))
    products = np.zeros(weights.shape)
    for start, states in _state_blocks(len(bias), units):
        share = shares[start : start + len(states)]
        means = unit_means(states @ weights + other_bias, other_units)
        one += share @ states
        other += share @ means
        products += (states * share[:, None]).T @ means
    if rbm.n_hidden <= rbm.n_visible:
        return Moments(other, one, products.T)
    return Moments(one, other, products)


def unit_means(field: Floats, units: str) -> Floats:
    """Return the mean of units of the given fields."""
    if units == "spin":
        return np.tanh(field)
    return 0.5 * (1.0 + np.tanh(0.5 * field))


def check_enumerable(rbm: RBM, call: str) -> None:
    """Raise ValueError if both layers are too large for sums over all states."""
    smaller = min(rbm.n_visible, rbm.n_hidden)
    if smaller > MAX_ENUMERATED:
        wanted = f"a layer of at most {MAX_ENUMERATED} units"
        raise ValueError(f"[{call}] expected {wanted}, got {smaller} in the smaller one")


def _by_smaller_layer(rbm: RBM, call: str) -> tuple[Floats, Floats, Floats, str, str]:
    """Return (weights, bias, the other layer's bias, units, its units), the smaller layer first."""
    check_enumerable(rbm, call)
    visible, hidden = rbm.visible_bias.astype(np.float64), rbm.hidden_bias.astype(np.float64)
    weights = rbm.weights.astype(np.float64)
    if rbm.n_hidden <= rbm.n_visible:
        return weights.T, hidden, visible, rbm.hidden_units, rbm.visible_units
    return weights, visible, hidden, rbm.visible_units, rbm.hidden_units


def _log_weights(weights: Floats, bias: Floats, other: Floats, units: str, others: str) -> Floats:
    result = np.empty(2 ** len(bias))
    for start, states in _state_blocks(len(bias), units):
        field = states @ weights + other
        lower: Any = -field if others == "spin" else 0.0
        terms = np.logaddexp(field, lower).sum(axis=1)
        result[start : start + len(states)] = states @ bias + terms
    return result


def _state_blocks(count: int, units: str) -> Iterator[tuple[int, Floats]]:
    """Yield all states of a layer in blocks, each with the number of its first state."""
    for start in range(0, 2**count, _BLOCK):
        numbers = np.arange(start, min(start + _BLOCK, 2**count))
        bits = ((numbers[:, None] >> np.arange(count)) & 1).astype(np.float64)
        yield start, bits if units == "binary" else 2.0 * bits - 1.0
