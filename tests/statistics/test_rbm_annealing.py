"""Annealed importance sampling against exact partition functions."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

import annealing_checks
import checks
import kadanoff as kd
from annealing_checks import multimodal, random_machine

UNITS = ("binary", "spin")
BINARY = ("binary", "binary")
# A fault must show this clearly, so that no control passes by luck.
MARGIN = 6.0

MACHINES = {
    "moderate": lambda: random_machine(30, 20, 0.5, BINARY),
    "strong": lambda: random_machine(25, 20, 1.5, BINARY),
    "multimodal": multimodal,
}


def machine(name: str, kept: dict[str, kd.RBM] = {}) -> kd.RBM:  # noqa: B006
    """One of the machines, made once."""
    if name not in kept:
        kept[name] = MACHINES[name]()
    return kept[name]


@pytest.mark.parametrize("units", list(itertools.product(UNITS, UNITS)), ids="-".join)
def test_the_mean_of_the_weights_is_the_partition_function(units: tuple[str, str]) -> None:
    annealing_checks.check_mean(annealing_checks.engine, random_machine(9, 7, 0.7, units))


def test_numpy_without_a_fault_passes() -> None:
    annealing_checks.check_mean(annealing_checks.reference, random_machine(9, 7, 0.7, BINARY))


@pytest.mark.parametrize("fault", annealing_checks.FAULTS)
def test_faults_are_noticed(fault: str) -> None:
    make = functools.partial(annealing_checks.reference, fault=fault)
    with pytest.raises(checks.DeviationError) as failure:
        annealing_checks.check_mean(make, random_machine(9, 7, 0.7, BINARY))
    assert failure.value.score > MARGIN


def test_weights_have_the_distribution_of_the_reference() -> None:
    """Mean and variance of ln of the weights: what no choice of Gibbs steps could leave alone."""
    rbm, chains, betas = random_machine(12, 9, 0.8, BINARY), 40_000, np.linspace(0.0, 1.0, 11)
    bias = np.linspace(-1.0, 1.0, 12, dtype=np.float32)
    own = annealing_checks.engine(rbm, 1, chains, betas, bias)
    other = annealing_checks.reference(rbm, 2, chains, betas, bias)
    error = np.sqrt((own.var() + other.var()) / chains)
    assert abs(own.mean() - other.mean()) < checks.LIMIT * error
    # var(s^2) = (m4 - s^4) / n
    fourth = [((x - x.mean()) ** 4).mean() - x.var() ** 2 for x in (own, other)]
    assert abs(own.var() - other.var()) < checks.LIMIT * np.sqrt(sum(fourth) / chains)


def test_the_reverse_of_exact_samples_has_the_inverse_mean() -> None:
    for units in itertools.product(UNITS, UNITS):
        rbm = random_machine(9, 7, 0.7, units)
        values = (0, 1) if units[0] == "binary" else (-1, 1)
        every = np.array(list(itertools.product(values, repeat=9)))
        weight = np.exp(rbm.log_likelihood(every))
        rng = np.random.default_rng(5)
        samples = every[rng.choice(len(every), 20_000, p=weight / weight.sum())]
        for betas in ([0.0, 0.3, 1.0], 10):
            result = rbm.log_partition("reverse_ais", samples=samples, seed=3, betas=betas)
            ratio = np.exp(result.log_weights + rbm.log_partition())
            score = (ratio.mean() - 1.0) / (ratio.std() / np.sqrt(len(ratio)))
            assert abs(score) < checks.LIMIT


def test_all_checkpoints_of_a_trajectory_are_unbiased() -> None:
    rng = np.random.default_rng(8)
    for units in itertools.product(UNITS, UNITS):
        last = random_machine(9, 7, 0.7, units)
        training = [
            kd.RBM(
                share * last.weights + 0.05 * rng.normal(size=(9, 7)),
                share**2 * last.visible_bias,
                last.hidden_bias,
                *units,
            )
            for share in (0.2, 0.5, 0.8, 1.0)
        ]
        for bridges in (1, 3):
            results = kd.rbm.trajectory_log_partition(
                training, chains=20_000, betas=5, bridges=bridges, seed=4
            )
            for rbm, result in zip(training, results, strict=True):
                ratio = np.exp(result.log_weights - rbm.log_partition())
                score = (ratio.mean() - 1.0) / (ratio.std() / np.sqrt(len(ratio)))
                assert abs(score) < checks.LIMIT


def coverage(rbm: kd.RBM, repetitions: int, **options: object) -> tuple[int, int]:
    """How many intervals of so many seeds lie above the exact ln Z, and below."""
    log_z = rbm.log_partition()
    above = below = 0
    for seed in range(repetitions):
        low, high = rbm.log_partition("ais", seed=seed, threads=1, **options).interval
        above += low > log_z
        below += high < log_z
    return above, below


@pytest.mark.slow
@pytest.mark.parametrize("name", MACHINES)
def test_intervals_hold_as_often_as_they_say(name: str) -> None:
    """5 % of 2000 miss, to within 4 standard deviations of 0.5 %: between 93 and 97 % hold."""
    above, below = coverage(machine(name), 2000)
    assert 60 < above + below < 140


# Chains and betas with which 50 effective chains are all but sure.
FEW = {"moderate": (100, 64), "strong": (100, 64), "multimodal": (300, 300)}


@pytest.mark.parametrize("name", MACHINES)
def test_intervals_of_few_chains_hold(name: str) -> None:
    """To 4 standard deviations of 200 repetitions: notices intervals that cover less than 84 %."""
    chains, betas = FEW[name]
    above, below = coverage(machine(name), 200, chains=chains, betas=betas)
    assert 0 < above + below < 10 + 4 * 3.1


def test_intervals_of_wrong_weights_do_not_hold() -> None:
    """The control: a deviation of one standard error is seen by the same test."""
    rbm, (chains, betas) = machine("strong"), FEW["strong"]
    log_z = rbm.log_partition()
    misses = 0
    for seed in range(200):
        result = rbm.log_partition("ais", seed=seed, chains=chains, betas=betas, threads=1)
        low, high = (end + result.standard_error for end in result.interval)
        misses += not low <= log_z <= high
    assert misses > 10 + 4 * 3.1
