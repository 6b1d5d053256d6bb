"""What a contraction tells while it runs, and how it is stopped."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from random_networks import ising_square

SLICES = 2**13


@pytest.fixture(scope="module")
def long_sum() -> tuple[kd.TensorNetwork, Any]:
    """About a second of work in many slices: many intervals of the calls, on any machine."""
    rng = np.random.default_rng(1)
    tensors = [(rng.normal(size=SLICES), "s"), (rng.normal(size=900), "i")]
    tensors += [(rng.normal(size=(900, 900)), "ij"), (rng.normal(size=(SLICES, 900)), "sj")]
    net = kd.TensorNetwork(tensors)
    whole = net.plan([(1, 2), (1, 2), (0, 1)])
    plan = type(whole)(
        whole.equation, whole.names, whole.pairs, (0,), whole.dtype, whole.memory_limit
    )
    assert plan.slices == SLICES
    return net, plan


@pytest.mark.parametrize("threads", [1, 2])
def test_a_function_is_told_the_slices_done(
    long_sum: tuple[kd.TensorNetwork, Any], threads: int
) -> None:
    net, plan = long_sum
    told: list[tuple[int, int]] = []
    value = net.contract(plan, threads=threads, progress=lambda *x: told.append(x))
    assert value == net.contract(plan)
    done = [count for count, _ in told]
    assert len(told) > 1
    assert done == sorted(done)
    assert done[-1] == SLICES
    assert 0 < done[0] < SLICES
    assert {total for _, total in told} == {SLICES}


def test_gradients_and_single_slices_tell_as_well() -> None:
    net = kd.TensorNetwork(ising_square(4))
    plan, told = net.plan(), []

    def note(done: int, slices: int) -> None:
        told.append((done, slices))

    value, gradients = net.value_and_gradient(progress=note)
    assert value == plan.value_and_gradient(net.arrays, progress=note)[0]
    assert plan.contract(net.arrays, progress=note) == pytest.approx(value, rel=1e-14)
    np.testing.assert_array_equal(net.gradient(progress=note)[3], gradients[3])
    assert told == [(1, 1)] * 4


def test_an_error_in_the_function_stops_the_contraction(
    long_sum: tuple[kd.TensorNetwork, Any],
) -> None:
    net, plan = long_sum
    told = []

    def fail(done: int, slices: int) -> None:
        told.append(done)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match=r"^enough$"):
        net.contract(plan, threads=2, progress=fail)
    assert len(told) == 1
    assert told[0] < SLICES


@pytest.mark.parametrize("progress", [False, True, lambda done, slices: None])
def test_an_interrupt_stops_the_contraction(
    long_sum: tuple[kd.TensorNetwork, Any], progress: Any
) -> None:
    net, plan = long_sum
    start = time.perf_counter()
    net.contract(plan, threads=1)
    whole = time.perf_counter() - start
    threading.Timer(0.2 * whole, os.kill, (os.getpid(), signal.SIGINT)).start()
    finished = []

    def run() -> None:
        net.contract(plan, threads=1, progress=progress)
        finished.append(True)
        time.sleep(5)  # an interrupt that comes too late is one of this line

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not finished


def test_a_bar_is_on_standard_error(
    long_sum: tuple[kd.TensorNetwork, Any],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("COLUMNS", "120")
    net, plan = long_sum
    net.contract(plan, threads=1, progress=True)
    captured = capfd.readouterr()
    assert not captured.out
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", captured.err)
    assert re.search(rf"contracting .* [1-9]\d*/{SLICES} slices", text)
    net.contract(plan, threads=1)
    assert not capfd.readouterr().err


def test_what_is_no_progress_is_refused() -> None:
    net = kd.TensorNetwork(ising_square(3))
    for call, name in ((net.contract, "contract"), (net.gradient, "value_and_gradient")):
        with pytest.raises(TypeError) as error:
            call(progress="yes")
        assert str(error.value) == (
            f"[{name}] expected True, False or a function of (done, slices) for progress, got 'yes'"
        )
