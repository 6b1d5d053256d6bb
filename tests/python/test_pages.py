"""The Python of the README, and of the pages that have no test of their own, runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import kadanoff as kd
import pages


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages write their files into an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_readme(capsys: pytest.CaptureFixture[str]) -> None:
    """The numbers that it makes are held to what is known of them."""
    pytest.importorskip("torch")
    found = pages.run("README.md")
    printed = capsys.readouterr().out
    likelihood = float(re.findall(r"^-\d\.\d+$", printed, re.MULTILINE)[0])
    assert -3.65 < likelihood < -np.log(30)
    assert found["reads"].best.energy == found["pt"].best_energy.min()
    assert len(found["data"]) == 4 * 6400
    assert np.array_equal(kd.datasets.IsingDataset.load("configurations.h5").spins[::999],
                          found["data"].spins[::999])  # fmt: skip
    test = found["test"]
    rows = kd.nn.SpinDataset(test, test.temperatures > 2.269)
    assert kd.nn.accuracy(found["classifier"], rows) > 0.97
    bound = found["van"].importance_sample(20_000).free_energy
    exact = -kd.exact.kaufman((8, 8), beta=0.5).log_z / 0.5
    assert abs(bound.mean - exact) < 4.0 * bound.standard_error < 0.01
    np.testing.assert_allclose(found["c"], np.full((60, 40), 20.0 * 30 * 50))
    assert found["value"] == pytest.approx(40 * 60 * (20.0 * 30 * 50) ** 2)
    assert found["flow"].central_charge == pytest.approx(0.5, abs=0.01)
    assert found["flow"].scaling_dimensions[1] == pytest.approx(0.125, abs=0.003)
    assert found["result"].energy == pytest.approx(-28.175424, abs=1e-5)
    assert max(found["state"].bond_dimensions) <= 2**8
    assert kd.Sampler.load("state.h5").sweep == 12_000


def test_instances(tmp_path: Path) -> None:
    """With a small graph in the place of the file of DIMACS: a frustrated ring of six bonds."""
    edges = [(k + 1, (k + 1) % 6 + 1, 1 if k % 2 else -1) for k in range(6)]
    lines = ["6 6", *(" ".join(map(str, edge)) for edge in edges)]
    (tmp_path / "toruspm3-8-50").write_text("\n".join(lines) + "\n")
    found = pages.run("docs/instances.md")
    # An even number of bonds is cut: two of the three that count.
    assert found["instance"].cut(found["result"].best.spins) == 2


def test_tensor() -> None:
    pages.run("docs/tensor.md")


def test_tensor_circuits(tmp_path: Path) -> None:
    found = pages.run("docs/tensor_circuits.md")
    assert found["deep"].separation_rank([0, 2, 4, 6]) == 256
    assert found["machine"].energy_error < 1e-5
    assert found["machine"].scaling_dimensions(2)[1] == pytest.approx(0.125, abs=2e-3)
    assert found["larger"].energy_error < found["machine"].energy_error
    assert (tmp_path / "mera.h5").exists()


def test_tensor_coarse_graining() -> None:
    pages.run("docs/tensor_coarse_graining.md")


def test_tensor_states() -> None:
    rng = np.random.default_rng(1)
    weights, a, b = 0.1 * rng.normal(size=(20, 20)), rng.normal(size=20), rng.normal(size=20)
    machine = {"weights": weights, "a": a, "b": b, "visible_bias": a, "hidden_bias": b}
    states = rng.integers(0, 2, (5, 20))
    found = pages.run("docs/tensor_states.md", v=states, **machine)
    assert found["small"].truncation.error < 1
    assert abs(found["result"].energy - (1 - 1 / np.sin(np.pi / 514))) < 1e-9
    training = found["training"]
    assert abs(training.losses[-1] - training.data_entropy) < 1e-9
    rbm = found["rbm"]
    assert kd.tensor.rbm_log_partition(rbm) == pytest.approx(float(rbm.log_partition()), abs=1e-6)


def test_van() -> None:
    pytest.importorskip("torch")
    found = pages.run("docs/van.md")
    exact = -2.27 * kd.exact.kaufman((8, 8), beta=1 / 2.27).log_z
    weighted = found["weighted"].free_energy
    assert abs(weighted.mean - exact) < 4.0 * weighted.standard_error < 0.01
