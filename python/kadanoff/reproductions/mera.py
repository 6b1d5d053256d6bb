"""The critical Ising chain by MERA: energy, scaling dimensions, central charge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff.tensor import BinaryMERA

from .report import Progress, Quantity, Report, Reproduction, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
EXACT_DIMENSIONS = np.array([0.0, 0.125, 1.0, 1.125, 1.125, 2.0])
EXACT_ENERGY = -4.0 / np.pi
PFEUTY = "exact: -4/pi (Pfeuty 1970)"
EVENBLY = "Evenbly, tensors.net: chi = 12"
ISING = "exact: Ising CFT"
EVERY = 10
"""Rounds between two records of the energy."""


def compute(settings: Settings, progress: Progress) -> Report:
    """Grow one machine from 4 states on; record errors, dimensions and central charges."""
    sizes = (4, 6, 8, 10, 12, 14, 16) if settings.full else (4, 6, 8, 10, 12)
    rounds = 1000 if settings.full else 300
    errors, dimensions, charges, traces, energies = [], [], [], [], []
    machine = BinaryMERA(sizes[0], seed=settings.seed)
    for place, chi in enumerate(sizes):
        if chi > machine.chi:
            machine = machine.grown(chi)
        steps = place * rounds, len(sizes) * rounds
        trace = _optimised(machine, rounds, steps, progress)
        traces.append(trace)
        energies.append(machine.energy)
        errors.append(machine.energy_error)
        dimensions.append(machine.scaling_dimensions(len(EXACT_DIMENSIONS)))
        charges.append(machine.central_charge())
    series = {
        "chi": np.array(sizes),
        "energy": np.array(energies),
        "energy_error": np.array(errors),
        "energy_error_by_round": np.array(traces),
        "scaling_dimensions": np.array(dimensions),
        "central_charge": np.array(charges),
    }
    remarks = (
        "Energies are upper bounds: errors, relative to 4/pi, are never negative.",
        f"Each size has {rounds} rounds and begins with the state of the one before.",
    )
    return Report(_quantities(series), series, remarks)


def _optimised(
    machine: BinaryMERA, rounds: int, steps: tuple[int, int], progress: Progress
) -> list[float]:
    """Optimise a machine; return its energy errors, every tenth round."""
    errors: list[float] = []
    before, total = steps
    start = machine.iterations

    def watch(now: BinaryMERA) -> None:
        done = now.iterations - start
        if done % EVERY == 0:
            errors.append(now.energy_error)
            what = f"chi = {now.chi}, energy error {errors[-1]:.1e}"
            progress(before + done, total, what)

    machine.optimise(rounds, callback=watch)
    return errors


def _quantities(series: dict[str, Array]) -> tuple[Quantity, ...]:
    rows = {int(chi): row for row, chi in enumerate(series["chi"])}
    six, twelve = rows[6], rows[12]
    errors, dimensions = series["energy_error"], series["scaling_dimensions"]
    published = {1: 0.1248, 2: 0.997, 3: 1.120}
    return (
        Quantity("energy error, chi = 6", errors[six], None, 0.0, 1e-5, PFEUTY),
        Quantity("energy error, chi = 12", errors[twelve], None, 3e-8, 3e-8, EVENBLY),
        Quantity("energy, chi = 12", series["energy"][twelve], None, EXACT_ENERGY, 1e-7, PFEUTY),
        Quantity("sigma, chi = 6", dimensions[six, 1], None, 0.125, 0.03 * 0.125, ISING),
        Quantity("epsilon, chi = 6", dimensions[six, 2], None, 1.0, 0.03, ISING),
        *(
            Quantity(f"{name}, chi = 12", dimensions[twelve, k], None, published[k], 0.01, EVENBLY)
            for k, name in ((1, "sigma"), (2, "epsilon"), (3, "descendant of sigma"))
        ),
        Quantity("central charge, chi = 12", series["central_charge"][twelve], None, 0.5, 0.01,
                 ISING),
    )  # fmt: skip


def draw(figure: Figure, report: Report) -> None:
    """Draw the errors by round and by size, and the dimensions by size."""
    from kadanoff.figures import COLOURS, GUIDE, REFERENCE

    series = report.series
    axes: Any = figure.subplots(1, 3)
    traces = series["energy_error_by_round"]
    for k, (chi, trace) in enumerate(zip(series["chi"], traces, strict=True)):
        rounds = EVERY * (1 + k * trace.shape[-1] + np.arange(trace.shape[-1]))
        axes[0].semilogy(rounds, trace, color=COLOURS[k % len(COLOURS)], label=rf"$\chi = {chi}$")
    axes[0].set_xlabel("round")
    axes[0].set_ylabel(r"energy error  $(E - E_0)\,/\,|E_0|$")
    axes[0].legend()
    axes[1].semilogy(series["chi"], series["energy_error"], "o-", color=COLOURS[0], label="ours")
    axes[1].semilogy([12], [3e-8], "s", mfc="white", color=REFERENCE, label="Evenbly")
    axes[1].set_xlabel(r"states of a leg  $\chi$")
    axes[1].legend()
    for exact in np.unique(EXACT_DIMENSIONS):
        axes[2].axhline(exact, color=GUIDE, lw=0.9, ls=":")
    for k, column in enumerate(np.transpose(series["scaling_dimensions"])):
        label = "ours" if k == 0 else None
        axes[2].plot(series["chi"], column, "o-", ms=4.0, lw=0.9, color=COLOURS[0], label=label)
    axes[2].plot([12] * 3, [0.1248, 0.997, 1.120], "s", mfc="white", color=REFERENCE)
    axes[2].set_xlabel(r"states of a leg  $\chi$")
    axes[2].set_ylabel(r"scaling dimensions  $\Delta$")


REPRODUCTION = Reproduction(
    title="MERA for the critical transverse-field Ising chain",
    paper="G. Evenbly and G. Vidal, arXiv:1109.5334; numbers of tensors.net",
    compute=compute,
    draw=draw,
    size=(12.0, 4.0),
)
