"""Gradients against finite differences and against sums over all states of both layers."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

import kadanoff as kd
from trainings import samples

UNITS = ("binary", "spin")
encodings = pytest.mark.parametrize("units", list(itertools.product(UNITS, UNITS)))
shapes = pytest.mark.parametrize("shape", [(6, 3), (3, 5), (1, 1), (4, 1), (1, 4)])


def machine(shape: tuple[int, int], units: tuple[str, str]) -> kd.RBM:
    rng = np.random.default_rng(8)
    return kd.RBM(
        rng.normal(size=shape), rng.normal(size=shape[0]), rng.normal(size=shape[1]), *units
    )


def states(count: int, units: str) -> np.ndarray:
    low = -1 if units == "spin" else 0
    return np.array(list(itertools.product((low, 1), repeat=count)))


def log_z(rbm: kd.RBM) -> float:
    v, h = states(rbm.n_visible, rbm.visible_units), states(rbm.n_hidden, rbm.hidden_units)
    return float(np.log(np.exp(-rbm.energy(v[:, None], h[None])).sum()))


def log_likelihood(rbm: kd.RBM, data: np.ndarray) -> float:
    return float(-rbm.free_energy(data).mean() - log_z(rbm))


def by_differences(rbm: kd.RBM, function: object, data: np.ndarray) -> list[np.ndarray]:
    """Central differences of a function of (machine, data), by each parameter."""
    parts = [rbm.weights, rbm.visible_bias, rbm.hidden_bias]
    result = [np.zeros(part.shape) for part in parts]
    for number, part in enumerate(parts):
        for index in np.ndindex(part.shape):
            values, places = [], []
            for move in (2.0**-7, -(2.0**-7)):
                changed = [array.copy() for array in parts]
                changed[number][index] += np.float32(move)
                places.append(float(changed[number][index]))
                other = kd.RBM(*changed, rbm.visible_units, rbm.hidden_units)
                values.append(function(other, data))  # type: ignore[operator]
            result[number][index] = (values[0] - values[1]) / (places[0] - places[1])
    return result


@encodings
@shapes
def test_gradient_is_the_slope_of_the_log_likelihood(
    shape: tuple[int, int], units: tuple[str, str]
) -> None:
    rbm, data = machine(shape, units), samples(9, shape[0], units[0])
    found = rbm.log_likelihood_gradient(data)
    for exact, slope in zip(found, by_differences(rbm, log_likelihood, data), strict=True):
        assert exact.dtype == np.float64
        np.testing.assert_allclose(exact, slope, atol=2e-5)


@encodings
def test_positive_phase_is_the_slope_of_the_free_energy(units: tuple[str, str]) -> None:
    rbm, data = machine((5, 3), units), samples(9, 5, units[0])
    slopes = by_differences(rbm, lambda rbm, data: -rbm.free_energy(data).mean(), data)
    chains = kd.GibbsSampler(rbm, len(data), seed=1)
    chains.visible = data
    for moments in (kd.rbm.data_moments(rbm, data), chains.moments()):
        found = (moments.products, moments.visible, moments.hidden)
        for exact, slope in zip(found, slopes, strict=True):
            np.testing.assert_allclose(exact, slope, atol=2e-4)


@encodings
@shapes
def test_model_moments_are_those_of_all_states(
    shape: tuple[int, int], units: tuple[str, str]
) -> None:
    rbm = machine(shape, units)
    v, h = states(shape[0], units[0]), states(shape[1], units[1])
    joint = np.exp(-rbm.energy(v[:, None], h[None]) - log_z(rbm))
    found = kd.rbm.model_moments(rbm)
    np.testing.assert_allclose(found.visible, joint.sum(axis=1) @ v, atol=1e-12)
    np.testing.assert_allclose(found.hidden, joint.sum(axis=0) @ h, atol=1e-12)
    np.testing.assert_allclose(found.products, v.T @ joint @ h, atol=1e-12)


def test_sums_go_on_over_blocks_of_states() -> None:
    rng = np.random.default_rng(2)
    rbm = kd.RBM(rng.normal(size=(14, 17)), rng.normal(size=14), rng.normal(size=17))
    turned = kd.RBM(rbm.weights.T, rbm.hidden_bias, rbm.visible_bias)
    one, other = kd.rbm.model_moments(rbm), kd.rbm.model_moments(turned)
    np.testing.assert_allclose(one.products, other.products.T, atol=1e-12)
    v = states(14, "binary")
    share = np.exp(-rbm.free_energy(v))
    np.testing.assert_allclose(one.visible, share @ v / share.sum(), atol=1e-12)


def test_large_weights_do_not_overflow() -> None:
    rbm = kd.RBM([[1e30, -1e30]], [1e30])
    found = rbm.log_likelihood_gradient([[1]])
    assert all(np.isfinite(part).all() for part in found)
    np.testing.assert_allclose(found.weights, [[0.0, 0.0]], atol=1e-12)


def test_wrong_calls() -> None:
    rbm = kd.RBM(np.zeros((3, 2)))
    text = "[log_likelihood_gradient] expected "
    cases: list[tuple[object, type[Exception], str]] = [
        ([[0, 1, 2]], ValueError, text + "values 0 and 1 for visible, got 2"),
        ([[0, 1]], ValueError, text + "visible of shape (..., 3), got shape (1, 2)"),
        (
            [0, 1, 1],
            ValueError,
            text + "visible of shape (samples, 3) with at least one sample, got shape (3,)",
        ),
        (np.zeros((0, 3)), ValueError, text + "visible of shape (samples, 3) with at least one"),
        ([["a", "b", "c"]], TypeError, text + "numbers for visible, got dtype <U1"),
    ]
    for data, error, message in cases:
        with pytest.raises(error, match="^" + re.escape(message)):
            rbm.log_likelihood_gradient(data)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"a layer of at most 20 units, got 21 in the smaller one"):
        kd.rbm.model_moments(kd.RBM(np.zeros((21, 30))))
