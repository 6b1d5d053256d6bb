"""The CUDA device gives the very states of the CPU; run with -m gpu where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def machine(visible: int, hidden: int, units: tuple[str, str], size: float) -> kd.RBM:
    rng = np.random.default_rng(visible)
    return kd.RBM(
        size * rng.normal(size=(visible, hidden)),
        size * rng.normal(size=visible),
        size * rng.normal(size=hidden),
        *units,
    )


def both(rbm: kd.RBM, chains: int, precision: str) -> list[kd.GibbsSampler]:
    beta = np.linspace(0.0, 1.3, chains)
    return [
        kd.GibbsSampler(rbm, chains, 2**63 + 1, device=device, precision=precision, beta=beta)
        for device in ("cpu", "cuda")
    ]


def assert_same_states(cpu: kd.GibbsSampler, cuda: kd.GibbsSampler) -> None:
    for layer in ("visible", "hidden"):
        on_device: Any = getattr(cuda, layer)
        expected = getattr(cpu, layer)
        assert on_device.dtype == expected.dtype
        np.testing.assert_array_equal(on_device.get(), expected)


@pytest.mark.parametrize("precision", ["float32", "fixed16"])
@pytest.mark.parametrize(
    ("rbm", "chains"),
    [
        (machine(1, 1, ("binary", "binary"), 1.0), 1),
        (machine(33, 5, ("spin", "binary"), 3.0), 130),
        (machine(64, 64, ("spin", "spin"), 0.3), 10000),
        (machine(100, 400, ("binary", "spin"), 0.2), 1030),
        (machine(784, 500, ("binary", "binary"), 0.1), 1000),
    ],
)
def test_same_chains(rbm: kd.RBM, chains: int, precision: str) -> None:
    cpu, cuda = both(rbm, chains, precision)
    assert cuda.kernel == "rbm-cuda"
    assert_same_states(cpu, cuda)
    for sampler in (cpu, cuda):
        sampler.run(20)
    assert_same_states(cpu, cuda)
    mask = np.arange(rbm.n_visible) % 3 == 0
    for sampler in (cpu, cuda):
        sampler.clamp(mask, np.ones(rbm.n_visible))
        sampler.run(5)
    assert_same_states(cpu, cuda)
    for sampler in (cpu, cuda):
        sampler.clamp(None)
        sampler.rbm = kd.RBM(
            0.5 * rbm.weights,
            rbm.visible_bias,
            rbm.hidden_bias,
            rbm.visible_units,
            rbm.hidden_units,
        )
        sampler.beta = 0.9
        sampler.run(200)
    assert_same_states(cpu, cuda)
    np.testing.assert_array_equal(cuda.log_weight(), cpu.log_weight())


def test_chains_cross_devices(tmp_path: Path) -> None:
    cpu, cuda = both(machine(50, 30, ("spin", "binary"), 0.3), 200, "float32")
    cuda.run(7)
    cuda.save(tmp_path / "chains.h5")
    cpu = kd.GibbsSampler.load(tmp_path / "chains.h5")
    again = kd.GibbsSampler.load(tmp_path / "chains.h5", device="cuda")
    again.visible, again.hidden = cuda.visible, cuda.hidden
    for sampler in (cpu, cuda, again):
        sampler.run(7)
    assert_same_states(cpu, cuda)
    assert_same_states(cpu, again)
