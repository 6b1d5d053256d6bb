"""The Python of the README and of the pages of the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def text(page: str) -> str:
    """Return a page, named from the root."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[str]:
    """Return the blocks of Python of a page."""
    return re.findall(r"```python\n(.*?)```", text(page), re.DOTALL)


def run(page: str, first: int | None = None, **given: Any) -> dict[str, Any]:
    """Return the names that all blocks of a page, or the first ones, leave in one namespace."""
    found = blocks(page)
    assert found
    names: dict[str, Any] = dict(given)
    for number, block in enumerate(found[:first]):
        exec(compile(block, f"{page}, block {number}", "exec"), names)
    return names
