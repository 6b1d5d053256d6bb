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
    vector = start / np.linalg.norm(start)
    basis = [vector.ravel()]
    alphas: list[float] = []
    betas: list[float] = []
    while True:
        image = apply(basis[-1].reshape(start.shape)).ravel()
        alphas.append(float(np.vdot(basis[-1], image).real))
        values, vectors = np.linalg.eigh(
            np.diag(alphas) + np.diag(betas, 1) + np.diag(betas, -1)  # a matrix of a few rows
        )
        stacked = np.stack(basis)
        # Twice is enough (Parlett, The Symmetric Eigenvalue Problem, section 6.9).
        for _ in range(2):
            image = image - (stacked.conj() @ image) @ stacked
        size = float(np.linalg.norm(image))
        residual = size * abs(vectors[-1, 0])
        small = size <= 1e-14 * max(1.0, abs(values[0]))
        if residual <= tolerance or small or len(alphas) >= min(products, start.size):
            result = vectors[:, 0].astype(start.dtype) @ stacked
            return float(values[0]), (result / np.linalg.norm(result)).reshape(start.shape)
        betas.append(size)
        basis.append(image / size)
