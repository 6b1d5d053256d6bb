"""A slow oracle of self-learning Monte Carlo: its trajectory, and its transition matrix.

One replica at a time, spins 0 and 1 (up) in a list, energies from sums over the whole lattice; the
matrix of a Wolff cluster by a recursion over the sets of sites. Nothing is shared with the package.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

import reference
import reference_clusters

STREAM = reference.STREAMS["self_learning"]
HALF = (((0, 1), (1, 0)), ((1, 1), (1, -1)), ((0, 2), (2, 0)))
AROUND = (
    ((0, 1), (1, 0), (0, -1), (-1, 0)),
    ((1, 1), (1, -1), (-1, -1), (-1, 1)),
    ((0, 2), (2, 0), (0, -2), (-2, 0)),
)


class Oracle:
    """Coupling, field and plaquette of a model, its effective couplings, and one temperature."""

    def __init__(self, model: Any, effective: Any, beta: float, clusters: int = 1) -> None:
        self.shape = model.lattice.shape
        self.terms = model.coupling, model.plaquette, model.field
        self.effective = tuple(map(float, effective))
        self.beta, self.clusters = beta, clusters
        sizes = {abs(j) for j in self.effective if j != 0.0}
        self.one_size = len(sizes) <= 1
        size = max(sizes, default=0.0)
        used = [size if self.one_size else abs(j) for j in self.effective]
        self.limit = [reference_clusters.bond_threshold(2.0 * beta * j) for j in used]

    def moved(self, site: int, step: tuple[int, int]) -> int:
        (rows, columns), (y, x) = self.shape, divmod(site, self.shape[1])
        return (y + step[0]) % rows * columns + (x + step[1]) % columns

    def around(self, site: int) -> list[tuple[int, int]]:
        """(range, neighbour) of every bond of the effective model at a site."""
        ranges = (n for n, j in enumerate(self.effective) if j != 0.0)
        return [(n, self.moved(site, step)) for n in ranges for step in AROUND[n]]

    def sums(self, states: list[int]) -> tuple[list[int], int, int]:
        """C_n, the sum over plaquettes and the magnetisation."""
        s = [2 * state - 1 for state in states]
        sites = range(len(s))
        pairs = [sum(s[i] * s[self.moved(i, d)] for i in sites for d in half) for half in HALF]
        corners = ((0, 0), (0, 1), (1, 0), (1, 1))
        plaquettes = sum(math.prod(s[self.moved(i, d)] for d in corners) for i in sites)
        return pairs, plaquettes, sum(s)

    def cost(self, old: list[int], new: list[int]) -> float:
        """Change of E - E_eff, in the order of operations of the engine."""
        (pairs, plaquettes, spin), (pairs_, plaquettes_, spin_) = self.sums(old), self.sums(new)
        coupling, plaquette, field = self.terms
        first, second, third = (*self.effective, 0.0, 0.0)[:3]
        result = (first - coupling) * (pairs_[0] - pairs[0])
        result += second * (pairs_[1] - pairs[1])
        result += third * (pairs_[2] - pairs[2])
        result -= plaquette * (plaquettes_ - plaquettes)
        return float(result - field * (spin_ - spin))

    def step(self, states: list[int], key: reference_clusters.Key) -> tuple[list[int], int, bool]:
        """The new states, the sum of the clusters' sizes, and whether they were accepted."""
        tries = reference_clusters.Tries(self, key, STREAM)
        new, proposed = list(states), 0
        for cluster in range(self.clusters):
            block = key.block(STREAM, cluster, reference_clusters.DECISION)
            first = reference_clusters.uniform(block[0], block[1])
            queue = [reference_clusters.scaled(first, len(states))]
            for site in queue:
                bonds = self.around(site)
                for (n, other), on in zip(bonds, tries.take(bonds), strict=True):
                    likes = (new[site] == new[other]) == (self.effective[n] > 0)
                    if on and likes and other not in queue:
                        queue.append(other)
            for site in queue:
                new[site] ^= 1
            proposed += len(queue)
        block = key.block(STREAM, 0, reference_clusters.DECISION)
        drive = self.beta * self.cost(states, new)
        _, p = reference.probability("metropolis", 1, drive)
        accepted = reference_clusters.uniform(block[2], block[3]) <= reference.threshold(p)
        return (new if accepted else list(states)), proposed, accepted


