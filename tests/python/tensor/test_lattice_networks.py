"""Partition functions of finite lattices by contraction, against independent exact values."""

from __future__ import annotations

import numpy as np
import pytest

import kac_ward
import kadanoff as kd
from spin_models import CRITICAL, SMALL, glass


@pytest.mark.parametrize("name", SMALL)
def test_all_states(name):
    """Any couplings and fields; one bond of another sign would be seen at 1e-3."""
    lattice = SMALL[name]
    models = [kd.Ising(lattice), glass(lattice, 5), kd.Potts(lattice, 3, -0.4)][::1]
    for model in models:
        if isinstance(model, kd.Potts) and 3**lattice.n_sites > 2**22:
            continue
        exact = kd.exact.enumerate(model, 0.6).log_z_total
        assert abs(kd.tensor.log_partition(model, 0.6) / exact - 1) < 1e-12
    couplings = np.array(models[1].coupling)
    couplings[0] *= -1
    faulty = kd.Ising(lattice, couplings, models[1].field)
    exact = kd.exact.enumerate(models[1], 0.6).log_z_total
    assert abs(kd.tensor.log_partition(faulty, 0.6) / exact - 1) > 1e-3


def test_samples_of_a_glass():
    lattice = kd.Square((4, 5))
    for seed in range(10):
        model = kd.Ising(lattice, kd.couplings.bimodal(lattice, seed=seed))
        exact = kd.exact.enumerate(model, 1.3).log_z_total
        assert abs(kd.tensor.log_partition(model, 1.3) / exact - 1) < 1e-12


def test_plaquettes():
    for lattice in (kd.Square((3, 4)), kd.Square((2, 3)), kd.Square((3, 4), periodic=False)):
        model = kd.Ising(lattice, 0.7, 0.2, plaquette=-0.8)
        exact = kd.exact.enumerate(model, 0.5).log_z_total
        assert abs(kd.tensor.log_partition(model, 0.5) / exact - 1) < 1e-12


def test_dense_machines():
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(9, 9))
    machine = kd.BoltzmannMachine(np.triu(weights, 1) + np.triu(weights, 1).T, rng.normal(size=9))
    exact = kd.exact.enumerate(machine, 0.5).log_z_total
    assert abs(kd.tensor.log_partition(machine, 0.5) / exact - 1) < 1e-12


@pytest.mark.parametrize("extent", [5, 8, 10])
def test_critical_tori(extent):
    exact = kd.exact.kaufman(extent, CRITICAL).log_z_total
    log_z = kd.tensor.log_partition(kd.Ising(kd.Square(extent)), CRITICAL)
    assert abs(log_z / exact - 1) < 1e-13


def test_the_critical_open_square_of_16():
    lattice = kd.Square(16, periodic=False)
    exact = kac_ward.log_partition(lattice.positions, lattice.bonds, CRITICAL)
    log_z = kd.tensor.log_partition(kd.Ising(lattice), CRITICAL)
    assert abs(log_z / exact - 1) < 1e-12


@pytest.mark.parametrize(
    "lattice",
    [
        kd.Square((9, 14), periodic=False),
        kd.Triangular((9, 10), periodic=False),
        kd.Honeycomb((7, 8), periodic=False),
    ],
    ids=lambda lattice: lattice.name,
)
def test_planar_glasses(lattice):
    for seed, beta in enumerate((0.3, 1.0, 2.5)):
        model = kd.Ising(lattice, kd.couplings.gaussian(lattice, seed=seed))
        exact = kac_ward.log_partition(lattice.positions, lattice.bonds, beta * model.coupling)
        assert abs(kd.tensor.log_partition(model, beta) / exact - 1) < 1e-11


def test_the_cube_of_27():
    """Tr V^3 with the matrix between two layers of 2^9 states, in a field and without."""
    states = 1 - 2 * (np.arange(512)[:, None] >> np.arange(9) & 1)
    layer = kd.Ising(kd.Square(3))
    inside = -layer.energy(states.reshape(-1, 3, 3))
    for coupling, field in [(1.0, 0.0), (1.0, 0.1), (-1.0, 0.3)]:
        beta = 0.2216
        half = 0.5 * beta * (coupling * inside + field * states.sum(axis=1))
        transfer = np.exp(half[:, None] + half + beta * coupling * states @ states.T)
        exact = np.log(np.trace(transfer @ transfer @ transfer))
        model = kd.Ising(kd.Cubic(3), coupling, field)
        assert abs(kd.tensor.log_partition(model, beta) / exact - 1) < 1e-12


def test_potts_of_two_states_is_ising():
    lattice = kd.Square((6, 7))
    ising = kd.tensor.log_partition(kd.Ising(lattice, 0.5), 0.8)
    potts = kd.tensor.log_partition(kd.Potts(lattice, 2, 1.0), 0.8)
    assert np.isclose(potts, ising + 0.8 * 0.5 * lattice.n_bonds, rtol=1e-13)


def test_shapes_of_beta():
    model = kd.Ising(kd.Square(4), field=0.3)
    betas = np.array([[0.0, 0.2], [0.5, 30.0]])
    result = kd.tensor.log_partition(model, betas)
    assert result.shape == (2, 2)
    assert np.allclose(result, kd.exact.enumerate(model, betas).log_z_total, rtol=1e-12)
    assert isinstance(kd.tensor.log_partition(model, 0.2), float)
    assert result[0, 1] == kd.tensor.log_partition(model, 0.2)


