"""From whatever a caller may say about the order of contraction to a path."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from kadanoff import _core

from .labels import NetworkShape, network_shape
from .linear import Pairs, ssa_from_linear
from .path import ContractionPath, path_from_core
from .searching import limit, search_shape

OWN = {"auto": "auto", "kadanoff": "search", "greedy": "greedy", "optimal": "optimal"}
PEERS = ("cotengra", "opt_einsum")


def resolve(
    optimize: Any,
    inputs: Sequence[Iterable[Hashable]],
    output: Iterable[Hashable],
    sizes: Mapping[Any, int] | Sequence[Sequence[int]],
    *,
    memory_limit: float | None = None,
    size_limit: float | None = None,
    seed: int | None = 0,
    threads: int | None = None,
) -> ContractionPath:
    """Return the path that `optimize` stands for.

    Parameters
    ----------
    optimize : str, path, ContractionPath, or callable
        "auto" is fast for small contractions and searches longer for expensive ones; "greedy",
        "optimal" and "kadanoff" are the methods of :func:`search` ("kadanoff" its default).
        "cotengra" and "opt_einsum" ask these packages' "auto-hq". A path is a list of tuples of
        positions, as NumPy and opt_einsum have it. A callable is called as opt_einsum calls its
        optimizers, with the sets of labels of each tensor, the set of those of the output, and the
        sizes.
    inputs, output, sizes, memory_limit, size_limit, seed, threads
        As in :func:`search`. Paths that come from elsewhere keep their tree, and are sliced.

    Returns
    -------
    ContractionPath

    Raises
    ------
    ImportError
        If the package that was asked for is missing.
    ValueError, TypeError

    Examples
    --------
    >>> from kadanoff.tensor import paths
    >>> paths.resolve([(1, 2), (0, 1)], ["ij", "jk", "kl"], "il", [(2, 3), (3, 4), (4, 5)]).ssa_path
    ((1, 2), (0, 3))
    """
    shape = network_shape("resolve", inputs, output, sizes)
    if isinstance(optimize, str):
        if optimize in OWN:
            return search_shape(
                "resolve",
                shape,
                method=OWN[optimize],
                memory_limit=memory_limit,
                size_limit=size_limit,
                seed=seed,
                threads=threads,
            )
        pairs = _ask_peer(optimize, shape)
    elif isinstance(optimize, ContractionPath):
        pairs = [*optimize.ssa_path]
    elif callable(optimize):
        pairs = _pairs_of(shape, optimize(*_as_sets(shape)))
    else:
        pairs = _pairs_of(shape, optimize)
    if isinstance(optimize, ContractionPath) and memory_limit is None and size_limit is None:
        sliced = shape.indices("resolve", "sliced labels", optimize.sliced)
        cost = _core.path_cost(**shape.core(), pairs=pairs, sliced=sliced)
        return path_from_core(shape, pairs, sliced, cost)
    return _slice(shape, pairs, memory_limit, size_limit)


def _slice(
    shape: NetworkShape, pairs: Pairs, memory_limit: float | None, size_limit: float | None
) -> ContractionPath:
    path, sliced, cost = _core.slice_path(
        **shape.core(),
        pairs=pairs,
        peak_limit=limit("resolve", "memory_limit", memory_limit),
        largest_limit=limit("resolve", "size_limit", size_limit),
    )
    return path_from_core(shape, path, sliced, cost)


def _pairs_of(shape: NetworkShape, path: Any) -> Pairs:
    return ssa_from_linear("resolve", path, len(shape.tensors))


def _as_sets(shape: NetworkShape) -> tuple[list[frozenset[str]], frozenset[str], dict[str, int]]:
    """The network as opt_einsum's optimizers take it, with characters for labels."""
    characters = [
        chr(192 + index) if index < 2**20 else str(index) for index in range(len(shape.labels))
    ]
    sets = [frozenset(characters[index] for index in tensor) for tensor in shape.tensors]
    output = frozenset(characters[index] for index in shape.output)
    return sets, output, dict(zip(characters, shape.extents, strict=True))


def _ask_peer(name: str, shape: NetworkShape) -> Pairs:
    if name not in PEERS:
        options = ", ".join(repr(option) for option in (*OWN, *PEERS))
        raise ValueError(
            f"[resolve] expected optimize to be a path, a callable or one of {options}, "
            f"got {name!r}"
        )
    try:
        module = importlib.import_module(name)  # optional, and slow to import
    except ImportError:
        raise ImportError(
            f"[resolve] expected the package {name}, got none: pip install 'kadanoff[tensor]'"
        ) from None
    if len(shape.tensors) < 2:
        return []
    sets, output, sizes = _as_sets(shape)
    if name == "cotengra":
        terms = [tuple(sorted(term)) for term in sets]
        with warnings.catch_warnings():  # it recommends a package that it has replaced already
            warnings.filterwarnings("ignore", "Couldn't import `kahypar`")
            tree = module.array_contract_tree(
                terms, tuple(sorted(output)), sizes, optimize="auto-hq"
            )
        return _pairs_of(shape, tree.get_path())
    return _pairs_of(shape, module.paths.get_path_fn("auto-hq")(sets, output, sizes))
