"""Optimisers, learning rates and steps, against formulas written out here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.rbm import schedules
from kadanoff.rbm.gibbs import Moments
from kadanoff.rbm.training.settings import Settings
from kadanoff.rbm.training.updating import Parameters

NAN = float("nan")
SETTINGS: dict[str, Any] = {
    "method": "cd",
    "k": 1,
    "batch_size": 1,
    "optimizer": kd.rbm.SGD(momentum=0.0),
    "learning_rate": 0.1,
    "weight_decay": 0.0,
    "l1": 0.0,
    "clip": None,
    "centred": False,
    "offset_rate": 0.25,
    "weight_limit": 1e3,
    "keep_every": None,
    "seed": 1,
    "precision": "float32",
}


def moments(seed: int) -> Moments:
    rng = np.random.default_rng(seed)
    return Moments(rng.random(4), rng.random(3), rng.random((4, 3)))


def parameters(**changed: Any) -> tuple[Parameters, kd.RBM]:
    rng = np.random.default_rng(1)
    rbm = kd.RBM(rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3))
    rules = Settings.checked(**{**SETTINGS, **changed}).rules
    memory = rules.optimizer.start(rbm.weights.size + 7)
    return Parameters(rbm, rules, memory, None), rbm


def differences(count: int) -> list[list[np.ndarray]]:
    pairs = [(moments(2 * n), moments(2 * n + 1)) for n in range(count)]
    return [
        [up.products - down.products, up.visible - down.visible, up.hidden - down.hidden]
        for up, down in pairs
    ]


def after(count: int, **changed: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Parameters before and after so many steps of 0.1."""
    found, rbm = parameters(**changed)
    for n in range(count):
        found.update(moments(2 * n), moments(2 * n + 1), 0.1, n + 1)
    end = found.machine()
    return (
        [rbm.weights, rbm.visible_bias, rbm.hidden_bias],
        [end.weights, end.visible_bias, end.hidden_bias],
    )


def agree(found: list[np.ndarray], expected: list[np.ndarray]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_momentum() -> None:
    start, end = after(3, optimizer=kd.rbm.SGD(momentum=0.5))
    velocity, place = [0.0, 0.0, 0.0], list(start)
    for gradient in differences(3):
        velocity = [0.5 * u + 0.1 * g for u, g in zip(velocity, gradient, strict=True)]
        place = [p + u for p, u in zip(place, velocity, strict=True)]
    agree(end, place)


def test_adam() -> None:
    start, end = after(4, optimizer=kd.rbm.Adam(0.8, 0.9, 1e-3))
    mean, square, place = [0.0] * 3, [0.0] * 3, list(start)
    for t, gradient in enumerate(differences(4), 1):
        mean = [0.8 * m + 0.2 * g for m, g in zip(mean, gradient, strict=True)]
        square = [0.9 * v + 0.1 * g**2 for v, g in zip(square, gradient, strict=True)]
        place = [
            p + 0.1 * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.9**t)) + 1e-3)
            for p, m, v in zip(place, mean, square, strict=True)
        ]
    agree(end, place)


def test_weight_decay_and_l1_act_on_weights_alone() -> None:
    (weights, *_), (left, *_) = after(1)
    (_, *biases), (decayed, *others) = after(1, weight_decay=0.5)
    np.testing.assert_allclose(decayed, left - 0.05 * weights, atol=2e-6)
    agree(others, [b + 0.1 * g for b, g in zip(biases, differences(1)[0][1:], strict=True)])
    _, (shrunk, *_) = after(1, l1=2.0)
    np.testing.assert_allclose(
        shrunk, np.sign(left) * np.maximum(np.abs(left) - 0.2, 0.0), atol=2e-6
    )
    assert (shrunk == 0.0).any()


def test_clipping_keeps_the_direction() -> None:
    gradient = differences(1)[0]
    norm = math.sqrt(sum(float((part**2).sum()) for part in gradient))
    start, end = after(1, clip=norm / 4.0)
    agree(end, [p + 0.025 * g for p, g in zip(start, gradient, strict=True)])
    start, end = after(1, clip=norm * 1.01)
    agree(end, [p + 0.1 * g for p, g in zip(start, gradient, strict=True)])


