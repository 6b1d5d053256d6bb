"""Crossings, extrapolation and collapse on data whose critical point and exponents are known."""

from __future__ import annotations

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import analysis
from kadanoff.analysis import Curve
from kadanoff.analysis.data_collapse import _points, quality

CRITICAL, NU, EXPONENT = 0.44, 1.25, -0.125
BETA_C = np.log(1.0 + np.sqrt(2.0)) / 2.0


def data(seed, sizes=(8, 16, 32), exponent=0.0, error=0.003, points=25, range_=1.5):
    """Exact scaling, L^b f((x - x_c) L^(1 / nu)), with independent normal noise."""
    generator = np.random.default_rng(seed)
    curves = {}
    for size in sizes:
        scaled = np.linspace(-range_, range_, points)
        errors = np.full(points, error * size**exponent)
        mean = (0.6 + 0.3 * np.tanh(scaled)) * size**exponent
        noise = generator.normal(size=points)
        curves[size] = Curve(CRITICAL + scaled * size ** (-1 / NU), mean + errors * noise, errors)
    return curves


def scores_are_calibrated(scores):
    """Judge scores by mean, spread and coverage, at 4 standard errors of each.

    Correct errors fail once in 5000. Of 100 scores with errors too small or too large by a factor
    of 1.5, 99 % fail; of 50, by a factor of 2.2. A bias of one error fails always.
    """
    scores = np.asarray(scores)
    bias = abs(scores.mean()) < 4.0 / np.sqrt(scores.size)
    spread = abs(scores.std() - 1.0) < 4.0 / np.sqrt(2.0 * scores.size)
    coverage = np.mean(np.abs(scores) < 1.0)
    return bool(bias and spread and abs(coverage - 0.683) < 4.0 * 0.465 / np.sqrt(scores.size))


def test_crossing_is_calibrated():
    found = [
        analysis.crossing(*data(seed, (8, 16)).values(), degree=5, bootstrap=100)
        for seed in range(100)
    ]
    x = np.array([(one.x - CRITICAL) / one.x_error for one in found])
    y = np.array([(one.y - 0.6) / one.y_error for one in found])
    assert scores_are_calibrated(x)
    assert scores_are_calibrated(y)
    assert not scores_are_calibrated(1.5 * x)
    assert not scores_are_calibrated(x / 1.5)
    assert not scores_are_calibrated(
        [(one.x - CRITICAL - one.x_error) / one.x_error for one in found]
    )
    assert max(one.x_error for one in found) < 0.004 * CRITICAL


def test_correlated_points_give_larger_errors():
    """Points that err together shift the whole curve, which independent ones do not."""
    first, second = data(1, (8, 16)).values()
    together = Curve(
        first.x, first.mean, first.standard_error, np.full((25, 25), first.standard_error[0] ** 2)
    )
    free = analysis.crossing(first, second, degree=5)
    bound = analysis.crossing(together, second, degree=5)
    assert bound.x == free.x
    slope = 0.3 * (16 ** (1 / NU) - 8 ** (1 / NU))
    assert bound.x_error == pytest.approx(np.hypot(free.x_error / 2**0.5, 0.003 / slope), rel=0.2)
    assert bound.x_error > 1.5 * free.x_error


def test_a_low_degree_is_seen_in_chi_square():
    first, second = data(2, (8, 16)).values()
    assert max(analysis.crossing(first, second, degree=5).chi_square) < 2.0
    assert min(analysis.crossing(first, second, degree=2).chi_square) > 10.0


def test_crossings_of_all_pairs_share_resamples():
    found = analysis.crossings(data(3), degree=5)
    assert [one.sizes for one in found] == [(8, 16), (8, 32), (16, 32)]
    for one in found:
        assert abs(one.x - CRITICAL) < 4.0 * one.x_error
    # (8, 16) and (8, 32) share the noise of size 8, (8, 16) and (16, 32) that of 16.
    matrix = np.corrcoef([one.samples[:, 0] for one in found])
    assert matrix[0, 1] > 0.1
    again = analysis.crossings(data(3), degree=5)
    np.testing.assert_array_equal(again[0].samples, found[0].samples)


