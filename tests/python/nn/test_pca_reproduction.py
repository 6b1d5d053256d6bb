"""``kadanoff reproduce pca``: what it compares, and that its checks can fail."""

from __future__ import annotations

import numpy as np
import pytest

from kadanoff import Square
from kadanoff.analysis import binder
from kadanoff.cli.reproducing import draw
from kadanoff.datasets import Dataset, IsingDataset, ising
from kadanoff.reproductions import Progress, Report, Settings, pca

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def data() -> IsingDataset:
    return ising(Square(8), pca.TEMPERATURES, 128, seed=2)


def test_ratios_and_projections_are_those_of_the_covariance(data: IsingDataset) -> None:
    found = pca.principal_components(data.data, seed=1)
    values, vectors = np.linalg.eigh(np.cov(data.data.T.astype(float)))
    np.testing.assert_allclose(found.ratios[:5], values[::-1][:5] / values.sum(), rtol=1e-3, atol=0)
    assert abs(vectors[:, -1] @ found.first) > 1 - 1e-6
    np.testing.assert_allclose(found.project(data.data), found.projections[:, 0], atol=1e-4)


def test_the_first_component_is_the_magnetisation(data: IsingDataset) -> None:
    found = pca.principal_components(data.data, seed=1)
    assert [one.holds for one in pca._agreement(8, found, data)] == [True, True, True, None]


def test_configurations_without_a_magnetisation_do_not_hold() -> None:
    """Independent spins: all eigenvalues are alike, and the first vector is any."""
    rows = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), (2000, 64))
    free = Dataset(rows, np.zeros(2000, dtype=np.int64), (8, 8))
    found = pca.principal_components(rows, seed=1)
    edge = (1 + np.sqrt(64 / 2000)) ** 2 / 64
    assert found.ratios[0] < 1.1 * edge
    correlation, uniformity, _, _ = pca._agreement(8, found, free)  # type: ignore[arg-type]
    assert not correlation.holds
    assert not uniformity.holds


def test_curves_know_the_order_of_the_draws() -> None:
    """Draws of a chain are a column apart: the cumulant of each temperature is that of its rows."""
    data = ising(Square(6), [1.5, 4.0], 96, seed=3, chains=32)
    m = data.data.mean(axis=1)
    found = pca._by_temperature(binder, data, m**2, m**4)
    cold = m[data.temperatures == 1.5]
    assert found.mean[0] == pytest.approx(1 - (cold**4).mean() / (3 * (cold**2).mean() ** 2))
    assert found.mean[0] > 0.6 > 0.5 > found.mean[1]


def test_a_report_of_small_lattices_is_drawn(
    monkeypatch: pytest.MonkeyPatch, progress: Progress
) -> None:
    drawn = ising

    def small(lattice: Square, temperatures: object, draws: int, **given: object) -> IsingDataset:
        assert draws == 1280
        return drawn(Square(lattice.shape[0] // 5), temperatures, 128, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(pca, "ising", small)
    monkeypatch.setattr(pca, "COMPONENTS", 3)
    report = pca.compute(Settings(seed=2), progress)
    names = {one.name: one.value for one in report.quantities}
    assert names["|r| of p1 and m, L = 40"] > 0.99
    assert abs(names["T_c, L = 20, 40"] - pca.CRITICAL) < 0.3
    figure = draw(pca.REPRODUCTION, Report((), report.series))
    assert len(figure.axes) == 5
