"""Ground-state energies by methods that share nothing with the engine.

H = -sum J_ij s_i s_j - sum h_i s_i throughout; graphs are edges (m, 2) with couplings (m,).

- `enumerated`: all states of up to 24 spins.
- `square`: min-plus transfer over a square lattice, periodic or open, up to 12 columns or so.
- `by_cuts`: any sparse graph, by linear programming with odd-cycle inequalities (Barahona,
  Groetschel, Juenger and Reinelt, Oper. Res. 36 (1988) 493), and branch and bound where these do
  not suffice. One core proves a 32x32 torus with Gaussian couplings in 10 s, 16x16 with +-1 in 2 s,
  5x5x5 in 2 s (Gaussian) and 14 s (+-1), 6x6x6 with Gaussian couplings in 13 s.
"""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse.csgraph import dijkstra

MOST_SPINS = 24
_TOLERANCE = 1e-7


def energies(n, edges, couplings, fields=None):
    """H of all 2^n states, spin 0 the highest bit; a bit that is set is a spin of -1."""
    if n > MOST_SPINS:
        raise ValueError(f"expected at most {MOST_SPINS} spins, got {n}")
    total = np.zeros(2**n)
    for (i, j), coupling in zip(np.sort(edges, axis=1), couplings, strict=True):
        table = total.reshape(2**i, 2, 2 ** (j - i - 1), 2, 2 ** (n - 1 - j))
        for a in (0, 1):
            table[:, a, :, a] -= coupling
            table[:, a, :, 1 - a] += coupling
    for i, field in enumerate(np.zeros(n) if fields is None else fields):
        table = total.reshape(2**i, 2, 2 ** (n - 1 - i))
        table[:, 0] -= field
        table[:, 1] += field
    return total


def enumerated(n, edges, couplings, fields=None):
    """Lowest H of up to 24 spins."""
    return energies(n, edges, couplings, fields).min()


def square_couplings(shape, edges, couplings):
    """Sort the couplings of a square lattice into `right` and `down`, each of `shape` (y, x).

    Parameters
    ----------
    shape : (int, int)
    edges : ndarray of int, shape (m, 2)
        Row-major site numbers of neighbours in any order; open boundaries leave zeros.
    couplings : ndarray of float, shape (m,)
    """
    sites = np.arange(shape[0] * shape[1]).reshape(shape)
    right, down = np.zeros(shape[0] * shape[1]), np.zeros(shape[0] * shape[1])
    next_right, next_down = np.roll(sites, -1, axis=1).ravel(), np.roll(sites, -1, axis=0).ravel()
    for (i, j), coupling in zip(edges, couplings, strict=True):
        for target, following in ((right, next_right), (down, next_down)):
            if following[i] == j:
                target[i] += coupling
                break
            if following[j] == i:
                target[j] += coupling
                break
        else:
            raise ValueError(f"expected neighbours on {shape}, got sites {i} and {j}")
    return right.reshape(shape), down.reshape(shape)


def square(right, down, fields=None):
    """Lowest H of a square lattice, by transfer site by site over the states of one row.

    Parameters
    ----------
    right, down : ndarray of float, shape (y, x)
        Coupling of each site with the next one along x, and along y; around the torus from the last
        column and row. Zeros there are open boundaries.
    fields : ndarray of float, shape (y, x), optional

    Notes
    -----
    ``lowest[first, state]`` is the least energy of the rows so far over all that lies between a
    first row and the states of the present one: 2^(2 x) numbers, half of them without fields.
    """
    fields = np.zeros_like(right) if fields is None else fields
    if right.shape[1] > right.shape[0]:
        right, down, fields = down.T, right.T, fields.T
    width = right.shape[1]
    states = 1 - 2 * (np.arange(2**width)[:, None] >> np.arange(width)[::-1] & 1)
    rows = [-(states * np.roll(states, -1, axis=1)) @ right[y] for y in range(len(right))]
    rows = [row - states @ field for row, field in zip(rows, fields, strict=True)]
    if not down[-1].any():
        lowest = rows[0][None, :]
    else:
        firsts = 2**width if fields.any() else 2 ** (width - 1)
        lowest = np.full((firsts, 2**width), np.inf)
        lowest[np.arange(firsts), np.arange(firsts)] = rows[0][:firsts]
    for y in range(1, len(right)):
        for x in range(width):
            old = lowest.reshape(len(lowest), 2**x, 2, -1)
            bond = down[y - 1, x]
            up = np.minimum(old[:, :, 0] - bond, old[:, :, 1] + bond)
            flipped = np.minimum(old[:, :, 0] + bond, old[:, :, 1] - bond)
            lowest = np.stack([up, flipped], axis=2).reshape(len(lowest), -1)
        lowest = lowest + rows[y]
    if down[-1].any():
        lowest = lowest - (states[: len(lowest)] * down[-1]) @ states.T
    return lowest.min()


