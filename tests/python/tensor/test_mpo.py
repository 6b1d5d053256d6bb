"""Matrix product operators, and the Hamiltonians of chains, against dense matrices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import storage
from spin_chains import SX, SY, SZ, bethe_energy, free_fermion_energy, on_sites

MPO, MPS = kd.tensor.MPO, kd.tensor.MPS


def ising(j: np.ndarray, g: np.ndarray, h: np.ndarray) -> np.ndarray:
    n = len(g)
    total = np.zeros((2**n, 2**n))
    for i in range(n):
        total -= on_sites({i: g[i] * SX + h[i] * SZ}, [2] * n)
        if i + 1 < n:
            total -= j[i] * on_sites({i: SZ, i + 1: SZ}, [2] * n)
    return total


@pytest.mark.parametrize("n", [2, 3, 6])
def test_the_transverse_field_chain(n: int) -> None:
    rng = np.random.default_rng(n)
    j, g, h = rng.normal(size=n - 1), rng.normal(size=n), rng.normal(size=n)
    operator = kd.tensor.transverse_field_ising(n, j, g, h)
    np.testing.assert_allclose(operator.to_dense(), ising(j, g, h), atol=1e-14)
    assert operator.bond_dimensions == (3,) * (n - 1)
    plain = kd.tensor.transverse_field_ising(n)
    expected = ising(np.ones(n), np.ones(n), np.zeros(n))
    np.testing.assert_allclose(plain.to_dense(), expected, atol=1e-14)
    free = kd.tensor.transverse_field_ising(n, j, g)
    lowest = np.linalg.eigvalsh(free.to_dense())[0]
    assert lowest == pytest.approx(free_fermion_energy(j, g), abs=1e-12)


@pytest.mark.parametrize("n", [2, 5])
def test_the_xxz_chain(n: int) -> None:
    rng = np.random.default_rng(n)
    j, delta, h = rng.normal(size=n - 1), rng.normal(size=n - 1), rng.normal(size=n)
    total = np.zeros((2**n, 2**n), dtype=complex)
    for i in range(n):
        total -= h[i] / 2 * on_sites({i: SZ}, [2] * n)
        if i + 1 < n:
            for matrix, factor in ((SX, 1), (SY, 1), (SZ, delta[i])):
                total += j[i] * factor / 4 * on_sites({i: matrix, i + 1: matrix}, [2] * n)
    operator = kd.tensor.heisenberg(n, j, delta, h)
    assert operator.dtype == np.float64
    np.testing.assert_allclose(operator.to_dense(), total, atol=1e-14)


@pytest.mark.parametrize("spin", [0.5, 1, 1.5])
def test_two_spins_have_the_levels_of_their_total(spin: float) -> None:
    """S.S = (s (s + 1) - 2 S (S + 1)) / 2 for s = 0 .. 2 S, each 2 s + 1 times."""
    levels = np.linalg.eigvalsh(kd.tensor.heisenberg(2, spin=spin).to_dense())
    expected = [
        (s * (s + 1) - 2 * spin * (spin + 1)) / 2
        for s in range(int(2 * spin) + 1)
        for _ in range(2 * s + 1)
    ]
    np.testing.assert_allclose(levels, sorted(expected), atol=1e-12)


@pytest.mark.parametrize("n", [2, 4, 8, 10])
def test_the_bethe_ansatz_is_exact_where_matrices_are(n: int) -> None:
    lowest = np.linalg.eigvalsh(kd.tensor.heisenberg(n).to_dense())[0]
    assert bethe_energy(n) == pytest.approx(lowest, abs=1e-11)


def test_algebra() -> None:
    one = kd.tensor.heisenberg(4, 1.0, 0.3)
    other = kd.tensor.transverse_field_ising(4, 0.7, 0.2)
    a, b = one.to_dense(), other.to_dense()
    for operator, matrix in (
        (one + other, a + b),
        (one - other, a - b),
        (2 * one * 1j, 2j * a),
        (-one, -a),
        ((one * 1j + other).adjoint(), (1j * a + b).conj().T),
        (MPO.identity(4), np.eye(16)),
    ):
        np.testing.assert_allclose(operator.to_dense(), matrix, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_means_and_applications(dtype: type) -> None:
    rng = np.random.default_rng(1)
    bonds, dims = [1, 3, 2, 4, 1], [2, 3, 2, 2]
    tensors = [
        rng.normal(size=(bonds[i], d, d, bonds[i + 1])) * (1 if dtype is np.float64 else 1 + 0.5j)
        for i, d in enumerate(dims)
    ]
    operator = MPO(tensors)
    state = MPS.random(4, dims, 3, 1, dtype) * 3.0
    vector, matrix = state.to_dense().ravel(), operator.to_dense()
    mean = np.vdot(vector, matrix @ vector) / 9
    assert state.expectation(operator) == pytest.approx(mean, abs=1e-11)
    image = operator.apply(state)
    np.testing.assert_allclose(image.to_dense().ravel(), matrix @ vector, atol=1e-11)
    small = image.compress()
    assert max(small.bond_dimensions) <= 6
    np.testing.assert_allclose(small.to_dense().ravel(), matrix @ vector, atol=1e-11)


def test_files(tmp_path: Path) -> None:
    operator = kd.tensor.heisenberg(5, field=0.3) * (1 + 1j)
    operator.save(tmp_path / "operator.h5")
    again = MPO.load(tmp_path / "operator.h5")
    assert all((a == b).all() for a, b in zip(operator.tensors, again.tensors, strict=True))
    lie = {**MPO.identity(1, 4).to_state(), "shapes": np.array([[1, 2, 8, 1]])}
    storage.write(tmp_path / "lie.h5", "mpo", 1, lie)
    with pytest.raises(kd.FileError, match="expected as many rows as columns"):
        MPO.load(tmp_path / "lie.h5")
