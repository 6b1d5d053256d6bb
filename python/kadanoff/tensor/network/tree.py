"""Paths of contractions, and what each of their steps costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .equation import Equation

Pairs = tuple[tuple[int, int], ...]


class Step(NamedTuple):
    """One pair: the numbers of its operands and of the result, and the result's labels."""

    left: int
    right: int
    result: int
    labels: frozenset[int]


def pairs_of_path(tensors: int, path: Iterable[Sequence[int]]) -> Pairs:
    """Return a path of positions in a shrinking list as pairs of tensors numbered once for all.

    Tensor `tensors + s` is the result of step s. Steps of one operand are none, those of many are
    taken from left to right, and what is left at the end is multiplied.
    """
    current = list(range(tensors))
    pairs: list[tuple[int, int]] = []

    def join(taken: list[int]) -> int:
        result = taken[0]
        for other in taken[1:]:
            pairs.append((result, other))
            result = tensors + len(pairs) - 1
        return result

    for positions in path:
        if not positions:
            raise ValueError("[plan] expected positions in every step of a path, got none")
        if len(set(positions)) != len(positions) or not all(
            0 <= position < len(current) for position in positions
        ):
            raise ValueError(
                f"[plan] expected different positions below {len(current)}, got {tuple(positions)}"
            )
        taken = [current[position] for position in positions]
        for position in sorted(positions, reverse=True):
            del current[position]
        current.append(join(taken))
    join(current)
    return tuple(pairs)


def path_of_pairs(tensors: int, pairs: Pairs) -> tuple[tuple[int, int], ...]:
    """Return pairs as positions in a shrinking list, as `numpy.einsum` takes them."""
    current = list(range(tensors))
    path = []
    for step, (left, right) in enumerate(pairs):
        low, high = sorted((current.index(left), current.index(right)))
        path.append((low, high))
        del current[high], current[low]
        current.append(tensors + step)
    return tuple(path)


def steps_of(equation: Equation, pairs: Pairs) -> list[Step]:
    """Return the steps; a label is summed over as soon as no other tensor has it."""
    tensors: dict[int, frozenset[int]] = {
        k: frozenset(labels) for k, labels in enumerate(equation.inputs)
    }
    left_over = [0] * len(equation.sizes)
    for labels in (*tensors.values(), equation.output):
        for label in labels:
            left_over[label] += 1
    for k, labels in tensors.items():  # summed before the first step
        tensors[k] = frozenset(label for label in labels if left_over[label] > 1)
    steps = []
    for number, (left, right) in enumerate(pairs, len(equation.inputs)):
        a, b = tensors.pop(left), tensors.pop(right)
        for label in a & b:
            left_over[label] -= 1
        labels = frozenset(label for label in a | b if left_over[label] > 1)
        tensors[number] = labels
        steps.append(Step(left, right, number, labels))
    return steps


def log10_flops(equation: Equation, pairs: Pairs, complex_numbers: bool = False) -> float:
    """Return log10 of the multiplications and additions of all pairs."""
    sizes = equation.sizes
    tensors: dict[int, frozenset[int]] = {}
    total = 0
    for step in steps_of(equation, pairs):
        both: set[int] = set(step.labels)
        for operand in (step.left, step.right):
            both |= tensors.pop(
                operand,
                frozenset(equation.inputs[operand])
                if operand < len(equation.inputs)
                else frozenset(),
            )
        tensors[step.result] = step.labels
        total += 2 * math.prod(sizes[label] for label in both)
    factor = 4 if complex_numbers else 1
    return math.log10(total * factor) if total else 0.0
