"""Where Metropolis does not reach every state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff.lattices import Lattice
from kadanoff.models import Ising, Model, Potts


def is_ergodic(model: Model, update: str, order: str, beta: npt.NDArray[np.float64]) -> bool:
    """Whether sweeps in this order are known to reach every state.

    Flips that cost nothing are always accepted by Metropolis: sublattices then alternate at beta =
    0, and without a field on an extent of 2; free spins alternate, and on a ring of couplings of
    one size domain walls travel round without ever turning back.
    """
    if update != "metropolis" or order == "random":
        return True
    if isinstance(model, Potts):  # with more states than two, a random number chooses the next one
        return model.q > 2 or not _has_idle_parts(model.lattice, model.coupling)
    assert isinstance(model, Ising)
    idle = beta * max(np.abs(model.coupling).max(), np.abs(model.field).max()) == 0.0
    if np.any(model.field) or model.plaquette:
        return not idle.any()
    alternating = _has_double_bonds(model.lattice) or _has_idle_parts(model.lattice, model.coupling)
    return not (idle.any() or alternating)


def _has_double_bonds(lattice: Lattice) -> bool:
    """Whether an extent of 2 binds neighbours both ways round, so that flips often cost nothing."""
    pairs = zip(lattice.extents, lattice.periodic, strict=False)
    return lattice.name != "honeycomb" and any(pair == (2, True) for pair in pairs)


def _has_idle_parts(lattice: Lattice, coupling: npt.ArrayLike) -> bool:
    """Whether a connected part is one site, or a ring of bonds of one size."""
    if lattice.name != "graph" and sum(extent > 1 for extent in lattice.shape) > 1:
        return False  # no need to list the bonds of a large crystal
    if lattice.degrees.min() > 2:
        return False  # nor to take a dense graph apart
    from scipy.sparse import coo_array  # slow to import
    from scipy.sparse.csgraph import connected_components

    first, second = lattice.bonds.T
    shape = (lattice.n_sites, lattice.n_sites)
    count, part = connected_components(coo_array((np.ones(len(first)), (first, second)), shape))
    most = np.zeros(count, dtype=np.int64)
    np.maximum.at(most, part, lattice.degrees)
    size = np.abs(np.broadcast_to(np.asarray(coupling, dtype=float), len(first)))
    largest, smallest = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(largest, part[first], size)
    np.minimum.at(smallest, part[first], size)
    sites, bonds = np.bincount(part, minlength=count), np.bincount(part[first], minlength=count)
    rings = (most == 2) & (bonds == sites) & (largest == smallest)
    return bool(np.any(rings | (sites == 1)))
