"""What ``kadanoff anneal`` does: read, anneal, report, write."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.console import Console

import kadanoff as kd

from .. import arguments
from ..instances import Instance, read
from ..storage.replacing import replacing
from . import jsonfile, writable
from .grids import make_grid, print_grid
from .rendering import PLAIN

if TYPE_CHECKING:
    from kadanoff.annealing import AnnealResult

SUFFIXES = (".txt", ".json", ".h5")
SHOWN_ENERGIES = 10

_SAME_ENERGY = 1e-9
_ROUNDED = 1e-6
"""Values that libraries state are rounded; so near is as good as reached, relative to the value."""


class Settings(NamedTuple):
    """The options of the annealing itself; None for what the model decides."""

    num_reads: int
    num_sweeps: int
    beta_min: float | None
    beta_max: float | None
    seed: int
    threads: int | None


class Level(NamedTuple):
    """A distinct energy: how many reads ended there, in how many states."""

    energy: float
    reads: int
    states: int


def anneal_and_report(
    path: Path, format: str, settings: Settings, *, states: int, out: Path | None, quiet: bool
) -> int:
    """Run ``kadanoff anneal`` and return its exit status.

    Raises
    ------
    kadanoff.Error, ValueError, TypeError, OSError
        If an option or the file is not what it should be.
    """
    states = arguments.integer("anneal", "--states", states, 1, 2**31)
    if out is not None and out != jsonfile.STDOUT:
        writable.check_suffix("anneal", "out", out, SUFFIXES)
        writable.check("anneal", "out", out)
    report = Console(stderr=out == jsonfile.STDOUT, quiet=quiet, **PLAIN)
    notes = Console(stderr=True, **PLAIN)
    instance = read(path, format)
    model = instance.model()
    beta_range = _beta_range(model, settings)
    try:
        with _waiting(settings, notes, shown=notes.is_terminal and not quiet):
            result = kd.anneal(
                model,
                num_reads=settings.num_reads,
                num_sweeps=settings.num_sweeps,
                beta_range=beta_range,
                seed=settings.seed,
                threads=settings.threads,
            )
    except KeyboardInterrupt as stop:
        notes.print(f"{stop or '[anneal] stopped'}: nothing was written")
        return 128 + signal.SIGINT
    lowest = result.lowest(len(result))
    if out is not None:  # before the report, which may meet a closed pipe
        _write(out, instance, settings, result, lowest, states)
    report.print(_headline(instance, settings, result))
    _print(instance, lowest, report)
    if out is not None and out != jsonfile.STDOUT:
        report.print(f"written: {out}")
    return 0


def _beta_range(model: Any, settings: Settings) -> tuple[float, float]:
    """Return first and last beta; the model's own where none is given."""
    given = (settings.beta_min, settings.beta_max)
    default = kd.annealing.default_beta_range(model)
    low, high = (own if beta is None else beta for beta, own in zip(given, default, strict=True))
    return low, high


def _headline(instance: Instance, settings: Settings, result: AnnealResult) -> str:
    fields = " and fields" if instance.fields.any() else ""
    betas = result.info["betas"]
    return (
        f"{instance.name} ({instance.format}): {instance.n} spins, {len(instance.edges)} "
        f"couplings{fields}\n{settings.num_reads} reads x {settings.num_sweeps} sweeps, "
        f"beta = {betas[0]:.4g} to {betas[-1]:.4g}, seed {settings.seed}; {result.info['kernel']}"
    )


@contextlib.contextmanager
def _waiting(settings: Settings, console: Console, *, shown: bool) -> Iterator[None]:
    """Show that something is going on, and for how long."""
    if not shown:
        yield
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, refresh_per_second=4, transient=True) as bar:
        bar.add_task(f"annealing {settings.num_reads} reads", total=None)
        yield


def levels(lowest: AnnealResult) -> list[Level]:
    """Collect distinct states, in rising order of energy, into distinct energies.

    Sums of the same couplings in another order may differ in their last bits: energies closer than
    1e-9 of their size are one.
    """
    energies = lowest.energies
    close = _SAME_ENERGY * np.maximum(1.0, np.abs(energies[1:]))
    starts = np.flatnonzero(np.concatenate([[True], np.diff(energies) > close]))
    ends = np.append(starts[1:], len(energies))
    return [
        Level(float(energies[start]), int(lowest.counts[start:end].sum()), int(end - start))
        for start, end in zip(starts, ends, strict=True)
    ]


