"""Isometries that keep a parity and a mirror, and the best one for an environment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .chain import Floats, Parities


@dataclass(frozen=True)
class Space:
    """A space with a basis of states that each belong to a sector.

    Attributes
    ----------
    sectors : ndarray of int64, (n,)
    basis : ndarray of float64, (n, n) or None
        Columns are the states; None where they are the unit vectors.
    """

    sectors: Parities
    basis: Floats | None = None


def single(parities: Parities) -> Space:
    """Return the space of one leg."""
    return Space(parities)


def product(left: Parities, right: Parities) -> Space:
    """Return the space of two legs, whose sectors are the parities."""
    return Space((left[:, None] ^ right[None, :]).ravel())


def mirrored(parities: Parities) -> Space:
    """Return the space of two equal legs; a sector is a parity and a sign under their exchange."""
    return _mirrored(tuple(parities.tolist()))


@lru_cache(maxsize=64)
def _mirrored(parities: tuple[int, ...]) -> Space:
    size = len(parities)
    states, sectors = [], []
    for first in range(size):
        for second in range(first, size):
            parity = parities[first] ^ parities[second]
            for sign in (1, -1) if first < second else (1,):
                state = np.zeros((size, size))
                state[second, first] = sign
                state[first, second] = 1
                states.append(state.ravel() / np.linalg.norm(state))
                sectors.append(parity + (1 - sign))
    return Space(np.array(sectors), np.array(states).T)


def random(inside: Space, outside: Space, generator: np.random.Generator) -> Floats:
    """Return an isometry from `outside` into `inside`, drawn from Haar's measure in each sector."""
    return closest(
        generator.normal(size=(len(inside.sectors), len(outside.sectors))), inside, outside
    )


def closest(matrix: Floats, inside: Space, outside: Space) -> Floats:
    r"""Return the isometry W, block by block, with the largest :math:`\mathrm{tr}(W^T M)`.

    Parameters
    ----------
    matrix : ndarray of float64, (n, m)
        M, of which only the blocks between equal sectors count.
    inside, outside : Space
        Of n and of m states; `inside` has at least as many in every sector.

    Notes
    -----
    With the singular values :math:`M = U S V^T` it is :math:`U V^T` (G. Evenbly and G. Vidal,
    Phys. Rev. B 79 (2009) 144108, sec. IV).
    """
    if inside.basis is not None:
        matrix = inside.basis.T @ matrix
    if outside.basis is not None:
        matrix = matrix @ outside.basis
    result = np.zeros_like(matrix)
    for sector in np.unique(outside.sectors):
        block = np.ix_(inside.sectors == sector, outside.sectors == sector)
        left, _, right = np.linalg.svd(matrix[block], full_matrices=False)
        result[block] = left @ right
    if inside.basis is not None:
        result = inside.basis @ result
    if outside.basis is not None:
        result = result @ outside.basis.T
    return result
