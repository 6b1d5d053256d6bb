"""A slow oracle of the kernels for graphs, bit for bit: replica-packed, plain and Potts.

Those of the kernels table and dense are in `reference_table` and `reference_dense`;
`Sampler(kernel=...)` gives them.

Written from docs/random_numbers.md. Spins lie one per byte, neighbours come from the list of bonds,
every visit of a site is a row of plain NumPy, thresholds are `reference`'s (mpmath), and float32
arithmetic is NumPy's, each operation rounded by itself. Of the package only the description of
models and lattices is used, their colouring included.

`Sampler(fault=...)` plants a mistake, for the tests that must notice it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import reference
from reference import STREAMS

STRIPE_SITES = 256
GROUP_UNIT = 16
WORD_REPLICAS = 32
PLANES = reference.PLANES
LOG2_E = 1.4426950408889634
ROUNDING = np.float32(1.5 * 2**23)  # what is added to it is rounded to an integer
EXP2 = np.array(  # of 2^x on [-1/2, 1/2], by rising powers of x
    [
        float.fromhex(text)
        for text in (
            *("0x1p+0", "0x1.62e42ap-1", "0x1.ebf9c2p-3"),
            *("0x1.c6b6d8p-5", "0x1.3ce8aap-7", "0x1.5bda36p-10"),
        )
    ],
    dtype=np.float32,
)
FAULTS = {
    "beta": "a beta 2 % too large",
    "bond-sign": "the coupling of the first bond has the opposite sign",
    "stale": "every site sees the spins before the sweep",
    "shared-replica": "replicas 2 k and 2 k + 1 draw the same numbers",
    "shared-word": "the replicas of two neighbouring words draw the same numbers",
    "shared-site": "sites 2 k and 2 k + 1 of a block draw the same numbers",
    "boundary-class": "a site of three neighbours is taken for one of four, the last of them down",
    "parity": "sites of even and of odd number are updated together, neighbours or not",
    "repeated-sweep": "every sweep draws the numbers of sweep 0",
}


class Visits(NamedTuple):
    """Which sites a sweep visits and what they draw, in order; arrays (visit,)."""

    site: np.ndarray
    phase: np.ndarray  # visits of one phase do not see each other
    group: np.ndarray  # of the stream that the site draws from
    place: np.ndarray  # visits that drew from that stream before
    own: np.ndarray  # group of a draw of its own


def sorted_visits(phase: np.ndarray, degree: np.ndarray, streams: int) -> Visits:
    """Blocks of equal phase and degree, sites by number; their groups padded to multiples of 16.

    `streams`: of a stripe, its sites take them in turn.
    """
    parts, first = [], 0
    for key in sorted(set(zip(phase.tolist(), degree.tolist(), strict=True))):
        site = np.flatnonzero((phase == key[0]) & (degree == key[1]))
        j = np.arange(len(site))
        stripe = j // STRIPE_SITES
        group = first + STRIPE_SITES * stripe + j % streams
        place = (j - STRIPE_SITES * stripe) // streams
        parts.append((site, np.full(len(site), key[0]), group, place, first + j))
        first += -(-len(site) // GROUP_UNIT) * GROUP_UNIT
    return Visits(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def random_sites(seed: int, sweep: int, n: int) -> np.ndarray:
    """The sites of a sweep in random order, (n,): floor(n U / 2^64), two U from each block."""
    blocks = reference.draw(seed, sweep, 0, STREAMS["site_order"], 0, np.arange(-(-n // 2)), 0)
    low, high = blocks.reshape(-1, 2).T.astype(object)
    return ((low + 2**32 * high) * n // 2**64)[:n].astype(np.int64)


def random_visits(seed: int, sweep: int, n: int) -> Visits:
    """Visit k is a phase of its own with group 16 k."""
    k = np.arange(n)
    group = GROUP_UNIT * k
    return Visits(random_sites(seed, sweep, n), k, group, 0 * k, group)


def corners(lattice: Any) -> np.ndarray:
    """The sites of every plaquette, (plaquette, 4), by its upper left corner and then around."""
    height, width = lattice.shape
    squares = []
    for y, x in itertools.product(
        range(height - (not lattice.periodic[0])), range(width - (not lattice.periodic[1]))
    ):
        down, right = (y + 1) % height, (x + 1) % width
        around = ((y, x), (y, right), (down, right), (down, x))
        squares.append([row * width + column for row, column in around])
    return np.array(squares, dtype=np.int64).reshape(-1, 4)


def colouring(model: Any) -> np.ndarray:
    """Colours of the sites; with plaquettes, all corners of one differ as well."""
    lattice = model.lattice
    if not getattr(model, "plaquette", 0.0):
        return lattice.colouring
    import kadanoff as kd

    pairs = {tuple(sorted(bond)) for bond in lattice.bonds.tolist()}
    for square in corners(lattice).tolist():
        pairs |= {tuple(sorted(pair)) for pair in itertools.combinations(square, 2)}
    return kd.Graph(np.array(sorted(pairs)), lattice.n_sites).colouring


class Step(NamedTuple):
    """Sites of one phase and degree: rows of Visits, and (degree, site) arrays of their bonds."""

    visit: np.ndarray
    site: np.ndarray
    neighbour: np.ndarray
    bond: np.ndarray


def exp2_minus(x: np.ndarray) -> np.ndarray:
    """2^-x in float32 as the contract rounds it, x >= 0."""
    x = np.minimum(x, np.float32(126))
    n = (x + ROUNDING) - ROUNDING
    rest = n - x
    total = np.full_like(x, EXP2[-1])
    for coefficient in EXP2[-2::-1]:
        total = total * rest + coefficient
    return np.ldexp(total, -n.astype(np.int64))


def uniform(word: np.ndarray) -> np.ndarray:
    """A float32 in (0, 1] from 32 random bits."""
    return (word.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-32)


class Sampler:
    """`kadanoff.Sampler` of the kernels for graphs as the contract defines it."""

    kernel: str
    streams: int  # of a stripe
    words_per_site: int

    def __new__(cls, model: Any, *args: Any, **options: Any) -> Sampler:
        """The oracle of the kernel that serves the model, or that `kernel` names."""
        if cls is not Sampler:
            return super().__new__(cls)
        from reference_dense import Dense  # which build on this module
        from reference_table import Table

        kernel = options.get("kernel") or fastest(model)
        oracles = (Packed, Table, Dense, Plain, Potts)
        return super().__new__(next(oracle for oracle in oracles if oracle.kernel == kernel))

    def __init__(
        self,
        model: Any,
        beta: Any,
        update: str = "heatbath",
        replicas: int = 1,
        seed: int = 0,
        start: str = "random",
        order: str = "sublattice",
        kernel: str | None = None,
        fault: str | None = None,
    ) -> None:
        assert kernel in (None, self.kernel)
        assert fault is None or fault in FAULTS
        self.model, self.update, self.replicas, self.seed = model, update, replicas, seed
        self.order, self.fault, self.sweep = order, fault, 0
        self.n = model.lattice.n_sites
        self.coupling = np.broadcast_to(model.coupling, len(model.lattice.bonds)).astype(float)
        if fault == "bond-sign":
            self.coupling[0] *= -1
        scale = 1.02 if fault == "beta" else 1.0
        self.beta = scale * np.broadcast_to(np.asarray(beta, float), replicas)
        self._list_bonds()
        self._visits = None if order == "random" else self._fixed_visits()
        self._set_up()
        assert start in ("random", "down")
        self._spins = self._random_spins() if start == "random" else self._down()

    def _list_bonds(self) -> None:
        """Neighbours and bonds of every site, in the order of the bonds."""
        ends: list[list[tuple[int, int]]] = [[] for _ in range(self.n)]
        for number, (i, j) in enumerate(self.model.lattice.bonds.tolist()):
            ends[i].append((j, number))
            ends[j].append((i, number))
        self.ends = ends
        self.degree = np.array([len(of_site) for of_site in ends])

    def _phases(self) -> np.ndarray:
        if self.fault == "parity":
            return np.arange(self.n) % 2
        return {
            "sequential": lambda: np.arange(self.n),
            "parallel": lambda: np.zeros(self.n, dtype=int),
            "sublattice": lambda: np.asarray(colouring(self.model), dtype=int),
        }[self.order]()

    def _fixed_visits(self) -> Visits:
        return sorted_visits(self._phases(), self.degree, self.streams)

    def _random_visits(self) -> Visits:
        return random_visits(self.seed, self.sweep, self.n)

    def _step(self, visit: np.ndarray, site: np.ndarray) -> Step:
        table = np.array([self.ends[i] for i in site], dtype=np.int64).reshape(len(site), -1, 2)
        return Step(visit, site, table[:, :, 0].T, table[:, :, 1].T)

    @functools.cached_property
    def _fixed_steps(self) -> list[list[Step]]:
        phases = []
        for phase in np.unique(self._visits.phase):
            rows = np.flatnonzero(self._visits.phase == phase)
            degrees = self.degree[self._visits.site[rows]]
            split = [rows[degrees == degree] for degree in np.unique(degrees)]
            phases.append([self._step(part, self._visits.site[part]) for part in split])
        return phases

    @functools.cached_property
    def _draws_as(self) -> np.ndarray:
        """Whose random numbers every replica draws: its own."""
        replica = np.arange(self.replicas)
        return {"shared-replica": replica & ~1, "shared-word": replica & ~WORD_REPLICAS}.get(
            self.fault, replica
        )

    def _draw(self, stream: str, replica: Any, group: Any) -> np.ndarray:
        sweep = 0 if self.fault == "repeated-sweep" else self.sweep
        return reference.draw(self.seed, sweep, replica, STREAMS[stream], 0, group, 0)

    def _stream_words(self, stream: str, words: np.ndarray, visits: Visits) -> np.ndarray:
        """What every visit takes from its stream, uint32 (word, visit, words_per_site)."""
        group = visits.group & ~1 if self.fault == "shared-site" else visits.group
        groups, index = np.unique(group, return_inverse=True)
        state = self._draw(stream, words[:, None], groups)
        count = self.words_per_site * (int(visits.place.max()) + 1)
        taken = reference.xoshiro128pp(state, count)
        return taken.reshape(*state.shape[:2], -1, self.words_per_site)[:, index, visits.place]

    def run(self, sweeps: int) -> None:
        for _ in range(sweeps):
            if self.order == "random":
                visits = self._random_visits()
                number = np.arange(self.n)[:, None]
                phases = [[self._step(k, visits.site[k])] for k in number]
            else:
                visits, phases = self._visits, self._fixed_steps
            numbers = self._numbers(visits)
            before = self._spins.copy()
            for steps in phases:
                seen = before if self.fault == "stale" else self._spins.copy()
                for step in steps:
                    self._spins[:, step.site] = self._move(step, seen, numbers)
            self.sweep += 1

    def sample(self, draws: int, every: int = 1) -> dict[str, np.ndarray]:
        result = {name: np.empty((self.replicas, draws)) for name in ("energy", "magnetization")}
        for k in range(draws):
            self.run(every)
            for name, series in result.items():
                series[:, k] = getattr(self, name)
        return result

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.replicas, *self.model.lattice.shape)

    @property
    def spins(self) -> np.ndarray:
        return self._spins.reshape(self.shape).copy()

    @spins.setter
    def spins(self, spins: np.ndarray) -> None:
        assert spins.shape == self.shape
        self._spins = spins.reshape(self.replicas, self.n).copy()

    def _random_word(self, replicas_of_block: int) -> tuple[np.ndarray, np.ndarray]:
        """The 128 random bits of every replica's block, (replica, site, 4), and its place there."""
        block, place = np.divmod(np.arange(self.replicas), replicas_of_block)
        words = reference.draw(
            self.seed, 0, block[:, None], STREAMS["initial_spins"], 0, np.arange(self.n), 0
        )
        return words, place

    _set_up: Callable[[], None]
    _numbers: Callable[[Visits], Any]
    _move: Callable[[Step, np.ndarray, Any], np.ndarray]


