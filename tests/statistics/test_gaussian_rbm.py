"""Chains with Gaussian visible units against exact distributions.

Of a million draws, means are known to 0.001 standard deviations and variances to 0.14 %: a scale
that is 1 % off is 14 standard errors away.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

import checks
import kadanoff as kd
from rbm_checks import Make, numbers, states

SEED = 20240401
# A fault must show this clearly, so that no control passes by luck.
MARGIN = 6.0
UNITS = ("binary", "spin")
encodings = pytest.mark.parametrize("units", UNITS)


def machine(units: str = "binary") -> kd.GaussianRBM:
    rng = np.random.default_rng(5)
    size = 0.5 if units == "spin" else 1.0
    return kd.GaussianRBM(
        size * rng.uniform(-1, 1, (4, 3)),
        rng.uniform(-1, 1, 4),
        size * rng.uniform(-1, 1, 3),
        [0.5, 1.0, 2.0, 0.7],
        units,
    )


def hidden_target(rbm: kd.GaussianRBM, beta: float = 1.0) -> np.ndarray:
    """Exact probabilities of the hidden states, v integrated out."""
    h = states(rbm.n_hidden, rbm.hidden_units)
    mean = rbm.visible_mean(h) / rbm.visible_scale
    offset = rbm.visible_bias.astype(float) / rbm.visible_scale
    log_weight = h @ rbm.hidden_bias + 0.5 * (mean**2 - offset**2).sum(axis=1)
    weight = np.exp(beta * (log_weight - log_weight.max()))
    return weight / weight.sum()


def mixture(rbm: kd.GaussianRBM, beta: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Exact mean and covariance of v."""
    p, means = hidden_target(rbm, beta), rbm.visible_mean(states(rbm.n_hidden, rbm.hidden_units))
    mean = p @ means
    scatter = (means - mean).T @ (p[:, None] * (means - mean))
    return mean, scatter + np.diag(rbm.visible_scale.astype(float) ** 2 / beta)


def exact_draws(rbm: kd.GaussianRBM, chains: int) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    p, means = hidden_target(rbm), rbm.visible_mean(states(rbm.n_hidden, rbm.hidden_units))
    drawn = means[rng.choice(len(p), chains, p=p)]
    return drawn + rbm.visible_scale * rng.normal(size=drawn.shape)


def check_moments(rbm: kd.GaussianRBM, visible: np.ndarray, beta: float = 1.0) -> None:
    """Means and covariances of v, each draw from a chain of its own."""
    mean, covariance = mixture(rbm, beta)
    away = visible - mean
    compare = functools.partial(checks.compare, beta=beta, exact=0.0)
    comparisons = [compare(f"mean {i}", by_replica=away[:, i]) for i in range(len(mean))]
    for i in range(len(mean)):
        for j in range(i + 1):
            excess = away[:, i] * away[:, j] - covariance[i, j]
            comparisons.append(compare(f"covariance {i}, {j}", by_replica=excess))
    checks.require(comparisons)


def check_machine(make: Make, rbm: kd.GaussianRBM, chains: int = 1_000_000) -> None:
    """Exact draws are still exact after three steps."""
    sampler = make(rbm, chains, seed=SEED)
    sampler.visible = exact_draws(rbm, chains)
    sampler.run(3)
    target = hidden_target(rbm)
    counts = np.bincount(numbers(sampler.hidden), minlength=len(target))
    checks.chi_square("hidden", counts, chains * target)
    check_moments(rbm, sampler.visible.astype(np.float64))


def faulty(fault: str, rbm: kd.GaussianRBM, chains: int, seed: int) -> kd.GibbsSampler:
    weights, a, b, scale = rbm.weights, rbm.visible_bias, rbm.hidden_bias, rbm.visible_scale
    if fault == "scale":
        scale = scale * np.float32(1.01)
    elif fault == "weights over scale squared":
        weights = weights / scale[:, None]
    elif fault == "bias":
        b = b * np.float32(0.95)
    return kd.GibbsSampler(
        kd.GaussianRBM(weights, a, b, scale), chains, seed, beta=1.02 if fault == "beta" else 1.0
    )


@encodings
def test_a_machine_keeps_its_distribution(units: str) -> None:
    check_machine(kd.GibbsSampler, machine(units))


@pytest.mark.parametrize("fault", ["scale", "weights over scale squared", "bias", "beta"])
def test_faults_are_noticed(fault: str) -> None:
    with pytest.raises(checks.DeviationError) as failure:
        check_machine(functools.partial(faulty, fault), machine())
    assert failure.value.score > MARGIN


@encodings
def test_chains_forget_their_start_at_every_beta(units: str) -> None:
    rbm, betas, each = machine(units), [0.3, 1.0, 1.6], 200_000
    chains = kd.GibbsSampler(rbm, each * 3, seed=SEED, beta=np.repeat(betas, each))
    chains.run(60)
    for k, beta in enumerate(betas):
        own = slice(k * each, (k + 1) * each)
        target = hidden_target(rbm, beta)
        counts = np.bincount(numbers(chains.hidden[own]), minlength=len(target))
        checks.chi_square("hidden", counts, each * target)
        check_moments(rbm, chains.visible[own].astype(np.float64), beta)


def test_visible_units_given_hidden_ones_are_normal() -> None:
    """A histogram of 1.3 million numbers, with the tails down to 1 in 30,000."""
    rbm = kd.GaussianRBM(np.zeros((65, 1)), visible_bias=np.arange(65), visible_scale=3.0)
    chains = kd.GibbsSampler(rbm, 20_000, seed=SEED, beta=4.0)
    chains.draw_visible()
    normal = (chains.visible - np.arange(65)) / 1.5
    edges = np.linspace(-4.0, 4.0, 81)
    lower = np.array([0.5 * math.erfc(-x / math.sqrt(2.0)) for x in edges])
    share = np.diff(lower, prepend=0.0, append=1.0)
    counts = np.bincount(np.searchsorted(edges, normal.ravel()), minlength=len(share))
    checks.chi_square("normal", counts, normal.size * share)
    wide = np.bincount(np.searchsorted(edges, 1.01 * normal.ravel()), minlength=len(share))
    with pytest.raises(checks.DeviationError) as failure:
        checks.chi_square("normal", wide, normal.size * share)
    assert failure.value.score > MARGIN

    # Units share random bits in pairs (0, 16), (32, 48): they and their squares must not correlate.
    comparisons = []
    for power in (1, 2):
        x = normal**power - (power == 2)
        for i, j in [(0, 16), (32, 48), (0, 32), (0, 1), (16, 48), (0, 64)]:
            name = f"units {i}, {j}, power {power}"
            comparisons.append(checks.compare(name, 4.0, x[:, i] * x[:, j], 0.0))
    checks.require(comparisons)


def test_clamped_units_leave_the_conditional_distribution() -> None:
    rbm, each = machine(), 400_000
    chains = kd.GibbsSampler(rbm, each, seed=SEED)
    chains.clamp([True, False, False, True], [1.5, 0.0, 0.0, -1.0])
    chains.run(60)
    free = kd.GaussianRBM(
        rbm.weights[1:3],
        rbm.visible_bias[1:3],
        rbm.hidden_bias
        + rbm.weights[0] * 1.5 / rbm.visible_scale[0]
        - rbm.weights[3] / rbm.visible_scale[3],
        rbm.visible_scale[1:3],
    )
    check_moments(free, chains.visible[:, 1:3].astype(np.float64))
    target = hidden_target(free)
    counts = np.bincount(numbers(chains.hidden), minlength=len(target))
    checks.chi_square("clamped", counts, each * target)
