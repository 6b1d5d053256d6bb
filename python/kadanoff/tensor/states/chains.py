"""Chains of tensors as they come in from callers and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff.errors import FileError

from . import checking, randomness

Array = npt.NDArray[Any]


def checked_chain(call: str, tensors: Sequence[npt.ArrayLike], ndim: int) -> list[Array]:
    """Return arrays of one dtype whose bonds, the first and the last axis, match."""
    chain = [checking.numbers(call, f"tensor {i}", tensor) for i, tensor in enumerate(tensors)]
    if not chain:
        raise ValueError(f"[{call}] expected at least one tensor, got none")
    for i, tensor in enumerate(chain):
        if tensor.ndim != ndim or tensor.size == 0:
            wanted = f"tensor {i} with {ndim} axes, none of them empty"
            raise ValueError(f"[{call}] expected {wanted}, got shape {tensor.shape}")
        bond = chain[i - 1].shape[-1] if i else 1
        if tensor.shape[0] != bond:
            wanted = f"tensor {i} with a left bond of {bond}"
            raise ValueError(f"[{call}] expected {wanted}, got {tensor.shape[0]}")
    if chain[-1].shape[-1] != 1:
        wanted = "a last tensor with a right bond of 1"
        raise ValueError(f"[{call}] expected {wanted}, got {chain[-1].shape[-1]}")
    dtype = np.result_type(*chain)
    return [np.array(tensor, dtype=dtype) for tensor in chain]


def bonds_below(dims: Sequence[int], limit: int) -> list[int]:
    """Return the largest bonds that a chain can use, at most `limit`, with both ends."""
    bonds = [1]
    for d in dims:
        bonds.append(min(limit, bonds[-1] * d))
    bonds[-1] = 1
    for i in range(len(dims) - 1, 0, -1):
        bonds[i] = min(bonds[i], bonds[i + 1] * dims[i])
    return bonds


def random_chain(dims: Sequence[int], limit: int, seed: int, dtype: np.dtype[Any]) -> list[Array]:
    """Return tensors of independent normal numbers."""
    bonds = bonds_below(dims, limit)
    chain: list[Array] = []
    for i, d in enumerate(dims):
        shape = (bonds[i], d, bonds[i + 1])
        size = bonds[i] * d * bonds[i + 1]
        if dtype.kind == "c":
            parts = randomness.normals(seed, randomness.Use.RANDOM_STATE, i, 2 * size)
            chain.append((parts[:size] + 1j * parts[size:]).reshape(shape).astype(dtype))
        else:
            parts = randomness.normals(seed, randomness.Use.RANDOM_STATE, i, size)
            chain.append(parts.reshape(shape).astype(dtype))
    return chain


def chain_state(tensors: Sequence[Array]) -> dict[str, Any]:
    """Return tensors as plain arrays: all numbers in a row, complex ones as pairs."""
    numbers = np.concatenate([tensor.ravel() for tensor in tensors])
    return {
        "dtype": numbers.dtype.name,
        "shapes": np.array([tensor.shape for tensor in tensors], dtype=np.int64),
        "numbers": numbers.view(numbers.real.dtype),
    }


def chain_from_state(call: str, entries: Any, ndim: int) -> list[Array]:
    """Return the tensors whose `chain_state` was read back as `storage.Entries`."""
    dtype = np.dtype(entries.text("dtype", checking.DTYPES))
    shapes = entries.array("shapes", np.int64, (None, ndim))
    numbers = entries.array("numbers", np.empty(0, dtype).real.dtype, (None,))
    wide = [[int(extent) for extent in shape] for shape in shapes]
    if not wide or min(map(min, wide)) < 1:
        raise entries.wrong("shapes", "shapes of tensors")
    sizes = [int(np.prod(np.array(shape, dtype=object))) for shape in wide]
    per_number = 2 if dtype.kind == "c" else 1
    if sum(sizes) * per_number != len(numbers):
        raise entries.wrong("numbers", f"{sum(sizes) * per_number} numbers")
    flat, start, chain = numbers.view(dtype), 0, []
    for shape, size in zip(wide, sizes, strict=True):
        chain.append(flat[start : start + size].reshape(shape))
        start += size
    try:
        return checked_chain(call, chain, ndim)
    except ValueError as error:
        raise FileError(f"[load] expected a chain of tensors, got: {error}") from error