def test_centred_steps() -> None:
    """Written for the energy of centred units, whose biases are a + W l and b + m W."""
    found, rbm = parameters(centred=True, optimizer=kd.rbm.SGD(momentum=0.5))
    weights = rbm.weights.astype(float)
    m, lam = moments(0).visible, moments(0).hidden
    a, b = rbm.visible_bias + weights @ lam, rbm.hidden_bias + m @ weights
    velocity = [np.zeros((4, 3)), np.zeros(4), np.zeros(3)]
    for n in range(3):
        up, down = moments(2 * n), moments(2 * n + 1)
        if n:  # new offsets, the same machine
            new_m, new_lam = 0.75 * m + 0.25 * up.visible, 0.75 * lam + 0.25 * up.hidden
            a, b = a + weights @ (new_lam - lam), b + (new_m - m) @ weights
            m, lam = new_m, new_lam
        centred = [
            part.products - np.outer(part.visible, lam) - np.outer(m, part.hidden)
            for part in (up, down)
        ]
        gradient = [centred[0] - centred[1], up.visible - down.visible, up.hidden - down.hidden]
        velocity = [0.5 * u + 0.1 * g for u, g in zip(velocity, gradient, strict=True)]
        weights, a, b = weights + velocity[0], a + velocity[1], b + velocity[2]
        found.update(up, down, 0.1, n + 1)
    end = found.machine()
    agree(
        [end.weights, end.visible_bias, end.hidden_bias],
        [weights, a - weights @ lam, b - m @ weights],
    )


def test_centred_learning_does_not_care_which_value_is_zero() -> None:
    """Flipped data with a flipped machine give a flipped training; plain gradients do not."""
    data = (np.random.default_rng(2).random((40, 5)) < [0.9, 0.8, 0.5, 0.2, 0.1]).astype(int)
    rng = np.random.default_rng(4)
    rbm = kd.RBM(rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=3))
    flipped = kd.RBM(-rbm.weights, -rbm.visible_bias, rbm.hidden_bias + rbm.weights.sum(axis=0))

    def distance(centred: bool) -> float:
        options: dict[str, Any] = {"centred": centred, "seed": 1, "optimizer": "sgd"}
        one = kd.RBMTrainer(rbm, "exact", **options).fit(data, 10).rbm
        other = kd.RBMTrainer(flipped, "exact", **options).fit(1 - data, 10).rbm
        gap = one.free_energy(data) - other.free_energy(1 - data)
        return float(np.ptp(gap))

    assert distance(True) < 1e-4
    assert distance(False) > 1e-2


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 0.05), ("adam", 0.002)])
@pytest.mark.parametrize(
    ("units", "share"),
    [(("binary", "binary"), 1.0), (("spin", "binary"), 0.5), (("spin", "spin"), 0.25)],
)
def test_default_rates(optimizer: str, rate: float, units: tuple[str, str], share: float) -> None:
    trainer = kd.RBMTrainer(kd.RBM([[0.0]], None, None, *units), optimizer=optimizer, chains=1)
    assert trainer.settings.learning_rate(3.0) == rate * share


@pytest.mark.parametrize(
    ("schedule", "epoch", "rate"),
    [
        (schedules.Constant(0.3), 7.0, 0.3),
        (schedules.Step(1.0, 0.1, 5), 4.99, 1.0),
        (schedules.Step(1.0, 0.1, 5), 10.0, 0.01),
        (schedules.Exponential(2.0, 0.5), 3.0, 0.25),
        (schedules.Cosine(1.0, 10.0, 0.2), 0.0, 1.0),
        (schedules.Cosine(1.0, 10.0, 0.2), 5.0, 0.6),
        (schedules.Cosine(1.0, 10.0, 0.2), 11.0, 0.2),
    ],
)
def test_schedules(schedule: Callable[[float], float], epoch: float, rate: float) -> None:
    assert schedule(epoch) == pytest.approx(rate, abs=1e-12)


CASES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: kd.rbm.SGD(1.0), ValueError, "[SGD] expected momentum in [0, 1), got 1.0"),
    (lambda: kd.rbm.SGD("a"), TypeError, "[SGD] expected a real number for momentum, got 'a'"),
    (lambda: kd.rbm.Adam(beta2=-0.1), ValueError, "[Adam] expected beta2 in [0, 1), got -0.1"),
    (lambda: kd.rbm.Adam(epsilon=0), ValueError, "[Adam] expected epsilon above 0, got 0.0"),
    (lambda: schedules.Constant(-1), ValueError, "[schedule] expected rate of 0 or more, got -1.0"),
    (lambda: schedules.Constant(NAN), ValueError, "[schedule] expected a finite rate, got nan"),
    (lambda: schedules.Step(1, every=0), ValueError, "[schedule] expected every in [1, "),
    (lambda: schedules.Step(1, every=2.5), TypeError, "[schedule] expected an integer every, got"),
    (lambda: schedules.Cosine(1, 0), ValueError, "[schedule] expected epochs above 0, got 0.0"),
]


@pytest.mark.parametrize(("call", "error", "text"), CASES)
def test_wrong_settings(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape(text)):
        call()
