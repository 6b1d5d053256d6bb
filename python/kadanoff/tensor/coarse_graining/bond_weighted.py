"""The bond-weighted tensor renormalization group of Adachi, Okubo and Todo."""

from __future__ import annotations

from collections.abc import Mapping

import numpy.typing as npt

from kadanoff import arguments

from .flow import Flow
from .networks import TensorLike
from .trg import plaquette_flow


def bond_weighted_trg(
    tensor: TensorLike,
    chi: int = 24,
    steps: int = 30,
    observables: Mapping[str, npt.ArrayLike] | None = None,
    parities: bool = True,
    exponent: float = -0.5,
) -> Flow:
    r"""Coarse-grain a network of square tensors by TRG with weights on the bonds.

    Parameters
    ----------
    tensor, chi, steps, observables, parities
        As of `trg`.
    exponent : float
        k, in [-1, 1]: -1/2 makes the fixed point stationary, 0 is `trg`.

    Returns
    -------
    Flow

    Raises
    ------
    ValueError, TypeError
        As of `trg`.

    Notes
    -----
    Singular values s are shared by the halves, :math:`s^{(1 - k) / 2}` each, and the new bond,
    :math:`s^k`. At k = -1/2 the halves bring to a tensor what its bonds will take, so that the
    weights stand for the environment, which a truncation then takes into account (D. Adachi, T.
    Okubo and S. Todo, Phys. Rev. B 105 (2022) L060402, eqs. 5 to 9). The cost is that of TRG.

    Examples
    --------
    >>> import kadanoff as kd
    >>> beta = 1 / kd.exact.critical_temperature()
    >>> flow = kd.tensor.bond_weighted_trg(kd.tensor.site_tensor("square", beta), chi=8)
    >>> bool(abs(flow.log_z[-1] / kd.exact.onsager(beta).log_z - 1) < 2e-5)
    True
    """
    call = "bond_weighted_trg"
    hyper = arguments.real(call, "exponent", exponent)
    if not -1.0 <= hyper <= 1.0:
        raise ValueError(f"[{call}] expected exponent in [-1, 1], got {hyper}")
    return plaquette_flow(call, tensor, chi, steps, observables, parities, hyper)
