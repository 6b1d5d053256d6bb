"""``kadanoff free-energy``: free energies of the Ising model by tensor networks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_MODEL, _METHOD, _FILES = "Model", "Method", "Files and output"


def free_energy(
    lattice: Annotated[
        str,
        typer.Option(
            "--lattice", help="square, triangular, honeycomb or cubic.", rich_help_panel=_MODEL
        ),
    ] = "square",
    temperatures: Annotated[
        list[str] | None,
        typer.Option(
            "--temperatures",
            help="from:to:number, or a list 2.0,2.269,2.5, or both joined by commas; may be "
            "repeated; k_B = 1.",
            rich_help_panel=_MODEL,
            show_default="around T_c of the lattice, times |J|; square: 1.8:2.8:11",
        ),
    ] = None,
    coupling: Annotated[
        float, typer.Option("--coupling", help="J of every bond.", rich_help_panel=_MODEL)
    ] = 1.0,
    field: Annotated[
        float, typer.Option("--field", help="h of every site.", rich_help_panel=_MODEL)
    ] = 0.0,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            help="trg, bond-weighted-trg (btrg), hotrg, ctmrg or boundary-mps.",
            rich_help_panel=_METHOD,
        ),
    ] = "hotrg",
    chi: Annotated[
        int, typer.Option("--chi", help="Most states of a bond.", rich_help_panel=_METHOD)
    ] = 24,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            help="Steps of coarse graining.",
            rich_help_panel=_METHOD,
            show_default="until nothing changes",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", help="Figure: .png, .pdf or .svg.", rich_help_panel=_FILES, show_default=False
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(
            "--json",
            help="The table as JSON; - writes it to stdout.",
            rich_help_panel=_FILES,
            show_default=False,
        ),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", help="Print only warnings and errors.", rich_help_panel=_FILES),
    ] = False,
) -> None:
    """Free energies of an infinite lattice by tensor networks, next to the exact solution."""
    from .free_energies import Settings, solve_and_report

    joined = ",".join(temperatures) if temperatures else None
    settings = Settings(lattice, joined, coupling, field, method, chi, steps)
    raise typer.Exit(solve_and_report(settings, plot=plot, json=json, quiet=quiet))
