"""``kadanoff anneal`` and ``kadanoff temper``: what they print and write, and how they refuse."""

from __future__ import annotations

import json
import re
import signal

import numpy as np
import pytest
from typer.testing import CliRunner

import kadanoff as kd
from exact_ground_states import square, square_couplings
from kadanoff import cli, instances
from kadanoff.cli import annealing, configuration, tempering
from kadanoff.live_bar import Bar

# K_3,3 with weights 1 and a triangle's worth of frustration: the largest cut is 9 + 1.
CUT = "6 10\n" + "".join(f"{i} {j} 1\n" for i in (1, 2, 3) for j in (4, 5, 6)) + "1 2 1\n"


def invoke(*words):
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def run(*words):
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result


def error(*words):
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("Error: ").rstrip("\n")


@pytest.fixture
def cut(tmp_path):
    path = tmp_path / "six.mc"
    path.write_text(CUT)
    return path


def bimodal_torus(extent, seed):
    """A plain edge list of a torus with +-1, and its exact ground-state energy."""
    lattice = kd.Square(extent)
    couplings = np.random.default_rng(seed).choice([-1.0, 1.0], lattice.n_bonds)
    text = "".join(
        f"{i} {j} {value:g}\n" for (i, j), value in zip(lattice.bonds, couplings, strict=True)
    )
    return text, square(*square_couplings((extent, extent), lattice.bonds, couplings))


def test_anneal_prints_the_largest_cut(cut):
    lines = run("anneal", cut, "--num-sweeps", "200", "--seed", "3").stdout.splitlines()
    assert lines[0] == "six (rudy): 6 spins, 10 couplings"
    assert re.fullmatch(r"100 reads x 200 sweeps, beta = \S+ to \S+, seed 3; \S+", lines[1])
    assert lines[3].split() == ["energy", "cut", "reads", "states"]
    assert lines[4].split()[:2] == ["-8", "9"]
    # The two ground states {1 2 3}, {4 5 6} and no other cut of 9.
    assert lines[4].split()[3] == "2"


def test_anneal_finds_the_proved_ground_state_and_writes_it(tmp_path):
    text, lowest = bimodal_torus(8, 1)
    path, out = tmp_path / "torus.txt", tmp_path / "best.txt"
    path.write_text(text)
    result = run("anneal", path, "--out", out, "--states", "3", "--beta-max", "3")
    assert result.stdout.splitlines()[-1] == f"written: {out}"
    rows = [line.split() for line in out.read_text().splitlines() if line[0] != "#"]
    assert len(rows) == 3
    instance = instances.read(path)
    for energy, value, reads, signs in rows:
        spins = np.array([1 if sign == "+" else -1 for sign in signs])
        assert float(energy) == float(value) == instance.energy(spins)
        assert int(reads) >= 1
    assert float(rows[0][0]) == lowest
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_anneal_writes_json_and_every_read(cut, tmp_path):
    words = ["anneal", cut, "--num-reads", "20", "--num-sweeps", "100"]
    table = json.loads(run(*words, "--out", "-").stdout)
    assert table["instance"] == {
        "name": "six",
        "format": "rudy",
        "spins": 6,
        "couplings": 10,
        "value": "cut",
        "best_known": None,
    }
    assert table["energies"][0] | {"reads": 0} == {
        "energy": -8.0,
        "value": 9.0,
        "reads": 0,
        "states": 2,
    }
    assert sum(level["reads"] for level in table["energies"]) == 20
    assert instances.read(cut).cut(table["states"][0]["spins"]) == 9.0
    run(*words, "--out", tmp_path / "best.h5", "--quiet")
    result = kd.AnnealResult.load(tmp_path / "best.h5")
    assert result.spins.shape == (20, 6)
    assert result.best.energy == -8.0
    run(*words, "--out", tmp_path / "best.json")
    assert json.loads((tmp_path / "best.json").read_text()) == table
    assert run(*words, "--quiet").output == ""


