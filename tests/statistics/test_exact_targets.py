"""The engine against exact answers: sums over all states, and Kaufman's solution.

The bias that a test would catch is LIMIT standard errors. `beta_power` turns it into a relative
error of beta, which the tests bound: that is their power.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import checks
import kadanoff as kd

UPDATES = ("heatbath", "metropolis")
TEMPERATURES = np.linspace(1.9, 3.3, 8)

updates = pytest.mark.parametrize("update", UPDATES)


def beta_power(comparisons: list[checks.Comparison], specific_heat: np.ndarray) -> float:
    """The relative error of beta that the energies would show with LIMIT standard errors, at worst.

    A beta off by d shifts the energy by d C / beta^2.
    """
    energies = [c for c in comparisons if c.name.startswith("energy")]
    return max(
        checks.LIMIT * c.error * c.beta / heat
        for c, heat in zip(energies, specific_heat, strict=True)
    )


@updates
@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_square_4x4_without_field(update: str, coupling: float) -> None:
    model, betas = kd.Ising(kd.Square(4), coupling), (0.3, 0.44, 0.6, 0.1, 0.2, 1.0)
    results = checks.check_enumeration(
        checks.checkerboard, model, update, betas, replicas=4000, thermalise=100, draws=20, every=5
    )
    heat = kd.exact.enumerate(model, list(betas)).specific_heat
    # Hotter, and colder, the energy says little of beta.
    assert beta_power(results[:3], heat[:3]) < 0.008


@updates
@pytest.mark.parametrize(("coupling", "field"), [(1.0, 0.5), (-1.0, 0.5), (1.0, -1.5)])
def test_square_4x4_in_a_field(update: str, coupling: float, field: float) -> None:
    model, betas = kd.Ising(kd.Square(4), coupling, field), (0.1, 0.25, 0.44, 0.6)
    checks.check_enumeration(
        checks.checkerboard, model, update, betas, replicas=4000, thermalise=100, draws=10, every=5
    )


@updates
@pytest.mark.parametrize("shape", [(2, 2, 4), (2, 4, 2), (4, 2, 2)])
@pytest.mark.parametrize("field", [0.0, 0.5])
def test_cubic_16_sites(update: str, shape: tuple[int, int, int], field: float) -> None:
    model, betas = kd.Ising(kd.Cubic(shape), 0.5, field), (0.1, 0.3, 0.5)
    checks.check_enumeration(
        checks.checkerboard, model, update, betas, replicas=2000, thermalise=100
    )


@updates
@pytest.mark.parametrize("shape", [(2, 8), (8, 2), (4, 6), (2, 12)])
def test_rectangles(update: str, shape: tuple[int, int]) -> None:
    model = kd.Ising(kd.Square(shape), 1.0, 0.25)
    checks.check_enumeration(
        checks.checkerboard, model, update, (0.2, 0.35), replicas=2000, thermalise=150, draws=8
    )


@updates
@pytest.mark.parametrize(("coupling", "field"), [(1.0, 0.0), (-1.0, 0.5)])
def test_every_level_of_4x4_is_as_frequent_as_it_should(
    update: str, coupling: float, field: float
) -> None:
    model = kd.Ising(kd.Square(4), coupling, field)
    checks.check_histogram(checks.checkerboard, model, update, replicas=80_000)


@updates
def test_the_levels_show_a_beta_one_percent_off(update: str) -> None:
    def colder(model: kd.Ising, beta: float, *args: Any, **options: Any) -> kd.Sampler:
        return checks.checkerboard(model, 1.01 * beta, *args, **options)

    with pytest.raises(checks.DeviationError):
        checks.check_histogram(colder, kd.Ising(kd.Square(4)), update, replicas=80_000)


@updates
@pytest.mark.parametrize("size", [16, 32, 64])
def test_energies_of_kaufman(update: str, size: int) -> None:
    """64 replicas x 4000 draws at each temperature."""
    betas = tuple(1 / TEMPERATURES)
    results = checks.check_kaufman(
        checks.checkerboard, (size, size), update, betas, 64, thermalise=2000, draws=4000, every=1
    )
    heat = kd.exact.kaufman((size, size), list(betas)).specific_heat
    assert beta_power(results, heat) < 0.003


@updates
@pytest.mark.parametrize("shape", [(8, 130), (66, 4)])
def test_energies_of_rectangles(update: str, shape: tuple[int, int]) -> None:
    checks.check_kaufman(
        checks.checkerboard, shape, update, (0.2, 0.3, 0.4), thermalise=1000, draws=1000
    )


@pytest.mark.slow
@updates
@pytest.mark.parametrize("size", [16, 24, 32, 48, 64])
def test_energies_of_kaufman_in_depth(update: str, size: int) -> None:
    """64 replicas x 4000 draws, ten sweeps apart, at 29 temperatures."""
    betas = tuple(1 / np.linspace(1.9, 3.3, 29))
    results = checks.check_kaufman(
        checks.checkerboard,
        (size, size),
        update,
        betas,
        64,
        thermalise=20_000,
        draws=4000,
        every=10,
    )
    heat = kd.exact.kaufman((size, size), list(betas)).specific_heat
    assert beta_power(results, heat) < 0.002


@updates
def test_replicas_are_independent(update: str) -> None:
    checks.check_independence(checks.checkerboard, update)
