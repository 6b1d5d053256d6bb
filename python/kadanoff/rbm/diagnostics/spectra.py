"""Singular values of weights, and those of random ones."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from ..gaussian.machine import GaussianRBM
from ..machine import RBM
from ..training.state import Checkpoint

Floats = npt.NDArray[np.float64]
Machine = RBM | GaussianRBM


def singular_values(machines: Machine | Iterable[Machine | Checkpoint]) -> Floats:
    r"""Return the singular values of the weights, of one machine or of several in a row.

    Parameters
    ----------
    machines : RBM, GaussianRBM, or iterable of these or of checkpoints
        Several have equal layers, such as `RBMTrainer.checkpoints`.

    Returns
    -------
    ndarray of float64, (min(n_visible, n_hidden),) or (machine, min(n_visible, n_hidden))
        In falling order, with the weights' unit.

    Raises
    ------
    TypeError
        If `machines` are none.
    ValueError
        If there is no machine, or their layers differ.

    Notes
    -----
    Training lets the leading singular values of
    :math:`W = \sum_k s_k u_k w_k^T` grow out of the bulk that random weights have, one after the
    other, with the principal components of the data as :math:`u_k` (A. Decelle, G. Fissore and C.
    Furtlehner, EPL 119 (2017) 60001); see `marchenko_pastur` for the bulk.

    Examples
    --------
    >>> import kadanoff as kd
    >>> kd.rbm.singular_values(kd.RBM([[3.0, 0.0], [0.0, -4.0], [0.0, 0.0]])).tolist()
    [4.0, 3.0]
    """
    from scipy.linalg import svdvals

    if isinstance(machines, Machine):
        return np.asarray(svdvals(machines.weights.astype(np.float64)))
    chosen = list(checked_machines("singular_values", machines))
    return np.array([svdvals(rbm.weights.astype(np.float64)) for rbm in chosen])


def checked_machines(call: str, machines: Iterable[Machine | Checkpoint]) -> list[Machine]:
    """Return one machine or more of equal layers as a list, or raise in the name of `call`."""
    given = list(machines) if isinstance(machines, Iterable) else [machines]
    chosen = [one.rbm if isinstance(one, Checkpoint) else one for one in given]
    for rbm in chosen:
        if not isinstance(rbm, Machine):
            raise TypeError(f"[{call}] expected machines such as kd.RBM(weights), got {rbm!r}")
    if not chosen:
        raise ValueError(f"[{call}] expected at least one machine, got none")
    for rbm in chosen:
        if rbm.weights.shape != chosen[0].weights.shape:
            raise ValueError(f"[{call}] expected machines like {chosen[0]!r}, got {rbm!r}")
    return chosen


def marchenko_pastur_edges(shape: tuple[int, int], deviation: float) -> tuple[float, float]:
    """Return the least and the largest singular value of large random weights.

    Parameters
    ----------
    shape : (int, int)
        (n_visible, n_hidden).
    deviation : float
        Standard deviation of the independent weights, above 0.

    Returns
    -------
    (float, float)
        ``deviation * (sqrt(larger) -+ sqrt(smaller))`` of the two numbers of units.

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> import kadanoff as kd
    >>> kd.rbm.marchenko_pastur_edges((900, 400), 0.01)
    (0.1, 0.5)
    """
    larger, smaller, deviation = _law("marchenko_pastur_edges", shape, deviation)
    root, other = math.sqrt(larger), math.sqrt(smaller)
    return deviation * (root - other), deviation * (root + other)


def marchenko_pastur(
    values: npt.ArrayLike, shape: tuple[int, int], deviation: float
) -> npt.NDArray[np.float64]:
    r"""Return the density of the singular values of large random weights.

    Parameters
    ----------
    values : array_like of float
        Where to take it.
    shape : (int, int)
        (n_visible, n_hidden).
    deviation : float
        Standard deviation of the independent weights, above 0.

    Returns
    -------
    ndarray of float64, the shape of `values`
        The density, whose integral is 1.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: \rho(s) = \frac{\sqrt{(s_+^2 - s^2)(s^2 - s_-^2)}}{\pi \sigma^2 m s}, \qquad
              s_\pm = \sigma (\sqrt n \pm \sqrt m)

    with m the smaller and n the larger number of units, from the law of the eigenvalues of
    :math:`W^T W` (V. A. Marchenko and L. A. Pastur, Math. USSR Sbornik 1 (1967) 457).

    Examples
    --------
    >>> import kadanoff as kd
    >>> kd.rbm.marchenko_pastur([0.05, 0.3, 0.6], (900, 400), 0.01).round(3).tolist()
    [0.0, 3.001, 0.0]
    """
    larger, smaller, deviation = _law("marchenko_pastur", shape, deviation)
    low, high = marchenko_pastur_edges((larger, smaller), deviation)
    s = arguments.array("marchenko_pastur", "values", values)
    if s.dtype.kind not in "iuf":
        raise TypeError(f"[marchenko_pastur] expected real values, got dtype {s.dtype}")
    s = s.astype(np.float64)
    inside = np.maximum((high**2 - s**2) * (s**2 - low**2), 0.0) * (s > 0.0)
    scale = math.pi * deviation**2 * smaller
    return np.asarray(np.sqrt(inside) / (scale * np.where(s > 0.0, s, 1.0)))


def _law(call: str, shape: tuple[int, int], deviation: float) -> tuple[int, int, float]:
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise TypeError(f"[{call}] expected shape as (n_visible, n_hidden), got {shape!r}")
    units = sorted(arguments.integer(call, "shape", extent, 1, 2**31) for extent in shape)
    deviation = arguments.positive(call, "deviation", deviation)
    return units[1], units[0], deviation
