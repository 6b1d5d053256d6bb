"""Free energies of the square lattice by autoregressive networks, against Kaufman's."""

from __future__ import annotations

import warnings
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
SHOWN = 4
"""States of each claimed temperature in the figure."""
TRUSTED = 0.1
"""Effective samples for each sample, below which heavy weights that are missing make f too high."""


@dataclass(frozen=True)
class Layers:
    """A network and its training; steps are those of each temperature, more of the first.

    The relative error of the variational free energy is claimed to be at most `within`.
    """

    kind: str
    depth: int
    width: int
    reach: int
    batch_size: int
    learning_rate: float
    first: int
    steps: int
    within: float


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
    (Layers("dense", 2, 4, 1, 500, 5e-3, 400, 250, 0.002),),
    20_000,
    1000,
    16,
)
FULL = Work(
    16,
    (4.0, 3.5, 3.0, 2.7, 2.5, 2.4, 2.27, 2.2, 2.1, 2.0, 1.8, 1.67),
    (
        Layers("dense", 2, 4, 1, 500, 3e-3, 3000, 600, 0.003),
        # Layers of so small a reach do not learn how the lattice closes: 2 L of its 2 L^2 bonds,
        # each worth T ln cosh(beta), 0.8 % of f at T = 3. Kernels of all the lattice take hours.
        Layers("conv", 3, 16, 4, 100, 6e-3, 1500, 500, 0.0125),
    ),
    20_000,
    1000,
    16,
)


def compute(settings: Settings, progress: Progress) -> Report:
    """Take each network from high temperatures to low ones, and estimate at each."""
    from kadanoff import nn

    work = FULL if settings.full else FAST
    # Products of matrices this small lose by a second thread.
    threads = settings.threads if settings.full else settings.threads or 1
    with nn.torch_threads(threads):
        studies = [_Study(work, layers, settings.seed) for layers in work.networks]
        total = sum(study.steps for study in studies)
        done = 0
        for study in studies:
            study.run(partial(_tell, progress, done, total))
            done += study.steps
    series: dict[str, Array] = {"temperature": np.array(work.temperatures)}
    series["free_energy_exact"] = studies[0].exact
    series["mean_field"] = np.array([mean_field(1.0 / t) for t in work.temperatures])
    series["bethe"] = np.array([bethe(1.0 / t) for t in work.temperatures])
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
        with warnings.catch_warnings():  # the number of effective samples is reported
            warnings.filterwarnings("ignore", ".*effective samples")
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
            known = 4.0 * error if row["ess"] >= TRUSTED else None
            found += [
                Quantity(f"variational f, {at}", row["bound"], row["bound_error"], float(free),
                         self.layers.within * abs(float(free)), KAUFMAN),
                Quantity(f"weighted f, {at}", row["weighted"], error, float(free), known,
                         KAUFMAN),
                Quantity(f"ESS per sample, {at}", row["ess"]),
                Quantity(f"acceptance, {at}", row["acceptance"]),
                Quantity(f"tau_int of E, {at}", row["tau"]),
            ]  # fmt: skip
        return found


def mean_field(beta: float) -> float:
    """Return f in naive mean field: the least of -2 m^2 - T S(m), at m = tanh(4 beta m)."""
    m = 1.0
    for _ in range(2000):
        m = float(np.tanh(4.0 * beta * m))
    ends = np.clip([(1.0 + m) / 2.0, (1.0 - m) / 2.0], 1e-300, None)
    return float(-2.0 * m * m + ends @ np.log(ends) / beta)


def bethe(beta: float) -> float:
    """Return f of Bethe and Peierls, of a tree with four neighbours at each inner site.

    -beta f = ln Z_site - 2 ln Z_bond, with the field h that three neighbours exert on a site.
    """
    h = 1.0
    for _ in range(2000):
        h = float(3.0 * np.arctanh(np.tanh(beta) * np.tanh(h)))
    site = np.sum((np.cosh(h + beta * np.array([1.0, -1.0])) / np.cosh(h)) ** 4)
    bond = (np.exp(beta) * np.cosh(2.0 * h) + np.exp(-beta)) / (2.0 * np.cosh(h) ** 2)
    return float(-(np.log(site) - 2.0 * np.log(bond)) / beta)


def draw(figure: Figure, report: Report) -> None:
    """Draw errors and efficiencies against T, and states that the network drew."""
    grid = figure.add_gridspec(1, 3, width_ratios=(1.1, 1.0, 1.1))
    kinds = [kind for kind in ("dense", "conv") if f"{kind}_bound" in report.series]
    _errors(figure.add_subplot(grid[0]), report.series, kinds)
    _efficiencies(figure.add_subplot(grid[1]), report.series, kinds)
    _states(figure.add_subplot(grid[2]), report.series[f"{kinds[-1]}_samples"])


