"""A slow oracle of the table kernel, bit for bit; see `reference_packed`, whose `Sampler` gives it.

Written from docs/random_numbers.md: no tables, the probability of every visit of every replica is
worked out in NumPy's float64, each operation rounded by itself.
"""

from __future__ import annotations

import numpy as np

from reference_packed import LOG2_E, IsingSampler, Step, Visits

WORD_REPLICAS = 4
ROUNDING = 1.5 * 2.0**52  # what is added to it is rounded to an integer
EXP2 = [  # of 2^x on [-1/2, 1/2], by rising powers of x
    float.fromhex(text)
    for text in (
        *("0x1p+0", "0x1.62e42fefa3a28p-1", "0x1.ebfbdff82c61fp-3"),
        *("0x1.c6b08d7039559p-5", "0x1.3b2ab6fb8208ep-7", "0x1.5d87fea4a755ap-10"),
        *("0x1.43091387c719ep-13", "0x1.ffcb3f1b1dfa2p-17", "0x1.62be68640a005p-20"),
        *("0x1.b689b4ad4f65fp-24", "0x1.e8b761c675c38p-28"),
    )
]


def exp2_minus(x: np.ndarray) -> np.ndarray:
    """2^-x in float64 as the contract rounds it, x >= 0."""
    x = np.minimum(x, 1000.0)
    n = (x + ROUNDING) - ROUNDING
    r = n - x
    r2 = r * r
    r4 = r2 * r2
    c = EXP2
    low = (c[0] + c[1] * r) + (c[2] + c[3] * r) * r2
    middle = (c[4] + c[5] * r) + (c[6] + c[7] * r) * r2
    high = (c[8] + c[9] * r) + c[10] * r2
    return np.ldexp((low + middle * r4) + high * (r4 * r4), -n.astype(np.int64))


def threshold(probability: np.ndarray) -> np.ndarray:
    """T = ceil(2^64 P) - 1 as uint64, for 0 < P <= 1: rounding up a float64 is exact."""
    certain = probability == 1.0
    steps = np.ceil(np.ldexp(np.where(certain, 0.5, probability), 64)).astype(np.uint64)
    return np.where(certain, np.uint64(2**64 - 1), steps - np.uint64(1))


class Table(IsingSampler):
    """Any couplings and fields: 64-bit thresholds of float64 probabilities."""

    kernel = "table"
    streams = 2
    words_per_site = 2

    def _set_up(self) -> None:
        self.scale = ((2.0 * LOG2_E) * self.beta)[:, None]
        self.field = np.broadcast_to(np.ravel(self.model.field), self.n).astype(float)
        self.ties = {True: 0, False: 0}  # visits that 16 bits left undecided, by U <= T

    def _names(self) -> tuple[str, str]:
        rule = {"heatbath": "table_heat_bath", "metropolis": "table_metropolis"}[self.update]
        return rule, rule + "_tail"

    def _numbers(self, visits: Visits) -> tuple[np.ndarray, np.ndarray]:
        """The first 16 bits of every visit's U, uint64 (replica, visit), and groups of the rest."""
        words = np.arange(-(-self.replicas // WORD_REPLICAS))
        pairs = self._stream_words(self._names()[0], words, visits)
        word, byte = np.divmod(self._draws_as, WORD_REPLICAS)
        own = pairs[word] >> (8 * byte).astype(np.uint32)[:, None, None] & np.uint32(255)
        return 256 * own[:, :, 0].astype(np.uint64) + own[:, :, 1], visits.own

    def _drive(self, step: Step, seen: np.ndarray) -> np.ndarray:
        local = np.broadcast_to(self.field[step.site], (self.replicas, len(step.site)))
        for neighbour, bond in zip(step.neighbour, step.bond, strict=True):
            local = local + self.coupling[bond] * seen[:, neighbour]
        return self.scale * local

    def _move(self, step: Step, seen: np.ndarray, numbers: tuple[np.ndarray, ...]) -> np.ndarray:
        drive = self._drive(step, seen)
        weight = exp2_minus(np.abs(drive))
        if self.update == "heatbath":
            along = 1.0 / (1.0 + weight)
            up = np.where(drive > 0, along, weight * along)
            return np.where(self._below(step, threshold(up), numbers), 1, -1)
        along = np.where(drive > 0, 1, -1)
        flips = self._below(step, threshold(weight), numbers) & (seen[:, step.site] == along)
        return np.where(flips, -along, along)

    def _below(self, step: Step, limit: np.ndarray, numbers: tuple[np.ndarray, ...]) -> np.ndarray:
        """Whether U <= T."""
        top = numbers[0][:, step.visit]
        accepted = top < limit >> np.uint64(48)
        r, i = np.nonzero(top == limit >> np.uint64(48))
        block = self._draw(self._names()[1], self._draws_as[r], numbers[1][step.visit][i])
        tail = block[:, 0] | (block[:, 1] & np.uint64(2**16 - 1)) << np.uint64(32)
        accepted[r, i] = tail <= limit[r, i] & np.uint64(2**48 - 1)
        for outcome in self.ties:
            self.ties[outcome] += int((accepted[r, i] == outcome).sum())
        return accepted
