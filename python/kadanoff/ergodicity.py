"""Where Metropolis does not reach every state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff.lattices import Lattice
from kadanoff.models import Ising, Model, Potts


def is_ergodic(model: Model, update: str, order: str, beta: npt.NDArray[np.float64]) -> bool:
    """Whether sweeps in this order are known to reach every state.

    Flips that cost nothing are always accepted by Metropolis: sublattices then alternate at beta =
    0, and without a field on an extent of 2.
    """
    if update != "metropolis" or order == "random" or isinstance(model, Potts):
        return True
    assert isinstance(model, Ising)
    idle = beta * max(np.abs(model.coupling).max(), np.abs(model.field).max()) == 0.0
    alternating = not np.any(model.field) and _has_double_bonds(model.lattice)
    return not (idle.any() or alternating)


def _has_double_bonds(lattice: Lattice) -> bool:
    """Whether an extent of 2 binds neighbours both ways round, so that flips often cost nothing."""
    pairs = zip(lattice.extents, lattice.periodic, strict=False)
    return lattice.name != "honeycomb" and any(pair == (2, True) for pair in pairs)
