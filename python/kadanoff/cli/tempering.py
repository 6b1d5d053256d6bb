"""What ``kadanoff temper`` does: set up, run with progress, report, write."""

from __future__ import annotations

import math
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console

import kadanoff as kd

from ..live_bar import Bar, live_bar
from . import configuration, jsonfile, writable
from .grids import make_grid, print_grid
from .rendering import FIGURE_FORMATS, PLAIN, plus_minus

if TYPE_CHECKING:
    from kadanoff import ParallelTempering, Run

    from .configuration import Configuration

STEPS = 200
"""Progress is shown, and walkers are looked at, so often in each phase."""


class Walks(NamedTuple):
    """Where the walkers were: sweeps (step,), and temperatures by index (step, walker)."""

    sweeps: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]


class Outcome(NamedTuple):
    """What a simulation left: draws, where walkers were, the speed, and an exit status."""

    run: Run | None
    walks: Walks
    flips_per_ns: float
    status: int


def temper_and_report(path: Path, *, quiet: bool) -> int:
    """Run ``kadanoff temper`` and return its exit status.

    Raises
    ------
    kadanoff.Error, ValueError, TypeError, RuntimeError, OSError
        If the configuration or a file is not what it should be.
    """
    config = configuration.load(path)
    paths = config.output.paths
    for name, file in paths.items():
        if (name, file) != ("json", jsonfile.STDOUT):
            writable.check("temper", name, file)
    if "plot" in paths:
        writable.check_suffix("temper", "plot", paths["plot"], FIGURE_FORMATS)
    report = Console(stderr=paths.get("json") == jsonfile.STDOUT, quiet=quiet, **PLAIN)
    notes = Console(stderr=True, **PLAIN)
    pt = make(config)
    report.print(headline(pt, config))
    shown = notes.is_terminal and not quiet
    columns = ("percent", "left")
    with live_bar("", _total(config), columns, console=notes, shown=shown) as bar:
        outcome = simulate(pt, config, bar)
    if outcome.status:
        notes.print(f"stopped at sweep {pt.sweep} of {_total(config)}")
    if outcome.run is None:
        notes.print("no draws yet: nothing was written")
        return outcome.status
    rows = table(pt, outcome.run)
    report.print()
    _print(pt, rows, outcome, report)
    _write(paths, pt, rows, outcome, report)
    return outcome.status


def make(config: Configuration) -> ParallelTempering:
    """Return the simulation that a configuration describes."""
    model = config.system.make()
    settings = config.tempering
    return kd.ParallelTempering(
        model,
        settings.make_betas(model),
        replicas=settings.replicas,
        seed=settings.seed,
        swap_every=settings.swap_every,
        update=settings.update,
        houdayer=settings.houdayer,
        threads=settings.threads,
        start="random",
    )


def headline(pt: ParallelTempering, config: Configuration) -> str:
    """Describe a simulation in two lines."""
    lattice, system, settings = pt.model.lattice, config.system, config.tempering
    what = f"{lattice.name} {'x'.join(map(str, lattice.extents))}"
    if system.instance is not None:
        what = f"{Path(system.instance).name}, {lattice.n_sites} spins"
    elif isinstance(system.couplings, str):
        what += f", {system.couplings} couplings (seed {system.coupling_seed})"
    else:
        what += f", J = {system.couplings:g}"
    replicas = "1 replica" if pt.replicas == 1 else f"{pt.replicas} replicas"
    rounds = "round" if pt.houdayer == 1 else f"{pt.houdayer} rounds"
    clusters = f", cluster moves every {rounds}" if pt.houdayer else ""
    return (
        f"{what}; {pt.kernel}, seed {pt.seed}\n"
        f"{len(pt.betas)} temperatures x {replicas}, "
        f"{settings.thermalisation} + {settings.sweeps} sweeps, "
        f"a draw every {_sweeps(settings.every)}, "
        f"swaps every {_sweeps(pt.swap_every)}{clusters}"
    )


def _sweeps(number: int) -> str:
    return "sweep" if number == 1 else f"{number} sweeps"


def _total(config: Configuration) -> int:
    return config.tempering.thermalisation + config.tempering.sweeps


