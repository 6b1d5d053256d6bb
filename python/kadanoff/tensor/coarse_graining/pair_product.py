"""The leading product of HOTRG: two tensors between two isometries."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .sectors import Leg

Floats = npt.NDArray[np.float64]

_SLICE = 1 << 20  # elements of the largest array of a slice, if it has one value at least


class Factor(NamedTuple):
    """A tensor T[u, l, d, r], all of whose elements have one parity."""

    tensor: Floats
    parity: int


class Blocks:
    """Blocks of a tensor by the parities of its legs, contiguous, made when first used."""

    def __init__(self, array: Floats, *legs: Leg) -> None:
        self._array = array
        self._slices = [leg.slices for leg in legs]
        self._kept: dict[tuple[int, ...], Floats] = {}

    def __getitem__(self, parities: tuple[int, ...]) -> Floats:
        if parities not in self._kept:
            where = tuple(s[p] for s, p in zip(self._slices, parities, strict=True))
            self._kept[parities] = np.ascontiguousarray(self._array[where])
        return self._kept[parities]


def contract(
    upper: Factor, lower: Factor, isometry: Floats, vertical: Leg, old: Leg, new: Leg
) -> Floats:
    """Return U[l1, l2, l] A[u, l1, i, r1] B[i, l2, d, r2] U[r1, r2, r] as T[u, l, d, r].

    The sum over (l2, i) takes 2 chi^7 operations. It is a product of matrices, (l, u, r1) by
    (r2, d), neither of which has to be transposed: U makes of the upper tensor one of
    (l, l2, i, u, r1), and (r1, r2) lie side by side for the last sum. Slices of l bound the memory.
    """
    return _Contraction(upper, lower, isometry, vertical, old, new).result()


class _Contraction:
    def __init__(
        self, upper: Factor, lower: Factor, isometry: Floats, vertical: Leg, old: Leg, new: Leg
    ) -> None:
        self.vertical, self.old, self.new = vertical, old, new
        self.upper = Blocks(upper.tensor.transpose(1, 2, 0, 3), old, vertical, vertical, old)
        self.lower = Blocks(lower.tensor.transpose(1, 0, 3, 2), old, vertical, old, vertical)
        self.left = Blocks(isometry.transpose(2, 1, 0), new, old, old)
        self.right = Blocks(isometry.transpose(2, 0, 1), new, old, old)
        self.parities = upper.parity, lower.parity
        self.stacked: dict[tuple[int, int], Floats] = {}

    def result(self) -> Floats:
        v, h = self.vertical.dimension, self.new.dimension
        result = np.zeros((h, v, h, v))
        widest = max(self.old.sizes) ** 2 * max(self.vertical.sizes) ** 2 * self.new.group
        count = max(1, _SLICE // max(1, widest))
        for parity, values in enumerate(self.new.slices):
            for start in range(values.start, values.stop, count):
                stop = min(start + count, values.stop)
                part = slice(start - values.start, stop - values.start)
                self._add(result[start:stop], parity, part)
        return np.asarray(result.transpose(1, 0, 3, 2))

    def _add(self, result: Floats, parity: int, part: slice) -> None:
        """Add one slice of l, of one parity, to `result`[l, u, r, d]."""
        group = self.new.group
        for row in range(group):  # the parity of (l2, i)
            for up in range(group):
                right = (self.parities[0] + parity + row + up) % group
                columns = self.vertical.sizes[up] * self.old.sizes[right]
                if not columns:
                    continue
                first = self._first(parity, part, row, (up, right), columns)
                for down in range(group):
                    self._second(result, first, row, (up, right), down)

    def _rows(self, row: int) -> list[tuple[int, int]]:
        """Return the parities of l2 and i that add up to `row`."""
        return [(p, (row - p) % self.new.group) for p in range(self.new.group)]

    def _first(
        self, parity: int, part: slice, row: int, column: tuple[int, int], columns: int
    ) -> Floats:
        """Return U[l1, l2, l] A[u, l1, i, r1] as [l, (l2, i), (u, r1)]."""
        rows = [self.old.sizes[p] * self.vertical.sizes[i] for p, i in self._rows(row)]
        count = part.stop - part.start
        result = np.empty((count, sum(rows) * columns))
        start = 0
        for (low, inner), size in zip(self._rows(row), rows, strict=True):
            high = (parity + low) % self.new.group
            isometry = self.left[parity, low, high][part]
            up, side = column
            block = self.upper[high, inner, up, side]
            if size:
                out = result[:, start : start + size * columns]
                shape = (count, self.old.sizes[low], self.vertical.sizes[inner] * columns)
                np.matmul(isometry, block.reshape(-1, shape[2]), out=out.reshape(shape))
            start += size * columns
        return result.reshape(count, sum(rows), columns)

    def _second(
        self, result: Floats, first: Floats, row: int, column: tuple[int, int], down: int
    ) -> None:
        """Sum over (l2, i), then over (r1, r2), and add to `result`[l, u, r, d]."""
        group = self.new.group
        up, right = column
        other = (self.parities[1] + row + down) % group
        total = (right + other) % group
        below = self._below(row, other, down)
        isometry = self.right[total, right, other]
        if not below.size or not isometry.size or not first.size:
            return
        both = np.matmul(first.swapaxes(1, 2), below)
        shape = (len(first), self.vertical.sizes[up], isometry[0].size, self.vertical.sizes[down])
        rows, sides = self.vertical.slices, self.new.slices
        result[:, rows[up], sides[total], rows[down]] += np.matmul(
            isometry.reshape(len(isometry), -1), both.reshape(shape)
        )

    def _below(self, row: int, right: int, down: int) -> Floats:
        """Return B[i, l2, d, r2] as [(l2, i), (r2, d)]."""
        if (row, down) not in self.stacked:
            width = self.old.sizes[right] * self.vertical.sizes[down]
            blocks = [self.lower[p, i, right, down].reshape(-1, width) for p, i in self._rows(row)]
            self.stacked[row, down] = np.concatenate(blocks) if width else np.empty((0, 0))
        return self.stacked[row, down]
