"""``kadanoff rbm``: what it prints and writes, how it goes on, and what it refuses."""

from __future__ import annotations

import gzip
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import kadanoff as kd
from kadanoff import cli, storage
from kadanoff.cli.rbm import data as sources
from kadanoff.cli.rbm import training
from kadanoff.rbm.training.settings import METHODS

ROW = r" *(\d+) +(\S+(?: \+- \S+)?) +(\S+) +(\S+) +(\S+) +(\S+)"
QUICK = ("--hidden", 6, "--epochs", 6, "--every", 2, "--chains", 50)


def invoke(*words: object) -> Any:
    return CliRunner().invoke(cli.app, ["rbm", *map(str, words)])


def run(*words: object) -> Any:
    result = invoke(*words)
    assert result.exit_code == 0, result.output
    return result


def error(*words: object) -> str:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    return str(result.stderr.removeprefix("Error: ").rstrip("\n"))


def rows_of(output: str) -> list[tuple[str, ...]]:
    return [match.groups() for match in re.finditer(f"^{ROW}$", output, flags=re.M)]


def without_times(path: Path) -> Any:
    content = json.loads(path.read_text())
    return {**content, "rows": [{**row, "seconds": 0} for row in content["rows"]]}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine of 16 + 5 units that mixes."""
    weights = np.random.default_rng(1).normal(0.0, 0.5, size=(16, 5))
    kd.RBM(weights, np.linspace(-1, 1, 16)).save(tmp_path / "machine.h5")
    return tmp_path / "machine.h5"


# Training.


def test_train_prints_exact_likelihoods_and_writes_a_machine(tmp_path: Path) -> None:
    out, table = tmp_path / "bs.h5", tmp_path / "bs.json"
    words = ("--hidden", 8, "--epochs", 600, "--every", 200)
    words += ("--optimizer", "adam", "--learning-rate", 0.005)
    result = run("train", "bars-and-stripes:3", *words, "-o", out, "--json", table)
    lines = result.stdout.splitlines()
    assert lines[0] == "bars-and-stripes:3: 14 samples of 9 units, none held out"
    assert lines[1] == "RBM(9 visible, 8 hidden units), pcd-1, adam, 600 epochs, seed 1"
    assert lines[2] == "log-likelihoods per sample in nats; exact log Z"
    rows = rows_of(result.stdout)
    assert [row[0] for row in rows] == ["0", "200", "400", "600"]
    rbm, patterns = kd.RBM.load(out), kd.datasets.bars_and_stripes(3, 3)
    states = np.array(list(np.ndindex(*[2] * 9)))
    log_z = np.logaddexp.reduce(-rbm.free_energy(states))
    likelihood = -rbm.free_energy(patterns).mean() - log_z
    assert float(rows[-1][1]) == pytest.approx(log_z, rel=1e-5)
    assert float(rows[-1][2]) == pytest.approx(likelihood, abs=6e-4)
    assert (rows[-1][3], rows[0][4]) == ("-", "-")
    assert likelihood > float(rows[0][2]) + 2.0
    gap = -math.log(14) - likelihood
    assert lines[-2] == (
        f"best possible {-math.log(14):.3f} (exact): Kullback-Leibler divergence {gap:.3f} at end"
    )
    assert lines[-1] == f"written: {out}, {table}"
    content = json.loads(table.read_text())
    assert content["rows"][-1]["train"] == pytest.approx(likelihood, abs=1e-9)
    assert (content["rows"][-1]["error"], content["rows"][-1]["test"]) == (0.0, None)
    assert content["entropy"] == pytest.approx(math.log(14))
    assert sorted(tmp_path.iterdir()) == [out, table]


def test_train_is_the_trainer(tmp_path: Path) -> None:
    """The same machine as from Python, with the data split by the same seed."""
    out = tmp_path / "m.h5"
    data = (np.random.default_rng(1).random((60, 10)) < 0.3).astype(np.uint8)
    np.save(tmp_path / "data.npy", data)
    words = ("--method", "cd", "-k", 2, "--seed", 5, "--batch-size", 7, "--weight-decay", 0.01)
    words += ("--visible-units", "spin", "--not-centred", "--optimizer", "sgd", "--threads", 1)
    run("train", tmp_path / "data.npy", *QUICK, *words, "-o", out)
    zeros = np.zeros(60, dtype=np.int64)
    train, _ = kd.datasets.Dataset(2 * data.astype(np.int8) - 1, zeros, (10,)).split(0.2, 5)
    rbm = kd.RBM.random(10, 6, train.data, seed=5, visible_units="spin")
    trainer = kd.RBMTrainer(
        rbm,
        "cd",
        2,
        batch_size=7,
        chains=50,
        optimizer="sgd",
        weight_decay=0.01,
        centred=False,
        seed=5,
    )
    assert kd.RBM.load(out) == trainer.fit(train.data, 6).rbm


def test_resumed_is_uninterrupted(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.h5", tmp_path / "parts.h5"
    words = ("train", "bars-and-stripes:3x4", *QUICK)
    run(*words, "-o", whole, "--json", tmp_path / "whole.json")
    run(*words, "-o", parts, "--epochs", 3)
    before = kd.RBM.load(parts)
    result = run(*words, "-o", parts, "--resume", "--json", tmp_path / "parts.json")
    assert result.stdout.startswith(f"going on from {parts}, epoch 3\n")
    assert kd.RBM.load(parts) == kd.RBM.load(whole) != before
    first, second = (without_times(tmp_path / f"{name}.json") for name in ("whole", "parts"))
    assert [row["epoch"] for row in second["rows"]] == [0, 2, 3, 4, 6]
    assert [row for row in second["rows"] if row["epoch"] != 3] == first["rows"]
    # With nothing left to do, nothing changes; a file that is not there yet is a new training.
    run(*words, "-o", parts, "--resume")
    assert kd.RBM.load(parts) == kd.RBM.load(whole)
    run(*words, "-o", tmp_path / "new.h5", "--resume")
    assert kd.RBM.load(tmp_path / "new.h5") == kd.RBM.load(whole)


def test_ctrl_c_keeps_whole_epochs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, whole = tmp_path / "m.h5", tmp_path / "whole.h5"
    words = ("train", "bars-and-stripes:3x4", *QUICK)
    run(*words, "-o", whole)
    after = training.Run._after_epoch

    def stop(self: Any, bar: Any) -> None:
        after(self, bar)
        if self.training.trainer.epoch == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training.Run, "_after_epoch", stop)
        result = invoke(*words, "-o", out)
    assert result.exit_code == 130
    assert result.stderr == (
        "stopped after epoch 5 of 6\n"
        f"go on with: kadanoff rbm train bars-and-stripes:3x4 -o {out} --resume --epochs 6\n"
    )
    assert [row[0] for row in rows_of(result.stdout)] == ["0", "2", "4"]
    run("train", "bars-and-stripes:3x4", "-o", out, "--resume", "--epochs", 6)
    assert kd.RBM.load(out) == kd.RBM.load(whole)


def test_a_diverging_training_keeps_its_last_machine(tmp_path: Path) -> None:
    out = tmp_path / "m.h5"
    words = ("--optimizer", "sgd", "--learning-rate", 1e6, "-o", out, "--quiet")
    assert re.match(r"\[fit\] ", error("train", "bars-and-stripes:3", *QUICK, *words))
    assert np.isfinite(kd.RBM.load(out).weights).all()


def test_patience_keeps_the_best_machine(tmp_path: Path) -> None:
    """Twenty units learn fifteen samples by heart; the held-out likelihood falls."""
    data = np.random.default_rng(2).random((30, 8)) < 0.5
    np.save(tmp_path / "data.npy", data)
    out, table = tmp_path / "m.h5", tmp_path / "m.json"
    words = ("--hidden", 20, "--epochs", 2000, "--every", 10, "--held-out", 0.5, "--patience", 3)
    result = run(
        "train", tmp_path / "data.npy", *words, "--learning-rate", 0.05, "-o", out, "--json", table
    )
    content = json.loads(table.read_text())
    tests = [row["test"] for row in content["rows"]]
    assert content["epoch"] < 2000
    best = content["best_epoch"]
    assert f"kept: the machine of epoch {best}\n" in result.stdout
    assert best == content["rows"][1 + int(np.argmax(tests[1:]))]["epoch"]
    assert content["epoch"] == best + 30
    scored = json.loads(run("score", out, tmp_path / "data.npy", "--json", "-").stdout)
    assert scored["samples"] == 30


def test_train_draws_all_figures(tmp_path: Path) -> None:
    folder = tmp_path / "figures"
    run("train", "ising:4:2.5:200", *QUICK, "-o", tmp_path / "m.h5", "--figures", folder, "--quiet")
    names = ("free_energies", "inpainting", "likelihood", "samples", "spectrum", "weights")
    assert sorted(folder.iterdir()) == [folder / f"{name}.png" for name in names]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in folder.iterdir())


def test_train_without_an_exact_log_z(tmp_path: Path) -> None:
    """25 + 25 units: AIS, with an error."""
    words = ("--hidden", 25, "--epochs", 1, "--ais-chains", 100, "--chains", 50)
    words += ("--learning-rate", 0.001)
    result = run("train", "ising:5:3.0:300", *words, "-o", tmp_path / "m.h5")
    assert "log Z by AIS, 1 sigma" in result.stdout
    rows = rows_of(result.stdout)
    assert [row[0] for row in rows] == ["0", "1"]
    rbm = kd.RBM.load(tmp_path / "m.h5")
    # Weights are so small that the mean of the energy with independent units does for ln Z.
    v = 1.0 / (1.0 + np.exp(-rbm.visible_bias))
    h = 1.0 / (1.0 + np.exp(-rbm.hidden_bias))
    exact = -np.log(1.0 - v).sum() - np.log(1.0 - h).sum() + v @ rbm.weights @ h
    value, measured_error = map(float, rows[1][1].split(" +- "))
    assert abs(value - exact) < 0.02
    assert 0.0 < measured_error < 0.01


def test_unreliable_estimates_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    kd.RBM(rng.normal(0.0, 2.0, size=(30, 30))).save(tmp_path / "m.h5")
    np.save(tmp_path / "data.npy", rng.integers(0, 2, (20, 30)))
    words = ("score", tmp_path / "m.h5", tmp_path / "data.npy", "--ais-chains", 20)
    result = run(*words, "--ais-betas", 2)
    assert result.stderr.startswith("Warning: few chains carry the estimate of log Z")


def test_a_configuration_file_is_the_command_line(tmp_path: Path) -> None:
    config = tmp_path / "train.toml"
    config.write_text('hidden = 4\nepochs = 3\nmethod = "cd"\nbatch-size = 5\nseed = 9\n')
    run("train", "bars-and-stripes:2", "--config", config, "--hidden", 5, "-o", tmp_path / "a.h5")
    words = ("--epochs", 3, "--method", "cd", "--batch-size", 5, "--seed", 9, "--hidden", 5)
    run("train", "bars-and-stripes:2", *words, "-o", tmp_path / "b.h5", "--quiet")
    assert kd.RBM.load(tmp_path / "a.h5") == kd.RBM.load(tmp_path / "b.h5")
    assert kd.RBM.load(tmp_path / "a.h5").n_hidden == 5


def test_results_do_not_depend_on_threads(tmp_path: Path) -> None:
    paths = [tmp_path / f"{threads}.h5" for threads in (1, 2)]
    for threads, path in enumerate(paths, 1):
        run("train", "bars-and-stripes", *QUICK, "--threads", threads, "-o", path)
    assert kd.RBM.load(paths[0]) == kd.RBM.load(paths[1])


WRONG_TRAIN = {
    "digitz": "[rbm] expected digits, bars-and-stripes, ising:L:T, mnist:FOLDER or a file, "
    "got digitz",
    "ising:8": "[rbm] expected ising:L:T or ising:LxM:T:number, got ising:8",
    "ising:8:cold": "[rbm] expected ising:L:T or ising:LxM:T:number, got ising:8:cold",
    "ising:8:2:1:1": "[rbm] expected ising:L:T or ising:LxM:T:number, got ising:8:2:1:1",
    "ising:a:2": "[rbm] expected extents such as 8 or 8x16, got ising:a:2",
    "ising:2x3x4:2": "[rbm] expected the extents of a square lattice, got ising:2x3x4:2",
    "ising:8:-1": "[ising] expected finite temperatures of 1e-12 or more, got -1",
    "bars-and-stripes:4x4x4": "[rbm] expected bars-and-stripes:HxW, got bars-and-stripes:4x4x4",
    "bars-and-stripes:99": "[bars_and_stripes] expected height in [1, 16], got 99",
    "bars-and-stripes --hidden 0": "[rbm] expected hidden: greater than or equal to 1, got 0",
    "bars-and-stripes --optimizer adagrad": "[rbm] expected optimizer: 'adam' or 'sgd', "
    "got 'adagrad'",
    "bars-and-stripes --method hmc": "[RBMTrainer] expected method to be one of {}, got 'hmc'",
    "bars-and-stripes --held-out 1": "[rbm] expected held_out: less than 1, got 1.0",
    "bars-and-stripes --held-out 0.001": "[split] expected held_out in (0, 1) that leaves samples "
    "on both sides of 30, got 0.001",
    "bars-and-stripes --patience 2": "[fit] expected validation data for patience, got None",
    "bars-and-stripes --out m.npz": "[rbm] expected --out to end in .h5, got m.npz",
    "bars-and-stripes --out none/m.h5": "[rbm] expected a file to write as --out, got no directory "
    "none: none/m.h5",
    "bars-and-stripes --figures none/figures": "[rbm] expected a folder for --figures, got no "
    "directory none: none/figures",
    "bars-and-stripes --config none.toml": "[kadanoff] expected to use a file, got: No such file "
    "or directory: none.toml",
}


@pytest.mark.parametrize("words", WRONG_TRAIN)
def test_wrong_options_of_train(words: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    given = words.split() if "--out" in words else [*words.split(), "--out", "m.h5"]
    methods = ", ".join(map(repr, METHODS))
    assert error("train", *given, "--quiet") == WRONG_TRAIN[words].replace("{}", methods)
    assert list(tmp_path.iterdir()) == []


def test_wrong_configurations(tmp_path: Path) -> None:
    config = tmp_path / "train.toml"
    words = ("train", "bars-and-stripes", "--config", config, "-o", tmp_path / "m.h5")
    for text, fault in {
        "layers = 3": "no key layers, got 3",
        "hidden = 3.5": "hidden: a valid integer, got 3.5",
        'seed = "one"': "seed: a valid integer, got 'one'",
    }.items():
        config.write_text(text)
        assert error(*words) == f"[rbm] expected {fault}"
    config.write_text("hidden =")
    assert re.fullmatch(rf"\[rbm\] expected a TOML file, got: .*: {config}", error(*words))


def test_few_samples_are_learned_by_default(tmp_path: Path) -> None:
    out = tmp_path / "m.h5"
    result = run("train", "bars-and-stripes:3", "--hidden", 16, "--chains", 100, "-o", out)
    assert ", 750 epochs, seed 1\n" in result.stdout
    patterns = kd.datasets.bars_and_stripes(3, 3)
    assert kd.RBM.load(out).log_likelihood(patterns).mean() > -math.log(14) - 1.5
    many = run("train", "ising:3:3:5000", *QUICK[:2], "-o", out, "--force")
    assert ", 50 epochs, seed 1\n" in many.stdout


def test_names_of_files_are_printed_as_they_are(tmp_path: Path, machine: Path) -> None:
    out = tmp_path / ":100:[bold].npy"
    result = run("sample", machine, "--chains", 5, "--steps", 5, "-o", out)
    assert f"{out}\n" in result.stdout


def test_nothing_is_overwritten(tmp_path: Path, machine: Path) -> None:
    before = machine.read_bytes()
    words = ("train", "bars-and-stripes", *QUICK, "-o", machine)
    assert error(*words) == f"[rbm] expected --resume, --force or a new file, got {machine}"
    # A machine without its training cannot go on.
    assert error(*words, "--resume") == (
        f"[rbm] expected a machine with its training, got one alone in {machine}"
    )
    assert machine.read_bytes() == before
    run(*words, "--force")
    assert kd.RBM.load(machine).n_hidden == 6
    for option, value, stored in (("--hidden", 7, 6), ("--seed", 2, 1), ("-k", 3, 1)):
        name = option if option != "-k" else "--k"
        assert error(*words, "--resume", option, value) == (
            f"[rbm] expected {name} {stored} as in {machine}, got {value}"
        )
    for option, value in (("--held-out", 0.5), ("--learning-rate", 0.5), ("--batch-size", 7)):
        assert error(*words, "--resume", option, value) == (
            f"[rbm] expected no {option} as in {machine}, got {value}"
        )
    assert error(*words, "--resume", "--epochs", 5) == (
        f"[rbm] expected --epochs of 6 or more, as done in {machine}, got 5"
    )
    words = ("train", "bars-and-stripes:5", "-o", machine, "--resume")
    assert error(*words) == (
        f"[rbm] expected --data bars-and-stripes as in {machine}, got bars-and-stripes:5"
    )
    _, tree = storage.read(machine, "rbm", {1})
    for name, value in {"rows": np.full((1, 7), np.nan), "shape": np.array([4, 5])}.items():
        changed = {**tree, "training": {**tree["training"], name: value}}
        storage.write(tmp_path / "changed.h5", "rbm", 1, changed)
        expected = {"rows": "epochs from 0 on", "shape": "a shape of 16 units"}[name]
        text = error("train", "bars-and-stripes", "-o", tmp_path / "changed.h5", "--resume")
        assert text.startswith(f"[load] expected {expected} as '/training/{name}', got an array")
    (tmp_path / "noise.h5").write_bytes(b"noise")
    assert error("sample", tmp_path / "noise.h5").startswith("[load] expected ")


# Data.


def test_files_of_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 2, (20, 3, 4)).astype(np.uint8)
    grey = rng.integers(0, 256, (20, 3, 4)).astype(np.uint8)
    files = {
        "bits.npy": bits,
        "bool.npy": bits.astype(bool),
        "spin.npy": 2 * bits.astype(np.int8) - 1,
        "half.npy": 0.6 * bits.astype(np.float16),
        "wide.npy": np.asfortranarray(bits.astype(np.int64)),
    }
    for name, array in files.items():
        np.save(tmp_path / name, array)
    np.savez(tmp_path / "one.npz", bits)
    np.savez(tmp_path / "two.npz", visible=bits, hidden=grey)
    kd.datasets.write_idx(tmp_path / "bits-idx3-ubyte", bits * np.uint8(255))
    packed = gzip.compress((tmp_path / "bits-idx3-ubyte").read_bytes())
    (tmp_path / "bits-idx3-ubyte.gz").write_bytes(packed)
    names = [*files, "one.npz", "two.npz", "two.npz:visible", "bits-idx3-ubyte"]
    for name in [*names, "bits-idx3-ubyte.gz"]:
        found = sources.read(str(tmp_path / name), seed=1)
        assert (found.bits == bits.reshape(20, 12)).all(), name
        assert (found.bits.dtype, found.shape, found.entropy) == (np.uint8, (3, 4), None)
    assert sources.read(str(tmp_path / "half.npy"), 1, threshold=0.7).bits.sum() == 0
    found = sources.read(str(tmp_path / "two.npz:hidden"), seed=1)
    assert (found.bits == (grey > 127.5).reshape(20, 12)).all()
    np.save(tmp_path / "flat.npy", bits.reshape(20, 12))
    assert sources.read(str(tmp_path / "flat.npy"), seed=1).shape is None


def test_sets_of_data() -> None:
    digits = sources.read("digits", seed=1)
    assert (digits.bits.shape, digits.shape) == ((1797, 64), (8, 8))
    train, test = digits.split(None, 1)
    assert (len(train), len(test)) == (1438, 359)
    ising = sources.read("ising:4x6:2.27:50", seed=1)
    assert (ising.bits.shape, ising.shape) == ((50, 24), (4, 6))
    assert (ising.bits != sources.read("ising:4x6:2.27:50", seed=2).bits).any()
    small = sources.read("ising:4:2.5:10", seed=1)
    model = kd.Ising(kd.Square(4))
    _, p = kd.exact.probabilities(model, 0.4)
    assert small.entropy == pytest.approx(float(-(p * np.log(p)).sum()), rel=1e-9)
    assert set(np.unique(sources.values(ising.bits, "spin"))) == {-1, 1}


WRONG_DATA = {
    "text.npy": "[rbm] expected numbers, got dtype <U1: {path}",
    "three.npy": "[rbm] expected values 0 and 1, -1 and 1, grey values in [0, 1], or bytes, "
    "got 0 to 3: {path}",
    "nan.npy": "[rbm] expected values 0 and 1, -1 and 1, grey values in [0, 1], or bytes, "
    "got nan to nan: {path}",
    "flat.npy": "[rbm] expected an array of shape (n, n_visible) or (n, rows, columns), "
    "got shape (5,): {path}",
    "two.npz": "[rbm] expected {path}:NAME with one of a, b, got no name",
    "two.npz:c": "[rbm] expected {path}:NAME with one of a, b, got c",
    "three.npy:a": "[rbm] expected a name of an array after .npz only, got {path}:a",
}


@pytest.mark.parametrize("name", WRONG_DATA)
def test_wrong_files_of_data(name: str, tmp_path: Path, machine: Path) -> None:
    np.save(tmp_path / "text.npy", np.array([["a"]]))
    np.save(tmp_path / "three.npy", np.arange(4).reshape(2, 2))
    np.save(tmp_path / "nan.npy", np.full((2, 2), np.nan))
    np.save(tmp_path / "flat.npy", np.zeros(5))
    np.savez(tmp_path / "two.npz", a=np.zeros((2, 2)), b=np.zeros((2, 2)))
    path = tmp_path / name.partition(":")[0]
    assert error("score", machine, tmp_path / name) == WRONG_DATA[name].format(path=path)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".idx", ".gz"])
def test_damaged_files_of_data(suffix: str, tmp_path: Path, machine: Path) -> None:
    path = tmp_path / f"data{suffix}"
    path.write_bytes(b"noise that is no array")
    assert error("score", machine, path).startswith("[r")


def test_pickles_are_refused(tmp_path: Path, machine: Path) -> None:
    path = tmp_path / "data.npy"
    np.save(path, np.array([[{}]], dtype=object), allow_pickle=True)
    assert error("score", machine, path).startswith("[rbm] expected an array in the file, got: ")


# Sampling.


def test_sample_writes_what_the_chains_are(tmp_path: Path, machine: Path) -> None:
    npz, npy, figure = (tmp_path / f"samples.{suffix}" for suffix in ("npz", "npy", "png"))
    words = ("sample", machine, "--chains", 30, "--steps", 400, "--seed", 4)
    result = run(*words, "-o", npz, "--figure", figure)
    assert result.stdout.splitlines()[-1] == f"written: {npz}, {figure}"
    run(*words, "-o", npy, "--threads", 2, "--quiet")
    chains = kd.GibbsSampler(kd.RBM.load(machine), 30, seed=4)
    chains.run(400)
    with np.load(npz) as file:
        assert (file["visible"] == chains.visible).all()
        assert (file["hidden"] == chains.hidden).all()
        assert (file["beta"].tolist(), int(file["seed"]), int(file["steps"])) == (
            [1.0] * 30,
            4,
            400,
        )
    assert (np.load(npy) == chains.visible).all()
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_sample_compares_with_exact_means(machine: Path) -> None:
    result = run("sample", machine, "--chains", 400, "--steps", 600, "--json", "-")
    content = json.loads(result.stdout)
    rbm = kd.RBM.load(machine)
    states = np.array(list(np.ndindex(*[2] * 16)))
    weight = np.exp(-rbm.free_energy(states))
    exact = weight @ states / weight.sum()
    left = np.linalg.svd(rbm.weights.astype(float))[0]
    for k in range(3):
        row = content["rows"][f"mode_{k + 1}"]
        assert abs(row["exact"]) == pytest.approx(abs(exact @ left[:, k]), rel=1e-6)
        assert abs(row["mean"] - row["exact"]) < 4 * row["standard_error"]
    free = (weight @ rbm.free_energy(states)) / weight.sum()
    row = content["rows"]["free_energy"]
    assert abs(row["mean"] - free) < 4 * row["standard_error"]
    assert row["exact"] is None
    assert content["mixed"] is True
    assert "starts agree after 300 steps" in result.stderr
    hot = json.loads(run("sample", machine, "--beta", 0.5, "--json", "-").stdout)
    assert (hot["beta"], hot["rows"]["mode_1"]["exact"]) == (0.5, None)


def test_sample_warns_of_chains_that_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "two.h5"
    kd.RBM(np.full((12, 4), 2.0), [-4.0] * 12, [-12.0] * 4).save(path)
    result = run("sample", path, "--steps", 200)
    assert re.fullmatch(
        r"Warning: chains do not mix in 200 steps \(.*r_hat of mode_1 is .*\): these are no fair "
        r"samples; more --steps may help\n",
        result.stderr,
    )
    assert run("sample", path, "--steps", 200, "--no-check").stderr == ""
    assert json.loads(run("sample", path, "--json", "-").stdout)["mixed"] is False


@pytest.mark.parametrize("chains", [1, 3])
@pytest.mark.parametrize("steps", [1, 2, 17])
def test_short_samples(chains: int, steps: int, machine: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.npy"
    invoke("sample", machine, "--chains", chains, "--steps", steps, "-o", out)
    assert np.load(out).shape == (chains, 16)


def test_machines_of_trainers_are_sampled(machine: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "trainer.h5", tmp_path / "s.npy"
    kd.RBMTrainer(kd.RBM.load(machine), chains=10, seed=1).save(path)
    chains = kd.GibbsSampler(kd.RBM.load(machine), 4, seed=1)
    chains.run(20)
    run(
        "sample",
        path,
        "--chains",
        4,
        "--steps",
        20,
        "--no-check",
        "-o",
        out,
        "--figure",
        f"{out}.png",
    )
    assert (np.load(out) == chains.visible).all()


WRONG_SAMPLE = {
    "--chains 0": "[GibbsSampler] expected chains in [1, 2147483648], got 0",
    "--steps 0": "[rbm] expected --steps in [1, 549755813888], got 0",
    "--beta -1": "[GibbsSampler] expected beta in [0, 1e12], got -1",
    "--precision half": "[GibbsSampler] expected precision to be one of 'float32', 'fixed16', "
    "got 'half'",
    "--out s.txt": "[rbm] expected --out to end in .npz, .npy, got s.txt",
    "--figure s.gif": "[rbm] expected --figure to end in .png, .pdf, .svg, got s.gif",
    "--seed -1": "[GibbsSampler] expected seed in [0, 18446744073709551615], got -1",
}


@pytest.mark.parametrize("words", WRONG_SAMPLE)
def test_wrong_options_of_sample(words: str, machine: Path) -> None:
    assert error("sample", machine, *words.split()) == WRONG_SAMPLE[words]


# Scores.


def test_score_has_the_exact_values_beside_the_measured_ones(machine: Path, tmp_path: Path) -> None:
    rbm = kd.RBM.load(machine)
    chains = kd.GibbsSampler(rbm, 500, seed=9)
    chains.run(200)
    np.save(tmp_path / "data.npy", chains.visible)
    words = ("score", machine, tmp_path / "data.npy", "--seed", 3)
    content = json.loads(run(*words, "--json", "-").stdout)
    states = np.array(list(np.ndindex(*[2] * 16)))
    log_z = float(np.logaddexp.reduce(-rbm.free_energy(states)))
    assert content["log_z"] == pytest.approx(log_z, abs=1e-6)
    sampled = content["log_z_ais"]
    assert abs(sampled["log_z"] - log_z) < 4 * sampled["standard_error"]
    assert sampled["interval"][0] < sampled["log_z"] < sampled["interval"][1]
    values = -rbm.free_energy(chains.visible) - log_z
    found = content["log_likelihood"]
    error = values.std(ddof=1) / 500**0.5
    assert found["mean"] == pytest.approx(values.mean(), abs=1e-6)
    assert found["standard_error"] == pytest.approx(error)
    assert found["interval"] == pytest.approx(
        [values.mean() - 1.96 * error, values.mean() + 1.96 * error], rel=1e-4
    )
    assert content["pseudo_likelihood"]["mean"] == pytest.approx(
        rbm.pseudo_likelihood(chains.visible).mean()
    )
    # These data are of the machine; bits with means of 0.5 are not.
    assert content["energy_distance"]["p_value"] > 0.01
    noise = np.random.default_rng(4).integers(0, 2, (500, 16))
    np.save(tmp_path / "noise.npy", noise)
    wrong = json.loads(run("score", machine, tmp_path / "noise.npy", "--json", "-").stdout)
    assert wrong["energy_distance"]["p_value"] == 0.005
    assert wrong["log_likelihood"]["mean"] < found["mean"] - 1.0
    lines = run(*words).stdout.splitlines()
    assert lines[0] == f"{machine}: RBM(16 visible, 5 hidden units)"
    assert lines[3].split() == ["measured", "95", "%", "interval", "exact"]
    assert lines[4].split()[-1] == f"{log_z:.6f}"


def test_score_of_all_patterns_has_no_error_of_samples(machine: Path) -> None:
    content = json.loads(run("score", machine, "bars-and-stripes", "--json", "-").stdout)
    assert content["log_likelihood"]["standard_error"] == 0.0
    assert content["entropy"] == pytest.approx(math.log(30))
    last = run("score", machine, "bars-and-stripes").stdout.splitlines()[-1]
    gap = -content["entropy"] - content["log_likelihood"]["mean"]
    assert last == (
        f"best possible log-likelihood {-math.log(30):.3f} (exact); Kullback-Leibler divergence "
        f"{gap:.6g}"
    )


def test_score_refuses_data_of_another_size(machine: Path) -> None:
    assert error("score", machine, "bars-and-stripes:3") == (
        f"[rbm] expected DATA of 16 units as {machine} has, got 9"
    )
    missing = machine.with_name("none.h5")
    assert error("score", missing, "bars-and-stripes").endswith(str(missing))


def test_help() -> None:
    result = run()
    assert all(f"{name} " in result.stdout for name in ("train", "sample", "score"))
