"""Networks that tell the temperature: what their weights and biases say about the transition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.datasets import IsingDataset, ising
from kadanoff.exact import critical_temperature, kaufman
from kadanoff.lattices import Square
from kadanoff.models import Ising

from .report import Progress, Quantity, Report, Reproduction, Settings, Steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
CRITICAL = 1 / critical_temperature()
SIZES = (8, 16, 32)
"""Those of the publication."""
PUBLISHED = {
    ("CNN", 16): 0.4486,
    ("CNN", 32): 0.4519,
    ("FC", 16): 0.4339,
    ("FC", 32): 0.4156,
}
"""Estimates of beta_c by network and size."""
RATES = {"CNN": 1e-4, "FC": 3e-4}
"""Of learning."""
SLOW_RATES = {("CNN", 32): 2.5e-5}
"""In place of those of `RATES`, with which less than an epoch brings the weights to be read."""
EPOCH = 7680
"""Configurations of an epoch at these rates; with more, steps are smaller, and epochs go as far."""
RANGES = {"low": (0.02, 0.60), "high": (0.30, 1.00), "ordered": (0.50, 0.90)}
"""Of inverse temperatures; only the last one has no transition."""
MAIN = (0.02, 0.80)
"""The range whose estimates are compared with the publication's."""
CONTROL_SIZE = 16
"""Of the lattices with other ranges and with shuffled labels."""
READ_AT = 0.95
"""Weights are read as soon as a hyperbolic tangent explains this share of their variance."""
LADDERS = {8: (0.10, 0.75, 0.05), 16: (0.12, 0.64, 0.04), 32: (0.24, 0.60, 0.03)}
"""Inverse temperatures of the energy machines: first, last, step."""
TANAKA = "exact; published {:.4f} (Tanaka 2017)"
ONSAGER = "exact: Onsager 1944"
AOKI = "Aoki 2019; exact: Kaufman 1949"


class Trace(NamedTuple):
    """A training, epoch by epoch.

    Attributes
    ----------
    beta, beta_error, explained : ndarray of float, (epochs,)
        Of the hyperbolic tangent through the summed weights.
    sums : ndarray of float, (epochs, n_betas)
    read, best : int
        Epochs, from 0: that at which the weights are read, and that of the best validation loss.
    heat_map : ndarray of float, (units, n_betas)
        The weights of the last layer when they are read.
    """

    beta: Array
    beta_error: Array
    explained: Array
    sums: Array
    read: int
    best: int
    heat_map: Array


class Effort(NamedTuple):
    """How much is computed."""

    classes: int
    per_beta: int
    epochs: int
    seeds: int
    energies: int


FAST, FULL = Effort(40, 192, 20, 3, 10_000), Effort(40, 512, 60, 5, 100_000)


def compute(settings: Settings, progress: Progress) -> Report:
    """Train on all sizes and on ranges off the transition; fit the optimal energy machines."""
    from kadanoff.nn import torch_threads

    effort = FULL if settings.full else FAST
    steps = Steps(progress, 2 * effort.seeds * len(SIZES) + 2 * (len(RANGES) + 1) + len(SIZES))
    quantities: list[Quantity] = []
    series: dict[str, Array] = {}
    with torch_threads(settings.threads):
        quantities += _sizes(settings, effort, steps, series)
        quantities += _ranges(settings, effort, steps, series)
    for size in SIZES:
        steps.next(f"energy machine, L = {size}")
        quantities += _energy_machine(size, settings, effort, series)
    steps.next("done")
    remarks = (
        f"Weights: summed for each of {effort.classes} temperatures and fitted by a hyperbolic"
        f" tangent, read when it explains {READ_AT:.0%}; means of {effort.seeds} seeds.",
        "Fully trained: the same at the best validation loss. The estimate grows as long as the"
        " network learns.",
        "Energy machines: softmax regressions on the energy alone, at their optimum.",
    )
    return Report(tuple(quantities), series, remarks)


