"""Checks of arguments, each made once, at the public call."""

from __future__ import annotations

import math
import operator
import secrets
from typing import Any

import numpy as np
from numpy.typing import NDArray


def integer(call: str, name: str, value: Any, low: int, high: int) -> int:
    """Return `value` as an int in [low, high]; TypeError or ValueError otherwise."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"[{call}] expected an integer {name}, got {value!r}")
    try:
        result = operator.index(value)
    except TypeError:
        raise TypeError(f"[{call}] expected an integer {name}, got {value!r}") from None
    if not low <= result <= high:
        raise ValueError(f"[{call}] expected {name} in [{low}, {high}], got {result}")
    return result


def seed(call: str, value: Any) -> int:
    """Return a seed of 64 bits: a fresh one for None."""
    return secrets.randbits(64) if value is None else fixed_seed(call, value)


def fixed_seed(call: str, value: Any) -> int:
    """Return a seed of 64 bits where there has to be one."""
    return integer(call, "seed", value, 0, 2**64 - 1)


def threads(call: str, value: Any) -> int | None:
    """Return a number of threads; None, which stands for all cores, as it is."""
    return None if value is None else integer(call, "threads", value, 1, 4096)


def real(call: str, name: str, value: Any) -> float:
    """Return `value` as a finite float; TypeError or ValueError otherwise."""
    if isinstance(value, (bool, np.bool_, str, bytes, complex)) or _dimensions(value) != 0:
        raise TypeError(f"[{call}] expected a real number for {name}, got {value!r}")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    except (TypeError, ValueError):
        raise TypeError(f"[{call}] expected a real number for {name}, got {value!r}") from None
    if not math.isfinite(result):
        raise ValueError(f"[{call}] expected a finite {name}, got {result}")
    return result


def positive(call: str, name: str, value: Any) -> float:
    """Return `value` as a finite float above 0; TypeError or ValueError otherwise."""
    result = real(call, name, value)
    if result <= 0.0:
        raise ValueError(f"[{call}] expected {name} > 0, got {result}")
    return result


def not_negative(call: str, name: str, value: Any) -> float:
    """Return `value` as a finite float of 0 or more; TypeError or ValueError otherwise."""
    result = real(call, name, value)
    if result < 0.0:
        raise ValueError(f"[{call}] expected {name} >= 0, got {result}")
    return result


def share(call: str, name: str, value: Any) -> float:
    """Return `value` as a float in [0, 1]; TypeError or ValueError otherwise."""
    result = real(call, name, value)
    if not 0.0 <= result <= 1.0:
        raise ValueError(f"[{call}] expected {name} in [0, 1], got {result}")
    return result


def array(call: str, name: str, value: Any) -> NDArray[Any]:
    """Return `value` as an array; TypeError if it is ragged or masked."""
    try:
        result = np.asarray(value)
    except ValueError:
        raise TypeError(f"[{call}] expected {name} as a regular array, got a ragged one") from None
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"[{call}] expected {name} without a mask, got a masked array")
    return result


def _dimensions(value: Any) -> int:
    """Number of axes; -1 of a ragged sequence."""
    try:
        return np.ndim(value)
    except ValueError:
        return -1


def reals(call: str, name: str, value: Any) -> NDArray[np.float64]:
    """Return a scalar or a sequence of reals as a one-dimensional float64 array."""
    if type(value) is int:  # of any size, where NumPy would make an object of it
        value = real(call, name, value)
    result = array(call, name, value)
    if result.dtype.kind not in "iuf" or result.ndim > 1 or result.size == 0:
        wanted = f"a number or a list of numbers for {name}"
        raise TypeError(f"[{call}] expected {wanted}, got {value!r}")
    return np.atleast_1d(result).astype(np.float64)


def choice(call: str, name: str, value: Any, known: tuple[str, ...]) -> str:
    """Return `value` if it is one of `known`; ValueError otherwise."""
    if not isinstance(value, str) or value not in known:
        options = ", ".join(repr(option) for option in known)
        raise ValueError(f"[{call}] expected {name} to be one of {options}, got {value!r}")
    return value
