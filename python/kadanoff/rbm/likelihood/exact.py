"""Likelihoods of data, a chunk of samples at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments

from ..core_terms import core_terms

if TYPE_CHECKING:
    from ..machine import RBM

Floats = npt.NDArray[np.float64]

MAX_ENUMERATED_UNITS = 24
_CHUNK_BYTES = 2**24


def by_chunks(
    states: npt.NDArray[Any], doubles: int, value: Callable[[npt.NDArray[Any]], Floats]
) -> Floats:
    """Return `value` of states (..., units) by rows, with `doubles` numbers of scratch for each."""
    rows = states.reshape(-1, states.shape[-1])
    step = max(1, _CHUNK_BYTES // (8 * doubles))
    parts = [value(rows[i : i + step]) for i in range(0, len(rows), step)]
    return np.concatenate(parts or [np.empty(0)]).reshape(states.shape[:-1])


def free_energy(rbm: RBM, visible: npt.ArrayLike) -> Floats:
    """Return what `RBM.free_energy` documents."""
    states = rbm.states("free_energy", "visible", visible)
    weights = rbm.weights.astype(np.float64)
    bias = rbm.visible_bias.astype(np.float64)

    def value(rows: npt.NDArray[Any]) -> Floats:
        v = rows.astype(np.float64)
        field = v @ weights + rbm.hidden_bias
        lower = -field if rbm.hidden_units == "spin" else np.zeros_like(field)
        return np.asarray(-(v @ bias) - np.logaddexp(field, lower).sum(axis=-1))

    return by_chunks(states, rbm.n_visible + 4 * rbm.n_hidden, value)


def log_likelihood(rbm: RBM, visible: npt.ArrayLike, log_z: float | None) -> Floats:
    """Return what `RBM.log_likelihood` documents."""
    states = rbm.states("log_likelihood", "visible", visible)
    if log_z is not None:
        known = arguments.real("log_likelihood", "log_z", log_z)
    elif min(rbm.n_visible, rbm.n_hidden) <= MAX_ENUMERATED_UNITS:
        known = _core.log_partition(**core_terms(rbm), beta=1.0, threads=0)
    else:
        raise ValueError(
            "[log_likelihood] expected log_z of a machine with more than "
            f'{MAX_ENUMERATED_UNITS} units in each layer, got None: log_partition("ais") '
            "estimates it"
        )
    return np.asarray(-free_energy(rbm, states) - known)


def pseudo_likelihood(rbm: RBM, visible: npt.ArrayLike, threads: int | None) -> Floats:
    """Return what `RBM.pseudo_likelihood` documents."""
    call = "pseudo_likelihood"
    states = rbm.states(call, "visible", visible)
    count = arguments.threads(call, threads) or 0

    def value(rows: npt.NDArray[Any]) -> Floats:
        bits = np.ascontiguousarray(rows == 1).view(np.uint8)
        return _core.pseudo_likelihood(**core_terms(rbm), bits=bits, threads=count)

    return by_chunks(states, rbm.n_visible, value)
