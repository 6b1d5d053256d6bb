"""Born machines: training on bars and stripes and on other data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.tensor.states import born

train = kd.tensor.train_born_machine


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (3, 4), (4, 4)])
def test_bars_and_stripes_are_learnt(shape: tuple[int, int], dtype: Any) -> None:
    data = kd.datasets.bars_and_stripes(*shape)
    for seed in (1, 2, 3):
        training = train(data, seed=seed, dtype=dtype)
        assert training.converged
        assert training.data_entropy == pytest.approx(np.log(len(data)), abs=1e-12)
        assert training.losses[-1] == pytest.approx(np.log(len(data)), abs=1e-5)
        likelihoods = training.state.log_likelihood(data)
        assert -likelihoods.mean() == pytest.approx(training.losses[-1], abs=1e-12)
    known = {tuple(row) for row in data.tolist()}
    drawn = training.state.sample(500, seed=1).configurations.tolist()
    assert sum(tuple(row) in known for row in drawn) >= 499


def test_repeated_samples_weigh_more() -> None:
    data = np.repeat([[0, 1, 2, 0], [1, 0, 0, 2], [2, 2, 1, 1]], [5, 3, 2], axis=0)
    training = train(data, dimension=3, seed=1)
    p = np.array([0.5, 0.3, 0.2])
    assert training.data_entropy == pytest.approx(-(p * np.log(p)).sum())
    found = np.exp(training.state.log_likelihood([[0, 1, 2, 0], [1, 0, 0, 2], [2, 2, 1, 1]]))
    np.testing.assert_allclose(found, p, atol=1e-4)


def test_bonds_that_are_too_small_cost_likelihood() -> None:
    data = kd.datasets.bars_and_stripes(3, 3)
    losses = [train(data, max_bond=bond, seed=1).losses[-1] for bond in (1, 4, 8)]
    assert losses[0] > losses[1] + 0.1 > losses[2] + 0.2
    assert losses[2] == pytest.approx(np.log(14), abs=1e-5)
    # Bonds of 1 make a product: the best is that of independent pixels, here all even.
    assert losses[0] == pytest.approx(9 * np.log(2), abs=1e-3)


def test_training_goes_on_from_a_state() -> None:
    data = kd.datasets.bars_and_stripes(3, 3)
    first = train(data, seed=1)
    again = train(data, start=first.state, sweeps=1)
    assert again.losses[0] == pytest.approx(first.losses[-1], abs=1e-6)
    same = train(data, seed=1)
    assert (first.losses == same.losses).all()


def test_the_gradient_is_that_of_the_loss() -> None:
    """The step's direction against differences of the loss; a wrong sign or factor would show."""
    rng = np.random.default_rng(1)
    rows = np.unique(rng.integers(0, 2, size=(9, 5)), axis=0)
    weights = rng.random(len(rows))
    weights /= weights.sum()
    state = kd.tensor.MPS.random(5, bond=4, seed=1)
    fit = born._Fit(list(state.tensors), rows, weights, 8, 1, 0.5, 0.0)
    theta = rng.normal(size=(1, 2, 2, fit.chain[1].shape[2]))
    theta /= np.linalg.norm(theta)
    groups = fit._groups(0)
    parts = [(fit.lefts[0][k], fit.rights[1][k], weights[k]) for _, _, k in groups]

    def loss(x: np.ndarray) -> float:
        return fit._loss(x, groups, parts)[0] + np.log((x**2).sum())

    gradient = 2 * (theta - fit._loss(theta, groups, parts)[1])
    for index in np.ndindex(theta.shape):
        step = np.zeros_like(theta)
        step[index] = 1e-6
        numeric = (loss(theta + step) - loss(theta - step)) / 2e-6
        assert gradient[index] == pytest.approx(numeric, rel=1e-5, abs=1e-5)