def by_cuts(n, edges, couplings, fields=None, *, time_limit=60.0):
    """Lowest H of a sparse graph, with a proof.

    The unknowns are d = 1 for edges between opposite spins, else 0. Linear programs get the
    odd-cycle inequalities that their solutions violate, until none is left or the solution is a
    state; what is left to do then is done by HiGHS' branch and bound.

    Returns
    -------
    tuple of (float, bool, int)
        Lowest energy that was found, whether it is proved, and the number of inequalities.
    """
    deadline = time.monotonic() + time_limit
    edges, weights = _with_ghost(n, np.asarray(edges), np.asarray(couplings, float), fields)
    n = max(n, int(edges.max()) + 1)
    # Energies of whole couplings differ by 2 at least: no state fits under a bound so near.
    step = 2.0 if not (weights % 1.0).any() else 0.0
    best, cuts, limits = 0.0, sparse.csr_matrix((0, len(edges))), np.zeros(0)
    while time.monotonic() < deadline:
        bounds = np.tile([0.0, 1.0], (len(edges), 1))
        found = linprog(2 * weights, cuts, limits, bounds=bounds, method="highs")
        best = min(best, 2 * weights @ _rounded(n, edges, found.x))
        if best - found.fun < max(_TOLERANCE, step - _TOLERANCE):
            return best - weights.sum(), True, len(limits)
        more, more_limits = _violated(n, edges, found.x)
        if not len(more_limits):
            left = deadline - time.monotonic()
            energy, proved = _branched(n, edges, weights, cuts, limits, max(1.0, left))
            return min(best, energy) - weights.sum(), proved, len(limits)
        cuts = sparse.vstack([cuts, more]).tocsr()
        limits = np.concatenate([limits, more_limits])
    return best - weights.sum(), False, len(limits)


def _with_ghost(n, edges, couplings, fields):
    """Turn fields into couplings with one more spin."""
    sites = np.flatnonzero(fields) if fields is not None else np.zeros(0, int)
    if not sites.size:
        return edges, couplings
    ghosts = np.stack([sites, np.full(sites.size, n)], axis=1)
    return np.concatenate([edges, ghosts]), np.concatenate([couplings, np.asarray(fields)[sites]])


def _rounded(n, edges, d):
    """Return 0 or 1 of each edge in a state near a solution: signs along a surest spanning tree."""
    sureness = np.minimum(d, 1.0 - d) + 1e-9
    graph = sparse.coo_matrix((sureness, edges.T), shape=(n, n)).tocsr()
    tree = sparse.csgraph.minimum_spanning_tree(graph)
    opposite = {tuple(sorted(pair)): value > 0.5 for pair, value in zip(edges, d, strict=True)}
    spins = np.zeros(n, int)
    for root in range(n):
        if spins[root]:
            continue
        spins[root] = 1
        order, before = sparse.csgraph.breadth_first_order(tree, root, directed=False)
        for site in order[1:]:
            pair = tuple(sorted((site, before[site])))
            spins[site] = -spins[before[site]] if opposite[pair] else spins[before[site]]
    return (spins[edges[:, 0]] != spins[edges[:, 1]]).astype(float)


def _violated(n, edges, d):
    """Find violated inequalities: sum over F of (1 - d) + sum over the rest of a cycle of d >= 1.

    F is any odd set of edges of a closed walk. The shortest such walk through a spin is a path from
    it to its twin in a doubled graph, whose edges of weight 1 - d lead over to the other copy.
    """
    i, j = edges.T
    same, other = np.clip(d, 0.0, 1.0) + 1e-12, np.clip(1.0 - d, 0.0, 1.0) + 1e-12
    heads = np.concatenate([i, i + n, i, i + n])
    tails = np.concatenate([j, j + n, j + n, j])
    weights = np.concatenate([same, same, other, other])
    number = {}
    for edge, (a, b) in enumerate(edges.tolist()):
        number[a, b] = number[b, a] = edge
    graph = sparse.coo_matrix((weights, (heads, tails)), shape=(2 * n, 2 * n)).tocsr()
    lengths, before = dijkstra(graph, False, np.arange(n), True)
    rows, limits, seen = [], [], set()
    for spin in np.flatnonzero(lengths[np.arange(n), np.arange(n) + n] < 1.0 - 1e-5):
        row, limit = {}, -1.0
        site = spin + n
        while site != spin:
            previous = before[spin, site]
            edge = number[site % n, previous % n]
            crossed = (site < n) != (previous < n)
            row[edge] = row.get(edge, 0.0) + (1.0 if crossed else -1.0)
            limit += crossed
            site = previous
        key = frozenset(row.items())
        if key not in seen:
            seen.add(key)
            rows.append(row)
            limits.append(limit)
    matrix = sparse.lil_matrix((len(rows), len(edges)))
    for at, row in enumerate(rows):
        for edge, value in row.items():
            matrix[at, edge] = value
    return matrix.tocsr(), np.array(limits)


def _branched(n, edges, weights, cuts, limits, time_limit):
    """Branch on spins x in {0, 1}, the first fixed; |x - y| <= d <= min(x + y, 2 - x - y)."""
    m = len(edges)
    ends = sparse.csr_matrix((np.ones(m), (np.arange(m), edges[:, 0])), shape=(m, n))
    others = sparse.csr_matrix((np.ones(m), (np.arange(m), edges[:, 1])), shape=(m, n))
    one = sparse.identity(m)
    matrix = sparse.bmat(
        [
            [one, -ends - others],
            [one, ends + others],
            [-one, ends - others],
            [-one, others - ends],
            [cuts, sparse.csr_matrix((len(limits), n))],
        ]
    )
    highest = np.concatenate([np.zeros(m), np.full(m, 2.0), np.zeros(2 * m), limits])
    upper = np.ones(m + n)
    upper[m] = 0.0
    found = milp(
        np.concatenate([2 * weights, np.zeros(n)]),
        constraints=LinearConstraint(matrix, ub=highest),
        bounds=Bounds(np.zeros(m + n), upper),
        integrality=np.concatenate([np.zeros(m), np.ones(n)]),
        options={"time_limit": time_limit, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return 0.0, False
    spins = np.rint(found.x[m:])
    energy = 2 * weights @ (spins[edges[:, 0]] != spins[edges[:, 1]])
    return energy, found.status == 0
