"""Whether a network can be contracted at all, told before the search for the best order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from kadanoff.errors import MemoryLimitError
from kadanoff.tensor import paths

from . import memory

if TYPE_CHECKING:
    from .planning import Request

MOST_SLICES = 10**9
"""More are refused: slices of a microsecond would take a quarter of an hour, others years."""
SEARCH_GAIN = 12.0
"""Bits by which no search is expected to make the peak of a greedy path smaller."""
MOST_BITS = 60.0
"""Of the bytes that a program takes, so that they can be counted."""


def check_hope(request: Request) -> None:
    """Refuse a network whose greedy path is too far above the limit; MemoryLimitError.

    It takes milliseconds where a search would take seconds, and find nothing.
    """
    equation = request.equation
    room = math.log2(request.limit / request.dtype.itemsize)
    allowed = SEARCH_GAIN + (math.log2(MOST_SLICES) if request.may_slice else 0.0)
    if sum(math.log2(max(size, 1)) for size in equation.sizes) <= room + allowed:
        return  # as large as no intermediate can be
    greedy = paths.search(
        equation.inputs, equation.output, dict(enumerate(equation.sizes)), method="greedy"
    )
    if greedy.log2_peak > room + allowed:
        raise too_large(request, greedy)


def is_countable(request: Request, path: paths.ContractionPath) -> bool:
    """Whether the bytes of a path are few enough for a program to be made of it."""
    return path.log2_peak + math.log2(request.dtype.itemsize) <= MOST_BITS


def too_large(request: Request, path: paths.ContractionPath) -> MemoryLimitError:
    """Return the error for a path that is far above the limit."""
    log2_bytes = path.log2_peak + math.log2(request.dtype.itemsize)
    slices = math.ceil(log2_bytes - math.log2(request.limit))
    size = memory.shown(2.0**log2_bytes) if log2_bytes < 80 else f"2^{log2_bytes:.0f} bytes"
    return MemoryLimitError(
        f"[plan] expected at most {memory.shown(request.limit)} of memory{_in_slices(request)}, "
        f"got a network that needs {size}, or 2^{slices} slices or more"
    )


def check_slices(request: Request, slices: int) -> None:
    """Refuse more slices than anyone waits for; MemoryLimitError."""
    if slices > MOST_SLICES:
        raise MemoryLimitError(
            f"[plan] expected at most {memory.shown(request.limit)} of memory"
            f"{_in_slices(request)}, got a network that needs {slices:.3g} slices"
        )


def _in_slices(request: Request) -> str:
    return f" in at most {MOST_SLICES:.0e} slices" if request.may_slice else ""
