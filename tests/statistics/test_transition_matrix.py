"""The transition matrix of one sweep on 8 spins, exact to the last bit of the thresholds."""

from __future__ import annotations

import numpy as np
import pytest

import checks
import kadanoff as kd
import reference

UPDATES = ("heatbath", "metropolis")
LATTICES = (kd.Square((2, 4)), kd.Cubic(2))
TERMS = ((1.0, 0.0), (-1.0, 0.0), (1.0, 0.3), (-1.0, 0.3), (0.7, -1.9))
BETAS = (0.05, 0.4, 1.1)

models = pytest.mark.parametrize(
    "model",
    [kd.Ising(lattice, *terms) for lattice in LATTICES for terms in TERMS],
    ids=repr,
)


@models
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("beta", BETAS)
def test_a_sweep_keeps_the_boltzmann_distribution(
    model: kd.Ising, update: str, beta: float
) -> None:
    matrix, p = checks.sweep_matrix(model, update, beta), checks.boltzmann(model, beta)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-14)
    np.testing.assert_allclose(p @ matrix, p, rtol=0, atol=1e-12)


@models
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("colour", [0, 1])
def test_a_half_sweep_is_in_detailed_balance(model: kd.Ising, update: str, colour: int) -> None:
    matrix, p = checks.half_sweep_matrix(model, update, 0.4, colour), checks.boltzmann(model, 0.4)
    flow = p[:, None] * matrix
    np.testing.assert_allclose(flow, flow.T, rtol=0, atol=1e-14)


@pytest.mark.parametrize("update", UPDATES)
def test_a_sweep_reaches_every_state(update: str) -> None:
    matrix = checks.sweep_matrix(kd.Ising(kd.Square((2, 4)), 1.0, 0.3), update, 0.4)
    assert np.linalg.matrix_power(matrix, 3).min() > 0


@pytest.mark.parametrize("update", UPDATES)
def test_the_tolerance_sees_a_beta_of_one_part_in_ten_billion(update: str) -> None:
    model, beta = kd.Ising(kd.Square((2, 4)), 1.0, 0.3), 0.4
    p = checks.boltzmann(model, beta)
    matrix = checks.sweep_matrix(model, update, beta * (1 + 1e-10))
    assert np.abs(p @ matrix - p).max() > 1e-12


def test_an_update_of_all_sites_at_once_is_not_stationary() -> None:
    model, beta = kd.Ising(kd.Square((2, 4))), 0.4
    even, odd = (checks.half_sweep_matrix(model, "heatbath", beta, colour) for colour in (0, 1))
    states = checks.all_states((2, 4)).reshape(256, 8)
    of_even = reference.Sublattice((2, 4), 0).mask.ravel()
    first, second = checks.state_numbers(np.where(of_even, states, -1)), np.arange(256)
    # P(s, s') = P_even(s, even part of s') P_odd(s, odd part of s').
    together = np.ones((256, 256))
    for half, mask in ((even, of_even), (odd, ~of_even)):
        part = checks.state_numbers(np.where(mask, states, -1))
        rest = checks.state_numbers(np.where(mask, -1, states))
        together *= half[second[:, None], part[None, :] + rest[:, None]]
    assert first.max() > 0
    p = checks.boltzmann(model, beta)
    np.testing.assert_allclose(together.sum(axis=1), 1.0, rtol=0, atol=1e-14)
    assert np.abs(p @ together - p).max() > 1e-3


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
@pytest.mark.parametrize("terms", [(1.0, 0.0), (-1.0, 0.3), (0.7, -1.9)])
@pytest.mark.parametrize("update", UPDATES)
def test_the_engine_moves_by_the_matrix(
    lattice: kd.Square | kd.Cubic, terms: tuple[float, float], update: str
) -> None:
    """4000 sweeps from each of the 256 states."""
    checks.check_transitions(checks.checkerboard, kd.Ising(lattice, *terms), update)


@models
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("beta", BETAS)
def test_the_engine_accepts_as_often_as_it_should(
    model: kd.Ising, update: str, beta: float
) -> None:
    checks.check_acceptance(checks.checkerboard, model, update, beta, replicas=1000, sweeps=25)
