"""A bar that shows how a training goes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kadanoff.live_bar import live_bar

if TYPE_CHECKING:
    from .history import History

Show = Callable[["History"], None]


@contextlib.contextmanager
def epochs_bar(epochs: int, done: int, *, shown: bool) -> Iterator[Show]:
    """Give a function that moves the bar after each epoch, on standard error."""
    if not shown:
        yield lambda history: None
        return
    with live_bar("training", epochs) as bar:
        yield lambda history: bar.show(history.epochs - done, described(history))


def described(history: History) -> str:
    """Say how the last epoch went, in a line.

    Examples
    --------
    >>> from kadanoff.rbm.training.history import History, Record
    >>> record = Record(-14.5, -18.0, 0.0421, float("nan"), 0.001, 9.0, 1.5, 0.1, 0.2)
    >>> described(History([record], []))
    'score -14.50, pseudo-likelihood -18.00, reconstruction error 0.0421'
    """
    last = history.last
    parts = [
        f"pseudo-likelihood {last.pseudo_likelihood:.2f}",
        f"reconstruction error {last.reconstruction_error:.4f}",
    ]
    if last.score == last.score:
        parts.insert(0, f"score {last.score:.2f}")
    if last.acceptance == last.acceptance:
        parts.append(f"acceptance {last.acceptance:.2f}")
    return ", ".join(parts)
