"""Schmidt values of bipartitions, and what is made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .gauge import left_step
from .splitting import rounding, svd

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def at_bonds(tensors: list[Array]) -> list[Floats]:
    """Return the Schmidt values at each bond of a chain, or of a part, with its centre first.

    Values at the level of rounding are zero: the decomposition knows no more of them.
    """
    chain, values = list(tensors), []
    for i in range(len(chain) - 1):
        chain[i], chain[i + 1] = left_step(chain[i], chain[i + 1])
        matrix = chain[i + 1].reshape(chain[i + 1].shape[0], -1)
        _, s, _ = svd(matrix)
        s = np.where(s > rounding(matrix.shape, s), s, 0.0).astype(np.float64)
        values.append(s / np.linalg.norm(s))
    return values


def renyi_entropy(values: Floats, order: float) -> float:
    """Return the Renyi entropy in nats of Schmidt values whose squares sum to 1.

    Order 1 is von Neumann's, 0 the logarithm of the number of values that are not zero, infinity
    minus the logarithm of the largest weight.
    """
    if order == 0:
        return math.log(np.count_nonzero(values))
    weights = values**2
    weights = weights[weights > 0]
    if order == math.inf:
        entropy = -math.log(weights.max())
    elif order == 1:
        entropy = float(-(weights * np.log(weights)).sum())
    else:
        logs = order * np.log(weights)
        top = logs.max()
        entropy = float(top + np.log(np.exp(logs - top).sum())) / (1 - order)
    return max(0.0, entropy)


def rank(values: Floats, tolerance: float) -> int:
    """Return how many of the descending values are above this share of the largest one."""
    return int(np.count_nonzero(values > tolerance * values[0]))
