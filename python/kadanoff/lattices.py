"""Lattices: which sites there are and which of them are neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from kadanoff import arguments

_MAX_EXTENT = 2**35


class _Hypercubic:
    """A periodic lattice of `ndim` axes, every site bound to the next one along each axis."""

    name: ClassVar[str]
    ndim: ClassVar[int]

    def __init__(self, extents: int | Sequence[int], periodic: bool = True) -> None:
        kind = type(self).__name__
        if isinstance(extents, Sequence | np.ndarray) and not isinstance(extents, str | bytes):
            values: list[Any] = np.asarray(extents, dtype=object).ravel().tolist()
        else:
            values = [extents] * self.ndim
        if len(values) != self.ndim:
            raise ValueError(f"[{kind}] expected {self.ndim} extents, got {len(values)}")
        self._shape = tuple(
            arguments.integer(kind, "extent", value, 2, _MAX_EXTENT) for value in values
        )
        if any(extent % 2 for extent in self._shape):
            raise ValueError(
                f"[{kind}] expected even extents, got {self._shape}: an odd periodic extent is not "
                "bipartite and has no checkerboard; the replica-packed kernel of a later release "
                "will handle it"
            )
        if periodic is not True:
            raise ValueError(
                f"[{kind}] expected periodic=True, got {periodic!r}: open boundaries will be "
                "handled by the replica-packed kernel of a later release"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents, slowest axis first: (y, x) or (z, y, x)."""
        return self._shape

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        n = 1
        for extent in self._shape:
            n *= extent
        return n

    @property
    def coordination(self) -> int:
        """Number of neighbours of a site, counting one twice that is met both ways round."""
        return 2 * self.ndim

    @cached_property
    def bonds(self) -> NDArray[np.int64]:
        """Bonds as pairs of row-major site numbers, int64 (ndim * n_sites, 2).

        Bond ``site * ndim + axis`` leads from `site` one step up `axis`, the last axis first. An
        extent of 2 has every bond along it twice, as the torus of Kaufman's solution does.
        """
        sites = np.arange(self.n_sites, dtype=np.int64).reshape(self._shape)
        ends = [np.roll(sites, -1, axis=axis).ravel() for axis in reversed(range(self.ndim))]
        starts = np.repeat(sites.ravel(), self.ndim)
        bonds = np.stack([starts, np.stack(ends, axis=1).ravel()], axis=1)
        bonds.flags.writeable = False
        return bonds

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._shape == self._shape

    def __hash__(self) -> int:
        return hash((self.name, self._shape))

    def __repr__(self) -> str:
        same = len(set(self._shape)) == 1
        return f"{type(self).__name__}({self._shape[0] if same else self._shape})"


class Square(_Hypercubic):
    """Periodic square lattice.

    Parameters
    ----------
    extents : int or (int, int)
        Extent of both axes, or (y, x). Even, at least 2.
    periodic : bool
        Only True so far.

    Raises
    ------
    ValueError
        If an extent is odd or below 2.
    TypeError
        If an extent is not an integer.

    Examples
    --------
    >>> Square((4, 6)).n_sites
    24
    >>> Square(4).bonds[:2].tolist()
    [[0, 1], [0, 4]]
    """

    name = "square"
    ndim = 2


class Cubic(_Hypercubic):
    """Periodic simple cubic lattice.

    Parameters
    ----------
    extents : int or (int, int, int)
        Extent of all axes, or (z, y, x). Even, at least 2.
    periodic : bool
        Only True so far.

    Raises
    ------
    ValueError
        If an extent is odd or below 2.
    TypeError
        If an extent is not an integer.

    Examples
    --------
    >>> Cubic(4).shape
    (4, 4, 4)
    """

    name = "cubic"
    ndim = 3


LATTICES: dict[str, type[_Hypercubic]] = {lattice.name: lattice for lattice in (Square, Cubic)}
