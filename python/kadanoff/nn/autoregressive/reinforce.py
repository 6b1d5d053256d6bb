"""The gradient of a variational free energy, from samples of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

if TYPE_CHECKING:
    from .network import AutoregressiveNetwork


def surrogate(
    network: AutoregressiveNetwork,
    flat: npt.NDArray[np.int8],
    energies: npt.NDArray[np.float64],
    beta: float,
) -> tuple[Tensor, npt.NDArray[np.float64]]:
    r"""Return a number whose gradient estimates that of the bound, and the terms of the bound.

    Parameters
    ----------
    network : AutoregressiveNetwork
    flat : ndarray of int8, (states, sites)
        Drawn from the network; at least 2.
    energies : ndarray of float64, (states,)
        Total energies.
    beta : float

    Returns
    -------
    Tensor, ndarray of float64 (states,)
        The surrogate, and :math:`R = \beta E(s) + \ln q(s)` of each state.

    Notes
    -----
    With :math:`\beta F_q = \langle R \rangle_q`,

    .. math:: \nabla \beta F_q = \langle (R - b) \nabla \ln q \rangle_q

    for any number b (R. J. Williams, Machine Learning 8 (1992) 229; D. Wu, L. Wang and P. Zhang,
    arXiv:1809.10606). Here b is the mean of R over the other states of the batch: the sum of
    :math:`R - \bar R` is then divided by one less than the number of states, and the estimate has
    no bias. Its variance is zero where q is the Boltzmann distribution, for R is constant there.
    """
    log_q = network(torch.from_numpy(flat).reshape(-1, *network.shape))
    returns = log_q.detach().numpy() + beta * energies
    advantages = torch.from_numpy((returns - returns.mean()) / (len(returns) - 1))
    return (advantages * log_q).sum(), returns
