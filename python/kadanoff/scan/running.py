"""Running a scan to its end: steps, checkpoints and signals."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import Interrupted

if TYPE_CHECKING:
    import os

    from .scan import Scan

STEP_SECONDS = 0.1
"""A signal waits for the end of a step, or of one sweep where that takes longer."""


class Stopped(Interrupted):
    """A scan that a signal stopped between two sweeps.

    Attributes
    ----------
    run : Run or None
        The draws so far.
    signal : signal.Signals
        What stopped it.
    """

    def __init__(self, message: str, run: Any, number: int) -> None:
        super().__init__(message, run)
        self.signal = signal.Signals(number)


def finish(
    scan: Scan,
    on_progress: Callable[[Scan], None] | None,
    checkpoint: str | os.PathLike[str] | None,
    checkpoint_every: float,
    stop_signals: Iterable[signal.Signals] | None,
) -> None:
    """Do what `Scan.finish` says."""
    if not (math.isfinite(checkpoint_every) and checkpoint_every >= 0.0):
        raise ValueError(
            "[Scan.finish] expected checkpoint_every >= 0 and finite, "
            f"got {checkpoint_every} seconds"
        )
    with _caught([signal.SIGINT] if stop_signals is None else stop_signals) as received:
        saved_at = time.monotonic()
        sweeps = 1
        while not (scan.done or received):
            begin = time.perf_counter()
            scan.advance(sweeps)
            sweeps = _next_step(sweeps, time.perf_counter() - begin)
            if on_progress is not None:
                on_progress(scan)
            if checkpoint is not None and time.monotonic() - saved_at >= checkpoint_every:
                scan.save(checkpoint)
                saved_at = time.monotonic()
        if checkpoint is not None:
            scan.save(checkpoint)
    if received and not scan.done:
        text = f"[Scan.finish] stopped at sweep {scan.sweep} of {scan.total_sweeps}"
        raise Stopped(text, scan.run, received[0])


def _next_step(sweeps: int, seconds: float) -> int:
    """Choose as many sweeps as take about `STEP_SECONDS`, at most four times the last ones."""
    return max(1, int(sweeps * min(4.0, STEP_SECONDS / max(seconds, 1e-9))))


@contextlib.contextmanager
def _caught(signals: Iterable[signal.Signals]) -> Iterator[list[int]]:
    """Collect signals in a list in place of what they would do."""
    received: list[int] = []
    before: dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        chosen = [one for one in signals if signal.getsignal(one) is not signal.SIG_IGN]
    else:
        chosen = []
    try:
        for one in chosen:
            before[one] = signal.signal(one, lambda number, frame: received.append(number))
        yield received
    finally:
        for one, handler in before.items():
            signal.signal(one, signal.SIG_DFL if handler is None else handler)
