"""Enumeration of Potts models, plaquettes and networks; observables; lists of all states."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

import kadanoff as kd
import reference_graph
from kadanoff.exact import enumeration, state_space

RNG = np.random.default_rng(17)
BETAS = [0.0, 0.2, 0.44, 1.0]


def potts_sum(model: kd.Potts, beta: float) -> tuple[dict[str, float], list[float]]:
    """Every average of a Potts model by its definition, state by state; and the probabilities."""
    n, q, bonds = model.lattice.n_sites, model.q, model.lattice.bonds.tolist()
    coupling = np.broadcast_to(model.coupling, len(bonds)).tolist()
    energies, orders = [], []
    for digits in itertools.product(range(q), repeat=n):
        spins = digits[::-1]  # the digit of site 0 is the lowest
        pairs = zip(bonds, coupling, strict=True)
        energies.append(-sum(j for (a, b), j in pairs if spins[a] == spins[b]))
        most = max(spins.count(state) for state in range(q))
        orders.append((q * most / n - 1) / (q - 1))
    weights = [math.exp(-beta * energy) for energy in energies]
    z = math.fsum(weights)
    p = [weight / z for weight in weights]

    def mean(values: list[float]) -> float:
        return math.fsum(x * value for x, value in zip(p, values, strict=True))

    energy = mean(energies)
    first, second, fourth = (mean([m**power for m in orders]) for power in (1, 2, 4))
    expected = {
        "log_z": math.log(z) / n,
        "log_z_total": math.log(z),
        "energy": energy / n,
        "specific_heat": beta**2 * mean([(e - energy) ** 2 for e in energies]) / n,
        "magnetization": first,
        "abs_magnetization": first,
        "magnetization_squared": second,
        "magnetization_fourth": fourth,
        "susceptibility": beta * n * (second - first**2),
        "binder": 1 - fourth / (3 * second**2),
    }
    return expected, p


POTTS = {
    "square 2x4, q = 3": kd.Potts(kd.Square((2, 4)), 3),
    "square 3x3 open, q = 2": kd.Potts(kd.Square(3, periodic=False), 2, coupling=0.7),
    "triangular 2x3, q = 4, antiferromagnet": kd.Potts(kd.Triangular((2, 3)), 4, coupling=-0.8),
    "chain 7, q = 3, random": kd.Potts(kd.Chain(7), 3, RNG.normal(size=7)),
    "graph, q = 20": kd.Potts(kd.Graph([(0, 2)], 3), 20, [0.9]),
}


@pytest.mark.parametrize("name", POTTS)
def test_potts_matches_the_direct_sum(name: str) -> None:
    model = POTTS[name]
    exact = kd.exact.enumerate(model, BETAS)
    for i, beta in enumerate(BETAS):
        expected, p = potts_sum(model, beta)
        for quantity in expected:
            value = getattr(exact, quantity)[i]
            assert value == pytest.approx(expected[quantity], rel=1e-12, abs=2e-14), quantity
        np.testing.assert_allclose(exact.probabilities()[i], p, rtol=1e-12)


PLAQUETTES = {
    "3x4": kd.Ising(kd.Square((3, 4)), plaquette=0.2),
    "2x5, field": kd.Ising(kd.Square((2, 5)), 0.7, 0.3, plaquette=-0.4),
    "4x3, open along y": kd.Ising(kd.Square((4, 3), periodic=(False, True)), 1.0, 0.0, 0.3),
    "3x3, open, all random": kd.Ising(
        kd.Square(3, periodic=False), RNG.normal(size=12), RNG.normal(size=9), 0.5
    ),
    "plaquettes alone": kd.Ising(kd.Square((3, 4), periodic=False), 0.0, plaquette=0.6),
}


@pytest.mark.parametrize("name", PLAQUETTES)
def test_plaquettes_match_the_direct_sum(name: str) -> None:
    model = PLAQUETTES[name]
    n = model.lattice.n_sites
    exact = kd.exact.enumerate(model, BETAS)
    spins = np.array([[1 if state >> i & 1 else -1 for i in range(n)] for state in range(1 << n)])
    energy = np.array([reference_graph.energy(model, state) for state in spins.tolist()])
    for i, beta in enumerate(BETAS):
        weights = np.exp(-beta * energy)
        p = weights / weights.sum()
        assert exact.log_z_total[i] == pytest.approx(math.log(weights.sum()), rel=1e-12)
        assert exact.energy[i] == pytest.approx(p @ energy / n, rel=1e-11, abs=1e-14)
        variance = p @ (energy - p @ energy) ** 2
        assert exact.specific_heat[i] == pytest.approx(beta**2 * variance / n, rel=1e-10, abs=1e-14)
        m = spins.mean(axis=1)
        for name_, values in (("magnetization", m), ("magnetization_fourth", m**4)):
            assert getattr(exact, name_)[i] == pytest.approx(p @ values, rel=1e-11, abs=1e-14)
        np.testing.assert_allclose(exact.probabilities()[i], p, rtol=1e-11)
    without = kd.Ising(model.lattice, model.coupling, model.field)
    assert kd.exact.enumerate(without, 0.44).log_z != pytest.approx(exact.log_z[2], rel=1e-3)


def transfer_log_z(rows: np.ndarray, weight: Callable[[np.ndarray, np.ndarray], float]) -> float:
    """ln Z of as many rows as a row has spins, on a torus, by the transfer matrix of two rows."""
    matrix = np.array([[weight(a, b) for b in rows] for a in rows])
    return math.log(np.trace(np.linalg.matrix_power(matrix, rows.shape[1])))


def test_the_4x4_torus_with_plaquettes_by_its_transfer_matrix() -> None:
    beta, coupling, plaquette = 0.4, 1.0, 0.2

    def weight(a: np.ndarray, b: np.ndarray) -> float:
        pairs = a @ np.roll(a, 1) + a @ b
        squares = (a * np.roll(a, 1)) @ (b * np.roll(b, 1))
        return math.exp(beta * (coupling * pairs + plaquette * squares))

    rows = np.array(list(itertools.product((-1, 1), repeat=4)))
    exact = kd.exact.enumerate(kd.Ising(kd.Square(4), coupling, plaquette=plaquette), beta)
    assert exact.log_z_total == pytest.approx(transfer_log_z(rows, weight), rel=1e-13)


@pytest.mark.parametrize("coupling", [1.0, np.ones(32)], ids=["one", "array"])
def test_the_4x4_potts_torus_by_its_transfer_matrix(coupling: object) -> None:
    beta = 0.9

    def weight(a: np.ndarray, b: np.ndarray) -> float:
        return math.exp(beta * ((a == np.roll(a, 1)).sum() + (a == b).sum()))

    rows = np.array(list(itertools.product(range(3), repeat=4)))
    exact = kd.exact.enumerate(kd.Potts(kd.Square(4), 3, coupling), beta)
    assert exact.log_z_total == pytest.approx(transfer_log_z(rows, weight), rel=1e-13)


def test_two_potts_states_are_ising_spins() -> None:
    lattice = kd.Triangular((3, 4))
    coupling = RNG.normal(size=36)
    potts = kd.exact.enumerate(kd.Potts(lattice, 2, coupling), BETAS)
    ising = kd.exact.enumerate(kd.Ising(lattice, coupling / 2), BETAS)
    shift = coupling.sum() / 2
    np.testing.assert_allclose(potts.log_z_total, ising.log_z_total + np.array(BETAS) * shift)
    np.testing.assert_allclose(potts.specific_heat, ising.specific_heat, rtol=1e-10)
    for name in ("abs_magnetization", "magnetization_squared", "magnetization_fourth", "binder"):
        np.testing.assert_allclose(getattr(potts, name), getattr(ising, name), rtol=1e-12)


def test_networks_are_enumerated() -> None:
    memory = kd.Hopfield(RNG.choice([-1, 1], (2, 10)))
    states, p = kd.exact.probabilities(memory, 1.3)
    s = states.astype(float)
    energy = -0.5 * np.einsum("ki,ij,kj->k", s, memory.weights, s)
    weights = np.exp(-1.3 * energy)
    np.testing.assert_allclose(p, weights / weights.sum(), rtol=1e-12)
    exact = kd.exact.enumerate(memory, 1.3, {"overlaps": lambda s: memory.overlap(s) ** 2})
    overlaps = (memory.patterns @ s.T / 10) ** 2 @ p
    np.testing.assert_allclose(exact.observables["overlaps"], overlaps, rtol=1e-12)


OBSERVABLES = {
    "magnetization": lambda s: s.mean(axis=(1, 2)),
    "square": lambda s: s.mean(axis=(1, 2)) ** 2,
    "up": lambda s: s[:, 0, 0] > 0,
    "correlations": lambda s: s[:, :1, :1] * s,
}


@pytest.mark.parametrize("block", [4, 2**15])
def test_observables(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enumeration, "_OBSERVED", block)
    monkeypatch.setattr(state_space, "_BLOCK", 16 * block)
    model = kd.Ising(kd.Square((2, 4)), RNG.normal(size=16), RNG.normal(size=8))
    betas = np.array([[0.3, 0.7, 1.1]])
    exact = kd.exact.enumerate(model, betas, OBSERVABLES)
    states, p = kd.exact.probabilities(model, betas)
    assert states.shape == (256, 2, 4)
    assert p.shape == (1, 3, 256)
    assert {name: np.shape(value) for name, value in exact.observables.items()} == {
        "magnetization": (1, 3),
        "square": (1, 3),
        "up": (1, 3),
        "correlations": (1, 3, 2, 4),
    }
    for name, observable in OBSERVABLES.items():
        expected = np.tensordot(p, observable(states).astype(float), axes=1)
        np.testing.assert_allclose(exact.observables[name], expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(exact.observables["magnetization"], exact.magnetization, rtol=1e-11)
    scalar = kd.exact.enumerate(model, 0.3, OBSERVABLES).observables
    assert type(scalar["square"]) is float
    assert scalar["correlations"].shape == (2, 4)
    assert scalar["correlations"][0, 0] == pytest.approx(1.0, rel=1e-14)
    assert kd.exact.enumerate(model, 0.3).observables == {}


def test_observables_of_a_potts_model() -> None:
    model = POTTS["chain 7, q = 3, random"]
    wanted = {"order": model.order_parameter, "energy": model.energy}
    exact = kd.exact.enumerate(model, BETAS, wanted)
    np.testing.assert_allclose(exact.observables["order"], exact.magnetization, rtol=1e-12)
    energy = exact.observables["energy"] / 7
    np.testing.assert_allclose(energy, exact.energy, rtol=1e-11, atol=1e-14)
    states, p = kd.exact.probabilities(model, 0.44)
    assert states.dtype == np.uint8
    assert states[5].tolist() == [2, 1, 0, 0, 0, 0, 0]
    np.testing.assert_allclose(p @ model.energy(states) / 7, exact.energy[2], rtol=1e-12)


def test_the_overlap_of_two_replicas() -> None:
    """The ring of 4 spins: <q^2> = (1 + 2 c1^2 + c2^2) / 4 by its known correlations."""
    model = kd.Ising(kd.Chain(4), coupling=-1.0)
    states, p = kd.exact.probabilities(model, 0.6)
    overlap = states.astype(float) @ states.T / 4
    t = math.tanh(0.6)
    c1, c2 = (t + t**3) / (1 + t**4), 2 * t**2 / (1 + t**4)
    assert p @ overlap**2 @ p == pytest.approx((1 + 2 * c1**2 + c2**2) / 4, rel=1e-12)
    assert p @ overlap @ p == pytest.approx(0.0, abs=1e-15)


def test_probabilities_of_2_to_the_20_states() -> None:
    states, p = kd.exact.probabilities(kd.Ising(kd.Square((4, 5), periodic=False)), 0.3)
    assert states.shape == (2**20, 4, 5)
    assert states.dtype == np.int8
    assert p.sum() == pytest.approx(1.0, rel=1e-12)
    assert states[2**20 - 1].min() == 1


@pytest.mark.parametrize(
    ("observables", "error", "text"),
    [
        (
            ["m"],
            TypeError,
            "[enumerate] expected observables as a dict of callables, got ['m']",
        ),
        (
            {"m": 3},
            TypeError,
            "[enumerate] expected observables as a dict of callables, got {'m': 3}",
        ),
        (
            {"m": lambda s: s.sum()},
            ValueError,
            "[enumerate] expected observable 'm' of shape (256, ...), got shape ()",
        ),
        (
            {"m": lambda s: s[1:]},
            ValueError,
            "[enumerate] expected observable 'm' of shape (256, ...), got shape (255, 2, 4)",
        ),
        (
            {"m": lambda s: s * 1j},
            TypeError,
            "[enumerate] expected observable 'm' as real numbers, got complex128",
        ),
        (
            {"m": lambda s: s / 0.0},
            ValueError,
            "[enumerate] expected finite values of observable 'm', got others",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_bad_observables(observables: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        kd.exact.enumerate(kd.Ising(kd.Square((2, 4))), 0.4, observables)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("model", "beta", "error", "text"),
    [
        (
            kd.Ising(kd.Chain(21)),
            0.4,
            ValueError,
            "[probabilities] expected a model of at most 2^20 states, got 2^21",
        ),
        (
            kd.Potts(kd.Chain(13), 3),
            0.4,
            ValueError,
            "[probabilities] expected a model of at most 2^20 states, got 3^13",
        ),
        (
            kd.Ising(kd.Chain(5)),
            -1.0,
            ValueError,
            "[probabilities] expected finite beta >= 0, got -1.0",
        ),
        (
            3,
            0.4,
            TypeError,
            "[probabilities] expected a model with lattice, coupling and field, got int",
        ),
    ],
)
def test_bad_probabilities(model: object, beta: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        kd.exact.probabilities(model, beta)
    assert str(caught.value) == text
