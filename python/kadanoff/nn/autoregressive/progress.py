"""A bar that shows how a training goes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from kadanoff.live_bar import live_bar

from .history import Record

Show = Callable[[int, Record], None]


@contextlib.contextmanager
def steps_bar(steps: int, sites: int, *, shown: bool) -> Iterator[Show]:
    """Give a function that moves the bar after each step, on standard error."""
    if not shown:
        yield lambda done, record: None
        return
    with live_bar("training", steps) as bar:
        yield lambda done, record: bar.show(done, described(record, sites))


def described(record: Record, sites: int) -> str:
    """Say how a step went, in a line.

    Examples
    --------
    >>> described(Record(0.5, 70.0, 1.25, -1.7, 0.3), 64)
    'beta 0.5, F/N < -2.1875, variance 1.2'
    """
    bound = -record.log_z / (record.beta * sites) if record.beta else float("-inf")
    return f"beta {record.beta:.4g}, F/N < {bound:.4f}, variance {record.variance:.2g}"
