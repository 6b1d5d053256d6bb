"""What ``kadanoff free-energy`` does with its options: solve, compare, report."""

from __future__ import annotations

import math
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

import kadanoff as kd

from .. import arguments
from ..live_bar import live_bar
from ..tensor.free_energies import checked_request
from . import jsonfile, writable
from .grids import make_grid, print_grid
from .options import parse_temperatures
from .rendering import FIGURE_FORMATS, PLAIN

if TYPE_CHECKING:
    from rich.table import Table as Grid

CALL = "free-energy"

# They surround T_c, in units of |J|.
TEMPERATURES = {
    "square": "1.8:2.8:11",
    "triangular": "2.9:4.4:11",
    "honeycomb": "1.2:1.9:11",
    "cubic": "4.0:5.0:5",
}


class Settings(NamedTuple):
    """The options of the solution itself; None for what the lattice and the method decide."""

    lattice: str
    temperatures: str | None
    coupling: float
    field: float
    method: str
    chi: int
    steps: int | None


class Row(NamedTuple):
    """The averages at one temperature; None where there is no exact solution."""

    temperature: float
    free_energy: float
    energy: float
    magnetization: float
    exact_free_energy: float | None
    exact_energy: float | None
    exact_magnetization: float | None
    converged: bool

    @property
    def error(self) -> float | None:
        """Relative error of the free energy."""
        if self.exact_free_energy is None:
            return None
        return self.free_energy / self.exact_free_energy - 1.0


class Solution(NamedTuple):
    """What was solved, and the rows so far."""

    settings: Settings
    rows: list[Row]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        options = self.settings._asdict()
        del options["temperatures"]
        rows = [{**row._asdict(), "error": row.error} for row in self.rows]
        return {**options, "rows": rows}


def solve_and_report(
    settings: Settings, *, plot: Path | None, json: Path | None, quiet: bool
) -> int:
    """Run ``kadanoff free-energy`` and return its exit status.

    Raises
    ------
    kadanoff.Error, ValueError, TypeError, OSError
        If an option or a file is not what it should be.
    """
    temperatures = _temperatures(settings)
    options = settings._asdict()
    del options["temperatures"]
    checked_request(CALL, **options)
    _check_files(plot, json)
    # Where JSON goes to stdout, nothing else does.
    report = Console(stderr=json == jsonfile.STDOUT, quiet=quiet, **PLAIN)
    notes = Console(stderr=True, **PLAIN)
    solution = Solution(settings, [])
    status = 0
    shown, columns = notes.is_terminal and not quiet, ("count", "elapsed")
    with live_bar("", len(temperatures), columns, console=notes, shown=shown, ticking=True) as bar:
        try:
            for temperature in temperatures:
                bar.show(len(solution.rows), what=f"T = {temperature:g}")
                solution.rows.append(_solve(settings, temperature))
        except KeyboardInterrupt:
            status = 128 + signal.SIGINT
    if status:
        notes.print(f"stopped after {len(solution.rows)} of {len(temperatures)} temperatures")
    if solution.rows:
        _report(solution, plot, json, report, notes)
    return status


def _temperatures(settings: Settings) -> list[float]:
    """Return the temperatures in ascending order; those of the lattice where none are given."""
    if settings.lattice not in TEMPERATURES:
        known = ", ".join(repr(name) for name in TEMPERATURES)
        raise writable.OptionError(
            f"[{CALL}] expected --lattice to be one of {known}, got {settings.lattice!r}"
        )
    if settings.temperatures is not None:
        temperatures = sorted(parse_temperatures(settings.temperatures, CALL))
    else:
        coupling = arguments.real(CALL, "--coupling", settings.coupling)
        if coupling == 0.0:
            raise writable.OptionError(f"[{CALL}] expected --temperatures where --coupling is 0")
        scale = abs(coupling)
        temperatures = [scale * t for t in parse_temperatures(TEMPERATURES[settings.lattice])]
    for temperature in temperatures:
        if not (math.isfinite(temperature) and temperature > 0.0):
            raise writable.OptionError(
                f"[{CALL}] expected temperatures > 0 and finite, got {temperature}"
            )
    return temperatures


def _check_files(plot: Path | None, json: Path | None) -> None:
    if plot is not None:
        writable.check_suffix(CALL, "plot", plot, FIGURE_FORMATS)
        writable.check(CALL, "plot", plot)
    if json is not None and json != jsonfile.STDOUT:
        writable.check(CALL, "json", json)


def _solve(settings: Settings, temperature: float) -> Row:
    result = kd.tensor.thermodynamics(
        1.0 / temperature,
        settings.lattice,
        settings.method,
        settings.chi,
        settings.steps,
        settings.field,
        settings.coupling,
    )
    exact = None
    if settings.lattice == "square" and settings.field == 0.0:
        exact = kd.exact.onsager(1.0 / temperature, settings.coupling)
    # The order of an antiferromagnet is staggered, and its magnetisation 0.
    order = 0.0 if exact is None or settings.coupling < 0.0 else float(exact.magnetization)
    return Row(
        temperature,
        float(result.free_energy),
        float(result.energy),
        float(result.magnetization),
        None if exact is None else -temperature * float(exact.log_z),
        None if exact is None else float(exact.energy),
        None if exact is None else order,
        bool(result.converged),
    )


def _report(
    solution: Solution, plot: Path | None, json: Path | None, report: Console, notes: Console
) -> None:
    if plot is not None:
        from . import free_energy_figure

        free_energy_figure.save(solution, plot)
    if json is not None:
        jsonfile.write(solution.to_dict(), json)
    report.print(headline(solution.settings))
    report.print()
    print_grid(grid(solution), report)
    if solution.rows[0].error is None:
        report.print("per site, k_B = 1; f = -T ln Z / N")
    else:
        report.print("per site, k_B = 1; f = -T ln Z / N; error: of f, relative to Onsager's")
    unsettled = [f"{row.temperature:g}" for row in solution.rows if not row.converged]
    if unsettled:
        notes.print(
            f"Warning: not converged at T = {', '.join(unsettled)}; raise --steps, or --chi where "
            "the correlation length is large",
            style="yellow",
        )
    written = [path for path in (plot, json) if path not in (None, jsonfile.STDOUT)]
    if written:
        report.print(f"written: {', '.join(map(str, written))}")
    elif json is None:
        report.print("add --plot free_energy.png for a figure")


def headline(settings: Settings) -> str:
    """Describe what was solved in one line."""
    steps = "" if settings.steps is None else f", {settings.steps} steps"
    return (
        f"Ising {settings.lattice}, J = {settings.coupling:g}, h = {settings.field:g}; "
        f"{settings.method}, chi = {settings.chi}{steps}"
    )


def grid(solution: Solution) -> Grid:
    """Make the table; columns of the exact solution only where there is one."""
    exact = solution.rows[0].error is not None
    columns = ["T", "free energy", "error", "energy", "exact", "m", "exact", ""]
    if not exact:
        columns = ["T", "free energy", "energy", "m", ""]
    result = make_grid(columns)
    for row in solution.rows:
        cells = [f"{row.temperature:.6g}", f"{row.free_energy:.10f}"]
        if row.error is None:
            cells += [f"{row.energy:.6f}", f"{row.magnetization:.6f}"]
        else:
            cells += [f"{row.error:.1e}", f"{row.energy:.6f}", f"{row.exact_energy:.6f}"]
            cells += [f"{row.magnetization:.6f}", f"{row.exact_magnetization:.6f}"]
        result.add_row(*cells, "" if row.converged else "!")
    return result
