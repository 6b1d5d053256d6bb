"""Finite lattices by a boundary that sweeps through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.lattices import Lattice
from kadanoff.models import Ising, Potts
from kadanoff.tensor.lattices import networks, sweeps

from .frontier import Frontier

Floats = npt.NDArray[np.float64]
Sites = npt.NDArray[np.int64]

MAX_CHI = 2**20
_CUTOFF = 1e-15


@dataclass(frozen=True)
class SweepResult:
    """What `sweep_partition` finds.

    Attributes
    ----------
    log_z : float
        ln Z in nats.
    truncation_error : float
        Sum over all truncations of the weight that they discard, as a part of the norm squared of
        the boundary. The relative error of Z is at most of the order of its root.
    largest_truncation : float
        The largest of these weights.
    bond_dimension : int
        Most singular values that a cut has kept.
    chi : int
        Most that it may keep.
    """

    log_z: float
    truncation_error: float
    largest_truncation: float
    bond_dimension: int
    chi: int


class _Factor(NamedTuple):
    """exp of a term of the energy: sum over a of factors[a] prod over sites of functions[s, a]."""

    sites: tuple[int, ...]
    functions: Floats
    factors: Floats


class _Terms(NamedTuple):
    """A Boltzmann factor: vectors of all sites, factors, and ln of what was taken out."""

    vectors: Floats
    factors: list[_Factor]
    log_scale: float


def sweep_partition(
    model: Ising | Potts, beta: float, chi: int = 64, *, cutoff: float = _CUTOFF
) -> SweepResult:
    r"""Sum over the states of a finite lattice by a boundary matrix product state.

    Parameters
    ----------
    model : Ising, BoltzmannMachine, Hopfield or Potts
        On any lattice, with any couplings, fields and plaquettes; open lattices and cylinders need
        the fewest states.
    beta : float
        Inverse temperature, at least 0, in units of 1 / energy.
    chi : int
        Most singular values that a cut keeps, 1 to 2^20.
    cutoff : float
        Singular values below, relative to the largest, are dropped; at least 0 and below 1.

    Returns
    -------
    SweepResult
        Exact up to rounding if its `truncation_error` is that small.

    Raises
    ------
    ValueError
        If beta is negative or a number is out of its range.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    Sites enter one after the other, row by row, next to a neighbour in the state; bonds and
    plaquettes multiply it by sums of products, and a site that has all its bonds is summed over (F.
    Verstraete, V. Murg and J. I. Cirac, Adv. Phys. 57 (2008) 143, sec. 4). Each cut is truncated in
    the canonical form, where that is the best approximation of the state.

    Examples
    --------
    >>> import kadanoff as kd
    >>> lattice = kd.Square(20, periodic=False)
    >>> model = kd.Ising(lattice, kd.couplings.bimodal(lattice, seed=1))
    >>> result = kd.tensor.sweep_partition(model, beta=0.5, chi=16)
    >>> result.bond_dimension, result.truncation_error < 1e-12
    (16, True)
    """
    call = "sweep_partition"
    networks.checked_model(call, model)
    beta = arguments.not_negative(call, "beta", beta)
    chi = arguments.integer(call, "chi", chi, 1, MAX_CHI)
    cutoff = arguments.real(call, "cutoff", cutoff)
    if not 0.0 <= cutoff < 1.0:
        raise ValueError(f"[{call}] expected cutoff in [0, 1), got {cutoff}")
    terms = _terms(call, model, beta)
    order = _order(model.lattice, terms.factors)
    frontier = _swept(terms, order, Frontier(chi, cutoff))
    return SweepResult(
        frontier.log_norm + terms.log_scale,
        frontier.lost,
        frontier.largest_lost,
        frontier.largest_bond,
        chi,
    )


def _terms(call: str, model: Ising | Potts, beta: float) -> _Terms:
    """Return the Boltzmann factor in sums of products."""
    states = model.q if isinstance(model, Potts) else 2
    whole = networks.boltzmann_factors(call, model, beta)
    vectors = np.ones((model.lattice.n_sites, states))
    factors = []
    for array, sites in whole.tensors:
        if len(sites) == 1:
            vectors[sites[0]] *= array
        elif len(sites) == 2:
            values, functions = np.linalg.eigh(array)
            factors.append(_Factor(sites, functions, values))
        else:
            # A function of the product of spins, which is 1 in the first corner and -1 beside it.
            one, other = array.flat[0], array.flat[1]
            functions = np.array([[1.0, 1.0], [1.0, -1.0]])
            factors.append(
                _Factor(sites, functions, np.array([0.5 * (one + other), 0.5 * (one - other)]))
            )
    return _Terms(vectors, factors, float(whole.logs.sum()))


def _order(lattice: Lattice, factors: Sequence[_Factor]) -> Sites:
    """Return the order of sites that keeps the fewest of them waiting."""
    orders = list(sweeps.site_orders(lattice)) or [_narrow(lattice)]
    widths = [_width(order, factors) for order in orders]
    return orders[int(np.argmin(widths))]


def _narrow(lattice: Lattice) -> Sites:
    """Return an order of the sites of a graph in which bonds are short."""
    # slow to import
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    n, bonds = lattice.n_sites, lattice.bonds
    ones = np.ones(2 * len(bonds), dtype=np.int8)
    rows, columns = np.concatenate([bonds, bonds[:, ::-1]]).T
    matrix = coo_array((ones, (rows, columns)), shape=(n, n)).tocsr()
    return np.asarray(reverse_cuthill_mckee(matrix, symmetric_mode=True), dtype=np.int64)


def _width(order: Sites, factors: Sequence[_Factor]) -> int:
    """Return the sum over steps of the squared number of sites that wait."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    last = place.copy()
    for factor in factors:
        sites = list(factor.sites)
        last[sites] = np.maximum(last[sites], place[sites].max())
    waiting = np.zeros(len(order) + 1, dtype=np.int64)
    np.add.at(waiting, place, 1)
    np.add.at(waiting, last, -1)
    return int((np.cumsum(waiting) ** 2).sum())


