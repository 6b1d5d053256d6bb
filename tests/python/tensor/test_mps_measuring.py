"""Expectation values, entropies, amplitudes and samples of matrix product states."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from spin_chains import SX, SY, SZ, on_sites

MPS = kd.tensor.MPS


def dense_mean(state: MPS, matrix: np.ndarray) -> complex:
    vector = state.to_dense().ravel()
    return complex(np.vdot(vector, matrix @ vector) / np.vdot(vector, vector))


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_local_operators_and_correlations(dtype: Any) -> None:
    n = 6
    state = MPS.random(n, 2, 5, 1, dtype) * 2.0 + MPS.random(n, 2, 2, 2, dtype)
    dims = [2] * n
    for matrix in (SX, SY, SZ):
        means = state.expectation(matrix)
        expected = [dense_mean(state, on_sites({i: matrix}, dims)) for i in range(n)]
        np.testing.assert_allclose(means, expected, atol=1e-13)
        assert state.expectation(matrix, 2) == pytest.approx(expected[2], abs=1e-13)
        assert state.expectation(matrix, -1) == pytest.approx(expected[-1], abs=1e-13)
    pair = np.kron(np.kron(SX, SY), SZ)
    expected_pair = dense_mean(state, np.kron(np.kron(np.eye(4), pair), np.eye(2)))
    assert state.expectation(pair, 2) == pytest.approx(expected_pair, abs=1e-13)
    for a, b in ((SX, SX), (SX, SY), (SZ, SX)):
        table = state.correlations(a, b)
        for i in range(n):
            for j in range(n):
                product = on_sites({i: a}, dims) @ on_sites({j: b}, dims)
                assert table[i, j] == pytest.approx(dense_mean(state, product), abs=1e-13)


def test_sites_of_different_dimensions() -> None:
    state = MPS.random(4, [2, 3, 4, 2], 5, 3)
    rng = np.random.default_rng(1)
    for site, width in ((0, 1), (1, 1), (1, 2), (0, 4), (2, 2)):
        dims = [2, 3, 4, 2]
        size = math.prod(dims[site : site + width])
        matrix = rng.normal(size=(size, size))
        before, after = math.prod(dims[:site]), math.prod(dims[site + width :])
        whole = np.kron(np.kron(np.eye(before), matrix), np.eye(after))
        assert state.expectation(matrix, site) == pytest.approx(
            dense_mean(state, whole).real, abs=1e-12
        )


def test_real_states_have_real_means() -> None:
    state = MPS.random(4, seed=1)
    assert isinstance(state.expectation(SZ, 0), float)
    assert state.expectation(SZ).dtype == np.float64
    assert isinstance(state.expectation(SY, 0), complex)
    assert isinstance(state.expectation(kd.tensor.heisenberg(4)), float)


@pytest.mark.parametrize("order", [0, 0.5, 1, 2, 3.5, math.inf])
def test_entropies_are_those_of_the_dense_state(order: float) -> None:
    dims = [2, 3, 2, 2, 3]
    state = MPS.random(5, dims, 4, 1, np.complex128) + 0.1 * MPS.random(5, dims, 1, 2)
    dense = state.to_dense() / state.norm()
    found = state.entropy(order=order)
    for bond in range(4):
        s = np.linalg.svd(dense.reshape(math.prod(dims[: bond + 1]), -1), compute_uv=False)
        s = s[s > 1e-13]
        p = s**2
        if order == 0:
            expected = math.log(len(p))
        elif order == 1:
            expected = -(p * np.log(p)).sum()
        elif order == math.inf:
            expected = -math.log(p.max())
        else:
            expected = math.log((p**order).sum()) / (1 - order)
        assert found[bond] == pytest.approx(expected, abs=1e-12)
        assert state.entropy(bond, order) == pytest.approx(expected, abs=1e-12)
        values = state.schmidt_values(bond)
        np.testing.assert_allclose(values[: len(s)], s, atol=1e-13)
        np.testing.assert_allclose(state.entanglement_spectrum(bond)[: len(s)], -np.log(p))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_amplitudes_and_likelihoods(dtype: Any) -> None:
    dims = [2, 3, 1, 4, 2]
    state = MPS.random(5, dims, 4, 1, dtype) * 0.7
    dense = state.to_dense()
    every = np.argwhere(np.ones(dims))
    eps = 1e-6 if dtype in (np.float32, np.complex64) else 1e-15
    found = state.amplitudes(every)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, dense.ravel(), atol=eps)
    phases, logs = state.log_amplitudes(every)
    np.testing.assert_allclose(phases * np.exp(logs), dense.ravel(), atol=eps)
    assert np.exp(state.log_likelihood(every)).sum() == pytest.approx(1, abs=10 * eps)
    assert state.amplitudes(every.reshape(6, 8, 5)).shape == (6, 8)
    assert state.amplitudes(every[7]).shape == ()
    assert state.amplitudes(every[7]) == pytest.approx(found[7], abs=eps)
    assert state.amplitudes(every[:0]).shape == (0,)


def test_amplitudes_beyond_the_range_of_floats() -> None:
    state = MPS([np.array([[[1e3], [1e-3]]])] * 400)
    zeros, ones, mixed = np.zeros(400, int), np.ones(400, int), np.arange(400) % 2
    phases, logs = state.log_amplitudes([zeros, ones, mixed])
    np.testing.assert_allclose(logs, [1200 * np.log(10), -1200 * np.log(10), 0], atol=1e-9)
    assert phases.tolist() == [1, 1, 1]
    assert state.amplitudes([zeros, ones, mixed]).tolist() == [
        np.inf,
        0.0,
        pytest.approx(1, abs=1e-11),
    ]
    # A chain whose scale alone is out of range, and whose amplitudes are not.
    scaled = MPS([np.array([[[1.0], [2.0]]])] * 3, log_scale=-2000.0)
    lifted = MPS([np.exp(600.0) * np.ones((1, 2, 1))] * 5, log_scale=-3000.0)
    assert scaled.log_amplitudes([1, 1, 1])[1] == pytest.approx(3 * np.log(2) - 2000)
    assert lifted.amplitudes([0] * 5) == pytest.approx(1, abs=1e-10)


def chi_square(state: MPS, configurations: np.ndarray) -> float:
    """Return (chi^2 - dof) / sqrt(2 dof) of the samples' counts."""
    dims = state.dimensions
    every = np.argwhere(np.ones(dims))
    expected = np.exp(state.log_likelihood(every)) * len(configurations)
    counts = np.bincount(
        np.ravel_multi_index(tuple(configurations.T), dims), minlength=math.prod(dims)
    )
    used = expected > 5
    dof = used.sum() - 1
    return float(((((counts - expected) ** 2 / expected)[used]).sum() - dof) / math.sqrt(2 * dof))


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
def test_samples_have_the_probabilities_of_the_state(dtype: Any) -> None:
    """200,000 samples: a probability of 1/100 that is 10 % off would add about 20 to chi^2."""
    state = MPS.random(5, [2, 3, 2, 2, 3], 4, 1, dtype) * 4.0
    samples = state.sample(200_000, seed=7)
    assert samples.configurations.dtype == np.uint8
    assert abs(chi_square(state, samples.configurations)) < 4
    np.testing.assert_allclose(
        samples.log_probabilities, state.log_likelihood(samples.configurations), atol=1e-4
    )
    other = MPS.random(5, [2, 3, 2, 2, 3], 4, 2, dtype)
    mixed = (state * 0.25 + 0.05 * other).sample(200_000, seed=7).configurations
    assert chi_square(state, mixed) > 8


