"""Parallel tempering against exact transition matrices and exact energies.

The matrices are of a slow reference (tempering_reference.py); they keep the distribution exactly,
those with a planted fault do not. The engine and the faulty references then go through the same
check of what a round does to every state.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import checks
import kadanoff as kd
import tempering_reference as slow

SEED = 20240229
BETAS = (0.15, 0.5, 1.0)


def two_spins() -> kd.Ising:
    """Two spins whose states have three energies."""
    return kd.Ising(kd.Chain(2, periodic=False), coupling=1.0, field=0.4)


def plaquette() -> kd.Ising:
    """Four spins bound twice around the torus."""
    return kd.Ising(kd.Square(2), coupling=-0.4, field=0.3)


SYSTEMS: dict[str, tuple[Callable[[], kd.Ising], tuple[float, ...]]] = {
    "2 spins x 3 temperatures": (two_spins, BETAS),
    "2 spins x 3 temperatures, cold first": (two_spins, BETAS[::-1]),
    "4 spins x 2 temperatures": (plaquette, BETAS[::2]),
}
systems = pytest.mark.parametrize("system", SYSTEMS)
parities = pytest.mark.parametrize("parity", [0, 1])


@functools.cache
def swap_matrix(system: str, parity: int) -> np.ndarray:
    make, betas = SYSTEMS[system]
    return slow.swap_matrix(make(), betas, parity)


@functools.cache
def sweep_matrix(system: str) -> np.ndarray:
    make, betas = SYSTEMS[system]
    return slow.sweep_matrix(make(), betas)


def drift(distribution: np.ndarray, matrix: Any) -> float:
    """The largest change of a probability by one step."""
    return float(np.abs(distribution @ matrix - distribution).max())


# The definition: exact matrices.


@systems
@parities
def test_swaps_keep_the_distribution_exactly(system: str, parity: int) -> None:
    make, betas = SYSTEMS[system]
    pi, swaps = slow.product_distribution(make(), betas), swap_matrix(system, parity)
    np.testing.assert_allclose(swaps.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert drift(pi, swaps) < 1e-12
    flux = pi[:, None] * swaps
    np.testing.assert_allclose(flux, flux.T, rtol=0, atol=1e-12)


@systems
@parities
def test_a_round_keeps_the_distribution_exactly(system: str, parity: int) -> None:
    make, betas = SYSTEMS[system]
    pi = slow.product_distribution(make(), betas)
    whole = sweep_matrix(system) @ swap_matrix(system, parity)
    assert drift(pi, whole) < 1e-12
    # Both parities, so that the walk over all states has no other distribution to end in.
    cycle = whole @ sweep_matrix(system) @ swap_matrix(system, 1 - parity)
    np.testing.assert_allclose(np.linalg.matrix_power(cycle, 200)[0], pi, rtol=0, atol=1e-12)


@parities
def test_moving_temperatures_keeps_the_distribution_exactly(parity: int) -> None:
    pi = slow.permuted_distribution(two_spins(), BETAS)
    assert pi.size == 6 * 64
    assert drift(pi, slow.permuted_swap_matrix(two_spins(), BETAS, parity)) < 1e-12


@pytest.mark.parametrize("fault", slow.FAULTS)
def test_the_matrix_shows_every_planted_fault(fault: str) -> None:
    pi = slow.product_distribution(two_spins(), BETAS)
    assert drift(pi, slow.swap_matrix(two_spins(), BETAS, 0, fault)) > 1e-4


# The engine: what a round does to every state.


def make_engine(model: kd.Ising, betas: tuple[float, ...], replicas: int, seed: int, **kw: Any):
    return kd.ParallelTempering(model, betas, replicas, seed, **kw)


def exchange(tempering: Any, round_: int) -> None:
    """The swaps of a round alone."""
    getattr(tempering, "_core", tempering).exchange(round_)


def check_rounds(
    make: Callable[..., Any],
    system: str,
    with_sweep: bool,
    per_state: int = 20,
    rounds: int = 100,
    expected: tuple[np.ndarray, np.ndarray] | None = None,
) -> list[float]:
    """Chi-square of what rounds of either parity do to every state of all temperatures."""
    model, betas = SYSTEMS[system][0](), SYSTEMS[system][1]
    states = checks.all_states(model.lattice.shape)
    size, count = len(states), len(betas)
    digits = np.stack(np.unravel_index(np.arange(size**count), (size,) * count))
    start = np.repeat(states[digits], per_state, axis=1)
    number = np.repeat(np.arange(size**count), per_state)
    tempering = make(model, betas, start.shape[1], SEED)
    counts = np.zeros((2, size**count, size**count), dtype=np.int64)
    for k in range(rounds):
        tempering.spins = start
        if with_sweep:
            tempering.run(1)
        else:
            exchange(tempering, k)
        ends = checks.state_numbers(tempering.spins.reshape(-1, *model.lattice.shape))
        ends = np.ravel_multi_index(tuple(ends.reshape(count, -1)), (size,) * count)
        np.add.at(counts[k % 2], (number, ends), 1)
    if expected is None:
        expected = (swap_matrix(system, 0), swap_matrix(system, 1))
    scores = []
    for parity in (0, 1):
        matrix = sweep_matrix(system) @ expected[parity] if with_sweep else expected[parity]
        if np.array_equal(matrix, np.eye(len(matrix))):  # two temperatures have no odd pair
            assert np.array_equal(counts[parity], per_state * rounds // 2 * matrix)
            continue
        name = f"{system}, parity {parity}"
        scores.append(checks.chi_square(name, counts[parity], per_state * rounds // 2 * matrix))
    return scores


@systems
@pytest.mark.parametrize("with_sweep", [False, True], ids=["swaps", "sweep and swaps"])
def test_rounds_of_the_engine(system: str, with_sweep: bool) -> None:
    check_rounds(make_engine, system, with_sweep)


def test_rounds_of_the_engine_with_random_pairs() -> None:
    system = "2 spins x 3 temperatures"
    mean = (swap_matrix(system, 0) + swap_matrix(system, 1)) / 2
    make = functools.partial(make_engine, pairs="random")
    check_rounds(make, system, with_sweep=False, expected=(mean, mean))
    with pytest.raises(checks.DeviationError):  # the check tells the two kinds apart
        check_rounds(make, system, with_sweep=False)


@pytest.mark.parametrize("with_sweep", [False, True], ids=["swaps", "sweep and swaps"])
@pytest.mark.parametrize("fault", [None, *slow.FAULTS])
def test_the_check_of_rounds_catches_every_planted_fault(
    fault: str | None, with_sweep: bool
) -> None:
    make = functools.partial(slow.Tempering, fault=fault)
    system = "2 spins x 3 temperatures"
    if fault is None:
        check_rounds(make, system, with_sweep)
    else:
        with pytest.raises(checks.DeviationError) as caught:
            check_rounds(make, system, with_sweep)
        assert caught.value.score > 8


def test_swaps_move_temperatures_by_the_contract_and_no_spins() -> None:
    betas = np.array([0.2, 0.3, 0.4, 0.5, 0.6])
    pt = kd.ParallelTempering(kd.Ising(kd.Square(6), field=0.1), betas, replicas=3, seed=2**63 + 5)
    swaps = 0
    for round_ in range(60):
        walkers = pt._walkers.spins
        energy = slow.energies(pt.model, pt.spins)
        order = np.argsort(pt.temperature_index.reshape(5, 3), axis=0)
        pt._core.exchange(round_)
        after = np.argsort(pt.temperature_index.reshape(5, 3), axis=0)
        expected = slow.predicted_swaps(order, energy, betas, pt.seed, round_)
        np.testing.assert_array_equal(after, expected)
        np.testing.assert_array_equal(pt._walkers.spins, walkers)
        swaps += int((after != order).any(axis=0).sum())
        pt._walkers.run(1)  # sweeps without the round that would follow
    assert swaps > 60


# Energies at each temperature.


def copy_means(
    model: Any, betas: list[float], copies: int, seed: int, **kw: Any
) -> dict[str, np.ndarray]:
    """Means of each copy of the set, (beta, copy)."""
    pt = kd.ParallelTempering(model, betas, copies, seed, threads=1, **kw)
    pt.run(200)
    run = pt.sample(draws=50, every=4)
    series = {
        "energy": run["energy"],
        "magnetization": run["magnetization"],
        "magnetization_squared": run["magnetization"] ** 2,
    }
    return {name: x.mean(axis=1).reshape(len(betas), copies) for name, x in series.items()}


def check_energies(
    model: Any, betas: list[float], replicas: int = 400, **kw: Any
) -> list[checks.Comparison]:
    """Energies and magnetisations of the copies against the sum over states.

    Houdayer's moves exchange spins between copies and keep their sum, so that their means resemble
    each other: their spread is too small an error, 2.5 times for the magnetisation of a cold glass.
    The errors are then those of 40 sets, which know nothing of each other.
    """
    if kw.get("houdayer"):
        sets = [copy_means(model, betas, replicas // 40, SEED + k, **kw) for k in range(40)]
        means = {
            name: np.stack([part[name].mean(axis=1) for part in sets], axis=1) for name in sets[0]
        }
    else:
        means = copy_means(model, betas, replicas, SEED, **kw)
    exact = kd.exact.enumerate(model, betas)
    return checks.require(
        [
            checks.compare(name, beta, values[i], float(getattr(exact, name)[i]))
            for name, values in means.items()
            for i, beta in enumerate(betas)
        ]
    )


FIVE = [0.1, 0.25, 0.4, 0.55, 0.8]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"swap_every": 3, "pairs": "random"},
        {"update": "metropolis"},
        {"houdayer": True},
        {"houdayer": 2, "start": "random"},
    ],
    ids=str,
)
@pytest.mark.parametrize("field", [0.0, 0.2])
def test_energies_of_a_4x4_ferromagnet(field: float, options: dict[str, Any]) -> None:
    comparisons = check_energies(kd.Ising(kd.Square(4), field=field), FIVE, **options)
    # A beta off by d shifts the energy by d C / beta^2: 1.5 % would show at the middle one.
    (middle,) = [c for c in comparisons if c.name == "energy" and c.beta == 0.4]
    heat = kd.exact.enumerate(kd.Ising(kd.Square(4), field=field), 0.4).specific_heat
    assert checks.LIMIT * middle.error * 0.4 / heat < 0.015


def test_energies_of_an_antiferromagnet_with_decreasing_betas() -> None:
    check_energies(kd.Ising(kd.Square(4), coupling=-1.0, field=0.5), FIVE[::-1])


def spin_glass(kind: str, lattice: Any, seed: int) -> kd.Ising:
    """+-J without a field, or Gaussian couplings in Gaussian fields."""
    if kind == "bimodal":
        return kd.Ising(lattice, kd.couplings.bimodal(lattice, seed))
    fields = np.random.default_rng(seed).normal(0.0, 0.3, lattice.n_sites)
    return kd.Ising(lattice, kd.couplings.gaussian(lattice, seed), fields)


@pytest.mark.parametrize("houdayer", [False, True], ids=["", "houdayer"])
@pytest.mark.parametrize("periodic", [True, False], ids=["periodic", "open"])
@pytest.mark.parametrize("kind", ["bimodal", "gaussian"])
def test_energies_of_a_4x4_spin_glass(kind: str, periodic: bool, houdayer: bool) -> None:
    model = spin_glass(kind, kd.Square(4, periodic=periodic), seed=7)
    betas = [0.2, 0.5, 0.9, 1.4, 2.0]
    check_energies(model, betas, houdayer=houdayer, start="random")
    # In a few thousand rounds every copy also comes by a ground state.
    pt = kd.ParallelTempering(model, betas, 5, SEED, houdayer=houdayer, start="random")
    pt.run(2000)
    lowest = slow.energies(model, checks.all_states((4, 4))).min()
    np.testing.assert_allclose(pt.best_energy, lowest, rtol=1e-12)
    np.testing.assert_allclose(slow.energies(model, pt.best_spins), lowest, rtol=1e-12)


def test_wrong_temperatures_would_show() -> None:
    model = kd.Ising(kd.Square(4))
    pt = kd.ParallelTempering(model, [1.02 * beta for beta in FIVE], 400, SEED, threads=1)
    pt.run(200)
    energy = pt.sample(draws=50, every=4)["energy"].mean(axis=1).reshape(5, 400)
    exact = kd.exact.enumerate(model, FIVE).energy
    with pytest.raises(checks.DeviationError):
        checks.require(
            [checks.compare("energy", b, energy[i], float(exact[i])) for i, b in enumerate(FIVE)]
        )


def test_overlaps_of_independent_copies() -> None:
    """Without a field <q> = 0; <q^2> is the sum of squared correlations, from all states."""
    model, betas = kd.Ising(kd.Square(4)), [0.2, 0.35, 0.5]
    pt = kd.ParallelTempering(model, betas, replicas=300, seed=SEED, houdayer=3)
    pt.run(200)
    run = pt.sample(draws=50, every=4)
    states = checks.all_states((16,)).astype(float)
    bonds = model.lattice.bonds
    comparisons = []
    for i, beta in enumerate(betas):
        weights = slow.boltzmann(model, beta)
        correlation = (states * weights[:, None]).T @ states
        # Both rows of a pair have its overlap.
        rows = slice(300 * i, 300 * (i + 1), 2)
        q, link = run["overlap"][rows], run["link_overlap"][rows]
        exact = float((correlation**2).mean())
        comparisons += [
            checks.compare("overlap", beta, q.mean(axis=1), 0.0),
            checks.compare("overlap squared", beta, (q**2).mean(axis=1), exact),
            checks.compare(
                "link overlap",
                beta,
                link.mean(axis=1),
                float((correlation[bonds[:, 0], bonds[:, 1]] ** 2).mean()),
            ),
        ]
    checks.require(comparisons)


# Isoenergetic cluster moves.

CLUSTER_MODELS: dict[str, Callable[[], kd.Ising]] = {
    "no field": lambda: kd.Ising(kd.Square((2, 3), periodic=False)),
    "field": lambda: kd.Ising(kd.Square((2, 3), periodic=False), coupling=-1.0, field=0.25),
}
cluster_models = pytest.mark.parametrize("name", CLUSTER_MODELS)


@functools.cache
def cluster_matrix(name: str) -> Any:
    return slow.cluster_matrix(CLUSTER_MODELS[name]())


@cluster_models
def test_cluster_moves_keep_the_distribution_exactly(name: str) -> None:
    matrix = cluster_matrix(name)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert abs(matrix - matrix.T).max() < 1e-12  # so that equal probabilities stay equal
    pi = slow.boltzmann(CLUSTER_MODELS[name](), 0.7)
    assert drift(np.kron(pi, pi), matrix) < 1e-12


@pytest.mark.parametrize(
    ("name", "fault"), [("no field", "not undone"), ("no field", "one copy"), ("field", "wrong q")]
)
def test_the_matrix_shows_every_planted_fault_of_cluster_moves(name: str, fault: str) -> None:
    model = CLUSTER_MODELS[name]()
    pi = slow.boltzmann(model, 0.7)
    assert drift(np.kron(pi, pi), slow.cluster_matrix(model, fault)) > 1e-4


def cluster_counts(model: kd.Ising, rounds: int) -> np.ndarray:
    """What moves of the engine do to every pair of states; each pair is a temperature."""
    states = checks.all_states(model.lattice.shape)
    size = len(states)
    first, second = np.divmod(np.arange(size**2), size)
    start = states[np.stack([first, second], axis=1)]
    betas = np.linspace(0.1, 1.0, size**2)
    pt = kd.ParallelTempering(model, betas, replicas=2, seed=SEED, houdayer=True, threads=1)
    counts = np.zeros((size**2, size**2), dtype=np.int64)
    for round_ in range(rounds):
        pt.spins = start
        pt._core.move_clusters(round_)
        ends = checks.state_numbers(pt.spins.reshape(-1, *model.lattice.shape)).reshape(-1, 2)
        np.add.at(counts, (np.arange(size**2), ends[:, 0] * size + ends[:, 1]), 1)
    return counts


@cluster_models
def test_cluster_moves_of_the_engine(name: str) -> None:
    rounds = 120
    counts = cluster_counts(CLUSTER_MODELS[name](), rounds)
    checks.chi_square(name, counts, rounds * cluster_matrix(name).toarray())


@pytest.mark.parametrize("field", [0.0, 0.1])
def test_cluster_moves_by_the_contract(field: float) -> None:
    model = kd.Ising(kd.Triangular((5, 4)), field=field)
    pt = kd.ParallelTempering(
        model, [0.02, 0.05, 0.1], replicas=5, seed=2**63 + 9, houdayer=True, start="random"
    )
    changed = 0
    for round_ in range(40):
        before = pt.spins.reshape(3, 5, -1)
        pt._core.move_clusters(round_)
        after = pt.spins.reshape(3, 5, -1)
        expected = slow.predicted_clusters(model, before, pt.seed, round_)
        np.testing.assert_array_equal(after, expected)
        changed += int((before != after).any(axis=(1, 2)).sum())
    assert changed > 100


def test_the_check_of_cluster_moves_catches_planted_faults() -> None:
    counts = cluster_counts(CLUSTER_MODELS["no field"](), 40)
    for fault in ("not undone", "one copy"):
        expected = 40 * slow.cluster_matrix(CLUSTER_MODELS["no field"](), fault).toarray()
        with pytest.raises(checks.DeviationError):
            checks.chi_square(fault, counts, expected)


def check_cluster_moves(model: Any, rounds: int, replicas: int = 2) -> int:
    """Every move keeps the energy of its pair and q of its sites, and turns one whole cluster."""
    betas = np.linspace(0.04, 0.4, 10)
    pt = kd.ParallelTempering(model, betas, replicas, SEED, houdayer=True, start="random")
    moved = 0
    for round_ in range(rounds):
        before = pt.spins.reshape(10, replicas, -1)
        pt._core.move_clusters(round_)
        after = pt.spins.reshape(10, replicas, -1)
        energy = slow.energies(
            model, np.stack([before, after]).reshape(2, 10, replicas, *pt.shape[2:])
        )
        np.testing.assert_array_equal(energy[0].sum(axis=1), energy[1].sum(axis=1))
        for old, new in zip(before, after, strict=True):
            changed = (old != new).any(axis=1)
            assert changed.sum() in (0, 2)
            if not changed.any():
                continue
            a, b = old[changed]
            turned = (old != new)[changed]
            np.testing.assert_array_equal(turned[0], turned[1])
            assert len({int(q) for q in (a * b)[turned[0]]}) == 1
            labels = slow.cluster_labels(model, a * b == (a * b)[turned[0]][0])
            label = labels[np.flatnonzero(turned[0])[0]]
            np.testing.assert_array_equal(labels == label, turned[0])
            moved += 1
        if round_ % 4 == 3:
            pt.run(1)
    return moved


@pytest.mark.parametrize("field", [0.0, 0.5])
def test_cluster_moves_keep_the_energy_of_the_pair(field: float) -> None:
    """Ten thousand moves in all."""
    assert check_cluster_moves(kd.Ising(kd.Square(8), field=field), rounds=500) > 4500


def test_cluster_moves_of_a_spin_glass_keep_the_energy_of_the_pair() -> None:
    assert check_cluster_moves(spin_glass("bimodal", kd.Square(7), seed=3), rounds=200) > 1800
