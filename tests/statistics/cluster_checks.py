"""Checks of cluster updates: exact transition matrices, and a slow sampler with planted faults.

Everything goes back to the joint model of spins and bonds (Fortuin and Kasteleyn, Physica 57 (1972)
536; Edwards and Sokal, Phys. Rev. D 38 (1988) 2009): bonds between spins that like each other are
active with probability 1 - exp(-2 beta |J|), Potts 1 - exp(-beta J), and the clusters that they
make are flipped. A model of a few sites has few enough sets of active bonds to sum over them all.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import checks
import kadanoff as kd

FAULTS = {
    "beta": "bonds are active as often as at a beta 2 % too large",
    "unsatisfied": "bonds join spins that do not like each other",
    "field": "half of the clusters are flipped, or all, whatever the field",
    "shared": "all clusters of a sweep are flipped or none",
}

Model = Any


class System:
    """What the updates need to know of a model; spins are 0 and 1 (up), or Potts states."""

    def __init__(self, model: Model) -> None:
        lattice = model.lattice
        self.ends = np.asarray(lattice.bonds)
        self.n = lattice.n_sites
        self.coupling = np.broadcast_to(model.coupling, len(self.ends)).astype(float)
        self.potts = isinstance(model, kd.Potts)
        self.q = model.q if self.potts else 2
        field = 0.0 if self.potts else model.field
        self.field = np.broadcast_to(np.ravel(field), self.n).astype(float)

    def satisfied(self, states: np.ndarray) -> np.ndarray:
        """Whether the spins of each bond like each other, (state, bond)."""
        equal = states[:, self.ends[:, 0]] == states[:, self.ends[:, 1]]
        return np.where(self.coupling < 0, ~equal, equal) & (self.coupling != 0)

    def active(self, beta: float, fault: str | None = None) -> np.ndarray:
        """Probability of each bond to be active if satisfied."""
        if fault == "beta":
            beta = 1.02 * beta
        return -np.expm1(-(1 if self.potts else 2) * beta * np.abs(self.coupling))

    def states(self) -> np.ndarray:
        """Every state, (q^n, n); digit i of its number is site i."""
        return np.arange(self.q**self.n)[:, None] // self.q ** np.arange(self.n) % self.q

    def numbers(self, spins: np.ndarray) -> np.ndarray:
        """The number of the state of each replica, from a sampler's spins."""
        flat = spins.reshape(len(spins), -1).astype(np.int64)
        return (flat if self.potts else (flat > 0)) @ self.q ** np.arange(self.n)

    def spins(self, states: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        values = states.astype(np.uint8) if self.potts else (2 * states - 1).astype(np.int8)
        return values.reshape(len(states), *shape)

    def energies(self) -> np.ndarray:
        states = self.states()
        equal = states[:, self.ends[:, 0]] == states[:, self.ends[:, 1]]
        signs = equal if self.potts else 2 * equal - 1
        field = 0.0 if self.potts else (2 * states - 1) @ self.field
        return -(signs @ self.coupling) - field

    def boltzmann(self, beta: float) -> np.ndarray:
        energies = self.energies()
        weights = np.exp(-beta * (energies - energies.min()))
        return weights / weights.sum()


def clusters_of(n: int, ends: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """The sites of each cluster that these bonds make."""
    label = list(range(n))
    for i, j in ends:
        old, new = label[i], label[j]
        label = [new if k == old else k for k in label]
    return tuple(tuple(i for i in range(n) if label[i] == k) for k in sorted(set(label)))


def partitions(system: System, beta: float) -> dict[tuple[tuple[int, ...], ...], np.ndarray]:
    """The probability, from each state, that the active bonds make these clusters."""
    satisfied, p = system.satisfied(system.states()), system.active(beta)
    found: dict[Any, np.ndarray] = {}
    for chosen in itertools.product((False, True), repeat=len(system.ends)):
        on = np.array(chosen)
        weight = np.where(on, satisfied * p, 1 - satisfied * p).prod(axis=1)
        key = clusters_of(system.n, system.ends[on])
        found[key] = found.get(key, 0.0) + weight
    return found


def swendsen_wang_matrix(model: Model, beta: float) -> np.ndarray:
    """P[s, s'] of one Swendsen-Wang sweep."""
    system = System(model)
    states = system.states()
    matrix = np.zeros((len(states), len(states)))
    place = system.q ** np.arange(system.n)
    index = np.arange(len(states))
    for clusters, weight in partitions(system, beta).items():
        masks = [sum(place[i] for i in cluster) for cluster in clusters]
        if system.potts:
            for new in itertools.product(range(system.q), repeat=len(clusters)):
                matrix[:, np.dot(new, masks)] += weight / system.q ** len(clusters)
            continue
        sums = [(2 * states[:, c] - 1) @ system.field[list(c)] for c in clusters]
        flip = [1 / (1 + np.exp(2 * beta * h)) for h in sums]
        for chosen in itertools.product((False, True), repeat=len(clusters)):
            p = weight * np.prod(
                [f if on else 1 - f for f, on in zip(flip, chosen, strict=True)], axis=0
            )
            # Sites change together: the number of the state is XORed with those of the clusters.
            matrix[index, index ^ sum(m for m, on in zip(masks, chosen, strict=True) if on)] += p
    return matrix


def wolff_matrix(model: Model, beta: float) -> np.ndarray:
    """P[s, s'] of one Wolff cluster."""
    system = System(model)
    states = system.states()
    matrix = np.zeros((len(states), len(states)))
    place = system.q ** np.arange(system.n)
    index = np.arange(len(states))
    for clusters, weight in partitions(system, beta).items():
        for cluster in clusters:
            mask, chosen = sum(place[i] for i in cluster), weight * len(cluster) / system.n
            if system.potts:
                old = states[:, cluster[0]]
                for step in range(1, system.q):
                    new = (old + step) % system.q
                    # Where the cluster's states differ its probability is 0.
                    at = np.where(chosen > 0, index + (new - old) * mask, index)
                    matrix[index, at] += chosen / (system.q - 1)
                continue
            cost = 2 * (2 * states[:, cluster] - 1) @ system.field[list(cluster)]
            accept = np.minimum(1.0, np.exp(-beta * cost))
            matrix[index, index ^ mask] += chosen * accept
            matrix[index, index] += chosen * (1 - accept)
    return matrix


MATRICES = {"swendsen-wang": swendsen_wang_matrix, "wolff": wolff_matrix}


@functools.cache
def matrix_of(model: Model, update: str, beta: float) -> np.ndarray:
    return MATRICES[update](model, beta)


class SlowSampler:
    """Cluster updates by relabelling, all replicas at a time, with NumPy's random numbers."""

    def __init__(
        self,
        model: Model,
        beta: Any,
        update: str,
        replicas: int,
        seed: int,
        fault: str | None = None,
        start: str = "down",
        kernel: str = "",
    ) -> None:
        assert (start, kernel) == ("down", "")
        self.model, self.system, self.update, self.fault = model, System(model), update, fault
        self.beta = np.broadcast_to(np.asarray(beta, dtype=float), replicas)[:, None]
        self.rng = np.random.default_rng(seed)
        self.states = np.zeros((replicas, self.system.n), dtype=np.int64)
        self.last: dict[str, np.ndarray] = {}

    @property
    def spins(self) -> np.ndarray:
        return self.system.spins(self.states, self.model.lattice.shape)

    @spins.setter
    def spins(self, spins: np.ndarray) -> None:
        flat = spins.reshape(len(spins), -1).astype(np.int64)
        self.states = flat if self.system.potts else (flat > 0).astype(np.int64)

    def labels(self) -> np.ndarray:
        """The smallest site of each site's cluster, (replica, site)."""
        system = self.system
        p = np.stack([system.active(b, self.fault) for b in self.beta[:, 0]])
        on = self.rng.random(p.shape) < p
        if self.fault != "unsatisfied":
            on &= system.satisfied(self.states)
        label = np.broadcast_to(np.arange(system.n), self.states.shape).copy()
        while True:
            before = label.copy()
            for b, (i, j) in enumerate(system.ends):
                least = np.minimum(label[:, i], label[:, j])
                label[:, i] = np.where(on[:, b], least, label[:, i])
                label[:, j] = np.where(on[:, b], least, label[:, j])
            if (label == before).all():
                return label

    def run(self, sweeps: int) -> None:
        for _ in range(sweeps):
            label = self.labels()
            member = label[:, :, None] == np.arange(self.system.n)  # (replica, site, cluster)
            spins = 2 * self.states - 1
            sums = ((spins * self.system.field)[:, :, None] * member).sum(axis=1)
            moments = (spins[:, :, None] * member).sum(axis=1)
            size = member.sum(axis=1)
            self._measure(label, moments, size)
            chosen = self._choose(sums, label)
            self.states = self._changed(np.take_along_axis(chosen, label, axis=1))

    def _choose(self, sums: np.ndarray, label: np.ndarray) -> np.ndarray:
        """Which clusters, named by their first sites, are to change."""
        u = self.rng.random(sums.shape)
        field = 0.0 if self.fault == "field" else sums
        if self.update == "swendsen-wang":
            if self.fault == "shared":
                u[:] = u[:, :1]
            return u < 1 / (1 + np.exp(2 * self.beta * field)) if not self.system.potts else u >= 0
        seed = label[np.arange(len(label)), self.rng.integers(self.system.n, size=len(label))]
        accept = u < np.minimum(1, np.exp(-2 * self.beta * field))
        return accept & (np.arange(self.system.n) == seed[:, None])

    def _changed(self, chosen: np.ndarray) -> np.ndarray:
        if not self.system.potts:
            return self.states ^ chosen
        raise NotImplementedError("the slow sampler is for Ising models")

    def _measure(self, label: np.ndarray, moments: np.ndarray, size: np.ndarray) -> None:
        n, m2 = self.system.n, (moments**2).sum(axis=1).astype(float)
        self.last = {
            "cluster_size": (size.astype(float) ** 2).sum(axis=1) / n,
            "improved_magnetization_squared": m2 / n**2,
            "improved_magnetization_fourth": (3 * m2**2 - 2 * (moments**4).sum(axis=1)) / n**4,
        }

    def sample(self, draws: int, every: int = 1) -> dict[str, np.ndarray]:
        energies = self.system.energies() if self.system.n <= 16 else None
        assert energies is not None
        place = 2 ** np.arange(self.system.n)
        series: dict[str, list[np.ndarray]] = {}
        for _ in range(draws):
            self.run(every)
            now = {
                "energy": energies[self.states @ place] / self.system.n,
                "magnetization": (2 * self.states - 1).mean(axis=1),
                **self.last,
            }
            for name, values in now.items():
                series.setdefault(name, []).append(values)
        return {name: np.stack(values, axis=1) for name, values in series.items()}


def check_transitions(
    make: Callable[..., Any],
    model: Model,
    update: str,
    beta: float = 0.4,
    kernel: str = "",
    replicas_per_state: int = 40,
    sweeps: int = 100,
) -> float:
    """Chi-square of what one sweep does to every state, against the exact transition matrix."""
    system = System(model)
    states = system.states()
    start = np.repeat(system.spins(states, model.lattice.shape), replicas_per_state, axis=0)
    sampler = make(model, beta, update, len(start), seed=checks.SEED, start="down", kernel=kernel)
    number = np.repeat(np.arange(len(states)), replicas_per_state)
    size = len(states)
    counts = np.zeros(size * size, dtype=np.int64)
    for _ in range(sweeps):
        sampler.spins = start
        sampler.run(1)
        counts += np.bincount(number * size + system.numbers(sampler.spins), minlength=size * size)
    expected = replicas_per_state * sweeps * matrix_of(model, update, beta)
    return checks.chi_square(f"one {update} of {model!r}", counts.reshape(size, size), expected)


EXACT = {
    "improved_magnetization_squared": "magnetization_squared",
    "improved_magnetization_fourth": "magnetization_fourth",
}


def check_enumeration(
    make: Callable[..., Any],
    model: Model,
    update: str,
    betas: tuple[float, ...] = (0.3, 0.44),
    kernel: str = "",
    replicas: int = 2000,
    thermalise: int = 100,
    draws: int = 4,
    every: int = 5,
) -> list[checks.Comparison]:
    """Energy, moments, and improved moments against the sum over all states."""
    sampler = make(
        model,
        np.repeat(betas, replicas),
        update,
        len(betas) * replicas,
        seed=checks.SEED,
        start="down",
        kernel=kernel,
    )
    # Cold Wolff clusters turn almost all spins, every time: two equal starts stay in step.
    states = np.random.default_rng(checks.SEED).integers(
        System(model).q, size=(len(betas) * replicas, model.lattice.n_sites)
    )
    sampler.spins = System(model).spins(states, model.lattice.shape)
    sampler.run(thermalise)
    run = sampler.sample(draws=draws, every=every)
    m = run["magnetization"]
    series = {
        "energy": run["energy"],
        "magnetization": m,
        "abs_magnetization": np.abs(m),
        "magnetization_squared": m**2,
        "magnetization_fourth": m**4,
    }
    has_field = System(model).field.any()
    if update == "swendsen-wang" and isinstance(model, kd.Ising) and not has_field:
        series |= {name: run[name] for name in EXACT}
    elif make is kd.Sampler:
        assert not set(EXACT) & set(run)
    exact = kd.exact.enumerate(model, list(betas))
    return checks.require(
        [
            checks.compare(
                name,
                beta,
                values.mean(axis=1).reshape(-1, replicas)[i],
                float(getattr(exact, EXACT.get(name, name))[i]),
            )
            for name, values in series.items()
            for i, beta in enumerate(betas)
        ]
    )
