"""Every planted fault makes a check fail by a wide margin; the same sampler without it passes.

The checks, their sizes and their seeds are the ones that the engine is held to. The sampler is the
reference, whose spins are those of the engine bit for bit (`test_trajectory`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

import checks
import kadanoff as kd
import reference

Check = Callable[[Callable[..., Any], str], Any]

IN_FIELD = kd.Ising(kd.Square(4), 1.0, 0.5)
CHECKS: dict[str, Check] = {
    "enumeration": lambda make, update: checks.check_enumeration(make, IN_FIELD, update),
    "histogram": lambda make, update: checks.check_histogram(make, kd.Ising(kd.Square(4)), update),
    "kaufman": lambda make, update: checks.check_kaufman(make, (16, 16), update),
    "transitions": lambda make, update: checks.check_transitions(
        make, kd.Ising(kd.Square((2, 4)), 1.0, 0.5), update
    ),
    "acceptance": lambda make, update: checks.check_acceptance(
        make, kd.Ising(kd.Square(64), 1.0, 0.5), update
    ),
    "independence": lambda make, update: checks.check_independence(make, update),
}
# A fault must show this clearly, so that no control passes by luck.
MARGIN = 6.0


def assert_noticed(check: str, fault: str, update: str) -> None:
    make = functools.partial(reference.Sampler, fault=fault)
    with pytest.raises(checks.DeviationError) as failure:
        CHECKS[check](make, update)
    assert failure.value.score > MARGIN


updates = pytest.mark.parametrize("update", ["heatbath", "metropolis"])
averages = pytest.mark.parametrize("check", ["enumeration", "kaufman"])


@updates
@pytest.mark.parametrize("check", CHECKS)
def test_the_engine_passes(check: str, update: str) -> None:
    CHECKS[check](checks.checkerboard, update)


@pytest.mark.parametrize("check", CHECKS)
def test_the_reference_without_fault_passes(check: str) -> None:
    CHECKS[check](reference.Sampler, "heatbath")


@updates
@pytest.mark.parametrize("check", ["enumeration", "kaufman", "histogram"])
def test_beta_two_percent_off_is_noticed(check: str, update: str) -> None:
    assert_noticed(check, "beta", update)


@updates
@averages
def test_stale_neighbours_are_noticed(check: str, update: str) -> None:
    assert_noticed(check, "stale", update)


@updates
@averages
def test_a_word_shared_by_two_words_is_noticed(check: str, update: str) -> None:
    assert_noticed(check, "shared-word", update)


@pytest.mark.parametrize(
    ("fault", "check", "update"),
    [
        ("shared-word", "transitions", "heatbath"),
        ("shared-word", "transitions", "metropolis"),
        ("stale", "histogram", "heatbath"),
        ("field-sign", "enumeration", "heatbath"),
        ("field-sign", "enumeration", "metropolis"),
        ("coupling-sign", "kaufman", "heatbath"),
        ("coupling-sign", "kaufman", "metropolis"),
        ("plane", "enumeration", "heatbath"),
        ("plane", "acceptance", "heatbath"),
        ("plane", "acceptance", "metropolis"),
        ("skipped", "kaufman", "heatbath"),
        ("repeated-sweep", "enumeration", "heatbath"),
        ("shared-replica", "independence", "heatbath"),
    ],
)
def test_other_faults_are_noticed(fault: str, check: str, update: str) -> None:
    assert_noticed(check, fault, update)


def test_every_fault_is_a_fault() -> None:
    """No fault leaves the trajectory as it is."""
    model = kd.Ising(kd.Square((4, 200)), 1.0, 0.5)
    right = reference.Sampler(model, 0.4, replicas=2, seed=1, start="random")
    right.run(3)
    for fault in reference.FAULTS:
        wrong = reference.Sampler(model, 0.4, replicas=2, seed=1, start="random", fault=fault)
        wrong.run(3)
        assert (wrong.spins != right.spins).any(), fault
