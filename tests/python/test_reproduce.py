"""``kadanoff reproduce``: the frame around every reproduction, with a small one in it."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from kadanoff import cli, reproductions
from kadanoff.cli import reproducing
from kadanoff.reproductions import Quantity, Report, Reproduction


def compute(settings: Any, progress: Any) -> Report:
    progress(0, 1, "summing")
    value = 0.4407 + 0.001 * settings.seed
    return Report(
        (
            Quantity("beta_c", value, 0.0004, 0.44069, 0.002, "Onsager 1944"),
            Quantity("full", float(settings.full)),
        ),
        {"beta": np.array([0.4, np.nan]), "states": np.arange(3)},
        ("a [remark] in brackets",),
    )


def draw(figure: Any, report: Report) -> None:
    figure.subplots().plot(report.series["beta"])


@pytest.fixture
def app(monkeypatch):
    """The command line with one reproduction, named ``small``."""
    module = types.ModuleType("kadanoff.reproductions.small")
    module.REPRODUCTION = Reproduction("A small one", "Nobody (2000)", compute, draw)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(reproductions.KNOWN, "small", reproductions.Entry("small", "Shows it."))
    app = typer.Typer(cls=cli.app.info.cls)
    app.command("small", help="Shows it.")(reproducing.command("small"))
    app.callback()(lambda: None)
    return app


def invoke(app: Any, *words: object) -> Any:
    return CliRunner().invoke(app, [*map(str, words)])


def test_table_has_the_published_number_beside_ours(app):
    result = invoke(app, "small")
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert lines[:2] == ["A small one", "Nobody (2000)"]
    assert lines[4].split() == [
        *("beta_c", "0.44170", "+-", "0.00040", "0.44069", "+-", "0.002", "yes"),
        *("Onsager", "1944"),
    ]
    assert lines[5].split() == ["full", "0", "-", "-", "-"]
    assert lines[6] == "a [remark] in brackets"


def test_status_is_1_where_a_claim_does_not_hold(app):
    result = invoke(app, "small", "--seed", 9)
    assert result.exit_code == 1
    assert " NO " in result.stdout


def test_json_and_plot(app, tmp_path):
    report, plot = tmp_path / "report.json", tmp_path / "plot.svg"
    result = invoke(app, "small", "--full", "--json", report, "--plot", plot)
    assert result.stdout.splitlines()[-1] == f"written: {plot}, {report}"
    content = json.loads(report.read_text())
    assert content["series"] == {"beta": [0.4, None], "states": [0, 1, 2]}
    assert (content["full"], content["seed"], content["holds"]) == (True, 1, True)
    assert content["quantities"][0]["reference"] == 0.44069
    assert "<svg" in plot.read_text()


def test_json_on_stdout_is_alone_there(app):
    result = invoke(app, "small", "--json", "-")
    assert json.loads(result.stdout)["reproduction"] == "small"
    assert "beta_c" in result.stderr
    assert invoke(app, "small", "--quiet").output == ""


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--seed", "-1"], "[reproduce] expected seed in [0, 18446744073709551615], got -1"),
        (["--threads", "0"], "[reproduce] expected threads in [1, 4096], got 0"),
        (["--plot", "a.gif"], "[reproduce] expected --plot to end in .png, .pdf, .svg, got a.gif"),
        (
            ["--json", "none/a.json"],
            "[reproduce] expected a file to write as --json, got no directory none: none/a.json",
        ),
    ],
)
def test_wrong_options(app, words, text):
    result = invoke(app, "small", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: {text}\n"


def test_unknown_name():
    with pytest.raises(ValueError, match=r"^\[reproduce\] expected one of .*, got 'none'$"):
        reproductions.find("none")


def test_every_known_reproduction_has_its_module_and_command():
    known = {command.name for command in reproducing.app.registered_commands}
    assert known == set(reproductions.KNOWN)
    for name in reproductions.KNOWN:
        assert reproductions.find(name).title


def test_seeds_of_networks_are_those_that_pytorch_takes() -> None:
    assert reproductions.Settings(seed=7).network_seed(2) == 9
    assert reproductions.Settings(seed=2**64 - 1).network_seed() == 2**63 - 1
    assert reproductions.Settings(seed=2**64 - 1).network_seed(1) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(reproductions.KNOWN))
def test_everything_holds(name: str) -> None:
    """The fast setting of every reproduction, as its command runs it."""
    report = reproductions.find(name).compute(reproductions.Settings(), lambda *_: None)
    assert report.holds, [one for one in report.quantities if one.holds is False]
    assert any(one.holds for one in report.quantities)
