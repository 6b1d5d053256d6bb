"""Parallel tempering: what it counts, signals, and every wrong call.

What it samples is tested in tests/statistics/test_tempering.py.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from temperings import BETAS, MODEL, VARIANTS, assert_same, follow, make

# One trajectory, however it is computed.


@VARIANTS
def test_runs_add_up_and_sampling_does_not_disturb(options: dict[str, Any]) -> None:
    whole, parts = make(**options), make(**options)
    whole.run(60)
    for sweeps in (1, 0, 2, 7, 10):
        parts.run(sweeps)
    parts.sample(draws=8, every=5)
    assert_same(whole, parts)


@pytest.mark.parametrize("options", [{}, {"houdayer": True, "replicas": 40}], ids=str)
def test_any_number_of_threads(options: dict[str, Any]) -> None:
    lattice = kd.Ising(kd.Square(32), field=0.01)
    one, two = (make(model=lattice, threads=threads, **options) for threads in (1, 2))
    for pt in (one, two):
        pt.run(40)
    assert_same(one, two)


# What is counted.


def test_everyone_begins_at_home() -> None:
    pt = make()
    assert pt.sweep == 0
    assert pt.temperature_index.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert np.isnan(pt.acceptance).all()
    assert np.isnan(pt.flow).all()
    assert not pt.round_trips.any()
    assert np.isnan(pt.round_trip_time).all()
    np.testing.assert_array_equal(pt.best_energy, 36 * pt.energy.min(axis=0))
    assert make(start="ordered").best_energy.tolist() == [-72.0, -72.0]


def test_a_round_comes_with_every_so_many_sweeps() -> None:
    pt = make(swap_every=5)
    pt.run(4)
    assert np.isnan(pt.acceptance).all()
    pt.run(1)
    assert not np.isnan(pt.acceptance[[0, 2]]).any()  # the even pairs come first
    assert np.isnan(pt.acceptance[1])


@pytest.mark.parametrize("betas", [BETAS, BETAS[::-1]], ids=["hot first", "cold first"])
def test_flow_and_round_trips(betas: list[float]) -> None:
    pt = make(betas=betas, swap_every=2)
    pt.run(20)
    pt.reset_statistics()
    assert np.isnan(pt.flow).all()
    pt.run(1)
    index, swaps = [], np.zeros((2, 3))
    for _ in range(500):
        before = pt.temperature_index
        pt.run(2)
        index.append(pt.temperature_index)
        start = (pt.sweep // 2 - 1) % 2
        for pair in range(start, 3, 2):
            swaps[1, pair] += 2
            swaps[0, pair] += (before[index[-1] == pair] == pair + 1).sum()
    hottest = 0 if betas[0] < betas[1] else 3
    found = follow(np.array(index), hottest, 3 - hottest)
    np.testing.assert_array_equal(pt.flow, found["flow"])
    np.testing.assert_array_equal(pt.round_trips, found["round_trips"])
    np.testing.assert_allclose(pt.round_trip_time, 2 * found["round_trip_time"], rtol=1e-12)
    np.testing.assert_array_equal(pt.acceptance, swaps[0] / swaps[1])
    assert pt.round_trips.min() > 3
    assert (pt.flow[hottest], pt.flow[3 - hottest]) == (1.0, 0.0)


def test_spins_and_measurements_are_in_the_order_of_the_temperatures() -> None:
    pt = make()
    pt.run(30)
    assert pt.temperature_index.tolist() != sorted(pt.temperature_index)
    spins = pt.spins
    np.testing.assert_array_equal(pt.magnetization, spins.mean(axis=(2, 3)))
    for t in range(4):
        for c in range(2):
            (walker,) = np.flatnonzero(pt.temperature_index[c::2] == t)
            np.testing.assert_array_equal(spins[t, c], pt._walkers.spins[2 * walker + c])
    marked = np.ones_like(spins)
    marked[1, 0] = -1
    pt.spins = marked
    np.testing.assert_array_equal(pt.spins, marked)
    assert pt.energy.tolist() == [[-2.0, -2.0]] * 4
    assert pt.magnetization[1].tolist() == [-1.0, 1.0]


def test_a_run_has_rows_by_temperature() -> None:
    pt, again = make(replicas=4), make(replicas=4)
    run = pt.sample(draws=6, every=4)
    assert run.beta.tolist() == np.repeat(BETAS, 4).tolist()
    assert (run.every, run.first_sweep, run.n_draws) == (4, 4, 6)
    assert list(run) == ["energy", "link_overlap", "magnetization", "overlap"]
    bonds = MODEL.lattice.bonds
    for k in range(6):
        again.run(4)
        spins = again.spins.reshape(4, 4, -1).astype(int)
        np.testing.assert_array_equal(run["energy"][:, k], again.energy.ravel())
        np.testing.assert_array_equal(run["magnetization"][:, k], again.magnetization.ravel())
        product = spins * spins[:, [1, 0, 3, 2]]
        np.testing.assert_allclose(run["overlap"][:, k], product.mean(axis=2).ravel(), rtol=1e-14)
        link = (product[..., bonds[:, 0]] * product[..., bonds[:, 1]]).mean(axis=2)
        np.testing.assert_allclose(run["link_overlap"][:, k], link.ravel(), rtol=1e-14)
    for replicas in (1, 3):
        assert list(make(replicas=replicas).sample(draws=2)) == ["energy", "magnetization"]


def test_the_best_state_is_kept() -> None:
    pt = make(betas=[0.05, 0.1, 0.15, 0.2], replicas=3)
    lowest = 36 * pt.energy.min(axis=0)
    for _ in range(200):
        pt.run(1)
        lowest = np.minimum(lowest, 36 * pt.energy.min(axis=0))
    np.testing.assert_allclose(pt.best_energy, lowest, rtol=1e-14)
    assert (pt.best_energy < 36 * pt.energy.min(axis=0)).all()
    spins = pt.best_spins.astype(int)
    energy = -(spins * np.roll(spins, -1, 1) + spins * np.roll(spins, -1, 2)).sum(axis=(1, 2))
    np.testing.assert_array_equal(pt.best_energy, energy)
    pt.reset_statistics()
    np.testing.assert_array_equal(pt.best_energy, energy)


def test_settings_are_shown_and_stay() -> None:
    pt = make(swap_every=2, houdayer=3)
    assert repr(pt) == (
        "ParallelTempering(Ising(Square(6), coupling=1.0, field=0.0), 4 betas 0.2 to 0.5, "
        f"replicas=2, seed=5, swap_every=2, update='heatbath', houdayer=3, sweep=0, {pt.kernel})"
    )
    with pytest.raises(AttributeError, match="expected betas to stay as it is"):
        pt.betas = np.array([0.1, 0.2])
    with pytest.raises(ValueError, match="read-only"):
        pt.betas[0] = 0.1
    first, second = (make(seed=None) for _ in range(2))
    assert first.seed != second.seed


# Signals.


@pytest.fixture
def alarm() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Install a handler that a timer calls after 0.15 s of running."""
    before = signal.getsignal(signal.SIGALRM)

    def install(handler: Callable[[], None]) -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: handler())
        signal.setitimer(signal.ITIMER_REAL, 0.15)

    yield install
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("swap_every", [1, 7, 10**7])
def test_an_interrupted_run_is_whole(swap_every: int, alarm: Any) -> None:
    pt = make(swap_every=swap_every)
    alarm(interrupt)
    with pytest.raises(KeyboardInterrupt):
        pt.run(10**9)
    assert 0 < pt.sweep < 10**9
    whole = make(swap_every=swap_every)
    whole.run(pt.sweep)
    assert_same(pt, whole)


