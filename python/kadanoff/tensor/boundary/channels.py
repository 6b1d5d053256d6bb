"""Rows of an infinite network as one linear map: eigenvalues, and how fast correlations decay."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff.errors import Error
from kadanoff.tensor.contraction import einsum

Floats = npt.NDArray[np.float64]

Map = Callable[[Floats], Floats]
"""A linear map of flat vectors."""

_DENSE = 100
_KRYLOV = 20
_TRIES = 300
_NOTHING = 1e-14
_TOLERANCE = 1e-10


def decay_length(upper: Floats, tensor: Floats, lower: Floats) -> float:
    r"""Return the correlation length along a row of cells between two edges, in cells.

    Parameters
    ----------
    upper, lower : ndarray, (left, leg, right) and (right, leg, left)
        Clockwise, as `corners.Environment` has them.
    tensor : ndarray, [up, left, down, right]

    Notes
    -----
    :math:`\xi = 1 / \ln |\lambda_1 / \lambda_2|` of the map that adds one column; 0 where there
    is no second eigenvalue, NaN where it cannot be found.
    """
    shape = (upper.shape[0], tensor.shape[1], lower.shape[2])

    def add_column(state: Floats) -> Floats:
        grown = einsum("alb,auc->lbuc", state.reshape(shape), upper)
        grown = einsum("lbuc,uldr->bcdr", grown, tensor)
        return np.asarray(einsum("bcdr,edb->cre", grown, lower)).reshape(-1)

    if math.prod(shape) == 1:
        return 0.0
    sizes = _largest(add_column, math.prod(shape))
    if len(sizes) < 2:
        return math.nan
    if sizes[1] <= _NOTHING * sizes[0]:
        return 0.0
    ratio = sizes[0] / sizes[1]
    return 1.0 / math.log(ratio) if ratio > 1.0 else math.inf


def dominant(function: Map, start: Floats, tolerance: float) -> tuple[float, Floats]:
    """Return the eigenvalue of the largest size, and its vector in the shape of `start`.

    Where it is complex by a rounding error, the real part is taken.
    """
    values, vectors = _eigen(function, start.reshape(-1), 1, tolerance)
    vector = vectors[:, 0]
    largest = vector[np.argmax(np.abs(vector))]
    vector = np.real(vector * (np.abs(largest) / largest))
    vector /= np.linalg.norm(vector)
    return float(values[0].real), np.ascontiguousarray(vector).reshape(start.shape)


def _largest(function: Map, size: int) -> Floats:
    """Return the sizes of the two largest eigenvalues, the larger first."""
    # The start has parts in all sectors, and is the same in every run.
    start = np.random.default_rng(1).standard_normal(size)
    values, _ = _eigen(function, start, 2, _TOLERANCE)
    return np.asarray(np.sort(np.abs(values))[::-1][:2])


def _eigen(function: Map, start: Floats, count: int, tolerance: float) -> tuple[Any, Any]:
    """Return eigenvalues and eigenvectors (columns), the leading ones first."""
    size = start.size
    if size <= _DENSE:
        matrix = np.stack([function(column) for column in np.eye(size)], axis=1)
        values, vectors = np.linalg.eig(matrix)
    else:
        values, vectors = _arnoldi(function, start, count, tolerance)
    order = np.argsort(-np.abs(values), kind="stable")
    return values[order[:count]], vectors[:, order[:count]]


def _arnoldi(function: Map, start: Floats, count: int, tolerance: float) -> tuple[Any, Any]:
    """Return what ARPACK finds, if need be less accurately than asked."""
    # slow to import
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

    operator = LinearOperator((start.size, start.size), matvec=function, dtype=np.float64)
    settings = {"k": count, "v0": start, "ncv": _KRYLOV, "which": "LM", "maxiter": _TRIES}
    for accuracy in (tolerance, max(tolerance, 1e-10), max(tolerance, 1e-6)):
        try:
            return eigs(operator, tol=accuracy, **settings)  # type: ignore[no-any-return]
        except ArpackNoConvergence as error:
            if len(error.eigenvalues):
                return error.eigenvalues, error.eigenvectors
    raise Error("[tensor] expected eigenvalues to converge, got none")
