"""What is made of observables: averages against all states, histograms, pairs, lengths."""

from __future__ import annotations

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import analysis, observables
from kadanoff.analysis.derived import distinct

BETA = 0.4


@pytest.fixture(scope="module")
def enumerated():
    """All states of the 4x4 torus: spins (state, site) and total energies."""
    lattice = kd.Square(4)
    bits = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
    spins = (2 * bits - 1).astype(float)
    i, j = lattice.bonds.T
    return lattice, spins, -np.sum(spins[:, i] * spins[:, j], axis=1)


def exact_averages(lattice, spins, energies, beta):
    weights = np.exp(-beta * (energies - energies.min()))
    weights /= weights.sum()
    pair = (spins * weights[:, None]).T @ spins
    i, j = lattice.bonds.T
    k = lattice.momenta()[0]
    phase = lattice.positions @ k
    wave = np.cos(phase[:, None] - phase)
    zero, first = pair.sum() / 16, (pair * wave).sum() / 16
    staggered = (spins * (1.0 - 2.0 * lattice.colouring)).mean(axis=1)
    return {
        "staggered_magnetization_squared": weights @ staggered**2,
        "overlap_squared": (pair**2).mean(),
        "link_overlap": (pair[i, j] ** 2).mean(),
        "structure_factor_0": zero,
        "structure_factor_1": first,
        "overlap_structure_factor_1": (pair**2 * wave).sum() / 16,
        "correlations_1": pair[0, 1],
        "correlations_2": pair[0, 2],
        "correlation_length": np.sqrt(zero / first - 1.0) / (2.0 * np.sin(np.pi / 4)),
    }


def sampled(beta):
    sampler = kd.Sampler(kd.Ising(kd.Square(4)), beta, replicas=2000, seed=3)
    sampler.run(60)
    return sampler.sample(20, 5, [name for name in observables.NAMES if name != "energy"]).summary()


def test_averages_on_all_states(enumerated):
    """Power: each error is below 1 % (staggered and overlap_squared: 1.2 %) of its quantity.

    A beta 2 % off moves all but the staggered moment by more than 4 errors.
    """
    exact = exact_averages(*enumerated, BETA)
    table, wrong = sampled(BETA), sampled(1.02 * BETA)
    for name, value in exact.items():
        row = table[name]
        assert abs(row.mean - value) < 4.0 * row.standard_error, name
        assert row.standard_error < 0.012 * value, name
        if name != "staggered_magnetization_squared":
            assert abs(wrong[name].mean - value) > 4.0 * wrong[name].standard_error, name
    for name in ("overlap", "magnetization", "staggered_magnetization"):
        assert abs(table[name].mean) < 4.0 * table[name].standard_error


def test_energy_histogram_on_all_states(enumerated):
    """Shares of the 4x4 energies; the two largest are known to 2 %, which finds a beta 2 % off."""
    _, _, energies = enumerated
    sampler = kd.Sampler(kd.Ising(kd.Square(4)), BETA, replicas=500, seed=4)
    sampler.run(60)
    draws = sampler.sample(40, 3, "energy")["energy"]
    found = analysis.histogram(draws)
    assert found.edges is None
    assert found.probability.sum() == pytest.approx(1.0)
    for beta, agrees in ((BETA, True), (1.02 * BETA, False)):
        weights = np.exp(-beta * energies)
        exact = np.array([weights[energies == 16 * e].sum() for e in found.values]) / weights.sum()
        known = exact > 1e-3
        deviations = np.abs(found.probability - exact)[known] / found.standard_error[known]
        assert (deviations < 4.0).all() == agrees
    order = np.argsort(found.probability)[-2:]
    assert (found.standard_error[order] < 0.02 * found.probability[order]).all()


def test_histogram_bins():
    series = np.array([[0.0, 0.1, 0.1, 0.7, 1.0, 0.5, 0.25, 0.75, 2.0, -1.0]])
    found = analysis.histogram(series, [0.0, 0.5, 1.0])
    assert found.probability.tolist() == [0.4, 0.4]
    assert found.values.tolist() == [0.25, 0.75]
    assert found.standard_error[0] == analysis.standard_error((series >= 0) & (series < 0.5))
    assert analysis.histogram(series, 3).edges.tolist() == [-1.0, 0.0, 1.0, 2.0]
    assert analysis.histogram(series, 3).probability.tolist() == [0.1, 0.7, 0.2]
    many = analysis.histogram(np.random.default_rng(1).normal(size=(2, 400)))
    assert len(many.values) == 64
    assert many.probability.sum() == pytest.approx(1.0)
    for bins, error, text in (
        ([1.0, 1.0], ValueError, "expected rising edges of bins, got [1.0, 1.0]"),
        (0, ValueError, "expected bins in [1, 1048576], got 0"),
        ("x", TypeError, "expected an integer bins, got 'x'"),
    ):
        with pytest.raises(error) as caught:
            analysis.histogram(series, bins)
        assert str(caught.value) == f"[histogram] {text}"