def test_an_interrupted_sample_keeps_its_draws(alarm: Any) -> None:
    pt = make()
    alarm(interrupt)
    with pytest.raises(kd.Interrupted, match=r"\[sample\] stopped after \d+ of 1000000 draws") as e:
        pt.sample(draws=10**6, every=2)
    run = e.value.run
    assert pt.sweep - 2 * run.n_draws in (0, 1)
    again = make().sample(draws=run.n_draws, every=2)
    for name in run:
        np.testing.assert_array_equal(run[name], again[name])


def test_a_signal_handler_may_use_the_tempering_it_interrupts(alarm: Any, tmp_path: Path) -> None:
    pt = make(swap_every=7)
    sweeps: list[int] = []

    def handler() -> None:
        pt.save(tmp_path / "pt.h5")
        pt.run(10)
        sweeps.append(pt.sweep)

    alarm(handler)
    while not sweeps:
        pt.run(20_000)
    whole = make(swap_every=7)
    whole.run(pt.sweep)
    assert pt.sweep % 20_000 == 10
    assert_same(pt, whole)
    resumed = kd.ParallelTempering.load(tmp_path / "pt.h5")
    resumed.run(pt.sweep - resumed.sweep)
    assert_same(resumed, whole)


# Wrong calls.

CALL = "[ParallelTempering] expected "
ORDER = CALL + "betas strictly increasing or strictly decreasing, got "
WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"betas": [0.2, 0.4, 0.3]}, ValueError, ORDER + "0.3 after 0.4"),
    ({"betas": [0.4, 0.3, 0.35]}, ValueError, ORDER + "0.35 after 0.3"),
    ({"betas": [0.4, 0.4]}, ValueError, ORDER + "0.4 after 0.4"),
    ({"betas": [0.2, 0.4, 0.4]}, ValueError, ORDER + "0.4 after 0.4"),
    ({"betas": [-0.1, 0.4]}, ValueError, CALL + "betas in [0, 1e12], got -0.1"),
    ({"betas": [0.1, float("nan")]}, ValueError, CALL + "betas in [0, 1e12], got nan"),
    ({"betas": [0.1, float("inf")]}, ValueError, CALL + "betas in [0, 1e12], got inf"),
    ({"betas": [0.4]}, ValueError, CALL + "at least 2 betas, got 1"),
    ({"betas": 0.4}, ValueError, CALL + "at least 2 betas, got 1"),
    ({"betas": []}, TypeError, CALL + "a number or a list of numbers for betas, got []"),
    ({"betas": "0.4"}, TypeError, CALL + "a number or a list of numbers for betas, got '0.4'"),
    ({"replicas": 0}, ValueError, CALL + "replicas in [1, 536870912], got 0"),
    ({"replicas": 1.0}, TypeError, CALL + "an integer replicas, got 1.0"),
    ({"swap_every": 0}, ValueError, CALL + "swap_every in [1, 1099511627776], got 0"),
    ({"houdayer": -1}, ValueError, CALL + "houdayer in [0, 1099511627776], got -1"),
    ({"houdayer": 1.5}, TypeError, CALL + "an integer houdayer, got 1.5"),
    (
        {"houdayer": True, "replicas": 1},
        ValueError,
        CALL + "at least 2 replicas for houdayer moves, got 1",
    ),
    (
        {"model": kd.Square(4)},
        TypeError,
        CALL + "a model such as kd.Ising(lattice), got Square(4)",
    ),
    ({"seed": -1}, ValueError, CALL + f"seed in [0, {2**64 - 1}], got -1"),
    ({"threads": 0}, ValueError, CALL + "threads in [1, 4096], got 0"),
    (
        {"start": "hot"},
        ValueError,
        CALL + "start to be one of 'ordered', 'random', 'down', got 'hot'",
    ),
    ({"pairs": "all"}, ValueError, CALL + "pairs to be one of 'alternating', 'random', got 'all'"),
]