def test_samples_are_functions_of_the_seed() -> None:
    state = MPS.random(12, seed=1)
    long, short = state.sample(50, seed=3), state.sample(20, seed=3)
    assert (long.configurations[:20] == short.configurations).all()
    assert (state.sample(20, seed=4).configurations != short.configurations).any()


def test_states_of_probability_zero_are_never_drawn() -> None:
    state = MPS.product([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.6, 0.0, 0.8]])
    found = {tuple(row) for row in state.sample(2000, seed=1).configurations.tolist()}
    assert found == {(1, 0, 0), (1, 0, 2)}
    assert state.log_likelihood([0, 0, 0]) == -np.inf


def test_many_samples_go_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from kadanoff.tensor.states import configurations

    state = MPS.random(6, seed=1)
    whole = state.sample(1000, seed=2)
    monkeypatch.setattr(configurations, "CHUNK_NUMBERS", 16 * 100)
    assert (state.sample(1000, seed=2).configurations == whole.configurations).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_ranks_and_spectra_know_what_is_rounding(dtype: Any) -> None:
    """Ten Schmidt values by hand, down to 1e-20 of the largest: those below rounding are zero."""
    rng = np.random.default_rng(1)
    values = 10.0 ** -np.arange(0, 20, 2)
    u, v = (np.linalg.qr(rng.normal(size=(16, 10)))[0] for _ in range(2))
    state = MPS([(u * values)[None].astype(dtype), v.T[:, :, None].astype(dtype)])
    known = 3 if dtype is np.float32 else 8
    eps = np.finfo(dtype).eps
    found = state.schmidt_values(0)
    assert len(found) == 10
    assert np.count_nonzero(found) == state.schmidt_rank(0) == known
    assert (found[known:] == 0).all()
    expected = values / np.linalg.norm(values)
    np.testing.assert_allclose(found[:known], expected[:known], atol=20 * eps)
    assert state.schmidt_rank() == (known,)
    assert [state.schmidt_rank(0, tolerance=t) for t in (0.0, 1e-5, 0.5)] == [known, 3, 1]
    assert state.entropy(0, order=0) == pytest.approx(math.log(known))
    assert len(state.entanglement_spectrum(0)) == known
    # The scale does not matter.
    assert (state * 1e300).schmidt_rank(0) == (state / 1e300).schmidt_rank(0) == known
