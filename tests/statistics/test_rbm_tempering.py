"""Tempering of RBMs against exact transition matrices and enumerated distributions.

The matrices are built from the very drives and thresholds of the engine: they keep the product
distribution of all rungs and both layers; those with a planted fault do not. What the engine does
to every state, the states that it visits, and its averages are then compared with them.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest

import checks
import kadanoff as kd
import rbm_tempering_checks as exact
from rbm_checks import numbers, states, visible_target

ENCODINGS = [("binary", "binary"), ("spin", "binary"), ("binary", "spin"), ("spin", "spin")]
BETAS = (0.0, 0.5, 1.0)
encodings = pytest.mark.parametrize("units", ENCODINGS, ids="-".join)
parities = pytest.mark.parametrize("parity", [0, 1])


@functools.cache
def ladder(name: str, units: tuple[str, str] = ("binary", "binary")) -> exact.Ladder:
    if name == "trajectory":
        return exact.trajectory(units, 2, 1)
    hidden = 2 if name == "2 + 2 units" else 1
    betas = BETAS[::-1] if name == "cold first" else BETAS
    return exact.temperatures(exact.machine(2, hidden, units), betas)


ladders = pytest.mark.parametrize(
    "name", ["temperatures", "cold first", "trajectory", "2 + 2 units"]
)


def hot(name: str) -> int:
    return 2 if name == "cold first" else 0


# The definition: exact matrices.


@ladders
@encodings
@parities
def test_swaps_are_in_detailed_balance(name: str, units: tuple[str, str], parity: int) -> None:
    rungs = ladder(name, units)
    pi = exact.product([visible_target(*rung) for rung in rungs])
    accepted = exact.probability(exact.engine_drives(rungs, parity))
    swaps = exact.swap_matrix(4, 3, parity, accepted).toarray()
    np.testing.assert_allclose(swaps.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    flow = pi[:, None] * swaps
    assert np.abs(flow - flow.T).max() < 1e-12
    assert swaps.diagonal().min() < 0.9  # some swaps are likely to be accepted
    assert (accepted < 0.5).any()


@pytest.mark.parametrize("name", ["temperatures", "trajectory"])
def test_swaps_of_rounded_weights_are_those_of_the_machine_that_is_sampled(name: str) -> None:
    rungs = in_thirds(ladder(name))
    make = functools.partial(exact.make_engine, precision="fixed16")
    accepted = exact.probability(exact.engine_drives(rungs, 1, make))
    swaps = exact.swap_matrix(4, 3, 1, accepted).toarray()

    def imbalance(rungs: exact.Ladder) -> float:
        pi = exact.product([visible_target(*rung) for rung in rungs])
        flow = pi[:, None] * swaps
        return float(np.abs(flow - flow.T).max() / pi.max())

    # The rounded machine is written down in float32 here.
    assert imbalance([(rounded(rbm), beta) for rbm, beta in rungs]) < 1e-7
    assert imbalance(rungs) > 1e-6


def numbers_of(rbm: kd.RBM) -> tuple[np.ndarray, ...]:
    return tuple(x.astype(float) for x in (rbm.weights, rbm.visible_bias, rbm.hidden_bias))


def in_thirds(rungs: exact.Ladder) -> exact.Ladder:
    """Machines with a third of each weight, which no 16 bits hold."""
    thirds = {id(rbm): kd.RBM(*(x / 3 for x in numbers_of(rbm))) for rbm, _ in rungs}
    return [(thirds[id(rbm)], beta) for rbm, beta in rungs]


def rounded(rbm: kd.RBM) -> kd.RBM:
    """What "fixed16" samples."""
    scale = kd.GibbsSampler(rbm, 1, 1, precision="fixed16").scale
    return kd.RBM(*(np.rint(scale * x) / scale for x in numbers_of(rbm)))


@pytest.mark.parametrize("name", ["temperatures", "cold first", "trajectory"])
@encodings
@parities
def test_a_round_keeps_both_layers_of_all_rungs(
    name: str, units: tuple[str, str], parity: int
) -> None:
    rungs = ladder(name, units)
    matrix = exact.round_matrix(rungs, parity)
    assert matrix.shape == (512, 512)
    assert exact.worst_deviation(rungs, matrix, hot(name)) < 1e-12


@parities
def test_a_round_of_2_and_2_units_at_3_temperatures(parity: int) -> None:
    rungs = ladder("2 + 2 units")
    matrix = exact.round_matrix(rungs, parity)
    assert matrix.shape == (4096, 4096)
    assert exact.worst_deviation(rungs, matrix) < 1e-12


@pytest.mark.parametrize("name", ["temperatures", "trajectory"])
def test_rounds_have_no_other_distribution_to_end_in(name: str) -> None:
    rungs = ladder(name)
    cycle = exact.round_matrix(rungs, 0) @ exact.round_matrix(rungs, 1)
    pi = exact.product([exact.joint_target(*rung) for rung in rungs])
    assert np.abs(np.linalg.matrix_power(cycle, 64) - pi).max() < 1e-12


@parities
@pytest.mark.parametrize("fault", exact.MATRIX_FAULTS)
def test_the_matrix_shows_every_planted_fault(fault: str, parity: int) -> None:
    rungs = exact.temperatures(exact.telling_machine(1), BETAS)
    assert exact.worst_deviation(rungs, exact.round_matrix(rungs, parity)) < 1e-12
    assert exact.worst_deviation(rungs, exact.round_matrix(rungs, parity, fault)) > 1e-3


# The engine: what a round does to every state.


@pytest.mark.parametrize("name", ["temperatures", "cold first", "trajectory"])
@encodings
def test_rounds_of_the_engine(name: str, units: tuple[str, str]) -> None:
    exact.check_rounds(ladder(name, units))


@pytest.mark.parametrize("fault", [*exact.FAULTS, "hot end stays"])
def test_the_check_of_rounds_catches_every_planted_fault(fault: str) -> None:
    rungs = exact.temperatures(exact.telling_machine(6), BETAS)
    exact.check_rounds(rungs, exact.make_faulty(""))
    with pytest.raises(checks.DeviationError) as caught:
        exact.check_rounds(rungs, exact.make_faulty(fault))
    assert caught.value.score > 8


@pytest.mark.parametrize("name", ["temperatures", "trajectory"])
@encodings
def test_both_layers_on_every_rung(name: str, units: tuple[str, str]) -> None:
    rungs = ladder(name, units)
    pt = exact.make_engine(rungs, 10_000, swap_every=1 + (units[0] == "spin"))
    pt.run(41)
    exact.check_joint(rungs, pt)
    assert (pt.acceptance > 0.1).all()


def test_hidden_units_of_before_a_swap_would_show() -> None:
    rungs = exact.temperatures(exact.telling_machine(1), BETAS)
    pt = exact.make_engine(rungs, 10_000)
    pt.run(20)
    exact.check_joint(rungs, pt)
    pt._exchange()  # as if swaps came after steps
    with pytest.raises(checks.DeviationError) as caught:
        exact.check_joint(rungs, pt)
    assert caught.value.score > 8


# Two deep modes.


def two_modes(units: tuple[str, str]) -> kd.RBM:
    """8 + 6 units that nearly all agree, or nearly all disagree, with a pattern of signs."""
    rng = np.random.default_rng(11)
    pattern = np.sign(rng.normal(size=8)), np.sign(rng.normal(size=6))
    weights = 0.7 * np.outer(*pattern) + rng.normal(0.0, 0.1, (8, 6))
    a, b = 0.03 * pattern[0] + rng.normal(0.0, 0.02, 8), rng.normal(0.0, 0.02, 6)
    # s = 2 x - 1 for units of 0 and 1: the same distribution.
    if units[0] == "binary":
        weights, a, b = 2 * weights, 2 * a, b - weights.sum(axis=0)
    if units[1] == "binary":
        weights, a, b = 2 * weights, a - weights.sum(axis=1), 2 * b
    return kd.RBM(weights, a, b, *units)


def in_one_mode(rbm: kd.RBM, shape: tuple[int, ...]) -> np.ndarray:
    """Its likeliest state, everywhere."""
    best = states(8, rbm.visible_units)[visible_target(rbm).argmax()]
    return np.broadcast_to(best, (*shape, 8))


def check_modes(rbm: kd.RBM, visible: np.ndarray, hidden: np.ndarray) -> None:
    """Means of all units, and the histogram of visible states, of independent chains."""
    target, every = visible_target(rbm), states(8, rbm.visible_units)
    given = exact.layer_probabilities(rbm, True)
    hidden_means = target @ given @ states(6, rbm.hidden_units)
    comparisons = [
        checks.compare(f"{layer} {k}", 1.0, values[:, k].astype(float), float(mean[k]))
        for layer, values, mean in (
            ("visible", visible, target @ every),
            ("hidden", hidden, hidden_means),
        )
        for k in range(values.shape[1])
    ]
    checks.require(comparisons)
    counts = np.bincount(numbers(visible), minlength=256)
    checks.chi_square("visible states", counts, len(visible) * target)


MODES_BETAS = (0.0, 0.2, 0.35, 0.5, 0.7, 1.0)
# What is left of the start after so many steps is a tenth of the errors.
CHAINS, STEPS = 1500, 250


def modes_ladder(kind: str, rbm: kd.RBM) -> exact.Ladder:
    if kind == "temperatures":
        return exact.temperatures(rbm, MODES_BETAS)
    nothing = kd.RBM(np.zeros((8, 6)), None, None, rbm.visible_units, rbm.hidden_units)
    return [(between, 1.0) for between in kd.rbm.interpolate(nothing, rbm, MODES_BETAS)]


@pytest.mark.parametrize(
    ("kind", "units", "precision"),
    [
        *(("temperatures", units, "float32") for units in ENCODINGS),
        ("temperatures", ENCODINGS[0], "fixed16"),
        ("trajectory", ENCODINGS[0], "float32"),
        ("trajectory", ENCODINGS[3], "fixed16"),
    ],
    ids=str,
)
def test_two_modes_from_one(kind: str, units: tuple[str, str], precision: str) -> None:
    rbm = two_modes(units)
    rungs = modes_ladder(kind, rbm)
    pt = exact.make_engine(rungs, CHAINS, precision=precision)
    pt.all_visible = in_one_mode(rbm, (len(rungs), CHAINS))
    pt.run(STEPS)
    check_modes(rbm, pt.visible, pt.hidden)
    check_moments(rbm, pt)
    exact.check_energies(rungs, pt)
    found = numbers(pt.all_visible)
    counts = np.array([np.bincount(row, minlength=256) for row in found])
    marginals = np.array([visible_target(*rung) for rung in rungs])
    checks.chi_square("all rungs", counts, CHAINS * marginals)
    assert pt.round_trips.sum() > CHAINS


def check_moments(rbm: kd.RBM, pt: kd.RBMTempering | kd.TrajectoryTempering) -> None:
    """Averages over the cold chains, of the products against the exact ones."""
    moments, target = pt.moments(), visible_target(rbm)
    np.testing.assert_allclose(moments.visible, pt.visible.mean(axis=0), atol=1e-12)
    means = exact.layer_probabilities(rbm, True) @ states(6, rbm.hidden_units)
    products = states(8, rbm.visible_units)[:, :, None] * means[:, None, :]
    mean = np.tensordot(target, products, 1)
    spread = np.sqrt(np.tensordot(target, products**2, 1) - mean**2)
    assert (np.abs(moments.products - mean) < 4 * spread / np.sqrt(CHAINS)).all()


@encodings
def test_plain_chains_stay_in_one_mode(units: tuple[str, str]) -> None:
    rbm = two_modes(units)
    target = visible_target(rbm)
    overlap = states(8, "spin") @ np.where(in_one_mode(rbm, ()) == 1, 1, -1)
    assert 0.2 < target[overlap < 0].sum() < 0.8
    # The slowest mode of the exact step decays over more than a hundred times as many steps.
    eigenvalues = np.sort(np.abs(np.linalg.eigvals(exact.visible_step(rbm, 1.0))))
    assert 1.0 - eigenvalues[-2] < 0.01 / STEPS
    chains = kd.GibbsSampler(rbm, CHAINS, 5)
    chains.visible = in_one_mode(rbm, (CHAINS,))
    chains.run(STEPS)
    with pytest.raises(checks.DeviationError) as caught:
        check_modes(rbm, chains.visible, chains.hidden)
    assert caught.value.score > 20


def test_wrong_temperatures_would_show() -> None:
    rbm = two_modes(ENCODINGS[0])
    pt = kd.RBMTempering(rbm, [0.92 * beta for beta in MODES_BETAS], CHAINS, 5)
    pt.run(60)
    with pytest.raises(checks.DeviationError) as caught:
        exact.check_energies(exact.temperatures(rbm, MODES_BETAS), pt)
    assert caught.value.score > 6
