"""Coarse graining at the bond dimensions of the literature; minutes."""

from __future__ import annotations

from typing import Any

import pytest

import kadanoff as kd

pytestmark = pytest.mark.slow

BETA_C = 1.0 / kd.exact.critical_temperature()


@pytest.mark.parametrize(
    ("name", "chi", "steps", "bound"),
    [
        ("trg", 32, 34, 5.5e-7),
        ("hotrg", 24, 18, 1.1e-7),
        ("hotrg", 32, 18, 3.5e-8),
        ("bond_weighted_trg", 24, 34, 6e-8),
    ],
)
def test_critical_point(name: str, chi: int, steps: int, bound: float) -> None:
    flow: Any = getattr(kd.tensor, name)(kd.tensor.site_tensor("square", BETA_C), chi, steps)
    errors = flow.log_z / kd.exact.onsager(BETA_C).log_z - 1.0
    assert errors[0] > 0.0 > errors[-1]
    assert abs(errors[-1]) <= bound
    assert abs(errors[-1] - errors[-3]) < 0.02 * bound
    assert flow.scaling_dimensions[1] == pytest.approx(1 / 8, rel=0.005)
    assert flow.scaling_dimensions[2] == pytest.approx(1.0, rel=0.005)
    assert flow.central_charge == pytest.approx(0.5, rel=0.005)


def test_large_trg() -> None:
    flow = kd.tensor.trg(kd.tensor.site_tensor("square", BETA_C), 64, 30)
    assert abs(flow.log_z[-1] / kd.exact.onsager(BETA_C).log_z - 1.0) < 8e-8


def test_cubic_transition() -> None:
    def cubic(temperature: float) -> kd.tensor.SiteTensor:
        return kd.tensor.site_tensor("cubic", 1.0 / temperature)

    found = kd.tensor.transition_temperature(cubic, 4.2, 4.9, chi=8, steps=10, tolerance=1e-3)
    # A. M. Ferrenberg, J. Xu and D. P. Landau, Phys. Rev. E 97 (2018) 043301.
    assert found.temperature == pytest.approx(4.511523, rel=2e-3)
