"""A slow oracle of the cluster updates' trajectory, one replica at a time, from the contract alone.

Spins are 0 and 1 (up), or Potts states. Clusters are found by relabelling, Wolff's by a loop over
its queue; thresholds come from mpmath and random numbers from `reference`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

import reference

BONDS, FLIPS, WOLFF = (
    reference.STREAMS[name] for name in ("swendsen_wang_bonds", "swendsen_wang_flips", "wolff")
)
LANES, PLANES = 16, 14
TIE, DECISION = 254, 255


@dataclass(frozen=True)
class Key:
    """Where the random numbers of one sweep of one replica come from."""

    seed: int
    sweep: int
    replica: int

    def block(self, stream: int, group: Any, slot: Any, sublattice: int = 0) -> np.ndarray:
        return reference.draw(self.seed, self.sweep, self.replica, stream, sublattice, group, slot)

    def words(self, stream: int, stripe: int, count: int, sublattice: int = 0) -> np.ndarray:
        """The words of each lane of a stripe, (count, lane)."""
        seeds = self.block(stream, stripe * LANES + np.arange(LANES), 0, sublattice)
        return reference.xoshiro128pp(seeds.astype(np.uint32), count).T


def top_bits(key: Key, stream: int, bit: int, sublattice: int = 0) -> int:
    """The first 14 bits of the 64-bit number of one bit of a string."""
    word, place = divmod(bit, 32)
    vector, lane = divmod(word, LANES)
    stripe, row = divmod(vector, 16)
    planes = _stripe(key, stream, stripe, 16 * PLANES, sublattice)[row * PLANES :, lane][:PLANES]
    return int("".join(str(int(plane) >> place & 1) for plane in planes), 2)


def accept_bit(key: Key, stream: int, limit: int, bit: int, sublattice: int = 0) -> bool:
    """Whether that number is at most the threshold."""
    word, place = divmod(bit, 32)
    top = top_bits(key, stream, bit, sublattice)
    if top != limit >> (64 - PLANES):
        return top < limit >> (64 - PLANES)
    block = key.block(stream, word, 1 + place // 2, sublattice)
    low, high = block[:2] if place % 2 == 0 else block[2:]
    mask = 2 ** (64 - PLANES) - 1
    return (int(high) << 32 | int(low)) & mask <= limit & mask


def accept_number(key: Key, stream: int, limit: int, index: int, sublattice: int = 0) -> bool:
    """The same of a number of its own."""
    top = string_word(key, stream, index, sublattice)
    if top != limit >> 32:
        return top < limit >> 32
    return int(key.block(stream, index, TIE, sublattice)[0]) <= limit % 2**32


def string_word(key: Key, stream: int, index: int, sublattice: int = 0) -> int:
    vector, lane = divmod(index, LANES)
    stripe, row = divmod(vector, 64)
    return int(_stripe(key, stream, stripe, 64, sublattice)[row, lane])


_STRIPES: dict[Any, np.ndarray] = {}


def _stripe(key: Key, stream: int, stripe: int, count: int, sublattice: int) -> np.ndarray:
    name = key, stream, stripe, count, sublattice
    if name not in _STRIPES:
        _STRIPES[name] = key.words(stream, stripe, count, sublattice)
    return _STRIPES[name]


def uniform(low: Any, high: Any) -> int:
    return int(high) << 32 | int(low)


class System:
    """A model at one temperature. `kernel` is "cluster-rows" or "cluster-graph"."""

    def __init__(self, model: Any, beta: float, kernel: str) -> None:
        lattice = model.lattice
        self.n, self.ends = lattice.n_sites, np.asarray(lattice.bonds)
        self.q = getattr(model, "q", 0)
        self.beta = beta
        self.coupling = np.broadcast_to(model.coupling, len(self.ends)).astype(float)
        field = 0.0 if self.q else model.field
        self.field = np.broadcast_to(np.ravel(field), self.n).astype(float)
        self.uniform_field = np.ndim(field) == 0
        sizes = set(np.abs(self.coupling[self.coupling != 0]).tolist())
        self.one_size = len(sizes) <= 1
        scale = 1.0 if self.q else 2.0
        size = sizes.pop() if len(sizes) == 1 else 0.0
        used = np.full(len(self.ends), size) if self.one_size else np.abs(self.coupling)
        self.limit = [bond_threshold(scale * beta * j) for j in used.tolist()]
        self.places(lattice, kernel)

    def places(self, lattice: Any, kernel: str) -> None:
        """Positions of the bonds and of the sites in the strings of random bits."""
        self.bond_place, self.site_place = np.arange(len(self.ends)), np.arange(self.n)
        if kernel == "cluster-graph":
            return
        columns = lattice.shape[-1]
        words = -(-columns // 64)
        row, x = np.divmod(np.arange(self.n), columns)
        self.site_place = row * words * 64 + x
        families = {"chain": 1, "triangular": 3}.get(lattice.name, len(lattice.shape))
        family = np.array(self.families(lattice, families))
        first = self.ends[:, 0]
        word = (self.site_place[first] // 64) * families + family
        self.bond_place = word * 64 + x[first] % 64

    def families(self, lattice: Any, families: int) -> list[int]:
        """Which of a site's bonds each one is: those across an open end are missing."""
        steps = {
            "triangular": [(0, 1), (1, 0), (1, 1)],
        }.get(lattice.name)
        if steps is None:
            steps = [tuple(int(a == axis) for a in range(families)) for axis in range(families)]
            steps.reverse()
        result = []
        for site in range(self.n):
            at = np.unravel_index(site, lattice.shape)
            for k, step in enumerate(steps):
                ends = zip(at, step, lattice.shape, lattice.periodic, strict=True)
                if all(p or not s or a + s < extent for a, s, extent, p in ends):
                    result.append(k)
        return result

    def likes(self, states: list[int], b: int) -> bool:
        i, j = self.ends[b]
        return self.coupling[b] != 0 and (states[i] == states[j]) == (self.coupling[b] > 0)

    def swendsen_wang(self, states: list[int], key: Key) -> tuple[list[int], list[list[int]]]:
        """The new states and the clusters."""
        label = list(range(self.n))
        members = [[i] for i in range(self.n)]
        for b, (i, j) in enumerate(self.ends.tolist()):
            if not self.likes(states, b):
                continue
            accept = accept_bit if self.one_size else accept_number
            if not accept(key, BONDS, self.limit[b], int(self.bond_place[b])):
                continue
            low, high = sorted((label[i], label[j]))
            if low != high:
                for site in members[high]:
                    label[site] = low
                members[low] += members[high]
                members[high] = []
        clusters = [sorted(sites) for sites in members if sites]
        new = list(states)
        for sites in clusters:
            change = self.change(states, sites, key)
            for site in sites:
                new[site] ^= change
        return new, clusters

    def change(self, states: list[int], sites: list[int], key: Key) -> int:
        first = sites[0]
        if not self.q and not self.field.any():
            place = int(self.site_place[first])
            return string_word(key, FLIPS, place // 32) >> place % 32 & 1
        block = key.block(FLIPS, first, DECISION)
        u = uniform(block[0], block[1])
        if self.q:
            return states[first] ^ scaled(u, self.q)
        if self.uniform_field:
            total = float(self.field[0]) * sum(2 * states[i] - 1 for i in sites)
        else:
            total = 0.0
            for i in sites:
                total += float(self.field[i]) * (2 * states[i] - 1)
        base, p = reference.probability("heatbath", 1, -2.0 * self.beta * total)
        return int(base != (u <= reference.threshold(p)))

    def wolff(self, states: list[int], key: Key) -> tuple[list[int], list[int]]:
        """The new states and the sites of the cluster."""
        block = key.block(WOLFF, 0, DECISION)
        queue = [scaled(uniform(block[0], block[1]), self.n)]
        tries = Tries(self, key)
        for site in queue:
            ends = [
                (b, int(self.ends[b].sum()) - site)
                for b in self.around(site)
                if self.coupling[b] != 0
            ]
            for first in range(0, len(ends), 32):
                batch = ends[first : first + 32]
                for (b, other), accepted in zip(batch, tries.take(batch), strict=True):
                    if accepted and other not in queue and self.likes(states, b):
                        queue.append(other)
        new = list(states)
        u = uniform(block[2], block[3])
        if self.q:
            old = states[queue[0]]
            change = old ^ (old + 1 + scaled(u, self.q - 1)) % self.q
        else:
            total = 0.0
            for i in queue:
                total += float(self.field[i]) * (2 * states[i] - 1)
            _, p = reference.probability("metropolis", 1, 2.0 * self.beta * total)
            change = int(not self.field.any() or u <= reference.threshold(p))
        for site in queue:
            new[site] ^= change
        return new, queue

    def around(self, site: int) -> list[int]:
        """Bonds of a site in their order; one that leads back to the site itself comes twice."""
        found = []
        for b, (i, j) in enumerate(self.ends.tolist()):
            found += [b] * ((i == site) + (j == site))
        return found


class Tries:
    """The accepted bonds of a Wolff cluster, in the order in which they are tried."""

    def __init__(self, system: Any, key: Key, stream: int = WOLFF) -> None:
        self.system, self.key, self.stream = system, key, stream
        self.at, self.sublattice = 0, 0
        unit = 32 * LANES if system.one_size else LANES
        self.end, self.stripe = unit * (1 if system.one_size else 4), 0
        self.longest = unit * (16 if system.one_size else 64)

    def take(self, batch: list[tuple[int, int]]) -> list[bool]:
        if self.at + len(batch) > self.end:
            base = self.stripe * self.longest
            self.at, self.end, self.sublattice = base, base + self.longest, 1
            self.stripe += 1
        accept = accept_bit if self.system.one_size else accept_number
        first, self.at = self.at, self.at + len(batch)
        return [
            accept(self.key, self.stream, self.system.limit[b], first + k, self.sublattice)
            for k, (b, _) in enumerate(batch)
        ]


def scaled(u: int, count: int) -> int:
    """floor(u count / 2^64)."""
    return u * count >> 64


def bond_threshold(exponent: float) -> int:
    with mpmath.workprec(200):
        return reference.threshold(1 - mpmath.exp(-mpmath.mpf(exponent)))
