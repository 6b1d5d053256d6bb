"""Arrays in the memory of a GPU: CuPy's, imported when the first one is asked for."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt


def empty(call: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Any:
    """Return a new CuPy array; its address is `.data.ptr`."""
    return library(call).empty(shape, dtype=dtype)


def on_host(call: str, array: Any) -> Any:
    """Return a NumPy copy of an array on a GPU, of whichever library; anything else as it is."""
    if not hasattr(array, "__cuda_array_interface__"):
        return array
    return library(call).asarray(array).get()


def library(call: str) -> Any:
    """Return CuPy; ImportError if it is not installed."""
    try:
        import cupy
    except ImportError as error:
        text = "expected CuPy, got none: pip install 'kadanoff[cuda]'"
        raise ImportError(f"[{call}] {text}") from error
    return cupy
