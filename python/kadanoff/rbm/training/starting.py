"""Machines to start a training from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from ..machine import MAX_UNITS, RBM
from . import keyed
from .data import TrainingData

_CALL = "random"


def random_machine(
    n_visible: int,
    n_hidden: int,
    data: npt.ArrayLike | None,
    seed: int | None,
    scale: float,
    visible_units: str,
    hidden_units: str,
) -> RBM:
    """Return a machine of small random weights; see `RBM.random`."""
    from scipy.special import ndtri  # slow to import

    shape = (
        arguments.integer(_CALL, "n_visible", n_visible, 1, MAX_UNITS),
        arguments.integer(_CALL, "n_hidden", n_hidden, 1, MAX_UNITS),
    )
    width = arguments.real(_CALL, "scale", scale)
    if width < 0.0:
        raise ValueError(f"[{_CALL}] expected scale of 0 or more, got {width}")
    seed = arguments.seed(_CALL, seed)
    uniforms = keyed.uniforms(seed, keyed.Use.WEIGHTS, 0, shape[0] * shape[1]) + 2.0**-54
    weights = width * np.asarray(ndtri(uniforms)).reshape(shape)
    rbm = RBM(weights, None, None, visible_units, hidden_units)
    if data is None:
        return rbm
    bits = TrainingData(_CALL, "data", rbm, data).bits
    share = (bits.sum(axis=0, dtype=np.float64) + 1.0) / (len(bits) + 2.0)
    odds = np.log(share / (1.0 - share))
    bias = 0.5 * odds if visible_units == "spin" else odds
    return RBM(weights, bias, None, visible_units, hidden_units)
