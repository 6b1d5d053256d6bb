"""Models on tori of any extents, odd ones included, for what needs no sampler."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np


def torus(*shape: int) -> SimpleNamespace:
    """The lattice attributes that `kd.exact.enumerate` reads; bonds go one step up each axis."""
    sites = np.arange(np.prod(shape)).reshape(shape)
    bonds = [
        np.stack([sites.ravel(), np.roll(sites, -1, axis=axis).ravel()], axis=1)
        for axis in range(len(shape))
    ]
    return SimpleNamespace(shape=shape, n_sites=sites.size, bonds=np.concatenate(bonds))


def ising(shape: tuple[int, ...], coupling: object = 1.0, field: object = 0.0) -> SimpleNamespace:
    """A model of any coupling and field on a torus."""
    return SimpleNamespace(lattice=torus(*shape), coupling=coupling, field=field)
