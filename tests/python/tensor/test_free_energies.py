"""One call for all methods, against exact free energies."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kadanoff as kd
from exact_lattices import honeycomb_log_z, triangular_log_z
from spin_models import CRITICAL, SMALL, glass

NETWORKS = ("trg", "btrg", "bond-weighted-trg", "hotrg", "ctmrg", "boundary-mps")

# Relative errors of f at T_c, chi = 8, of the methods as they are: a broken one is far off.
AT_CRITICALITY = {
    "trg": 1e-4,
    "btrg": 2e-5,
    "bond-weighted-trg": 2e-5,
    "hotrg": 2e-5,
    "ctmrg": 1e-6,
    "boundary-mps": 1e-6,
}


@pytest.mark.parametrize("method", NETWORKS)
def test_the_critical_square_lattice(method):
    exact = -kd.exact.onsager(CRITICAL).log_z / CRITICAL
    steps = {"ctmrg": 10, "hotrg": 16}.get(method)
    f = kd.tensor.free_energy(CRITICAL, "square", method, 8, steps)
    assert isinstance(f, float)
    assert abs(f / exact - 1) < AT_CRITICALITY[method]


@pytest.mark.parametrize("method", ["trg", "btrg", "hotrg", "ctmrg"])
@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_other_lattices(method, coupling):
    for name, exact in {"triangular": triangular_log_z, "honeycomb": honeycomb_log_z}.items():
        f = kd.tensor.free_energy(0.3, name, method, chi=8, coupling=coupling)
        bound = 1e-9 if method == "ctmrg" else 1e-4
        assert abs(-0.3 * f / exact(0.3 * coupling) - 1) < bound


def test_the_cubic_lattice():
    """The series at high temperature, from closed loops of 4, 6 and 8 bonds."""
    beta = 0.1
    t = math.tanh(beta)
    series = math.log(2) + 3 * math.log(math.cosh(beta)) + 3 * t**4 + 22 * t**6 + 187.5 * t**8
    f = kd.tensor.free_energy(beta, "cubic", "hotrg", chi=6, steps=6)
    assert abs(-beta * f / series - 1) < 6e-5
    assert 3 * t**4 > 2e-4 * series


@pytest.mark.parametrize("method", ["btrg", "hotrg", "ctmrg", "boundary-mps"])
def test_averages(method):
    for beta, coupling in ((1 / 2.1, 1.0), (0.4, 1.0), (0.4, -1.0)):
        exact = kd.exact.onsager(beta, coupling)
        result = kd.tensor.thermodynamics(beta, "square", method, chi=8, coupling=coupling)
        assert abs(result.free_energy * beta / -exact.log_z - 1) < 1e-5
        assert abs(result.energy - exact.energy) < 3e-4
        magnetization = exact.magnetization if coupling > 0 else 0.0
        assert abs(result.magnetization - magnetization) < 1e-3
        assert result.converged is True


@pytest.mark.parametrize("method", ["trg", "btrg", "hotrg", "boundary-mps"])
def test_a_field(method):
    """CTMRG, which is exact to 1e-10 here, as the reference."""
    for field in (0.2, -0.2):
        reference = kd.tensor.thermodynamics(0.4, "honeycomb", "ctmrg", chi=12, field=field)
        result = kd.tensor.thermodynamics(0.4, "honeycomb", method, chi=8, field=field)
        assert abs(result.free_energy / reference.free_energy - 1) < 1e-5
        assert abs(result.energy - reference.energy) < 1e-3
        assert abs(result.magnetization - reference.magnetization) < 1e-3
        assert math.copysign(1.0, result.magnetization) == math.copysign(1.0, field)


@pytest.mark.parametrize("method", ["exact", "boundary-mps"])
@pytest.mark.parametrize("name", ["chain", "half open", "honeycomb", "graph"])
def test_finite_lattices(method, name):
    model = glass(SMALL[name], 3)
    exact = kd.exact.enumerate(model, 0.7)
    result = kd.tensor.thermodynamics(0.7, model, method, chi=64)
    assert np.isclose(result.free_energy, -exact.log_z / 0.7, rtol=1e-12)
    assert np.isclose(result.energy, exact.energy, atol=1e-8)
    assert np.isclose(result.magnetization, exact.magnetization, atol=1e-8)
    assert result.free_energy == kd.tensor.free_energy(0.7, model, method, chi=64)


def test_a_lattice_takes_coupling_and_field():
    lattice = kd.Square((3, 4))
    exact = kd.exact.enumerate(kd.Ising(lattice, -0.5, 0.25), 0.8)
    f = kd.tensor.free_energy(0.8, lattice, "exact", coupling=-0.5, field=0.25)
    assert np.isclose(f, -exact.log_z / 0.8, rtol=1e-13)


def test_potts_models():
    model = kd.Potts(kd.Square((3, 3)), 3)
    exact = kd.exact.enumerate(model, 0.9)
    result = kd.tensor.thermodynamics(0.9, model, "exact")
    assert np.isclose(result.free_energy, -exact.log_z / 0.9, rtol=1e-13)
    assert np.isclose(result.energy, exact.energy, atol=1e-8)
    assert math.isnan(result.magnetization)


def test_arrays_of_beta():
    betas = np.array([[0.3, 0.4], [0.5, 1.0]])
    f = kd.tensor.free_energy(betas, method="ctmrg", chi=8)
    assert f.shape == (2, 2)
    assert f.dtype == np.float64
    assert f[1, 0] == kd.tensor.free_energy(0.5, method="ctmrg", chi=8)
    result = kd.tensor.thermodynamics(betas, method="ctmrg", chi=8)
    assert np.array_equal(result.free_energy, f)
    assert np.array_equal(result.beta, betas)
    assert result.converged.shape == (2, 2)
    assert np.all(np.diff(result.energy.ravel()) < 0)
    assert kd.tensor.free_energy([], method="trg").shape == (0,)
    assert kd.tensor.thermodynamics([], method="trg").energy.shape == (0,)


def test_steps():
    """Few steps are a small torus: 4 of TRG have 16 sites, 2 of HOTRG as many."""
    exact = -kd.exact.kaufman(4, 0.3).log_z / 0.3
    assert abs(kd.tensor.free_energy(0.3, method="hotrg", chi=16, steps=2) / exact - 1) < 1e-4
    assert abs(kd.tensor.free_energy(0.3, method="trg", chi=16, steps=4) / exact - 1) < 1e-3
    assert not kd.tensor.thermodynamics(0.3, method="trg", chi=4, steps=4).converged
    assert not kd.tensor.thermodynamics(0.44, method="ctmrg", chi=8, steps=2).converged


NAMES = "'exact', 'trg', 'bond-weighted-trg', 'hotrg', 'ctmrg', 'boundary-mps'"
WRONG = {
    "0.0": (ValueError, "expected finite beta > 0, got 0.0"),
    "-0.4": (ValueError, "expected finite beta > 0, got -0.4"),
    "float('nan')": (ValueError, "expected finite beta > 0, got nan"),
    "[0.4, float('inf')]": (ValueError, "expected finite beta > 0, got inf"),
    "'cold'": (TypeError, "expected beta as a real number or an array, got 'cold'"),
    "0.4, 'kagome'": (
        ValueError,
        "expected lattice to be one of 'square', 'triangular', 'honeycomb', 'cubic', got 'kagome'",
    ),
    "0.4, 3": (TypeError, "expected lattice as a name, a lattice or a model, got 3"),
    "0.4, method='TRG'": (ValueError, f"expected method to be one of {NAMES}, got 'TRG'"),
    "0.4, method=None": (ValueError, f"expected method to be one of {NAMES}, got None"),
    "0.4, chi=0": (ValueError, "expected chi in [1, 512], got 0"),
    "0.4, chi=1e2": (TypeError, "expected an integer chi, got 100.0"),
    "0.4, steps=0": (ValueError, "expected steps in [1, 200], got 0"),
    "0.4, steps=2.0": (TypeError, "expected an integer steps, got 2.0"),
    "0.4, field=float('nan')": (ValueError, "expected a finite field, got nan"),
    "0.4, coupling='J'": (TypeError, "expected a real number for coupling, got 'J'"),
    "0.4, method='exact'": (
        ValueError,
        "expected a finite lattice such as kd.Square(8) for 'exact', got 'square'",
    ),
    "0.4, kd.Square(4)": (
        ValueError,
        "expected method to be one of 'exact', 'boundary-mps' for a finite lattice, got 'hotrg'",
    ),
    "0.4, 'cubic', 'ctmrg'": (
        ValueError,
        "expected method 'hotrg' for the cubic lattice, got 'ctmrg'",
    ),
    "0.4, kd.Ising(kd.Square(4)), 'exact', field=0.1": (
        ValueError,
        "expected no field beside a model, which has its own, got 0.1",
    ),
    "1e7": (ValueError, "expected beta * coupling of at most 1e+06 in size, got 1e+07"),
}


@pytest.mark.parametrize("function", ["free_energy", "thermodynamics"])
@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input(function, wrong):
    kind, text = WRONG[wrong]
    with pytest.raises(kind) as error:
        eval(f"kd.tensor.{function}({wrong})")
    assert str(error.value) == f"[{function}] {text}"


HARD_SQUARES = 0.4074951013
"""ln kappa at activity 1: Baxter, Enting and Tsang, J. Stat. Phys. 22 (1980) 465."""


@pytest.mark.parametrize("method", NETWORKS)
def test_a_cold_antiferromagnet_in_a_field(method):
    """Order on two sublattices, none, and in between, where flipped spins are hard squares."""
    for field, order, energy in ((1.3, 0.0, -2.0), (-5.0, -1.0, -3.0)):
        result = kd.tensor.thermodynamics(40.0, method=method, chi=8, coupling=-1.0, field=field)
        assert abs(result.free_energy - energy) < 1e-9
        assert abs(result.magnetization - order) < 1e-9
    # HOTRG cuts degenerate states at chi = 8, where rounding decides which.
    f = kd.tensor.free_energy(40.0, method=method, chi=12, coupling=-1.0, field=4.0)
    assert abs(-40.0 * f - 80.0 - HARD_SQUARES) < 1e-6
    f = kd.tensor.free_energy(40.0, "honeycomb", method, 8, coupling=-1.0, field=-1.0)
    assert abs(f + 1.5) < 1e-9


def test_a_cold_cubic_antiferromagnet():
    for field in (0.0, 2.0):
        f = kd.tensor.free_energy(10.0, "cubic", "hotrg", 3, 6, field, coupling=-1.0)
        assert abs(f + 3.0) < 1e-5


def test_a_torus_of_one_cell_may_have_no_state():
    cell = kd.tensor.site_tensor("square", 40.0, -1.0, 1.0)
    flow = kd.tensor.hotrg(cell, 8, 6, {"energy": cell.energy})
    assert flow.log_z[0] < 0.0
    assert abs(flow.log_z[-1] - 80.0) < 1e-3
    assert abs(flow.expectations["energy"][-1] + 2.0) < 1e-9
