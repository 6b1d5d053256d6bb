"""The reproduction of self-learning Monte Carlo and the page about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import pages
from kadanoff.cli.reproducing import draw
from kadanoff.reproductions import Report, slmc


def timed(tau: float, seconds: float = 1e-6) -> slmc.Timed:
    lags = np.arange(20.0)
    return slmc.Timed(tau, 0.1, 0.5, seconds, 0.4, lags, np.exp(-lags / tau))


def series(learnt: float) -> dict[str, Any]:
    """Of times in steps: 200 of heat bath, 80 of the others, and those of SLMC."""
    times = {"heat bath": 200.0, "SLMC": learnt}
    table = {
        (name, size): timed(times.get(name, 80.0))
        for name in slmc.UPDATES
        for size in (10, 20, 40)
        if (name, size) != ("RBM", 40)
    }
    return {**slmc._table(table, (10, 20, 40)), "picture": np.arange(1600).reshape(40, 40) % 4}


def fits(coupling: float) -> dict[int, kd.slmc.EffectiveIsing]:
    three = (1.245, -0.088, -0.0125)
    return {
        1: kd.slmc.EffectiveIsing((coupling,), (0.001,), 0.0, 1.0, 0.999, 100),
        3: kd.slmc.EffectiveIsing(three, (0.001,) * 3, 0.0, 1.0, 0.999, 100),
    }


@pytest.mark.parametrize(
    ("coupling", "learnt", "holds"),
    [(1.11, 19.0, True), (1.112, 19.0, False), (1.11, 21.0, False)],
)
def test_what_is_claimed(coupling: float, learnt: float, holds: bool) -> None:
    quantities = slmc._quantities(fits(coupling), series(learnt))
    assert Report(quantities).holds is holds
    claimed = [one.name for one in quantities if one.holds is not None]
    assert len(claimed) == 6
    assert not any("Metropolis" in name for name in claimed)


def test_the_figure_is_drawn() -> None:
    figure = draw(slmc.REPRODUCTION, Report((), series(10.0)))
    assert len(figure.axes) == 4
    assert [line.get_label() for line in figure.axes[1].lines] == list(slmc.SHOWN)


def test_an_autocorrelation_function_is_that_of_its_process() -> None:
    random, rho = np.random.default_rng(1), 0.9
    x = random.normal(size=(8, 50_000))
    for k in range(1, x.shape[1]):
        x[:, k] = rho * x[:, k - 1] + np.sqrt(1 - rho**2) * x[:, k]
    found = slmc._autocorrelation(x)
    np.testing.assert_allclose(found[:20], rho ** np.arange(20), rtol=0, atol=0.03)


def test_python_of_the_page() -> None:
    assert len(pages.blocks("docs/slmc.md")) == 5
    names = pages.run("docs/slmc.md")
    assert abs(names["effective"].couplings[0] - 1.107) < 0.05
    assert names["effective"].r_squared > 0.99
    assert 0.3 < names["run"]["accepted"].mean() < 0.8
    assert names["learned"].rounds[0].update == "heatbath"
    assert names["fitted"].r_squared > 1 - 1e-6
    assert names["machine"].sweep == 20
