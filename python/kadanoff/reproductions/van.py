"""Free energies of the square lattice by autoregressive networks, against Kaufman's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import exact
from kadanoff.lattices import Square
from kadanoff.models import Ising

from .report import Progress, Quantity, Report, Reproduction, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kadanoff.nn import VariationalFreeEnergy

Array = npt.NDArray[Any]
PAPERS = (
    "D. Wu, L. Wang and P. Zhang, PRL 122 (2019) 080602, arXiv:1809.10606; "
    "K. A. Nicoli et al., PRE 101 (2020) 023304, arXiv:1910.13496"
)
KAUFMAN = "exact: Kaufman 1949"
CLAIMED = (2.0, 2.27, 3.0)
SHOWN = 6
"""States of each claimed temperature in the figure."""


@dataclass(frozen=True)
class Layers:
    """A network and its training; steps are those of each temperature, more of the first."""

    kind: str
    depth: int
    width: int
    reach: int
    batch_size: int
    learning_rate: float
    first: int
    steps: int


@dataclass(frozen=True)
class Work:
    """How much to compute: the networks, from high temperatures to low ones."""

    size: int
    temperatures: tuple[float, ...]
    networks: tuple[Layers, ...]
    samples: int
    draws: int
    chains: int


FAST = Work(
    8,
    (4.0, 3.5, 3.0, 2.7, 2.5, 2.27, 2.1, 2.0, 1.8),
    (Layers("dense", 2, 4, 1, 500, 5e-3, 400, 250),),
    20_000,
    1000,
    16,
)
FULL = Work(
    16,
    (4.0, 3.5, 3.0, 2.7, 2.5, 2.4, 2.27, 2.2, 2.1, 2.0, 1.8, 1.67),
    (
        Layers("dense", 2, 4, 1, 1000, 3e-3, 3000, 1000),
        Layers("conv", 3, 16, 6, 200, 5e-3, 800, 400),
    ),
    20_000,
    1000,
    16,
)


def compute(settings: Settings, progress: Progress) -> Report:
    """Take each network from high temperatures to low ones, and estimate at each."""
    from kadanoff import nn

    work = FULL if settings.full else FAST
    with nn.torch_threads(settings.threads):
        studies = [_Study(work, layers, settings.seed) for layers in work.networks]
        total = sum(study.steps for study in studies)
        done = 0
        for study in studies:
            study.run(partial(_tell, progress, done, total))
            done += study.steps
    series: dict[str, Array] = {"temperature": np.array(work.temperatures)}
    series["free_energy_exact"] = studies[0].exact
    for study in studies:
        series |= study.series()
    quantities = [quantity for study in studies for quantity in study.quantities(len(studies))]
    parameters = ", ".join(f"{study.kind} {study.parameters}" for study in studies)
    remarks = (
        f"L = {work.size}, periodic; parameters: {parameters}.",
        "f is F / N. The variational f is an upper bound; weights w = exp(-beta E) / q take its "
        "bias away.",
        f"Averages of {work.samples} samples; ESS is (sum w)^2 / (n sum w^2).",
    )
    return Report(tuple(quantities), series, remarks)


def _tell(progress: Progress, before: int, total: int, step: int, what: str) -> None:
    progress(before + step, total, what)


class _Study:
    """One network on its way through the temperatures, and what it found."""

    def __init__(self, work: Work, layers: Layers, seed: int) -> None:
        from kadanoff import nn

        self.work, self.layers, self.kind = work, layers, layers.kind
        model = Ising(Square(work.size))
        network = nn.AutoregressiveNetwork(
            model,
            layers.kind,
            depth=layers.depth,
            width=layers.width,
            reach=layers.reach,
            seed=seed,
        )
        self.parameters = network.n_parameters
        self.search: VariationalFreeEnergy = nn.VariationalFreeEnergy(
            model,
            1.0 / work.temperatures[0],
            network,
            batch_size=layers.batch_size,
            learning_rate=layers.learning_rate,
            seed=seed,
        )
        self.steps = layers.first + layers.steps * (len(work.temperatures) - 1)
        shape = (work.size, work.size)
        betas = 1.0 / np.array(work.temperatures)
        self.exact = np.array(
            [-exact.kaufman(shape, beta=float(beta)).log_z / beta for beta in betas]
        )
        self.rows: list[dict[str, float]] = []
        self.shown: list[Array] = []

    def run(self, tell: Callable[[int, str], None]) -> None:
        """Train and estimate at each temperature."""
        for temperature in self.work.temperatures:
            self.search.beta = 1.0 / temperature
            what = f"{self.kind}, T = {temperature:g}"
            steps = self.layers.steps if self.rows else self.layers.first

            def watch(now: VariationalFreeEnergy, what: str = what) -> None:
                tell(now.steps, what)

            self.search.fit(steps, callback=watch)
            self.rows.append(self._estimates())
            if temperature in CLAIMED:
                self.shown.append(self.search.sample(SHOWN))

    def _estimates(self) -> dict[str, float]:
        work = self.work
        bound = self.search.free_energy(work.samples).free_energy
        weighted = self.search.importance_sample(work.samples)
        chains = self.search.markov_chains(work.draws, work.chains)
        return {
            "bound": bound.mean,
            "bound_error": bound.standard_error,
            "weighted": weighted.free_energy.mean,
            "weighted_error": weighted.free_energy.standard_error,
            "ess": weighted.efficiency,
            "acceptance": chains.acceptance,
            "tau": chains.run.summary()["energy"].tau_int,
            "longest_stay": float(chains.longest_stay),
        }

    def series(self) -> dict[str, Array]:
        """Return what was found by temperature, and states of the claimed ones."""
        found = {
            f"{self.kind}_{name}": np.array([row[name] for row in self.rows])
            for name in self.rows[0]
        }
        found[f"{self.kind}_samples"] = np.array(self.shown)
        return found

    def quantities(self, networks: int) -> list[Quantity]:
        """Return the table: bound, weighted estimate, ESS, acceptance of claimed temperatures."""
        found: list[Quantity] = []
        which = f"{self.kind}, " if networks > 1 else ""
        for row, free, temperature in zip(
            self.rows, self.exact, self.work.temperatures, strict=True
        ):
            if temperature not in CLAIMED:
                continue
            at, error = f"{which}T = {temperature:g}", row["weighted_error"]
            found += [
                Quantity(f"variational f, {at}", row["bound"], row["bound_error"], float(free),
                         0.002 * abs(float(free)), KAUFMAN),
                Quantity(f"weighted f, {at}", row["weighted"], error, float(free), 4.0 * error,
                         KAUFMAN),
                Quantity(f"ESS per sample, {at}", row["ess"]),
                Quantity(f"acceptance, {at}", row["acceptance"]),
                Quantity(f"tau_int of E, {at}", row["tau"]),
            ]  # fmt: skip
        return found


def draw(figure: Figure, report: Report) -> None:
    """Draw errors and efficiencies against T, and states that the network drew."""
    grid = figure.add_gridspec(1, 3, width_ratios=(1.0, 1.0, 1.15))
    kinds = [kind for kind in ("dense", "conv") if f"{kind}_bound" in report.series]
    _errors(figure.add_subplot(grid[0]), report.series, kinds)
    _efficiencies(figure.add_subplot(grid[1]), report.series, kinds)
    _states(figure, grid[2], report.series[f"{kinds[-1]}_samples"])


def _errors(axis: Any, series: Any, kinds: list[str]) -> None:
    from kadanoff.figures import COLOURS, GUIDE

    temperatures, free = series["temperature"], np.abs(series["free_energy_exact"])
    for kind, colours in zip(kinds, (COLOURS[0:2], COLOURS[2:4]), strict=False):
        label = f", {kind}" if len(kinds) > 1 else ""
        bound = (series[f"{kind}_bound"] + free) / free
        axis.errorbar(
            temperatures,
            bound,
            series[f"{kind}_bound_error"] / free,
            fmt="o-",
            ms=5.0,
            lw=1.2,
            color=colours[0],
            label="variational bound" + label,
        )
        weighted = np.abs(series[f"{kind}_weighted"] + free) / free
        axis.errorbar(temperatures, weighted, series[f"{kind}_weighted_error"] / free, fmt="s",
                      ms=4.5, mfc="white", color=colours[1], label="weighted" + label)  # fmt: skip
    axis.axhline(0.002, color=GUIDE, lw=0.9, ls="--")
    axis.text(temperatures.max(), 0.0022, "0.2 %", ha="right", va="bottom", color=GUIDE)
    _critical(axis)
    axis.set_yscale("log")
    axis.set_ylim(1e-7, 1e-2)
    axis.set_xlabel(r"temperature  $T / J$")
    axis.set_ylabel(r"relative error of $f$")
    axis.legend(loc="lower right")


def _efficiencies(axis: Any, series: Any, kinds: list[str]) -> None:
    from kadanoff.figures import COLOURS

    for kind, colours in zip(kinds, (COLOURS[0:2], COLOURS[2:4]), strict=False):
        label = f", {kind}" if len(kinds) > 1 else ""
        axis.plot(
            series["temperature"],
            series[f"{kind}_ess"],
            "o-",
            ms=5.0,
            lw=1.2,
            color=colours[0],
            label="effective samples / samples" + label,
        )
        axis.plot(series["temperature"], series[f"{kind}_acceptance"], "s-", ms=4.5, lw=1.2,
                  mfc="white", color=colours[1], label="acceptance of chains" + label)  # fmt: skip
    _critical(axis)
    axis.set_ylim(0.0, 1.05)
    axis.set_xlabel(r"temperature  $T / J$")
    axis.legend(loc="lower right")


def _critical(axis: Any) -> None:
    from kadanoff.figures import GUIDE

    axis.axvline(2.0 / np.log(1.0 + np.sqrt(2.0)), color=GUIDE, lw=0.9, ls=":")


def _states(figure: Figure, place: Any, samples: Array) -> None:
    """Draw rows of states, the coldest on top."""
    rows, columns = samples.shape[:2]
    cells: Any = place.subgridspec(rows, columns, wspace=0.06, hspace=0.06)
    order = np.argsort(CLAIMED)
    for row, temperature in enumerate(np.array(CLAIMED)[order]):
        # Samples were drawn from hot to cold.
        states = samples[rows - 1 - row]
        for column, state in enumerate(states):
            axis: Any = figure.add_subplot(cells[row, column])
            axis.imshow(state, cmap="gray_r", vmin=-1.4, vmax=1.4, interpolation="nearest")
            axis.set_xticks([])
            axis.set_yticks([])
            for spine in axis.spines.values():
                spine.set_visible(True)
            if column == 0:
                axis.set_ylabel(f"$T = {temperature:g}$")
            if row == 0 and column == columns // 2:
                axis.set_title("drawn by the network", loc="center")


REPRODUCTION = Reproduction(
    title="Free energies by variational autoregressive networks",
    paper=PAPERS,
    compute=compute,
    draw=draw,
    size=(13.0, 4.0),
)
