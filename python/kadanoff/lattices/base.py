"""What all lattices have."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from kadanoff import _core


class Lattice:
    """What all lattices have: sites, bonds and a colouring. Make one of the derived classes."""

    name: ClassVar[str]

    def __init__(self, core: _core.Lattice) -> None:
        self._core = core

    @property
    def core(self) -> _core.Lattice:
        """The compiled lattice."""
        return self._core

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an array over the sites: (y, x), of a honeycomb (y, x, 2), of a graph (n,)."""
        return self._core.shape

    @property
    def extents(self) -> tuple[int, ...]:
        """Number of cells along each axis, slowest axis first; (n,) of a graph."""
        return self._core.extents

    @property
    def periodic(self) -> tuple[bool, ...]:
        """Whether each axis is periodic; empty for a graph, which has no axes."""
        return self._core.periodic

    @property
    def ndim(self) -> int:
        """Number of axes; 0 of a graph."""
        return len(self.periodic)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return self._core.sites

    @property
    def n_bonds(self) -> int:
        """Number of bonds; they are counted without being listed."""
        return self._core.bond_count

    @property
    def coordination(self) -> int:
        """Bonds of a site that is not at an open end; the largest number of them in a graph."""
        return self._core.coordination

    @cached_property
    def bonds(self) -> NDArray[np.int64]:
        """Bonds as pairs of row-major site numbers, int64 (n_bonds, 2), read-only.

        They come site by site: of a hypercubic lattice one step up each axis, the last axis first,
        of a triangular one (0, 1), (1, 0), (1, 1). Those that would cross an open end are left out.
        A periodic extent of 2 binds neighbours twice, as the torus of Kaufman's solution does. A
        graph's bonds are its edges as given.
        """
        return read_only(self._core.bonds())

    @cached_property
    def degrees(self) -> NDArray[np.int64]:
        """Number of bonds of each site, int64 (n_sites,), read-only."""
        degrees = np.bincount(self.bonds.ravel(), minlength=self.n_sites)
        return read_only(degrees.astype(np.int64, copy=False))

    @cached_property
    def _colouring(self) -> tuple[NDArray[np.uint32], int]:
        colour, colours = self._core.colouring()
        return read_only(colour), colours

    @property
    def colouring(self) -> NDArray[np.uint32]:
        """A colour for each site such that neighbours differ, uint32 (n_sites,), read-only.

        With as few colours as can be where the lattice is known to need that many or two suffice;
        otherwise by DSATUR (Brelaz, Comm. ACM 22 (1979) 251).
        """
        return self._colouring[0]

    @property
    def n_colours(self) -> int:
        """Number of colours of `colouring`."""
        return self._colouring[1]

    @property
    def positions(self) -> NDArray[np.float64] | None:
        """Where the sites are, in units of the bond length; None of a graph."""
        return None

    def momenta(self) -> NDArray[np.float64]:
        """Return the smallest wave vectors that fit the lattice, as `Crystal.momenta` does.

        Raises
        ------
        ValueError
            Of a graph, which has no axes.
        """
        raise ValueError(f"[momenta] expected a lattice with axes, got a {self.name}")

    def _key(self) -> tuple[Any, ...]:
        return self.extents, self.periodic

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._key() == self._key()

    def __hash__(self) -> int:
        return hash((self.name, self._key()))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array itself, which can then no longer be written to."""
    array.flags.writeable = False
    return array
