"""Tempering of RBMs: what it counts, signals, files, ladders, and every wrong call.

What it samples is tested in tests/statistics/test_rbm_tempering.py.
"""

from __future__ import annotations

import pickle
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference
from kadanoff import storage
from rbm_temperings import (
    BETAS,
    KINDS,
    MACHINE,
    MACHINES,
    WEIGHTS,
    Tempering,
    assert_same,
    index,
    make,
)
from temperings import follow

kinds = pytest.mark.parametrize("kind", KINDS)
VARIANTS: list[dict[str, Any]] = [{}, {"swap_every": 3}, {"precision": "fixed16", "copies": 1}]
variants = pytest.mark.parametrize("options", VARIANTS, ids=str)

# One trajectory, however it is computed.


@kinds
@variants
def test_runs_add_up(kind: str, options: dict[str, Any]) -> None:
    whole, parts = make(kind, **options), make(kind, **options)
    whole.run(40)
    for steps in (1, 0, 2, 7, 30):
        parts.run(steps)
    assert_same(whole, parts)


@kinds
def test_any_number_of_threads(kind: str) -> None:
    one, *others = (make(kind, copies=80, threads=threads) for threads in (1, 2, 5))
    one.run(30)
    for other in others:
        other.run(30)
        assert_same(one, other)


@kinds
def test_a_copy_does_not_depend_on_how_many_there_are(kind: str) -> None:
    few, many = make(kind, copies=2), make(kind, copies=5)
    if kind == "temperatures":  # walkers of one copy have other numbers there
        assert (few.all_visible[0] == many.all_visible[0, :2]).all()
        return
    for pt in (few, many):
        pt.run(30)
    np.testing.assert_array_equal(few.all_visible, many.all_visible[:, :2])


# What is counted.


@kinds
def test_everyone_begins_at_home(kind: str) -> None:
    pt = make(kind)
    assert pt.step == 0
    assert index(pt).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    for name in ("acceptance", "flow", "round_trip_time"):
        assert np.isnan(getattr(pt, name)).all()
    assert not pt.round_trips.any()


@kinds
def test_a_round_begins_with_swaps(kind: str) -> None:
    pt = make(kind, swap_every=5)
    pt.run(5)
    assert np.isnan(pt.acceptance).all()
    pt.run(1)
    assert np.isnan(pt.acceptance).tolist() == [False, True, False]  # the even pairs come first
    pt.run(5)
    assert not np.isnan(pt.acceptance).any()


@pytest.mark.parametrize("kind", [*KINDS, "cold first"])
def test_flow_and_round_trips(kind: str) -> None:
    reverse = kind == "cold first"
    if reverse:
        pt: Tempering = kd.RBMTempering(MACHINE, BETAS[::-1], replicas=3, seed=5, swap_every=2)
    else:
        pt = make(kind, swap_every=2)
    pt.run(20)
    pt.reset_statistics()
    assert np.isnan(pt.flow).all()
    places, swaps = [], np.zeros((2, 3))
    for k in range(500):
        before = index(pt)
        pt.run(2)
        places.append(index(pt))
        for pair in range((k + 1) % 2, 3, 2):  # nine rounds are done at first
            swaps[1, pair] += 3
            swaps[0, pair] += (before[places[-1] == pair] == pair + 1).sum()
    hottest = 3 if reverse else 0
    found = follow(np.array(places), hottest, 3 - hottest)
    np.testing.assert_array_equal(pt.flow, found["flow"])
    np.testing.assert_array_equal(pt.round_trips, found["round_trips"])
    np.testing.assert_allclose(pt.round_trip_time, 2 * found["round_trip_time"], rtol=1e-12)
    np.testing.assert_array_equal(pt.acceptance, swaps[0] / swaps[1])
    assert pt.round_trips.min() > 3
    assert (pt.flow[hottest], pt.flow[3 - hottest]) == (1.0, 0.0)


