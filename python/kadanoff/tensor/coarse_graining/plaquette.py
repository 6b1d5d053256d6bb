"""The step of TRG and of bond-weighted TRG: tensors are split, halves meet around a plaquette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

from .networks import Network
from .sectors import Leg, pairs
from .truncation import Cut, choose, leading_singular_vectors

Floats = npt.NDArray[np.float64]


class Halves(NamedTuple):
    """The halves of a tensor T[i, j, m, n]: first[i, j, a] and second[a, m, n]."""

    first: Floats
    second: Floats


@dataclass(frozen=True, eq=False)
class Split:
    """T = sum over a of first[.., a] weights[a] second[a, ..], by singular values.

    The halves are singular vectors times `scale`[a].
    """

    halves: Halves
    weights: Floats
    scale: Floats
    leg: Leg
    cut: Cut

    def impurity(self, array: Floats) -> Halves:
        """Return the change of either half when the tensor changes by an infinitesimal `array`.

        To first order a matrix stays within the rank that is kept if the change is projected on
        the kept left vectors or the kept right ones; what both projections keep is shared.
        """
        first, second = self.halves
        shape, rank = first.shape, len(self.scale)
        left = first.reshape(-1, rank) / self.scale
        right = second.reshape(rank, -1) / self.scale[:, None]
        matrix = array.reshape(len(left), -1)
        from_right, from_left = matrix @ right.T, left.T @ matrix
        core = 0.5 * (from_left @ right.T)
        rest = self.scale * self.weights
        return Halves(
            ((from_right - left @ core) / rest).reshape(shape),
            ((from_left - core @ right) / rest[:, None]).reshape(second.shape),
        )


def split(tensor: Floats, legs: tuple[Leg, Leg], chi: int, hyper: float) -> Split:
    """Split T[i, j, m, n], i and m of the first leg, j and n of the second.

    With singular values s the weights are s^k and the halves have s^((1 - k) / 2) each, k = `hyper`
    (D. Adachi, T. Okubo and S. Todo, Phys. Rev. B 105 (2022) L060402, eq. 5; k = 0 is TRG).
    """
    sizes = tuple(leg.dimension for leg in legs)
    matrix = tensor.reshape(sizes[0] * sizes[1], -1)
    rows = pairs(*legs)
    found = [leading_singular_vectors(matrix[np.ix_(r, r)], chi + 1) for r in rows]
    cut = choose([block.values**2 for block in found], chi, float(np.sum(matrix**2)))
    leg = Leg(cut.counts)
    first = np.zeros((len(matrix), leg.dimension))
    second = np.zeros((leg.dimension, len(matrix)))
    values = np.empty(leg.dimension)
    for place, kept, block in zip(rows, leg.slices, found, strict=True):
        count = kept.stop - kept.start
        values[kept] = block.values[:count]
        first[place, kept] = block.scaled_left[:, :count] / block.values[:count]
        second[kept, place] = block.right[:count]
    scale = values ** (0.5 * (1.0 - hyper))
    halves = Halves(
        (first * scale).reshape(*sizes, -1), (scale[:, None] * second).reshape(-1, *sizes)
    )
    return Split(halves, values**hyper, scale, leg, cut)


def coarsen(network: Network, chi: int, hyper: float) -> tuple[Network, list[Cut]]:
    """Replace plaquettes of four tensors by one, on a lattice turned by 45 degrees.

    Tensors of one sublattice are split into their halves at the upper left and lower right, the
    others at the lower left and upper right (M. Levin and C. P. Nave, Phys. Rev. Lett. 99 (2007)
    120601, figs. 3 and 4). What was at the upper left of a plaquette is the leg left of the new
    tensor; upper right becomes up.
    """
    vertical, horizontal = network.legs
    down = split(_falling(network.tensor), (horizontal, vertical), chi, hyper)
    up = split(_rising(network.tensor), (horizontal, vertical), chi, hyper)
    plaquette = _Plaquette(network, down, up)
    impurities = []
    for impurity in network.impurities:
        changes = down.impurity(_falling(impurity.tensor)), up.impurity(_rising(impurity.tensor))
        impurities.append(impurity._replace(tensor=plaquette.changed(*changes, impurity.parity)))
    weights = (up.weights, down.weights)
    result = Network(plaquette.tensor(), plaquette.new, tuple(impurities), weights)
    return result, [down.cut, up.cut]


def _falling(tensor: Floats) -> Floats:
    """Return T[l, u, r, d]."""
    return np.asarray(tensor.transpose(1, 0, 3, 2))


def _rising(tensor: Floats) -> Floats:
    """Return T[l, d, r, u]."""
    return np.asarray(tensor.transpose(1, 2, 3, 0))


class _Plaquette:
    """Four halves: `down` at the upper left and lower right, `up` at the others."""

    def __init__(self, network: Network, down: Split, up: Split) -> None:
        vertical, horizontal = network.legs
        ones = np.ones(vertical.dimension), np.ones(horizontal.dimension)
        self.rise, self.run = network.weights or ones
        self.vertical = vertical
        self.new = up.leg, down.leg
        self.down, self.up = down.halves, up.halves
        self.upper = self._upper(self.down.second, self.up.first)
        self.lower = self._lower(self.up.second, self.down.first)

    def _upper(self, left: Floats, right: Floats) -> Floats:
        """Join left[a, r, d] and right[l, d', b] to a matrix of (a, b) and (d, d')."""
        joined = np.tensordot(left * self.run[:, None], right * self.rise[:, None], (1, 0))
        return np.asarray(joined.transpose(0, 3, 1, 2).reshape(-1, self.vertical.dimension**2))

    def _lower(self, left: Floats, right: Floats) -> Floats:
        """Join left[c, r, u] and right[l, u', e] to a matrix of (u, u') and (c, e)."""
        joined = np.tensordot(left * (self.run[:, None] * self.rise), right, (1, 0))
        return np.asarray(joined.transpose(1, 2, 0, 3).reshape(self.vertical.dimension**2, -1))

    def tensor(self) -> Floats:
        """Return the new tensor."""
        return self._product(self.upper, self.lower, 0, 0)

    def changed(self, down: Halves, up: Halves, parity: int) -> Floats:
        """Return the change of the new tensor per tensor that it stands for: it is two."""
        upper = self._upper(down.second, self.up.first) + self._upper(self.down.second, up.first)
        lower = self._lower(up.second, self.down.first) + self._lower(self.up.second, down.first)
        result = self._product(upper, self.lower, parity, 0)
        result += self._product(self.upper, lower, 0, parity)
        return 0.5 * result

    def _product(self, upper: Floats, lower: Floats, above: int, below: int) -> Floats:
        """Return T[b, a, c, e] = T[up, left, down, right], in 2 chi^6 operations.

        The upper half has the parity `above`, the lower one `below`.
        """
        b, a = (leg.dimension for leg in self.new)
        group = self.vertical.group
        result = np.zeros((a * b, b * a))
        rows, columns = pairs(*self.new[::-1]), pairs(*self.new)
        for parity, middle in enumerate(pairs(self.vertical, self.vertical)):
            row, column = rows[(parity + above) % group], columns[(parity + below) % group]
            product = einsum("ij,jk->ik", upper[np.ix_(row, middle)], lower[np.ix_(middle, column)])
            result[np.ix_(row, column)] = product
        return np.asarray(result.reshape(a, b, b, a).transpose(1, 0, 2, 3))
