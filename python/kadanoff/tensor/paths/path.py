"""A path, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from .labels import NetworkShape
from .linear import linear_from_ssa


@dataclass(frozen=True)
class ContractionPath:
    r"""In which order a network of tensors is contracted, and what that costs.

    Attributes
    ----------
    ssa_path : tuple of (int, int)
        The pairs in the order of execution. Tensor k is an input for k < n, else the result of
        pair k - n.
    sliced : tuple of hashable
        Labels that have a fixed value in each slice. Results of slices are added; those of values
        of an output label are put side by side.
    log10_cost : float
        log10 of the number of scalar multiplications: over all pairs and slices, the product of
        the sizes of the labels that either tensor has. -inf if there is no pair.
    log2_width : float
        log2 of the elements of the largest result of a pair, in one slice.
    log2_peak : float
        log2 of the elements of all results of pairs that exist at once, in one slice: those kept
        for later, and the operands and the result of the pair at work. Inputs are not counted.
    slices : int
        How many times the pairs are executed.
    overhead : float
        Cost over that of the same pairs without slicing.
    tensors : int
        Number n of inputs.

    Notes
    -----
    A label that one tensor alone has, and the output has not, is summed before the first pair and
    is not counted, nor are diagonals. A size of 0 counts as 1.

    Examples
    --------
    >>> from kadanoff.tensor import paths
    >>> path = paths.search(["ij", "jk", "kl"], "il", {"i": 2, "j": 8, "k": 8, "l": 8})
    >>> path.ssa_path, path.path
    (((0, 1), (3, 2)), [(0, 1), (0, 1)])
    >>> round(10**path.log10_cost), path.peak_bytes(8)
    (256, 256)
    """

    ssa_path: tuple[tuple[int, int], ...]
    sliced: tuple[Hashable, ...]
    log10_cost: float
    log2_width: float
    log2_peak: float
    slices: int
    overhead: float
    tensors: int

    @property
    def path(self) -> list[tuple[int, ...]]:
        """The pairs as positions in the list of tensors that are left, as opt_einsum has them."""
        return linear_from_ssa(self.ssa_path, self.tensors)

    def peak_bytes(self, itemsize: int) -> int:
        """Bytes of all results that exist at once in a slice, for elements of `itemsize` bytes."""
        if not self.ssa_path:
            return 0
        whole = math.floor(self.log2_peak)
        mantissa = math.ldexp(2.0 ** (self.log2_peak - whole), 52)  # the power may be no float
        return ((round(mantissa) << whole) + 2**51 >> 52) * itemsize

    def __str__(self) -> str:
        lines = [
            f"{len(self.ssa_path)} pairs of {self.tensors} tensors",
            f"cost     10^{self.log10_cost:.2f} multiplications",
            f"largest  2^{self.log2_width:.2f} elements",
            f"peak     2^{self.log2_peak:.2f} elements",
        ]
        if self.sliced:
            labels = ", ".join(map(str, self.sliced))
            lines.append(f"slices   {self.slices} of {labels}; overhead {self.overhead:.3g}")
        return "\n".join(lines)


def path_from_core(
    shape: NetworkShape, pairs: Any, sliced: list[int], cost: dict[str, float]
) -> ContractionPath:
    """Give the core's results their labels."""
    slices = 1
    for index in sliced:
        slices *= max(1, shape.extents[index])
    gap = cost["log10_flops"] - cost["log10_unsliced"]
    return ContractionPath(
        ssa_path=tuple((int(a), int(b)) for a, b in pairs),
        sliced=tuple(shape.labels[index] for index in sliced),
        log10_cost=cost["log10_flops"],
        log2_width=cost["log2_largest"],
        log2_peak=cost["log2_peak"],
        slices=slices,
        overhead=10.0**gap if pairs else 1.0,
        tensors=len(shape.tensors),
    )
