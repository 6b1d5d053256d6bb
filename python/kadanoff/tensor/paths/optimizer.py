"""The search as an optimizer of opt_einsum's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .searching import search


def opt_einsum_optimizer(**options: Any) -> Any:
    """Return the search as an optimizer that opt_einsum, cotengra and quimb accept.

    Parameters
    ----------
    **options
        seconds, trials, minimize, method, seed and threads of :func:`search`.

    Returns
    -------
    opt_einsum.paths.PathOptimizer
        Its call, with sets of labels, the set of those of the output and the sizes, returns a path
        of positions. The fourth argument, a memory limit, is not used: such a path has no slices.

    Raises
    ------
    ImportError
        If opt_einsum is missing.

    Examples
    --------
    >>> import numpy as np, opt_einsum
    >>> from kadanoff.tensor import paths
    >>> ring = [np.ones((2, 2))] * 4
    >>> optimizer = paths.opt_einsum_optimizer(trials=8)
    >>> float(opt_einsum.contract("ab,bc,cd,da->", *ring, optimize=optimizer))
    16.0
    """
    try:
        from opt_einsum.paths import PathOptimizer  # optional
    except ImportError:
        raise ImportError(
            "[opt_einsum_optimizer] expected the package opt_einsum, got none: "
            "pip install 'kadanoff[tensor]'"
        ) from None

    class KadanoffOptimizer(PathOptimizer):
        def __call__(
            self,
            inputs: Sequence[Iterable[str]],
            output: Iterable[str],
            size_dict: Mapping[str, int],
            memory_limit: Any = None,
        ) -> list[tuple[int, ...]]:
            return search(inputs, output, size_dict, **options).path

    return KadanoffOptimizer()
