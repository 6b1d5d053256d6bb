"""The tensor renormalization group of Levin and Nave."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from .flow import Flow, Step, run
from .networks import MAX_CHI, MAX_STEPS, Network, TensorLike, prepare
from .plaquette import coarsen


def trg(
    tensor: TensorLike,
    chi: int = 32,
    steps: int = 30,
    observables: Mapping[str, npt.ArrayLike] | None = None,
    parities: bool = True,
) -> Flow:
    r"""Coarse-grain a network of square tensors by TRG.

    Parameters
    ----------
    tensor : SiteTensor or array_like of float, (v, h, v, h)
        T[up, left, down, right], with which the infinite square network is filled. Of a
        `SiteTensor` the factor and the sites of its cell count, too.
    chi : int
        Largest dimension of a leg, at most 512; time grows as chi^6, memory as chi^4.
    steps : int
        A step halves the number of tensors, and turns the lattice by 45 degrees.
    observables : mapping of str to array_like of float, (v, h, v, h), optional
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
    The tensors of either sublattice are split by singular values, :math:`T = S_1 S_3` and
    :math:`T = S_2 S_4`, and the four halves around every second plaquette make a new tensor
    (M. Levin and C. P. Nave, Phys. Rev. Lett. 99 (2007) 120601). Of a multiplet of equal singular
    values all are kept, or none. An impurity is projected on the singular vectors of the tensor:
    at the critical point and chi = 16 the energy is off by 4.6e-3, where `bond_weighted_trg` has
    4e-5 and `hotrg` 2e-5; a difference of ln Z (`thermodynamics`) has 1e-3.

    Examples
    --------
    >>> import kadanoff as kd
    >>> beta = 1 / kd.exact.critical_temperature()
    >>> flow = kd.tensor.trg(kd.tensor.site_tensor("square", beta), chi=8)
    >>> bool(abs(flow.log_z[-1] / kd.exact.onsager(beta).log_z - 1) < 1e-4)
    True
    """
    return plaquette_flow("trg", tensor, chi, steps, observables, parities, 0.0)


def plaquette_flow(
    call: str,
    tensor: TensorLike,
    chi: int,
    steps: int,
    observables: Mapping[str, npt.ArrayLike] | None,
    parities: bool,
    hyper: float,
) -> Flow:
    """Check the arguments of `call`, and return its flow; `hyper` is 0 without bond weights."""
    chi = arguments.integer(call, "chi", chi, 1, MAX_CHI)
    steps = arguments.integer(call, "steps", steps, 0, MAX_STEPS)
    start = prepare(call, tensor, observables, parities, (2,))

    def advance(network: Network) -> Step:
        new, cuts = coarsen(network, chi, hyper)
        # A tensor that vanishes is left to the check of Z.
        factors = [float(np.abs(array).max()) or 1.0 for array in (new.tensor, *new.weights)]
        weights = [w / f for w, f in zip(new.weights, factors[1:], strict=True)]
        scaled = new.scaled(1.0 / factors[0], tuple(weights))
        growth = sum(math.log(factor) for factor in factors)
        error = max(cut.error for cut in cuts)
        return Step(scaled, 2, growth, error, cuts[0].spectrum)

    return run(call, chi, steps, start, advance)
