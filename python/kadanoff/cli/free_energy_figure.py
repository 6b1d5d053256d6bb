"""The figure of ``kadanoff free-energy``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import exact, figures
from ..figures import DATA, GUIDE, REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .free_energies import Solution

_FINE = 400
_LEAST = 1e-16


def save(solution: Solution, path: str | os.PathLike[str]) -> None:
    """Write the figure, all or nothing.

    Raises
    ------
    OSError
        If the file cannot be written; a file that stood there is left as it was.
    """
    figures.write(figure(solution), path)


def figure(solution: Solution) -> Figure:
    """Draw free energy, energy and magnetisation over T, and the error of the free energy."""
    known = solution.rows[0].error is not None
    with figures.style():
        drawn = figures.empty((10.0, 7.4 if known else 3.6))
        panels: Any = drawn.subplots(*((2, 2) if known else (1, 3)), sharex=True)
        axes = list(panels.flat)
        _curve(solution, axes[0], "free_energy", "free energy per site  $f$")
        _curve(solution, axes[1], "energy", "energy per site  $e$")
        _curve(solution, axes[2], "magnetization", "magnetisation per site  $m$")
        if known:
            _error(solution, axes[3])
            axes[0].legend(loc="lower left")
            _mark_critical_temperature(solution, axes)
        for panel in axes[-2:] if known else axes:
            panel.set_xlabel("temperature  $T$")
        settings = solution.settings
        drawn.suptitle(
            f"Ising {settings.lattice}, $J = {settings.coupling:g}$, $h = {settings.field:g}$: "
            rf"{settings.method}, $\chi = {settings.chi}$",
            fontsize=12.5,
        )
    return drawn


def _curve(solution: Solution, panel: Axes, name: str, label: str) -> None:
    temperatures = [row.temperature for row in solution.rows]
    values = [getattr(row, name) for row in solution.rows]
    if solution.rows[0].error is not None:
        fine = np.linspace(temperatures[0], temperatures[-1], _FINE)
        panel.plot(fine, _exact(solution, name, fine), color=REFERENCE, label="exact")
    panel.plot(temperatures, values, "o", ms=4, color=DATA, label=solution.settings.method)
    panel.set_ylabel(label)


def _exact(solution: Solution, name: str, temperatures: Any) -> Any:
    coupling = solution.settings.coupling
    solved = exact.onsager(1.0 / temperatures, coupling)
    if name == "free_energy":
        return -temperatures * solved.log_z
    if name == "magnetization" and coupling < 0.0:
        return np.zeros_like(temperatures)
    return getattr(solved, name)


def _error(solution: Solution, panel: Axes) -> None:
    temperatures = [row.temperature for row in solution.rows]
    errors = [max(abs(row.error or 0.0), _LEAST) for row in solution.rows]
    panel.semilogy(temperatures, errors, "o-", ms=4, lw=1.0, color=DATA)
    panel.set_ylabel(r"relative error  $|\delta f / f|$")


def _mark_critical_temperature(solution: Solution, axes: list[Axes]) -> None:
    critical = exact.critical_temperature(abs(solution.settings.coupling))
    if solution.rows[0].temperature < critical < solution.rows[-1].temperature:
        for panel in axes:
            panel.axvline(critical, color=GUIDE, lw=0.8, ls=":", zorder=0)
