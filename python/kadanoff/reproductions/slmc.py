"""Self-learning Monte Carlo on the square Ising model with plaquettes: couplings and times."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import kadanoff as kd
from kadanoff.analysis import integrated_time

from .report import Progress, Quantity, Report, Reproduction, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

TEMPERATURE, PLAQUETTE, SIZE = 2.493, 0.2, 40
LIU = "Liu, Qi, Meng and Fu 2017"
PUBLISHED_ONE, PUBLISHED_THREE = 1.1064, (1.24, -0.086, -0.012)
LOCAL = {"heat bath": "heatbath", "Metropolis": "metropolis"}
UPDATES = (*LOCAL, "naive Wolff", "SLMC", "SLMC, 3 ranges", "RBM")
"""Local ones; clusters of the bare coupling, of one and of three learnt ranges; a machine."""
SHOWN = UPDATES[:4]
"""Whose autocorrelation functions are drawn."""
REPLICAS = 32
GROUPS = 8
"""Of replicas, whose times give the errors."""
LAGS = 1000
"""Of the autocorrelation functions, in draws."""
LOCAL_EXPONENT = 2.17
"""z of local updates (M. P. Nightingale, H. W. J. Blote, Phys. Rev. Lett. 76 (1996) 4548)."""
DRAWS = {
    "heat bath": 4000,
    "Metropolis": 4000,
    "naive Wolff": 20_000,
    "SLMC": 10_000,
    "SLMC, 3 ranges": 3000,
    "RBM": 2000,
}
"""At each size; where a draw takes long, fewer are enough for the errors."""
PACE = {"heat bath": 0.006, "Metropolis": 0.003, "RBM": 0.03}
"""Steps between draws, in units of L^z; 1 where there is none."""


@dataclass(frozen=True)
class Timed:
    """What one update does at one size; a step is a sweep, or one proposal.

    Attributes
    ----------
    tau, error : float
        Integrated autocorrelation time of the size of the magnetisation, in steps.
    sites : float
        Sites that a step visits, accepted or not, by those of the lattice: sweeps of a step.
    seconds : float
        CPU time of a step of one replica.
    acceptance : float
    lags, correlation : ndarray of float64
        The autocorrelation function over lags in sweeps.
    """

    tau: float
    error: float
    sites: float
    seconds: float
    acceptance: float
    lags: Floats
    correlation: Floats


def compute(settings: Settings, progress: Progress) -> Report:
    """Learn at each size, then time every update from the spins that the loop leaves."""
    sizes = (10, 20, 40, 80) if settings.full else (10, 20, 40)
    machines = (10, 20, 40) if settings.full else (10, 20)
    total = len(UPDATES) * len(sizes) + 1
    timed: dict[tuple[str, int], Timed] = {}
    series: dict[str, Array] = {}
    fits: dict[int, kd.slmc.EffectiveIsing] = {}
    done = 0
    for size in sizes:
        model = kd.Ising(kd.Square(size), plaquette=PLAQUETTE)
        progress(done, total, f"L = {size}: learning")
        learned = _learn(model, settings)
        if size == SIZE:
            fits = _effective(learned.sampler, model, settings.full)
            series.update(_history(learned))
            series["picture"] = _picture(learned.sampler)
        for update in UPDATES:
            progress(done, total, f"L = {size}: {update}")
            if update != "RBM" or size in machines:
                timed[update, size] = _time(update, model, learned, settings)
            done += 1
    series.update(_table(timed, sizes))
    return Report(_quantities(fits, series), series, _remarks(fits[1], series))


def _learn(model: kd.Ising, settings: Settings) -> kd.slmc.Learned:
    return kd.slmc.learn(
        model,
        1.0 / TEMPERATURE,
        configurations=4000,
        replicas=REPLICAS,
        seed=settings.seed,
        threads=settings.threads,
    )


def _effective(
    sampler: kd.slmc.SelfLearningSampler, model: kd.Ising, full: bool
) -> dict[int, kd.slmc.EffectiveIsing]:
    """Fit one and three ranges to many configurations of the last sampler."""
    draws = 1500 if full else 500
    spins = np.empty((REPLICAS, draws, *model.lattice.shape), dtype=np.int8)
    for draw in range(draws):
        sampler.run(8)
        spins[:, draw] = sampler.spins
    energies = np.asarray(model.energy(spins))
    return {n: kd.slmc.fit(model, spins, n, energies=energies) for n in (1, 3)}


def _picture(sampler: kd.slmc.SelfLearningSampler) -> Array:
    """Return spins before an accepted proposal, 0 and 1, with 2 added in its cluster.

    Of 50 proposals, that of a cluster closest to a third of the lattice.
    """
    sites, best = sampler.model.lattice.n_sites, None
    for _ in range(50):
        before = sampler.spins
        sampler.run(1)
        flipped = before != sampler.spins
        away = np.abs(flipped.sum(axis=(1, 2)) - sites / 3)
        k = int(away.argmin())
        if best is None or away[k] < best[0]:
            best = away[k], (before[k] > 0) + 2 * flipped[k]
    assert best is not None
    return np.asarray(best[1])


def _history(learned: kd.slmc.Learned) -> dict[str, Array]:
    rounds = learned.rounds
    return {
        "round_coupling": np.array([entry.effective.couplings[0] for entry in rounds]),
        "round_coupling_error": np.array([entry.effective.errors[0] for entry in rounds]),
        "round_acceptance": np.array([entry.acceptance for entry in rounds]),
    }


def _make(update: str, model: kd.Ising, learned: kd.slmc.Learned, settings: Settings) -> Any:
    """Return the sampler of an update, with spins that the loop has thermalised."""
    beta, spins = 1.0 / TEMPERATURE, learned.sampler.spins
    common: dict[str, Any] = {"replicas": REPLICAS, "threads": settings.threads, "start": "down"}
    common["seed"] = (settings.seed + 1) % 2**64
    if update in LOCAL:
        sampler: Any = kd.Sampler(model, beta, LOCAL[update], **common)
    elif update == "RBM":
        fitted = kd.slmc.fit_rbm(model, spins, beta)
        sampler = kd.slmc.RBMProposalSampler(model, fitted.rbm, beta, **common)
    else:
        effective: Any = model.coupling if update == "naive Wolff" else learned.effective
        if update == "SLMC, 3 ranges":
            draws = np.concatenate([_drawn(learned.sampler) for _ in range(60)])
            effective = kd.slmc.fit(model, draws, 3)
        sampler = kd.slmc.SelfLearningSampler(model, effective, beta, **common)
    sampler.spins = spins
    return sampler


def _drawn(sampler: kd.slmc.SelfLearningSampler) -> npt.NDArray[np.int8]:
    sampler.run(10)
    spins: npt.NDArray[np.int8] = sampler.spins
    return spins


def _time(update: str, model: kd.Ising, learned: kd.slmc.Learned, settings: Settings) -> Timed:
    """Measure the magnetisation often enough to see its decay, and for long enough to average."""
    sampler = _make(update, model, learned, settings)
    size = model.lattice.shape[0]
    every = max(1, round(PACE.get(update, 0.0) * size**LOCAL_EXPONENT))
    draws = DRAWS[update] * (2 if settings.full and update != "RBM" else 1)
    begin = time.process_time()
    run = sampler.sample(draws, every)
    seconds = (time.process_time() - begin) / (draws * every * REPLICAS)
    order = np.abs(run["magnetization"])
    tau = integrated_time(order)
    parts = [integrated_time(part) for part in np.split(order, GROUPS)]
    sites = 1.0
    if "proposed_sites" in run:
        sites = float(run["proposed_sites"].mean()) / model.lattice.n_sites
    accepted = float(run["accepted"].mean()) if "accepted" in run else math.nan
    correlation = _autocorrelation(order)
    return Timed(
        tau * every,
        float(np.std(parts, ddof=1)) / math.sqrt(GROUPS) * every,
        sites,
        seconds,
        accepted,
        np.arange(len(correlation)) * every * sites,
        correlation,
    )


def _autocorrelation(series: Floats) -> Floats:
    """Return the normalised autocorrelation function of all replicas about their common mean."""
    centred = series - series.mean()
    length = series.shape[1]
    power = np.abs(np.fft.rfft(centred, n=2 * length, axis=1)) ** 2
    sums = np.fft.irfft(power.mean(axis=0))[:LAGS] / (length - np.arange(LAGS))
    return np.asarray(sums / sums[0])


def _table(timed: dict[tuple[str, int], Timed], sizes: tuple[int, ...]) -> dict[str, Array]:
    """Return arrays (update, size), NaN where nothing was measured, and the decay at L = 40."""
    shape = len(UPDATES), len(sizes)
    columns: dict[str, Callable[[Timed], float]] = {
        "tau_steps": lambda t: t.tau,
        "tau_sweeps": lambda t: t.tau * t.sites,
        "tau_sweeps_error": lambda t: t.error * t.sites,
        "tau_seconds": lambda t: t.tau * t.seconds,
        "acceptance": lambda t: t.acceptance,
        "sweeps_per_step": lambda t: t.sites,
        "seconds_per_step": lambda t: t.seconds,
    }
    table: dict[str, Array] = {name: np.full(shape, np.nan) for name in columns}
    for (update, size), entry in timed.items():
        at = UPDATES.index(update), sizes.index(size)
        for name, read in columns.items():
            table[name][at] = read(entry)
    shown = [timed[update, SIZE] for update in SHOWN]
    return {
        "update": np.array(UPDATES),
        "size": np.array(sizes),
        **table,
        "decay_lags": np.array([entry.lags for entry in shown]),
        "decay": np.array([entry.correlation for entry in shown]),
    }


def _quantities(
    fits: dict[int, kd.slmc.EffectiveIsing], series: dict[str, Array]
) -> tuple[Quantity, ...]:
    one, three = fits[1], fits[3]
    at = series["size"].tolist().index(SIZE)
    rows = [
        Quantity("J1, one range", one.couplings[0], one.errors[0], PUBLISHED_ONE, 0.005, LIU),
        *(
            Quantity(f"J{n + 1}, three ranges", three.couplings[n], three.errors[n],
                     PUBLISHED_THREE[n], within, LIU)
            for n, within in enumerate((0.02, 0.02, 0.01))
        ),
        *(
            Quantity(f"tau in sweeps, L = 40: {name}", series["tau_sweeps"][k, at],
                     series["tau_sweeps_error"][k, at])
            for k, name in enumerate(UPDATES) if np.isfinite(series["tau_sweeps"][k, at])
        ),
    ]  # fmt: skip
    learnt = UPDATES.index("SLMC")
    times = ("sweeps", "tau_sweeps", 0.1), ("CPU time", "tau_seconds", 1.0)
    for (what, name, most), (k, local) in itertools.product(times, enumerate(LOCAL)):
        ratio = series[name][learnt, at] / series[name][k, at]
        claimed = (0.0, most, "required of the default") if k == 0 else ()
        rows.append(Quantity(f"SLMC / {local} in {what}, L = 40", ratio, None, *claimed))
    acceptance = series["acceptance"][learnt, at]
    rows.append(Quantity("acceptance of SLMC, L = 40", acceptance))
    return tuple(rows)


def _remarks(one: kd.slmc.EffectiveIsing, series: dict[str, Array]) -> tuple[str, ...]:
    at = series["size"].tolist().index(SIZE)
    micro = 1e6 * series["tau_seconds"][:, at]
    costs = ", ".join(
        f"{name} {value:.3g}" for name, value in zip(UPDATES, micro, strict=True) if value == value
    )
    return (
        f"Square lattice, K / J = {PLAQUETTE}, T = {TEMPERATURE}; effective models of L = {SIZE}; "
        f"one range explains {100 * one.r_squared:.2f} % of the variance of the energy.",
        "tau is the integrated autocorrelation time of |m|, 1/2 for independent draws. A sweep is "
        "N visited sites: those of proposed clusters, accepted or not, or those of a Gibbs step.",
        f"tau in CPU microseconds of one replica, L = {SIZE}: {costs}.",
        "RBM: two hidden units for each plaquette are the model itself, so that all is accepted; "
        "its Gibbs steps are local, and slower than heat bath.",
    )


def draw(figure: Figure, report: Report) -> None:
    """Draw a proposal, the decay of correlations, and times against size in sweeps and seconds."""
    axes: Any = figure.subplots(2, 2)
    _draw_picture(axes[0, 0], report.series)
    _draw_decay(axes[0, 1], report.series)
    _draw_times(axes[1, 0], report.series, "tau_sweeps", 1.0)
    axes[1, 0].set_ylabel(r"$\tau_{|m|}$  in sweeps")
    axes[1, 0].legend(fontsize=8.5, ncols=2, loc="upper left")
    _draw_times(axes[1, 1], report.series, "tau_seconds", 1e3)
    axes[1, 1].set_ylabel(r"$\tau_{|m|}$  in CPU ms")


def _colours() -> dict[str, str]:
    from kadanoff.figures import COLOURS

    order = (4, 1, 2, 0, 5, 3)  # what is learnt in blue
    return {update: COLOURS[k] for update, k in zip(UPDATES, order, strict=True)}


def _draw_picture(axes: Any, series: Any) -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    down, up, from_down, from_up = "#f2f2f2", "#8c8c8c", "#8fc1e3", _colours()["SLMC"]
    picture = np.asarray(series["picture"])
    axes.imshow(picture, cmap=ListedColormap([down, up, from_down, from_up]), vmin=0, vmax=3)
    axes.set_axis_off()
    cluster = from_up if (picture == 3).sum() > (picture == 2).sum() else from_down
    patches = (
        Patch(fc=up, ec="none", label="up"),
        Patch(fc=down, ec="#cccccc", label="down"),
        Patch(fc=cluster, ec="none", label="the cluster that flips"),
    )
    axes.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3)
    axes.set_title(f"an accepted proposal, L = {SIZE}")


def _draw_decay(axes: Any, series: Any) -> None:
    for k, name in enumerate(SHOWN):
        lags, decay = np.asarray(series["decay_lags"])[k], np.asarray(series["decay"])[k]
        below = np.flatnonzero(decay < 0.02)
        end = below[0] if below.size else len(decay)
        axes.semilogy(lags[:end], decay[:end], color=_colours()[name], label=name)
    axes.set_ylim(0.02, 1.05)
    axes.set_xlim(0.0, None)
    axes.set_xlabel("sweeps")
    axes.set_ylabel(r"autocorrelation of $|m|$")
    axes.legend()
    axes.set_title(f"how fast order is forgotten, L = {SIZE}")


def _draw_times(axes: Any, series: Any, name: str, unit: float) -> None:
    from kadanoff.figures import GUIDE

    sizes, tau = np.asarray(series["size"], dtype=float), unit * np.asarray(series[name])
    errors = np.asarray(series["tau_sweeps_error"]) / np.asarray(series["tau_sweeps"])
    for k, update in enumerate(UPDATES):
        seen = np.isfinite(tau[k])
        style: dict[str, Any] = {"color": _colours()[update], "label": update, "ms": 5}
        axes.errorbar(sizes[seen], tau[k][seen], errors[k][seen] * tau[k][seen], fmt="o-", **style)
    power = LOCAL_EXPONENT + (0 if name == "tau_sweeps" else 2)
    guide = tau[0, -1] * (sizes / sizes[-1]) ** power
    axes.loglog(sizes, guide, ":", color=GUIDE, zorder=0, label=r"$\sim L^{2.17}$ sweeps")
    axes.set_ylim(None, 12 * np.nanmax(tau) if name == "tau_sweeps" else None)
    axes.set_xlabel("L")
    axes.set_xticks(sizes, [f"{size:.0f}" for size in sizes])
    axes.minorticks_off()


REPRODUCTION = Reproduction(
    title="Self-learning Monte Carlo for the square Ising model with plaquettes",
    paper="J. Liu, Y. Qi, Z. Y. Meng and L. Fu, Phys. Rev. B 95 (2017) 041101; "
    "L. Huang and L. Wang, Phys. Rev. B 95 (2017) 035105",
    compute=compute,
    draw=draw,
    size=(10.0, 8.4),
)
