"""Small models on every lattice, for exact sums."""

from __future__ import annotations

import numpy as np

import kadanoff as kd

CRITICAL = 1 / kd.exact.critical_temperature()

SMALL = {
    "chain": kd.Chain(9),
    "open chain": kd.Chain(7, periodic=False),
    "square": kd.Square((3, 5)),
    "half open": kd.Square((4, 4), periodic=(False, True)),
    "doubled": kd.Square((2, 4)),
    "triangular": kd.Triangular((3, 4)),
    "open triangular": kd.Triangular((4, 3), periodic=False),
    "honeycomb": kd.Honeycomb((2, 3)),
    "cubic": kd.Cubic((2, 3, 2), periodic=(True, True, False)),
    "hypercubic": kd.Hypercubic((2, 2, 2, 2), periodic=False),
    "graph": kd.Graph([(0, 4), (4, 2), (2, 0), (5, 1), (1, 6)], n=8),
}


def glass(lattice, seed):
    rng = np.random.default_rng(seed)
    return kd.Ising(
        lattice, rng.choice([-1.0, 1.0], lattice.n_bonds), rng.normal(size=lattice.n_sites)
    )
