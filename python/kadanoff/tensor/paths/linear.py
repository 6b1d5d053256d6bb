"""The two ways to write a path: with numbers that last, and with positions in a list."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from kadanoff import arguments

Pairs = list[tuple[int, int]]


def linear_from_ssa(pairs: Sequence[Sequence[int]], tensors: int) -> list[tuple[int, ...]]:
    """Positions in the list of tensors that are left, where results go to the end of it.

    A single tensor is a step of its own, as opt_einsum and NumPy have it.
    """
    if tensors == 1:
        return [(0,)]
    alive = list(range(tensors))
    path: list[tuple[int, ...]] = []
    for step, pair in enumerate(pairs):
        low, high = sorted(bisect_left(alive, tensor) for tensor in pair)
        del alive[high], alive[low]
        alive.append(tensors + step)
        path.append((low, high))
    return path


def ssa_from_linear(call: str, path: Any, tensors: int) -> Pairs:
    """Pairs of a path of positions; a step of more tensors is one pair after another.

    Raises
    ------
    TypeError, ValueError
        If it is not a path that contracts all tensors.
    """
    if isinstance(path, (str, bytes)) or not isinstance(path, Sequence):
        raise TypeError(f"[{call}] expected a path as a list of tuples of positions, got {path!r}")
    steps = list(path)
    if steps and steps[0] == "einsum_path":  # NumPy's first entry
        steps = steps[1:]
    alive = list(range(tensors))
    pairs: Pairs = []
    for number, step in enumerate(steps):
        chosen = _positions(call, step, number, len(alive))
        names = [alive[position] for position in chosen]
        for position in sorted(chosen, reverse=True):
            del alive[position]
        result = names[0]
        for name in names[1:]:
            pairs.append((result, name))
            result = tensors + len(pairs) - 1
        alive.append(result)
    if len(alive) > 1:
        raise ValueError(
            f"[{call}] expected a path that leaves one tensor of {tensors}, got one that "
            f"leaves {len(alive)}"
        )
    return pairs


def _positions(call: str, step: Any, number: int, alive: int) -> list[int]:
    if isinstance(step, (str, bytes)) or not isinstance(step, Sequence) or not step:
        raise TypeError(f"[{call}] expected a tuple of positions in step {number}, got {step!r}")
    name = f"a position in step {number}"
    chosen = [arguments.integer(call, name, position, 0, alive - 1) for position in step]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"[{call}] expected each position once in step {number}, got {step!r}")
    return chosen
