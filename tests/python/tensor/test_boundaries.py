"""Infinite lattices by corner matrices and by boundary states, against exact solutions."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kadanoff as kd
from exact_lattices import honeycomb_log_z, triangular_log_z
from kadanoff.tensor.boundary import corners

METHODS = {"ctmrg": kd.tensor.ctmrg, "boundary_mps": kd.tensor.boundary_mps}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("temperature", [1.2, 1.8, 2.0, 2.2])
def test_order_on_the_square_lattice(method, temperature):
    exact = kd.exact.onsager(1 / temperature)
    result = METHODS[method](1 / temperature, chi=20)
    assert result.converged
    assert abs(result.free_energy / (-temperature * exact.log_z) - 1) < 1e-12
    assert abs(result.energy - exact.energy) < 1e-10
    assert abs(result.magnetization - exact.magnetization) < 1e-9
    assert result.truncation_error < 1e-13


@pytest.mark.parametrize("method", METHODS)
def test_disorder_on_the_square_lattice(method):
    exact = kd.exact.onsager(0.4)
    result = METHODS[method](0.4, chi=20)
    assert abs(result.free_energy / (-2.5 * exact.log_z) - 1) < 1e-12
    assert abs(result.energy - exact.energy) < 1e-9
    assert abs(result.magnetization) < 1e-9
    # 1 / xi = ln coth K - 2 K, which a finite chi approaches from below.
    xi = 1 / (math.log(1 / math.tanh(0.4)) - 0.8)
    assert 0.9 * xi < result.correlation_length < xi
    assert METHODS[method](0.4, chi=6).correlation_length < result.correlation_length


@pytest.mark.parametrize("method", METHODS)
def test_few_states_are_not_enough(method):
    """The same checks fail for chi = 2: they can tell a good environment from a poor one."""
    exact = kd.exact.onsager(1 / 2.2)
    result = METHODS[method](1 / 2.2, chi=2)
    assert result.converged
    assert abs(result.free_energy / (-2.2 * exact.log_z) - 1) > 1e-6
    assert abs(result.magnetization - exact.magnetization) > 1e-3
    assert result.truncation_error > 1e-7


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("coupling", [1.0, -1.0, 0.5])
def test_other_lattices(method, coupling):
    beta = 0.35
    for name, exact in {"triangular": triangular_log_z, "honeycomb": honeycomb_log_z}.items():
        result = METHODS[method](beta, name, chi=20, coupling=coupling)
        log_z = -beta * result.free_energy
        assert abs(log_z / exact(beta * coupling) - 1) < 1e-11
        step = 2e-4
        slope = (exact((beta + step) * coupling) - exact((beta - step) * coupling)) / (2 * step)
        assert abs(result.energy + slope) < 1e-6


@pytest.mark.parametrize("name", ["square", "triangular", "honeycomb"])
@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_both_methods_agree_in_a_field(name, coupling):
    results = [
        method(0.5, name, chi=12, coupling=coupling, field=-0.3, tolerance=1e-10)
        for method in METHODS.values()
    ]
    for attribute in ("free_energy", "energy", "magnetization"):
        left, right = (getattr(result, attribute) for result in results)
        assert abs(left - right) < 1e-8
    assert results[0].magnetization < -0.01
    # m = -df/dh
    step = 1e-3
    ends = [
        kd.tensor.ctmrg(0.5, name, chi=12, coupling=coupling, field=-0.3 + move).free_energy
        for move in (step, -step)
    ]
    assert abs((ends[1] - ends[0]) / (2 * step) - results[0].magnetization) < 1e-5


def test_an_antiferromagnet_in_a_field_against_a_torus():
    """At this temperature a 4 x 4 torus is close to the infinite lattice."""
    torus = kd.exact.enumerate(kd.Ising(kd.Square(4), -1.0, 0.8), 0.1)
    result = kd.tensor.ctmrg(0.1, chi=8, coupling=-1.0, field=0.8)
    assert abs(result.magnetization - torus.magnetization) < 1e-4
    assert abs(result.energy - torus.energy) < 5e-3
    flipped = kd.tensor.ctmrg(0.1, chi=8, coupling=-1.0, field=-0.8)
    assert np.isclose(flipped.magnetization, -result.magnetization, rtol=1e-9)


def test_a_sublattice_turned_over():
    ferro, anti = (kd.tensor.ctmrg(0.5, chi=12, coupling=j) for j in (1.0, -1.0))
    assert ferro.free_energy == anti.free_energy
    assert ferro.energy == anti.energy
    assert anti.magnetization == 0.0
    assert ferro.magnetization > 0.9


def test_general_environments_find_what_symmetric_ones_do(monkeypatch):
    symmetric = kd.tensor.ctmrg(1 / 2.1, chi=12)
    monkeypatch.setattr("kadanoff.tensor.boundary.corner_method.is_symmetric", lambda tensor: False)
    general = kd.tensor.ctmrg(1 / 2.1, chi=12)
    assert len(general.spectrum) == 4 * len(symmetric.spectrum)
    for attribute in ("free_energy", "energy", "magnetization"):
        assert np.isclose(
            getattr(general, attribute), getattr(symmetric, attribute), rtol=0.0, atol=1e-10
        )
    assert np.allclose(general.spectrum[:3], symmetric.spectrum[:3] ** 2, rtol=1e-6)


def test_hot_and_cold_limits():
    for method in METHODS.values():
        cold, hot = method(100.0, chi=8), method(1e-6, chi=8)
        assert np.isclose(cold.free_energy, -2.0, rtol=1e-12)
        assert np.isclose(cold.magnetization, 1.0, rtol=1e-12)
        assert np.isclose(hot.free_energy * 1e-6, -math.log(2), rtol=1e-9)
        assert abs(hot.magnetization) < 1e-6


def test_close_to_the_critical_point_it_says_how_far_it_is():
    result = kd.tensor.ctmrg(1 / 2.26, chi=10, steps=20)
    assert not result.converged
    assert result.steps == 20
    assert result.change > 1e-6
    assert kd.tensor.boundary_mps(1 / 2.26, chi=10, steps=3).converged is False


def test_the_same_bits_again():
    first, second = (kd.tensor.ctmrg(0.41, "triangular", chi=8, coupling=0.6) for _ in range(2))
    assert first.free_energy == second.free_energy
    assert first.magnetization == second.magnetization
    first, second = (kd.tensor.boundary_mps(0.41, chi=8) for _ in range(2))
    assert first.energy == second.energy


def test_multiplets_are_kept_or_dropped_whole():
    values = np.array([1.0, 0.5, 0.5, 0.1])
    assert [corners._unsplit(values, chi) for chi in (1, 2, 3, 4, 5)] == [1, 1, 3, 4, 4]
    assert corners._unsplit(np.ones(4), 2) == 1


WRONG = {
    "lattice='cubic'": (
        ValueError,
        "expected lattice to be one of 'square', 'triangular', 'honeycomb', got 'cubic'",
    ),
    "chi=0": (ValueError, "expected chi in [1, 4096], got 0"),
    "chi=2.5": (TypeError, "expected an integer chi, got 2.5"),
    "steps=0": (ValueError, "expected steps in [1, 1099511627776], got 0"),
    "tolerance=0.0": (ValueError, "expected tolerance > 0, got 0.0"),
    "tolerance=float('nan')": (ValueError, "expected a finite tolerance, got nan"),
    "beta=0.0": (ValueError, "expected beta > 0, got 0.0"),
    "beta=-1.0": (ValueError, "expected beta > 0, got -1.0"),
    "beta=float('nan')": (ValueError, "expected a finite beta, got nan"),
    "coupling='strong'": (TypeError, "expected a real number for coupling, got 'strong'"),
    "field=float('inf')": (ValueError, "expected a finite field, got inf"),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input(method, wrong):
    kind, text = WRONG[wrong]
    arguments = {"beta": 0.4, **eval(f"dict({wrong})")}
    with pytest.raises(kind) as error:
        METHODS[method](**arguments)
    assert str(error.value) == f"[{method}] {text}"
