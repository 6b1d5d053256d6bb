"""Statistical checks of a sampler, used on the engine and, with planted faults, on the reference.

A check takes `make`, which builds a sampler as `kadanoff.Sampler` does, and raises
`DeviationError` when a score reaches LIMIT standard errors. Errors come from the spread over
independent replicas, never from one series, so autocorrelation cannot shrink them. Seeds are fixed:
a check always gives the same answer. With another seed, one comparison in 16,000 of a correct
sampler would fail.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import kadanoff as kd
import reference

# With many replicas of a small lattice, kd.Sampler would choose the packed kernel.
checkerboard = functools.partial(kd.Sampler, kernel="checkerboard")

LIMIT = 4.0
SEED = 20240229


class DeviationError(AssertionError):
    """A check that failed; `score` is its worst deviation in standard errors."""

    def __init__(self, what: str, score: float) -> None:
        super().__init__(f"{what}: {score:.1f} standard errors, expected below {LIMIT}")
        self.score = score


@dataclass(frozen=True)
class Comparison:
    """A measured average beside the exact one."""

    name: str
    beta: float
    measured: float
    error: float
    exact: float

    @property
    def score(self) -> float:
        """Deviation in standard errors; infinite where there is no spread but a deviation."""
        deviation = self.measured - self.exact
        return deviation / self.error if self.error else float("inf") if deviation else 0.0


def require(comparisons: list[Comparison]) -> list[Comparison]:
    """Return the comparisons, or raise DeviationError with the worst."""
    worst = max(comparisons, key=lambda c: abs(c.score))
    if not abs(worst.score) < LIMIT:
        raise DeviationError(
            f"{worst.name} at beta = {worst.beta:g}: {worst.measured:.6f} +- {worst.error:.6f}, "
            f"exact {worst.exact:.6f}",
            abs(worst.score),
        )
    return comparisons


def compare(name: str, beta: float, by_replica: np.ndarray, exact: float) -> Comparison:
    """Compare the mean of independent values, one per replica."""
    error = by_replica.std(ddof=1) / np.sqrt(len(by_replica))
    return Comparison(name, beta, float(by_replica.mean()), float(error), exact)


def chi_square(what: str, counts: np.ndarray, expected: np.ndarray, fewest: float = 10.0) -> float:
    """Score of Pearson's chi-square over independent rows (..., cell), each of a fixed total.

    The rare cells of a row are merged into one. Two-sided: a table that fits too well is as wrong
    as one that fits too badly. Raises DeviationError.
    """
    statistic, degrees = 0.0, 0
    for count, expect in zip(np.atleast_2d(counts), np.atleast_2d(expected), strict=True):
        if count[expect == 0].any():
            raise DeviationError(f"{what}: events of probability 0", np.inf)
        count, expect = _merge_rare(count, expect, fewest)
        statistic += float(((count - expect) ** 2 / expect).sum())
        degrees += len(expect) - 1
    # Wilson and Hilferty, PNAS 17 (1931) 684: the cube root is normal, and finite far out.
    width = 2 / (9 * degrees)
    score = float((np.cbrt(statistic / degrees) - (1 - width)) / np.sqrt(width))
    if not abs(score) < LIMIT:
        raise DeviationError(
            f"{what}: chi-square {statistic:.0f} for {degrees} degrees of freedom", score
        )
    return score


def _merge_rare(
    count: np.ndarray, expect: np.ndarray, fewest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sorted by expectation, with the rarest cells summed up to `fewest`."""
    order = np.argsort(expect)
    count, expect = count[order], expect[order]
    merged = int(np.searchsorted(expect, fewest))
    while merged < len(expect) and expect[:merged].sum() < fewest and merged > 0:
        merged += 1
    if merged == 0:
        return count, expect
    rare = slice(None, merged)
    return np.append(count[merged:], count[rare].sum()), np.append(
        expect[merged:], expect[rare].sum()
    )


def averages(sampler: Any, draws: int, every: int) -> dict[str, np.ndarray]:
    """Mean of each observable over the draws, (replica,)."""
    run = sampler.sample(draws=draws, every=every)
    m = run["magnetization"]
    return {
        "energy": run["energy"].mean(axis=1),
        "magnetization": m.mean(axis=1),
        "abs_magnetization": np.abs(m).mean(axis=1),
        "magnetization_squared": (m**2).mean(axis=1),
        "magnetization_fourth": (m**4).mean(axis=1),
    }


