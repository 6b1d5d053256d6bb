"""What the hidden units of a thermometer see."""

from __future__ import annotations

import re

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.cli.reproducing import draw
from kadanoff.reproductions import Report, Settings, order_parameter

torch = pytest.importorskip("torch")

from kadanoff import nn  # noqa: E402

DATA = kd.datasets.ising(kd.Square((3, 5)), [1.5, 2.5, 4.0], 70, seed=4)


def test_layer_outputs_are_pre_activations():
    network = nn.FullyConnected(15, hidden=3, outputs=4, seed=1)
    weights = network.hidden.weight.detach().numpy()
    expected = DATA.data @ weights.T + network.hidden.bias.detach().numpy()
    np.testing.assert_allclose(nn.layer_outputs(network, DATA), expected, atol=1e-5)
    np.testing.assert_array_equal(
        nn.layer_outputs(network, DATA, "output"), nn.predict(network, DATA)
    )
    maps = nn.layer_outputs(nn.Convolutional(filters=2, hidden=3, seed=1), DATA, "second")
    assert maps.shape == (210, 2, 3, 5)


def test_looking_leaves_nothing_behind():
    network = nn.FullyConnected(15, hidden=3, seed=1)
    nn.layer_outputs(network, DATA)
    assert not network.hidden._forward_hooks
    text = "[layer_outputs] expected layer in hidden, output, activation, got 'other'"
    with pytest.raises(ValueError, match=f"^{re.escape(text)[:30]}"):
        nn.layer_outputs(network, DATA, "other")
    with pytest.raises(TypeError):
        nn.layer_outputs(network, DATA.data)
    assert not network.hidden._forward_hooks


class Repeating(torch.nn.Module):
    """Asks one of its layers twice, and another one never."""

    def __init__(self):
        super().__init__()
        self.twice, self.never = torch.nn.Linear(15, 15), torch.nn.Linear(15, 15)

    def forward(self, spins):
        return self.twice(self.twice(spins.flatten(1)))


@pytest.mark.parametrize(("layer", "count"), [("twice", 420), ("never", 0)])
def test_a_layer_that_is_not_asked_once_is_an_error(layer, count):
    text = "[layer_outputs] expected a layer that says something once for each of 210 rows"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}, got {count} from '{layer}'$"):
        nn.layer_outputs(Repeating(), DATA, layer)


def test_correlation_at_fixed_labels():
    """Two quantities that only the label ties together are uncorrelated at fixed label."""
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], 4000)
    first, second = (5.0 * labels + rng.normal(size=12_000) for _ in range(2))
    assert order_parameter.correlation(first, second) > 0.9
    assert abs(order_parameter.correlation(first, second, labels)) < 4 / np.sqrt(12_000)
    assert order_parameter.correlation(first, 2 * first + 1, labels) == pytest.approx(1)


def test_no_network_is_better_than_the_exact_thermometer():
    """The optimal loss is that of the most likely energy machine, within its 32 parameters."""
    betas = order_parameter.BETAS
    data = kd.datasets.ising(kd.Square(4), 1 / betas, 400, seed=2)
    energies = kd.Ising(kd.Square(4)).energy(data.spins)
    least = order_parameter._least_loss(energies / 16, data)
    machine = nn.fit_energies(energies, data.labels)
    logits = energies[:, None] * machine.weights + machine.biases
    norms = np.log(np.exp(logits - logits.max(1)[:, None]).sum(1)) + logits.max(1)
    fitted = (norms - logits[np.arange(len(data)), data.labels]).mean()
    assert 0 < least - fitted < 4 * 32 / len(data)


def test_a_small_reproduction(monkeypatch, progress):
    monkeypatch.setattr(order_parameter, "FAST", order_parameter.Effort((8,), 384, 40, 1, 2))
    report = order_parameter.compute(Settings(seed=1, threads=1), progress)
    rows = {one.name: one for one in report.quantities}
    shallow = [rows[f"|r| of unit {unit} and m, shallow, L = 8"] for unit in (1, 2, 3)]
    used = [one for one in shallow if one.within is not None]
    assert len(used) >= 2
    assert all(one.holds for one in used)
    assert rows["|r| with m before the training, shallow, L = 8"].value < 0.9
    least = rows["loss, optimal by Kaufman, L = 8"].value
    assert least < rows["loss, shallow, L = 8"].value < np.log(17)
    assert len(draw(order_parameter.REPRODUCTION, Report((), report.series)).axes) == 4


def test_the_largest_seed(monkeypatch, progress):
    monkeypatch.setattr(order_parameter, "FAST", order_parameter.Effort((4,), 16, 1, 1, 2))
    report = order_parameter.compute(Settings(seed=2**64 - 1, threads=1), progress)
    assert report.series["size"].tolist() == [4]