def test_large_numbers():
    """ln Z where Z itself is beyond float64."""
    model = kd.Ising(kd.Square(6))
    assert np.isclose(kd.tensor.log_partition(model, 1e3), 72e3 + np.log(2), rtol=1e-14)
    wide = kd.Ising(kd.Square((400, 3)))
    exact = kd.exact.kaufman((400, 3), 0.4).log_z_total
    assert exact > 800
    assert abs(kd.tensor.log_partition(wide, 0.4) / exact - 1) < 1e-12


def test_marginals():
    lattice = kd.Honeycomb((2, 3))
    model = glass(lattice, 2)
    states, p = kd.exact.probabilities(model, 0.7)
    network = kd.tensor.ising_network(model, 0.7, output=(5, 2))
    joint = network.contract()
    assert joint.shape == (2, 2)
    flat = states.reshape(len(states), -1)
    for first, second in np.ndindex(2, 2):
        chosen = (flat[:, 5] == 1 - 2 * first) & (flat[:, 2] == 1 - 2 * second)
        assert np.isclose(joint[first, second] / joint.sum(), p[chosen].sum(), rtol=1e-12)
    z = kd.tensor.ising_network(model, 0.7).contract()
    assert np.isclose(np.log(z), kd.tensor.log_partition(model, 0.7), rtol=1e-13)


@pytest.mark.parametrize("name", ["chain", "doubled", "honeycomb", "cubic", "graph"])
def test_averages_of_sites_and_bonds(name):
    lattice = SMALL[name]
    model = glass(lattice, 11)
    states, p = kd.exact.probabilities(model, 0.7)
    flat = states.reshape(len(states), -1).astype(float)
    averages = kd.tensor.lattice_averages(model, 0.7)
    assert np.allclose(averages.magnetization, p @ flat, atol=1e-12)
    pairs = flat[:, lattice.bonds[:, 0]] * flat[:, lattice.bonds[:, 1]]
    assert np.allclose(averages.correlations, p @ pairs, atol=1e-12)
    assert np.isclose(averages.energy, p @ model.energy(states), rtol=1e-12)
    assert np.isclose(averages.log_z, kd.tensor.log_partition(model, 0.7), rtol=1e-13)
    assert np.allclose(averages.bonds.sum(axis=(1, 2)), 1.0)
    assert averages.sites.shape == (lattice.n_sites, 2)


def test_averages_of_plaquettes_and_potts_models():
    for lattice in (kd.Square((3, 4)), kd.Square((2, 3)), kd.Square((3, 4), periodic=False)):
        model = kd.Ising(lattice, 0.7, 0.2, plaquette=-0.8)
        exact = kd.exact.enumerate(model, 0.5)
        averages = kd.tensor.lattice_averages(model, 0.5)
        assert np.isclose(averages.energy / lattice.n_sites, exact.energy, rtol=1e-12)
        assert np.isclose(averages.magnetization.mean(), exact.magnetization, rtol=1e-12)
    model = kd.Potts(kd.Triangular(3), 3, -0.6)
    averages = kd.tensor.lattice_averages(model, 0.5)
    assert np.isclose(averages.energy / 9, kd.exact.enumerate(model, 0.5).energy, rtol=1e-12)
    assert np.allclose(averages.sites, 1 / 3)
    for name in ("magnetization", "correlations"):
        with pytest.raises(ValueError, match=rf"\[{name}\] expected spins of 2 states, got 3"):
            getattr(averages, name)


def test_paths_that_are_given():
    model = kd.Ising(kd.Square(5), field=0.1)
    plan = kd.tensor.ising_network(model, 0.3).plan("greedy")
    expected = kd.tensor.log_partition(model, 0.3)
    for optimize in (plan, plan.path, "greedy"):
        assert np.isclose(
            kd.tensor.log_partition(model, 0.3, optimize=optimize), expected, rtol=1e-13
        )


MODEL = kd.Ising(kd.Square(3))
WRONG = {
    "log_partition(3, 0.4)": (
        TypeError,
        "[log_partition] expected a model such as kd.Ising(kd.Square(4)), got 3",
    ),
    "log_partition(MODEL, -0.1)": (
        ValueError,
        "[log_partition] expected finite beta >= 0, got -0.1",
    ),
    "log_partition(MODEL, [0.1, float('nan')])": (
        ValueError,
        "[log_partition] expected finite beta >= 0, got nan",
    ),
    "lattice_averages(MODEL, -1.0)": (
        ValueError,
        "[lattice_averages] expected beta >= 0, got -1.0",
    ),
    "ising_network(MODEL, -1.0)": (ValueError, "[ising_network] expected beta >= 0, got -1.0"),
    "ising_network(MODEL, 800.0)": (
        ValueError,
        "[ising_network] expected beta * energies of at most 700, got 800",
    ),
    "ising_network(MODEL, 0.5, output=(9,))": (
        ValueError,
        "[ising_network] expected sites in output in [0, 8], got 9",
    ),
    "ising_network(MODEL, 0.5, output=(1.0,))": (
        TypeError,
        "[ising_network] expected sites in output as integers, got 1.0",
    ),
    "ising_network(kd.Square(3), 0.5)": (
        TypeError,
        "[ising_network] expected a model such as kd.Ising(kd.Square(4)), got Square(3)",
    ),
}


@pytest.mark.parametrize("call", WRONG)
def test_bad_input(call):
    kind, text = WRONG[call]
    with pytest.raises(kind) as error:
        eval(f"kd.tensor.{call}")
    assert str(error.value) == text