@pytest.mark.parametrize(("options", "error", "text"), WRONG)
def test_wrong_arguments(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        make(**options)
    assert raised.type is error
    assert str(raised.value) == text


SPINS = np.ones((4, 2, 6, 6), dtype=np.int8)
CALLS: list[tuple[Callable[[kd.ParallelTempering], Any], type[Exception], str]] = [
    (lambda pt: pt.run(-1), ValueError, f"[run] expected sweeps in [0, {2**40 - 3}], got -1"),
    (lambda pt: pt.run(0.5), TypeError, "[run] expected an integer sweeps, got 0.5"),
    (
        lambda pt: pt.sample(0),
        ValueError,
        f"[sample] expected draws in [1, {2**40 - 3}], got 0",
    ),
    (lambda pt: pt.sample(1, 0), ValueError, f"[sample] expected every in [1, {2**40}], got 0"),
    (
        lambda pt: setattr(pt, "spins", SPINS.astype(float)),
        TypeError,
        "[spins] expected dtype int8, got float64",
    ),
    (
        lambda pt: setattr(pt, "spins", SPINS[:3]),
        ValueError,
        "[spins] expected shape (4, 2, 6, 6), got (3, 2, 6, 6)",
    ),
    (
        lambda pt: setattr(pt, "spins", 2 * SPINS),
        ValueError,
        "[spins] expected values -1 and 1, got 2",
    ),
    (
        lambda pt: kd.tempering.feedback_optimized(pt),
        ValueError,
        "[feedback_optimized] expected at least one round trip, got none: run longer",
    ),
    (
        lambda pt: kd.tempering.feedback_optimized(pt.betas),
        TypeError,
        "[feedback_optimized] expected a ParallelTempering, got array([0.2, 0.3, 0.4, 0.5])",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls_change_nothing(call: Any, error: type[Exception], text: str) -> None:
    pt, whole = make(), make()
    pt.run(3)
    with pytest.raises(error) as raised:
        call(pt)
    assert str(raised.value) == text
    pt.run(4)
    whole.run(7)
    assert_same(pt, whole)


CHOICE = "[constant_acceptance] expected "
SETS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({}, TypeError, CHOICE + "n or target, got both or none"),
    ({"n": 5, "target": 0.3}, TypeError, CHOICE + "n or target, got both or none"),
    ({"n": 1}, ValueError, CHOICE + "n in [2, 4096], got 1"),
    ({"target": 0.0}, ValueError, CHOICE + "target in (0, 1), got 0.0"),
    ({"target": 1.0}, ValueError, CHOICE + "target in (0, 1), got 1.0"),
    ({"n": 3, "beta_min": -0.1}, ValueError, CHOICE + "betas in [0, 1e12], got -0.1"),
    ({"n": 3, "beta_min": 0.6}, ValueError, CHOICE + "beta_min < beta_max, got 0.6 and 0.5"),
    ({"n": 3, "sweeps": 15}, ValueError, CHOICE + f"sweeps in [16, {2**40}], got 15"),
    ({"n": 3, "iterations": 0}, ValueError, CHOICE + "iterations in [1, 10000], got 0"),
]


def test_temperatures_may_have_a_seed_from_the_system() -> None:
    """Short runs: chosen by different seeds, the temperatures differ."""
    one, two = (
        kd.tempering.constant_acceptance(MODEL, 0.2, 0.5, 3, sweeps=16, iterations=1, seed=None)
        for _ in range(2)
    )
    assert (one[[0, 2]] == two[[0, 2]]).all()
    assert one[1] != two[1]


@pytest.mark.parametrize(("options", "error", "text"), SETS)
def test_wrong_sets_of_temperatures(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    arguments = {"model": MODEL, "beta_min": 0.2, "beta_max": 0.5, **options}
    with pytest.raises(error) as raised:
        kd.tempering.constant_acceptance(**arguments)
    assert raised.type is error
    assert str(raised.value) == text
