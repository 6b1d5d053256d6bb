"""Autoregressive networks: normalisation, order of the sites, draws, files, wrong calls."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import kadanoff as kd  # noqa: E402

NETWORKS: list[tuple[tuple[int, ...], str, dict[str, Any]]] = [
    ((3, 3), "dense", {"depth": 4, "width": 3, "residual": True}),
    ((4, 3), "dense", {"depth": 2, "width": 4}),
    ((7,), "dense", {"depth": 1, "width": 1}),
    ((2, 1, 3), "dense", {"depth": 3, "width": 1}),
    ((1,), "dense", {"depth": 2, "width": 2}),
    ((3, 3), "conv", {"depth": 4, "width": 3, "reach": 1, "residual": True}),
    ((4, 3), "conv", {"depth": 3, "width": 4, "reach": 9}),
    ((9,), "conv", {"depth": 2, "width": 3, "reach": 2}),
    ((1, 1), "conv", {"depth": 1, "width": 1, "reach": 1}),
]
networks = pytest.mark.parametrize(("shape", "kind", "layers"), NETWORKS)
symmetries = pytest.mark.parametrize("symmetric", [False, True])


def rough(shape: Any, kind: str, seed: int = 3, **options: Any) -> Any:
    """Return a network whose parameters are all far from where they begin."""
    network = kd.nn.AutoregressiveNetwork(shape, kind, seed=seed, **options)
    random = torch.Generator().manual_seed(seed)
    for values in network.parameters():
        values.data += 0.4 * torch.randn(values.shape, generator=random)
    return network


def all_states(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    sites = int(np.prod(shape))
    bits = np.arange(2**sites)[:, None] >> np.arange(sites) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, *shape)


def excess(network: Any, spins: np.ndarray[Any, Any]) -> float:
    """Chi-square of counts against q, in standard deviations above its mean."""
    flat = spins.reshape(len(spins), -1)
    numbers = (flat > 0) @ (1 << np.arange(flat.shape[1]))
    expected = len(flat) * np.exp(network.log_prob(all_states(network.shape)))
    counts = np.bincount(numbers, minlength=len(expected))
    # Rare states are counted together.
    rare = expected < 5.0
    counts, expected = (
        np.append(values[~rare], values[rare].sum()) for values in (counts, expected)
    )
    kept = expected > 0.0
    chi_square = ((counts - expected)[kept] ** 2 / expected[kept]).sum()
    freedom = kept.sum() - 1
    return float((chi_square - freedom) / np.sqrt(2.0 * max(freedom, 1)))


@networks
@symmetries
def test_probabilities_sum_to_one(
    shape: tuple[int, ...], kind: str, layers: dict[str, Any], symmetric: bool
) -> None:
    network = rough(shape, kind, symmetric=symmetric, **layers)
    log_q = network.log_prob(all_states(shape))
    assert np.ptp(log_q) > 0.3 or network.sites == 1
    assert abs(np.exp(log_q).sum() - 1.0) < 1e-6


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_a_wrong_mask_is_seen_in_the_sum(kind: str) -> None:
    """A first layer that sees its own site: the sum is off by more than 100 times the tolerance."""
    network = rough((3, 3), kind, depth=2)
    mask = network.body.mask0
    if kind == "dense":
        mask += torch.eye(9).repeat_interleave(network.width, 0)
    else:
        mask[-1, network.body.side] = 1.0
    random = torch.Generator().manual_seed(1)
    network.body.weights[0].data += torch.randn(network.body.weights[0].shape, generator=random)
    assert abs(np.exp(network.log_prob(all_states((3, 3)))).sum() - 1.0) > 1e-4


@networks
def test_a_logit_depends_on_the_sites_before_it_alone(
    shape: tuple[int, ...], kind: str, layers: dict[str, Any]
) -> None:
    network = rough(shape, kind, **layers)
    spins = torch.from_numpy(network.sample(1, seed=1).reshape(1, -1)).float()
    jacobian = torch.autograd.functional.jacobian(network.body, spins)[0, :, 0]
    assert (jacobian.triu() == 0.0).all()
    # Sites that the kernels of "conv" do not reach have no influence.
    if kind == "dense":
        assert (jacobian[np.tril_indices(network.sites, -1)] != 0.0).all()


def test_kernels_reach_as_far_as_they_say() -> None:
    network = rough((5, 6), "conv", depth=2, width=2, reach=1)
    spins = torch.ones(1, 30)
    jacobian = torch.autograd.functional.jacobian(network.body, spins)[0, :, 0]
    seen = set(torch.nonzero(jacobian[6 * 3 + 3]).ravel().tolist())
    # Two layers: two rows up and two columns to each side, but for the blind spot at (2, 5), from
    # which one step leads to a site of the same row, and none up.
    rows = {1: (1, 2, 3, 4, 5), 2: (1, 2, 3, 4), 3: (1, 2)}
    assert seen == {6 * y + x for y, columns in rows.items() for x in columns}


def test_kernels_have_to_reach_round_a_ring() -> None:
    """Two layers that see 4 of 6 sites cannot learn a ring, as the page on networks says."""
    model, beta = kd.Ising(kd.Chain(6)), 0.5
    states, log_z = all_states((6,)), kd.exact.enumerate(model, beta).log_z_total
    divergence = {}
    for reach in (2, 3):
        network = kd.nn.AutoregressiveNetwork(model, "conv", depth=2, reach=reach, seed=1)
        settings = {"batch_size": 100, "learning_rate": 2e-2, "seed": 1}
        kd.nn.VariationalFreeEnergy(model, beta, network, **settings).fit(80)
        log_q = network.log_prob(states)
        divergence[reach] = np.exp(log_q) @ (log_q + beta * model.energy(states) + log_z)
    assert 0.0 <= divergence[3] < 0.015
    assert divergence[2] > 0.03


@networks
def test_logits_site_by_site_are_those_of_all_sites_at_once(
    shape: tuple[int, ...], kind: str, layers: dict[str, Any]
) -> None:
    network = rough(shape, kind, **layers)
    spins = torch.from_numpy(network.sample(50, seed=2).reshape(50, -1)).float()
    with torch.no_grad():
        together, stepper = network.body(spins), network.body.stepper(50)
        for site in range(network.sites):
            assert (stepper.logit(site) - together[:, site]).abs().max() < 1e-5
            stepper.put(site, spins[:, site])


@pytest.mark.parametrize(("shape", "kind", "layers"), [NETWORKS[0], NETWORKS[2], NETWORKS[5]])
@symmetries
def test_draws_have_the_probabilities_that_the_network_says(
    shape: tuple[int, ...], kind: str, layers: dict[str, Any], symmetric: bool
) -> None:
    """Power: with 40 000 draws a change of all parameters by 10 % is seen (see below)."""
    network = rough(shape, kind, symmetric=symmetric, **layers)
    assert abs(excess(network, network.sample(40_000, seed=4))) < 4.0


def test_draws_of_another_network_are_told_apart() -> None:
    network = rough((3, 3), "dense", depth=2)
    spins = network.sample(40_000, seed=4)
    for values in network.parameters():
        values.data *= 1.1
    assert excess(network, spins) > 10.0


def test_draws_of_one_half_of_a_symmetric_network_are_told_apart() -> None:
    network = rough((3, 3), "dense", symmetric=True)
    spins = network.sample(40_000, seed=4)
    assert excess(network, spins * spins[:, :1, :1]) > 10.0


def test_a_draw_does_not_depend_on_how_many_others_there_are() -> None:
    network = rough((3, 3), "dense", symmetric=True)
    many = network.sample(2500, seed=5)
    assert many.dtype == np.int8
    assert many.shape == (2500, 3, 3)
    assert np.array_equal(many[:7], network.sample(7, seed=5))
    assert not np.array_equal(many[:1024], many[1024:2048])
    assert not np.array_equal(many, network.sample(2500, seed=6))
    assert network.sample(0, seed=5).shape == (0, 3, 3)


@networks
def test_symmetry(shape: tuple[int, ...], kind: str, layers: dict[str, Any]) -> None:
    plain = rough(shape, kind, symmetric=False, **layers)
    network = rough(shape, kind, symmetric=True, **layers)
    states = all_states(shape)
    assert np.array_equal(network.log_prob(states), network.log_prob(-states))
    halves = np.logaddexp(plain.log_prob(states), plain.log_prob(-states)) - np.log(2)
    assert np.allclose(network.log_prob(states), halves, rtol=0, atol=1e-12)


def test_conditionals_are_the_factors_of_q() -> None:
    network = rough((2, 3), "dense")
    states = all_states((2, 3))
    up = network.conditionals(states)
    factors = np.where(states > 0, up, 1.0 - up).reshape(len(states), -1)
    assert np.allclose(np.log(factors).sum(1), network.log_prob(states), rtol=0, atol=1e-12)


def test_states_of_any_dtype_and_any_leading_axes() -> None:
    network = rough((2, 3), "conv", depth=2)
    states = all_states((2, 3)).reshape(4, 16, 2, 3)
    log_q = network.log_prob(states)
    assert log_q.shape == (4, 16)
    assert log_q.dtype == np.float64
    for dtype in (np.int64, np.float32, np.float64):
        assert np.array_equal(network.log_prob(states.astype(dtype)), log_q)
    # Sums of float32 depend on how many states there are.
    assert abs(network.log_prob(states[1, 2]) - log_q[1, 2]) < 1e-6
    assert isinstance(network.log_prob(states[1, 2]), float)
    assert network.log_prob(states[:0]).shape == (0, 16)
    turned = network.log_prob(states[:, ::-1])
    assert np.allclose(turned, log_q[:, ::-1], rtol=0, atol=1e-6)


def test_tensors_have_gradients() -> None:
    network = rough((2, 3), "dense", symmetric=True)
    states = torch.from_numpy(all_states((2, 3)))
    log_q = network(states)
    assert log_q.dtype == torch.float64
    log_q.exp().sum().backward()
    # The sum is 1 whatever the parameters are.
    assert all(values.grad.abs().max() < 1e-6 for values in network.parameters())


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_a_new_network_knows_nothing(kind: str) -> None:
    network = kd.nn.AutoregressiveNetwork(kd.Square(3), kind, seed=1)
    assert np.allclose(network.log_prob(all_states((3, 3))), -9 * np.log(2), rtol=0, atol=1e-12)


def test_what_a_network_is_made_for() -> None:
    square = kd.Square((3, 5))
    make = kd.nn.AutoregressiveNetwork
    assert make(square).shape == make(kd.Ising(square)).shape == make((3, 5)).shape == (3, 5)
    assert make(kd.Ising(square)).symmetric
    assert not make(square).symmetric
    assert not make(kd.Ising(square, field=0.1)).symmetric
    assert make(kd.Hopfield([[1, -1, 1]])).shape == (3,)
    assert make(kd.Honeycomb(2)).sites == kd.Honeycomb(2).n_sites
    assert make((2, 2), seed=7).seed == 7


def test_parameters_are_counted_without_what_masks_take_away() -> None:
    # Weights, biases and slopes of 9 sites: 2 units see 36 pairs, 1 unit 45.
    assert kd.nn.AutoregressiveNetwork((3, 3), depth=2, width=2).n_parameters == (
        2 * 36 + 18 + 18 + 2 * 45 + 9
    )
    network = kd.nn.AutoregressiveNetwork((5, 5), "conv", depth=2, width=3, reach=1)
    assert network.n_parameters == 3 * 4 + 3 + 3 + 3 * 5 + 1


@networks
@symmetries
def test_files(
    tmp_path: Path, shape: tuple[int, ...], kind: str, layers: dict[str, Any], symmetric: bool
) -> None:
    network = rough(shape, kind, symmetric=symmetric, **layers)
    network.save(tmp_path / "network.h5")
    again = kd.nn.AutoregressiveNetwork.load(tmp_path / "network.h5")
    assert repr(again) == repr(network)
    states = all_states(shape)
    assert np.array_equal(again.log_prob(states), network.log_prob(states))
    assert np.array_equal(again.sample(20, seed=1), network.sample(20, seed=1))
    pickled = pickle.loads(pickle.dumps(network))
    assert np.array_equal(pickled.log_prob(states), network.log_prob(states))


def test_files_with_wrong_numbers(tmp_path: Path) -> None:
    from kadanoff import storage

    path = tmp_path / "network.h5"
    state = kd.nn.AutoregressiveNetwork((2, 2), seed=1).to_state()

    def refused(**changes: Any) -> str:
        storage.write(path, "autoregressive_network", 1, {**state, **changes})
        with pytest.raises(kd.FileError) as caught:
            kd.nn.AutoregressiveNetwork.load(path)
        return str(caught.value)

    biases = {**state["parameters"], "biases.0": np.full(16, np.nan, dtype=np.float32)}
    assert "finite numbers as '/parameters/biases.0'" in refused(parameters=biases)
    assert "'/parameters/weights.0'" in refused(width=5)
    assert "extents of 1 to 4096 sites" in refused(shape=[])
    assert "extents of 1 to 4096 sites" in refused(shape=[4096, 4096])
    assert "one or two extents" in refused(shape=[2, 2, 1], network="conv")
    assert "one of dense, conv" in refused(network="made")


WRONG: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (5, {}, TypeError, "a model, a lattice or a shape such as (8, 8), got 5"),
    ((), {}, TypeError, "a model, a lattice or a shape such as (8, 8), got ()"),
    ((8, 0), {}, ValueError, "extent in [1, 4096], got 0"),
    ((8, 1.5), {}, TypeError, "an integer extent, got 1.5"),
    ((4096, 2), {}, ValueError, "at most 4096 sites, got 8192"),
    ((8, 8), {"kind": "made"}, ValueError, "kind to be one of 'dense', 'conv', got 'made'"),
    ((2, 2, 2), {"kind": "conv"}, ValueError, "one or two axes for 'conv', got (2, 2, 2)"),
    ((8, 8), {"depth": 0}, ValueError, "depth in [1, 64], got 0"),
    ((8, 8), {"width": True}, TypeError, "an integer width, got True"),
    ((8, 8), {"reach": 0}, ValueError, "reach in [1, 4096], got 0"),
    ((8, 8), {"residual": 1}, TypeError, "True or False for residual, got 1"),
    ((8, 8), {"symmetric": "z2"}, TypeError, "True or False for symmetric, got 'z2'"),
    ((8, 8), {"seed": -1}, ValueError, f"seed in [0, {2**64 - 1}], got -1"),
]


@pytest.mark.parametrize(("system", "options", "kind", "text"), WRONG)
def test_wrong_networks(
    system: Any, options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=re.escape(f"[AutoregressiveNetwork] expected {text}") + "$"):
        kd.nn.AutoregressiveNetwork(system, **options)


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_parameters_of_another_dtype(tmp_path: Path, kind: str) -> None:
    network = rough((2, 3), kind)
    model, states = kd.Ising(kd.Square((2, 3))), network.sample(5, seed=1)
    log_q = network.log_prob(states)
    network.double()
    calls = (
        lambda: network.log_prob(states),
        lambda: network.conditionals(states),
        lambda: network.sample(2, seed=1),
        lambda: network.save(tmp_path / "network.h5"),
        lambda: kd.nn.VariationalFreeEnergy(model, 0.4, network, seed=1).fit(1),
    )
    text = (
        "[AutoregressiveNetwork] expected parameters of torch.float32, as `float()` makes them, "
        "got torch.float64"
    )
    for call in calls:
        with pytest.raises(TypeError, match=re.escape(text) + "$"):
            call()
    assert not list(tmp_path.iterdir())
    assert (network.float().log_prob(states) == log_q).all()


def test_wrong_states() -> None:
    network = kd.nn.AutoregressiveNetwork((2, 2))
    shape = re.escape("[log_prob] expected spins of shape (..., 2, 2), got shape (4,)")
    with pytest.raises(ValueError, match=shape):
        network.log_prob(np.ones(4))
    with pytest.raises(ValueError, match=re.escape("[log_prob] expected spins of -1 and 1, got 0")):
        network.log_prob(np.zeros((2, 2), dtype=int))
    with pytest.raises(TypeError, match=re.escape("[conditionals] expected spins of -1 and 1")):
        network.conditionals(np.ones((2, 2), dtype=bool))
    with pytest.raises(TypeError, match=re.escape("[sample] expected an integer n, got 1.5")):
        network.sample(1.5)
