"""The phases that a network learns on the square lattice."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from kadanoff import reproductions
from kadanoff.cli import reproducing
from kadanoff.reproductions import Progress, Report, Settings, phases

TINY = phases.Work((4, 8), 2, 12, 128, 64, 15, 4, 0.5)


@pytest.fixture(scope="module")
def report(progress: Progress) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phases, "FAST", TINY)
        return phases.compute(Settings(seed=3, threads=1), progress)


def test_outputs_fall_through_a_half_near_the_transition(report: Report) -> None:
    for name, critical in phases.CRITICAL.items():
        temperatures, outputs = (
            report.series[f"{name}_{end}"] for end in ("temperature", "output")
        )
        assert temperatures.shape == outputs.shape == (2, 30)
        for row in range(2):
            cold, hot = temperatures[row] < 0.6 * critical, temperatures[row] > 1.4 * critical
            assert outputs[row][cold].min() > 0.7
            assert outputs[row][hot].max() < 0.35
            # Sizes this small cross within a tenth of Tc; chance would be anywhere.
            assert abs(report.series[f"{name}_crossing"][row] / critical - 1) < 0.12
        assert (report.series[f"{name}_output_error"] > 0).all()


def test_numbers_and_figure(report: Report, tmp_path) -> None:
    names = [quantity.name for quantity in report.quantities]
    assert names[0] == "accuracy, L = 8"
    assert len(report.series["connected_accuracy"]) == 2
    assert 0.8 < report.quantities[0].value <= 1
    assert report.quantities[5].within is None
    json.dumps(report.to_dict())
    from kadanoff import figures

    path = tmp_path / "phases.png"
    figures.write(reproducing.draw(reproductions.find("phases"), report), path)
    assert path.stat().st_size > 20_000


def test_a_report_is_a_function_of_its_seed(report: Report, monkeypatch) -> None:
    monkeypatch.setattr(phases, "FAST", TINY)
    steps: list[tuple[int, int]] = []
    again = phases.compute(
        Settings(seed=3, threads=1), lambda done, total, text: steps.append((done, total))
    )
    assert again.to_dict() == report.to_dict()
    # Two sizes with three data sets and two networks each, and two convolutional networks.
    assert steps == [(k, 12) for k in range(12)]


def test_crossings_are_found_among_noise() -> None:
    temperatures = np.linspace(2, 3, 41)
    noise = 0.01 * np.random.default_rng(1).normal(size=41)
    outputs = 1 / (1 + np.exp(8 * (temperatures - 2.41))) + noise
    assert abs(phases.crossing(temperatures, outputs) - 2.41) < 0.02
    sizes = np.array([10.0, 20.0, 40.0])
    limit, slope = phases.extrapolated(sizes, 2.27 + 0.5 / sizes + np.array([0.02, 0.0, 0.0]))
    assert abs(limit - 2.27) < 0.006
    assert slope > 0.5
