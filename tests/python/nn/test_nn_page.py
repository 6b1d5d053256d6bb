"""The page on networks runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import pages

pytest.importorskip("torch")


def test_python_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(pages.blocks("docs/nn.md")) >= 3
    names = pages.run("docs/nn.md", 3)
    assert names["share"] > 0.85
    assert names["logits"].shape == (len(names["test"]), 2)
    assert (names["again"].spins == names["data"].spins).all()
    assert names["part"].packed.in_file
