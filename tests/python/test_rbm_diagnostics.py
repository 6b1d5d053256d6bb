"""Autocorrelation, mixing, distances between samples and data, spectra of weights."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial.distance import cdist
from scipy.special import expit
from scipy.stats import energy_distance, kstest

import kadanoff as kd
from kadanoff import device_arrays
from kadanoff import rbm as engine

NAN, INF = float("nan"), float("inf")


def two_modes(weight: float, visible: int = 12, hidden: int = 4, units: str = "binary") -> kd.RBM:
    """All units low and all units high are equally probable; a strong weight parts them."""
    weights = np.full((visible, hidden), weight)
    if units == "spin":
        return kd.RBM(weights / 4, visible_units=units, hidden_units=units)
    biases = [-hidden / 2 * weight] * visible, [-visible / 2 * weight] * hidden
    return kd.RBM(weights, *biases)


def exact_time(rbm: kd.RBM) -> float:
    """The integrated time of the sum of visible units, from the transition matrix."""
    v, h = (np.array(list(np.ndindex(*[2] * n))) for n in (rbm.n_visible, rbm.n_hidden))
    w = rbm.weights.astype(float)
    field_v, field_h = h @ w.T + rbm.visible_bias, v @ w + rbm.hidden_bias
    to_v = np.exp(np.log(expit(field_v)) @ v.T + np.log(expit(-field_v)) @ (1 - v).T)
    to_h = np.exp(np.log(expit(field_h)) @ h.T + np.log(expit(-field_h)) @ (1 - h).T)
    weight = np.exp(-rbm.free_energy(v))
    weight /= weight.sum()
    f = v.sum(axis=1) - weight @ v.sum(axis=1)
    # The sum over t >= 1 of P^t f, with P = to_h to_v, as a sum of the small matrix's powers.
    matrix = np.eye(len(h)) - to_v @ to_h + np.outer(np.ones(len(h)), weight @ to_h)
    later = to_h @ np.linalg.solve(matrix, to_v @ f)
    return float(0.5 + weight @ (f * later) / (weight @ f**2))


def warns(rbm: kd.RBM, **options: Any) -> bool:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = engine.mixing(rbm, **options)
    assert [type(one.message) for one in caught] == [engine.MixingWarning] * (not found.mixed)
    return not found.mixed


# Series of chains.


def test_times_are_those_of_the_transition_matrix() -> None:
    """Within 8 %, four times the error of tau_int: 200 chains of 100 tau."""
    rbm = two_modes(0.8)
    chains = kd.GibbsSampler(rbm, chains=200, seed=1)
    chains.run(300)
    traces = engine.record(chains, draws=1000, modes=2)
    assert list(traces) == ["free_energy", "mode_1", "mode_2"]
    assert traces.shape == (200, 1000)
    row = traces.summary()["mode_1"]
    assert row.tau_int == pytest.approx(exact_time(rbm), rel=0.08)
    assert row.r_hat < 1.03
    # All weights are equal: the first mode is the sum of the units, which is 6 on average.
    assert abs(row.mean * 12**0.5 - 6.0) < 4 * row.standard_error * 12**0.5


def test_traces_are_what_chains_are() -> None:
    rbm = kd.RBM(np.random.default_rng(1).normal(size=(6, 3)), visible_units="spin")
    chains, same = (kd.GibbsSampler(rbm, 5, seed=2, beta=0.7) for _ in range(2))
    traces = engine.record(
        chains,
        4,
        every=3,
        modes=9,
        observables={"m": lambda v, h: v.mean(axis=1), "up": lambda v, h: h[:, 0] > 0},
        units=True,
    )
    left = np.linalg.svd(rbm.weights.astype(float))[0]
    assert list(traces) == ["free_energy", "mode_1", "mode_2", "mode_3", "m", "up"]
    for draw in range(4):
        same.run(3)
        assert (traces.units[:, draw] == same.visible).all()
        assert np.allclose(traces["free_energy"][:, draw], -same.log_weight(), rtol=1e-12)
        assert np.allclose(traces["m"][:, draw], same.visible.mean(axis=1))
        assert (traces["up"][:, draw] == same.hidden[:, 0]).all()
        for k in range(3):
            projected = same.visible @ left[:, k]
            assert np.allclose(np.abs(traces[f"mode_{k + 1}"][:, draw]), np.abs(projected))
    assert chains.step == same.step == 12
    assert (traces.every, traces.beta, traces.units.dtype) == (3, 0.7, np.int8)


@pytest.mark.parametrize("coldest", [1.0, 0.8])
def test_temperings_are_followed_in_their_coldest_copies(coldest: float) -> None:
    rbm = kd.RBM(np.random.default_rng(2).normal(size=(5, 4)))
    pt, same = (kd.RBMTempering(rbm, [0.0, 0.4, coldest], 6, seed=1) for _ in range(2))
    traces = engine.record(pt, 10, every=2, modes=1)
    for draw in range(10):
        same.run(2)
        v = np.array(list(np.ndindex(*[2] * 4)))
        energies = rbm.energy(same.visible[:, None], v[None])
        exact = -np.logaddexp.reduce(-coldest * energies, axis=1)
        assert np.allclose(traces["free_energy"][:, draw], exact, rtol=1e-6)
    assert (traces.shape, traces.beta) == ((6, 10), coldest)
    trajectory = kd.rbm.TrajectoryTempering([kd.RBM(0.1 * rbm.weights), rbm], 6, seed=1)
    traces = engine.record(trajectory, 10)
    assert np.allclose(traces["free_energy"][:, -1], rbm.free_energy(trajectory.visible))


def test_autocorrelation_of_a_known_process() -> None:
    """An autoregressive series: rho_t = 0.8^t within 0.02, four of its errors."""
    noise = np.random.default_rng(3).normal(size=(100, 2000))
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0] / 0.6
    for t in range(1, 2000):
        series[:, t] = 0.8 * series[:, t - 1] + noise[:, t]
    traces = engine.Traces({"x": series}, every=5, beta=1.0)
    rho = traces.autocorrelation("x", 20)
    assert np.abs(rho - 0.8 ** np.arange(20)).max() < 0.02
    assert traces.summary()["x"].tau_int_sweeps == pytest.approx(5 * 4.5, rel=0.05)
    assert len(traces.autocorrelation("x")) == 1000
    # Chains around means that differ never lose their correlation.
    apart = engine.Traces({"x": series + 100 * np.arange(100)[:, None]}, every=1, beta=1.0)
    assert apart.autocorrelation("x", 500).min() > 0.99


def test_times_of_units() -> None:
    """The unit with no weights is drawn anew in each step; those of two modes are not."""
    rbm = kd.RBM(np.vstack([two_modes(0.8).weights, np.zeros(4)]), [*[-1.6] * 12, 0.0], [-4.8] * 4)
    chains = kd.GibbsSampler(rbm, chains=50, seed=1)
    chains.run(200)
    times = engine.record(chains, 400, units=True).unit_times()
    assert times.shape == (13,)
    assert abs(times[12] - 0.5) < 0.1
    assert times[:12].min() > 3.0


@pytest.mark.parametrize("chains", [1, 2])
@pytest.mark.parametrize("draws", [1, 7, 8])
def test_short_traces(chains: int, draws: int) -> None:
    traces = engine.record(kd.GibbsSampler(kd.RBM([[0.5]]), chains, seed=1), draws)
    assert traces["mode_1"].shape == (chains, draws)
    assert traces.autocorrelation("mode_1").shape == (max(1, draws // 2),)
    assert np.isnan(traces.summary()["mode_1"].tau_int) == (draws < 8)
    frozen = engine.record(kd.GibbsSampler(kd.RBM([[0.0]], [1e9]), chains, seed=1), draws)
    assert frozen.autocorrelation("mode_1").tolist() == [1.0] + [0.0] * (max(1, draws // 2) - 1)


# Whether chains mix.


@pytest.mark.parametrize("units", ["binary", "spin"])
def test_strong_weights_warn_and_weak_ones_do_not(units: str) -> None:
    assert warns(two_modes(2.0, units=units))
    assert not warns(two_modes(0.2, units=units))
    with pytest.warns(engine.MixingWarning, match=r"^\[mixing\] chains do not mix in 500 steps: "):
        found = engine.mixing(two_modes(2.0, units=units), steps=500)
    assert found.starts == ("random", "low", "high", "along mode_1", "against mode_1")
    assert found.traces.shape == (160, 125)
    assert found.p_values["mode_1"] < 1e-10
    assert found.summary["mode_1"].r_hat > 2.0
    assert str(found).splitlines()[-1] == "; ".join(found.reasons)


@pytest.mark.parametrize("weight", [0.5, 0.8, 1.0])
def test_the_power_is_what_is_promised(weight: float) -> None:
    """R-hat of 1.1 is a run of 40 tau; twenty warn always, a hundred never, in 10 runs of each."""
    rbm = two_modes(weight)
    tau = exact_time(rbm)
    for times, expected in ((20, 10), (100, 0)):
        steps = int(times * tau)
        assert sum(warns(rbm, steps=steps, seed=seed) for seed in range(10)) == expected


def test_false_alarms_are_rare() -> None:
    """None in 150 runs of a machine that forgets at once, and p is uniform."""
    rbm = kd.RBM(np.zeros((5, 2)))
    found = [engine.mixing(rbm, steps=200, chains=4, seed=seed) for seed in range(150)]
    p = np.array([one.p_values["mode_1"] for one in found])
    assert kstest(p, "uniform").pvalue > 1e-4
    assert all(one.mixed for one in found)


def test_data_show_a_mode_that_no_other_start_finds() -> None:
    """A pattern at which no start lies: chains from the data stay there, the others elsewhere."""
    pattern = np.arange(32) * 11 % 32 < 16
    weights = np.column_stack([np.full(32, 30.0), 8.0 * (2 * pattern - 1)])
    rbm = kd.RBM(weights, hidden_bias=[-1000.0, -116.0])  # the first unit is always off
    assert engine.mixing(rbm, steps=200).mixed
    with pytest.warns(engine.MixingWarning):
        found = engine.mixing(rbm, pattern[None], steps=200)
    assert found.starts[-1] == "data"
    assert found.p_values["mode_2"] < 1e-10 < found.p_values["mode_1"]
    assert found.summary["mode_2"].r_hat > 1.5
    assert "starts differ in mode_2" in " ".join(found.reasons)


def test_mixing_does_not_depend_on_threads_and_goes_by_beta() -> None:
    rbm = two_modes(1.0, visible=70, hidden=30)
    hot = [engine.mixing(rbm, steps=50, beta=0.02, threads=threads) for threads in (1, 2)]
    assert all((hot[0].traces[name] == hot[1].traces[name]).all() for name in hot[0].traces)
    assert hot[0].mixed
    assert warns(rbm, steps=50)


def test_times_of_chains_that_are_stuck_are_at_least_the_run() -> None:
    with pytest.warns(engine.MixingWarning):
        assert engine.mixing(two_modes(2.0), steps=400).tau > 100


def test_machines_of_one_unit_and_frozen_ones_mix() -> None:
    assert engine.mixing(kd.RBM([[0.3]]), steps=400).mixed
    assert engine.mixing(kd.RBM([[0.0], [0.0]], [1e9, -1e9]), steps=16, modes=0).mixed


# Distances.


def sets(shift: float, seed: int, n: int = 150, m: int = 220, units: int = 12) -> Any:
    draw = np.random.default_rng(seed).random
    x, y = draw((n, units)) < 0.5, draw((m, units)) < 0.5 + shift
    return x.astype(np.uint8), y.astype(np.uint8)


def plain(x: Any, y: Any, kernel: Callable[[Any], Any]) -> float:
    n, m = len(x), len(y)
    xx, yy, xy = (kernel(cdist(*pair)) for pair in ((x, x), (y, y), (x, y)))
    for own in (xx, yy):
        np.fill_diagonal(own, 0.0)
    return xx.sum() / n / (n - 1) + yy.sum() / m / (m - 1) - 2 * xy.mean()


@pytest.mark.parametrize("scale", [1, 0.37])
@pytest.mark.parametrize(("n", "m", "units"), [(150, 220, 12), (1300, 1100, 3), (2, 2, 1)])
def test_distances_are_those_of_plain_sums(scale: float, n: int, m: int, units: int) -> None:
    x, y = (scale * one for one in sets(0.1, 1, n, m, units))
    value = engine.energy_distance(x, y, permutations=3).value
    assert value == pytest.approx(plain(x, y, lambda d: -d), abs=1e-10)
    value = engine.mmd(x, y, bandwidth=0.8, permutations=3).value
    assert value == pytest.approx(plain(x, y, lambda d: np.exp(-(d**2) / 1.28)), abs=1e-10)


def test_energy_distance_is_that_of_scipy() -> None:
    """SciPy's is the root of the same with the zeros of the diagonal."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=60), rng.normal(0.5, 2.0, 80)
    biased = energy_distance(x, y) ** 2
    spread = np.abs(x[:, None] - x).sum() / 60**2 / 59 + np.abs(y[:, None] - y).sum() / 80**2 / 79
    assert engine.energy_distance(x, y).value == pytest.approx(biased - spread, abs=1e-12)


