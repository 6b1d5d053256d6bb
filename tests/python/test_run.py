"""Runs: their checks, files, parts and summaries."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import analysis, storage
from kadanoff.errors import FileError

pytestmark = pytest.mark.filterwarnings("error")

N_SITES = 24


def arguments(replicas=4, draws=50, **changes):
    rng = np.random.default_rng(1)
    defaults = {
        "observables": {
            "magnetization": rng.uniform(-1.0, 1.0, (replicas, draws)),
            "energy": rng.normal(-1.4, 0.1, (replicas, draws)),
        },
        "beta": np.full(replicas, 0.44),
        "every": 10,
        "model": {"lattice": "square", "shape": [4, 6], "coupling": 1.0, "field": 0.0},
        "update": "heatbath",
        "seed": 2**64 - 1,
        "first_sweep": 1010,
        "provenance": {"kadanoff_version": "0.1.0", "rng_version": 1},
    }
    return defaults | changes


def make(replicas=4, draws=50, **changes):
    values = arguments(replicas, draws, **changes)
    return kd.Run(values.pop("observables"), **values)


def assert_equal(left, right):
    assert list(left.observables) == list(right.observables)
    for name in left.observables:
        assert left[name].tobytes() == right[name].tobytes()
        assert left[name].shape == right[name].shape
    assert left.beta.tobytes() == right.beta.tobytes()
    for name in ("every", "model", "update", "seed", "first_sweep", "provenance"):
        assert getattr(left, name) == getattr(right, name)
        assert type(getattr(left, name)) is type(getattr(right, name))


def test_a_run_gives_back_what_it_was_given():
    given = arguments()
    run = make()
    assert list(run.observables) == ["energy", "magnetization"]
    np.testing.assert_array_equal(run["energy"], given["observables"]["energy"])
    assert (run.n_replicas, run.n_draws, run.every, run.n_sites) == (4, 50, 10, N_SITES)
    assert run["energy"].dtype == run.beta.dtype == np.float64
    assert run["energy"].flags.c_contiguous
    assert run.seed == 2**64 - 1
    np.testing.assert_array_equal(run.sweeps[:3], [1010, 1020, 1030])
    assert repr(run) == (
        "Run(square 4x6, heatbath, beta = 0.44, 4 replicas x 50 draws every 10 sweeps: "
        "energy, magnetization)"
    )
    one = repr(run.select(replica=0))
    assert one.startswith("Run(square 4x6, heatbath, beta = 0.44, 1 replica x 50 draws every 10 ")
    assert run._repr_html_() == f"<code>{run!r}</code>"


def test_a_run_cannot_be_altered_by_accident():
    given = arguments()
    run = kd.Run(given.pop("observables"), **given)
    for array in (run["energy"], run.beta):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    given["beta"][0] = given["model"]["coupling"] = 7.0
    given["provenance"]["rng_version"] = 7
    assert_equal(run, make())


def test_an_unknown_observable_is_named():
    with pytest.raises(KeyError) as caught:
        make()["nope"]
    assert caught.value.args == ("[Run] expected one of energy, magnetization, got 'nope'",)


ONES = np.ones((4, 50))

BAD = {
    "no observables": ({"observables": {}}, TypeError, "expected a dict of observables, got dict"),
    "a list of observables": (
        {"observables": [ONES]},
        TypeError,
        "expected a dict of observables, got list",
    ),
    "a path as name": (
        {"observables": {"a/b": ONES}},
        ValueError,
        "expected an identifier as name of an observable, got 'a/b'",
    ),
    "a coordinate as name": (
        {"observables": {"beta": ONES}},
        ValueError,
        "expected an identifier as name of an observable, got 'beta'",
    ),
    "float32": (
        {"observables": {"energy": ONES.astype(np.float32)}},
        TypeError,
        "expected 'energy' as an array of float64, got array of float32",
    ),
    "a list": (
        {"observables": {"energy": ONES.tolist()}},
        TypeError,
        "expected 'energy' as an array of float64, got list",
    ),
    "one axis": (
        {"observables": {"energy": np.ones(4)}},
        ValueError,
        "expected 'energy' of shape (replica, draw), got shape (4,)",
    ),
    "no draws": (
        {"observables": {"energy": np.ones((4, 0))}},
        ValueError,
        "expected 'energy' of shape (replica, draw), got shape (4, 0)",
    ),
    "NaN": (
        {"observables": {"energy": np.full((4, 50), np.nan)}},
        ValueError,
        "expected 'energy' to be finite, got NaN or infinity",
    ),
    "two shapes": (
        {"observables": {"energy": ONES, "magnetization": np.ones((4, 49))}},
        ValueError,
        "expected observables of one shape, got [(4, 49), (4, 50)]",
    ),
    "a scalar beta": ({"beta": 0.44}, ValueError, "expected beta of shape (4,), got shape ()"),
    "negative beta": (
        {"beta": [0.4, 0.4, 0.4, -0.4]},
        ValueError,
        "expected beta >= 0 and finite, got [0.4, 0.4, 0.4, -0.4]",
    ),
    "infinite beta": (
        {"beta": [np.inf] * 4},
        ValueError,
        "expected beta >= 0 and finite, got [inf, inf, inf, inf]",
    ),
    "every 0": ({"every": 0}, ValueError, "expected 1 <= every < 9223372036854775808, got 0"),
    "every 1.0": ({"every": 1.0}, TypeError, "expected every as an integer, got float"),
    "every True": ({"every": True}, TypeError, "expected every as an integer, got bool"),
    "a large seed": (
        {"seed": 2**64},
        ValueError,
        "expected 0 <= seed < 18446744073709551616, got 18446744073709551616",
    ),
    "a negative sweep": (
        {"first_sweep": -1},
        ValueError,
        "expected 0 <= first_sweep < 9223372036854775808, got -1",
    ),
    "no update": ({"update": ""}, TypeError, "expected update as a text, got ''"),
    "no shape": (
        {"model": {"lattice": "square"}},
        TypeError,
        "expected model as a dict with 'shape', got {'lattice': 'square'}",
    ),
    "an empty shape": (
        {"model": {"shape": []}},
        TypeError,
        "expected model['shape'] as a list of integers, got []",
    ),
    "extent 0": (
        {"model": {"shape": [4, 0]}},
        ValueError,
        "expected 1 <= extent < 9223372036854775808, got 0",
    ),
    "a list as provenance": (
        {"provenance": []},
        TypeError,
        "expected provenance as a dict, got list",
    ),
    "a float in provenance": (
        {"provenance": {"rng_version": 1.5}},
        TypeError,
        "expected texts and integers, got provenance 'rng_version': 1.5",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case):
    changes, error, text = BAD[case]
    with pytest.raises(error) as caught:
        make(**changes)
    assert str(caught.value) == f"[Run] {text}"


def test_files_keep_every_bit(tmp_path):
    values = np.array([[5e-324, -0.0, 1.0 / 3.0, -1.7976931348623157e308]])
    run = make(
        observables={"energy": values, "custom": np.nextafter(values, 0.0)},
        beta=[0.1 + 0.2],
        model={"lattice": "cubic", "shape": (2, 4, 6), "coupling": -0.1, "field": 1e-300},
    )
    run.save(tmp_path / "run.h5")
    assert_equal(kd.Run.load(tmp_path / "run.h5"), run)


def test_large_runs_keep_every_bit(tmp_path):
    run = make(replicas=64, draws=1000)
    run.save(tmp_path / "run.h5")
    loaded = kd.Run.load(tmp_path / "run.h5")
    assert_equal(loaded, run)
    assert str(loaded.summary()) == str(run.summary())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"beta": np.ones(3)}, "expected a consistent run, got [Run] expected beta of shape (4,)"),
        ({"every": 0}, "expected a consistent run, got [Run] expected 1 <= every"),
        ({"every": "10"}, "expected an integer"),
        ({"observables": {"energy": np.ones((4, 50), np.float32)}}, "expected a consistent run"),
        ({"observables": 1}, "expected a group"),
    ],
)
def test_inconsistent_files_are_refused(tmp_path, change, text):
    storage.write(tmp_path / "run.h5", "run", 1, arguments() | change)
    with pytest.raises(FileError) as caught:
        kd.Run.load(tmp_path / "run.h5")
    assert str(caught.value).startswith(f"[load] {text}")
    assert str(tmp_path / "run.h5") in str(caught.value)


def test_other_versions_and_missing_files_are_refused(tmp_path):
    storage.write(tmp_path / "run.h5", "run", 2, arguments())
    with pytest.raises(FileError, match="version 2"):
        kd.Run.load(tmp_path / "run.h5")
    with pytest.raises(FileNotFoundError):
        kd.Run.load(tmp_path / "none.h5")


def test_concatenated_parts_are_the_whole():
    whole = make()
    parts = [
        make(
            observables={name: whole[name][:, a:b] for name in whole.observables},
            first_sweep=1010 + 10 * a,
            provenance={**whole.provenance, "threads": a},
        )
        for a, b in [(0, 1), (1, 20), (20, 50)]
    ]
    assert_equal(kd.Run.concatenate(parts), whole)
    assert_equal(kd.Run.concatenate([whole]), whole)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "expected a run that begins at sweep 1510, got 1010"),
        ({"every": 5}, "expected every = 10, got 5"),
        ({"seed": 3}, "expected seed = 18446744073709551615, got 3"),
        ({"update": "metropolis"}, "expected update = 'heatbath', got 'metropolis'"),
        ({"beta": np.full(4, 0.45)}, "expected runs of equal beta, got different ones"),
        ({"replicas": 3}, "expected runs of equal beta, got different ones"),
        ({"model": {"shape": [4, 6]}}, "expected runs of equal model, got different ones"),
        (
            {"observables": {"energy": ONES}},
            "expected runs of equal observables, got different ones",
        ),
        (
            {"provenance": {"rng_version": 2}},
            "expected runs of equal rng_version, got different ones",
        ),
    ],
)
def test_runs_that_do_not_belong_together(changes, text):
    with pytest.raises(ValueError, match=re.escape(f"[Run.concatenate] {text}")):
        kd.Run.concatenate([make(), make(**changes)])


def test_concatenate_needs_runs():
    with pytest.raises(ValueError, match="expected at least one run, got none"):
        kd.Run.concatenate([])
    with pytest.raises(TypeError, match="expected a Run, got int"):
        kd.Run.concatenate([make(), 7])


def test_replicas_can_be_selected():
    run = make(beta=[0.4, 0.5, 0.4, 0.6])
    assert run.betas == (0.4, 0.5, 0.6)
    for part, rows in [
        (run.select(replica=1), [1]),
        (run.select(replica=-1), [3]),
        (run.select(replica=slice(1, 3)), [1, 2]),
        (run.select(replica=[2, 0]), [2, 0]),
        (run.select(beta=0.4), [0, 2]),
    ]:
        np.testing.assert_array_equal(part["energy"], run["energy"][rows])
        np.testing.assert_array_equal(part.beta, run.beta[rows])
        assert part.first_sweep == run.first_sweep
    with pytest.raises(ValueError, match=r"expected beta in \(0.4, 0.5, 0.6\), got 0.7"):
        run.select(beta=0.7)
    with pytest.raises(ValueError, match="expected at least one replica"):
        run.select(replica=[])
    with pytest.raises(IndexError):
        run.select(replica=4)
    with pytest.raises(TypeError, match="expected replica or beta"):
        run.select()


def test_summary_means_are_their_formulas():
    run = make(replicas=8, draws=400)
    e, m = run["energy"], run["magnetization"]
    expected = {
        "energy": e.mean(),
        "magnetization": m.mean(),
        "abs_magnetization": np.abs(m).mean(),
        "magnetization_squared": (m**2).mean(),
        "magnetization_fourth": (m**4).mean(),
        "specific_heat": 0.44**2 * N_SITES * ((e**2).mean() - e.mean() ** 2),
        "susceptibility": 0.44 * N_SITES * ((m**2).mean() - np.abs(m).mean() ** 2),
        "binder": 1.0 - (m**4).mean() / (3.0 * (m**2).mean() ** 2),
    }
    summary = run.summary()
    assert summary.names == tuple(expected)
    assert len(summary) == 8
    assert "energy" in summary
    assert "nope" not in summary
    for row in summary:
        assert row.mean == pytest.approx(expected[row.name], rel=1e-11)
    assert summary["energy"].mean == e.mean()
    assert summary.beta == 0.44


def test_summary_errors_are_those_of_the_analysis():
    run = make(replicas=8, draws=400)
    e, m = run["energy"], run["magnetization"]
    summary = run.summary()
    assert summary["energy"].standard_error == analysis.standard_error(e)
    assert summary["energy"].tau_int == analysis.integrated_time(e)
    assert summary["energy"].tau_int_sweeps == 10 * analysis.integrated_time(e)
    assert summary["magnetization"].ess == analysis.effective_sample_size(m)
    assert summary["magnetization"].r_hat == analysis.split_r_hat(m)
    heat = analysis.jackknife(lambda a, b: 0.44**2 * N_SITES * (b - a * a), e, e**2)
    assert summary["specific_heat"].standard_error == pytest.approx(heat.standard_error, rel=1e-9)
    moments = [m**2, m**4]
    cumulant = analysis.jackknife(analysis.binder, *moments)
    assert summary["binder"].standard_error == pytest.approx(cumulant.standard_error, rel=1e-9)


def test_summary_errors_hold_for_gaussian_energies():
    """N(-1.4, 0.1): error 0.1 / sqrt(n) of the mean, sqrt(2 / n) of the variance, to about 5 %."""
    summary = make(replicas=8, draws=4000).summary()
    heat = 0.44**2 * N_SITES * 0.01
    assert summary["energy"].standard_error == pytest.approx(0.1 / np.sqrt(32000), rel=0.1)
    assert summary["specific_heat"].standard_error == pytest.approx(heat / 126.5, rel=0.1)
    assert abs(summary["energy"].mean + 1.4) < 4.0 * summary["energy"].standard_error
    assert abs(summary["specific_heat"].mean - heat) < 4.0 * summary["specific_heat"].standard_error


def test_specific_heat_of_a_big_lattice_keeps_its_digits():
    """At 10^9 sites the variance of e is 1e-18 of its square; naive moments lose all of it."""
    e = -1.4 + 1e-9 * np.random.default_rng(2).normal(size=(4, 500))
    model = {"lattice": "square", "shape": [32768, 32768]}
    summary = make(observables={"energy": e}, model=model).summary()
    expected = 0.44**2 * 2.0**30 * np.var(e.astype(np.longdouble))
    assert summary["specific_heat"].mean == pytest.approx(float(expected), rel=1e-5)
    assert summary["specific_heat"].standard_error == pytest.approx(
        float(expected) * np.sqrt(2.0 / 2000.0), rel=0.3
    )
    naive = 0.44**2 * 2.0**30 * (np.mean(e**2) - np.mean(e) ** 2)
    assert naive != pytest.approx(float(expected), rel=0.1)


def test_summary_of_a_frozen_lattice():
    m = np.repeat([[1.0], [1.0], [-1.0], [-1.0]], 50, axis=1)
    run = make(observables={"energy": np.full((4, 50), -2.0), "magnetization": m})
    summary = run.summary()
    table = summary.to_dict()
    for name, mean in [
        ("energy", -2.0),
        ("abs_magnetization", 1.0),
        ("specific_heat", 0.0),
        ("susceptibility", 0.0),
        ("binder", 1.0 - 1.0 / 3.0),
    ]:
        assert table[name] == {
            "mean": mean,
            "standard_error": 0.0,
            "tau_int": 0.5,
            "ess": 200.0,
            "r_hat": 1.0,
        }
    assert table["magnetization"]["r_hat"] == np.inf
    assert summary.warnings == ("magnetization",)
    assert str(summary).endswith("r_hat > 1.01, too short or stuck: magnetization")


@pytest.mark.parametrize("replicas", [1, 4])
@pytest.mark.parametrize("draws", [1, 2, 3, 7])
def test_summary_of_few_draws(replicas, draws):
    summary = make(replicas, draws).summary()
    assert all(np.isfinite(row.mean) for row in summary)
    assert all(np.isnan(row.r_hat) for row in summary)
    assert all(np.isfinite(row.standard_error) for row in summary) == (replicas == 4)
    assert "nan" in str(summary)


def test_summaries_of_several_beta():
    run = make(beta=[0.4, 0.5, 0.4, 0.5])
    text = (
        "[Run.summary] expected replicas at one beta, got 2 values: "
        "choose by run.summary(beta=...), or take all by run.summaries()"
    )
    with pytest.raises(ValueError, match=re.escape(text)):
        run.summary()
    cold = run.summary(beta=0.5)
    assert cold.beta == 0.5
    assert cold["energy"].mean == run["energy"][[1, 3]].mean()
    assert [str(one) for one in run.summaries()] == [str(run.summary(0.4)), str(cold)]


def test_zero_beta_has_no_response():
    summary = make(beta=np.zeros(4)).summary()
    for name in ("specific_heat", "susceptibility"):
        assert (summary[name].mean, summary[name].standard_error) == (0.0, 0.0)


TABLE = """\
title <1>
                   mean  standard_error  tau_int    ess  r_hat
