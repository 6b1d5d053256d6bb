"""Which chains of a data set go to which part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .randomness import Use, order

Integers = npt.NDArray[np.int64]


def split_chains(
    labels: Integers, chains: Integers, shares: tuple[float, ...], seed: int
) -> list[npt.NDArray[np.intp]]:
    """Share out whole chains; return the row numbers of each part, in a random order.

    Parameters
    ----------
    labels, chains : ndarray of int64, (n,)
        Temperature and chain of each row.
    shares : tuple of float
        Of the parts; they add up to 1.
    seed : int

    Notes
    -----
    At each temperature a part gets its share of the chains rounded down. Those left over go, one
    by one, to the part that is farthest behind its share in all temperatures so far.
    """
    known, first, row_chain = np.unique(chains, return_index=True, return_inverse=True)
    chain_label = labels[first]
    shuffled = order(seed, Use.SPLIT, 0, len(known))
    shuffled = shuffled[np.argsort(chain_label[shuffled], kind="stable")]
    part_of_chain = np.empty(len(known), dtype=np.int64)
    begin = 0
    given = np.zeros(len(shares))
    for count in np.unique(chain_label, return_counts=True)[1]:
        counts = _counts(int(count), np.array(shares), given, begin + int(count))
        given += counts
        parts = np.repeat(np.arange(len(shares)), counts)
        part_of_chain[shuffled[begin : begin + count]] = parts
        begin += int(count)
    row_part = part_of_chain[row_chain]
    mixed = order(seed, Use.SPLIT, 1, len(chains))
    return [mixed[row_part[mixed] == part] for part in range(len(shares))]


def _counts(
    count: int, shares: npt.NDArray[np.float64], given: npt.NDArray[np.float64], total: int
) -> Integers:
    # Shares such as 1 - 0.7 must not lose a chain to the last bit.
    counts = np.floor(count * shares + 1e-9).astype(np.int64)
    for _ in range(count - int(counts.sum())):
        counts[np.argmax(shares * total - given - counts)] += 1
    return counts
