"""Trainers in files: they go on bit for bit, and what is not a trainer's file is refused."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kadanoff as kd
from kadanoff import storage
from kadanoff.rbm import schedules
from trainings import machine, same, samples, trainer

METHODS = ("pcd", "cd", "pt", "trajectory", "exact")
HELD_OUT = samples(20, seed=8)
OPTIONS: dict[str, dict[str, Any]] = {
    **{method: {"method": method} for method in METHODS},
    "sgd": {"optimizer": "sgd", "learning_rate": schedules.Cosine(0.1, 8.0, 0.01), "keep_every": 3},
    "plain": {"optimizer": kd.rbm.SGD(0.0), "centred": False, "l1": 1e-3, "weight_decay": 1e-3},
    "adam": {
        "optimizer": kd.rbm.Adam(0.5, 0.9, 1e-4),
        "learning_rate": schedules.Step(0.05, 0.5, 3),
    },
    "fixed16": {"precision": "fixed16", "clip": 0.5, "k": 3, "batch_size": None},
    "spins": {"rbm": machine(6, 3, ("spin", "spin")), "learning_rate": schedules.Exponential(0.1)},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_ten_epochs_are_five_and_five(tmp_path: Path, name: str) -> None:
    options = OPTIONS[name]
    units = options["rbm"].visible_units if "rbm" in options else "binary"
    data, held_out = samples(70, 6, units), samples(20, 6, units, seed=8)

    def fit(found: kd.RBMTrainer, epochs: int) -> kd.RBMTrainer:
        return found.fit(data, epochs, validation=held_out, score="pseudo")

    whole = fit(trainer(**options), 10)
    part = fit(trainer(**options), 5)
    path = tmp_path / "trainer.h5"
    part.save(path)
    loaded = kd.RBMTrainer.load(path, threads=2)
    assert same(loaded, part)
    assert loaded.settings == part.settings
    assert same(fit(loaded, 5), whole)
    assert same(fit(pickle.loads(pickle.dumps(part)), 5), whole)
    loaded.save(path)
    assert same(kd.RBMTrainer.load(path), whole)
    assert kd.RBMTrainer.load(path).best == whole.best


def test_a_new_trainer_can_be_saved(tmp_path: Path) -> None:
    trainer().save(tmp_path / "new.h5")
    loaded = kd.RBMTrainer.load(tmp_path / "new.h5", threads=1)
    assert same(loaded, trainer())
    assert same(loaded.fit(samples(), 2), trainer().fit(samples(), 2))


def test_probabilities_are_drawn_the_same_after_loading(tmp_path: Path) -> None:
    share = np.random.default_rng(1).random((30, 6))
    whole = trainer().fit(share, 4, probabilities=True)
    trainer().fit(share, 2, probabilities=True, checkpoint=tmp_path / "t.h5")
    loaded = kd.RBMTrainer.load(tmp_path / "t.h5", threads=1)
    assert same(loaded.fit(share, 2, probabilities=True), whole)


def test_rates_of_ones_own_have_to_be_given_again(tmp_path: Path) -> None:
    def rate(epoch: float) -> float:
        return 0.1 / (1.0 + epoch)

    whole = trainer(learning_rate=rate).fit(samples(), 4)
    trainer(learning_rate=rate).fit(samples(), 2).save(tmp_path / "t.h5")
    text = "[load] expected the learning_rate that the trainer had, a callable that no file keeps"
    with pytest.raises(ValueError, match="^" + re.escape(text)):
        kd.RBMTrainer.load(tmp_path / "t.h5")
    loaded = kd.RBMTrainer.load(tmp_path / "t.h5", learning_rate=rate, threads=1)
    assert same(loaded.fit(samples(), 2), whole)
    other = kd.RBMTrainer.load(tmp_path / "t.h5", learning_rate=0.5).fit(samples(), 1)
    assert other.history["learning_rate"][-1] == 0.5


def test_checkpoints_in_a_file_and_in_a_folder(tmp_path: Path) -> None:
    path, saved = tmp_path / "t.h5", []
    callback = lambda now: saved.append(path.exists() and kd.RBMTrainer.load(path).epoch)  # noqa: E731
    trainer().fit(samples(), 5, checkpoint=path, checkpoint_every=2, callback=callback)
    assert saved == [False, False, 2, 2, 4]
    assert kd.RBMTrainer.load(path).epoch == 5
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    found = trainer().fit(samples(), 3, checkpoint=str(folder), checkpoint_every=2)
    names = sorted(entry.name for entry in folder.iterdir())
    assert names == ["epoch_000002.h5", "epoch_000003.h5", "trainer.h5"]
    assert kd.RBM.load(folder / "epoch_000003.h5") == found.rbm
    assert same(kd.RBMTrainer.load(folder / "trainer.h5"), found)


def test_a_checkpoint_that_cannot_be_written(tmp_path: Path) -> None:
    found = trainer()
    with pytest.raises(FileNotFoundError):
        found.fit(samples(), 5, checkpoint=tmp_path / "missing" / "t.h5")
    assert same(found, trainer().fit(samples(), 1))


def good() -> dict[str, Any]:
    found = trainer(keep_every=1).fit(samples(), 2, validation=HELD_OUT)
    return found.state()


def change(*path: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def apply(state: dict[str, Any]) -> None:
        for name in path[:-1]:
            state = state[name]
        if to is None:
            del state[path[-1]]
        else:
            state[path[-1]] = to

    return apply


def renamed(state: dict[str, Any]) -> None:
    state["checkpoints"]["01"] = state["checkpoints"].pop("1")


def late(state: dict[str, Any]) -> None:
    state["checkpoints"]["7"] = state["checkpoints"].pop("1")


NAN31 = np.full(4 * 6 + 10, np.nan, np.float32)
HOSTILE: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (change("rng_version", to=99), "random-number contract 1 as '/rng_version', got 99"),
    (change("settings", to=None), "a group as '/settings', got nothing"),
    (change("settings", "method", to="x"), "one of pcd, cd, pt, trajectory, exact as"),
    (change("settings", "k", to=0), "the state of a trainer, got: [RBMTrainer] expected k in [1, "),
    (change("settings", "weight_limit", to=-1.0), "the state of a trainer, got: [RBMTrainer] exp"),
    (change("settings", "optimizer", "kind", to="x"), "one of sgd, adam as '/settings/optimizer/"),
    (change("settings", "optimizer", "beta1", to=2.0), "settings of an optimiser as"),
    (change("settings", "optimizer", "more", to=2.0), "settings of an optimiser as"),
    (change("settings", "learning_rate", "rate", to=-2.0), "a learning rate that makes sense as"),
    (change("settings", "centred", to=1), "true or false as '/settings/centred', got 1"),
    (change("epoch", to=3), "an array of shape (3,) of float64 as '/history/"),
    (change("epoch", to=-1), "an integer from 0 to 2147483648 as '/epoch', got -1"),
    (change("updates", to=-1), "an integer from 0 to 4611686018427387904 as '/updates', got -1"),
    (
        change("rbm", to=machine(5, 4).to_state()),
        "a machine like RBM(5 visible, 4 hidden units) as '/best/rbm'",
    ),
    (change("rbm", to=machine().to_state()), "chains of the trainer's machine as '/phases/chains'"),
    (change("memory", "mean", to=None), "an array of shape (34,) of float32 as '/memory/mean', g"),
    (change("memory", "square", to=NAN31), "finite numbers as '/memory/square', got an array"),
    (change("offsets", "hidden", to=np.zeros(3, np.float32)), "an array of shape (4,) of float32"),
    (change("phases", "chains", to=None), "a group as '/phases/chains', got nothing"),
    (change("phases", "data_step", to=2**50), "an integer from 0 to 1099511627776 as '/phases/da"),
    (change("chains", to="none"), "nothing, without chains as '/phases/chains', got a group"),
    (change("chains", to="pt"), "a group as '/phases/chains/chains', got nothing"),
    (change("best", "epoch", to=3), "an integer from 1 to 2 as '/best/epoch', got 3"),
    (change("best", "score", to=float("nan")), "a finite real number as '/best/score', got nan"),
    (change("best", "rbm", to=machine(6, 5).to_state()), "a machine like RBM(6 visible, 4 hidden"),
    (change("history", "score", to=None), "an array of shape (2,) of float64 as '/history/score'"),
    (
        change("history", "singular_values", to=np.zeros((2, 9))),
        "an array of shape (2, 4) of float64 as '/history/singular_values', got an array",
    ),
    (renamed, "the number of an epoch as '/checkpoints/01', got a group"),
    (late, "checkpoints in order up to epoch 2, got [0, 2, 7]"),
]


@pytest.mark.parametrize(("fault", "text"), HOSTILE)
def test_hostile_files(tmp_path: Path, fault: Callable[[Any], None], text: str) -> None:
    path = tmp_path / "t.h5"
    state = good()
    fault(state)
    storage.write(path, "rbm_trainer", 1, state)
    with pytest.raises(kd.FileError, match=re.escape(text)):
        kd.RBMTrainer.load(path)


def test_other_files(tmp_path: Path) -> None:
    path = tmp_path / "t.h5"
    machine().save(path)
    with pytest.raises(kd.FileError, match="rbm_trainer"):
        kd.RBMTrainer.load(path)
    trainer().save(path)
    with h5py.File(path, "r+") as file:
        file["rbm/weights"][0, 0] = 0.5
    with pytest.raises(kd.FileError, match="digest"):
        kd.RBMTrainer.load(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(kd.FileError):
        kd.RBMTrainer.load(path)
    with pytest.raises(FileNotFoundError):
        kd.RBMTrainer.load(tmp_path / "missing.h5")
