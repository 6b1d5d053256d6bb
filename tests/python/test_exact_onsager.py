"""Onsager's solution against the textbook formulas in high precision, known values and symmetry."""

from __future__ import annotations

import math
import warnings

import mpmath as mp
import numpy as np
import pytest

import kadanoff as kd

K_C = 0.4406867935097715  # float64 nearest to ln(1 + sqrt 2) / 2

SPREAD = [1e-6, 1e-3, 0.05, 0.2, 0.35, 0.43, 0.45, 0.5, 0.7, 1.0, 1.5, 3.0, 10.0, 50.0]
NEAR = [K_C + d for d in (-1e-3, -1e-6, -1e-10, -1e-14, 1e-14, 1e-11, 1e-7, 1e-4)]


def textbook(k: float) -> tuple[mp.mpf, mp.mpf, mp.mpf]:
    """Energy, specific heat and magnetisation as they are printed, at enough digits."""
    with mp.workdps(60 + int(10 * k)):
        k = mp.mpf(k)
        s, tanh, coth = mp.sinh(2 * k), mp.tanh(2 * k), mp.coth(2 * k)
        m = (2 * s / (1 + s * s)) ** 2
        first, second = mp.ellipk(m), mp.ellipe(m)
        kk = 2 * tanh**2 - 1
        energy = -coth * (1 + 2 / mp.pi * kk * first)
        heat = first - second - (1 - tanh**2) * (mp.pi / 2 + kk * first)
        heat *= 4 / mp.pi * (k * coth) ** 2
        order = (1 - s**-4) ** (mp.mpf(1) / 8) if s > 1 else mp.mpf(0)
        return energy, heat, order


def gamma_integral(k: float) -> mp.mpf:
    """ln Z per site by Kaufman's limit, the integral over the gammas."""
    with mp.workdps(25):
        k = mp.mpf(k)
        a = mp.cosh(2 * k) * mp.coth(2 * k)
        integral = mp.quad(lambda w: mp.acosh(a - mp.cos(w)), [0, 0.01, 0.1, 1, mp.pi])
        return mp.log(2 * mp.sinh(2 * k)) / 2 + integral / (2 * mp.pi)


@pytest.mark.parametrize("beta", SPREAD + NEAR)
def test_energy_specific_heat_and_order_match_the_textbook(beta: float) -> None:
    exact = kd.exact.onsager(beta)
    energy, heat, order = textbook(beta)
    assert exact.energy == pytest.approx(float(energy), rel=2e-15, abs=0)
    assert exact.specific_heat == pytest.approx(float(heat), rel=5e-15, abs=0)
    assert exact.magnetization == pytest.approx(float(order), rel=2e-15, abs=0)


@pytest.mark.parametrize("beta", [1e-3, 0.2, 0.4, 0.42, 0.46, 0.6, 1.5, 20.0])
def test_log_z_matches_an_independent_integral(beta: float) -> None:
    exact = kd.exact.onsager(beta)
    assert exact.log_z == pytest.approx(float(gamma_integral(beta)), rel=2e-15)
    assert exact.free_energy == -exact.log_z / beta


@pytest.mark.parametrize("beta", [0.01, 0.3, 0.43, 0.45, 0.5, 1.0])
def test_energy_is_the_derivative_of_log_z(beta: float) -> None:
    step = 1e-5
    low, high = (kd.exact.onsager(beta + d).log_z for d in (-step, step))
    assert -(high - low) / (2 * step) == pytest.approx(kd.exact.onsager(beta).energy, abs=2e-8)


def test_at_the_critical_point() -> None:
    beta = 1 / kd.exact.critical_temperature()
    exact = kd.exact.onsager(beta)
    catalan = 0.915965594177219015
    assert exact.log_z == pytest.approx(math.log(2) / 2 + 2 * catalan / math.pi, rel=1e-15)
    assert exact.energy == pytest.approx(-math.sqrt(2), rel=1e-14)
    assert exact.specific_heat == math.inf
    assert kd.exact.onsager(K_C - 1e-15).magnetization == 0


def test_specific_heat_diverges_only_at_the_critical_point() -> None:
    beta = K_C + np.array([-1e-15, -5.6e-17, 0.0, 5.6e-17, 1e-15])
    heat = kd.exact.onsager(beta).specific_heat
    assert np.isinf(heat).tolist() == [False, True, True, True, False]
    assert (heat > 16).all()


