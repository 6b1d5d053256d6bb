"""The exact ground states that other tests trust agree with each other, and with a server's."""

from __future__ import annotations

import numpy as np
import pytest

from exact_ground_states import by_cuts, energies, enumerated, square, square_couplings


def torus(shape, seed, *, periodic=True, bimodal=False):
    """Edges and random couplings of a grid of any dimension."""
    sites = np.arange(np.prod(shape)).reshape(shape)
    edges = []
    for axis in range(len(shape)):
        pairs = np.stack([sites, np.roll(sites, -1, axis=axis)], axis=-1)
        edges.append((pairs if periodic else np.delete(pairs, -1, axis=axis)).reshape(-1, 2))
    edges = np.concatenate(edges)
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=len(edges))
    return edges, np.sign(drawn) if bimodal else drawn


def test_energies_of_all_states_are_those_of_the_definition():
    edges, couplings = torus((2, 3), 1, periodic=False)
    fields = np.random.default_rng(2).normal(size=6)
    states = 1 - 2 * (np.arange(64)[:, None] >> np.arange(6)[::-1] & 1)
    direct = -(states[:, edges[:, 0]] * states[:, edges[:, 1]]) @ couplings - states @ fields
    assert np.allclose(energies(6, edges, couplings, fields), direct, rtol=0, atol=1e-13)


@pytest.mark.parametrize("with_fields", [False, True])
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("shape", [(2, 2), (2, 5), (4, 4), (5, 3), (3, 6)])
def test_transfer_and_cuts_find_the_lowest_of_all_states(shape, periodic, with_fields):
    n = shape[0] * shape[1]
    for seed in range(3):
        edges, couplings = torus(shape, seed, periodic=periodic)
        fields = np.random.default_rng(seed).normal(size=n) if with_fields else None
        lowest = enumerated(n, edges, couplings, fields)
        right, down = square_couplings(shape, edges, couplings)
        grid = None if fields is None else fields.reshape(shape)
        assert abs(square(right, down, grid) - lowest) < 1e-12
        if 2 not in shape:  # two edges between two spins are none of by_cuts' business
            energy, proved, _ = by_cuts(n, edges, couplings, fields)
            assert proved
            assert abs(energy - lowest) < 1e-9


def test_cuts_where_branching_is_needed():
    """Antiferromagnet on K_7: odd cycles alone leave each edge at 2/3, 14 for a cut of 12."""
    edges = np.array([(i, j) for i in range(7) for j in range(i)])
    energy, proved, _ = by_cuts(7, edges, -np.ones(21))
    assert (energy, proved) == (-3.0, True)
    assert enumerated(7, edges, -np.ones(21)) == -3.0


def test_cuts_without_time_claim_no_proof():
    edges, couplings = torus((8, 8, 8), 1)
    assert by_cuts(512, edges, couplings, time_limit=0.0)[1] is False


@pytest.mark.parametrize("bimodal", [False, True])
@pytest.mark.parametrize("periodic", [False, True])
def test_transfer_and_cuts_agree_on_a_hundred_spins(bimodal, periodic):
    for seed in (1, 2):
        edges, couplings = torus((10, 10), seed, periodic=periodic, bimodal=bimodal)
        energy, proved, _ = by_cuts(100, edges, couplings)
        assert proved
        assert abs(square(*square_couplings((10, 10), edges, couplings)) - energy) < 1e-8


def test_cuts_in_three_dimensions_prove_what_no_state_of_a_long_quench_beats():
    edges, couplings = torus((4, 4, 4), 5)
    energy, proved, _ = by_cuts(64, edges, couplings)
    assert proved
    assert energy == pytest.approx(quenched(64, edges, couplings, 400), abs=1e-8)


def quenched(n, edges, couplings, starts):
    """Lowest energy of many random states after annealing by single flips."""
    matrix = np.zeros((n, n))
    matrix[edges[:, 0], edges[:, 1]] = matrix[edges[:, 1], edges[:, 0]] = couplings
    rng = np.random.default_rng(1)
    spins = rng.choice([-1.0, 1.0], (starts, n))
    for beta in np.geomspace(0.1, 10.0, 300):
        for site in range(n):
            probability = 0.5 * (1.0 + np.tanh(beta * (spins @ matrix[site])))
            spins[:, site] = np.where(rng.random(starts) < probability, 1.0, -1.0)
    return (-0.5 * np.einsum("ri,ij,rj->r", spins, matrix, spins)).min()


def test_a_wrong_coupling_changes_the_answer():
    edges, couplings = torus((10, 10), 3)
    lowest = square(*square_couplings((10, 10), edges, couplings))
    couplings[17] *= -1.0
    assert abs(square(*square_couplings((10, 10), edges, couplings)) - lowest) > 1e-3
    with pytest.raises(ValueError, match="expected neighbours on"):
        square_couplings((10, 10), np.array([[0, 2]]), [1.0])
    with pytest.raises(ValueError, match="at most 24 spins, got 25"):
        enumerated(25, edges, couplings)
