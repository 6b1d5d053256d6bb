"""Tensors of a cell: small tori made of them against sums over all states."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import kadanoff as kd

LATTICES = {
    "square": kd.Square((2, 3)),
    "triangular": kd.Triangular((2, 3)),
    "honeycomb": kd.Honeycomb((2, 3)),
    "cubic": kd.Cubic((2, 2, 2)),
}
# Both signs of J, frustration, weak and strong coupling and field, none at all.
TERMS = [(1.0, 0.0), (-1.0, 0.0), (0.3, 0.2), (-0.7, -0.5), (0.0, 0.4), (1e-9, 0.0), (4.0, 3.0)]


def torus(tensors, shape):
    """Contract a torus of tensors [(axis-) ..., (axis+) ...], one for each cell in row-major order.

    Leg n of a cell towards +axis is leg n of the next towards -axis.
    """
    cells = list(np.ndindex(*shape))
    labels = {}
    for number, (cell, axis) in enumerate(itertools.product(cells, range(len(shape)))):
        labels[cell, axis] = number
    operands = []
    for cell, tensor in zip(cells, tensors, strict=True):
        before = []
        for axis, extent in enumerate(shape):
            one = list(cell)
            one[axis] = (one[axis] - 1) % extent
            before.append(labels[tuple(one), axis])
        operands.append((tensor, before + [labels[cell, axis] for axis in range(len(shape))]))
    return float(kd.TensorNetwork(operands).contract())


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("name", LATTICES)
def test_a_torus_of_cells_has_all_averages(name, terms):
    """One pair of neighbours too many, or J on the wrong leg, changes ln Z by far more."""
    coupling, field = terms
    lattice, beta = LATTICES[name], 0.37
    cell = kd.tensor.site_tensor(name, beta, coupling, field)
    shape = lattice.extents
    n = int(np.prod(shape))
    exact = kd.exact.enumerate(kd.Ising(lattice, coupling, field), beta)
    z = torus([cell.tensor] * n, shape)
    assert np.isclose(np.log(z) + n * cell.log_scale, exact.log_z_total, rtol=1e-12, atol=0)
    assert cell.sites * n == lattice.n_sites
    rest = [cell.tensor] * (n - 1)
    assert np.isclose(torus([cell.energy, *rest], shape) / z, exact.energy, atol=1e-12)
    # Every place in the torus is like every other.
    assert np.isclose(
        torus([*rest, cell.magnetization], shape) / z, exact.magnetization, atol=1e-12
    )


@pytest.mark.parametrize("spin", [1, -1])
@pytest.mark.parametrize("name", ["square", "triangular", "honeycomb"])
def test_vectors_of_a_boundary_fix_the_spins_beyond(name, spin):
    """One cell between fixed spins: its magnetisation by hand."""
    beta, coupling, field = 0.4, 0.8, 0.15
    cell = kd.tensor.site_tensor(name, beta, coupling, field)
    vectors = [matrix[(1 - spin) // 2] for matrix in cell.boundary]
    z, m = (
        np.einsum("uldr,u,l,d,r", tensor, *vectors) for tensor in (cell.tensor, cell.magnetization)
    )
    k, h = beta * coupling, beta * field
    if name == "honeycomb":
        states = np.array(list(itertools.product([1, -1], repeat=2)))
        weights = np.exp(k * states.prod(axis=1) + (2 * k * spin + h) * states.sum(axis=1))
        expected = weights @ states.mean(axis=1) / weights.sum()
    else:
        expected = np.tanh(h + k * spin * (6 if name == "triangular" else 4))
    assert np.isclose(m / z, expected, rtol=1e-12)


@pytest.mark.parametrize("name", LATTICES)
def test_hot_and_cold_numbers_stay_finite(name):
    for beta, coupling, field in [(1e-12, 1.0, 0.0), (1e4, 1.0, 0.0), (1e4, -1.0, 50.0)]:
        cell = kd.tensor.site_tensor(name, beta, coupling, field)
        for array in (cell.tensor, cell.energy, cell.magnetization):
            assert np.isfinite(array).all()
            assert np.abs(array).max() > 0.0 or array is not cell.tensor


def test_legs_of_a_ferromagnet_are_symmetric():
    square = kd.tensor.site_tensor("square", 0.44)
    for axes in itertools.permutations(range(4)):
        assert np.allclose(square.tensor, square.tensor.transpose(axes), atol=1e-15)
        assert np.allclose(square.magnetization, square.magnetization.transpose(axes), atol=1e-15)
    assert np.allclose(square.energy, square.energy.transpose(3, 2, 1, 0), atol=1e-15)


@pytest.mark.parametrize("coupling", [1.0, -1.0, 0.2])
def test_ends_of_a_triangular_leg_are_balanced(coupling):
    cell = kd.tensor.site_tensor("triangular", 0.3, coupling).tensor
    grams = [
        np.tensordot(cell, cell, axes=[[a for a in range(4) if a != leg]] * 2) for leg in range(4)
    ]
    for gram in grams:
        assert np.allclose(gram, grams[0], rtol=1e-4, atol=1e-12 * np.abs(cell).max())
        assert abs(gram[0, 1]) < 1e-12 * gram[0, 0]


@pytest.mark.parametrize("terms", [*TERMS[:6], (-1.0, 6.0)])
@pytest.mark.parametrize("cells", [(1, 1), (1, 2)])
def test_plaquettes_of_a_triangular_torus(terms, cells):
    coupling, field = terms
    lattice, n = kd.Triangular((3 * cells[0], 3 * cells[1])), cells[0] * cells[1]
    cell = kd.tensor.site_tensor("triangular", 0.37, coupling, field, "plaquettes")
    exact = kd.exact.enumerate(kd.Ising(lattice, coupling, field), 0.37)
    z = torus([cell.tensor] * n, cells)
    assert np.isclose(np.log(z) + n * cell.log_scale, exact.log_z_total, rtol=1e-12, atol=0)
    rest = [cell.tensor] * (n - 1)
    assert np.isclose(torus([cell.energy, *rest], cells) / z, exact.energy, atol=1e-12)
    order = torus([*rest, cell.magnetization], cells) / z
    assert np.isclose(order, exact.magnetization, atol=1e-12)


def twisted_log_z(shape, coupling, beta, twists):
    """ln Z of a triangular torus with J < 0 where a bond crosses a twisted boundary."""
    sites, edges, signs = np.arange(np.prod(shape)).reshape(shape), [], []
    for (y, x), step in itertools.product(np.ndindex(*shape), [(0, 1), (1, 0), (1, 1)]):
        to = y + step[0], x + step[1]
        crossed = [t and end >= size for t, end, size in zip(twists, to, shape, strict=True)]
        edges.append((sites[y, x], sites[to[0] % shape[0], to[1] % shape[1]]))
        signs.append((-1.0) ** sum(crossed))
    # The order of a graph's bonds is its own.
    graph = kd.Graph(edges, sites.size)
    kept = {tuple(sorted(edge)): sign for edge, sign in zip(edges, signs, strict=True)}
    couplings = [coupling * kept[tuple(sorted(bond))] for bond in graph.bonds.tolist()]
    return kd.exact.enumerate(kd.Ising(graph, np.array(couplings)), beta).log_z_total


@pytest.mark.parametrize("coupling", [1.0, -1.0, -0.2])
def test_walls_sum_over_all_boundaries(coupling):
    cell = kd.tensor.site_tensor("triangular", 0.37, coupling, variables="walls")
    z = torus([cell.tensor] * 9, (3, 3))
    boundaries = itertools.product([False, True], repeat=2)
    exact = [twisted_log_z((3, 3), coupling, 0.37, twists) for twists in boundaries]
    assert len(set(np.round(exact, 6))) > 1
    assert np.isclose(np.log(z) + 9 * cell.log_scale, np.log(np.exp(exact).sum() / 2), rtol=1e-12)
    assert not cell.magnetization.any()
    step = 1e-5
    ends = [
        kd.tensor.site_tensor("triangular", 0.37 + d, coupling, variables="walls")
        for d in (-step, step)
    ]
    log_z = [np.log(torus([end.tensor] * 9, (3, 3))) / 9 + end.log_scale for end in ends]
    energy = torus([cell.energy, *[cell.tensor] * 8], (3, 3)) / z
    assert np.isclose(energy, (log_z[0] - log_z[1]) / (2 * step), atol=1e-8)


WRONG = {
    ("square", 0.4, 1.0, 0.0, "walls"): (
        "[site_tensor] expected variables 'spins' of the square lattice, got 'walls'"
    ),
    ("triangular", 0.4, 1.0, 0.5, "walls"): (
        "[site_tensor] expected no field with variables 'walls', got 0.5"
    ),
    ("triangular", 0.4, 1.0, 0.5, "bonds"): (
        "[site_tensor] expected variables to be one of 'spins', 'plaquettes', 'walls', got 'bonds'"
    ),
    ("hexagonal", 0.4, 1.0, 0.0): (
        "[site_tensor] expected lattice to be one of 'square', 'triangular', 'honeycomb', 'cubic', "
        "got 'hexagonal'"
    ),
    ("square", 0.0, 1.0, 0.0): "[site_tensor] expected beta > 0, got 0.0",
    ("square", float("nan"), 1.0, 0.0): "[site_tensor] expected a finite beta, got nan",
    ("square", 1.0, float("inf"), 0.0): "[site_tensor] expected a finite coupling, got inf",
    ("square", 2.0, 1.0, -1e6): (
        "[site_tensor] expected beta * field of at most 1e+06 in size, got -2e+06"
    ),
}


@pytest.mark.parametrize("arguments", WRONG)
def test_bad_input(arguments):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        kd.tensor.site_tensor(*arguments)
    assert str(error.value) == WRONG[arguments]
