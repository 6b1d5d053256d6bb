"""Deep Boltzmann machines and belief networks: energies, layers, files, and wrong calls."""

from __future__ import annotations

import itertools
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import storage
from kadanoff.rbm import DeepBeliefSampler, DeepGibbsSampler

VALUES = {"binary": (0, 1), "spin": (-1, 1)}
encodings = pytest.mark.parametrize("units", list(itertools.product(VALUES, VALUES)), ids="-".join)


def stack(sizes: tuple[int, ...], units: tuple[str, str] = ("binary", "binary")) -> list[kd.RBM]:
    rng = np.random.default_rng(3)
    return [
        kd.RBM(
            rng.normal(size=(lower, upper)),
            rng.normal(size=lower),
            rng.normal(size=upper),
            units[k % 2],
            units[1 - k % 2],
        )
        for k, (lower, upper) in enumerate(itertools.pairwise(sizes))
    ]


def deep(*sizes: int, units: tuple[str, str] = ("binary", "binary")) -> kd.DeepBoltzmannMachine:
    return kd.DeepBoltzmannMachine(stack(sizes, units))


def layer_states(count: int, units: str) -> np.ndarray:
    return np.array(list(itertools.product(VALUES[units], repeat=count)))


@encodings
def test_energies_are_those_of_the_rbms(units: tuple[str, str]) -> None:
    rbms = stack((3, 4, 2, 3), units)
    machine = kd.DeepBoltzmannMachine(rbms)
    x = [np.random.default_rng(5).choice(VALUES[u], (50, n)) for n, u in machine.layers]
    plain = sum(rbm.energy(x[k], x[k + 1]) for k, rbm in enumerate(rbms))
    np.testing.assert_allclose(machine.energy(*x), plain, atol=1e-5)
    flat = machine.rbm.energy(np.hstack(x[::2]), np.hstack(x[1::2]))
    np.testing.assert_allclose(machine.energy(*x), flat, atol=1e-12)


@encodings
def test_free_energies_by_enumeration(units: tuple[str, str]) -> None:
    machine = deep(3, 4, 2, units=units)
    v, h1, h2 = (layer_states(n, u) for n, u in machine.layers)
    energy = machine.energy(v[:, None, None], h1[:, None], h2)
    assert energy.shape == (8, 16, 4)
    free = -np.log(np.exp(-energy).sum(axis=1))
    np.testing.assert_allclose(machine.free_energy(v[:, None], h2), free, atol=1e-12)

    given = machine.posterior(v[3])
    assert isinstance(given, kd.RBM)
    rest = given.energy(h1[:, None], h2) - v[3] @ machine.biases[0]
    np.testing.assert_allclose(rest, energy[3], atol=1e-5)


def test_the_posterior_of_four_layers_is_a_deep_machine() -> None:
    machine = deep(3, 2, 4, 2, units=("binary", "spin"))
    v, h1, h2, h3 = (layer_states(n, u) for n, u in machine.layers)
    given = machine.posterior(v[6])
    assert isinstance(given, kd.DeepBoltzmannMachine)
    rest = given.energy(h1[:, None, None], h2[:, None], h3) - v[6] @ machine.biases[0]
    np.testing.assert_allclose(
        rest, machine.energy(v[6], h1[:, None, None], h2[:, None], h3), atol=1e-5
    )


@encodings
@pytest.mark.parametrize("sizes", [(3, 4, 2), (3, 2, 3, 2)])
def test_likelihoods_by_enumeration(units: tuple[str, str], sizes: tuple[int, ...]) -> None:
    machine = deep(*sizes, units=units)
    grids = [layer_states(n, u) for n, u in machine.layers]
    shaped = [
        x.reshape(*(len(x) if k == layer else 1 for k in range(len(grids))), x.shape[-1])
        for layer, x in enumerate(grids)
    ]
    weight = np.exp(-machine.energy(*shaped))
    assert float(machine.log_partition()) == pytest.approx(np.log(weight.sum()), abs=1e-5)
    share = np.log(weight.reshape(len(grids[0]), -1).sum(axis=1) / weight.sum())
    np.testing.assert_allclose(machine.log_likelihood(grids[0]), share, atol=1e-5)
    two = machine.log_likelihood(grids[0][:2].reshape(2, 1, -1), log_z=1.0)
    assert two.shape == (2, 1)
    np.testing.assert_allclose(two[:, 0], share[:2] + np.log(weight.sum()) - 1.0, atol=1e-5)


