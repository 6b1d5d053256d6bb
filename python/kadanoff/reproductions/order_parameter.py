"""What three hidden units of a thermometer see: the magnetisation, or the energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.datasets import IsingDataset, ising
from kadanoff.exact import kaufman
from kadanoff.lattices import Square
from kadanoff.models import Ising

from .report import Progress, Quantity, Report, Reproduction, Settings, Steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
BETAS = np.linspace(0.25, 0.65, 17)
UNITS = 3
KASHIWA = "Kashiwa 2018: proportional"
USED = 0.25
"""Units whose pre-activations vary less than this, in terms of the largest, do not count."""
SHOWN = 800
"""Configurations in the figure."""


class Effort(NamedTuple):
    """How much is computed."""

    sizes: tuple[int, ...]
    per_beta: int
    shallow_epochs: int
    deep_epochs: int
    deep_seeds: int


FAST, FULL = Effort((16,), 768, 15, 10, 4), Effort((8, 16, 32), 2048, 30, 20, 6)


class Seen(NamedTuple):
    """What the hidden units of a network say about held-out configurations.

    Attributes
    ----------
    pre_activations : ndarray of float, (n, UNITS)
    loss : float
        Cross entropy of those configurations.
    """

    pre_activations: Array
    loss: float


def compute(settings: Settings, progress: Progress) -> Report:
    """Train a shallow network and several deep ones on each size, and correlate their units."""
    from kadanoff.nn import torch_threads

    effort = FULL if settings.full else FAST
    quantities: list[Quantity] = []
    series: dict[str, Array] = {}
    steps = Steps(progress, len(effort.sizes) * (1 + effort.deep_seeds))
    with torch_threads(settings.threads):
        for size in effort.sizes:
            steps.next(f"L = {size}, shallow")
            train, held_out = _data(size, effort, settings)
            shallow = _shallow(train, held_out, effort.shallow_epochs, settings.network_seed())
            deep = []
            for seed in range(effort.deep_seeds):
                steps.next(f"L = {size}, deep {seed + 1} of {effort.deep_seeds}")
                deep.append(_deep(train, held_out, effort.deep_epochs, settings.network_seed(seed)))
            best = min(deep, key=lambda each: each.loss)
            worst = max(deep, key=lambda each: each.loss)
            physics = _physics(size, held_out)
            quantities += _quantities(size, physics, held_out, shallow, best, worst)
            untrained = _shallow(train, held_out, 0, settings.network_seed())
            quantities.append(_control(size, physics, untrained))
            series.update(_panels(size, physics, shallow, best))
    series["size"] = np.array(effort.sizes)
    steps.next("done")
    remarks = (
        f"{len(BETAS)} temperatures, beta {BETAS[0]} to {BETAS[-1]}; correlations in held-out"
        " configurations.",
        f"Deep: the best of {effort.deep_seeds} seeds by its loss, which tells that it sees the"
        " energy; the worst one is stuck at less.",
        "At fixed temperature: what is left when the mean of each temperature is taken away.",
    )
    return Report(tuple(quantities), series, remarks)


def _data(size: int, effort: Effort, settings: Settings) -> tuple[IsingDataset, IsingDataset]:
    data = ising(
        Square(size), 1 / BETAS, effort.per_beta, seed=settings.seed, threads=settings.threads
    )
    train, held_out = data.split(0.25, seed=1)
    return train, held_out


def _shallow(train: IsingDataset, held_out: IsingDataset, epochs: int, seed: int) -> Seen:
    """Train a network of three hidden units, and nothing else between spins and temperatures."""
    from kadanoff import nn

    network = nn.FullyConnected(
        train.shape[1], hidden=UNITS, outputs=len(BETAS), activation="sigmoid", seed=seed
    )
    # Without L2, what the weights had before the training stays beside what they learnt.
    return _trained(network, train, held_out, epochs, 1e-2, 3e-3, seed)


def _deep(train: IsingDataset, held_out: IsingDataset, epochs: int, seed: int) -> Seen:
    """Train a network with two convolutions before its three hidden units."""
    from kadanoff import nn

    network = nn.Convolutional(filters=8, width=3, hidden=UNITS, outputs=len(BETAS), seed=seed)
    return _trained(network, train, held_out, epochs, 5e-3, 0.0, seed)


def _trained(
    network: Any,
    train: IsingDataset,
    held_out: IsingDataset,
    epochs: int,
    rate: float,
    l2: float,
    seed: int,
) -> Seen:
    from kadanoff import nn

    loss = np.nan
    if epochs:
        history = nn.fit(
            network,
            train,
            held_out,
            epochs=epochs,
            learning_rate=rate,
            l2=l2,
            patience=None,
            seed=seed,
        )
        loss = min(history.validation_loss)
    return Seen(nn.layer_outputs(network, held_out).astype(float), loss)


def _physics(size: int, data: IsingDataset) -> dict[str, Array]:
    """Return the magnetisation and the energy per site of each configuration."""
    m = data.spins.mean(axis=(1, 2))
    return {"m": m, "E": Ising(Square(size)).energy(data.spins) / size**2, "|m|": abs(m)}


def correlation(first: Array, second: Array, labels: Array | None = None) -> float:
    """Return Pearson's r; with labels, of the deviations from the means of each label."""
    if labels is not None:
        first, second = (_centred(values, labels) for values in (first, second))
    return float(np.corrcoef(first, second)[0, 1])