def _sizes(
    settings: Settings, effort: Effort, steps: Steps, series: dict[str, Array]
) -> list[Quantity]:
    """Train both networks on each size with several seeds."""
    rows = []
    betas = np.linspace(*MAIN, effort.classes)
    series["beta"] = betas
    for size in SIZES:
        train, validation = _data(size, betas, effort, settings)
        order = np.array([abs(train.spins[train.labels == k].mean((1, 2))).mean()
                          for k in range(len(betas))])  # fmt: skip
        for kind in RATES:
            traces = []
            for seed in range(effort.seeds):
                steps.next(f"{kind}, L = {size}, seed {seed + 1} of {effort.seeds}")
                traces.append(train_thermometer(
                    kind, train, validation, betas, effort.epochs, settings.network_seed(seed)
                ))  # fmt: skip
            rows += _estimates(kind, size, traces)
            rows += _shapes(kind, size, traces[0], betas, order)
            key = f"{kind}_{size}"
            series[f"trace_{key}"] = np.array([trace.beta for trace in traces])
            series[f"sums_{key}"] = traces[0].sums
            series[f"epochs_{key}"] = np.array([[trace.read, trace.best] for trace in traces])
            series[f"heat_map_{key}"] = traces[0].heat_map
    return rows


def _data(
    size: int, betas: Array, effort: Effort, settings: Settings
) -> tuple[IsingDataset, IsingDataset]:
    data = ising(
        Square(size),
        1 / betas,
        effort.per_beta * 4 // 3,
        seed=settings.seed,
        threads=settings.threads,
    )
    train, validation = data.split(0.25, seed=1)
    return train, validation


def train_thermometer(
    kind: str,
    train: IsingDataset,
    validation: IsingDataset,
    betas: Array,
    epochs: int,
    seed: int,
    labels: Array | None = None,
) -> Trace:
    """Train a "CNN" or a fully connected ("FC") network to tell temperatures.

    Parameters
    ----------
    kind : {"CNN", "FC"}
    train, validation : IsingDataset
    betas : ndarray of float
        Inverse temperature of each label.
    epochs, seed : int
    labels : ndarray of int, optional
        In place of those of `train`.
    """
    from kadanoff import nn

    sites, classes = train.shape[1], len(betas)
    network: Any = (
        nn.Thermometer(train.sample_shape, classes, seed=seed)
        if kind == "CNN"
        else nn.FullyConnected(sites, hidden=80, outputs=classes, seed=seed)
    )
    rate = SLOW_RATES.get((kind, train.sample_shape[0]), RATES[kind])
    fits: list[nn.TanhFit] = []
    sums: list[Array] = []
    maps: list[Array] = []

    def look(epoch: int, total: int, text: str) -> None:
        sums.append(nn.summed_weights(network))
        fits.append(nn.tanh_transition(betas, sums[-1]))
        if all(fit.explained < READ_AT for fit in fits[:-1]):
            maps[:] = [network.output.weight.detach().numpy().T.astype(float)]

    history = nn.fit(
        network,
        nn.SpinDataset(train, labels),
        validation,
        epochs=epochs,
        learning_rate=rate * min(1.0, EPOCH / len(train)),
        patience=None,
        seed=seed,
        progress=look,
    )
    beta, error, _, explained = np.transpose(fits)
    reached = np.flatnonzero(explained >= READ_AT)
    read = int(reached[0]) if len(reached) else epochs - 1
    best = history.best_epoch - 1
    return Trace(beta, error, explained, np.array(sums), read, best, maps[0])


def _estimates(kind: str, size: int, traces: list[Trace]) -> list[Quantity]:
    """Return the estimates when they are read, and those of full trainings."""
    name = f"beta_c from weights, {kind}, L = {size}"
    rows = []
    for label, places in (
        ("", [trace.read for trace in traces]),
        (", fully trained", [trace.best for trace in traces]),
    ):
        values = np.array([t.beta[at] for t, at in zip(traces, places, strict=True)])
        error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
        published = PUBLISHED.get((kind, size))
        source = TANAKA.format(published) if published and not label else ONSAGER
        within = 0.04 if published and not label else None
        rows.append(Quantity(name + label, values.mean(), error, CRITICAL, within, source))
    return rows