class IsingSampler(Sampler):
    """What the kernels of Ising models share."""

    def _random_spins(self) -> np.ndarray:
        blocks, place = self._random_word(128)
        word = blocks[np.arange(self.replicas), :, place // 32]
        up = word >> (place % 32).astype(np.uint64)[:, None] & np.uint64(1)
        return np.where(up == 1, 1, -1).astype(np.int8)

    def _down(self) -> np.ndarray:
        return np.full((self.replicas, self.n), -1, dtype=np.int8)

    @property
    def magnetization(self) -> np.ndarray:
        return self._spins.sum(axis=1, dtype=np.int64) / self.n

    @property
    def energy(self) -> np.ndarray:
        s = self._spins.astype(float)
        first, second = self.model.lattice.bonds.T
        field = np.broadcast_to(np.ravel(self.model.field), self.n)
        total = (self.coupling * s[:, first] * s[:, second]).sum(axis=1) + (field * s).sum(axis=1)
        if self.model.plaquette:
            squares = corners(self.model.lattice)
            total = total + self.model.plaquette * s[:, squares].prod(axis=2).sum(axis=1)
        return -total / self.n


class Packed(IsingSampler):
    """Couplings of one size, one field: integer thresholds."""

    kernel = "packed"
    streams = 16
    words_per_site = PLANES

    def _set_up(self) -> None:
        self.sign = np.where(self.coupling < 0, -1, 1).astype(np.int8)
        size = abs(float(self.coupling[0])) if len(self.coupling) else 0.0
        betas, self.beta_index = np.unique(self.beta, return_inverse=True)
        self.tables = {
            int(z): [
                np.stack(part) for part in zip(*self._tables(int(z), size, betas), strict=True)
            ]
            for z in np.unique(self.degree)
        }

    def _tables(self, degree: int, size: float, betas: np.ndarray) -> list[tuple[Any, Any]]:
        """(base, T) of every beta by [spin is up, neighbours that pull up]."""
        z = 4 if degree == 3 and self.fault == "boundary-class" else degree
        field = float(self.model.field)
        tables = []
        for beta in betas.tolist():
            base, limit = reference.decisions(self.update, size, field, z, beta)
            if self.update == "heatbath":
                # The sign of the local field, also where beta or the coupling is zero.
                pull = 2 * np.arange(z + 1) - z
                base = np.tile(pull > 0 if field == 0.0 else size * pull + field > 0, (2, 1))
            tables.append((base, limit))
        return tables

    def _names(self) -> tuple[str, str]:
        rule = {"heatbath": "packed_heat_bath", "metropolis": "packed_metropolis"}[self.update]
        return rule, rule + "_tail"

    def _numbers(self, visits: Visits) -> tuple[np.ndarray, np.ndarray]:
        """The first 14 bits of every visit's U, uint64 (replica, visit), and groups of the rest."""
        words = np.arange(-(-self.replicas // WORD_REPLICAS))
        planes = self._stream_words(self._names()[0], words, visits)
        word, bit = np.divmod(self._draws_as, WORD_REPLICAS)
        tops = np.zeros((self.replicas, len(visits.site)), dtype=np.uint64)
        for k in range(PLANES):
            plane = planes[:, :, k][word]
            tops = 2 * tops + (plane >> bit.astype(np.uint32)[:, None] & np.uint32(1))
        return tops, visits.own

    def _move(self, step: Step, seen: np.ndarray, numbers: tuple[np.ndarray, ...]) -> np.ndarray:
        pulls = seen[:, step.neighbour] * self.sign[step.bond]
        up = (pulls > 0).sum(axis=1)
        old = (seen[:, step.site] > 0).astype(int)
        base, limit = (part[self.beta_index[:, None], old, up] for part in self._table(step))
        top = numbers[0][:, step.visit]
        accepted = top < limit >> np.uint64(50)
        r, i = np.nonzero(top == limit >> np.uint64(50))
        group = numbers[1][step.visit][i]
        block = self._draw(self._names()[1], self._draws_as[r], group)
        tail = (block[:, 0] | block[:, 1] << np.uint64(32)) & np.uint64(2**50 - 1)
        accepted[r, i] = tail <= limit[r, i] & np.uint64(2**50 - 1)
        return np.where(base ^ accepted, 1, -1)

    def _table(self, step: Step) -> list[np.ndarray]:
        return self.tables[len(step.neighbour)]


class Plain(IsingSampler):
    """Any couplings, fields and plaquettes: float32."""

    kernel = "plain"
    streams = 4
    words_per_site = 1

    def _set_up(self) -> None:
        self.scale = (2.0 * LOG2_E * self.beta).astype(np.float32)[:, None]
        self.coupling32 = self.coupling.astype(np.float32)
        field = np.broadcast_to(np.ravel(self.model.field), self.n)
        self.field32 = field.astype(np.float32)
        # The three other corners of the plaquettes of every site.
        self.others: list[list[list[int]]] = [[] for _ in range(self.n)]
        for square in corners(self.model.lattice).tolist() if self.model.plaquette else []:
            for k, site in enumerate(square):
                self.others[site].append(square[k + 1 :] + square[:k])

    def _numbers(self, visits: Visits) -> np.ndarray:
        stream = {"heatbath": "plain_heat_bath", "metropolis": "plain_metropolis"}[self.update]
        return uniform(self._stream_words(stream, self._draws_as, visits)[:, :, 0])

    def _local_field(self, step: Step, seen: np.ndarray) -> np.ndarray:
        """Four parts: of the bonds, the first ones in turn while four are left, the rest to 0."""
        shape = (self.replicas, len(step.site))
        part = [np.zeros(shape, dtype=np.float32) for _ in range(4)]
        part[0] = part[0] + self.field32[step.site]
        degree = len(step.neighbour)
        for d in range(degree):
            to = d % 4 if d < degree - degree % 4 else 0
            spin = seen[:, step.neighbour[d]].astype(np.float32)
            part[to] = part[to] + self.coupling32[step.bond[d]] * spin
        squares = np.array([self.others[i] for i in step.site], dtype=np.int64)
        strength = np.float32(self.model.plaquette)
        for t in range(squares.shape[1]):
            product = seen[:, squares[:, t]].prod(axis=2).astype(np.float32)
            part[1] = part[1] + strength * product
        return (part[0] + part[1]) + (part[2] + part[3])

    def _move(self, step: Step, seen: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        drive = self.scale * self._local_field(step, seen)
        u, weight = numbers[:, step.visit], exp2_minus(np.abs(drive))
        if self.update == "heatbath":
            against = u * (np.float32(1) + weight) < weight
            return np.where(np.signbit(drive) ^ against, -1, 1)
        old = seen[:, step.site]
        accepted = (u < weight) | ~(drive * old > 0)
        return np.where(accepted, -old, old)


class Potts(Sampler):
    """Potts spins: float32."""

    kernel = "potts"
    streams = 4

    @property
    def words_per_site(self) -> int:
        return 1 if self.update == "heatbath" else 2

    def _set_up(self) -> None:
        self.scale = (LOG2_E * self.beta).astype(np.float32)[:, None]
        self.coupling32 = self.coupling.astype(np.float32)

    def _random_spins(self) -> np.ndarray:
        blocks, place = self._random_word(4)
        word = blocks[np.arange(self.replicas), :, place]
        return (word * np.uint64(self.model.q) >> np.uint64(32)).astype(np.uint8)

    def _down(self) -> np.ndarray:
        return np.zeros((self.replicas, self.n), dtype=np.uint8)

    def _numbers(self, visits: Visits) -> np.ndarray:
        stream = {"heatbath": "potts_heat_bath", "metropolis": "potts_metropolis"}[self.update]
        return self._stream_words(stream, self._draws_as, visits)

    def _bond_sum(self, step: Step, seen: np.ndarray, state: Any) -> np.ndarray:
        """Minus the energy of the sites in that state."""
        total = np.zeros((self.replicas, len(step.site)), dtype=np.float32)
        for neighbour, bond in zip(step.neighbour, step.bond, strict=True):
            total = total + np.where(seen[:, neighbour] == state, self.coupling32[bond], 0)
        return total

    def _move(self, step: Step, seen: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        words = numbers[:, step.visit]
        if self.update == "heatbath":
            return self._heat_bath(step, seen, uniform(words[:, :, 0]))
        q, old = self.model.q, seen[:, step.site].astype(np.int64)
        jump = (words[:, :, 0].astype(np.uint64) * np.uint64(q - 1)) >> np.uint64(32)
        new = (old + 1 + jump.astype(np.int64)) % q
        gain = self._bond_sum(step, seen, new) - self._bond_sum(step, seen, old)
        drive = self.scale * gain
        accepted = (uniform(words[:, :, 1]) < exp2_minus(np.abs(drive))) | ~(drive < 0)
        return np.where(accepted, new, old)

    def _heat_bath(self, step: Step, seen: np.ndarray, u: np.ndarray) -> np.ndarray:
        states = range(self.model.q)
        weight = np.stack([self.scale * self._bond_sum(step, seen, k) for k in states])
        relative = exp2_minus(weight.max(axis=0) - weight)
        running = [relative[0]]
        for k in states[1:]:
            running.append(running[-1] + relative[k])
        level = u * running[-1]
        return sum((total < level).astype(np.uint8) for total in running[:-1])

    @property
    def energy(self) -> np.ndarray:
        first, second = self.model.lattice.bonds.T
        equal = self._spins[:, first] == self._spins[:, second]
        return -(self.coupling * equal).sum(axis=1) / self.n

    @property
    def magnetization(self) -> np.ndarray:
        q = self.model.q
        most = np.max([(self._spins == k).sum(axis=1) for k in range(q)], axis=0)
        return (q * most / self.n - 1) / (q - 1)


def fastest(model: Any) -> str:
    """The kernel that serves a few replicas of a model, but the one for checkerboards."""
    if hasattr(model, "q"):
        return "potts"
    in_bits = len(set(np.abs(np.ravel(model.coupling)).tolist())) <= 1
    uniform_field = np.ndim(model.field) == 0
    return "packed" if in_bits and uniform_field and not model.plaquette else "plain"
