"""Compare einsum with its peers where tensors are neither tiny nor large.

    pip install 'kadanoff[bench,nn,tensor]' && python bench/python/einsum_shapes.py

Batches of small matrices, sums and permutations of one tensor, matrices times vectors, element-wise
products with a sum, matrix products of medium extents, and equations as lists of labels. The rules
are those of einsum_overhead.py; here each case names its extents, and NumPy's own function for it
is a peer where there is one. With `--out` all write to an array that is there, so that no new
memory is counted; then only peers that can do that take part.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from conditions import restart_in_a_fair_environment, write
from einsum_overhead import makers, nanoseconds, take_turns

import kadanoff as kd

Function = Callable[..., Any]


class Case(NamedTuple):
    """An equation, the extents of its labels in alphabetical order, and NumPy's name for it."""

    equation: str
    extents: tuple[int, ...]
    direct: Function | None = None
    columns: str = ""  # numbers of the operands whose first axis is the fastest
    lists: bool = False  # whether Kadanoff and NumPy get the equation as lists


def sum_over(*axes: int) -> Function:
    return lambda a, **out: np.sum(a, axis=axes, **out)


def copy_as(*axes: int) -> Function:
    def copy(a: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        if out is None:
            return np.ascontiguousarray(a.transpose(axes))
        np.copyto(out, a.transpose(axes))
        return out

    return copy


BATCH, SCALED = "bij,bjk->bik", "bi,bj->bij"
CASES = {
    **{f"batch {n}": Case(BATCH, (5000, n, n, n), np.matmul) for n in (3, 4, 6, 8)},
    **{f"batch {n}": Case(BATCH, (1000, n, n, n), np.matmul) for n in (12, 16, 20, 24, 30, 40)},
    "batch 8x30x10": Case(BATCH, (1000, 8, 30, 10), np.matmul),
    "few batches 16": Case(BATCH, (20, 16, 16, 16), np.matmul),
    "batch columns 16": Case(BATCH, (1000, 16, 16, 16), np.matmul, "01"),
    "batch transposed": Case("bij,bkj->bik", (1000, 16, 16, 16)),
    **{f"outer {n}": Case(SCALED, (5000, n, n)) for n in (3, 5, 8)},
    **{f"batch vector {n}": Case("bij,bj->bi", (2000, n, n), np.matvec) for n in (4, 10, 30)},
    "sum of columns": Case("ij->j", (1000, 1000), sum_over(0)),
    "sum of rows": Case("ij->i", (1000, 1000), sum_over(1)),
    "sum to the middle": Case("abc->b", (100, 100, 100), sum_over(0, 2)),
    "sum to the outside": Case("abc->ac", (100, 100, 100), sum_over(1)),
    "sum of all": Case("abc->", (100, 100, 100), sum_over(0, 1, 2)),
    "sum of a diagonal": Case("iij->j", (500, 500)),
    "diagonal of a sum": Case("iij->i", (500, 500)),
    "permutation": Case("abcd->dbca", (30, 30, 30, 30), copy_as(3, 1, 2, 0)),
    "short permutation": Case("abcd->dbca", (100, 30, 30, 4), copy_as(3, 1, 2, 0)),
    "transposition": Case("ij->ji", (1000, 1000), copy_as(1, 0)),
    "matrix-vector": Case("ij,j->i", (1000, 1000), np.matmul),
    "vector-matrix": Case("ij,i->j", (1000, 1000)),
    "columns-vector": Case("ij,j->i", (1000, 1000), np.matmul, "0"),
    "vector-columns": Case("ij,i->j", (1000, 1000), None, "0"),
    "small matrix-vector": Case("ij,j->i", (100, 100), np.matmul),
    "elementwise, sum 10": Case("abk,kb->ab", (10, 10, 10)),
    "elementwise, sum 30": Case("abk,kb->ab", (30, 30, 30)),
    "elementwise, sum 100": Case("abk,kb->ab", (100, 100, 100)),
    "rows of products": Case("abk,abk->ab", (100, 100, 30)),
    **{f"matrices {n}": Case("ij,jk->ik", (n, n, n), np.matmul) for n in (32, 64, 100, 150, 200)},
    **{f"matrices {n}": Case("ij,jk->ik", (n, n, n), np.matmul) for n in (256, 288, 400, 512)},
    "lists": Case("ij,jk->ik", (2, 2, 2), lists=True),
    "lists, three": Case("ij,jk,kl->il", (2, 2, 2, 2), lists=True),
}
DTYPES = ("float32", "float64", "complex64", "complex128")


def make_operands(case: Case, dtype: str) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    terms = case.equation.split("->")[0].split(",")
    sizes = dict(zip(sorted(set("".join(terms))), case.extents, strict=True))
    operands = []
    for i, term in enumerate(terms):
        values = rng.normal(size=[sizes[label] for label in term])
        if dtype.startswith("complex"):
            values = values + 1j * rng.normal(size=values.shape)
        array = values.astype(dtype)
        if str(i) in case.columns:
            array = np.ascontiguousarray(array.swapaxes(-1, -2)).swapaxes(-1, -2)
        operands.append(array)
    return operands


def as_lists(equation: str, operands: list[np.ndarray]) -> list[Any]:
    inputs, output = equation.split("->")
    result: list[Any] = []
    for operand, term in zip(operands, inputs.split(","), strict=True):
        result += [operand, [ord(label) - ord("a") for label in term]]
    return [*result, [ord(label) - ord("a") for label in output]]


def calls_of(case: Case, operands: list[np.ndarray], out: np.ndarray | None) -> dict[str, Any]:
    """Return the calls to be compared, Kadanoff's first."""
    room = {} if out is None else {"out": out}
    given: list[Any] = [case.equation, *operands]
    if case.lists:
        given = as_lists(case.equation, operands)
    if case.lists or out is not None:
        calls = {"kadanoff": lambda: kd.einsum(*given, **room)}
        calls["numpy"] = lambda: np.einsum(*given, **room)
        calls["numpy path"] = lambda: np.einsum(*given, **room, optimize=True)
    else:
        calls = {name: make(case.equation, operands) for name, make in makers().items()}
    direct = case.direct
    if direct is not None:
        calls["numpy direct"] = lambda: direct(*operands, **room)
    return calls


def compare(name: str, dtype: str, rounds: int, with_out: bool) -> dict[str, Any]:
    """Check the answers of one case, measure, print and return its times and ratios."""
    case = CASES[name]
    operands = make_operands(case, dtype)
    exact = np.asarray(np.einsum(case.equation, *operands))
    out = np.empty_like(exact, order="C") if with_out else None
    calls = calls_of(case, operands, out)
    tolerance = 1e3 * np.finfo(dtype).eps * max(1.0, float(np.abs(exact).max()))
    for peer, call in calls.items():
        if not np.allclose(np.asarray(call()), exact, rtol=0, atol=tolerance):
            raise SystemExit(f"{peer} is wrong in {name} {dtype}")
    counts = {peer: max(1, int(1e7 / nanoseconds(call, 2))) for peer, call in calls.items()}
    times, ratio = take_turns(calls, counts, rounds)
    medians = {peer: float(np.median(values)) / 1e3 for peer, values in times.items()}
    shown = "  ".join(f"{peer} {value:.4g}" for peer, value in medians.items())
    spread = f"({ratio.min():.2f} to {ratio.max():.2f})"
    print(f"{name:20s} {dtype:10s} {np.median(ratio):5.2f} x {spread}  {shown}", flush=True)
    return {
        "case": name,
        "equation": case.equation,
        "extents": case.extents,
        "dtype": dtype,
        "out": with_out,
        "microseconds": medians,
        "fastest_peer_over_kadanoff": [
            float(x) for x in (np.median(ratio), *np.sort(ratio)[[0, -1]])
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--case", help="those whose names begin so")
    parser.add_argument("--dtype", choices=DTYPES, nargs="*", default=["float32", "float64"])
    parser.add_argument("--out", action="store_true", help="write to an array that is there")
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    results = [
        compare(name, dtype, options.rounds, options.out)
        for name in CASES
        for dtype in options.dtype
        if name.startswith(options.case or "")
    ]
    if options.json:
        write(options.json, results, ("torch", "opt_einsum"))


if __name__ == "__main__":
    main()
