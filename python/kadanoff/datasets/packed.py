"""Spins at one bit each: rows of bytes, in memory or in a file, unpacked as they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint8]
Rows = slice | npt.NDArray[Any]

_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
_PIECE = 2**20
"""Bytes of packed rows that are unpacked at a time."""


class PackedSpins:
    """Rows of spins, the first in the highest bit of the first byte, 1 for a spin of +1.

    Parameters
    ----------
    words : ndarray of uint8, (n, ceil(n_sites / 8))
        The bits behind the last site of a row are 0. May be a `numpy.memmap`: then rows that are
        picked stay in the file until they are unpacked.
    n_sites : int
    rows : ndarray of int64, optional
        Which rows of `words` these are, in which order; all by default.

    Examples
    --------
    >>> import numpy as np
    >>> spins = PackedSpins.pack(np.array([[1, -1, 1], [-1, -1, 1]]))
    >>> spins.words.tolist(), len(spins)
    ([[160], [32]], 2)
    >>> spins.unpack(np.array([1]), np.int8).tolist()
    [[-1, -1, 1]]
    """

    def __init__(
        self, words: Words, n_sites: int, rows: npt.NDArray[np.int64] | None = None
    ) -> None:
        self._base = words
        self._index = rows
        self.n_sites = n_sites

    @classmethod
    def pack(cls, spins: npt.NDArray[Any]) -> PackedSpins:
        """Return the rows of an array (n, n_sites), packed: a positive number is a spin of +1."""
        return cls(np.packbits(spins > 0, axis=1), spins.shape[1])

    @property
    def words(self) -> Words:
        """The bytes, (n, ceil(n_sites / 8)); a choice of rows of a file is read."""
        return self._base if self._index is None else self._base[self._index]

    @property
    def in_file(self) -> bool:
        """Whether the bytes are in a file."""
        return isinstance(self._base, np.memmap)

    def __len__(self) -> int:
        return len(self._base if self._index is None else self._index)

    def select(self, rows: Rows) -> PackedSpins:
        """Return some of the rows: a slice, a mask or row numbers. Of a file, nothing is read."""
        if self._index is None and (isinstance(rows, slice) or not self.in_file):
            return PackedSpins(self._base[rows], self.n_sites)
        index = np.arange(len(self._base)) if self._index is None else self._index
        return PackedSpins(self._base, self.n_sites, index[rows])

    def unpack(self, rows: Rows, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return rows as an array of -1 and 1, (rows, n_sites), C-contiguous."""
        ones = _BITS.astype(dtype)
        return self._looked_up(rows, ones + ones - 1)

    def bits(self, rows: Rows = slice(None)) -> npt.NDArray[np.uint8]:
        """Return rows as an array of 0 and 1, (rows, n_sites)."""
        return self._looked_up(rows, _BITS)

    def _looked_up(self, rows: Rows, table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put the eight numbers of a table in place of each byte."""
        chosen = self.select(rows)
        out = np.empty((len(chosen), self.n_sites), dtype=table.dtype)
        width = self._base.shape[1]
        step = max(1, _PIECE // max(1, width))
        for start in range(0, len(chosen), step):
            piece = chosen.select(slice(start, start + step)).words
            looked_up = np.take(table, piece.reshape(-1), axis=0).reshape(len(piece), -1)
            out[start : start + step] = looked_up[:, : self.n_sites]
        return out