def test_the_bandwidth_is_the_median_distance() -> None:
    x, y = sets(0.0, 2)
    median = np.median(cdist(np.vstack([x, y]), np.vstack([x, y]))[np.triu_indices(370, 1)])
    assert engine.mmd(x, y).value == engine.mmd(x, y, bandwidth=median).value
    same = np.zeros((5, 3))
    assert engine.mmd(same, same).p_value == 1.0


@pytest.mark.parametrize("distance", [engine.energy_distance, engine.mmd])
def test_p_values_are_uniform_without_a_difference_and_small_with_one(distance: Any) -> None:
    """Power: 12 units shifted by 0.08 give p = 0.01 in four of five cases."""
    options = {"permutations": 99}
    p = [distance(*sets(0.0, seed), **options).p_value for seed in range(200)]
    assert kstest(np.array(p) - 0.005, "uniform").pvalue > 1e-4
    assert abs(np.mean([distance(*sets(0.0, seed), **options).z for seed in range(200)])) < 4 / 14
    found = [distance(*sets(0.08, seed), **options).p_value for seed in range(50)]
    assert np.mean(np.array(found) <= 0.01) > 0.8


def test_what_only_correlations_tell_apart() -> None:
    """Equal means, but units of a pair that agree: neither distance is one of means."""
    draw = np.random.default_rng(5).random((400, 10)) < 0.5
    paired = np.repeat(np.random.default_rng(6).random((400, 5)) < 0.5, 2, axis=1)
    for distance in (engine.energy_distance, engine.mmd):
        assert distance(draw, paired).p_value == 0.005
        assert distance(draw, paired).z > 5


