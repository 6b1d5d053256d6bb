"""HOTRG in two dimensions: two rows of tensors become one, and legs are truncated by HOSVD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .networks import Network
from .pair_product import Factor, contract
from .sectors import Leg, pairs
from .truncation import Cut, choose, leading_eigenvectors

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Isometry:
    """U[l1, l2, l] of the legs of two rows, sorted by parity."""

    array: Floats
    old: Leg
    new: Leg
    cut: Cut


def stack(network: Network, chi: int) -> tuple[Network, Isometry]:
    """Contract pairs of tensors, one above the other, and truncate the doubled horizontal legs.

    Equations 11 to 14 of Z. Y. Xie et al., Phys. Rev. B 86 (2012) 045139.
    """
    isometry = find_isometry(network, chi)
    legs = network.legs[0], isometry.old, isometry.new
    plain = Factor(network.tensor, 0)
    impurities = []
    for impurity in network.impurities:
        factor = Factor(impurity.tensor, impurity.parity)
        above = contract(factor, plain, isometry.array, *legs)
        below = contract(plain, factor, isometry.array, *legs)
        impurities.append(impurity._replace(tensor=0.5 * (above + below)))
    tensor = contract(plain, plain, isometry.array, *legs)
    return Network(tensor, (network.legs[0], isometry.new), tuple(impurities)), isometry


def turned(network: Network) -> Network:
    """Return a network in two dimensions seen from the side: its rows as columns."""
    axes = (1, 0, 3, 2)
    impurities = tuple(i._replace(tensor=i.tensor.transpose(axes)) for i in network.impurities)
    return Network(network.tensor.transpose(axes), network.legs[::-1], impurities)


def find_isometry(network: Network, chi: int) -> Isometry:
    """Return the leading left or right singular vectors of a pair, of the side that loses less."""
    tensor, (vertical, horizontal) = network.tensor, network.legs
    best = None
    for axes in ((0, 1, 2, 3), (0, 3, 2, 1)):
        blocks = _squared_pair(tensor.transpose(axes), vertical, horizontal)
        total = float(sum(np.trace(block) for block in blocks))
        found = [leading_eigenvectors(block, chi + 1) for block in blocks]
        cut = choose([values for values, _ in found], chi, total)
        if best is None or cut.error < best[0].error:
            best = cut, [vectors for _, vectors in found]
    assert best is not None
    cut, vectors = best
    new = Leg(cut.counts)
    array = np.zeros((horizontal.dimension**2, new.dimension))
    together = zip(pairs(horizontal, horizontal), new.slices, vectors, strict=True)
    for rows, columns, block in together:
        array[rows, columns] = block[:, : columns.stop - columns.start]
    return Isometry(array.reshape(horizontal.dimension, -1, new.dimension), horizontal, new, cut)


def _squared_pair(tensor: Floats, vertical: Leg, horizontal: Leg) -> list[Floats]:
    """Return M M^T of a pair M[(l1, l2), (u, d, r1, r2)], one block for each parity.

    It is the product of what the two tensors give, over the leg between them and its copy.
    """
    h = horizontal.dimension
    above = _squared(tensor.transpose(1, 2, 0, 3), horizontal, vertical)
    below = _squared(tensor.transpose(1, 0, 2, 3), horizontal, vertical)
    result = np.zeros((h * h, h * h))
    outer, inner = pairs(horizontal, horizontal), pairs(vertical, vertical)
    for rows, columns in zip(outer, inner, strict=True):
        block = np.ix_(rows, columns)
        result[np.ix_(rows, rows)] = above[block] @ below[block].T
    result = result.reshape(h, h, h, h).swapaxes(1, 2).reshape(h * h, h * h)
    return [result[np.ix_(rows, rows)] for rows in outer]


def _squared(tensor: Floats, horizontal: Leg, vertical: Leg) -> Floats:
    """Return sum over (u, r) of T[l, i, u, r] T[k, j, u, r], as a matrix of (l, k) and (i, j)."""
    h, v = horizontal.dimension, vertical.dimension
    matrix = tensor.reshape(h * v, v * h)
    result = np.zeros((h * v, h * v))
    both = zip(pairs(horizontal, vertical), pairs(vertical, horizontal), strict=True)
    for rows, columns in both:
        block = matrix[np.ix_(rows, columns)]
        result[np.ix_(rows, rows)] = block @ block.T
    return np.asarray(result.reshape(h, v, h, v).swapaxes(1, 2).reshape(h * h, v * v))
