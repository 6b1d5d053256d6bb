"""Networks that tell temperatures, and the optimal one, which has the energy alone."""

from __future__ import annotations

import re

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.cli.reproducing import draw
from kadanoff.errors import DivergenceError
from kadanoff.reproductions import Report, Settings, thermometer

torch = pytest.importorskip("torch")

from kadanoff import nn  # noqa: E402

BETAS = np.array([0.2, 0.3, 0.4, 0.5, 0.6])
LATTICE = kd.Square(4)


# The network


@pytest.mark.parametrize(("shape", "stride"), [((5, 7), 1), ((6, 4), 2), ((5, 7), 3), ((3, 3), 4)])
def test_the_network_is_its_formula(shape, stride):
    network = nn.Thermometer(shape, outputs=3, filters=2, width=3, stride=stride, seed=5)
    spins = np.random.default_rng(1).choice(np.array([-1.0, 1.0], np.float32), (4, *shape))
    filters = network.filters.weight.detach().numpy()
    offsets = network.filters.bias.detach().numpy()
    units = []
    for c in range(2):
        for y in range(0, shape[0], stride):
            for x in range(0, shape[1], stride):
                field = offsets[c] + sum(
                    filters[c, 0, i, j] * spins[:, (y + i - 1) % shape[0], (x + j - 1) % shape[1]]
                    for i in range(3)
                    for j in range(3)
                )
                units.append(np.maximum(field, 0))
    weights = network.output.weight.detach().numpy()
    expected = np.transpose(units) @ weights.T + network.output.bias.detach().numpy()
    ours = network(torch.tensor(spins)).detach().numpy()
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    np.testing.assert_allclose(nn.summed_weights(network), weights.sum(axis=1), atol=1e-5)


