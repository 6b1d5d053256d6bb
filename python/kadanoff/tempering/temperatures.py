"""Sets of temperatures for parallel tempering, chosen from what a simulation measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from .betas import checked_betas
from .parallel import ParallelTempering
from .spacing import FIRST_BETAS, MAX_BETAS, at_equal_steps, count_for, distance, share_of

_MOST_DRAWS = 400
_SHIFTS = 32
_SMALLEST_STEP = 1e-3

FloatArray = npt.NDArray[np.float64]


def constant_acceptance(
    model: Any,
    beta_min: float,
    beta_max: float,
    n: int | None = None,
    target: float | None = None,
    *,
    replicas: int = 4,
    sweeps: int = 1000,
    iterations: int = 5,
    seed: int | None = 0,
    update: str = "heatbath",
    threads: int | None = None,
) -> FloatArray:
    r"""Choose temperatures between which swaps are accepted equally often.

    Parameters
    ----------
    model
        As for `ParallelTempering`.
    beta_min, beta_max : float
        The ends, 0 <= beta_min < beta_max <= 1e12.
    n : int, optional
        Number of temperatures, at least 2.
    target : float, optional
        The acceptance to aim at, between 0 and 1, both excluded: the fewest temperatures that
        reach it are taken. Exactly one of `n` and `target` is given.
    replicas, seed, update, threads
        As for `ParallelTempering`.
    sweeps : int
        In each iteration; the first half of them is discarded. At least 16.
    iterations : int
        At least 1. Where swaps are rare at first, the set takes some of them to settle.

    Returns
    -------
    ndarray of float64, (n,)
        From `beta_min` to `beta_max`, increasing.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of its form, or `target` takes more than 4096 temperatures.

    Notes
    -----
    Were the energies at neighbouring temperatures normal and their variance :math:`\sigma^2` the
    same, swaps would be accepted with probability
    :math:`A = \operatorname{erfc}(\sigma \Delta\beta / 2)` (C. Predescu, M. Predescu and C. V.
    Ciobanu, J. Chem. Phys. 120 (2004) 4119). So :math:`2 \operatorname{erfc}^{-1}(A)` is a
    length, :math:`\int \sigma d\beta`, that adds up along the set, and an equal share of it
    for every pair gives equal acceptances. A is measured as the average of
    min(1, exp(dbeta dE)) over draws of two temperatures, which are independent; the next
    iteration begins with the spins of this one.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(8))
    >>> betas = kd.tempering.constant_acceptance(model, 0.2, 0.6, n=6, seed=1)
    >>> pt = kd.ParallelTempering(model, betas, replicas=4, seed=2)
    >>> pt.run(4000)
    >>> float(np.ptp(pt.acceptance)) < 0.05
    True
    """
    call = "constant_acceptance"
    ends = checked_betas(call, [beta_min, beta_max])
    if ends[0] > ends[1]:
        raise ValueError(f"[{call}] expected beta_min < beta_max, got {ends[0]} and {ends[1]}")
    if (n is None) == (target is None):
        raise TypeError(f"[{call}] expected n or target, got both or none")
    share = None if target is None else share_of(arguments.real(call, "target", target))
    count = FIRST_BETAS if n is None else arguments.integer(call, "n", n, 2, MAX_BETAS)
    sweeps = arguments.integer(call, "sweeps", sweeps, 16, 2**40)
    seed = arguments.seed(call, seed)
    betas = np.linspace(ends[0], ends[1], count)
    spins = None
    for iteration in range(arguments.integer(call, "iterations", iterations, 1, 10_000)):
        pt = ParallelTempering(
            model, betas, replicas, (seed + iteration) % 2**64, update=update, threads=threads
        )
        if spins is not None:
            pt.spins = spins
        lengths = distance(_acceptances(pt, sweeps))
        if share is not None:
            count = count_for(lengths.sum(), share)
        new = at_equal_steps(betas, lengths, count)
        spins = pt.spins[np.abs(betas[:, None] - new).argmin(axis=0)]
        betas = new
    return betas


def _acceptances(pt: ParallelTempering, sweeps: int) -> FloatArray:
    """Probability to accept a swap of each pair of neighbours, from the energies of a run."""
    pt.run(sweeps // 2)
    every = -(-(sweeps // 2) // _MOST_DRAWS)
    run = pt.sample(draws=sweeps // 2 // every, every=every)
    energies = run["energy"].reshape(len(pt.betas), -1) * pt.model.lattice.n_sites
    result = np.empty(len(pt.betas) - 1)
    for i, step in enumerate(np.diff(pt.betas)):
        # All pairs of draws would do; some at regular distances say as much.
        shifts = np.linspace(0, energies.shape[1], _SHIFTS, endpoint=False).astype(int)
        drives = [-step * (energies[i] - np.roll(energies[i + 1], shift)) for shift in shifts]
        result[i] = np.exp(np.minimum(0.0, drives)).mean()
    return np.clip(result, 1e-300, 1.0)


def feedback_optimized(pt: ParallelTempering) -> FloatArray:
    r"""Choose temperatures at which walkers travel fastest between the ends.

    Where the measured `ParallelTempering.flow` is steep, walkers get stuck: that is where this
    puts temperatures, at the price of places that walkers pass easily. Run with the new set, and
    repeat until it stays.

    Parameters
    ----------
    pt : ParallelTempering
        One that has run for many round trips; see also `ParallelTempering.reset_statistics`.

    Returns
    -------
    ndarray of float64, (n_betas,)
        As many as before, with the same ends, in the same order.

    Raises
    ------
    ValueError
        If no walker has made a round trip.
    TypeError
        If `pt` is something else.

    Notes
    -----
    With the flow f measured at the present temperatures, the local diffusivity is
    :math:`D(T) \propto \Delta T / (\Delta f / \Delta T)`, and round trips are the most frequent
    for a density of temperatures

    .. math:: \eta(T) \propto \sqrt{\frac{1}{\Delta T} \frac{\Delta f}{\Delta T}}

    (H. G. Katzgraber, S. Trebst, D. A. Huse and M. Troyer, J. Stat. Mech. (2006) P03018, eq. 11).
    Its integral from one temperature to the next is :math:`\sqrt{\Delta f}`, in terms of beta as
    of T; here temperatures are divided in beta between the old ones. The flow is
    made monotonic first, and each step is given at least 1/1000 of it.

    Examples
    --------
    >>> import kadanoff as kd
    >>> pt = kd.ParallelTempering(kd.Ising(kd.Square(8)), [0.2, 0.3, 0.4, 0.5, 0.6], seed=1)
    >>> pt.run(5000)
    >>> betas = kd.tempering.feedback_optimized(pt)
    >>> len(betas), float(betas[0]), float(betas[-1])
    (5, 0.2, 0.6)
    """
    if not isinstance(pt, ParallelTempering):
        raise TypeError(f"[feedback_optimized] expected a ParallelTempering, got {pt!r}")
    if not pt.round_trips.any():
        raise ValueError(
            "[feedback_optimized] expected at least one round trip, got none: run longer"
        )
    flow = pt.flow
    falling = flow if flow[0] > flow[-1] else 1.0 - flow
    # Between the tightest monotonic curves from above and from below.
    above = np.maximum.accumulate(falling[::-1])[::-1]
    below = np.minimum.accumulate(falling)
    steps = np.maximum(-np.diff((above + below) / 2), _SMALLEST_STEP)
    return at_equal_steps(pt.betas, np.sqrt(steps), len(pt.betas))