def test_anneal_compares_with_the_best_known_value(tmp_path):
    """A ferromagnetic ring of COOL's form: -1 per spin."""
    path = tmp_path / "latfile"
    path.write_text("6\n" + "".join(f"{i} {(i + 1) % 6} -1.0\n" for i in range(6)))
    words = ("anneal", path, "--num-sweeps", "200")
    assert "best known" not in run(*words).stdout
    for value, word in {"-1.0000001": "reached", "-1.1": "not reached", "-0.9": "improved"}.items():
        (tmp_path / "gs_energy").write_text(value)
        last = run(*words).stdout.splitlines()[-1]
        assert re.fullmatch(rf"best known energy: -\S+ \({word}\)", last)


def test_levels_collect_energies_that_differ_by_rounding():
    spins = 1 - 2 * (np.arange(5)[:, None] >> np.arange(3) & 1).astype(np.int8)
    energies = np.array([-3.0, -3.0 + 1e-12, -1.0, 0.5, 0.5 + 1e-6])
    result = kd.AnnealResult(spins, energies, np.array([4, 1, 2, 1, 1]))
    assert annealing.levels(result) == [(-3.0, 5, 2), (-1.0, 2, 1), (0.5, 1, 1), (0.500001, 1, 1)]


WRONG_ANNEAL = {
    "--num-reads 0": "[anneal] expected num_reads in [1, 2147483648], got 0",
    "--states 0": "[anneal] expected --states in [1, 2147483648], got 0",
    "--beta-min 2 --beta-max 1": "[anneal] expected beta_range to ascend from hot to cold, "
    "got (2.0, 1.0)",
    "--out best.csv": "[anneal] expected --out to end in .txt, .json, .h5, got best.csv",
    "--out none/best.txt": "[anneal] expected a file to write as --out, got no directory none: "
    "none/best.txt",
    "--format gset": "[read] expected format to be one of 'auto', 'rudy', 'qubo', 'sg', 'sgs', "
    "'cool', 'edges', got 'gset'",
}


@pytest.mark.parametrize("words", WRONG_ANNEAL)
def test_wrong_options_of_anneal(cut, words):
    assert error("anneal", cut, *words.split()) == WRONG_ANNEAL[words]


def test_a_wrong_instance_writes_nothing(cut, tmp_path):
    cut.write_text(CUT + "2 3 1\n")
    out = tmp_path / "best.txt"
    text = f"[read] expected 10 edges, as line 1 says, got 11: {cut}, line 12"
    assert error("anneal", cut, "--out", out) == text
    assert not out.exists()
    missing = tmp_path / "none.mc"
    assert error("anneal", missing).endswith(f"No such file or directory: {missing}")


def test_ctrl_c_while_annealing_writes_nothing(cut, tmp_path, monkeypatch):
    def stopped(*_, **__):
        raise kd.Interrupted("[anneal] stopped after 3 of 9 betas")

    monkeypatch.setattr(annealing.kd, "anneal", stopped)
    out = tmp_path / "best.txt"
    result = invoke("anneal", cut, "--out", out)
    assert result.exit_code == 128 + signal.SIGINT
    assert result.stderr == "[anneal] stopped after 3 of 9 betas: nothing was written\n"
    assert not out.exists()


GLASS = """
[model]
lattice = "square"
size = [6, 6]
couplings = "bimodal"
coupling_seed = 4

[tempering]
beta_min = 0.3
beta_max = 2.0
number = 6
replicas = 2
sweeps = 2000
thermalise = 500
draws = 400
houdayer = true
seed = 5
"""


@pytest.fixture
def glass(tmp_path):
    def write(text=GLASS, **output):
        rows = "".join(f'{name} = "{path}"\n' for name, path in output.items())
        path = tmp_path / "glass.toml"
        path.write_text(f"{text}\n[output]\n{rows}")
        return path

    return write


