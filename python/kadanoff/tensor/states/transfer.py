"""Sums over the states of two chains and of operators between them, site by site.

Every step is matrix products of reshaped arrays: no axis is permuted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .gauge import left_step, unit_scale

Array = npt.NDArray[Any]


def extend_overlap(environment: Array, bra: Array, ket: Array) -> Array:
    """Take a site into the left part of <bra|ket>, (bra bond, ket bond)."""
    part = environment @ ket.reshape(ket.shape[0], -1)
    result: Array = bra.reshape(-1, bra.shape[2]).conj().T @ part.reshape(-1, ket.shape[2])
    return result


def extend_overlap_left(environment: Array, bra: Array, ket: Array) -> Array:
    """Take a site into the right part of <bra|ket>, (ket bond, bra bond)."""
    part = ket.reshape(-1, ket.shape[2]) @ environment
    result: Array = part.reshape(ket.shape[0], -1) @ bra.reshape(bra.shape[0], -1).conj().T
    return result


def extend_left(environment: Array, bra: Array, operator: Array, ket: Array) -> Array:
    """Take a site into the left part of <bra|O|ket>, (bra bond, operator bond, ket bond)."""
    c, w, a = environment.shape
    _, out, into, v = operator.shape
    b = ket.shape[2]
    part = environment.reshape(c * w, a) @ ket.reshape(a, -1)
    matrix = operator.transpose(1, 3, 0, 2).reshape(out * v, w * into)
    part = matrix @ part.reshape(c, w * into, b)
    part = bra.reshape(c * out, -1).conj().T @ part.reshape(c * out, v * b)
    result: Array = part.reshape(-1, v, b)
    return result


def extend_right(environment: Array, bra: Array, operator: Array, ket: Array) -> Array:
    """Take a site into the right part of <bra|O|ket>, (ket bond, operator bond, bra bond)."""
    b, v, c = environment.shape
    w, out, into, _ = operator.shape
    a = ket.shape[0]
    part = ket.reshape(a * into, b) @ environment.reshape(b, v * c)
    matrix = operator.transpose(0, 1, 2, 3).reshape(w * out, into * v)
    part = matrix @ part.reshape(a, into * v, c)
    part = part.reshape(a * w, out * c) @ bra.reshape(-1, out * c).conj().T
    result: Array = part.reshape(a, w, -1)
    return result


def log_overlap(bra: Sequence[Array], ket: Sequence[Array]) -> tuple[Any, float]:
    """Return <bra|ket> as a number of absolute value 1 (or 0) and the logarithm of its size."""
    environment = np.ones((1, 1), dtype=np.result_type(*bra, *ket))
    log = 0.0
    for a, b in zip(bra, ket, strict=True):
        environment, factor = unit_scale(extend_overlap(environment, a, b))
        log += factor
    value = environment[0, 0]
    return value, (log if value != 0 else -math.inf)


def sandwich(bra: Sequence[Array], operator: Sequence[Array], ket: Sequence[Array]) -> Any:
    """Return <bra|O|ket>."""
    environment = np.ones((1, 1, 1), dtype=np.result_type(*bra, *operator, *ket))
    for a, w, b in zip(bra, operator, ket, strict=True):
        environment = extend_left(environment, a, w, b)
    return environment[0, 0, 0]


def squared_sandwich(operator: Sequence[Array], ket: Sequence[Array]) -> float:
    """Return the square of the norm of O|ket>."""
    environment = np.ones((1, 1, 1, 1), dtype=np.result_type(*operator, *ket))
    for w, b in zip(operator, ket, strict=True):
        environment = _extend_squared(environment, w, b)
    return float(environment[0, 0, 0, 0].real)


def _extend_squared(environment: Array, operator: Array, ket: Array) -> Array:
    """Take a site into the left part of <O ket|O ket>: (bra, operator, operator, ket) bonds."""
    c, u, w, a = environment.shape
    _, out, into, v = operator.shape
    b = ket.shape[2]
    part = environment.reshape(c * u * w, a) @ ket.reshape(a, -1)
    matrix = operator.transpose(1, 3, 0, 2).reshape(out * v, w * into)
    part = (matrix @ part.reshape(c, u, w * into, b)).reshape(c, u * out, v * b)
    # The conjugate of the operator acts on the bra: (u, out, into, u') -> rows (into, u').
    conjugate = operator.conj().transpose(2, 3, 0, 1).reshape(into * v, u * out)
    part = (conjugate @ part).reshape(c * into, v * v * b)
    part = ket.reshape(c * into, -1).conj().T @ part
    result: Array = part.reshape(-1, v, v, b)
    return result


def local_expectations(tensors: list[Array], operators: Sequence[Array | None]) -> Array:
    """Return <O_i> at every site that has an operator, from a chain with its centre at site 0."""
    chain = list(tensors)
    used = [operator for operator in operators if operator is not None]
    values = np.zeros(len(chain), dtype=np.result_type(*chain, *used))
    for i, operator in enumerate(operators):
        if operator is not None:
            values[i] = np.vdot(chain[i], operator @ chain[i]) / np.vdot(chain[i], chain[i]).real
        if i + 1 < len(chain):
            chain[i], chain[i + 1] = left_step(chain[i], chain[i + 1])
    return values


def block_expectation(block: Sequence[Array], operator: Array) -> Any:
    """Return <O> on neighbouring sites that hold the centre; O is a matrix on their states."""
    theta = joined(block)
    return np.vdot(theta, operator @ theta) / np.vdot(theta, theta).real


def joined(block: Sequence[Array]) -> Array:
    """Return neighbouring tensors as one, whose states are numbered with the last site fastest."""
    theta = block[0]
    for tensor in block[1:]:
        theta = theta.reshape(-1, theta.shape[-1]) @ tensor.reshape(tensor.shape[0], -1)
        theta = theta.reshape(block[0].shape[0], -1, tensor.shape[2])
    return theta


def density(tensors: Sequence[Array], kept: Sequence[bool]) -> Array:
    """Return the density matrix of the kept ones of neighbouring sites, the first the centre."""
    bond = tensors[0].shape[0]
    # (ket states, bra states, ket bond, bra bond)
    part = np.eye(bond, dtype=tensors[0].dtype)[None, None]
    for tensor, keep in zip(tensors, kept, strict=True):
        ket = np.tensordot(part, tensor, (2, 0))  # ket states, bra states, bra bond, site, bond
        if keep:
            part = np.tensordot(ket, tensor.conj(), (2, 0)).transpose(0, 2, 1, 4, 3, 5)
            rows, dimension = part.shape[:2]
            part = part.reshape(rows * dimension, rows * dimension, *part.shape[4:])
        else:
            part = np.tensordot(ket, tensor.conj(), ((2, 3), (0, 1)))
    return np.asarray(np.trace(part, axis1=2, axis2=3))


def correlations(
    tensors: list[Array], first: Sequence[Array], second: Sequence[Array], dtype: Any
) -> Array:
    """Return <A_i B_j> for all i <= j, from a chain with its centre at site 0; zero elsewhere."""
    chain, n = list(tensors), len(tensors)
    values = np.zeros((n, n), dtype=dtype)
    for i in range(n):
        center = chain[i] / np.linalg.norm(chain[i])
        values[i, i] = np.vdot(center, first[i] @ (second[i] @ center))
        environment = extend_overlap(np.eye(center.shape[0]), center, first[i] @ center)
        for j in range(i + 1, n):
            part = extend_overlap(environment, chain[j], second[j] @ chain[j])
            values[i, j] = np.trace(part)
            environment = extend_overlap(environment, chain[j], chain[j])
        if i + 1 < n:
            chain[i], chain[i + 1] = left_step(chain[i], chain[i + 1])
            chain[i + 1], _ = unit_scale(chain[i + 1])
    return values
