"""Networks that are too large: refused early, in few words, with what they would take."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.tensor.network import memory


def torus(side: int) -> kd.TensorNetwork:
    return kd.tensor.ising_network(kd.Ising(kd.Square(side)), 0.4)


def refuse_to_search(*args: Any, **options: Any) -> Any:
    raise AssertionError("searched")


def test_hopeless_networks_are_refused_before_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    from kadanoff.tensor.network import planning

    net = torus(40)
    monkeypatch.setattr(planning, "_search", refuse_to_search)
    machine = memory.shown(memory.machine_memory())
    for limit, words in ((None, re.escape(machine)), ("1 GiB", "1 GiB")):
        with pytest.raises(kd.MemoryLimitError) as error:
            net.contract(memory_limit=limit)
        slices = "" if limit is None else " in at most 1e\\+09 slices"
        assert re.fullmatch(
            rf"\[plan\] expected at most {words} of memory{slices}, got a network that needs "
            r"2\^8\d bytes, or 2\^[45]\d slices or more",
            str(error.value),
        ), str(error.value)
    with pytest.raises(AssertionError, match="searched"):
        torus(12).contract()  # 2^24 numbers are worth a search


def test_dense_machines_are_refused_as_well() -> None:
    rng = np.random.default_rng(1)
    machine = kd.RBM(rng.normal(size=(60, 60)), np.zeros(60), np.zeros(60))
    text = r"^\[plan\] expected at most .* of memory, got a network that needs .*, or 2\^\d+ slices"
    with pytest.raises(kd.MemoryLimitError, match=text) as error:
        kd.tensor.rbm_log_partition(machine)
    assert len(str(error.value)) < 150


def test_programs_that_cannot_be_counted_are_not_made() -> None:
    # The product of seven vectors has 2^70 numbers, whose bytes are no number of 64 bits.
    net = kd.TensorNetwork([(np.ones(2**10), (k,)) for _ in "ab" for k in range(7)])
    with pytest.raises(
        kd.MemoryLimitError, match=r"^\[plan\] .* a network that needs [0-9e.+]+ EiB, or 2"
    ):
        net.plan([tuple(range(7)), tuple(range(8))])
    assert net.contract() == 2.0**70


def test_more_slices_than_anyone_waits_for_are_refused() -> None:
    net = torus(14)
    with pytest.raises(kd.MemoryLimitError) as error:
        net.plan(net.plan("greedy").path, memory_limit=4096)  # a tree that is kept
    assert re.fullmatch(
        r"\[plan\] expected at most 4 KiB of memory in at most 1e\+09 slices, got a network that "
        r"needs [0-9.e+]+ slices",
        str(error.value),
    ), str(error.value)


def test_lists_of_labels_stay_short() -> None:
    net = torus(10)
    plan = net.plan("greedy")
    with pytest.raises(kd.MemoryLimitError) as error:
        net.contract(plan, memory_limit=plan.peak_bytes // 200)
    assert re.search(
        r"; \d+ slices, of \d+, \d+, \d+, \d+ and \d+ more, need ", str(error.value)
    ), str(error.value)
    sliced = net.plan("greedy", memory_limit=plan.peak_bytes // 200)
    assert re.search(r"slices +\d+ \(of (\d+, ){3}\d+ and \d+ more\)", str(sliced))


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        ("1e6", 10**6),
        (1e6, 10**6),
        ("1.5e3 kB", 1_500_000),
        ("2GB", 2 * 10**9),
        ("2 GiB", 2**31),
        ("7", 7),
        (np.int32(9), 9),
    ],
)
def test_limits_are_numbers_or_text(limit: Any, size: int) -> None:
    assert memory.limit_in_bytes("plan", limit) == size


@pytest.mark.parametrize("limit", ["e6", "1e", "2 XB", "-1e6", "", "nan", "1 e6"])
def test_other_text_is_no_limit(limit: str) -> None:
    with pytest.raises(ValueError, match=r"^\[plan\] expected memory_limit in bytes or such as"):
        memory.limit_in_bytes("plan", limit)


@pytest.mark.parametrize("limit", ["1e400", "1e-3", 1e300])
def test_limits_have_limits(limit: Any) -> None:
    with pytest.raises(ValueError, match=r"^\[plan\] expected memory_limit in \[1, \d+\], got "):
        memory.limit_in_bytes("plan", limit)
    with pytest.raises(TypeError, match=r"expected an integer memory_limit, got 0\.5$"):
        memory.limit_in_bytes("plan", 0.5)
