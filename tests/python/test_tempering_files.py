"""Files of a parallel tempering: it goes on bit for bit, and hostile ones are refused."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import storage
from temperings import BETAS, MODEL, VARIANTS, assert_same, make


@VARIANTS
def test_a_loaded_tempering_goes_on_as_if_never_stopped(
    options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "pt.h5"
    whole, part = make(**options), make(**options)
    whole.run(100)
    for sweeps in (31, 1, 68):
        part.run(sweeps)
        part.save(path)
        part = kd.ParallelTempering.load(path)
    assert_same(whole, part)
    whole.save(tmp_path / "whole.h5")
    assert path.read_bytes() == (tmp_path / "whole.h5").read_bytes()
    run, again = (pt.sample(draws=20, every=3) for pt in (whole, part))
    for name in run:
        np.testing.assert_array_equal(run[name], again[name])


def test_a_pickled_tempering_goes_on_the_same() -> None:
    pt = make(houdayer=True)
    pt.run(10)
    copy = pickle.loads(pickle.dumps(pt))
    for one in (pt, copy):
        one.run(15)
    assert_same(pt, copy)


# Files that are not what they should be.


def saved_tree(tmp_path: Path) -> dict[str, Any]:
    pt = make()
    pt.run(9)
    pt.save(tmp_path / "good.h5")
    _, tree = storage.read(tmp_path / "good.h5", "tempering", {1})
    return tree


def twice(tree: dict[str, Any]) -> None:
    tree["tempering"]["temperature"][0] = tree["tempering"]["temperature"][2]


def entry(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(tree: dict[str, Any]) -> None:
        *groups, last = name.split("/")
        for group in groups:
            tree = tree[group]
        if value is None:
            del tree[last]
        elif callable(value):
            tree[last] = value(tree[last])
        else:
            tree[last] = value

    return change


STATE = "[load] expected the state of a tempering, got: [ParallelTempering] expected "
HOSTILE: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (entry("betas", None), "expected an array of shape (any,) of float64 as '/betas', got nothing"),
    (entry("betas", np.array([0.3])), "expected at least 2 betas, got 1"),
    (
        entry("betas", np.array([0.2, np.nan, 0.4, 0.5])),
        "[load] expected betas in [0, 1e12], got nan",
    ),
    (entry("betas", np.array([0.2, 0.3, 0.4])), "expected the temperatures of the walkers"),
    (entry("betas", np.array(BETAS[::-1])), "expected the temperatures of the walkers"),
    (entry("replicas", 1), "expected the temperatures of the walkers as '/betas'"),
    (entry("replicas", 0), "expected an integer from 1 to 2147483648 as '/replicas', got 0"),
    (entry("replicas", 2**31), "expected the temperatures of the walkers as '/betas'"),
    (entry("swap_every", 0), "expected an integer from 1 to 1099511627776 as '/swap_every', got 0"),
    (entry("houdayer", -1), "expected an integer from 0 to 1099511627776 as '/houdayer', got -1"),
    (entry("pairs", "all"), "expected one of alternating, random as '/pairs', got 'all'"),
    (entry("tempering", None), "expected a group as '/tempering', got nothing"),
    (entry("walkers", None), "expected a group as '/walkers', got nothing"),
    (
        entry("tempering/temperature", lambda a: a.astype(float)),
        "expected an array of shape (any,) of int64 as '/tempering/temperature', got an array of",
    ),
    (
        entry("tempering/temperature", lambda a: a[1:]),
        STATE + "a state of as many walkers and temperatures, got another one",
    ),
    (
        entry("tempering/best_spins", lambda a: np.ones(2**20, np.int8)),
        STATE + "a state of as many walkers and temperatures, got another one",
    ),
    (twice, STATE + "every temperature once in each copy, got a temperature twice or none"),
    (
        entry("tempering/temperature", lambda a: a + 1),
        STATE + "every temperature once in each copy, got a temperature twice or none",
    ),
    (
        entry("tempering/temperature", lambda a: a - 2**62),
        STATE + "every temperature once in each copy, got a temperature twice or none",
    ),
    (entry("tempering/direction", lambda a: a + 2), STATE + "directions from -1 to 1, got others"),
    (
        entry("tempering/departure", lambda a: a + 100),
        STATE + "departures in rounds before 9, got others",
    ),
    (
        entry("tempering/round_trips", lambda a: a - 1),
        STATE + "counts of 0 or more, got negative ones",
    ),
    (
        entry("tempering/accepted", lambda a: a + 100),
        STATE + "at most as many swaps as attempts, got more",
    ),
    (entry("tempering/best_energy", lambda a: a * np.nan), STATE + "finite energies, got others"),
    (
        entry("tempering/best_spins", lambda a: 0 * a),
        STATE + "spins of the model as the best ones, got others",
    ),
]


@pytest.mark.parametrize(("change", "text"), HOSTILE, ids=[text[-40:] for _, text in HOSTILE])
def test_hostile_files(change: Any, text: str, tmp_path: Path) -> None:
    tree = saved_tree(tmp_path)
    change(tree)
    storage.write(tmp_path / "bad.h5", "tempering", 1, tree)
    with pytest.raises(kd.FileError, match=re.escape(text)):
        kd.ParallelTempering.load(tmp_path / "bad.h5")


def test_files_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "sampler.h5"
    kd.Sampler(MODEL, 0.3, seed=1).save(path)
    with pytest.raises(kd.FileError, match=r"expected a Kadanoff tempering file, got .*'sampler'"):
        kd.ParallelTempering.load(path)
    make().save(path)
    with pytest.raises(kd.FileError, match=r"expected a Kadanoff sampler file, got .*'tempering'"):
        kd.Sampler.load(path)