def test_temper(glass, tmp_path):
    files = {name: tmp_path / f"glass.{name}" for name in ("run", "state", "png", "json")}
    path = glass(run=files["run"], state=files["state"], plot=files["png"], json=files["json"])
    lines = run("temper", path).stdout.splitlines()
    assert lines[0].startswith("square 6x6, bimodal couplings (seed 4); ")
    assert lines[1] == (
        "6 temperatures x 2 replicas, 500 + 2000 sweeps, a draw every 5 sweeps, swaps every sweep, "
        "cluster moves every round"
    )
    head = ["beta", "T", "energy", "acceptance", "flow", "q^2"]
    (start,) = [number for number, line in enumerate(lines) if line.split() == head]
    rows = [line.split() for line in lines[start + 1 : start + 7]]
    assert [float(row[0]) for row in rows] == pytest.approx(
        np.geomspace(0.3, 2.0, 6).tolist(), rel=1e-5
    )
    assert rows[-1][-3] == "-"

    pt = direct(sweeps=500)
    pt.reset_statistics()
    direct_run = pt.sample(draws=400, every=5)
    content = json.loads(files["json"].read_text())
    for k, row in enumerate(content["rows"]):
        summary = direct_run.summary(float(pt.betas[k]))["energy"]
        assert (row["energy"], row["energy_error"]) == (summary.mean, summary.standard_error)
        assert f"{row['flow']:.3f}" == rows[k][-2]
    assert [row["acceptance"] for row in content["rows"]] == [*pt.acceptance.tolist(), None]
    assert content["round_trips"] == pt.round_trips.tolist()
    assert np.array_equal(kd.Run.load(files["run"])["energy"], direct_run["energy"])
    assert np.array_equal(kd.ParallelTempering.load(files["state"]).spins, pt.spins)
    assert files["png"].read_bytes().startswith(b"\x89PNG")

    lattice = kd.Square(6)
    couplings = kd.couplings.bimodal(lattice, 4)
    lowest = square(*square_couplings((6, 6), lattice.bonds, couplings))
    assert content["lowest_energy"] == lowest
    assert f"lowest energy {lowest:.10g}, {lowest / 36:.8g} per site" in lines


def direct(sweeps):
    """The simulation of `GLASS`, without the command."""
    lattice = kd.Square(6)
    model = kd.Ising(lattice, kd.couplings.bimodal(lattice, 4))
    betas = np.geomspace(0.3, 2.0, 6)
    pt = kd.ParallelTempering(model, betas, 2, seed=5, houdayer=True, start="random")
    pt.run(sweeps)
    return pt


def test_temper_an_instance_with_given_betas(tmp_path, glass):
    (tmp_path / "ring.txt").write_text("0 1 1\n1 2 1\n2 3 1\n3 0 -1\n")
    text = (
        f'[model]\ninstance = "{tmp_path / "ring.txt"}"\n'
        "[tempering]\nbetas = [0.5, 1.0]\nreplicas = 1\nsweeps = 400\n"
    )
    lines = run("temper", glass(text)).stdout.splitlines()
    assert lines[0].startswith("ring.txt, 4 spins; ")
    assert lines[1].startswith("2 temperatures x 1 replica, 80 + 400 sweeps, a draw every sweep, ")
    assert "lowest energy -2, -0.5 per site" in lines


def test_temper_with_equal_acceptance(glass):
    text = GLASS.replace("seed = 5", 'seed = 6\nspacing = "acceptance"').replace(
        "size = [6, 6]", "size = 12"
    )
    output = run("temper", glass(text)).stdout
    rows = re.findall(r"^ *(\S+) +\S+ +\S+ \+- \S+ +(\d\.\d+) ", output, flags=re.M)
    acceptances = [float(acceptance) for _, acceptance in rows[:5]]
    assert len(acceptances) == 5
    assert max(acceptances) - min(acceptances) < 0.2


def test_temper_writes_json_to_stdout_and_keeps_quiet(glass):
    content = json.loads(run("temper", glass(json="-")).stdout)
    assert len(content["rows"]) == 6
    assert run("temper", glass(), "--quiet").output == ""


