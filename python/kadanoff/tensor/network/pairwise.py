"""Execution pair by pair through `einsum` of NumPy or CuPy, where no compiled program can run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from .equation import Equation
from .progress import Tell
from .tree import Pairs, steps_of


def contract_pairwise(
    module: Any,
    equation: Equation,
    pairs: Pairs,
    sliced: Sequence[int],
    arrays: Sequence[Any],
    tell: Tell | None = None,
) -> Any:
    """Return the contraction of arrays of `module`, which is numpy or cupy; slices are added up."""
    if not sliced:
        return _contract(module, equation, pairs, arrays)
    dtype = module.result_type(*arrays)
    total = module.zeros(equation.output_shape, dtype=dtype)
    rest = equation._replace(
        inputs=tuple(tuple(x for x in labels if x not in sliced) for labels in equation.inputs),
        output=tuple(x for x in equation.output if x not in sliced),
    )
    for done, values in enumerate(slices_of(equation, sliced)):
        if tell:
            tell(done)
        parts = [
            array[tuple(values.get(x, slice(None)) for x in labels)]
            for array, labels in zip(arrays, equation.inputs, strict=True)
        ]
        place = tuple(values.get(x, slice(None)) for x in equation.output)
        total[place] += _contract(module, rest, pairs, parts)
    return total


def slices_of(equation: Equation, sliced: Sequence[int]) -> Iterator[dict[int, Any]]:
    """Give the values of the sliced labels in each slice."""
    for values in itertools.product(*(range(equation.sizes[x]) for x in sliced)):
        yield dict(zip(sliced, values, strict=True))


def _contract(module: Any, equation: Equation, pairs: Pairs, arrays: Sequence[Any]) -> Any:
    tensors: dict[int, tuple[Any, tuple[int, ...]]] = dict(
        enumerate(zip(arrays, equation.inputs, strict=True))
    )
    for step in steps_of(equation, pairs):
        left, right = tensors.pop(step.left), tensors.pop(step.right)
        labels = tuple(sorted(step.labels))
        if step.result == len(arrays) + len(pairs) - 1:
            labels = equation.output
        tensors[step.result] = _einsum(module, (left, right), labels), labels
    ((array, labels),) = tensors.values()
    return array if pairs else _einsum(module, ((array, labels),), equation.output)


def _einsum(module: Any, operands: Any, output: tuple[int, ...]) -> Any:
    """Number the labels of one pair anew: einsum knows no more than 52 at once."""
    numbers: dict[int, int] = {}
    arguments: list[Any] = []
    for array, labels in operands:
        arguments += [array, [numbers.setdefault(x, len(numbers)) for x in labels]]
    return module.einsum(*arguments, [numbers[x] for x in output])
