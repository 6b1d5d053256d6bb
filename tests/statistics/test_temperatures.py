"""Chosen sets of temperatures reach what they promise, measured by runs of their own."""

from __future__ import annotations

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.tempering import constant_acceptance, feedback_optimized
from kadanoff.tempering.spacing import at_equal_steps

MODEL = kd.Ising(kd.Square(16))
CRITICAL = float(np.log(1 + np.sqrt(2)) / 2)


def measured(betas: np.ndarray, seed: int, sweeps: int = 8000) -> kd.ParallelTempering:
    """A run in equilibrium; its acceptances are good to about 0.01."""
    pt = kd.ParallelTempering(MODEL, betas, replicas=8, seed=seed, threads=1)
    pt.run(1000)
    pt.reset_statistics()
    pt.run(sweeps)
    return pt


@pytest.mark.parametrize("n", [8, 16])
def test_acceptances_are_constant(n: int) -> None:
    betas = constant_acceptance(MODEL, 0.2, 0.7, n=n, seed=3, threads=1)
    assert betas.shape == (n,)
    assert (betas[0], betas[-1]) == (0.2, 0.7)
    assert (np.diff(betas) > 0).all()
    found = measured(betas, seed=99).acceptance
    assert np.ptp(found) < 0.06, found
    # What a linear set has, which the bound tells apart.
    linear = measured(np.linspace(0.2, 0.7, n), seed=99).acceptance
    assert np.ptp(linear) > 0.3, linear


@pytest.mark.parametrize("target", [0.1, 0.3, 0.5])
def test_a_target_is_reached_with_few_temperatures(target: float) -> None:
    betas = constant_acceptance(MODEL, 0.2, 0.7, target=target, seed=4, threads=1)
    found = measured(betas, seed=98).acceptance
    assert np.abs(found - found.mean()).max() < 0.05, found
    assert found.mean() > target - 0.01
    # With one temperature less, each step is longer by 1 / (n - 2): the target is missed.
    fewer = constant_acceptance(MODEL, 0.2, 0.7, n=len(betas) - 1, seed=4, threads=1)
    assert measured(fewer, seed=98).acceptance.mean() < target + 0.01


def test_the_result_is_a_function_of_the_seed() -> None:
    first, again, other = (
        constant_acceptance(MODEL, 0.3, 0.5, n=4, sweeps=64, iterations=2, seed=s)
        for s in (1, 1, 2)
    )
    assert first.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize("order", [1, -1], ids=["hot first", "cold first"])
def test_feedback_makes_the_flow_even_and_round_trips_frequent(order: int) -> None:
    betas = 1 / np.geomspace(5.0, 1.0, 10)[::order]  # steps as in a table of temperatures
    first = pt = measured(betas, seed=0, sweeps=20_000)
    for iteration in range(3):
        betas = feedback_optimized(pt)
        assert (betas[0], betas[-1]) == (first.betas[0], first.betas[-1])
        assert (order * np.diff(betas) > 0).all()
        pt = measured(betas, seed=1 + iteration, sweeps=20_000)
    even = np.linspace(1, 0, 10)[::order]
    assert np.abs(first.flow - even).max() > 0.3
    assert np.abs(pt.flow - even).max() < 0.1
    # Katzgraber et al. (2006): temperatures gather where the specific heat peaks ...
    steps = np.abs(np.diff(betas))
    middle = (betas[1:] + betas[:-1])[steps.argmin()] / 2
    assert abs(middle - CRITICAL) < 0.03
    # ... and round trips come more often: here three times, with a scatter of a tenth.
    assert pt.round_trips.sum() > 2 * first.round_trips.sum()


def test_equal_steps() -> None:
    betas = np.array([0.0, 1.0, 3.0])
    assert at_equal_steps(betas, np.array([1.0, 1.0]), 5).tolist() == [0.0, 0.5, 1.0, 2.0, 3.0]
    assert at_equal_steps(betas, np.array([3.0, 1.0]), 3).tolist() == [0.0, 2 / 3, 3.0]
    falling = at_equal_steps(betas[::-1], np.array([1.0, 1.0]), 5)
    assert falling.tolist() == [3.0, 2.0, 1.0, 0.5, 0.0]
    assert (np.diff(at_equal_steps(betas, np.array([0.0, 1.0]), 9)) > 0).all()
