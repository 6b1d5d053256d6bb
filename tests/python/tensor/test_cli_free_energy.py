"""``kadanoff free-energy``: what it prints and writes, and how it refuses."""

from __future__ import annotations

import json
import math
import re

import pytest
from typer.testing import CliRunner

import kadanoff as kd
from kadanoff.cli import app, free_energies

SHORT = ["--method", "ctmrg", "--chi", "8", "--temperatures", "2.0,2.5,3"]


def invoke(*words):
    return CliRunner().invoke(app, ["free-energy", *(str(word) for word in words)])


def solved(*words):
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result


def test_the_table():
    lines = solved(*SHORT).stdout.splitlines()
    assert lines[0] == "Ising square, J = 1, h = 0; ctmrg, chi = 8"
    assert re.split(r"\s{2,}", lines[2].strip()) == [
        "T",
        "free energy",
        "error",
        "energy",
        "exact",
        "m",
        "exact",
    ]
    rows = [line.split() for line in lines[3:6]]
    assert [row[0] for row in rows] == ["2", "2.5", "3"]
    for row in rows:
        exact = kd.exact.onsager(1.0 / float(row[0]))
        assert abs(float(row[1]) + float(row[0]) * exact.log_z) < 1e-6
        assert abs(float(row[2])) < 1e-6
        assert row[4] == f"{exact.energy:.6f}"
        assert abs(float(row[3]) - exact.energy) < 1e-4
        assert row[6] == f"{exact.magnetization:.6f}"
        assert len(row) == 7
    assert lines[-2] == "per site, k_B = 1; f = -T ln Z / N; error: of f, relative to Onsager's"
    assert lines[-1] == "add --plot free_energy.png for a figure"


def test_files(tmp_path):
    plot, table = tmp_path / "f.svg", tmp_path / "f.json"
    result = solved(*SHORT, "--plot", plot, "--json", table)
    assert result.stdout.splitlines()[-1] == f"written: {plot}, {table}"
    assert "</svg>" in plot.read_text()
    content = json.loads(table.read_text())
    assert {name: content[name] for name in ("lattice", "method", "chi", "steps")} == {
        "lattice": "square",
        "method": "ctmrg",
        "chi": 8,
        "steps": None,
    }
    direct = kd.tensor.thermodynamics(0.5, method="ctmrg", chi=8)
    row = content["rows"][0]
    assert row["temperature"] == 2.0
    for name in ("free_energy", "energy", "magnetization"):
        assert row[name] == getattr(direct, name)
    exact = kd.exact.onsager(0.5)
    assert row["exact_free_energy"] == -2.0 * exact.log_z
    assert math.isclose(row["error"], direct.free_energy / (-2.0 * exact.log_z) - 1, abs_tol=1e-15)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.json", "f.svg"]


def test_json_on_stdout_is_alone_there():
    result = solved(*SHORT, "--json", "-")
    assert len(json.loads(result.stdout)["rows"]) == 3
    assert "free energy" in result.stderr
    assert solved(*SHORT, "--quiet").output == ""


@pytest.mark.parametrize("method", ["trg", "btrg", "hotrg", "boundary-mps"])
def test_other_methods_and_lattices(method, tmp_path):
    """Without an exact solution the columns of errors are left out."""
    words = ["--lattice", "honeycomb", "--temperatures", "2", "--chi", "4", "--field", "0.1"]
    plot = tmp_path / "f.png"
    lines = solved(*words, "--method", method, "--plot", plot).stdout.splitlines()
    assert lines[0] == f"Ising honeycomb, J = 1, h = 0.1; {method}, chi = 4"
    assert re.split(r"\s{2,}", lines[2].strip()) == ["T", "free energy", "energy", "m"]
    reference = kd.tensor.thermodynamics(0.5, "honeycomb", "ctmrg", chi=8, field=0.1)
    assert abs(float(lines[3].split()[1]) - reference.free_energy) < 1e-3
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_temperatures_of_a_lattice():
    settings = free_energies.Settings("triangular", None, -2.0, 0.0, "trg", 8, None)
    temperatures = free_energies._temperatures(settings)
    assert len(temperatures) == 11
    assert temperatures[0] < 2 * 4 / math.log(3) < temperatures[-1]
    descending = settings._replace(temperatures="3:1:3")
    assert free_energies._temperatures(descending) == [1.0, 2.0, 3.0]


def test_an_antiferromagnet_has_no_magnetisation():
    lines = solved(*SHORT, "--coupling", "-1", "--steps", "9").stdout.splitlines()
    assert lines[0] == "Ising square, J = -1, h = 0; ctmrg, chi = 8, 9 steps"
    assert [line.split()[5:7] for line in lines[3:6]] == [["0.000000", "0.000000"]] * 3


def test_a_warning_where_it_has_not_converged():
    result = solved("--method", "ctmrg", "--chi", "8", "--temperatures", "2.25,5", "--steps", "4")
    lines = result.stdout.splitlines()
    assert lines[3].rstrip().endswith("!")
    assert "Warning: not converged at T = 2.25" in result.stderr
    quiet = solved("--method", "ctmrg", "--temperatures", "2.25", "--steps", "3", "--quiet")
    assert quiet.stdout == ""
    assert quiet.stderr.startswith("Warning: not converged at T = 2.25; raise --steps")


def test_temperatures_of_all_repetitions():
    repeated = solved(*SHORT[:4], "--temperatures", "2.5,3", "--temperatures", "2.0")
    assert repeated.stdout == solved(*SHORT).stdout


WRONG = {
    "--lattice kagome": (
        "[free-energy] expected --lattice to be one of 'square', 'triangular', 'honeycomb', "
        "'cubic', got 'kagome'"
    ),
    "--method dmrg": (
        "[free-energy] expected method to be one of 'exact', 'trg', 'bond-weighted-trg', "
        "'hotrg', 'ctmrg', 'boundary-mps', got 'dmrg'"
    ),
    "--chi 0": "[free-energy] expected chi in [1, 512], got 0",
    "--steps 0": "[free-energy] expected steps in [1, 200], got 0",
    "--temperatures 0": "[free-energy] expected temperatures > 0 and finite, got 0.0",
    "--temperatures nan": "[free-energy] expected temperatures > 0 and finite, got nan",
    "--temperatures 1:2": (
        "[free-energy] expected --temperatures as from:to:number or as a list 2.0,2.269,2.5 of at "
        "most 100000, got '1:2'"
    ),
    "--coupling 0": "[free-energy] expected --temperatures where --coupling is 0",
    "--coupling nan": "[free-energy] expected a finite --coupling, got nan",
    "--field inf": "[free-energy] expected a finite field, got inf",
    "--plot f.txt": "[free-energy] expected --plot to end in .png, .pdf, .svg, got f.txt",
    "--json nowhere/f.json": (
        "[free-energy] expected a file to write as --json, got no directory nowhere: nowhere/f.json"
    ),
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_options(words):
    result = invoke(*words.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"Error: {WRONG[words]}\n"


def test_ctrl_c_keeps_what_is_done(monkeypatch):
    solve = free_energies._solve

    def interrupted(settings, temperature):
        if temperature == 3.0:
            raise KeyboardInterrupt
        return solve(settings, temperature)

    monkeypatch.setattr(free_energies, "_solve", interrupted)
    result = invoke(*SHORT)
    assert result.exit_code == 130
    assert "stopped after 2 of 3 temperatures" in result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()[3:5]] == ["2", "2.5"]
