"""Contractions pair by pair through another library's `einsum`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core

from .forms import LETTERS, Path

if TYPE_CHECKING:
    from .general import Request


def contract(
    equation: str,
    arrays: list[npt.NDArray[Any]],
    plan: Path | None,
    request: Request,
    common: np.dtype[Any],
) -> Any:
    """Contract arrays of a dtype that only NumPy knows."""
    if len(arrays) < 3 and common != np.clongdouble:
        return np.einsum(
            equation,
            *arrays,
            out=request.out,
            dtype=request.dtype,
            order="C" if request.order == "K" else request.order,
            casting=request.casting,
        )
    arrays = [array.astype(common, copy=False) for array in arrays]
    einsum = _by_parts if common == np.clongdouble else np.einsum
    if len(arrays) == 1:
        result = einsum(equation, arrays[0])
    else:
        result = in_pairs(einsum, equation, arrays, plan)
    if request.out is not None:
        np.copyto(request.out, result, casting="unsafe")
        return request.out
    if np.ndim(result) > 0 and wants_fortran(request.order, arrays):
        return np.asfortranarray(result)
    return result


def wants_fortran(order: str, arrays: list[npt.NDArray[Any]]) -> bool:
    """Whether a new array is in Fortran's order."""
    return order == "F" or (order == "A" and all(array.flags.fnc for array in arrays))


def _by_parts(equation: str, left: Any, right: Any = None) -> Any:
    """Contract long complex numbers, with which NumPy 2.4 writes past its memory, as real ones."""
    if right is None:
        return np.einsum(equation, left.real) + 1j * np.einsum(equation, left.imag)
    real = np.einsum(equation, left.real, right.real) - np.einsum(equation, left.imag, right.imag)
    imag = np.einsum(equation, left.real, right.imag) + np.einsum(equation, left.imag, right.real)
    return real + 1j * imag


def in_pairs(
    einsum: Callable[..., Any], equation: str, arrays: Sequence[Any], plan: Path | None
) -> Any:
    """Contract two or more arrays in the core's order, each pair by `einsum`."""
    shapes = [array.shape for array in arrays]
    slots = list(arrays)
    for left, right, *labels in _core.einsum_steps(equation, shapes, plan)[2]:
        slots.append(einsum(pair_equation(*labels), slots[left], slots[right]))
        slots[left] = slots[right] = None
    return slots[-1]


def pair_equation(left: list[int], right: list[int], output: list[int]) -> str:
    """Return the equation of a pair, in letters of its own."""
    letters = {label: LETTERS[i] for i, label in enumerate(dict.fromkeys(left + right))}
    terms = ["".join(letters[label] for label in labels) for labels in (left, right, output)]
    return f"{terms[0]},{terms[1]}->{terms[2]}"
