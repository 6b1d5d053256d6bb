"""A training between two epochs: all that is needed to go on, and what is worth keeping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kadanoff.errors import FileError

from ..machine import RBM
from .history import History
from .optimizers import Memory
from .settings import Settings
from .updating import Vector


class Checkpoint(NamedTuple):
    """A machine as it was after so many epochs."""

    epoch: int
    rbm: RBM


@dataclass(frozen=True)
class TrainingState:
    """Everything that an epoch changes; nothing in it is ever changed in place."""

    rbm: RBM
    updates: int
    memory: Memory
    offsets: tuple[Vector, Vector] | None
    phases: dict[str, Any]
    history: History
    best: Checkpoint | None
    best_score: float
    checkpoints: tuple[Checkpoint, ...]

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.history.epochs

    def to_state(self) -> dict[str, Any]:
        """Return what a file keeps."""
        state: dict[str, Any] = {
            "epoch": self.epoch,
            "rbm": self.rbm.to_state(),
            "updates": self.updates,
            "memory": self.memory,
            "phases": self.phases,
            "history": self.history.to_state(),
            "checkpoints": {str(kept.epoch): kept.rbm.to_state() for kept in self.checkpoints},
        }
        if self.offsets is not None:
            state["offsets"] = {"visible": self.offsets[0], "hidden": self.offsets[1]}
        if self.best is not None:
            state["best"] = {
                "epoch": self.best.epoch,
                "score": self.best_score,
                "rbm": self.best.rbm.to_state(),
            }
        return state

    @classmethod
    def from_state(cls, entries: Any, settings: Settings) -> TrainingState:
        """Undo `to_state`, from `storage.Entries`."""
        epoch = entries.integer("epoch", low=0, high=2**31)
        rbm = RBM.from_state(entries.group("rbm"))
        best, score = None, -np.inf
        if "best" in entries:
            group = entries.group("best")
            best = Checkpoint(group.integer("epoch", low=1, high=epoch), _machine(group, rbm))
            score = group.real("score")
        return cls(
            rbm,
            entries.integer("updates", low=0, high=2**62),
            _memory(entries.group("memory"), settings, rbm),
            _offsets(entries, rbm),
            entries.plain("phases"),
            History.from_state(entries.group("history"), epoch, min(rbm.n_visible, rbm.n_hidden)),
            best,
            score,
            _checkpoints(entries.group("checkpoints"), rbm, epoch),
        )


def _machine(entries: Any, like: RBM, name: str = "rbm") -> RBM:
    rbm = RBM.from_state(entries.group(name))
    if rbm.layers != like.layers:
        raise entries.wrong(name, f"a machine like {like!r}")
    return rbm


def _memory(entries: Any, settings: Settings, rbm: RBM) -> Memory:
    size = rbm.weights.size + rbm.n_visible + rbm.n_hidden
    return {name: _finite(entries, name, size) for name in settings.optimizer.start(0)}


def _offsets(entries: Any, rbm: RBM) -> tuple[Vector, Vector] | None:
    if "offsets" not in entries:
        return None
    group = entries.group("offsets")
    return _finite(group, "visible", rbm.n_visible), _finite(group, "hidden", rbm.n_hidden)


def _finite(entries: Any, name: str, size: int) -> Vector:
    array: Vector = entries.array(name, np.float32, (size,))
    if not np.isfinite(array).all():
        raise entries.wrong(name, "finite numbers")
    return array


def _checkpoints(entries: Any, rbm: RBM, epoch: int) -> tuple[Checkpoint, ...]:
    kept = []
    for name in entries.names:
        if not (name.isascii() and name.isdecimal() and str(int(name)) == name):
            raise entries.wrong(name, "the number of an epoch")
        kept.append(Checkpoint(int(name), _machine(entries, rbm, name)))
    epochs = [checkpoint.epoch for checkpoint in kept]
    if epochs != sorted(set(epochs)) or (epochs and epochs[-1] > epoch):
        raise FileError(f"[load] expected checkpoints in order up to epoch {epoch}, got {epochs}")
    return tuple(kept)
