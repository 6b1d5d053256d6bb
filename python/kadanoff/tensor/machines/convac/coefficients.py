"""Values and coefficients of a circuit, layer by layer, in floats or modulo a prime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]


def forward(
    weights: Sequence[Numbers], children: Sequence[npt.NDArray[np.int64]], values: Numbers
) -> npt.NDArray[np.float64]:
    """Return the outputs, (..., Y), for representations of (..., N, M)."""
    now = values.astype(np.float64)
    for layer, windows in zip(weights[:-1], children, strict=True):
        now = np.matmul(layer, now[..., None])[..., 0]
        now = now[..., windows, :].prod(axis=-2)
    outputs: npt.NDArray[np.float64] = now[..., 0, :] @ weights[-1].T
    return outputs


def tensor(
    weights: Sequence[Numbers],
    children: Sequence[npt.NDArray[np.int64]],
    output: int,
    prime: int | None,
) -> Numbers:
    """Return the coefficients of one output, one axis for each input.

    Parameters
    ----------
    weights : sequence of ndarray
        float64, or int64 residues where there is a `prime`.
    children : sequence of ndarray of int64
        The windows of each layer.
    output : int
    prime : int or None
        Below 2^31.
    """
    functions = weights[0].shape[-1]
    unit = np.eye(functions, dtype=weights[0].dtype)
    # Channels by coefficients, and the inputs that these belong to.
    parts = [(unit, [place]) for place in range(children[0].size)] if children else []
    for layer, windows in zip(weights[:-1], children, strict=True):
        mapped = [
            (_apply(layer[place] if layer.ndim == 3 else layer, part, prime), inputs)
            for place, (part, inputs) in enumerate(parts)
        ]
        parts = [_pooled([mapped[place] for place in window], prime) for window in windows]
    top, inputs = parts[0] if parts else (unit, [0])
    result = _apply(weights[-1][output : output + 1], top, prime)
    axes = [inputs.index(place) for place in range(len(inputs))]
    ordered: Numbers = result.reshape((functions,) * len(inputs)).transpose(axes)
    return ordered


def _apply(matrix: Numbers, part: Numbers, prime: int | None) -> Numbers:
    if prime is None:
        result: Numbers = matrix @ part
        return result
    total = np.zeros((matrix.shape[0], part.shape[1]), dtype=np.int64)
    for column, row in zip(matrix.T, part, strict=True):
        total += column[:, None] * row % prime
        total %= prime
    return total


def _pooled(parts: list[tuple[Numbers, list[int]]], prime: int | None) -> tuple[Numbers, list[int]]:
    """Multiply channel by channel; coefficients are outer products."""
    result, inputs = parts[0]
    for part, more in parts[1:]:
        product = result[:, :, None] * part[:, None, :]
        if prime is not None:
            product %= prime
        result, inputs = product.reshape(len(result), -1), inputs + more
    return result, inputs
