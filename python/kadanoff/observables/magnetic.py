"""Magnetisations: of all sites, of each sublattice, and staggered."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import (
    FloatArray,
    Measure,
    Observable,
    Spins,
    flat,
    largest_share,
    project,
    refuse_potts,
    states,
)


class Magnetization(Observable):
    r"""Magnetisation per site.

    Notes
    -----
    :math:`m = \sum_i s_i / N` of spins -1 and 1. Of a Potts model, with :math:`n_k` sites in state
    k, :math:`m = (q \max_k n_k / N - 1) / (q - 1)`: 1 in order, towards 0 in disorder.
    """

    name = "magnetization"

    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """See `Observable.prepare`; every model has it."""
        q = states(model)
        ones = np.ones((model.lattice.n_sites, 1), np.float32)

        def function(spins: Spins) -> FloatArray:
            values = flat(spins)
            if q is not None:
                return largest_share(values, q)[:, None]
            return np.asarray(project(values, ones) / len(ones))

        return Measure((self.name,), function)


class StaggeredMagnetization(Observable):
    r"""Staggered magnetisation per site, the order parameter of an antiferromagnet.

    Notes
    -----
    :math:`m_s = \sum_i (-1)^{c_i} s_i / N` with the colour :math:`c_i` of `Lattice.colouring`;
    ValueError where that takes more than two colours.
    """

    name = "staggered_magnetization"

    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """See `Observable.prepare`."""
        refuse_potts(model, self.name)
        lattice = model.lattice
        if lattice.n_colours > 2:
            raise ValueError(
                f"[sample] expected a lattice of two colours for {self.name}, "
                f"got {lattice.n_colours}: {lattice!r}"
            )
        signs = (1.0 - 2.0 * lattice.colouring[:, None]).astype(np.float32)
        return Measure((self.name,), lambda spins: project(flat(spins), signs) / len(signs))


class SublatticeMagnetization(Observable):
    r"""Magnetisation of each sublattice, per site of that sublattice.

    Notes
    -----
    One series ``sublattice_magnetization_c`` for each colour c of `Lattice.colouring`: the mean
    spin of its :math:`N_c` sites; of a Potts model, :math:`(q \max_k n_k / N_c - 1) / (q - 1)`.
    """

    name = "sublattice_magnetization"

    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """See `Observable.prepare`."""
        colours, q = model.lattice.n_colours, states(model)
        members = model.lattice.colouring[:, None] == np.arange(colours)
        sizes = members.sum(axis=0)

        def function(spins: Spins) -> FloatArray:
            values = flat(spins)
            if q is not None:
                shares = [largest_share(values[:, members[:, c]], q) for c in range(colours)]
                return np.stack(shares, axis=1)
            return np.asarray(project(values, vectors) / sizes)

        vectors = members.astype(np.float32)
        return Measure(tuple(f"{self.name}_{c}" for c in range(colours)), function)
