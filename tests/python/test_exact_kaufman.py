"""Kaufman's torus against brute force, its printed formula in high precision, and limits."""

from __future__ import annotations

import functools
import importlib
import math
import warnings

import mpmath as mp
import numpy as np
import pytest

import kadanoff as kd
from tori import ising

K_C = 0.4406867935097715
NAMES = ("log_z", "energy", "specific_heat")
BETAS = np.array([0.0, 0.01, 0.1, 0.3, 0.4, K_C, 0.45, 0.6, 1.0, 2.0])


def brute_force(shape: tuple[int, int], coupling: float) -> tuple[np.ndarray, ...]:
    """log Z, energy and specific heat per site at BETAS, by a sum over states of numpy rolls."""
    n = shape[0] * shape[1]
    bits = np.arange(1 << n)[:, None] >> np.arange(n) & 1
    spins = (2 * bits - 1).astype(np.int8).reshape(-1, *shape)
    sums = sum(
        (spins * np.roll(spins, -1, axis)).sum(axis=(1, 2), dtype=np.int64) for axis in (1, 2)
    )
    values, counts = np.unique(sums, return_counts=True)
    energy = -coupling * values
    log_weight = np.log(counts) - BETAS[:, None] * energy
    log_z = np.logaddexp.reduce(log_weight, axis=1)
    p = np.exp(log_weight - log_z[:, None])
    mean = p @ energy
    variance = (p * (energy - mean[:, None]) ** 2).sum(axis=1)
    return log_z / n, mean / n, BETAS**2 * variance / n


@functools.cache
def printed(m: int, n: int, k: str, signed: bool = True) -> tuple[float, ...]:
    """Kaufman's formula as printed, 60 digits: log Z, -energy/J and specific heat per site.

    `signed=False` takes the absolute value of gamma_0, the known misprint.
    """

    def log_z(k: mp.mpf) -> mp.mpf:
        a = mp.cosh(2 * k) * mp.coth(2 * k)
        gammas = [mp.acosh(a - mp.cospi(mp.mpf(r) / n)) for r in range(2 * n)]
        gammas[0] = 2 * k + mp.log(mp.tanh(k))
        if not signed:
            gammas[0] = abs(gammas[0])
        terms = [
            mp.fprod(2 * function(m * gamma / 2) for gamma in gammas[parity::2])
            for parity in (1, 0)
            for function in (mp.cosh, mp.sinh)
        ]
        return mp.log(mp.fsum(terms) / 2) + m * n * mp.log(2 * mp.sinh(2 * k)) / 2

    with mp.workdps(60):
        point, step = mp.mpf(k), mp.mpf(10) ** -15
        low, middle, high = (log_z(point + d) for d in (-step, 0, step))
        first = (high - low) / (2 * step)
        second = (high - 2 * middle + low) / step**2
        return tuple(float(x / (m * n)) for x in (middle, first, point**2 * second))


