"""Scans: one trajectory however it is cut into steps, stopped, saved and resumed."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kadanoff as kd
from kadanoff import plotting, storage
from kadanoff.scan import Scan, Stopped

MODEL = kd.Ising(kd.Square((16, 24)))
TEMPERATURES = [2.0, 2.3, 3.0]


@pytest.fixture(autouse=True)
def _interruptible():
    """Take SIGINT back from a shell that started the tests in the background, ignoring it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def make(**changes):
    defaults = {"sweeps": 300, "thermalise": 45, "every": 7, "replicas": 2, "seed": 5}
    model = changes.pop("model", MODEL)
    temperatures = changes.pop("temperatures", TEMPERATURES)
    return Scan(model, temperatures, **{**defaults, **changes})


def finished(**changes):
    scan = make(**changes)
    scan.finish()
    return scan


def assert_same(scan, other):
    assert scan.sweep == other.sweep
    assert scan.draws_done == other.draws_done
    for name in ("energy", "magnetization"):
        assert np.array_equal(scan.run[name], other.run[name])
    assert np.array_equal(scan.sampler.spins, other.sampler.spins)


def test_a_scan_is_one_sampler():
    scan = finished()
    sampler = kd.Sampler(MODEL, np.repeat(1.0 / np.array(TEMPERATURES), 2), replicas=6, seed=5)
    sampler.run(45)
    run = sampler.sample(draws=42, every=7)
    for name in ("energy", "magnetization"):
        assert np.array_equal(scan.run[name], run[name])
    assert scan.run.first_sweep == run.first_sweep
    assert scan.run.model == run.model
    assert np.array_equal(scan.run.beta, run.beta)
    assert np.array_equal(scan.sampler.spins, sampler.spins)
    assert (scan.draws, scan.sweeps, scan.total_sweeps) == (42, 294, 339)
    assert scan.done
    assert scan.advance(10) == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.integers(1, 40))
def test_steps_do_not_matter(steps, every):
    scan = make(every=every)
    for sweeps in steps:
        left = scan.total_sweeps - scan.sweep
        assert scan.advance(sweeps) == min(sweeps, left)
    assert scan.draws_done == max(0, scan.sweep - 45) // every
    scan.finish()
    assert_same(scan, finished(every=every))


@pytest.mark.parametrize("sweep", [0, 20, 45, 50, 52, 200, 339])
def test_a_file_goes_on_bit_for_bit(tmp_path, sweep):
    scan = make()
    if sweep:
        assert scan.advance(sweep) == sweep
    scan.save(tmp_path / "part.h5")
    loaded = Scan.load(tmp_path / "part.h5", threads=1)
    assert loaded.sweep == sweep
    assert loaded.settings() == scan.settings()
    assert (scan.run is None) == (loaded.run is None)
    loaded.finish()
    assert_same(loaded, finished())
    finished().save(tmp_path / "straight.h5")
    loaded.save(tmp_path / "resumed.h5")
    assert (tmp_path / "straight.h5").read_bytes() == (tmp_path / "resumed.h5").read_bytes()


def test_temperatures_share_no_random_numbers():
    scan = finished(temperatures=[2.0, 2.0 + 1e-12], start="random", replicas=1)
    spins = scan.sampler.spins.reshape(2, -1).astype(int)
    assert abs(np.mean(spins[0] * spins[1])) < 0.999
    assert not np.array_equal(scan.run["energy"][0], scan.run["energy"][1])


def test_a_longer_scan_begins_like_the_shorter_one():
    scan = finished()
    scan.extend(700)
    assert not scan.done
    scan.finish()
    assert_same(scan, finished(sweeps=700))


