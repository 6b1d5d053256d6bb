"""Parallel tempering of tiny systems in slow NumPy: exact transition matrices, and planted faults.

A state of all temperatures is numbered by the states at each of them, the first the most
significant digit; a state of one system as `checks.all_states` numbers it.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

import checks
import reference

FAULTS = {
    "sign": "the exponent of the acceptance has the opposite sign",
    "per-site": "energies are per site",
    "ratio": "the ratio of the betas takes the place of their difference",
    "stale": "even and odd pairs swap in one round by the energies at its start",
    "always": "every swap is accepted",
}
CLUSTER_FAULTS = {
    "not undone": "the copy that is turned over for the move stays so",
    "wrong q": "sites where the copies agree are taken, whatever the field",
    "one copy": "only one of the copies changes",
}


def energies(model: Any, states: np.ndarray) -> np.ndarray:
    """Total energy of states (..., *shape), bond by bond."""
    flat = states.reshape(-1, model.lattice.n_sites).astype(float)
    pairs = flat[:, model.lattice.bonds[:, 0]] * flat[:, model.lattice.bonds[:, 1]]
    total = -(pairs * model.coupling).sum(axis=1) - (flat * model.field).sum(axis=1)
    return total.reshape(states.shape[: states.ndim - len(model.lattice.shape)])


def acceptance(model: Any, betas: tuple[float, float], levels: tuple[Any, Any], fault: str | None):
    """Probability to swap systems of these betas and total energies; they broadcast."""
    (b, c), (e, f) = betas, levels
    exponent = (b - c) * (e - f)
    if fault == "sign":
        exponent = -exponent
    elif fault == "per-site":
        exponent = exponent / model.lattice.n_sites
    elif fault == "ratio":
        exponent = (b / c - 1) * (e - f)
    elif fault == "always":
        exponent = 0 * exponent
    return np.exp(np.minimum(exponent, 0.0))


def boltzmann(model: Any, beta: float) -> np.ndarray:
    """Equilibrium probability of every state of one system."""
    weights = np.exp(-beta * energies(model, checks.all_states(model.lattice.shape)))
    return weights / weights.sum()


def product_distribution(model: Any, betas: tuple[float, ...]) -> np.ndarray:
    """Equilibrium probability of every state of all temperatures."""
    result = np.ones(1)
    for beta in betas:
        result = np.kron(result, boltzmann(model, beta))
    return result


def heat_bath_matrix(model: Any, beta: float) -> np.ndarray:
    """P[s, s'] of a sweep of one system: colour by colour, its sites one by one."""
    states = checks.all_states(model.lattice.shape)
    number = np.arange(len(states))
    level = energies(model, states)
    result = np.eye(len(states))
    for site in np.argsort(model.lattice.colouring, kind="stable"):
        up, down = number | 1 << site, number & ~(1 << site)
        p = 1 / (1 + np.exp(beta * (level[up] - level[down])))
        step = np.zeros_like(result)
        step[number, up], step[number, down] = p, 1 - p
        result = result @ step
    return result


def sweep_matrix(model: Any, betas: tuple[float, ...]) -> np.ndarray:
    """P of a sweep of all temperatures."""
    result = np.ones((1, 1))
    for beta in betas:
        result = np.kron(result, heat_bath_matrix(model, beta))
    return result


def pairs_of(count: int, parity: int) -> list[int]:
    """The first temperature of each pair that tries to swap."""
    return list(range(parity, count - 1, 2))


def swap_matrix(
    model: Any, betas: tuple[float, ...], parity: int, fault: str | None = None
) -> np.ndarray:
    """P of the swaps of a round: states move between temperatures."""
    level = energies(model, checks.all_states(model.lattice.shape))
    size, count = len(level), len(betas)
    pairs = [*pairs_of(count, 0), *pairs_of(count, 1)] if fault == "stale" else None
    result = np.zeros((size**count, size**count))
    for number, state in enumerate(itertools.product(range(size), repeat=count)):
        # What was drawn of a round so far: the states, and the energies that the swaps go by.
        branches = [(1.0, list(state), [level[s] for s in state])]
        for i in pairs or pairs_of(count, parity):
            grown = []
            for weight, now, seen in branches:
                p = acceptance(model, betas[i : i + 2], (seen[i], seen[i + 1]), fault)
                other, known = now.copy(), seen.copy()
                other[i], other[i + 1] = now[i + 1], now[i]
                if fault != "stale":
                    known[i], known[i + 1] = seen[i + 1], seen[i]
                grown += [(weight * p, other, known), (weight * (1 - p), now, seen)]
            branches = grown
        for weight, now, _ in branches:
            result[number, int(np.ravel_multi_index(now, (size,) * count))] += weight
    return result


def permuted_swap_matrix(model: Any, betas: tuple[float, ...], parity: int) -> np.ndarray:
    """P of the swaps of a round on (temperature of each walker, state of each walker): temperatures
    move between walkers."""
    level = energies(model, checks.all_states(model.lattice.shape))
    size, count = len(level), len(betas)
    orders = list(itertools.permutations(range(count)))
    block = size**count
    result = np.zeros((len(orders) * block, len(orders) * block))
    for o, order in enumerate(orders):
        for number, state in enumerate(itertools.product(range(size), repeat=count)):
            branches = [(1.0, order)]
            for i in pairs_of(count, parity):
                grown = []
                for weight, now in branches:
                    a, b = now.index(i), now.index(i + 1)
                    p = acceptance(
                        model, betas[i : i + 2], (level[state[a]], level[state[b]]), None
                    )
                    other = list(now)
                    other[a], other[b] = i + 1, i
                    grown += [(weight * p, tuple(other)), (weight * (1 - p), now)]
                branches = grown
            for weight, now in branches:
                result[o * block + number, orders.index(now) * block + number] += weight
    return result


def permuted_distribution(model: Any, betas: tuple[float, ...]) -> np.ndarray:
    """Equilibrium of `permuted_swap_matrix`: every order of the walkers equally often."""
    orders = list(itertools.permutations(range(len(betas))))
    parts = [product_distribution(model, tuple(betas[t] for t in order)) for order in orders]
    return np.concatenate(parts) / len(orders)


class Tempering:
    """`kadanoff.ParallelTempering` of tiny systems, or with a planted fault: one of FAULTS."""

    def __init__(
        self,
        model: Any,
        betas: tuple[float, ...],
        replicas: int,
        seed: int,
        fault: str | None = None,
    ) -> None:
        self.model, self.betas, self.fault = model, betas, fault
        self.rng = np.random.default_rng(seed)
        self.sweeps = [heat_bath_matrix(model, beta).cumsum(axis=1) for beta in betas]
        self.level = energies(model, checks.all_states(model.lattice.shape))
        self.numbers = np.zeros((len(betas), replicas), dtype=np.int64)
        self.sweep = 0

    @property
    def spins(self) -> np.ndarray:
        """Spins in temperature order, (n_betas, replicas, *shape); assignable."""
        return checks.all_states(self.model.lattice.shape)[self.numbers]

    @spins.setter
    def spins(self, spins: np.ndarray) -> None:
        flat = spins.reshape(-1, *self.model.lattice.shape)
        self.numbers = checks.state_numbers(flat).reshape(self.numbers.shape)

    def run(self, sweeps: int) -> None:
        for _ in range(sweeps):
            for t, cumulated in enumerate(self.sweeps):
                u = self.rng.random((self.numbers.shape[1], 1))
                self.numbers[t] = (u > cumulated[self.numbers[t]]).sum(axis=1)
            self.exchange(self.sweep)
            self.sweep += 1

    def exchange(self, round_: int) -> None:
        count = len(self.betas)
        both = self.fault == "stale"
        pairs = pairs_of(count, 0) + pairs_of(count, 1) if both else pairs_of(count, round_ % 2)
        seen = self.level[self.numbers]
        for i in pairs:
            p = acceptance(self.model, self.betas[i : i + 2], (seen[i], seen[i + 1]), self.fault)
            swap = self.rng.random(len(p)) < p
            self.numbers[i : i + 2, swap] = self.numbers[i : i + 2, swap][::-1]


def predicted_swaps(
    order: np.ndarray, energy: np.ndarray, betas: np.ndarray, seed: int, round_: int
) -> np.ndarray:
    """The walkers (temperature, copy) after the swaps of a round, by the contract.

    `order` are those before it, `energy` the total energies in the same order.
    """
    order, energy = order.copy(), energy.copy()
    for copy in range(order.shape[1]):
        for i in pairs_of(len(betas), round_ % 2):
            drive = (betas[i] - betas[i + 1]) * (energy[i, copy] - energy[i + 1, copy])
            block = reference.draw(seed, round_, copy, reference.STREAMS["replica_swap"], 0, i, 0)
            u = int(block[0]) | int(block[1]) << 32
            _, p = reference.probability("metropolis", 1, -drive)
            if drive >= 0 or u <= reference.threshold(p):
                order[[i, i + 1], copy] = order[[i + 1, i], copy]
                energy[[i, i + 1], copy] = energy[[i + 1, i], copy]
    return order


def cluster_labels(model: Any, taken: np.ndarray) -> np.ndarray:
    """Number of the cluster of each site, -1 of sites that are not `taken`."""
    i, j = model.lattice.bonds[taken[model.lattice.bonds].all(axis=1)].T
    size = len(taken)
    graph = csr_array((np.ones(len(i)), (i, j)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return np.where(taken, labels, -1)


def cluster_moves(
    model: Any, first: np.ndarray, second: np.ndarray, fault: str | None = None
) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """(probability, first, second) after an isoenergetic move of two flat copies.

    As the papers have it: exchange the copies on a cluster of sites where they differ; with more
    than half of these, and no field, turn one copy over first, and back afterwards.
    """
    turned = (first != second).sum() > len(first) / 2 and not np.any(model.field)
    a = -first if turned else first
    taken = a == second if fault == "wrong q" else a != second
    if not taken.any():
        return [(1.0, first, second)]
    labels = cluster_labels(model, taken)
    result = []
    for site in np.flatnonzero(taken):
        cluster = labels == labels[site]
        new_first, new_second = np.where(cluster, second, a), np.where(cluster, a, second)
        if fault == "wrong q":
            new_first, new_second = np.where(cluster, -a, a), np.where(cluster, -second, second)
        elif fault == "one copy":
            new_second = second
        if turned and fault != "not undone":
            new_first = -new_first
        result.append((1 / taken.sum(), new_first, new_second))
    return result


def predicted_clusters(model: Any, spins: np.ndarray, seed: int, round_: int) -> np.ndarray:
    """Spins (temperature, copy, site) after the cluster moves of a round, by the contract."""
    spins = spins.copy()
    stream = reference.STREAMS["isoenergetic_cluster"]
    for t, copies in enumerate(spins):
        order = list(range(len(copies)))
        for left in range(len(copies), 1, -1):
            word = int(reference.draw(seed, round_, t, stream, 0, left, 0)[1])
            chosen = word * left >> 32
            order[chosen], order[left - 1] = order[left - 1], order[chosen]
        for pair in range(len(copies) // 2):
            a, b = order[2 * pair], order[2 * pair + 1]
            block = reference.draw(seed, round_, t, stream, 1, pair, 0)
            moves = cluster_moves(model, copies[a], copies[b])
            u = int(block[0]) | int(block[1]) << 32
            _, copies[a], copies[b] = moves[u * len(moves) >> 64]
    return spins


def cluster_matrix(model: Any, fault: str | None = None) -> csr_array:
    """P of a cluster move on pairs of states, first * 2^n + second."""
    states = checks.all_states((model.lattice.n_sites,))
    size = len(states)
    powers = 1 << np.arange(model.lattice.n_sites)
    rows, columns, weights = [], [], []
    for a, b in itertools.product(range(size), repeat=2):
        for p, first, second in cluster_moves(model, states[a], states[b], fault):
            rows.append(a * size + b)
            columns.append((first > 0) @ powers * size + (second > 0) @ powers)
            weights.append(p)
    return csr_array((weights, (rows, columns)), shape=(size**2, size**2))
