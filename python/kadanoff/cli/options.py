"""The options of ``kadanoff ising``: from the command line, a TOML file, and defaults."""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..lattices import LATTICES
from ..models import Ising
from .writable import OptionError

MAX_TEMPERATURES = 100_000


class Defaults(NamedTuple):
    """What fits a lattice; temperatures in units of the coupling."""

    size: str
    temperatures: str


# The temperatures surround T_c: 2.269 (square), 3.641 (triangular), 1.519 (honeycomb), 4.512
# (cubic) and 6.680 (hypercubic in four dimensions); a chain has none.
DEFAULTS = {
    "square": Defaults("64", "1.8:2.2:9,2.225:2.35:6,2.4:2.8:9"),
    "cubic": Defaults("32", "4.0:5.0:21"),
    "chain": Defaults("4096", "0.5:3.0:11"),
    "triangular": Defaults("64", "2.9:3.5:7,3.55:3.75:9,3.8:4.4:7"),
    "honeycomb": Defaults("48", "1.2:1.45:6,1.475:1.575:9,1.6:1.9:7"),
    "hypercubic": Defaults("8x8x8x8", "5.5:8.0:11"),
}
BOUNDARIES = {"periodic": True, "open": False}
REPLICAS = 4
SEED = 1
CHECKPOINT_EVERY = 30.0
DEFAULT_FLIPS = 8e10
"""Without --sweeps, a scan takes about so many spin updates: ten seconds on two AVX2 cores."""

INTEGERS = ("sweeps", "thermalise", "every", "replicas", "seed", "threads")
REALS = ("coupling", "field", "checkpoint-every")
TEXTS = ("lattice", "boundary", "update", "start", "device")
PATHS = ("out", "plot", "json", "checkpoint")
FLAGS = ("resume", "quiet")


