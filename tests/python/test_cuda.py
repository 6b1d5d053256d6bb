"""The CUDA device gives the very spins of the CPU; run with -m gpu where there is one."""

from __future__ import annotations

import numpy as np
import pytest

import kadanoff as kd

pytestmark = pytest.mark.gpu

CASES = [
    (kd.Square(2), 1.0, 0.0),
    (kd.Square((66, 100)), -1.0, 0.3),
    (kd.Square(1000), 1.0, 0.0),
    (kd.Cubic((6, 10, 64)), 1.0, 0.0),
    (kd.Cubic(64), -1.0, -0.5),
]


@pytest.mark.parametrize("update", ["heatbath", "metropolis"])
@pytest.mark.parametrize(("lattice", "coupling", "field"), CASES)
def test_same_trajectory(
    lattice: kd.Square | kd.Cubic, coupling: float, field: float, update: str
) -> None:
    model = kd.Ising(lattice, coupling, field)
    cpu, cuda = (
        kd.Sampler(
            model,
            [0.1, 0.4, 1.0],
            update,
            replicas=3,
            seed=2**63 + 1,
            start="random",
            device=device,
        )
        for device in ("cpu", "cuda")
    )
    for sampler in (cpu, cuda):
        sampler.run(20)
    np.testing.assert_array_equal(cuda.spins.get(), cpu.spins)
    runs = [sampler.sample(10, every=3) for sampler in (cpu, cuda)]
    for name in ("energy", "magnetization"):
        np.testing.assert_array_equal(runs[0][name], runs[1][name])
    np.testing.assert_array_equal(cuda.spins.get(), cpu.spins)


def test_assigned_spins_come_back() -> None:
    sampler = kd.Sampler(kd.Ising(kd.Square(10)), 0.4, seed=1, device="cuda")
    spins = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), sampler.shape)
    sampler.spins = spins
    np.testing.assert_array_equal(sampler.spins.get(), spins)


def test_checkpoint_crosses_devices(tmp_path) -> None:  # type: ignore[no-untyped-def]
    cuda = kd.Sampler(kd.Ising(kd.Square(100)), 0.44, seed=1, device="cuda")
    cuda.run(10)
    cuda.save(tmp_path / "state.h5")
    cpu = kd.Sampler.load(tmp_path / "state.h5")
    for sampler in (cpu, cuda):
        sampler.run(10)
    np.testing.assert_array_equal(cuda.spins.get(), cpu.spins)