def _shapes(kind: str, size: int, trace: Trace, betas: Array, order: Array) -> list[Quantity]:
    """Tell whether the sums look like the order parameter or like a straight line."""
    rows = []
    for label, epoch in (("", trace.read), (", fully trained", trace.best)):
        for name, curve in (("<|m|>", order), ("beta", betas)):
            r = abs(np.corrcoef(trace.sums[epoch], curve)[0, 1])
            rows.append(Quantity(f"|r| of weights and {name}, {kind}, L = {size}{label}", r))
    return rows


def _ranges(
    settings: Settings, effort: Effort, steps: Steps, series: dict[str, Array]
) -> list[Quantity]:
    """Train on other ranges of temperature, and with labels that mean nothing."""
    rows = []
    for kind in RATES:
        middles, found = [sum(MAIN) / 2], [series[f"trace_{kind}_{CONTROL_SIZE}"][0]]
        reads = [int(series[f"epochs_{kind}_{CONTROL_SIZE}"][0, 0])]
        for name, (low, high) in RANGES.items():
            steps.next(f"{kind}, {name} range")
            betas = np.linspace(low, high, effort.classes)
            parts = _data(CONTROL_SIZE, betas, effort, settings)
            trace = train_thermometer(kind, *parts, betas, effort.epochs, settings.network_seed())
            series[f"trace_{kind}_{name}"] = trace.beta
            series[f"error_{kind}_{name}"] = trace.beta_error
            label = f"beta_c from weights, {kind}, {low:.2f} to {high:.2f}"
            error = min(float(trace.beta_error[trace.read]), 99.0)
            where = ONSAGER if low < CRITICAL < high else "outside of the range"
            rows.append(Quantity(label, trace.beta[trace.read], error, CRITICAL, None, where))
            if low < CRITICAL < high:
                middles.append((low + high) / 2)
                found.append(trace.beta)
                reads.append(trace.read)
        values = [trace[at] for trace, at in zip(found, reads, strict=True)]
        slope = np.polyfit(middles, values, 1)[0]
        rows.append(Quantity(f"shift of beta_c by that of the range, {kind}", slope))
        steps.next(f"{kind}, shuffled labels")
        rows.append(_shuffled(kind, settings, effort))
    return rows


