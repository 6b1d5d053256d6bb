"""Enumeration against a direct sum, solvable cases and symmetries."""

from __future__ import annotations

import math
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import kadanoff as kd
from tori import ising, torus

NAMES = (
    "log_z",
    "log_z_total",
    "energy",
    "specific_heat",
    "magnetization",
    "abs_magnetization",
    "magnetization_squared",
    "magnetization_fourth",
    "susceptibility",
    "binder",
)
BETAS = [0.0, 0.2, 0.44, 1.0]


def custom(lattice: object, coupling: object = 1.0, field: object = 0.0) -> SimpleNamespace:
    """A model of any coupling and field, which `enumerate` takes by its attributes."""
    return SimpleNamespace(lattice=lattice, coupling=coupling, field=field)


def graph(n_sites: int, bonds: object) -> SimpleNamespace:
    return SimpleNamespace(n_sites=n_sites, bonds=np.array(bonds, dtype=np.int64).reshape(-1, 2))


def direct_sum(model: object, beta: float) -> tuple[dict[str, float], np.ndarray]:
    """Every average by its definition, and the probabilities, site 0 being the lowest bit."""
    n, bonds = model.lattice.n_sites, model.lattice.bonds
    spins = np.array([[1 if state >> i & 1 else -1 for i in range(n)] for state in range(1 << n)])
    pairs = spins[:, bonds[:, 0]] * spins[:, bonds[:, 1]]
    energy = -(pairs * model.coupling).sum(axis=1) - (spins * np.ravel(model.field)).sum(axis=1)
    weights = np.exp(-beta * energy)
    z = math.fsum(weights)
    p = weights / z
    m = spins.sum(axis=1) / n

    def mean(values: np.ndarray) -> float:
        return math.fsum(p * values)

    first, second = mean(abs(m)), mean(m**2)
    expected = {
        "log_z": math.log(z) / n,
        "log_z_total": math.log(z),
        "energy": mean(energy) / n,
        "specific_heat": beta**2 * mean((energy - mean(energy)) ** 2) / n,
        "magnetization": mean(m),
        "abs_magnetization": first,
        "magnetization_squared": second,
        "magnetization_fourth": mean(m**4),
        "susceptibility": beta * n * (second - first**2),
        "binder": 1 - mean(m**4) / (3 * second**2),
    }
    return expected, p


RNG = np.random.default_rng(7)
MODELS = {
    "square 2x2, double bonds": kd.Ising(kd.Square(2)),
    "square 3x3": ising((3, 3)),
    "square 3x4": ising((3, 4), coupling=0.7),
    "square 2x5, field": ising((2, 5), coupling=1.0, field=0.3),
    "square 3x3, antiferromagnet, field": ising((3, 3), coupling=-1.0, field=-0.25),
    "square 3x3, field alone": ising((3, 3), coupling=0.0, field=0.4),
    "cubic 2x2x2": kd.Ising(kd.Cubic(2)),
    "cubic 2x2x3, field": ising((2, 2, 3), coupling=0.5, field=0.1),
    "square 3x4, random bonds": custom(torus(3, 4), RNG.normal(size=24)),
    "square 3x3, random fields": custom(torus(3, 3), 1.0, RNG.normal(size=9)),
    "square 2x4, all random": custom(
        kd.Square((2, 4)), RNG.choice([-1.0, 1.0], 16), RNG.normal(size=(2, 4))
    ),
    "graph, one spin": custom(graph(1, []), 1.0, 0.7),
    "graph, a self-bond and a triple bond": custom(graph(3, [[0, 0], [1, 2], [2, 1], [1, 2]])),
}


@pytest.mark.parametrize("name", MODELS)
def test_matches_the_direct_sum(name: str) -> None:
    model = MODELS[name]
    exact = kd.exact.enumerate(model, BETAS)
    probabilities = exact.probabilities()
    for i, beta in enumerate(BETAS):
        expected, p = direct_sum(model, beta)
        for quantity in NAMES:
            value = getattr(exact, quantity)[i]
            assert value == pytest.approx(expected[quantity], rel=1e-12, abs=2e-14), quantity
        np.testing.assert_allclose(probabilities[i], p, rtol=1e-12)


