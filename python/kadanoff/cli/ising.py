"""``kadanoff ising``: a temperature scan of the Ising model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_MODEL, _RUN, _FILES = "Model", "Simulation", "Files and output"


def _text(flag: str, panel: str, help_text: str, default: str | None = None) -> Any:
    """Declare an option; None stands for "not given", so that a configuration file can give it."""
    shown: Any = default if default is not None else False
    return typer.Option(flag, help=help_text, rich_help_panel=panel, show_default=shown)


def ising(
    context: typer.Context,
    lattice: Annotated[
        str | None,
        _text(
            "--lattice",
            _MODEL,
            "chain, square, triangular, honeycomb, cubic or hypercubic.",
            "square",
        ),
    ] = None,
    size: Annotated[
        str | None,
        _text(
            "--size",
            _MODEL,
            "Extent L of all axes in cells, or 64x128 (y, x); even and odd.",
            "64; cubic 32",
        ),
    ] = None,
    boundary: Annotated[
        str | None,
        _text("--boundary", _MODEL, "periodic, open, or one for each axis: periodic,open (y, x)."),
    ] = None,
    coupling: Annotated[
        float | None, _text("--coupling", _MODEL, "J; energies are in its unit.", "1")
    ] = None,
    field: Annotated[float | None, _text("--field", _MODEL, "h.", "0")] = None,
    temperatures: Annotated[
        str | None,
        _text(
            "--temperatures",
            _MODEL,
            "from:to:number, or a list 2.0,2.269,2.5, or both joined by commas; k_B = 1.",
            "around T_c of the lattice, times |J|; square: 24 from 1.8 to 2.8",
        ),
    ] = None,
    update: Annotated[
        str | None,
        _text("--update", _RUN, "heatbath, metropolis, wolff or swendsen-wang.", "heatbath"),
    ] = None,
    sweeps: Annotated[
        int | None,
        _text("--sweeps", _RUN, "Sweeps measured at each temperature.", "some seconds' worth"),
    ] = None,
    thermalise: Annotated[
        int | None,
        _text("--thermalise", _RUN, "Sweeps before measuring.", "a fifth of --sweeps"),
    ] = None,
    every: Annotated[
        int | None,
        _text("--every", _RUN, "Sweeps from draw to draw.", "10, less if under 100 draws"),
    ] = None,
    replicas: Annotated[
        int | None, _text("--replicas", _RUN, "Lattices at each temperature.", "4")
    ] = None,
    seed: Annotated[int | None, _text("--seed", _RUN, "0 to 2^64 - 1.", "1")] = None,
    start: Annotated[str | None, _text("--start", _RUN, "ordered or random.", "ordered")] = None,
    device: Annotated[str | None, _text("--device", _RUN, "cpu or cuda.", "cpu")] = None,
    threads: Annotated[int | None, _text("--threads", _RUN, "CPU threads.", "all")] = None,
    out: Annotated[
        Path | None, _text("--out", _FILES, "HDF5 file for the draws; see kadanoff.scan.Scan.load.")
    ] = None,
    plot: Annotated[Path | None, _text("--plot", _FILES, "Figure: .png, .pdf or .svg.")] = None,
    json: Annotated[
        Path | None, _text("--json", _FILES, "The table as JSON; - writes it to stdout.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        _text("--checkpoint", _FILES, "File that a crash leaves behind whole.", "the --out file"),
    ] = None,
    checkpoint_every: Annotated[
        float | None, _text("--checkpoint-every", _FILES, "Seconds between checkpoints.", "30")
    ] = None,
    resume: Annotated[
        bool | None,
        _text("--resume", _FILES, "Go on from --checkpoint or --out, if there is one."),
    ] = None,
    config: Annotated[
        Path | None,
        _text("--config", _FILES, "TOML file of options; the command line goes first."),
    ] = None,
    quiet: Annotated[
        bool | None, _text("--quiet", _FILES, "Print only warnings and errors.")
    ] = None,
) -> None:
    """Scan the Ising model over temperatures, next to the exact solution."""
    from .options import gather
    from .scanning import scan_and_report

    raise typer.Exit(scan_and_report(gather(context.params)))
