"""How far a contraction is: slices done, told to a function or shown by a bar."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from kadanoff.live_bar import live_bar

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
    with live_bar("contracting", slices, ("count", "slices", "left")) as bar:
        yield bar.show
