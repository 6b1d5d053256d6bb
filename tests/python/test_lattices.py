"""Lattices against geometry: sites at distance 1 are neighbours, neighbours differ in colour."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kadanoff as kd
from kadanoff.lattices import LATTICES, Crystal, Lattice

AXES = {"chain": 1, "square": 2, "triangular": 2, "honeycomb": 2, "cubic": 3}
# Steps (site of the cell, cells along each axis, site of that cell), in the documented order.
STEPS = {
    "chain": [(0, (1,), 0)],
    "square": [(0, (0, 1), 0), (0, (1, 0), 0)],
    "triangular": [(0, (0, 1), 0), (0, (1, 0), 0), (0, (1, 1), 0)],
    "honeycomb": [(0, (0, 0), 1), (1, (0, 1), 0), (1, (1, 0), 0)],
    "cubic": [(0, (0, 0, 1), 0), (0, (0, 1, 0), 0), (0, (1, 0, 0), 0)],
}


def brute_force_bonds(lattice: Crystal) -> list[list[int]]:
    """Walk through cells and steps with Python integers."""
    steps = STEPS.get(lattice.name)
    if steps is None:
        steps = [(0, tuple(row), 0) for row in np.eye(lattice.ndim, dtype=int)[::-1].tolist()]
    basis = 2 if lattice.name == "honeycomb" else 1
    extents = lattice.extents
    number = {cell: i for i, cell in enumerate(itertools.product(*map(range, extents)))}
    bonds = []
    for cell, site in itertools.product(number, range(basis)):
        for start, step, end in steps:
            if start != site:
                continue
            other = [a + b for a, b in zip(cell, step, strict=True)]
            if any(
                not wraps and place == extent
                for wraps, place, extent in zip(lattice.periodic, other, extents, strict=True)
            ):
                continue
            wrapped = tuple(place % extent for place, extent in zip(other, extents, strict=True))
            bonds.append([basis * number[cell] + start, basis * number[wrapped] + end])
    return bonds


def pairs_at_distance_one(lattice: Crystal) -> Counter[tuple[int, int]]:
    """Count, for each pair of sites, the periodic images of one that are next to the other."""
    assert lattice.positions is not None
    turns = [(-1, 0, 1) if periodic else (0,) for periodic in lattice.periodic]
    difference = lattice.positions[:, None] - lattice.positions[None]
    pairs: Counter[tuple[int, int]] = Counter()
    for turn in itertools.product(*turns):
        shift = (np.array(turn) * lattice.extents) @ lattice.cell_vectors
        near = np.abs(np.linalg.norm(difference + shift, axis=2) - 1.0) < 1e-9
        pairs.update((int(i), int(j)) for i, j in np.argwhere(near) if i < j)
    return pairs


@st.composite
def crystals(draw: Any, max_sites: int = 150) -> Crystal:
    """Any family, boundaries and extents, odd and even ones."""
    name = draw(st.sampled_from(sorted(LATTICES)))
    axes = AXES.get(name) or draw(st.integers(1, 5))
    periodic = tuple(draw(st.booleans()) for _ in range(axes))
    extents = []
    room = max_sites // 2**axes
    for wraps in periodic:
        extents.append(draw(st.integers(2 if wraps else 1, max(2, min(2 * room, 14)))))
        room = max(1, 2 * room // extents[-1])
    if np.prod(extents) == 1 and name != "honeycomb":
        extents[-1] = 2
    return LATTICES[name](extents, periodic)


def is_proper(lattice: Lattice) -> bool:
    first, second = lattice.bonds.T
    return bool((lattice.colouring[first] != lattice.colouring[second]).all())


@settings(max_examples=150, deadline=None, derandomize=True)
@given(crystals())
def test_bonds(lattice: Crystal) -> None:
    bonds = lattice.bonds
    assert bonds.dtype == np.int64
    assert bonds.shape == (lattice.n_bonds, 2)
    assert bonds.tolist() == brute_force_bonds(lattice)
    assert Counter(map(tuple, np.sort(bonds, axis=1).tolist())) == pairs_at_distance_one(lattice)
    assert lattice.degrees.sum() == 2 * lattice.n_bonds
    if all(lattice.periodic):
        assert (lattice.degrees == lattice.coordination).all()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(crystals())
def test_neighbours_differ_in_colour(lattice: Crystal) -> None:
    assert is_proper(lattice)
    assert lattice.colouring.shape == (lattice.n_sites,)
    assert set(lattice.colouring.tolist()) == set(range(lattice.n_colours))
    odd_cycle = any(
        n % 2 for n, wraps in zip(lattice.extents, lattice.periodic, strict=True) if wraps
    )
    if lattice.name == "honeycomb":
        assert lattice.n_colours == 2
    elif lattice.name != "triangular":
        assert lattice.n_colours == 2 + odd_cycle


def can_be_coloured(lattice: Lattice, colours: int) -> bool:
    """Search all colourings, the most constrained site first."""
    near: list[set[int]] = [set() for _ in range(lattice.n_sites)]
    for i, j in lattice.bonds.tolist():
        near[i].add(j)
        near[j].add(i)
    found: dict[int, int] = {}

    def extend(used: int) -> bool:
        if len(found) == lattice.n_sites:
            return True
        seen = {
            i: {found[j] for j in near[i] if j in found} for i in range(len(near)) if i not in found
        }
        site = max(seen, key=lambda i: (len(seen[i]), len(near[i])))
        for colour in range(min(used + 1, colours)):  # colours not yet used are alike
            if colour not in seen[site]:
                found[site] = colour
                if extend(max(used, colour + 1)):
                    return True
                del found[site]
        return False

    return extend(0)


TRIANGULAR_EXTENTS = [
    (2, 2),
    (3, 3),
    (3, 4),
    (4, 4),
    (4, 2),
    (6, 3),
    (2, 6),
    (1, 5),
    (1, 6),
    (7, 7),
]
TRIANGULAR = [
    kd.Triangular(extents, periodic)
    for extents in [*TRIANGULAR_EXTENTS, (4, 5), (7, 4), (5, 7)]
    for periodic in itertools.product((True, False), repeat=2)
    if periodic[0] <= (extents[0] > 1)
]


@pytest.mark.parametrize("lattice", TRIANGULAR, ids=repr)
def test_triangular_lattices_get_the_fewest_colours(lattice: kd.Triangular) -> None:
    assert is_proper(lattice)
    assert not can_be_coloured(lattice, lattice.n_colours - 1)


def test_triangular_tori_get_four_colours_but_for_narrow_ones() -> None:
    for extents in itertools.product(range(2, 16), repeat=2):
        lattice = kd.Triangular(extents)
        assert is_proper(lattice)
        narrow = 5 in extents or (2 in extents and sum(extents) % 2 == 1)
        divided = all(extent % 3 == 0 for extent in extents)
        assert narrow or lattice.n_colours == (3 if divided else 4)
        assert lattice.n_colours <= 6
        for periodic in ((True, False), (False, True)):
            cylinder = kd.Triangular(extents, periodic)
            assert is_proper(cylinder)
            around = extents[periodic.index(True)]
            assert cylinder.n_colours == (3 if around % 3 == 0 else 4)


def test_the_search_for_colourings_finds_one() -> None:
    assert can_be_coloured(kd.Triangular(3), 3)
    assert not can_be_coloured(kd.Triangular(4), 3)
    assert can_be_coloured(kd.Triangular(4), 4)


def textbook_dsatur(n: int, edges: list[tuple[int, int]]) -> list[int]:
    near: list[set[int]] = [set() for _ in range(n)]
    for i, j in edges:
        near[i].add(j)
        near[j].add(i)
    colour = [-1] * n
    for _ in range(n):
        seen = [{colour[j] for j in near[i]} - {-1} for i in range(n)]
        left = [i for i in range(n) if colour[i] < 0]
        site = max(left, key=lambda i: (len(seen[i]), len(near[i]), -i))
        colour[site] = min(set(range(n)) - seen[site])
    return colour


@pytest.mark.parametrize(("n", "density"), [(8, 0.6), (30, 0.1), (40, 0.5), (60, 0.9)])
def test_graphs_are_coloured_by_dsatur(n: int, density: float) -> None:
    rng = np.random.default_rng(n)
    all_pairs = np.argwhere(np.triu(np.ones((n, n)), k=1))
    edges = rng.permutation(all_pairs[rng.random(len(all_pairs)) < density])
    graph = kd.Graph(edges, n)
    assert graph.colouring.tolist() == textbook_dsatur(n, edges.tolist())
    assert is_proper(graph)


def test_graphs_with_two_colours_get_two() -> None:
    # DSATUR itself may need more for a bipartite graph that is not connected.
    assert kd.Graph([], 3).n_colours == 1
    forest = kd.Graph([(5, 3), (3, 0), (1, 4)], 7)
    assert forest.colouring.tolist() == [0, 0, 0, 1, 1, 0, 0]
    complete = kd.Graph(np.argwhere(np.triu(np.ones((70, 70)), k=1)))
    assert sorted(complete.colouring.tolist()) == list(range(70))


def test_even_checkerboards_are_coloured_by_parity() -> None:
    for lattice in (kd.Square((4, 6)), kd.Cubic((2, 4, 6)), kd.Square((3, 5), periodic=False)):
        parity = np.indices(lattice.shape).sum(axis=0) % 2
        np.testing.assert_array_equal(lattice.colouring, parity.ravel())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(crystals())
def test_momenta_fit_the_lattice(lattice: Crystal) -> None:
    momenta = lattice.momenta()
    assert momenta.shape == (sum(lattice.periodic), lattice.ndim)
    # A turn along its own axis adds 2 pi to the phase, one cell along another axis nothing.
    own = [axis for axis, wraps in enumerate(lattice.periodic) if wraps]
    phases = momenta @ (lattice.cell_vectors * np.array(lattice.extents)[:, None]).T
    expected = 2 * np.pi * np.eye(lattice.ndim)[own]
    np.testing.assert_allclose(phases, expected.reshape(phases.shape), atol=1e-9)


def test_positions() -> None:
    assert kd.Square((2, 3)).positions.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    root = np.sqrt(3) / 2
    np.testing.assert_allclose(
        kd.Triangular((2, 2), periodic=False).positions,
        [[0, 0], [0, 1], [root, -0.5], [root, 0.5]],
    )
    np.testing.assert_allclose(
        kd.Honeycomb((1, 2), periodic=False).positions,
        [[0, 0], [0.5, root], [0, 2 * root], [0.5, 3 * root]],
    )
    assert kd.Graph([(0, 1)]).positions is None


def test_shapes() -> None:
    honeycomb = kd.Honeycomb((4, 6), periodic=(True, False))
    assert (honeycomb.shape, honeycomb.extents, honeycomb.periodic) == (
        (4, 6, 2),
        (4, 6),
        (True, False),
    )
    assert (honeycomb.n_sites, honeycomb.coordination, honeycomb.ndim) == (48, 3, 2)
    assert kd.Chain(7).shape == (7,)
    graph = kd.Graph([(0, 1), (2, 1)], n=5)
    assert (graph.shape, graph.periodic, graph.n_sites, graph.coordination) == ((5,), (), 5, 2)
    assert graph.bonds.tolist() == [[0, 1], [2, 1]]
    assert graph.degrees.tolist() == [1, 2, 1, 0, 0]


def test_a_large_lattice_is_not_listed() -> None:
    lattice = kd.Square(2**18)
    assert (lattice.n_sites, lattice.n_bonds) == (2**36, 2**37)
    with pytest.raises(
        ValueError, match=r"^\[bonds\] expected at most 2\^31 sites, got 68719476736$"
    ):
        _ = lattice.bonds


EXAMPLES: list[Lattice] = [
    kd.Chain(5),
    kd.Chain(5, periodic=False),
    kd.Square(4),
    kd.Square((4, 6)),
    kd.Square((4, 6), periodic=(False, True)),
    kd.Triangular((3, 4)),
    kd.Honeycomb(3),
    kd.Honeycomb((3, 3), periodic=(True, False)),
    kd.Cubic((2, 3, 4)),
    kd.Hypercubic((2, 2, 2, 2)),
    kd.Hypercubic((4, 6)),
    kd.Hypercubic((4,)),
    kd.Graph([(0, 1), (1, 2)]),
    kd.Graph([(0, 1), (1, 2)], n=4),
    kd.Graph([(1, 2), (0, 1)]),
    kd.Graph([], n=4),
]


@pytest.mark.parametrize("lattice", EXAMPLES, ids=repr)
def test_copies_are_equal(lattice: Lattice) -> None:
    for other in (
        eval(repr(lattice), {name: getattr(kd, name) for name in kd.__all__}),
        pickle.loads(pickle.dumps(lattice)),
        copy.deepcopy(lattice),
    ):
        assert type(other) is type(lattice)
        assert other == lattice
        assert hash(other) == hash(lattice)
        np.testing.assert_array_equal(other.bonds, lattice.bonds)


def test_different_lattices_differ() -> None:
    for a, b in itertools.combinations(EXAMPLES, 2):
        assert a != b
    assert kd.Square(4) != (4, 4)
    assert len(set(EXAMPLES)) == len(EXAMPLES)


def test_repr() -> None:
    assert (
        repr(kd.Square((4, 6), periodic=(False, True))) == "Square((4, 6), periodic=(False, True))"
    )
    assert repr(kd.Chain(5, periodic=False)) == "Chain(5, periodic=False)"
    assert repr(kd.Hypercubic((4, 4))) == "Hypercubic((4, 4))"
    assert repr(kd.Graph([(0, 1)])) == "Graph([[0, 1]], n=2)"
    assert repr(kd.Graph([(0, i) for i in range(1, 18)])) == "Graph(<17 edges>, n=18)"


@pytest.mark.parametrize("name", ["bonds", "degrees", "colouring", "positions"])
def test_arrays_are_read_only(name: str) -> None:
    lattice = kd.Triangular(3)
    with pytest.raises(ValueError, match="read-only"):
        getattr(lattice, name)[0] = 1
    with pytest.raises(AttributeError):
        setattr(lattice, "shape", (2, 2))  # noqa: B010


def test_edges_of_any_kind() -> None:
    graph = kd.Graph([(0, 1), (1, 2)])
    for edges in (
        np.array([[0, 1], [1, 2]], dtype=np.uint8),
        np.array([[0, 1], [1, 2]], dtype=np.uint64),
        np.array([[0, 1], [1, 2]], dtype=">i4"),
        np.array([[0, 9, 1], [1, 9, 2]])[:, ::2],
        iter([(0, 1), (1, 2)]),
        {(0, 1): "a", (1, 2): "b"},
    ):
        assert kd.Graph(edges) == graph
    mine = np.array([[0, 1], [1, 2]])
    graph = kd.Graph(mine)
    mine[:] = 0
    assert graph.bonds.tolist() == [[0, 1], [1, 2]]


PERIODIC = "[Square] expected periodic as True, False or one of them for each axis, got "
EDGE_TYPE = "[Graph] expected edges as pairs of integers, got dtype "
EDGE_SHAPE = "[Graph] expected edges of shape (m, 2), got "
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: kd.Chain(1), ValueError, "[Chain] expected extent in [2, 34359738368], got 1"),
    (
        lambda: kd.Chain(0, periodic=False),
        ValueError,
        "[Chain] expected extent in [1, 34359738368], got 0",
    ),
    (
        lambda: kd.Triangular((1, 4), periodic=(True, False)),
        ValueError,
        "[Triangular] expected extent in [2, 34359738368], got 1",
    ),
    (lambda: kd.Chain(1, periodic=False), ValueError, "[Lattice] expected at least 2 sites, got 1"),
    (lambda: kd.Cubic(1, periodic=False), ValueError, "[Lattice] expected at least 2 sites, got 1"),
    (lambda: kd.Chain((4, 4)), ValueError, "[Chain] expected 1 extent, got 2"),
    (lambda: kd.Honeycomb((4, 4, 2)), ValueError, "[Honeycomb] expected 2 extents, got 3"),
    (lambda: kd.Honeycomb(2.0), TypeError, "[Honeycomb] expected an integer extent, got 2.0"),
    (lambda: kd.Hypercubic(4), TypeError, "[Hypercubic] expected a sequence of extents, got 4"),
    (
        lambda: kd.Hypercubic([2] * 9),
        ValueError,
        "[Lattice] expected 1 to 8 extents for a hypercubic lattice, got 9",
    ),
    (
        lambda: kd.Hypercubic(()),
        ValueError,
        "[Lattice] expected 1 to 8 extents for a hypercubic lattice, got 0",
    ),
    (
        lambda: kd.Honeycomb(2**18),
        ValueError,
        "[Lattice] expected at most 2^36 sites, got 262144 x 262144",
    ),
    (lambda: kd.Square(4, periodic=1), TypeError, PERIODIC + "1"),
    (lambda: kd.Square(4, periodic="yes"), TypeError, PERIODIC + "'yes'"),
    (lambda: kd.Square(4, periodic=(True, 0)), TypeError, PERIODIC + "(True, 0)"),
    (lambda: kd.Square(4, periodic=None), TypeError, PERIODIC + "None"),
    (
        lambda: kd.Square(4, periodic=(True,)),
        ValueError,
        "[Square] expected periodic for 2 axes, got 1",
    ),
    (
        lambda: kd.Graph([(0, 1), (2, 2)]),
        ValueError,
        "[Graph] expected edges between two different sites, got 2-2",
    ),
    (
        lambda: kd.Graph([(0, 0)]),
        ValueError,
        "[Graph] expected edges between two different sites, got 0-0",
    ),
    (
        lambda: kd.Graph([(0, 1), (1, 2), (1, 0)]),
        ValueError,
        "[Graph] expected every edge once, got 0-1 more than once",
    ),
    (
        lambda: kd.Graph([(3, 2), (0, 1), (3, 2)]),
        ValueError,
        "[Graph] expected every edge once, got 2-3 more than once",
    ),
    (
        lambda: kd.Graph([(0, 3)], n=3),
        ValueError,
        "[Graph] expected edges between sites 0 to 2, got 0-3",
    ),
    (
        lambda: kd.Graph([(0, -1)]),
        ValueError,
        "[Graph] expected edges between sites 0 to 1, got 0--1",
    ),
    (
        lambda: kd.Graph([(0, 2**31)]),
        ValueError,
        "[Graph] expected edges between sites 0 to 2147483647, got 0-2147483648",
    ),
    (
        lambda: kd.Graph(np.array([(0, 2**64 - 1)], dtype=np.uint64)),
        ValueError,
        "[Graph] expected sites below 2^31, got 18446744073709551615",
    ),
    (lambda: kd.Graph([], n=1), ValueError, "[Graph] expected n in [2, 2147483648], got 1"),
    (lambda: kd.Graph([], n=0), ValueError, "[Graph] expected n in [2, 2147483648], got 0"),
    (lambda: kd.Graph([], n=2.0), TypeError, "[Graph] expected an integer n, got 2.0"),
    (lambda: kd.Graph([(0, 1.5)]), TypeError, EDGE_TYPE + "float64"),
    (lambda: kd.Graph([(False, True)]), TypeError, EDGE_TYPE + "bool"),
    (lambda: kd.Graph([(0, 2**70)]), TypeError, EDGE_TYPE + "object"),
    (lambda: kd.Graph(None), TypeError, EDGE_TYPE + "object"),
    (lambda: kd.Graph("01"), TypeError, EDGE_TYPE + "<U2"),
    (lambda: kd.Graph([0, 1]), ValueError, EDGE_SHAPE + "(2,)"),
    (lambda: kd.Graph([(0, 1, 2)]), ValueError, EDGE_SHAPE + "(1, 3)"),
    (
        lambda: kd.Graph([(0, 1), (1,)]),
        TypeError,
        "[Graph] expected edges as a regular array, got a ragged one",
    ),
    (
        lambda: kd.Graph([(0, 1)]).momenta(),
        ValueError,
        "[momenta] expected a lattice with axes, got a graph",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), BAD)
def test_bad_input(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert raised.type is error
    assert str(raised.value) == text
