"""``kadanoff reproduce rbm-mps`` finds what was published, and its checks can fail."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from kadanoff import cli
from kadanoff.reproductions import rbm_mps
from kadanoff.tensor.machines import rbm_states


def test_the_command(tmp_path: Path) -> None:
    words = ["reproduce", "rbm-mps", "--json", "-", "--plot", str(tmp_path / "figure.png")]
    result = CliRunner().invoke(cli.app, words)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert all(quantity["holds"] for quantity in report["quantities"])
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    entropies = np.array(report["series"]["half_chain_entropy"]).mean(axis=1)
    assert (np.diff(entropies[:6]) > 0.1).all()


def test_a_wrong_cut_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cut that ignores hidden units is larger than the ranks of many graphs."""
    right = rbm_states.minimum_cut

    def wrong(connected: np.ndarray, near: object) -> rbm_states.Cut:
        cut = right(connected, near)  # type: ignore[arg-type]
        units = np.zeros_like(cut.cut)
        units[list(near)] = True  # type: ignore[call-overload]
        return rbm_states.Cut(units, np.zeros_like(units))

    monkeypatch.setattr(rbm_states, "minimum_cut", wrong)
    above, below = rbm_mps._ranks(np.random.default_rng(1), 40)
    assert above.holds
    assert not below.holds
