"""Annealed importance sampling: what it depends on, its intervals, and wrong calls."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import kadanoff as kd
from kadanoff.rbm.likelihood.partition import log_mean

UNITS = ("binary", "spin")
NAN = float("nan")
encodings = pytest.mark.parametrize("units", list(itertools.product(UNITS, UNITS)), ids="-".join)


def machine(visible: int, hidden: int, units: tuple[str, str] = ("binary", "binary")) -> kd.RBM:
    rng = np.random.default_rng(visible + 100 * hidden)
    size = 0.15 if "spin" in units else 0.3
    draw = lambda *shape: size * rng.normal(size=shape)  # noqa: E731
    return kd.RBM(draw(visible, hidden), draw(visible), draw(hidden), *units)


RBM = machine(40, 33)


@encodings
def test_weights_do_not_depend_on_threads_or_other_chains(units: tuple[str, str]) -> None:
    rbm = machine(40, 33, units)
    one = rbm.log_partition("ais", seed=2, chains=300, betas=60, threads=1)
    for threads, chains in [(2, 300), (3, 300), (8, 300), (1, 110), (2, 257)]:
        other = rbm.log_partition("ais", seed=2, chains=chains, betas=60, threads=threads)
        assert (other.log_weights == one.log_weights[:chains]).all()
    other = rbm.log_partition("ais", seed=3, chains=300, betas=60)
    assert (other.log_weights != one.log_weights).all()


def test_pilots_do_not_depend_on_threads() -> None:
    one, two = (RBM.log_partition("ais", seed=2, threads=threads) for threads in (1, 2))
    assert len(one.betas) == len(two.betas)
    assert (one.base_bias == two.base_bias).all()
    assert (one.log_weights == two.log_weights).all()


PROGRAM = """
import numpy as np, kadanoff as kd
rng = np.random.default_rng(1)
rbm = kd.RBM(0.4 * rng.normal(size=(37, 21)), rng.normal(size=37), rng.normal(size=21))
weights = rbm.log_partition("ais", seed=5, chains=100, betas=12).log_weights
print(weights.tobytes().hex(), float(rbm.log_partition()).hex())
"""


@pytest.mark.parametrize("isa", ["scalar", "avx2"])
def test_instruction_sets_agree(isa: str) -> None:
    def output(environment: dict[str, str]) -> str:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **environment},
        ).stdout

    assert output({"KADANOFF_ISA": isa}) == output({})


@encodings
def test_a_machine_that_is_its_own_base_has_equal_weights(units: tuple[str, str]) -> None:
    bias = np.linspace(-2.0, 2.0, 5, dtype=np.float32)
    rbm = kd.RBM(np.zeros((5, 4)), bias, None, *units)
    estimate = rbm.log_partition("ais", base_bias=bias, seed=1, chains=50, betas=7)
    exact = rbm.log_partition()
    np.testing.assert_allclose(estimate.log_weights, exact, rtol=1e-14)
    assert estimate.interval[0] <= exact <= estimate.interval[1]
    assert estimate.effective_sample_size == pytest.approx(50)


def test_the_base_resembles_the_data() -> None:
    data = np.random.default_rng(3).random((5000, 40)) < np.linspace(0.01, 0.9, 40)
    often = (data.sum(axis=0) + 1) / 5002
    estimate = RBM.log_partition("ais", data=data.reshape(50, 100, 40), seed=1, betas=50)
    np.testing.assert_allclose(estimate.base_bias, special.logit(often), rtol=1e-5)
    spins = machine(40, 33, ("spin", "binary"))
    estimate = spins.log_partition("ais", data=2 * data.astype(int) - 1, seed=1, betas=50)
    np.testing.assert_allclose(np.tanh(estimate.base_bias), 2 * often - 1, rtol=1e-5, atol=1e-6)


def test_ladders() -> None:
    even = RBM.log_partition("ais", seed=1, betas=10)
    given = RBM.log_partition("ais", seed=1, betas=[k / 10 for k in range(11)])
    assert (even.log_weights == given.log_weights).all()
    assert even.betas.tolist() == [k / 10 for k in range(11)]
    denser = np.concatenate([[0.0, 1e-30, 1e-6], np.linspace(0.01, 1.0, 30) ** 2])
    assert abs(RBM.log_partition("ais", seed=1, betas=denser) - even) < 0.2
    assert len(RBM.log_partition("ais", seed=1).betas) > 64


@encodings
@pytest.mark.parametrize("beta", [0.3, 2.0])
def test_a_beta_is_that_of_the_exact_sum(units: tuple[str, str], beta: float) -> None:
    rbm = machine(20, 9, units)
    estimate = rbm.log_partition("ais", beta=beta, seed=4)
    exact = rbm.log_partition(beta=beta)
    assert abs(estimate - exact) < 4 * estimate.standard_error < 0.1


def test_one_unit_and_one_chain() -> None:
    rbm = kd.RBM([[0.3]])
    estimate = rbm.log_partition("ais", seed=1)
    assert estimate.interval[0] < rbm.log_partition() < estimate.interval[1]
    with pytest.warns(UserWarning, match="only 1 effective chains of 1, expected at least 50"):
        lonely = rbm.log_partition("ais", seed=1, chains=1)
    assert lonely.interval == (-np.inf, np.inf)
    assert lonely.standard_error == np.inf
    assert not lonely.reliable


@pytest.mark.parametrize("weight", [1e30, -1e30])
def test_huge_weights_give_no_nan(weight: float) -> None:
    rbm = kd.RBM(np.full((3, 2), weight))
    estimate = rbm.log_partition("ais", seed=1)
    assert estimate == pytest.approx(rbm.log_partition(), rel=0.03)


def test_a_short_ladder_warns() -> None:
    rbm = kd.RBM(4.0 * machine(60, 40).weights)
    with pytest.warns(UserWarning, match="the interval is not to be trusted"):
        estimate = rbm.log_partition("ais", seed=1, betas=3)
    assert estimate.effective_sample_size < 50


def test_reverse_annealing_takes_samples_of_any_shape() -> None:
    rbm = machine(12, 8, ("spin", "binary"))
    chains = kd.GibbsSampler(rbm, 600, seed=8)
    chains.run(300)
    estimate = rbm.log_partition("reverse_ais", samples=chains.visible, seed=1)
    assert abs(estimate - rbm.log_partition()) < 4 * estimate.standard_error < 0.1
    same = rbm.log_partition(
        "reverse_ais", samples=chains.visible.astype(np.float16).reshape(20, 30, 12), seed=1
    )
    assert (same.log_weights == estimate.log_weights).all()
    assert estimate.log_z == pytest.approx(-np.log(np.exp(estimate.log_weights).mean()))


def test_the_first_checkpoint_is_annealed_as_a_machine() -> None:
    alone = RBM.log_partition("ais", seed=3, betas=30)
    (first,) = kd.rbm.trajectory_log_partition([RBM], seed=3, betas=30)
    assert (first.log_weights == alone.log_weights).all()
    both = kd.rbm.trajectory_log_partition([RBM, RBM], seed=3, betas=30, bridges=2, threads=2)
    assert (both[0].log_weights == alone.log_weights).all()
    np.testing.assert_allclose(both[1].log_weights, alone.log_weights, atol=1e-9)


def test_intervals_of_skewed_means_hold() -> None:
    """Of 40 exponential weights: 95 % within 1.5 %, where Student's t covers 93 %."""
    rng = np.random.default_rng(6)
    held, students = 0, 0
    for weights in rng.exponential(size=(4000, 40)):
        _, _, (low, high), _ = log_mean(np.log(weights))
        held += low < 0.0 < high
        students += abs(stats.ttest_1samp(weights, 1.0).statistic) < stats.t.ppf(0.975, 39)
    assert abs(held / 4000 - 0.95) < 0.015
    assert students < held - 40


