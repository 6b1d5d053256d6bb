"""Energies against sums written out in loops, and what else a model has to keep."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference_graph
from kadanoff import models as kd_models
from kadanoff import storage
from kadanoff.models import terms

RNG = np.random.default_rng(23)
NAN, INF = float("nan"), float("inf")


def symmetric(n: int) -> np.ndarray:
    half = np.triu(RNG.normal(size=(n, n)), 1)
    return half + half.T


def graph(n: int, share: float) -> kd.Graph:
    return kd.Graph(np.argwhere(np.triu(RNG.random((n, n)) < share, 1)), n)


SQUARE, OPEN = kd.Square((3, 4)), kd.Square((3, 4), periodic=(False, True))
TRIANGULAR, RANDOM = kd.Triangular((3, 5)), graph(9, 0.5)
ISING: dict[str, kd.Ising] = {
    "square": kd.Ising(SQUARE),
    "square, antiferromagnet in a field": kd.Ising(SQUARE, coupling=-0.7, field=0.3),
    "square, +-J": kd.Ising(SQUARE, RNG.choice([-1.0, 1.0], 24)),
    "square, all random": kd.Ising(SQUARE, RNG.normal(size=24), RNG.normal(size=(3, 4))),
    "square, plaquettes": kd.Ising(SQUARE, plaquette=0.2),
    "square, plaquettes of one extent of 2": kd.Ising(kd.Square((2, 4)), 0.5, plaquette=-0.3),
    "open along y, plaquettes": kd.Ising(OPEN, RNG.normal(size=len(OPEN.bonds)), 0.1, -0.2),
    "open, plaquettes": kd.Ising(kd.Square(4, periodic=False), 0.0, plaquette=1.0),
    "chain": kd.Ising(kd.Chain(7), 0.5, RNG.normal(size=7)),
    "triangular": kd.Ising(TRIANGULAR, -1.0, 0.2),
    "cubic": kd.Ising(kd.Cubic((2, 3, 2)), 0.9),
    "graph": kd.Ising(RANDOM, RNG.normal(size=len(RANDOM.bonds)), 0.4),
    "graph without bonds": kd.Ising(kd.Graph([], 3), 1.0, [1.0, 2.0, -4.0]),
    "Boltzmann machine": kd.BoltzmannMachine(symmetric(8), RNG.normal(size=8)),
    "Hopfield": kd.Hopfield(RNG.choice([-1, 1], (3, 9))),
}
POTTS: dict[str, kd.Potts] = {
    "q = 3": kd.Potts(SQUARE, 3),
    "q = 2, antiferromagnet": kd.Potts(SQUARE, 2, coupling=-0.7),
    "q = 5, random": kd.Potts(TRIANGULAR, 5, RNG.normal(size=len(TRIANGULAR.bonds))),
    "q = 256": kd.Potts(kd.Chain(6), 256),
}
MODELS: dict[str, Any] = {**ISING, **POTTS}


def states(model: Any, *lead: int) -> np.ndarray:
    shape = (*lead, *model.lattice.shape)
    if isinstance(model, kd.Potts):
        return RNG.integers(0, model.q, shape).astype(np.uint8)
    return RNG.choice([-1, 1], shape).astype(np.int8)


# --- energies ---


@pytest.mark.parametrize("name", ISING)
def test_the_energy_is_the_sum_over_bonds_sites_and_plaquettes(name: str) -> None:
    model = ISING[name]
    spins = states(model, 5, 4)
    found = model.energy(spins)
    assert found.shape == (5, 4)
    assert found.dtype == np.float64
    for index in np.ndindex(5, 4):
        expected = reference_graph.energy(model, spins[index].ravel().tolist())
        assert found[index] == pytest.approx(expected, rel=1e-13, abs=1e-13)
    single = model.energy(spins[2, 3])
    assert type(single) is float
    assert single == found[2, 3]


@pytest.mark.parametrize("name", POTTS)
def test_the_potts_energy_counts_equal_neighbours(name: str) -> None:
    model = POTTS[name]
    spins = states(model, 20)
    coupling = np.broadcast_to(model.coupling, len(model.lattice.bonds)).tolist()
    for state, found in zip(spins, model.energy(spins), strict=True):
        flat, expected = state.ravel().tolist(), 0.0
        for (i, j), strength in zip(model.lattice.bonds.tolist(), coupling, strict=True):
            expected -= strength if flat[i] == flat[j] else 0.0
        assert found == pytest.approx(expected, rel=1e-13, abs=1e-13)


def test_the_energy_tells_the_terms_apart() -> None:
    """The loops above would pass with a term missing on both sides: here each has its number."""
    spins = np.ones((3, 4), dtype=np.int8)
    assert kd.Ising(SQUARE, 2.0).energy(spins) == -48.0
    assert kd.Ising(SQUARE, 0.0, field=0.5).energy(spins) == -6.0
    assert kd.Ising(SQUARE, 0.0, plaquette=0.25).energy(spins) == -3.0
    assert kd.Ising(OPEN, 0.0, plaquette=0.25).energy(spins) == -2.0
    assert kd.Ising(kd.Square((3, 4), periodic=False), 0.0, plaquette=1.0).energy(spins) == -6.0
    spins[1, 2] = -1
    assert kd.Ising(SQUARE, 2.0).energy(spins) == -48.0 + 16.0
    assert kd.Ising(SQUARE, 0.0, plaquette=0.25).energy(spins) == -3.0 + 2.0
    field = np.zeros((3, 4))
    field[1, 2] = 3.0
    assert kd.Ising(SQUARE, 0.0, field).energy(spins) == 3.0


def test_the_energy_of_a_uniform_model_has_one_rounding_per_term() -> None:
    lattice = kd.Square(16)
    spins = states(kd.Ising(lattice), 50)
    pairs = sum((spins * np.roll(spins, -1, axis)).sum((1, 2), dtype=np.int64) for axis in (1, 2))
    found = kd.Ising(lattice, 0.1, 0.3).energy(spins)
    np.testing.assert_array_equal(found, -(0.1 * pairs) - 0.3 * spins.sum((1, 2), dtype=np.int64))
    alike = (spins == np.roll(spins, -1, 1)).sum((1, 2)) + (spins == np.roll(spins, -1, 2)).sum(
        (1, 2)
    )
    potts = kd.Potts(lattice, 2, 0.1).energy((spins + 1) // 2)
    np.testing.assert_array_equal(potts, -0.1 * alike)


@pytest.mark.parametrize("name", MODELS)
def test_a_state_has_one_energy_whatever_stands_beside_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MODELS[name]
    spins = states(model, 40)
    whole = model.energy(spins)
    np.testing.assert_array_equal([model.energy(state) for state in spins], whole)
    monkeypatch.setattr(terms, "_CHUNK", 64)
    np.testing.assert_array_equal(model.energy(spins), whole)
    assert model.energy(spins[:0]).shape == (0,)


def test_energies_take_lists_floats_and_strides() -> None:
    model = ISING["square, all random"]
    spins = states(model, 6)
    expected = model.energy(spins)
    wide = np.zeros((6, 3, 8), dtype=np.int8)
    wide[:, :, ::2] = spins
    for same in (spins.tolist(), spins.astype(float), spins.astype(np.int64), wide[:, :, ::2]):
        np.testing.assert_array_equal(model.energy(same), expected)


def test_two_potts_states_are_ising_spins() -> None:
    coupling = RNG.normal(size=24)
    spins = states(ISING["square"], 30)
    potts = kd.Potts(SQUARE, 2, coupling).energy((spins + 1) // 2)
    ising = kd.Ising(SQUARE, coupling / 2).energy(spins)
    np.testing.assert_allclose(potts, ising - coupling.sum() / 2, rtol=0, atol=1e-13)


def test_the_potts_order_parameter() -> None:
    model = kd.Potts(SQUARE, 3)
    spins = states(model, 5, 10)
    found = model.order_parameter(spins)
    for index in np.ndindex(5, 10):
        flat = spins[index].ravel().tolist()
        most = max(flat.count(state) for state in range(3))
        assert found[index] == pytest.approx((3 * most / 12 - 1) / 2, rel=1e-15)
    even = np.arange(12).reshape(3, 4) % 3
    assert (model.order_parameter(even), model.order_parameter(even * 0 + 2)) == (0.0, 1.0)


# --- what a model keeps ---


@pytest.mark.parametrize("name", MODELS)
def test_a_model_survives_file_pickle_and_copy(name: str, tmp_path: Path) -> None:
    model = MODELS[name]
    storage.write(tmp_path / "model.h5", "model", 1, model.to_state())
    tree = storage.read(tmp_path / "model.h5", "model", {1})[1]
    read = kd_models.from_state(storage.Entries(tree, "model.h5"))
    spins = states(model, 10)
    for other in (read, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert type(other) is type(model)
        assert other == model
        assert hash(other) == hash(model)
        assert repr(other) == repr(model)
        assert other.describe() == model.describe()
        np.testing.assert_array_equal(other.energy(spins), model.energy(spins))
        for value in vars(other).values():
            assert not (isinstance(value, np.ndarray) and value.flags.writeable)


def test_every_model_is_unlike_every_other() -> None:
    for name, model in MODELS.items():
        for other_name, other in MODELS.items():
            assert (model == other) == (name == other_name)
    machine = kd.BoltzmannMachine(kd.Hopfield([[1, -1, 1]]).weights)
    assert machine != kd.Hopfield([[1, -1, 1]])
    assert machine != kd.Ising(machine.lattice, machine.coupling)
    assert kd.Ising(SQUARE) != "Ising"
    ones = kd.Ising(SQUARE, np.ones(24))
    assert ones != kd.Ising(SQUARE, 1.0)
    zeros = [kd.Ising(SQUARE, np.full(24, zero), zero) for zero in (0.0, -0.0)]
    assert zeros[0] == zeros[1]
    assert hash(zeros[0]) == hash(zeros[1])
    changed = np.ones(24)
    changed[-1] = np.nextafter(1.0, 2.0)
    assert kd.Ising(SQUARE, changed) != ones
    assert kd.Ising(SQUARE, changed).describe() != ones.describe()


def test_a_model_does_not_change() -> None:
    coupling, field = np.ones(24), np.zeros((3, 4))
    model = kd.Ising(SQUARE, coupling, field)
    coupling[0], field[0, 0] = 5.0, 5.0
    assert model == kd.Ising(SQUARE, np.ones(24), np.zeros(12))
    assert model.field.shape == (12,)
    for array in (model.coupling, model.field):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 2.0
    for name in ("lattice", "coupling", "field", "plaquette"):
        with pytest.raises(AttributeError) as caught:
            setattr(model, name, 2.0)
        assert str(caught.value) == f"[Ising] expected {name} to stay as it is: make a new Ising"
    patterns = np.ones((2, 4), dtype=np.int8)
    memory = kd.Hopfield(patterns)
    patterns[0, 0] = -1
    assert memory == kd.Hopfield(np.ones((2, 4)))
    with pytest.raises(AttributeError):
        memory.patterns = patterns
    with pytest.raises(AttributeError):
        memory.weights = memory.weights * 2
    for array in (memory.patterns, memory.integer_weights, memory.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 1] = 1
    with pytest.raises(AttributeError):
        kd.Potts(SQUARE, 3).q = 4


def test_descriptions() -> None:
    assert kd.Ising(kd.Square((4, 6)), -1.0, 0.5).describe() == {
        "kind": "ising",
        "lattice": "square",
        "shape": [4, 6],
        "boundary": "periodic",
        "coupling": -1.0,
        "field": 0.5,
        "plaquette": 0.0,
    }
    described = ISING["open along y, plaquettes"].describe()
    assert (described["boundary"], described["coupling"]) == ("open, periodic", "per bond")
    assert re.fullmatch("[0-9a-f]{16}", described["digest"])
    assert kd.Ising(SQUARE, 1.0, np.ones(12)).describe()["field"] == "per site"
    assert kd.Potts(kd.Chain(5, periodic=False), 3).describe() == {
        "kind": "potts",
        "lattice": "chain",
        "shape": [5],
        "boundary": "open",
        "q": 3,
        "coupling": 1.0,
    }
    assert kd.Hopfield(np.ones((2, 5))).describe()["boundary"] == "none"
    run = kd.Run(
        {"energy": np.zeros((1, 3))},
        beta=[0.4],
        every=1,
        model=ISING["Hopfield"].describe(),
        update="heatbath",
        seed=1,
        first_sweep=1,
        provenance={},
    )
    assert run.n_sites == 9


def test_representations() -> None:
    expected = {
        "square, all random": "Ising(Square((3, 4)), coupling=<24 values>, field=<12 values>)",
        "square, plaquettes": "Ising(Square((3, 4)), coupling=1.0, field=0.0, plaquette=0.2)",
        "Boltzmann machine": "BoltzmannMachine(8 units)",
        "Hopfield": "Hopfield(3 patterns, 9 units)",
        "q = 3": "Potts(Square((3, 4)), q=3, coupling=1.0)",
    }
    assert {name: repr(MODELS[name]) for name in expected} == expected


def test_plaquettes_are_listed_in_order() -> None:
    model = kd.Ising(OPEN, plaquette=0.1)
    assert model.plaquettes.shape == (8, 4)
    assert model.plaquettes[:4].tolist() == [[0, 1, 4, 5], [1, 2, 5, 6], [2, 3, 6, 7], [3, 0, 7, 4]]
    assert kd.Ising(kd.Cubic(2)).plaquettes.shape == (0, 4)


def test_files_from_before_there_were_other_models() -> None:
    old = {"lattice": "square", "shape": [4, 6], "coupling": -1.0, "field": 0.5}
    assert kd_models.from_state(storage.Entries(old, "old.h5")) == kd.Ising(
        kd.Square((4, 6)), -1.0, 0.5
    )
