"""The page on networks runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

PAGE = (Path(__file__).parents[3] / "docs" / "nn.md").read_text(encoding="utf-8")


def test_python_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 3
    names: dict[str, Any] = {}
    exec("\n".join(blocks[:3]), names)
    assert names["share"] > 0.85
    assert names["logits"].shape == (len(names["test"]), 2)
    assert (names["again"].spins == names["data"].spins).all()
    assert names["part"].packed.in_file