def test_weights_and_biases_in_place_of_rbms() -> None:
    rbms = stack((3, 4, 2), ("spin", "spin"))
    weights = [rbm.weights for rbm in rbms]
    between = rbms[0].hidden_bias + rbms[1].visible_bias
    biases = [rbms[0].visible_bias, between, rbms[1].hidden_bias]
    machine = kd.DeepBoltzmannMachine(weights, biases, units="spin")
    assert machine == kd.DeepBoltzmannMachine(rbms)
    assert machine != kd.DeepBoltzmannMachine(weights, units="spin")
    assert kd.DeepBoltzmannMachine(weights, units="spin").biases[1].tolist() == [0.0] * 4
    for array in (*machine.weights, *machine.biases):
        assert array.dtype == np.float32
        assert not array.flags.writeable


@encodings
def test_layers_can_be_assigned(units: tuple[str, str]) -> None:
    chains = deep(3, 4, 2, 5, units=units).sampler(9, seed=1)
    before = chains.layers
    for x, (n, u) in zip(before, chains.machine.layers, strict=True):
        assert x.shape == (9, n)
        assert x.dtype == (np.uint8 if u == "binary" else np.int8)
        assert x.flags.c_contiguous
    new = [np.random.default_rng(2).choice(np.unique(x), x.shape).astype(float) for x in before]
    chains.layers = new
    assert all((a == b).all() for a, b in zip(chains.layers, new, strict=True))
    chains.visible = before[0]
    assert (chains.visible == before[0]).all()
    assert all((a == b).all() for a, b in zip(chains.layers[1:], new[1:], strict=True))


def test_a_step_draws_odd_layers_and_then_even_ones() -> None:
    machine = kd.DeepBoltzmannMachine(
        [np.full((2, 3), 60.0), np.full((3, 1), 60.0)], [[-30.0] * 2, [-90.0] * 3, [-30.0]]
    )
    chains = machine.sampler(2, seed=1)
    chains.layers = [[[1, 1], [0, 0]], np.zeros((2, 3)), [[1], [1]]]
    chains.run(1)
    assert [x.tolist() for x in chains.layers] == [
        [[1, 1], [0, 0]],
        [[1, 1, 1], [0, 0, 0]],
        [[1], [0]],
    ]


def test_clamped_visible_units_can_be_let_go() -> None:
    chains = deep(5, 4, 3).sampler(200, seed=3)
    assert chains.clamped is None
    mask = np.array([True, False, True, False, False])
    chains.clamp(mask, [1, 0, 0, 0, 0])
    chains.run(4)
    assert (chains.visible[:, mask] == [1, 0]).all()
    assert chains.clamped is not None
    assert (chains.clamped == mask).all()
    for free in (*chains.layers[1:], chains.visible[:, ~mask]):
        assert free.min() == 0
        assert free.max() == 1
    chains.clamp(None)
    chains.run(4)
    assert not (chains.visible[:, mask] == [1, 0]).all()


