"""The reproductions of convolutional circuits and of MERA: their numbers and their figures."""

from __future__ import annotations

import numpy as np

from kadanoff.cli.reproducing import draw
from kadanoff.reproductions import Report, Settings, convac_entanglement, mera


def test_random_circuits_hold_and_architectures_differ() -> None:
    settings = Settings(seed=3)
    quantities = convac_entanglement._random_circuits(settings, 20)
    quantities += convac_entanglement._powers_of_two(settings, 10)
    assert [one.holds for one in quantities] == [True, True, None, True]
    ranks = {one.name: one.value for one in convac_entanglement._architectures(settings)}
    assert ranks["rank, alternating, wide base 4, 2, 2"] == 256
    assert ranks["rank, halves, wide base 4, 2, 2"] == 2
    assert ranks["rank, alternating, wide tip 2, 4, 4"] == 16
    assert ranks["rank, halves, wide tip 2, 4, 4"] == 4


def mera_series(error: float) -> dict[str, np.ndarray]:
    sizes = np.array([4, 6, 12])
    return {
        "chi": sizes,
        "energy": np.full(3, mera.EXACT_ENERGY) + 1e-9,
        "energy_error": np.array([1e-4, error, 2e-8]),
        "energy_error_by_round": np.full((3, 5), 1e-6),
        "scaling_dimensions": np.tile(mera.EXACT_DIMENSIONS, (3, 1)),
        "central_charge": np.full(3, 0.502),
    }


def test_an_energy_error_above_1e_5_does_not_hold() -> None:
    assert Report(mera._quantities(mera_series(7e-6))).holds
    assert not Report(mera._quantities(mera_series(1.1e-5))).holds


def test_figures_are_drawn() -> None:
    assert len(draw(mera.REPRODUCTION, Report((), mera_series(7e-6))).axes) == 3
    rows = np.ones((3, 4))
    series = {"widths": np.arange(1, 5), "deep_rank": rows, "shallow_rank": rows}
    for name in convac_entanglement.PARTITIONS:
        series.update({f"{name}_{key}": rows for key in ("rank", "cut", "entropy")})
    figure = draw(convac_entanglement.REPRODUCTION, Report((), series))
    assert [axis.get_title() for axis in figure.axes] == ["", "alternating", "pairs", "halves"]