@pytest.mark.parametrize("given", [1.75, None])
def test_extrapolation_is_calibrated(given):
    """Crossings at x_c + a L^-1.75, drawn with errors; the fit is for them alone."""
    generator = np.random.default_rng(4)
    sizes, scores = np.array([8.0, 16.0, 32.0, 64.0]), []
    errors = np.array([4.0, 2.0, 1.0, 1.0]) * 1e-5
    for _ in range(100):
        x = CRITICAL + 0.2 * sizes**-1.75 + errors * generator.normal(size=4)
        found = [
            analysis.Crossing(
                (size, 2 * size), value, 0.6, error, 0.01, (1.0, 1.0),
                value + error * generator.normal(size=(50, 2)),
            )
            for size, value, error in zip(sizes, x, errors, strict=True)
        ]  # fmt: skip
        limit = analysis.extrapolate(found, given)
        scores.append((limit.x - CRITICAL) / limit.x_error)
    assert scores_are_calibrated(scores)
    assert not scores_are_calibrated(np.array(scores) + 1.0)
    assert limit.exponent == pytest.approx(1.75, abs=0.1)
    assert limit.amplitude == pytest.approx(0.2, rel=0.2)


def slow_quality(curves, critical, nu, exponent):
    """S of Houdayer and Hartmann, point by point with a library fit."""
    scaled = {
        size: (
            (one.x - critical) * size ** (1 / nu),
            one.mean * size**-exponent,
            one.standard_error * size**-exponent,
        )
        for size, one in curves.items()
    }
    terms = []
    for size, (xs, ys, errors) in scaled.items():
        for x, y, error in zip(xs, ys, errors, strict=True):
            near = []
            for other, (x2, y2, e2) in scaled.items():
                for j in range(len(x2) - 1):
                    if other != size and x2[j] <= x < x2[j + 1]:
                        near += [(x2[j], y2[j], e2[j]), (x2[j + 1], y2[j + 1], e2[j + 1])]
            if near:
                at, values, sigmas = np.array(near).T
                fit, covariance = np.polyfit(at, values, 1, w=1 / sigmas, cov="unscaled")
                powers = np.array([x, 1.0])
                terms.append((y - fit @ powers) ** 2 / (error**2 + powers @ covariance @ powers))
    return np.mean(terms)


@pytest.mark.parametrize("parameters", [(0.44, 1.25, -0.125), (0.441, 1.1, 0.0), (0.45, 2.0, 0.3)])
def test_quality_matches_a_direct_sum(parameters):
    curves = data(5, exponent=EXPONENT)
    found = quality(_points(curves), np.array(parameters))
    assert found == pytest.approx(slow_quality(curves, *parameters), rel=1e-9)


def test_collapse_is_calibrated():
    """50 times 3 sizes of 33 points: nu to 1 %, and the quality about 1."""
    found = [
        analysis.collapse(data(seed, points=33), critical=0.443, nu=1.1, bootstrap=10, seed=seed)
        for seed in range(50)
    ]
    for name, value in (("critical", CRITICAL), ("nu", NU)):
        errors = np.array([getattr(one, f"{name}_error") for one in found])
        deviations = np.array([getattr(one, name) - value for one in found])
        scores = deviations / np.sqrt(np.mean(errors**2))
        assert scores_are_calibrated(scores), name
        assert not scores_are_calibrated(2.2 * scores), name
        assert not scores_are_calibrated(scores + 1.0), name
    assert 0.8 < np.mean([one.quality for one in found]) < 1.1
    assert max(one.nu_error for one in found) < 0.02 * NU


