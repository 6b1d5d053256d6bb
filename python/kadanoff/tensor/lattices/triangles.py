"""Cells of the triangular lattice in which both kinds of its triangles have their bonds.

Between antiparallel neighbours some bond of every triangle is broken. A tensor that stands for
single spins leaves that to be found in half of the triangles, and truncations miss it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SPINS = np.array([1.0, -1.0])
_SIDE = 4
"""Spins along the side of a cell of plaquettes."""


class PlaquetteCell(NamedTuple):
    """The tensors of `SiteTensor`, the sites of the cell, and ln of what was taken out."""

    tensor: Floats
    energy: Floats
    magnetization: Floats
    sites: int
    log_scale: float


def wall_cell(k: float, coupling: float) -> tuple[Floats, Floats, float]:
    """Return the tensor of bonds between equal (0) and unlike (1) spins, its energy, and a scale.

    Around a triangle the number of those between unlike spins is even. A leg is a bond between two
    cells, and half of it belongs to either; a cell is two triangles and the bond that they share.
    `k` is beta times `coupling`, and the scale ln of the factor that was taken out of both.
    """
    up, left, inner = np.meshgrid(_SPINS, _SPINS, _SPINS, indexing="ij")
    closed = up * left * inner > 0.0
    half = 0.5 * (up + left + inner)
    most = float((k * half[closed]).max())
    weights = np.where(closed, np.exp(np.minimum(k * half - most, 0.0)), 0.0)
    energy = -coupling * half * weights
    tensor = np.tensordot(weights, weights, (2, 2))
    change = np.tensordot(energy, weights, (2, 2)) + np.tensordot(weights, energy, (2, 2))
    return tensor, change, 2.0 * most


def plaquette_cell(beta: float, coupling: float, field: float) -> PlaquetteCell:
    """Return the tensor of three by three plaquettes, whose legs are the four spins of a side.

    Order in three sublattices fits into such a cell. Every triangle has half of its bonds, and a
    sixth of the field on its spins: then a ground state is one of all triangles, and no cell
    prefers a state that its neighbours cannot follow, where sums would cancel in the end.
    """
    states = 1.0 - 2.0 * (np.arange(2 ** (_SIDE**2))[:, None] >> np.arange(_SIDE**2) & 1)
    spins = states.reshape(-1, _SIDE, _SIDE)
    bonds, total = np.zeros(len(spins)), np.zeros(len(spins))
    first, last = spins[:, :-1, :-1], spins[:, 1:, 1:]
    for other in (spins[:, :-1, 1:], spins[:, 1:, :-1]):
        bonds += 0.5 * (first * other + other * last + last * first).sum(axis=(1, 2))
        total += (first + other + last).sum(axis=(1, 2)) / 6.0
    energies = -coupling * bonds - field * total
    least = float(energies.min())
    weights = np.exp(-beta * (energies - least))
    bits = np.where(spins > 0.0, 0, 1)
    places = 2 ** np.arange(_SIDE)
    sides = bits[:, 0], bits[:, :, 0], bits[:, -1], bits[:, :, -1]
    legs = tuple(side @ places for side in sides)

    def cell(values: Floats) -> Floats:
        result = np.zeros((2**_SIDE,) * 4)
        np.add.at(result, legs, values)
        return result

    sites = (_SIDE - 1) ** 2
    return PlaquetteCell(
        cell(weights),
        cell(weights * energies / sites),
        cell(weights * total / sites),
        sites,
        -beta * least,
    )


def side_vector(spins: npt.NDArray[np.int64]) -> Floats:
    """Return the vector of a leg of `plaquette_cell` whose four spins are fixed at +-1."""
    result = np.zeros(2**_SIDE)
    result[int(((1 - spins) // 2) @ 2 ** np.arange(_SIDE))] = 1.0
    return result
