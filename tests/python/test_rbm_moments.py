"""Averages over chains, and machines that take the place of others in a sampler."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

import kadanoff as kd

UNITS = ("binary", "spin")
encodings = pytest.mark.parametrize("units", list(itertools.product(UNITS, UNITS)))


def machine(units: tuple[str, str], seed: int = 2, visible: int = 6, hidden: int = 4) -> kd.RBM:
    rng = np.random.default_rng(seed)
    return kd.RBM(
        rng.normal(size=(visible, hidden)),
        rng.normal(size=visible),
        rng.normal(size=hidden),
        *units,
    )


def hidden_states(rbm: kd.RBM) -> np.ndarray:
    low = -1 if rbm.hidden_units == "spin" else 0
    return np.array(list(itertools.product((low, 1), repeat=rbm.n_hidden)))


@encodings
def test_moments_and_weights_are_those_of_enumerated_hidden_units(units: tuple[str, str]) -> None:
    beta = np.linspace(0.0, 1.5, 40)
    chains = kd.GibbsSampler(machine(units), 40, seed=3, beta=beta)
    chains.run(2)
    v, h = chains.visible, hidden_states(chains.rbm)
    energy = chains.rbm.energy(v[:, None], h[None])
    weight = np.exp(-beta[:, None] * energy)
    np.testing.assert_allclose(chains.log_weight(), np.log(weight.sum(axis=1)), atol=3e-5)
    colder = np.log(np.exp(-0.5 * energy).sum(axis=1))
    np.testing.assert_allclose(chains.log_weight(0.5), colder, atol=3e-5)

    where = np.arange(40) % 3 == 0
    for chosen, moments in [(slice(None), chains.moments()), (where, chains.moments(where))]:
        given = weight[chosen] / weight[chosen].sum(axis=1, keepdims=True)
        mean = given @ h
        np.testing.assert_allclose(moments.visible, v[chosen].mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(moments.hidden, mean.mean(axis=0), atol=1e-4)
        products = v[chosen].T.astype(float) @ mean / len(mean)
        np.testing.assert_allclose(moments.products, products, atol=1e-4)


def test_another_machine_takes_over_at_the_next_step() -> None:
    first, second = machine(("binary", "spin"), 2), machine(("binary", "spin"), 5)
    chains = kd.GibbsSampler(first, 50, seed=1)
    chains.run(3)
    other = kd.GibbsSampler(second, 50, seed=1)
    other.visible, other.hidden = chains.visible, chains.hidden
    other._core.step = 3
    chains.rbm = second
    assert chains.rbm is second
    chains.run(4)
    other.run(4)
    assert np.array_equal(chains.visible, other.visible)
    assert np.array_equal(chains.hidden, other.hidden)


def test_wrong_calls_change_nothing() -> None:
    rbm = machine(("binary", "binary"))
    chains = kd.GibbsSampler(rbm, 4, seed=1)
    with pytest.raises(TypeError, match=re.escape("[rbm] expected a machine such as kd.RBM")):
        chains.rbm = 3  # type: ignore[assignment]
    for wrong in (machine(("binary", "spin")), machine(("binary", "binary"), visible=5)):
        with pytest.raises(ValueError, match=re.escape("[rbm] expected a machine like RBM(6 vis")):
            chains.rbm = wrong
    assert chains.rbm is rbm
    cases: list[tuple[object, type[Exception], str]] = [
        ([1, 0, 1, 0], TypeError, "[moments] expected where of dtype bool, got int64"),
        ([True], ValueError, "[moments] expected where of shape (4,), got (1,)"),
        ([False] * 4, ValueError, "[moments] expected at least one chain, got none"),
    ]
    for where, error, text in cases:
        with pytest.raises(error, match=f"^{re.escape(text)}$"):
            chains.moments(where)  # type: ignore[arg-type]