WRONG_CONFIGS = {
    ("size = [6, 6]", "size = 6.5"): "model.size: a valid integer, got 6.5",
    (
        "size = [6, 6]",
        "",
    ): "in [model] a size of the lattice, got lattice, couplings, coupling_seed",
    ('"square"', '"kagome"'): "model.lattice: 'chain', 'square', 'triangular', 'honeycomb', "
    "'cubic' or 'hypercubic', got 'kagome'",
    ('"bimodal"', '"uniform"'): "model.couplings: 'bimodal' or 'gaussian', got 'uniform'",
    ("coupling_seed", "seed"): "no key model.seed, got 4",
    ('lattice = "square"', 'instance = "a.mc"\nlattice = "square"'): (
        "in [model] lattice or instance, got instance, lattice, size, couplings, coupling_seed"
    ),
    ("number = 6", "number = 1"): "tempering.number: greater than or equal to 2, got 1",
    ("number = 6", ""): "in [tempering] betas, or all of beta_min, beta_max and number, got "
    "beta_min, beta_max, replicas, sweeps, thermalise, draws, houdayer, seed",
    ("beta_min = 0.3", "beta_min = 0"): "in [tempering] beta_min > 0 for geometric spacing, got "
    "beta_min, beta_max, number, replicas, sweeps, thermalise, draws, houdayer, seed",
    ("draws = 400", "draws = 4000"): "in [tempering] at most as many draws as sweeps, 2000, got "
    "beta_min, beta_max, number, replicas, sweeps, thermalise, draws, houdayer, seed",
    ("sweeps = 2000", 'sweeps = "many"'): "tempering.sweeps: a valid integer, got 'many'",
    ("[tempering]", "[temper]"): "the key tempering, got none",
    ("[model]", "[model"): "a TOML file, got: .*",
}


@pytest.mark.parametrize("change", WRONG_CONFIGS)
def test_wrong_configurations(glass, change):
    path = glass(GLASS.replace(*change, 1))
    text = WRONG_CONFIGS[change]
    pattern = text if text.endswith(".*") else re.escape(text)
    assert re.fullmatch(rf"\[temper\] expected {pattern}: {path}", error("temper", path))


def test_wrong_values_are_refused_by_what_they_go_to(glass, tmp_path):
    for change, text in {
        ("replicas = 2", "replicas = 1"): "[ParallelTempering] expected at least 2 replicas for "
        "houdayer moves, got 1",
        ("[6, 6]", "[6, 6, 6]"): "[Square] expected 2 extents, got 3",
        ('"square"', '"square"\nboundary = "helical"'): "[ising] expected --boundary as periodic, "
        "open or periodic,open, got 'helical'",
    }.items():
        assert error("temper", glass(GLASS.replace(*change))) == text
    assert error("temper", glass(plot="flow.gif")) == (
        "[temper] expected --plot to end in .png, .pdf, .svg, got flow.gif"
    )
    assert error("temper", glass(run=tmp_path)).startswith(
        "[temper] expected a file to write as --run, got a directory"
    )


@pytest.mark.parametrize(("phase", "draws"), [("thermalising", 0), ("measuring", 6)])
def test_ctrl_c_while_tempering_keeps_the_draws_made(glass, tmp_path, monkeypatch, phase, draws):
    shown = []

    class Stopping(Bar):
        def show(self, done, numbers="", *, what=None, total=None):
            shown.append(what)
            if shown.count(phase) == 4:
                raise KeyboardInterrupt

    config = configuration.load(glass())
    pt = tempering.make(config)
    outcome = tempering.simulate(pt, config, Stopping(None))
    assert outcome.status == 128 + signal.SIGINT
    if not draws:
        assert outcome.run is None
        return
    assert outcome.run.n_draws == draws
    whole = direct(sweeps=500)
    assert np.array_equal(outcome.run["energy"], whole.sample(draws=draws, every=5)["energy"])

    def stopped(*_):
        return outcome

    monkeypatch.setattr(tempering, "simulate", stopped)
    kept = tmp_path / "kept.run"
    result = invoke("temper", glass(run=kept))
    assert result.exit_code == 130
    assert re.search("^stopped at sweep 0 of 2500$", result.stderr, flags=re.M)
    assert kd.Run.load(kept).n_draws == draws
