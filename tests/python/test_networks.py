"""Networks: Boltzmann machines, Hopfield memories, and their dynamics at temperature 0."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

RNG = np.random.default_rng(29)


def symmetric(n: int) -> np.ndarray:
    half = np.triu(RNG.normal(size=(n, n)), 1)
    return half + half.T


def states(model: Any, *lead: int) -> np.ndarray:
    return RNG.choice([-1, 1], (*lead, model.lattice.n_sites)).astype(np.int8)


def test_a_boltzmann_machine_is_its_quadratic_form() -> None:
    n, weights, biases = 7, symmetric(7), RNG.normal(size=7)
    machine = kd.BoltzmannMachine(weights, biases)
    for state in states(machine, 20):
        s = state.tolist()
        expected = -sum(b * x for b, x in zip(biases, s, strict=True))
        for i in range(n):
            for j in range(n):
                expected -= 0.5 * s[i] * weights[i, j] * s[j]
        assert machine.energy(state) == pytest.approx(expected, rel=1e-13, abs=1e-13)
    np.testing.assert_array_equal(machine.weights, weights)
    np.testing.assert_array_equal(machine.biases, biases)
    assert isinstance(machine, kd.Ising)
    assert machine.lattice == kd.Graph([(i, j) for i in range(n) for j in range(i + 1, n)], n)
    for (i, j), strength in zip(machine.lattice.bonds, machine.coupling, strict=True):
        assert strength == weights[i, j]
    assert kd.BoltzmannMachine(weights).biases == 0.0


def test_hebb_weights_and_overlaps() -> None:
    patterns = RNG.choice([-1, 1], (4, 11))
    memory = kd.Hopfield(patterns)
    for i in range(11):
        for j in range(11):
            total = sum(int(p[i]) * int(p[j]) for p in patterns) if i != j else 0
            assert memory.integer_weights[i, j] == total
            assert memory.weights[i, j] == total / 11
    assert memory.scale == 1 / 11
    spins = states(memory, 3, 2)
    overlap = memory.overlap(spins)
    assert overlap.shape == (3, 2, 4)
    for index in np.ndindex(3, 2, 4):
        both = zip(patterns[index[2]].tolist(), spins[index[:2]].tolist(), strict=True)
        assert overlap[index] == sum(a * b for a, b in both) / 11
    assert memory.overlap(patterns[2])[2] == 1.0
    assert memory.overlap(-patterns[2])[2] == -1.0


def test_hopfield_energies_are_rationals_rounded_once() -> None:
    memory = kd.Hopfield(RNG.choice([-1, 1], (5, 13)))
    for state in states(memory, 50):
        s = state.tolist()
        pairs = [(i, j) for i in range(13) for j in range(i)]
        exact = -sum(int(memory.integer_weights[i, j]) * s[i] * s[j] for i, j in pairs)
        assert memory.energy(state) == float(Fraction(exact, 13))


def slow_recall(
    model: Any, state: np.ndarray, update: str, max_sweeps: int, seed: int
) -> tuple[list[int], bool, int]:
    """One state at a time, in Python integers or floats."""
    hopfield = isinstance(model, kd.Hopfield)
    weights = (model.integer_weights if hopfield else model.weights).tolist()
    biases = np.broadcast_to(model.biases, len(weights)).tolist()
    s, before = state.tolist(), None
    words = np.random.Philox(key=seed)
    for sweep in range(1, max_sweeps + 1):
        old = list(s)
        order = range(len(s))
        if update == "sequential":
            draws = words.random_raw(len(s)).tolist()
            order = sorted(order, key=draws.__getitem__)
        for i in order:
            seen = old if update == "parallel" else s
            field = sum(w * x for w, x in zip(weights[i], seen, strict=True)) + biases[i]
            s[i] = 1 if field > 0 else -1 if field < 0 else s[i]
        if s == old:
            return s, True, sweep
        if update == "parallel" and s == before:
            return s, False, sweep
        before = old
    return s, False, max_sweeps


@pytest.mark.parametrize("update", ["parallel", "sequential"])
@pytest.mark.parametrize("n_patterns", [1, 2, 3, 8])
def test_recall_follows_the_slow_dynamics(update: str, n_patterns: int) -> None:
    memory = kd.Hopfield(RNG.choice([-1, 1], (n_patterns, 12)))
    spins = states(memory, 5, 8)
    for max_sweeps in (1, 2, 50):
        found = memory.recall(spins, update, max_sweeps, seed=9)
        assert (found.spins.dtype, found.spins.shape) == (np.int8, spins.shape)
        assert found.converged.shape == found.sweeps.shape == (5, 8)
        for index in np.ndindex(5, 8):
            s, converged, sweeps = slow_recall(memory, spins[index], update, max_sweeps, 9)
            assert found.spins[index].tolist() == s
            assert (found.converged[index], found.sweeps[index]) == (converged, sweeps)


@pytest.mark.parametrize("update", ["parallel", "sequential"])
def test_recall_of_a_boltzmann_machine(update: str) -> None:
    machine = kd.BoltzmannMachine(symmetric(10), RNG.normal(size=10))
    spins = states(machine, 60)
    found = machine.recall(spins, update, seed=4)
    for k, state in enumerate(spins):
        s, converged, sweeps = slow_recall(machine, state, update, 100, 4)
        assert found.spins[k].tolist() == s
        assert (found.converged[k], found.sweeps[k]) == (converged, sweeps)
    if update == "sequential":
        assert found.converged.all()
        assert (machine.energy(found.spins) <= machine.energy(spins) + 1e-12).all()
        assert (machine.energy(found.spins) < machine.energy(spins) - 1e-3).any()


def test_a_parallel_cycle_of_two_ends_and_a_tie_keeps_the_spin() -> None:
    opposed = kd.Hopfield([[1, -1]])
    found = opposed.recall([1, 1])
    assert (found.spins.tolist(), bool(found.converged), int(found.sweeps)) == ([1, 1], False, 2)
    found = opposed.recall([1, 1], "sequential")
    assert bool(found.converged)
    assert found.spins.tolist() in ([1, -1], [-1, 1])
    undecided = kd.Hopfield([[1, 1], [1, -1]])
    assert not undecided.integer_weights.any()
    every = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=np.int8)
    for update in ("parallel", "sequential"):
        found = undecided.recall(every, update)
        np.testing.assert_array_equal(found.spins, every)
        assert found.converged.all()
        assert (found.sweeps == 1).all()


def test_recall_leaves_its_argument_and_the_seed_orders_the_units() -> None:
    memory = kd.Hopfield(RNG.choice([-1, 1], (12, 40)))
    spins = states(memory, 200)
    kept = spins.copy()
    first = memory.recall(spins, "sequential", seed=1)
    np.testing.assert_array_equal(spins, kept)
    np.testing.assert_array_equal(memory.recall(spins, "sequential", seed=1).spins, first.spins)
    assert (memory.recall(spins, "sequential", seed=2).spins != first.spins).any()


@pytest.mark.parametrize("update", ["parallel", "sequential"])
def test_memory_is_retrieved_at_low_load_and_lost_at_high_load(update: str) -> None:
    """At N = 400: far on both sides of 0.138 N patterns (Amit, Gutfreund, Sompolinsky 1985)."""
    overlaps = []
    for load in (0.06, 0.30):
        patterns = RNG.choice([-1, 1], (round(load * 400), 400))
        memory = kd.Hopfield(patterns)
        noisy = np.where(RNG.random((20, 400)) < 0.1, -patterns[:20], patterns[:20])
        found = memory.recall(noisy, update, max_sweeps=50)
        overlaps.append(np.diagonal(memory.overlap(found.spins)[:, :20]).mean())
    assert overlaps[0] > 0.99
    assert overlaps[1] < 0.75


def test_no_states_are_no_trouble() -> None:
    memory = kd.Hopfield(RNG.choice([-1, 1], (2, 5)))
    none = np.ones((3, 0, 5), dtype=np.int8)
    assert memory.overlap(none).shape == (3, 0, 2)
    for update in ("parallel", "sequential"):
        found = memory.recall(none, update)
        assert (found.spins.shape, found.converged.shape) == ((3, 0, 5), (3, 0))


@pytest.mark.parametrize("biases", [None, 0.5, "each"])
def test_a_conditional_machine_has_the_energies_of_the_whole(biases: Any) -> None:
    n = 7
    machine = kd.BoltzmannMachine(symmetric(n), RNG.normal(size=n) if biases == "each" else biases)
    mask = np.array([0, 1, 0, 0, 1, 1, 0], dtype=bool)
    values = states(machine)
    given = machine.condition(mask, values)
    free = states(given.machine, 3, 5)
    whole = given.join(free)
    assert whole.shape == (3, 5, n)
    assert whole.dtype == np.int8
    assert (whole[..., mask] == values[mask]).all()
    assert (whole[..., ~mask] == free).all()
    np.testing.assert_allclose(
        given.machine.energy(free) + given.offset, machine.energy(whole), atol=1e-12
    )
    assert (given.clamped == mask).all()
    assert (given.values == np.where(mask, values, 0)).all()


def test_a_sampler_of_the_conditional_machine_has_the_conditional_distribution() -> None:
    """200,000 draws of 3 of 5 units, by chi-square; with the biases of the whole it must fail."""
    n, replicas = 5, 200_000
    machine = kd.BoltzmannMachine(symmetric(n), RNG.normal(size=n))
    mask, values = np.array([1, 0, 0, 1, 0], dtype=bool), np.array([1, 1, 1, -1, 1])
    given = machine.condition(mask, values)
    every = np.array(list(np.ndindex(2, 2, 2))) * 2 - 1
    weight = np.exp(-0.7 * machine.energy(given.join(every)))
    expected = replicas * weight / weight.sum()

    def statistic(model: kd.BoltzmannMachine) -> float:
        sampler = kd.Sampler(model, beta=0.7, replicas=replicas, seed=1)
        sampler.run(30)
        counts = np.bincount((sampler.spins == 1) @ [4, 2, 1], minlength=8)
        return float(((counts - expected) ** 2 / expected).sum())

    assert statistic(given.machine) < 24.3  # 7 degrees of freedom, 0.1 %
    unmoved = kd.BoltzmannMachine(given.machine.weights, np.asarray(machine.biases)[~mask])
    assert statistic(unmoved) > 1000


def test_a_memory_given_some_units_is_a_boltzmann_machine() -> None:
    memory = kd.Hopfield(RNG.choice([-1, 1], (2, 6)))
    given = memory.condition(np.arange(6) < 3, [1, -1, 1, 0, 0, 0])
    assert type(given.machine) is kd.BoltzmannMachine
    free = states(given.machine, 4)
    np.testing.assert_allclose(
        given.machine.energy(free) + given.offset, memory.energy(given.join(free)), atol=1e-12
    )


@pytest.mark.parametrize("biases", [None, -1.5, "each"])
def test_units_of_0_and_1_are_spins(biases: Any) -> None:
    n, weights = 5, symmetric(5)
    own = RNG.normal(size=n) if biases == "each" else biases
    machine, offset = kd.BoltzmannMachine.from_binary(weights, own)
    b = np.broadcast_to(0.0 if own is None else own, n)
    for x in np.ndindex(*(2,) * n):
        u = np.array(x)
        energy = -0.5 * u @ weights @ u - b @ u
        assert machine.energy(2 * u - 1) + offset == pytest.approx(energy, abs=1e-12)


WRONG_CONDITIONS: list[tuple[Any, Any, type[Exception], str]] = [
    ([1, 0, 0], [1, 1, 1], TypeError, "[condition] expected mask of dtype bool, got int64"),
    ([True], [1, 1, 1], ValueError, "[condition] expected mask of shape (3,), got (1,)"),
    (
        [True, True, False],
        [1, 1, 1],
        ValueError,
        "[condition] expected at least 2 free units, got 1",
    ),
    ([True, False, False], [1], ValueError, "[condition] expected values of shape (3,), got (1,)"),
    (
        [True, False, False],
        [0, 1, 1],
        ValueError,
        "[condition] expected values of -1 and 1, got 0",
    ),
]


@pytest.mark.parametrize(("mask", "values", "error", "text"), WRONG_CONDITIONS)
def test_wrong_conditions(mask: Any, values: Any, error: type[Exception], text: str) -> None:
    machine = kd.BoltzmannMachine(symmetric(3))
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        machine.condition(mask, values)
    with pytest.raises(ValueError, match=re.escape("[join] expected spins of shape (..., 2), got")):
        machine.condition([True, False, False], [1, 1, 1]).join([1, 1, 1])
