"""``kadanoff reproduce van``, small."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import kadanoff as kd
from kadanoff import figures, reproductions
from kadanoff.reproductions import van

SMALL = van.Work(
    4,
    (3.0, 2.27, 2.0),
    (
        van.Layers("dense", 2, 3, 1, 150, 1e-2, 80, 40, 0.002),
        van.Layers("conv", 2, 4, 3, 60, 1e-2, 80, 40, 0.002),
    ),
    4000,
    200,
    8,
)


@pytest.fixture(scope="module")
def report() -> Any:
    seen: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(van, "FAST", SMALL)
        found = van.compute(
            reproductions.Settings(threads=1), lambda done, total, what: seen.append((done, total))
        )
    assert seen == [(step, 320) for step in range(1, 321)]
    return found


def test_claims_hold_where_they_are_true(report: Any) -> None:
    assert len(report.quantities) == 2 * 3 * 5
    weighted = [each for each in report.quantities if each.name.startswith("weighted")]
    assert len(weighted) == 6
    # The claims of L = 8: a small lattice after a short training is allowed 1 %.
    assert all(each.holds for each in weighted)
    bounds = [each for each in report.quantities if each.name.startswith("variational")]
    for each in bounds:
        assert each.value > each.reference - 4.0 * each.error
        assert each.value < 0.99 * each.reference
    exact = kd.exact.kaufman((4, 4), beta=1 / 2.27).log_z
    assert bounds[1].reference == pytest.approx(-2.27 * exact)
    assert bounds[1].within == pytest.approx(0.002 * 2.27 * exact)


def test_a_wrong_free_energy_does_not_hold(report: Any) -> None:
    """Power: 0.3 % off in the bound, 5 standard errors off in the weighted estimate."""
    bound, weighted = report.quantities[0], report.quantities[1]
    shifted = dataclasses.replace(bound, value=1.003 * bound.reference)
    assert shifted.holds is False
    value = weighted.reference + 5.0 * weighted.error
    assert dataclasses.replace(weighted, value=value).holds is False


def test_figure(report: Any) -> None:
    with figures.style():
        figure = figures.empty(van.REPRODUCTION.size)
        van.draw(figure, report)
        figure.canvas.draw()
    errors, lost, states = figure.axes
    assert len(errors.lines) == 2 + 2 * 2 + 1
    assert len(lost.lines) == 2 * 2 + 1
    assert [text.get_text() for text in states.get_yticklabels()] == [
        "$T = 2$",
        "$T = 2.27$",
        "$T = 3$",
    ]
    # Rows of four states of 4 x 4, with a gap of one between them.
    picture = np.ma.filled(states.images[0].get_array(), np.nan)
    assert picture.shape == (14, 19)
    assert set(np.unique(picture[:4, :4])) <= {-1.0, 1.0}
    assert np.array_equal(picture[10:, 15:], report.series["conv_samples"][0, 3])
    assert np.isnan(picture[4]).all()


def test_mean_field_is_the_best_product() -> None:
    """The least variational free energy of independent spins, found by a search over m."""
    m = np.linspace(-1.0 + 1e-9, 1.0 - 1e-9, 200_001)
    entropy = -((1 + m) / 2 * np.log((1 + m) / 2) + (1 - m) / 2 * np.log((1 - m) / 2))
    for beta in (0.2, 0.3, 0.5, 1.0):
        least = (-2.0 * m**2 - entropy / beta).min()
        assert van.mean_field(beta) == pytest.approx(least, abs=1e-8)


def test_bethe_is_exact_without_loops() -> None:
    """Above its transition f is -(ln 2 + 2 ln cosh beta) / beta; T_c is 2 / ln 2."""
    for beta in (0.1, 0.3, 0.34):
        exact = -(np.log(2.0) + 2.0 * np.log(np.cosh(beta))) / beta
        assert van.bethe(beta) == pytest.approx(exact, abs=1e-12)
    below = -(np.log(2.0) + 2.0 * np.log(np.cosh(0.36))) / 0.36
    assert van.bethe(0.36) < below - 1e-6
    assert van.bethe(3.0) == pytest.approx(-2.0, abs=1e-4)


def test_it_is_a_command() -> None:
    found = reproductions.find("van")
    assert found.title == "Free energies by variational autoregressive networks"
    assert "1809.10606" in found.paper
    assert "1910.13496" in found.paper
