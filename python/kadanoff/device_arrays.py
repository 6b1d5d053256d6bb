"""Arrays in the memory of a GPU: CuPy's, imported when the first one is asked for."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt


def empty(call: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Any:
    """Return a new CuPy array; its address is `.data.ptr`."""
    return _cupy(call).empty(shape, dtype=dtype)


def on_host(call: str, array: Any) -> Any:
    """Return a NumPy copy of an array on a GPU, of whichever library; anything else as it is."""
    if not hasattr(array, "__cuda_array_interface__"):
        return array
    return _cupy(call).asarray(array).get()


def module(call: str) -> Any:
    """Return CuPy; ImportError that says what to install where there is none."""
    return _cupy(call)


def _cupy(call: str) -> Any:
    try:
        import cupy
    except ImportError as error:
        text = "expected CuPy, got none: pip install 'kadanoff[cuda]'"
        raise ImportError(f"[{call}] {text}") from error
    return cupy
