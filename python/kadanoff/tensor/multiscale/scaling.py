"""Scaling dimensions and central charge from the scale-invariant layer."""

from __future__ import annotations

import numpy as np

from .chain import Floats, Parities
from .layer import Bonds, Layer

SECTORS = ("even", "odd", "all")


def scaling_dimensions(layer: Layer, parities: Parities, count: int, sector: str) -> Floats:
    """Return the `count` lowest dimensions of one sector, ascending."""
    if sector == "all":
        both = [scaling_dimensions(layer, parities, count, one) for one in SECTORS[:2]]
        return np.sort(np.concatenate(both))[:count]
    keep = _mask(parities, odd=sector == "odd")
    traceless = 0 if sector == "odd" else 2
    wanted = min(count, 2 * int(keep.sum()) - traceless)
    dimensions = -np.log2(np.maximum(np.abs(_eigenvalues(layer, keep, wanted)), 1e-300))
    if sector == "even":
        dimensions = np.append(dimensions, 0.0)
    return np.sort(dimensions)[:count]


def _mask(parities: Parities, *, odd: bool) -> Floats:
    """Return 1 at the elements of a bond's matrix that change the parity, or that keep it."""
    pair = parities[:, None] ^ parities[None, :]
    changed = pair[:, :, None, None] ^ pair[None, None, :, :]
    kept: Floats = (changed == int(odd)).astype(np.float64)
    return kept


def _eigenvalues(layer: Layer, keep: Floats, count: int) -> Floats:
    """Return the largest eigenvalues of the descending map on matrices without trace.

    It has those of the ascending map less two, 1 and -1/2, which belong to constants.
    """
    from scipy.sparse import linalg  # slow to import

    size = len(keep)
    half = size**4

    def clean(states: Floats) -> Floats:
        states = states.reshape(2, size**2, size**2) * keep.reshape(size**2, size**2)
        trace = np.trace(states, axis1=1, axis2=2) / size**2
        traceless: Floats = states - trace[:, None, None] * np.eye(size**2)
        return traceless

    def descend(vector: Floats) -> Floats:
        first, second = clean(vector).reshape(2, size, size, size, size)
        return clean(np.stack(layer.descend((first, second)))).ravel()

    start = clean(np.random.default_rng(0).normal(size=2 * half)).ravel()
    whole = linalg.LinearOperator((2 * half, 2 * half), matvec=descend, dtype=np.float64)
    values: Floats = linalg.eigs(
        whole, k=min(count, 2 * half - 2), v0=start, return_eigenvectors=False
    )
    return values


def entropy(matrix: Floats) -> float:
    """Return the von Neumann entropy of a density matrix in bits."""
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 0.0]
    return float(-np.sum(values * np.log2(values)))


def central_charge(states: Bonds) -> float:
    """Return c from the entropies of one site and of two."""
    size = len(states[0])
    two = np.mean([entropy(state.reshape(size**2, size**2)) for state in states])
    one = entropy(np.einsum("abcb->ac", states[0]))
    return 3.0 * float(two - one)
