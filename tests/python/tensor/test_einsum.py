"""`kd.einsum` gives what `np.einsum` gives, for random equations, shapes, dtypes and layouts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import kadanoff as kd
from einsum_cases import (
    KERNEL_DTYPES,
    OTHER_DTYPES,
    Case,
    assert_as_numpy,
    cases,
    laid_out,
    numbers,
)
from kadanoff import _core


@settings(max_examples=2500)
@given(cases())
def test_equations_of_kernel_dtypes(case: Case) -> None:
    assert_as_numpy(case, kd.einsum(case.equation, *case.operands))


@settings(max_examples=500)
@given(cases(OTHER_DTYPES))
def test_equations_of_other_dtypes(case: Case) -> None:
    assert_as_numpy(case, kd.einsum(case.equation, *case.operands))


@pytest.mark.parametrize("equation", ["ab,bc->ac", "ab,ab->", "ab->b", "ab,bc,cd->ad"])
def test_long_complex_numbers(equation: str) -> None:
    """Without NumPy's contraction of them, which writes past its memory."""
    rng = np.random.default_rng(7)
    terms = equation.split("->")[0].split(",")
    operands = [numbers((4,) * len(term), "c16", rng) for term in terms]
    result = kd.einsum(equation, *(a.astype("G") for a in operands))
    assert result.dtype == np.clongdouble
    np.testing.assert_allclose(result, np.einsum(equation, *operands), rtol=1e-13)
    out = np.zeros(np.shape(result), "G")
    assert kd.einsum(equation, *(a.astype("G") for a in operands), out=out) is out
    np.testing.assert_array_equal(out, result)


@settings(max_examples=400)
@given(cases(most=2, largest=17))
def test_pairs_of_larger_tensors(case: Case) -> None:
    assert_as_numpy(case, kd.einsum(case.equation, *case.operands))


@pytest.mark.parametrize("optimize", [False, "greedy", "optimal", ("greedy", 10), ("optimal", 5)])
def test_orders_of_contraction(optimize: Any) -> None:
    @settings(max_examples=60)
    @given(cases())
    def check(case: Case) -> None:
        assert_as_numpy(case, kd.einsum(case.equation, *case.operands, optimize=optimize))

    check()


@settings(max_examples=100)
@given(cases())
def test_paths_of_numpy(case: Case) -> None:
    path = np.einsum_path(case.equation, *case.operands, optimize="greedy")[0]
    assert_as_numpy(case, kd.einsum(case.equation, *case.operands, optimize=path))


@pytest.mark.parametrize("left", [*KERNEL_DTYPES, *OTHER_DTYPES])
@pytest.mark.parametrize("right", [*KERNEL_DTYPES, *OTHER_DTYPES])
def test_mixed_dtypes_promote_as_in_numpy(left: str, right: str) -> None:
    if np.result_type(left, right) == np.clongdouble:
        pytest.skip("NumPy writes past its memory")
    rng = np.random.default_rng(3)
    a, b = numbers((3, 4), left, rng), numbers((4, 2), right, rng)
    for operands in ([a, b], [a, b, numbers((2,), "i2", rng)]):
        equation = "ij,jk->ik" if len(operands) == 2 else "ij,jk,k->i"
        assert_as_numpy(Case(equation, operands), kd.einsum(equation, *operands))


EXAMPLES = [
    ("ab,bc->ac", [(5, 7), (7, 4)]),
    ("abc,cbd,da->b", [(3, 4, 5), (5, 4, 6), (6, 3)]),
    ("aab,b->a", [(4, 4, 3), (3,)]),
    ("...a,a->...", [(2, 3, 5), (5,)]),
]


def off_by(result: np.ndarray, amount: float) -> np.ndarray:
    result.reshape(-1)[-1] += amount
    return result


