"""How far apart temperatures may be, from how often swaps are accepted between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

MAX_BETAS = 4096
FIRST_BETAS = 8

FloatArray = npt.NDArray[np.float64]


def share_of(target: float) -> float:
    """Return the distance between temperatures at an acceptance to aim at, checked."""
    if not 0.0 < target < 1.0:
        raise ValueError(f"[constant_acceptance] expected target in (0, 1), got {target}")
    return float(distance(target))


def distance(acceptance: Any) -> Any:
    """Return the distance, in widths of the energy, at which swaps are accepted so often."""
    from scipy.special import erfcinv

    return 2 * erfcinv(acceptance)


def count_for(length: float, share: float) -> int:
    """Temperatures of a set of such a length if each step may take a share."""
    steps = max(1.0, math.ceil(length / share))
    if steps >= MAX_BETAS:
        raise ValueError(
            f"[constant_acceptance] expected a target for at most {MAX_BETAS} temperatures, "
            f"got one for {steps + 1:.0f}"
        )
    return int(steps) + 1


def at_equal_steps(betas: FloatArray, lengths: FloatArray, count: int) -> FloatArray:
    """Divide a set into equal parts of the length that it has between its temperatures."""
    # No pair is of no length: the positions must be in order.
    lengths = np.maximum(lengths, 1e-9 * lengths.sum() + 1e-300)
    reached = np.concatenate([[0.0], np.cumsum(lengths)])
    new = np.interp(np.linspace(0.0, reached[-1], count), reached, betas)
    new[0], new[-1] = betas[0], betas[-1]
    return np.asarray(new, dtype=np.float64)
