"""A bar on a terminal that shows how far a call is, for as long as it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, TaskID


class Bar:
    """A bar that is live, or none.

    Parameters
    ----------
    display : rich.progress.Progress or None
        Where the bar is; without it all methods do nothing.
    task : int
        Its number there.
    """

    def __init__(self, display: Progress | None, task: TaskID | int = 0) -> None:
        self._display, self._task = display, task

    def show(
        self, done: int, numbers: str = "", *, what: str | None = None, total: int | None = None
    ) -> None:
        """Move it to what is done, and say something about it.

        Parameters
        ----------
        done : int
            Of `total`.
        numbers : str
            For the column "numbers".
        what, total
            In place of those before.
        """
        if self._display is not None:
            self._display.update(
                self._task,  # type: ignore[arg-type]
                completed=done,
                total=total,
                description=what,
                numbers=numbers,
            )
            self._display.refresh()

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """Take it away while something else is printed."""
        if self._display is None:
            yield
            return
        self._display.stop()
        yield
        self._display.start()


@contextlib.contextmanager
def live_bar(
    what: str,
    total: int | None,
    columns: Sequence[str] = ("percent", "numbers", "left"),
    *,
    console: Console | None = None,
    done: int = 0,
    shown: bool = True,
    ticking: bool = False,
) -> Iterator[Bar]:
    """Give a bar, which stands until the block ends.

    Parameters
    ----------
    what : str
        Before the bar.
    total : int or None
        What is to be done; None where that is not yet known.
    columns : sequence of str
        After the bar: "percent" or "count" done, "numbers" that are told, time "elapsed" or "left";
        any other text stands for itself.
    console : rich.console.Console, optional
        By default standard error.
    done : int
        At the start.
    shown : bool
        Whether there is a bar at all.
    ticking : bool
        Whether a thread of its own draws it four times a second: for work that tells nothing for
        long, since the thread takes time from the kernels. Otherwise it is drawn when it is told
        something.
    """
    if not shown:
        yield Bar(None)
        return
    from rich import console as consoles
    from rich.progress import Progress

    with Progress(
        *_columns(("what", "bar", *columns)),
        console=console or consoles.Console(stderr=True),
        auto_refresh=ticking,
        refresh_per_second=4,
        transient=True,
        # What is printed meanwhile stays on standard output where that is a file.
        redirect_stdout=consoles.Console().is_terminal,
    ) as display:
        yield Bar(display, display.add_task(what, total=total, completed=done, numbers=""))


def _columns(names: Sequence[str]) -> Iterator[ProgressColumn]:
    from rich import progress

    kinds = {
        "bar": progress.BarColumn,
        "percent": progress.TaskProgressColumn,
        "count": progress.MofNCompleteColumn,
        "elapsed": progress.TimeElapsedColumn,
        "left": progress.TimeRemainingColumn,
    }
    told = {"what": "{task.description}", "numbers": "{task.fields[numbers]}"}
    for name in names:
        text = told.get(name, name)
        yield kinds[name]() if name in kinds else progress.TextColumn(text, markup=False)
        if name == "left":
            yield progress.TextColumn("left")
