"""Amplitudes of configurations, and configurations drawn from their probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import randomness

Array = npt.NDArray[Any]

CHUNK_NUMBERS = 2**22
"""Numbers that the vectors of the samples in hand may have: 32 MiB of float64."""


class Samples(NamedTuple):
    """What `MPS.sample` returns: configurations, and ln of the probability of each."""

    configurations: npt.NDArray[np.uint8] | npt.NDArray[np.int64]
    log_probabilities: npt.NDArray[np.float64]


def scaled_amplitudes(
    tensors: Sequence[Array], states: npt.NDArray[np.intp]
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return the amplitude of each row of states as a number and a power of two that goes with it.

    Vectors are scaled by powers of two, which rounds nothing.
    """
    n = len(states)
    vectors = np.ones((n, 1), dtype=tensors[0].dtype)
    exponents = np.zeros(n, dtype=np.int64)
    for i, tensor in enumerate(tensors):
        moved = np.empty((n, tensor.shape[2]), dtype=tensor.dtype)
        for s in range(tensor.shape[1]):
            rows = np.flatnonzero(states[:, i] == s)
            if len(rows):
                moved[rows] = vectors[rows] @ tensor[:, s]
        _, shift = np.frexp(np.abs(moved).max(axis=1))
        vectors = moved * np.ldexp(1.0, -shift)[:, None].astype(moved.real.dtype)
        exponents += shift
    return vectors[:, 0], exponents


def draw(tensors: Sequence[Array], n_samples: int, seed: int) -> Samples:
    """Draw from a chain with its centre at site 0, a site after the other (Ferris and Vidal)."""
    largest = max(tensor.shape[1] * tensor.shape[2] for tensor in tensors)
    chunk = max(1, CHUNK_NUMBERS // largest)
    widest = max(tensor.shape[1] for tensor in tensors)
    states = np.empty((n_samples, len(tensors)), dtype=np.uint8 if widest <= 256 else np.int64)
    logs = np.zeros(n_samples)
    parts = [slice(start, start + chunk) for start in range(0, n_samples, chunk)]
    vectors = [np.ones((len(logs[part]), 1), dtype=tensors[0].dtype) for part in parts]
    for i, tensor in enumerate(tensors):
        uniforms = randomness.uniforms(seed, randomness.Use.SAMPLES, i, n_samples)
        for k, part in enumerate(parts):
            chosen, vectors[k], gained = _draw_site(tensor, vectors[k], uniforms[part])
            states[part, i] = chosen
            logs[part] += gained
    return Samples(states, logs)


def _draw_site(
    tensor: Array, vectors: Array, uniforms: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], Array, npt.NDArray[np.float64]]:
    """Draw the states of a site given those on its left, which `vectors` stand for."""
    left, dimension, right = tensor.shape
    ahead = (vectors @ tensor.reshape(left, -1)).reshape(-1, dimension, right)
    weights = np.square(np.abs(ahead)).sum(axis=2, dtype=np.float64)
    sums = np.cumsum(weights, axis=1)
    chosen = (uniforms[:, None] * sums[:, -1:] >= sums).sum(axis=1)
    # A product that rounds up to the sum would choose one too far, or a state of weight zero.
    last = dimension - 1 - np.argmax(weights[:, ::-1] > 0, axis=1)
    chosen = np.minimum(chosen, last)
    rows = np.arange(len(chosen))
    weight = weights[rows, chosen]
    moved = ahead[rows, chosen] / np.sqrt(weight)[:, None].astype(ahead.real.dtype)
    return chosen, moved, np.log(weight / sums[:, -1])
