"""``kadanoff temper``: parallel tempering as a TOML file describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def temper(
    config: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG.toml",
            help="TOML with tables model, tempering and output; see docs/instances.md.",
            show_default=False,
        ),
    ],
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only warnings and errors.")] = False,
) -> None:
    """Run the parallel tempering of a spin glass that a TOML file describes."""
    from .tempering import temper_and_report

    raise typer.Exit(temper_and_report(config, quiet=quiet))
