"""Numbers of the literature without sampling: see docs/published.md.

`pytest -m slow -rP tests/statistics/test_published_tensors.py` prints them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from published import reported

slow = pytest.mark.slow

BETA_C = 1.0 / kd.exact.critical_temperature()
RESIDUAL_ENTROPY = 0.3230659669
HARD_SQUARES = 0.4074951013
HARD_HEXAGONS = 0.3332427220


@pytest.mark.parametrize(
    ("name", "chi", "steps", "bound"),
    [
        ("trg", 32, 34, 5.5e-7),
        ("hotrg", 24, 18, 1.1e-7),
        ("hotrg", 32, 18, 3.5e-8),
        ("bond_weighted_trg", 24, 34, 6e-8),
    ],
)
@slow
def test_onsagers_free_energy_at_the_critical_point(
    name: str, chi: int, steps: int, bound: float
) -> None:
    with reported(f"{name}, chi = {chi}") as lines:
        flow: Any = getattr(kd.tensor, name)(kd.tensor.site_tensor("square", BETA_C), chi, steps)
        error = flow.log_z[-1] / kd.exact.onsager(BETA_C).log_z - 1.0
        sigma, epsilon = flow.scaling_dimensions[1:3]
        charge = flow.central_charge
        lines.append(f"f off by {error:.2e}; {sigma:.5f}, {epsilon:.4f}, c = {charge:.4f}")
    assert -bound <= error < 0.0
    assert abs(flow.log_z[-1] / flow.log_z[-3] - 1.0) < 0.02 * bound
    assert sigma == pytest.approx(1 / 8, rel=0.02)
    assert epsilon == pytest.approx(1.0, rel=0.02)
    assert charge == pytest.approx(0.5, rel=0.01)


@slow
def test_trg_of_64_states() -> None:
    with reported("trg, chi = 64") as lines:
        flow = kd.tensor.trg(kd.tensor.site_tensor("square", BETA_C), 64, 30)
        error = flow.log_z[-1] / kd.exact.onsager(BETA_C).log_z - 1.0
        lines.append(f"f off by {error:.2e}")
    assert abs(error) < 8e-8


def test_yangs_magnetization() -> None:
    with reported("T = 2.2") as lines:
        found = kd.tensor.ctmrg(1 / 2.2, chi=24).magnetization
        yang = kd.exact.onsager(1 / 2.2).magnetization
        lines.append(f"{found:.13f}, off by {found - yang:.1e}")
    assert abs(found - yang) < 1e-10
    assert abs(kd.tensor.ctmrg(1 / 2.2, chi=4).magnetization - yang) > 1e-6


@pytest.mark.parametrize(
    ("method", "chi", "bound"), [("boundary-mps", 32, 3e-6), ("trg", 16, 1e-4), ("btrg", 16, 2e-4)]
)
def test_wanniers_residual_entropy(method: str, chi: int, bound: float) -> None:
    with reported(f"{method}, chi = {chi}") as lines:
        result = kd.tensor.thermodynamics(50.0, "triangular", method, chi, coupling=-1.0)
        entropy = 50.0 * (result.energy - result.free_energy)
        lines.append(f"{entropy:.7f}, off by {entropy - RESIDUAL_ENTROPY:.1e}")
    assert abs(entropy - RESIDUAL_ENTROPY) < bound


@pytest.mark.parametrize(
    ("lattice", "field", "exact", "bound"),
    [("square", 4.0, HARD_SQUARES, 1e-8), ("triangular", 6.0, HARD_HEXAGONS, 1e-8)],
)
def test_hard_particles(lattice: str, field: float, exact: float, bound: float) -> None:
    """An antiferromagnet at the end of its order, at T = 1 / 50."""
    with reported(lattice) as lines:
        f = kd.tensor.boundary_mps(50.0, lattice, 16, coupling=-1.0, field=field).free_energy
        ground = {"square": 2.0, "triangular": 3.0}[lattice]
        entropy = -50.0 * (f + ground)
        lines.append(f"{entropy:.10f}, off by {entropy - exact:.1e}")
    assert abs(entropy - exact) < bound


def test_the_energy_on_the_nishimori_line() -> None:
    """With tanh(beta) = 1 - 2 p the mean over +-J bonds is exactly -tanh(beta) for a bond."""
    lattice, fraction = kd.Square(6), 0.11
    beta = math.atanh(1.0 - 2.0 * fraction)
    with reported("Nishimori") as lines:
        energies = np.array(
            [
                kd.tensor.lattice_averages(
                    kd.Ising(lattice, kd.couplings.bimodal(lattice, seed, fraction)), beta
                ).energy
                for seed in range(500)
            ]
        )
        energies /= lattice.n_bonds
        error = energies.std(ddof=1) / math.sqrt(energies.size)
        lines.append(f"{energies.mean():.5f}({error:.5f}), exact {-math.tanh(beta):.5f}")
    assert abs(energies.mean() + math.tanh(beta)) < 4.0 * error
    # A beta 10 % off is seen.
    assert abs(energies.mean() + math.tanh(1.1 * beta)) > 4.0 * error


@slow
def test_hotrg_finds_the_cubic_transition() -> None:
    """A. M. Ferrenberg, J. Xu and D. P. Landau, Phys. Rev. E 97 (2018) 043301."""
    with reported("cubic") as lines:
        found = kd.tensor.transition_temperature(
            lambda t: kd.tensor.site_tensor("cubic", 1.0 / t), 4.2, 4.9, 8, 10, 1e-3
        )
        lines.append(f"{found.temperature:.4f}, {found.temperature / 4.511523 - 1.0:+.2%}")
    assert found.temperature == pytest.approx(4.511523, rel=2e-3)