def _shuffled(kind: str, settings: Settings, effort: Effort) -> Quantity:
    betas = np.linspace(*MAIN, effort.classes)
    train, validation = _data(CONTROL_SIZE, betas, effort, settings)
    labels = np.random.default_rng(settings.seed).permutation(train.labels)
    epochs = max(effort.epochs // 4, 1)
    seed = settings.network_seed()
    trace = train_thermometer(kind, train, validation, betas, epochs, seed, labels)
    name = f"share that a tanh explains, {kind}, shuffled labels"
    return Quantity(name, float(np.median(trace.explained)), None, 0.0, 0.7, "nothing to learn")


def _energy_machine(
    size: int, settings: Settings, effort: Effort, series: dict[str, Array]
) -> list[Quantity]:
    """Fit softmax regressions on the energy and compare their parameters with exact ones."""
    from kadanoff.nn import fit_energies

    first, last, step = LADDERS[size]
    betas = np.arange(first, last + step / 2, step)
    data = ising(
        Square(size), 1 / betas, effort.energies, seed=settings.seed, threads=settings.threads
    )
    energies = Ising(Square(size)).energy(data.spins)
    machine = fit_energies(energies, data.labels)
    exact = kaufman(size, betas)
    log_z = np.asarray(exact.log_z_total)
    off = machine.biases + log_z - log_z.mean()
    curvature, error = machine.second_difference(step)
    heat = kaufman(size, np.linspace(first, last, 2001))
    peak = np.linspace(first, last, 2001)[np.argmax(heat.specific_heat)]
    fixed = fit_energies(energies, data.labels, weights=-betas)
    weights, biases = machine.chi_square(-betas, -log_z)
    allowed = 4 * np.sqrt(2 / (len(betas) - 1))
    series[f"ladder_{size}"] = betas
    series[f"biases_{size}"] = np.array([machine.biases, log_z.mean() - log_z])
    series[f"off_{size}"] = np.array([off, _errors(machine)])
    series[f"fixed_off_{size}"] = fixed.biases + log_z - log_z.mean()
    series[f"curvature_{size}"] = np.array([curvature, error]) / size**2
    r = np.corrcoef(machine.biases, -log_z)[0, 1]
    at = betas[1:-1][np.argmax(curvature)]
    title = f"energy machine, L = {size}"
    return [
        Quantity(f"r of biases and -ln Z, {title}", r, None, 1.0, 0.01, AOKI),
        Quantity(f"r of -beta and -ln Z, L = {size}", np.corrcoef(betas, log_z)[0, 1]),
        Quantity(f"chi^2 / dof of weights + beta, {title}", weights, None, 1.0, allowed, AOKI),
        Quantity(f"chi^2 / dof of biases + ln Z, {title}", biases, None, 1.0, allowed, AOKI),
        Quantity(f"largest |bias + ln Z|, {title}", abs(off).max(), None, 0.0),
        Quantity(f"the same with weights -beta, {title}",
                 abs(series[f"fixed_off_{size}"]).max(), None, 0.0),
        Quantity(f"second difference peaks, {title}", at, None, peak, step * 1.0001, AOKI),
    ]  # fmt: skip


def _errors(machine: Any) -> Array:
    count = len(machine.biases)
    return np.sqrt(np.diag(machine.covariance)[count:])


def draw(figure: Figure, report: Report) -> None:
    """Draw weights, their estimates by epoch, and biases against ln Z and its curvature."""
    axes: Any = figure.subplots(2, 3)
    _draw_heat_map(figure, axes[0, 0], report)
    _draw_sums(axes[0, 1], report)
    _draw_traces(axes[0, 2], report)
    _draw_biases(axes[1, 0], report)
    _draw_deviations(axes[1, 1], report)
    _draw_curvatures(axes[1, 2], report)


def _draw_heat_map(figure: Figure, axis: Any, report: Report) -> None:
    from kadanoff.figures import LIMIT

    betas, weights = report.series["beta"], np.asarray(report.series[f"heat_map_FC_{SIZES[-1]}"])
    half = (betas[1] - betas[0]) / 2
    extent = (betas[0] - half, betas[-1] + half, len(weights), 0)
    top = np.quantile(abs(weights), 0.995)
    shown = axis.imshow(
        weights, aspect="auto", extent=extent, cmap="RdBu_r", vmin=-top, vmax=top,
        interpolation="nearest",
    )  # fmt: skip
    axis.axvline(CRITICAL, color=LIMIT, lw=0.9, ls="--")
    figure.colorbar(shown, ax=axis, label="weight")
    axis.set_xlabel(r"label  $\beta_k$")
    axis.set_ylabel("hidden unit")
    axis.set_title(f"FC, $L = {SIZES[-1]}$, when read")


def _draw_sums(axis: Any, report: Report) -> None:
    from kadanoff.figures import COLOURS, GUIDE

    betas = report.series["beta"]
    for colour, kind in zip(COLOURS, RATES, strict=False):
        key = f"{kind}_{SIZES[-1]}"
        sums, epochs = report.series[f"sums_{key}"], report.series[f"epochs_{key}"][0]
        for epoch, style, text in zip(epochs, ("o", "-"), ("read", "trained"), strict=True):
            values = np.asarray(sums[epoch])
            shown = (values - values.mean()) / np.ptp(values)
            axis.plot(
                betas, shown, style, ms=4, lw=1.2, mfc="none", color=colour,
                label=f"{kind}, {text} (epoch {epoch + 1})",
            )  # fmt: skip
    # Below the legend, which has room of its own.
    axis.axvline(CRITICAL, ymax=0.66, color=GUIDE, lw=0.9, ls="--")
    axis.set_ylim(-0.8, 1.2)
    axis.set_xlabel(r"label  $\beta_k$")
    axis.set_ylabel("sum of weights, scaled")
    axis.set_title(f"$L = {SIZES[-1]}$")
    axis.legend(fontsize=8.5, loc="upper right")


def _draw_traces(axis: Any, report: Report) -> None:
    from kadanoff.figures import COLOURS, GUIDE, LIMIT

    size = CONTROL_SIZE
    for colour, kind in zip(COLOURS, RATES, strict=False):
        shown = [
            (f"{size}", "-", MAIN),
            ("low", "--", RANGES["low"]),
            ("high", ":", RANGES["high"]),
        ]
        for name, style, (low, high) in shown:
            trace = np.atleast_2d(report.series[f"trace_{kind}_{name}"])[0]
            label = rf"{kind}, $\beta$ {low:g} to {high:g}"
            axis.plot(np.arange(1, len(trace) + 1), trace, style, color=colour, label=label)
        read = int(report.series[f"epochs_{kind}_{size}"][0][0])
        at = np.atleast_2d(report.series[f"trace_{kind}_{size}"])[0][read]
        axis.plot(read + 1, at, "o", color=colour)
    axis.axhspan(CRITICAL - 0.04, CRITICAL + 0.04, color=GUIDE, alpha=0.2, lw=0)
    axis.axhline(CRITICAL, color=LIMIT, lw=0.9, ls="--")
    axis.set_ylim(0.35, 0.75)
    axis.set_xlabel("epoch")
    axis.set_ylabel(r"$\beta_c$ from weights")
    axis.set_title(f"$L = {size}$")
    axis.legend(fontsize=8, ncol=2)


def _draw_biases(axis: Any, report: Report) -> None:
    from kadanoff.figures import COLOURS

    for colour, size in zip(COLOURS, SIZES, strict=False):
        ours, exact = (np.asarray(row) for row in report.series[f"biases_{size}"])
        betas = report.series[f"ladder_{size}"]
        axis.plot(betas, exact / size**2, "-", lw=1.0, color=colour)
        axis.plot(betas, ours / size**2, "o", ms=4.5, mfc="none", color=colour,
                  label=f"$L = {size}$")  # fmt: skip
    axis.set_xlabel(r"$\beta_k$")
    axis.set_ylabel(r"bias per site, and $-\ln Z / N$ (lines)")
    axis.set_title("energy machines")
    axis.legend()


def _draw_deviations(axis: Any, report: Report) -> None:
    from kadanoff.figures import COLOURS, GUIDE

    for k, size in enumerate(SIZES):
        off, error = (np.asarray(row) for row in report.series[f"off_{size}"])
        betas = np.asarray(report.series[f"ladder_{size}"]) + 0.004 * (k - 1)
        axis.errorbar(betas, off / error, np.ones_like(off), fmt="o", ms=4, color=COLOURS[k],
                      lw=0.9, label=f"$L = {size}$")  # fmt: skip
    axis.axhline(0.0, color=GUIDE, lw=0.9)
    axis.set_xlabel(r"$\beta_k$")
    axis.set_ylabel(r"(bias $+ \ln Z$) / standard error")
    axis.set_title("deviation of the biases")
    axis.set_ylim(-4.0, 4.5)
    axis.legend(ncols=len(SIZES), loc="upper center")


def _draw_curvatures(axis: Any, report: Report) -> None:
    from kadanoff.figures import COLOURS, GUIDE

    for colour, size in zip(COLOURS, SIZES, strict=False):
        betas = np.asarray(report.series[f"ladder_{size}"])
        value, error = report.series[f"curvature_{size}"]
        fine = np.linspace(betas[0], betas[-1], 400)
        heat = np.asarray(kaufman(size, fine).specific_heat) / fine**2
        axis.plot(fine, heat, "-", lw=1.0, color=colour)
        axis.errorbar(betas[1:-1], value, error, fmt="o", ms=4, color=colour, label=f"$L = {size}$")
    axis.axvline(CRITICAL, color=GUIDE, lw=0.9, ls="--")
    axis.set_xlabel(r"$\beta_k$")
    axis.set_ylabel(r"second difference of the biases, $C / \beta^2$ (lines)")
    axis.set_title("energy machines")
    axis.legend()


REPRODUCTION = Reproduction(
    title="A thermometer of spin configurations, and where it keeps the transition",
    paper="A. Tanaka, A. Tomiya, arXiv:1609.09087; K.-I. Aoki et al., arXiv:1901.03817",
    compute=compute,
    draw=draw,
    size=(14.0, 8.0),
)
