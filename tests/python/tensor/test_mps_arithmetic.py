"""Quotients, comparisons, local operators and reduced states, against dense vectors."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

MPS, MPO = kd.tensor.MPS, kd.tensor.MPO
DTYPES = (np.float32, np.float64, np.complex64, np.complex128)
PLACES = [(0, 1), (3, 1), (-1, 1), (0, 2), (2, 2), (1, 3), (0, 4)]
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def random(dims: list[int], seed: int = 1, dtype: Any = np.float64, bond: int = 3) -> MPS:
    return MPS.random(len(dims), dims, bond, seed, dtype)


def close(dtype: Any) -> float:
    return 5e-6 if np.dtype(dtype).name in ("float32", "complex64") else 1e-13


@dtypes
def test_multiples_and_quotients(dtype: Any) -> None:
    state = random([2, 3, 2], dtype=dtype)
    dense = state.to_dense()
    numbers = (2, -3.0, np.float32(0.7), np.float64(0.7), np.array(1.5), True, Fraction(1, 3))
    for number in (*numbers, Decimal("2.5"), 10**30):
        value = float(number)
        for found, expected in (
            (state * number, dense * value),
            (number * state, dense * value),
            (state / number, dense / value),
        ):
            assert found.dtype == dtype
            size = np.abs(expected).max()
            np.testing.assert_allclose(found.to_dense(), expected, atol=close(dtype) * size)
    assert (+state) is state
    for number in (1j, np.complex64(2 - 1j), complex(3)):
        found = state / number
        assert found.dtype.kind == "c"
        np.testing.assert_allclose(found.to_dense(), dense / number, atol=close(dtype))
    np.testing.assert_array_equal((state / 2).to_dense() * 2, dense)


@dtypes
def test_numbers_beyond_the_range_of_the_dtype(dtype: Any) -> None:
    state = random([2, 3, 2], dtype=dtype)
    start = state.log_norm()
    for number in (1e-310, 1e300, 1e60, 1e-60):
        assert (state * number).log_norm() == pytest.approx(start + math.log(number), rel=1e-6)
        assert (state / number).log_norm() == pytest.approx(start - math.log(number), rel=1e-6)
        assert state.distance(state * number / number) < 10 * close(dtype)
    size = complex(1.5e308, 1.5e308)  # whose absolute value is no float64
    expected = math.log(1.5e308) + math.log(2) / 2
    assert (state * size).log_norm() == pytest.approx(start + expected, rel=1e-6)
    assert (state * 0).norm() == 0


@pytest.mark.parametrize("operator", [MPO.identity(2), MPS.product([0, 1])])
def test_what_is_no_number_is_refused(operator: Any) -> None:
    for value in ("2", None, [1.0], np.ones(2), operator):
        for call in (lambda x, v: x * v, lambda x, v: x / v, lambda x, v: v * x):
            with pytest.raises(TypeError):
                call(operator, value)
    with pytest.raises(
        ValueError, match=r"^\[divide\] expected a divisor that is not zero, got 0$"
    ):
        operator / 0
    with pytest.raises(ValueError, match=r"^\[divide\] expected a finite number, got inf$"):
        operator / np.inf


def test_fidelities_and_distances() -> None:
    for seed, dtype in itertools.product((1, 2), (np.float64, np.complex128)):
        one, other = random([2, 3, 2, 2], seed, dtype) * 3, random([2, 3, 2, 2], seed + 2, dtype)
        a, b = one.to_dense().ravel(), other.to_dense().ravel()
        square = abs(np.vdot(a, b)) ** 2 / np.vdot(a, a).real / np.vdot(b, b).real
        assert one.fidelity(other) == pytest.approx(square, rel=1e-12)
        assert one.fidelity(one * -0.1) == pytest.approx(1, abs=1e-14)
        expected = np.linalg.norm(a - b) / np.linalg.norm(a)
        assert one.distance(other) == pytest.approx(expected, rel=1e-12)
        assert one.distance(-one) == pytest.approx(2, rel=1e-14)
        assert one.distance(one * 0) == pytest.approx(1, rel=1e-14)


def test_small_distances_keep_their_digits() -> None:
    """Overlaps lose them: 1 - fidelity of these states is below rounding."""
    state = MPS.random(30, bond=8, seed=1)
    other = MPS.random(30, bond=2, seed=2)
    for size in (1e-6, 1e-10):
        assert state.distance(state + size * other) == pytest.approx(size, rel=1e-4)
    assert state.distance(state) < 1e-14
    long = MPS([np.full((1, 2, 1), 50.0)] * 1000)
    assert long.distance(long * (1 + 2**-20)) == pytest.approx(2**-20, rel=1e-8)


def test_long_chains_have_fidelities() -> None:
    one, other = MPS.product([[1.0, 0.0]] * 500), MPS.product([[50.0, 1.0]] * 500)
    assert one.fidelity(other) == pytest.approx((2500 / 2501) ** 500, rel=1e-10)


@dtypes
@pytest.mark.parametrize(
    ("first", "width"), [(0, 1), (3, 1), (-1, 1), (0, 2), (2, 2), (1, 3), (0, 4)]
)
def test_local_operators_make_the_states_of_dense_vectors(
    dtype: Any, first: int, width: int
) -> None:
    dims = [2, 3, 2, 2]
    state = random(dims, 1, dtype, 4) * 2
    at = first % 4
    size = math.prod(dims[at : at + width])
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(size, size))
    if np.dtype(dtype).kind == "c":
        matrix = matrix + 1j * rng.normal(size=(size, size))
    matrix = matrix.astype(dtype)
    left, right = math.prod(dims[:at]), math.prod(dims[at + width :])
    whole = np.kron(np.kron(np.eye(left), matrix), np.eye(right))
    expected = (whole @ state.to_dense().ravel()).reshape(dims)
    found = state.apply(matrix, first)
    assert found.dtype == dtype
    assert found.center == at
    np.testing.assert_allclose(found.to_dense(), expected, atol=50 * close(dtype))
    assert found.norm() == pytest.approx(np.linalg.norm(expected), rel=50 * close(dtype))


def test_operators_that_annihilate_and_gates_that_do_not() -> None:
    up = MPS.product([0, 0, 0])
    assert up.apply([[0.0, 1.0], [0.0, 0.0]], 1).norm() == 0
    cnot = np.eye(4)[[0, 1, 3, 2]]
    ghz = up.apply(np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2), 0)
    ghz = ghz.apply(cnot, 0).apply(cnot, 1)
    assert ghz.bond_dimensions == (2, 2)
    expected = (up + MPS.product([1, 1, 1])) / math.sqrt(2)
    assert expected.distance(ghz) < 1e-15
    assert (up * 1j).apply(np.eye(2), 0).dtype == np.complex128


@dtypes
@pytest.mark.parametrize("sites", [0, [2], [-1], [0, 1], [1, 0], [3, 0], [2, 0, 3], [0, 1, 2, 3]])
def test_reduced_density_matrices(dtype: Any, sites: Any) -> None:
    dims = [2, 3, 2, 2]
    state = random(dims, 3, dtype, 4) * 5
    kept = [site % 4 for site in np.atleast_1d(sites).tolist()]
    rest = [i for i in range(4) if i not in kept]
    table = state.to_dense().transpose([*kept, *rest])
    table = table.reshape(math.prod(dims[i] for i in kept), -1)
    expected = table @ table.conj().T
    found = state.reduced_density_matrix(sites)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected / np.trace(expected), atol=close(dtype))


def test_entropies_of_reduced_states_are_those_of_bonds() -> None:
    state = MPS.random(9, bond=6, seed=5)
    weights = np.linalg.eigvalsh(state.reduced_density_matrix([0, 1, 2]))
    weights = weights[weights > 1e-15]
    assert -(weights * np.log(weights)).sum() == pytest.approx(state.entropy(2), abs=1e-12)
    z = np.diag([1.0, -1.0])
    pair = state.reduced_density_matrix([1, 7])
    assert np.trace(pair @ np.kron(z, z)) == pytest.approx(state.correlations(z)[1, 7], abs=1e-13)


@dtypes
def test_operators_multiply_and_divide(dtype: Any) -> None:
    h = kd.tensor.transverse_field_ising(3, coupling=[0.3, 0.7])
    g = kd.tensor.heisenberg(3)
    a, b = h.to_dense(), g.to_dense()
    state = random([2, 2, 2], dtype=dtype)
    np.testing.assert_allclose((h @ g).to_dense(), a @ b, atol=1e-14)
    np.testing.assert_allclose((g @ h).to_dense(), b @ a, atol=1e-14)
    assert np.abs(a @ b - b @ a).max() > 0.1
    np.testing.assert_allclose((h / 4).to_dense(), a / 4, atol=1e-15)
    np.testing.assert_allclose((np.float64(2) * h).to_dense(), 2 * a, atol=1e-15)
    assert (h / 2j).dtype == np.complex128
    assert (+h) is h
    found = (h @ state).to_dense().ravel()
    np.testing.assert_allclose(found, a @ state.to_dense().ravel(), atol=10 * close(dtype))
    squared = state.expectation(h @ h) - state.expectation(h) ** 2
    assert abs(squared) > 0.01


S = MPS.random(14, seed=1)
WRONG: list[tuple[Any, type[Exception], str]] = [
    (lambda: S.fidelity(2), TypeError, "[fidelity] expected an MPS, got int"),
    (lambda: S.distance(2), TypeError, "[distance] expected an MPS, got int"),
    (
        lambda: S.fidelity(S * 0),
        ValueError,
        "[fidelity] expected states that are not zero, got zero",
    ),
    (
        lambda: (S * 0).distance(S),
        ValueError,
        "[distance] expected a state that is not zero, got zero",
    ),
    (
        lambda: S.distance(MPS.random(3, seed=1)),
        ValueError,
        "[distance] expected a chain of 14 sites, got 3",
    ),
    (
        lambda: (S / 1e200).distance(S * 1e200),
        ValueError,
        "[distance] expected a number below 1e308, got e^921.034",
    ),
    (
        lambda: S.schmidt_rank(0, tolerance=1),
        ValueError,
        "[schmidt_rank] expected tolerance in [0, 1), got 1",
    ),
    (
        lambda: S.schmidt_rank(13),
        ValueError,
        "[schmidt_rank] expected bond in [0, 12], got 13",
    ),
    (lambda: S.apply(np.eye(2), 14), ValueError, "[apply] expected site in [-14, 13], got 14"),
    (
        lambda: S.apply(np.eye(3), 0),
        ValueError,
        "[apply] expected a matrix on neighbouring sites of dimensions (2, 2, 2), got shape (3, 3)",
    ),
    (
        lambda: S.apply(np.eye(4), -1),
        ValueError,
        "[apply] expected a matrix on neighbouring sites of dimensions (2,), got shape (4, 4)",
    ),
    (
        lambda: S.reduced_density_matrix([]),
        ValueError,
        "[reduced_density_matrix] expected at least one site, got []",
    ),
    (
        lambda: S.reduced_density_matrix([1, -13]),
        ValueError,
        "[reduced_density_matrix] expected different sites, got [1, 1]",
    ),
    (
        lambda: S.reduced_density_matrix(range(13)),
        ValueError,
        "[reduced_density_matrix] expected at most 4096 states, got 8192",
    ),
    (
        lambda: S.reduced_density_matrix([14]),
        ValueError,
        "[reduced_density_matrix] expected site in [-14, 13], got 14",
    ),
    (
        lambda: MPO.identity(3) @ MPO.identity(4),
        ValueError,
        "[multiply] expected a chain of 3 sites, got 4",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG)
def test_wrong_calls(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == text