FAULTS: dict[str, Callable[[str, list[np.ndarray]], Any]] = {
    "an operand reversed": lambda e, x: np.einsum(e, x[0][::-1], *x[1:]),
    "one element off": lambda e, x: off_by(np.einsum(e, *x), 1e-6),
    "sums in float32": lambda e, x: np.einsum(e, *(a.astype("f4") for a in x)).astype("f8"),
    "the last operand's first element left out": lambda e, x: np.einsum(
        e, *x[:-1], np.where(np.arange(x[-1].size).reshape(x[-1].shape) == 0, 0, x[-1])
    ),
    "another shape": lambda e, x: np.einsum(e, *x)[None],
    "another dtype": lambda e, x: np.einsum(e, *x).astype("c16"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("equation", "shapes"), EXAMPLES)
def test_a_planted_fault_is_caught(
    fault: str, equation: str, shapes: list[tuple[int, ...]]
) -> None:
    rng = np.random.default_rng(5)
    operands = [numbers(shape, "f8", rng) for shape in shapes]
    assert_as_numpy(Case(equation, operands), kd.einsum(equation, *operands))
    with pytest.raises(AssertionError):
        assert_as_numpy(Case(equation, operands), FAULTS[fault](equation, operands))


@pytest.mark.parametrize("dtype", KERNEL_DTYPES)
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("equation", "shapes"),
    [("ab,bc->ac", [(9, 20), (20, 8)]), ("ab,ab->ab", [(3, 5), (3, 5)]), ("ab->a", [(4, 9)])],
)
def test_nan_and_infinities_spread_as_in_numpy(
    dtype: str, special: float, equation: str, shapes: list[tuple[int, ...]]
) -> None:
    rng = np.random.default_rng(1)
    operands = [numbers(shape, dtype, rng) for shape in shapes]
    operands[0][2, 4] = special
    operands[-1][0, 1] = 0
    operands[-1].reshape(-1)[33 % operands[-1].size] = 0
    with np.errstate(invalid="ignore"):
        expected = np.einsum(equation, *operands)
        result = kd.einsum(equation, *operands)
    for part in (np.real, np.imag):
        np.testing.assert_array_equal(np.isnan(part(result)), np.isnan(part(expected)))
        np.testing.assert_array_equal(np.isinf(part(result)), np.isinf(part(expected)))


@pytest.mark.parametrize("dtype", KERNEL_DTYPES)
@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij->j", [(0, 3)]),
        ("ijk->k", [(0, 3, 2)]),
        ("ij->", [(3, 0)]),
        ("fe,ce,ef->e", [(3, 2), (0, 2), (2, 3)]),
        ("a,fa,a->f", [(1,), (2, 0), (0,)]),
        ("fa,ga,a->fg", [(2, 1), (2, 0), (0,)]),
        ("bij,bjk->bik", [(0, 3, 4), (0, 4, 5)]),
        ("bij,bjk->bik", [(2, 3, 0), (2, 0, 5)]),
        ("bi,bj->bij", [(0, 3), (0, 4)]),
        ("ij,j->i", [(5, 0), (0,)]),
    ],
)
def test_empty_slices(dtype: str, equation: str, shapes: list[tuple[int, ...]]) -> None:
    """Their strides are those of the array that they are slices of."""
    whole = [np.ones([n + 4 for n in shape], dtype) for shape in shapes]
    operands = [
        array[tuple(slice(n) for n in shape)] for array, shape in zip(whole, shapes, strict=True)
    ]
    assert_as_numpy(Case(equation, operands), kd.einsum(equation, *operands))


def test_zero_times_nan_is_nan() -> None:
    zero, nan = np.zeros((2, 2)), np.full((2, 2), np.nan)
    assert np.isnan(kd.einsum("ij,jk->ik", zero, nan)).all()
    assert np.isnan(kd.einsum("ij,jk,kl->il", zero, nan, zero)).all()
    assert np.isnan(kd.einsum("i,j->ij", zero[0], nan[0])).all()
    assert np.isnan(kd.einsum("i,i->", zero[0], nan[0]))


@pytest.mark.parametrize(
    ("equation", "dtype"),
    [
        *[("ij,jk->ik", dtype) for dtype in KERNEL_DTYPES],
        *[("ijk,kjl->il", dtype) for dtype in KERNEL_DTYPES],
        *[(equation, "f4") for equation in ("ij->j", "ij->i", "ij->", "ij,ij->ij", "i,j->ij")],
        *[(equation, "f4") for equation in ("ij,j->i", "i,ij->j", "ij,ij->", "ij,ij->j")],
    ],
)
def test_the_number_of_threads_changes_no_bit(equation: str, dtype: str) -> None:
    rng = np.random.default_rng(2)
    extents = {"i": 190, "j": 60, "k": 200, "l": 3} if "k" in equation else {"i": 2100, "j": 2050}
    terms = equation.split("->")[0].split(",")
    operands = [numbers(tuple(extents[x] for x in term), dtype, rng) for term in terms]
    one = kd.einsum(equation, *operands, threads=1)
    for threads in (2, 3, 7, None):
        np.testing.assert_array_equal(kd.einsum(equation, *operands, threads=threads), one)


