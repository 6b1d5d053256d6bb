"""What a training is told, on the command line or in a TOML file, checked by pydantic."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..configuration import fault
from ..writable import OptionError
from .likelihood import AIS

Units = Literal["binary", "spin"]


class TrainSettings(BaseModel):
    """The options of ``kadanoff rbm train``, named as keys of a configuration file.

    Attributes
    ----------
    hidden : int
        Hidden units.
    epochs : int
        In all, those before a --resume included.
    method, k, batch_size, chains, optimizer, learning_rate, weight_decay, centred, precision, seed,
    threads
        As for `kadanoff.RBMTrainer`.
    visible_units, hidden_units : "binary" or "spin"
    held_out : float, optional
        Share of the data to hold out.
    threshold : float
        Of grey values.
    every : int, optional
        Epochs from one measurement of the likelihood to the next; by default a tenth of all.
    patience : int, optional
        Stop when the held-out likelihood is so many measurements old.
    ais_chains, ais_betas : int
        Of annealed importance sampling; by default as many betas as it finds enough.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    hidden: int = Field(100, ge=1, le=2**20)
    epochs: int = Field(50, ge=1, le=10**7)
    method: str = "pcd"
    k: int = Field(1, ge=1)
    batch_size: int | None = Field(None, ge=1)
    chains: int = Field(1000, ge=1)
    optimizer: Literal["adam", "sgd"] = "sgd"
    learning_rate: float | None = Field(None, gt=0.0)
    weight_decay: float = Field(0.0, ge=0.0)
    centred: bool = True
    precision: Literal["float32", "fixed16"] = "float32"
    visible_units: Units = "binary"
    hidden_units: Units = "binary"
    held_out: float | None = Field(None, ge=0.0, lt=1.0)
    threshold: float = Field(0.5, ge=0.0, lt=1.0)
    every: int | None = Field(None, ge=1)
    patience: int | None = Field(None, ge=1)
    ais_chains: int = Field(500, ge=2)
    ais_betas: int | None = Field(None, ge=1)
    seed: int = Field(1, ge=0, lt=2**64)
    threads: int | None = Field(None, ge=1, le=4096)

    @property
    def interval(self) -> int:
        """Epochs from one measurement to the next."""
        return max(1, self.epochs // 10) if self.every is None else self.every

    @property
    def ais(self) -> AIS:
        """How log Z is estimated."""
        return AIS(self.ais_chains, self.ais_betas, self.seed, self.threads)


# A resumed training may go on for longer, look more often, and use other threads.
FREE = ("epochs", "every", "patience", "threads", "ais_chains", "ais_betas")


def gather(command_line: Mapping[str, Any], config: Path | None) -> dict[str, Any]:
    """Return what was given: the options of the command line, then those of the TOML file."""
    given = {name: value for name, value in command_line.items() if value is not None}
    return given if config is None else {**_read(config), **given}


def _read(path: Path) -> dict[str, Any]:
    # In the standard library from Python 3.11 on.
    toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        content = toml.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OptionError(f"[rbm] expected a TOML file, got: {error}: {path}") from None
    return {name.replace("-", "_"): value for name, value in content.items()}


def checked(options: Mapping[str, Any]) -> TrainSettings:
    """Return settings, defaults filled in.

    Raises
    ------
    OptionError
        If a name is unknown or a value wrong: the first of them.
    """
    try:
        return TrainSettings.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise OptionError(f"[rbm] expected {fault(first)}") from None


def check_same(options: Mapping[str, Any], stored: Mapping[str, Any], path: Path) -> None:
    """Refuse options that the training in the file `path` was not made with."""
    for name, value in options.items():
        if name not in FREE and value != stored.get(name):
            shown = name.replace("_", "-")
            wanted = f"--{shown} {stored[name]}" if name in stored else f"no --{shown}"
            raise OptionError(f"[rbm] expected {wanted} as in {path}, got {value}")
