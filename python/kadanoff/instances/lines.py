"""Lines of a text file with their numbers, read as a table or refused at the line at fault."""

from __future__ import annotations

import math
import os
import re
import warnings
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import FileError

MAX_BYTES = 2**32
MAX_SPINS = 2**27

_PIECE = 2**24
_GZIP = b"\x1f\x8b"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_ROW = np.dtype([("first", np.int64), ("second", np.int64), ("value", np.float64)])


class Rows(NamedTuple):
    """Triples of a file: int64, int64 and float64 arrays, shape (row,)."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]


class Lines:
    """The lines of a text file that hold data: no comments, no blank ones.

    Parameters
    ----------
    path : path-like
        Text in ASCII or UTF-8, or that compressed by gzip; ``#`` begins a comment.

    Raises
    ------
    FileError
        If it is empty, not text, or damaged.
    OSError
        If it cannot be read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        lines = self._text(Path(path)).splitlines()
        if any("#" in line for line in lines):
            lines = [line.partition("#")[0] for line in lines]
        numbers = [number for number, line in enumerate(lines) if line and not line.isspace()]
        self.texts = [lines[number] for number in numbers]
        self._numbers = numbers
        if not self.texts:
            raise self.error("an instance", "an empty file")

    def __len__(self) -> int:
        return len(self.texts)

    def error(self, expected: str, got: str, row: int | None = None) -> FileError:
        """Make the error of a row, or of the whole file."""
        where = "" if row is None else f", line {self._numbers[row] + 1}"
        return FileError(f"[read] expected {expected}, got {got}: {self.path}{where}")

    def _text(self, path: Path) -> str:
        data = self._bytes(path)
        if data.startswith(_GZIP):
            data = self._unzipped(data)
        if b"\0" in data:
            raise self.error("a text file", "binary data")
        try:
            # A byte-order mark is what some editors put in front.
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise self.error("a text file", "binary data") from None

    def _bytes(self, path: Path) -> bytes:
        # In pieces: to ask for all at once would allocate as much as is allowed.
        parts, size = [], 0
        with path.open("rb") as file:
            while part := file.read(_PIECE):
                parts.append(part)
                size += len(part)
                if size > MAX_BYTES:
                    raise self.error(f"at most {MAX_BYTES} bytes", "more")
        return b"".join(parts)

    def _unzipped(self, data: bytes) -> bytes:
        inflater = zlib.decompressobj(wbits=31)
        try:
            text = inflater.decompress(data, MAX_BYTES + 1)
        except zlib.error:
            raise self.error("a whole gzip file", "a damaged one") from None
        if len(text) > MAX_BYTES:
            raise self.error(f"at most {MAX_BYTES} bytes", "more")
        if not inflater.eof:
            raise self.error("a whole gzip file", "a truncated one")
        return text

    def integers(self, row: int, names: str) -> list[int]:
        """Read a line of as many integers as `names` has words."""
        words = self.texts[row].split()
        if len(words) != len(names.split()) or not all(map(_INTEGER.fullmatch, words)):
            raise self.error(f"a line '{names}'", repr(" ".join(words)), row)
        return [int(word) for word in words]

    def real(self, row: int) -> float:
        """Read a line of one finite number."""
        return self._value(self.texts[row].strip(), row)

    def rows(self, start: int, *, fields: bool = False) -> Rows:
        """Read the lines from `start` on as ``i j v``.

        Parameters
        ----------
        start : int
        fields : bool
            Allow lines ``i v`` too, which mean ``i i v``.

        Raises
        ------
        FileError
            At the first line that is not of that form; a value has to be finite.
        """
        texts = self.texts[start:]
        if not texts:
            return Rows(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
        try:
            with warnings.catch_warnings():
                # NumPy 1 reads the integer 1.5 as 1, with a warning.
                warnings.simplefilter("error", DeprecationWarning)
                table = np.loadtxt(texts, dtype=_ROW, comments=None, ndmin=1)
            if not np.isfinite(table["value"]).all():
                raise ValueError
        except (ValueError, DeprecationWarning):
            # The slow way finds the line at fault, or reads what NumPy's table cannot have.
            return self._rows_one_by_one(start, fields=fields)
        return Rows(*(np.ascontiguousarray(table[name]) for name in _ROW.names or ()))

    def _rows_one_by_one(self, start: int, *, fields: bool) -> Rows:
        form = "'i j v' or 'i v'" if fields else "'i j v'"
        table = np.empty(len(self.texts) - start, _ROW)
        for row, text in enumerate(self.texts[start:], start):
            words = text.split()
            if len(words) == 2 and fields:
                words.insert(0, words[0])
            if len(words) != 3:
                raise self.error(f"a line {form}", repr(" ".join(words)), row)
            table[row - start] = (
                self._site(words[0], row),
                self._site(words[1], row),
                self._value(words[2], row),
            )
        return Rows(*(np.ascontiguousarray(table[name]) for name in _ROW.names or ()))

    def _site(self, word: str, row: int) -> int:
        if not _INTEGER.fullmatch(word):
            raise self.error("an integer as number of a spin", repr(word), row)
        site = int(word)
        if not -MAX_SPINS <= site <= MAX_SPINS:
            raise self.error(f"numbers of spins up to {MAX_SPINS}", word, row)
        return site

    def _value(self, word: str, row: int) -> float:
        value = float(word) if _REAL.fullmatch(word) else math.nan
        if not math.isfinite(value):
            raise self.error("a finite number", repr(word), row)
        return value
