"""The TOML file of ``kadanoff temper``, checked by pydantic."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import kadanoff as kd

from ..instances import read
from ..lattices import LATTICES
from . import writable

MAX_BETAS = 4096


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ModelTable(_Table):
    """What is simulated: a lattice with couplings, or an instance file.

    Attributes
    ----------
    lattice, size, boundary
        Name, extents and boundaries, as those of ``kadanoff ising``.
    couplings : "bimodal", "gaussian" or float
        Random with `coupling_seed`, or the same everywhere.
    field : float
    instance, format
        Path and format of a file instead of all these; see `kadanoff.instances.read`.
    """

    lattice: Literal["chain", "square", "triangular", "honeycomb", "cubic", "hypercubic"] | None = (
        None
    )
    size: int | list[int] | None = None
    boundary: str = "periodic"
    couplings: Literal["bimodal", "gaussian"] | float = "bimodal"
    coupling_seed: int = 1
    field: float = 0.0
    instance: str | None = None
    format: str = "auto"

    @model_validator(mode="after")
    def _one_of_two(self) -> ModelTable:
        if (self.lattice is None) == (self.instance is None):
            raise ValueError("lattice or instance")
        if self.lattice is not None and self.size is None:
            raise ValueError("a size of the lattice")
        return self

    def make(self) -> Any:
        """Return the model."""
        if self.instance is not None:
            return read(self.instance, self.format).model()
        from .options import parse_boundary

        kind: Any = LATTICES[str(self.lattice)]
        lattice = kind(self.size, periodic=parse_boundary(self.boundary))
        coupling: Any = self.couplings
        if isinstance(coupling, str):
            coupling = getattr(kd.couplings, coupling)(lattice, self.coupling_seed)
        return kd.Ising(lattice, coupling, self.field)


class TemperingTable(_Table):
    """How it is simulated; see `kadanoff.ParallelTempering`.

    Attributes
    ----------
    betas : list of float
        Or `beta_min`, `beta_max` and `number` with a `spacing`: "geometric", "linear", or
        "acceptance", which measures where swaps are accepted equally often.
    replicas, swap_every, houdayer, update, seed, threads
        As for `kadanoff.ParallelTempering`.
    thermalise, sweeps, draws : int
        Sweeps before the first draw, sweeps after that, and draws in these.
    """

    betas: list[float] | None = None
    beta_min: float | None = None
    beta_max: float | None = None
    number: int | None = Field(None, ge=2, le=MAX_BETAS)
    spacing: Literal["geometric", "linear", "acceptance"] = "geometric"
    replicas: int = 2
    swap_every: int = 1
    houdayer: bool | int = False
    update: str = "heatbath"
    seed: int = 1
    threads: int | None = None
    sweeps: int = Field(10_000, ge=1, le=2**39)
    thermalise: int | None = Field(None, ge=0, le=2**39)
    draws: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _one_set(self) -> TemperingTable:
        ends = (self.beta_min, self.beta_max, self.number)
        given = [one is not None for one in ends]
        if not (all(given) if self.betas is None else not any(given)):
            raise ValueError("betas, or all of beta_min, beta_max and number")
        if self.draws is not None and self.draws > self.sweeps:
            raise ValueError(f"at most as many draws as sweeps, {self.sweeps}")
        if self.spacing == "geometric" and self.beta_min is not None and self.beta_min <= 0.0:
            raise ValueError("beta_min > 0 for geometric spacing")
        return self

    @property
    def every(self) -> int:
        """Sweeps from draw to draw."""
        return self.sweeps // (self.draws or min(1000, self.sweeps))

    @property
    def thermalisation(self) -> int:
        """Sweeps before the first draw; by default a fifth of the sweeps."""
        return self.sweeps // 5 if self.thermalise is None else self.thermalise

    def make_betas(self, model: Any) -> Any:
        """Return the inverse temperatures."""
        if self.betas is not None:
            return self.betas
        assert self.beta_min is not None
        assert self.beta_max is not None
        assert self.number is not None
        if self.spacing == "acceptance":
            return kd.tempering.constant_acceptance(
                model,
                self.beta_min,
                self.beta_max,
                n=self.number,
                seed=self.seed,
                threads=self.threads,
            )
        spaced = np.geomspace if self.spacing == "geometric" else np.linspace
        return spaced(self.beta_min, self.beta_max, self.number)


class OutputTable(_Table):
    """Files to write; none by default.

    Attributes
    ----------
    run : str
        The draws, for `kadanoff.Run.load`.
    state : str
        The walkers, for `kadanoff.ParallelTempering.load`.
    plot : str
        The figure: .png, .pdf or .svg.
    json : str
        The table.
    """

    run: str | None = None
    state: str | None = None
    plot: str | None = None
    json_: str | None = Field(None, alias="json")

    @property
    def paths(self) -> dict[str, Path]:
        """The files that were asked for, by key."""
        named = {"run": self.run, "state": self.state, "plot": self.plot, "json": self.json_}
        return {name: Path(path) for name, path in named.items() if path is not None}


class Configuration(_Table):
    """The whole file."""

    # Pydantic keeps names that begin with model_ to itself.
    system: ModelTable = Field(alias="model")
    tempering: TemperingTable
    output: OutputTable = Field(default_factory=lambda: OutputTable.model_validate({}))


def load(path: Path) -> Configuration:
    """Read and check a configuration.

    Raises
    ------
    OptionError
        If it is not TOML, or a key is unknown, missing or of a wrong value: the first of them.
    OSError
        If it cannot be read.
    """
    # In the standard library from Python 3.11 on.
    toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        content = toml.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise writable.OptionError(f"[temper] expected a TOML file, got: {error}: {path}") from None
    try:
        return Configuration.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise writable.OptionError(f"[temper] expected {fault(first)}: {path}") from None


def fault(error: Any) -> str:
    """Put an error of pydantic into words: what was expected, and what was there."""
    place = ".".join(str(part) for part in error["loc"] if not _internal(part))
    if error["type"] == "missing":
        return f"the key {place}, got none"
    if error["type"] == "extra_forbidden":
        return f"no key {place}, got {error['input']!r}"
    if error["type"] == "value_error":
        given = ", ".join(error["input"]) or "nothing"
        return f"in [{place}] {error['ctx']['error']}, got {given}"
    wanted = error["msg"].replace("Input should be ", "").replace("Input should ", "to ")
    return f"{place}: {wanted}, got {error['input']!r}"


def _internal(part: Any) -> bool:
    """Whether a part of a place is pydantic's name of one type of several, not a key."""
    return isinstance(part, str) and ("[" in part or part in ("int", "float", "bool", "str"))
