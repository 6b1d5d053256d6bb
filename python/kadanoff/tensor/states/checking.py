"""Checks of what chains of tensors get, each made once, at the public call."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

Array = npt.NDArray[Any]

DTYPES = ("float32", "float64", "complex64", "complex128")
MAX_BOND = 2**20
MAX_SITES = 2**20


def numbers(call: str, name: str, value: Any) -> Array:
    """Return `value` as an array of one of `DTYPES`; integers become float64."""
    result = arguments.array(call, name, value)
    if result.dtype.kind in "iu":
        result = result.astype(np.float64)
    if result.dtype.name not in DTYPES:
        wanted = f"{name} of float32, float64, complex64 or complex128"
        raise TypeError(f"[{call}] expected {wanted}, got {result.dtype}")
    if not np.isfinite(result).all():
        raise ValueError(f"[{call}] expected finite numbers in {name}, got NaN or infinity")
    return result


def floating(call: str, dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Return `dtype` if it is one of `DTYPES`."""
    try:
        result = np.dtype(dtype)
    except TypeError:
        result = np.dtype(object)
    if result.name not in DTYPES:
        raise TypeError(f"[{call}] expected dtype to be one of {', '.join(DTYPES)}, got {dtype!r}")
    return result


def bond_limit(call: str, value: Any) -> int:
    """Return the largest bond dimension that is allowed; None is no limit."""
    if value is None:
        return MAX_BOND
    return arguments.integer(call, "max_bond", value, 1, MAX_BOND)


def tolerance(call: str, value: Any) -> float:
    """Return the relative error that is allowed in [0, 1); None is rounding alone."""
    if value is None:
        return 0.0
    result = arguments.real(call, "tolerance", value)
    if not 0 <= result < 1:
        raise ValueError(f"[{call}] expected tolerance in [0, 1), got {result:g}")
    return result


def site(call: str, name: str, value: Any, n_sites: int) -> int:
    """Return a site, counted from 0; negative ones count from the end."""
    result = arguments.integer(call, name, value, -n_sites, n_sites - 1)
    return result % n_sites


def dimensions(call: str, n_sites: Any, dimension: Any) -> tuple[int, ...]:
    """Return the local dimension of each site from one for all or a list."""
    n = arguments.integer(call, "n_sites", n_sites, 1, MAX_SITES)
    values = list(dimension) if np.ndim(dimension) else [dimension] * n
    if len(values) != n:
        raise ValueError(f"[{call}] expected {n} local dimensions, got {len(values)}")
    return tuple(arguments.integer(call, "dimension", value, 1, MAX_BOND) for value in values)


def configurations(call: str, value: Any, dims: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """Return states of the sites, (..., n_sites), each from 0 to its dimension - 1."""
    result = arguments.array(call, "configurations", value)
    if result.dtype.kind not in "iub":
        raise TypeError(f"[{call}] expected configurations of integers, got {result.dtype}")
    if result.ndim < 1 or result.shape[-1] != len(dims):
        wanted = f"configurations of shape (..., {len(dims)})"
        raise ValueError(f"[{call}] expected {wanted}, got shape {result.shape}")
    result = result.astype(np.intp)
    wrong = (result < 0) | (result >= np.asarray(dims))
    if wrong.any():
        where = tuple(int(k) for k in np.argwhere(wrong)[0])
        limit = dims[where[-1]] - 1
        got = f"{result[where]} at site {where[-1]}"
        raise ValueError(f"[{call}] expected states in [0, {limit}], got {got}")
    return result


def same_dimensions(call: str, one: tuple[int, ...], other: tuple[int, ...]) -> None:
    """ValueError if two chains differ in their sites."""
    if len(one) != len(other):
        raise ValueError(f"[{call}] expected a chain of {len(one)} sites, got {len(other)}")
    for i, (d, e) in enumerate(zip(one, other, strict=True)):
        if d != e:
            raise ValueError(f"[{call}] expected dimension {d} at site {i}, got {e}")


def factor(call: str, value: Any) -> complex | None:
    """Return a finite number, real where its type is; None for what is no number."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, Number):
        return None
    number = complex(cast(complex, value))
    if not np.isfinite(number):
        raise ValueError(f"[{call}] expected a finite number, got {value}")
    return number if isinstance(cast(Any, value), (complex, np.complexfloating)) else number.real


def times_power(number: complex, power: int) -> complex:
    """Return a number times 2^power, complex if it is."""
    if isinstance(number, complex):
        return complex(math.ldexp(number.real, power), math.ldexp(number.imag, power))
    return math.ldexp(number, power)


def renyi_order(call: str, value: Any) -> float:
    """Return the order of an entropy: at least 0, and infinity too."""
    if isinstance(value, float) and value == math.inf:
        return value
    result = arguments.real(call, "order", value)
    if result < 0:
        raise ValueError(f"[{call}] expected order of at least 0, got {result:g}")
    return result


def read_only(array: Array) -> Array:
    """Return a C-contiguous array that refuses to be written, without touching the caller's."""
    result = np.ascontiguousarray(array)
    if result.base is not None or result.flags.writeable:
        result = result.view()
        result.flags.writeable = False
    return result