def test_collapse_keeps_what_is_fixed_and_tells_a_bad_collapse():
    curves = data(6, exponent=EXPONENT)
    good = analysis.collapse(curves, critical=0.443, nu=1.1, exponent=EXPONENT, bootstrap=10)
    assert (good.exponent, good.exponent_error) == (EXPONENT, 0.0)
    assert good.quality < 2.0
    bad = analysis.collapse(curves, critical=0.443, nu=1.1, exponent=0.0, bootstrap=10)
    assert bad.quality > 10.0
    nu = analysis.collapse(
        curves, critical=CRITICAL, nu=1.1, exponent=EXPONENT, fixed=("critical", "exponent"),
        bootstrap=10, within=1.0,
    )  # fmt: skip
    assert (nu.critical, nu.critical_error) == (CRITICAL, 0.0)
    assert abs(nu.nu - NU) < 4.0 * nu.nu_error


def test_binder_cumulants_cross_at_the_critical_point():
    """Square lattices of 8, 16 and 32: crossings known to 0.2 %, at beta_c within 4 errors.

    Negative control: where all beta are 1 % off, the crossings are not.
    """
    curves = {}
    for size, every in ((8, 4), (16, 10), (32, 30)):
        beta = np.repeat(np.linspace(0.43, 0.45, 7), 32)
        sampler = kd.Sampler(kd.Ising(kd.Square(size)), beta, replicas=beta.size, seed=size)
        sampler.run(60 * every)
        curves[size] = analysis.curve(sampler.sample(600, every), "binder")
    shifted = {k: Curve(1.01 * v.x, v.mean, v.standard_error) for k, v in curves.items()}
    found = analysis.crossings(curves, degree=2)
    wrong = analysis.crossings(shifted, degree=2)
    for one, other in zip(found, wrong, strict=True):
        assert abs(one.x - BETA_C) < 4.0 * one.x_error < 4.0 * 0.0022 * BETA_C
        assert one.y == pytest.approx(0.6107, abs=0.01)  # Salas and Sokal (2000), L to infinity
        assert abs(other.x - BETA_C) > 4.0 * other.x_error


def test_curves_come_from_summaries():
    sampler = kd.Sampler(kd.Ising(kd.Square(8)), [0.45, 0.4], replicas=2, seed=1)
    run = sampler.sample(50)
    one = analysis.curve(run, "energy")
    assert one.x.tolist() == [0.4, 0.45]
    rows = [run.summary(beta)["energy"] for beta in (0.4, 0.45)]
    assert one.mean.tolist() == [row.mean for row in rows]
    assert one.standard_error.tolist() == [row.standard_error for row in rows]
    again = analysis.curve(run.summaries(), "energy")
    np.testing.assert_array_equal(again.mean, one.mean)
    half = one.scaled(-0.5)
    assert half.mean.tolist() == (-0.5 * one.mean).tolist()
    assert half.standard_error.tolist() == (0.5 * one.standard_error).tolist()
    with pytest.raises(KeyError, match="expected one of"):
        analysis.curve(run, "nope")
    with pytest.raises(TypeError, match="expected a run with draws or its summaries, got 3"):
        analysis.curve(3, "energy")


def test_resamples_have_the_covariance():
    matrix = np.array([[4.0, 1.9], [1.9, 1.0]])
    one = Curve([1, 2], [0, 0], [2, 1], matrix)
    drawn = one.resample(40000, np.random.default_rng(1))
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), matrix, rtol=0.03)


