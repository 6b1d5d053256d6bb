"""How many threads PyTorch uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from kadanoff import arguments


@contextmanager
def torch_threads(threads: int | None) -> Iterator[None]:
    """Return a context in which PyTorch uses so many CPU threads; None changes nothing.

    Sums of floats depend on it: results are promised for one number of threads.

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> import torch
    >>> with torch_threads(1):
    ...     torch.get_num_threads()
    1
    """
    wanted = arguments.threads("torch_threads", threads)
    before = torch.get_num_threads()
    torch.set_num_threads(before if wanted is None else wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)
