"""From arrays to the compiled contraction and back."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.errors import MemoryLimitError

from . import memory
from .pairwise import contract_pairwise
from .progress import Progress, Tell, telling

if TYPE_CHECKING:
    from .plan import ContractionPlan, Wanted

DTYPES = ("f4", "f8", "c8", "c16")


class Tensors(NamedTuple):
    """Arrays of one type, and where they are; `core` is None if they are on a GPU."""

    arrays: tuple[Any, ...]
    dtype: np.dtype[Any]
    core: _core.NetworkTensors | None


def bind(call: str, plan: ContractionPlan, values: Sequence[Any], check_finite: bool) -> Tensors:
    """Return arrays of the shapes of a plan; ValueError or TypeError otherwise."""
    values = tuple(values)
    equation = plan.equation
    if len(values) != len(equation.inputs):
        raise ValueError(f"[{call}] expected {len(equation.inputs)} tensors, got {len(values)}")
    tensors = as_tensors(call, values, check_finite)
    if tensors.core is not None and plan.core(tensors.dtype).fits(tensors.core):
        return tensors
    for k, (array, shape) in enumerate(zip(tensors.arrays, equation.shapes, strict=True)):
        if tuple(array.shape) != shape:
            raise ValueError(
                f"[{call}] expected shape {shape} for tensor {k}, got {tuple(array.shape)}"
            )
    return tensors


def as_tensors(call: str, values: Sequence[Any], check_finite: bool) -> Tensors:
    """Return contiguous arrays of one type, of NumPy or CuPy; TypeError or ValueError otherwise."""
    tensors = _ready(values) or _converted(call, values)
    if check_finite and tensors.core and (k := tensors.core.first_not_finite()) >= 0:
        raise ValueError(f"[{call}] expected finite numbers in tensor {k}, got nan or inf")
    return tensors


def _ready(values: Sequence[Any]) -> Tensors | None:
    """Return tensors that need no conversion; None if there is anything to convert or to refuse."""
    first = values[0]
    if type(first) is not np.ndarray or first.dtype.str[1:] not in DTYPES:
        return None
    try:
        return Tensors(tuple(values), first.dtype, _core.NetworkTensors(values, first.dtype))
    except TypeError:
        return None


def _converted(call: str, values: Sequence[Any]) -> Tensors:
    on_device = [hasattr(value, "__cuda_array_interface__") for value in values]
    if any(on_device):
        if not all(on_device):
            k = on_device.index(False)
            raise TypeError(
                f"[{call}] expected all tensors on one device, got tensor {k} in host memory"
            )
        return Tensors(tuple(values), np.result_type(*(value.dtype for value in values)), None)
    arrays = [_numbers(call, k, value) for k, value in enumerate(values)]
    dtype = np.result_type(*{array.dtype.newbyteorder("=") for array in arrays})
    arrays = [np.require(array, dtype, ["C", "A"]) for array in arrays]
    return Tensors(tuple(arrays), dtype, _core.NetworkTensors(arrays, dtype))


def _numbers(call: str, k: int, values: Any) -> npt.NDArray[Any]:
    """Return a tensor as an array of one of the four types; whole numbers become float64."""
    array = values if type(values) is np.ndarray else arguments.array(call, f"tensor {k}", values)
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.str[1:] not in DTYPES:
        raise TypeError(
            f"[{call}] expected real or complex numbers in tensor {k}, got dtype {array.dtype}"
        )
    return array


def contract(
    plan: ContractionPlan,
    tensors: Tensors,
    limit: int,
    *,
    log: bool,
    threads: int | None,
    out: npt.NDArray[Any] | None,
    progress: Progress,
) -> Any:
    """Return the contraction, or (sign, ln of its absolute value)."""
    with telling("contract", progress, plan.slices) as tell:
        if tensors.core is None:
            return _contract_on_device(plan, tensors, log, out, tell)
        count = fitting_threads("contract", plan, tensors.dtype, (), limit, threads)
        return _contract_on_host(plan, tensors, log, count, out, tell)


def _contract_on_host(
    plan: ContractionPlan,
    tensors: Tensors,
    log: bool,
    threads: int,
    out: npt.NDArray[Any] | None,
    tell: Tell | None,
) -> Any:
    assert tensors.core is not None
    core = plan.core(tensors.dtype)
    shape = plan.equation.output_shape
    if log:
        if out is not None:
            raise ValueError("[contract] expected no out with log=True, got one")
        result = np.empty(shape, tensors.dtype)
        exponent = core.run(tensors.core, result, scaled=True, threads=threads, progress=tell)
        return sign_and_log(result, exponent)
    if out is not None:
        _check_out(out, shape, tensors.dtype)
    result = out if _is_direct(out, tensors) else np.empty(shape, tensors.dtype)
    core.run(tensors.core, result, scaled=False, threads=threads, progress=tell)
    _warn_of_overflow("contract", tensors, result)
    if out is None:
        return result[()]
    if result is not out:
        out[...] = result
    return out


def _is_direct(out: Any, tensors: Tensors) -> TypeGuard[npt.NDArray[Any]]:
    """Whether there is an array that kernels can write into."""
    return (
        out is not None
        and out.flags.c_contiguous
        and not any(np.may_share_memory(out, array) for array in tensors.arrays)
    )


def _warn_of_overflow(
    call: str, tensors: Tensors, result: npt.NDArray[Any], above: int = 5
) -> None:
    """Warn the caller so many frames above of a result that is not finite, as all tensors are."""
    assert tensors.core is not None
    if _core.NetworkTensors([result], result.dtype).first_not_finite() < 0:
        return
    if tensors.core.first_not_finite() < 0:
        warnings.warn(
            f"[{call}] the result has inf or nan: numbers above the largest of {result.dtype} came "
            "up; log=True rescales them",
            RuntimeWarning,
            stacklevel=above,
        )


def _check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if not isinstance(out, np.ndarray) or out.dtype != dtype or not out.flags.writeable:
        got = out.dtype if isinstance(out, np.ndarray) and out.dtype != dtype else "none such"
        raise TypeError(f"[contract] expected out as a writeable array of {dtype}, got {got}")
    if out.shape != shape:
        raise ValueError(f"[contract] expected out of shape {shape}, got {out.shape}")


def sign_and_log(values: Any, exponent: int) -> tuple[Any, Any]:
    """Return phases and ln of the absolute values of values * 2^exponent; 0 and -inf for zeros."""
    size = np.abs(values).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        sign = np.where(size > 0, values / size, 0).astype(values.dtype)
        return sign[()], np.asarray(np.log(size) + exponent * math.log(2))[()]


def _contract_on_device(
    plan: ContractionPlan, tensors: Tensors, log: bool, out: Any, tell: Tell | None
) -> Any:
    from kadanoff import device_arrays

    if log or out is not None:
        raise ValueError("[contract] expected neither log nor out for arrays on a GPU, got one")
    cupy = device_arrays.library("contract")
    return contract_pairwise(
        cupy, plan.equation, plan.pairs, plan.sliced_numbers, tensors.arrays, tell
    )


def fitting_threads(
    call: str,
    plan: ContractionPlan,
    dtype: np.dtype[Any],
    gradients: Wanted,
    limit: int,
    threads: int | None,
) -> int:
    """Return how many of the threads there is memory for; MemoryLimitError if for none."""
    count = arguments.threads(call, threads) or len(os.sched_getaffinity(0))
    while count > 1 and plan.bytes_needed(dtype, gradients, count) > limit:
        count -= 1
    needed = plan.bytes_needed(dtype, gradients, count)
    if needed > limit:
        from .planning import slicing_hint

        raise MemoryLimitError(
            f"[{call}] expected at most {memory.shown(limit)} of memory, got a plan that needs "
            f"{memory.shown(needed)}{slicing_hint(plan, dtype, gradients, limit)}"
        )
    return count


def value_and_gradient(
    plan: ContractionPlan,
    tensors: Tensors,
    limit: int,
    wrt: Sequence[int] | None,
    *,
    cotangent: npt.ArrayLike | None,
    log: bool,
    threads: int | None,
    progress: Progress,
) -> tuple[Any, list[npt.NDArray[Any]]]:
    """Return the contraction, or its sign and log, and the gradients of the chosen tensors."""
    call = "value_and_gradient"
    wanted = _wanted(call, wrt, len(plan.equation.inputs))
    if tensors.core is None:
        raise TypeError(f"[{call}] expected tensors in host memory, got arrays on a GPU")
    shape = plan.equation.output_shape
    if log and shape:
        raise ValueError(f"[{call}] expected an output without labels for log=True, got {shape}")
    seed = _cotangent(call, cotangent, shape, tensors.dtype, log)
    with telling(call, progress, plan.slices) as tell:
        result, gradients, exponent = run_gradients(
            call, plan, tensors, limit, wanted, seed, scaled=log, threads=threads, tell=tell
        )
    if not log:
        _warn_of_overflow(call, tensors, result, above=4)
        return result[()], gradients
    if result == 0:
        raise ArithmeticError(f"[{call}] expected a result other than 0 for log=True, got 0")
    for gradient in gradients:
        gradient /= result  # both have the same exponent
    return sign_and_log(result, exponent), gradients


def run_gradients(
    call: str,
    plan: ContractionPlan,
    tensors: Tensors,
    limit: int,
    wanted: Wanted,
    cotangent: npt.NDArray[Any],
    *,
    scaled: bool,
    threads: int | None,
    tell: Tell | None = None,
) -> tuple[npt.NDArray[Any], list[npt.NDArray[Any]], int]:
    """Return contraction and gradients, and the exponent of 2 that is to multiply them all."""
    assert tensors.core is not None
    count = fitting_threads(call, plan, tensors.dtype, wanted, limit, threads)
    result = np.empty(plan.equation.output_shape, tensors.dtype)
    with plan.spare.lent([tensors.arrays[k] for k in wanted]) as gradients:
        exponent = plan.core(tensors.dtype, wanted).run_gradients(
            tensors.core, cotangent, result, gradients, scaled=scaled, threads=count, progress=tell
        )
    return result, gradients, exponent


def _wanted(call: str, wrt: Sequence[int] | None, count: int) -> Wanted:
    if wrt is None:
        return tuple(range(count))
    if isinstance(wrt, (str, bytes)) or not hasattr(wrt, "__iter__"):
        raise TypeError(f"[{call}] expected numbers of tensors for wrt, got {wrt!r}")
    wanted = tuple(arguments.integer(call, "wrt", k, 0, count - 1) for k in wrt)
    if len(set(wanted)) != len(wanted):
        raise ValueError(f"[{call}] expected different tensors for wrt, got {list(wanted)}")
    return wanted


def _cotangent(
    call: str, value: Any, shape: tuple[int, ...], dtype: np.dtype[Any], log: bool
) -> npt.NDArray[Any]:
    if value is None:
        if shape:
            raise ValueError(f"[{call}] expected a cotangent for an output of {shape}, got none")
        return np.ones((), dtype)
    if log:
        raise ValueError(f"[{call}] expected no cotangent with log=True, got one")
    array = arguments.array(call, "cotangent", value)
    if array.dtype.kind not in "biufc" or (array.dtype.kind == "c" and dtype.kind != "c"):
        raise TypeError(f"[{call}] expected a cotangent of {dtype}, got dtype {array.dtype}")
    if array.shape != shape:
        raise ValueError(f"[{call}] expected a cotangent of shape {shape}, got {array.shape}")
    return np.array(array, dtype=dtype, order="C")