@encodings
def test_moments_are_averages_over_chains(units: tuple[str, str]) -> None:
    chains = deep(3, 4, 2, 5, units=units).sampler(50, seed=3, beta=0.7)
    chains.run(2)
    x: list[np.ndarray] = [layer.astype(float) for layer in chains.layers]
    w, b = chains.machine.weights, chains.machine.biases
    for k in (1, 3):  # given their neighbours
        field = b[k] + x[k - 1] @ w[k - 1] + (x[k + 1] @ w[k].T if k == 1 else 0.0)
        spin = units[1] == "spin"
        x[k] = np.tanh(0.7 * field) if spin else 1 / (1 + np.exp(-0.7 * field))
    for k, moments in enumerate(chains.moments()):
        np.testing.assert_allclose(moments.visible, x[k].mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(moments.hidden, x[k + 1].mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(moments.products, x[k].T @ x[k + 1] / 50, atol=1e-5)


def test_chains_do_not_depend_on_threads_or_on_others() -> None:
    machine = deep(70, 90, 40)
    one, two = machine.sampler(500, seed=1, threads=1), machine.sampler(300, seed=1, threads=2)
    one.run(20)
    two.run(20)
    for a, b in zip(one.layers, two.layers, strict=True):
        assert (a[:300] == b).all()


def test_another_machine_takes_over() -> None:
    first, second = deep(3, 4, 2), kd.DeepBoltzmannMachine([np.ones((3, 4)), np.ones((4, 2))])
    chains = first.sampler(20, seed=1)
    chains.machine = second
    other = second.sampler(20, seed=1)
    chains.run(3)
    other.run(3)
    assert chains.machine is second
    assert (chains.visible == other.visible).all()
    chains.beta = 0.0
    assert not chains.beta.any()


def test_half_steps_make_a_step() -> None:
    rbm = stack((40, 30))[0]
    whole, halves, back = (kd.GibbsSampler(rbm, 100, seed=1) for _ in range(3))
    whole.run(1)
    halves.draw_hidden()
    assert halves.step == 1
    assert (halves.hidden == whole.hidden).all()
    assert not (halves.visible == whole.visible).all()
    back.clamp(np.arange(40) < 10)
    kept = back.visible
    back.hidden = whole.hidden
    back.draw_visible()
    assert back.step == 1
    assert (back.visible[:, 10:] == whole.visible[:, 10:]).all()
    assert (back.visible[:, :10] == kept[:, :10]).all()
    back.draw_visible()
    assert not (back.visible[:, 10:] == whole.visible[:, 10:]).all()


@encodings
def test_passes_of_means(units: tuple[str, str]) -> None:
    rbms = stack((3, 4, 2), units)
    network = kd.DeepBeliefNetwork(rbms)

    def mean(field: np.ndarray, kind: str) -> np.ndarray:
        return np.tanh(field) if kind == "spin" else 1 / (1 + np.exp(-field))

    v = np.random.default_rng(2).random((5, 2, 3))
    h1, h2 = network.up(v)
    np.testing.assert_allclose(
        h1, mean(v @ rbms[0].weights + rbms[0].hidden_bias, units[1]), atol=1e-6
    )
    np.testing.assert_allclose(
        h2, mean(h1 @ rbms[1].weights + rbms[1].hidden_bias, units[0]), atol=1e-6
    )
    low, above = network.down(h2)
    np.testing.assert_allclose(
        above, mean(h2 @ rbms[1].weights.T + rbms[1].visible_bias, units[1]), atol=1e-6
    )
    np.testing.assert_allclose(
        low, mean(above @ rbms[0].weights.T + rbms[0].visible_bias, units[0]), atol=1e-6
    )


def test_drawn_passes_are_functions_of_the_seed() -> None:
    network = kd.DeepBeliefNetwork(stack((30, 40, 20), ("spin", "binary")))
    v = np.random.default_rng(2).choice([-1, 1], (6, 7, 30))
    first, again, other = (network.up(v, seed=s) for s in (1, 1, 2))
    assert [x.shape for x in first] == [(6, 7, 40), (6, 7, 20)]
    assert [x.dtype for x in first] == [np.uint8, np.int8]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not any((a == b).all() for a, b in zip(first, other, strict=True))
    flat = network.up(v.reshape(42, 30)[:9], seed=1)
    assert (flat[1] == first[1].reshape(42, 20)[:9]).all()
    assert network.down(first[1][0, 0], seed=3)[0].shape == (30,)


def test_lower_layers_are_functions_of_the_step() -> None:
    chains = kd.DeepBeliefNetwork(stack((30, 40, 20, 10))).sampler(50, seed=1)
    other = kd.DeepBeliefNetwork(stack((30, 40, 20, 10))).sampler(50, seed=1)
    chains.run(5)
    for _ in range(5):
        other.run(1)
        assert other.visible.shape == (50, 30)
    assert chains.step == 5
    assert all((a == b).all() for a, b in zip(chains.layers, other.layers, strict=True))
    assert (chains.layers[2] == chains.top.visible).all()
    other.run(1)
    assert not (chains.visible == other.visible).all()


def test_greedy_training_is_that_of_each_machine() -> None:
    data = np.repeat([[1, 1, 0, 0, 1], [0, 0, 1, 1, 0]], 40, axis=0)
    options: dict[str, Any] = {"epochs": 20, "batch_size": 20, "chains": 40}
    options |= {"optimizer": "adam", "learning_rate": 0.02}
    network = kd.DeepBeliefNetwork.pretrain(data, [4, 3], seed=5, **options)
    assert [n for n, _ in network.layers] == [5, 4, 3]
    again = kd.DeepBeliefNetwork.pretrain(data, [4, 3], seed=5, **options)
    assert network == again
    assert network != kd.DeepBeliefNetwork.pretrain(data, [4, 3], seed=6, **options)
    assert network.rbms[:1] == kd.DeepBeliefNetwork.pretrain(data, [4], seed=5, **options).rbms
    chains = network.sampler(2000, seed=1)
    chains.run(100)
    close = [np.count_nonzero(chains.visible != x, axis=1) <= 1 for x in (data[0], data[-1])]
    assert min(x.mean() for x in close) > 0.25
    assert sum(x.mean() for x in close) > 0.75
    spins = kd.DeepBeliefNetwork.pretrain(2 * data - 1, [2], seed=5, units="spin", **options)
    assert spins.layers == ((5, "spin"), (2, "spin"))


def test_a_belief_network_of_one_machine_is_that_machine() -> None:
    network = kd.DeepBeliefNetwork(stack((4, 3)))
    chains = network.sampler(10, seed=1)
    chains.run(2)
    assert (chains.visible == chains.top.visible).all()
    assert [x.shape for x in network.up(np.ones((2, 4)))] == [(2, 3)]


@encodings
def test_deep_machines_in_files(tmp_path: Path, units: tuple[str, str]) -> None:
    machine = deep(3, 4, 2, 5, units=units)
    machine.save(tmp_path / "machine.h5")
    loaded = kd.DeepBoltzmannMachine.load(tmp_path / "machine.h5")
    assert loaded == machine
    for a, b in zip(loaded.biases + loaded.weights, machine.biases + machine.weights, strict=True):
        assert (a == b).all()
    chains = machine.sampler(50, seed=2**64 - 1, precision="fixed16", beta=0.5)
    chains.clamp([True, False, True])
    chains.run(3)
    chains.save(tmp_path / "chains.h5")
    others = [DeepGibbsSampler.load(tmp_path / "chains.h5"), pickle.loads(pickle.dumps(chains))]
    chains.run(4)
    for other in others:
        assert repr(other) == repr(chains).replace("step=7", "step=3")
        other.run(4)
        assert all((a == b).all() for a, b in zip(other.layers, chains.layers, strict=True))


def test_belief_networks_in_files(tmp_path: Path) -> None:
    network = kd.DeepBeliefNetwork(stack((5, 4, 3), ("binary", "spin")))
    network.save(tmp_path / "network.h5")
    assert kd.DeepBeliefNetwork.load(tmp_path / "network.h5") == network
    chains = network.sampler(50, seed=7)
    chains.run(3)
    chains.save(tmp_path / "chains.h5")
    others = [DeepBeliefSampler.load(tmp_path / "chains.h5"), pickle.loads(pickle.dumps(chains))]
    chains.run(4)
    for other in others:
        assert repr(other) == repr(chains).replace("step=7", "step=3")
        other.run(4)
        assert all((a == b).all() for a, b in zip(other.layers, chains.layers, strict=True))


def test_files_that_lie_are_refused(tmp_path: Path) -> None:
    def refused(kind: str, load: Callable[[Path], Any], state: dict[str, Any], text: str) -> None:
        storage.write(tmp_path / "file.h5", kind, 1, state)
        with pytest.raises(kd.FileError, match=re.escape(text)):
            load(tmp_path / "file.h5")

    state = deep(3, 4, 2).to_state()
    load, kind = kd.DeepBoltzmannMachine.load, "deep_boltzmann_machine"
    refused(kind, load, {**state, "sizes": [3, 4, 3]}, "sizes of the layers of RBM(5 visible, 4")
    refused(kind, load, {**state, "sizes": [5, 4]}, "sizes of the layers of RBM(5 visible, 4")
    full = {"sizes": [1, 1, 1, 1], "rbm": kd.RBM(np.ones((2, 2))).to_state()}
    refused(kind, load, full, "[load] expected weights between neighbouring layers only, got other")

    network = kd.DeepBeliefNetwork(stack((5, 4, 3)))
    state = network.to_state()
    unfit = {**state, "rbm1": state["rbm0"]}
    refused("deep_belief_network", kd.DeepBeliefNetwork.load, unfit, "expected a network, got")
    state = network.sampler(2, seed=1).state()
    refused("deep_belief_sampler", DeepBeliefSampler.load, {**state, "seed": 2}, "chains of the n")


RBMS = stack((3, 4, 2))
DEEP = kd.DeepBoltzmannMachine(RBMS)
NETWORK = kd.DeepBeliefNetwork(RBMS)
STACK = "[DeepBoltzmannMachine] expected a list of two or more RBMs or weights, got "

CALLS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: kd.DeepBoltzmannMachine(RBMS[:1]), TypeError, STACK + "1 of them"),
    (lambda: kd.DeepBoltzmannMachine(RBMS[0]), TypeError, STACK + "a RBM"),  # type: ignore[arg-type]
    (
        lambda: kd.DeepBoltzmannMachine([RBMS[0], RBMS[1].weights]),  # type: ignore[arg-type]
        TypeError,
        "[DeepBoltzmannMachine] expected either RBMs or weights, got some of each",
    ),
    (
        lambda: kd.DeepBoltzmannMachine(RBMS, [[0.0]]),
        ValueError,
        "[DeepBoltzmannMachine] expected no biases beside those of the RBMs, got some",
    ),
    (
        lambda: kd.DeepBoltzmannMachine(RBMS[::-1]),
        ValueError,
        "[DeepBoltzmannMachine] expected an RBM on 2 units, got RBM(3 visible, 4 hidden units)",
    ),
    (
        lambda: kd.DeepBoltzmannMachine([np.ones((2, 3)), np.ones((4, 2))]),
        ValueError,
        "[DeepBoltzmannMachine] expected an RBM on 3 units, got RBM(4 visible, 2 hidden units)",
    ),
    (
        lambda: kd.DeepBoltzmannMachine([RBMS[0], kd.RBM(RBMS[1].weights, hidden_units="spin")]),
        ValueError,
        "[DeepBoltzmannMachine] expected units of the same values in v, h2, got binary, spin",
    ),
    (
        lambda: kd.DeepBoltzmannMachine([np.ones((2, 3)), np.ones((3, 2))], [[0.0] * 2]),
        TypeError,
        "[DeepBoltzmannMachine] expected a list of biases for 3 layers, got 1 of them",
    ),
    (
        lambda: kd.DeepBoltzmannMachine([np.ones((2, 3)), np.full((3, 2), np.nan)]),
        ValueError,
        "[RBM] expected finite weights in the range of float32, got nan",
    ),
    (
        lambda: DEEP.energy([0, 1, 1], [0] * 4),
        TypeError,
        "[energy] expected states of v, h1, h2, got 2 states",
    ),
    (
        lambda: DEEP.free_energy([0, 1, 1]),
        TypeError,
        "[free_energy] expected states of v, h2, got 1 states",
    ),
    (
        lambda: DEEP.free_energy([0, 1, 1], [0, 1, 1]),
        ValueError,
        "[free_energy] expected h2 of shape (..., 2), got shape (3,)",
    ),
    (
        lambda: DEEP.energy([0, 1, 1], [0] * 4, [0, 0.5]),
        ValueError,
        "[energy] expected values 0 and 1 for h2, got 0.5",
    ),
    (
        lambda: DEEP.log_likelihood([0, 1, 1], log_z=float("inf")),
        ValueError,
        "[log_likelihood] expected a finite log_z, got inf",
    ),
    (
        lambda: DEEP.posterior(np.ones((2, 3))),
        ValueError,
        "[posterior] expected one state of shape (3,), got shape (2, 3)",
    ),
    (
        lambda: DeepGibbsSampler(RBMS[0]),  # type: ignore[arg-type]
        TypeError,
        "[DeepGibbsSampler] expected a machine such as kd.DeepBoltzmannMachine([rbm1, rbm2]), got",
    ),
    (
        lambda: DEEP.sampler(chains=0),
        ValueError,
        "[GibbsSampler] expected chains in [1, 2147483648], got 0",
    ),
    (
        lambda: kd.DeepBeliefNetwork([]),
        TypeError,
        "[DeepBeliefNetwork] expected a list of RBMs, got []",
    ),
    (
        lambda: kd.DeepBeliefNetwork(RBMS[::-1]),
        ValueError,
        "[DeepBeliefNetwork] expected an RBM on 2 units, got RBM(3 visible, 4 hidden units)",
    ),
    (
        lambda: NETWORK.up([0.0, 0.5, 1.5]),
        ValueError,
        "[up] expected values in [0, 1] for v, got 1.5",
    ),
    (
        lambda: NETWORK.up([0.0, 0.5, 1.0], seed=1),
        ValueError,
        "[up] expected values 0 and 1 for v, got 0.5",
    ),
    (
        lambda: NETWORK.up(np.ones((0, 3)), seed=1),
        ValueError,
        "[up] expected 1 to 2^31 states to draw from, got shape (0, 3)",
    ),
    (lambda: NETWORK.up([1, 0, 1], seed=-1), ValueError, "[up] expected seed in [0, 18446744"),
    (
        lambda: NETWORK.down([1, 0, 1]),
        ValueError,
        "[down] expected h2 of shape (..., 2), got shape (3,)",
    ),
    (
        lambda: NETWORK.down(["a", "b"]),
        TypeError,
        "[down] expected numbers for h2, got dtype <U1",
    ),
    (
        lambda: kd.DeepBeliefNetwork.pretrain([[1, 0]], []),
        TypeError,
        "[pretrain] expected a list of sizes of layers, got []",
    ),
    (
        lambda: kd.DeepBeliefNetwork.pretrain([1, 0], [2]),
        ValueError,
        "[pretrain] expected data of shape (n_samples, n_visible), got shape (2,)",
    ),
    (
        lambda: DeepBeliefSampler(DEEP),  # type: ignore[arg-type]
        TypeError,
        "[DeepBeliefSampler] expected a network such as kd.DeepBeliefNetwork([rbm1, rbm2]), got",
    ),
]