def test_networks_of_a_seed_are_equal():
    first, again, other = (nn.Thermometer(8, 5, seed=seed) for seed in (3, 3, 4))
    assert (nn.summed_weights(first) == nn.summed_weights(again)).all()
    assert (nn.summed_weights(first) != nn.summed_weights(other)).all()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"shape": (4, 4, 4)}, "[Thermometer] expected two extents, got (4, 4, 4)"),
        ({"width": 4}, "[Thermometer] expected an odd width of at most 8, got 4"),
        ({"width": 9}, "[Thermometer] expected an odd width of at most 8, got 9"),
        ({"outputs": 0}, "[Thermometer] expected outputs in [1, 16777216], got 0"),
        ({"shape": 0}, "[Thermometer] expected shape in [1, 16777216], got 0"),
    ],
)
def test_wrong_networks(given, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        nn.Thermometer(**({"shape": 8, "outputs": 5} | given))


# The hyperbolic tangent


@pytest.mark.parametrize(
    ("place", "sharpness", "sign"), [(0.3, 20, 1), (0.6, 5, -1), (0.45, 60, 1)]
)
def test_a_planted_transition_is_found(place, sharpness, sign):
    betas = np.linspace(0.1, 0.9, 33)
    noise = 0.02 * np.random.default_rng(2).normal(size=33)
    found = nn.tanh_transition(betas, 7 + 3 * sign * np.tanh(sharpness * (betas - place)) + noise)
    assert abs(found.beta - place) < 4 * found.beta_error < 0.02
    assert found.sharpness == pytest.approx(sharpness, rel=0.1)
    assert found.explained > 0.999


def test_neither_a_line_nor_noise_has_a_transition():
    betas = np.linspace(0.1, 0.9, 33)
    noise = np.random.default_rng(3).normal(size=33)
    line = nn.tanh_transition(betas, -betas + 0.002 * noise)
    assert line.beta_error > 0.8
    assert line.sharpness < 1
    assert nn.tanh_transition(betas, noise).explained < 0.6


@pytest.mark.parametrize(
    ("betas", "values", "text"),
    [
        ([0, 1, 2, 3], [0, 1, 2, 3], "[tanh_transition] expected five points or more, got 4 and 4"),
        (range(5), range(6), "[tanh_transition] expected five points or more, got 5 and 6"),
        (range(5), [1] * 5, "[tanh_transition] expected finite numbers that are not all equal"),
        (
            range(5),
            [1, 2, 3, 4, np.nan],
            "[tanh_transition] expected finite numbers that are not all equal",
        ),
    ],
)
def test_wrong_points(betas, values, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        nn.tanh_transition(list(betas), list(values))


# The energy alone


def energies(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw energies of 4 x 4 spins independently from their exact distribution."""
    bits = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
    every = kd.Ising(LATTICE).energy((2 * bits - 1).astype(np.int8).reshape(-1, 4, 4))
    levels, states = np.unique(every, return_counts=True)
    rng = np.random.default_rng(seed)
    drawn = []
    for beta in BETAS:
        weights = states * np.exp(-beta * (levels - levels[0]))
        drawn.append(rng.choice(levels, count, p=weights / weights.sum()))
    return np.concatenate(drawn), np.repeat(np.arange(len(BETAS)), count)


LOG_Z = np.asarray(kd.exact.kaufman(4, BETAS).log_z_total)


@pytest.mark.parametrize("fixed", [False, True])
def test_parameters_are_beta_and_log_z_within_their_errors(fixed):
    """The mean chi^2 of 60 data sets is 1 +- 0.09; errors 40 % off would be 5 sigma or more."""
    found = []
    for seed in range(60):
        rows = energies(2000, seed)
        machine = nn.fit_energies(*rows, weights=-BETAS if fixed else None)
        found.append(machine.chi_square(-BETAS, -LOG_Z))
    mean, sigma = np.mean(found, axis=0), np.sqrt(2 / 4 / 60)
    assert abs(mean[1] - 1) < 4 * sigma
    if not fixed:
        assert abs(mean[0] - 1) < 4 * sigma


def test_numbers_of_states_add_their_logarithm_to_the_biases():
    given, labels = energies(4000, 1)
    counts = 4000 // np.arange(1, len(BETAS) + 1)
    kept = np.concatenate([np.flatnonzero(labels == k)[:n] for k, n in enumerate(counts)])
    machine = nn.fit_energies(given[kept], labels[kept], weights=-BETAS)
    assert machine.chi_square(-BETAS, np.log(counts) - LOG_Z)[1] < 1 + 4 * np.sqrt(2 / 4)
    assert machine.chi_square(-BETAS, -LOG_Z)[1] > 100


def test_other_parameters_are_far_off():
    machine = nn.fit_energies(*energies(20_000, 1))
    assert max(machine.chi_square(-BETAS, -LOG_Z)) < 5
    weights, biases = machine.chi_square(
        -1.05 * BETAS, -kd.exact.kaufman(4, 1.05 * BETAS).log_z * 16
    )
    assert weights > 10
    assert biases > 10
    free = 16 * np.log(2 * np.cosh(BETAS) ** 2)
    assert np.corrcoef(free, LOG_Z)[0, 1] > 0.99  # a correlation would not tell
    assert machine.chi_square(-BETAS, -free)[1] > 30


def test_it_is_the_maximum():
    rows, labels = energies(500, 2)
    machine = nn.fit_energies(rows, labels)

    def likelihood(weights, biases):
        logits = rows[:, None] * weights + biases
        top = logits.max(axis=1, keepdims=True)
        norms = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
        return (logits[np.arange(len(rows)), labels] - norms).sum()

    best = likelihood(machine.weights, machine.biases)
    rng = np.random.default_rng(3)
    for _ in range(20):
        steps = 1e-3 * rng.normal(size=(2, 5))
        assert likelihood(machine.weights + steps[0], machine.biases + steps[1]) < best
    assert abs(machine.weights.mean()) < 1e-12
    assert abs(machine.biases.mean()) < 1e-10


def test_units_of_the_energy_do_not_matter():
    rows, labels = energies(500, 4)
    first, other = nn.fit_energies(rows, labels), nn.fit_energies(1000 * rows + 5e4, labels)
    np.testing.assert_allclose(other.weights, first.weights / 1000, rtol=1e-6, atol=1e-12)
    moved = first.biases - 5e4 * (first.weights / 1000)
    np.testing.assert_allclose(other.biases, moved, rtol=0, atol=1e-5)


def test_the_second_difference_is_the_variance_of_the_energy():
    machine = nn.fit_energies(*energies(50_000, 5), weights=-BETAS)
    ours, errors = machine.second_difference(0.1)
    exact = np.diff(LOG_Z, 2) / 0.01
    assert (abs(ours - exact) < 4 * errors).all()
    assert (errors < 0.05 * exact).all()


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (([1.0, 2.0], [0, 0]), ValueError, "expected two classes or more, got one"),
        (
            ([1.0, 2.0], [0, 2]),
            ValueError,
            "expected labels 0 to at most 10000, each at least once, got 0 to 2",
        ),
        (([1.0, 2.0], [0]), ValueError, "expected labels of shape (2,), got shape (1,)"),
        (([1.0, np.inf], [0, 1]), ValueError, "expected finite energies, got NaN or infinity"),
        (([1.0, 2.0], [0.0, 1.0]), TypeError, "expected labels as integers, got float64"),
        (
            ([1.0, 2.0], [0, 1], [1.0]),
            ValueError,
            "expected weights of shape (2,), got shape (1,)",
        ),
        (
            ([1.0, 2.0], [0, 1], [1.0, np.nan]),
            ValueError,
            "expected finite weights, got NaN or infinity",
        ),
        (
            ([0.0, 0.0, 5.0, 5.0], [0, 0, 1, 1]),
            DivergenceError,
            "expected temperatures whose energies overlap, got a likelihood without a maximum",
        ),
    ],
)
def test_wrong_energies(given, error, text):
    with pytest.raises(error, match=f"^{re.escape('[fit_energies] ' + text)}$"):
        nn.fit_energies(*given)


def test_parameters_of_other_shapes_are_not_compared():
    machine = nn.fit_energies([0.0, 1.0, 0.0, 1.0, 1.0], [0, 0, 1, 1, 1])
    assert machine.chi_square(machine.weights + 2.0, machine.biases - 1.0) == pytest.approx((0, 0))
    text = "[chi_square] expected biases of shape (2,), got shape (1,)"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        machine.chi_square([0.0, 0.0], 0.0)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda machine: machine.chi_square([1.0, 2.0], [1.0, 2.0, 3.0]),
            "[chi_square] expected weights of shape (3,), got shape (2,)",
        ),
        (
            lambda machine: machine.chi_square([1.0, 2.0, 3.0], [1.0, np.inf, 3.0]),
            "[chi_square] expected finite biases, got NaN or infinity",
        ),
        (
            lambda machine: machine.second_difference(0),
            "[second_difference] expected a step other than 0, got 0",
        ),
    ],
)
def test_wrong_questions(call, text):
    machine = nn.fit_energies([0.0, 1.0] * 6, [0, 1, 2] * 4)
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        call(machine)


# The reproduction


@pytest.mark.parametrize(("kind", "stays"), [("CNN", True), ("FC", False)])
def test_a_network_of_a_size_may_have_a_rate_of_its_own(monkeypatch, kind, stays):
    monkeypatch.setattr(thermometer, "SLOW_RATES", {("CNN", 6): 1e-12, ("FC", 8): 1e-12})
    betas = np.linspace(0.1, 0.7, 5)
    parts = kd.datasets.ising(kd.Square(6), 1 / betas, 80, seed=1).split(0.25)
    trace = thermometer.train_thermometer(kind, *parts, betas, 2, 1)
    assert np.allclose(*trace.sums, rtol=1e-6) == stays


def test_a_small_reproduction(monkeypatch, progress):
    monkeypatch.setattr(thermometer, "SIZES", (8,))
    monkeypatch.setattr(thermometer, "CONTROL_SIZE", 8)
    monkeypatch.setattr(thermometer, "FAST", thermometer.Effort(10, 48, 3, 2, 3000))
    report = thermometer.compute(Settings(seed=2**64 - 1, threads=1), progress)
    rows = {one.name: one for one in report.quantities}
    assert rows["r of biases and -ln Z, energy machine, L = 8"].holds
    assert rows["chi^2 / dof of biases + ln Z, energy machine, L = 8"].holds
    assert rows["beta_c from weights, FC, L = 8"].reference == pytest.approx(0.440687, abs=1e-6)
    assert rows["the same with weights -beta, energy machine, L = 8"].value < 0.1
    assert len(draw(thermometer.REPRODUCTION, Report((), report.series)).axes) == 7
