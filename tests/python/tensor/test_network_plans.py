"""Plans: limits of memory that are obeyed, files, and reuse for other numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.tensor import ContractionPlan
from random_networks import ising_square


@pytest.fixture(scope="module")
def square() -> kd.TensorNetwork:
    return kd.TensorNetwork(ising_square(10))


def test_a_plan_says_what_it_costs(square: kd.TensorNetwork) -> None:
    plan = square.plan()
    assert plan is square.plan()
    assert plan is kd.TensorNetwork(ising_square(10, beta=1.0)).plan()
    assert len(plan.path) == 99
    assert plan.slices == 1
    assert plan.sliced == ()
    assert plan.largest_intermediate >= 2**10
    assert plan.peak_bytes >= 8 * plan.largest_intermediate
    shown = str(plan)
    for text in ("100 tensors, 180 labels", "pairs ", "log10 flops ", "float64, one thread"):
        assert text in shown
    assert repr(plan) == "ContractionPlan(100 tensors, 1 slices)"


def test_paths_of_others_are_taken(square: kd.TensorNetwork) -> None:
    value = square.contract()
    for optimize in ("greedy", "kadanoff", "opt_einsum", square.plan("greedy").path):
        assert square.contract(optimize) == pytest.approx(value, rel=1e-12)
    assert square.contract(lambda inputs, output, sizes, limit=None: [tuple(range(100))]) > 0
    assert square.plan(seconds=0.2).log10_flops <= square.plan("greedy").log10_flops + 0.5


@pytest.mark.parametrize("factor", [0.4, 0.2, 0.1, 0.05])
def test_limits_of_memory_are_obeyed(square: kd.TensorNetwork, factor: float) -> None:
    whole = square.plan("greedy")
    limit = int(whole.peak_bytes * factor)
    plan = square.plan("greedy", memory_limit=limit)
    assert plan.slices > 1
    assert plan.peak_bytes <= limit
    assert square.contract(plan, threads=4) == pytest.approx(square.contract(whole), rel=1e-12)
    assert square.contract("greedy", memory_limit=f"{limit}B") == square.contract(plan)


def test_a_plan_that_needs_too_much_is_refused_with_advice(square: kd.TensorNetwork) -> None:
    plan = square.plan("greedy")
    limit = plan.peak_bytes // 2
    with pytest.raises(kd.MemoryLimitError) as error:
        square.contract(plan, memory_limit=limit)
    text = str(error.value)
    assert isinstance(error.value, MemoryError)
    found = re.fullmatch(
        r"\[contract\] expected at most [0-9.]+ KiB of memory, got a plan that needs [0-9.]+ KiB; "
        rf"(\d+) slices, of (.*), need [0-9.]+ KiB: plan with memory_limit={limit}",
        text,
    )
    assert found, text
    assert square.plan(plan.path, memory_limit=limit).slices == int(found[1])


def test_no_slicing_can_do_the_impossible(square: kd.TensorNetwork) -> None:
    text = (
        r"^\[plan\] expected a memory_limit of .*B or more, the least of all slices .*, got 100 B$"
    )
    with pytest.raises(kd.MemoryLimitError, match=text):
        square.plan(memory_limit=100)


def test_what_the_machine_cannot_hold_is_refused_before_it_is_asked_for() -> None:
    a = np.ones((2**20, 1))
    net = kd.TensorNetwork([(a, "ab"), (a, "cb")], "ac")
    text = r"^\[contract\] expected at most .* of memory, got a plan that needs 8 TiB; no slicing"
    with pytest.raises(kd.MemoryLimitError, match=text):
        net.contract(memory_limit=None)


def test_plans_are_kept_in_files(square: kd.TensorNetwork, tmp_path: Path) -> None:
    plan = square.plan("greedy", memory_limit=20_000)
    plan.save(tmp_path / "plan.json")
    again = ContractionPlan.load(tmp_path / "plan.json")
    assert again.path == plan.path
    assert again.slices == plan.slices
    assert again.memory_limit == 20_000
    assert again.dtype == np.float64
    assert again.sliced == tuple(map(repr, plan.sliced))
    assert square.contract(again) == square.contract(plan)
    other = kd.TensorNetwork(ising_square(10, beta=0.1))
    assert other.contract(again) == again.contract(other.arrays) == other.contract(plan)


def _damaged(tree: dict[str, Any]) -> list[tuple[str, str]]:
    cases = [
        ("{", "no JSON"),
        ("[]", "something else"),
        (json.dumps(tree | {"version": 2}), "version 2"),
        (json.dumps({k: v for k, v in tree.items() if k != "pairs"}), "a damaged one: 'pairs'"),
    ]
    for name, value, what in (
        ("pairs", [[0, 0]], "NetworkContraction"),
        ("pairs", [[0, 7]], "NetworkContraction"),
        ("pairs", [[0, 1.5]], "1.5 where a whole number should be"),
        ("inputs", [[0, 9], [0]], "NetworkContraction"),
        ("sizes", [-2, 2], "-2 where a whole number should be"),
        ("sliced", [5], "NetworkContraction"),
        ("sliced", [0, 0], "NetworkContraction"),
        ("output", [1, 1], "NetworkContraction"),
        ("names", ["a"], "names that do not belong to its labels"),
        ("dtype", "int8", "dtype 'int8'"),
        ("memory_limit", "1", "'1' where a whole number should be"),
    ):
        cases.append((json.dumps(tree | {name: value}), what))
    return cases


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    net = kd.TensorNetwork([(np.ones((2, 2)), "ab"), (np.ones(2), "a")])
    net.plan().save(tmp_path / "plan.json")
    for text, what in _damaged(json.loads((tmp_path / "plan.json").read_text())):
        (tmp_path / "damaged.json").write_text(text)
        path = re.escape(repr(str(tmp_path / "damaged.json")))
        with pytest.raises(
            kd.FileError, match=rf"^\[load\] expected a plan in {path}, got .*{what}"
        ):
            ContractionPlan.load(tmp_path / "damaged.json")


def test_a_plan_serves_other_types_and_numbers(square: kd.TensorNetwork) -> None:
    plan = square.plan()
    for dtype in (np.float32, np.complex128):
        arrays = [(array / 2.5).astype(dtype) for array in square.arrays]
        result = plan.contract(arrays)
        assert result.dtype == dtype
        assert complex(result) * 2.5**100 == pytest.approx(square.contract(), rel=1e-3)