LINE = Curve([0, 1, 2, 3], [0, 1, 2, 3], [0.01] * 4)
FLAT = Curve([0, 1, 2, 3], [5, 5, 5, 5], [0.01] * 4)
WAVE = Curve([0, 1, 2, 3], [0.5, 0.5, 2.5, 2.0], [0.01] * 4)
VAGUE = Curve([0, 1, 2, 3], [2.9, 2.9, 2.9, 2.9], [4.0] * 4)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: analysis.crossing(LINE, FLAT),
            ValueError,
            "[crossing] expected one crossing of sizes 1 and 2, got none",
        ),
        (
            lambda: analysis.crossing(LINE, WAVE, sizes=(8, 16)),
            ValueError,
            "[crossing] expected one crossing of sizes 8 and 16, got 3 at 0.16807, 1.47375, "
            "2.69152: choose between=(low, high)",
        ),
        (
            lambda: analysis.crossing(LINE, VAGUE, degree=1),
            ValueError,
            "[crossing] expected one crossing of sizes 1 and 2 within errors, got none in",
        ),
        (
            lambda: analysis.crossing(LINE, FLAT, between=(0.5, 1.5)),
            ValueError,
            "[crossing] expected at least 2 points with errors above 0, got 1 of size 1",
        ),
        (
            lambda: analysis.crossing(LINE, FLAT, degree=7),
            ValueError,
            "[crossing] expected degree in [1, 6], got 7",
        ),
        (
            lambda: analysis.crossing(LINE, [1, 2]),
            TypeError,
            "[crossing] expected a Curve for each size, got [1, 2]",
        ),
        (
            lambda: analysis.crossings({8: LINE}),
            TypeError,
            "[crossings] expected curves of at least two sizes, got {8: Curve(4 points, ",
        ),
        (
            lambda: analysis.extrapolate([]),
            ValueError,
            "[extrapolate] expected at least 3 crossings, got 0",
        ),
        (
            lambda: analysis.extrapolate(analysis.crossings(data(1), degree=5), 1.0),
            ValueError,
            "[extrapolate] expected pairs of one ratio of sizes, got [2.0, 4.0]",
        ),
        (
            lambda: analysis.collapse({8: LINE}, critical=0, nu=1),
            TypeError,
            "[collapse] expected curves of at least two sizes, got {8: Curve(4 points, ",
        ),
        (
            lambda: analysis.collapse(data(1), critical=0.4, nu=-1),
            ValueError,
            "[collapse] expected nu above 0, got -1",
        ),
        (
            lambda: analysis.collapse(data(1), critical=0.4, nu=1, fixed="all"),
            ValueError,
            "[collapse] expected fixed to be one of 'critical', 'nu', 'exponent', got 'all'",
        ),
        (
            lambda: analysis.collapse(
                data(1), critical=0.4, nu=1, fixed=("critical", "nu", "exponent")
            ),
            ValueError,
            "[collapse] expected something left to fit, got all three fixed",
        ),
        (
            lambda: analysis.collapse(data(1), critical=0.44, nu=1, within=0.05),
            ValueError,
            "[collapse] expected at least 2 points with errors above 0, got 1 of size 8",
        ),
        (
            lambda: analysis.collapse(
                {8: LINE, 16: Curve([50, 60], [1, 2], [1, 1])}, critical=0, nu=1
            ),
            ValueError,
            "[collapse] expected sizes that overlap at the start, got none that do",
        ),
        (
            lambda: Curve([1, 2], [1], [1, 1]),
            ValueError,
            "[Curve] expected mean of shape (2,), got shape (1,)",
        ),
        (
            lambda: Curve([1, 1], [1, 1], [1, 1]),
            ValueError,
            "[Curve] expected distinct x, got one twice",
        ),
        (
            lambda: Curve([1, 2], [1, np.nan], [1, 1]),
            ValueError,
            "[Curve] expected finite mean, got NaN or infinity",
        ),
        (
            lambda: Curve([1, 2], [1, 1], [1, -1]),
            ValueError,
            "[Curve] expected standard errors of at least 0, got a negative one",
        ),
        (
            lambda: Curve([1, 2], [1, 1], [1, 1], np.eye(3)),
            ValueError,
            "[Curve] expected a finite covariance of shape (2, 2), got shape (3, 3)",
        ),
        (
            lambda: LINE.between(5, 6),
            ValueError,
            "[Curve] expected at least one point, got none",
        ),
    ],
)  # fmt: skip
def test_bad_calls(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(text)
