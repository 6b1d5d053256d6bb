"""Histograms of correlated series, with errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import arguments
from .estimators import check_series, standard_error

FloatArray = npt.NDArray[np.float64]

_MOST_VALUES = 512


class Histogram(NamedTuple):
    """What `histogram` returns.

    Attributes
    ----------
    values : ndarray of float64, shape (bin,)
        The value itself where each bin holds one, else the middle of the bin.
    probability, standard_error : ndarray of float64, shape (bin,)
        Share of the draws in each bin, and its error, autocorrelation included.
    edges : ndarray of float64, shape (bin + 1,), or None
        Where the bins begin and end; None where each holds one value.
    """

    values: FloatArray
    probability: FloatArray
    standard_error: FloatArray
    edges: FloatArray | None


def histogram(series: npt.ArrayLike, bins: int | npt.ArrayLike | None = None) -> Histogram:
    """Count the draws of an observable, such as the energy, by their values.

    Parameters
    ----------
    series : array_like of float, shape (replica, draw)
        Draws of independent replicas at equal parameters, such as ``run["energy"]``.
    bins : int or array_like of float, optional
        Number of equal bins, or their rising edges; draws outside of those are left out. By default
        one bin for each value that occurs, or 64 where those are more than 512.

    Returns
    -------
    Histogram

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    The error of a share is the `standard_error` of the series that is 1 for draws in the bin and 0
    for others.

    Examples
    --------
    >>> import kadanoff as kd
    >>> sampler = kd.Sampler(kd.Ising(kd.Square(4)), beta=1.0, replicas=4, seed=1)
    >>> sampler.run(100)
    >>> found = histogram(sampler.sample(draws=500)["energy"])
    >>> found.values[:2].tolist(), bool(found.probability[0] > 0.9)
    ([-2.0, -1.5], True)
    """
    draws = check_series("histogram", series)
    values = np.unique(draws)
    if bins is None and len(values) <= _MOST_VALUES:
        numbers, edges = np.searchsorted(values, draws), None
    else:
        edges = _edges(draws, bins)
        numbers = np.searchsorted(edges, draws, side="right") - 1
        numbers[draws == edges[-1]] = len(edges) - 2  # the last bin holds both its ends
        values = 0.5 * (edges[1:] + edges[:-1])
    inside = [(numbers == k).astype(np.float64) for k in range(len(values))]
    return Histogram(
        values,
        np.array([one.mean() for one in inside]),
        np.array([standard_error(one) for one in inside]),
        edges,
    )


def _edges(draws: FloatArray, bins: int | npt.ArrayLike | None) -> FloatArray:
    if bins is None or np.ndim(bins) == 0:
        number = 64 if bins is None else arguments.integer("histogram", "bins", bins, 1, 2**20)
        return np.histogram_bin_edges(draws, number)
    edges = arguments.reals("histogram", "bins", bins)
    if edges.size < 2 or not (np.isfinite(edges).all() and (np.diff(edges) > 0.0).all()):
        raise ValueError(f"[histogram] expected rising edges of bins, got {edges.tolist()}")
    return edges
