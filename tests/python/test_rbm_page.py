"""The page on restricted Boltzmann machines runs, and its numbers are what is known of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import pages
from kadanoff import cli


def test_python_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(pages.blocks("docs/rbm.md")) == 7
    names = pages.run("docs/rbm.md")
    error = names["likelihood"].std() / 5000**0.5
    assert -4.0 * error < names["divergence"] < 0.1 + 4.0 * error < 0.3
    exact, estimate = names["log_z"], names["estimate"]
    assert abs(estimate - exact) < 4.0 * estimate.standard_error < 0.1
    assert estimate.reliable
    assert names["found"].mixed
    assert names["distance"].p_value > 0.01
    assert names["done"].samples.shape == (6, 16, 16)
    assert (tmp_path / "completed.png").read_bytes().startswith(b"\x89PNG")
    assert np.isfinite(names["trainer"].history["pseudo_likelihood"]).all()
    assert "mixed in 5000 steps" in capsys.readouterr().out


def test_commands_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer epochs, steps and units."""
    monkeypatch.chdir(tmp_path)
    lines = [
        line for line in pages.text("docs/rbm.md").splitlines() if line.startswith("kadanoff rbm ")
    ]
    assert [line.split()[2] for line in lines] == ["train", "train", "sample", "score"]
    fewer = {"200": "2", "400": "3", "--hidden 100": "--hidden 12", "5000": "50", "1000": "20"}
    for line in lines:
        for many, few in fewer.items():
            line = line.replace(many, few)
        result = CliRunner().invoke(cli.app, shlex.split(line)[1:])
        assert result.exit_code == 0, result.output
    for name in ("samples.npz", "samples.png", "figures/weights.png", "digits.h5"):
        assert (tmp_path / name).is_file()
