"""Any graph as a lattice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from kadanoff import _core, arguments

from .base import Lattice

_MAX_GRAPH = 2**31
_SHOWN_EDGES = 16


class Graph(Lattice):
    """Any sites and bonds; it need not be connected.

    Parameters
    ----------
    edges : array_like
        Pairs of different sites, integer (m, 2); every pair once, in either order.
    n : int, optional
        Number of sites, 2 to 2^31; by default one more than the largest in `edges`.

    Raises
    ------
    ValueError
        If an edge binds a site to itself, comes twice or leads to no site, or `n` is out of range.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    Two graphs are equal if their edges are the same in the same order, since couplings come in that
    order.

    Examples
    --------
    >>> Graph([(0, 1), (1, 2), (2, 0)], n=4).degrees.tolist()
    [2, 2, 2, 0]
    >>> Graph(np.argwhere(np.triu(np.ones((5, 5)), k=1))).n_colours  # the complete graph
    5
    """

    name = "graph"

    def __init__(self, edges: npt.ArrayLike, n: int | None = None) -> None:
        pairs = _edges(edges)
        if n is None:
            n = min(max(2, int(pairs.max(initial=0)) + 1), _MAX_GRAPH)
        else:
            n = arguments.integer("Graph", "n", n, 2, _MAX_GRAPH)
        super().__init__(_core.Lattice.graph(n, pairs))

    def _key(self) -> tuple[Any, ...]:
        return self.n_sites, self._content

    @cached_property
    def _content(self) -> bytes:
        return self.bonds.tobytes()

    def __reduce__(self) -> tuple[Any, ...]:
        return Graph, (self.bonds, self.n_sites)

    def __repr__(self) -> str:
        if self.n_bonds > _SHOWN_EDGES:
            return f"Graph(<{self.n_bonds} edges>, n={self.n_sites})"
        return f"Graph({self.bonds.tolist()}, n={self.n_sites})"


def _edges(edges: Any) -> NDArray[np.int64]:
    """Return pairs of integers as an int64 array (m, 2)."""
    if isinstance(edges, Iterable) and not isinstance(edges, Sequence | np.ndarray | str | bytes):
        edges = list(edges)
    pairs = arguments.array("Graph", "edges", edges)
    if pairs.size == 0 and pairs.ndim in (1, 2):
        return np.empty((0, 2), dtype=np.int64)
    if pairs.dtype.kind not in "iu":
        raise TypeError(f"[Graph] expected edges as pairs of integers, got dtype {pairs.dtype}")
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"[Graph] expected edges of shape (m, 2), got {pairs.shape}")
    if pairs.dtype == np.uint64 and int(pairs.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"[Graph] expected sites below 2^31, got {int(pairs.max())}")
    return np.ascontiguousarray(pairs, dtype=np.int64)
