"""The command line: ``kadanoff`` and ``python -m kadanoff``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import kadanoff

from .anneal import anneal
from .bench import bench
from .free_energy import free_energy
from .info import info
from .ising import ising
from .rbm import app as rbm
from .reproducing import app as reproduce
from .temper import temper


class _Commands(TyperGroup):
    """Commands whose errors are one line on stderr and exit status 2."""

    def main(self, *args: Any, **extra: Any) -> Any:
        standalone = extra.pop("standalone_mode", True)
        try:
            status = super().main(*args, **{**extra, "standalone_mode": False})
        except (KeyboardInterrupt, typer.Abort):
            status = 130
        except Exception as error:
            text = _error_text(error)
            if text is None:
                raise
            typer.echo(f"Error: {text}", err=True)
            status = 2
        if standalone:
            sys.exit(status or 0)
        return status


def _error_text(error: Exception) -> str | None:
    """Return one line for what a user can get wrong; None for a fault of the program."""
    if hasattr(error, "format_message"):
        return " ".join(str(error.format_message()).split())
    if isinstance(error, OSError) and error.strerror:
        text = error.strerror
        if not text.startswith("["):
            text = f"[kadanoff] expected to use a file, got: {text}"
        return text if error.filename is None else f"{text}: {error.filename}"
    text = str(error)
    if isinstance(error, MemoryError) and not text.startswith("["):
        return f"[kadanoff] expected enough memory, got: {text or 'none left'}"
    return text if isinstance(error, kadanoff.Error) or text.startswith("[") else None


app = typer.Typer(
    name="kadanoff",
    cls=_Commands,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(ising)
app.command()(anneal)
app.command()(temper)
app.command()(free_energy)
app.add_typer(rbm)
app.add_typer(reproduce)
app.command()(info)
app.command()(bench)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    prefix: Annotated[
        bool,
        typer.Option("--prefix", help="Print where include/ and lib/cmake/kadanoff/ are."),
    ] = False,
) -> None:
    """Monte Carlo engine for statistical physics."""
    if version:
        typer.echo(kadanoff.__version__)
    elif prefix:
        typer.echo(Path(kadanoff.__file__).parent)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line."""
    app(prog_name="kadanoff")