def _print(instance: Instance, lowest: AnnealResult, report: Console) -> None:
    name = instance.objective.name
    has_value = name != "energy"
    grid = make_grid(["energy", *([name] if has_value else []), "reads", "states"])
    found = levels(lowest)
    for level in found[:SHOWN_ENERGIES]:
        value = [_number(float(instance.value_of_energy(level.energy)))] if has_value else []
        grid.add_row(_number(level.energy), *value, str(level.reads), str(level.states))
    report.print()
    print_grid(grid, report)
    left = found[SHOWN_ENERGIES:]
    if left:
        reads = sum(level.reads for level in left)
        report.print(f"and {reads} reads at {len(left)} higher energies")
    if instance.best_known is not None:
        report.print(_compared(instance, found[0].energy))


def _compared(instance: Instance, energy: float) -> str:
    """Say how the best value compares with the best known one."""
    assert instance.best_known is not None
    value = float(instance.value_of_energy(energy))
    gap = instance.best_known - value if instance.maximised else value - instance.best_known
    margin = _ROUNDED * max(1.0, abs(instance.best_known))
    word = "reached" if abs(gap) <= margin else "improved" if gap < 0.0 else "not reached"
    return f"best known {instance.objective.name}: {_number(instance.best_known)} ({word})"


def _number(value: float) -> str:
    return f"{value:.10g}"


def _write(
    out: Path,
    instance: Instance,
    settings: Settings,
    result: AnnealResult,
    lowest: AnnealResult,
    states: int,
) -> None:
    if out.suffix.lower() == ".h5":
        result.save(out)
    elif out.suffix.lower() == ".txt":
        text = _as_text(instance, lowest, states)
        with replacing(out) as file, os.fdopen(os.dup(file), "w", encoding="utf-8") as stream:
            stream.write(text)
    else:
        jsonfile.write(_as_json(instance, settings, result, lowest, states), out)


def _as_text(instance: Instance, lowest: AnnealResult, states: int) -> str:
    """Write a state as a line: energy, value, reads, and + or - for each spin."""
    lines = [
        f"# kadanoff anneal {kd.__version__}: {instance.name} ({instance.format}), "
        f"{instance.n} spins",
        f"# energy {instance.objective.name} reads spins",
    ]
    for row in range(min(states, len(lowest))):
        energy = float(lowest.energies[row])
        value = float(instance.value_of_energy(energy))
        signs = "".join(np.where(lowest.spins[row].ravel() > 0, "+", "-").tolist())
        lines.append(f"{energy!r} {value!r} {lowest.counts[row]} {signs}")
    return "\n".join(lines) + "\n"


def _as_json(
    instance: Instance,
    settings: Settings,
    result: AnnealResult,
    lowest: AnnealResult,
    states: int,
) -> dict[str, Any]:
    info = result.info
    betas = info["betas"]
    kept = ("kernel", "update", "kadanoff_version", "rng_version")
    return {
        "instance": {
            "name": instance.name,
            "format": instance.format,
            "spins": instance.n,
            "couplings": len(instance.edges),
            "value": instance.objective.name,
            "best_known": instance.best_known,
        },
        "num_reads": settings.num_reads,
        "num_sweeps": settings.num_sweeps,
        "beta_range": [float(betas[0]), float(betas[-1])],
        "seed": settings.seed,
        **{name: info[name] for name in kept},
        "energies": [
            {**level._asdict(), "value": float(instance.value_of_energy(level.energy))}
            for level in levels(lowest)
        ],
        "states": [
            {
                "energy": float(lowest.energies[row]),
                "value": float(instance.value_of_energy(lowest.energies[row])),
                "reads": int(lowest.counts[row]),
                "spins": lowest.spins[row].ravel().tolist(),
            }
            for row in range(min(states, len(lowest)))
        ],
    }