@functools.cache
def enumerated(model: Any, betas: tuple[float, ...]) -> kd.exact.EnumerationResult:
    """Averages over all states, which many checks share."""
    return kd.exact.enumerate(model, list(betas))


def check_enumeration(
    make: Callable[..., Any],
    model: kd.Ising,
    update: str,
    betas: tuple[float, ...] = (0.25, 0.44),
    replicas: int = 4000,
    thermalise: int = 60,
    draws: int = 4,
    every: int = 5,
) -> list[Comparison]:
    """Energy and moments of the magnetisation against the sum over all states."""
    sampler = make(model, np.repeat(betas, replicas), update, len(betas) * replicas, seed=SEED)
    sampler.run(thermalise)
    measured = averages(sampler, draws, every)
    exact = enumerated(model, tuple(betas))
    return require(
        [
            compare(name, beta, values.reshape(-1, replicas)[i], float(getattr(exact, name)[i]))
            for name, values in measured.items()
            for i, beta in enumerate(betas)
        ]
    )


def check_kaufman(
    make: Callable[..., Any],
    shape: tuple[int, int],
    update: str,
    betas: tuple[float, ...] = (0.4,),
    replicas: int = 64,
    thermalise: int = 200,
    draws: int = 100,
    every: int = 2,
) -> list[Comparison]:
    """Energy of a torus against Kaufman's solution."""
    model = kd.Ising(kd.Square(shape))
    sampler = make(model, np.repeat(betas, replicas), update, len(betas) * replicas, seed=SEED)
    sampler.run(thermalise)
    energy = averages(sampler, draws, every)["energy"].reshape(-1, replicas)
    exact = kd.exact.kaufman(shape, list(betas)).energy
    name = f"energy of {shape}, {update}"
    return require(
        [compare(name, beta, energy[i], float(exact[i])) for i, beta in enumerate(betas)]
    )


def check_histogram(
    make: Callable[..., Any],
    model: kd.Ising,
    update: str,
    beta: float = 0.44,
    replicas: int = 30_000,
    thermalise: int = 40,
) -> float:
    """Chi-square of one independent state per replica over the levels (energy, magnetisation)."""
    sampler = make(model, beta, update, replicas, seed=SEED)
    sampler.run(thermalise)
    levels, probabilities = level_probabilities(model, beta)
    found = np.searchsorted(levels, level_numbers(sampler.spins))
    counts = np.bincount(found, minlength=len(levels))
    return chi_square(f"levels of {model!r}, {update}", counts, replicas * probabilities)


def check_transitions(
    make: Callable[..., Any],
    model: kd.Ising,
    update: str,
    beta: float = 0.4,
    replicas_per_state: int = 40,
    sweeps: int = 100,
) -> float:
    """Chi-square of what one sweep does to every state, against the exact transition matrix."""
    states = all_states(model.lattice.shape)
    start = np.repeat(states, replicas_per_state, axis=0)
    sampler = make(model, beta, update, len(start), seed=SEED)
    number = np.repeat(np.arange(len(states)), replicas_per_state)
    size = len(states)
    counts = np.zeros(size * size, dtype=np.int64)
    for _ in range(sweeps):
        sampler.spins = start
        sampler.run(1)
        counts += np.bincount(number * size + state_numbers(sampler.spins), minlength=size * size)
    expected = replicas_per_state * sweeps * sweep_matrix(model, update, beta)
    return chi_square(f"one sweep of {model!r}, {update}", counts.reshape(size, size), expected)


def check_acceptance(
    make: Callable[..., Any],
    model: kd.Ising,
    update: str,
    beta: float = 0.4,
    replicas: int = 16,
    sweeps: int = 40,
) -> list[Comparison]:
    """How often a spin comes out up, by sublattice, its old value and its neighbours."""
    sampler = make(model, beta, update, replicas, seed=SEED, start="random")
    z = model.lattice.coordination
    trials, ups = np.zeros((2, 2, z + 1)), np.zeros((2, 2, z + 1))
    masks = [reference.Sublattice(model.lattice.shape, colour).mask for colour in (0, 1)]
    for _ in range(sweeps):
        before = sampler.spins
        sampler.run(1)
        after = sampler.spins
        # The even sublattice saw the old odd one, which saw the new even one.
        for colour, neighbours in enumerate((before, after)):
            mask = masks[colour]
            index = (before[:, mask] > 0) * (z + 1) + reference.count_up(neighbours)[:, mask]
            for table, weights in ((trials, None), (ups, (after[:, mask] > 0).ravel())):
                table[colour].flat += np.bincount(index.ravel(), weights, 2 * (z + 1))
    exact = up_probabilities(model, update, beta)
    name = f"up spins of {model!r}, {update}, in (colour, spin, up neighbours) ="
    comparisons = []
    for index in np.ndindex(2, 2, z + 1):
        n, p = trials[index], exact[index[1:]]
        # Certain outcomes may have no exception; others need enough of both for a normal law.
        if n > 0 and (p in (0, 1) or n * min(p, 1 - p) >= 25):
            error = float(np.sqrt(p * (1 - p) / n))
            comparisons.append(Comparison(f"{name} {index}", beta, ups[index] / n, error, p))
    return require(comparisons)