def test_critical_temperature() -> None:
    assert kd.exact.critical_temperature() == pytest.approx(2.269185314213022, rel=1e-15)
    assert kd.exact.critical_temperature(-0.5) == kd.exact.critical_temperature() / 2


@pytest.mark.parametrize("beta", [0.1, 0.35, 0.4])
def test_duality(beta: float) -> None:
    dual = -0.5 * math.log(math.tanh(beta))
    difference = kd.exact.onsager(dual).log_z - kd.exact.onsager(beta).log_z
    assert difference == pytest.approx(math.log(math.sinh(2 * dual)), rel=1e-14)


def test_coupling_scales_and_its_sign_is_the_staggered_problem() -> None:
    beta = np.array([0.0, 0.1, 0.2, 0.3])
    unit, scaled = kd.exact.onsager(2.5 * beta), kd.exact.onsager(beta, coupling=2.5)
    np.testing.assert_allclose(scaled.energy, 2.5 * unit.energy, rtol=1e-15)
    np.testing.assert_array_equal(scaled.specific_heat, unit.specific_heat)
    negative = kd.exact.onsager(beta, coupling=-2.5)
    for name in ("energy", "specific_heat", "free_energy", "log_z", "magnetization"):
        np.testing.assert_array_equal(getattr(negative, name), getattr(scaled, name))


def test_shapes_follow_beta() -> None:
    beta = np.linspace(0.1, 1.0, 6).reshape(2, 3)
    exact = kd.exact.onsager(beta)
    for name in ("energy", "specific_heat", "free_energy", "log_z", "magnetization"):
        values = getattr(exact, name)
        assert values.shape == (2, 3)
        assert values.dtype == np.float64
        assert values[1, 2] == getattr(kd.exact.onsager(1.0), name)
        assert type(getattr(kd.exact.onsager(1), name)) is float
    assert kd.exact.onsager([]).energy.shape == (0,)


def test_many_beta_run_in_chunks() -> None:
    beta = np.linspace(0.0, 2.0, 2500)
    log_z = kd.exact.onsager(beta).log_z
    for i in (0, 1023, 1024, 2499):
        assert log_z[i] == pytest.approx(kd.exact.onsager(beta[i]).log_z, rel=1e-15)


@pytest.mark.parametrize("beta", [0.0, 1e-300, 1e-6, 50.0, 1e3, 1e300])
def test_extremes_neither_overflow_nor_warn(beta: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exact = kd.exact.onsager(beta)
    assert exact.log_z == pytest.approx(max(math.log(2), 2 * beta), rel=1e-11)
    assert exact.energy == pytest.approx(-2 * min(beta, 1.0), rel=1e-11)
    assert exact.free_energy == (-math.inf if beta == 0 else -exact.log_z / beta)
    assert 0 <= exact.specific_heat <= 2.1 * beta**2 if beta < 1 else exact.specific_heat < 1e-60
    assert exact.magnetization == (0.0 if beta < 1 else 1.0)


def test_result_is_frozen() -> None:
    with pytest.raises(AttributeError):
        kd.exact.onsager(0.4).energy = 0.0


BETA = "[onsager] expected finite beta >= 0, got "


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        ((-0.1,), ValueError, BETA + "-0.1"),
        ((math.nan,), ValueError, BETA + "nan"),
        (([0.1, math.inf],), ValueError, BETA + "inf"),
        (("0.4",), TypeError, "[onsager] expected beta as a real number or an array, got '0.4'"),
        ((1j,), TypeError, "[onsager] expected beta as a real number or an array, got 1j"),
        ((None,), TypeError, "[onsager] expected beta as a real number or an array, got None"),
        ((True,), TypeError, "[onsager] expected beta as a real number or an array, got True"),
        (
            ([[0.1], [0.2, 0.3]],),
            TypeError,
            "[onsager] expected beta as a real number or an array, got [[0.1], [0.2, 0.3]]",
        ),
        ((0.4, "1"), TypeError, "[onsager] expected coupling as a real number, got '1'"),
        ((0.4, True), TypeError, "[onsager] expected coupling as a real number, got True"),
        ((0.4, [1.0]), TypeError, "[onsager] expected coupling as a real number, got [1.0]"),
        ((0.4, math.nan), ValueError, "[onsager] expected a finite coupling, got nan"),
        (
            (1e300, 1e300),
            ValueError,
            "[onsager] expected finite beta * coupling, got beta=1e+300, coupling=1e+300",
        ),
    ],
)
def test_bad_input(args: tuple[object, ...], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        kd.exact.onsager(*args)
    assert str(caught.value) == text
