"""Matrix product states: algebra, canonical forms, compression, files, against dense vectors."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

MPS = kd.tensor.MPS
DTYPES = (np.float32, np.float64, np.complex64, np.complex128)
dtypes = pytest.mark.parametrize("dtype", DTYPES)
SHAPES = ([2], [3, 2], [2, 3, 1, 4, 2], [2] * 7)
shapes = pytest.mark.parametrize("dims", SHAPES, ids=str)


def random(dims: list[int], bond: int = 3, seed: int = 1, dtype: Any = np.float64) -> MPS:
    return MPS.random(len(dims), dims, bond, seed, dtype)


def close(dtype: Any) -> float:
    return 5e-6 if np.dtype(dtype).name in ("float32", "complex64") else 1e-13


def is_isometry(tensor: np.ndarray, left: bool) -> bool:
    matrix = tensor.reshape(-1, tensor.shape[2]) if left else tensor.reshape(len(tensor), -1).T
    return np.allclose(matrix.conj().T @ matrix, np.eye(matrix.shape[1]), atol=1e-12)


@dtypes
@shapes
def test_sums_products_and_overlaps_are_those_of_dense_vectors(dims: list[int], dtype: Any) -> None:
    one, other = random(dims, 3, 1, dtype) * 1.5, random(dims, 2, 2, dtype)
    a, b = one.to_dense(), other.to_dense()
    assert a.dtype == dtype
    assert a.shape == tuple(dims)
    eps = close(dtype)
    for state, dense in (
        (one + other, a + b),
        (one - other, a - b),
        (-one, -a),
        (2.5 * one, 2.5 * a),
        (one.conj(), a.conj()),
    ):
        assert state.dtype == dtype
        np.testing.assert_allclose(state.to_dense(), dense, atol=eps)
        assert state.norm() == pytest.approx(np.linalg.norm(dense), abs=eps)
    assert one.overlap(other) == pytest.approx(np.vdot(a, b), abs=eps)
    assert one.overlap(one) == pytest.approx(1.5**2, abs=10 * eps)


def test_complex_factors_and_mixed_dtypes_promote() -> None:
    one, other = random([2, 3, 2]), random([2, 3, 2], dtype=np.complex64)
    np.testing.assert_allclose((one * 1j).to_dense(), 1j * one.to_dense(), atol=1e-14)
    assert (one + other).dtype == np.complex128
    assert (one * np.float64(2)).astype(np.complex64).dtype == np.complex64
    assert one.overlap(other * 1j) == pytest.approx(1j * one.overlap(other), abs=1e-7)


@dtypes
@shapes
def test_dense_arrays_come_back(dims: list[int], dtype: Any) -> None:
    rng = np.random.default_rng(3)
    dense = rng.normal(size=dims) + (1j * rng.normal(size=dims) if dtype(0).imag.dtype else 0)
    dense = (dense if np.dtype(dtype).kind == "c" else dense.real).astype(dtype)
    state = MPS.from_dense(dense)
    np.testing.assert_allclose(state.to_dense(), dense, atol=20 * close(dtype))
    ranks = []
    for i in range(1, len(dims)):
        ranks.append(np.linalg.matrix_rank(dense.reshape(int(np.prod(dims[:i])), -1)))
    assert list(state.bond_dimensions) == ranks


@pytest.mark.parametrize("center", [0, 2, 4, -1, "left", "right"])
def test_canonical_forms(center: Any) -> None:
    dims = [2, 3, 2, 4, 2]
    state = random(dims, 4) * 3.0 + random(dims, 2, 2)
    form = state.canonical(center)
    where = {"left": 4, "right": 0, -1: 4}.get(center, center)
    assert form.center == where
    np.testing.assert_allclose(form.to_dense(), state.to_dense(), atol=1e-13)
    assert all(is_isometry(t, True) for t in form.tensors[:where])
    assert all(is_isometry(t, False) for t in form.tensors[where + 1 :])
    assert np.linalg.norm(form.tensors[where]) == pytest.approx(1, abs=1e-14)
    assert form.log_scale == pytest.approx(np.log(state.norm()), abs=1e-13)
    for other in range(5):
        moved = form.canonical(other)
        np.testing.assert_allclose(moved.to_dense(), state.to_dense(), atol=1e-13)
        assert all(is_isometry(t, True) for t in moved.tensors[:other])


def test_bonds_are_no_larger_than_states_ask_for() -> None:
    state = random([2] * 8, 100)
    assert state.bond_dimensions == (2, 4, 8, 16, 8, 4, 2)
    doubled = state + state
    assert max(doubled.bond_dimensions) == 32
    assert doubled.compress().bond_dimensions == state.bond_dimensions
    np.testing.assert_allclose(doubled.compress().to_dense(), 2 * state.to_dense(), atol=1e-14)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("bond", [1, 2, 5])
def test_the_error_of_a_compression_is_the_distance(seed: int, bond: int) -> None:
    state = random([2, 3, 2, 2, 3, 2, 2], 8, seed, np.complex128) * 0.3
    small = state.compress(max_bond=bond)
    assert small.truncation is not None
    distance = np.linalg.norm(small.to_dense() - state.to_dense()) / state.norm()
    assert small.truncation.error == pytest.approx(distance, abs=1e-13)
    assert small.truncation.error > 0.01
    assert max(small.bond_dimensions) == bond
    assert small.norm() ** 2 == pytest.approx(state.norm() ** 2 * (1 - distance**2), abs=1e-13)
    # Any state of these bonds is at least as far away as the best cut at each bond.
    for i, dimension in enumerate(small.bond_dimensions):
        left_out = (state.schmidt_values(i)[dimension:] ** 2).sum()
        assert small.truncation.error**2 >= left_out - 1e-13
    # A planted fault: the weights of one bond left out of the sum.
    weights = small.truncation.discarded_weights
    assert abs(np.sqrt(weights.sum() - weights.max()) - distance) > 1e-4


@pytest.mark.parametrize("tolerance", [0.5, 0.1, 1e-3, 1e-9, 0.0])
def test_tolerances_are_kept_and_used(tolerance: float) -> None:
    rng = np.random.default_rng(5)
    decaying = np.exp(-np.arange(2.0**10) / 20) * rng.normal(size=2**10)
    dense = decaying.reshape([2] * 10)
    state = MPS.from_dense(dense)
    small = state.compress(tolerance=tolerance)
    error = np.linalg.norm(small.to_dense() - dense) / np.linalg.norm(dense)
    assert error <= max(tolerance, 1e-13)
    direct = MPS.from_dense(dense, tolerance=tolerance)
    assert direct.truncation is not None
    allowed = max(tolerance, 1e-13) * np.linalg.norm(dense)
    assert np.linalg.norm(direct.to_dense() - dense) <= allowed
    if tolerance >= 0.1:
        assert sum(small.bond_dimensions) < 0.7 * sum(state.bond_dimensions)


@dtypes
def test_long_chains_neither_overflow_nor_vanish(dtype: Any) -> None:
    one = MPS([np.full((1, 2, 1), 50, dtype=dtype)] * 1000)
    log = 1000 * np.log(50)
    assert one.log_norm() == pytest.approx(log + 500 * np.log(2), rel=1e-6)
    assert one.canonical(500).log_scale == pytest.approx(log + 500 * np.log(2), rel=1e-6)
    tiny = MPS([np.full((1, 2, 1), 1e-20, dtype=dtype)] * 1000)
    phase, overlap = one.log_overlap(tiny)
    assert phase == pytest.approx(1, abs=1e-6)
    assert overlap == pytest.approx(1000 * np.log(50 * 1e-20 * 2), rel=1e-6)
    both = (one + tiny).compress()
    assert both.log_norm() == pytest.approx(one.log_norm(), rel=1e-6)
    huge = MPS([np.full((1, 2, 1), np.finfo(dtype).max / 2, dtype=dtype)] * 3)
    assert huge.log_norm() == pytest.approx(3 * np.log(float(np.finfo(dtype).max) / 2 * 2**0.5))


def test_the_zero_state() -> None:
    zero = MPS.random(4, seed=1) * 0.0
    assert zero.norm() == 0
    assert zero.log_norm() == -np.inf
    assert not zero.compress().to_dense().any()
    assert zero.overlap(MPS.random(4, seed=2)) == 0
    assert not zero.amplitudes([[0, 0, 0, 0], [1, 1, 1, 1]]).any()


def test_seeds_fix_random_states() -> None:
    one, same, other = (MPS.random(5, 3, 4, seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(one.tensors, same.tensors, strict=True))
    assert abs(one.overlap(other)) < 0.9
    assert MPS.random(3).dtype == np.float64
    assert one.norm() == pytest.approx(1, abs=1e-14)


def test_states_do_not_change() -> None:
    tensors = [np.ones((1, 2, 1)), np.ones((1, 2, 1))]
    state = MPS(tensors)
    tensors[0][:] = 0
    assert state.to_dense().all()
    with pytest.raises(ValueError, match="read-only"):
        state.tensors[0][0, 0, 0] = 2
    with pytest.raises(AttributeError):
        state.log_scale = 1.0


@dtypes
def test_files_and_pickles(tmp_path: Path, dtype: Any) -> None:
    state = random([2, 3, 4, 2], 5, 1, dtype).canonical(2) * 2.0
    state.save(tmp_path / "state.h5")
    for again in (MPS.load(tmp_path / "state.h5"), pickle.loads(pickle.dumps(state))):
        assert (again.dtype, again.center, again.log_scale) == (dtype, 2, state.log_scale)
        assert all((a == b).all() for a, b in zip(state.tensors, again.tensors, strict=True))
    with pytest.raises(kd.FileError, match="expected a Kadanoff mpo file"):
        kd.tensor.MPO.load(tmp_path / "state.h5")


def test_files_that_lie_are_refused(tmp_path: Path) -> None:
    from kadanoff import storage

    good = random([2, 3], 2).to_state()
    lies: list[tuple[dict[str, Any], str]] = [
        ({"dtype": "int8"}, "expected one of float32"),
        ({"shapes": np.array([[1, 2, 2], [3, 3, 1]])}, "expected 13 numbers"),
        ({"shapes": np.array([[1, 2, -2], [2, 3, 1]])}, "expected shapes of tensors"),
        ({"shapes": np.array([[1, 2, 1], [2, 4, 1]])}, "expected tensor 1 with a left bond of 1"),
        ({"shapes": np.zeros((0, 3), dtype=np.int64)}, "expected shapes of tensors"),
        ({"numbers": np.full(10, np.nan)}, "expected finite numbers in tensor 0"),
        ({"center": 2}, "expected an integer from -1 to 1"),
        ({"center": 1}, "expected the centre of a canonical form, or -1"),
        ({"log_scale": "0"}, "expected a finite real number"),
    ]
    for change, text in lies:
        storage.write(tmp_path / "lie.h5", "mps", 1, {**good, **change})
        with pytest.raises(kd.FileError, match=text):
            MPS.load(tmp_path / "lie.h5")