@kinds
def test_swaps_by_the_contract(kind: str) -> None:
    pt = make(kind, copies=4, seed=2**63 + 5)
    pt.run(1)
    rungs = [(MACHINE, beta) for beta in BETAS]
    if kind == "trajectory":
        rungs = [(rbm, 1.0) for rbm in MACHINES]
    swaps = 0
    for round_ in range(40):
        v = pt.all_visible
        weight = np.array([[log_weight(*rung, x) for x in v] for rung in rungs])
        before = np.argsort(index(pt).reshape(4, 4), axis=0)
        expected = before.copy()
        for copy in range(4):
            for i in range(round_ % 2, 3, 2):
                drive = weight[i, i + 1, copy] + weight[i + 1, i, copy]
                drive -= weight[i, i, copy] + weight[i + 1, i + 1, copy]
                block = reference.draw(pt.seed, round_, copy, 33, 0, i, 0)
                u = int(block[0]) | int(block[1]) << 32
                _, p = reference.probability("metropolis", 1, -drive)
                if drive >= 0 or u <= reference.threshold(p):
                    expected[[i, i + 1], copy] = expected[[i + 1, i], copy]
                    v[[i, i + 1], copy] = v[[i + 1, i], copy]
                    swaps += 1
        pt._exchange()
        pt._settle()
        np.testing.assert_array_equal(np.argsort(index(pt).reshape(4, 4), axis=0), expected)
        np.testing.assert_array_equal(pt.all_visible, v)
        pt._advance(1)
    assert 60 < swaps < 240


def log_weight(rbm: kd.RBM, beta: float, visible: np.ndarray) -> np.ndarray:
    """ln(sum over h of exp(-beta E)), by enumeration of h."""
    hidden = (np.arange(2**rbm.n_hidden)[:, None] >> np.arange(rbm.n_hidden)) & 1
    return np.log(np.exp(-beta * rbm.energy(visible[:, None], hidden[None])).sum(axis=1))


def test_every_machine_has_random_numbers_of_its_own() -> None:
    pt = kd.TrajectoryTempering(MACHINES[:1] * 3, 50, seed=1)
    pt.run(3)
    states = pt.all_visible
    assert 0.3 < (states[0] == states[1]).mean() < 0.7


# States.


@kinds
def test_states_are_in_the_order_of_the_rungs(kind: str) -> None:
    pt = make(kind)
    pt.run(30)
    assert index(pt).tolist() != sorted(index(pt))
    v, h = pt.all_visible, pt.all_hidden
    assert v.shape == (4, 3, 7)
    assert h.shape == (4, 3, 4)
    assert (v.dtype, h.dtype) == (np.int8, np.uint8)
    np.testing.assert_array_equal(pt.visible, v[3])
    np.testing.assert_array_equal(pt.hidden, h[3])
    marked = np.where(np.arange(84).reshape(4, 3, 7) % 5 == 0, 1, -1)
    pt.all_visible = marked
    np.testing.assert_array_equal(pt.all_visible, marked)
    pt.visible = -marked[1].astype(float)
    np.testing.assert_array_equal(pt.all_visible[:3], marked[:3])
    np.testing.assert_array_equal(pt.visible, -marked[1])
    pt.all_hidden = 1 - h[::-1]
    np.testing.assert_array_equal(pt.all_hidden, 1 - h[::-1])
    pt.all_hidden = h
    pt.hidden = np.ones((3, 4))
    np.testing.assert_array_equal(pt.all_hidden[:3], h[:3])
    assert (pt.hidden == 1).all()


def test_the_largest_beta_is_the_coldest_in_any_order() -> None:
    pt = kd.RBMTempering(MACHINE, BETAS[::-1], replicas=3, seed=5)
    pt.run(10)
    np.testing.assert_array_equal(pt.visible, pt.all_visible[0])
    expected = kd.GibbsSampler(MACHINE, 3, seed=1)
    expected.visible = pt.visible
    for found, exact in zip(pt.moments(), expected.moments(), strict=True):
        np.testing.assert_array_equal(found, exact)


@kinds
def test_moments_are_those_of_the_coldest_chains(kind: str) -> None:
    pt = make(kind, copies=20)
    pt.run(11)
    expected = kd.GibbsSampler(MACHINE, 20, seed=1)
    expected.visible = pt.visible
    for found, exact in zip(pt.moments(), expected.moments(), strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-12)


