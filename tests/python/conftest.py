"""What tests in several folders ask for."""

from __future__ import annotations

import pytest

from kadanoff.reproductions import Progress


@pytest.fixture(scope="session")
def progress() -> Progress:
    """Check what a reproduction says of its progress, and show nothing."""

    def checked(done: int, total: int, what: str) -> None:
        assert 0 <= done <= total
        assert what

    return checked
