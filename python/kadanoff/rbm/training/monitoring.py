"""Cheap numbers that tell how a training goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import gradients

if TYPE_CHECKING:
    from ..machine import RBM

Floats = npt.NDArray[np.float64]


def reconstruction_error(rbm: RBM, data: npt.ArrayLike) -> float:
    r"""Return the mean square of what one mean-field step there and back changes in a unit.

    Parameters
    ----------
    rbm : RBM
    data : array_like, (n_samples, n_visible)

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    :math:`\overline{(v_i - \langle v_i | \langle h | v \rangle \rangle)^2}`; of spin units a
    quarter of it, so that both kinds of units share one scale from 0 to 1.

    Examples
    --------
    >>> import kadanoff as kd
    >>> kd.rbm.reconstruction_error(kd.RBM([[0.0], [0.0]]), [[0, 1], [1, 1]])
    0.25
    """
    v = rbm.states("reconstruction_error", "visible", data).astype(np.float64)
    weights = rbm.weights.astype(np.float64)
    hidden = gradients.unit_means(v @ weights + rbm.hidden_bias, rbm.hidden_units)
    back = gradients.unit_means(hidden @ weights.T + rbm.visible_bias, rbm.visible_units)
    return float(np.mean((v - back) ** 2)) * (0.25 if rbm.visible_units == "spin" else 1.0)
