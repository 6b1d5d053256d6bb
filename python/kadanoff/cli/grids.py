"""Tables in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Grid


def make_grid(columns: Sequence[str], *, gap: int = 2) -> Grid:
    """Make an empty table without lines, its columns `gap` spaces apart and flush right."""
    grid = Grid(box=None, padding=(0, gap, 0, 0), header_style="bold")
    for column in columns:
        grid.add_column(column, justify="right", no_wrap=True)
    return grid


def width(grid: Grid) -> int:
    """Return the width that a table needs to show every cell."""
    return Console(width=10_000).measure(grid).maximum


def print_grid(grid: Grid, console: Console) -> None:
    """Print a table with all its digits, even where the terminal has to break the lines."""
    whole = Console(file=console.file, width=width(grid), quiet=console.quiet, highlight=False)
    whole.print(grid)
