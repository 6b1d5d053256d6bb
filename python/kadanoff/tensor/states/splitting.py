"""One matrix as a product of two, exactly or with a stated error."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Split(NamedTuple):
    """u diag(s) v, and the sum of squares of the singular values that were left out."""

    u: Array
    s: Array
    v: Array
    discarded: float


def svd(matrix: Array) -> tuple[Array, Array, Array]:
    """Return the thin singular value decomposition, by the slower QR iteration if need be."""
    try:
        u, s, v = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        import scipy.linalg  # slow to import

        u, s, v = scipy.linalg.svd(matrix, full_matrices=False, lapack_driver="gesvd")
    return u, s, v


def rounding(shape: tuple[int, ...], s: Array) -> float:
    """Return max(shape) eps s_0: singular values up to there are rounding, whatever they read."""
    return max(shape) * float(np.finfo(s.dtype).eps) * float(s[0])


def kept_rank(weights: npt.NDArray[np.float64], max_bond: int, budget: float) -> int:
    """Return how many of the descending `weights` to keep: what is left out sums to `budget`."""
    tails = np.cumsum(weights[::-1])[::-1]
    return max(1, min(max_bond, int(np.count_nonzero(tails > budget))))


def truncated_svd(matrix: Array, max_bond: int, budget: float) -> Split:
    """Split a matrix; the squares left out sum to at most `budget` unless `max_bond` asks for more.

    Singular values at the level of rounding, max(shape) eps s_0, count as zero.
    """
    u, s, v = svd(matrix)
    rank = max(1, int(np.count_nonzero(s > rounding(matrix.shape, s))))
    squares = s.astype(np.float64) ** 2
    keep = min(rank, kept_rank(squares, max_bond, budget))
    return Split(u[:, :keep], s[:keep], v[:keep], float(squares[keep:].sum()))
