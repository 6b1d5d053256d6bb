"""Networks to search paths of."""

from __future__ import annotations

import random
from collections.abc import Hashable

Network = tuple[list[list[Hashable]], list[Hashable], dict[Hashable, int]]


def random_network(seed: int, tensors: int, labels: int, outer: int = 1) -> Network:
    """Hyper-edges, repeated labels, scalars, sizes of 1 and separate pieces, as they come."""
    draw = random.Random(seed)
    inputs: list[list[Hashable]] = [
        [draw.randrange(labels) for _ in range(draw.randint(0, 3))] for _ in range(tensors)
    ]
    used = sorted({label for term in inputs for label in term})
    output = draw.sample(used, min(outer, len(used)))
    return inputs, output, {label: draw.randint(1, 5) for label in range(labels)}


def square(rows: int, columns: int, size: int = 2) -> Network:
    """An open square lattice of tensors."""
    inputs: list[list[Hashable]] = []
    labels: set[Hashable] = set()
    for y in range(rows):
        for x in range(columns):
            bonds = [("h", y, x - 1), ("h", y, x), ("v", y - 1, x), ("v", y, x)]
            inside = [x > 0, x < columns - 1, y > 0, y < rows - 1]
            inputs.append([bond for bond, keep in zip(bonds, inside, strict=True) if keep])
            labels.update(inputs[-1])
    return inputs, [], dict.fromkeys(labels, size)


def regular(seed: int, vertices: int, degree: int = 3, size: int = 2) -> Network:
    """A random regular multigraph without loops."""
    draw = random.Random(seed)
    while True:
        ends = [v for v in range(vertices) for _ in range(degree)]
        draw.shuffle(ends)
        pairs = list(zip(ends[::2], ends[1::2], strict=True))
        if all(a != b for a, b in pairs):
            break
    inputs: list[list[Hashable]] = [[] for _ in range(vertices)]
    for label, pair in enumerate(pairs):
        for vertex in pair:
            inputs[vertex].append(label)
    return inputs, [], dict.fromkeys(range(len(pairs)), size)