@kinds
def test_another_machine_takes_over(kind: str) -> None:
    other = kd.RBM(-WEIGHTS, visible_units="spin")
    pt = make(kind, copies=500)
    pt.run(5)
    pt.rbm = other
    assert pt.rbm is other
    if kind == "trajectory":
        assert pt.machines == (*MACHINES[:3], other)
    pt.run(40)
    fresh = kd.GibbsSampler(other, 20_000, seed=9)
    fresh.run(200)
    difference = pt.moments().products - fresh.moments().products
    assert np.abs(difference).max() < 4 / np.sqrt(500)
    with pytest.raises(ValueError, match=re.escape("[rbm] expected a machine like RBM(7 vis")):
        pt.rbm = kd.RBM(WEIGHTS)


def test_the_hot_end_is_new_at_every_step() -> None:
    pt = kd.RBMTempering(MACHINE, [0.0, 1.0], replicas=5000, seed=3)
    pt.run(10)
    before = pt.all_visible[0]
    pt.run(1)
    assert abs((pt.all_visible[0] * before).mean()) < 4 / np.sqrt(5000 * 7)
    assert make("trajectory").exact_first
    assert not kd.TrajectoryTempering(MACHINES[1:], 1).exact_first


def test_machines_can_be_appended() -> None:
    pt = kd.TrajectoryTempering(MACHINES[:2], 6, seed=4)
    pt.run(9)
    before, rung = pt.all_visible, pt.machine_index
    pt.append(MACHINES[3])
    assert pt.machines == (*MACHINES[:2], MACHINES[3])
    assert pt.rbm is MACHINES[3]
    np.testing.assert_array_equal(pt.all_visible, [*before, before[1]])
    np.testing.assert_array_equal(pt.machine_index, [*rung, *[2] * 6])
    assert pt.acceptance.shape == (2,)
    assert np.isnan(pt.acceptance).all()
    resumed = pickle.loads(pickle.dumps(pt))
    for one in (pt, resumed):
        one.run(30)
    assert_same(pt, resumed)
    assert (pt.acceptance > 0).all()
    with pytest.raises(ValueError, match=re.escape("[append] expected machines like RBM(7 vis")):
        pt.append(kd.RBM(WEIGHTS))


@pytest.mark.parametrize("units", ["binary", "spin"])
def test_one_unit_and_one_chain(units: str) -> None:
    rbm = kd.RBM([[2.0]], visible_units=units)
    one = kd.RBMTempering(rbm, [0, 1], seed=1)
    other = kd.TrajectoryTempering([rbm], 1, seed=1)
    for pt in (one, other):
        pt.run(20)
        assert pt.visible.shape == pt.hidden.shape == (1, 1)
        assert pt.moments().products.shape == (1, 1)
    assert other.acceptance.shape == (0,)
    assert other.flow.tolist() == [1.0]
    assert not other.round_trips.any()


# Files.