def test_two_replicas_on_one_trajectory_are_found():
    """Negative control of the overlap: replicas of equal random numbers have q = 1, not 0."""
    model = kd.Ising(kd.Square(16))
    sampler = kd.Sampler(model, 0.35, replicas=64, seed=1, start="random")
    sampler.run(200)
    run = sampler.sample(50, 20, ["overlap", {"shared": lambda s: (s[:1] * s).mean((1, 2))}])
    row = run.summary()["overlap"]
    assert abs(row.mean) < 4.0 * row.standard_error < 0.05
    assert run["shared"][0].mean() == 1.0


def test_pairs_are_counted_once():
    sampler = kd.Sampler(kd.Ising(kd.Square(8)), BETA, replicas=8, seed=2)
    sampler.run(100)
    run = sampler.sample(400, 2, ["overlap", "link_overlap"])
    table = run.summary()
    for name in ("overlap", "link_overlap"):
        np.testing.assert_array_equal(run[name][0::2], run[name][1::2])
        error = analysis.standard_error(run[name][::2])
        assert table[name].standard_error == pytest.approx(error, rel=1e-12)
        # Counted twice, the pairs would seem to be as many again.
        doubled = analysis.standard_error(run[name])
        assert doubled == pytest.approx(error / np.sqrt(2.0), rel=0.02)
    one = run.select(replica=[1, 2]).summary()["overlap"]
    both = analysis.standard_error(run["overlap"][1:3])
    assert one.standard_error == pytest.approx(both, rel=1e-12)


def test_equal_rows_of_different_pairs_are_kept():
    ones = np.ones((6, 10))
    assert distinct("overlap", ones).shape == (3, 10)
    assert distinct("energy", ones).shape == (6, 10)


def test_correlation_length_is_a_function_of_averages():
    """Anisotropic lattices take the longest axis, and averages come before the ratio."""
    sampler = kd.Sampler(kd.Ising(kd.Square((8, 16))), BETA, replicas=4, seed=2)
    sampler.run(200)
    run = sampler.sample(500, 5, "structure_factor")
    zero, long = run["structure_factor_0"], run["structure_factor_2"]
    scale = 2.0 * np.sin(np.pi / 16)
    row = run.summary()["correlation_length"]
    assert row.mean == pytest.approx(np.sqrt(zero.mean() / long.mean() - 1.0) / scale, rel=1e-12)
    each = np.sqrt(np.maximum(zero / long - 1.0, 0.0)) / scale
    assert abs(each.mean() - row.mean) > 10.0 * row.standard_error


@pytest.mark.parametrize(
    ("lattice", "smallest"),
    [
        (kd.Chain(8), 2 * np.pi / 8),
        (kd.Triangular((6, 4)), 4 * np.pi / np.sqrt(3) / 6),
        (kd.Honeycomb(4), 4 * np.pi / 3 / 4),
        (kd.Cubic((4, 3, 3)), 2 * np.pi / 4),
        (kd.Hypercubic((2, 2, 3, 5)), 2 * np.pi / 5),
        (kd.Square((9, 4), periodic=(False, True)), 2 * np.pi / 4),
        (kd.Square(4, periodic=False), None),
    ],
    ids=lambda value: repr(value) if isinstance(value, kd.lattices.Lattice) else None,
)
def test_correlation_length_on_other_lattices(lattice, smallest):
    """A run knows its lattice; cells of 60 degrees have reciprocal vectors 4 pi / (3^(1/2) a)."""
    sampler = kd.Sampler(kd.Ising(lattice), 0.2, replicas=2, seed=1)
    run = sampler.sample(50, 1, "structure_factor")
    found = analysis.derived.wave_numbers(run.model)
    np.testing.assert_allclose(found, np.linalg.norm(lattice.momenta(), axis=1))
    if smallest is None:
        assert list(run) == ["structure_factor_0"]
        assert "correlation_length" not in run.summary()
        return
    assert found.min() == pytest.approx(smallest)
    chosen = 1 + np.flatnonzero(np.isclose(found, smallest))
    average = np.mean([run[f"structure_factor_{i}"].mean() for i in chosen])
    with np.errstate(invalid="ignore"):
        expected = np.sqrt(run["structure_factor_0"].mean() / average - 1.0)
    value = run.summary()["correlation_length"].mean
    np.testing.assert_allclose(value, expected / (2.0 * np.sin(smallest / 2.0)), rtol=1e-9)
