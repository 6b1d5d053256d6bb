"""Sums over pairs of n-th neighbours: what an effective Ising model knows of a configuration."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.models import Ising, Model
from kadanoff.models.base import check_model

RANGES = 3
STEPS = (((0, 1), (1, 0)), ((1, 1), (1, -1)), ((0, 2), (2, 0)))
"""(dy, dx) to half of the first, second and third neighbours of a site: each pair once."""
EXAMPLE = "kd.Ising(kd.Square(16))"
CHUNK = 1 << 24
"""Spins that are worked on at a time."""

Spins = npt.NDArray[np.int8]


def correlations(spins: npt.ArrayLike, ranges: int = RANGES) -> npt.NDArray[np.int64]:
    r"""Return :math:`C_n = \sum_{\langle ij \rangle_n} s_i s_j` of configurations.

    Parameters
    ----------
    spins : array_like of -1 and 1, (..., y, x)
        Configurations of a periodic square lattice.
    ranges : int
        1 to 3: pairs of first, second and third neighbours, at the distances 1, sqrt(2) and 2.

    Returns
    -------
    ndarray of int64, (..., ranges)

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Whole arrays are shifted, multiplied and summed up. On an extent of 2 every pair along it counts
    twice, as every bond of `kadanoff.Square` does.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> kd.slmc.correlations(np.ones((5, 4, 6), dtype=np.int8)).tolist()[0]
    [48, 48, 48]
    """
    ranges = arguments.integer("correlations", "ranges", ranges, 1, RANGES)
    given = arguments.array("correlations", "spins", spins)
    if given.ndim < 2 or given.size == 0:
        raise ValueError(
            f"[correlations] expected spins of shape (..., y, x), got shape {given.shape}"
        )
    states = signs("correlations", given).reshape(-1, *given.shape[-2:])
    result = np.empty((len(states), ranges), dtype=np.int64)
    at_once = max(1, CHUNK // states[0].size)
    for first in range(0, len(states), at_once):
        part = states[first : first + at_once]
        for n, steps in enumerate(STEPS[:ranges]):
            products = (part * np.roll(part, step, axis=(1, 2)) for step in steps)
            result[first : first + at_once, n] = sum(
                product.sum(axis=(1, 2), dtype=np.int64) for product in products
            )
    return result.reshape(*given.shape[:-2], ranges)


def signs(call: str, spins: npt.NDArray[Any]) -> Spins:
    """Return spins as int8; TypeError or ValueError if they are not all -1 or 1."""
    if spins.dtype.kind not in "iuf":
        raise TypeError(f"[{call}] expected spins of -1 and 1, got dtype {spins.dtype}")
    if not np.all(np.abs(spins) == 1):
        raise ValueError(f"[{call}] expected spins of -1 and 1, got other values")
    return spins.astype(np.int8, copy=False)


def square_model(call: str, model: Any) -> Ising:
    """Return an Ising model on a periodic square lattice; TypeError or ValueError otherwise."""
    check_model(call, model, example=EXAMPLE)
    square = isinstance(model, Ising) and model.lattice.name == "square"
    if not square or not all(model.lattice.periodic):
        raise ValueError(
            f"[{call}] expected an Ising model on a periodic square lattice, got {model!r}"
        )
    assert isinstance(model, Ising)
    return model


def configurations(
    call: str, model: Model, spins: npt.ArrayLike, energies: npt.ArrayLike | None
) -> tuple[Spins, npt.NDArray[np.float64]]:
    """Return configurations (n, *lattice.shape) and their total energies (n,), checked."""
    shape = model.lattice.shape
    given = arguments.array(call, "spins", spins)
    if given.ndim <= len(shape) or given.shape[-len(shape) :] != shape or given.size == 0:
        wanted = f"(..., {', '.join(map(str, shape))})"
        raise ValueError(f"[{call}] expected spins of shape {wanted}, got shape {given.shape}")
    states = signs(call, given)
    lead = given.shape[: -len(shape)]
    if energies is None:
        found = np.asarray(model.energy(states), dtype=np.float64)
    else:
        found = arguments.array(call, "energies", energies)
        if found.dtype.kind not in "iuf":
            raise TypeError(f"[{call}] expected energies as numbers, got dtype {found.dtype}")
        if found.shape != lead:
            raise ValueError(f"[{call}] expected energies of shape {lead}, got shape {found.shape}")
        if not np.isfinite(found).all():
            raise ValueError(f"[{call}] expected finite energies, got others")
    return states.reshape(-1, *shape), found.reshape(-1).astype(np.float64)
