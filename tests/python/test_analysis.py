"""Errors and convergence statistics on series whose truth is known."""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pytest

from kadanoff import analysis

pytestmark = pytest.mark.filterwarnings("error")

STATISTICS = (
    analysis.integrated_time,
    analysis.effective_sample_size,
    analysis.standard_error,
    analysis.split_r_hat,
)


def autoregressive(rho, shape, seed):
    """Draw x(t+1) = rho x(t) + noise along the last axis: mean 0, variance 1, rho(t) = rho^t."""
    noise = np.random.default_rng(seed).normal(size=shape)
    noise[..., 1:] *= np.sqrt(1.0 - rho * rho)
    for t in range(1, shape[-1]):
        noise[..., t] += rho * noise[..., t - 1]
    return noise


def exact_time(rho):
    return 0.5 * (1.0 + rho) / (1.0 - rho)


def variance(first, second):
    return second - first**2


def is_calibrated(estimates, errors, truth):
    """Judge error bars by 1000 experiments.

    Correct bars fail by chance less than once in 10^4 (4 sigma of both numbers: 0.059 and 0.089);
    bars that are 20 % too small or too large fail in more than 99 % of the cases.
    """
    deviations = np.abs(np.asarray(estimates) - truth)
    coverage = np.mean(deviations < errors)
    ratio = np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(deviations)))
    return abs(coverage - 0.683) < 0.06 and abs(ratio - 1.0) < 0.09


@pytest.fixture(scope="module", params=[-0.4, 0.0, 0.8])
def experiments(request):
    return request.param, autoregressive(request.param, (1000, 4, 500), seed=3)


def test_standard_error_covers_the_truth(experiments):
    _, series = experiments
    errors = np.array([analysis.standard_error(one) for one in series])
    means = series.mean(axis=(1, 2))
    assert is_calibrated(means, errors, 0.0)
    assert not is_calibrated(means, 0.8 * errors, 0.0)
    assert not is_calibrated(means, 1.25 * errors, 0.0)


def test_jackknife_covers_the_truth(experiments):
    _, series = experiments
    results = [analysis.jackknife(variance, one, one**2) for one in series]
    values = np.array([result.value for result in results])
    errors = np.array([result.standard_error for result in results])
    assert is_calibrated(values, errors, 1.0)
    assert not is_calibrated(values, 0.8 * errors, 1.0)
    assert not is_calibrated(values, 1.25 * errors, 1.0)


def test_ignored_autocorrelation_is_found(experiments):
    """Negative control: errors of independent draws pass only where the draws are independent."""
    rho, series = experiments
    naive = series.std(axis=(1, 2), ddof=1) / np.sqrt(2000)
    assert is_calibrated(series.mean(axis=(1, 2)), naive, 0.0) is np.bool_(rho == 0.0)
    squares = series**2
    naive = squares.std(axis=(1, 2), ddof=1) / np.sqrt(2000)
    values = variance(series.mean(axis=(1, 2)), squares.mean(axis=(1, 2)))
    assert is_calibrated(values, naive, 1.0) is np.bool_(rho == 0.0)


@pytest.mark.parametrize(
    ("rho", "shape", "tolerance"),
    [
        (-0.5, (64, 4000), 0.06),
        (0.0, (64, 4000), 0.04),
        (0.5, (64, 4000), 0.05),
        (0.9, (64, 4000), 0.12),
        (0.99, (64, 4000), 0.40),
        (0.0, (1, 4000), 0.25),
        (0.9, (4, 4000), 0.45),
    ],
)
def test_integrated_time_is_known(rho, shape, tolerance):
    """The tolerances are 4 standard deviations of the estimator, by 60 to 400 repetitions."""
    series = autoregressive(rho, shape, seed=5)
    time = analysis.integrated_time(series)
    assert time == pytest.approx(exact_time(rho), rel=tolerance)
    assert analysis.effective_sample_size(series) == pytest.approx(series.size / (2.0 * time))


