"""Calls of `einsum` for which something has to be converted, copied or asked first."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments

from . import on_device, pairwise
from .forms import Path, equation_and_operands, path

Array = npt.NDArray[Any]

ORDERS = ("C", "F", "A", "K")
CASTINGS = ("no", "equiv", "safe", "same_kind", "unsafe")

# What the kernels work in. Halves are converted, summed, and rounded once.
KERNEL_DTYPES = {
    np.dtype(np.float16): np.dtype(np.float32),
    **{np.dtype(name): np.dtype(name) for name in ("f4", "f8", "c8", "c16")},
}


class Request(NamedTuple):
    """The keywords of a call."""

    out: Any
    dtype: Any
    order: Any
    casting: Any
    optimize: Any
    threads: int | None


def contract(operands: tuple[Any, ...], request: Request) -> Any:
    """Do what `einsum` promises, whatever the arguments are."""
    request = _checked(request)
    equation, values = equation_and_operands(operands)
    plan = path(request.optimize, len(values))
    if any(hasattr(value, "__cuda_array_interface__") for value in (*values, request.out)):
        return on_device.contract(equation, values, plan, request)
    arrays = [_array(i, value) for i, value in enumerate(values)]
    shape, is_view, _ = _core.einsum_steps(equation, [a.shape for a in arrays], plan)
    if is_view and request.out is None:
        return _view(equation, arrays[0])
    if request.out is not None:
        check_out(request.out, shape)
    common = common_dtype([a.dtype for a in arrays], request)
    kernel = KERNEL_DTYPES.get(common)
    if kernel is None:
        return pairwise.contract(equation, arrays, plan, request, common)
    return _in_kernels(equation, arrays, plan, request, (common, kernel, shape))


def _checked(request: Request) -> Request:
    """Return the request with dtype and order in the form that the others expect."""
    casting = arguments.choice("einsum", "casting", request.casting, CASTINGS)
    order = "K" if request.order is None else request.order
    if not isinstance(order, str):
        raise TypeError(f"[einsum] expected order to be a string, got {order!r}")
    if order.upper() in ORDERS:
        order = order.upper()
    order = arguments.choice("einsum", "order", order, ORDERS)
    threads = request.threads
    if threads is not None:
        threads = arguments.integer("einsum", "threads", threads, 1, 4096)
    dtype = None
    if request.dtype is not None:
        try:
            dtype = np.dtype(request.dtype)
        except TypeError:
            raise TypeError(f"[einsum] expected a dtype, got {request.dtype!r}") from None
    return request._replace(dtype=dtype, order=order, casting=casting, threads=threads)


def _array(index: int, value: Any) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"[einsum] expected operand {index} without a mask, got a masked array")
    try:
        result = np.asarray(value)
    except ValueError:
        wanted = f"operand {index} as a regular array"
        raise ValueError(f"[einsum] expected {wanted}, got a ragged one") from None
    if result.dtype.hasobject:
        raise TypeError(f"[einsum] expected operand {index} of numbers, got objects")
    return result


def _view(equation: str, array: Array) -> Any:
    result = _core.einsum((equation, array), None, None, 1)
    return np.einsum(equation, array) if result is NotImplemented else result


def check_out(out: Any, shape: tuple[int, ...]) -> None:
    """Check that a result of this shape can be written to `out`."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"[einsum] expected out to be an array, got {type(out).__name__}")
    fits = len(out.shape) == len(shape) and all(
        extent in (1, wanted) for extent, wanted in zip(shape, out.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"[einsum] expected out of shape {shape}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("[einsum] expected out to be writeable, got a read-only array")


def common_dtype(dtypes: list[np.dtype[Any]], request: Request) -> np.dtype[Any]:
    """Return the dtype to compute in; TypeError if a cast is not allowed."""
    known = dtypes if request.out is None else [*dtypes, request.out.dtype]
    try:
        result: np.dtype[Any] = np.result_type(*known) if request.dtype is None else request.dtype
    except TypeError as error:
        text = f"[einsum] expected dtypes that NumPy promotes, got {', '.join(map(str, known))}"
        raise type(error)(text) from None
    if result.kind not in "biufc":
        raise TypeError(f"[einsum] expected arrays of numbers, got {result}")
    result = result.newbyteorder("=")
    casts = [(dtype, result) for dtype in known]
    if request.out is not None:
        casts.append((result, request.out.dtype))
    for source, target in casts:
        if not np.can_cast(source, target, request.casting):
            wanted = f"dtypes that cast under the rule {request.casting!r}"
            raise TypeError(f"[einsum] expected {wanted}, got {source} to {target}")
    return result


def _in_kernels(
    equation: str,
    arrays: list[Array],
    plan: Path | None,
    request: Request,
    target: tuple[np.dtype[Any], np.dtype[Any], tuple[int, ...]],
) -> Any:
    common, kernel, shape = target
    out, threads = request.out, request.threads or 0
    operands = (equation, *(_ready(array, kernel) for array in arrays))
    if out is None and pairwise.wants_fortran(request.order, arrays):
        out = np.empty(shape, common, order="F")
    if out is not None and _core.einsum(operands, out, plan, threads) is out:
        return out if request.out is not None else out[()]
    result = _core.einsum(operands, None, plan, threads)
    with np.errstate(over="ignore"):
        if out is None:
            return result if common == kernel else result.astype(common)
        np.copyto(out, result, casting="unsafe")
    return out if request.out is not None else out[()]


def _ready(array: Array, dtype: np.dtype[Any]) -> Array:
    """Return an array of this dtype that the kernels can read, if possible the same one."""
    whole = all(stride % dtype.itemsize == 0 for stride in array.strides)
    if array.dtype == dtype and array.flags.aligned and whole:
        return array
    # What is broadcast stays so, however large it would be.
    part = tuple(slice(1) if stride == 0 else slice(None) for stride in array.strides)
    return np.broadcast_to(np.array(array[part], dtype), array.shape)
