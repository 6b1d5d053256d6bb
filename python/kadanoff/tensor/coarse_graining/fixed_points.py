"""What a tensor near a fixed point tells about the conformal field theory."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .networks import Network
from .sectors import Leg

Floats = npt.NDArray[np.float64]

_LEVELS = 32
_DENSE = 1500


def sizes_descending(values: npt.NDArray[np.complex128]) -> Floats:
    """Return the sizes of eigenvalues, descending, at most 32 of them."""
    return np.asarray(np.sort(np.abs(values))[::-1][:_LEVELS])


def transfer_eigenvalues(network: Network) -> Floats:
    """Return the sizes of the eigenvalues of the transfer matrix of one tensor, descending."""
    matrix = network.closed(network.tensor)
    blocks = [matrix[values, values] for values in network.legs[-1].slices]
    return sizes_descending(np.concatenate([np.linalg.eigvals(block) for block in blocks]))


def pair_eigenvalues(tensor: Floats) -> Floats:
    """Return the same of the transfer matrix of two tensors T[u, l, d, r], one above the other."""
    upper = tensor.transpose(1, 3, 0, 2)  # l, r, u, d
    lower = tensor.transpose(2, 0, 1, 3)  # its own d and u, l, r
    h, v = upper.shape[0], upper.shape[2]
    if h * h <= _DENSE:
        matrix = upper.reshape(h * h, v * v) @ lower.reshape(v * v, h * h)
        matrix = matrix.reshape(h, h, h, h).transpose(0, 2, 1, 3).reshape(h * h, h * h)
        return sizes_descending(np.linalg.eigvals(matrix))
    return _iterated(tensor)


def _iterated(tensor: Floats) -> Floats:
    """Return the leading eigenvalues by Arnoldi's method, from a vector that is always the same."""
    from scipy.sparse.linalg import LinearOperator, eigs  # slow to import

    h = tensor.shape[1]
    right = np.ascontiguousarray(tensor.transpose(3, 0, 2, 1))  # r, u, d, l

    def apply(vector: Floats) -> Floats:
        lower = np.tensordot(vector.reshape(h, h), right, (1, 0))  # r1, u, d, l2
        # What is up of the one tensor is down of the other.
        return np.asarray(np.tensordot(right, lower, ((0, 1, 2), (0, 2, 1)))).reshape(-1)

    operator = LinearOperator((h * h, h * h), matvec=apply, dtype=np.float64)
    start = np.cos(np.arange(h * h, dtype=np.float64))
    count = min(_LEVELS // 2, h * h - 2)
    return sizes_descending(eigs(operator, count, v0=start, return_eigenvectors=False, tol=1e-10))


def dimensions(eigenvalues: Floats, aspect: float) -> Floats:
    r"""Return scaling dimensions from the eigenvalues of a transfer matrix.

    .. math:: \Delta_n = -\frac{1}{2 \pi \tau} \ln\frac{\lambda_n}{\lambda_0}

    with tau the length along the transfer over the circumference, `aspect`.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(eigenvalues / eigenvalues[0])
    return np.asarray(-logs / (2.0 * math.pi * aspect)) + 0.0


def central_charge(single: float, pair: float) -> float:
    r"""Return c from the largest eigenvalues of transfer matrices of one tensor and of two.

    With :math:`\ln \lambda_{m} = m f + \pi c / (6 m)` of m tensors around the circumference the
    bulk part f, the flow's normalisation, cancels.
    """
    return 4.0 / math.pi * (2.0 * math.log(single) - math.log(pair))


def order_parameter(matrix: Floats, impurity: Floats, leg: Leg) -> float:
    """Return the root of the correlation of an odd `impurity` and the next but one tensor.

    Both are transfer matrices, the first of a plain tensor, of which the leading even and odd
    vectors count. The product of the element there and that back does not depend on how these are
    normalised.
    """
    largest, vectors = [], []
    for values in leg.slices:
        if values.start == values.stop:
            return 0.0
        eigenvalues, right = np.linalg.eig(matrix[values, values])
        lead = int(np.argmax(np.abs(eigenvalues)))
        transposed, left = np.linalg.eig(matrix[values, values].T)
        other = left[:, int(np.argmin(np.abs(transposed - eigenvalues[lead])))]
        largest.append(abs(eigenvalues[lead]))
        vectors.append((right[:, lead], other / (other @ right[:, lead])))
    even, odd = leg.slices
    there = vectors[0][1] @ impurity[even, odd] @ vectors[1][0]
    back = vectors[1][1] @ impurity[odd, even] @ vectors[0][0]
    top = float(max(largest))
    return math.sqrt(abs(there * back) * float(min(largest)) / top) / top
