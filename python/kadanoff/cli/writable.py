"""Files that commands are asked to write, looked at before the work and not after it."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import Error


class OptionError(Error, ValueError):
    """A wrong option, on the command line or in a configuration file."""


def check(call: str, name: str, path: Path) -> None:
    """Find out before the simulation, not after it, that a file cannot be written.

    Raises
    ------
    OptionError
        If `path` is a directory or a device, or lies where nothing can be written.
    """
    if path.exists() and not path.is_file():
        fault = "a directory" if path.is_dir() else "a device"
    elif not path.parent.is_dir():
        fault = f"no directory {path.parent}"
    elif not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        fault = "a write-protected place"
    else:
        return
    raise OptionError(f"[{call}] expected a file to write as --{name}, got {fault}: {path}")


def check_suffix(call: str, name: str, path: Path, known: tuple[str, ...]) -> None:
    """Refuse a file whose suffix does not say one of the `known` formats."""
    if path.suffix.lower() not in known:
        raise OptionError(f"[{call}] expected --{name} to end in {', '.join(known)}, got {path}")
