"""What a call of `einsum` says: its equation, its arrays, the order of its pairs."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# The numbers of kadanoff::EinsumPath::Search.
SEARCHES = {"greedy": 1, "optimal": 2}
GIVEN = 3

Path = tuple[int, float, tuple[tuple[int, ...], ...]]


def equation_and_operands(arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """Return the equation as text, and the operands, of either form of call."""
    if len(arguments) < 2:
        wanted = "an equation and operands, or operands and their labels"
        raise ValueError(f"[einsum] expected {wanted}, got {len(arguments)} arguments")
    first = arguments[0]
    if not isinstance(first, (str, bytes)):
        return _from_lists(arguments)
    equation = first.decode("ascii") if isinstance(first, bytes) else str(first)
    for position, letter in enumerate(equation):
        if not letter.isascii():
            text = f"[einsum] expected letters from A to z as subscripts, got {letter!r}"
            raise UnicodeEncodeError("ascii", equation, position, position + 1, text)
    return equation, list(arguments[1:])


def _from_lists(arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
    pairs = len(arguments) // 2
    terms = [_term(labels) for labels in arguments[1 : 2 * pairs : 2]]
    equation = ",".join(terms)
    if len(arguments) % 2:
        equation += "->" + _term(arguments[-1])
    return equation, list(arguments[0 : 2 * pairs : 2])


def _term(labels: Any) -> str:
    if not isinstance(labels, Iterable):
        raise TypeError(f"[einsum] expected a list of labels, got {labels!r}")
    return "".join(_letter(label) for label in labels)


def _letter(label: Any) -> str:
    if label is Ellipsis:
        return "..."
    try:
        if isinstance(label, (bool, np.bool_)):
            raise TypeError
        number = operator.index(label)
    except TypeError:
        text = f"[einsum] expected an integer or Ellipsis as a label, got {label!r}"
        raise TypeError(text) from None
    if not 0 <= number < len(LETTERS):
        raise ValueError(f"[einsum] expected labels in [0, {len(LETTERS)}), got {number}")
    return LETTERS[number]


def path(optimize: Any, operands: int) -> Path | None:
    """Return (search, most elements of an intermediate, groups); None: as the core likes."""
    if optimize is None or isinstance(optimize, (bool, np.bool_)):
        return None
    if isinstance(optimize, str):
        return _search(optimize), math.inf, ()
    if isinstance(optimize, (list, tuple)) and len(optimize) > 0:
        if isinstance(optimize[0], str) and optimize[0] == "einsum_path":
            return GIVEN, math.inf, _groups(optimize[1:], operands)
        if (
            len(optimize) == 2
            and isinstance(optimize[0], str)
            and isinstance(optimize[1], (int, float))
        ):
            return _search(optimize[0]), float(optimize[1]), ()
    wanted = "optimize to be a bool, 'greedy', 'optimal' or a path of numpy.einsum_path"
    raise TypeError(f"[einsum] expected {wanted}, got {optimize!r}")


def _search(name: str) -> int:
    if name not in SEARCHES:
        wanted = "optimize to be one of 'greedy', 'optimal'"
        raise KeyError(f"[einsum] expected {wanted}, got {name!r}")
    return SEARCHES[name]


def _groups(given: Any, operands: int) -> tuple[tuple[int, ...], ...]:
    """Check that each group names operands that are left, and that all make one in the end."""
    groups = []
    left = operands
    for group in given:
        if not isinstance(group, Iterable):
            raise TypeError(f"[einsum] expected tuples of positions in a path, got {group!r}")
        positions = sorted((operator.index(position) for position in group), reverse=True)
        for position in positions:
            if not 0 <= position < left:
                text = f"[einsum] expected a position in [0, {left}) in the path, got {position}"
                raise IndexError(text)
            left -= 1
        left += bool(positions)
        groups.append(tuple(positions))
    if left != 1:
        wanted = "a path that leaves one operand"
        raise RuntimeError(f"[einsum] expected {wanted}, got one that leaves {left}")
    return tuple(groups)
