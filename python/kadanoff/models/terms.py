"""The terms of an energy: numbers that belong to bonds or sites, and checked spins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

if TYPE_CHECKING:
    from typing import TypeAlias

    # One float, or an array of float64: Any, so that a caller need not ask which.
    Values: TypeAlias = float | Any

Shape = tuple[int, ...]

LARGEST = 1e12
"""Largest size of a coupling or field: no sum of energies comes near the end of float64."""

_CHUNK = 1 << 22  # products of spins at a time


def number(call: str, name: str, value: Any) -> float:
    """Return one finite number of at most 1e12 in size."""
    result = arguments.real(call, name, value)
    if abs(result) > LARGEST:
        raise ValueError(f"[{call}] expected {name} of at most 1e12 in size, got {result}")
    return result


def one_or_each(
    call: str, name: str, value: Any, shapes: Callable[[], tuple[Shape, ...]]
) -> Values:
    """Return a float, or a read-only flat float64 copy of an array that has one of the shapes.

    `shapes` is only called for an array: to count the bonds of a large lattice may be expensive.
    """
    given = arguments.array(call, name, value)
    if given.ndim == 0:
        return number(call, name, value)
    wanted = shapes()
    if given.shape not in wanted:
        text = " or ".join(map(str, wanted))
        raise ValueError(
            f"[{call}] expected {name} as a number or of shape {text}, got shape {given.shape}"
        )
    return reals(call, name, given).reshape(-1)


def reals(call: str, name: str, given: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return a read-only float64 copy of finite numbers of at most 1e12 in size."""
    if given.dtype.kind not in "iuf":
        raise TypeError(f"[{call}] expected {name} as real numbers, got {given.dtype}")
    result = np.array(given, dtype=np.float64, order="C")
    result += 0.0  # -0.0 equals 0.0 and must have its hash
    if not np.isfinite(result).all():
        wrong = result[~np.isfinite(result)][0]
        raise ValueError(f"[{call}] expected finite {name}, got {wrong}")
    if np.abs(result).max(initial=0.0) > LARGEST:
        wrong = result[np.abs(result) > LARGEST][0]
        raise ValueError(f"[{call}] expected {name} of at most 1e12 in size, got {wrong}")
    result.flags.writeable = False
    return result


def signs(call: str, name: str, given: npt.NDArray[Any]) -> npt.NDArray[np.int8]:
    """Return an int8 copy of an array of -1 and 1."""
    if given.dtype.kind not in "iuf":
        raise TypeError(f"[{call}] expected {name} of -1 and 1, got {given.dtype}")
    wrong = (given != 1) & (given != -1)
    if wrong.any():
        raise ValueError(f"[{call}] expected {name} of -1 and 1, got {given[wrong][0]}")
    return given.astype(np.int8)


def states(
    call: str, value: Any, shape: Shape, name: str = "spins"
) -> tuple[npt.NDArray[Any], Shape]:
    """Return an array (..., *shape) as (n_states, n_sites), and the shape of the leading axes."""
    given = arguments.array(call, name, value)
    lead = given.shape[: max(given.ndim - len(shape), 0)]
    if given.shape != lead + shape:
        text = ", ".join(["...", *map(str, shape)])
        raise ValueError(f"[{call}] expected {name} of shape ({text}), got shape {given.shape}")
    return given.reshape(math.prod(lead), math.prod(shape)), lead


def chunks(n_states: int, work: int) -> Iterator[slice]:
    """Cut states into parts small enough for `work` numbers of each to lie in memory."""
    step = max(1, _CHUNK // max(work, 1))
    return (slice(start, start + step) for start in range(0, n_states, step))


def total(products: npt.NDArray[Any], weights: Values) -> npt.NDArray[np.float64]:
    """Sum weight * product for each state (row).

    The order C makes NumPy add up each row by itself, to the same bits whatever stands beside it.
    """
    if isinstance(weights, float):
        result: npt.NDArray[np.float64] = weights * products.sum(axis=1, dtype=np.int64)
    else:
        result = np.multiply(products, weights, order="C").sum(axis=1)
    return result


def shaped(values: npt.NDArray[np.float64], lead: Shape) -> Values:
    """Return values of states in the shape of the leading axes, a float where there are none."""
    return values.reshape(lead) if lead else float(values[0])


def same(left: Values, right: Values) -> bool:
    """Whether two terms are the same number or the same array; a number is no array."""
    return np.shape(left) == np.shape(right) and bool(np.array_equal(left, right))


def key(values: Values) -> float | bytes:
    """Return what `hash` takes for a term."""
    return values.tobytes() if isinstance(values, np.ndarray) else values


def short(values: Values) -> str:
    """Return a term as `repr` shows it."""
    return f"<{values.size} values>" if isinstance(values, np.ndarray) else str(values)
