"""Checks of a set of inverse temperatures."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff import arguments


def checked_betas(call: str, betas: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return at least two ordered inverse temperatures in [0, 1e12], read-only."""
    values = arguments.reals(call, "betas", betas)
    for value in values:
        if not 0.0 <= value <= 1e12:
            raise ValueError(f"[{call}] expected betas in [0, 1e12], got {value}")
    if len(values) < 2:
        raise ValueError(f"[{call}] expected at least 2 betas, got {len(values)}")
    steps = np.diff(values)
    wrong = np.flatnonzero(steps * steps[0] <= 0.0)
    if wrong.size:
        before, after = values[wrong[0] : wrong[0] + 2]
        raise ValueError(
            f"[{call}] expected betas strictly increasing or strictly decreasing, got {after} "
            f"after {before}"
        )
    values.flags.writeable = False
    return values
