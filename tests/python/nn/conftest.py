"""What the tests of networks have in common."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Let PyTorch, where it is installed, use one thread: its sums depend on their number."""
    if importlib.util.find_spec("torch") is None:
        yield
        return
    from kadanoff import nn

    with nn.torch_threads(1):
        yield
