"""Gibbs chains against exact transition matrices and enumerated distributions."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import checks
import kadanoff as kd
import rbm_checks
from rbm_checks import layer_probabilities, machine, numbers, states, visible_target

ENCODINGS = [("binary", "binary"), ("spin", "binary"), ("binary", "spin"), ("spin", "spin")]
BINARY = ENCODINGS[0]
# A fault must show this clearly, so that no control passes by luck.
MARGIN = 6.0

encodings = pytest.mark.parametrize("units", ENCODINGS, ids="-".join)
precisions = pytest.mark.parametrize("precision", ["float32", "fixed16"])


def engine(precision: str) -> rbm_checks.Make:
    return functools.partial(kd.GibbsSampler, precision=precision)


@encodings
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-6)])
def test_a_step_leaves_the_distribution_as_it_is(
    units: tuple[str, str], dtype: type, tolerance: float
) -> None:
    rbm = machine(4, 3, units)
    step = layer_probabilities(rbm, True, 1.0, dtype) @ layer_probabilities(rbm, False, 1.0, dtype)
    target = visible_target(rbm)
    np.testing.assert_allclose(step.sum(axis=1), 1.0, rtol=1e-14)
    assert np.abs(target @ step - target).max() < tolerance
    flow = target[:, None] * step  # detailed balance on the visible states
    assert np.abs(flow - flow.T).max() < tolerance


@encodings
@precisions
def test_the_engine_has_the_exact_transition_matrix(units: tuple[str, str], precision: str) -> None:
    rbm_checks.check_transitions(engine(precision), machine(4, 3, units))


@precisions
def test_a_million_draws_of_a_peaked_machine(precision: str) -> None:
    rbm = machine(8, 6, BINARY)
    assert visible_target(rbm).max() > 0.1
    rbm_checks.check_histogram(engine(precision), rbm)


@encodings
def test_chains_forget_their_random_start(units: tuple[str, str]) -> None:
    rbm = machine(8, 6, units, 0.5)
    step = layer_probabilities(rbm, True) @ layer_probabilities(rbm, False)
    steps, chains = 200, 200_000
    uniform = np.full(len(step), 1.0 / len(step))
    target = visible_target(rbm)
    assert np.abs(uniform @ np.linalg.matrix_power(step, steps) - target).max() < 1e-8
    sampler = kd.GibbsSampler(rbm, chains, seed=3)
    sampler.run(steps)
    counts = np.bincount(numbers(sampler.visible), minlength=len(target))
    checks.chi_square("random start", counts, chains * target)


@precisions
def test_every_chain_has_its_own_beta(precision: str) -> None:
    rbm = machine(5, 4, BINARY, 0.6)
    betas, each = [0.0, 0.3, 1.0, 1.7], 60_000
    sampler = kd.GibbsSampler(
        rbm, each * len(betas), seed=5, precision=precision, beta=np.tile(betas, each)
    )
    sampler.run(300)
    counts = [
        np.bincount(numbers(sampler.visible[k :: len(betas)]), minlength=2**5)
        for k in range(len(betas))
    ]
    expected = each * np.array([visible_target(rbm, beta) for beta in betas])
    checks.chi_square("beta", np.array(counts), expected)


@precisions
def test_clamped_units_leave_the_conditional_distribution(precision: str) -> None:
    rbm, chains = machine(7, 5, BINARY, 0.6), 200_000
    kept = np.array([True, False, False, True, False, True, False])
    values = np.array([1, 0, 0, 0, 0, 1, 0])
    sampler = kd.GibbsSampler(rbm, chains, seed=6, precision=precision)
    sampler.clamp(kept, values)
    sampler.run(200)
    assert (sampler.visible[:, kept] == values[kept]).all()
    every = states(7, "binary")
    target = visible_target(rbm) * (every[:, kept] == values[kept]).all(axis=1)
    counts = np.bincount(numbers(sampler.visible), minlength=len(target))
    checks.chi_square("clamped", counts, chains * target / target.sum())


CHECKS = {
    "transitions": lambda make: rbm_checks.check_transitions(make, machine(4, 3, BINARY)),
    "histogram": lambda make: rbm_checks.check_histogram(make, machine(8, 6, BINARY)),
}


@pytest.mark.parametrize("check", CHECKS)
def test_numpy_without_a_fault_passes(check: str) -> None:
    CHECKS[check](rbm_checks.NumpyGibbs)


@pytest.mark.parametrize("fault", ["beta", "sign", "shared"])
@pytest.mark.parametrize("check", CHECKS)
def test_faults_are_noticed(check: str, fault: str) -> None:
    with pytest.raises(checks.DeviationError) as failure:
        CHECKS[check](functools.partial(rbm_checks.NumpyGibbs, fault=fault))
    assert failure.value.score > MARGIN
