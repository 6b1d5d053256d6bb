"""Overlaps between two replicas at one temperature: the order parameters of a spin glass."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .base import FloatArray, Measure, Observable, Spins, count_rows, flat, refuse_potts, states


class Overlap(Observable):
    r"""Overlap of replicas 2k and 2k + 1, which must be at the same beta.

    Both replicas of a pair get its overlap, so that the series has one row for each replica as all
    series have. `Run.summary` counts each pair once; do likewise, by ``run["overlap"][::2]``.

    Notes
    -----
    :math:`q = \sum_i s_i^a s_i^b / N` (Edwards and Anderson 1975). Of a Potts model,
    :math:`(q_P \sum_i \delta(s_i^a, s_i^b) / N - 1) / (q_P - 1)` with :math:`q_P` states.

    References
    ----------
    S. F. Edwards and P. W. Anderson, J. Phys. F 5 (1975) 965.
    """

    name = "overlap"

    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """See `Observable.prepare`; ValueError for replicas that do not pair up."""
        check_pairs(self.name, beta)
        q = states(model)

        def function(spins: Spins) -> FloatArray:
            values = flat(spins)
            equal = count_rows(values[0::2] == values[1::2]) / values.shape[1]
            count = 2 if q is None else q
            return to_both((count * equal - 1.0) / (count - 1.0))[:, None]

        return Measure((self.name,), function)


class LinkOverlap(Observable):
    r"""Link overlap of replicas 2k and 2k + 1, which must be at the same beta.

    Both replicas of a pair get its value; see `Overlap`.

    Notes
    -----
    :math:`q_l = \sum_{\langle ij \rangle} s_i^a s_j^a s_i^b s_j^b / N_b` over the :math:`N_b` bonds
    of the lattice (Katzgraber, Palassini and Young 2001).

    References
    ----------
    H. G. Katzgraber, M. Palassini and A. P. Young, Phys. Rev. B 63 (2001) 184422.
    """

    name = "link_overlap"

    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """See `Observable.prepare`; ValueError for replicas that do not pair up, or no bonds."""
        refuse_potts(model, self.name)
        check_pairs(self.name, beta)
        first, second = np.ascontiguousarray(model.lattice.bonds.T)
        if not first.size:
            raise ValueError(f"[sample] expected bonds for {self.name}, got {model.lattice!r}")

        def function(spins: Spins) -> FloatArray:
            products = pair_products(spins)
            equal = np.array([np.count_nonzero(row[first] == row[second]) for row in products])
            return to_both(2.0 * equal / first.size - 1.0)[:, None]

        return Measure((self.name,), function)


def check_pairs(name: str, beta: FloatArray) -> None:
    """Refuse replicas that do not make pairs 2k, 2k + 1 at one beta each."""
    betas, counts = np.unique(beta, return_counts=True)
    odd = np.flatnonzero(counts % 2)
    if odd.size:
        raise ValueError(
            f"[sample] expected an even number of replicas at each beta for {name}, "
            f"got {counts[odd[0]]} at {betas[odd[0]]:g}"
        )
    unequal = np.flatnonzero(beta[0::2] != beta[1::2])
    if unequal.size:
        k = 2 * int(unequal[0])
        raise ValueError(
            f"[sample] expected replicas {k} and {k + 1} at one beta for {name}, "
            f"got {beta[k]:g} and {beta[k + 1]:g}"
        )


def pair_products(spins: Spins) -> npt.NDArray[np.int8]:
    """Return s^a s^b at each site, int8 (pair, site), of spins -1 and 1."""
    values = flat(spins)
    return np.asarray(values[0::2] * values[1::2])


def to_both(values: FloatArray) -> FloatArray:
    """Give the value of each pair to its two replicas."""
    return np.repeat(values, 2, axis=0)
