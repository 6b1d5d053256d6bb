"""The search as an optimizer of opt_einsum's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .searching import search


class PathOptimizer:
    """The search as a function that opt_einsum, cotengra's users and quimb can call.

    Parameters
    ----------
    seconds, trials, minimize, method, seed, threads
        As in :func:`search`.

    Examples
    --------
    >>> from kadanoff.tensor import paths
    >>> optimizer = paths.PathOptimizer(trials=8)
    >>> optimizer([{"a", "b"}, {"b", "c"}], {"a", "c"}, dict.fromkeys("abc", 2))
    [(0, 1)]

    With opt_einsum: ``opt_einsum.contract("ab,bc,cd->ad", a, b, c, optimize=optimizer)``.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options

    def __call__(
        self,
        inputs: Sequence[Iterable[str]],
        output: Iterable[str],
        size_dict: Mapping[str, int],
        memory_limit: float | None = None,
        **_unused: Any,
    ) -> list[tuple[int, ...]]:
        """Return a path of positions.

        `memory_limit` is not used: a path of this form cannot be sliced.
        """
        return search(inputs, output, size_dict, **self.options).path
