"""Lattices of unit cells: chain, square, triangular, honeycomb, cubic, hypercubic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from kadanoff import _core, arguments

from .base import Lattice, read_only

_MAX_EXTENT = 2**35


class Crystal(Lattice):
    """A unit cell repeated along axes, each of them periodic or open."""

    _ndim: ClassVar[int | None]
    """Number of axes, None for as many as there are extents."""
    _site_offsets: ClassVar[tuple[tuple[float, ...], ...] | None] = None

    def __init__(
        self, extents: int | Sequence[int], periodic: bool | Sequence[bool] = True
    ) -> None:
        kind = type(self).__name__
        values = _per_axis(extents)
        if values is None:
            if self._ndim is None:
                raise TypeError(f"[{kind}] expected a sequence of extents, got {extents!r}")
            values = [extents] * self._ndim
        elif self._ndim is not None and len(values) != self._ndim:
            wanted = "1 extent" if self._ndim == 1 else f"{self._ndim} extents"
            raise ValueError(f"[{kind}] expected {wanted}, got {len(values)}")
        flags = _boundaries(kind, periodic, len(values))
        checked = [
            arguments.integer(kind, "extent", value, 2 if flag else 1, _MAX_EXTENT)
            for value, flag in zip(values, flags, strict=True)
        ]
        super().__init__(_core.Lattice.make(self.name, checked, flags))

    @property
    def cell_vectors(self) -> NDArray[np.float64]:
        """Step from a cell to the next along each axis, float64 (ndim, ndim).

        Row i belongs to axis i; columns are Cartesian components in the order of the axes, (y, x)
        or (z, y, x). The unit is the length of a bond.
        """
        return np.eye(self.ndim)

    @cached_property
    def positions(self) -> NDArray[np.float64]:
        """Where the sites are, in units of the bond length, float64 (n_sites, ndim), read-only.

        Columns are Cartesian components in the order of the axes, (y, x) or (z, y, x).
        """
        cells = np.indices(self.extents).reshape(self.ndim, -1).T
        offsets = np.zeros((1, self.ndim)) if self._site_offsets is None else self._site_offsets
        positions = (cells @ self.cell_vectors)[:, None, :] + np.asarray(offsets)
        return read_only(positions.reshape(-1, self.ndim))

    def momenta(self) -> NDArray[np.float64]:
        r"""Return the smallest wave vectors that fit the lattice, one for each periodic axis.

        Returns
        -------
        ndarray
            float64 (periodic axes, ndim), in units of 1 / (length of a bond); columns as those of
            `positions`.

        Notes
        -----
        Axis i of extent :math:`L_i` has :math:`k_i = b_i / L_i` with the reciprocal vectors
        :math:`b_i \cdot a_j = 2 \pi \delta_{ij}` of the cell vectors :math:`a_j`.

        Examples
        --------
        >>> (Square((4, 8)).momenta() / np.pi).tolist()
        [[0.5, 0.0], [0.0, 0.25]]
        """
        reciprocal = 2 * np.pi * np.linalg.inv(self.cell_vectors).T
        smallest = reciprocal / np.array(self.extents)[:, None]
        return np.asarray(smallest[list(self.periodic)], dtype=np.float64)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.extents, self.periodic)

    def __repr__(self) -> str:
        same = self._ndim is not None and len(set(self.extents)) == 1
        extents = self.extents[0] if same else self.extents
        if all(self.periodic):
            return f"{type(self).__name__}({extents})"
        periodic = self.periodic if any(self.periodic) else False
        return f"{type(self).__name__}({extents}, periodic={periodic})"


class Chain(Crystal):
    """A chain: every site bound to the next.

    Parameters
    ----------
    extents : int
        Number of sites; at least 2.
    periodic : bool
        Whether the last site is bound to the first.

    Raises
    ------
    ValueError
        If the extent is too small.
    TypeError
        If an argument has the wrong type.

    Examples
    --------
    >>> Chain(4).bonds.tolist()
    [[0, 1], [1, 2], [2, 3], [3, 0]]
    >>> Chain(4, periodic=False).n_bonds
    3
    """

    name = "chain"
    _ndim = 1


class Square(Crystal):
    """A square lattice, every site bound to the next one along each axis.

    Parameters
    ----------
    extents : int or (int, int)
        Extent of both axes, or (y, x). At least 2 along a periodic axis, where 2 binds neighbours
        twice; at least 1 along an open one.
    periodic : bool or (bool, bool)
        Whether both axes are periodic, or each.

    Raises
    ------
    ValueError
        If an extent is too small, or the number of extents or boundaries is wrong.
    TypeError
        If an argument has the wrong type.

    Examples
    --------
    >>> Square((4, 6)).n_sites
    24
    >>> Square(4).bonds[:2].tolist()
    [[0, 1], [0, 4]]
    >>> Square((4, 5), periodic=(True, False)).degrees.reshape(4, 5)[0].tolist()
    [3, 4, 4, 4, 3]
    """

    name = "square"
    _ndim = 2


class Triangular(Crystal):
    """A triangular lattice: bonds (0, 1), (1, 0) and (1, 1) from every site (y, x).

    Parameters
    ----------
    extents : int or (int, int)
        Extent of both axes, or (y, x). At least 2 along a periodic axis, where 2 binds neighbours
        twice; at least 1 along an open one.
    periodic : bool or (bool, bool)
        Whether both axes are periodic, or each.

    Raises
    ------
    ValueError
        If an extent is too small, or the number of extents or boundaries is wrong.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    The axes enclose 120 degrees, so that all bonds have the same length. Three colours suffice if 3
    divides the periodic extents.

    Examples
    --------
    >>> lattice = Triangular((3, 6))
    >>> lattice.bonds[:3].tolist(), lattice.coordination, lattice.n_colours
    ([[0, 1], [0, 6], [0, 7]], 6, 3)
    """

    name = "triangular"
    _ndim = 2

    @property
    def cell_vectors(self) -> NDArray[np.float64]:
        """Step from a cell to the next along each axis, see `Crystal.cell_vectors`."""
        return np.array([[np.sqrt(3) / 2, -0.5], [0.0, 1.0]])


class Honeycomb(Crystal):
    """A honeycomb lattice: cells (y, x) of two sites, 0 and 1.

    Parameters
    ----------
    extents : int or (int, int)
        Cells along both axes, or (y, x). At least 2 along a periodic axis, 1 along an open one.
    periodic : bool or (bool, bool)
        Whether both axes are periodic, or each.

    Raises
    ------
    ValueError
        If an extent is too small, or the number of extents or boundaries is wrong.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    Site 0 is bound to site 1 of its cell; site 1 to site 0 of the cells one step along x and one
    along y. The axes enclose 60 degrees. The lattice is bipartite: `colouring` is the site's number
    in its cell.

    Examples
    --------
    >>> lattice = Honeycomb(4)
    >>> lattice.shape, lattice.n_sites, lattice.n_bonds
    ((4, 4, 2), 32, 48)
    """

    name = "honeycomb"
    _ndim = 2
    _site_offsets = ((0.0, 0.0), (0.5, float(np.sqrt(3) / 2)))

    @property
    def cell_vectors(self) -> NDArray[np.float64]:
        """Step from a cell to the next along each axis, see `Crystal.cell_vectors`."""
        return np.array([[1.5, np.sqrt(3) / 2], [0.0, np.sqrt(3)]])


class Cubic(Crystal):
    """A simple cubic lattice, every site bound to the next one along each axis.

    Parameters
    ----------
    extents : int or (int, int, int)
        Extent of all axes, or (z, y, x). At least 2 along a periodic axis, where 2 binds neighbours
        twice; at least 1 along an open one.
    periodic : bool or (bool, bool, bool)
        Whether all axes are periodic, or each.

    Raises
    ------
    ValueError
        If an extent is too small, or the number of extents or boundaries is wrong.
    TypeError
        If an argument has the wrong type.

    Examples
    --------
    >>> Cubic(4).shape
    (4, 4, 4)
    """

    name = "cubic"
    _ndim = 3


class Hypercubic(Crystal):
    """A hypercubic lattice of 1 to 8 axes, every site bound to the next one along each axis.

    Parameters
    ----------
    extents : sequence of int
        Extent of each axis, slowest first. At least 2 along a periodic axis, where 2 binds
        neighbours twice; at least 1 along an open one.
    periodic : bool or sequence of bool
        Whether all axes are periodic, or each.

    Raises
    ------
    ValueError
        If an extent is too small, or the number of extents or boundaries is wrong.
    TypeError
        If an argument has the wrong type.

    Examples
    --------
    >>> Hypercubic((4, 4, 4, 4)).coordination
    8
    """

    name = "hypercubic"
    _ndim = None


def _per_axis(value: Any) -> list[Any] | None:
    """Return the items of a sequence, None of anything else."""
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes):
        return list(np.asarray(value, dtype=object).ravel())
    return None


def _boundaries(kind: str, periodic: Any, axes: int) -> list[bool]:
    """Return one flag for each axis."""
    flags = _per_axis(periodic)
    if flags is None:
        flags = [periodic] * axes
    if not all(isinstance(flag, bool | np.bool_) for flag in flags):
        wanted = "periodic as True, False or one of them for each axis"
        raise TypeError(f"[{kind}] expected {wanted}, got {periodic!r}")
    if len(flags) != axes:
        raise ValueError(f"[{kind}] expected periodic for {axes} axes, got {len(flags)}")
    return [bool(flag) for flag in flags]


LATTICES: dict[str, type[Crystal]] = {
    lattice.name: lattice for lattice in (Chain, Square, Triangular, Honeycomb, Cubic, Hypercubic)
}
"""Every lattice that is made of extents, by name."""
