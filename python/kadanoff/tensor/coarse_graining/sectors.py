"""Parities of a tensor's legs: the blocks of a tensor that is even under one Z2 symmetry."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_NEGLIGIBLE = 4 * np.finfo(np.float64).eps
_MAX_FREE = 10  # free parities among which the most even split is sought


@dataclass(frozen=True)
class Leg:
    """The values of a leg, sorted by parity.

    Attributes
    ----------
    sizes : tuple of int
        How many values are even and odd; of a leg without parities, how many there are.
    """

    sizes: tuple[int, ...]

    @property
    def dimension(self) -> int:
        """Number of values."""
        return sum(self.sizes)

    @property
    def group(self) -> int:
        """Number of parities, 1 or 2; they add up modulo this."""
        return len(self.sizes)

    @property
    def slices(self) -> tuple[slice, ...]:
        """The values of each parity."""
        ends = itertools.accumulate(self.sizes)
        return tuple(slice(end - size, end) for end, size in zip(ends, self.sizes, strict=True))

    @property
    def parities(self) -> Indices:
        """Parity of each value."""
        return np.repeat(np.arange(self.group), self.sizes)

    def parts(self, count: int) -> list[tuple[int, slice]]:
        """Return each parity with `count` parts of its values, the empty ones left out."""
        result = []
        for parity, values in enumerate(self.slices):
            edges = np.linspace(values.start, values.stop, count + 1).astype(int).tolist()
            result += [(parity, slice(*edge)) for edge in itertools.pairwise(edges)]
        return [(parity, part) for parity, part in result if part.stop > part.start]


Legs = tuple[Leg, Leg, Leg, Leg]


def pairs(first: Leg, second: Leg) -> list[Indices]:
    """Return the flat indices of pairs of values, (first, second), of either total parity."""
    total = np.add.outer(first.parities, second.parities).ravel() % first.group
    return [np.flatnonzero(total == parity) for parity in range(first.group)]


def group(tensor: Floats, legs: Legs) -> list[Floats]:
    """Return T[a, b, c, d], of even total parity, as matrices of (a, b) and (c, d).

    There is one for each parity of the pairs, which are in the order of `pairs`.
    """
    blocks = _empty(legs)
    for p, q in itertools.product(range(legs[0].group), repeat=2):
        for parity, part in _parts(blocks, legs, p, q):
            where = (p, parity - p, q, parity - q)
            part[...] = tensor[_slices(legs, where)]
    return blocks


def ungroup(blocks: list[Floats], legs: Legs) -> Floats:
    """Return the tensor of which `group` makes `blocks`."""
    tensor = np.zeros(tuple(leg.dimension for leg in legs))
    for p, q in itertools.product(range(legs[0].group), repeat=2):
        for parity, part in _parts(blocks, legs, p, q):
            tensor[_slices(legs, (p, parity - p, q, parity - q))] = part
    return tensor


def regroup(blocks: list[Floats], legs: Legs) -> list[Floats]:
    """Return matrices of (a, c) and (b, d), of those of (a, b) and (c, d) with these legs."""
    a, b, c, d = legs
    result = _empty((a, c, b, d))
    for p, q in itertools.product(range(a.group), repeat=2):
        for parity, part in _parts(blocks, legs, p, q):
            # Pairs (a, c) of parity p + q; b has the parity that is left.
            first, other = (p + q) % a.group, (parity - p) % a.group
            _part(result[first], (a, c, b, d), first, p, other)[...] = part.swapaxes(1, 2)
    return result


def _empty(legs: Legs) -> list[Floats]:
    rows, columns = pair_sizes(*legs[:2]), pair_sizes(*legs[2:])
    return [np.empty(shape) for shape in zip(rows, columns, strict=True)]


def pair_sizes(first: Leg, second: Leg) -> list[int]:
    """Return how many pairs of values, (first, second), have either total parity."""
    group = first.group
    return [
        sum(first.sizes[p] * second.sizes[(parity - p) % group] for p in range(group))
        for parity in range(group)
    ]


def _slices(legs: Legs, parities: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(leg.slices[p % leg.group] for leg, p in zip(legs, parities, strict=True))


def _parts(blocks: list[Floats], legs: Legs, p: int, q: int) -> Iterator[tuple[int, Floats]]:
    """Yield the views of all blocks at parity p of the first leg, and q of the third."""
    for parity, block in enumerate(blocks):
        yield parity, _part(block, legs, parity, p, q)


def _part(block: Floats, legs: Legs, parity: int, p: int, q: int) -> Floats:
    """Return a view of part of a block as T[a, b, c, d]."""
    rows, shape = _range(legs[0], legs[1], parity, p)
    columns, others = _range(legs[2], legs[3], parity, q)
    return block[rows, columns].reshape(*shape, *others)


def _range(first: Leg, second: Leg, parity: int, p: int) -> tuple[slice, tuple[int, int]]:
    """Return where the pairs with the first of parity p are among those of total `parity`."""
    sizes = [(size, second.sizes[(parity - k) % first.group]) for k, size in enumerate(first.sizes)]
    start = sum(m * n for m, n in sizes[:p])
    return slice(start, start + sizes[p][0] * sizes[p][1]), sizes[p]


def total_parity(legs: tuple[Leg, ...]) -> npt.NDArray[np.int64]:
    """Return the parity of every element of a tensor with these legs."""
    total = np.zeros((), dtype=np.int64)
    for leg in legs:
        total = np.add.outer(total, leg.parities)
    return np.asarray(total % legs[0].group)


def find_parities(tensor: Floats) -> list[Indices] | None:
    """Return parities under which every element is even, one array for each axis, or None.

    The tensor has 2 d legs, of which n and n + d face each other and have the same parities.

    Notes
    -----
    Every element other than 0 is one linear equation over the field of two elements. The first
    value of every leg is even; of the solutions, the one that splits the legs most evenly.
    """
    axes = tensor.ndim // 2
    sizes = tensor.shape[:axes]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    fixed = [1 << int(offset) for offset in offsets[:-1]]
    large = np.abs(tensor) > _NEGLIGIBLE * np.abs(tensor).max()
    equations = _independent(itertools.chain(fixed, _equations(large, offsets)), int(offsets[-1]))
    free = [bit for bit in range(int(offsets[-1])) if bit not in equations]
    if not free:
        return None
    best, most = None, 0
    for choice in range(1, 1 << min(len(free), _MAX_FREE)):
        bits = _solve(equations, {b: choice >> k & 1 for k, b in enumerate(free)})
        split = [
            np.array([bits[k] for k in range(offsets[axis], offsets[axis + 1])], dtype=np.int64)
            for axis in range(axes)
        ]
        smaller = sum(min(int(p.sum()), int((1 - p).sum())) for p in split)
        if smaller > most:
            best, most = split, smaller
    return best


def _equations(large: npt.NDArray[np.bool_], offsets: npt.NDArray[np.int64]) -> Iterator[int]:
    axes = large.ndim // 2
    for element in np.argwhere(large).tolist():
        equation = 0
        for axis, value in enumerate(element):
            equation ^= 1 << (int(offsets[axis % axes]) + value)
        yield equation


def _independent(equations: Iterator[int], unknowns: int) -> dict[int, int]:
    """Return the equations in echelon form, by their highest bit."""
    rows: dict[int, int] = {}
    for row in equations:
        if len(rows) == unknowns:
            break
        while row:
            high = row.bit_length() - 1
            if high not in rows:
                rows[high] = row
                break
            row ^= rows[high]
    return rows


def _solve(rows: dict[int, int], free: dict[int, int]) -> dict[int, int]:
    """Return all unknowns, from the lowest up: a row gives its highest by those below."""
    bits: dict[int, int] = {}
    for bit in range(len(rows) + len(free)):
        if bit in rows:
            rest = rows[bit] ^ (1 << bit)
            bits[bit] = sum(value for k, value in bits.items() if rest >> k & 1) % 2
        else:
            bits[bit] = free.get(bit, 0)
    return bits