energy          -1.4123          0.0012     2.35   1234  1.000
susceptibility    12346             237      0.5  40000  1.020
<x>                0.25               0      0.5     10    nan
r_hat > 1.01, too short or stuck: susceptibility"""


def test_summary_prints_a_table():
    rows = [
        analysis.Estimate("energy", -1.41234567, 0.00123, 2.345, 1234.4, 1.0004),
        analysis.Estimate("susceptibility", 12345.678, 236.7, 0.5, 40000.0, 1.02),
        analysis.Estimate("<x>", 0.25, 0.0, 0.5, 10.0, float("nan")),
    ]
    summary = analysis.Summary({row.name: row for row in rows}, beta=0.44, title="title <1>")
    assert str(summary) == repr(summary) == TABLE
    assert str(rows[0]) == "energy = -1.4123 +- 0.0012"
    page = summary._repr_html_()
    assert page.startswith("<p>title &lt;1&gt;</p><table>")
    assert "<td>&lt;x&gt;</td><td>0.25</td>" in page
    with pytest.raises(KeyError) as caught:
        summary["nope"]
    assert caught.value.args == (
        "[Summary] expected one of energy, susceptibility, <x>, got 'nope'",
    )


def test_to_xarray():
    run = make(beta=[0.4, 0.5, 0.4, 0.5])
    dataset = run.to_xarray()
    assert dict(dataset.sizes) == {"replica": 4, "draw": 50}
    assert dataset["energy"].dims == ("replica", "draw")
    np.testing.assert_array_equal(dataset["energy"], run["energy"])
    np.testing.assert_array_equal(dataset["beta"], run.beta)
    np.testing.assert_array_equal(dataset["sweep"], run.sweeps)
    assert dataset.attrs["seed"] == 2**64 - 1
    assert dataset.attrs["model_shape"] == [4, 6]
    assert dataset.attrs["provenance_rng_version"] == 1


def test_missing_xarray_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ImportError, match=r"pip install kadanoff\[analysis\]"):
        make().to_xarray()


def test_import_stays_light():
    heavy = "{'arviz_stats', 'pandas', 'scipy', 'xarray'}"
    code = f"import sys, kadanoff; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_run_is_asked_like_a_mapping():
    run = make()
    assert "energy" in run
    assert "nope" not in run
    assert list(run) == list(run.keys()) == list(run.observables)
    assert len(run) == len(run.observables)
