"""What `kd.einsum` takes and returns: forms of call, `out`, dtypes, layouts, views, GPU arrays."""

from __future__ import annotations

import collections
import itertools
import math
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from einsum_cases import KERNEL_DTYPES, Case, assert_as_numpy, laid_out

RNG = np.random.default_rng(1)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 5)), RNG.normal(size=(5, 3))


class Subclass(np.ndarray):
    """Any."""


@pytest.mark.parametrize(
    "arguments",
    [
        ("ij,jk->ik", A, B),
        (" i j , j k -> i k ", A, B),
        (b"ij,jk->ik", A, B),
        (np.str_("ij,jk->ik"), A, B),
        ("ij,jk", A, B),
        ("Zj,jA", A, B),
        (A, [0, 1], B, [1, 2], [0, 2]),
        (A, (0, 1), B, (1, 2)),
        (A, [Ellipsis, 1], B, [1, 2], [Ellipsis, 2]),
        (A, range(2), B, np.array([1, 2])),
        (A, [30, 31], B, [31, 3]),
        (A, [51, 0], B, [0, 25]),
        (A, [0, 1], []),
        (A, [1, 0], B, [0, 2], C, [2, 3], [3, 1]),
        (A.tolist(), [0, 1], B.tolist(), [1, 2]),
        ("ij,jk->ik", A.tolist(), tuple(B)),
        ("ij,jk->ik", A.view(Subclass), B),
        (",", 2.0, 3),
        ("i,->i", A[0], 2),
        ("...", 3.0),
    ],
    ids=lambda arguments: "-".join(
        str(a) if isinstance(a, (str, bytes)) else "" for a in arguments
    ),
)
def test_forms_of_call(arguments: tuple[Any, ...]) -> None:
    expected, result = np.einsum(*arguments), kd.einsum(*arguments)
    assert type(result) is type(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", [*KERNEL_DTYPES, "i4", "?", "f2"])
@pytest.mark.parametrize("layout", ["C", "F", "reversed", "strided", "swapped", "misaligned"])
def test_out_is_written_and_returned(dtype: str, layout: str) -> None:
    a, b = A.astype(dtype), B.astype(dtype)
    for equation in ("ij,jk->ik", "ij,jk->ki"):
        expected = np.einsum(equation, a, b)
        out = laid_out(np.zeros(expected.shape, dtype), layout)
        assert kd.einsum(equation, a, b, out=out) is out
        np.testing.assert_allclose(out, expected, rtol=1e-2 if dtype == "f2" else 1e-5)


def test_what_surrounds_out_stays() -> None:
    memory = np.full((9, 11), 7.0)
    out = memory[1:7:2, 2:7]
    kd.einsum("ij,jk->ik", A, B, out=out)
    np.testing.assert_allclose(out, A @ B)
    memory[1:7:2, 2:7] = 7
    assert (memory == 7).all()


@pytest.mark.parametrize(
    ("equation", "out"),
    [
        ("ij,jk->ik", "a"),
        ("ij,jk->ki", "b"),
        ("ij,ij->ij", "a"),
        ("ij,jk,kl->il", "b"),
        ("ij->ji", "a"),
    ],
)
def test_out_may_be_an_operand(equation: str, out: str) -> None:
    values = {name: RNG.normal(size=(6, 6)) for name in "abc"}
    count = equation.count(",") + 1
    expected = np.einsum(equation, *list(values.values())[:count]).copy()
    kd.einsum(equation, *list(values.values())[:count], out=values[out])
    np.testing.assert_allclose(values[out], expected)


def test_out_may_overlap_an_operand_in_part() -> None:
    memory = RNG.normal(size=100)
    a, out = memory[:36].reshape(6, 6), memory[20:56].reshape(6, 6)
    expected = np.einsum("ij,jk->ik", a, a)
    kd.einsum("ij,jk->ik", a, a, out=out)
    np.testing.assert_allclose(out, expected)
    every_second = RNG.normal(size=12)
    expected = every_second[::2] * every_second[1::2]
    kd.einsum("i,i->i", every_second[::2], every_second[1::2], out=every_second[1::2])
    np.testing.assert_allclose(every_second[1::2], expected)


def test_out_is_broadcast_to_as_in_numpy() -> None:
    for shape in ((3, 1), (1, 5), (3, 5)):
        ours, theirs = np.zeros((3, 5)), np.zeros((3, 5))
        a = RNG.normal(size=shape)
        np.testing.assert_array_equal(
            kd.einsum("ij,ij->ij", a, a, out=ours), np.einsum("ij,ij->ij", a, a, out=theirs)
        )


def test_out_without_axes() -> None:
    out = np.zeros(())
    assert kd.einsum("ij,ij->", A, A, out=out) is out
    assert out == pytest.approx((A * A).sum())
    assert type(kd.einsum("ij,ij->", A, A)) is np.float64
    assert type(kd.einsum("ij,ij->", A, A, order="F")) is np.float64


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16", "i8"])
@pytest.mark.parametrize("out_dtype", [None, "f4", "f8", "c16", "i8", ">f8"])
@pytest.mark.parametrize("wanted", [None, "f4", "c16", "i4"])
@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_dtypes_and_castings(
    dtype: str, out_dtype: str | None, wanted: str | None, casting: str
) -> None:
    a, b = (A * 4).astype(dtype), (B * 4).astype(dtype)
    results: list[Any] = []
    for einsum in (np.einsum, kd.einsum):
        out = None if out_dtype is None else np.zeros((3, 5), out_dtype)
        options = {} if out is None else {"out": out}
        try:
            results.append(einsum("ij,jk->ik", a, b, dtype=wanted, casting=casting, **options))
        except TypeError as error:
            results.append(type(error))
    theirs, ours = results
    if isinstance(theirs, type):
        assert ours is theirs
    else:
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("order", ["C", "F", "A", "K", "f", None])
@pytest.mark.parametrize("dtype", ["f8", "i4", "f2"])
def test_layouts_of_results(order: str | None, dtype: str) -> None:
    a, b, c = ((x * 4).astype(dtype) for x in (A, B, C))
    for operands in ([a, b], [a, b, c], [np.asfortranarray(x) for x in (a, b)]):
        equation = "ij,jk->ik" if len(operands) == 2 else "ij,jk,kl->il"
        result = kd.einsum(equation, *operands, order=order)
        assert_as_numpy(Case(equation, operands), result)
        fortran = order in ("F", "f") or (order == "A" and operands[0].flags.f_contiguous)
        assert result.flags.f_contiguous == fortran
        assert result.flags.c_contiguous != fortran


@pytest.mark.parametrize(
    ("equation", "shape"),
    [
        ("ij->ji", (3, 4)),
        ("ii->i", (4, 4)),
        ("iij->ji", (3, 3, 2)),
        ("...i->i...", (2, 3, 4)),
        ("i", (5,)),
    ],
)
@pytest.mark.parametrize("dtype", ["f8", "c8", "i4", ">f4", "f2", "U3", "f4,i2", "M8[s]"])
def test_views(equation: str, shape: tuple[int, ...], dtype: str) -> None:
    array = np.zeros(shape, dtype)
    view, expected = kd.einsum(equation, array), np.einsum(equation, array)
    assert np.shares_memory(view, array)
    assert view.strides == expected.strides
    assert view.shape == expected.shape
    assert view.dtype == expected.dtype
    assert view.flags.writeable
    array.flags.writeable = False
    assert not kd.einsum(equation, array).flags.writeable


def test_a_view_of_a_diagonal_writes_into_the_operand() -> None:
    array = np.zeros((3, 3))
    kd.einsum("ii->i", array)[:] = [1, 2, 3]
    np.testing.assert_array_equal(array, np.diag([1.0, 2, 3]))
    view = kd.einsum("ij->ji", np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(view, [[0, 3], [1, 4], [2, 5]])  # its operand lives on


def test_sums_and_out_give_new_arrays() -> None:
    assert not np.shares_memory(kd.einsum("ij->i", A), A)
    out = np.zeros((4, 3))
    assert kd.einsum("ij->ji", A, out=out) is out
    np.testing.assert_array_equal(out, A.T)


@pytest.mark.parametrize("dtype", ["i4", "f2", ">f8"])
def test_what_is_broadcast_is_not_written_out(dtype: str) -> None:
    """Its copy would have 2^40 elements."""
    huge = np.broadcast_to(np.ones((1, 3), dtype), (2**40, 3))[:, :2]
    if dtype != "i4":
        assert kd.einsum("ij,k->jk", huge[:4], np.ones(2, dtype)).shape == (2, 2)
    result = kd.einsum("ij,j->j", huge[:0], np.ones(2, dtype))
    np.testing.assert_array_equal(result, [0, 0])


def test_expressions() -> None:
    expression = kd.tensor.contract_expression("ij,jk,ki->j", (3, 4), (4, 5), (5, 3))
    assert expression.output_shape == (4,)
    assert len(expression.pairs) == 2
    np.testing.assert_allclose(expression(A, B, C), np.einsum("ij,jk,ki->j", A, B, C))
    out = np.zeros(4)
    assert expression(A, B, C, out=out) is out
    integers = [(x * 9).astype("i4") for x in (A, B, C)]
    np.testing.assert_array_equal(expression(*integers), np.einsum("ij,jk,ki->j", *integers))
    assert repr(expression) == (
        "ContractionExpression('ij,jk,ki->j', shapes=((3, 4), (4, 5), (5, 3)))"
    )
    greedy = kd.tensor.contract_expression("ij,jk->ik", (3, 4), [4, 5], optimize="greedy")
    np.testing.assert_allclose(greedy(A, B, threads=1), A @ B)


def cost(terms: list[str], output: str, sizes: dict[str, int], pairs: Any) -> float:
    """Return the number of products, and of elements read and written, of an order."""

    def volume(labels: set[str]) -> int:
        return math.prod(sizes[label] for label in labels)

    tensors: dict[int, set[str]] = dict(enumerate(map(set, terms)))
    total = 0
    for number, (i, j) in enumerate(pairs, len(terms)):
        left, right = tensors.pop(i), tensors.pop(j)
        kept = (left | right) & set(output).union(*tensors.values())
        total += volume(left | right) + volume(left) + volume(right) + volume(kept)
        tensors[number] = kept
    return total


def all_orders(left: tuple[int, ...], number: int) -> Iterator[list[tuple[int, int]]]:
    if len(left) == 1:
        yield []
    for i, j in itertools.combinations(left, 2):
        rest = tuple(k for k in left if k not in (i, j))
        for others in all_orders((*rest, number), number + 1):
            yield [(i, j), *others]


def test_the_optimal_order_is_found() -> None:
    rng = np.random.default_rng(2)
    greedy_is_worse = 0
    for _ in range(20):
        sizes = {label: int(rng.integers(2, 60)) for label in "abcdefg"}
        terms = ["".join(rng.permutation(list(sizes))[: rng.integers(2, 4)]) for _ in range(5)]
        # Labels of one tensor alone are summed before, which the cost of pairs does not show.
        counts = collections.Counter("".join(terms))
        terms = ["".join(label for label in term if counts[label] > 1) for term in terms]
        shapes = [tuple(sizes[label] for label in term) for term in terms]
        costs = {}
        for search in ("optimal", "greedy"):
            expression = kd.tensor.contract_expression(
                ",".join(terms) + "->", *shapes, optimize=search
            )
            costs[search] = cost(terms, "", sizes, expression.pairs)
        least = min(cost(terms, "", sizes, pairs) for pairs in all_orders((0, 1, 2, 3, 4), 5))
        assert costs["optimal"] == least
        greedy_is_worse += costs["greedy"] > least
    assert greedy_is_worse > 0


def test_a_given_order_is_kept() -> None:
    shapes = [(10, 100), (100, 5), (5, 50), (50, 1)]
    path = ["einsum_path", (2, 3), (1, 2), (0, 1)]
    pairs = kd.tensor.contract_expression("ab,bc,cd,de->ae", *shapes, optimize=path).pairs
    assert [sorted(pair) for pair in pairs] == [[2, 3], [1, 4], [0, 5]]


def test_intermediates_are_kept_small_where_an_order_allows_it() -> None:
    """The cheapest order makes a tensor of 20 x 20; another one 100."""
    shapes = [(20, 1000), (1000, 20), (20, 100), (100, 1)]
    unbounded = kd.tensor.contract_expression("ab,bc,cd,de->ae", *shapes, optimize="optimal")
    assert unbounded.pairs == [(2, 3), (1, 4), (0, 5)]
    bounded = kd.tensor.contract_expression("ab,bc,cd,de->ae", *shapes, optimize=("optimal", 500))
    assert (0, 1) in bounded.pairs


class OnDevice:
    """A CuPy array, played by NumPy."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)
        self.__cuda_array_interface__: dict[str, object] = {}

    shape = property(lambda self: self.values.shape)
    dtype = property(lambda self: self.values.dtype)

    def astype(self, dtype: Any, copy: bool) -> OnDevice:
        return OnDevice(self.values.astype(dtype, copy=copy))

    def __setitem__(self, index: Any, values: OnDevice) -> None:
        self.values[index] = values.values


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the equations that CuPy is asked for."""
    module = types.ModuleType("cupy")
    equations: list[str] = []

    def einsum(equation: str, *arrays: OnDevice) -> OnDevice:
        equations.append(equation)
        return OnDevice(np.einsum(equation, *(array.values for array in arrays)))

    def asarray(array: OnDevice, order: str | None = None) -> OnDevice:
        return array if order is None else OnDevice(np.asarray(array.values, order=order))

    module.einsum, module.asarray = einsum, asarray  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cupy", module)
    return equations


def test_arrays_of_a_device(cupy: list[str]) -> None:
    a, b, c = OnDevice(A), OnDevice(B), OnDevice(C.astype("f4"))
    result = kd.einsum("ij,jk,kl->il", a, b, c)
    np.testing.assert_allclose(result.values, A @ B @ C, rtol=1e-6)
    assert result.dtype == np.float64
    assert len(cupy) == 2
    np.testing.assert_array_equal(kd.einsum("ij->ji", a).values, A.T)
    assert kd.einsum("ij,jk->ik", a, b, order="F").values.flags.f_contiguous
    out = OnDevice(np.zeros((3, 5)))
    assert kd.einsum(a, [0, 1], b, [1, 2], out=out) is out
    np.testing.assert_allclose(out.values, A @ B)


@pytest.mark.usefixtures("cupy")
def test_arrays_of_a_device_and_of_the_host_are_not_mixed() -> None:
    text = r"^\[einsum\] expected all arrays on a GPU or all on the host, got some of each$"
    with pytest.raises(TypeError, match=text):
        kd.einsum("ij,jk->ik", OnDevice(A), B)
    with pytest.raises(TypeError, match=text):
        kd.einsum("ij,jk->ik", OnDevice(A), OnDevice(B), out=np.zeros((3, 5)))
    with pytest.raises(TypeError, match=text):
        kd.einsum("ij,jk->ik", A, B, out=OnDevice(np.zeros((3, 5))))
    with pytest.raises(ValueError, match=r"expected out of shape \(3, 5\), got \(5, 3\)$"):
        kd.einsum("ij,jk->ik", OnDevice(A), OnDevice(B), out=OnDevice(np.zeros((5, 3))))


def test_without_cupy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    text = r"^\[einsum\] expected CuPy, got none: pip install 'kadanoff\[cuda\]'$"
    with pytest.raises(ImportError, match=text):
        kd.einsum("ij->ji", OnDevice(A))