def test_distances_of_images_and_of_seeds() -> None:
    x, y = sets(0.05, 7)
    flat = engine.energy_distance(x, y)
    shaped = engine.energy_distance(x.reshape(-1, 3, 4), y.reshape(-1, 2, 6).tolist())
    assert (flat.null == shaped.null).all()
    other = engine.energy_distance(x, y, seed=2)
    assert (flat.value == other.value, (flat.null == other.null).all()) == (True, False)
    assert repr(flat) == f"TwoSample({flat.value:.4g}, z = {flat.z:.2f}, p = {flat.p_value:.3g})"


# Spectra.


def test_singular_values() -> None:
    weights = np.random.default_rng(1).normal(size=(3, 7, 4)).astype(np.float32)
    values = engine.singular_values([kd.RBM(one) for one in weights])
    assert np.allclose(values, np.linalg.svd(weights.astype(float), compute_uv=False))
    assert (engine.singular_values(kd.RBM(weights[1])) == values[1]).all()


@pytest.mark.parametrize("shape", [(300, 100), (100, 300), (200, 200), (50, 1)])
def test_marchenko_pastur(shape: tuple[int, int]) -> None:
    low, high = engine.marchenko_pastur_edges(shape, 0.1)
    if low < high and min(shape) > 1:

        def density(s: float) -> float:
            return float(engine.marchenko_pastur(s, shape, 0.1))

        total = quad(density, low, high)[0]
        assert total == pytest.approx(1.0, abs=1e-6)
        random = np.random.default_rng(2).normal(0.0, 0.1, size=shape)
        values = np.linalg.svd(random, compute_uv=False)
        grid = np.linspace(low, high, 2001)
        cumulative = np.cumsum(engine.marchenko_pastur(grid, shape, 0.1)) * (grid[1] - grid[0])
        # Singular values repel: their distribution is off by 1 / 100, not by 1 / sqrt(100).
        share = np.searchsorted(np.sort(values), grid) / min(shape)
        assert np.abs(share - cumulative).max() < 0.03
        # The planted fault: a deviation 10 % off.
        wrong = np.cumsum(engine.marchenko_pastur(grid, shape, 0.11)) * (grid[1] - grid[0])
        assert np.abs(share - wrong).max() > 0.05
    assert engine.marchenko_pastur([0.0, -1.0, high + 1], shape, 0.1).tolist() == [0.0, 0.0, 0.0]