@kinds
@variants
def test_a_loaded_tempering_goes_on_as_if_never_stopped(
    kind: str, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "pt.h5"
    whole, part = make(kind, **options), make(kind, **options)
    whole.run(30)
    for steps in (11, 1, 18):
        part.run(steps)
        part.save(path)
        part = type(part).load(path)
    assert_same(whole, part)
    whole.save(tmp_path / "whole.h5")
    assert path.read_bytes() == (tmp_path / "whole.h5").read_bytes()
    part = pickle.loads(pickle.dumps(part))
    for pt in (whole, part):
        pt.run(5)
    assert_same(whole, part)


def saved(kind: str, path: Path) -> dict[str, Any]:
    pt = make(kind)
    pt.run(9)
    pt.save(path)
    return storage.read(path, pt._kind, {1})[1]


def entry(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        *groups, last = name.split("/")
        for group in groups:
            tree = tree[group]
        if value is None:
            del tree[last]
        else:
            tree[last] = value(tree[last]) if callable(value) else value

    return change


HOSTILE: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("temperatures", entry("betas", None), "expected an array of shape (any,) of float64"),
    ("temperatures", entry("betas", np.array([0.3])), "got: [load] expected at least 2 betas"),
    ("temperatures", entry("betas", np.array([0.0, 1.0])), "expected those of 12 chains"),
    ("temperatures", entry("betas", lambda b: b / 2), "expected the temperatures of the chains"),
    ("temperatures", entry("replicas", 2**31), "expected those of 12 chains"),
    ("temperatures", entry("replicas", 0), "expected an integer from 1 to 2147483648"),
    ("temperatures", entry("chains", None), "expected a group as '/chains', got nothing"),
    ("temperatures", entry("chains/step", 2**41), "as '/chains/step'"),
    ("trajectory", entry("machines", 5), "expected a group as '/chains/4', got nothing"),
    ("trajectory", entry("machines", 3), "expected an array of shape (9,) of int64"),
    ("trajectory", entry("seed", 6), "expected the chains of machine 0 of one tempering"),
    ("trajectory", entry("chains/2/step", 8), "expected the chains of machine 2 of one"),
    ("trajectory", entry("chains/1/beta", np.full(3, 0.5)), "expected the chains of machine 1"),
]
for _kind in KINDS:
    HOSTILE += [
        (_kind, entry("swap_every", 0), "expected an integer from 1 to 1099511627776"),
        (_kind, entry("swap_every", 4), "expected an integer from 1 to 2 as '/ladder/rounds'"),
        (_kind, entry("ladder", None), "expected a group as '/ladder', got nothing"),
        (_kind, entry("ladder/rounds", 7), "expected an integer from 8 to 9 as '/ladder/rounds'"),
        (_kind, entry("ladder/rung", lambda a: a[1:]), "expected an array of shape (12,)"),
        (_kind, entry("ladder/rung", lambda a: a + 1), "expected numbers from 0 to 3"),
        (_kind, entry("ladder/rung", lambda a: 0 * a), "expected every rung once in each copy"),
        (_kind, entry("ladder/direction", lambda a: a + 3), "expected numbers from -1 to 1"),
        (_kind, entry("ladder/departure", lambda a: a + 99), "expected numbers from -1 to 7"),
        (_kind, entry("ladder/round_trips", lambda a: a - 9), "expected numbers from 0 to"),
        (_kind, entry("ladder/accepted", lambda a: a + 99), "expected at most as many swaps"),
    ]


@pytest.mark.parametrize(("kind", "change", "text"), HOSTILE)
def test_hostile_files(kind: str, change: Any, text: str, tmp_path: Path) -> None:
    tree = saved(kind, tmp_path / "good.h5")
    change(tree)
    storage.write(tmp_path / "bad.h5", make(kind)._kind, 1, tree)
    with pytest.raises(kd.FileError, match=re.escape(text)):
        type(make(kind)).load(tmp_path / "bad.h5")


def test_files_of_another_kind(tmp_path: Path) -> None:
    make("temperatures").save(tmp_path / "pt.h5")
    with pytest.raises(kd.FileError, match="expected a Kadanoff trajectory_tempering file"):
        kd.TrajectoryTempering.load(tmp_path / "pt.h5")


# Signals.


@pytest.fixture
def alarm() -> Iterator[None]:
    """Interrupt what runs for 0.1 s."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("swap_every", [1, 7, 10**7])
@kinds
def test_an_interrupted_run_is_whole(kind: str, swap_every: int, alarm: None) -> None:
    pt = make(kind, swap_every=swap_every)
    with pytest.raises(KeyboardInterrupt):
        pt.run(10**9)
    assert 0 < pt.step < 10**9
    more = 5 - pt.step % 5
    pt.run(more)
    whole = make(kind, swap_every=swap_every)
    whole.run(pt.step)
    assert_same(pt, whole)


class Interrupter:
    """Raise KeyboardInterrupt before the k-th line of the package that runs."""

    def __init__(self, line: int) -> None:
        self.left = line

    def __call__(self, frame: Any, event: str, argument: Any) -> Any:
        if "kadanoff/rbm" not in frame.f_code.co_filename.replace("\\", "/"):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


@kinds
def test_an_interrupt_at_any_line_is_whole(kind: str) -> None:
    """A step that begins with swaps, and one that does not."""
    whole, line, pending = make(kind, swap_every=2, threads=1), 0, True
    whole.run(4)
    states, places = whole.all_visible, index(whole)
    tracer = sys.gettrace()
    while pending:
        line += 1
        pt = make(kind, swap_every=2, threads=1)
        pt.run(2)
        try:
            sys.settrace(Interrupter(line))
            pt.run(2)
            pending = False
        except KeyboardInterrupt:
            sys.settrace(tracer)
            assert 2 <= pt.step <= 4
            pt.run(4 - pt.step)
        finally:
            sys.settrace(tracer)
        np.testing.assert_array_equal(pt.all_visible, states)
        np.testing.assert_array_equal(index(pt), places)
    assert line > 60
    assert_same(pt, whole)


# Ladders.


def test_temperatures_of_equal_acceptance() -> None:
    rbm = kd.RBM(np.random.default_rng(1).normal(size=(30, 10)))
    betas = kd.rbm.constant_acceptance(rbm, 0.0, 1.0, target=0.5, replicas=40, steps=60, seed=3)
    assert betas[0] == 0.0
    assert betas[-1] == 1.0
    assert (np.diff(betas) > 0).all()
    pt = kd.RBMTempering(rbm, betas, replicas=300, seed=4)
    pt.run(200)
    assert np.ptp(pt.acceptance) < 0.15
    assert 0.4 < pt.acceptance.mean() < 0.75
    even = kd.RBMTempering(rbm, np.linspace(0, 1, len(betas)), replicas=300, seed=4)
    even.run(200)
    assert np.ptp(even.acceptance) > 2 * np.ptp(pt.acceptance)
    one, two = (
        kd.rbm.constant_acceptance(rbm, n=3, steps=16, iterations=1, seed=None) for _ in range(2)
    )
    assert one[1] != two[1]


def test_thinned_trajectories_swap_as_often_as_asked() -> None:
    weights = np.random.default_rng(2).normal(size=(30, 10))
    machines = [kd.RBM(x * weights) for x in np.linspace(0.0, 1.0, 30)]
    kept = kd.rbm.thin_trajectory(machines, target=0.4, steps=100, seed=3)
    assert kept[0] is machines[0]
    assert kept[-1] is machines[-1]
    assert 3 <= len(kept) < 20
    pt = kd.TrajectoryTempering(kept, chains=300, seed=4)
    pt.run(200)
    assert (pt.acceptance > 0.33).all()
    assert (pt.acceptance[:-1] < 0.6).all()  # as few as possible
    assert kd.rbm.thin_trajectory(machines[:1]) == machines[:1]


def test_machines_between_two() -> None:
    first = kd.RBM(np.zeros((7, 4)), np.arange(7), None, "spin", "binary")
    machines = kd.rbm.interpolate(first, MACHINE, [0, 0.25, 1])
    assert machines[0] == first
    assert machines[2] == MACHINE
    v, h = np.ones(7), np.ones(4)
    expected = 0.75 * first.energy(v, h) + 0.25 * MACHINE.energy(v, h)
    np.testing.assert_allclose(machines[1].energy(v, h), expected, rtol=1e-6)


def test_a_trajectory_with_a_gap_is_told() -> None:
    weights = np.random.default_rng(2).normal(size=(30, 10))
    machines = [kd.RBM(x * weights) for x in (0.0, 0.01, 2.0)]
    with pytest.warns(RuntimeWarning, match=r"^\[thin_trajectory\] expected neighbours that acc"):
        assert kd.rbm.thin_trajectory(machines, target=0.9, steps=60) == machines


# Wrong calls.

CALL = "expected "
COMMON: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"swap_every": 0}, ValueError, "swap_every in [1, 1099511627776], got 0"),
    ({"swap_every": 1.0}, TypeError, "an integer swap_every, got 1.0"),
    ({"seed": -1}, ValueError, f"seed in [0, {2**64 - 1}], got -1"),
    ({"seed": 0.5}, TypeError, "an integer seed, got 0.5"),
    ({"threads": 0}, ValueError, "threads in [1, 4096], got 0"),
    ({"device": "tpu"}, ValueError, "device to be one of 'cpu', 'cuda', got 'tpu'"),
    (
        {"precision": "float64"},
        ValueError,
        "precision to be one of 'float32', 'fixed16', got 'float64'",
    ),
]
ORDER = "betas strictly increasing or strictly decreasing, got "
TEMPERINGS: list[tuple[dict[str, Any], type[Exception], str]] = [
    *COMMON,
    ({"rbm": 3}, TypeError, "a machine such as kd.RBM(weights), got 3"),
    ({"betas": [0.4]}, ValueError, "at least 2 betas, got 1"),
    ({"betas": [0.2, 0.4, 0.3]}, ValueError, ORDER + "0.3 after 0.4"),
    ({"betas": [1.0, 1.0]}, ValueError, ORDER + "1.0 after 1.0"),
    ({"betas": [-0.1, 1.0]}, ValueError, "betas in [0, 1e12], got -0.1"),
    ({"betas": [0.0, float("nan")]}, ValueError, "betas in [0, 1e12], got nan"),
    ({"betas": "01"}, TypeError, "a number or a list of numbers for betas, got '01'"),
    ({"replicas": 0}, ValueError, "replicas in [1, 536870912], got 0"),
    ({"replicas": True}, TypeError, "an integer replicas, got True"),
]
TRAJECTORIES: list[tuple[dict[str, Any], type[Exception], str]] = [
    *COMMON,
    ({"machines": MACHINE}, TypeError, f"a list of machines, got {MACHINE!r}"),
    ({"machines": []}, ValueError, "1 to 4096 machines, got 0"),
    ({"machines": [MACHINE, 3]}, TypeError, "a machine such as kd.RBM(weights), got 3"),
    (
        {"machines": [MACHINE, kd.RBM(WEIGHTS)]},
        ValueError,
        "machines like RBM(7 visible +-1, 4 hidden units), got RBM(7 visible, 4 hidden units)",
    ),
    ({"chains": 0}, ValueError, "chains in [1, 536870912], got 0"),
]


@pytest.mark.parametrize(("options", "error", "text"), TEMPERINGS)
def test_wrong_temperings(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        kd.RBMTempering(**{"rbm": MACHINE, "betas": BETAS, **options})
    assert raised.type is error
    assert str(raised.value) == "[RBMTempering] expected " + text


@pytest.mark.parametrize(("options", "error", "text"), TRAJECTORIES)
def test_wrong_trajectories(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        kd.TrajectoryTempering(**{"machines": MACHINES, **options})
    assert raised.type is error
    assert str(raised.value) == "[TrajectoryTempering] expected " + text


STATES = np.ones((4, 3, 7))
CALLS: list[tuple[Callable[[Tempering], Any], type[Exception], str]] = [
    (lambda pt: pt.run(-1), ValueError, f"[run] expected steps in [0, {2**40 - 3}], got -1"),
    (lambda pt: pt.run(0.5), TypeError, "[run] expected an integer steps, got 0.5"),
    (
        lambda pt: pt.run(2**40),
        ValueError,
        f"[run] expected steps in [0, {2**40 - 3}], got {2**40}",
    ),
    (
        lambda pt: setattr(pt, "all_visible", STATES[:2]),
        ValueError,
        "[all_visible] expected shape (4, 3, 7), got (2, 3, 7)",
    ),
    (
        lambda pt: setattr(pt, "all_visible", 2 * STATES),
        ValueError,
        "[all_visible] expected values -1 and 1 for visible, got 2.0",
    ),
    (
        lambda pt: setattr(pt, "all_hidden", STATES[..., :4].tolist() * 2),
        ValueError,
        "[all_hidden] expected shape (4, 3, 4), got (8, 3, 4)",
    ),
    (
        lambda pt: setattr(pt, "visible", STATES[0, :2]),
        ValueError,
        "[visible] expected shape (3, 7), got (2, 7)",
    ),
    (
        lambda pt: setattr(pt, "hidden", np.zeros((3, 3))),
        ValueError,
        "[hidden] expected hidden of shape (..., 4), got shape (3, 3)",
    ),
    (
        lambda pt: setattr(pt, "rbm", 3),
        TypeError,
        "[rbm] expected a machine such as kd.RBM(weights), got 3",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
@kinds
def test_wrong_calls_change_nothing(kind: str, call: Any, error: type, text: str) -> None:
    pt, whole = make(kind), make(kind)
    pt.run(3)
    with pytest.raises(error) as raised:
        call(pt)
    assert str(raised.value) == text
    pt.run(4)
    whole.run(7)
    assert_same(pt, whole)


@kinds
def test_settings_stay(kind: str) -> None:
    pt = make(kind)
    name = type(pt).__name__
    with pytest.raises(AttributeError, match=rf"^\[{name}\] expected swap_every to stay as it is"):
        pt.swap_every = 3
    with pytest.raises(AttributeError):
        pt.seed = 3
    assert make(kind, seed=None).seed != make(kind, seed=None).seed


BETWEEN: list[tuple[tuple[Any, Any, Any], type[Exception], str]] = [
    ((MACHINE, 3, [0]), TypeError, "a machine such as kd.RBM(weights), got 3"),
    (
        (MACHINE, kd.RBM(WEIGHTS), [0]),
        ValueError,
        "machines like RBM(7 visible +-1, 4 hidden units), got RBM(7 visible, 4 hidden units)",
    ),
    ((MACHINE, MACHINE, [0, 1.5]), ValueError, "fractions in [0, 1], got 1.5"),
    ((MACHINE, MACHINE, []), TypeError, "a number or a list of numbers for fractions, got []"),
]


@pytest.mark.parametrize(("arguments", "error", "text"), BETWEEN)
def test_wrong_machines_between_two(arguments: Any, error: type, text: str) -> None:
    with pytest.raises(error) as raised:
        kd.rbm.interpolate(*arguments)
    assert str(raised.value) == "[interpolate] expected " + text


CHOICE = "[constant_acceptance] expected "
LADDERS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({}, TypeError, CHOICE + "n or target, got both or none"),
    ({"n": 5, "target": 0.3}, TypeError, CHOICE + "n or target, got both or none"),
    ({"n": 1}, ValueError, CHOICE + "n in [2, 4096], got 1"),
    ({"target": 1.0}, ValueError, CHOICE + "target in (0, 1), got 1.0"),
    ({"n": 3, "beta_min": 1.6}, ValueError, CHOICE + "beta_min < beta_max, got 1.6 and 1.0"),
    ({"n": 3, "steps": 15}, ValueError, CHOICE + f"steps in [16, {2**40}], got 15"),
    ({"n": 3, "iterations": 0}, ValueError, CHOICE + "iterations in [1, 10000], got 0"),
]
THIN: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ((3,), {}, TypeError, "a list of machines, got 3"),
    (([],), {}, ValueError, "1 to 4096 machines, got 0"),
    ((MACHINES, 0.0), {}, ValueError, "target in (0, 1), got 0.0"),
    ((MACHINES, "a"), {}, TypeError, "a real number for target, got 'a'"),
    ((MACHINES,), {"steps": 1}, ValueError, f"steps in [16, {2**40}], got 1"),
]


@pytest.mark.parametrize(("options", "error", "text"), LADDERS)
def test_wrong_sets_of_temperatures(options: Any, error: type, text: str) -> None:
    with pytest.raises(error) as raised:
        kd.rbm.constant_acceptance(MACHINE, **options)
    assert str(raised.value) == text


@pytest.mark.parametrize(("arguments", "options", "error", "text"), THIN)
def test_wrong_trajectories_to_thin(arguments: Any, options: Any, error: type, text: str) -> None:
    with pytest.raises(error) as raised:
        kd.rbm.thin_trajectory(*arguments, **options)
    assert str(raised.value) == "[thin_trajectory] expected " + text
