"""JSON as output of commands."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ..storage.replacing import replacing

STDOUT = Path("-")


def write(content: dict[str, Any], path: Path) -> None:
    """Write `content` to a file, all or nothing, or to stdout for the path ``-``."""
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    if path == STDOUT:
        sys.stdout.write(text)
        return
    with replacing(path) as descriptor, os.fdopen(os.dup(descriptor), "w", encoding="utf-8") as out:
        out.write(text)
