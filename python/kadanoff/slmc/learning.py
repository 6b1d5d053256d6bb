"""The loop of self-learning Monte Carlo: sample, fit, sample better, fit again."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.annealing.schedule import checked_betas
from kadanoff.models import Ising
from kadanoff.sampler import Sampler

from .effective import EffectiveIsing, fit
from .pair_sums import RANGES, square_model
from .sampler import SelfLearningSampler

PILOT = 100
"""Proposals by which the spacing of a round's configurations is chosen."""


@dataclass(frozen=True)
class Round:
    """One round of `learn`.

    Attributes
    ----------
    update : str
        "heatbath" in the first round, then "self-learning".
    beta : float
    proposal : tuple of float
        Effective couplings of the proposals; empty of local updates.
    acceptance : float
        Share of the proposals that were accepted; NaN of local updates.
    proposed_sites : float
        Mean sum of the sizes of a proposal's clusters; NaN of local updates.
    effective : EffectiveIsing
        What the round's configurations taught.
    """

    update: str
    beta: float
    proposal: tuple[float, ...]
    acceptance: float
    proposed_sites: float
    effective: EffectiveIsing


@dataclass(frozen=True)
class Learned:
    """What `learn` returns.

    Attributes
    ----------
    effective : EffectiveIsing
        Of the last round.
    rounds : tuple of Round
        The history, the round of local updates first.
    sampler : SelfLearningSampler
        Proposes by `effective`, and has the spins of the last round.
    """

    effective: EffectiveIsing
    rounds: tuple[Round, ...]
    sampler: SelfLearningSampler


def learn(
    model: Ising,
    beta: float,
    ranges: int = 1,
    *,
    rounds: int = 3,
    configurations: int = 2000,
    replicas: int = 20,
    start_beta: float | None = None,
    thermalise: int = 200,
    clusters: int = 1,
    seed: int | None = None,
    threads: int | None = None,
) -> Learned:
    """Learn an effective model where it is to be used, in rounds of sampling and fitting.

    The first round samples by heat bath at `start_beta`, where local updates still move; each of
    the others samples at `beta` by proposals of the effective model that the round before taught.

    Parameters
    ----------
    model : Ising
        As of `SelfLearningSampler`.
    beta : float
    ranges : int
        Couplings to learn, 1 to 3.
    rounds : int
        Rounds after the first, at least 1.
    configurations : int
        Of each round, at least 100.
    replicas : int
        Independent copies that share the configurations.
    start_beta : float, optional
        By default 0.8 `beta`.
    thermalise : int
        Sweeps of the lattice before the first configuration of a round; proposals are counted by
        the sites that they touch.
    clusters : int
        Of a proposal.
    seed, threads
        As of `kadanoff.Sampler`.

    Returns
    -------
    Learned

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Configurations are 20 sweeps apart in the first round, then 4 times as many sites. What is
    learnt has errors and may be learnt where the chains have not yet forgotten their start:
    neither makes the samples wrong, only their proposals better or worse.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(12), plaquette=0.2)
    >>> learned = kd.slmc.learn(model, 0.4, rounds=2, configurations=400, seed=1)
    >>> [entry.update for entry in learned.rounds]
    ['heatbath', 'self-learning', 'self-learning']
    >>> bool(abs(learned.effective.couplings[0] - 1.11) < 0.05)
    True
    """
    model = square_model("learn", model)
    beta = _inverse_temperature("beta", beta)
    ranges = arguments.integer("learn", "ranges", ranges, 1, RANGES)
    rounds = arguments.integer("learn", "rounds", rounds, 1, 1000)
    configurations = arguments.integer("learn", "configurations", configurations, 100, 2**31)
    replicas = arguments.integer("learn", "replicas", replicas, 1, configurations)
    thermalise = arguments.integer("learn", "thermalise", thermalise, 0, 2**31)
    seed = arguments.seed("learn", seed)
    first = 0.8 * beta if start_beta is None else _inverse_temperature("start_beta", start_beta)
    draws = -(-configurations // replicas)

    local = Sampler(model, first, replicas=replicas, seed=seed, threads=threads, start="random")
    local.run(thermalise)
    effective = fit(model, _configurations(local, draws, 20), ranges)
    history = [Round("heatbath", first, (), math.nan, math.nan, effective)]
    spins, sweep = local.spins, 0
    for _ in range(rounds):
        sampler = _next(model, effective, beta, clusters, seed, threads, spins, sweep)
        pilot = sampler.sample(PILOT)
        sites = max(1.0, float(pilot["proposed_sites"].mean()))
        per_sweep = model.lattice.n_sites / sites
        sampler.run(math.ceil(thermalise * per_sweep))
        every = math.ceil(4 * per_sweep)
        states = _configurations(sampler, draws, every)
        watched = sampler.sample(PILOT)
        effective = fit(model, states, ranges)
        accepted, sites = (float(watched[name].mean()) for name in ("accepted", "proposed_sites"))
        history.append(Round("self-learning", beta, sampler.effective, accepted, sites, effective))
        spins, sweep = sampler.spins, sampler.sweep
    last = _next(model, effective, beta, clusters, seed, threads, spins, sweep)
    return Learned(effective, tuple(history), last)


def _inverse_temperature(name: str, value: float) -> float:
    return float(checked_betas("learn", name, arguments.real("learn", name, value))[0])


def _next(
    model: Ising,
    effective: EffectiveIsing,
    beta: float,
    clusters: int,
    seed: int,
    threads: int | None,
    spins: npt.NDArray[np.int8],
    sweep: int,
) -> SelfLearningSampler:
    """Return a sampler that goes on from spins and a sweep, and so with fresh random numbers."""
    sampler = SelfLearningSampler(
        model, effective, beta, clusters, len(spins), seed, threads, start="down"
    )
    sampler.spins = spins
    sampler._core.sweep = sweep
    return sampler


def _configurations(sampler: Sampler, draws: int, every: int) -> npt.NDArray[np.int8]:
    """Return (replica, draw, y, x): a replica's configurations in a row."""
    states = np.empty((draws, *sampler.shape), dtype=np.int8)
    for draw in states:
        sampler.run(every)
        draw[:] = sampler.spins
    return np.moveaxis(states, 0, 1)
