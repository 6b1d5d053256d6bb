"""Plans: a path and its slicing, with what they cost."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from .equation import Equation
from .pairwise import contract_pairwise
from .tree import Pairs, log10_flops, path_of_pairs, steps_of


class ContractionPlan:
    """The order in which a network is contracted; made by `TensorNetwork.plan`."""

    def __init__(
        self, equation: Equation, names: tuple[Hashable, ...], pairs: Pairs, sliced: tuple[int, ...]
    ) -> None:
        self._equation, self._names = equation, names
        self._pairs, self._sliced = pairs, sliced

    @property
    def path(self) -> tuple[tuple[int, int], ...]:
        """Pairs of positions in a shrinking list of tensors, as `numpy.einsum` takes them."""
        return path_of_pairs(len(self._equation.inputs), self._pairs)

    @property
    def sliced(self) -> tuple[Hashable, ...]:
        """Labels whose values are taken one by one."""
        return tuple(self._names[x] for x in self._sliced)

    @property
    def slices(self) -> int:
        """Number of slices, 1 if nothing is sliced."""
        return math.prod(self._equation.sizes[x] for x in self._sliced)

    @property
    def log10_flops(self) -> float:
        """Decimal logarithm of the number of additions and multiplications."""
        return log10_flops(self._equation, self._pairs)

    @property
    def largest_intermediate(self) -> int:
        """Elements of the largest intermediate tensor."""
        sizes = self._equation.sizes
        steps = steps_of(self._equation, self._pairs)
        return max((math.prod(sizes[x] for x in step.labels) for step in steps), default=1)

    def contract(self, arrays: Sequence[Any]) -> Any:
        """Contract other arrays of the same shapes."""
        return contract_pairwise(np, self._equation, self._pairs, self._sliced, arrays)[()]