def assign(name: str, value: Any) -> Callable[[DeepGibbsSampler], None]:
    return lambda chains: setattr(chains, name, value)


ASSIGNMENTS: list[tuple[Callable[[DeepGibbsSampler], Any], type[Exception], str]] = [
    (
        assign("layers", [np.zeros((6, 3)), np.zeros((6, 4))]),
        TypeError,
        "[layers] expected a list of states of v, h1, h2, got another",
    ),
    (
        assign("layers", [np.zeros((6, 3)), np.zeros((6, 4)), np.zeros((5, 2))]),
        ValueError,
        "[layers] expected h2 of shape (6, 2), got (5, 2)",
    ),
    (
        assign("layers", [np.zeros((6, 3)), np.full((6, 4), -1), np.zeros((6, 2))]),
        ValueError,
        "[layers] expected values 0 and 1 for h1, got -1",
    ),
    (
        assign("visible", np.zeros((6, 5))),
        ValueError,
        "[visible] expected v of shape (..., 3), got shape (6, 5)",
    ),
    (
        lambda c: c.clamp([True] * 5),
        ValueError,
        "[clamp] expected mask of shape (3,) or (6, 3), got shape (5,)",
    ),
    (lambda c: c.clamp([1, 0, 1]), TypeError, "[clamp] expected mask of dtype bool, got int64"),
    (
        lambda c: c.clamp([True] * 3, [2, 1, 1]),
        ValueError,
        "[visible] expected values 0 and 1 for v, got 2",
    ),
    (lambda c: c.clamp(None, [1]), ValueError, "[clamp] expected a mask for the values, got None"),
    (
        assign("machine", deep(3, 4, 3)),
        ValueError,
        "[machine] expected a machine like DeepBoltzmannMachine(3, 4, 2 units), got Deep",
    ),
    (lambda c: c.run(-1), ValueError, "[run] expected steps in [0, 1099511627776], got -1"),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape(text)):
        call()


@pytest.mark.parametrize(("call", "error", "text"), ASSIGNMENTS)
def test_wrong_assignments_change_nothing(
    call: Callable[[DeepGibbsSampler], Any], error: type[Exception], text: str
) -> None:
    chains, same = DEEP.sampler(6, seed=1), DEEP.sampler(6, seed=1)
    with pytest.raises(error, match="^" + re.escape(text)):
        call(chains)
    chains.run(3)
    same.run(3)
    assert all((a == b).all() for a, b in zip(chains.layers, same.layers, strict=True))