def _errors(axis: Any, series: Any, kinds: list[str]) -> None:
    """Draw relative errors of f: of other approximations, of bounds, of weighted estimates."""
    from kadanoff.figures import COLOURS, GUIDE

    temperatures, free = series["temperature"], series["free_energy_exact"]
    for name, label, dashes in (("mean_field", "mean field", "--"), ("bethe", "Bethe", ":")):
        error = np.abs(series[name] / free - 1.0)
        axis.plot(temperatures, error, dashes, lw=1.3, color=GUIDE, label=label)
    for kind, colours in zip(kinds, (COLOURS[0:2], COLOURS[2:4]), strict=False):
        label = f", {kind}" if len(kinds) > 1 else ""
        error = np.abs(series[f"{kind}_bound"] / free - 1.0)
        axis.plot(
            temperatures, error, "o-", ms=5.0, lw=1.2, color=colours[0], label="variational" + label
        )
        known = np.abs(series[f"{kind}_weighted_error"] / free)
        axis.fill_between(
            temperatures,
            known,
            1e-9,
            color=colours[1],
            alpha=0.15,
            lw=0.0,
            label="standard error" + label,
        )
        error = np.abs(series[f"{kind}_weighted"] / free - 1.0)
        axis.plot(temperatures, error, "s", ms=4.5, mfc="white", color=colours[1],
                  label="weighted" + label)  # fmt: skip
    _critical(axis)
    axis.set_yscale("log")
    axis.set_ylim(2e-7, 6.0 if len(kinds) == 1 else 40.0)
    axis.set_xlabel(r"temperature  $T / J$")
    axis.set_ylabel(r"relative error of $f$")
    axis.legend(loc="upper right", ncols=2, columnspacing=1.2)
    axis.set_title("(a) free energy", loc="left")


def _efficiencies(axis: Any, series: Any, kinds: list[str]) -> None:
    """Draw what part of the samples and of the proposals is lost."""
    from kadanoff.figures import COLOURS

    for kind, colours in zip(kinds, (COLOURS[0:2], COLOURS[2:4]), strict=False):
        label = f", {kind}" if len(kinds) > 1 else ""
        axis.plot(
            series["temperature"],
            1.0 - series[f"{kind}_ess"],
            "o-",
            ms=5.0,
            lw=1.2,
            color=colours[0],
            label=r"$1 - n_\mathrm{eff} / n$ of weights" + label,
        )
        axis.plot(series["temperature"], 1.0 - series[f"{kind}_acceptance"], "s-", ms=4.5, lw=1.2,
                  mfc="white", color=colours[1], label="rejections of chains" + label)  # fmt: skip
    _critical(axis)
    axis.set_yscale("log")
    axis.set_ylim(5e-4, 3.0)
    axis.set_xlabel(r"temperature  $T / J$")
    axis.set_ylabel("samples lost")
    axis.legend(loc="upper right" if len(kinds) == 1 else "lower right")
    axis.set_title("(b) what the network does not know", loc="left")


def _critical(axis: Any) -> None:
    from kadanoff.figures import GUIDE

    axis.axvline(2.0 / np.log(1.0 + np.sqrt(2.0)), color=GUIDE, lw=0.9, ls=":", zorder=0)


def _states(axis: Any, samples: Array) -> None:
    """Draw rows of `samples` (temperature, state, y, x), hot first, with the coldest on top."""
    from matplotlib.colors import ListedColormap

    from kadanoff.figures import DATA

    rows, columns, size, _ = samples.shape
    gap = max(1, size // 8)
    step = size + gap
    picture = np.full((rows * step - gap, columns * step - gap), np.nan)
    for row, states in enumerate(samples[::-1]):
        for column, state in enumerate(states):
            corner = (
                slice(row * step, row * step + size),
                slice(column * step, column * step + size),
            )
            picture[corner] = state
    colours = ListedColormap(["#DCE6F2", DATA])
    axis.imshow(picture, cmap=colours, vmin=-1, vmax=1, interpolation="nearest")
    axis.set_xticks([])
    axis.set_yticks(np.arange(rows) * step + (size - 1) / 2)
    axis.set_yticklabels([f"$T = {temperature:g}$" for temperature in sorted(CLAIMED)])
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    axis.set_title("(c) drawn by the network", loc="left")


REPRODUCTION = Reproduction(
    title="Free energies by variational autoregressive networks",
    paper=PAPERS,
    compute=compute,
    draw=draw,
    size=(13.5, 4.2),
)
