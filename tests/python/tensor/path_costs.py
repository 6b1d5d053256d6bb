"""Costs of paths, and the best of all trees, as one would work them out by hand."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence

Labels = frozenset[Hashable]


def surviving(inputs: Sequence[Sequence[Hashable]], output: Sequence[Hashable]) -> list[Labels]:
    """Labels of each tensor without those that nothing else has."""
    terms = [frozenset(term) for term in inputs]
    return [
        frozenset(label for label in term if label in output or sum(label in t for t in terms) > 1)
        for term in terms
    ]


def product(labels: Labels, sizes: dict[Hashable, int]) -> int:
    return math.prod(max(1, sizes[label]) for label in labels)


def costs(
    inputs: Sequence[Sequence[Hashable]],
    output: Sequence[Hashable],
    sizes: dict[Hashable, int],
    ssa_path: Sequence[Sequence[int]],
    sliced: Sequence[Hashable] = (),
) -> tuple[int, int, int]:
    """Multiplications of all slices, elements of the largest result, and of all at once."""
    small = {label: 1 if label in sliced else size for label, size in sizes.items()}
    slices = math.prod(max(1, sizes[label]) for label in sliced)
    tensors = dict(enumerate(surviving(inputs, output)))
    flops, live, peak, largest = 0, 0, 0, 0
    for step, (a, b) in enumerate(ssa_path):
        left, right = tensors.pop(a), tensors.pop(b)
        kept = frozenset(output).union(*tensors.values()) & (left | right)
        tensors[len(inputs) + step] = kept
        flops += product(left | right, small)
        live += product(kept, small)
        peak, largest = max(peak, live), max(largest, product(kept, small))
        for number, term in ((a, left), (b, right)):
            if number >= len(inputs):
                live -= product(term, small)
    assert len(tensors) == min(1, len(inputs))
    return flops * slices, largest, peak


def all_paths(alive: list[int], following: int) -> Iterator[list[tuple[int, int]]]:
    """Every order of every tree."""
    if len(alive) < 2:
        yield []
        return
    for j in range(1, len(alive)):
        for i in range(j):
            rest = [t for k, t in enumerate(alive) if k not in (i, j)]
            for path in all_paths([*rest, following], following + 1):
                yield [(alive[i], alive[j]), *path]


def best_flops(
    inputs: Sequence[Sequence[Hashable]], output: Sequence[Hashable], sizes: dict[Hashable, int]
) -> int:
    paths = all_paths(list(range(len(inputs))), len(inputs))
    return min(costs(inputs, output, sizes, path)[0] for path in paths)
