"""Finite lattices by a boundary that sweeps through them, against exact partition functions."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kac_ward
import kadanoff as kd
from spin_models import CRITICAL, SMALL, glass

sweep = kd.tensor.sweep_partition


@pytest.mark.parametrize("name", SMALL)
def test_small_models_are_exact(name):
    lattice = SMALL[name]
    for model in (kd.Ising(lattice), glass(lattice, 7), kd.Potts(lattice, 3, -0.4)):
        if isinstance(model, kd.Potts) and 3**lattice.n_sites > 2**19:
            continue
        exact = kd.exact.enumerate(model, 0.6).log_z_total
        result = sweep(model, 0.6, chi=256)
        assert abs(result.log_z / exact - 1) < 1e-12
        assert result.truncation_error < 1e-25


def test_plaquettes_and_dense_machines():
    for lattice in (kd.Square((3, 4)), kd.Square((2, 3)), kd.Square((3, 4), periodic=False)):
        model = kd.Ising(lattice, 0.7, 0.2, plaquette=-0.8)
        exact = kd.exact.enumerate(model, 0.5).log_z_total
        assert abs(sweep(model, 0.5).log_z / exact - 1) < 1e-12
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(9, 9))
    machine = kd.BoltzmannMachine(np.triu(weights, 1) + np.triu(weights, 1).T, rng.normal(size=9))
    exact = kd.exact.enumerate(machine, 0.5).log_z_total
    assert abs(sweep(machine, 0.5).log_z / exact - 1) < 1e-12


def test_errors_fall_with_chi_and_are_told():
    lattice = kd.Square(16, periodic=False)
    exact = kac_ward.log_partition(lattice.positions, lattice.bonds, CRITICAL)
    results = [sweep(kd.Ising(lattice), CRITICAL, chi=chi) for chi in (4, 8, 16, 32)]
    errors = [abs(result.log_z - exact) for result in results]
    assert errors[0] > 1e-4
    assert errors[-1] < 1e-11
    for result, error in zip(results, errors, strict=True):
        # ln Z has an error of at most the root of the weight, and rounding.
        assert error < math.sqrt(result.truncation_error) + 1e-11
        assert result.bond_dimension == result.chi
        assert 0 < result.largest_truncation <= result.truncation_error


@pytest.mark.parametrize("beta", [0.4, 1.5])
def test_a_wide_glass(beta):
    lattice = kd.Square(18, periodic=False)
    model = kd.Ising(lattice, kd.couplings.bimodal(lattice, seed=4))
    exact = kac_ward.log_partition(lattice.positions, lattice.bonds, beta * model.coupling)
    result = sweep(model, beta, chi=20)
    assert abs(result.log_z / exact - 1) < 1e-9
    turned = np.array(model.coupling)
    turned[7] *= -1
    assert abs(sweep(kd.Ising(lattice, turned), beta, chi=20).log_z / exact - 1) > 1e-7


def test_cylinders():
    for periodic in ((True, False), (False, True)):
        lattice = kd.Square((8, 12), periodic=periodic)
        model = kd.Ising(lattice, kd.couplings.gaussian(lattice, seed=1), 0.1)
        exact = kd.tensor.log_partition(model, 0.7)
        assert abs(sweep(model, 0.7, chi=48).log_z / exact - 1) < 1e-10


def test_one_site_at_a_time():
    """Sites without bonds, and pieces that do not touch."""
    lattice = kd.Graph([(1, 2), (4, 5)], n=7)
    model = kd.Ising(lattice, [0.5, -2.0], np.linspace(-1, 1, 7))
    assert np.isclose(sweep(model, 0.9).log_z, kd.exact.enumerate(model, 0.9).log_z_total)
    assert np.isclose(sweep(kd.Ising(kd.Square(3)), 0.0).log_z, 9 * math.log(2))


WRONG = {
    "kd.Square(3), 0.5": (
        TypeError,
        "expected a model such as kd.Ising(kd.Square(4)), got Square(3)",
    ),
    "kd.Ising(kd.Square(3)), -0.5": (ValueError, "expected beta >= 0, got -0.5"),
    "kd.Ising(kd.Square(3)), math.nan": (ValueError, "expected a finite beta, got nan"),
    "kd.Ising(kd.Square(3)), 0.5, chi=0": (ValueError, "expected chi in [1, 1048576], got 0"),
    "kd.Ising(kd.Square(3)), 0.5, cutoff=1.0": (
        ValueError,
        "expected cutoff in [0, 1), got 1.0",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_bad_input(wrong):
    kind, text = WRONG[wrong]
    with pytest.raises(kind) as error:
        eval(f"sweep({wrong})")
    assert str(error.value) == f"[sweep_partition] {text}"
