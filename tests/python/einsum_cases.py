"""Equations and operands to hold `kd.einsum` against NumPy's, within rounding."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

LABELS = "abcdeXY"
LAYOUTS = ("C", "F", "reversed", "strided", "broadcast", "swapped", "misaligned", "transposed")
KERNEL_DTYPES = ("f4", "f8", "c8", "c16")
OTHER_DTYPES = ("?", "i1", "u2", "i4", "i8", "u8", "f2", "g")
# What the exact result of a dtype is worked out in; complex ones in none that is longer.
WIDER = {"f2": "f8", "f4": "f8", "f8": "g", "g": "g", "c8": "c16", "c16": "c16"}
WIDER = {np.dtype(name): np.dtype(wide) for name, wide in WIDER.items()}


class Case(NamedTuple):
    equation: str
    operands: list[np.ndarray]

    def __repr__(self) -> str:
        kinds = [(a.shape, a.strides, a.dtype.str) for a in self.operands]
        return f"Case({self.equation!r}, {kinds})"


def numbers(shape: tuple[int, ...], dtype: str, rng: np.random.Generator) -> np.ndarray:
    values = rng.normal(size=shape) * 3
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.normal(size=shape)
    if np.dtype(dtype).kind == "u":
        values = np.abs(values)
    return np.asarray(values).astype(dtype)


def laid_out(values: np.ndarray, layout: str) -> np.ndarray:
    """Return the same values in memory of another layout (of some of them, where broadcast)."""
    if layout == "swapped":
        return values.astype(values.dtype.newbyteorder())
    if values.ndim == 0:
        return values
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "reversed":
        every = (slice(None, None, -1),) * values.ndim
        return np.ascontiguousarray(values[every])[every]
    if layout == "strided":
        memory = np.full([2 * n + 1 for n in values.shape], 99).astype(values.dtype)
        result = memory[tuple(slice(1, None, 2) for _ in values.shape)]
        result[...] = values
        return result
    if layout == "broadcast":
        return np.broadcast_to(values[..., :1], values.shape)
    if layout == "misaligned":
        result = np.zeros(values.nbytes + 1, np.uint8)[1:].view(values.dtype).reshape(values.shape)
        result[...] = values
        return result
    if layout == "transposed":
        order = np.roll(np.arange(values.ndim), 1)
        return np.ascontiguousarray(values.transpose(order)).transpose(np.argsort(order))
    return values


@st.composite
def cases(
    draw: st.DrawFn, dtypes: tuple[str, ...] = KERNEL_DTYPES, most: int = 6, largest: int = 4
) -> Case:
    """Draw an equation of up to `most` operands, with whatever NumPy allows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, most))
    extents = {
        label: int(rng.integers(0 if rng.random() < 0.1 else 1, largest + 1)) for label in LABELS
    }
    hidden = [int(n) for n in rng.integers(1, 4, size=rng.integers(0, 4))]
    terms, shapes = [], []
    for _ in range(count):
        labels = draw(st.lists(st.sampled_from(LABELS), max_size=4))
        one = {label: rng.random() < 0.15 for label in labels}
        shape = [1 if one[label] else extents[label] for label in labels]
        term = list(labels)
        if hidden and rng.random() < 0.5:
            at = int(rng.integers(0, len(labels) + 1))
            axes = hidden[int(rng.integers(0, len(hidden) + 1)) :]
            shape[at:at] = [1 if rng.random() < 0.2 else n for n in axes]
            term.insert(at, "...")
        terms.append("".join(term))
        shapes.append(tuple(shape))
    equation = ",".join(terms)
    if draw(st.booleans()):
        used = list(rng.permutation(sorted(set(equation) & set(LABELS))))
        output = [str(label) for label in used[: int(rng.integers(0, len(used) + 1))]]
        if "..." in equation or rng.random() < 0.1:
            output.insert(int(rng.integers(0, len(output) + 1)), "...")
        equation += ("->" if rng.random() < 0.5 else " -> ") + "".join(output)
    dtype = draw(st.sampled_from(dtypes))
    layouts = [draw(st.sampled_from(LAYOUTS)) for _ in shapes]
    operands = [
        laid_out(numbers(shape, dtype, rng), layout)
        for shape, layout in zip(shapes, layouts, strict=True)
    ]
    return Case(equation, operands)


def terms_of_sum(case: Case, result: Any) -> float:
    """Return how many products are added up into one element of the result."""
    every = np.einsum(case.equation, *(np.ones(a.shape) for a in case.operands))
    return float(np.max(np.abs(every), initial=1.0)) if np.size(result) else 1.0


def assert_as_numpy(case: Case, result: Any) -> None:
    """Check type, shape and dtype, and each element within what rounding explains.

    A sum of n products of m numbers, in any order, is within (n + m) eps of the sum of the absolute
    values (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1), times 2 sqrt 2 for
    complex products; and so is what it is compared with.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = np.einsum(case.equation, *case.operands)
    assert type(result) is type(expected)
    assert result.shape == expected.shape
    assert result.dtype == expected.dtype
    if expected.dtype.kind not in "fc":
        np.testing.assert_array_equal(result, expected)
        return
    wide = WIDER[expected.dtype.newbyteorder("=")]
    exact = np.einsum(case.equation, *(a.astype(wide) for a in case.operands))
    size = np.einsum(case.equation, *(np.abs(a.astype(wide)) for a in case.operands))
    depth = terms_of_sum(case, result) + len(case.operands)
    allowed = 4 * math.sqrt(2) * depth * np.finfo(expected.dtype).eps * size
    assert (np.abs(result - exact) <= allowed).all()
