"""Which positions are pooled into which."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

Indices = npt.NDArray[np.int64]
Grid = tuple[int, ...]
MAX_INPUTS = 2**16


@dataclass(frozen=True)
class Pooling:
    """Windows of positions, layer by layer, down to a single one.

    Attributes
    ----------
    shape : tuple of int
        Of the inputs; they are numbered row by row.
    windows : tuple of tuple of int
        One for each layer.
    children : tuple of ndarray of int64, (positions above, positions of a window)
        For each layer, the positions below that each position above is the product of.
    """

    shape: Grid
    windows: tuple[Grid, ...]
    children: tuple[Indices, ...]

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return math.prod(self.shape)

    def positions(self, layer: int) -> int:
        """Return how many positions a layer's convolution has; 1 after the last pooling."""
        return 1 if layer == len(self.windows) else self.children[layer].size


def pooling(call: str, shape: Any, window: Any) -> Pooling:
    """Return the pooling of a chain or an image; TypeError or ValueError where it does not fit."""
    grid = _extents(call, "shape", shape)
    if not 1 <= len(grid) <= 2 or math.prod(grid) > MAX_INPUTS:
        raise ValueError(
            f"[{call}] expected a chain or an image of at most {MAX_INPUTS} inputs as shape, "
            f"got {shape!r}"
        )
    windows: list[Grid] = []
    children: list[Indices] = []
    left = grid
    while math.prod(left) > 1:
        size = _window(call, window, len(windows), left)
        windows.append(size)
        children.append(_windows_of(left, size))
        left = tuple(extent // step for extent, step in zip(left, size, strict=True))
    if _is_list(window) and len(window) != len(windows):
        raise ValueError(
            f"[{call}] expected {len(windows)} windows for shape {shape!r}, got {len(window)}"
        )
    return Pooling(grid, tuple(windows), tuple(children))


def _is_list(window: Any) -> bool:
    return isinstance(window, list)


def _window(call: str, window: Any, layer: int, grid: Grid) -> Grid:
    """Return the window of one layer, whose extents divide those of the grid."""
    if _is_list(window):
        if layer == len(window):
            raise ValueError(
                f"[{call}] expected windows down to a single position, got {grid} left of "
                f"{window!r}"
            )
        one = window[layer]
    else:
        one = window
    size = _extents(call, "window", one)
    if len(size) == 1:
        size = size * len(grid)
    fits = len(size) == len(grid) and all(g % s == 0 for g, s in zip(grid, size, strict=True))
    if not fits or math.prod(size) == 1:
        raise ValueError(
            f"[{call}] expected a window that divides the {'x'.join(map(str, grid))} positions of "
            f"layer {layer}, got {one!r}"
        )
    return size


def _extents(call: str, name: str, value: Any) -> Grid:
    if isinstance(value, tuple):
        return tuple(arguments.integer(call, name, extent, 1, MAX_INPUTS) for extent in value)
    return (arguments.integer(call, name, value, 1, MAX_INPUTS),)


def _windows_of(grid: Grid, size: Grid) -> Indices:
    """Return the positions in each window, both row by row."""
    places = np.arange(math.prod(grid)).reshape(grid)
    split = [part for g, s in zip(grid, size, strict=True) for part in (g // s, s)]
    order = [*range(0, 2 * len(grid), 2), *range(1, 2 * len(grid), 2)]
    children: Indices = places.reshape(split).transpose(order).reshape(-1, math.prod(size))
    return children