def test_integrated_time_matches_a_windowed_sum():
    """Sokal's window on a direct sum is the oracle: it stops at the first W >= 6 tau_int(W)."""
    series = autoregressive(0.8, (8, 2000), seed=6)
    deviations = series - series.mean()
    time, lag, norm = 0.5, 0, np.mean(deviations**2)
    while lag < 6.0 * time:
        lag += 1
        time += np.mean(deviations[:, lag:] * deviations[:, :-lag]) / norm
    assert analysis.integrated_time(series) == pytest.approx(time, rel=0.1)


def test_sample_size_is_that_of_unsplit_replicas():
    """Halves would bound the lags; at 40 tau_int per replica they make tau_int 20 % too long."""
    array_stats = importlib.import_module("arviz_stats.base").array_stats
    series = autoregressive(0.9, (4, 401), seed=16)
    expected = array_stats.ess(series, chain_axis=0, draw_axis=1, method="identity")
    assert analysis.effective_sample_size(series) == pytest.approx(float(expected), rel=1e-9)


def test_jackknife_matches_blocks():
    """Deleting one long block at a time is the oracle; 256 blocks know the error to 4.4 %."""
    series = autoregressive(0.8, (16, 4000), seed=7)
    squares = series**2
    totals = [one.reshape(16, 16, 250).sum(axis=2).ravel() for one in (series, squares)]
    left_out = variance(*[(total.sum() - total) / (64000 - 250) for total in totals])
    blocked = np.sqrt(255.0 / 256.0 * np.sum((left_out - left_out.mean()) ** 2))
    result = analysis.jackknife(variance, series, squares)
    assert result.standard_error == pytest.approx(blocked, rel=0.16)
    assert result.value == pytest.approx(series.var(), rel=1e-12)


def test_jackknife_of_a_mean_is_the_mean():
    series = autoregressive(0.5, (4, 100), seed=8)
    result = analysis.jackknife(lambda first: first, series)
    assert result.value == series.mean()
    np.testing.assert_allclose(result.pseudovalues, series, rtol=0, atol=1e-12)
    assert result.standard_error == pytest.approx(analysis.standard_error(series), rel=1e-9)


def test_split_r_hat_is_its_formula():
    series = autoregressive(0.9, (3, 41), seed=9)
    halves = np.concatenate([series[:, :20], series[:, 21:]])
    within = np.mean(np.var(halves, axis=1, ddof=1))
    between = 20.0 * np.var(halves.mean(axis=1), ddof=1)
    expected = np.sqrt((19.0 / 20.0 * within + between / 20.0) / within)
    assert analysis.split_r_hat(series) == pytest.approx(expected, rel=1e-12)


def test_split_r_hat_sees_a_drift_that_all_replicas_share():
    """Negative control: without the split the same series look converged."""
    series = autoregressive(0.0, (4, 1000), seed=10) + np.linspace(0.0, 10.0, 1000)
    within, between = np.mean(series.var(axis=1, ddof=1)), np.var(series.mean(axis=1), ddof=1)
    assert np.sqrt(0.999 + between / within) < 1.01
    assert analysis.split_r_hat(series) > 1.5


def test_converged_replicas_have_r_hat_near_one():
    assert analysis.split_r_hat(autoregressive(0.5, (64, 4000), seed=11)) < 1.005
    assert analysis.split_r_hat(autoregressive(0.5, (1, 4000), seed=11)) < 1.01


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_replicas_stuck_apart_are_reported(noise):
    """64 replicas at +m or -m are 64 samples of the sign at most, however many draws each has."""
    signs = np.repeat([[0.95], [-0.95]], 32, axis=0)
    series = signs + noise * np.random.default_rng(12).normal(size=(64, 1000))
    assert analysis.split_r_hat(series) > 50.0
    assert 16.0 < analysis.effective_sample_size(series) < 65.0
    assert 0.1 < analysis.standard_error(series) < 0.25


@pytest.mark.parametrize("value", [-2.0, 0.0, 0.1, 1e-200, 1e200])
@pytest.mark.parametrize("shape", [(1, 8), (4, 1), (3, 1001), (64, 4000)])
def test_constant_series(value, shape):
    series = np.full(shape, value)
    assert analysis.standard_error(series) == 0.0
    assert analysis.integrated_time(series) == 0.5
    assert analysis.effective_sample_size(series) == series.size
    np.testing.assert_equal(
        analysis.split_r_hat(series), 1.0 if shape[1] >= 8 else np.nan, strict=False
    )
    assert analysis.jackknife(lambda first: first, series).value == value
    result = analysis.jackknife(variance, series - value, (series - value) ** 2)
    assert (result.value, result.standard_error) == (0.0, 0.0)


