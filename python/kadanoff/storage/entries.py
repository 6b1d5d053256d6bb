"""Checked access to a tree that was read: every wrong entry is a `FileError` with a reason."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import FileError
from .checking import shown


class Entries:
    """The entries of a tree, by type.

    Parameters
    ----------
    tree : mapping of str to values
        As `read` returns it.
    path : path-like
        The file that it came from, for error texts.
    where : str
        The group of `tree` in the file.

    Raises
    ------
    FileError
        By every method, where the entry is missing, of another type or out of bounds.

    Examples
    --------
    >>> entries = Entries({"sweep": 7, "model": {"lattice": "square"}}, "state.h5")
    >>> entries.integer("sweep", low=0)
    7
    >>> entries.group("model").text("lattice", choices=("square", "cubic"))
    'square'
    >>> entries.text("update")
    Traceback (most recent call last):
        ...
    kadanoff.errors.FileError: [load] expected a text as '/update', got nothing: state.h5
    """

    def __init__(
        self, tree: Mapping[str, Any], path: str | os.PathLike[str], where: str = "/"
    ) -> None:
        self._tree = tree
        self._path = os.fspath(path)
        self._where = where

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries."""
        return tuple(self._tree)

    def __contains__(self, name: object) -> bool:
        return name in self._tree

    def wrong(self, name: str, expected: str) -> FileError:
        """Make, for the caller to raise, the error "expected `expected` as `name`, got ..."."""
        got = _described(self._tree[name]) if name in self._tree else "nothing"
        place = shown(self._where + name)
        return FileError(f"[load] expected {expected} as {place}, got {got}: {self._path}")

    def array(
        self, name: str, dtype: npt.DTypeLike, shape: tuple[int | None, ...] | None = None
    ) -> np.ndarray[Any, Any]:
        """Return an array of exactly `dtype` and `shape`; None stands for any extent or shape."""
        value = self._tree.get(name)
        if isinstance(value, np.ndarray) and value.dtype == np.dtype(dtype):
            if shape is None:
                return value
            pairs = zip(value.shape, shape, strict=False)
            if value.ndim == len(shape) and all(wanted in (got, None) for got, wanted in pairs):
                return value
        of_shape = "" if shape is None else f" of shape {_shape_text(shape)}"
        raise self.wrong(name, f"an array{of_shape} of {np.dtype(dtype)}")

    def integer(self, name: str, low: int = -(2**63), high: int = 2**64 - 1) -> int:
        """Return an int from `low` to `high`, both included."""
        value = self._tree.get(name)
        if type(value) is int and low <= value <= high:
            return value
        raise self.wrong(name, f"an integer from {low} to {high}")

    def real(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        """Return a finite float from `low` to `high`, both included."""
        value = self._tree.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            number = float(value)
            if math.isfinite(number) and low <= number <= high:
                return number
        bounds = "" if (low, high) == (-math.inf, math.inf) else f" from {low} to {high}"
        raise self.wrong(name, f"a finite real number{bounds}")

    def text(self, name: str, choices: Collection[str] | None = None) -> str:
        """Return a str, one of `choices` where they are given."""
        value = self._tree.get(name)
        if type(value) is str and (choices is None or value in choices):
            return value
        raise self.wrong(name, "a text" if choices is None else "one of " + ", ".join(choices))

    def flag(self, name: str) -> bool:
        """Return a bool."""
        value = self._tree.get(name)
        if type(value) is bool:
            return value
        raise self.wrong(name, "true or false")

    def flags(self, name: str) -> list[bool]:
        """Return a list of bool."""
        value = self._tree.get(name)
        if isinstance(value, list) and all(type(v) is bool for v in value):
            return list(value)
        raise self.wrong(name, "a list of true or false")

    def integers(self, name: str, low: int = -(2**63), high: int = 2**64 - 1) -> list[int]:
        """Return a list of int, each from `low` to `high`."""
        value = self._tree.get(name)
        if isinstance(value, list) and all(type(v) is int and low <= v <= high for v in value):
            return list(value)
        raise self.wrong(name, f"a list of integers from {low} to {high}")

    def reals(self, name: str) -> list[float]:
        """Return a list of finite floats."""
        value = self._tree.get(name)
        if isinstance(value, list) and all(type(v) in (int, float) for v in value):
            numbers = [float(v) for v in value]
            if all(map(math.isfinite, numbers)):
                return numbers
        raise self.wrong(name, "a list of finite real numbers")

    def texts(self, name: str) -> list[str]:
        """Return a list of str."""
        value = self._tree.get(name)
        if isinstance(value, list) and all(type(v) is str for v in value):
            return list(value)
        raise self.wrong(name, "a list of texts")

    def group(self, name: str) -> Entries:
        """Return the entries of a group."""
        return Entries(self.plain(name), self._path, self._where + name + "/")

    def plain(self, name: str) -> dict[str, Any]:
        """Return a group as a dict, unchecked beyond that."""
        value = self._tree.get(name)
        if isinstance(value, dict):
            return value
        raise self.wrong(name, "a group")


def _shape_text(shape: tuple[int | None, ...]) -> str:
    extents = ["any" if extent is None else str(extent) for extent in shape]
    return "(" + ", ".join(extents) + ("," if len(extents) == 1 else "") + ")"


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} of {value.dtype}"
    if isinstance(value, Mapping):
        return "a group"
    return shown(repr(value)).strip("'\"") if not isinstance(value, str) else shown(value)
