"""Exact partition functions, likelihoods and pseudo-likelihoods of machines."""

from __future__ import annotations

import itertools
import pickle
import re
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.rbm.likelihood import exact as likelihood

VALUES = {"binary": (0, 1), "spin": (-1, 1)}
NAN, INF = float("nan"), float("inf")
encodings = pytest.mark.parametrize("units", list(itertools.product(VALUES, VALUES)), ids="-".join)


def machine(visible: int, hidden: int, units: tuple[str, str], size: float = 1.0) -> kd.RBM:
    rng = np.random.default_rng(visible + 100 * hidden)
    draw = lambda *shape: size * rng.normal(size=shape)  # noqa: E731
    return kd.RBM(draw(visible, hidden), draw(visible), draw(hidden), *units)


def states(count: int, units: str) -> np.ndarray:
    return np.array(list(itertools.product(VALUES[units], repeat=count)))


@encodings
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 6), (9, 1), (1, 9)])
@pytest.mark.parametrize("beta", [0.0, 0.4, 1.0, 3.0])
def test_the_exact_sum_is_that_of_all_pairs_of_states(
    units: tuple[str, str], shape: tuple[int, int], beta: float
) -> None:
    rbm = machine(*shape, units)
    v, h = states(shape[0], units[0]), states(shape[1], units[1])
    total = np.logaddexp.reduce(-beta * rbm.energy(v[:, None], h[None]), axis=None)
    assert rbm.log_partition(beta=beta) == pytest.approx(total, abs=1e-12)


@encodings
@pytest.mark.parametrize("size", [0.1, 1.0, 30.0, 500.0, 1e6])
@pytest.mark.parametrize("shape", [(13, 40), (13, 13), (40, 12)])
def test_the_exact_sum_is_that_of_free_energies(
    units: tuple[str, str], size: float, shape: tuple[int, int]
) -> None:
    """Sizes at which all, some and none of the units have sums that e^x can be taken of."""
    rbm = machine(*shape, units, size)
    if shape[0] > shape[1]:  # the same machine, seen from its other layer
        turned = kd.RBM(rbm.weights.T, rbm.hidden_bias, rbm.visible_bias, *units[::-1])
        total = np.logaddexp.reduce(-turned.free_energy(states(shape[1], units[1])))
    else:
        total = np.logaddexp.reduce(-rbm.free_energy(states(shape[0], units[0])))
    assert rbm.log_partition() == pytest.approx(total, rel=1e-13)


def test_units_of_all_sizes_in_one_machine() -> None:
    rng = np.random.default_rng(4)
    weights = rng.normal(size=(11, 30)) * 10.0 ** rng.uniform(-3, 5, size=30)
    rbm = kd.RBM(weights, rng.normal(size=11), rng.normal(size=30))
    total = np.logaddexp.reduce(-rbm.free_energy(states(11, "binary")))
    assert rbm.log_partition() == pytest.approx(total, rel=1e-13)


@pytest.mark.parametrize("weight", [1e30, -1e30, 1e36])
def test_huge_weights_neither_overflow_nor_give_nan(weight: float) -> None:
    rbm = kd.RBM(np.full((3, 2), weight))
    exact = 6.0 * weight if weight > 0 else np.log(8.0 + 3.0)  # v = 0 or h = 0
    assert rbm.log_partition() == pytest.approx(exact, rel=1e-6)
    every = states(3, "binary")
    assert not np.isnan(rbm.log_likelihood(every)).any()
    assert not np.isnan(rbm.pseudo_likelihood(every)).any()


def test_any_number_of_threads_gives_the_same_bits() -> None:
    rbm = machine(40, 14, ("spin", "binary"))
    one = float(rbm.log_partition(threads=1))
    assert all(float(rbm.log_partition(threads=threads)) == one for threads in (2, 3, 8))
    v = np.where(np.random.default_rng(1).random((50, 40)) < 0.5, 1, -1)
    pseudo = rbm.pseudo_likelihood(v, threads=1)
    assert all((rbm.pseudo_likelihood(v, threads=n) == pseudo).all() for n in (2, 5))


def test_ln_z_is_a_float_that_knows_itself_exact() -> None:
    rbm = machine(4, 3, ("binary", "binary"))
    log_z = rbm.log_partition()
    assert isinstance(log_z, float)
    assert (log_z.log_z, log_z.standard_error) == (float(log_z), 0.0)
    assert log_z.interval == (log_z, log_z)
    assert log_z.reliable
    assert repr(log_z) == f"LogPartition({float(log_z):.10g}, exact)"


def test_estimates_can_be_pickled() -> None:
    estimate = machine(6, 5, ("binary", "spin")).log_partition("ais", seed=1)
    copy = pickle.loads(pickle.dumps(estimate))
    assert copy == estimate
    assert repr(copy) == repr(estimate)
    assert (copy.log_weights == estimate.log_weights).all()
    assert copy.interval == estimate.interval


@encodings
def test_likelihoods_add_up_to_one(units: tuple[str, str]) -> None:
    rbm = machine(8, 5, units)
    every = states(8, units[0])
    log_p = rbm.log_likelihood(every)
    assert log_p.dtype == np.float64
    assert np.exp(log_p).sum() == pytest.approx(1.0, abs=1e-13)
    np.testing.assert_allclose(rbm.log_likelihood(every, 0.0), -rbm.free_energy(every), rtol=1e-15)