# In-painting.


@pytest.mark.parametrize("units", list(itertools.product(("binary", "spin"), repeat=2)))
def test_inpainting_has_the_conditional_distribution(units: tuple[str, str]) -> None:
    """Means of unknown units within 0.01 of the exact ones, 4 errors; of samples 0.033."""
    rng = np.random.default_rng(3)
    scale = {0: 2.0, 1: 1.0, 2: 0.5}[units.count("spin")]  # couplings of equal strength
    rbm = kd.RBM(scale * rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=3), *units)
    low = -1 if units[0] == "spin" else 0
    states = np.where(np.array(list(np.ndindex(*[2] * 6))) > 0, 1, low)
    weight = np.exp(-rbm.free_energy(states))
    images = np.array([[1, low, 1, low, low, low], [low, 1, low, 1, 1, 1]])
    mask = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 1]], dtype=bool)
    done = engine.inpaint(rbm, np.where(mask, images, np.nan), mask, 4000, steps=60, seed=4)
    assert (done.samples.shape, done.means.shape) == ((2, 4000, 6), (2, 6))
    assert done.samples.dtype == done.images.dtype == (np.int8 if low else np.uint8)
    for n in range(2):
        fits = (states[:, mask[n]] == images[n, mask[n]]).all(axis=1)
        exact = weight[fits] @ states[fits] / weight[fits].sum()
        assert np.abs(done.means[n] - exact).max() < 0.01 * (1 - low)
        assert np.abs(done.samples[n].mean(axis=0) - exact).max() < 0.033 * (1 - low)
        assert (done.samples[n][:, mask[n]] == images[n, mask[n]]).all()
    assert (done.images == np.where(mask, images, low)).all()
    # The planted fault: means that do not heed what is known.
    free = weight @ states / weight.sum()
    assert np.abs(done.means - free)[~mask].max() > 0.05 * (1 - low)


