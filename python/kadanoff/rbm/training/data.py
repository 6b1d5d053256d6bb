"""Samples to learn from: checked once, kept as bytes of 0 and 1, given out in minibatches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.datasets import Dataset

from ..machine import RBM
from . import keyed

_BLOCK = 2**22

Bits = npt.NDArray[np.uint8]


class TrainingData:
    """A data set.

    Parameters
    ----------
    call, name : str
        What errors name.
    rbm : RBM
        The machine whose visible units the samples are.
    values : array_like, (n_samples, n_visible), or Dataset
        Values of the units; with `probabilities`, those of being 1.
    probabilities : bool

    Raises
    ------
    ValueError, TypeError
    """

    def __init__(
        self,
        call: str,
        name: str,
        rbm: RBM,
        values: npt.ArrayLike | Dataset,
        probabilities: bool = False,
    ) -> None:
        array = arguments.array(call, name, values.data if isinstance(values, Dataset) else values)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"[{call}] expected numbers for {name}, got dtype {array.dtype}")
        shape = array.shape
        if len(shape) != 2 or shape[1] != rbm.n_visible or shape[0] == 0:
            wanted = f"{name} of shape (samples, {rbm.n_visible}) with at least one sample"
            raise ValueError(f"[{call}] expected {wanted}, got shape {shape}")
        self.n_visible = rbm.n_visible
        self._probabilities: npt.NDArray[np.float64] | None = None
        if probabilities:
            self._probabilities = _probabilities(call, name, array)
            self.bits: Bits = np.zeros(shape, dtype=np.uint8)
        else:
            low = -1 if rbm.visible_units == "spin" else 0
            self.bits = _bits(call, name, array, low)

    def __len__(self) -> int:
        return len(self.bits)

    def draw(self, seed: int, epoch: int) -> None:
        """Draw the samples of an epoch anew, where they are given by probabilities."""
        if self._probabilities is None:
            return
        count = self._probabilities.size
        uniforms = keyed.uniforms(seed, keyed.Use.BINARISE, epoch, count)
        np.less(
            uniforms.reshape(self.bits.shape), self._probabilities, out=self.bits.view(np.bool_)
        )

    def batches(self, seed: int, epoch: int, size: int) -> Iterator[tuple[Bits, int]]:
        """Yield the minibatches of an epoch, in one buffer: rows from `count` on do not count."""
        order = keyed.order(seed, keyed.Use.ORDER, epoch, len(self))
        buffer: Bits = np.zeros((size, self.n_visible), dtype=np.uint8)
        for start in range(0, len(self), size):
            chosen = order[start : start + size]
            np.take(self.bits, chosen, axis=0, out=buffer[: len(chosen)], mode="clip")
            yield buffer, len(chosen)


def _rows(array: npt.NDArray[Any]) -> Iterator[slice]:
    step = max(1, _BLOCK // array.shape[1])
    for start in range(0, len(array), step):
        yield slice(start, start + step)


def _bits(call: str, name: str, array: npt.NDArray[Any], low: int) -> Bits:
    result = np.empty(array.shape, dtype=np.uint8)
    for rows in _rows(array):
        block = array[rows]
        high = block == 1
        wrong = block[~high & (block != low)]
        if wrong.size:
            raise ValueError(f"[{call}] expected values {low} and 1 for {name}, got {wrong[0]}")
        result[rows] = high
    return result


def _probabilities(call: str, name: str, array: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    for rows in _rows(array):
        block = array[rows]
        wrong = block[~((block >= 0) & (block <= 1))]
        if wrong.size:
            raise ValueError(
                f"[{call}] expected probabilities in [0, 1] for {name}, got {wrong[0]}"
            )
    return np.array(array, dtype=np.float64, order="C")
