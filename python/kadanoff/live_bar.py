"""A bar on standard error that shows how far a call is, for as long as it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

Show = Callable[[int, str], None]


@contextlib.contextmanager
def live_bar(what: str, total: int, unit: str | None = None) -> Iterator[Show]:
    """Give a function that moves the bar to what is done, and says something about it.

    With a `unit` the bar counts in it; without one it shows per cent and what it is told.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn() if unit is None else MofNCompleteColumn(),
        TextColumn("{task.fields[numbers]}" if unit is None else unit),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    # Drawn when it is told something: a thread of its own would take time from the kernels.
    console = Console(stderr=True)
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as bar:
        task = bar.add_task(what, total=total, numbers="")

        def show(done: int, numbers: str) -> None:
            bar.update(task, completed=done, numbers=numbers)
            bar.refresh()

        yield show
