"""The leading product of HOTRG: two tensors between two isometries."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

from .sectors import Leg

Floats = npt.NDArray[np.float64]

_SLICE = 1 << 20  # elements of the largest array of a slice, if it has one value at least
_PARTS = 3  # into which the values of u of a parity are split to leave out d < u


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
    upper: Factor,
    lower: Factor,
    isometry: Floats,
    vertical: Leg,
    old: Leg,
    new: Leg,
    signs: Floats | None = None,
) -> Floats:
    """Return U[l1, l2, l] A[u, l1, i, r1] B[i, l2, d, r2] U[r1, r2, r] as T[u, l, d, r].

    The sum over (l2, i) takes 2 chi^7 operations. It is a product of matrices, (l, u, r1) by
    (r2, d), neither of which has to be transposed: U makes of the upper tensor one of
    (l, l2, i, u, r1), and (r1, r2) lie side by side for the last sum. Slices of l bound the memory.

    Given `signs`, T[u, l, d, r] = signs[l] signs[r] T[d, l, u, r], and not much more than the half
    with u <= d is worked out.
    """
    return _Contraction(upper, lower, isometry, vertical, old, new).result(signs)


class _Contraction:
    def __init__(
        self, upper: Factor, lower: Factor, isometry: Floats, vertical: Leg, old: Leg, new: Leg
    ) -> None:
        self.vertical, self.old, self.new = vertical, old, new
        self.group = new.group
        self.upper = Blocks(upper.tensor.transpose(1, 2, 0, 3), old, vertical, vertical, old)
        self.lower = Blocks(lower.tensor.transpose(1, 0, 3, 2), old, vertical, old, vertical)
        self.left = Blocks(isometry.transpose(2, 1, 0), new, old, old)
        self.right = Blocks(isometry.transpose(2, 0, 1), new, old, old)
        self.parities = upper.parity, lower.parity
        self.stacked: dict[tuple[int, int, int], Floats] = {}

    def result(self, signs: Floats | None) -> Floats:
        v, h = self.vertical.dimension, self.new.dimension
        result = np.zeros((h, v, h, v))
        half = signs is not None
        parts = self.vertical.parts(_PARTS if half else 1)
        widest = max(self.old.sizes) ** 2 * max(self.vertical.sizes) ** 2 * self.group
        count = max(1, _SLICE // max(1, widest))
        for parity, values in enumerate(self.new.slices):
            for start in range(values.start, values.stop, count):
                stop = min(start + count, values.stop)
                first = slice(start - values.start, stop - values.start)
                self._add(result[start:stop], parity, first, parts, half)
        if signs is not None:
            sides = np.multiply.outer(signs, signs)[:, None, :, None]
            for _, up in parts:
                above, below = slice(0, up.start), up
                result[:, below, :, above] = result[:, above, :, below].swapaxes(1, 3) * sides
        return np.asarray(result.transpose(1, 0, 3, 2))

    def _add(
        self,
        result: Floats,
        parity: int,
        part: slice,
        parts: list[tuple[int, slice]],
        half: bool,
    ) -> None:
        """Add one slice of l, of one parity, to `result`[l, u, r, d]."""
        for row in range(self.group):  # the parity of (l2, i)
            for up, values in parts:
                right = (self.parities[0] + parity + row + up) % self.group
                first = self._first(parity, part, row, (up, values), right)
                if not first.size:
                    continue
                for down in range(up if half else 0, self.group):
                    below = self.vertical.slices[down]
                    if half and down == up:
                        below = slice(values.start, below.stop)
                    self._second(result, first, row, (values, right), (down, below))

    def _rows(self, row: int) -> list[tuple[int, int]]:
        """Return the parities of l2 and i that add up to `row`."""
        return [(p, (row - p) % self.group) for p in range(self.group)]

    def _first(
        self, parity: int, part: slice, row: int, up: tuple[int, slice], right: int
    ) -> Floats:
        """Return U[l1, l2, l] A[u, l1, i, r1] as [l, (l2, i), (u, r1)]."""
        offset = self.vertical.slices[up[0]].start
        values = slice(up[1].start - offset, up[1].stop - offset)
        columns = (values.stop - values.start) * self.old.sizes[right]
        rows = [self.old.sizes[p] * self.vertical.sizes[i] for p, i in self._rows(row)]
        count = part.stop - part.start
        result = np.empty((count, sum(rows) * columns))
        start = 0
        for (low, inner), size in zip(self._rows(row), rows, strict=True):
            high = (parity + low) % self.group
            isometry = self.left[parity, low, high][part]
            block = self.upper[high, inner, up[0], right][:, :, values]
            if size * columns:
                out = result[:, start : start + size * columns]
                shape = (count, self.old.sizes[low], self.vertical.sizes[inner] * columns)
                einsum(
                    "lba,ac->lbc", isometry, block.reshape(len(block), -1), out=out.reshape(shape)
                )
            start += size * columns
        return result.reshape(count, sum(rows), columns)

    def _second(
        self,
        result: Floats,
        first: Floats,
        row: int,
        column: tuple[slice, int],
        down: tuple[int, slice],
    ) -> None:
        """Sum over (l2, i), then over (r1, r2), and add to `result`[l, u, r, d]."""
        values, right = column
        other = (self.parities[1] + row + down[0]) % self.group
        total = (right + other) % self.group
        below = self._below(row, other, *down)
        isometry = self.right[total, right, other]
        if not below.size or not isometry.size:
            return
        both = einsum("lkc,kn->lcn", first, below)
        up, size = values.stop - values.start, down[1].stop - down[1].start
        shape = (len(first), up, isometry[0].size, size)
        result[:, values, self.new.slices[total], down[1]] += einsum(
            "rk,lukd->lurd", isometry.reshape(len(isometry), -1), both.reshape(shape)
        )

    def _below(self, row: int, right: int, down: int, values: slice) -> Floats:
        """Return B[i, l2, d, r2] as [(l2, i), (r2, d)]."""
        key = (row, down, values.start)
        if key not in self.stacked:
            offset = self.vertical.slices[down].start
            part = slice(values.start - offset, values.stop - offset)
            width = self.old.sizes[right] * (values.stop - values.start)
            rows = [self.lower[p, i, right, down][..., part] for p, i in self._rows(row)]
            sizes = [block.shape[0] * block.shape[1] for block in rows]
            blocks = [b.reshape(size, width) for b, size in zip(rows, sizes, strict=True)]
            self.stacked[key] = np.concatenate(blocks)
        return self.stacked[key]