def test_means_of_weights() -> None:
    value, error, interval, effective = log_mean(np.full(7, 1000.0))
    assert (value, error, interval) == (1000.0, 0.0, (1000.0, 1000.0))
    assert effective == pytest.approx(7.0)
    value, error, (low, high), effective = log_mean(np.log([1.0, 1.0, 1.0, 1e-300]) + 5000.0)
    assert value == pytest.approx(5000.0 + np.log(0.75))
    assert error == pytest.approx(0.25 / 0.75)
    assert effective == pytest.approx(3.0)
    assert low < value < high


SMALL = machine(3, 2)
WRONG: list[tuple[Any, type[Exception], str]] = [
    (
        lambda: SMALL.log_partition("ais", betas=[0.0, 0.5]),
        ValueError,
        "[log_partition] expected betas that increase from 0 to 1, got [0.0, 0.5]",
    ),
    (
        lambda: SMALL.log_partition("ais", betas=[0.0, 0.7, 0.7, 1.0]),
        ValueError,
        "[log_partition] expected betas that increase from 0 to 1, got [0.0, 0.7, 0.7, 1.0]",
    ),
    (
        lambda: SMALL.log_partition("ais", betas=[0.0, NAN, 1.0]),
        ValueError,
        "[log_partition] expected betas that increase from 0 to 1, got [0.0, nan, 1.0]",
    ),
    (
        lambda: SMALL.log_partition("ais", betas=np.linspace(1.0, 0.0, 11)),
        ValueError,
        "[log_partition] expected betas that increase from 0 to 1, "
        "got [1.0, 0.9, 0.8, ..., 0.09999999999999998, 0.0]",
    ),
    (
        lambda: SMALL.log_partition("ais", betas=1.0),
        ValueError,
        "[log_partition] expected betas that increase from 0 to 1, got [1.0]",
    ),
    (
        lambda: SMALL.log_partition("ais", betas=0),
        ValueError,
        "[log_partition] expected betas in [1, 1048576], got 0",
    ),
    (
        lambda: SMALL.log_partition("ais", betas="many"),
        TypeError,
        "[log_partition] expected a number or a list of numbers for betas, got 'many'",
    ),
    (
        lambda: SMALL.log_partition("ais", beta=0),
        ValueError,
        "[log_partition] expected beta in (0, 1e12], got 0.0",
    ),
    (
        lambda: SMALL.log_partition("ais", chains=0),
        ValueError,
        "[log_partition] expected chains in [1, 2147483648], got 0",
    ),
    (
        lambda: SMALL.log_partition("ais", seed=-1),
        ValueError,
        "[log_partition] expected seed in [0, 18446744073709551615], got -1",
    ),
    (
        lambda: SMALL.log_partition("ais", base_bias=[0.0, 0.0]),
        ValueError,
        "[log_partition] expected base_bias of shape (3,), got shape (2,)",
    ),
    (
        lambda: SMALL.log_partition("ais", base_bias=[0.0, NAN, 0.0]),
        ValueError,
        "[log_partition] expected finite base_bias of at most 1e30, got nan",
    ),
    (
        lambda: SMALL.log_partition("ais", base_bias=["a", "b", "c"]),
        TypeError,
        "[log_partition] expected real numbers for base_bias, got dtype <U1",
    ),
    (
        lambda: SMALL.log_partition("ais", base_bias=[0, 0, 0], data=[[0, 1, 0]]),
        ValueError,
        "[log_partition] expected base_bias or data, got both",
    ),
    (
        lambda: SMALL.log_partition("ais", data=[[0, 1, 2]]),
        ValueError,
        "[log_partition] expected values 0 and 1 for data, got 2",
    ),
    (
        lambda: SMALL.log_partition("ais", data=np.zeros((0, 3))),
        ValueError,
        "[log_partition] expected at least one state in data, got none",
    ),
    (
        lambda: SMALL.log_partition("ais", samples=np.zeros((5, 3))),
        ValueError,
        "[log_partition] expected samples for reverse_ais alone, got them for ais",
    ),
    (
        lambda: SMALL.log_partition("reverse_ais"),
        ValueError,
        "[log_partition] expected samples of the machine for reverse_ais, got None",
    ),
    (
        lambda: SMALL.log_partition("reverse_ais", samples=np.zeros((5, 2))),
        ValueError,
        "[log_partition] expected samples of shape (..., 3), got shape (5, 2)",
    ),
    (
        lambda: SMALL.log_partition("reverse_ais", samples=np.zeros((5, 3)), chains=5),
        ValueError,
        "[log_partition] expected one chain for each of the samples, got chains",
    ),
    (
        lambda: kd.rbm.trajectory_log_partition([]),
        ValueError,
        "[trajectory_log_partition] expected at least one machine, got none",
    ),
    (
        lambda: kd.rbm.trajectory_log_partition(SMALL),  # type: ignore[arg-type]
        TypeError,
        "[trajectory_log_partition] expected a list of machines, "
        "got RBM(3 visible, 2 hidden units)",
    ),
    (
        lambda: kd.rbm.trajectory_log_partition([SMALL, machine(4, 2)]),
        ValueError,
        "[trajectory_log_partition] expected a machine like RBM(3 visible, 2 hidden units), "
        "got RBM(4 visible, 2 hidden units)",
    ),
    (
        lambda: kd.rbm.trajectory_log_partition([SMALL], bridges=0),
        ValueError,
        "[trajectory_log_partition] expected bridges in [1, 1048576], got 0",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), WRONG, ids=range(len(WRONG)))
def test_wrong_calls(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(text)}$"):
        call()
