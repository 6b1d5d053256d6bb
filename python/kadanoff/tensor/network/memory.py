"""Sizes of memory: what a machine has, and how they are written."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from kadanoff import arguments

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?)\s*([KMGT]?)(i?)B?\s*", re.IGNORECASE)


def limit_in_bytes(call: str, limit: Any) -> int:
    """Return a limit such as 1e9, "1e9", "500 MB" or "2GiB" in bytes; the machine's for None."""
    if limit is None:
        return machine_memory()
    if isinstance(limit, str):
        match = _SIZE.fullmatch(limit)
        if match is None:
            text = f"[{call}] expected memory_limit in bytes or such as '2GiB', got {limit!r}"
            raise ValueError(text)
        number, unit, binary = match.groups()
        base = UNITS[unit.upper()] if binary else 10 ** (3 * list(UNITS).index(unit.upper()))
        limit = int(min(float(number) * base, 2.0**64))
    elif isinstance(limit, float) and limit.is_integer():
        limit = int(limit)
    return arguments.integer(call, "memory_limit", limit, 1, 2**63 - 1)


def machine_memory() -> int:
    """Return the bytes of memory that this process may use."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:  # a container may have less than the machine
        return min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    except (OSError, ValueError):
        return memory


def shown(size: float) -> str:
    """Return a number of bytes as a person writes it."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.4g} EiB"
