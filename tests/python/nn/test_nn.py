"""Configurations as tensors, networks, and their training."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

torch = pytest.importorskip("torch")

from kadanoff import nn  # noqa: E402

DATA = kd.datasets.ising(kd.Square((5, 7)), [1.5, 2.5, 5.0], 300, seed=7)
PARTS = DATA.split(train=0.6, validation=0.2, seed=1)


def test_spins_are_those_of_the_data_set(tmp_path: Path) -> None:
    DATA.save(tmp_path / "data.h5")
    in_file = kd.datasets.IsingDataset.load(tmp_path / "data.h5")
    for data in (DATA, in_file, in_file[DATA.labels < 2]):
        rows = nn.SpinDataset(data)
        assert len(rows) == len(data)
        for chosen in (slice(5, 50, 7), np.array([3, 3, 500]), np.arange(len(data)) % 3 == 1):
            spins, labels = rows.batch(chosen)
            assert (spins.dtype, labels.dtype) == (torch.float32, torch.int64)
            assert (spins.numpy() == DATA.spins[: len(data)][chosen]).all()
            assert (labels.numpy() == DATA.labels[: len(data)][chosen]).all()
    one, label = rows[-1]
    assert (one.numpy() == DATA.spins[599]).all()
    assert int(label) == 1
    several, labels = rows[590::-7]
    assert (several.numpy() == DATA.spins[590::-7]).all()
    assert (labels.numpy() == DATA.labels[590::-7]).all()
    for wrong in (600, -601):
        text = f"[SpinDataset] expected a row of 600, got {wrong}"
        with pytest.raises(IndexError, match=f"^{re.escape(text)}$"):
            rows[wrong]


def test_other_data_sets_and_targets() -> None:
    bars = kd.datasets.bars_and_stripes(3, 3)
    data = kd.datasets.Dataset(bars, np.arange(len(bars)), (3, 3))
    spins, _ = nn.SpinDataset(data).batch(slice(None))
    assert (spins.flatten(1).numpy() == 2.0 * bars - 1).all()
    rows = nn.SpinDataset(DATA, DATA.temperatures)
    assert rows.targets.dtype == torch.float32
    assert nn.SpinDataset(DATA, DATA.temperatures > 2).targets.dtype == torch.int64
    both = np.stack([DATA.labels, DATA.chains], axis=1)
    assert (nn.SpinDataset(DATA, both)[4][1].numpy() == both[4]).all()


def test_the_loader_of_pytorch_reads_it() -> None:
    loader = torch.utils.data.DataLoader(nn.SpinDataset(DATA), batch_size=128)
    spins = torch.cat([batch for batch, _ in loader])
    assert (spins.numpy() == DATA.spins).all()


def test_batches_have_every_row_once_in_new_orders() -> None:
    targets = np.arange(len(DATA))
    loader = nn.BatchLoader(nn.SpinDataset(DATA, targets), batch_size=128, seed=3)
    assert len(loader) == 8
    epochs = [np.concatenate([rows.numpy() for _, rows in loader]) for _ in range(2)]
    assert (epochs[0] != epochs[1]).any()
    for order in epochs:
        assert (np.sort(order) == targets).all()
    again = nn.BatchLoader(nn.SpinDataset(DATA, targets), batch_size=900, seed=3)
    spins, order = next(iter(again))
    assert (order.numpy() == epochs[0]).all()
    assert (spins.numpy() == DATA.spins[epochs[0]]).all()
    plain = nn.BatchLoader(nn.SpinDataset(DATA, targets), batch_size=128, shuffle=False)
    assert (np.concatenate([rows.numpy() for _, rows in plain]) == targets).all()


def test_seeds_are_used_whole() -> None:
    seeds = [1, 2**32 + 1, 2**63 + 1, 2**64 - 1, 2**32 - 1]
    networks = [nn.FullyConnected(35, hidden=3, seed=seed) for seed in seeds]
    weights = {network.hidden.weight.detach().numpy().tobytes() for network in networks}
    assert len(weights) == len(seeds)


def test_networks_are_functions_of_their_seed() -> None:
    kinds: list[Any] = [lambda seed: nn.FullyConnected(35, seed=seed), nn.Convolutional]
    for make in kinds:
        torch.manual_seed(5)
        expected = torch.rand(1)
        torch.manual_seed(5)
        first, second, other = (make(seed=seed) for seed in (1, 1, 2))
        assert torch.rand(1) == expected  # the generator of the program went on as before
        pairs = list(zip(first.parameters(), second.parameters(), strict=True))
        assert all(torch.equal(a, b) for a, b in pairs)
        assert not torch.equal(next(first.parameters()), next(other.parameters()))


def test_a_fully_connected_network_is_its_formula() -> None:
    network = nn.FullyConnected(35, hidden=4, outputs=3, activation="tanh", seed=2)
    spins, _ = nn.SpinDataset(DATA).batch(slice(0, 6))
    w, b = network.hidden.weight, network.hidden.bias
    expected = (
        torch.tanh(spins.flatten(1) @ w.T + b) @ network.output.weight.T + network.output.bias
    )
    assert torch.allclose(network(spins), expected, atol=1e-6)
    assert network.pre_activations(spins).shape == (6, 4)


@pytest.mark.parametrize(("shape", "width"), [((5, 7), 3), ((2, 2), 5), ((1, 6), 3), ((8, 8), 1)])
def test_a_convolutional_network_does_not_see_translations(shape: Any, width: int) -> None:
    network = nn.Convolutional(width=width, outputs=3, seed=2)
    spins = torch.sign(torch.randn(10, *shape, generator=torch.Generator().manual_seed(1)))
    moved = torch.roll(spins, (1, 2), (1, 2))
    assert torch.allclose(network(spins), network(moved), atol=1e-6)
    assert network(spins).shape == (10, 3)


def test_circular_padding_is_that_of_pytorch() -> None:
    network = nn.Convolutional(filters=4, width=5, seed=3)
    spins = torch.randn(2, 1, 5, 7, generator=torch.Generator().manual_seed(1))
    expected = torch.nn.functional.pad(spins, (2, 2, 2, 2), mode="circular")
    assert torch.equal(network._padded(spins), expected)


NETWORKS: list[Callable[[], Any]] = [
    lambda: nn.FullyConnected(35, hidden=16, outputs=3, seed=1),
    lambda: nn.Convolutional(filters=4, hidden=8, outputs=3, seed=1),
]


@pytest.mark.parametrize("make", NETWORKS)
def test_a_training_learns_and_is_repeated_bit_for_bit(make: Callable[[], Any]) -> None:
    train, validation, test = PARTS
    found = []
    for seed in (1, 1, 2):
        network = make()
        history = nn.fit(network, train, validation, epochs=8, learning_rate=0.01, seed=seed)
        found.append((network, history))
    (first, history), (second, again), (_, other) = found
    assert history == again
    assert history != other
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
    before = nn.accuracy(make(), test)
    assert nn.accuracy(first, test) > max(0.6, before + 0.1)
    assert history.train_loss[-1] < 0.8 * history.train_loss[0]
    assert len(history.validation_accuracy) == history.epochs == 8


def test_it_stops_early_and_keeps_the_best_weights() -> None:
    train, validation, _ = PARTS
    # Labels without any meaning: only the training data can be learned.
    noise = np.random.default_rng(1).integers(0, 2, len(DATA))
    rows = nn.SpinDataset(train, noise[: len(train)])
    watched = nn.SpinDataset(validation, noise[: len(validation)])
    network = nn.FullyConnected(35, hidden=64, seed=1)
    seen: list[int] = []
    history = nn.fit(
        network,
        rows,
        watched,
        epochs=200,
        learning_rate=0.01,
        patience=4,
        progress=lambda done, total, text: seen.append(done),
    )
    assert history.stopped_early
    assert history.epochs == history.best_epoch + 4 == seen[-1] < 200
    assert min(history.validation_loss) == history.validation_loss[history.best_epoch - 1]
    loss = torch.nn.functional.cross_entropy(
        torch.from_numpy(nn.predict(network, watched)), watched.targets
    )
    assert float(loss) == pytest.approx(min(history.validation_loss), rel=1e-6)
    assert nn.fit(copy.deepcopy(network), rows, epochs=3).best_epoch == 3


def test_l2_makes_weights_small_and_leaves_biases() -> None:
    sizes = []
    for l2 in (0.0, 1.0):
        network = nn.FullyConnected(35, hidden=8, outputs=3, seed=1)
        nn.fit(network, PARTS[0], epochs=15, learning_rate=0.01, l2=l2)
        sizes.append(float(network.output.weight.detach().abs().max()))
    assert sizes[1] < 0.02 < 0.2 < sizes[0]
    # Without weights the best outputs are the frequencies of the labels, which are biases.
    only = kd.datasets.IsingDataset(
        DATA.data, np.minimum(DATA.labels, 1), DATA.sample_shape, DATA.temperatures
    )
    network = nn.FullyConnected(35, hidden=8, seed=1)
    nn.fit(network, only, epochs=60, learning_rate=0.02, l2=10.0)
    bias = network.output.bias.detach()
    # ln 2 but for the last steps; decaying biases would differ by a tenth of it.
    assert 0.4 < float(bias[1] - bias[0]) < 0.9


def test_other_losses_and_outputs() -> None:
    rows = nn.SpinDataset(DATA, DATA.temperatures[:, None])
    network = nn.Convolutional(filters=4, hidden=8, outputs=1, seed=1)
    history = nn.fit(
        network, rows, rows, epochs=10, learning_rate=0.01, loss=torch.nn.functional.mse_loss
    )
    assert history.validation_accuracy == []
    assert min(history.validation_loss) < 0.5 * DATA.temperatures.var()


def test_a_loss_that_is_not_finite_is_an_error_and_gives_the_last_weights_back() -> None:
    network = nn.FullyConnected(35, outputs=3, seed=1)
    before = copy.deepcopy(network.state_dict())
    bad = lambda outputs, targets: outputs.sum() * float("nan")  # noqa: E731
    with pytest.raises(kd.DivergenceError, match=r"^\[fit\] expected a finite loss, got nan$"):
        nn.fit(network, DATA, loss=bad)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_predictions_are_those_of_the_network_and_leave_its_mode() -> None:
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(), torch.nn.Linear(35, 2))
    network.train()
    said = nn.predict(network, DATA)
    assert network.training
    spins, _ = nn.SpinDataset(DATA).batch(slice(None))
    assert np.allclose(said, network.eval()(spins).detach().numpy(), atol=1e-6)


NET = nn.FullyConnected(35, hidden=2, outputs=3)
CHAIN = kd.datasets.ising(kd.Chain(9), 1.0, 10, seed=1)
CALLS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: nn.SpinDataset(np.ones((3, 4))),
        TypeError,
        "[SpinDataset] expected a data set such as kd.datasets.Dataset(rows, labels, shape),"
        " got ndarray",
    ),
    (
        lambda: nn.SpinDataset(DATA, [1, 2]),
        ValueError,
        "[SpinDataset] expected targets of shape (900,) or (900, k), got shape (2,)",
    ),
    (
        lambda: nn.SpinDataset(DATA, ["a"] * 900),
        TypeError,
        "[SpinDataset] expected targets as numbers, got <U1",
    ),
    (
        lambda: nn.BatchLoader(DATA, 0),
        ValueError,
        "[BatchLoader] expected batch_size in [1, 16777216], got 0",
    ),
    (
        lambda: nn.FullyConnected(0),
        ValueError,
        "[FullyConnected] expected n_sites in [1, 16777216], got 0",
    ),
    (
        lambda: nn.FullyConnected(4, seed=-1),
        ValueError,
        "[FullyConnected] expected seed in [0, 18446744073709551615], got -1",
    ),
    (
        lambda: nn.FullyConnected(4, activation="step"),
        ValueError,
        "[FullyConnected] expected activation to be one of 'relu', 'sigmoid', 'tanh', got 'step'",
    ),
    (
        lambda: nn.Convolutional(width=4),
        ValueError,
        "[Convolutional] expected an odd width, got 4",
    ),
    (
        lambda: nn.fit(NET, DATA, epochs=0),
        ValueError,
        "[fit] expected epochs in [1, 2147483648], got 0",
    ),
    (
        lambda: nn.fit(NET, DATA, learning_rate=0),
        ValueError,
        "[fit] expected a positive learning_rate, got 0",
    ),
    (lambda: nn.fit(NET, DATA, l2=-1), ValueError, "[fit] expected l2 of 0 or more, got -1"),
    (
        lambda: nn.fit(NET, DATA, patience=0),
        ValueError,
        "[fit] expected patience in [1, 2147483648], got 0",
    ),
    (
        lambda: nn.fit(NET, DATA, seed=-1),
        ValueError,
        "[fit] expected seed in [0, 18446744073709551615], got -1",
    ),
    (
        lambda: nn.fit(NET, DATA, batch_size=0),
        ValueError,
        "[fit] expected batch_size in [1, 16777216], got 0",
    ),
    (
        lambda: nn.fit(nn.FullyConnected, DATA),
        TypeError,
        "[fit] expected a torch.nn.Module, got FullyConnected",
    ),
    (
        lambda: nn.predict(None, DATA),
        TypeError,
        "[predict] expected a torch.nn.Module, got NoneType",
    ),
    (
        lambda: nn.fit(NET, DATA[:0]),
        ValueError,
        "[fit] expected a data set with rows, got an empty one",
    ),
    (
        lambda: nn.fit(NET, DATA, DATA[:0]),
        ValueError,
        "[fit] expected a data set with rows, got an empty one",
    ),
    (
        lambda: nn.predict(NET, DATA[:0]),
        ValueError,
        "[predict] expected a data set with rows, got an empty one",
    ),
    (
        lambda: nn.accuracy(NET, DATA[:0]),
        ValueError,
        "[accuracy] expected a data set with rows, got an empty one",
    ),
    (
        lambda: nn.accuracy(NET, nn.SpinDataset(DATA, DATA.temperatures)),
        TypeError,
        "[accuracy] expected class labels as targets, got torch.float32 of shape (900,)",
    ),
    (
        lambda: nn.accuracy(NET, nn.SpinDataset(DATA, np.eye(3, dtype=int)[DATA.labels])),
        TypeError,
        "[accuracy] expected class labels as targets, got torch.int64 of shape (900, 3)",
    ),
    (
        lambda: nn.predict(nn.FullyConnected(36), DATA),
        ValueError,
        "[FullyConnected] expected spins of shape (batch, ...) with 36 sites, got (900, 5, 7)",
    ),
    (
        lambda: nn.FullyConnected(35)(torch.ones(35)),
        ValueError,
        "[FullyConnected] expected spins of shape (batch, ...) with 35 sites, got (35,)",
    ),
    (
        lambda: nn.predict(nn.Convolutional(), CHAIN),
        ValueError,
        "[Convolutional] expected spins of shape (batch, height, width), got (10, 9)",
    ),
    (
        lambda: nn.predict(nn.Thermometer((7, 5), 3), DATA),
        ValueError,
        "[Thermometer] expected spins of shape (batch, 7, 5), got (900, 5, 7)",
    ),
    (
        lambda: nn.torch_threads(0).__enter__(),
        ValueError,
        "[torch_threads] expected threads in [1, 4096], got 0",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text