def simulate(pt: ParallelTempering, config: Configuration, bar: Bar) -> Outcome:
    """Thermalise, then draw; Ctrl-C ends it early with the draws made."""
    settings = config.tempering
    parts: list[Run] = []
    sweeps: list[int] = []
    indices: list[npt.NDArray[np.int64]] = []
    begin, status = time.perf_counter(), 0
    try:
        for step in _shares(settings.thermalisation):
            bar.show(pt.sweep, what="thermalising")
            pt.run(step)
        # Swaps before equilibrium say nothing about the flow in it.
        pt.reset_statistics()
        for step in _shares(settings.sweeps // settings.every):
            bar.show(pt.sweep, what="measuring")
            parts.append(pt.sample(draws=step, every=settings.every))
            sweeps.append(pt.sweep)
            indices.append(pt.temperature_index)
    except KeyboardInterrupt as stop:
        status = 128 + signal.SIGINT
        if getattr(stop, "run", None) is not None:
            parts.append(stop.run)  # type: ignore[attr-defined]
    flips = pt.sweep * len(pt.betas) * pt.replicas * pt.model.lattice.n_sites
    speed = flips / (time.perf_counter() - begin) * 1e-9
    run = kd.Run.concatenate(parts) if parts else None
    walkers = len(pt.betas) * pt.replicas
    walks = Walks(np.array(sweeps, np.int64), np.array(indices, np.int64).reshape(-1, walkers))
    return Outcome(run, walks, speed, status)


def _shares(total: int) -> list[int]:
    """Divide `total` into at most `STEPS` nearly equal parts."""
    edges = np.linspace(0, total, min(total, STEPS) + 1).astype(int)
    return [int(step) for step in np.diff(edges)]


def table(pt: ParallelTempering, run: Run) -> list[dict[str, float | None]]:
    """Return a record for each temperature: energy per site with its error, swaps and flow."""
    rows: list[dict[str, float | None]] = []
    acceptance = [*pt.acceptance.tolist(), math.nan]
    for k, beta in enumerate(pt.betas.tolist()):
        energy = run.summary(beta)["energy"]
        row = {
            "beta": beta,
            "energy": energy.mean,
            "energy_error": energy.standard_error,
            "acceptance": acceptance[k],
            "flow": float(pt.flow[k]),
        }
        if "overlap" in run:
            row["overlap_squared"] = float((run.select(beta=beta)["overlap"] ** 2).mean())
        rows.append({key: value if math.isfinite(value) else None for key, value in row.items()})
    return rows


def _print(
    pt: ParallelTempering, rows: list[dict[str, float | None]], outcome: Outcome, report: Console
) -> None:
    overlaps = ["q^2"] if "overlap_squared" in rows[0] else []
    grid = make_grid(["beta", "T", "energy", "acceptance", "flow", *overlaps])
    for row in rows:
        beta, energy, error = row["beta"], row["energy"], row["energy_error"]
        assert beta is not None
        assert energy is not None
        grid.add_row(
            f"{beta:.6g}",
            f"{1.0 / beta:.5g}" if beta > 0.0 else "inf",
            plus_minus(energy, math.nan if error is None else error),
            _fraction(row["acceptance"]),
            _fraction(row["flow"]),
            *(_fraction(row["overlap_squared"]) for _ in overlaps),
        )
    print_grid(grid, report)
    report.print(
        "energy per site; acceptance of swaps with the next temperature; flow: fraction of walkers"
        "\nthat come from the hottest temperature and not from the coldest"
    )
    report.print(_trips(pt))
    n = pt.model.lattice.n_sites
    best = float(pt.best_energy.min())
    report.print(f"lowest energy {best:.10g}, {best / n:.8g} per site")
    report.print(f"{outcome.flips_per_ns:.3g} flips/ns")


def _fraction(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _trips(pt: ParallelTempering) -> str:
    """Describe the round trips of all walkers in a line."""
    trips = pt.round_trips
    if not trips.any():
        return "no round trips: run longer, or put temperatures closer together"
    times = pt.round_trip_time
    weights = trips[trips > 0]
    mean = float((times[trips > 0] * weights).sum() / weights.sum())
    return (
        f"round trips: {trips.sum()} of {len(trips)} walkers, {trips.min()} to {trips.max()} each; "
        f"{mean:.4g} sweeps on average"
    )


def _write(
    paths: dict[str, Path],
    pt: ParallelTempering,
    rows: list[dict[str, float | None]],
    outcome: Outcome,
    report: Console,
) -> None:
    assert outcome.run is not None
    if "run" in paths:
        outcome.run.save(paths["run"])
    if "state" in paths:
        pt.save(paths["state"])
    if "plot" in paths:
        from .. import plotting

        plotting.save_flow(pt, paths["plot"], outcome.walks.sweeps, outcome.walks.indices)
    if "json" in paths:
        jsonfile.write(_as_json(pt, rows, outcome), paths["json"])
    files = [str(path) for path in paths.values() if path != jsonfile.STDOUT]
    if files:
        report.print(f"written: {', '.join(files)}")


def _as_json(
    pt: ParallelTempering, rows: list[dict[str, float | None]], outcome: Outcome
) -> dict[str, Any]:
    run = outcome.run
    assert run is not None
    return {
        **run.provenance,
        **run.model,
        "update": run.update,
        "seed": run.seed,
        "replicas": pt.replicas,
        "swap_every": pt.swap_every,
        "houdayer": pt.houdayer,
        "draws": run.n_draws,
        "every": run.every,
        "first_sweep": run.first_sweep,
        "flips_per_ns": outcome.flips_per_ns,
        "lowest_energy": float(pt.best_energy.min()),
        "round_trips": pt.round_trips.tolist(),
        "rows": rows,
    }