def test_the_4x4_square_by_its_density_of_states() -> None:
    """The number of states at each energy of the 4x4 torus, as integers."""
    states = {32: 2, 24: 32, 20: 64, 16: 424, 12: 1728, 8: 6688, 4: 13568, 0: 20524}
    states |= {-level: count for level, count in states.items()}
    assert sum(states.values()) == 2**16
    beta = 0.44
    z = math.fsum(count * math.exp(beta * level) for level, count in states.items())
    exact = kd.exact.enumerate(kd.Ising(kd.Square(4)), beta)
    assert exact.log_z_total == pytest.approx(math.log(z), rel=1e-14)


def test_free_spins_in_a_field() -> None:
    n, beta, field = 24, 0.7, 0.45
    exact = kd.exact.enumerate(kd.Ising(kd.Square((4, 6)), coupling=0.0, field=field), beta)
    m, x = math.tanh(beta * field), beta * field
    assert exact.log_z == pytest.approx(math.log(2 * math.cosh(x)), rel=1e-14)
    assert exact.energy == pytest.approx(-field * m, rel=1e-13)
    assert exact.specific_heat == pytest.approx((x / math.cosh(x)) ** 2, rel=1e-12)
    assert exact.magnetization == pytest.approx(m, rel=1e-13)
    assert exact.magnetization_squared == pytest.approx(m**2 + (1 - m**2) / n, rel=1e-13)


def test_an_open_chain() -> None:
    n, k = 21, 0.6
    model = custom(graph(n, [[i, i + 1] for i in range(n - 1)]))
    exact = kd.exact.enumerate(model, k)
    log_z = n * math.log(2) + (n - 1) * math.log(math.cosh(k))
    assert exact.log_z_total == pytest.approx(log_z, rel=1e-14)
    assert exact.energy == pytest.approx(-(n - 1) / n * math.tanh(k), rel=1e-13)


def test_gauge_symmetry_of_the_couplings() -> None:
    """s_i -> e_i s_i with J_ij -> e_i e_j J_ij changes no thermal average of the energy."""
    rng = np.random.default_rng(3)
    lattice = kd.Square(4)
    coupling, signs = rng.normal(size=32), rng.choice([-1.0, 1.0], 16)
    turned = coupling * signs[lattice.bonds[:, 0]] * signs[lattice.bonds[:, 1]]
    a, b = (kd.exact.enumerate(custom(lattice, c), 0.8) for c in (coupling, turned))
    for name in ("log_z", "energy", "specific_heat"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-12)
    assert a.abs_magnetization != pytest.approx(b.abs_magnetization, rel=1e-3)


def test_uniform_arrays_take_the_general_path_to_the_same_answer() -> None:
    lattice = torus(4, 5)
    uniform = kd.exact.enumerate(custom(lattice, 0.8, 0.05), BETAS)
    general = kd.exact.enumerate(custom(lattice, np.full(40, 0.8), np.full(20, 0.05)), BETAS)
    for name in NAMES:
        np.testing.assert_allclose(getattr(general, name), getattr(uniform, name), atol=1e-13)


def test_without_a_field_the_magnetization_is_zero_and_a_field_turns_it() -> None:
    lattice = kd.Square((4, 6))
    assert kd.exact.enumerate(kd.Ising(lattice), 0.5).magnetization == 0.0
    up, down = (kd.exact.enumerate(kd.Ising(lattice, field=h), 0.5) for h in (0.1, -0.1))
    assert up.magnetization == -down.magnetization > 0.5
    assert up.energy == pytest.approx(down.energy, rel=1e-14)


@pytest.mark.parametrize("coupling", [1.0, np.linspace(0.5, 1.5, 48)])
def test_24_spins_fit_in_little_memory(coupling: object) -> None:
    tracemalloc.start()
    try:
        exact = kd.exact.enumerate(custom(kd.Square((4, 6)), coupling), 0.44)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert exact.n_sites == 24
    assert peak < 64 * 2**20


def test_cold_and_hot_extremes() -> None:
    model = kd.Ising(kd.Square(4))
    cold = kd.exact.enumerate(model, [50.0, 1e3, 1e290])
    np.testing.assert_array_equal(cold.energy, -2.0)
    np.testing.assert_array_equal(cold.abs_magnetization, 1.0)
    np.testing.assert_allclose(cold.binder, 2 / 3, rtol=1e-15)
    assert cold.log_z_total[0] == pytest.approx(32 * 50 + math.log(2), rel=1e-15)
    assert (cold.specific_heat < 1e-150).all()
    hot = kd.exact.enumerate(model, 0.0)
    assert hot.log_z == pytest.approx(math.log(2), rel=1e-15)
    assert (hot.specific_heat, hot.susceptibility) == (0.0, 0.0)
    assert hot.magnetization_squared == pytest.approx(1 / 16, rel=1e-14)


