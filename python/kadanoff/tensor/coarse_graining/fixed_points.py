"""What a tensor near a fixed point tells about the conformal field theory."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .networks import Network
from .sectors import Leg

Floats = npt.NDArray[np.float64]

_LEVELS = 16
_DENSE = 150


def sizes_descending(values: npt.NDArray[np.complex128]) -> Floats:
    """Return the sizes of eigenvalues, descending, at most 16 of them."""
    return np.asarray(np.sort(np.abs(values))[::-1][:_LEVELS])


def transfer_eigenvalues(network: Network) -> Floats:
    """Return the sizes of the eigenvalues of the transfer matrix of one tensor, descending."""
    matrix = network.closed(network.tensor)
    blocks = [matrix[values, values] for values in network.legs[-1].slices]
    return sizes_descending(np.concatenate([np.linalg.eigvals(block) for block in blocks]))


def pair_eigenvalues(tensor: Floats, count: int = _LEVELS) -> Floats:
    """Return the same of the transfer matrix of two tensors T[u, l, d, r], one above the other.

    Of large ones these are the `count` leading eigenvalues, by Arnoldi's method from a vector that
    is always the same. Those below rounding may be missing.
    """
    h, v = tensor.shape[1], tensor.shape[0]
    if h * h <= _DENSE:
        upper = tensor.transpose(1, 3, 0, 2).reshape(h * h, v * v)  # of l, r and u, d
        lower = tensor.transpose(2, 0, 1, 3).reshape(v * v, h * h)  # its own d, u and l, r
        matrix = (upper @ lower).reshape(h, h, h, h).swapaxes(1, 2).reshape(h * h, h * h)
        return sizes_descending(np.linalg.eigvals(matrix))
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs  # slow to import

    right = np.ascontiguousarray(tensor.transpose(3, 0, 2, 1))  # r, u, d, l

    def apply(vector: Floats) -> Floats:
        lower = np.tensordot(vector.reshape(h, h), right, (1, 0))  # r1, u, d, l2
        # What is up of the one tensor is down of the other.
        return np.asarray(np.tensordot(right, lower, ((0, 1, 2), (0, 2, 1)))).reshape(-1)

    operator = LinearOperator((h * h, h * h), matvec=apply, dtype=np.float64)
    options = {"v0": np.cos(np.arange(h * h)), "tol": 1e-10, "maxiter": 50}
    try:
        values = eigs(operator, count, return_eigenvectors=False, **options)
    except ArpackNoConvergence as error:
        values = error.eigenvalues
    return sizes_descending(values)


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
