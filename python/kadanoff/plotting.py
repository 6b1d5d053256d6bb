"""Figures of scans and of parallel tempering, by matplotlib."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import exact, figures
from .figures import DATA, GUIDE, LIMIT, REFERENCE
from .scan.table import has_exact_solution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .scan import Table
    from .tempering import ParallelTempering

CUBIC_CRITICAL_COUPLING = 0.221654626
"""K_c of the simple cubic lattice: Ferrenberg, Xu and Landau, Phys. Rev. E 97, 043301 (2018)."""


def save(table: Table, path: str | os.PathLike[str]) -> None:
    """Write the figure of a scan, all or nothing.

    Parameters
    ----------
    table : kadanoff.scan.Table
    path : path-like
        Its suffix, such as .png, .pdf or .svg, is the format.

    Raises
    ------
    OSError
        If the file cannot be written; a file that stood there is left as it was.
    ValueError
        If matplotlib does not know the format.
    """
    figures.write(figure(table), path)


def figure(table: Table) -> Figure:
    """Draw energy, order, specific heat and susceptibility against temperature.

    Parameters
    ----------
    table : kadanoff.scan.Table

    Returns
    -------
    matplotlib.figure.Figure
        Points with error bars of one sigma. Where Kaufman's solution holds, its energy and specific
        heat of this very lattice are lines, with the deviations from them in units of the errors
        below; Onsager's and Yang's infinite lattice is dashed.
    """
    with figures.style():
        drawn = figures.empty((10.0, 7.4))
        halves: Any = drawn.subfigures(1, 2)
        left, right = halves
        energy, heat = _panels(left, residuals=table.exact("energy") is not None)
        order, susceptibility = _panels(right, residuals=False)
        _energy(table, energy)
        _specific_heat(table, heat)
        _order(table, order[0])
        _susceptibility(table, susceptibility[0])
        for panel in (energy, heat, order, susceptibility):
            _mark_critical_temperature(table, panel)
        drawn.suptitle(_title(table), fontsize=12.5)
    return drawn


def _panels(column: Any, *, residuals: bool) -> tuple[list[Axes], list[Axes]]:
    """Make two panels one above the other, each with a strip for residuals where asked."""
    if not residuals:
        axes = column.subplots(2, 1)
        return [axes[0]], [axes[1]]
    ratios = (3.4, 1.0, 3.4, 1.0)
    axes = column.subplots(4, 1, gridspec_kw={"height_ratios": ratios})
    for panel, strip in ((axes[0], axes[1]), (axes[2], axes[3])):
        panel.sharex(strip)
        panel.tick_params(labelbottom=False)
    return [axes[0], axes[1]], [axes[2], axes[3]]


def _energy(table: Table, axes: list[Axes]) -> None:
    grid = _fine_grid(table)
    _points(table, axes[0], "energy")
    if has_exact_solution(table.run.model):
        shape, coupling = table.run.model["shape"], table.run.model["coupling"]
        solved = exact.kaufman(shape, 1.0 / grid, coupling)
        axes[0].plot(
            grid, solved.energy, color=REFERENCE, label=f"exact, {_extents(table)} (Kaufman)"
        )
        _residuals(table, axes[1], "energy")
    _label(table, axes, "energy per site  $e$", "J")
    _legend(axes[0], "lower right")


def _specific_heat(table: Table, axes: list[Axes]) -> None:
    grid = _fine_grid(table)
    _points(table, axes[0], "specific_heat")
    if has_exact_solution(table.run.model):
        shape, coupling = table.run.model["shape"], table.run.model["coupling"]
        solved = exact.kaufman(shape, 1.0 / grid, coupling)
        infinite = exact.onsager(1.0 / grid, coupling)
        # Onsager's has no maximum.
        highest = 1.25 * float(np.max(solved.specific_heat)) or 1.0
        axes[0].plot(grid, solved.specific_heat, color=REFERENCE, label="exact (Kaufman)")
        axes[0].plot(
            grid, infinite.specific_heat, "--", color=LIMIT, lw=1.1, label="infinite (Onsager)"
        )
        axes[0].set_ylim(0.0, highest)
        _legend(axes[0])
        _residuals(table, axes[1], "specific_heat")
    _label(table, axes, "specific heat per site  $c$", "k_B")


def _order(table: Table, axis: Axes) -> None:
    grid = _fine_grid(table)
    _points(table, axis, "abs_magnetization")
    model = table.run.model
    if has_exact_solution(model) and model["coupling"] > 0.0:
        infinite = exact.onsager(1.0 / grid, model["coupling"])
        axis.plot(grid, infinite.magnetization, "--", color=LIMIT, lw=1.1, label="infinite (Yang)")
        _legend(axis)
    axis.set_ylim(bottom=0.0)
    _label(table, [axis], r"magnetisation per site  $\langle |m| \rangle$", "")


def _susceptibility(table: Table, axis: Axes) -> None:
    _points(table, axis, "susceptibility")
    means, _ = table.values("susceptibility")
    positive = means[means > 0.0]
    if positive.size and positive.max() > 30.0 * positive.min():
        axis.set_yscale("log")
    else:
        axis.set_ylim(bottom=0.0)
    _label(table, [axis], r"susceptibility per site  $\chi$", "1/J")


def _points(table: Table, axis: Axes, name: str) -> None:
    means, errors = table.values(name)
    axis.errorbar(
        table.temperatures,
        means,
        yerr=np.nan_to_num(errors),
        fmt="o",
        ms=4.2,
        mfc="white",
        mew=1.3,
        color=DATA,
        elinewidth=1.2,
        capsize=2.0,
        zorder=3,
        label="measured",
    )


def _residuals(table: Table, axis: Axes, name: str) -> None:
    """Draw (measured - exact) / error, with bands of one and two sigma."""
    means, errors = table.values(name)
    reference = table.exact(name)
    assert reference is not None
    with np.errstate(divide="ignore", invalid="ignore"):
        deviations = np.where(errors > 0.0, (means - reference) / errors, np.nan)
    for sigmas in (1.0, 2.0):
        axis.axhspan(-sigmas, sigmas, color=REFERENCE, alpha=0.13, lw=0.0)
    axis.axhline(0.0, color=REFERENCE, lw=1.0)
    axis.plot(table.temperatures, deviations, "o", ms=3.4, color=DATA)
    finite = np.abs(deviations[np.isfinite(deviations)])
    reach = max(3.4, 1.15 * float(finite.max())) if finite.size else 3.4
    axis.set_ylim(-reach, reach)
    axis.set_ylabel(r"$\Delta/\sigma$")


def _legend(axis: Axes, place: Any = "best") -> None:
    handles, labels = axis.get_legend_handles_labels()
    axis.legend(handles[::-1], labels[::-1], loc=place)


def _label(table: Table, axes: list[Axes], quantity: str, unit: str) -> None:
    """Label the axes; J is the unit of energy where it is 1."""
    if abs(table.run.model["coupling"]) == 1.0:
        temperature, unit = r"temperature  $T\;\,[J/k_B]$", rf"$\;\,[{unit}]$" if unit else ""
    else:
        temperature, unit = r"temperature  $k_B T$", ""
    axes[0].set_ylabel(quantity + unit)
    axes[-1].set_xlabel(temperature)


def _mark_critical_temperature(table: Table, axes: list[Axes]) -> None:
    critical = critical_temperature(table.run.model)
    low, high = table.temperatures[[0, -1]]
    if critical is None or not low < critical < high:
        return
    for axis in axes:
        axis.axvline(critical, color=GUIDE, lw=0.9, ls=":", zorder=0)
    axes[0].annotate(
        r"$T_c$",
        (critical, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        color=GUIDE,
    )


def critical_temperature(model: dict[str, Any]) -> float | None:
    """Return T_c of the infinite lattice; None where there is none or it is not known.

    Triangular and honeycomb lattice: R. M. F. Houtappel, Physica 16, 425 (1950).
    """
    if not isinstance(model["coupling"], int | float):
        return None
    coupling = float(model["coupling"])
    if coupling == 0.0 or model["field"] != 0.0 or model.get("plaquette", 0.0) != 0.0:
        return None
    if model["lattice"] == "square":
        return exact.critical_temperature(coupling)
    if model["lattice"] == "triangular":
        return 4.0 * coupling / math.log(3.0) if coupling > 0.0 else None
    if model["lattice"] == "honeycomb":
        return 2.0 * abs(coupling) / math.log(2.0 + math.sqrt(3.0))
    return abs(coupling) / CUBIC_CRITICAL_COUPLING if model["lattice"] == "cubic" else None


def _fine_grid(table: Table) -> npt.NDArray[np.float64]:
    """Return temperatures for the lines, dense around the critical one."""
    low, high = table.temperatures[[0, -1]]
    if low == high:
        low, high = 0.95 * low, 1.05 * high
    grid = np.linspace(low, high, 400)
    critical = critical_temperature(table.run.model)
    if critical is not None and low < critical < high:
        near = critical + (high - low) * np.concatenate(
            [-np.logspace(-6, -2, 40), np.logspace(-6, -2, 40)]
        )
        grid = np.concatenate([grid, near[(near > low) & (near < high)]])
    return np.unique(grid)


def _extents(table: Table) -> str:
    return r" $\times$ ".join(str(extent) for extent in table.run.model["shape"])


def _title(table: Table) -> str:
    run, model = table.run, table.run.model
    replicas = run.n_replicas // len(table.rows)
    field = "" if model["field"] == 0.0 else f", $h = {model['field']:g}$"
    coupling = "" if model["coupling"] == 1.0 else f", $J = {model['coupling']:g}$"
    return (
        f"Ising model, {model['lattice']} {_extents(table)}{coupling}{field}, {run.update}: "
        f"{replicas} {'replica' if replicas == 1 else 'replicas'}, "
        f"{run.n_draws * run.every:,} sweeps each".replace(",", "\u2009").replace("\u2009 ", ", ")
    )


SHOWN_WALKERS = 4
SHOWN_STEPS = 40


def save_flow(
    pt: ParallelTempering,
    path: str | os.PathLike[str],
    sweeps: npt.NDArray[np.int64] | None = None,
    indices: npt.NDArray[np.int64] | None = None,
) -> None:
    """Write the figure of `flow_figure`, all or nothing.

    Parameters
    ----------
    pt, sweeps, indices
        As for `flow_figure`.
    path : path-like
        Its suffix, such as .png, .pdf or .svg, is the format.

    Raises
    ------
    OSError
        If the file cannot be written; a file that stood there is left as it was.
    ValueError
        If matplotlib does not know the format.
    """
    figures.write(flow_figure(pt, sweeps, indices), path)


def flow_figure(
    pt: ParallelTempering,
    sweeps: npt.NDArray[np.int64] | None = None,
    indices: npt.NDArray[np.int64] | None = None,
) -> Figure:
    """Draw how walkers move through the temperatures of a parallel tempering.

    Parameters
    ----------
    pt : ParallelTempering
    sweeps : ndarray of int64, shape (step,), optional
        When the walkers were looked at.
    indices : ndarray of int64, shape (step, walker), optional
        `ParallelTempering.temperature_index` at these sweeps.

    Returns
    -------
    matplotlib.figure.Figure
        The flow next to the best one, which is linear in the number of the temperature; the
        acceptance of swaps; the round trips of each walker; the last 40 steps of four walkers.
    """
    with figures.style():
        drawn = figures.empty((10.0, 7.0))
        axes: Any = drawn.subplots(2, 2)
        _flow(pt, axes[0, 0])
        _acceptance(pt, axes[0, 1])
        _round_trips(pt, axes[1, 0])
        _walks(pt, axes[1, 1], sweeps, indices)
        title = (
            f"Parallel tempering, {len(pt.betas)} temperatures x {pt.replicas} "
            f"{'replica' if pt.replicas == 1 else 'replicas'}, sweep {pt.sweep:,}"
        )
        drawn.suptitle(title.replace(",", "\u2009").replace("\u2009 ", ", "), fontsize=12.5)
    return drawn


def _flow(pt: ParallelTempering, axis: Axes) -> None:
    linear = np.linspace(1.0, 0.0, len(pt.betas))
    if pt.betas[0] > pt.betas[-1]:
        linear = linear[::-1]
    axis.plot(pt.betas, linear, "--", color=REFERENCE, lw=1.1, label="best: equal steps")
    axis.plot(pt.betas, pt.flow, "o-", ms=4.2, mfc="white", mew=1.3, color=DATA, label="measured")
    axis.set_ylim(-0.03, 1.03)
    axis.set_xlabel(r"inverse temperature  $\beta$")
    axis.set_ylabel("walkers from the hottest  $f$")
    _legend(axis)


def _acceptance(pt: ParallelTempering, axis: Axes) -> None:
    middles = 0.5 * (pt.betas[1:] + pt.betas[:-1])
    axis.plot(middles, pt.acceptance, "o-", ms=4.2, mfc="white", mew=1.3, color=DATA)
    axis.set_ylim(0.0, 1.03)
    axis.set_xlabel(r"inverse temperature  $\beta$")
    axis.set_ylabel("accepted swaps")


def _round_trips(pt: ParallelTempering, axis: Axes) -> None:
    trips = np.sort(pt.round_trips)[::-1]
    axis.bar(np.arange(1, len(trips) + 1), trips, width=1.0, color=DATA, alpha=0.75)
    axis.axhline(float(trips.mean()), color=REFERENCE, lw=1.1, ls="--")
    axis.set_xlim(0.5, len(trips) + 0.5)
    axis.set_ylim(0.0, max(1.0, 1.08 * float(trips.max())))
    axis.set_xlabel("walkers, busiest first")
    axis.set_ylabel("round trips")


def _walks(
    pt: ParallelTempering,
    axis: Axes,
    sweeps: npt.NDArray[np.int64] | None,
    indices: npt.NDArray[np.int64] | None,
) -> None:
    axis.set_xlabel("sweep")
    axis.set_ylabel("number of the temperature")
    axis.set_ylim(-0.5, len(pt.betas) - 0.5)
    if sweeps is None or indices is None or not len(sweeps):
        axis.text(0.5, 0.5, "not recorded", ha="center", transform=axis.transAxes, color=GUIDE)
        return
    # From all over the set, so that they begin at temperatures that differ.
    chosen = np.linspace(0, indices.shape[1] - 1, min(SHOWN_WALKERS, indices.shape[1])).astype(int)
    last = slice(-SHOWN_STEPS, None)
    for walker, colour in zip(chosen, (DATA, REFERENCE, "#009E73", "#CC79A7"), strict=False):
        axis.plot(sweeps[last], indices[last, walker], ".-", ms=4.0, lw=1.0, color=colour)
    axis.locator_params(axis="x", nbins=5)
