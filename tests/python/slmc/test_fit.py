"""Effective models learnt by regression, the loop around it, and machines fitted to energies."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import slmc

SHAPE = (4, 6)
MODEL = kd.Ising(kd.Square(SHAPE), 1.0, 0.0, 0.2)
SPINS = np.random.default_rng(3).choice([-1, 1], size=(200, *SHAPE)).astype(np.int8)


def slow_correlations(spins: np.ndarray) -> list[int]:
    rows, columns = spins.shape
    half = (((0, 1), (1, 0)), ((1, 1), (1, -1)), ((0, 2), (2, 0)))
    return [
        sum(
            int(spins[y, x]) * int(spins[(y + dy) % rows, (x + dx) % columns])
            for y, x in itertools.product(range(rows), range(columns))
            for dy, dx in steps
        )
        for steps in half
    ]


@pytest.mark.parametrize("shape", [(4, 6), (2, 3), (3, 2), (1, 5), (7, 130)])
def test_correlations_are_sums_over_pairs(shape: tuple[int, int]) -> None:
    spins = np.random.default_rng(1).choice([-1, 1], size=(2, 3, *shape))
    found = slmc.correlations(spins)
    assert found.shape == (2, 3, 3)
    assert found.dtype == np.int64
    expected = [slow_correlations(one) for one in spins.reshape(-1, *shape)]
    assert found.reshape(-1, 3).tolist() == expected
    assert slmc.correlations(spins.astype(np.float32), 2).tolist() == found[..., :2].tolist()


def test_correlations_of_many_configurations_are_worked_out_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = slmc.correlations(SPINS)
    monkeypatch.setattr("kadanoff.slmc.pair_sums.CHUNK", 7 * 24)
    assert (slmc.correlations(SPINS) == whole).all()


@pytest.mark.parametrize("ranges", [1, 2, 3])
def test_an_effective_model_is_found_again(ranges: int) -> None:
    wanted = np.array([1.25, -0.5, 0.125])[:ranges]
    energies = 3.5 - slmc.correlations(SPINS, ranges) @ wanted
    found = slmc.fit(MODEL, SPINS, ranges, energies=energies)
    np.testing.assert_allclose(found.couplings, wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.constant, 3.5, rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.energy(SPINS), energies, rtol=0, atol=1e-10)
    assert found.samples == 200
    assert found.residual < 1e-10
    assert max(found.errors) < 1e-12


def test_errors_cover_the_couplings() -> None:
    """Noise of a known size: |z| < 4, and the spread of z over 60 fits is 1 within 4 errors."""
    random, z = np.random.default_rng(5), []
    sums = slmc.correlations(SPINS, 2)
    for _ in range(60):
        energies = -sums @ np.array([1.0, -0.1]) + random.normal(scale=5.0, size=len(SPINS))
        found = slmc.fit(MODEL, SPINS, 2, energies=energies)
        z.append((np.array(found.couplings) - (1.0, -0.1)) / found.errors)
    z = np.array(z)
    assert np.abs(z.mean(axis=0)).max() < 4 / np.sqrt(60) * 1.1
    assert np.abs(z.std(axis=0) - 1.0).max() < 4 / np.sqrt(120) * 1.2
    assert found.residual == pytest.approx(5.0, rel=0.2)


def test_correlated_configurations_have_larger_errors() -> None:
    energies = -slmc.correlations(SPINS, 1)[:, 0] + np.random.default_rng(5).normal(size=200)
    apart = slmc.fit(MODEL, SPINS, energies=energies)
    copies = slmc.fit(MODEL, np.repeat(SPINS, 10, axis=0), energies=np.repeat(energies, 10))
    assert copies.couplings[0] == pytest.approx(apart.couplings[0], rel=1e-12)
    assert copies.errors[0] == pytest.approx(apart.errors[0], rel=0.3)


def test_the_loop_learns_where_it_samples() -> None:
    """Local updates at 0.6 beta teach another coupling than the clusters at beta do."""
    model = kd.Ising(kd.Square((10, 12)), 1.0, 0.0, 0.2)
    settings = {"rounds": 2, "configurations": 800, "replicas": 20, "seed": 4}
    learned = slmc.learn(model, 0.4, start_beta=0.24, **settings)
    local, first, second = learned.rounds
    assert [r.update for r in learned.rounds] == ["heatbath", *["self-learning"] * 2]
    assert [r.beta for r in learned.rounds] == [0.24, 0.4, 0.4]
    assert first.proposal == local.effective.couplings
    assert second.proposal == first.effective.couplings
    assert learned.effective == second.effective
    assert learned.sampler.effective == second.effective.couplings
    assert np.isnan(local.acceptance)
    assert 0.3 < second.acceptance < 1.0
    assert 1.0 < second.proposed_sites < 120.0
    away = local.effective.couplings[0] - second.effective.couplings[0]
    errors = np.hypot(local.effective.errors[0], second.effective.errors[0])
    assert abs(away) > 5 * errors
    assert abs(first.effective.couplings[0] - second.effective.couplings[0]) < 4 * np.hypot(
        first.effective.errors[0], second.effective.errors[0]
    )
    again = slmc.learn(model, 0.4, start_beta=0.24, threads=2, **settings)
    assert again.effective == learned.effective
    assert (again.sampler.spins == learned.sampler.spins).all()


@pytest.mark.parametrize("plaquette", [0.2, -0.3])
def test_few_filters_on_a_plaquette_are_the_model(plaquette: float) -> None:
    model = kd.Ising(kd.Square(SHAPE), 0.8, 0.0, plaquette)
    fitted = slmc.fit_rbm(model, SPINS, 0.5, filters=3, ridge=0.0)
    assert fitted.r_squared > 1 - 1e-10
    other = np.random.default_rng(9).choice([-1, 1], size=(50, *SHAPE))
    rest = 0.5 * np.asarray(model.energy(other)) - fitted.rbm.free_energy(other.reshape(50, -1))
    assert rest.std() < 1e-4
    assert fitted.filters.shape == (3, 2, 2)


def test_a_machine_of_pairs_is_the_ising_model() -> None:
    """ln 2 cosh(w (s + s')) is w' s s' to a constant; one filter for each direction."""
    model = kd.Ising(kd.Square(SHAPE), 0.7)
    spins = SPINS[:, :, :]
    along = slmc.fit_rbm(model, spins, 0.5, filters=1, window=(1, 2), ridge=0.0)
    assert along.filters.shape == (1, 1, 2)
    assert 0.2 < along.r_squared < 0.8
    both = slmc.fit_rbm(model, spins, 0.5, filters=2, window=(2, 2), ridge=0.0)
    assert both.r_squared > 1 - 1e-10


def test_a_ridge_keeps_weights_small() -> None:
    free, kept = (slmc.fit_rbm(MODEL, SPINS, 0.4, filters=1, ridge=r) for r in (0.0, 1e-2))
    assert np.abs(kept.filters).max() < 0.5 * np.abs(free.filters).max()
    assert kept.r_squared < free.r_squared


OPEN = kd.Ising(kd.Square(4, periodic=False))
SQUARE = "an Ising model on a periodic square lattice"
BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: slmc.correlations(np.ones(4)), ValueError,
     "[correlations] expected spins of shape (..., y, x), got shape (4,)"),
    (lambda: slmc.correlations(np.zeros((4, 4))), ValueError,
     "[correlations] expected spins of -1 and 1, got other values"),
    (lambda: slmc.correlations(np.ones((4, 4), dtype=bool)), TypeError,
     "[correlations] expected spins of -1 and 1, got dtype bool"),
    (lambda: slmc.correlations(np.ones((4, 4)), 4), ValueError,
     "[correlations] expected ranges in [1, 3], got 4"),
    (lambda: slmc.fit(OPEN, SPINS), ValueError, f"[fit] expected {SQUARE}, got {OPEN!r}"),
    (lambda: slmc.fit("model", SPINS), TypeError,
     "[fit] expected a model such as kd.Ising(kd.Square(16)), got 'model'"),
    (lambda: slmc.fit(MODEL, SPINS[:, :, :5]), ValueError,
     "[fit] expected spins of shape (..., 4, 6), got shape (200, 4, 5)"),
    (lambda: slmc.fit(MODEL, SPINS[0]), ValueError,
     "[fit] expected spins of shape (..., 4, 6), got shape (4, 6)"),
    (lambda: slmc.fit(MODEL, SPINS[:4], 3), ValueError,
     "[fit] expected at least 5 configurations, got 4"),
    (lambda: slmc.fit(MODEL, np.repeat(SPINS[:1], 9, axis=0)), ValueError,
     "[fit] expected configurations that tell 1 couplings apart, got sums of rank 0"),
    (lambda: slmc.fit(MODEL, SPINS, energies=np.ones(3)), ValueError,
     "[fit] expected energies of shape (200,), got shape (3,)"),
    (lambda: slmc.fit(MODEL, SPINS, energies=np.full(200, np.nan)), ValueError,
     "[fit] expected finite energies, got others"),
    (lambda: slmc.learn(MODEL, 0.4, rounds=0), ValueError,
     "[learn] expected rounds in [1, 1000], got 0"),
    (lambda: slmc.learn(MODEL, 0.4, configurations=10), ValueError,
     "[learn] expected configurations in [100, 2147483648], got 10"),
    (lambda: slmc.learn(MODEL, -0.3), ValueError, "[learn] expected beta in [0, 1e12], got -0.3"),
    (lambda: slmc.learn(MODEL, 0.3, start_beta=-1), ValueError,
     "[learn] expected start_beta in [0, 1e12], got -1.0"),
    (lambda: slmc.learn(kd.Potts(kd.Square(4), 3), 0.4), ValueError,
     f"[learn] expected {SQUARE}, got Potts(Square(4), q=3, coupling=1.0)"),
    (lambda: slmc.fit_rbm(MODEL, SPINS, 0.4, window=(2,)), TypeError,
     "[fit_rbm] expected window as (rows, columns), got (2,)"),
    (lambda: slmc.fit_rbm(MODEL, SPINS, 0.4, window=(4, 3)), ValueError,
     "[fit_rbm] expected a window of at most 9 sites, got 4 x 3"),
    (lambda: slmc.fit_rbm(MODEL, SPINS, 0.4, window=(5, 1)), ValueError,
     "[fit_rbm] expected extents of window in [1, 4], got 5"),
    (lambda: slmc.fit_rbm(MODEL, SPINS, 0.4, ridge=-1.0), ValueError,
     "[fit_rbm] expected ridge >= 0, got -1.0"),
    (lambda: slmc.fit_rbm(kd.Ising(kd.Square(SHAPE), 1.0, 0.1), SPINS, 0.4), ValueError,
     "[fit_rbm] expected a model without a field, got one with a field"),
    (lambda: slmc.fit_rbm(MODEL, SPINS, 0.0), ValueError, "[fit_rbm] expected beta > 0, got 0.0"),
    (lambda: slmc.fit_rbm(MODEL, SPINS, -0.4), ValueError, "[fit_rbm] expected beta > 0, got -0.4"),
    (lambda: slmc.fit_rbm(MODEL, SPINS[:1], 0.4), ValueError,
     "[fit_rbm] expected configurations of different energies, got one energy"),
    # The mean of three times 0.1 is not 0.1: a spread of rounding is none.
    (lambda: slmc.fit_rbm(MODEL, SPINS[:3], 0.4, energies=[0.1] * 3), ValueError,
     "[fit_rbm] expected configurations of different energies, got one energy"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "text"), BAD)
def test_bad_input(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == text
