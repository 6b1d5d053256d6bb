"""Paths that sweep through a lattice from one side to the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.lattices import Lattice

Path = list[tuple[int, int]]


class Sweep(NamedTuple):
    """A path, and log2 of the largest tensor on the way if all labels have dimension 2."""

    path: Path
    width: int


def site_orders(lattice: Lattice) -> Iterator[npt.NDArray[np.int64]]:
    """Give orders of the sites, each with another axis as the slowest; none of a graph."""
    if lattice.ndim == 0:
        return
    cells = np.arange(lattice.n_sites, dtype=np.int64).reshape(lattice.shape)
    inner = tuple(range(lattice.ndim, cells.ndim))
    axes = range(lattice.ndim)
    orders = itertools.permutations(axes) if lattice.ndim <= 3 else _rotations(lattice.ndim)
    for order in orders:
        yield cells.transpose(*order, *inner).ravel()


def _rotations(n: int) -> Iterator[tuple[int, ...]]:
    for first in range(n):
        yield tuple((first + k) % n for k in range(n))


def sweep_path(labels: Sequence[Iterable[int]], order: Iterable[int]) -> Sweep:
    """Return the path that sums over sites one after the other.

    Parameters
    ----------
    labels : sequence of iterable of int
        Sites of each tensor.
    order : iterable of int
        Sites to sum over, first to last.

    Returns
    -------
    Sweep
        Its path is positions in a shrinking list of tensors, whose last is what the pair became.

    Notes
    -----
    The tensors of a site are multiplied, small ones first, before those that have it all join the
    one that has swept through the lattice so far (bucket elimination, R. Dechter, Artificial
    Intelligence 113 (1999) 41).
    """
    current = {number: frozenset(sites) for number, sites in enumerate(labels)}
    holders: dict[int, set[int]] = {}
    for number, sites in current.items():
        for site in sites:
            holders.setdefault(site, set()).add(number)
    pairs: list[tuple[int, int]] = []
    count, width = len(current), 0

    def join(first: int, second: int, summed: frozenset[int]) -> int:
        nonlocal count, width
        union = current.pop(first) | current.pop(second)
        width = max(width, len(union))
        for site in union:
            holders[site] -= {first, second}
        pairs.append((first, second))
        current[count] = union - summed
        for site in current[count]:
            holders[site].add(count)
        count += 1
        return count - 1

    for site in order:
        group = sorted(holders.get(site, ()), key=lambda number: (len(current[number]), number))
        while len(group) > 1:
            last = frozenset({site}) if len(group) == 2 else frozenset()
            joined = join(group[0], group[1], last)
            group = sorted([joined, *group[2:]], key=lambda number: (len(current[number]), number))
        if group:
            current[group[0]] -= {site}
            holders[site] = set()
    rest = sorted(current)
    while len(rest) > 1:
        rest = [join(rest[0], rest[1], frozenset()), *rest[2:]]
    return Sweep(_positions(len(labels), pairs), width)


def _positions(tensors: int, pairs: Sequence[tuple[int, int]]) -> Path:
    """Turn pairs of tensors, numbered once for all, into positions in a shrinking list."""
    current = list(range(tensors))
    path = []
    for step, pair in enumerate(pairs):
        low, high = sorted(current.index(number) for number in pair)
        path.append((low, high))
        del current[high], current[low]
        current.append(tensors + step)
    return path
