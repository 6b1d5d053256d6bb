"""Machines as networks and as matrix product states, against closed forms and exact ranks."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

T = kd.tensor
PRIME = 2_147_483_647
UNITS = {"binary": (0, 1), "spin": (-1, 1)}
encodings = pytest.mark.parametrize(
    ("visible_units", "hidden_units"), list(itertools.product(UNITS, UNITS))
)


def machine(
    nv: int, nh: int, seed: int, dtype: Any = float, share: float = 1.0, scale: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)

    def numbers(shape: Any) -> np.ndarray:
        x = rng.normal(size=shape) * scale
        return x + 1j * rng.normal(size=shape) if dtype is complex else x

    mask = rng.random((nv, nh)) < share
    return numbers((nv, nh)) * mask, numbers(nv), numbers(nh)


def every_state(n: int, units: str = "binary") -> np.ndarray:
    return np.array(list(itertools.product(UNITS[units], repeat=n))).reshape(2**n, n)


def by_sums(parameters: Any, visible_units: str, hidden_units: str) -> np.ndarray:
    """Return all amplitudes as plain sums over the hidden units."""
    w, a, b = parameters
    v, h = every_state(len(a), visible_units), every_state(len(b), hidden_units)
    return np.exp((v @ a)[:, None] + h @ b + (v @ w) @ h.T).sum(axis=1)


def rank_mod_prime(matrix: np.ndarray) -> int:
    """Return the rank of a matrix of integers over the field of 2^31 - 1 elements."""
    rows = [[int(x) for x in row] for row in matrix]
    rank = 0
    for column in range(len(rows[0])):
        pivot = next((r for r in range(rank, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        inverse = pow(rows[rank][column], -1, PRIME)
        for r in range(rank + 1, len(rows)):
            factor = rows[r][column] * inverse % PRIME
            if factor:
                rows[r] = [(x - factor * y) % PRIME for x, y in zip(rows[r], rows[rank])]  # noqa: B905
        rank += 1
    return rank


def exact_state(mask: np.ndarray, seed: int) -> np.ndarray:
    """Return the amplitudes of random e^W, e^a, e^b in the field of 2^31 - 1 elements."""
    rng = np.random.default_rng(seed)
    nv, nh = mask.shape
    w = np.where(mask, rng.integers(2, PRIME, size=(nv, nh)), 1).astype(object)
    a, b = (rng.integers(2, PRIME, size=k).astype(object) for k in (nv, nh))
    states = np.array([1], dtype=object)
    fields = [np.array([x], dtype=object) for x in b]
    for i in range(nv):
        states = np.concatenate([states[:, None], states[:, None] * a[i] % PRIME], 1).ravel()
        fields = [
            np.concatenate([x[:, None], x[:, None] * w[i, j] % PRIME], 1).ravel()
            for j, x in enumerate(fields)
        ]
    for x in fields:
        states = states * (1 + x) % PRIME
    return states


def exact_rank(states: np.ndarray, n: int, subset: tuple[int, ...]) -> int:
    rest = [i for i in range(n) if i not in subset]
    table = states.reshape([2] * n).transpose([*subset, *rest])
    return rank_mod_prime(table.reshape(2 ** len(subset), -1))


@encodings
@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize(("nv", "nh"), [(1, 1), (5, 3), (3, 5), (4, 0), (1, 4)])
def test_all_ways_to_an_amplitude_agree(
    nv: int, nh: int, dtype: Any, visible_units: str, hidden_units: str
) -> None:
    for share in (1.0, 0.4):
        p = machine(nv, nh, 1, dtype, share)
        units = {"visible_units": visible_units, "hidden_units": hidden_units}
        expected = by_sums(p, visible_units, hidden_units)
        size = np.abs(expected).max()
        states, indices = every_state(nv, visible_units), every_state(nv)
        found = {
            "closed form": T.rbm_amplitudes(p, states, **units),
            "logarithm": np.exp(T.rbm_amplitudes(p, states, **units, log=True)),
            "network": T.rbm_network(p, **units).contract().ravel(),
            "clamped": [T.rbm_network(p, **units, visible=v).contract() for v in states],
            "MPS": T.rbm_to_mps(p, **units).amplitudes(indices),
        }
        for name, values in found.items():
            np.testing.assert_allclose(values, expected, atol=1e-13 * size, err_msg=name)
        total = expected.sum()
        assert np.exp(T.rbm_log_partition(p, **units)) == pytest.approx(total, abs=1e-12 * size)
        summed = T.rbm_network(p, **units, output="none").contract()
        assert summed == pytest.approx(total, abs=1e-12 * size)


@pytest.mark.parametrize("dtype", [float, complex])
def test_twelve_visible_and_eight_hidden_units(dtype: Any) -> None:
    p = machine(12, 8, 3, dtype)
    closed = T.rbm_amplitudes(p, every_state(12))
    network, state = T.rbm_network(p).contract().ravel(), T.rbm_to_mps(p)
    largest = np.abs(closed).max()
    assert np.abs(network - closed).max() < 1e-12 * largest
    assert np.abs(state.amplitudes(every_state(12)) - closed).max() < 1e-12 * largest
    assert state.bond_dimensions == tuple(2 ** min(k, 12 - k, 8) for k in range(1, 12))
    # A planted fault: one weight off by 1e-9.
    p[0][5, 3] += 1e-9
    assert np.abs(T.rbm_network(p).contract().ravel() - closed).max() > 1e-12 * largest


@encodings
def test_machines_give_their_free_energies(visible_units: str, hidden_units: str) -> None:
    w, a, b = machine(6, 4, 2)
    rbm = kd.RBM(w, a, b, visible_units, hidden_units)
    states = every_state(6, visible_units)
    logs = T.rbm_amplitudes(rbm, states, log=True)
    np.testing.assert_allclose(logs, -rbm.free_energy(states), atol=1e-12)
    assert T.rbm_log_partition(rbm) == pytest.approx(float(rbm.log_partition()), abs=1e-12)
    state = T.rbm_to_mps(rbm)
    np.testing.assert_allclose(state.log_amplitudes(every_state(6))[1], logs, atol=1e-12)


@pytest.mark.parametrize(("nv", "nh"), [(12, 8), (12, 3), (9, 20), (7, 1)])
def test_bonds_of_dense_machines_are_exact_ranks(nv: int, nh: int) -> None:
    mask = np.ones((nv, nh), dtype=bool)
    states = exact_state(mask, 1)
    bounds = T.rbm_bond_bounds(mask.astype(float))
    assert bounds == tuple(2 ** min(k, nv - k, nh) for k in range(1, nv))
    for k in range(1, nv):
        assert exact_rank(states, nv, tuple(range(k))) == bounds[k - 1]


def test_bonds_of_sparse_machines_of_12_and_8_units_are_exact_ranks() -> None:
    for seed, share in enumerate((0.1, 0.2, 0.3, 0.5)):
        mask = np.random.default_rng(seed).random((12, 8)) < share
        states = exact_state(mask, seed)
        w, a, b = machine(12, 8, seed)
        state = T.rbm_to_mps((w * mask, a, b))
        ranks = tuple(exact_rank(states, 12, tuple(range(k))) for k in range(1, 12))
        assert state.bond_dimensions == T.rbm_bond_bounds(mask.astype(float)) == ranks


def test_cuts_are_ranks_of_a_thousand_random_graphs() -> None:
    """Any subset: the rank equals 2^|S|, and S is what a search over all sets of units finds."""
    rng = np.random.default_rng(7)
    fewer = 0
    for seed in range(1000):
        nv, nh = int(rng.integers(2, 7)), int(rng.integers(1, 6))
        mask = rng.random((nv, nh)) < rng.random()
        subset = tuple(sorted(rng.permutation(nv)[: rng.integers(1, nv)].tolist()))
        separator = T.rbm_separator(mask.astype(float), subset)
        assert exact_rank(exact_state(mask, seed), nv, subset) == separator.bond_dimension
        size = len(separator.visible) + len(separator.hidden)
        assert separator.bond_dimension == 2**size
        assert separates(mask, set(subset), separator.visible, separator.hidden)
        fewer += size < min(len(subset), nv - len(subset))
        if seed < 100:
            units = [(i, None) for i in range(nv)] + [(None, j) for j in range(nh)]
            for chosen in itertools.combinations(units, max(0, size - 1)):
                visible = tuple(i for i, _ in chosen if i is not None)
                hidden = tuple(j for _, j in chosen if j is not None)
                assert size == 0 or not separates(mask, set(subset), visible, hidden)
    assert fewer > 200  # cuts that are not merely one side's units


def separates(
    mask: np.ndarray, near: set[int], visible: tuple[int, ...], hidden: tuple[int, ...]
) -> bool:
    """Whether no hidden unit outside the cut joins a near and a far unit outside it."""
    open_units = [i for i in range(len(mask)) if i not in visible]
    return not any(
        any(mask[i, j] for i in open_units if i in near)
        and any(mask[i, j] for i in open_units if i not in near)
        for j in range(mask.shape[1])
        if j not in hidden
    )


def test_orders_of_sites() -> None:
    p = machine(6, 3, 1, share=0.5)
    order = [3, 1, 5, 0, 2, 4]
    state = T.rbm_to_mps(p, order=order)
    states = every_state(6)
    np.testing.assert_allclose(
        state.amplitudes(states[:, order]), T.rbm_amplitudes(p, states), rtol=1e-12
    )
    assert state.bond_dimensions == T.rbm_bond_bounds(p[0], order)


def test_truncated_states_state_their_error() -> None:
    p = machine(12, 6, 4, complex)
    exact = T.rbm_to_mps(p)
    dense = exact.to_dense()
    options: dict[str, Any]
    for options in ({"max_bond": 8}, {"tolerance": 1e-3}, {"max_bond": 4, "tolerance": 1e-8}):
        state = T.rbm_to_mps(p, **options)
        error = np.linalg.norm(state.to_dense() - dense) / np.linalg.norm(dense)
        assert state.truncation is not None
        assert state.truncation.error == pytest.approx(error, abs=1e-12)
        assert max(state.bond_dimensions) <= options.get("max_bond", 2**6)
        if "max_bond" not in options:
            assert error <= options["tolerance"]
        assert error > 1e-5
    assert exact.truncation is None


def test_weights_of_any_size() -> None:
    w, a, b = machine(8, 5, 1, scale=1e4)
    state = T.rbm_to_mps((w, a, b))
    states = every_state(8)
    logs = T.rbm_amplitudes((w, a, b), states, log=True)
    found = state.log_amplitudes(states)[1]
    top = logs.max()
    assert top > 1e4
    near = logs > top - 100
    np.testing.assert_allclose(found[near], logs[near], rtol=1e-12)
    total = T.MPS.product(np.ones((8, 2))).log_overlap(state)[1]
    assert total == pytest.approx(top + math.log(np.exp(logs - top).sum()), rel=1e-12)


@pytest.mark.parametrize("subset", [[0], [0, 1, 2], [1, 3, 6], [6, 0, 4, 2], [0, 1, 2, 3, 4, 5]])
@pytest.mark.parametrize("dtype", [float, complex])
def test_entanglement_of_any_subset(subset: list[int], dtype: Any) -> None:
    for share in (1.0, 0.4):
        p = machine(7, 4, 5, dtype, share, 1.5)
        dense = T.rbm_network(p).contract()
        rest = [i for i in range(7) if i not in subset]
        table = dense.transpose([*subset, *rest]).reshape(2 ** len(subset), -1)
        s = np.linalg.svd(table / np.linalg.norm(table), compute_uv=False)
        weights = s[s > 1e-16] ** 2
        result = T.rbm_entanglement(p, subset)
        assert result.entropy == pytest.approx(-(weights * np.log(weights)).sum(), abs=1e-12)
        second = T.rbm_entanglement(p, subset, order=2).entropy
        assert second == pytest.approx(-math.log((weights**2).sum()), abs=1e-12)
        assert result.entropy <= result.bound + 1e-12
        assert result.bound == math.log(T.rbm_separator(p[0], subset).bond_dimension)


@pytest.mark.parametrize("dtype", [float, complex])
def test_schmidt_values_of_weights_of_any_size(dtype: Any) -> None:
    """Against the dense matrix, from 0.01 to 1e5: nothing but rounding is called a value."""
    for scale in (0.01, 1.0, 10.0, 100.0, 1e5):
        p = machine(10, 5, 1, dtype, scale=scale)
        result = T.rbm_entanglement(p, range(5))
        logs = T.rbm_amplitudes(p, every_state(10), log=True)
        dense = np.exp(logs - logs.real.max()).reshape(32, 32)
        s = np.linalg.svd(dense / np.linalg.norm(dense), compute_uv=False)
        np.testing.assert_allclose(result.schmidt_values, s, atol=1e-14)
        values = result.schmidt_values[result.schmidt_values > 0]
        assert values.min() > 1e-15
        rank = np.exp(T.rbm_entanglement(p, range(5), order=0).entropy)
        assert rank == pytest.approx(len(values))
        assert np.count_nonzero(s > 2e-14) <= len(values) <= np.count_nonzero(s > 1e-15)
        # Orders below 1 are where rounding would show.
        weights = values**2
        expected = math.log((weights**0.1).sum()) / 0.9
        assert T.rbm_entanglement(p, range(5), order=0.1).entropy == pytest.approx(expected)
    assert rank == pytest.approx(1)


def test_a_bell_pair_saturates_its_bound() -> None:
    """Hidden units of +-1 with weights i pi / 4 make cos: a state with two equal Schmidt values."""
    w = np.full((2, 1), 0.25j * np.pi)
    result = T.rbm_entanglement(
        (w, None, [0.25j * np.pi]), [0], visible_units="spin", hidden_units="spin"
    )
    assert result.bound == pytest.approx(math.log(2))
    values = T.rbm_network(
        (w, [0, 0], [0.25j * np.pi]), visible_units="spin", hidden_units="spin"
    ).contract()
    s = np.linalg.svd(values / np.linalg.norm(values), compute_uv=False)
    np.testing.assert_allclose(result.schmidt_values, s, atol=1e-14)


def test_the_partition_function_of_a_local_machine_is_that_of_ais() -> None:
    """81 visible units on a grid, a hidden unit for each plaquette: no sum over a layer does it."""
    rng = np.random.default_rng(3)
    side = 9
    weights = np.zeros((side * side, (side - 1) ** 2))
    for j, (y, x) in enumerate(itertools.product(range(side - 1), repeat=2)):
        for dy, dx in itertools.product((0, 1), repeat=2):
            weights[(y + dy) * side + x + dx, j] = rng.normal()
    rbm = kd.RBM(weights, rng.normal(size=81), rng.normal(size=64))
    contracted = T.rbm_log_partition(rbm)
    estimate = rbm.log_partition("ais", seed=1)
    assert abs(contracted - estimate) < 4 * estimate.standard_error
    assert estimate.standard_error < 0.02
    # A planted fault: one weight more.
    wrong = rbm.weights.copy()
    wrong[0, 0] += 1.0
    off = T.rbm_log_partition(kd.RBM(wrong, rbm.visible_bias, rbm.hidden_bias))
    assert abs(off - estimate) > 4 * estimate.standard_error
    # And by the state of the machine, whose bonds are at most 2^9.
    chain = T.rbm_to_mps(machine(14, 13, 1, share=0.2))
    ones = T.MPS.product(np.ones((14, 2)))
    expected = T.rbm_log_partition(machine(14, 13, 1, share=0.2))
    assert ones.log_overlap(chain)[1] == pytest.approx(expected, abs=1e-11)


W = np.ones((3, 2))
WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: T.rbm_network([1.0, 2.0]),
        ValueError,
        "[rbm_network] expected weights of shape (n_visible, n_hidden), got shape (2,)",
    ),
    (
        lambda: T.rbm_network(W * np.nan),
        ValueError,
        "[rbm_network] expected finite weights, got NaN or infinity",
    ),
    (
        lambda: T.rbm_network(W.astype(object)),
        TypeError,
        "[rbm_network] expected real or complex weights, got object",
    ),
    (
        lambda: T.rbm_network((W, [1.0], None)),
        ValueError,
        "[rbm_network] expected visible_bias of shape (3,), got (1,)",
    ),
    (
        lambda: T.rbm_network(W * 800),
        ValueError,
        "[rbm_network] expected weights and biases of at most 700, got 800",
    ),
    (
        lambda: T.rbm_network(W, output="hidden"),
        ValueError,
        "[rbm_network] expected output to be one of 'visible', 'none', got 'hidden'",
    ),
    (
        lambda: T.rbm_network(W, visible_units="real"),
        ValueError,
        "[rbm_network] expected visible_units to be one of 'binary', 'spin', got 'real'",
    ),
    (
        lambda: T.rbm_network(W, visible=[0, 1, 2]),
        ValueError,
        "[rbm_network] expected visible units of 0 and 1",
    ),
    (
        lambda: T.rbm_network(W, visible=[[0, 1, 1]]),
        ValueError,
        "[rbm_network] expected one state of the visible units, got (1, 3)",
    ),
    (
        lambda: T.rbm_log_partition(W * 200),
        ValueError,
        "[rbm_log_partition] expected weights and bias of a unit that add up to at most 300, "
        "got 400: see rbm_to_mps",
    ),
    (
        lambda: T.rbm_amplitudes(W, [0, 1]),
        ValueError,
        "[rbm_amplitudes] expected visible of shape (..., 3), got shape (2,)",
    ),
    (
        lambda: T.rbm_amplitudes(W, [0, 1, 1], visible_units="spin"),
        ValueError,
        "[rbm_amplitudes] expected visible units of -1 and 1",
    ),
    (
        lambda: T.rbm_to_mps(W, order=[0, 1, 1]),
        ValueError,
        "[rbm_to_mps] expected order to be a permutation of 0 to 2",
    ),
    (
        lambda: T.rbm_to_mps(np.ones((30, 30))),
        ValueError,
        "[rbm_to_mps] expected tensors of at most 2^26 elements, got 2^28 at site 13: "
        "give max_bond or tolerance, and no exact method",
    ),
    (
        lambda: T.rbm_separator(W, [0, 1, 2]),
        ValueError,
        "[rbm_separator] expected a subset of 1 to 2 visible units, got [0, 1, 2]",
    ),
    (
        lambda: T.rbm_entanglement(W, [0, 0]),
        ValueError,
        "[rbm_entanglement] expected different units in the subset, got [0, 0]",
    ),
    (
        lambda: T.rbm_entanglement(W, [3]),
        ValueError,
        "[rbm_entanglement] expected unit in [0, 2], got 3",
    ),
    (
        lambda: T.rbm_entanglement(W, [0], order=-2),
        ValueError,
        "[rbm_entanglement] expected order of at least 0, got -2",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG)
def test_wrong_calls(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(text) + "$"):
        call()
