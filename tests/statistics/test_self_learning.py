"""Self-learning Monte Carlo: exact matrices and averages, and faults that must be noticed."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import checks
import kadanoff as kd
from kadanoff.slmc import RBMProposalSampler, SelfLearningSampler, fit_rbm
from reference_self_learning import Oracle, all_spins, boltzmann, transition_matrix

TINY = kd.Ising(kd.Square((2, 4)), 1.0, 0.1, 0.2)
BETA = 0.4011
MATRICES = {
    "one range": ((1.1,), 1),
    "frustrated": ((0.9, -0.3), 1),
    "three clusters": ((0.7, 0.2), 3),
    "antiferromagnet": ((-0.5,), 2),
}


@functools.cache
def matrix(name: str, fault: str | None = None) -> np.ndarray:
    effective, clusters = MATRICES[name]
    return transition_matrix(Oracle(TINY, effective, BETA, clusters), fault)


@pytest.mark.parametrize("name", MATRICES)
def test_a_proposal_keeps_the_boltzmann_distribution(name: str) -> None:
    p, moves = boltzmann(TINY, BETA), matrix(name)
    np.testing.assert_allclose(moves.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert moves.min() > -1e-14
    np.testing.assert_allclose(p @ moves, p, rtol=0, atol=1e-12)
    flow = p[:, None] * moves
    np.testing.assert_allclose(flow, flow.T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("fault", ["no test", "beta"])
@pytest.mark.parametrize("name", MATRICES)
def test_a_planted_fault_does_not(name: str, fault: str) -> None:
    p = boltzmann(TINY, BETA)
    assert np.abs(p @ matrix(name, fault) - p).max() > 1e-5


def transitions(name: str, expected: np.ndarray, each: int = 2000) -> float:
    """Chi-square of what one proposal does to every state of the tiny lattice."""
    effective, clusters = MATRICES[name]
    states = all_spins(8).astype(np.int8)
    start = np.repeat(states, each, axis=0).reshape(-1, *TINY.lattice.shape)
    sampler = SelfLearningSampler(TINY, effective, BETA, clusters, len(start), seed=checks.SEED)
    sampler.spins = start
    sampler.run(1)
    found = (sampler.spins.reshape(len(start), 8) > 0) @ (1 << np.arange(8))
    number = np.repeat(np.arange(256), each)
    counts = np.bincount(number * 256 + found, minlength=256**2).reshape(256, 256)
    return checks.chi_square(f"one proposal, {name}", counts, each * expected)


@pytest.mark.parametrize("name", MATRICES)
def test_the_engine_moves_by_the_matrix(name: str) -> None:
    transitions(name, matrix(name))


@pytest.mark.parametrize("fault", ["no test", "beta"])
def test_the_engine_does_not_move_by_a_faulty_matrix(fault: str) -> None:
    with pytest.raises(checks.DeviationError) as error:
        transitions("one range", matrix("one range", fault))
    assert error.value.score > 10


MODELS = {
    "plaquettes": kd.Ising(kd.Square(4), 1.0, 0.0, 0.2),
    "plaquettes in a field": kd.Ising(kd.Square(4), -0.8, 0.2, 0.3),
    "rectangle": kd.Ising(kd.Square((3, 5)), 0.9, 0.0, -0.3),
}
EFFECTIVE = {
    "plaquettes": ((1.0,), 1),
    "plaquettes in a field": ((-0.7, 0.1), 2),
    "rectangle": ((0.9, -0.1, 0.05), 2),
}


def enumeration(model: kd.Ising, effective: tuple[float, ...], clusters: int, scale: float) -> None:
    """4000 replicas at each of two temperatures, started at random; errors over replicas.

    The replicas are independent of each other, so no autocorrelation enters the errors; a bias of
    1 % in the energy at beta = 0.4 is 10 of them.
    """

    def make(model: kd.Ising, beta: np.ndarray, _: str, replicas: int, seed: int) -> kd.Sampler:
        return SelfLearningSampler(
            model, effective, beta * scale, clusters, replicas, seed, start="random"
        )

    checks.check_enumeration(make, model, "", betas=(0.2, 0.4011), thermalise=150, every=10)


@pytest.mark.parametrize("name", MODELS)
def test_averages_are_those_of_enumeration(name: str) -> None:
    effective, clusters = EFFECTIVE[name]
    enumeration(MODELS[name], effective, clusters, 1.0)


def test_enumeration_sees_a_beta_that_is_two_percent_off() -> None:
    with pytest.raises(checks.DeviationError):
        enumeration(MODELS["plaquettes"], *EFFECTIVE["plaquettes"], 1.02)


def test_enumeration_sees_proposals_that_are_not_tested() -> None:
    """The same clusters, never refused, sample the effective model instead."""
    effective = kd.Ising(kd.Square(4), EFFECTIVE["plaquettes"][0][0])
    sampler = kd.Sampler(effective, BETA, "wolff", 4000, seed=checks.SEED, start="random")
    sampler.run(150)
    model = MODELS["plaquettes"]
    exact = float(checks.enumerated(model, (BETA,)).energy[0])
    energies = np.asarray(model.energy(sampler.spins)) / 16
    with pytest.raises(checks.DeviationError):
        checks.require([checks.compare("energy", BETA, energies, exact)])


def test_one_chain_with_its_own_errors() -> None:
    """|z| < 4 with errors from the autocorrelation of a single long chain."""
    model = MODELS["plaquettes"]
    sampler = SelfLearningSampler(model, 1.1064, BETA, seed=5)
    sampler.run(200)
    summary = sampler.sample(40_000).summary()
    exact = checks.enumerated(model, (BETA,))
    for name in ("energy", "magnetization_squared"):
        estimate = summary[name]
        deviation = estimate.mean - float(getattr(exact, name)[0])
        assert abs(deviation) < 4 * estimate.standard_error
        assert estimate.standard_error < 0.01 * abs(estimate.mean)


WEIGHTS = np.random.default_rng(4).normal(scale=0.5, size=(8, 3))
MACHINE = kd.RBM(WEIGHTS, [0.2] * 8, visible_units="spin", hidden_units="spin")


@functools.cache
def machine_matrix(steps: int, fault: str | None = None) -> np.ndarray:
    """P[s, s'] of one proposal by Gibbs steps, from sums over all hidden states."""
    states, hidden = all_spins(8), all_spins(3)
    weights, bias = MACHINE.weights.astype(float), MACHINE.visible_bias.astype(float)
    energy = -(states @ bias)[:, None] - states @ weights @ hidden.T  # (v, h)
    joint = np.exp(-energy)
    step = (joint / joint.sum(axis=1, keepdims=True)) @ (joint / joint.sum(axis=0)).T
    proposal = np.linalg.matrix_power(step, steps)
    if fault == "no test":
        return proposal
    free = -np.log(joint.sum(axis=1)) * (0.9 if fault == "free energy" else 1.0)
    excess = BETA * TINY.energy(states.reshape(-1, *TINY.lattice.shape)) - free
    moves = proposal * np.exp(-np.maximum(excess[None, :] - excess[:, None], 0.0))
    moves[np.diag_indices_from(moves)] += 1.0 - moves.sum(axis=1)
    return moves


@pytest.mark.parametrize("steps", [1, 3])
def test_a_machine_proposal_keeps_the_boltzmann_distribution(steps: int) -> None:
    p, moves = boltzmann(TINY, BETA), machine_matrix(steps)
    np.testing.assert_allclose(p @ moves, p, rtol=0, atol=1e-12)
    for fault in ("no test", "free energy"):
        assert np.abs(p @ machine_matrix(steps, fault) - p).max() > 1e-5


def machine_transitions(steps: int, expected: np.ndarray, each: int = 1000) -> float:
    start = np.repeat(all_spins(8).astype(np.int8), each, axis=0).reshape(-1, *TINY.lattice.shape)
    sampler = RBMProposalSampler(TINY, MACHINE, BETA, steps, len(start), seed=checks.SEED)
    sampler.spins = start
    sampler.run(1)
    found = (sampler.spins.reshape(len(start), 8) > 0) @ (1 << np.arange(8))
    number = np.repeat(np.arange(256), each)
    counts = np.bincount(number * 256 + found, minlength=256**2).reshape(256, 256)
    return checks.chi_square("one machine proposal", counts, each * expected)


@pytest.mark.parametrize("steps", [1, 3])
def test_machine_proposals_move_by_the_matrix(steps: int) -> None:
    machine_transitions(steps, machine_matrix(steps))
    for fault in ("no test", "free energy"):
        with pytest.raises(checks.DeviationError):
            machine_transitions(steps, machine_matrix(steps, fault))


def test_averages_of_machine_proposals_are_those_of_enumeration() -> None:
    """A machine of one filter, which is not the model; 4000 independent replicas."""
    model = MODELS["plaquettes"]
    local = kd.Sampler(model, BETA, replicas=500, seed=1, start="random")
    local.run(100)
    fitted = fit_rbm(model, local.spins, BETA, filters=1, ridge=1e-2)
    assert fitted.r_squared < 0.9999

    def make(model: kd.Ising, beta: np.ndarray, _: str, replicas: int, seed: int) -> Any:
        return RBMProposalSampler(model, fitted.rbm, beta, 4, replicas, seed, start="random")

    checks.check_enumeration(make, model, "", betas=(0.3, BETA), thermalise=150, every=5)
