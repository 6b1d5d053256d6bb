"""``kadanoff reproduce``: published results, one command each."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from .. import arguments
from ..live_bar import live_bar
from ..reproductions import KNOWN, Quantity, Report, Reproduction, Settings, find

app = typer.Typer(
    name="reproduce",
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

Full = Annotated[bool, typer.Option("--full", help="The sizes of the publication.")]
Seed = Annotated[int, typer.Option("--seed", help="0 to 2^64 - 1.")]
Threads = Annotated[int | None, typer.Option("--threads", help="CPU threads.", show_default="all")]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", help="Draw a figure: .png, .pdf, .svg.", show_default=False),
]
Json = Annotated[
    Path | None,
    typer.Option("--json", help="The report as JSON; - is stdout.", show_default=False),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only warnings and errors.")]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    """Published results: our numbers beside theirs. Status 1 if one does not hold."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def command(name: str) -> Callable[..., None]:
    """Return the command of a reproduction."""

    def reproduce(
        full: Full = False,
        seed: Seed = 1,
        threads: Threads = None,
        plot: Plot = None,
        json: Json = None,
        quiet: Quiet = False,
    ) -> None:
        settings = Settings(
            full=full,
            seed=arguments.seed("reproduce", seed),
            threads=arguments.threads("reproduce", threads),
        )
        holds = run_and_report(name, settings, plot=plot, json=json, quiet=quiet)
        raise typer.Exit(0 if holds else 1)

    return reproduce


for _name, _entry in KNOWN.items():
    app.command(_name, help=_entry.summary)(command(_name))


def run_and_report(
    name: str, settings: Settings, *, plot: Path | None, json: Path | None, quiet: bool
) -> bool:
    """Compute a reproduction with a progress bar, print its table, write its files.

    Returns
    -------
    bool
        Whether everything that is claimed holds.
    """
    from .. import figures
    from . import jsonfile, writable
    from .rendering import FIGURE_FORMATS, PLAIN

    if plot is not None:
        writable.check_suffix("reproduce", "plot", plot, FIGURE_FORMATS)
        writable.check("reproduce", "plot", plot)
    if json is not None and json != jsonfile.STDOUT:
        writable.check("reproduce", "json", json)
    reproduction = find(name)
    console = Console(stderr=json == jsonfile.STDOUT, quiet=quiet, highlight=False)
    console.print(f"{reproduction.title}\n{reproduction.paper}\n", **PLAIN)
    start = time.perf_counter()
    shown = console.is_terminal and not quiet
    with live_bar("", None, ("percent", "elapsed"), console=console, shown=shown) as bar:
        report = reproduction.compute(
            settings, lambda done, total, what: bar.show(done, what=what, total=total)
        )
    seconds = time.perf_counter() - start
    _print(report, console)
    console.print(f"\n{seconds:.1f} s, seed {settings.seed}", **PLAIN)
    if plot is not None:
        figures.write(draw(reproduction, report), plot)
    if json is not None:
        jsonfile.write(_as_json(name, reproduction, settings, seconds, report), json)
    written = [str(path) for path in (plot, json) if path not in (None, jsonfile.STDOUT)]
    if written:
        console.print(f"written: {', '.join(written)}", **PLAIN)
    return report.holds


def draw(reproduction: Reproduction, report: Report) -> Any:
    """Return the figure of a report, in the style of all figures."""
    from .. import figures

    with figures.style():
        figure = figures.empty(reproduction.size)
        reproduction.draw(figure, report)
    return figure


def _print(report: Report, console: Console) -> None:
    from .grids import make_grid, print_grid
    from .rendering import PLAIN

    grid = make_grid(("quantity", "ours", "published", "allowed", "holds", "source"))
    for column in (0, 5):
        grid.columns[column].justify = "left"
    for quantity in report.quantities:
        grid.add_row(*_cells(quantity))
    print_grid(grid, console)
    for remark in report.remarks:
        console.print(remark, **PLAIN)


def _cells(quantity: Quantity) -> tuple[str, ...]:
    from .rendering import plus_minus

    def text(value: float | None) -> str:
        return "-" if value is None else f"{value:.8g}"

    ours = text(quantity.value)
    if quantity.error is not None:
        ours = plus_minus(quantity.value, quantity.error)
    allowed = "-" if quantity.within is None else f"+- {quantity.within:.3g}"
    holds = {None: "-", True: "yes", False: "NO"}[quantity.holds]
    return quantity.name, ours, text(quantity.reference), allowed, holds, quantity.source


def _as_json(
    name: str, reproduction: Reproduction, settings: Settings, seconds: float, report: Report
) -> dict[str, Any]:
    from .. import __version__

    return {
        "reproduction": name,
        "title": reproduction.title,
        "paper": reproduction.paper,
        "version": __version__,
        "full": settings.full,
        "seed": settings.seed,
        "seconds": seconds,
        "holds": report.holds,
        **report.to_dict(),
    }
