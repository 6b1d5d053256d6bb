"""Dynamics of networks at temperature 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import terms

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recall:
    """Where the dynamics at temperature 0 led each state, from `Hopfield.recall`.

    Attributes
    ----------
    spins : ndarray of int8, (..., n)
        Final states.
    converged : ndarray of bool, (...)
        Whether the final state is a fixed point.
    sweeps : ndarray of int64, (...)
        Sweeps done, the last of which changed nothing where the state converged.
    """

    spins: npt.NDArray[np.int8]
    converged: npt.NDArray[np.bool_]
    sweeps: npt.NDArray[np.int64]


def all_at_once(
    weights: Matrix, biases: terms.Values, start: npt.NDArray[np.int8], max_sweeps: int
) -> Recall:
    """Update all units of each state together until it is fixed, cycles, or time is up."""
    spins, before = start.copy(), start.copy()
    converged = np.zeros(len(start), dtype=bool)
    sweeps = np.zeros(len(start), dtype=np.int64)
    active = np.arange(len(start))
    for sweep in range(1, max_sweeps + 1):
        if not active.size:
            break
        now = spins[active]
        field = now.astype(np.float64) @ weights + biases
        new = np.where(field == 0.0, now, np.sign(field)).astype(np.int8)
        still = (new == now).all(axis=1)
        cycling = (new == before[active]).all(axis=1)
        before[active], spins[active], sweeps[active] = now, new, sweep
        converged[active] = still
        active = active[~(still | cycling)]
    return Recall(spins, converged, sweeps)


def one_by_one(
    weights: Matrix, biases: terms.Values, start: npt.NDArray[np.int8], max_sweeps: int, seed: int
) -> Recall:
    """Update unit after unit of each state until a whole sweep changes nothing."""
    spins = start.copy()
    converged = np.zeros(len(start), dtype=bool)
    sweeps = np.zeros(len(start), dtype=np.int64)
    active = np.arange(len(start))
    random = np.random.Philox(key=seed)
    for sweep in range(1, max_sweeps + 1):
        if not active.size:
            break
        order = np.argsort(random.random_raw(len(weights)), kind="stable")
        now = spins[active]
        changed = _visit(weights, biases, now, order)
        spins[active], sweeps[active], converged[active] = now, sweep, ~changed
        active = active[changed]
    return Recall(spins, converged, sweeps)


def _visit(
    weights: Matrix, biases: terms.Values, spins: npt.NDArray[np.int8], order: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Do one sweep in place; return which states changed."""
    field = spins.astype(np.float64) @ weights + biases
    changed = np.zeros(len(spins), dtype=bool)
    for unit in order:
        flips = np.flatnonzero(field[:, unit] * spins[:, unit] < 0.0)
        if flips.size:
            spins[flips, unit] *= -1
            field[flips] += 2.0 * spins[flips, unit, None] * weights[unit]
            changed[flips] = True
    return changed