def check_independence(
    make: Callable[..., Any],
    update: str,
    beta: float = 0.3,
    replicas: int = 128,
    thermalise: int = 50,
    draws: int = 50,
) -> list[Comparison]:
    """Overlap of pairs of replicas, 0 by symmetry."""
    sampler = make(kd.Ising(kd.Square(8)), beta, update, replicas, seed=SEED)
    sampler.run(thermalise)
    overlap = np.zeros(replicas // 2)
    for _ in range(draws):
        sampler.run(2)
        spins = sampler.spins.astype(float)
        overlap += (spins[::2] * spins[1::2]).mean(axis=(1, 2)) / draws
    return require([compare(f"overlap of replicas, {update}", beta, overlap, 0.0)])


def all_states(shape: tuple[int, ...]) -> np.ndarray:
    """Every state, int8 (2^n, *shape); bit i of its number is site i, 1 = up."""
    n = int(np.prod(shape))
    bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, *shape)


def state_numbers(spins: np.ndarray) -> np.ndarray:
    """The number of each state (replica, *shape), as `all_states` counts them."""
    bits = spins.reshape(len(spins), -1) > 0
    return bits @ (1 << np.arange(bits.shape[1]))


def level_numbers(spins: np.ndarray) -> np.ndarray:
    """One number for each pair (sum of s s over bonds, sum of s)."""
    sites = spins[0].size
    total = spins.reshape(len(spins), -1).sum(axis=1, dtype=np.int64)
    return reference.bond_sum(spins) * 4 * sites + total


@functools.cache
def level_probabilities(model: kd.Ising, beta: float) -> tuple[np.ndarray, np.ndarray]:
    """The levels of `level_numbers` in ascending order, and their probabilities."""
    numbers = level_numbers(all_states(model.lattice.shape))
    levels, index = np.unique(numbers, return_inverse=True)
    probabilities = kd.exact.enumerate(model, beta).probabilities()
    return levels, np.bincount(index, weights=probabilities)


def up_probabilities(model: kd.Ising, update: str, beta: float) -> np.ndarray:
    """P(new spin is up) by [old spin is up, up neighbours], from the thresholds."""
    z = model.lattice.coordination
    base, limit = reference.decisions(update, model.coupling, model.field, z, beta)
    accept = ((limit.astype(object) + 1) / 2**64).astype(float)  # exact integers, rounded once
    return np.where(base, 1 - accept, accept)


def half_sweep_matrix(model: kd.Ising, update: str, beta: float, colour: int) -> np.ndarray:
    """P[s, s'] of updating one sublattice, from the integer thresholds themselves."""
    shape = model.lattice.shape
    states = all_states(shape)
    up = (states > 0).astype(int)
    by_site = up_probabilities(model, update, beta)[up, reference.count_up(states)]
    by_site = by_site.reshape(len(states), -1)
    mask = reference.Sublattice(shape, colour).mask.ravel()
    bits = up.reshape(len(states), -1)
    matrix = np.ones((len(states), len(states)))
    for site in range(bits.shape[1]):
        new = bits[None, :, site]
        if mask[site]:
            p = by_site[:, site, None]
            matrix *= np.where(new, p, 1 - p)
        else:
            matrix *= new == bits[:, None, site]
    return matrix


def sweep_matrix(model: kd.Ising, update: str, beta: float) -> np.ndarray:
    """P[s, s'] of one sweep: even sublattice, then odd."""
    even, odd = (half_sweep_matrix(model, update, beta, colour) for colour in (0, 1))
    return even @ odd


def boltzmann(model: kd.Ising, beta: float) -> np.ndarray:
    """Equilibrium probability of every state."""
    states = all_states(model.lattice.shape)
    total = states.reshape(len(states), -1).sum(axis=1, dtype=np.int64)
    energy = -model.coupling * reference.bond_sum(states) - model.field * total
    weights = np.exp(-beta * (energy - energy.min()))
    return weights / weights.sum()
