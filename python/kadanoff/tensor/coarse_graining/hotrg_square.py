"""HOTRG in two dimensions: two rows of tensors become one, and legs are truncated by HOSVD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

from .networks import Mirrors, Network
from .pair_product import Factor, contract
from .sectors import Leg, group, pairs, regroup
from .truncation import Cut, choose, leading_eigenvectors

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Isometry:
    """U[l1, l2, l] of the legs of two rows, sorted by parity.

    `signs` are those that its vectors take on when the two rows are exchanged, if they do.
    """

    array: Floats
    old: Leg
    new: Leg
    cut: Cut
    signs: Floats | None


def stack(network: Network, chi: int) -> tuple[Network, Isometry]:
    """Contract pairs of tensors, one above the other, and truncate the doubled horizontal legs.

    Equations 11 to 14 of Z. Y. Xie et al., Phys. Rev. B 86 (2012) 045139.
    """
    isometry = find_isometry(network, chi)
    vertical, old, new = network.legs[0], isometry.old, isometry.new
    plain = Factor(network.tensor, 0)
    impurities = []
    for impurity in network.impurities:
        factor = Factor(impurity.tensor, impurity.parity)
        above = contract(factor, plain, isometry.array, vertical, old, new)
        below = contract(plain, factor, isometry.array, vertical, old, new)
        impurities.append(impurity._replace(tensor=0.5 * (above + below)))
    tensor = contract(plain, plain, isometry.array, vertical, old, new, isometry.signs)
    mirrors = Mirrors(isometry.signs, network.mirrors.across)
    return Network(tensor, (vertical, new), tuple(impurities), (), mirrors), isometry


def turned(network: Network) -> Network:
    """Return a network in two dimensions seen from the side: its rows as columns."""
    axes = (1, 0, 3, 2)
    impurities = tuple(i._replace(tensor=i.tensor.transpose(axes)) for i in network.impurities)
    mirrors = Mirrors(network.mirrors.across, network.mirrors.over)
    return Network(network.tensor.transpose(axes), network.legs[::-1], impurities, (), mirrors)


def find_isometry(network: Network, chi: int) -> Isometry:
    """Return the leading left or right singular vectors of a pair, of the side that loses less."""
    tensor, legs = network.tensor, network.legs
    found = _leading(tensor, legs, network.mirrors.over, chi)
    # A mirror from left to right makes both sides one.
    if network.mirrors.across is None:
        right = _leading(tensor.transpose(0, 3, 2, 1), legs, network.mirrors.over, chi)
        found = min(found, right, key=lambda isometry: isometry.cut.error)
    return found


def _leading(tensor: Floats, legs: tuple[Leg, ...], signs: Floats | None, chi: int) -> Isometry:
    """Return the leading eigenvectors of M M^T, of a pair M[(l1, l2), (u, d, r1, r2)]."""
    horizontal = legs[1]
    size = horizontal.dimension
    bases = [
        basis
        for rows in pairs(horizontal, horizontal)
        for basis in exchange_bases(rows, size, signs)
    ]
    blocks = _squared_pair(tensor, legs[0], horizontal, signs)
    shared = len(bases) // len(blocks)
    found = [
        leading_eigenvectors(basis.project(blocks[n // shared]), chi + 1)
        for n, basis in enumerate(bases)
    ]
    total = float(sum(np.trace(block) for block in blocks))
    cut = choose([values for values, _ in found], chi, total)
    counts = np.reshape(cut.counts, (len(blocks), shared))
    new = Leg(tuple(int(count) for count in counts.sum(axis=1)))
    array, odd, start = np.zeros((size * size, new.dimension)), np.empty(new.dimension), 0
    for basis, count, (_, vectors) in zip(bases, cut.counts, found, strict=True):
        basis.place(array[:, start : start + count], vectors[:, :count])
        odd[start : start + count] = basis.sign
        start += count
    kept_signs = None if signs is None else odd
    return Isometry(array.reshape(size, size, -1), horizontal, new, cut, kept_signs)


def _squared_pair(
    tensor: Floats, vertical: Leg, horizontal: Leg, signs: Floats | None
) -> list[Floats]:
    """Return M M^T of a pair M[(l1, l2), (u, d, r1, r2)], one block for each parity.

    It is the product of what the two tensors give, over the leg between them and its copy.
    """
    h, v = horizontal, vertical
    below = _squared(tensor.transpose(1, 0, 2, 3), h, v)
    if signs is None:
        above = _squared(tensor.transpose(1, 2, 0, 3), h, v)
        squared = [
            einsum("ij,kj->ik", first, second) for first, second in zip(above, below, strict=True)
        ]
    else:
        squared = [einsum("ij,kj->ik", first, first) for first in below]
        both = np.multiply.outer(signs, signs).ravel()
        for rows, block in zip(pairs(h, h), squared, strict=True):
            block *= both[rows, None]
    return regroup(squared, (h, h, h, h))


def _squared(tensor: Floats, horizontal: Leg, vertical: Leg) -> list[Floats]:
    """Return sum over (u, r) of T[l, i, u, r] T[k, j, u, r], as matrices of (l, k) and (i, j)."""
    h, v = horizontal, vertical
    blocks = group(tensor, (h, v, v, h))
    return regroup([einsum("ij,kj->ik", block, block) for block in blocks], (h, v, h, v))


@dataclass(frozen=True, eq=False)
class Basis:
    """Vectors (e_(l1, l2) + sign s_l1 s_l2 e_(l2, l1)) times norm, of the pairs of one parity.

    Attributes
    ----------
    rows : ndarray of int
        The flat indices (l1, l2) of the pairs.
    first, second : ndarray of int
        Where (l1, l2) and (l2, l1) are among `rows`.
    factor : ndarray of float64
        sign s_l1 s_l2.
    norm : ndarray of float64
    sign : float
    """

    rows: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    factor: Floats
    norm: Floats
    sign: float

    def project(self, block: Floats) -> Floats:
        """Return a matrix that commutes with the exchange, in this basis."""
        if self.sign == 0.0:
            return block
        rows = block[self.first]
        result = rows[:, self.first] + rows[:, self.second] * self.factor
        return 2.0 * result * np.multiply.outer(self.norm, self.norm)

    def place(self, array: Floats, vectors: Floats) -> None:
        """Add vectors in this basis to the columns of `array`, which are of all pairs."""
        if self.sign == 0.0:
            array[self.rows] = vectors
            return
        scaled = vectors * self.norm[:, None]
        array[self.rows[self.first]] += scaled
        array[self.rows[self.second]] += scaled * self.factor[:, None]


def exchange_bases(rows: npt.NDArray[np.int64], size: int, signs: Floats | None) -> list[Basis]:
    """Return the bases of either sign under the exchange of two rows, or one of no sign."""
    if signs is None:
        none = np.empty(0)
        return [Basis(rows, rows, rows, none, none, 0.0)]
    low, high = np.divmod(rows, size)
    bases = []
    for sign in (1.0, -1.0):
        first = np.flatnonzero(low <= high if sign > 0 else low < high)
        second = np.searchsorted(rows, high[first] * size + low[first])
        factor = sign * signs[low[first]] * signs[high[first]]
        norm = np.where(first == second, 0.5, np.sqrt(0.5))
        bases.append(Basis(rows, first, second, factor, norm, sign))
    return bases