def gather(command_line: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given: the command line's, then those of its --config file."""
    given = {
        name.replace("_", "-"): value for name, value in command_line.items() if value is not None
    }
    config = given.pop("config", None)
    return given if config is None else {**read_config(Path(config)), **given}


def read_config(path: Path) -> dict[str, Any]:
    """Read a TOML file whose keys are names of options, at the top or in a table [ising].

    Raises
    ------
    OptionError
        If it is not TOML, a key is unknown or doubled, or a value has the wrong type.
    OSError
        If it cannot be read.
    """
    # In the standard library from Python 3.11 on.
    toml: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        content = toml.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OptionError(f"[config] expected a TOML file, got: {error}: {path}") from None
    table = content.pop("ising", {})
    if not isinstance(table, dict):
        raise OptionError(f"[config] expected ising as a table, got {table!r}: {path}")
    options: dict[str, Any] = {}
    for key, value in [*content.items(), *table.items()]:
        name = key.replace("_", "-")
        if name in options:
            raise OptionError(f"[config] expected {name} once, got it twice: {path}")
        fault = _fault(name, value)
        if fault is not None:
            raise OptionError(f"[config] expected {fault}: {path}")
        options[name] = value
    return options


def _fault(name: str, value: Any) -> str | None:
    """Say what is wrong with an entry of a configuration file."""
    kind = type(value)
    if name in INTEGERS:
        return None if kind is int else f"an integer as {name}, got {value!r}"
    if name in REALS:
        return None if kind in (int, float) else f"a number as {name}, got {value!r}"
    if name in (*TEXTS, *PATHS):
        return None if kind is str else f"a text as {name}, got {value!r}"
    if name in FLAGS:
        return None if kind is bool else f"true or false as {name}, got {value!r}"
    if name == "size":
        if kind in (int, str) or (kind is list and all(type(item) is int for item in value)):
            return None
        return f'an integer, a list of them or a text such as "64x128" as {name}, got {value!r}'
    if name == "temperatures":
        if kind is str or (kind is list and all(type(item) in (int, float) for item in value)):
            return None
        return f'a list of numbers or a text such as "1.8:2.8:21" as {name}, got {value!r}'
    known = (*INTEGERS, *REALS, *TEXTS, *PATHS, *FLAGS, "size", "temperatures")
    return f"one of the keys {', '.join(sorted(known))}, got {name}"


def checkpoint_every(options: Mapping[str, Any]) -> float:
    """Return the seconds between checkpoints."""
    seconds = float(options.get("checkpoint-every", CHECKPOINT_EVERY))
    if not (math.isfinite(seconds) and seconds >= 0.0):
        raise OptionError(f"[ising] expected --checkpoint-every >= 0 and finite, got {seconds}")
    return seconds


def parse_size(value: int | str | list[int]) -> int | list[int]:
    """Turn ``64``, ``"64"``, ``"64x128"`` or ``[64, 128]`` into extents, slowest axis first."""
    if not isinstance(value, str):
        return value
    try:
        extents = [int(part) for part in value.lower().split("x")]
    except ValueError:
        raise OptionError(
            f"[ising] expected --size as an integer or as 64x128, got {value!r}"
        ) from None
    return extents[0] if len(extents) == 1 else extents


def parse_boundary(value: str) -> bool | list[bool]:
    """Turn ``periodic``, ``open`` or one of them for each axis, slowest first, into truth values.

    Examples
    --------
    >>> parse_boundary("periodic,open")
    [True, False]
    """
    words = value.lower().split(",")
    if any(word not in BOUNDARIES for word in words):
        raise OptionError(
            f"[ising] expected --boundary as periodic, open or periodic,open, got {value!r}"
        )
    flags = [BOUNDARIES[word] for word in words]
    return flags[0] if len(flags) == 1 else flags


def boundary_text(periodic: Sequence[bool]) -> str:
    """Say in the words of --boundary which axes are periodic."""
    words = ["periodic" if flag else "open" for flag in periodic]
    return words[0] if len(set(words)) == 1 else ",".join(words)


def parse_temperatures(value: str | list[float], call: str = "ising") -> list[float]:
    """Turn ``"1.8:2.8:21"`` (from, to, how many), ``"2.0,2.269"`` or a mix into a list.

    Errors are those of the command `call`.

    Examples
    --------
    >>> parse_temperatures("1:2:3,2.5")
    [1.0, 1.5, 2.0, 2.5]
    """
    if not isinstance(value, str):
        return [float(item) for item in value]
    temperatures: list[float] = []
    for part in value.split(","):
        temperatures += _range(part.split(":"), value, call)
    if len(temperatures) > MAX_TEMPERATURES:
        raise _bad_temperatures(value, call)
    return temperatures


def _range(words: list[str], value: str, call: str) -> list[float]:
    try:
        if len(words) == 1:
            return [float(words[0])]
        low, high, count = float(words[0]), float(words[1]), int(words[2])
    except (ValueError, IndexError):
        raise _bad_temperatures(value, call) from None
    finite = math.isfinite(low) and math.isfinite(high)
    if len(words) != 3 or not 1 <= count <= MAX_TEMPERATURES or not finite:
        raise _bad_temperatures(value, call)
    return [float(item) for item in np.linspace(low, high, count)]


def _bad_temperatures(value: str, call: str) -> OptionError:
    return OptionError(
        f"[{call}] expected --temperatures as from:to:number or as a list 2.0,2.269,2.5 of at most "
        f"{MAX_TEMPERATURES}, got {value!r}"
    )


def scan_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a new `kadanoff.scan.Scan`, defaults filled in."""
    name = options.get("lattice", "square")
    if name not in DEFAULTS:
        known = ", ".join(repr(one) for one in DEFAULTS)
        raise OptionError(f"[ising] expected --lattice to be one of {known}, got {name!r}")
    kind: Any = LATTICES[name]
    lattice = kind(
        parse_size(options.get("size", DEFAULTS[name].size)),
        periodic=parse_boundary(options.get("boundary", "periodic")),
    )
    model = Ising(lattice, options.get("coupling", 1.0), options.get("field", 0.0))
    if "temperatures" in options:
        temperatures = parse_temperatures(options["temperatures"])
    else:
        scale = abs(model.coupling) or 1.0
        temperatures = [scale * t for t in parse_temperatures(DEFAULTS[name].temperatures)]
    arguments = {
        key: options[key]
        for key in ("update", "every", "thermalise", "device", "threads", "start")
        if key in options
    }
    arguments |= {
        "model": model,
        "temperatures": temperatures,
        "replicas": options.get("replicas", REPLICAS),
        "seed": options.get("seed", SEED),
    }
    sweeps = options["sweeps"] if "sweeps" in options else _default_sweeps(arguments)
    return {**arguments, "sweeps": sweeps}


def _default_sweeps(arguments: Mapping[str, Any]) -> int:
    """Choose sweeps, to two digits, that take `DEFAULT_FLIPS` in all, 1000 to a million."""
    spins = arguments["model"].lattice.n_sites * len(arguments["temperatures"])
    fitting = int(DEFAULT_FLIPS / (spins * max(1, arguments["replicas"])))
    unit = int(10 ** max(0, len(str(fitting)) - 2))
    return min(max(fitting // unit * unit, 1000), 1_000_000)


def check_same(options: Mapping[str, Any], settings: Mapping[str, Any], path: Path) -> None:
    """Refuse options that a scan to be resumed was not made with.

    Parameters
    ----------
    options : mapping
        The options that were given.
    settings : mapping
        `kadanoff.scan.Scan.settings` of the scan in the file `path`, with the "size" and "boundary"
        of its lattice as lists of extents and of truth values.
    """
    for name, value in options.items():
        wanted: Any = value
        stored: Any = settings.get(name)
        if name == "size":
            extents = parse_size(value)
            wanted = extents if isinstance(extents, list) else [extents] * len(stored)
        elif name == "boundary":
            flags = parse_boundary(value)
            wanted = boundary_text(flags if isinstance(flags, list) else [flags] * len(stored))
            stored = boundary_text(stored)
        elif name == "temperatures":
            wanted = sorted(parse_temperatures(value))
            if len(wanted) == len(stored) and np.allclose(wanted, stored, rtol=1e-12, atol=0.0):
                continue
        elif name not in settings or name == "sweeps":
            continue
        if wanted != stored:
            raise OptionError(
                f"[ising] expected --{name} {_shown(stored)} as in {path}, got {_shown(wanted)}"
            )


def _shown(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    text = ",".join(format(item, "g") for item in value[:8])
    return text if len(value) <= 8 else f"{text},... ({len(value)} values)"
