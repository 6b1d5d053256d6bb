"""Arguments of a circuit, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

MAX_CHANNELS = 2**12

Floats = npt.NDArray[np.float64]
Inside = npt.NDArray[np.bool_]


def channels(call: str, numbers: Any, layers: int) -> tuple[int, ...]:
    """Return numbers of channels, one for each pooling layer."""
    if not isinstance(numbers, (list, tuple, np.ndarray)):
        raise TypeError(f"[{call}] expected a list of channels, got {numbers!r}")
    if len(numbers) != layers:
        raise ValueError(
            f"[{call}] expected {layers} numbers of channels, one for each pooling layer, "
            f"got {len(numbers)}"
        )
    return tuple(arguments.integer(call, "channels", one, 1, MAX_CHANNELS) for one in numbers)


def weights(call: str, arrays: Any, shapes: Sequence[tuple[int, int, int]]) -> list[Floats]:
    """Return weights as float64, of (positions, channels, channels below) or without positions."""
    if not isinstance(arrays, (list, tuple)):
        raise TypeError(f"[{call}] expected a list of weights, got {type(arrays).__name__}")
    if len(arrays) != len(shapes):
        raise ValueError(f"[{call}] expected {len(shapes)} arrays of weights, got {len(arrays)}")
    made = []
    for layer, (one, shape) in enumerate(zip(arrays, shapes, strict=True)):
        array = arguments.array(call, f"weights of layer {layer}", one)
        if array.dtype.kind not in "biuf":
            raise TypeError(
                f"[{call}] expected real weights in layer {layer}, got dtype {array.dtype}"
            )
        allowed = [shape[1:]] if layer == len(shapes) - 1 else [shape, shape[1:]]
        if array.shape not in allowed:
            raise ValueError(
                f"[{call}] expected weights of shape {' or '.join(map(str, allowed))} in layer "
                f"{layer}, got {array.shape}"
            )
        values = array.astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError(f"[{call}] expected finite weights in layer {layer}, got nan or inf")
        made.append(values)
    return made


def subset(call: str, value: Any, shape: tuple[int, ...]) -> Inside:
    """Return which inputs are in a subset, given by numbers or by bool; (N,)."""
    array = arguments.array(call, "subset", value)
    inputs = math.prod(shape)
    if array.dtype == np.bool_:
        if array.shape not in (shape, (inputs,)):
            raise ValueError(f"[{call}] expected a subset of shape {shape}, got {array.shape}")
        flat: Inside = array.ravel()
        return flat
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise TypeError(f"[{call}] expected numbers of inputs as subset, got {value!r}")
    inside = np.zeros(inputs, dtype=np.bool_)
    for number in array.tolist():
        place = arguments.integer(call, "numbers in subset", int(number), 0, inputs - 1)
        if inside[place]:
            raise ValueError(f"[{call}] expected each input once in subset, got {place} twice")
        inside[place] = True
    return inside