@encodings
@pytest.mark.parametrize("shape", [(1, 1), (7, 4), (4, 30)])
@pytest.mark.parametrize("size", [1.0, 200.0])
def test_pseudo_likelihoods_are_products_of_conditional_probabilities(
    units: tuple[str, str], shape: tuple[int, int], size: float
) -> None:
    rbm = machine(*shape, units, size)
    every = states(shape[0], units[0])
    minus_f = -rbm.free_energy(every)
    expected = np.zeros(len(every))
    for i in range(shape[0]):
        flipped = every.copy()
        flipped[:, i] = sum(VALUES[units[0]]) - every[:, i]
        expected += minus_f - np.logaddexp(minus_f, -rbm.free_energy(flipped))
    pseudo = rbm.pseudo_likelihood(every)
    np.testing.assert_allclose(pseudo, expected, rtol=1e-12, atol=1e-12 * np.abs(minus_f).max())


def test_results_have_the_shape_of_the_states(monkeypatch: pytest.MonkeyPatch) -> None:
    rbm = machine(6, 4, ("binary", "binary"))
    v = np.random.default_rng(2).integers(0, 2, (3, 5, 7, 6))
    for value in (rbm.free_energy, rbm.log_likelihood, rbm.pseudo_likelihood):
        whole = value(v)
        assert whole.shape == (3, 5, 7)
        assert value(v[0, 0, 0]).shape == ()
        assert value(v[:0]).shape == (0, 5, 7)
        assert value(v[0, ::-2].astype(np.float16)).tolist() == whole[0, ::-2].tolist()
        with monkeypatch.context() as patch:  # chunks of a few samples
            patch.setattr(likelihood, "_CHUNK_BYTES", 400)
            np.testing.assert_allclose(value(v), whole, rtol=1e-14)


def test_a_wrong_sign_of_a_bias_is_noticed() -> None:
    rbm = machine(8, 5, ("binary", "binary"))
    wrong = kd.RBM(rbm.weights, -rbm.visible_bias, rbm.hidden_bias)
    assert abs(np.exp(wrong.log_likelihood(states(8, "binary"), rbm.log_partition())).sum() - 1) > 1


LARGE = kd.RBM(np.zeros((25, 30)))
SMALL = kd.RBM(np.zeros((3, 2)))
WRONG: list[tuple[Any, type[Exception], str]] = [
    (
        lambda: LARGE.log_partition(),
        ValueError,
        "[log_partition] expected a layer of at most 24 units for an exact sum, got 25 units in "
        'the smaller one: method "ais" estimates it',
    ),
    (
        lambda: LARGE.log_likelihood(np.zeros(25)),
        ValueError,
        "[log_likelihood] expected log_z of a machine with more than 24 units in each layer, got "
        'None: log_partition("ais") estimates it',
    ),
    (
        lambda: SMALL.log_partition("annealed"),
        ValueError,
        "[log_partition] expected method to be one of 'exact', 'ais', 'reverse_ais', "
        "got 'annealed'",
    ),
    (
        lambda: SMALL.log_partition(beta=-1),
        ValueError,
        "[log_partition] expected beta in [0, 1e12], got -1",
    ),
    (
        lambda: SMALL.log_partition(beta=NAN),
        ValueError,
        "[log_partition] expected a finite beta, got nan",
    ),
    (
        lambda: SMALL.log_partition(threads=0),
        ValueError,
        "[log_partition] expected threads in [1, 4096], got 0",
    ),
    (
        lambda: SMALL.log_partition(chains=10),
        ValueError,
        "[log_partition] expected no chains for exact, got 10",
    ),
    (
        lambda: SMALL.log_likelihood([0, 1]),
        ValueError,
        "[log_likelihood] expected visible of shape (..., 3), got shape (2,)",
    ),
    (
        lambda: SMALL.log_likelihood([0, 1, 2]),
        ValueError,
        "[log_likelihood] expected values 0 and 1 for visible, got 2",
    ),
    (
        lambda: SMALL.log_likelihood([0, 1, NAN]),
        ValueError,
        "[log_likelihood] expected values 0 and 1 for visible, got nan",
    ),
    (
        lambda: SMALL.log_likelihood([0, 1, 0], log_z=INF),
        ValueError,
        "[log_likelihood] expected a finite log_z, got inf",
    ),
    (
        lambda: SMALL.log_likelihood([0, 1, 0], log_z="1"),
        TypeError,
        "[log_likelihood] expected a real number for log_z, got '1'",
    ),
    (
        lambda: SMALL.pseudo_likelihood([0, 1, 0.5]),
        ValueError,
        "[pseudo_likelihood] expected values 0 and 1 for visible, got 0.5",
    ),
    (
        lambda: SMALL.pseudo_likelihood([0, 1, 0], threads=True),
        TypeError,
        "[pseudo_likelihood] expected an integer threads, got True",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), WRONG, ids=range(len(WRONG)))
def test_wrong_calls(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        call()
