"""One sweep of the kernels for graphs against its exact transition matrix, on at most 2^8 states.

Of every state hundreds of replicas make one sweep, again and again; Pearson's chi-square compares
where they go with `reference_graph`'s matrices. Power: a beta 2 % off fails by more than 6 standard
errors at some 10^7 moves, and so does every planted fault at fewer.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import checks
import kadanoff as kd
import reference_graph as exact
import reference_packed

UPDATES = ("heatbath", "metropolis")
ORDERS = ("sublattice", "sequential", "random", "parallel")
MARGIN = 6.0
RNG = np.random.default_rng(11)
TRIANGULAR, OPEN, CUBE = kd.Triangular((2, 4)), kd.Square((2, 4), periodic=False), kd.Cubic(2)
HOUSE = kd.Graph([[0, 1], [1, 2], [2, 3], [3, 0], [0, 2], [3, 4]], 5)
K8 = kd.Graph(np.argwhere(np.triu(np.ones((8, 8)), k=1)), 8)
WEIGHTS = np.triu(RNG.normal(size=(6, 6)), 1)
MODELS: dict[str, Any] = {
    "+-J": kd.Ising(TRIANGULAR, kd.couplings.bimodal(TRIANGULAR, 5)),
    "open +-J": kd.Ising(OPEN, kd.couplings.bimodal(OPEN, 5)),
    "field": kd.Ising(OPEN, -0.75, 0.4),
    "Gaussian": kd.Ising(CUBE, kd.couplings.gaussian(CUBE, 5), RNG.normal(size=CUBE.shape)),
    "plaquettes": kd.Ising(kd.Square((2, 3), periodic=False), plaquette=0.4),
    "periodic plaquettes": kd.Ising(kd.Square((2, 4)), 0.5, 0.2, plaquette=0.2),
    "complete graph": kd.BoltzmannMachine(WEIGHTS + WEIGHTS.T, RNG.normal(size=6)),
    "complete graph of 8": kd.Ising(K8, kd.couplings.gaussian(K8, 5), np.linspace(-1, 1, 8)),
    "Potts": kd.Potts(HOUSE, 3),
    "Gaussian Potts": kd.Potts(HOUSE, 3, kd.couplings.gaussian(HOUSE, 2)),
}
BETA = 0.5

models = pytest.mark.parametrize("name", MODELS)
updates = pytest.mark.parametrize("update", UPDATES)
orders = pytest.mark.parametrize("order", ORDERS)


def is_potts(model: Any) -> bool:
    return isinstance(model, kd.Potts)


@functools.cache
def potts_states(n: int, q: int) -> np.ndarray:
    """Every state, uint8 (q^n, n); digit i of its number in base q is site i."""
    return (np.arange(q**n)[:, None] // q ** np.arange(n) % q).astype(np.uint8)


@functools.cache
def potts_energies(model: Any) -> np.ndarray:
    coupling = np.broadcast_to(model.coupling, len(model.lattice.bonds)).tolist()
    bonds = list(zip(model.lattice.bonds.tolist(), coupling, strict=True))
    states = potts_states(model.lattice.n_sites, model.q).tolist()
    return np.array([-sum(J * (s[i] == s[j]) for (i, j), J in bonds) for s in states])


def potts_site_probabilities(model: Any, beta: float, update: str) -> np.ndarray:
    """Probability of each new spin of each site of each state, (q^n, n, q)."""
    n, q = model.lattice.n_sites, model.q
    states, energy = potts_states(n, q), potts_energies(model)
    number = np.arange(len(states))
    result = np.zeros((len(states), n, q))
    for site, new in itertools.product(range(n), range(q)):
        other = number + (new - states[:, site].astype(int)) * q**site
        cost = energy[other] - energy
        if update == "heatbath":
            result[:, site, new] = np.exp(-beta * cost)
        else:
            result[:, site, new] = np.where(other == number, 0, np.minimum(1, np.exp(-beta * cost)))
    if update == "heatbath":
        return result / result.sum(axis=2, keepdims=True)
    result /= q - 1
    stay = 1 - result.sum(axis=2)
    result[number[:, None], np.arange(n), states] += stay
    return result


def potts_group_matrix(model: Any, beta: float, update: str, sites: Iterable[int]) -> np.ndarray:
    """P of updating some sites at once, each among the spins of the state before."""
    states = potts_states(model.lattice.n_sites, model.q)
    by_site = potts_site_probabilities(model, beta, update)
    matrix = np.ones((len(states), len(states)))
    for site in range(model.lattice.n_sites):
        kept = states[:, site, None] == np.arange(model.q)
        p = by_site[:, site] if site in set(sites) else kept
        matrix *= p[:, states[:, site]]
    return matrix


@functools.cache
def group_matrix(model: Any, beta: float, update: str, sites: tuple[int, ...]) -> Any:
    """Sparse: a single site leads to few states."""
    of_model = potts_group_matrix if is_potts(model) else exact.group_matrix
    return sparse.csr_array(of_model(model, beta, update, sites))


def sweep_matrix(
    model: Any, beta: float, update: str, groups: Iterable[Iterable[int]]
) -> np.ndarray:
    parts = [group_matrix(model, beta, update, tuple(sites)) for sites in groups]
    return functools.reduce(lambda product, part: product @ part, parts[1:], parts[0].toarray())


def groups_of(model: Any, order: str, sweep: int) -> list[list[int]]:
    """The sites that a sweep updates together, one group after the other."""
    n = model.lattice.n_sites
    if order == "sequential":
        return exact.one_by_one(n)
    if order == "parallel":
        return [list(range(n))]
    if order == "random":
        return [[site] for site in reference_packed.random_sites(checks.SEED, sweep, n).tolist()]
    return exact.by_colour(reference_packed.colouring(model))


def numbers(model: Any, spins: np.ndarray) -> np.ndarray:
    flat = spins.reshape(len(spins), -1)
    if is_potts(model):
        return flat @ model.q ** np.arange(flat.shape[1])
    return checks.state_numbers(flat)


def check_moves(
    make: Any, model: Any, update: str, order: str, per_state: int = 400, sweeps: int = 10
) -> float:
    """Score of the moves of all states in some sweeps. Raises DeviationError."""
    n = model.lattice.n_sites
    states = potts_states(n, model.q) if is_potts(model) else exact.all_states(n)
    size = len(states)
    start = np.repeat(states, per_state, axis=0).reshape(-1, *model.lattice.shape)
    sampler = make(model, BETA, update, len(start), seed=checks.SEED, order=order, start="down")
    begin = np.repeat(np.arange(size), per_state) * size
    counts = np.zeros((sweeps, size, size))
    for sweep in range(sweeps):
        sampler.spins = start
        sampler.run(1)
        end = numbers(model, sampler.spins)
        counts[sweep] = np.bincount(begin + end, minlength=size**2).reshape(size, size)
    if order != "random":  # else every sweep has a matrix of its own
        counts = counts.sum(axis=0, keepdims=True)
    expected = [
        per_state * sweeps / len(counts) * sweep_matrix(model, BETA, update, groups)
        for groups in (groups_of(model, order, sweep) for sweep in range(len(counts)))
    ]
    what = f"one sweep of {model!r}, {update}, {order}"
    return checks.chi_square(what, counts.reshape(-1, size), np.concatenate(expected))


def assert_noticed(make: Any, name: str, update: str, order: str, **sizes: int) -> None:
    with pytest.raises(checks.DeviationError) as failure:
        check_moves(make, MODELS[name], update, order, **sizes)
    assert failure.value.score > MARGIN


@models
@updates
@orders
def test_a_sweep_moves_by_its_matrix(name: str, update: str, order: str) -> None:
    """10^6 moves of 256 states, and fewer of smaller systems."""
    check_moves(kd.Sampler, MODELS[name], update, order)


def test_many_replicas_of_a_gaussian_model_are_served_by_tables() -> None:
    assert kd.Sampler(MODELS["Gaussian"], BETA, replicas=400).kernel.startswith("table-")


def test_a_model_in_which_most_sites_are_neighbours_is_served_by_sums_of_four() -> None:
    assert kd.Sampler(MODELS["complete graph of 8"], BETA, replicas=400).kernel.startswith("dense-")


@pytest.mark.parametrize("name", ["+-J", "open +-J", "field", "Gaussian"])
@updates
@pytest.mark.parametrize("kernel", ["table", "dense", "plain"])
def test_kernels_for_any_couplings_move_by_the_same_matrix(
    kernel: str, name: str, update: str
) -> None:
    make = functools.partial(kd.Sampler, kernel=kernel)
    check_moves(make, MODELS[name], update, "sublattice")


@updates
@orders
def test_the_dense_kernel_moves_by_the_same_matrix(update: str, order: str) -> None:
    make = functools.partial(kd.Sampler, kernel="dense")
    check_moves(make, MODELS["complete graph"], update, order)


@models
@updates
def test_colours_and_sites_keep_the_boltzmann_distribution(name: str, update: str) -> None:
    """The matrices that the engine is held to are stationary, that of all sites at once is not."""
    model = MODELS[name]
    if is_potts(model):
        energy = potts_energies(model)
        p = exact.normalised(np.exp(-BETA * (energy - energy.min())))
    else:
        p = exact.boltzmann(model, BETA)
    for order in ("sublattice", "sequential", "random"):
        matrix = sweep_matrix(model, BETA, update, groups_of(model, order, 0))
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-13)
        np.testing.assert_allclose(p @ matrix, p, rtol=0, atol=1e-13)
    parallel = sweep_matrix(model, BETA, update, groups_of(model, "parallel", 0))
    assert np.abs(p @ parallel - p).max() > 1e-3


@models
@updates
def test_a_beta_two_percent_off_is_noticed(name: str, update: str) -> None:
    def colder(model: Any, beta: float, *args: Any, **options: Any) -> kd.Sampler:
        return kd.Sampler(model, 1.02 * beta, *args, **options)

    sweeps = 20 if is_potts(MODELS[name]) else 8
    assert_noticed(colder, name, update, "sublattice", per_state=4000, sweeps=sweeps)


@updates
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("bond-sign", "+-J"),
        ("bond-sign", "Gaussian"),
        ("bond-sign", "Potts"),
        ("stale", "field"),
        ("stale", "plaquettes"),
        ("stale", "Gaussian Potts"),
        ("parity", "open +-J"),
        ("parity", "complete graph"),
        ("boundary-class", "open +-J"),
        ("boundary-class", "field"),
        ("shared-site", "+-J"),
        ("shared-site", "Gaussian"),
    ],
)
def test_planted_faults_are_noticed(fault: str, name: str, update: str) -> None:
    make = functools.partial(reference_packed.Sampler, fault=fault)
    assert_noticed(make, name, update, "sublattice", per_state=400, sweeps=3)


@updates
@pytest.mark.parametrize("fault", ["bond-sign", "stale", "parity", "shared-site"])
def test_faults_planted_in_tables_are_noticed(fault: str, update: str) -> None:
    make = functools.partial(reference_packed.Sampler, fault=fault, kernel="table")
    assert_noticed(make, "Gaussian", update, "sublattice", per_state=400, sweeps=3)
    make = functools.partial(reference_packed.Sampler, kernel="table")
    check_moves(make, MODELS["Gaussian"], update, "sublattice", per_state=400, sweeps=3)


@updates
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("bond-sign", "complete graph of 8"),
        ("stale", "complete graph of 8"),
        ("parity", "complete graph of 8"),
        ("shared-site", "Gaussian"),
    ],
)
def test_faults_planted_in_dense_sums_are_noticed(fault: str, name: str, update: str) -> None:
    make = functools.partial(reference_packed.Sampler, fault=fault, kernel="dense")
    assert_noticed(make, name, update, "sublattice", per_state=400, sweeps=3)
    make = functools.partial(reference_packed.Sampler, kernel="dense")
    check_moves(make, MODELS[name], update, "sublattice", per_state=400, sweeps=3)


@updates
@pytest.mark.parametrize("name", ["open +-J", "Gaussian", "Potts"])
def test_the_oracle_without_fault_passes(name: str, update: str) -> None:
    check_moves(
        reference_packed.Sampler, MODELS[name], update, "sublattice", per_state=400, sweeps=3
    )


def test_another_order_is_noticed() -> None:
    def other(model: Any, *args: Any, order: str, **options: Any) -> kd.Sampler:
        return kd.Sampler(model, *args, order="sequential", **options)

    for order in ("sublattice", "random", "parallel"):
        assert_noticed(other, "+-J", "heatbath", order, sweeps=3)