def _swept(terms: _Terms, order: Sites, frontier: Frontier) -> Frontier:
    """Take in all sites and sum over them."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    due: dict[int, list[_Factor]] = {}
    pending = np.zeros(len(order), dtype=np.int64)
    for factor in terms.factors:
        due.setdefault(max(factor.sites, key=lambda site: place[site]), []).append(factor)
        pending[list(factor.sites)] += 1
    for site in map(int, order):
        _take_in(frontier, site, terms.vectors[site], due.get(site, []), pending)
    return frontier


def _take_in(
    frontier: Frontier, site: int, vector: Floats, factors: Sequence[_Factor], pending: Sites
) -> None:
    """Put a site into the state, with all factors of which it is the last, and tidy up."""
    for factor in factors:
        pending[list(factor.sites)] -= 1
    others = {other for factor in factors for other in factor.sites if other != site}
    done = [other for other in others if pending[other] == 0]
    frontier.insert(_place(frontier, others, done), site, vector)
    places = [frontier.position(one) for one in (site, *others)]
    first, last = min(places), max(places)
    frontier.move_center(min(max(frontier.center, first), last))
    for factor in factors:
        frontier.multiply(factor.sites, factor.functions, factor.factors)
    for other in [*done, site] if pending[site] == 0 else done:
        frontier.sum_out(other, first, last)
        last -= 1
    if frontier.sites:
        first = min(first, len(frontier.sites) - 1)
        frontier.center = first
        frontier.compress(first, max(first, last))


def _place(frontier: Frontier, others: set[int], done: Sequence[int]) -> int:
    """Return where a site goes: behind a neighbour that leaves, or behind its last neighbour."""
    behind = done or others
    if not behind:
        return len(frontier.sites)
    return max(frontier.position(other) for other in behind) + 1
