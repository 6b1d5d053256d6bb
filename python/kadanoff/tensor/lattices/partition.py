"""Exact partition functions by contraction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff.exact.onsager import checked_beta, scalar_or_array
from kadanoff.models import Ising, Potts
from kadanoff.tensor.network import ContractionPlan, TensorNetwork

from .log_domain import SAFE_RANGE, largest_range, log_contraction
from .networks import Factors, boltzmann_factors, checked_model
from .sweeps import site_orders, sweep_path

_NARROW, _WIDE = 22, 60
"""log2 of the largest tensor of a sweep for which no better path is searched, and of one that is
hopeless."""


def log_partition(
    model: Ising | Potts,
    beta: npt.ArrayLike,
    *,
    optimize: Any = "auto",
    memory_limit: int | str | None = None,
) -> Any:
    r"""Return ln Z of a finite model, exact, by contracting its network.

    Parameters
    ----------
    model : Ising, BoltzmannMachine, Hopfield or Potts
        On any lattice, with any couplings, fields and plaquettes.
    beta : float or array_like of float
        Inverse temperature, at least 0, of any shape, in units of 1 / energy.
    optimize : str, ContractionPlan or path
        As of `TensorNetwork.plan`. "auto" takes the cheapest of a sweep through the lattice along
        each axis and, where all are expensive or the lattice is a graph, of a search.
    memory_limit : int or str, optional
        Bytes, or such as "2GiB"; by default what the machine has.

    Returns
    -------
    float or ndarray of float64
        In nats, of the shape of `beta`; of the whole model, where `kadanoff.exact` has it per site
        as ``log_z`` and whole as ``log_z_total``.

    Raises
    ------
    ValueError
        If beta is negative or not finite, or the contraction needs more memory than allowed.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    Rounding errors are those of sums of positive numbers: about 1e-16 times the number of bonds.
    The cost is exponential in the width of the lattice: 2^16 numbers for an open square one of 16
    columns, 2^20 for a periodic one of 10 columns. All values of beta share one plan. Where
    Boltzmann factors may leave the range of float64 (frustrated models at low temperature),
    logarithms are contracted: slower by about 20, and right at any temperature.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> log_z = kd.tensor.log_partition(kd.Ising(kd.Square(6)), beta=0.44)
    >>> exact = kd.exact.kaufman(6, 0.44)
    >>> abs(log_z / exact.log_z_total - 1) < 1e-13
    True
    """
    call = "log_partition"
    checked_model(call, model)
    betas = checked_beta(call, beta)
    plan = optimize if isinstance(optimize, ContractionPlan) else None
    result = np.empty(betas.shape)
    for place, value in np.ndenumerate(betas):
        factors = boltzmann_factors(call, model, float(value))
        network = TensorNetwork(factors.tensors)
        if plan is None:
            plan = find_plan(model, factors, network, optimize, memory_limit)
        result[place] = log_z(factors, network, plan)
    return scalar_or_array(result)


def log_z(factors: Factors, network: TensorNetwork, plan: ContractionPlan) -> float:
    """Return ln Z along a plan; by its logarithms where float64 might lose a part of it."""
    labels = [sites for _, sites in factors.tensors]
    if largest_range(factors.exponents, labels, plan.pairs) <= SAFE_RANGE:
        value = float(network.contract(plan, log=True)[1])
    else:
        value = log_contraction(factors.exponents, labels, plan.pairs, plan.sliced)
    return value + float(factors.logs.sum())


def find_plan(
    model: Ising | Potts,
    factors: Factors,
    network: TensorNetwork,
    optimize: Any,
    memory_limit: int | str | None,
) -> ContractionPlan:
    """Return the plan asked for; for "auto" the cheapest of sweeps and of a search."""
    if not isinstance(optimize, str) or optimize != "auto":
        return network.plan(optimize, memory_limit)
    labels = [sites for _, sites in factors.tensors]
    sweeps = [sweep_path(labels, order) for order in site_orders(model.lattice)]
    if not sweeps:
        return network.plan(optimize, memory_limit)
    best = min(sweeps, key=lambda sweep: sweep.width)
    states = model.q if isinstance(model, Potts) else 2
    if best.width * math.log2(states) <= _NARROW:
        return network.plan(best.path, memory_limit)
    found = network.plan("auto", memory_limit)
    if best.width * math.log2(states) > _WIDE:
        return found
    swept = network.plan(best.path, memory_limit)
    return found if found.log10_flops <= swept.log10_flops else swept
