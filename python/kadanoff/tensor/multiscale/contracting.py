"""Contraction of a handful of tensors, in the cheapest order of pairs, found once for a shape."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import Any

from ..contraction import einsum

Step = tuple[int, int, str]


def contract(equation: str, *operands: Any) -> Any:
    """Evaluate ``equation`` as `numpy.einsum` does, pair by pair."""
    tensors = list(operands)
    for first, second, pair in order(equation, tuple(tensor.shape for tensor in operands)):
        right, left = tensors.pop(second), tensors.pop(first)
        tensors.append(einsum(pair, left, right))
    return tensors[0]


@lru_cache(maxsize=4096)
def order(equation: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[Step, ...]:
    """Return the pairs that cost the fewest multiplications, over all orders.

    Parameters
    ----------
    equation : str
        Two operands or more, with an explicit output.
    shapes : tuple of tuple of int

    Returns
    -------
    tuple of (int, int, str)
        Two places in the list of tensors, the lower one first, and the equation of the pair, whose
        result goes to the end of the list.

    Examples
    --------
    >>> order("ab,bc,cd->ad", ((2, 9), (9, 9), (9, 3)))
    ((0, 1, 'ab,bc->ac'), (0, 1, 'cd,ac->ad'))
    """
    inputs, output = equation.split("->")
    terms = inputs.split(",")
    sizes = {
        label: size
        for term, shape in zip(terms, shapes, strict=True)
        for label, size in zip(term, shape, strict=True)
    }
    places = [1 << place for place in range(len(terms))]
    steps: list[Step] = []
    labels = list(terms)
    for left, right in _splits(terms, set(output), sizes):
        first, second = sorted((places.index(left), places.index(right)))
        places.append(left | right)
        result = output if len(places) == 3 else _kept(terms, places[-1], set(output))
        steps.append((first, second, f"{labels[first]},{labels[second]}->{result}"))
        labels.append(result)
        for place in (second, first):
            del places[place], labels[place]
    return tuple(steps)


def _splits(terms: list[str], output: set[str], sizes: dict[str, int]) -> list[tuple[int, int]]:
    """List the pairs of sets of operands of the cheapest tree, by dynamic programming."""
    whole = (1 << len(terms)) - 1
    best: dict[int, tuple[int, int]] = {}
    costs = {1 << place: 0 for place in range(len(terms))}
    kept = {subset: _kept(terms, subset, output) for subset in range(1, whole + 1)}
    for count, subset in sorted((bin(s).count("1"), s) for s in range(1, whole + 1)):
        if count == 1:
            continue
        costs[subset] = -1
        part = (subset - 1) & subset
        while part > subset - part:
            other = subset - part
            met = set(kept[part]) | set(kept[other])
            cost = costs[part] + costs[other] + math.prod(sizes[label] for label in met)
            if costs[subset] < 0 or cost < costs[subset]:
                costs[subset], best[subset] = cost, (part, other)
            part = (part - 1) & subset
    return _unfolded(whole, best)


def _unfolded(subset: int, best: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
    if subset not in best:
        return []
    left, right = best[subset]
    return [*_unfolded(left, best), *_unfolded(right, best), (left, right)]


def _kept(terms: list[str], subset: int, output: set[str]) -> str:
    """Return the labels that the product of a set of operands has."""
    inside, outside = ("", "")
    for place, term in enumerate(terms):
        if subset >> place & 1:
            inside += term
        else:
            outside += term
    wanted = output | set(outside)
    return "".join(dict.fromkeys(itertools.filterfalse(lambda label: label not in wanted, inside)))
