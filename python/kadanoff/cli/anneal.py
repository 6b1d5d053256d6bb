"""``kadanoff anneal``: low states of an instance from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_RUN, _FILES = "Annealing", "Files and output"


def anneal(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Max-cut, QUBO or spin-glass instance; see kadanoff.instances.",
            show_default=False,
        ),
    ],
    format: Annotated[
        str,
        typer.Option(
            "--format",
            help="auto, or rudy (Biq Mac, Gset, .mc), qubo (.sparse, .bq), sg, sgs, cool, edges.",
            rich_help_panel=_FILES,
        ),
    ] = "auto",
    num_reads: Annotated[
        int, typer.Option("--num-reads", help="Independent copies.", rich_help_panel=_RUN)
    ] = 100,
    num_sweeps: Annotated[
        int, typer.Option("--num-sweeps", help="Sweeps of each copy.", rich_help_panel=_RUN)
    ] = 1000,
    beta_min: Annotated[
        float | None,
        typer.Option(
            "--beta-min",
            help="First inverse temperature.",
            rich_help_panel=_RUN,
            show_default="from the couplings",
        ),
    ] = None,
    beta_max: Annotated[
        float | None,
        typer.Option(
            "--beta-max",
            help="Last inverse temperature.",
            rich_help_panel=_RUN,
            show_default="from the couplings",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="0 to 2^64 - 1.", rich_help_panel=_RUN)] = 1,
    threads: Annotated[
        int | None,
        typer.Option("--threads", help="CPU threads.", rich_help_panel=_RUN, show_default="all"),
    ] = None,
    states: Annotated[
        int,
        typer.Option(
            "--states", help="Lowest states to write to text or JSON.", rich_help_panel=_FILES
        ),
    ] = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Lowest states as .txt or .json, or all reads as .h5 (kadanoff.AnnealResult); "
            "- is JSON on stdout.",
            rich_help_panel=_FILES,
            show_default=False,
        ),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", help="Print only warnings and errors.", rich_help_panel=_FILES),
    ] = False,
) -> None:
    """Find low states of a max-cut, QUBO or spin-glass instance by simulated annealing."""
    from .annealing import Settings, anneal_and_report

    settings = Settings(num_reads, num_sweeps, beta_min, beta_max, seed, threads)
    status = anneal_and_report(file, format, settings, states=states, out=out, quiet=quiet)
    raise typer.Exit(status)
