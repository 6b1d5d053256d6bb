"""HOTRG in three dimensions: two layers of tensors become one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

from .networks import Network
from .pair_product import Factor
from .sectors import Leg, group, pairs, regroup, total_parity
from .truncation import Cut, choose, leading_eigenvectors

Floats = npt.NDArray[np.float64]

_TURN = (1, 2, 0, 4, 5, 3)


class Isometry(NamedTuple):
    """U[x1, x2, x] of the legs of two layers, sorted by parity."""

    array: Floats
    old: Leg
    new: Leg
    cut: Cut


def stack(network: Network, chi: int) -> tuple[Network, tuple[Isometry, Isometry]]:
    """Contract pairs of tensors along the first dimension, and truncate the doubled legs.

    Section IV of Z. Y. Xie et al., Phys. Rev. B 86 (2012) 045139.
    """
    isometries = _isometry(network, 1, chi), _isometry(network, 2, chi)
    plain = Factor(network.tensor, 0)
    impurities = []
    for impurity in network.impurities:
        factor = Factor(impurity.tensor, impurity.parity)
        above = contract(factor, plain, network.legs[0], isometries)
        below = contract(plain, factor, network.legs[0], isometries)
        impurities.append(impurity._replace(tensor=0.5 * (above + below)))
    tensor = contract(plain, plain, network.legs[0], isometries)
    legs = (network.legs[0], isometries[0].new, isometries[1].new)
    return Network(tensor, legs, tuple(impurities)), isometries


def turned(network: Network) -> Network:
    """Return a network in three dimensions with the first dimension last."""
    impurities = tuple(i._replace(tensor=i.tensor.transpose(_TURN)) for i in network.impurities)
    legs = (*network.legs[1:], network.legs[0])
    return Network(network.tensor.transpose(_TURN), legs, impurities)


def _isometry(network: Network, axis: int, chi: int) -> Isometry:
    """Return the leading singular vectors of a pair's doubled leg, of the side that loses less."""
    leg, best = network.legs[axis], None
    for side in (axis, axis + 3):
        squared = _squared_pair(network, side)
        found = [leading_eigenvectors(block, chi + 1) for block in squared]
        total = float(sum(np.trace(block) for block in squared))
        cut = choose([values for values, _ in found], chi, total)
        if best is None or cut.error < best[0].error:
            best = cut, [vectors for _, vectors in found]
    assert best is not None
    cut, vectors = best
    new = Leg(cut.counts)
    array = np.zeros((leg.dimension**2, new.dimension))
    for rows, columns, block in zip(pairs(leg, leg), new.slices, vectors, strict=True):
        array[rows, columns] = block[:, : columns.stop - columns.start]
    return Isometry(array.reshape(leg.dimension, leg.dimension, -1), leg, new, cut)


def _squared_pair(network: Network, side: int) -> list[Floats]:
    """Return M M^T of a pair M[(x1, x2), rest], x the leg at `side`, by parity."""
    leg, inner = network.legs[side % 3], network.legs[0]
    halves = []
    for joint in (3, 0):
        matrix = np.moveaxis(network.tensor, (side, joint), (0, 1))
        matrix = matrix.reshape(leg.dimension * inner.dimension, -1)
        squared = (matrix @ matrix.T).reshape((leg.dimension, inner.dimension) * 2)
        halves.append(regroup(group(squared, (leg, inner) * 2), (leg, inner) * 2))
    above, below = halves
    both = [first @ second.T for first, second in zip(above, below, strict=True)]
    return regroup(both, (leg, leg, leg, leg))


def contract(
    upper: Factor, lower: Factor, inner: Leg, isometries: tuple[Isometry, Isometry]
) -> Floats:
    """Return the product of two tensors and the isometries of four doubled legs.

    For every pair (x, y) of new legs it is a product of matrices, of (u, y1', x1') by (x2', y2', d)
    over (y2, x2, i), in 2 chi^9 operations: 2 chi^11 in all, and a memory of chi^6.
    """
    return _Contraction(upper, lower, inner, isometries).result()


class _Contraction:
    def __init__(
        self, upper: Factor, lower: Factor, inner: Leg, isometries: tuple[Isometry, Isometry]
    ) -> None:
        self.y, self.x = isometries
        self.inner = inner
        self.group = inner.group
        self.parities = upper.parity, lower.parity
        # [x1, y1, i, u, y1', x1'] and [(y2, x2, i), (x2', y2', d)]
        self.upper = np.ascontiguousarray(upper.tensor.transpose(2, 1, 3, 0, 4, 5))
        old_y, old_x, i = self.y.old, self.x.old, inner
        sums = self._classes(old_y, old_x, i)
        self.rows = sums
        self.columns = self._classes(i, old_y, old_x)
        self.sides = self._classes(old_x, old_y, i)
        matrix = lower.tensor.transpose(1, 2, 0, 5, 4, 3).reshape(self.size, self.size)
        self.below = [
            matrix[np.ix_(sums[row], self.sides[(row + lower.parity) % self.group])]
            for row in range(self.group)
        ]

    @property
    def size(self) -> int:
        return self.y.old.dimension * self.x.old.dimension * self.inner.dimension

    def _classes(self, *legs: Leg) -> list[npt.NDArray[np.int64]]:
        """Return the flat indices of triples of values of either total parity."""
        total = total_parity(legs).ravel()
        return [np.flatnonzero(total == parity) for parity in range(self.group)]

    def result(self) -> Floats:
        v, ny, nx = (leg.dimension for leg in (self.inner, self.y.new, self.x.new))
        result = np.empty((nx, ny, v, ny, nx, v))
        oy, ox = self.y.old.dimension, self.x.old.dimension
        upper = self.upper.reshape(ox, -1)
        for x, parity_x in enumerate(self.x.new.parities):
            # [y1, x2, i, u, y1', x1']
            first = (self.x.array[:, :, x].T @ upper).reshape(ox, oy, -1).swapaxes(0, 1)
            first = first.reshape(oy, -1)
            for y, parity_y in enumerate(self.y.new.parities):
                both = (self.y.array[:, :, y].T @ first).reshape(self.size, self.size)
                joined = self._joined(both, int(parity_x + parity_y))
                result[x, y] = self._closed(joined)
        return np.asarray(result.transpose(2, 1, 0, 5, 3, 4))

    def _joined(self, both: Floats, parity: int) -> Floats:
        """Return the sum over (y2, x2, i), as a matrix of (u, y1', x1') and (x2', y2', d)."""
        if self.group == 1:
            return np.asarray(einsum("kc,kn->cn", both, self.below[0]))
        result = np.zeros((self.size, self.size))
        for row in range(self.group):
            column = self.columns[(row + parity + self.parities[0]) % self.group]
            side = self.sides[(row + self.parities[1]) % self.group]
            part = both[np.ix_(self.rows[row], column)]
            result[np.ix_(column, side)] = einsum("kc,kn->cn", part, self.below[row])
        return result

    def _closed(self, joined: Floats) -> Floats:
        """Return T[u, y', x', d] of a pair (x, y)."""
        v = self.inner.dimension
        oy, ox = self.y.old.dimension, self.x.old.dimension
        right_x = self.x.array.reshape(ox * ox, -1).T
        right_y = self.y.array.reshape(oy * oy, -1).T
        half = right_x @ joined.reshape(v * oy, ox * ox, oy * v)  # (u, y1'), x', (y2', d)
        half = half.reshape(v, oy, -1, oy, v).transpose(0, 1, 3, 2, 4).reshape(v, oy * oy, -1)
        return np.asarray(right_y @ half).reshape(v, len(right_y), len(right_x), v)
