"""Plans as files of JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from kadanoff.errors import FileError
from kadanoff.storage.replacing import replacing

from .equation import Equation
from .plan import ContractionPlan

KIND, VERSION = "kadanoff contraction plan", 1
MOST_BYTES = 2**30
DTYPES = ("float32", "float64", "complex64", "complex128")


def write(plan: ContractionPlan, path: str | os.PathLike[str]) -> None:
    """Write a plan, put in place whole."""
    names = [x if isinstance(x, (str, int)) else repr(x) for x in plan.names]
    tree = {
        "kind": KIND,
        "version": VERSION,
        "inputs": plan.equation.inputs,
        "output": plan.equation.output,
        "sizes": plan.equation.sizes,
        "names": names,
        "pairs": plan.pairs,
        "sliced": plan.sliced_numbers,
        "dtype": plan.dtype.name,
        "memory_limit": plan.memory_limit,
    }
    with replacing(path) as descriptor, os.fdopen(os.dup(descriptor), "w") as file:
        json.dump(tree, file)


def read(path: str | os.PathLike[str]) -> ContractionPlan:
    """Return the plan in a file; FileError if there is none."""
    shown = os.fspath(path)
    try:
        if Path(path).stat().st_size > MOST_BYTES:
            raise _wrong(shown, "a file of more than 1 GiB")
        tree = json.loads(Path(path).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _wrong(shown, "no JSON") from error
    if not isinstance(tree, dict) or tree.get("kind") != KIND:
        raise _wrong(shown, "something else")
    if tree.get("version") != VERSION:
        raise _wrong(shown, f"version {tree.get('version')!r}")
    try:
        return _plan(tree)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _wrong(shown, f"a damaged one: {error}") from error


def _plan(tree: dict[str, Any]) -> ContractionPlan:
    equation = Equation(
        tuple(_numbers(labels) for labels in _list(tree["inputs"])),
        _numbers(tree["output"]),
        _numbers(tree["sizes"]),
    )
    pairs = tuple(_pair(pair) for pair in _list(tree["pairs"]))
    names = tuple(_list(tree["names"]))
    if len(names) != len(equation.sizes) or not all(isinstance(x, (str, int)) for x in names):
        raise ValueError("names that do not belong to its labels")
    if tree["dtype"] not in DTYPES:
        raise ValueError(f"dtype {tree['dtype']!r}")
    (limit,) = _numbers([tree["memory_limit"]])
    plan = ContractionPlan(
        equation, names, pairs, _numbers(tree["sliced"]), np.dtype(tree["dtype"]), limit
    )
    plan.core()  # checks labels and pairs
    return plan


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} where a list should be")
    return value


def _numbers(value: Any) -> tuple[int, ...]:
    for x in _list(value):
        if type(x) is not int or not 0 <= x < 2**63:
            raise ValueError(f"{x!r} where a whole number should be")
    return tuple(value)


def _pair(value: Any) -> tuple[int, int]:
    left, right = _numbers(value)
    return left, right


def _wrong(path: str, what: str) -> FileError:
    return FileError(f"[load] expected a plan in {path!r}, got {what}")