def test_a_signal_stops_between_sweeps_and_finish_goes_on(tmp_path):
    scan = make(sweeps=7000)
    path = tmp_path / "scan.h5"

    def press(_):
        if scan.draws_done:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Stopped, match=r"\[Scan.finish\] stopped at sweep \d+ of 7045") as stop:
        scan.finish(press, checkpoint=path)
    assert isinstance(stop.value, kd.Interrupted)
    assert stop.value.signal == signal.SIGINT
    assert stop.value.run.n_draws == scan.draws_done > 0
    assert signal.getsignal(signal.SIGINT) is before
    assert_same(Scan.load(path), scan)
    scan.finish()
    assert_same(scan, finished(sweeps=7000))


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        make().finish(lambda _: os.kill(os.getpid(), signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_can_finish_a_scan():
    scan = make()
    thread = threading.Thread(target=scan.finish)
    thread.start()
    thread.join()
    assert_same(scan, finished())


def test_ctrl_c_inside_of_advance_loses_no_draw():
    scan = make(model=kd.Ising(kd.Square(512)), sweeps=200_000, thermalise=0, every=1)

    def press():
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.5, press)
    timer.start()
    with pytest.raises(kd.Interrupted):
        scan.advance(200_000)
    assert 0 < scan.draws_done == scan.sweep < 200_000
    assert scan.run.n_draws == scan.draws_done


def test_a_failed_checkpoint_leaves_file_and_scan(tmp_path):
    scan = make()
    with pytest.raises(FileNotFoundError, match="expected to write the whole file"):
        scan.finish(checkpoint=tmp_path / "nowhere" / "scan.h5", checkpoint_every=0)
    assert scan.sweep > 0
    scan.finish()
    assert_same(scan, finished())


def test_the_table_agrees_with_kaufman():
    scan = finished(sweeps=200_000, thermalise=1000, every=20)
    table = scan.table()
    assert table.temperatures.tolist() == TEMPERATURES
    for row in table.rows:
        exact = kd.exact.kaufman((16, 24), 1.0 / row.temperature)
        assert row.exact_energy == pytest.approx(exact.energy, rel=1e-14)
        assert row.exact_specific_heat == pytest.approx(exact.specific_heat, rel=1e-12)
        assert abs(row.energy.mean - row.exact_energy) < 4.0 * row.energy.standard_error
        heat = row.specific_heat
        assert abs(heat.mean - row.exact_specific_heat) < 4.0 * heat.standard_error
        assert row.reliable
        summary = scan.run.summary(beta=1.0 / row.temperature)
        assert row.binder == summary["binder"]
        assert row.tau_int == summary["abs_magnetization"].tau_int_sweeps
    assert table.unreliable == ()
    content = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    assert [row["temperature"] for row in content["rows"]] == TEMPERATURES
    assert content["rows"][1]["energy"] == table.rows[1].energy.mean
    assert (content["replicas"], content["seed"], content["shape"]) == (2, 5, [16, 24])


def test_a_short_scan_says_that_it_is_short():
    table = finished(sweeps=28).table()
    assert table.unreliable == tuple(TEMPERATURES)
    assert table.to_dict()["rows"][0]["r_hat"] is None


def test_no_exact_value_in_a_field_or_in_three_dimensions():
    for model in (kd.Ising(kd.Square(8), field=0.5), kd.Ising(kd.Cubic(4))):
        table = finished(model=model).table()
        assert table.exact("energy") is None
        assert table.rows[0].to_dict()["exact_specific_heat"] is None


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_equal_tables_give_equal_figures(tmp_path, suffix):
    table = finished().table()
    paths = [tmp_path / f"{number}{suffix}" for number in range(2)]
    for path in paths:
        plotting.save(table, path)
    assert paths[0].stat().st_size > 5000
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    "model",
    [
        kd.Ising(kd.Square(8), coupling=-2.0),
        kd.Ising(kd.Square(8), coupling=0.0),
        kd.Ising(kd.Cubic(4), field=1.0),
        kd.Ising(kd.Cubic(4)),
    ],
    ids=str,
)
def test_figures_of_other_models(model):
    figure = plotting.figure(finished(model=model, temperatures=[2.0, 4.0, 6.0]).table())
    panels = [axis for axis in figure.get_axes() if axis.get_ylabel() != r"$\Delta/\sigma$"]
    assert [axis.get_ylabel().split("  ")[0] for axis in panels] == [
        "energy per site",
        "specific heat per site",
        "magnetisation per site",
        "susceptibility per site",
    ]
    figure.draw_without_rendering()


def test_a_figure_of_one_temperature():
    plotting.figure(finished(temperatures=[2.2]).table()).draw_without_rendering()


