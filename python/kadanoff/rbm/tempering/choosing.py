"""Ladders of temperatures and of machines, chosen by how often swaps are accepted."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.draws import MAX_SWEEP
from kadanoff.tempering.betas import checked_betas
from kadanoff.tempering.spacing import (
    FIRST_BETAS,
    MAX_BETAS,
    at_equal_steps,
    count_for,
    distance,
    share_of,
)

from ..machine import RBM
from .exchange import ReplicaExchange
from .ladder import FloatArray
from .temperatures import RBMTempering
from .trajectory import TrajectoryTempering, checked_machines

_MOST_DRAWS = 50
_SHIFTS = 32


def constant_acceptance(
    rbm: RBM,
    beta_min: float = 0.0,
    beta_max: float = 1.0,
    n: int | None = None,
    target: float | None = None,
    *,
    replicas: int = 64,
    steps: int = 200,
    iterations: int = 5,
    seed: int | None = 0,
    threads: int | None = None,
) -> FloatArray:
    r"""Choose temperatures between which chains of an RBM swap equally often.

    Parameters
    ----------
    rbm : RBM
    beta_min, beta_max : float
        The ends, 0 <= beta_min < beta_max <= 1e12.
    n : int, optional
        Number of temperatures, at least 2.
    target : float, optional
        The acceptance to aim at, between 0 and 1, both excluded: the fewest temperatures that
        reach it are taken. Exactly one of `n` and `target` is given.
    replicas, seed, threads
        As for `RBMTempering`.
    steps : int
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
    As `kadanoff.tempering.constant_acceptance`, with the weights of visible states in the place of
    energies.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM(np.random.default_rng(1).normal(size=(20, 10)))
    >>> betas = kd.rbm.constant_acceptance(rbm, n=5, seed=1)
    >>> pt = kd.RBMTempering(rbm, betas, replicas=200, seed=2)
    >>> pt.run(400)
    >>> float(np.ptp(pt.acceptance)) < 0.1
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
    steps = arguments.integer(call, "steps", steps, 16, MAX_SWEEP)
    seed = arguments.seed(call, seed)
    betas, visible = np.linspace(ends[0], ends[1], count), None
    for iteration in range(arguments.integer(call, "iterations", iterations, 1, 10_000)):
        pt = RBMTempering(rbm, betas, replicas, (seed + iteration) % 2**64, threads=threads)
        if visible is not None:
            pt.all_visible = visible
        lengths = distance(_acceptances(pt, steps))
        if share is not None:
            count = count_for(lengths.sum(), share)
        new = at_equal_steps(betas, lengths, count)
        visible = pt.all_visible[np.abs(betas[:, None] - new).argmin(axis=0)]
        betas = new
    return betas


