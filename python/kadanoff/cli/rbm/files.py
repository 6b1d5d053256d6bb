"""Machine files of ``kadanoff rbm``: those of `kadanoff.RBM.save`, with the training in them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import kadanoff as kd
from kadanoff import storage
from kadanoff.errors import FileError

if TYPE_CHECKING:
    from kadanoff import RBMTrainer

_KIND, _VERSION = "rbm", 1


class Measured(NamedTuple):
    """The likelihood after some epochs; NaN where there is none.

    Attributes
    ----------
    epoch : int
    log_z, error : float
        And its standard error; 0 where it is exact.
    train, test : float
        Mean log-likelihoods of training and of held-out data, in nats.
    pseudo : float
        Mean log pseudo-likelihood of the training data.
    seconds : float
        Of training until then.
    """

    epoch: int
    log_z: float
    error: float
    train: float
    test: float
    pseudo: float
    seconds: float


class Training(NamedTuple):
    """A training between two epochs: all that --resume needs."""

    trainer: RBMTrainer
    settings: dict[str, Any]
    data: str
    shape: tuple[int, ...] | None
    rows: list[Measured]


def save(path: Path, rbm: kd.RBM, training: Training) -> None:
    """Write a machine that `kadanoff.RBM.load` reads, and its training beside it.

    Raises
    ------
    OSError
        If the file cannot be written; the old one is then still there.
    """
    table = np.array(training.rows, dtype=np.float64).reshape(-1, len(Measured._fields))
    content = {
        "trainer": training.trainer.state(),
        "settings": {name: one for name, one in training.settings.items() if one is not None},
        "data": training.data,
        "rows": table,
    }
    if training.shape is not None:
        content["shape"] = np.array(training.shape, dtype=np.int64)
    storage.write(path, _KIND, _VERSION, {**rbm.to_state(), "training": content})


def load(path: Path, threads: int | None) -> Training:
    """Return the training in a machine file.

    Raises
    ------
    FileError
        If there is none in it, or it is not what it should be.
    FileNotFoundError, PermissionError
    """
    _, tree = storage.read(path, _KIND, {_VERSION})
    entries = storage.Entries(tree, path)
    if "training" not in entries:
        raise FileError(f"[rbm] expected a machine with its training, got one alone in {path}")
    group = entries.group("training")
    trainer = kd.RBMTrainer.from_state(group.group("trainer"), "cpu", threads)
    shape = _shape(group, trainer.rbm.n_visible)
    rows = group.array("rows", np.float64, (None, len(Measured._fields)))
    if not (rows[:, 0] >= 0.0).all():
        raise group.wrong("rows", "epochs from 0 on")
    measured = [Measured(int(row[0]), *map(float, row[1:])) for row in rows]
    return Training(trainer, group.plain("settings"), group.text("data"), shape, measured)


def machine(path: Path) -> kd.RBM:
    """Return the machine in a file of `kadanoff.RBM.save` or `kadanoff.RBMTrainer.save`.

    Raises
    ------
    FileError
        If there is none in it, or it is not what it should be.
    FileNotFoundError, PermissionError
    """
    if storage.kind_of(path) == "rbm_trainer":
        return kd.RBMTrainer.load(path).rbm
    return kd.RBM.load(path)


def shape_of(path: Path) -> tuple[int, ...] | None:
    """Return the shape of the states that a machine in a file was trained on; None if not known."""
    if storage.kind_of(path) != _KIND:
        return None
    _, tree = storage.read(path, _KIND, {_VERSION})
    entries = storage.Entries(tree, path)
    if "training" not in entries:
        return None
    units = len(entries.array("visible_bias", np.float32))
    return _shape(entries.group("training"), units)


def _shape(group: Any, units: int) -> tuple[int, ...] | None:
    if "shape" not in group:
        return None
    extents = group.array("shape", np.int64, (None,)).tolist()
    if min(extents, default=0) < 1 or math.prod(extents) != units:
        raise group.wrong("shape", f"a shape of {units} units")
    return tuple(extents)
