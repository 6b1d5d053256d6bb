"""Truncated states of machines of any size, against exact states, closed forms and samples."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

T = kd.tensor
UNITS = ("binary", "spin")
SUCCESSIVE = "successive"


def machine(
    nv: int, nh: int, seed: int, scale: float, dtype: Any = float, share: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)

    def numbers(shape: Any, size: float) -> np.ndarray:
        x = rng.normal(size=shape) * size
        return x + 1j * rng.normal(size=shape) * size if dtype is complex else x

    mask = rng.random((nv, nh)) < share
    return numbers((nv, nh), scale) * mask, numbers(nv, 0.3), numbers(nh, 0.3)


def every_state(n: int) -> np.ndarray:
    return np.array(list(itertools.product((0, 1), repeat=n)))


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("visible_units", UNITS)
@pytest.mark.parametrize("hidden_units", UNITS)
@pytest.mark.parametrize(("nv", "nh"), [(1, 1), (1, 3), (2, 0), (5, 3), (3, 7), (9, 6)])
def test_with_enough_bonds_nothing_is_left_out(
    nv: int, nh: int, dtype: Any, visible_units: str, hidden_units: str
) -> None:
    """Shares below 1 give units of one connection, of none, and windows inside of the chain."""
    units = {"visible_units": visible_units, "hidden_units": hidden_units}
    for share in (1.0, 0.4, 0.1):
        p = machine(nv, nh, 1, 0.5, dtype, share)
        order = np.random.default_rng(2).permutation(nv)
        state = T.rbm_to_mps(p, max_bond=64, order=order, method=SUCCESSIVE, **units)
        states = every_state(nv)
        low = -1 if visible_units == "spin" else 0
        expected = T.rbm_amplitudes(p, np.where(states, 1, low), **units)
        found = state.amplitudes(states[:, order])
        np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())
        assert state.truncation.error < 1e-12
        assert state.center == 0


@pytest.mark.parametrize(("scale", "dtype"), [(0.3, float), (0.1, float), (0.3, complex)])
def test_the_stated_error_is_the_distance_from_the_exact_state(scale: float, dtype: Any) -> None:
    for seed, bond in itertools.product((1, 2, 3), (4, 16)):
        p = machine(14, 14, seed, scale, dtype)
        exact = T.rbm_to_mps(p)
        state = T.rbm_to_mps(p, max_bond=bond, method=SUCCESSIVE)
        error = exact.distance(state)
        assert max(state.bond_dimensions) == bond
        assert state.truncation.error == pytest.approx(error, rel=0.2)
        assert error < 2 * exact.compress(bond).truncation.error
        # The sums of weights are those of the bonds.
        root = float(np.sqrt(state.truncation.discarded_weights.sum()))
        assert 0.5 * error < root <= state.truncation.error
    # A planted fault: one weight more than the state knows.
    p[0][3, 3] += 1.0
    assert T.rbm_to_mps(p).distance(state) > 1.5 * state.truncation.error


def test_strong_weights_stay_within_the_stated_factor() -> None:
    for seed in (1, 2, 3, 4):
        p = machine(14, 14, seed, 1.0)
        state = T.rbm_to_mps(p, max_bond=16, method=SUCCESSIVE)
        ratio = T.rbm_to_mps(p).distance(state) / state.truncation.error
        assert 0.5 < ratio < 2


def test_a_state_of_no_use_says_so() -> None:
    spins = {"visible_units": "spin", "hidden_units": "spin"}
    for seed, scale in itertools.product((1, 2), (2.0, 20.0)):
        w = scale * np.random.default_rng(seed).normal(size=(14, 14))
        state = T.rbm_to_mps(w, max_bond=16, method=SUCCESSIVE, **spins)
        exact = T.rbm_to_mps(w, **spins)
        size = min(state.log_norm() - exact.log_norm(), 20.0)
        assert (np.exp(size) * state.normalized() - exact.normalized()).norm() > 0.9
        assert state.truncation.error > 1


@pytest.mark.parametrize("dtype", [float, complex])
def test_tolerances(dtype: Any) -> None:
    p = machine(14, 14, 5, 0.3, dtype)
    exact, widest = T.rbm_to_mps(p), []
    for tolerance in (0.1, 1e-2, 1e-3):
        state = T.rbm_to_mps(p, tolerance=tolerance, method=SUCCESSIVE)
        assert 0.3 * tolerance < exact.distance(state) < 1.2 * tolerance
        widest.append(max(state.bond_dimensions))
    assert sorted(set(widest)) == widest


@pytest.mark.parametrize(("n", "scale", "bond", "most"), [(60, 0.1, 24, 0.05), (100, 0.05, 8, 0.1)])
def test_machines_beyond_exact_states_against_their_free_energies(
    n: int, scale: float, bond: int, most: float
) -> None:
    w, a, b = machine(n, n, 6, scale)
    rbm = kd.RBM(w, a, b)
    state = T.rbm_to_mps(rbm, max_bond=bond)
    assert state.truncation.error < most
    # p(v) of the machine is e^-F, and the samples are drawn with its square.
    v = state.sample(2000, seed=1).configurations
    logs = state.log_amplitudes(v)[1]
    off = logs + rbm.free_energy(v.astype(float))
    assert np.sqrt(np.mean(off**2)) == pytest.approx(state.truncation.error, rel=0.15)
    estimate = T.rbm_mps_error(state, rbm, seed=2)
    assert estimate.standard_error < 0.1 * estimate.error
    assert abs(estimate.error / state.truncation.error - 1) < 0.1
    # Controls: the free energies vary by far more, and another machine is far away.
    assert np.std(logs) > 20 * np.std(off)
    other = kd.RBM(w, a, b + 0.3 * np.random.default_rng(1).normal(size=n))
    assert T.rbm_mps_error(state, other, seed=2).error > 2 * state.truncation.error


def test_complex_machines_beyond_exact_states() -> None:
    p = machine(60, 60, 7, 0.05, complex)
    state = T.rbm_to_mps(p, max_bond=12)
    estimate = T.rbm_mps_error(state, p, seed=1)
    assert state.truncation.error < 0.1
    assert abs(estimate.error / state.truncation.error - 1) < 0.1
    assert T.rbm_mps_error(state.conj(), p, seed=1).error > 1


@pytest.mark.parametrize("dtype", [float, complex])
def test_estimates_from_samples_agree_with_distances(dtype: Any) -> None:
    """Twelve estimates: |z| < 4 for all, a false alarm in a thousand runs of other seeds."""
    spins = {"visible_units": "spin", "hidden_units": "spin"}
    for units, bond in itertools.product(({}, spins), (2, 4, 8)):
        p = machine(10, 8, 3, 0.2, dtype)
        order = np.random.default_rng(1).permutation(10)
        state = T.rbm_to_mps(p, max_bond=bond, order=order, **units)
        exact = T.rbm_to_mps(p, order=order, **units)
        estimate = T.rbm_mps_error(state, p, order=order, n_samples=20_000, seed=4, **units)
        assert abs(estimate.error - exact.distance(state)) < 4 * estimate.standard_error
        assert estimate.standard_error < 0.1 * estimate.error
        # Power: the wrong order, and the wrong scale, are seen.
        assert T.rbm_mps_error(state, p, seed=4, **units).error > 1.2 * estimate.error
        scaled = T.rbm_mps_error(exact * 1.25, p, order=order, seed=4, **units)
        assert scaled.error == pytest.approx(0.25, rel=1e-9)
    assert T.rbm_mps_error(exact, p, order=order, seed=4, **units).error < 1e-12


def test_scales_beyond_floats() -> None:
    w, a, b = machine(80, 40, 8, 0.05)
    state = T.rbm_to_mps((w, a + 60, b + 60), max_bond=16)
    v = np.ones((1, 80), dtype=int)
    expected = T.rbm_amplitudes((w, a + 60, b + 60), v, log=True)[0]
    assert expected > 7000
    assert state.log_amplitudes(v)[1][0] == pytest.approx(expected, abs=0.1)
    # An estimate that would overflow or divide by zero is infinite or large, and warns of nothing.
    assert T.rbm_mps_error(state, (w, a, b), seed=1).error == np.inf
    small = T.rbm_to_mps((w, a, b), max_bond=16)
    assert T.rbm_mps_error(small, (w, a + 60, b + 60), seed=1).error == pytest.approx(1.0)


def test_sparse_machines_keep_their_bonds() -> None:
    """A ladder of 40 + 39 units: bonds of 2 do, and each step works on three sites alone."""
    w = np.zeros((40, 39))
    at = np.arange(39)
    w[at, at], w[at + 1, at] = 0.7, -0.9
    exact = T.rbm_to_mps(w)
    state = T.rbm_to_mps(w, tolerance=1e-10, method=SUCCESSIVE)
    assert state.bond_dimensions == exact.bond_dimensions == (2,) * 39
    assert exact.distance(state) < 1e-12


def test_which_method_is_taken() -> None:
    small, large = machine(20, 9, 1, 0.1), machine(20, 20, 1, 0.1)
    # Wide where nobody looks first: the middle has a bond of 1.
    apart = (np.concatenate([large[0], np.zeros((20, 20))]), np.zeros(40), large[2])
    assert max(T.rbm_bond_bounds(apart[0])) == 2**10

    def same(one: Any, other: Any) -> bool:
        pairs = zip(one.tensors, other.tensors, strict=True)
        return all(a.shape == b.shape and (a == b).all() for a, b in pairs)

    for p, method in ((small, "exact"), (large, SUCCESSIVE), (apart, SUCCESSIVE)):
        auto = T.rbm_to_mps(p, max_bond=8)
        assert same(auto, T.rbm_to_mps(p, max_bond=8, method=method))
    other = T.rbm_to_mps(small, max_bond=8, method=SUCCESSIVE)
    assert not same(other, T.rbm_to_mps(small, max_bond=8))


W = np.full((30, 30), 0.1)
WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: T.rbm_to_mps(W, max_bond=0),
        ValueError,
        "[rbm_to_mps] expected max_bond in [1, 1048576], got 0",
    ),
    (
        lambda: T.rbm_to_mps(W, tolerance=1.0),
        ValueError,
        "[rbm_to_mps] expected tolerance in [0, 1), got 1",
    ),
    (
        lambda: T.rbm_to_mps(W, max_bond=4, method="fast"),
        ValueError,
        "[rbm_to_mps] expected method to be one of 'auto', 'exact', 'successive', got 'fast'",
    ),
    (
        lambda: T.rbm_to_mps(W, method="successive"),
        ValueError,
        "[rbm_to_mps] expected max_bond or tolerance for a successive state",
    ),
    (
        lambda: T.rbm_to_mps(W, max_bond=4, method="exact"),
        ValueError,
        "[rbm_to_mps] expected tensors of at most 2^26 elements, got 2^28 at site 13: "
        "give max_bond or tolerance, and no exact method",
    ),
    (
        lambda: T.rbm_mps_error(W, W),
        TypeError,
        "[rbm_mps_error] expected an MPS, got ndarray",
    ),
    (
        lambda: T.rbm_mps_error(T.MPS.product([0, 0]), W),
        ValueError,
        "[rbm_mps_error] expected a state of 30 sites of dimension 2, got dimensions (2, 2)",
    ),
    (
        lambda: T.rbm_mps_error(T.MPS.product([0] * 30), W, n_samples=1),
        ValueError,
        "[rbm_mps_error] expected n_samples in [2, 2147483648], got 1",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG)
def test_wrong_calls(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(text) + "$"):
        call()


def test_a_tolerance_that_cannot_be_kept() -> None:
    weights = 0.1 * np.random.default_rng(1).normal(size=(40, 40))
    text = "[rbm_to_mps] expected a tolerance that bonds of 256 keep, or max_bond, got 1e-09"
    with pytest.raises(ValueError, match="^" + re.escape(text) + "$"):
        T.rbm_to_mps(weights, tolerance=1e-9)
    w = 3 * np.random.default_rng(1).normal(size=(14, 14))
    text = r"expected a tolerance that can be kept, or max_bond, got 0.01, and an error of "
    with pytest.raises(ValueError, match=text):
        T.rbm_to_mps(
            w, tolerance=0.01, method=SUCCESSIVE, visible_units="spin", hidden_units="spin"
        )
