"""What a truncation keeps: leading eigenvectors and singular vectors, parity by parity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

Floats = npt.NDArray[np.float64]

_MULTIPLET = 1e-9
_RANK = 1e-28  # of squares of singular values
_SMALL = 160


class Cut(NamedTuple):
    """Which vectors are kept.

    Attributes
    ----------
    counts : tuple of int
        How many of each block.
    spectrum : ndarray of float64
        Singular values of all blocks together, descending, over the largest: those kept.
    error : float
        Share of the sum of squares of all singular values that is not kept.
    """

    counts: tuple[int, ...]
    spectrum: Floats
    error: float


class Singular(NamedTuple):
    """Leading singular vectors of a block: left (m, k) times values, right (k, n), values (k,)."""

    scaled_left: Floats
    values: Floats
    right: Floats


def choose(squares: list[Floats], chi: int, total: float) -> Cut:
    """Keep at most `chi` of the squared singular values of all blocks, each array descending.

    `total` is the sum of all squares, those that are not listed as well. Where the last one kept
    and the first one not are equal to a part in 10^9, they belong to one multiplet, of which half
    would break the symmetry that it stands for: none of it is kept.
    """
    together = np.maximum(np.concatenate(squares), 0.0)
    blocks = np.repeat(np.arange(len(squares)), [s.size for s in squares])
    order = np.argsort(-together, kind="stable")
    ordered = together[order]
    kept = max(1, int(np.count_nonzero(ordered[:chi] > _RANK * ordered[0])))
    if kept < ordered.size and ordered[kept] > _RANK * ordered[0]:
        whole = int(np.count_nonzero(ordered[:kept] > ordered[kept] * (1.0 + _MULTIPLET)))
        kept = whole if 2 * whole > kept else kept
    counts = np.bincount(blocks[order[:kept]], minlength=len(squares))
    return Cut(
        tuple(int(count) for count in counts),
        np.sqrt(ordered[:kept] / ordered[0]),
        max(0.0, 1.0 - float(ordered[:kept].sum()) / total),
    )


def leading_eigenvectors(matrix: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the largest eigenvalues of a symmetric matrix, descending, and their vectors."""
    from scipy.linalg import eigh  # slow to import

    size = len(matrix)
    if size == 0:
        return np.empty(0), np.empty((0, 0))
    wanted = None if size <= 2 * count else (size - count, size - 1)
    values, vectors = eigh(matrix, subset_by_index=wanted, check_finite=False)
    return values[::-1], vectors[:, ::-1]


def leading_singular_vectors(matrix: Floats, count: int) -> Singular:
    """Return the largest `count` singular values, descending, and their vectors.

    Large matrices are projected on eigenvectors of their Gram matrix: these are orthonormal to
    rounding, so the product of the parts is, too, where small values themselves are not.
    """
    rows, columns = matrix.shape
    if min(rows, columns) <= max(_SMALL, 2 * count):
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        return Singular(left[:, :count] * values[:count], values[:count], right[:count])
    if columns <= rows:
        _, vectors = leading_eigenvectors(einsum("ki,kj->ij", matrix, matrix), count)
        scaled = matrix @ vectors
        return Singular(scaled, np.linalg.norm(scaled, axis=0), vectors.T)
    _, vectors = leading_eigenvectors(einsum("ik,jk->ij", matrix, matrix), count)
    right = vectors.T @ matrix
    values = np.linalg.norm(right, axis=1)
    safe = np.where(values > 0.0, values, 1.0)
    return Singular(vectors * values, values, right / safe[:, None])
