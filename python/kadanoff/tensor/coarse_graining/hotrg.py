"""HOTRG: coarse graining by the higher-order singular value decomposition."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from . import hotrg_cubic, hotrg_square
from .flow import Flow, Step, run
from .networks import MAX_CHI, MAX_STEPS, Network, TensorLike, prepare, with_mirrors
from .truncation import Cut


def hotrg(
    tensor: TensorLike,
    chi: int = 24,
    steps: int = 16,
    observables: Mapping[str, npt.ArrayLike] | None = None,
    parities: bool = True,
) -> Flow:
    r"""Coarse-grain a network of square tensors by HOTRG.

    Parameters
    ----------
    tensor : SiteTensor or array_like of float, (v, h, v, h)
        T[up, left, down, right], with which the infinite network is filled. Of a `SiteTensor` the
        factor and the sites of its cell count, too.
    chi : int
        Largest dimension of a leg, at most 512; time grows as chi^7.
    steps : int
        A step doubles the length of every side: the number of tensors is divided by 4.
    observables : mapping of str to array_like of float, of the tensor's shape, optional
        Tensors that stand in the place of one for the average of something per cell, such as
        `SiteTensor.energy`, on the scale of `tensor`.
    parities : bool
        Whether to use a Z2 symmetry of the tensor, if its zeros show one: for the same result with
        fewer operations, and for `Flow.order_parameters`.

    Returns
    -------
    Flow

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite or out of range, or Z is not positive.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    Of two tensors, one above the other, the doubled legs to the left and right are truncated to the
    leading eigenvectors of :math:`M M^T`, of the side that loses less, and the same is done to two
    that are side by side (Z. Y. Xie et al., Phys. Rev. B 86 (2012) 045139, eqs. 11 to 14). Of a
    multiplet of equal eigenvalues all are kept, or none. A step takes 4 chi^7 operations, a fourth
    of them where the tensor has a Z2 symmetry.

    Examples
    --------
    >>> import kadanoff as kd
    >>> beta = 1 / kd.exact.critical_temperature()
    >>> flow = kd.tensor.hotrg(kd.tensor.site_tensor("square", beta), chi=8)
    >>> bool(abs(flow.log_z[-1] / kd.exact.onsager(beta).log_z - 1) < 2e-5)
    True
    """
    call = "hotrg"
    chi = arguments.integer(call, "chi", chi, 1, MAX_CHI)
    steps = arguments.integer(call, "steps", steps, 0, MAX_STEPS)
    start = prepare(call, tensor, observables, parities, (2, 3))
    if len(start.network.legs) == 3:
        return run(call, chi, steps, start, lambda network: _cubic_step(network, chi))
    start = start._replace(network=with_mirrors(start.network))
    return run(call, chi, steps, start, lambda network: _square_step(network, chi))


def _square_step(network: Network, chi: int) -> Step:
    growth, cuts = 0.0, []
    for weight in (2.0, 1.0):  # what is taken out of the first tensor enters twice
        network, isometry = hotrg_square.stack(network, chi)
        network, factor = _scaled(network)
        network = hotrg_square.turned(network)
        cuts.append(isometry.cut)
        growth += weight * factor
    return Step(network, 4, growth, *_worst(cuts))


def _cubic_step(network: Network, chi: int) -> Step:
    growth, cuts = 0.0, []
    for weight in (4.0, 2.0, 1.0):
        network, isometries = hotrg_cubic.stack(network, chi)
        network, factor = _scaled(network)
        network = hotrg_cubic.turned(network)
        cuts += [isometry.cut for isometry in isometries]
        growth += weight * factor
    return Step(network, 8, growth, *_worst(cuts))


def _scaled(network: Network) -> tuple[Network, float]:
    """Return a network whose largest element is 1, and ln of what it was."""
    factor = float(np.abs(network.tensor).max()) or 1.0  # a tensor of 0 is left to the check of Z
    return network.scaled(1.0 / factor), math.log(factor)


def _worst(cuts: list[Cut]) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the largest truncation error, and the spectrum of the last cut."""
    return max(cut.error for cut in cuts), cuts[-1].spectrum
