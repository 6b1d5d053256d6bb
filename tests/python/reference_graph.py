"""Exact transition matrices of one sweep, for any Ising model of at most 8 spins.

Written from the definitions and nothing else: energies are sums in Python loops, a flip is accepted
by the energy it costs, and a sweep is a product of matrices of one group of sites each. Of the
package only the description of the model is used. State number k has site i up where bit i of k is
set, as in `kd.exact`. Matrices are P[s, s'], the probability to go from s to s'.

The orders of a sweep: groups of one site each are a sequential sweep, colours are a sweep by
sublattices, one group of all sites is a parallel sweep (whose stationary distribution is another:
`little`), and `random_site_matrix` draws every site anew.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

MAX_SPINS = 8
UPDATES = ("heatbath", "metropolis")


def all_states(n: int) -> np.ndarray:
    """Every state, int8 (2^n, n)."""
    assert n <= MAX_SPINS
    states = [[1 if number >> site & 1 else -1 for site in range(n)] for number in range(2**n)]
    return np.array(states, dtype=np.int8)


def energy(model: Any, spins: Sequence[int]) -> float:
    """Total energy of one state, a flat list of spins, by its definition."""
    lattice = model.lattice
    coupling = np.broadcast_to(model.coupling, len(lattice.bonds)).tolist()
    field = np.broadcast_to(np.ravel(model.field), lattice.n_sites).tolist()
    total = 0.0
    for (i, j), strength in zip(lattice.bonds.tolist(), coupling, strict=True):
        total -= strength * spins[i] * spins[j]
    for spin, strength in zip(spins, field, strict=True):
        total -= strength * spin
    if getattr(model, "plaquette", 0.0):
        total -= model.plaquette * plaquette_sum(lattice, spins)
    return total


def plaquette_sum(lattice: Any, spins: Sequence[int]) -> int:
    """Sum over the squares of (y, x) of a lattice of shape (y, x) of the four spins' product."""
    height, width = lattice.shape
    total = 0
    for y, x in itertools.product(range(height), range(width)):
        below, right = (y + 1) % height, (x + 1) % width
        whole = (lattice.periodic[0] or below > y) and (lattice.periodic[1] or right > x)
        if whole:
            corners = ((y, x), (y, right), (below, x), (below, right))
            total += math.prod(spins[row * width + column] for row, column in corners)
    return total


@functools.cache
def energies(model: Any) -> np.ndarray:
    """Total energy of every state, (2^n,)."""
    return np.array([energy(model, state) for state in all_states(model.lattice.n_sites).tolist()])


def normalised(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def boltzmann(model: Any, beta: float) -> np.ndarray:
    """Equilibrium probability of every state, (2^n,)."""
    total = energies(model)
    return normalised(np.exp(-beta * (total - total.min())))


def costs(model: Any) -> np.ndarray:
    """What it costs to flip each site of each state, (2^n, n)."""
    total, n = energies(model), model.lattice.n_sites
    number = np.arange(2**n)
    return np.stack([total[number ^ (1 << site)] - total for site in range(n)], axis=1)


def flip_probabilities(model: Any, beta: float, update: str) -> np.ndarray:
    """Probability that an update of a site flips it, (2^n, n)."""
    drive = beta * costs(model)
    if update == "heatbath":
        return 1 / (1 + np.exp(drive))
    assert update == "metropolis"
    return np.minimum(1.0, np.exp(-drive))


def group_matrix(model: Any, beta: float, update: str, sites: Iterable[int]) -> np.ndarray:
    """P of updating some sites at once, each in the field of the state before."""
    flip = flip_probabilities(model, beta, update)
    size, n = flip.shape
    group = set(sites)
    number = np.arange(size)
    different = number[:, None] ^ number
    matrix = np.ones((size, size))
    for site in range(n):
        flipped = different >> site & 1 == 1
        p = flip[:, site, None] if site in group else 0.0
        matrix *= np.where(flipped, p, 1 - p)
    return matrix


def sweep_matrix(
    model: Any, beta: float, update: str, groups: Iterable[Iterable[int]]
) -> np.ndarray:
    """P of one sweep: group after group."""
    matrix = np.eye(2**model.lattice.n_sites)
    for sites in groups:
        matrix = matrix @ group_matrix(model, beta, update, sites)
    return matrix


def random_site_matrix(
    model: Any, beta: float, update: str, steps: int | None = None
) -> np.ndarray:
    """P of `steps` updates, by default one for each site, of a site drawn anew for each."""
    n = model.lattice.n_sites
    step = sum(group_matrix(model, beta, update, [site]) for site in range(n)) / n
    return np.linalg.matrix_power(step, n if steps is None else steps)


def one_by_one(n: int) -> list[list[int]]:
    """The groups of a sequential sweep."""
    return [[site] for site in range(n)]


def by_colour(colouring: Sequence[int]) -> list[list[int]]:
    """The groups of a sweep by sublattices: colour 0, then colour 1, and so on."""
    colours = np.asarray(colouring)
    return [np.flatnonzero(colours == colour).tolist() for colour in range(colours.max() + 1)]


def little(model: Any, beta: float) -> np.ndarray:
    """Stationary distribution of the parallel heat bath without plaquettes, (2^n,).

    p(s) is proportional to exp(beta b.s) prod_i 2 cosh(beta h_i(s)), h_i the local field with the
    bias b_i (W. A. Little, Math. Biosci. 19 (1974) 101; P. Peretto, Biol. Cybern. 50 (1984) 51).
    """
    n = model.lattice.n_sites
    states = all_states(n)
    local = states * costs(model) / 2
    bias = np.broadcast_to(np.ravel(model.field), n)
    return normalised(np.exp(beta * states @ bias) * np.cosh(beta * local).prod(axis=1))