@pytest.mark.parametrize("dtype", KERNEL_DTYPES)
@pytest.mark.parametrize("layout", ["C", "F", "reversed"])
@pytest.mark.parametrize(
    ("equation", "extents"),
    [
        ("bij,bjk->bik", {"b": 11, "i": 9, "j": 30, "k": 17}),
        ("bij,bjk->ikb", {"b": 11, "i": 3, "j": 5, "k": 50}),
        ("bi,bj->bij", {"b": 40, "i": 5, "j": 3}),
        ("bij,bj->bi", {"b": 20, "i": 7, "j": 11}),
        ("abk,kb->ab", {"a": 33, "b": 7, "k": 40}),
        ("kb,abk->ba", {"a": 33, "b": 7, "k": 40}),
    ],
)
def test_batches_of_small_products(
    equation: str, extents: dict[str, int], layout: str, dtype: str
) -> None:
    rng = np.random.default_rng(8)
    terms = equation.split("->")[0].split(",")
    shapes = [tuple(extents[label] for label in term) for term in terms]
    operands = [laid_out(numbers(shape, dtype, rng), layout) for shape in shapes]
    exact = np.einsum(equation, *operands)
    tolerance = 100 * np.finfo(dtype).eps * np.abs(exact).max()
    np.testing.assert_allclose(kd.einsum(equation, *operands), exact, rtol=0, atol=tolerance)


def test_many_operands() -> None:
    rng = np.random.default_rng(4)
    matrices = rng.normal(size=(100, 3, 3)) / 2
    alternating = [part for i, m in enumerate(matrices) for part in (m, [i % 2, (i + 1) % 2])]
    arguments = [part for i, m in enumerate(matrices[:40]) for part in (m, [i, i + 1])]
    expected = np.linalg.multi_dot(list(matrices[:40]))
    np.testing.assert_allclose(kd.einsum(*arguments, [0, 40]), expected, rtol=1e-10)
    product = np.prod(matrices[0::2], axis=0) * np.prod(matrices[1::2], axis=0).T
    np.testing.assert_allclose(kd.einsum(*alternating, [0, 1]), product, rtol=1e-10)


@pytest.mark.parametrize("isa", _core.available_isas())
def test_every_instruction_set(isa: str) -> None:
    script = """
import json
import numpy as np
import kadanoff as kd
from einsum_cases import KERNEL_DTYPES, WIDER, laid_out, numbers
rng = np.random.default_rng(6)
results = []
for dtype in KERNEL_DTYPES:
    a, b = numbers((19, 5, 33), dtype, rng), numbers((33, 23, 5), dtype, rng)
    for layout in ("C", "F", "reversed", "strided"):
        pairs = [(a, b, e) for e in ("abc,cdb->ad", "abc,cdb->bda", "abc,cdb->adbc", "abc,cdb->b")]
        pairs += [(a, a, e) for e in ("abc,abc->", "abc,abc->b", "abc,abc->cab", "abc,abc->ac")]
        pairs += [(a, a[3, 2], e) for e in ("abc,c->ab", "abc,c->bca", "abc,d->dcab")]
        pairs += [(a, b[:19, 1, 0], e) for e in ("abc,a->bc", "abc,a->cb")]
        for left, right, equation in pairs:
            operands = laid_out(left, layout), laid_out(right, layout)
            result = kd.einsum(equation, *operands)
            exact = np.einsum(equation, *(x.astype(WIDER[x.dtype]) for x in operands))
            size = np.einsum(equation, *map(abs, operands))
            error = (np.abs(result - exact) / size).max() / np.finfo(result.dtype).eps
            depth = np.einsum(equation, *(np.ones(x.shape) for x in operands)).max() + 2
            results.append(float(error / depth))
print(json.dumps(results))
"""
    paths = [str(Path(kd.__file__).parents[1]), str(Path(__file__).parents[1])]
    environment = {**os.environ, "KADANOFF_ISA": isa, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    errors = json.loads(done.stdout)
    assert len(errors) == 4 * 4 * 13
    assert max(errors) < 4 * np.sqrt(2)


@pytest.mark.parametrize("layout", ["C", "F", "reversed", "strided", "transposed"])
def test_a_plan_is_not_mistaken_for_another(layout: str) -> None:
    """Equations, shapes, strides and dtypes that differ in one thing only, in turns."""
    rng = np.random.default_rng(8)
    for _ in range(2):
        for shape in ((4, 4), (4, 2)):
            for dtype in KERNEL_DTYPES:
                operands = [laid_out(numbers(shape, dtype, rng), layout) for _ in range(2)]
                for equation in ("ij,ij->ij", "ij,ij->ji", "ij,ij->i", "ij,kj->ik", "ij,kj->ki"):
                    assert_as_numpy(Case(equation, operands), kd.einsum(equation, *operands))
