"""Learning of general Boltzmann machines: exact averages, gradients, likelihoods, wrong calls."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.models import clamped_moments, free_moments


def machine(n: int, seed: int = 1, size: float = 0.5) -> kd.BoltzmannMachine:
    rng = np.random.default_rng(seed)
    half = np.triu(rng.normal(0.0, size, (n, n)), 1)
    return kd.BoltzmannMachine(half + half.T, rng.normal(0.0, size, n))


def data(samples: int, units: int) -> np.ndarray:
    rng = np.random.default_rng(8)
    return rng.choice([-1, 1], (samples, 1)) * rng.choice([-1, 1], (samples, units), p=[0.2, 0.8])


def log_likelihood(model: kd.BoltzmannMachine, visible: np.ndarray) -> float:
    """Mean ln p(v), hidden units summed over, by enumeration of everything."""
    states, p = kd.exact.probabilities(model, 1.0)
    count = visible.shape[1]
    shares = [p[(states[:, :count] == v).all(axis=1)].sum() for v in visible]
    return float(np.log(shares).mean())


@pytest.mark.parametrize("visible", [1, 3, 5, 6])
def test_clamped_averages_are_those_of_enumerated_hidden_units(visible: int) -> None:
    model, v = machine(6), data(40, visible)
    states, p = kd.exact.probabilities(model, 1.0)
    spins, products = np.zeros(6), np.zeros((6, 6))
    for row in v:
        share = p * (states[:, :visible] == row).all(axis=1)
        share /= share.sum()
        spins += share @ states / 40
        products += (states.T * share) @ states / 40
    found = clamped_moments(model, v)
    np.testing.assert_allclose(found.spins, spins, atol=1e-12)
    np.testing.assert_allclose(found.products, products, atol=1e-12)


def test_free_averages_by_plain_sums() -> None:
    model = machine(4)
    total, spins, products = 0.0, np.zeros(4), np.zeros((4, 4))
    for state in itertools.product((-1, 1), repeat=4):
        s, weight = np.array(state), np.exp(-float(model.energy(state)))
        total, spins, products = (
            total + weight,
            spins + weight * s,
            products + weight * np.outer(s, s),
        )
    found = free_moments(model)
    np.testing.assert_allclose(found.spins, spins / total, atol=1e-12)
    np.testing.assert_allclose(found.products, products / total, atol=1e-12)


@pytest.mark.parametrize("visible", [3, 5])
def test_a_step_is_the_gradient_of_the_likelihood(visible: int) -> None:
    model, v, rate = machine(5), data(30, visible), 1e-3
    trainer = kd.BoltzmannTrainer(model, visible, "exact", learning_rate=rate, seed=1).fit(v, 1)
    assert trainer.step == 1
    step = 1e-5
    for i in range(5):
        bump = step * (np.arange(5) == i)
        up, down = (
            log_likelihood(kd.BoltzmannMachine(model.weights, model.biases + s * bump), v)
            for s in (1, -1)
        )
        slope = (trainer.machine.biases - model.biases)[i] / rate
        assert slope == pytest.approx((up - down) / (2 * step), abs=1e-6)
        for j in range(i):
            bump = np.zeros((5, 5))
            bump[i, j] = bump[j, i] = step
            up, down = (
                log_likelihood(kd.BoltzmannMachine(model.weights + s * bump, model.biases), v)
                for s in (1, -1)
            )
            slope = (trainer.machine.weights - model.weights)[i, j] / rate
            assert slope == pytest.approx((up - down) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("method", ["exact", "pcd"])
def test_couplings_are_learnt_up_to_the_entropy_of_the_data(method: str) -> None:
    """Data of a machine of three spins: no likelihood is above their own entropy."""
    states = np.array(list(itertools.product((-1, 1), repeat=3)))
    truth = machine(3, seed=5, size=0.8)
    p = np.exp(-truth.energy(states))
    counts = np.rint(2000 * p / p.sum()).astype(int)
    v = np.repeat(states, counts, axis=0)
    share = counts / counts.sum()
    entropy = -float((share * np.log(share)).sum())
    start = kd.BoltzmannMachine(np.zeros((3, 3)))
    assert log_likelihood(start, v) < -entropy - 0.3
    trainer = kd.BoltzmannTrainer(start, method=method, learning_rate=0.1, chains=4000, seed=2)
    trainer.fit(v, 250)
    assert log_likelihood(trainer.machine, v) == pytest.approx(-entropy, abs=0.003)


def test_hidden_units_raise_the_likelihood() -> None:
    """Parity of three spins: pair couplings alone know nothing of it."""
    states = np.array([s for s in itertools.product((-1, 1), repeat=3) if np.prod(s) == 1])
    uniform = -3 * np.log(2.0)
    alone = kd.BoltzmannTrainer(kd.BoltzmannMachine(np.zeros((3, 3))), method="exact")
    assert log_likelihood(alone.fit(states, 100).machine, states) == pytest.approx(uniform)
    trainer = kd.BoltzmannTrainer(machine(5, size=0.3), 3, "exact", learning_rate=0.3)
    trainer.fit(states, 1500)
    assert log_likelihood(trainer.machine, states) > uniform + 0.5


def test_a_training_is_a_function_of_the_seed() -> None:
    v = data(50, 4)
    options: dict[str, Any] = {"n_visible": 4, "chains": 200, "seed": 9}
    one = kd.BoltzmannTrainer(machine(6), **options, threads=1).fit(v, 6)
    parts = kd.BoltzmannTrainer(machine(6), **options, threads=2).fit(v, 2).fit(v, 4)
    assert one.machine == parts.machine
    assert one.machine != kd.BoltzmannTrainer(machine(6), 4, chains=200, seed=3).fit(v, 6).machine
    assert (
        repr(one) == "BoltzmannTrainer(BoltzmannMachine(6 units), 4 visible, pcd, step=6, seed=9)"
    )


def test_divergence_keeps_the_last_good_machine() -> None:
    trainer = kd.BoltzmannTrainer(machine(4), method="exact", learning_rate=1e13)
    before = trainer.machine
    with pytest.raises(kd.errors.DivergenceError, match=re.escape("at most 1e12 after step 0")):
        trainer.fit(data(10, 4), 3)
    assert trainer.machine is before


WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: kd.BoltzmannTrainer(kd.RBM([[1.0]])),  # type: ignore[arg-type]
        TypeError,
        "[BoltzmannTrainer] expected a machine such as kd.BoltzmannMachine(weights), got RBM(",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(4), 0),
        ValueError,
        "[BoltzmannTrainer] expected n_visible in [1, 4], got 0",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(20), 3),
        ValueError,
        "[BoltzmannTrainer] expected at most 16 hidden units, got 17",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(21), method="exact"),
        ValueError,
        "[BoltzmannTrainer] expected at most 20 units for exact, got 21",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(4), method="cd"),
        ValueError,
        "[BoltzmannTrainer] expected method to be one of 'pcd', 'exact', got 'cd'",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(4), learning_rate=0.0),
        ValueError,
        "[BoltzmannTrainer] expected learning_rate above 0, got 0.0",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(4)).fit([[1, 1, 1]], 1),
        ValueError,
        "[fit] expected data of shape (n_samples, 4) with at least one sample, got shape (1, 3)",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(4)).fit([[1, 1, 0, 1]], 1),
        ValueError,
        "[fit] expected data of -1 and 1, got 0",
    ),
    (
        lambda: kd.BoltzmannTrainer(machine(4)).fit(np.ones((0, 4)), 1),
        ValueError,
        "[fit] expected data of shape (n_samples, 4) with at least one sample, got shape (0, 4)",
    ),
    (
        lambda: clamped_moments(machine(4), [1, 1, 1, 1]),
        ValueError,
        "[clamped_moments] expected data of shape (n_samples, 4) with at least one sample, got s",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), WRONG)
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape(text)):
        call()
