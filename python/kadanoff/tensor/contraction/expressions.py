"""An equation and shapes, checked once and called many times."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from kadanoff import _core, arguments

from .forms import path
from .general import Request, contract


class ContractionExpression:
    """What `contract_expression` returns: call it with arrays of its shapes.

    Attributes
    ----------
    equation : str
    shapes : tuple of tuple of int
        Of the operands.
    output_shape : tuple of int
    pairs : list of (int, int)
        Which two are contracted, in order: operands are 0 to n - 1, results n, n + 1, and so on.
    """

    def __init__(self, equation: str, shapes: tuple[tuple[int, ...], ...], optimize: Any) -> None:
        self.equation = equation
        self.shapes = shapes
        # What the core compares with: the number of axes of each operand, and its extents.
        numbers = [number for shape in shapes for number in (len(shape), *shape)]
        self._shapes = np.array(numbers, dtype=np.int64).tobytes()
        self._optimize = optimize
        self._path = path(optimize, len(shapes))
        self.output_shape, _, steps = _core.einsum_steps(equation, list(shapes), self._path)
        self.pairs = [(left, right) for left, right, *_ in steps]

    def __call__(self, *operands: Any, out: Any = None, threads: int | None = None) -> Any:
        """Contract arrays of the expression's shapes, as `kadanoff.einsum` does."""
        if threads is not None:
            threads = arguments.integer("contract_expression", "threads", threads, 1, 4096)
        given = (self.equation, *operands)
        result = _core.einsum(given, out, self._path, threads or 0, self._shapes)
        if result is not NotImplemented:
            return result
        shapes = tuple(np.shape(operand) for operand in operands)
        if shapes != self.shapes:
            wanted = f"operands of shapes {self.shapes}"
            raise ValueError(f"[contract_expression] expected {wanted}, got {shapes}")
        return contract(given, Request(out, None, "K", "safe", self._optimize, threads))

    def __repr__(self) -> str:
        return f"ContractionExpression({self.equation!r}, shapes={self.shapes})"


def contract_expression(
    equation: str, *shapes: Iterable[int], optimize: Any = True
) -> ContractionExpression:
    """Plan a contraction of arrays of these shapes, to be called in a loop.

    Parameters
    ----------
    equation : str
        Such as ``"ij,jk->ik"``, as of `kadanoff.einsum`.
    *shapes : sequence of int
        One for each operand.
    optimize
        As of `kadanoff.einsum`.

    Returns
    -------
    ContractionExpression
        Call it with arrays, and optionally with `out` and `threads`.

    Raises
    ------
    TypeError
        If the equation is no string, or a shape no sequence of integers.
    ValueError
        If the equation is malformed or does not fit the shapes.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> product = kd.tensor.contract_expression("ij,jk,kl->il", (2, 40), (40, 30), (30, 2))
    >>> product.output_shape, product.pairs
    ((2, 2), [(0, 1), (3, 2)])
    >>> product(np.ones((2, 40)), np.ones((40, 30)), np.ones((30, 2)))[0, 0].item()
    1200.0
    """
    if not isinstance(equation, str):
        text = f"[contract_expression] expected an equation as a string, got {equation!r}"
        raise TypeError(text)
    return ContractionExpression(equation, tuple(map(_shape, shapes)), optimize)


def _shape(value: Any) -> tuple[int, ...]:
    try:
        result = tuple(operator.index(extent) for extent in value)
    except TypeError:
        text = f"[contract_expression] expected shapes, got {value!r}"
        raise TypeError(text) from None
    if any(extent < 0 for extent in result):
        raise ValueError(f"[contract_expression] expected shapes, got {result}")
    return result
