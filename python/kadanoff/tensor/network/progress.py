"""How far a contraction is: slices done, told to a function or shown by a bar."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

Progress = bool | Callable[[int, int], object]
Tell = Callable[[int], object]


def telling(
    call: str, progress: Any, slices: int
) -> contextlib.AbstractContextManager[Tell | None]:
    """Give what is told the number of slices done, None if nobody asked; TypeError otherwise."""
    if progress is False:
        return contextlib.nullcontext()
    if progress is True:
        return _bar(slices)
    if not callable(progress):
        raise TypeError(
            f"[{call}] expected True, False or a function of (done, slices) for progress, "
            f"got {progress!r}"
        )
    return _function(progress, slices)


@contextlib.contextmanager
def _function(progress: Callable[[int, int], object], slices: int) -> Iterator[Tell]:
    yield lambda done: progress(done, slices)
    progress(slices, slices)


@contextlib.contextmanager
def _bar(slices: int) -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("slices"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    # Drawn when the kernels ask for signals: a thread of its own would take time from them.
    console = Console(stderr=True)
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as bar:
        task = bar.add_task("contracting", total=slices)

        def show(done: int) -> None:
            bar.update(task, completed=done)
            bar.refresh()

        yield show
