"""The slow transition matrices: stationary where they must be, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import checks
import kadanoff as kd
import reference_graph as exact

RNG = np.random.default_rng(11)
WEIGHTS = np.triu(RNG.normal(size=(6, 6)), 1)
MODELS: dict[str, Any] = {
    "chain, open": kd.Ising(kd.Chain(7, periodic=False), coupling=-0.8, field=0.3),
    "square 2x4": kd.Ising(kd.Square((2, 4))),
    "square 2x3, open, plaquettes": kd.Ising(kd.Square((2, 3), periodic=False), plaquette=0.4),
    "triangular 2x4, +-J": kd.Ising(
        kd.Triangular((2, 4)), kd.couplings.bimodal(kd.Triangular((2, 4)), 5)
    ),
    "cubic 2, random": kd.Ising(
        kd.Cubic(2), kd.couplings.gaussian(kd.Cubic(2), 5), RNG.normal(size=8)
    ),
    "complete graph of 6": kd.BoltzmannMachine(WEIGHTS + WEIGHTS.T, RNG.normal(size=6)),
    "two patterns in 7 units": kd.Hopfield(RNG.choice([-1, 1], (2, 7))),
}
BETAS = (0.0, 0.35, 1.2)

models = pytest.mark.parametrize("name", MODELS)
updates = pytest.mark.parametrize("update", exact.UPDATES)


def colours(lattice: Any) -> list[int]:
    """A colouring of any lattice: each site gets the first colour that its neighbours lack."""
    colour: list[int] = []
    for site in range(lattice.n_sites):
        pairs = lattice.bonds[(lattice.bonds == site).any(axis=1)].ravel().tolist()
        taken = {colour[other] for other in pairs if other < site}
        colour.append(min(set(range(len(taken) + 1)) - taken))
    return colour


@models
@updates
@pytest.mark.parametrize("order", ["sequential", "sublattices", "random"])
@pytest.mark.parametrize("beta", BETAS)
def test_a_sweep_keeps_the_boltzmann_distribution(
    name: str, update: str, order: str, beta: float
) -> None:
    model = MODELS[name]
    n = model.lattice.n_sites
    if order == "random":
        matrix = exact.random_site_matrix(model, beta, update)
    elif order == "sequential":
        matrix = exact.sweep_matrix(model, beta, update, exact.one_by_one(n))
    elif model.plaquette:
        # Sites of one sublattice share a plaquette on the diagonal: the groups are the corners.
        groups = [[y * 3 + x for y in (a,) for x in range(b, 3, 2)] for a in (0, 1) for b in (0, 1)]
        matrix = exact.sweep_matrix(model, beta, update, groups)
    else:
        matrix = exact.sweep_matrix(model, beta, update, exact.by_colour(colours(model.lattice)))
    p = exact.boltzmann(model, beta)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-13)
    np.testing.assert_allclose(p @ matrix, p, rtol=0, atol=1e-13)


@models
@updates
def test_one_random_site_is_in_detailed_balance_and_a_sequential_sweep_is_not(
    name: str, update: str
) -> None:
    model = MODELS[name]
    p = exact.boltzmann(model, 0.5)
    flow = p[:, None] * exact.random_site_matrix(model, 0.5, update, steps=1)
    np.testing.assert_allclose(flow, flow.T, rtol=0, atol=1e-15)
    groups = exact.one_by_one(model.lattice.n_sites)
    flow = p[:, None] * exact.sweep_matrix(model, 0.5, update, groups)
    assert np.abs(flow - flow.T).max() > 1e-4


@pytest.mark.parametrize("name", [name for name in MODELS if not MODELS[name].plaquette])
def test_a_parallel_sweep_keeps_the_distribution_of_little_alone(name: str) -> None:
    model = MODELS[name]
    matrix = exact.group_matrix(model, 0.5, "heatbath", range(model.lattice.n_sites))
    little, p = exact.little(model, 0.5), exact.boltzmann(model, 0.5)
    np.testing.assert_allclose(little @ matrix, little, rtol=0, atol=1e-15)
    flow = little[:, None] * matrix
    np.testing.assert_allclose(flow, flow.T, rtol=0, atol=1e-15)
    assert np.abs(p @ matrix - p).max() > 1e-3


@updates
def test_the_tolerance_sees_a_beta_of_one_part_in_a_billion(update: str) -> None:
    model = MODELS["cubic 2, random"]
    p = exact.boltzmann(model, 0.5)
    matrix = exact.random_site_matrix(model, 0.5 * (1 + 1e-9), update)
    assert np.abs(p @ matrix - p).max() > 1e-12


@updates
def test_a_group_of_neighbours_is_not_stationary(update: str) -> None:
    model = MODELS["triangular 2x4, +-J"]
    groups = exact.by_colour([(y + x) % 2 for y in range(2) for x in range(4)])
    p = exact.boltzmann(model, 0.5)
    assert np.abs(p @ exact.sweep_matrix(model, 0.5, update, groups) - p).max() > 1e-3


@updates
@pytest.mark.parametrize("terms", [(1.0, 0.0), (-0.7, 0.3)])
def test_the_checkerboard_matrix_is_the_one_of_the_integer_thresholds(
    update: str, terms: tuple[float, float]
) -> None:
    model = kd.Ising(kd.Square((2, 4)), *terms)
    groups = exact.by_colour([(y + x) % 2 for y in range(2) for x in range(4)])
    np.testing.assert_allclose(
        exact.sweep_matrix(model, 0.4, update, groups),
        checks.sweep_matrix(model, update, 0.4),
        rtol=0,
        atol=1e-15,
    )


@models
def test_energies_and_probabilities_are_those_of_the_package(name: str) -> None:
    model = MODELS[name]
    states, p = kd.exact.probabilities(model, 0.7)
    n = model.lattice.n_sites
    np.testing.assert_array_equal(states.reshape(-1, n), exact.all_states(n))
    np.testing.assert_allclose(model.energy(states), exact.energies(model), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(p, exact.boltzmann(model, 0.7), rtol=1e-12)
