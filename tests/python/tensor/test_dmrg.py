"""Ground states of chains by DMRG, against exact energies."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from spin_chains import SX, SZ, bethe_energy, free_fermion_energy

MPO, MPS = kd.tensor.MPO, kd.tensor.MPS
dmrg = kd.tensor.dmrg


def random_chain(n: int, d: int, seed: int, dtype: Any) -> MPO:
    """Return a sum of random Hermitian terms on neighbouring sites, of no particular structure."""
    rng = np.random.default_rng(seed)
    total = None
    for i in range(n - 1):
        pair = []
        for _ in range(2):
            m = rng.normal(size=(d, d)) + 1j * rng.normal(size=(d, d))
            m = m if np.dtype(dtype).kind == "c" else m.real
            pair.append((m + m.conj().T)[None, :, :, None])
        eye = np.eye(d)[None, :, :, None]
        term = MPO([eye] * i + pair + [eye] * (n - i - 2))
        total = term if total is None else total + term
    assert total is not None
    return total


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize(("n", "d"), [(2, 2), (3, 3), (7, 2), (5, 3)])
def test_small_chains_are_exact(n: int, d: int, dtype: Any) -> None:
    operator = random_chain(n, d, 1, dtype)
    levels, vectors = np.linalg.eigh(operator.to_dense())
    result = dmrg(operator, chi=32, tolerance=1e-11, seed=1)
    assert result.converged
    assert result.energy == pytest.approx(levels[0], abs=1e-9)
    assert result.state.expectation(operator) == pytest.approx(result.energy, abs=1e-11)
    assert abs(np.vdot(vectors[:, 0], result.state.to_dense().ravel())) > 1 - 1e-8
    assert result.variance == pytest.approx(0, abs=1e-8)
    assert result.state.norm() == pytest.approx(1, abs=1e-13)


def test_local_dimensions_may_differ() -> None:
    rng = np.random.default_rng(2)
    dims = [2, 4, 3, 2]
    total = None
    for i in range(3):
        pair = []
        for d in dims[i : i + 2]:
            m = rng.normal(size=(d, d))
            pair.append((m + m.T)[None, :, :, None])
        eyes = [np.eye(d)[None, :, :, None] for d in dims]
        term = MPO(eyes[:i] + pair + eyes[i + 2 :])
        total = term if total is None else total + term
    assert total is not None
    result = dmrg(total, seed=1)
    assert result.energy == pytest.approx(np.linalg.eigvalsh(total.to_dense())[0], abs=1e-9)
    assert result.variance == pytest.approx(0, abs=1e-8)


def test_operators_that_reach_far() -> None:
    """Couplings 2^-|i - j| between all sites: the operator bond passes through both sites."""
    n, eye = 8, np.eye(2)
    bulk = np.zeros((3, 2, 2, 3))
    bulk[0, :, :, 0] = bulk[2, :, :, 2] = eye
    bulk[0, :, :, 1], bulk[1, :, :, 1], bulk[1, :, :, 2] = SZ / 2, eye / 2, -SZ
    bulk[0, :, :, 2] = -0.8 * SX
    operator = MPO([bulk[:1], *[bulk] * (n - 2), bulk[..., 2:]])
    result = dmrg(operator, seed=1)
    assert result.energy == pytest.approx(np.linalg.eigvalsh(operator.to_dense())[0], abs=1e-9)


@pytest.mark.parametrize("products", [2, 4, 20])
@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_the_heisenberg_chain_of_16_sites(products: int, noise: float) -> None:
    result = dmrg(kd.tensor.heisenberg(16), chi=48, noise=noise, seed=1, products=products)
    assert result.converged
    assert result.energy == pytest.approx(bethe_energy(16), abs=1e-9)
    assert abs(result.state.expectation(SZ)).max() < 1e-4


def test_energies_are_bounds_from_above_that_fall_with_chi() -> None:
    exact = bethe_energy(24)
    found = [dmrg(kd.tensor.heisenberg(24), chi=chi, seed=1) for chi in (4, 8, 16, 32)]
    above = [result.energy - exact for result in found]
    assert all(a > b > 0 for a, b in itertools.pairwise(above))
    variances = [result.variance for result in found]
    assert all(a > b > 0 for a, b in itertools.pairwise(variances))
    errors = [result.truncation_errors[-1] for result in found]
    assert all(a > b > 0 for a, b in itertools.pairwise(errors))
    assert [max(result.state.bond_dimensions) for result in found] == [4, 8, 16, 32]
    # Power: a Bethe energy off by 1e-6 would be seen.
    assert above[-1] < 1e-6


def test_the_critical_transverse_field_chain_of_40_sites() -> None:
    rng = np.random.default_rng(1)
    uniform = dmrg(kd.tensor.transverse_field_ising(40), chi=32, seed=1, tolerance=1e-10)
    assert uniform.energy == pytest.approx(1 - 1 / np.sin(np.pi / 162), abs=1e-8)
    j, g = rng.uniform(0.5, 1.5, 39), rng.uniform(0.5, 1.5, 40)
    disordered = dmrg(kd.tensor.transverse_field_ising(40, j, g), chi=32, seed=1)
    assert disordered.energy == pytest.approx(free_fermion_energy(j, g), abs=1e-7)
    # Half the chain has the entropy (c / 6) ln N + constant with c = 1/2, and terms of order 1 / N.
    half = uniform.state.entropy(19)
    smaller = dmrg(kd.tensor.transverse_field_ising(20), chi=32, seed=1).state.entropy(9)
    assert (half - smaller) * 6 / np.log(2) == pytest.approx(0.5, abs=0.05)


def test_excited_states() -> None:
    operator = kd.tensor.transverse_field_ising(8, 1.0, 1.3)
    levels = np.linalg.eigvalsh(operator.to_dense())
    states: list[MPS] = []
    for level in levels[:3]:
        result = dmrg(operator, orthogonal_to=states, seed=3, tolerance=1e-11)
        assert result.energy == pytest.approx(level, abs=1e-8)
        assert all(abs(state.overlap(result.state)) < 1e-4 for state in states)
        states.append(result.state)
    # A penalty smaller than the gap leaves the ground state lowest.
    weak = dmrg(operator, orthogonal_to=states[:1], penalty=0.1, seed=3)
    assert weak.energy < levels[1] - 0.1


def test_starts_and_seeds() -> None:
    operator = kd.tensor.heisenberg(10)
    one, same = dmrg(operator, seed=1), dmrg(operator, seed=1)
    assert (one.energies == same.energies).all()
    again = dmrg(operator, start=one.state, seed=2)
    assert again.energies[0] == pytest.approx(one.energy, abs=1e-10)
    neel = dmrg(operator, start=MPS.product([0, 1] * 5))
    assert neel.energy == pytest.approx(one.energy, abs=1e-9)
    stopped = dmrg(operator, sweeps=1, seed=1)
    assert not stopped.converged
    assert len(stopped.energies) == len(stopped.truncation_errors) == 1
    scheduled = dmrg(operator, chi=[4, 8, 12], seed=1, sweeps=4)
    assert scheduled.bond_dimensions.tolist() == [4, 8, 12, 12]


def test_the_heisenberg_chain_of_64_sites() -> None:
    result = dmrg(kd.tensor.heisenberg(64), chi=96, seed=1)
    assert result.energy == pytest.approx(bethe_energy(64), abs=1e-8)


def test_the_critical_transverse_field_chain_of_128_sites() -> None:
    result = dmrg(kd.tensor.transverse_field_ising(128), chi=48, seed=1)
    exact = free_fermion_energy(np.ones(127), np.ones(128))
    assert exact == pytest.approx(1 - 1 / np.sin(np.pi / 514), abs=1e-10)
    assert result.energy == pytest.approx(exact, abs=1e-8)