def all_spins(sites: int) -> np.ndarray:
    """Every state, (2^n, n) of -1 and 1; bit i of its number is site i."""
    return 2 * (np.arange(2**sites)[:, None] >> np.arange(sites) & 1) - 1


def wolff_matrix(oracle: Oracle, beta: float) -> np.ndarray:
    """P[s, s'] of one cluster of the effective model.

    The chance that the active bonds join a set of sites around its root to one cluster is 1 less
    that of all smaller clusters of the root: of those the bonds to the rest of the set are off.
    """
    rows, columns = oracle.shape
    n = rows * columns
    spins = all_spins(n)
    off = np.ones((n, n, len(spins)))  # chance that no bond between two sites is active
    for i in range(n):
        bonds = zip(oracle.effective, HALF, strict=False)
        for coupling, step in ((coupling, step) for coupling, half in bonds for step in half):
            j = oracle.moved(i, step)
            likes = coupling * spins[:, i] * spins[:, j] > 0
            p = np.where(likes, math.exp(-2.0 * beta * abs(coupling)), 1.0)
            off[i, j] *= p
            if i != j:
                off[j, i] *= p

    def between(inside: tuple[int, ...], outside: tuple[int, ...]) -> np.ndarray:
        product = np.ones(len(spins))
        for i, j in itertools.product(inside, outside):
            product = product * off[i, j]
        return product

    numbers = np.arange(2**n)
    matrix = np.zeros((2**n, 2**n))
    for root in range(n):
        joined: dict[frozenset[int], np.ndarray] = {}
        others = [i for i in range(n) if i != root]
        for size in range(n):
            for more in itertools.combinations(others, size):
                members = frozenset((root, *more))
                rest = np.zeros(len(spins))
                for fewer in range(size):
                    for some in itertools.combinations(more, fewer):
                        smaller = frozenset((root, *some))
                        missing = tuple(members - smaller)
                        rest += joined[smaller] * between(tuple(smaller), missing)
                joined[members] = 1.0 - rest
                alone = between(tuple(members), tuple(set(range(n)) - members))
                flipped = numbers ^ sum(1 << i for i in members)
                matrix[numbers, flipped] += joined[members] * alone / n
    return matrix


def transition_matrix(oracle: Oracle, fault: str | None = None) -> np.ndarray:
    """P[s, s'] of one proposal. Faults: "no test" accepts all; "beta" grows at one 5 % too high."""
    wolff = wolff_matrix(oracle, oracle.beta * (1.05 if fault == "beta" else 1.0))
    proposal = np.linalg.matrix_power(wolff, oracle.clusters)
    if fault == "no test":
        return proposal
    lists = ((1 + all_spins(math.prod(oracle.shape))) // 2).tolist()
    zero = lists[0]
    excess = np.array([oracle.cost(zero, states) for states in lists])  # E - E_eff, to a constant
    accept = np.exp(-oracle.beta * np.maximum(excess[None, :] - excess[:, None], 0.0))
    matrix = proposal * accept
    matrix[np.diag_indices_from(matrix)] += 1.0 - matrix.sum(axis=1)
    return matrix


def boltzmann(model: Any, beta: float) -> np.ndarray:
    spins = all_spins(model.lattice.n_sites).reshape(-1, *model.lattice.shape)
    energy = model.energy(spins)
    weights = np.exp(-beta * (energy - energy.min()))
    return weights / weights.sum()
