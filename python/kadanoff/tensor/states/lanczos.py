"""The lowest eigenvector of a Hermitian operator, from a good start, in few products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def lowest(
    apply: Callable[[Array], Array], start: Array, products: int, tolerance: float
) -> tuple[float, Array]:
    """Return the lowest Ritz value and its vector of norm 1, in the shape of `start`.

    Lanczos's recursion with full orthogonalisation; it ends after so many products, or where the
    residual is at most `tolerance`. One product does what `scipy.sparse.linalg.eigsh` needs ten
    for when the start is close, as it is in a sweep.
    """
    count = min(products, start.size)
    basis = np.empty((count, start.size), dtype=start.dtype)
    np.divide(start.ravel(), np.linalg.norm(start), out=basis[0])
    matrix = np.zeros((count, count))
    for k in range(count):
        image = apply(basis[k].reshape(start.shape)).ravel()
        matrix[k, k] = np.vdot(basis[k], image).real
        values, vectors = np.linalg.eigh(matrix[: k + 1, : k + 1])
        known = basis[: k + 1]
        # Twice is enough (Parlett, The Symmetric Eigenvalue Problem, section 6.9).
        for _ in range(2):
            image = image - (known @ image.conj()).conj() @ known
        size = float(np.linalg.norm(image))
        small = size <= 1e-14 * max(1.0, abs(values[0]))
        if size * abs(vectors[-1, 0]) <= tolerance or small or k + 1 == count:
            break
        matrix[k, k + 1] = matrix[k + 1, k] = size
        np.divide(image, size, out=basis[k + 1])
    result = vectors[:, 0].astype(start.dtype) @ known
    return float(values[0]), (result / np.linalg.norm(result)).reshape(start.shape)