def _spread_draws(pt: ReplicaExchange, steps: int) -> int:
    """Discard half of so many steps; return how many to do before each of the draws."""
    pt.run(steps // 2)
    return max(1, -(-(steps - steps // 2) // _MOST_DRAWS))


def _acceptances(pt: RBMTempering, steps: int) -> FloatArray:
    """Probability to accept a swap of each pair of neighbours, from weights of states of a run."""
    every = _spread_draws(pt, steps)
    upward, downward = [], []
    above, below = np.arange(1, len(pt.betas) + 1), np.arange(len(pt.betas)) - 1
    above[-1], below[0] = 0, 0  # of no meaning: there is no such pair
    for _ in range((steps - steps // 2) // every):
        pt.run(every)
        upward.append(pt._gains_at(above))
        downward.append(pt._gains_at(below))
    up, down = np.stack(upward, axis=1), np.stack(downward, axis=1)
    return np.array([_acceptance(up[i], down[i + 1]) for i in range(len(pt.betas) - 1)])


def _acceptance(lower: FloatArray, upper: FloatArray) -> float:
    """Mean acceptance of swaps, from what states on either rung would gain on the other one."""
    # All pairs of states would do; some at regular distances say as much.
    a, b = lower.ravel(), upper.ravel()
    shifts = np.linspace(0, b.size, min(_SHIFTS, b.size), endpoint=False).astype(int)
    means = [np.exp(np.minimum(0.0, a + np.roll(b, shift))).mean() for shift in shifts]
    return float(np.clip(np.mean(means), 1e-300, 1.0))


def interpolate(first: RBM, last: RBM, fractions: npt.ArrayLike) -> list[RBM]:
    r"""Return machines on the way from one to another, as rungs for `TrajectoryTempering`.

    From a machine without weights that has the biases of the data, the way is shorter than from
    beta = 0, where the units are not only independent but also all alike.

    Parameters
    ----------
    first, last : RBM
        Of the same layers.
    fractions : array_like of float, (n,)
        0 for `first`, 1 for `last`; in [0, 1].

    Returns
    -------
    list of RBM

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    The machine at b has the energy :math:`(1 - b) E_\text{first} + b E_\text{last}`: its weights
    and biases are averages, rounded to float32.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM(np.full((20, 5), 2.0), np.full(20, -5.0), np.full(5, -20.0))
    >>> first = kd.RBM(np.zeros((20, 5)))
    >>> machines = kd.rbm.interpolate(first, rbm, np.linspace(0, 1, 9))
    >>> machines[0] == first, machines[-1] == rbm
    (True, True)
    >>> kd.TrajectoryTempering(machines, chains=10).exact_first
    True
    """
    call = "interpolate"
    one, other = checked_machines(call, [first, last])
    at = arguments.reals(call, "fractions", fractions)
    for fraction in at:
        if not 0.0 <= fraction <= 1.0:
            raise ValueError(f"[{call}] expected fractions in [0, 1], got {fraction}")

    def between(fraction: float) -> RBM:
        weights, visible_bias, hidden_bias = (
            (1.0 - fraction) * a.astype(np.float64) + fraction * b
            for a, b in zip(_numbers(one), _numbers(other), strict=True)
        )
        return RBM(weights, visible_bias, hidden_bias, one.visible_units, one.hidden_units)

    return [between(fraction) for fraction in at.tolist()]


def _numbers(rbm: RBM) -> tuple[npt.NDArray[np.float32], ...]:
    return rbm.weights, rbm.visible_bias, rbm.hidden_bias


def thin_trajectory(
    machines: Sequence[RBM],
    target: float = 0.25,
    *,
    chains: int = 64,
    steps: int = 500,
    seed: int | None = 0,
    threads: int | None = None,
) -> list[RBM]:
    r"""Choose the fewest checkpoints between which chains swap at least so often.

    Parameters
    ----------
    machines : sequence of RBM
        Checkpoints of one training, in order.
    target : float
        The least acceptance of neighbours, between 0 and 1, both excluded.
    chains, seed, threads
        As for `TrajectoryTempering`, which samples all machines to begin with.
    steps : int
        The first half of them is discarded. At least 16.

    Returns
    -------
    list of RBM
        The first machine, the last one, and what is needed of those between them.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of its form.

    Warns
    -----
    RuntimeWarning
        If neighbours among `machines` swap more rarely than that: no choice would do.

    Notes
    -----
    From each machine that is kept, the next one is the last before the first that swaps too rarely
    with it. The acceptance is the average over states of the two machines.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> W = np.random.default_rng(1).normal(size=(20, 10))
    >>> machines = [kd.RBM(x * W) for x in np.linspace(0, 1, 40)]
    >>> kept = kd.rbm.thin_trajectory(machines, target=0.3, steps=100, seed=1)
    >>> kept[0] == machines[0], kept[-1] == machines[-1], len(kept) < 10
    (True, True, True)
    >>> pt = kd.TrajectoryTempering(kept, chains=200, seed=2)
    >>> pt.run(400)
    >>> bool((pt.acceptance > 0.25).all())
    True
    """
    call = "thin_trajectory"
    checked = checked_machines(call, machines)
    target = arguments.real(call, "target", target)
    if not 0.0 < target < 1.0:
        raise ValueError(f"[{call}] expected target in (0, 1), got {target}")
    steps = arguments.integer(call, "steps", steps, 16, MAX_SWEEP)
    pt = TrajectoryTempering(checked, chains, arguments.seed(call, seed), threads=threads)
    every = _spread_draws(pt, steps)
    draws = []
    for _ in range((steps - steps // 2) // every):
        pt.run(every)
        draws.append(pt.all_visible)
    return _thinned(checked, np.concatenate(draws, axis=1), target)


def _thinned(machines: tuple[RBM, ...], visible: npt.NDArray[np.int8], target: float) -> list[RBM]:
    """Choose machines by states of each, (machine, state, unit)."""
    kept, following = [0], 1
    while following < len(machines):
        acceptance = _between(machines, visible, kept[-1], following)
        if acceptance >= target:
            following += 1
        elif following - 1 > kept[-1]:
            kept.append(following - 1)
        else:
            warnings.warn(
                f"[thin_trajectory] expected neighbours that accept {target:g} of their swaps, got "
                f"{acceptance:.2g} between machines {following - 1} and {following}",
                RuntimeWarning,
                stacklevel=3,
            )
            kept.append(following)
            following += 1
    if kept[-1] != len(machines) - 1:
        kept.append(len(machines) - 1)
    return [machines[t] for t in kept]


def _between(
    machines: tuple[RBM, ...], visible: npt.NDArray[np.int8], one: int, other: int
) -> float:
    """Acceptance of swaps of two machines, by states of either."""

    def gain(own: int, there: int) -> FloatArray:
        states = visible[own]
        return machines[own].free_energy(states) - machines[there].free_energy(states)

    return _acceptance(gain(one, other), gain(other, one))