def test_probabilities() -> None:
    exact = kd.exact.enumerate(ising((2, 3), field=0.2), np.full((2, 3), 0.4))
    p = exact.probabilities()
    assert p.shape == (2, 3, 64)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-14)
    assert p[0, 0].argmax() == 0b111111
    alone = custom(graph(3, []), 1.0, np.array([0.0, 0.0, 5.0]))
    p = kd.exact.enumerate(alone, 1.0).probabilities()
    assert p[0b100] / p[0b000] == pytest.approx(math.exp(10), rel=1e-13)
    with pytest.raises(ValueError, match="at most 2") as caught:
        kd.exact.enumerate(ising((3, 7)), 0.4).probabilities()
    assert str(caught.value) == "[probabilities] expected a model of at most 2^20 states, got 2^21"


def test_shapes_follow_beta() -> None:
    model = ising((3, 3))
    exact = kd.exact.enumerate(model, np.linspace(0.1, 1.0, 6).reshape(2, 3))
    scalar = kd.exact.enumerate(model, 1)
    for name in NAMES:
        assert getattr(exact, name).shape == (2, 3)
        assert getattr(exact, name).dtype == np.float64
        assert type(getattr(scalar, name)) is float
        assert getattr(exact, name)[1, 2] == pytest.approx(getattr(scalar, name), rel=1e-11)


def test_result_is_frozen() -> None:
    with pytest.raises(AttributeError):
        kd.exact.enumerate(kd.Ising(kd.Square(2)), 0.4).energy = 0.0


SQUARE = torus(3, 3)
BETA = "[enumerate] expected finite beta >= 0, got "


@pytest.mark.parametrize(
    ("model", "beta", "error", "text"),
    [
        (
            ising((5, 5)),
            0.4,
            ValueError,
            "[enumerate] expected a model of at most 24 spins, got N=25",
        ),
        (
            3,
            0.4,
            TypeError,
            "[enumerate] expected a model with lattice, coupling and field, got int",
        ),
        (custom(SQUARE), -0.5, ValueError, BETA + "-0.5"),
        (custom(SQUARE), math.nan, ValueError, BETA + "nan"),
        (custom(SQUARE), math.inf, ValueError, BETA + "inf"),
        (
            custom(SQUARE),
            "0.4",
            TypeError,
            "[enumerate] expected beta as a real number or an array, got '0.4'",
        ),
        (
            custom(SQUARE),
            1e308,
            ValueError,
            "[enumerate] expected finite beta * energies, got beta=1e+308, energies up to 18.0",
        ),
        (
            custom(SQUARE, np.ones(5)),
            0.4,
            ValueError,
            "[enumerate] expected coupling as a scalar or 18 values, got shape (5,)",
        ),
        (
            custom(SQUARE, 1.0, np.ones(5)),
            0.4,
            ValueError,
            "[enumerate] expected field as a scalar or 9 values, got shape (5,)",
        ),
        (
            custom(SQUARE, math.nan),
            0.4,
            ValueError,
            "[enumerate] expected finite coupling, got nan",
        ),
        (
            custom(SQUARE, 1.0, math.inf),
            0.4,
            ValueError,
            "[enumerate] expected finite field, got inf",
        ),
        (
            custom(SQUARE, "1"),
            0.4,
            TypeError,
            "[enumerate] expected coupling as real numbers, got '1'",
        ),
        (
            kd.Potts(kd.Square((3, 6)), 3),
            0.4,
            ValueError,
            "[enumerate] expected a model of at most 2^26 states, got 3^18",
        ),
        (
            kd.Ising(kd.Square(4), 0.0, plaquette=1e12),
            1e300,
            ValueError,
            "[enumerate] expected finite beta * energies, got beta=1e+300, energies up to "
            "16000000000000.0",
        ),
    ],
)
def test_bad_input(model: object, beta: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        kd.exact.enumerate(model, beta)
    assert str(caught.value) == text