@pytest.mark.parametrize("draws", range(1, 8))
@pytest.mark.parametrize("replicas", range(1, 6))
def test_few_draws(replicas, draws):
    """Up to 7 draws: the scatter of at least 4 replicas, else no error."""
    series = autoregressive(0.3, (replicas, draws), seed=13)
    assert np.isnan(analysis.split_r_hat(series))
    scatter = series.mean(axis=1).std(ddof=1) / np.sqrt(replicas) if replicas >= 4 else np.nan
    if draws == 1 or replicas < 4:
        np.testing.assert_allclose(analysis.standard_error(series), scatter, rtol=1e-12)
    else:
        bound = series.std(ddof=1) / np.sqrt(series.size * max(1.0, np.log10(series.size)))
        assert analysis.standard_error(series) == pytest.approx(max(scatter, bound), rel=1e-12)
    assert analysis.jackknife(lambda first: first, series).value == series.mean()


def test_alternating_series_have_a_bounded_sample_size():
    series = np.tile([1.0, -1.0], (4, 500))
    assert analysis.effective_sample_size(series) == pytest.approx(4000 * np.log10(4000))
    assert analysis.standard_error(series) > 0.0
    short = np.tile([1.0, -1.0], (4, 2))
    assert analysis.effective_sample_size(short) == pytest.approx(16 * np.log10(16))


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1e9, 1e200])
def test_scale_does_not_matter(scale):
    """A range of 1e-15, as <m^4> of a big lattice has, is not a constant."""
    series = autoregressive(0.8, (4, 500), seed=14)
    for statistic in STATISTICS:
        factor = scale if statistic is analysis.standard_error else 1.0
        assert statistic(scale * series) == pytest.approx(factor * statistic(series), rel=1e-6)


def test_jackknife_without_a_value_is_nan():
    zeros = np.zeros((4, 100))
    result = analysis.jackknife(analysis.binder, zeros, zeros)
    assert np.isnan([result.value, result.standard_error]).all()


@pytest.mark.parametrize("function", STATISTICS)
@pytest.mark.parametrize(
    ("series", "error", "text"),
    [
        ([1.0, 2.0], ValueError, "expected an array of shape (replica, draw), got shape (2,)"),
        (
            np.ones((2, 0)),
            ValueError,
            "expected an array of shape (replica, draw), got shape (2, 0)",
        ),
        ([[1.0, np.nan]], ValueError, "expected finite values, got NaN or infinity"),
        ([[1.0, np.inf]], ValueError, "expected finite values, got NaN or infinity"),
        ([["a"]], TypeError, "expected an array of real numbers, got dtype <U1"),
        ([[1j]], TypeError, "expected an array of real numbers, got dtype complex128"),
    ],
)
def test_bad_series(function, series, error, text):
    with pytest.raises(error) as caught:
        function(series)
    assert str(caught.value) == f"[{function.__name__}] {text}"


@pytest.mark.parametrize(
    ("series", "error", "text"),
    [
        ((), TypeError, "[jackknife] expected at least one series, got none"),
        (
            (np.ones((2, 9)), np.ones((2, 8))),
            ValueError,
            "[jackknife] expected series of one shape, got [(2, 8), (2, 9)]",
        ),
        (
            (np.ones(3),),
            ValueError,
            "[jackknife] expected an array of shape (replica, draw), got shape (3,)",
        ),
    ],
)
def test_bad_jackknife(series, error, text):
    with pytest.raises(error) as caught:
        analysis.jackknife(variance, *series)
    assert str(caught.value) == text


def test_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "arviz_stats.base", None)
    with pytest.raises(ImportError, match="pip install arviz-stats"):
        analysis.standard_error(autoregressive(0.0, (1, 10), seed=15))
