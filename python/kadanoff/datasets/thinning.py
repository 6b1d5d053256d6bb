"""How far apart configurations are drawn: pilots measure the autocorrelation time."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np

from kadanoff.analysis import integrated_time, standard_error
from kadanoff.models import Ising
from kadanoff.sampler import LOCAL_UPDATES, Sampler

from .randomness import Use, derived_seed

RESIDUAL = 0.01
"""Correlation that is left between neighbouring draws of a chain, if it decays exponentially."""
LOCAL_RESIDUAL = 0.0001
"""The same for local updates, where tails decay up to half as fast as `tau` tells, below Tc."""
PILOT_CHAINS = 64
"""Whole words of the kernels that pack replicas."""
PILOT_DRAWS = 128
"""Of each chain: by Sokal's formula, 8192 numbers in all know the time to 5 to 10 per cent."""
RESOLVED = 4.0
"""A pilot ends when the time is at most so many spacings of its draws."""
MAX_SPACING = 4**6
"""Sweeps between its draws at which a pilot gives up."""
CLUSTER_COST = 32.0
"""Sweeps of the heat bath that take as long as one of Swendsen-Wang: 0.12 and 4 ns for a site."""
BURN_IN = 20.0
"""Autocorrelation times before the first draw."""


class Plan(NamedTuple):
    """How a temperature is sampled: times in sweeps, `tau` NaN where it was not measured."""

    update: str
    tau: float
    burn_in: int
    every: int


class Pilot(NamedTuple):
    """What a pilot found; `tau` is the longer one of those of the energy and of |m|."""

    tau: float
    means: tuple[float, float]
    errors: tuple[float, float]

    def agrees_with(self, other: Pilot) -> bool:
        """Whether means differ by at most four standard errors."""
        rows = zip(self.means, other.means, self.errors, other.errors, strict=True)
        return all(abs(a - b) <= 4 * math.hypot(c, d) for a, b, c, d in rows)


def thinning(tau: float, residual: float = RESIDUAL) -> int:
    r"""Return the sweeps after which a chain has forgotten where it was, but for `residual`.

    Notes
    -----
    An exponential decay :math:`\rho(t) = \rho^t` with the integrated time :math:`\tau` has
    :math:`\rho = (2 \tau - 1) / (2 \tau + 1)`.

    Examples
    --------
    >>> thinning(0.5), thinning(1.0), thinning(100.0)
    (1, 5, 461)
    """
    if tau <= 0.5:
        return 1
    rho = (2 * tau - 1) / (2 * tau + 1)
    return max(1, math.ceil(math.log(residual) / math.log(rho)))


def plan(
    model: Ising, temperature: float, update: str, seed: int, place: int, threads: int | None
) -> Plan:
    """Measure how to sample a temperature; the `place`-th one of a data set.

    "auto" is the heat bath where it takes less time than Swendsen-Wang for an independent
    configuration and gives the same energy and |m|, which a chain that never leaves its start
    does not.
    """

    def fly(name: str, use: Use, limit: float = math.inf) -> Pilot | None:
        return pilot(model, temperature, name, derived_seed(seed, use, place), threads, limit)

    chosen = update
    if update != "auto":
        found = fly(update, Use.PILOT)
    else:
        clusters = fly("swendsen-wang", Use.CLUSTER_PILOT)
        assert clusters is not None
        local = fly("heatbath", Use.PILOT, CLUSTER_COST / 2 * clusters.tau)
        use_local = local is not None and local.agrees_with(clusters)
        chosen, found = ("heatbath", local) if use_local else ("swendsen-wang", clusters)
    assert found is not None
    every = thinning(found.tau, LOCAL_RESIDUAL if chosen in LOCAL_UPDATES else RESIDUAL)
    return Plan(chosen, found.tau, math.ceil(BURN_IN * found.tau), every)


def pilot(
    model: Ising,
    temperature: float,
    update: str,
    seed: int,
    threads: int | None,
    limit: float = math.inf,
) -> Pilot | None:
    """Sample until the autocorrelation time is known; None if it is above `limit` sweeps."""
    sampler = Sampler(
        model, 1 / temperature, update, replicas=PILOT_CHAINS, seed=seed, threads=threads
    )
    sampler.run(PILOT_DRAWS)
    spacing = 1
    while True:
        # What was drawn before is more than ten times the time if this series resolves it.
        run = sampler.sample(PILOT_DRAWS, every=spacing)
        series = run["energy"], np.abs(run["magnetization"])
        tau = spacing * max(0.5, *(integrated_time(each) for each in series))
        if tau > limit:
            return None
        if tau <= RESOLVED * spacing or spacing >= MAX_SPACING:
            break
        spacing *= 4
    if tau > RESOLVED * spacing:
        text = f"the autocorrelation time at T = {temperature:g} is above {tau:.0f} sweeps"
        warnings.warn(f"[ising] {text}: use swendsen-wang", stacklevel=6)
    means = tuple(float(each.mean()) for each in series)
    errors = tuple(standard_error(each) for each in series)
    return Pilot(tau, (means[0], means[1]), (errors[0], errors[1]))
