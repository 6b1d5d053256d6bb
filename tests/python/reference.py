"""A slow oracle of the trajectory contract, written from the papers and nothing else.

Spins lie one per byte on the whole lattice, neighbours come from `np.roll`, thresholds from
mpmath, and every site gets its own 64-bit uniform integer. Nothing here is packed, masked or
bit-sliced, and nothing of the package is used but the description of the model. The contract::

    T = round(2^64 p) - 1                     at least 0
    new spin = base XOR (U <= T)              by (spin, number of up neighbours)

The top 14 bits of U are bit j of 14 successive words of a xoshiro128++ stream that one
Philox4x32-10 block seeds; the rest of U is the rest of a draw of its own. `Sampler(fault=...)`
plants a mistake, for the tests that must notice it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np

PLANES = 14
VECTOR_WORDS = 16
STRIPE_VECTORS = 16
STREAMS = {
    "heat_bath": 1,
    "heat_bath_tail": 2,
    "metropolis": 3,
    "metropolis_tail": 4,
    "initial_spins": 5,
    "initial_sign": 6,
    "packed_heat_bath": 7,
    "packed_heat_bath_tail": 8,
    "packed_metropolis": 9,
    "packed_metropolis_tail": 10,
    "site_order": 11,
    "plain_heat_bath": 12,
    "plain_metropolis": 13,
    "potts_heat_bath": 14,
    "potts_metropolis": 15,
    "wolff": 16,
    "swendsen_wang_bonds": 17,
    "swendsen_wang_flips": 18,
    "replica_swap": 19,
    "isoenergetic_cluster": 20,
    "resampling": 21,
    "table_heat_bath": 22,
    "table_heat_bath_tail": 23,
    "table_metropolis": 24,
    "table_metropolis_tail": 25,
    "dense_heat_bath": 26,
    "dense_metropolis": 27,
    "rbm_units": 28,
    "rbm_tail": 29,
    "rbm_start": 30,
    "rbm_swap": 33,
    "gaussian_rbm": 34,
    "layer_seeds": 35,
    "self_learning": 36,
    "machine_proposal": 37,
    "rbm_annealing": 31,
}
FAULTS = {
    "beta": "the thresholds are those of a beta 2 % too large",
    "stale": "the odd sublattice sees the even one as it was before this sweep",
    "shared-word": "two neighbouring words of spins share one random word",
    "field-sign": "the thresholds are those of the opposite field",
    "coupling-sign": "the thresholds are those of the opposite coupling",
    "plane": "the fourth bit of every threshold reads 0",
    "skipped": "the odd sublattice is never updated",
    "repeated-sweep": "every sweep draws the numbers of sweep 0",
    "shared-replica": "every replica draws the numbers of replica 0",
}
_MASK32 = np.uint64(0xFFFFFFFF)


def philox4x32(counter: Any, key: tuple[int, int]) -> np.ndarray:
    """Philox4x32-10 of Salmon et al. (SC11, 2011), uint64 (..., 4) of values below 2^32."""
    c0, c1, c2, c3 = np.moveaxis(np.asarray(counter, dtype=np.uint64), -1, 0)
    k0, k1 = key
    for _ in range(10):
        left, right = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0 = (right >> np.uint64(32)) ^ c1 ^ np.uint64(k0)
        c2 = (left >> np.uint64(32)) ^ c3 ^ np.uint64(k1)
        c1, c3 = right & _MASK32, left & _MASK32
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return np.stack([c0, c1, c2, c3], axis=-1)


def draw(seed: int, sweep: int, replica: Any, stream: int, sublattice: int, group: Any, slot: Any):
    """The block that belongs to one use of random numbers; replica, group and slot broadcast."""
    tag = sweep >> 32 << 24 | sublattice << 16 | np.asarray(slot, dtype=np.int64) << 8 | stream
    words = np.broadcast_arrays(group, sweep % 2**32, tag, replica)
    return philox4x32(np.stack(words, axis=-1), (seed % 2**32, seed >> 32))


def xoshiro128pp(state: Any, count: int) -> np.ndarray:
    """xoshiro128++ of Blackman and Vigna (ACM TOMS 47, 2021), uint32 (..., count)."""
    s0, s1, s2, s3 = np.moveaxis(np.array(state, dtype=np.uint32), -1, 0)
    words = np.empty((*s0.shape, count), dtype=np.uint32)
    for i in range(count):
        words[..., i] = _rotate(s0 + s3, 7) + s0
        t = s1 << np.uint32(9)
        s2 = s2 ^ s0
        s3 = s3 ^ s1
        s1 = s1 ^ s2
        s0 = s0 ^ s3
        s2 = s2 ^ t
        s3 = _rotate(s3, 11)
    return words


def _rotate(x: np.ndarray, k: int) -> np.ndarray:
    return (x << np.uint32(k)) | (x >> np.uint32(32 - k))


def probability(update: str, spin: int, drive: float) -> tuple[bool, mpmath.mpf]:
    """(base, p): the new spin is base XOR (true with probability p); drive is 2 beta h_local."""
    with mpmath.workprec(200):
        if update == "heatbath":
            weight = mpmath.exp(-abs(mpmath.mpf(drive)))
            return drive > 0, weight / (1 + weight)
        cost = mpmath.mpf(drive) * spin
        return spin > 0, mpmath.exp(-cost) if cost > 0 else mpmath.mpf(1)


def threshold(p: mpmath.mpf) -> int:
    """The T for which P(U <= T) is p, to the nearest multiple of 2^-64 and at least one of them."""
    with mpmath.workprec(200):
        return max(1, int(mpmath.floor(p * 2**64 + mpmath.mpf(1) / 2))) - 1


def local_drive(coupling: float, field: float, coordination: int, up: int, beta: float) -> float:
    """2 beta (J (2 up - z) + h) as the contract rounds it: the sum once, then the product once."""
    local = float(Fraction(coupling) * (2 * up - coordination) + Fraction(field))
    return 2.0 * beta * local


@cache
def decisions(update: str, coupling: float, field: float, coordination: int, beta: float) -> tuple:
    """(base, T) as arrays indexed by [spin is up, number of up neighbours]."""
    base = np.zeros((2, coordination + 1), dtype=bool)
    limit = np.zeros((2, coordination + 1), dtype=np.uint64)
    for spin in (-1, 1):
        for up in range(coordination + 1):
            drive = local_drive(coupling, field, coordination, up, beta)
            index = int(spin > 0), up
            base[index], p = probability(update, spin, drive)
            limit[index] = threshold(p)
    return base, limit


def count_up(spins: np.ndarray) -> np.ndarray:
    """Number of up neighbours of every site; spins (replica, *shape)."""
    axes = range(1, spins.ndim)
    return sum(np.roll(spins > 0, step, axis).astype(int) for axis in axes for step in (-1, 1))


def bond_sum(spins: np.ndarray) -> np.ndarray:
    """Sum over bonds of s_i s_j, int64 (replica,)."""
    s = spins.astype(np.int64)
    axes = tuple(range(1, s.ndim))
    return sum((s * np.roll(s, -1, axis)).sum(axis=axes) for axis in axes)


class Sublattice:
    """Where the sites of one colour lie in the contract's numbering of words, bits and streams."""

    def __init__(self, shape: tuple[int, ...], colour: int) -> None:
        planes, rows, columns = (1, *shape)[-3:]
        z, y, x = np.indices((planes, rows, columns)).reshape(3, -1)
        self.mask = ((x + y + z) % 2 == colour).reshape(shape)
        z, y, x = (axis[self.mask.ravel()] for axis in (z, y, x))
        row_words = -(-(columns // 2) // 32)
        plane_vectors = -(-rows * row_words // VECTOR_WORDS)
        in_plane = y * row_words + x // 2 // 32
        vector = z * plane_vectors + in_plane // VECTOR_WORDS
        self.bit = x // 2 % 32
        self.word = z * plane_vectors * VECTOR_WORDS + in_plane
        self.row_word = (z * rows + y) * row_words + x // 2 // 32
        self.vector_in_stripe = vector % STRIPE_VECTORS
        self.group = vector // STRIPE_VECTORS * VECTOR_WORDS + in_plane % VECTOR_WORDS


class Sampler:
    """`kadanoff.Sampler` as the contract defines it, or with a planted fault: one of FAULTS."""

    def __init__(
        self,
        model: Any,
        beta: Any,
        update: str = "heatbath",
        replicas: int = 1,
        seed: int = 0,
        start: str = "ordered",
        fault: str | None = None,
    ) -> None:
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"[reference] expected one of {list(FAULTS)}, got {fault!r}")
        self.fault, self.update, self.replicas = fault, update, replicas
        self.seed, self.sweep = seed, 0
        self.coupling, self.field = model.coupling, model.field
        self.shape, self.coordination = model.lattice.shape, 2 * len(model.lattice.shape)
        self.sublattices = [Sublattice(self.shape, colour) for colour in (0, 1)]
        self.base, self.limit = self._tables(np.broadcast_to(np.asarray(beta, float), replicas))
        self._spins = self._initial_spins(start)

    def _tables(self, betas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """base and T by [replica, spin is up, up neighbours]."""
        scale = 1.02 if self.fault == "beta" else 1.0
        coupling = -self.coupling if self.fault == "coupling-sign" else self.coupling
        field = -self.field if self.fault == "field-sign" else self.field
        tables = [
            decisions(self.update, coupling, field, self.coordination, scale * float(beta))
            for beta in betas
        ]
        base, limit = (np.stack(part) for part in zip(*tables, strict=True))
        if self.fault == "plane":
            limit &= ~np.uint64(1 << 60)
        return base, limit

    def _initial_spins(self, start: str) -> np.ndarray:
        spins = np.empty((self.replicas, *self.shape), dtype=np.int8)
        replicas = np.arange(self.replicas)
        sign = draw(self.seed, 0, replicas, STREAMS["initial_sign"], 0, 0, 0)[:, 0] & np.uint64(1)
        for colour, part in enumerate(self.sublattices):
            if start == "random":
                stream = STREAMS["initial_spins"]
                word = draw(self.seed, 0, replicas[:, None], stream, colour, part.row_word, 0)[
                    ..., 0
                ]
                up = word >> part.bit.astype(np.uint64) & np.uint64(1)
            else:
                up = self._ground_state(colour, sign == 1)[:, None]
            spins[:, part.mask] = np.where(up, 1, -1)
        return spins

    def _ground_state(self, colour: int, sign: np.ndarray) -> np.ndarray:
        """Whether a colour is up, by replica; `sign` chooses of two states that a flip relates."""
        staggered = self.coupling < 0 and abs(self.field) <= self.coordination * abs(self.coupling)
        if staggered:
            return sign ^ (colour == 1)
        return sign if self.field == 0 else np.full(self.replicas, self.field > 0)

    def uniform_tops(self, colour: int) -> np.ndarray:
        """The first 14 bits of every site's U, uint64 (replica, site of the colour)."""
        part = self.sublattices[colour]
        own = part.group & ~1 if self.fault == "shared-word" else part.group
        groups, index = np.unique(own, return_inverse=True)
        count = PLANES * (int(part.vector_in_stripe.max()) + 1)
        state = self._draw("", colour, groups, 0)
        words = xoshiro128pp(state, count)
        tops = np.zeros((self.replicas, len(part.bit)), dtype=np.uint64)
        for k in range(PLANES):
            word = words[:, index, part.vector_in_stripe * PLANES + k]
            tops = 2 * tops + (word >> part.bit.astype(np.uint32) & np.uint32(1))
        return tops

    def uniform_tails(self, colour: int, replica: np.ndarray, site: np.ndarray) -> np.ndarray:
        """The last 50 bits of U of some sites of some replicas, uint64."""
        part = self.sublattices[colour]
        bit = part.bit[site]
        block = self._draw("_tail", colour, part.word[site], bit // 2, replica)
        pair = np.where((bit % 2 == 0)[:, None], block[:, :2], block[:, 2:])
        return (pair[:, 0] | pair[:, 1] << np.uint64(32)) & np.uint64(2**50 - 1)

    def _draw(
        self, suffix: str, colour: int, group: Any, slot: Any, replica: np.ndarray | None = None
    ) -> np.ndarray:
        stream = {"heatbath": "heat_bath", "metropolis": "metropolis"}[self.update] + suffix
        if replica is None:
            replica = np.arange(self.replicas)[:, None]
        if self.fault == "shared-replica":
            replica = np.zeros_like(replica)
        sweep = 0 if self.fault == "repeated-sweep" else self.sweep
        return draw(self.seed, sweep, replica, STREAMS[stream], colour, group, slot)

    def half_sweep(self, colour: int, neighbours: np.ndarray) -> None:
        """Update one colour; `neighbours` are the spins that the other colour shows."""
        mask = self.sublattices[colour].mask
        up = count_up(neighbours)[:, mask]
        old = (self._spins[:, mask] > 0).astype(int)
        replica = np.arange(self.replicas)[:, None]
        base, limit = self.base[replica, old, up], self.limit[replica, old, up]
        top, limit_top = self.uniform_tops(colour), limit >> np.uint64(50)
        accepted = top < limit_top
        # The rest of U matters only where its top equals that of T.
        r, i = np.nonzero(top == limit_top)
        rest = limit[r, i] & np.uint64(2**50 - 1)
        accepted[r, i] = self.uniform_tails(colour, r, i) <= rest
        self._spins[:, mask] = np.where(base ^ accepted, 1, -1)

    def run(self, sweeps: int) -> None:
        """Do `sweeps` sweeps: the even sublattice, then the odd one."""
        for _ in range(sweeps):
            before = self._spins.copy()
            self.half_sweep(0, self._spins)
            if self.fault != "skipped":
                self.half_sweep(1, before if self.fault == "stale" else self._spins)
            self.sweep += 1

    @property
    def spins(self) -> np.ndarray:
        """A copy of the spins, int8 (replica, *shape); assignable."""
        return self._spins.copy()

    @spins.setter
    def spins(self, spins: np.ndarray) -> None:
        assert spins.shape == self._spins.shape
        self._spins = spins.astype(np.int8)

    @property
    def magnetization(self) -> np.ndarray:
        """Magnetisation per site, float64 (replica,)."""
        spins = self._spins.reshape(self.replicas, -1)
        return spins.sum(axis=1, dtype=np.int64) / spins.shape[1]

    @property
    def energy(self) -> np.ndarray:
        """Energy per site, float64 (replica,)."""
        n = self._spins[0].size
        total = self._spins.reshape(self.replicas, -1).sum(axis=1, dtype=np.int64)
        return (-self.coupling * bond_sum(self._spins) - self.field * total) / n

    def sample(self, draws: int, every: int = 1) -> dict[str, np.ndarray]:
        """Energy and magnetisation per site, (replica, draw)."""
        result = {name: np.empty((self.replicas, draws)) for name in ("energy", "magnetization")}
        for k in range(draws):
            self.run(every)
            for name, series in result.items():
                series[:, k] = getattr(self, name)
        return result
