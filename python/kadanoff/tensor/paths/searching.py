"""The search for a path."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from kadanoff import _core, arguments

from .labels import NetworkShape, network_shape
from .path import ContractionPath, path_from_core

METHODS = ("auto", "greedy", "optimal", "search")
MOST_OPTIMAL = 14
OBJECTIVES = ("flops", "size", "combo")


def search(
    inputs: Sequence[Iterable[Hashable]],
    output: Iterable[Hashable],
    sizes: Mapping[Any, int] | Sequence[Sequence[int]],
    *,
    seconds: float | None = None,
    trials: int | None = None,
    memory_limit: float | None = None,
    size_limit: float | None = None,
    minimize: str = "flops",
    method: str = "search",
    seed: int | None = 0,
    threads: int | None = None,
) -> ContractionPath:
    r"""Search for an order in which to contract a network of tensors.

    Parameters
    ----------
    inputs : sequence of iterables of hashables, (n_tensors,)
        The labels of each tensor. A label may stand in any number of tensors, and several times
        in one.
    output : iterable of hashables
        The labels that are not summed.
    sizes : mapping of hashable to int, or sequence of shapes
        The size of each label, or the shape of each tensor.
    seconds : float, optional
        Take the best path that is found in this time. The result depends on the machine.
    trials : int, optional
        Number of trees that are built and improved. Without it and without `seconds`, 64.
    memory_limit : float, optional
        Most elements, at any time, of all results of pairs together (see
        :class:`ContractionPath`). Labels are sliced until this holds.
    size_limit : float, optional
        Most elements of one result of a pair.
    minimize : {"flops", "size", "combo"}
        Multiplications; elements of the largest result; or multiplications + 64 times the elements
        of all results, for machines on which memory is the slow part.
    method : {"search", "auto", "greedy", "optimal"}
        "greedy" is the best of three greedy paths, which choose pairs of tensors, labels to sum,
        or the next tensor of a sweep, with small subtrees made optimal if it has to be sliced;
        "optimal" the best of all trees, for at most 14 tensors; "auto" whichever is worth it, so
        that the search takes a small part of the time that the contraction takes.
    seed : int, optional
        0 <= seed < 2^64; None draws one from the operating system. The same network, seed and
        number of trials give the same path, on any number of threads.
    threads : int, optional
        One per core by default.

    Returns
    -------
    ContractionPath

    Raises
    ------
    ValueError, TypeError
        If the arguments do not make a network, or no slicing obeys the limits.

    Examples
    --------
    A ring of six matrices, and the same with at most four numbers at a time:

    >>> from kadanoff.tensor import paths
    >>> ring = ["ab", "bc", "cd", "de", "ef", "fa"]
    >>> path = paths.search(ring, "", dict.fromkeys("abcdef", 4))
    >>> path.slices, path.log2_width
    (1, 4.0)
    >>> small = paths.search(ring, "", dict.fromkeys("abcdef", 4), size_limit=4)
    >>> small.slices, small.log2_width
    (4, 2.0)
    """
    shape = network_shape("search", inputs, output, sizes)
    return search_shape(
        "search",
        shape,
        seconds=seconds,
        trials=trials,
        memory_limit=memory_limit,
        size_limit=size_limit,
        minimize=minimize,
        method=method,
        seed=seed,
        threads=threads,
    )


def search_shape(
    call: str,
    shape: NetworkShape,
    *,
    seconds: float | None = None,
    trials: int | None = None,
    memory_limit: float | None = None,
    size_limit: float | None = None,
    minimize: str = "flops",
    method: str = "search",
    seed: int | None = 0,
    threads: int | None = None,
) -> ContractionPath:
    """Search for a path of a network that was checked; the rest is checked here."""
    arguments.choice(call, "method", method, METHODS)
    arguments.choice(call, "minimize", minimize, OBJECTIVES)
    if trials is not None:
        trials = arguments.integer(call, "trials", trials, 1, 2**31 - 1)
    if seconds is not None:
        seconds = arguments.real(call, "seconds", seconds)
        if not 0.0 < seconds <= 1e7:
            raise ValueError(f"[{call}] expected seconds in (0, 1e7], got {seconds!r}")
    if seconds is not None and trials is not None:
        raise ValueError(f"[{call}] expected seconds or trials, got both")
    if method == "optimal" and len(shape.tensors) > MOST_OPTIMAL:
        raise ValueError(
            f"[{call}] expected at most {MOST_OPTIMAL} tensors for the optimal path, "
            f"got {len(shape.tensors)}"
        )
    pairs, sliced, cost = _core.find_path(
        **shape.core(),
        method=method,
        minimize=minimize,
        seconds=seconds,
        trials=trials,
        peak_limit=limit(call, "memory_limit", memory_limit),
        largest_limit=limit(call, "size_limit", size_limit),
        seed=arguments.seed(call, seed),
        threads=arguments.threads(call, threads) or 0,
    )
    return path_from_core(shape, pairs, sliced, cost)


def limit(call: str, name: str, value: float | None) -> float:
    """Return a limit on elements, infinity for None."""
    if value is None or value == math.inf:
        return math.inf
    number = arguments.real(call, name, value)
    if number < 1.0:
        raise ValueError(f"[{call}] expected {name} of at least 1 element, got {value!r}")
    return number