def _centred(values: Array, labels: Array) -> Array:
    means = np.bincount(labels, values) / np.bincount(labels)
    return np.asarray(values - means[labels])


def _quantities(
    size: int, physics: dict[str, Array], data: IsingDataset, shallow: Seen, best: Seen, worst: Seen
) -> list[Quantity]:
    rows = []
    for name, seen, quantity in (("shallow", shallow, "m"), ("deep", best, "E")):
        for unit, values in enumerate(seen.pre_activations.T):
            r = abs(correlation(values, physics[quantity]))
            title = f"|r| of unit {unit + 1} and {quantity}, {name}, L = {size}"
            used = values.std() > USED * seen.pre_activations.std(axis=0).max()
            source = KASHIWA if used else "the unit is not used"
            rows.append(Quantity(title, r, None, 1.0, 0.02 if used else None, source))
    for other in ("E", "|m|"):
        each = [
            abs(correlation(values, physics[other], data.labels))
            for values in best.pre_activations.T
        ]
        title = f"|r| at fixed temperature, {other}, deep, L = {size}"
        rows.append(Quantity(title, float(np.mean(each))))
    r = abs(correlation(physics["E"], physics["|m|"]))
    rows.append(Quantity(f"|r| of E and |m| themselves, L = {size}", r))
    r = abs(correlation(physics["E"], physics["|m|"], data.labels))
    rows.append(Quantity(f"the same at fixed temperature, L = {size}", r))
    for name, seen in (("shallow", shallow), ("deep", best), ("worst deep", worst)):
        rows.append(Quantity(f"loss, {name}, L = {size}", seen.loss))
    rows.append(Quantity(f"loss, optimal by Kaufman, L = {size}", _least_loss(physics["E"], data)))
    for other in ("m", "E"):
        r = max(abs(correlation(values, physics[other])) for values in worst.pre_activations.T)
        rows.append(Quantity(f"largest |r| with {other}, worst deep, L = {size}", r))
    return rows


def _least_loss(energies: Array, data: IsingDataset) -> float:
    """Return the cross entropy of the best thermometer: -beta E - ln Z(beta) as logits."""
    log_z = np.asarray(kaufman(data.sample_shape, BETAS).log_z_total)
    logits = -energies[:, None] * data.shape[1] * BETAS - log_z
    top = logits.max(axis=1)
    norms = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return float((norms - logits[np.arange(len(data)), data.labels]).mean())


def _control(size: int, physics: dict[str, Array], untrained: Seen) -> Quantity:
    r = np.mean([abs(correlation(values, physics["m"])) for values in untrained.pre_activations.T])
    return Quantity(f"|r| with m before the training, shallow, L = {size}", float(r))


def _panels(size: int, physics: dict[str, Array], shallow: Seen, deep: Seen) -> dict[str, Array]:
    some = np.random.default_rng(size).permutation(len(physics["m"]))[:SHOWN]
    return {
        f"m_{size}": physics["m"][some],
        f"E_{size}": physics["E"][some],
        f"shallow_{size}": shallow.pre_activations[some],
        f"deep_{size}": deep.pre_activations[some],
    }


def draw(figure: Figure, report: Report) -> None:
    """Draw the pre-activations of both networks against magnetisation and energy."""
    from kadanoff.figures import COLOURS

    size = report.series["size"].tolist()[-1]
    axes: Any = figure.subplots(2, 2, sharey="row")
    labels = {"m": "magnetisation  $m$", "E": "energy per site  $E / N$"}
    names = {"shallow": "three hidden units", "deep": "two convolutions, three hidden units"}
    for row, (name, title) in enumerate(names.items()):
        units = np.asarray(report.series[f"{name}_{size}"])
        units = (units - units.mean(axis=0)) / units.std(axis=0)
        for column, quantity in enumerate(("m", "E")):
            axis, x = axes[row, column], np.asarray(report.series[f"{quantity}_{size}"])
            for unit in range(UNITS):
                axis.plot(x, units[:, unit], ".", ms=3, color=COLOURS[unit], label=f"{unit + 1}")
            rs = [abs(correlation(each, x)) for each in units.T]
            axis.set_title(f"{title}: $|r|$ = " + ", ".join(f"{r:.3f}" for r in rs), fontsize=10)
            axis.set_xlabel(labels[quantity])
        axes[row, 0].set_ylabel("pre-activation, standardised")
    axes[0, 0].legend(title="unit", markerscale=3)


REPRODUCTION = Reproduction(
    title="What three hidden units of a thermometer see",
    paper="K. Kashiwa, Y. Kikuchi, A. Tomiya, arXiv:1812.01522",
    compute=compute,
    draw=draw,
    size=(10.0, 7.6),
)
