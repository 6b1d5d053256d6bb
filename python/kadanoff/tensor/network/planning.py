"""From an equation to a plan: a path, and the labels to slice where memory is short."""

from __future__ import annotations

from typing import Any

from .equation import Equation
from .tree import Pairs, pairs_of_path


def find_pairs(call: str, equation: Equation, optimize: Any) -> Pairs:
    """Return the pairs of a path that was found, or given."""
    tensors = len(equation.inputs)
    if not isinstance(optimize, str):
        return pairs_of_path(tensors, optimize)
    import opt_einsum.paths  # slow to import

    if tensors == 1:
        return ()
    path = opt_einsum.paths.greedy(
        [frozenset(labels) for labels in equation.inputs],
        frozenset(equation.output),
        dict(enumerate(equation.sizes)),
    )
    return pairs_of_path(tensors, path)
