"""Contractions of arrays in the memory of a GPU, by CuPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kadanoff import _core, device_arrays

from . import general
from .forms import Path
from .pairwise import in_pairs

if TYPE_CHECKING:
    from .general import Request


def contract(equation: str, values: list[Any], plan: Path | None, request: Request) -> Any:
    """Contract arrays that are all on a GPU; the result is there too."""
    given = values if request.out is None else [*values, request.out]
    if not all(hasattr(value, "__cuda_array_interface__") for value in given):
        wanted = "all arrays on a GPU or all on the host"
        raise TypeError(f"[einsum] expected {wanted}, got some of each")
    cupy = device_arrays.library("einsum")
    arrays = [cupy.asarray(value) for value in values]
    shape = _core.einsum_steps(equation, [array.shape for array in arrays], plan)[0]
    out = None if request.out is None else cupy.asarray(request.out)
    if out is not None and out.shape != shape:
        raise ValueError(f"[einsum] expected out of shape {shape}, got {out.shape}")
    dtypes = [np.dtype(array.dtype) for array in arrays]
    common = general.common_dtype(dtypes, request._replace(out=out))
    arrays = [array.astype(common, copy=False) for array in arrays]
    if len(arrays) == 1:
        result = cupy.einsum(equation, arrays[0])
    else:
        result = in_pairs(cupy.einsum, equation, arrays, plan)
    if out is not None:
        out[...] = result
        return request.out
    return cupy.asarray(result, order=request.order) if request.order in "CF" else result