WRONG_CALLS = {
    "temperatures 0": ({"temperatures": [0.0]}, "temperatures > 0 and finite, got 0.0"),
    "temperatures nan": ({"temperatures": [np.nan]}, "temperatures > 0 and finite, got nan"),
    "temperatures inf": ({"temperatures": [np.inf]}, "temperatures > 0 and finite, got inf"),
    "temperatures twice": ({"temperatures": [2, 1, 2.0]}, "temperatures that differ, got 2.0 t"),
    "sweeps": ({"sweeps": 0}, r"sweeps in \[1, 1099511627776\], got 0"),
    "every": ({"every": 301}, r"every in \[1, 300\], got 301"),
    "thermalise": ({"thermalise": -1}, r"thermalise in \[0, 1099511627476\], got -1"),
    "replicas": ({"replicas": 0}, r"replicas in \[1, 2147483648\], got 0"),
    "start": ({"start": "hot"}, "start to be one of 'ordered', 'random', 'down', got 'hot'"),
}


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_wrong_values(case):
    changes, text = WRONG_CALLS[case]
    with pytest.raises(ValueError, match=rf"\[Scan\] expected {text}"):
        make(**changes)


def test_wrong_types_and_other_calls():
    with pytest.raises(TypeError, match=r"\[Scan\] expected a number or a list of numbers"):
        make(temperatures="2.0")
    with pytest.raises(TypeError, match=r"\[Scan\] expected an integer sweeps, got 1.5"):
        make(sweeps=1.5)
    with pytest.raises(ValueError, match=r"\[Scan.advance\] expected sweeps in \[1, "):
        make().advance(0)
    with pytest.raises(ValueError, match=r"\[Scan.finish\] expected checkpoint_every >= 0"):
        make().finish(checkpoint_every=np.nan)
    with pytest.raises(ValueError, match=r"\[Scan.extend\] expected sweeps in \[294, "):
        finished().extend(280)
    with pytest.raises(ValueError, match=r"\[Scan.table\] expected at least one draw, got none"):
        make().table()


def damage_draws(tree):
    tree["draws"] = 3


def damage_temperatures(tree):
    tree["temperatures"] = tree["temperatures"] * 2.0


def damage_sweep(tree):
    tree["sampler"]["sweep"] += 7


def damage_values(tree):
    tree["observables"]["energy"][0, 0] = np.nan


def damage_shape(tree):
    tree["observables"]["energy"] = tree["observables"]["energy"][:, 1:].copy()


def damage_kind(tree):
    tree["temperatures"] = np.full(3, -1.0)


def damage_replicas(tree):
    tree["replicas"] = 3


def damage_every(tree):
    del tree["every"]


DAMAGES = {
    damage_draws: "got 42 of 3 draws at sweep 339",
    damage_temperatures: "got temperatures of 6 other replicas",
    damage_sweep: "got 42 of 42 draws at sweep 346",
    damage_values: "expected finite numbers as '/observables/energy'",
    damage_shape: "expected as many draws as in energy",
    damage_kind: "expected temperatures > 0 and finite, got -1.0",
    damage_replicas: "got temperatures of 6 other replicas",
    damage_every: "expected an integer from 1 to .* as '/every', got nothing",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_contradictory_files_are_refused(tmp_path, damage):
    path = tmp_path / "scan.h5"
    finished().save(path)
    _, tree = storage.read(path, "scan", (1,))
    damage(tree)
    storage.write(path, "scan", 1, tree)
    with pytest.raises(kd.FileError, match=DAMAGES[damage]) as error:
        Scan.load(path)
    assert str(path) in str(error.value)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "run.h5"
    finished().run.save(path)
    with pytest.raises(kd.FileError, match="expected a Kadanoff scan file, got"):
        Scan.load(path)
    with pytest.raises(FileNotFoundError):
        Scan.load(tmp_path / "none.h5")


def test_run_and_sampler_load_from_a_scan(tmp_path: Path) -> None:
    scan = Scan(kd.Ising(kd.Square(8)), [2.0, 2.5], sweeps=100, every=5, seed=3)
    scan.finish()
    scan.save(tmp_path / "scan.h5")
    np.testing.assert_array_equal(kd.Run.load(tmp_path / "scan.h5")["energy"], scan.run["energy"])
    np.testing.assert_array_equal(kd.Sampler.load(tmp_path / "scan.h5").spins, scan.sampler.spins)


def test_any_exception_of_a_signal_handler_leaves_a_whole_scan(tmp_path: Path) -> None:
    def handler(number: int, frame: object) -> None:
        raise TimeoutError

    scan = Scan(kd.Ising(kd.Square(64)), [2.0, 2.5], sweeps=10**9, every=3, thermalise=0, seed=3)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        for _ in range(3):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(TimeoutError):
                scan.advance(10**9)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert scan.draws_done > 0
    scan.save(tmp_path / "scan.h5")
    np.testing.assert_array_equal(Scan.load(tmp_path / "scan.h5").run["energy"], scan.run["energy"])
