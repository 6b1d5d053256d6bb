"""What ``kadanoff ising`` shows in a terminal."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from ..analysis.summary import R_HAT_LIMIT
from ..live_bar import live_bar
from ..scan import Scan, Table
from ..scan.table import MIN_SAMPLE_SIZE
from .grids import make_grid, print_grid, width
from .options import boundary_text

if TYPE_CHECKING:
    from rich.table import Table as Grid

# Names of files stand in the text: they are no markup, and ":100:" in one is no emoji.
PLAIN: dict[str, Any] = {"highlight": False, "soft_wrap": True, "markup": False, "emoji": False}

FIGURE_FORMATS = (".png", ".pdf", ".svg")

_BARS = " ▁▂▃▄▅▆▇█"
_SKETCHED = {"abs_magnetization": "|m|", "specific_heat": "C", "susceptibility": "chi"}


def headline(scan: Scan) -> str:
    """Describe a scan in two lines."""
    sampler = scan.sampler
    lattice = scan.model.lattice
    extents = "x".join(map(str, lattice.extents))
    edges = "" if all(lattice.periodic) else f" {boundary_text(lattice.periodic)}"
    threads = sampler.threads or len(os.sched_getaffinity(0))
    where = _count(threads, "thread") if sampler.device == "cpu" else sampler.device
    return (
        f"Ising {lattice.name} {extents}{edges}, J = {scan.model.coupling:g}, "
        f"h = {scan.model.field:g}, {sampler.update}, seed {sampler.seed}; "
        f"{sampler.kernel}, {where}\n"
        f"{_count(len(scan.temperatures), 'temperature')} x {_count(scan.replicas, 'replica')}, "
        f"{scan.thermalise} + {scan.sweeps} sweeps, a draw every {scan.every}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@contextlib.contextmanager
def progress(
    scan: Scan, console: Console, *, shown: bool
) -> Iterator[Callable[[Scan], None] | None]:
    """Give a function that draws the progress bar; None where it is not to be shown."""
    if not shown:
        yield None
        return
    columns = ("percent", "numbers", "left")
    with live_bar("", scan.total_sweeps, columns, console=console, done=scan.sweep) as bar:
        low, high = scan.temperatures[[0, -1]]
        span = f"T = {low:g}" if low == high else f"T = {low:g} to {high:g}"

        def show(now: Scan) -> None:
            phase = "thermalising" if now.sweep < now.thermalise else "measuring"
            bar.show(now.sweep, f"{now.flips_per_ns:.1f} flips/ns", what=f"{phase}, {span}")

        yield show


def with_error(value: float, error: float) -> str:
    """Write a value with its error in units of the last digits.

    Examples
    --------
    >>> with_error(0.654321, 0.0012), with_error(123.4, 25.0), with_error(1.0, 0.0)
    ('0.6543(12)', '123(25)', '1')
    """
    decimals = _decimals(error)
    if decimals is None:
        return f"{value:.6g}" if error == 0.0 else f"{value:.4g}(?)"
    return f"{value:.{decimals}f}({error * 10**decimals:.0f})"


def plus_minus(value: float, error: float) -> str:
    """Write a value and its error to two digits of the error.

    Examples
    --------
    >>> plus_minus(-1.418704, 0.00012)
    '-1.41870 +- 0.00012'
    """
    decimals = _decimals(error)
    if decimals is None:
        return f"{value:.6g}" if error == 0.0 else f"{value:.4g} +- ?"
    return f"{value:.{decimals}f} +- {error:.{decimals}f}"


def _decimals(error: float) -> int | None:
    """Return the decimals that show two digits of an error; None for no error or an unknown one."""
    if not (math.isfinite(error) and error > 0.0):
        return None
    return min(12, max(0, 1 - math.floor(math.log10(error))))


def print_table(table: Table, console: Console) -> None:
    """Print the estimates, and a sketch of the transition below them."""
    grid = _grid(table, wide=True)
    if console.is_terminal and width(grid) > console.width:
        grid = _grid(table, wide=False)
    print_grid(grid, console)
    console.print(_legend(table))
    if len(table.rows) > 3:
        console.print()
        for line in sketch(table):
            console.print(line)
        console.print()


def _grid(table: Table, *, wide: bool) -> Grid:
    heat, rate = ("specific heat", "flips/ns") if wide else ("C", "fl/ns")
    susceptibility = "susceptibility" if wide else "chi"
    columns = ("T", "energy", "exact", "|m|", susceptibility, heat, "Binder", "tau", rate, "")
    grid = make_grid(columns, gap=2 if wide else 1)
    decimals = max(len(f"{t:.6g}".partition(".")[2]) for t in table.temperatures)
    for row in table.rows:
        energy = plus_minus if wide else with_error
        estimates = (row.abs_magnetization, row.susceptibility, row.specific_heat, row.binder)
        grid.add_row(
            f"{row.temperature:.{decimals}f}",
            energy(row.energy.mean, row.energy.standard_error),
            "-" if row.exact_energy is None else f"{row.exact_energy:.5f}",
            *(with_error(one.mean, one.standard_error) for one in estimates),
            "-" if math.isnan(row.tau_int) else f"{row.tau_int:.{int(row.tau_int < 99.95)}f}",
            "-" if math.isnan(table.flips_per_ns) else f"{table.flips_per_ns:.3g}",
            "" if row.reliable else "!",
        )
    return grid


def _legend(table: Table) -> str:
    exact = (
        "exact: Kaufman's solution of this lattice; " if table.exact("energy") is not None else ""
    )
    return (
        f"per site, k_B = 1; {exact}flips/ns: all temperatures at once;\n"
        "tau: integrated autocorrelation time of |m| in sweeps"
    )


def sketch(table: Table) -> list[str]:
    """Draw |m|, the specific heat and the susceptibility as bars over the temperatures."""
    bar = 4 if len(table.rows) <= 10 else 2 if len(table.rows) <= 40 else 1
    lines = []
    for name, label in _SKETCHED.items():
        means, _ = table.values(name)
        finite = np.nan_to_num(means)
        scaled = finite / max(float(finite.max()), 1e-300)
        levels = np.clip(np.rint(scaled * (len(_BARS) - 1)), 0, len(_BARS) - 1).astype(int)
        bars = "".join(_BARS[level] * bar for level in levels)
        lines.append(f"{label:>4} {bars} max {float(means.max()):.3g}")
    first, last = (f"{table.temperatures[end]:g}" for end in (0, -1))
    lines.append(f"{'T':>4} {first}{last:>{bar * len(table.rows) - len(first)}}")
    return lines


def print_warnings(table: Table, console: Console) -> None:
    """Say where the estimates are not to be trusted."""
    if not table.unreliable:
        return
    shown = ", ".join(f"{temperature:.6g}" for temperature in table.unreliable[:12])
    more = ", ..." if len(table.unreliable) > 12 else ""
    console.print(
        f"Warning: short at T = {shown}{more} (R-hat above {R_HAT_LIMIT:g}, or fewer than "
        f"{MIN_SAMPLE_SIZE:.0f} independent draws): the errors there may be too small; raise "
        "--sweeps",
        style="yellow",
    )
