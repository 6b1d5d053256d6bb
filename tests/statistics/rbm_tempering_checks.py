"""Exact matrices of tempered RBMs, and checks of what engines do, with planted faults for both.

A ladder is a list of (machine, beta). A state of a rung is v * (number of hidden states) + h, in
the order of `rbm_checks.states`; those of all rungs are the digits of one number, first rung first.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_array

import checks
import kadanoff as kd
from kadanoff import _core
from kadanoff.rbm.tempering.swaps import swap_drive
from rbm_checks import layer_probabilities, numbers, states, visible_target

SEED = 20240303
Ladder = list[tuple[kd.RBM, float]]
FAULTS = ("sign", "wrong beta", "free energy as energy")
MATRIX_FAULTS = (*FAULTS, "stale hidden units", "swap after the step", "hot end stays")


def machine(
    visible: int, hidden: int, units: tuple[str, str], size: float = 1.0, seed: int = 4
) -> kd.RBM:
    """Weights and biases are multiples of 1/16, so that float32 adds them up exactly."""
    rng = np.random.default_rng(seed)
    draw = lambda *shape: np.rint(16 * size * rng.uniform(-2.0, 2.0, shape)) / 16  # noqa: E731
    return kd.RBM(draw(visible, hidden), draw(visible), draw(hidden), *units)


def telling_machine(hidden: int) -> kd.RBM:
    """Only some visible states decide the hidden units: weights change their order with beta."""
    weights = np.outer([4.0, -3.0], [1.0, -1.0] * (hidden // 2) + [1.0] * (hidden % 2))
    return kd.RBM(weights, [0.5, -0.25])


def temperatures(rbm: kd.RBM, betas: tuple[float, ...]) -> Ladder:
    """The rungs of `RBMTempering`."""
    return [(rbm, beta) for beta in betas]


def trajectory(units: tuple[str, str], visible: int, hidden: int) -> Ladder:
    """Three machines of different weights; the first one has only biases."""
    first = machine(visible, hidden, units, 0.5, seed=7)
    first = kd.RBM(0 * first.weights, first.visible_bias, first.hidden_bias, *units)
    rest = [machine(visible, hidden, units, size, seed) for size, seed in ((0.5, 8), (1.0, 9))]
    return [(rbm, 1.0) for rbm in (first, *rest)]


def make_engine(ladder: Ladder, copies: int, **options: Any) -> Any:
    """The tempering that has these rungs."""
    if len({id(rbm) for rbm, _ in ladder}) == 1:
        return kd.RBMTempering(ladder[0][0], [b for _, b in ladder], copies, SEED, **options)
    return kd.TrajectoryTempering([rbm for rbm, _ in ladder], copies, SEED, **options)


# Exact matrices.


def sizes(ladder: Ladder) -> tuple[int, int]:
    """Numbers of visible and of hidden states."""
    return 2 ** ladder[0][0].n_visible, 2 ** ladder[0][0].n_hidden


def joint_target(rbm: kd.RBM, beta: float) -> np.ndarray:
    """Probabilities of all (v, h)."""
    hidden = layer_probabilities(rbm, True, beta)
    return (visible_target(rbm, beta)[:, None] * hidden).ravel()


def product(parts: list[np.ndarray]) -> np.ndarray:
    """Kronecker product: of distributions, or of matrices of rungs that move by themselves."""
    return functools.reduce(np.kron, parts)


def visible_step(rbm: kd.RBM, beta: float) -> np.ndarray:
    """P(v'|v) of one step."""
    return layer_probabilities(rbm, True, beta) @ layer_probabilities(rbm, False, beta)


def joint_step(rbm: kd.RBM, beta: float) -> np.ndarray:
    """P(v', h'|v, h) of one step: h is forgotten."""
    to_hidden = layer_probabilities(rbm, True, beta)
    to_visible = layer_probabilities(rbm, False, beta)
    rows = (to_hidden[:, None, :] * to_visible.T[None]).reshape(len(to_hidden), -1)
    return np.repeat(rows, to_hidden.shape[1], axis=0)


def all_digits(base: int, count: int) -> np.ndarray:
    """Digits of all numbers of `count` digits, (count, base^count)."""
    return np.stack(np.unravel_index(np.arange(base**count), (base,) * count))


def engine_drives(ladder: Ladder, parity: int, make: Callable[..., Any] = make_engine) -> Any:
    """What the engine finds for every visible state of all rungs: (pairs, states)."""
    digits = all_digits(sizes(ladder)[0], len(ladder))
    pt = make(ladder, digits.shape[1])
    pt.all_visible = states(ladder[0][0].n_visible, ladder[0][0].visible_units)[digits]
    pt._ladder = dataclasses.replace(pt._ladder, rounds=parity)
    lower, gains = pt._ladder.lower, pt._gains()
    return swap_drive(gains[lower], gains[lower + 1])


def probability(drive: np.ndarray) -> np.ndarray:
    """What the engine makes of drives: the integer threshold of its decision."""
    thresholds = [_core.threshold_exp_minus(float(max(0.0, -d))) for d in drive.ravel()]
    p = np.array([(t + 1) / 2**64 for t in thresholds]).reshape(drive.shape)
    return np.where(drive >= 0, 1.0, p)


def moves(p: np.ndarray, ends: np.ndarray) -> csr_array:
    """P of going from each state to its end with its probability p, and of staying otherwise."""
    number = np.arange(len(p))
    entries = np.concatenate([1 - p, p])
    return csr_array((entries, (np.tile(number, 2), np.concatenate([number, ends]))))


def swap_matrix(base: int, rungs: int, parity: int, accepted: np.ndarray) -> csr_array:
    """P of a round of swaps of states of `base` values, `accepted` with (pairs, base^rungs)."""
    digits, total = all_digits(base, rungs), base**rungs
    result = csr_array(np.eye(total))
    for p, i in zip(accepted, range(parity, rungs - 1, 2), strict=True):
        swapped = digits.copy()
        swapped[[i, i + 1]] = digits[[i + 1, i]]
        result = result @ moves(p, np.ravel_multi_index(tuple(swapped), (base,) * rungs))
    return result


def faulty_drives(ladder: Ladder, parity: int, fault: str) -> np.ndarray:
    """Drives of visible states, wrong in one way."""
    digits = all_digits(sizes(ladder)[0], len(ladder))
    every = states(ladder[0][0].n_visible, ladder[0][0].visible_units)

    def log_weight(rbm: kd.RBM, beta: float) -> np.ndarray:
        hot = kd.RBM(
            *(beta * x for x in (rbm.weights, rbm.visible_bias, rbm.hidden_bias)),
            *(units for _, units in rbm.layers),
        )
        return -hot.free_energy(every)

    def gain(own: int, other: int) -> np.ndarray:
        (rbm, beta), (_, there) = ladder[own], ladder[other]
        if fault == "free energy as energy":
            return (there - beta) * log_weight(rbm, 1.0)
        if fault == "wrong beta":
            there = 2 * there
        return log_weight(rbm, there) - log_weight(rbm, beta)

    sign = -1.0 if fault == "sign" else 1.0
    return np.array(
        [
            sign * (gain(i, i + 1)[digits[i]] + gain(i + 1, i)[digits[i + 1]])
            for i in range(parity, len(ladder) - 1, 2)
        ]
    )


def joint_swaps(ladder: Ladder, parity: int, drives: np.ndarray) -> csr_array:
    """Swaps that take v and h along, by drives of the visible states."""
    visible, hidden = sizes(ladder)
    digits = all_digits(visible * hidden, len(ladder)) // hidden
    number = np.ravel_multi_index(tuple(digits), (visible,) * len(ladder))
    accepted = probability(drives)[:, number]
    return swap_matrix(visible * hidden, len(ladder), parity, accepted)


def stale_swaps(ladder: Ladder, parity: int) -> csr_array:
    """Swaps of v alone, h staying where it was, of one parity and then of the other.

    They go by the energies of both layers: right once, but then h is none that v could have.
    """
    (visible, hidden), rungs = sizes(ladder), len(ladder)
    base = visible * hidden
    digits, total = all_digits(base, rungs), base**rungs
    rbm = ladder[0][0]
    v, h = states(rbm.n_visible, rbm.visible_units), states(rbm.n_hidden, rbm.hidden_units)
    energy = rbm.energy(v[:, None], h[None]).ravel()
    result = csr_array(np.eye(total))
    for i in (parity, 1 - parity):
        drive = (ladder[i][1] - ladder[i + 1][1]) * (energy[digits[i]] - energy[digits[i + 1]])
        p = np.exp(np.minimum(0.0, drive))
        swapped = digits.copy()
        swapped[i] = digits[i + 1] // hidden * hidden + digits[i] % hidden
        swapped[i + 1] = digits[i] // hidden * hidden + digits[i + 1] % hidden
        result = result @ moves(p, np.ravel_multi_index(tuple(swapped), (base,) * rungs))
    return result


def round_matrix(ladder: Ladder, parity: int, fault: str | None = None) -> np.ndarray:
    """P of a whole round on the states of both layers on all rungs: swaps, then a step of each."""
    steps = [joint_step(rbm, beta) for rbm, beta in ladder]
    if fault == "hot end stays":
        hot = int(np.argmin([beta for _, beta in ladder]))
        steps[hot] = np.eye(len(steps[hot]))
    if fault == "stale hidden units":
        swaps = stale_swaps(ladder, parity)
    elif fault in FAULTS:
        swaps = joint_swaps(ladder, parity, faulty_drives(ladder, parity, fault))
    else:
        swaps = joint_swaps(ladder, parity, engine_drives(ladder, parity))
    if fault == "swap after the step":
        return (swaps.T @ product(steps).T).T
    return swaps @ product(steps)


def worst_deviation(ladder: Ladder, matrix: np.ndarray, hot: int = 0) -> float:
    """The largest of: a row's sum less 1, and, in total variation, what a round does to the
    distribution of all rungs, and what is left on the hot one of any state."""
    targets = [joint_target(rbm, beta) for rbm, beta in ladder]
    pi, size = product(targets), len(targets[0])
    axes = tuple(1 + k for k in range(len(ladder)) if k != hot)
    ends = matrix.reshape(-1, *(size,) * len(ladder)).sum(axis=axes)
    return max(
        float(np.abs(matrix.sum(axis=1) - 1.0).max()),
        float(np.abs(pi @ matrix - pi).sum() / 2),
        float(np.abs(ends - targets[hot]).sum(axis=1).max() / 2),
    )


# Engines.


class FaultyTempering(kd.RBMTempering):
    """An engine with a fault in its swaps, or that leaves the hot end as it is."""

    fault = ""

    def _gains(self) -> np.ndarray:
        gains = super()._gains()
        if self.fault == "sign":
            return -gains
        lower = self._ladder.lower
        other = np.arange(len(self.betas))
        other[lower], other[lower + 1] = lower + 1, lower
        chains, rung = self._chains, self._ladder.rung
        if self.fault == "free energy as energy":
            wrong = (self.betas[other] - self.betas)[rung] * chains.log_weight(1.0)
            return wrong[self._ladder.walkers]
        if self.fault == "wrong beta":
            wrong = chains.log_weight(2 * self.betas[other][rung]) - chains.log_weight()
            return wrong[self._ladder.walkers]
        return gains

    def _advance(self, steps: int) -> None:
        before = self.all_visible
        super()._advance(steps)
        if self.fault == "hot end stays":
            after = self.all_visible
            after[self._ladder.hottest] = before[self._ladder.hottest]
            self.all_visible = after


def make_faulty(fault: str) -> Callable[..., Any]:
    """Return what makes engines with a fault."""
    kind = type("Faulty", (FaultyTempering,), {"fault": fault})
    return lambda ladder, copies: kind(ladder[0][0], [b for _, b in ladder], copies, SEED)


def check_rounds(
    ladder: Ladder,
    make: Callable[..., Any] = make_engine,
    per_state: int = 40,
    rounds: int = 60,
) -> list[float]:
    """Chi-square of what rounds of either parity do to every visible state of all rungs."""
    base, rungs, rbm = sizes(ladder)[0], len(ladder), ladder[0][0]
    total = base**rungs
    start = states(rbm.n_visible, rbm.visible_units)[
        np.repeat(all_digits(base, rungs), per_state, axis=1)
    ]
    number = np.repeat(np.arange(total), per_state)
    pt = make(ladder, start.shape[1])
    pt.run(1)  # the next step is the first to begin with swaps
    counts = np.zeros((2, total, total), dtype=np.int64)
    for k in range(rounds):
        pt.all_visible = start
        pt.run(1)
        ends = np.ravel_multi_index(tuple(numbers(pt.all_visible)), (base,) * rungs)
        np.add.at(counts[k % 2], (number, ends), 1)
    steps = product([visible_step(*rung) for rung in ladder])
    scores = []
    for parity in (0, 1):
        accepted = probability(engine_drives(ladder, parity))
        matrix = swap_matrix(base, rungs, parity, accepted) @ steps
        expected = per_state * rounds // 2 * matrix
        scores.append(checks.chi_square(f"parity {parity}", counts[parity], expected))
    return scores


def check_energies(ladder: Ladder, pt: Any) -> list[checks.Comparison]:
    """Energies of both layers on every rung of a tempering in equilibrium."""
    rbm = ladder[0][0]
    v, h = states(rbm.n_visible, rbm.visible_units), states(rbm.n_hidden, rbm.hidden_units)
    return checks.require(
        [
            checks.compare(
                f"energy on rung {k}",
                beta,
                rung.energy(visible, hidden),
                float(joint_target(rung, beta) @ rung.energy(v[:, None], h[None]).ravel()),
            )
            for k, ((rung, beta), visible, hidden) in enumerate(
                zip(ladder, pt.all_visible, pt.all_hidden, strict=True)
            )
        ]
    )


def check_joint(ladder: Ladder, pt: Any) -> float:
    """Chi-square of the states of both layers on every rung of a tempering in equilibrium."""
    hidden = sizes(ladder)[1]
    found = numbers(pt.all_visible) * hidden + numbers(pt.all_hidden)
    targets = np.array([joint_target(*rung) for rung in ladder])
    counts = np.array([np.bincount(row, minlength=targets.shape[1]) for row in found])
    return checks.chi_square("both layers", counts, found.shape[1] * targets)
