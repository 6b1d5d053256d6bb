"""The settings of a training, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kadanoff import arguments

from ..gibbs import PRECISIONS
from . import optimizers, schedules
from .negative_phase import METHODS
from .optimizers import Optimizer
from .schedules import Schedule
from .updating import Rules

_CALL = "RBMTrainer"
_FEWEST, _MOST = 10, 100


@dataclass(frozen=True)
class Settings:
    """What a training is a function of, beside machine and data; see `RBMTrainer`."""

    method: str
    k: int
    batch_size: int | None
    optimizer: Optimizer
    learning_rate: Schedule
    weight_decay: float
    l1: float
    clip: float | None
    centred: bool
    offset_rate: float
    weight_limit: float
    keep_every: int | None
    seed: int
    precision: str

    @classmethod
    def checked(cls, **given: Any) -> Settings:
        """Return the settings of arguments as a user gave them; ValueError or TypeError."""
        optimizer = optimizers.as_optimizer(_CALL, given["optimizer"])
        rate = given["learning_rate"]
        centred = given["centred"]
        if not isinstance(centred, bool):
            raise TypeError(f"[{_CALL}] expected centred as True or False, got {centred!r}")
        return cls(
            method=arguments.choice(_CALL, "method", given["method"], METHODS),
            k=arguments.integer(_CALL, "k", given["k"], 1, 2**31),
            batch_size=_count("batch_size", given["batch_size"]),
            optimizer=optimizer,
            learning_rate=schedules.as_schedule(
                _CALL, optimizer.default_rate(given["spin_layers"]) if rate is None else rate
            ),
            weight_decay=_not_negative("weight_decay", given["weight_decay"]),
            l1=_not_negative("l1", given["l1"]),
            clip=None if given["clip"] is None else _above_zero("clip", given["clip"]),
            centred=centred,
            offset_rate=arguments.share(_CALL, "offset_rate", given["offset_rate"]),
            weight_limit=_above_zero("weight_limit", given["weight_limit"]),
            keep_every=_count("keep_every", given["keep_every"]),
            seed=arguments.fixed_seed(_CALL, given["seed"]),
            precision=arguments.choice(_CALL, "precision", given["precision"], PRECISIONS),
        )

    def batch_size_for(self, count: int) -> int:
        """Return the samples in a minibatch of so many samples."""
        return min(self.batch_size or default_batch_size(count), count)

    @property
    def rules(self) -> Rules:
        """How gradients become steps."""
        return Rules(
            self.optimizer,
            self.weight_decay,
            self.l1,
            self.clip,
            self.centred,
            self.offset_rate,
            self.weight_limit,
        )

    def to_state(self) -> dict[str, Any]:
        """Return what a file keeps."""
        state = {name: value for name, value in vars(self).items() if value is not None}
        state["optimizer"] = optimizers.to_state(self.optimizer)
        state["learning_rate"] = schedules.to_state(self.learning_rate)
        return state

    @classmethod
    def from_state(cls, entries: Any, learning_rate: Schedule) -> Settings:
        """Undo `to_state`, from `storage.Entries`; any wrong value is a ValueError."""
        return cls.checked(
            method=entries.text("method", METHODS),
            k=entries.integer("k"),
            batch_size=entries.integer("batch_size") if "batch_size" in entries else None,
            optimizer=optimizers.from_state(entries.group("optimizer")),
            learning_rate=learning_rate,
            weight_decay=entries.real("weight_decay"),
            l1=entries.real("l1"),
            clip=entries.real("clip") if "clip" in entries else None,
            centred=entries.flag("centred"),
            offset_rate=entries.real("offset_rate"),
            weight_limit=entries.real("weight_limit"),
            keep_every=entries.integer("keep_every") if "keep_every" in entries else None,
            seed=entries.integer("seed"),
            precision=entries.text("precision", PRECISIONS),
        )


def default_batch_size(count: int) -> int:
    """Return the samples in a minibatch of so many samples, where the caller gives none."""
    return min(max(count // 100, _FEWEST), _MOST)


def _count(name: str, value: Any) -> int | None:
    return None if value is None else arguments.integer(_CALL, name, value, 1, 2**31)


def _not_negative(name: str, value: Any) -> float:
    number = arguments.real(_CALL, name, value)
    if number < 0.0:
        raise ValueError(f"[{_CALL}] expected {name} of 0 or more, got {number}")
    return number


def _above_zero(name: str, value: Any) -> float:
    number = arguments.real(_CALL, name, value)
    if number <= 0.0:
        raise ValueError(f"[{_CALL}] expected {name} above 0, got {number}")
    return number
