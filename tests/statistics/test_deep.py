"""Deep Boltzmann machines and belief networks against enumerated distributions.

A histogram of 400,000 draws over 256 states notices a distribution that is off by 2 % in every
state by 4 standard errors and more.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import checks
import kadanoff as kd
from rbm_checks import layer_probabilities, numbers, states

CHAINS = 400_000
# A fault must show this clearly, so that no control passes by luck.
MARGIN = 6.0
ENCODINGS = list(itertools.product(("binary", "spin"), repeat=2))
encodings = pytest.mark.parametrize("units", ENCODINGS, ids="-".join)


def stack(sizes: tuple[int, ...], units: tuple[str, str], seed: int = 7) -> list[kd.RBM]:
    """RBMs on one another, the layers of alternating values, with biases of both signs."""
    rng = np.random.default_rng(seed)
    size = 0.7 if "spin" in units else 1.4
    return [
        kd.RBM(
            rng.uniform(-size, size, (lower, upper)),
            rng.uniform(-size, size, lower),
            rng.uniform(-size, size, upper),
            units[k % 2],
            units[1 - k % 2],
        )
        for k, (lower, upper) in enumerate(itertools.pairwise(sizes))
    ]


def joint_states(layers: tuple[tuple[int, str], ...]) -> list[np.ndarray]:
    """All states of all layers together, one array (states, units) for each layer."""
    every = states(sum(n for n, _ in layers), "binary")
    parts = np.split(every, np.cumsum([n for n, _ in layers])[:-1], axis=1)
    return [x if u == "binary" else 2 * x - 1 for x, (_, u) in zip(parts, layers, strict=True)]


def cells(layers: tuple[np.ndarray, ...]) -> np.ndarray:
    return numbers(np.concatenate([x == 1 for x in layers], axis=1))


def deep_target(deep: kd.DeepBoltzmannMachine) -> np.ndarray:
    weight = np.exp(-deep.energy(*joint_states(deep.layers)))
    return weight / weight.sum()


def check_deep(deep: kd.DeepBoltzmannMachine, sampled: kd.RBM, precision: str = "float32") -> None:
    """Exact draws are still exact after steps of the RBM that is to be the deep machine."""
    target = deep_target(deep)
    start = np.random.default_rng(1).choice(len(target), CHAINS, p=target)
    chains = deep.sampler(CHAINS, seed=2, precision=precision)
    chains.layers = [x[start] for x in joint_states(deep.layers)]
    chains.gibbs.rbm = sampled
    chains.run(3)
    counts = np.bincount(cells(chains.layers), minlength=len(target))
    checks.chi_square("deep", counts, CHAINS * target)


@encodings
@pytest.mark.parametrize("precision", ["float32", "fixed16"])
def test_a_deep_machine_keeps_its_distribution(units: tuple[str, str], precision: str) -> None:
    deep = kd.DeepBoltzmannMachine(stack((3, 3, 2), units))
    check_deep(deep, deep.rbm, precision)


@encodings
def test_four_layers_keep_their_distribution(units: tuple[str, str]) -> None:
    deep = kd.DeepBoltzmannMachine(stack((2, 3, 2, 1), units))
    check_deep(deep, deep.rbm)


@pytest.mark.parametrize("fault", ["untransposed", "forgotten", "bias"])
def test_wrongly_joined_layers_are_noticed(fault: str) -> None:
    deep = kd.DeepBoltzmannMachine(stack((2, 3, 3), ("binary", "binary")))
    weights, bias = deep.rbm.weights.copy(), deep.rbm.hidden_bias.copy()
    if fault == "untransposed":
        weights[2:] = deep.weights[1]
    elif fault == "forgotten":
        weights[2:] = 0.0
    else:
        bias *= 0.9
    wrong = kd.RBM(weights, deep.rbm.visible_bias, bias)
    with pytest.raises(checks.DeviationError) as failure:
        check_deep(deep, wrong)
    assert failure.value.score > MARGIN


@encodings
def test_chains_of_a_deep_machine_forget_their_start(units: tuple[str, str]) -> None:
    deep = kd.DeepBoltzmannMachine(stack((3, 3, 2), units))
    target = deep_target(deep)
    step = layer_probabilities(deep.rbm, True) @ layer_probabilities(deep.rbm, False)
    uniform = np.full(len(step), 1.0 / len(step))
    limit = uniform @ np.linalg.matrix_power(step, 400)
    assert np.abs(limit @ step - limit).max() < 1e-8
    chains = deep.sampler(CHAINS // 4, seed=3)
    chains.run(100)
    counts = np.bincount(cells(chains.layers), minlength=len(target))
    checks.chi_square("random start", counts, CHAINS // 4 * target)


def test_hidden_layers_given_the_visible_one() -> None:
    deep = kd.DeepBoltzmannMachine(stack((3, 3, 2), ("binary", "spin")))
    v = np.array([1, 0, 1])
    chains = deep.sampler(CHAINS // 4, seed=4)
    chains.clamp(np.ones(3, dtype=bool), v)
    chains.run(100)
    target = deep_target(deep) * (joint_states(deep.layers)[0] == v).all(axis=1)
    counts = np.bincount(cells(chains.layers), minlength=len(target))
    checks.chi_square("clamped", counts, CHAINS // 4 * target / target.sum())


def belief_target(network: kd.DeepBeliefNetwork) -> np.ndarray:
    """p(v, h1, h2) = p(v | h1) p(h1, h2), by enumeration."""
    v, h1, h2 = joint_states(network.layers)
    weight = np.exp(-network.rbms[1].energy(h1, h2))
    to_visible = layer_probabilities(network.rbms[0], False)
    weight *= to_visible[numbers(h1), numbers(v)]
    return weight / weight.sum()


def check_belief(network: kd.DeepBeliefNetwork, sampled: kd.DeepBeliefNetwork) -> None:
    chains = sampled.sampler(CHAINS, seed=5)
    chains.run(60)
    target = belief_target(network)
    counts = np.bincount(cells(chains.layers), minlength=len(target))
    checks.chi_square("belief", counts, CHAINS * target)


@encodings
def test_a_belief_network_has_its_distribution(units: tuple[str, str]) -> None:
    network = kd.DeepBeliefNetwork(stack((3, 3, 2), units, seed=9))
    check_belief(network, network)


def test_a_wrong_downward_pass_is_noticed() -> None:
    network = kd.DeepBeliefNetwork(stack((3, 3, 2), ("binary", "binary"), seed=9))
    lower = network.rbms[0]
    turned = kd.RBM(lower.weights.T, lower.visible_bias, lower.hidden_bias)
    with pytest.raises(checks.DeviationError) as failure:
        check_belief(network, kd.DeepBeliefNetwork([turned, network.rbms[1]]))
    assert failure.value.score > MARGIN


@encodings
def test_drawn_passes_have_the_conditional_distribution(units: tuple[str, str]) -> None:
    network = kd.DeepBeliefNetwork(stack((3, 3, 2), units, seed=9))
    every = joint_states(network.layers)
    first, second = network.rbms
    v = np.broadcast_to(every[0][5], (CHAINS, 3))
    up = layer_probabilities(first, True)[numbers(every[0][5])][numbers(every[1])]
    up = up * layer_probabilities(second, True)[numbers(every[1]), numbers(every[2])]
    up *= (every[0] == every[0][5]).all(axis=1)
    drawn = (v, *network.up(v, seed=6))
    checks.chi_square("up", np.bincount(cells(drawn), minlength=256), CHAINS * up)

    top = np.broadcast_to(every[2][130], (CHAINS, 2))
    down = layer_probabilities(second, False)[numbers(every[2][130])][numbers(every[1])]
    down = down * layer_probabilities(first, False)[numbers(every[1]), numbers(every[0])]
    down *= (every[2] == every[2][130]).all(axis=1)
    drawn = (*network.down(top, seed=6), top)
    checks.chi_square("down", np.bincount(cells(drawn), minlength=256), CHAINS * down)
