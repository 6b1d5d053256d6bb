"""From an equation to a plan: a path, and the labels to slice where memory is short."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kadanoff import arguments
from kadanoff.errors import MemoryLimitError
from kadanoff.tensor import paths

from . import memory
from .equation import Equation, few
from .feasible import MOST_SLICES, check_hope, check_slices, is_countable, too_large
from .plan import ContractionPlan

if TYPE_CHECKING:
    from .plan import Wanted

MOST_TRIES = 24


class Request(NamedTuple):
    """What a plan was asked for; plans of equal requests are the same."""

    equation: Equation
    names: tuple[Hashable, ...]
    dtype: np.dtype[Any]
    optimize: Any
    limit: int
    may_slice: bool
    seconds: float | None
    seed: int | None


class PlanCache:
    """The plans that were asked for last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._plans: OrderedDict[Request, ContractionPlan] = OrderedDict()

    def find(self, request: Request) -> ContractionPlan:
        """Return a plan, made if there is none."""
        try:
            plan = self._plans.pop(request, None)
        except TypeError:  # a path in lists, which cannot be looked up
            return make_plan(request)
        if plan is None:
            plan = make_plan(request)
        self._plans[request] = plan
        if len(self._plans) > self._most:
            self._plans.popitem(last=False)
        return plan


PLANS = PlanCache(256)


def request(
    equation: Equation,
    names: tuple[Hashable, ...],
    dtype: np.dtype[Any],
    optimize: Any,
    memory_limit: Any,
    seconds: float | None,
    seed: int | None,
) -> Request:
    """Return the checked arguments of a plan."""
    if seconds is not None:
        seconds = arguments.real("plan", "seconds", seconds)
        if not isinstance(optimize, str) or optimize not in ("auto", "kadanoff"):
            raise ValueError(f"[plan] expected no seconds for optimize={optimize!r}, got {seconds}")
    limit = memory.limit_in_bytes("plan", memory_limit)
    if isinstance(optimize, list):
        optimize = tuple(tuple(step) for step in optimize)
    return Request(equation, names, dtype, optimize, limit, memory_limit is not None, seconds, seed)


def make_plan(request: Request) -> ContractionPlan:
    """Search for a path; slice it if it does not fit into the memory that was allowed.

    Raises
    ------
    MemoryLimitError
        No slicing obeys the limit, or none that could be waited for.
    """
    if request.optimize == "auto" and request.seconds is None:
        check_hope(request)
    path = _search(request, None)
    needed = 2**62
    if is_countable(request, path):
        plan = _plan(request, path)
        needed = plan.bytes_needed(plan.dtype)
        if needed <= request.limit or not request.may_slice:
            return plan
    elif not request.may_slice:
        raise too_large(request, path)
    found: list[paths.ContractionPath] = []

    def search(elements: float) -> paths.ContractionPath:
        # Searching with a limit takes time, unless it is greedy: once, then its tree is sliced.
        if found and request.optimize != "greedy":
            return _resolve(request, found[0], elements)
        found[:] = [_search(request, elements)]
        return found[0]

    sliced, least = _fit(request, search, needed)
    if sliced is None:
        raise MemoryLimitError(
            f"[plan] expected a memory_limit of {memory.shown(least)} or more, the least of all "
            f"slices found for this network, got {memory.shown(request.limit)}"
        )
    check_slices(request, sliced.slices)
    return sliced


def slicing_hint(plan: ContractionPlan, dtype: Any, gradients: Wanted, limit: int) -> str:
    """Tell with which slices a plan would fit into the limit, as the end of a sentence."""
    wanted = Request(plan.equation, plan.names, np.dtype(dtype), None, limit, True, None, None)
    path = [tuple(pair) for pair in plan.path]
    fitting, _ = _fit(
        wanted,
        lambda elements: _resolve(wanted, path, elements),
        plan.bytes_needed(dtype, gradients),
        gradients,
    )
    if fitting is None:
        return "; no slicing of its path fits"
    if fitting.slices > MOST_SLICES:
        return f"; its path would take {fitting.slices:.3g} slices"
    return (
        f"; {fitting.slices} slices, of {few(fitting.sliced)}, need "
        f"{memory.shown(fitting.bytes_needed(dtype, gradients))}: plan with memory_limit={limit}"
    )


def _fit(
    request: Request, search: Any, needed: int, gradients: Wanted = ()
) -> tuple[ContractionPlan | None, int]:
    """Return a sliced plan that fits, or None and the least memory that any of them needs."""
    elements = request.limit / request.dtype.itemsize
    for _ in range(MOST_TRIES):
        if elements < 1:
            break
        try:
            plan = _plan(request, search(elements))
        except ValueError:  # no slicing makes it so small
            break
        size = plan.bytes_needed(request.dtype, gradients)
        if size <= request.limit:
            return plan, size
        needed = min(needed, size)
        elements *= 0.7
    return None, needed


def _search(request: Request, elements: float | None) -> paths.ContractionPath:
    if request.seconds is None:
        return _resolve(request, request.optimize, elements)
    equation = request.equation
    return paths.search(
        equation.inputs,
        equation.output,
        dict(enumerate(equation.sizes)),
        seconds=request.seconds,
        memory_limit=elements,
        seed=request.seed,
    )


def _resolve(request: Request, optimize: Any, elements: float | None) -> paths.ContractionPath:
    equation = request.equation
    return paths.resolve(
        optimize,
        equation.inputs,
        equation.output,
        dict(enumerate(equation.sizes)),
        memory_limit=elements,
        seed=request.seed,
    )


def _plan(request: Request, path: paths.ContractionPath) -> ContractionPlan:
    sliced = tuple(int(label) for label in path.sliced)  # type: ignore[call-overload]
    return ContractionPlan(
        request.equation, request.names, path.ssa_path, sliced, request.dtype, request.limit
    )