@pytest.mark.parametrize(
    "shape",
    [(1, 1), (1, 2), (1, 5), (2, 1), (2, 2), (2, 3), (2, 4), (3, 3), (3, 4), (4, 3), (4, 4)],
)
@pytest.mark.parametrize("coupling", [1.0, 0.6])
def test_matches_brute_force(shape: tuple[int, int], coupling: float) -> None:
    exact = kd.exact.kaufman(shape, BETAS, coupling)
    for name, expected in zip(NAMES, brute_force(shape, coupling), strict=True):
        np.testing.assert_allclose(getattr(exact, name), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("shape", [(4, 5), (4, 6)])
def test_matches_enumeration(shape: tuple[int, int]) -> None:
    exact = kd.exact.kaufman(shape, BETAS)
    states = kd.exact.enumerate(ising(shape), BETAS)
    for name in (*NAMES, "log_z_total"):
        expected = getattr(states, name)
        np.testing.assert_allclose(getattr(exact, name), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("shape", [(2, 2), (2, 4), (4, 4)])
def test_antiferromagnet_matches_brute_force_on_even_extents(shape: tuple[int, int]) -> None:
    exact = kd.exact.kaufman(shape, BETAS, coupling=-1.0)
    for name, expected in zip(NAMES, brute_force(shape, -1.0), strict=True):
        np.testing.assert_allclose(getattr(exact, name), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("shape", "beta"),
    [
        ((16, 16), "0.000001"),
        ((16, 16), "0.44"),
        ((16, 16), "0.625"),
        ((9, 31), "0.40625"),
        ((31, 9), "0.5"),
        ((64, 64), "0.3125"),
        ((64, 64), "0.4404296875"),
        ((64, 64), "0.44140625"),
        ((64, 64), "1.5"),
        ((128, 100), "0.4375"),
    ],
)
def test_matches_the_printed_formula_in_high_precision(shape: tuple[int, int], beta: str) -> None:
    exact = kd.exact.kaufman(shape, float(beta))
    log_z, slope, heat = printed(*shape, beta)
    assert exact.log_z == pytest.approx(log_z, rel=1e-15, abs=0)
    assert -exact.energy == pytest.approx(slope, rel=2e-14, abs=0)
    assert exact.specific_heat == pytest.approx(heat, rel=3e-13, abs=0)


def test_a_positive_gamma_0_above_the_critical_temperature_is_wrong_by_log_2() -> None:
    """Control of the sign: the misprint is caught above T_c and harmless below."""
    n = 16 * 16
    right = [n * kd.exact.kaufman((16, 16), float(k)).log_z for k in ("0.25", "0.40625", "0.5")]
    wrong = [n * printed(16, 16, k, signed=False)[0] for k in ("0.25", "0.40625", "0.5")]
    assert wrong[0] - right[0] == pytest.approx(math.log(2), abs=1e-3)
    assert 0.1 < wrong[1] - right[1] < math.log(2)
    assert wrong[2] == pytest.approx(right[2], abs=1e-11)


def test_the_two_axes_are_equivalent() -> None:
    """The formula treats the axes differently; the public call always puts the shorter one first,
    so both orders are taken from below it."""
    torus = importlib.import_module("kadanoff.exact.kaufman")._torus
    for m, n in ((3, 8), (5, 1), (2, 7), (32, 64), (31, 128)):
        for a, b in zip(torus(m, n, BETAS, 1.0), torus(n, m, BETAS, 1.0), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
        once, other = kd.exact.kaufman((m, n), BETAS), kd.exact.kaufman((n, m), BETAS)
        np.testing.assert_array_equal(once.log_z, other.log_z)


def test_log_z_total_and_n_sites() -> None:
    exact = kd.exact.kaufman((6, 10), 0.4)
    assert exact.n_sites == 60
    assert exact.log_z_total == pytest.approx(60 * exact.log_z, rel=1e-15)


@pytest.mark.parametrize("beta", [0.05, 0.3, 0.4, 0.48, 0.7, 2.0])
def test_a_large_torus_is_the_infinite_lattice_away_from_criticality(beta: float) -> None:
    torus, infinite = kd.exact.kaufman((1024, 1024), beta), kd.exact.onsager(beta)
    # Below T_c the two ordered phases leave ln 2 / N.
    excess = math.log(2) / 1024**2 if beta > K_C else 0.0
    assert torus.log_z - excess == pytest.approx(infinite.log_z, rel=1e-15)
    assert torus.energy == pytest.approx(infinite.energy, rel=1e-14)
    assert torus.specific_heat == pytest.approx(infinite.specific_heat, rel=1e-12)


def test_finite_size_scaling_at_criticality() -> None:
    """Ferdinand and Fisher, Phys. Rev. 185, 832 (1969), for the square torus."""
    sizes = [256, 512, 1024]
    exact = [kd.exact.kaufman((size, size), K_C) for size in sizes]
    bulk = math.log(2) / 2 + 2 * 0.915965594177219015 / math.pi
    constant = math.log(2**0.25 + 2**-0.5)
    for size, torus in zip(sizes, exact, strict=True):
        assert torus.log_z_total - size**2 * bulk == pytest.approx(constant, abs=1 / size**2)
    # -2 theta_2 theta_3 theta_4 / (theta_2 + theta_3 + theta_4) at the nome exp(-pi).
    theta = math.pi**0.25 / math.gamma(0.75)
    slope = -math.sqrt(2) * theta**2 / (1 + 2**0.75)
    for size, torus in zip(sizes, exact, strict=True):
        assert size * (torus.energy + math.sqrt(2)) == pytest.approx(slope, abs=1 / size**2)
    amplitude = 8 / math.pi * K_C**2
    rest = [
        torus.specific_heat - amplitude * math.log(size)
        for size, torus in zip(sizes, exact, strict=True)
    ]
    # The next term is of order 1 / L; doubling L removes it.
    assert 2 * rest[1] - rest[0] == pytest.approx(0.138149, abs=1e-6)
    assert 2 * rest[2] - rest[1] == pytest.approx(0.138149, abs=1e-6)


def test_derivatives_are_those_of_log_z() -> None:
    step = 1e-4
    for beta in (0.2, 0.43, K_C, 0.45, 0.8):
        low, middle, high = (kd.exact.kaufman((24, 20), beta + d) for d in (-step, 0.0, step))
        assert -(high.log_z - low.log_z) / (2 * step) == pytest.approx(middle.energy, abs=2e-5)
        curvature = -(high.energy - low.energy) / (2 * step)
        assert beta**2 * curvature == pytest.approx(middle.specific_heat, abs=1e-4)


def test_values_are_continuous_through_the_change_of_branch() -> None:
    """Both sides of K_c use different forms of the sums."""
    beta = K_C + np.arange(-8, 9) * 5.6e-17
    for shape in ((2, 2), (15, 16), (512, 512)):
        exact = kd.exact.kaufman(shape, beta)
        for name in NAMES:
            values = getattr(exact, name)
            np.testing.assert_allclose(values, values[0], rtol=2e-12)


@pytest.mark.parametrize("shape", [(2, 2), (7, 4), (1024, 1024), (1, 100_000), (2, 50_000)])
@pytest.mark.parametrize("beta", [0.0, 1e-300, 1e-6, 5.0, 50.0, 1e4, 1e290])
def test_extremes_neither_overflow_nor_warn(shape: tuple[int, int], beta: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exact = kd.exact.kaufman(shape, beta)
    assert all(math.isfinite(getattr(exact, name)) for name in (*NAMES, "log_z_total"))
    assert exact.specific_heat >= 0
    if beta >= 50 and shape[0] > 1:
        assert exact.log_z == pytest.approx(2 * beta + math.log(2) / exact.n_sites, rel=1e-15)
        assert exact.energy == -2.0
    if beta == 0:
        assert exact.log_z == pytest.approx(math.log(2), rel=1e-15)
        assert exact.energy == (-1.0 if 1 in shape else 0.0)


def test_a_cold_torus_has_the_specific_heat_of_single_flips() -> None:
    """One flipped spin costs 8 J, two neighbours 12 J: C = K^2 (64 x^4 + 288 x^6), x = e^(-2K)."""
    for k, tolerance in ((3.0, 1e-4), (4.0, 1e-6), (5.0, 1e-7)):
        x = math.exp(-2 * k)
        expected = k**2 * (64 * x**4 + 288 * x**6)
        heat = kd.exact.kaufman((64, 64), k).specific_heat
        assert heat == pytest.approx(expected, rel=tolerance)


def test_shapes_follow_beta() -> None:
    beta = np.linspace(0.1, 1.0, 6).reshape(2, 3)
    exact = kd.exact.kaufman((8, 6), beta)
    for name in (*NAMES, "log_z_total"):
        values = getattr(exact, name)
        assert values.shape == (2, 3)
        assert values.dtype == np.float64
        assert values[1, 2] == getattr(kd.exact.kaufman((8, 6), 1.0), name)
        assert type(getattr(kd.exact.kaufman((8, 6), 1), name)) is float
    assert kd.exact.kaufman(8, []).energy.shape == (0,)


def test_many_beta_run_in_chunks() -> None:
    beta = np.linspace(0.2, 0.7, 100)
    exact = kd.exact.kaufman((1024, 2048), beta)
    for i in (0, 63, 64, 99):
        assert exact.energy[i] == kd.exact.kaufman((1024, 2048), beta[i]).energy


def test_shape_forms() -> None:
    expected = kd.exact.kaufman((12, 12), 0.4).log_z
    for shape in (12, [12, 12], np.array([12, 12]), (np.int32(12), 12), kd.Square(12).shape):
        assert kd.exact.kaufman(shape, 0.4).log_z == expected


def test_result_is_frozen() -> None:
    with pytest.raises(AttributeError):
        kd.exact.kaufman((4, 4), 0.4).energy = 0.0


SHAPE = "[kaufman] expected shape as two integers, got "
EXTENTS = "[kaufman] expected two extents >= 1, got "
BETA = "[kaufman] expected finite beta >= 0, got "


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        ((0, 0.4), ValueError, EXTENTS + "0"),
        (((0, 4), 0.4), ValueError, EXTENTS + "(0, 4)"),
        (((4, -4), 0.4), ValueError, EXTENTS + "(4, -4)"),
        (((4,), 0.4), ValueError, EXTENTS + "(4,)"),
        (((4, 4, 4), 0.4), ValueError, EXTENTS + "(4, 4, 4)"),
        ((4.0, 0.4), TypeError, SHAPE + "4.0"),
        (((4, 4.5), 0.4), TypeError, SHAPE + "(4, 4.5)"),
        (((4, True), 0.4), TypeError, SHAPE + "(4, True)"),
        (("16", 0.4), TypeError, SHAPE + "'16'"),
        ((None, 0.4), TypeError, SHAPE + "None"),
        (((4, 4), -1), ValueError, BETA + "-1.0"),
        (((4, 4), math.nan), ValueError, BETA + "nan"),
        (((4, 4), [0.1, math.inf]), ValueError, BETA + "inf"),
        (
            ((4, 4), "0.4"),
            TypeError,
            "[kaufman] expected beta as a real number or an array, got '0.4'",
        ),
        (((4, 4), 0.4, None), TypeError, "[kaufman] expected coupling as a real number, got None"),
        (((4, 4), 0.4, math.inf), ValueError, "[kaufman] expected a finite coupling, got inf"),
        (
            ((4, 4), 1e200, 1e200),
            ValueError,
            "[kaufman] expected finite beta * coupling, got beta=1e+200, coupling=1e+200",
        ),
        (
            ((4, 5), 0.4, -1.0),
            ValueError,
            "[kaufman] expected coupling >= 0 on a torus with an odd extent, got -1.0 on (4, 5)",
        ),
    ],
)
def test_bad_input(args: tuple[object, ...], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        kd.exact.kaufman(*args)
    assert str(caught.value) == text
