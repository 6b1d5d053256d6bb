"""The exceptions of the package."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """Base of the package's own exceptions."""


class FileError(Error, ValueError):
    """A file that is not what it should be: foreign, damaged, truncated or hostile."""


class DivergenceError(Error, ArithmeticError):
    """A training whose parameters are no longer numbers, or have grown beyond all bounds."""


class MemoryLimitError(Error, MemoryError):
    """Work that would take more memory than it may; none was asked for."""


class Interrupted(KeyboardInterrupt):
    """A run that Ctrl-C stopped.

    Attributes
    ----------
    run : Run or None
        What was sampled until then.
    """

    def __init__(self, message: str = "", run: Any = None) -> None:
        super().__init__(message)
        self.run = run
