"""The CUDA device gives the very spins of the CPU; run with -m gpu where there is one."""

from __future__ import annotations

from pathlib import Path

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


GLASS = kd.Cubic((5, 6, 7), periodic=(True, False, True))
PACKED = [
    kd.Ising(kd.Square(32)),
    kd.Ising(kd.Square((9, 21), periodic=False), -1.0, 0.3),
    kd.Ising(kd.Triangular((12, 15)), -1.0),
    kd.Ising(GLASS, kd.couplings.bimodal(GLASS, seed=3)),
    kd.Ising(kd.Graph([(0, i) for i in range(1, 40)], 41), 0.5, 0.2),
]


@pytest.mark.parametrize("order", ["sublattice", "sequential", "random", "parallel"])
@pytest.mark.parametrize("update", ["heatbath", "metropolis"])
@pytest.mark.parametrize("replicas", [1, 64, 600])
@pytest.mark.parametrize("model", PACKED)
def test_same_packed_trajectory(model: kd.Ising, replicas: int, update: str, order: str) -> None:
    cpu, cuda = (
        kd.Sampler(
            model,
            np.linspace(0.1, 1.0, replicas),
            update,
            replicas=replicas,
            seed=2**63 + 1,
            start="random",
            order=order,
            device=device,
            kernel="packed",
        )
        for device in ("cpu", "cuda")
    )
    assert cuda.kernel == "packed-cuda"
    for sampler in (cpu, cuda):
        sampler.run(21)
    np.testing.assert_array_equal(cuda.spins.get(), cpu.spins)
    for sampler in (cpu, cuda):
        sampler.beta = np.linspace(0.9, 0.2, replicas)
    runs = [sampler.sample(10, every=3) for sampler in (cpu, cuda)]
    for name in ("energy", "magnetization"):
        np.testing.assert_array_equal(runs[0][name], runs[1][name])
    np.testing.assert_array_equal(cuda.spins.get(), cpu.spins)


@pytest.mark.parametrize("kernel", ["checkerboard", "packed"])
def test_assigned_spins_come_back(kernel: str) -> None:
    sampler = kd.Sampler(kd.Ising(kd.Square(10)), 0.4, seed=1, device="cuda", kernel=kernel)
    spins = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), sampler.shape)
    sampler.spins = spins
    np.testing.assert_array_equal(sampler.spins.get(), spins)


@pytest.mark.parametrize("kernel", ["checkerboard", "packed"])
def test_checkpoint_crosses_devices(tmp_path: Path, kernel: str) -> None:
    cuda = kd.Sampler(kd.Ising(kd.Square(100)), 0.44, seed=1, device="cuda", kernel=kernel)
    cuda.run(10)
    cuda.save(tmp_path / "state.h5")
    cpu = kd.Sampler.load(tmp_path / "state.h5")
    for sampler in (cpu, cuda):
        sampler.run(10)
    np.testing.assert_array_equal(cuda.spins.get(), cpu.spins)
