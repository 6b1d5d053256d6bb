"""Lattices and terms as plain values, and back from files that anybody may have written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kadanoff.errors import FileError
from kadanoff.lattices import LATTICES, Graph, Lattice

from . import terms

if TYPE_CHECKING:
    from kadanoff import storage

_MAX_EXTENT = 2**36


def of_lattice(lattice: Lattice) -> dict[str, Any]:
    """Return a lattice as plain values: name, shape, boundaries; a graph with its bonds."""
    result = {"lattice": lattice.name, "shape": list(lattice.shape)}
    if isinstance(lattice, Graph):
        return {**result, "bonds": lattice.bonds}
    return {**result, "periodic": list(lattice.periodic)}


def lattice(entries: storage.Entries) -> Lattice:
    """Return the lattice that `of_lattice` wrote, or raise FileError.

    Without "periodic" it is periodic: so files were written before there were boundaries.
    """
    name = entries.text("lattice", choices=(*LATTICES, Graph.name))
    shape = entries.integers("shape", low=1, high=_MAX_EXTENT)
    if name == Graph.name:
        bonds = entries.array("bonds", np.int64, (None, 2))
        if len(shape) != 1:
            raise entries.wrong("shape", "one number of sites")
        with refusing():
            return Graph(bonds, shape[0])
    extents = shape[:-1] if name == "honeycomb" else shape
    periodic = entries.flags("periodic") if "periodic" in entries else [True] * len(extents)
    kind: Any = LATTICES[name]
    with refusing():
        made: Lattice = kind(extents, periodic)
    if made.shape != tuple(shape):
        raise entries.wrong("shape", f"the shape of a {name} lattice")
    return made


def one_or_each(entries: storage.Entries, name: str) -> terms.Values:
    """Return a number, or a flat array of float64 whose size the model has to check."""
    for read in (entries.real, lambda name: entries.array(name, np.float64, (None,))):
        with contextlib.suppress(FileError):
            return read(name)
    raise entries.wrong(name, "a finite real number or a flat array of float64")


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn what a constructor has to say about values from a file into a FileError."""
    try:
        yield
    except FileError:
        raise
    except (TypeError, ValueError) as error:
        raise FileError(f"[load] expected a consistent model, got: {error}") from error
