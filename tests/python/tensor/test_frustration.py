"""The triangular antiferromagnet: without order, or in a field in three sublattices."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kadanoff as kd
from exact_lattices import triangular_log_z

# Errors of ln Z per site at chi = 12 as they are; with a cell of spins coarse graining is off by
# 1e-3 at T = 1 and fails from T = 0.5 down.
METHODS = {"trg": 5e-4, "btrg": 5e-4, "hotrg": 1e-3, "ctmrg": 5e-5, "boundary-mps": 5e-5}
RESIDUAL_ENTROPY = 0.3230659669
"""G. H. Wannier, Phys. Rev. 79 (1950) 357; Phys. Rev. B 7 (1973) 5017."""
HARD_HEXAGONS = 0.3332427220
"""ln kappa at activity 1: R. J. Baxter, J. Phys. A 13 (1980) L61."""


def solve(temperature, method, field=0.0, chi=12):
    steps = {"ctmrg": 8, "boundary-mps": 7}.get(method)
    return kd.tensor.thermodynamics(
        1.0 / temperature, "triangular", method, chi, steps, field, coupling=-1.0
    )


@pytest.mark.parametrize("method", METHODS)
def test_all_temperatures(method):
    for temperature in (30.0, 1.3, 0.6):
        result, exact = solve(temperature, method), triangular_log_z(-1.0 / temperature)
        assert abs(-result.free_energy / temperature - exact) < METHODS[method]
        assert result.magnetization == 0.0


@pytest.mark.parametrize("temperature", [0.05, 1e-4])
@pytest.mark.parametrize("method", METHODS)
def test_residual_entropy(method, temperature):
    result = solve(temperature, method)
    assert abs(result.energy + 1.0) < 1e-6
    entropy = (result.energy - result.free_energy) / temperature
    assert abs(entropy - RESIDUAL_ENTROPY) < 2 * METHODS[method]


@pytest.mark.parametrize("method", ["ctmrg", "boundary-mps", "trg"])
def test_a_plateau_in_a_field(method):
    """One of three sublattices is against the field: e = -(3 + h + ...) / 3 of the ground state."""
    for field in (2.5, -2.5)[: 1 if method == "trg" else 2]:
        result = solve(0.2, method, field, chi=16)
        assert abs(result.magnetization - math.copysign(1 / 3, field)) < 1e-5
        assert abs(result.energy - (-1.0 - abs(field) / 3)) < 1e-4
        assert result.converged


def test_hard_hexagons():
    """Where the plateau ends, spins against the field are hexagons that do not overlap."""
    result = solve(0.02, "ctmrg", 6.0, chi=16)
    assert abs(-result.free_energy / 0.02 - 3.0 / 0.02 - HARD_HEXAGONS) < 1e-8
    flow = kd.tensor.hotrg(
        kd.tensor.site_tensor("triangular", 50.0, -1.0, -6.0, "plaquettes"), 12, 5
    )
    assert abs(flow.log_z[-1] - 150.0 - HARD_HEXAGONS) < 1e-4


def test_a_field_in_the_disordered_phase():
    """At 2 the cell changes from plaquettes to spins; a torus of 6 x 6 is off by 8e-4."""
    torus = kd.tensor.lattice_averages(kd.Ising(kd.Triangular((6, 6)), -1.0, 0.7), 0.5)
    cold, hot = (solve(temperature, "ctmrg", 0.7) for temperature in (2.0 - 1e-7, 2.0 + 1e-7))
    assert cold.free_energy != hot.free_energy
    for name in ("free_energy", "energy", "magnetization"):
        assert abs(getattr(cold, name) - getattr(hot, name)) < 1e-6
    assert abs(-hot.free_energy / 2.0 - torus.log_z / 36) < 2e-3
    assert abs(hot.energy - torus.energy / 36) < 2e-2
    assert abs(hot.magnetization - torus.magnetization.mean()) < 1e-3
    for temperature, reference in ((2.0 - 1e-7, cold), (2.0 + 1e-7, hot)):
        f = kd.tensor.free_energy(
            1 / temperature, "triangular", "btrg", 12, field=0.7, coupling=-1.0
        )
        assert abs(f / reference.free_energy - 1) < 5e-4


def test_spins_are_worse():
    """What the choice of a cell saves: the negative control of the tests above."""
    exact = triangular_log_z(-1.0)
    errors = {}
    for variables in ("spins", "walls"):
        cell = kd.tensor.site_tensor("triangular", 1.0, -1.0, variables=variables)
        errors[variables] = abs(kd.tensor.trg(cell, 12, 30).log_z[-1] - exact)
    assert errors["spins"] > 5e-4 > errors["walls"]
    cold = kd.tensor.site_tensor("triangular", 20.0, -1.0)
    with pytest.raises(ValueError, match="expected a positive partition function"):
        kd.tensor.trg(cold, 12)
    with np.errstate(all="raise"):
        assert math.isfinite(solve(0.05, "trg").energy)
