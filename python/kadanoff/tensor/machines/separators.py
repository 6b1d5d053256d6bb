"""The smallest set of units that separates some visible units of a machine from the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]


class Cut(NamedTuple):
    """A minimum vertex cut: which units are in it, and which lie on its near side.

    Units are numbered, visible ones first. `inside` are those that only the near side knows.
    """

    cut: Flags
    inside: Flags


def minimum_cut(connected: Flags, near: Iterable[int]) -> Cut:
    """Return the minimum vertex cut between the visible units `near` and all others.

    Parameters
    ----------
    connected : ndarray of bool, (n_visible, n_hidden)
        Which weights are not zero.
    near : iterable of int

    Notes
    -----
    Menger's theorem as a maximum flow: every unit is an arc of capacity 1 from its entry to its
    exit, every connection an arc without a limit each way. Of all minimum cuts it is the nearest:
    those of growing sets of near units are then nested (G. Gallo, M. D. Grigoriadis and R. E.
    Tarjan, SIAM J. Comput. 18 (1989) 30, lemma 2.4).
    """
    from scipy.sparse import csr_array  # slow to import
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    n_visible, n_hidden = connected.shape
    units = n_visible + n_hidden
    source, sink, endless = 2 * units, 2 * units + 1, units + 1
    chosen = np.zeros(n_visible, dtype=bool)
    chosen[list(near)] = True
    v, h = np.nonzero(connected)
    h = h + n_visible
    every = np.arange(units)
    first, other = np.flatnonzero(chosen), np.flatnonzero(~chosen)
    # Entry of unit u is node u, its exit is node u + units.
    tails = np.concatenate(
        [every, v + units, h + units, np.full(len(first), source), other + units]
    )
    heads = np.concatenate([every + units, h, v, first, np.full(len(other), sink)])
    sizes = np.full(len(tails), endless, dtype=np.int32)
    sizes[:units] = 1
    graph = csr_array((sizes, (tails, heads)), shape=(sink + 1, sink + 1), dtype=np.int32)
    flow = maximum_flow(graph, source, sink).flow
    residual = graph - flow
    residual.eliminate_zeros()
    reached = np.zeros(sink + 1, dtype=bool)
    order: Any = breadth_first_order(residual, source, return_predecessors=False)
    reached[order] = True
    inside = reached[units : 2 * units]
    return Cut(reached[:units] & ~inside, inside)