@pytest.mark.parametrize("steps", [1, 2, 3, 999])
def test_inpainting_one_image(steps: int) -> None:
    rbm = kd.RBM([[1.0], [2.0], [0.0]])
    done = engine.inpaint(rbm, [1, 0, 1], [True, False, False], chains=1, steps=steps, seed=1)
    assert (done.samples.shape, done.means.shape, done.mask.shape) == ((1, 1, 3), (1, 3), (1, 3))
    same = engine.inpaint(rbm, [1, 1, 0], [True, False, False], 1, steps, seed=1, threads=2)
    assert (same.samples == done.samples).all()
    assert (same.means == done.means).all()


# Wrong calls.

RBM = kd.RBM(np.zeros((3, 2)))
CHAINS = kd.GibbsSampler(RBM, chains=4, seed=1)
X = np.zeros((4, 3))


def record(**options: Any) -> Any:
    return engine.record(CHAINS, **{"draws": 2, **options})


WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: engine.record(RBM, 2),
        TypeError,
        "[record] expected chains such as kd.GibbsSampler(rbm), got RBM(3 visible, 2 hidden units)",
    ),
    (lambda: record(draws=0), ValueError, "[record] expected draws in [1, 2147483648], got 0"),
    (lambda: record(every=0.5), TypeError, "[record] expected an integer every, got 0.5"),
    (lambda: record(modes=-1), ValueError, "[record] expected modes in [0, 1000], got -1"),
    (
        lambda: engine.record(kd.GibbsSampler(RBM, 2, beta=[1.0, 0.5]), 1),
        ValueError,
        "[record] expected chains at one beta, got 2",
    ),
    (
        lambda: record(observables={"m": 1}),
        TypeError,
        "[record] expected a callable as observable m, got 1",
    ),
    (
        lambda: record(observables={"m": lambda v, h: v}),
        ValueError,
        "[record] expected m of shape (4,), got shape (4, 3)",
    ),
    (
        lambda: record(observables={"m": lambda v, h: v[:, 0] * NAN}),
        ValueError,
        "[record] expected finite numbers of m, got others",
    ),
    (
        lambda: record(observables={"mode_1": lambda v, h: v[:, 0]}),
        ValueError,
        "[record] expected a name of its own for an observable, got 'mode_1'",
    ),
    (
        lambda: record()["energy"],
        KeyError,
        "[Traces] expected one of free_energy, mode_1, mode_2, got 'energy'",
    ),
    (
        lambda: record().autocorrelation("mode_1", 3),
        ValueError,
        "[autocorrelation] expected lags in [1, 2], got 3",
    ),
    (
        lambda: record().unit_times(),
        ValueError,
        "[unit_times] expected units, got none: record(..., units=True)",
    ),
    (
        lambda: engine.mixing("rbm"),
        TypeError,
        "[mixing] expected a machine such as kd.RBM(weights), got 'rbm'",
    ),
    (
        lambda: engine.mixing(RBM, steps=15),
        ValueError,
        "[mixing] expected steps in [16, 549755813888], got 15",
    ),
    (
        lambda: engine.mixing(RBM, chains=3),
        ValueError,
        "[mixing] expected chains in [4, 16777216], got 3",
    ),
    (
        lambda: engine.mixing(RBM, X[:, :2]),
        ValueError,
        "[mixing] expected visible of shape (..., 3), got shape (4, 2)",
    ),
    (
        lambda: engine.mixing(RBM, X[:0]),
        ValueError,
        "[mixing] expected data of shape (n, 3), got shape (0, 3)",
    ),
    (
        lambda: engine.mixing(RBM, X + 2),
        ValueError,
        "[mixing] expected values 0 and 1 for visible, got 2.0",
    ),
    (lambda: engine.mixing(RBM, beta=NAN), ValueError, "[mixing] expected a finite beta, got nan"),
    (
        lambda: engine.energy_distance(X[:1], X),
        ValueError,
        "[energy_distance] expected samples of shape (2 or more, ...), got shape (1, 3)",
    ),
    (
        lambda: engine.mmd(X, X[:, :2]),
        ValueError,
        "[mmd] expected states of one size, got 3 and 2 units",
    ),
    (
        lambda: engine.mmd(X, X * NAN),
        ValueError,
        "[mmd] expected finite states, got NaN or infinity",
    ),
    (
        lambda: engine.mmd(X, X + 1e200),
        ValueError,
        "[mmd] expected states of at most 1e150, got 1e+200",
    ),
    (
        lambda: engine.mmd(X, X.astype(complex)),
        TypeError,
        "[mmd] expected real numbers for data, got dtype complex128",
    ),
    (lambda: engine.mmd(X, X, 0), ValueError, "[mmd] expected bandwidth > 0, got 0.0"),
    (
        lambda: engine.mmd(X, X, permutations=0),
        ValueError,
        "[mmd] expected permutations in [1, 1000000], got 0",
    ),
    (
        lambda: engine.energy_distance([[1, 2], [3]], X),
        TypeError,
        "[energy_distance] expected samples as a regular array, got a ragged one",
    ),
    (
        lambda: engine.singular_values([]),
        ValueError,
        "[singular_values] expected at least one machine, got none",
    ),
    (
        lambda: engine.singular_values(X),
        TypeError,
        "[singular_values] expected machines such as kd.RBM(weights), got array([0., 0., 0.])",
    ),
    (
        lambda: engine.singular_values([RBM, kd.RBM([[1.0]])]),
        ValueError,
        "[singular_values] expected machines like RBM(3 visible, 2 hidden units), "
        "got RBM(1 visible, 1 hidden units)",
    ),
    (
        lambda: engine.marchenko_pastur(1.0, (3, 2), 0.0),
        ValueError,
        "[marchenko_pastur] expected deviation > 0, got 0.0",
    ),
    (
        lambda: engine.marchenko_pastur_edges(3, 1.0),
        TypeError,
        "[marchenko_pastur_edges] expected shape as (n_visible, n_hidden), got 3",
    ),
    (
        lambda: engine.inpaint(RBM, [1, 0], [True, False]),
        ValueError,
        "[inpaint] expected images of shape (n, 3), got shape (2,)",
    ),
    (
        lambda: engine.inpaint(RBM, [1, 0, 0], [1, 0, 0]),
        TypeError,
        "[inpaint] expected mask of dtype bool, got int64",
    ),
    (
        lambda: engine.inpaint(RBM, [1, 0, 0], [[True] * 3] * 2),
        ValueError,
        "[inpaint] expected mask of shape (3,) or (1, 3), got shape (2, 3)",
    ),
    (
        lambda: engine.inpaint(RBM, [1, -1, 0], [True, True, False]),
        ValueError,
        "[inpaint] expected values 0 and 1 for visible, got -1",
    ),
    (
        lambda: engine.inpaint(RBM, [1, 0, 0], [True] * 3, chains=0),
        ValueError,
        "[inpaint] expected chains in [1, 16777216], got 0",
    ),
]


