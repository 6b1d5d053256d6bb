"""The figure of `phases`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Series = Mapping[str, npt.NDArray[Any]]
MARKERS = "osD^v"


def draw(figure: Figure, series: Series, critical: Mapping[str, float]) -> None:
    """Draw outputs against T on both lattices, their collapse, and crossings against 1 / L."""
    axes: Any = figure.subplots(2, 2)
    for axis, name in zip(axes[0], critical, strict=True):
        _outputs(axis, series, name, critical[name])
    _collapse(axes[1, 0], series, critical)
    _crossings(axes[1, 1], series, critical)
    # Between the curves of both outputs, above the line at 1/2.
    title = "ordered / disordered"
    axes[0, 0].legend(title=title, loc="center right", bbox_to_anchor=(1.0, 0.63))
    axes[0, 0].set_title("square: trained here")
    axes[0, 1].set_title("triangular: never seen")
    for letter, axis in zip("abcd", axes.flat, strict=True):
        axis.text(-0.1, 1.04, letter, transform=axis.transAxes, weight="bold", size=13)


def _colours(series: Series) -> list[Any]:
    from matplotlib import colormaps

    shades = np.linspace(0.78, 0.08, len(series["size"]))
    return [colormaps["viridis"](shade) for shade in shades]


def _outputs(axis: Any, series: Series, name: str, critical: float) -> None:
    from kadanoff.figures import GUIDE

    axis.axvline(critical, color=GUIDE, lw=1.0, ls="--")
    axis.axhline(0.5, color=GUIDE, lw=0.7, ls=":")
    for row, (size, colour) in enumerate(zip(series["size"], _colours(series), strict=True)):
        temperatures = series[f"{name}_temperature"][row]
        output, error = (series[f"{name}_output{end}"][row] for end in ("", "_error"))
        axis.errorbar(
            temperatures,
            output,
            error,
            fmt=MARKERS[row % len(MARKERS)] + "-",
            color=colour,
            ms=3.6,
            lw=1.1,
            label=f"$L = {size:.0f}$",
        )
        axis.plot(temperatures, 1 - output, "-", color=colour, lw=1.1, alpha=0.45)
    axis.text(critical, 1.07, rf"  $T_c = {critical:.3f}$", ha="left", va="center", size=9.5)
    axis.set_xlabel(r"temperature  $T / J$")
    axis.set_ylabel("output")
    axis.set_ylim(-0.03, 1.12)
    axis.set_yticks([0, 0.5, 1])


def _collapse(axis: Any, series: Series, critical: Mapping[str, float]) -> None:
    from kadanoff.figures import GUIDE

    axis.axvline(0, color=GUIDE, lw=1.0, ls="--")
    axis.axhline(0.5, color=GUIDE, lw=0.7, ls=":")
    for name, filled in zip(critical, (True, False), strict=True):
        for row, (size, colour) in enumerate(zip(series["size"], _colours(series), strict=True)):
            scaled = (series[f"{name}_temperature"][row] / critical[name] - 1) * size
            shown = np.abs(scaled) < 6
            axis.plot(
                scaled[shown],
                series[f"{name}_output"][row][shown],
                MARKERS[row % len(MARKERS)],
                color=colour,
                mfc=colour if filled else "white",
                ms=5.0,
            )
    for label, face in zip(critical, ("#555555", "white"), strict=True):
        axis.plot([], [], "o", color="#555555", mfc=face, ms=5.0, label=label)
    axis.legend(loc="lower left")
    axis.set_xlabel(r"scaled temperature  $(T / T_c - 1)\, L^{1/\nu}, \quad \nu = 1$")
    axis.set_ylabel("output, ordered")
    axis.set_ylim(-0.03, 1.12)
    axis.set_yticks([0, 0.5, 1])


def _crossings(axis: Any, series: Series, critical: Mapping[str, float]) -> None:
    from kadanoff.figures import COLOURS, GUIDE

    inverse = 1 / series["size"]
    line = np.linspace(0, 1.08 * inverse.max(), 2)
    axis.axhline(1, color=GUIDE, lw=1.0, ls="--")
    for name, colour, marker in zip(critical, COLOURS, "os", strict=False):
        exact = critical[name]
        limits = series[f"{name}_limits"]
        values, errors = (series[f"{name}_crossing{end}"] / exact for end in ("", "_error"))
        axis.errorbar(
            inverse, values, errors, fmt=marker, color=colour, ms=5.5, capsize=2.5, label=name
        )
        axis.plot(line, (limits.mean(axis=0) @ [np.ones(2), line]) / exact, color=colour, lw=1.1)
        spread = limits[:, 0].std(ddof=1) / len(limits) ** 0.5 / exact
        centre = limits[:, 0].mean() / exact
        axis.errorbar(
            [0], [centre], [spread], fmt=marker, mfc="white", color=colour, ms=6.5, capsize=2.5
        )
    axis.set_xlim(-0.004, line[-1])
    axis.set_xlabel(r"$1 / L$")
    axis.set_ylabel(r"crossing  $T^*(L)\, /\, T_c$")
    axis.legend(loc="upper right")
