"""The command line: what it prints and writes, and how it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import kadanoff as kd
from exact_ground_states import energies
from kadanoff import _core
from kadanoff.cli import app, measuring, options
from kadanoff.scan import Scan

SHORT = ["--size", "16", "--temperatures", "2.0,2.5,3.0,4.0", "--sweeps", "2000", "--seed", "3"]


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def ising(*words):
    result = invoke("ising", *words)
    assert result.exit_code == 0, result.output
    return result


def error(*words):
    result = invoke(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("Error: ").rstrip("\n")


def test_the_table_of_a_scan():
    lines = ising(*SHORT).stdout.splitlines()
    assert lines[0].startswith("Ising square 16x16, J = 1, h = 0, heatbath, seed 3; checkerboard-")
    assert lines[1] == "4 temperatures x 4 replicas, 400 + 2000 sweeps, a draw every 10"
    (head,) = [number for number, line in enumerate(lines) if line.split()[:1] == ["T"]][:1]
    assert re.split(r"\s{2,}", lines[head].strip()) == [
        "T",
        "energy",
        "exact",
        "|m|",
        "susceptibility",
        "specific heat",
        "Binder",
        "tau",
        "flips/ns",
    ]
    rows = [line.split() for line in lines[head + 1 : head + 5]]
    assert [row[0] for row in rows] == ["2.0", "2.5", "3.0", "4.0"]
    for row in rows:
        assert row[2] == "+-"
        exact = kd.exact.kaufman(16, 1.0 / float(row[0])).energy
        assert row[4] == f"{exact:.5f}"
        assert abs(float(row[1]) - exact) < 5.0 * float(row[3])
        assert float(row[10]) > 0.0
    assert "|m| ████" in "\n".join(lines)
    assert "add --plot ising.png for a figure" in lines[-1]


def test_out_plot_and_json(tmp_path):
    out, plot, table = tmp_path / "run.h5", tmp_path / "run.png", tmp_path / "run.json"
    result = ising(*SHORT, "--out", out, "--plot", plot, "--json", table)
    assert result.stdout.splitlines()[-1] == f"written: {out}, {plot}, {table}"
    scan = Scan.load(out)
    direct = Scan(kd.Ising(kd.Square(16)), [2.0, 2.5, 3.0, 4.0], sweeps=2000, seed=3)
    direct.finish()
    assert np.array_equal(scan.run["energy"], direct.run["energy"])
    assert plot.read_bytes().startswith(b"\x89PNG")
    content = json.loads(table.read_text())
    assert content["rows"][0]["energy"] == scan.table().rows[0].energy.mean
    assert content["seed"] == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5", "run.json", "run.png"]


def test_json_on_stdout_is_alone_there():
    result = ising(*SHORT, "--json", "-")
    assert [row["temperature"] for row in json.loads(result.stdout)["rows"]] == [2.0, 2.5, 3.0, 4.0]
    assert "Binder" in result.stderr
    assert json.loads(ising(*SHORT, "--json", "-", "--quiet").stdout)["seed"] == 3


def test_quiet_prints_warnings_only():
    assert ising(*SHORT, "--quiet").output == ""
    result = ising(*SHORT, "--quiet", "--sweeps", "20")
    assert result.stdout == ""
    assert result.stderr.startswith("Warning: short at T = 2, 2.5, 3, 4 (R-hat above 1.01, ")


def test_no_exact_energy_in_a_field_or_on_a_cubic_lattice():
    words = ["--temperatures", "4.5,5", "--sweeps", "200"]
    for model in (["--size", "8", "--field", "0.5"], ["--lattice", "cubic", "--size", "4"]):
        lines = ising(*words, *model).stdout.splitlines()
        rows = [line.split() for line in lines if re.match(r" *(4\.5|5\.0) ", line)]
        assert [row[4] for row in rows] == ["-", "-"]


LATTICES = {
    "chain 7": "open",
    "square 3x4": "periodic,open",
    "square 3x5": "periodic",
    "triangular 4x3": "periodic",
    "triangular 3x4": "open,periodic",
    "honeycomb 2x3": "open",
    "cubic 2x3x2": "open",
    "hypercubic 2x2x2x1": "open",
}


@pytest.mark.parametrize("name", LATTICES)
def test_every_lattice_and_boundary_against_all_states(name):
    """A bond too many or too few changes these energies by 0.02 at least, ten errors."""
    lattice, size = name.split()
    words = ["--lattice", lattice, "--size", size, "--boundary", LATTICES[name]]
    words += ["--temperatures", "3", "--sweeps", "20000", "--seed", "2", "--field", "0.1"]
    words += ["--replicas", "64"]
    lines = ising(*words).stdout.splitlines()
    edges = "" if LATTICES[name] == "periodic" else f" {LATTICES[name]}"
    assert lines[0].startswith(f"Ising {lattice} {size}{edges}, J = 1, h = 0.1, heatbath, seed 2; ")
    (row,) = [line.split() for line in lines if line.startswith("3 ")]
    made = options.scan_arguments({"lattice": lattice, "size": size, "boundary": LATTICES[name]})
    graph = made["model"].lattice
    n = graph.n_sites
    states = energies(n, graph.bonds, np.ones(graph.n_bonds), np.full(n, 0.1))
    weights = np.exp(-(states - states.min()) / 3.0)
    exact = float(states @ weights / weights.sum() / n)
    assert row[4] == "-"
    assert float(row[3]) < 2.5e-3
    assert abs(float(row[1]) - exact) < 4.5 * float(row[3])


def test_kaufman_only_for_unfrustrated_tori():
    words = ["--temperatures", "3", "--sweeps", "100"]
    for more, known in {
        ("--size", "5"): True,
        ("--size", "5", "--coupling", "-1"): False,
        ("--size", "6", "--boundary", "open"): False,
    }.items():
        lines = ising(*words, *more).stdout.splitlines()
        (row,) = [line.split() for line in lines if line.startswith("3 ")]
        assert (row[4] != "-") == known


def test_resume_and_extend(tmp_path):
    out = tmp_path / "run.h5"
    result = ising(*SHORT, "--out", out, "--resume")
    assert f"{out} is not there yet: starting from the beginning" in result.stdout
    part = out.read_bytes()
    result = ising("--out", out, "--resume")
    assert f"going on from {out}, sweep 2400" in result.stdout
    assert out.read_bytes() == part
    ising("--out", out, "--resume", "--sweeps", "3000", "--threads", "1")
    ising(*SHORT, "--sweeps", "3000", "--thermalise", "400", "--out", tmp_path / "straight.h5")
    assert out.read_bytes() == (tmp_path / "straight.h5").read_bytes()


def test_a_finished_file_is_replaced_and_an_unfinished_one_is_not(tmp_path):
    out = tmp_path / "run.h5"
    ising(*SHORT, "--out", out)
    ising(*SHORT, "--out", out)
    scan = Scan.load(out)
    scan.extend(5000)
    scan.save(out)
    text = error("ising", *SHORT, "--out", out)
    assert text == (
        f"[ising] expected --resume, or another file, got the unfinished scan {out} (sweep 2400 of "
        "5400)"
    )


def test_a_configuration_file(tmp_path):
    config = tmp_path / "scan.toml"
    config.write_text(
        "size = [16, 12]\ntemperatures = [2.0, 2.5]\n\n[ising]\nsweeps = 500\n"
        'update = "metropolis"\n'
        "coupling = 2\ncheckpoint_every = 5\nquiet = true\n"
    )
    out = tmp_path / "run.h5"
    result = ising("--config", config, "--sweeps", "300", "--out", out)
    assert result.stdout == ""
    settings = Scan.load(out).settings()
    expected = {"shape": [16, 12], "sweeps": 300, "update": "metropolis", "coupling": 2.0}
    assert {name: settings[name] for name in expected} == expected


WRONG_CONFIGS = {
    "sizes = 3": "one of the keys boundary, checkpoint, .*, update, got sizes",
    "[other]\nsize = 3": "one of the keys .*, got other",
    'sweeps = "many"': "an integer as sweeps, got 'many'",
    "sweeps = 1.5": "an integer as sweeps, got 1.5",
    "sweeps = true": "an integer as sweeps, got True",
    'field = "strong"': "a number as field, got 'strong'",
    "update = 3": "a text as update, got 3",
    "resume = 1": "true or false as resume, got 1",
    "size = 1.5": "an integer, a list of them or a text .* as size, got 1.5",
    "temperatures = [true]": "a list of numbers or a text .* as temperatures, got .True.",
    "ising = 3": "ising as a table, got 3",
    "seed = 1\n[ising]\nseed = 2": "seed once, got it twice",
    "size = = 3": r"a TOML file, got: Invalid value \(at line 1, column 8\)",
    "config = 'a'": "one of the keys .*, got config",
}


@pytest.mark.parametrize("content", WRONG_CONFIGS)
def test_wrong_configuration_files(tmp_path, content):
    config = tmp_path / "scan.toml"
    config.write_text(content)
    text = error("ising", "--config", config)
    assert re.fullmatch(rf"\[config\] expected {WRONG_CONFIGS[content]}: {config}", text)


WRONG_OPTIONS = {
    "--lattice hexagonal": (
        "[ising] expected --lattice to be one of 'square', 'cubic', 'chain', 'triangular', "
        "'honeycomb', 'hypercubic', got 'hexagonal'"
    ),
    "--size 0": "[Square] expected extent in [2, 34359738368], got 0",
    "--size large": "[ising] expected --size as an integer or as 64x128, got 'large'",
    "--size 4x4x4": "[Square] expected 2 extents, got 3",
    "--boundary helical": (
        "[ising] expected --boundary as periodic, open or periodic,open, got 'helical'"
    ),
    "--boundary open,open,periodic": "[Square] expected periodic for 2 axes, got 3",
    "--lattice hypercubic --size 4": "[Hypercubic] expected a sequence of extents, got 4",
    "--temperatures 1:2": "[ising] expected --temperatures as from:to:number or as a list 2.0,2.269"
    ",2.5 of at most 100000, got '1:2'",
    "--temperatures 1:2:0": "[ising] expected --temperatures as from:to:number or as a list 2.0,2.2"
    "69,2.5 of at most 100000, got '1:2:0'",
    "--temperatures 1,,2": "[ising] expected --temperatures as from:to:number or as a list 2.0,2.26"
    "9,2.5 of at most 100000, got '1,,2'",
    "--temperatures 0:1:3": "[Scan] expected temperatures > 0 and finite, got 0.0",
    "--temperatures 2,2": "[Scan] expected temperatures that differ, got 2.0 twice",
    "--coupling nan": "[Ising] expected a finite coupling, got nan",
    "--sweeps 0": "[Scan] expected sweeps in [1, 1099511627776], got 0",
    "--sweeps 5 --every 6": "[Scan] expected every in [1, 5], got 6",
    "--update wolf": "[Sampler] expected update to be one of 'heatbath', 'metropolis', 'wolff', "
    "'swendsen-wang', got 'wolf'",
    "--seed 18446744073709551616": (
        "[Sampler] expected seed in [0, 18446744073709551615], got 18446744073709551616"
    ),
    "--threads 0": "[Sampler] expected threads in [1, 4096], got 0",
    "--checkpoint-every -1": "[ising] expected --checkpoint-every >= 0 and finite, got -1.0",
    "--resume": "[ising] expected --out or --checkpoint to go with --resume, got neither",
    "--plot run.gif": "[ising] expected --plot to end in .png, .pdf, .svg, got run.gif",
    "--out /": "[ising] expected a file to write as --out, got a directory: /",
    "--out /dev/null": "[ising] expected a file to write as --out, got a device: /dev/null",
    "--json none/t.json": (
        "[ising] expected a file to write as --json, got no directory none: none/t.json"
    ),
    "--config none.toml": "[kadanoff] expected to use a file, got: No such file or directory: none"
    ".toml",
}


@pytest.mark.parametrize("words", WRONG_OPTIONS)
def test_wrong_options(words):
    assert error("ising", *words.split()) == WRONG_OPTIONS[words]


@pytest.mark.parametrize("words", ["--sweeps many", "--sweep 3", "surplus"])
def test_wrong_usage_is_one_line(words):
    assert re.search("many|--sweep|surplus", error("ising", *words.split()))


def test_unknown_commands_are_one_line():
    assert "potts" in error("potts")


def test_resuming_with_other_options_is_refused(tmp_path):
    out = tmp_path / "run.h5"
    ising(*SHORT, "--out", out)
    for words, text in {
        "--size 32": "--size 16,16 as in {}, got 32,32",
        "--seed 4": "--seed 3 as in {}, got 4",
        "--field 1": "--field 0.0 as in {}, got 1.0",
        "--lattice cubic": "--lattice square as in {}, got cubic",
        "--boundary open": "--boundary periodic as in {}, got open",
        "--boundary periodic,open": "--boundary periodic as in {}, got periodic,open",
        "--temperatures 1:2:9": "--temperatures 2,2.5,3,4 as in {}, got 1,1.125,1.25,1.375,1.5,"
        "1.625,1.75,1.875,... (9 values)",
    }.items():
        found = error("ising", *words.split(), "--out", out, "--resume")
        assert found == f"[ising] expected {text.format(out)}"
    found = error("ising", "--sweeps", "100", "--out", out, "--resume")
    assert found.startswith("[Scan.extend] expected sweeps in [2000, ")


def test_a_damaged_file_is_one_line(tmp_path):
    out = tmp_path / "run.h5"
    ising(*SHORT, "--out", out)
    out.write_bytes(out.read_bytes()[:2000])
    text = error("ising", "--out", out, "--resume")
    assert text.startswith("[load] expected a Kadanoff scan file, got ")


@pytest.mark.skipif(bool(_core.cuda_device_name()), reason="this machine has a CUDA device")
def test_cuda_is_never_replaced_silently():
    text = error("ising", *SHORT, "--device", "cuda")
    assert text.startswith("[Sampler] expected a ")
    assert "for device 'cuda', got " in text


def test_ctrl_c_while_thermalising_keeps_nothing_and_says_so():
    words = "ising --size 512 --temperatures 2.2 --sweeps 1000000000"
    # A shell that starts the tests in the background makes them, and their children, ignore SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "kadanoff", *words.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout.readline().startswith("Ising square 512x512")
    process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert re.fullmatch(
        "no draws yet: the scan was still thermalising\n"
        r"stopped at sweep \d+ of 1200000000\n"
        "nothing was saved: --out or --checkpoint make a scan resumable\n",
        errors,
    )


def test_info():
    lines = invoke("info").stdout.splitlines()
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in lines)
    assert facts["version"] == kd.__version__
    assert facts["rng version"] == str(kd.rng_version)
    assert facts["instruction sets"] == ", ".join(_core.available_isas())
    content = json.loads(invoke("info", "--json").stdout)
    assert content["active_instruction_set"] == _core.active_isa()
    assert content["threads"] == len(os.sched_getaffinity(0))
    assert content["built_with_cuda"] is _core.built_with_cuda


def test_info_names_a_wrong_instruction_set(monkeypatch):
    monkeypatch.setenv("KADANOFF_ISA", "mmx")
    assert error("info") == "[KADANOFF_ISA] expected scalar, avx2 or avx512, got mmx"


def test_bench(tmp_path):
    path = tmp_path / "bench.json"
    result = invoke("bench", "--quick", "--json", path)
    assert result.exit_code == 0, result.output
    content = json.loads(path.read_text())
    assert len(content["checks"]) == 6
    isas = _core.available_isas()
    assert [rate["isa"] for rate in content["kernels"]] == isas * 2
    for rate in content["kernels"] + content["threads_scaling"]:
        assert 0.0 < rate["low"] <= rate["median"] <= rate["high"]
    for name in ("machine", "compiler", "commit", "version", "active_instruction_set"):
        assert name in content
    assert all(isa in result.stdout for isa in isas)


def test_bench_refuses_to_time_wrong_answers(monkeypatch):
    # 1 % off in temperature: 0.02 in energy, at errors of 1e-3.
    monkeypatch.setattr(measuring.kd, "exact", WrongExact())
    text = error("bench", "--quick")
    assert text.startswith("[bench] expected an energy within 5 sigma of -1.0")


class WrongExact:
    def kaufman(self, shape, beta):
        from kadanoff.exact import kaufman

        return kaufman(shape, beta * 0.99)


def test_the_prefix_holds_the_cmake_package():
    command = [sys.executable, "-m", "kadanoff", "--prefix"]
    prefix = Path(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    )
    assert prefix == Path(kd.__file__).parent
    assert (prefix / "lib/cmake/kadanoff/kadanoffConfig.cmake").is_file()
    assert (prefix / "include/kadanoff/sampler.hpp").is_file()


def test_version_and_help():
    assert invoke("--version").stdout == f"{kd.__version__}\n"
    for words in ([], ["--help"]):
        result = invoke(*words)
        assert result.exit_code == 0
        for command in ("ising", "info", "bench"):
            assert command in result.stdout
    text = invoke("ising", "--help").stdout
    for name in (*options.INTEGERS, *options.REALS, *options.TEXTS, *options.PATHS):
        assert f"--{name}" in text


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from kadanoff.cli import main\n"
        "sys.argv = ['kadanoff', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'scipy', 'h5py', 'matplotlib', 'arviz_stats', 'xarray'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_lists_of_temperatures():
    assert options.parse_temperatures("2.0,2.269,2.5") == [2.0, 2.269, 2.5]
    assert options.parse_temperatures("1.8:2.8:21") == np.linspace(1.8, 2.8, 21).tolist()
    assert options.parse_temperatures("2:2:1,3") == [2.0, 3.0]
    assert options.parse_size("64X32") == [64, 32]


def test_the_plain_command_is_affordable():
    """Some 1e11 flips: 10 s of two cores with AVX2 at 6 flips/ns each."""
    for lattice in options.DEFAULTS:
        scan = Scan(**options.scan_arguments({"lattice": lattice}))
        assert 7e10 < scan.flips_per_sweep * scan.total_sweeps < 1e11
    huge = options.scan_arguments({"size": 2048})
    assert huge["sweeps"] == 1000