def test_other_devices_are_asked_for() -> None:
    """The error is that of `GibbsSampler`."""
    calls: list[Callable[[str], Any]] = [
        lambda device: engine.mixing(two_modes(0.2), steps=50, device=device).traces["mode_1"],
        lambda device: engine.inpaint(RBM, X, [True, False, False], seed=1, device=device).samples,
    ]
    for call in calls:
        with pytest.raises(ValueError, match="expected device to be one of"):
            call("tpu")


class Remote:
    """An array that lies on a device: NumPy cannot read it."""

    def __init__(self, values: Any) -> None:
        self.values = values


def test_arrays_of_devices_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    rbm = two_modes(0.3)

    def found() -> list[Any]:
        chains = kd.GibbsSampler(rbm, 5, seed=1)
        done = engine.inpaint(rbm, np.ones(12), np.arange(12) < 8, seed=1)
        traces = (engine.mixing(rbm, steps=50).traces, engine.record(chains, 9, units=True))
        return [done.samples, done.means, traces[1].units, *(one["mode_1"] for one in traces)]

    expected = found()
    for layer in ("visible", "hidden"):
        plain = getattr(kd.GibbsSampler, layer)
        there = property(lambda self, get=plain.fget: Remote(get(self)), plain.fset)
        monkeypatch.setattr(kd.GibbsSampler, layer, there)
    fetch = device_arrays.on_host
    monkeypatch.setattr(
        device_arrays,
        "on_host",
        lambda call, one: one.values if isinstance(one, Remote) else fetch(call, one),
    )
    assert all((a == b).all() for a, b in zip(found(), expected, strict=True))


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_calls(number: int) -> None:
    call, kind, text = WRONG[number]
    with pytest.raises(kind, match=re.escape(text)):
        call()
