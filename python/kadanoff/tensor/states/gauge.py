"""Canonical forms of a chain of tensors, and compression in them.

A chain is a list of arrays (left bond, state, right bond). Its scale is kept apart, as a logarithm,
so that chains of any length neither overflow nor vanish.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .splitting import truncated_svd

Array = npt.NDArray[Any]


def unit_scale(array: Array) -> tuple[Array, float]:
    """Return an array over its 2-norm and the norm's logarithm; zero stays, with logarithm 0."""
    largest = float(np.abs(array).max(initial=0.0))
    if largest == 0.0:
        return array, 0.0
    array = array / largest
    size = float(np.linalg.norm(array))
    return array / size, math.log(largest) + math.log(size)


def balanced(chain: list[Array]) -> tuple[list[Array], float]:
    """Return tensors of moderate size, scaled by powers of two, and ln of what that takes away.

    Only tensors beyond the fourth root of their dtype's range are touched, so that products of a
    few of them never overflow.
    """
    result, log = [], 0.0
    for tensor in chain:
        largest = float(np.abs(tensor).max(initial=0.0))
        power = int(np.frexp(largest)[1])
        if largest and abs(power) > np.finfo(tensor.dtype).maxexp // 4:
            tensor = tensor * tensor.real.dtype.type(2.0 ** (-power // 2))
            tensor = tensor * tensor.real.dtype.type(2.0 ** (-power - (-power // 2)))
            log += power * math.log(2.0)
        result.append(tensor)
    return result, log


def left_step(tensor: Array, right: Array) -> tuple[Array, Array]:
    """Make `tensor` an isometry from the left; what remains goes into its right neighbour."""
    left, dimension, _ = tensor.shape
    q, r = np.linalg.qr(tensor.reshape(left * dimension, -1))
    moved = r @ right.reshape(right.shape[0], -1)
    return q.reshape(left, dimension, -1), moved.reshape(-1, *right.shape[1:])


def right_step(left: Array, tensor: Array) -> tuple[Array, Array]:
    """Make `tensor` an isometry from the right; what remains goes into its left neighbour."""
    _, dimension, right = tensor.shape
    q, r = np.linalg.qr(tensor.reshape(-1, dimension * right).conj().T)
    moved = left.reshape(-1, left.shape[-1]) @ r.conj().T
    new = np.ascontiguousarray(q.conj().T)
    return moved.reshape(*left.shape[:-1], -1), new.reshape(-1, dimension, right)


def is_centered(chain: list[Array], center: int) -> bool:
    """Whether all tensors but the centre are isometries towards it, to the root of rounding."""
    allowed = float(np.finfo(chain[0].dtype).eps) ** 0.5
    for i, tensor in enumerate(chain):
        if i == center:
            continue
        left = i < center
        matrix = tensor.reshape(-1, tensor.shape[2]) if left else tensor.reshape(len(tensor), -1).T
        if np.abs(matrix.conj().T @ matrix - np.eye(matrix.shape[1])).max() > allowed:
            return False
    return True


def with_center(
    tensors: list[Array], center: int, known: int | None = None
) -> tuple[list[Array], float]:
    """Return the chain in mixed canonical form around a tensor of norm 1, and the log of its norm.

    `known` is the centre where the chain is in that form already.
    """
    chain, log = list(tensors), 0.0
    first = 0 if known is None else known
    last = len(chain) - 1 if known is None else known
    for i in range(first, center):
        chain[i], chain[i + 1] = left_step(chain[i], chain[i + 1])
        chain[i + 1], factor = unit_scale(chain[i + 1])
        log += factor
    for i in range(last, center, -1):
        chain[i - 1], chain[i] = right_step(chain[i - 1], chain[i])
        chain[i - 1], factor = unit_scale(chain[i - 1])
        log += factor
    chain[center], factor = unit_scale(chain[center])
    return chain, log + factor


def truncate(
    tensors: list[Array], max_bond: int, tolerance: float
) -> tuple[list[Array], npt.NDArray[np.float64]]:
    """Truncate a chain of norm 1 with its centre at the right end; the centre ends at the left.

    Returns the chain and the weight left out at each bond. The parts left out are orthogonal to
    each other and to what is kept, so that their weights add up to the square of the distance.
    """
    chain = list(tensors)
    weights = np.zeros(len(chain) - 1)
    remaining = tolerance**2
    for i in range(len(chain) - 1, 0, -1):
        _, dimension, right = chain[i].shape
        budget = max(remaining, 0.0) / i
        split = truncated_svd(chain[i].reshape(-1, dimension * right), max_bond, budget)
        weights[i - 1] = split.discarded
        remaining -= split.discarded
        chain[i] = split.v.reshape(-1, dimension, right)
        left = chain[i - 1]
        moved = left.reshape(-1, left.shape[2]) @ (split.u * split.s)
        chain[i - 1] = moved.reshape(*left.shape[:2], -1)
    return chain, weights


def split_dense(
    array: Array, max_bond: int, tolerance: float
) -> tuple[list[Array], npt.NDArray[np.float64]]:
    """Split an array of norm 1, an axis a site, from the right; the centre ends at the left."""
    chain: list[Array] = []
    weights = np.zeros(array.ndim - 1)
    remaining, right, rest = tolerance**2, 1, array.reshape(-1)
    for i in range(array.ndim - 1, 0, -1):
        dimension = array.shape[i]
        budget = max(remaining, 0.0) / i
        split = truncated_svd(rest.reshape(-1, dimension * right), max_bond, budget)
        weights[i - 1] = split.discarded
        remaining -= split.discarded
        chain.append(split.v.reshape(-1, dimension, right))
        rest, right = split.u * split.s, len(split.s)
    chain.append(rest.reshape(1, array.shape[0], right))
    return chain[::-1], weights


def direct_sum(one: list[Array], other: list[Array]) -> list[Array]:
    """Return the chain of the sum of two states: bonds side by side, block by block."""
    if len(one) == 1:
        return [one[0] + other[0]]
    chain: list[Array] = []
    for i, (a, b) in enumerate(zip(one, other, strict=True)):
        dtype = np.result_type(a, b)
        left = a.shape[0] if i == 0 else a.shape[0] + b.shape[0]
        right = a.shape[2] if i == len(one) - 1 else a.shape[2] + b.shape[2]
        tensor = np.zeros((left, a.shape[1], right), dtype=dtype)
        tensor[: a.shape[0], :, : a.shape[2]] += a
        tensor[left - b.shape[0] :, :, right - b.shape[2] :] += b
        chain.append(tensor)
    return chain
