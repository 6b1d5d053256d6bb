"""Entanglement of convolutional arithmetic circuits: ranks and minimum cuts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff.tensor import ConvAC

from .report import Progress, Quantity, Report, Reproduction, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
UPPER = "Levine et al. 2017, upper bound"
LOWER = "Levine et al. 2017, lower bound"
INPUTS, FUNCTIONS, USUAL = 8, 4, 4
PARTITIONS = {
    "alternating": np.arange(INPUTS) % 2 == 0,
    "pairs": np.arange(INPUTS) // 2 % 2 == 0,
    "halves": np.arange(INPUTS) < INPUTS // 2,
}
LAYERS = 3
CIRCUITS = 8
"""Over which entropies are averaged."""


def compute(settings: Settings, progress: Progress) -> Report:
    """Return bounds of random circuits, and ranks against the channels of each layer."""
    widths = np.arange(1, 9 if settings.full else 7)
    total = 2 + len(PARTITIONS) * LAYERS * len(widths) + len(widths)
    progress(0, total, "random circuits")
    quantities = _random_circuits(settings, 1000 if settings.full else 400)
    progress(1, total, "powers of two")
    quantities += _powers_of_two(settings, 300 if settings.full else 100)
    done = 2
    series: dict[str, Array] = {"widths": widths}
    for name, subset in PARTITIONS.items():
        found: dict[str, list[list[float]]] = {"rank": [], "cut": [], "entropy": []}
        for layer in range(LAYERS):
            for row in found.values():
                row.append([])
            for width in widths.tolist():
                progress(done, total, f"{name}, {width} channels in layer {layer}")
                done += 1
                channels = [width if k == layer else USUAL for k in range(LAYERS)]
                circuits = [
                    ConvAC(INPUTS, channels, functions=FUNCTIONS, seed=settings.seed + k)
                    for k in range(CIRCUITS)
                ]
                found["rank"][-1].append(circuits[0].separation_rank(subset))
                found["cut"][-1].append(int(circuits[0].min_cut(subset)))
                entropies = [one.entanglement_entropy(subset) for one in circuits]
                found["entropy"][-1].append(float(np.mean(entropies)))
        series.update({f"{name}_{key}": np.array(rows) for key, rows in found.items()})
    for width in widths.tolist():
        progress(done, total, f"deep and shallow, {width} channels")
        done += 1
    deep = _by_width(settings, widths, lambda width: ([width] * LAYERS, 2))
    shallow = _by_width(settings, widths, lambda width: ([width], INPUTS))
    series.update({"deep_rank": deep, "shallow_rank": shallow})
    quantities += _architectures(settings)
    progress(total, total, "done")
    remarks = (
        "Alternating inputs are entangled by the first layer alone, halves by the last two:",
        "wide first layers serve short distances, wide last ones long distances.",
    )
    return Report(tuple(quantities), series, remarks)


def _random_circuits(settings: Settings, count: int) -> list[Quantity]:
    """Compare ranks of random circuits, channels, functions and subsets with both bounds."""
    rng = np.random.default_rng(settings.seed)
    above = below = equal = 0
    for _ in range(count):
        layers = int(rng.integers(1, 4))
        circuit = ConvAC(
            2**layers,
            rng.integers(1, 5, size=layers).tolist(),
            functions=int(rng.integers(2, 4)),
            seed=int(rng.integers(2**32)),
        )
        subset = rng.random(circuit.inputs) < 0.5
        rank, cut = circuit.separation_rank(subset), circuit.min_cut(subset)
        above += rank > cut
        below += rank < circuit.lower_bound(subset)
        equal += rank == cut
    return [
        Quantity(f"ranks above the minimum cut, of {count}", above, None, 0, 0, UPPER),
        Quantity(f"ranks below the lower bound, of {count}", below, None, 0, 0, LOWER),
        Quantity("share with rank = minimum cut", equal / count),
    ]


def _powers_of_two(settings: Settings, count: int) -> list[Quantity]:
    rng = np.random.default_rng(settings.seed + 1)
    equal = 0
    for _ in range(count):
        channels = (2 ** rng.integers(0, 4, size=LAYERS)).tolist()
        circuit = ConvAC(INPUTS, channels, functions=2, seed=int(rng.integers(2**32)))
        subset = rng.random(INPUTS) < 0.5
        equal += circuit.separation_rank(subset) == circuit.min_cut(subset)
    return [
        Quantity("share with rank = cut, powers of 2", equal / count, None, 1.0, 0.0, LOWER),
    ]


def _by_width(settings: Settings, widths: Array, architecture: Any) -> Array:
    """Return ranks, (partition, width), of one architecture."""
    ranks: list[list[int]] = []
    for subset in PARTITIONS.values():
        ranks.append([])
        for width in widths.tolist():
            channels, window = architecture(width)
            circuit = ConvAC(
                INPUTS, channels, functions=FUNCTIONS, window=window, seed=settings.seed
            )
            ranks[-1].append(circuit.separation_rank(subset))
    return np.array(ranks)


def _architectures(settings: Settings) -> list[Quantity]:
    """Return the ranks of circuits that are wide at their base, at their tip, or shallow."""
    quantities = []
    for name, channels, window in (
        ("wide base 4, 2, 2", [4, 2, 2], 2),
        ("wide tip 2, 4, 4", [2, 4, 4], 2),
        ("shallow 4", [4], INPUTS),
    ):
        circuit = ConvAC(INPUTS, channels, functions=FUNCTIONS, window=window, seed=settings.seed)
        for partition in ("alternating", "halves"):
            subset = PARTITIONS[partition]
            rank, cut = circuit.separation_rank(subset), int(circuit.min_cut(subset))
            quantities.append(Quantity(f"rank, {partition}, {name}", rank, None, cut, 0, UPPER))
    return quantities


def draw(figure: Figure, report: Report) -> None:
    """Draw ranks of deep and shallow circuits, and entropies against the width of each layer."""
    from kadanoff.figures import COLOURS

    series, widths = report.series, report.series["widths"]
    axes: Any = figure.subplots(1, 1 + len(PARTITIONS))
    for row, (name, colour) in enumerate(zip(PARTITIONS, COLOURS, strict=False)):
        ranks = series["deep_rank"][row]
        axes[0].semilogy(widths, ranks, "o-", ms=4.0, color=colour, label=f"deep, {name}")
    ranks = series["shallow_rank"][0]
    axes[0].semilogy(widths, ranks, "ks", mfc="none", ms=7.0, label="shallow, alternating")
    axes[0].set_xlabel("channels of all layers")
    axes[0].set_ylabel("separation rank")
    axes[0].set_ylim(top=12.0 * FUNCTIONS ** (INPUTS // 2))
    axes[0].legend(fontsize=8)
    highest = math.log(FUNCTIONS ** (INPUTS // 2))
    for axis, name in zip(axes[1:], PARTITIONS, strict=True):
        for layer in range(LAYERS):
            colour, size = COLOURS[layer], 9.0 - 2.5 * layer
            ranks = np.log(series[f"{name}_rank"][layer])
            axis.plot(widths, ranks, "o-", ms=size, mfc="none", color=colour, label=f"$r_{layer}$")
            axis.plot(widths, series[f"{name}_entropy"][layer], ":", color=colour)
        axis.set_title(name)
        axis.set_xlabel("channels of one layer")
        axis.set_ylim(-0.05 * highest, 1.08 * highest)
    axes[1].set_ylabel("ln of the rank; entropy dotted")
    axes[1].legend(title="layer")


REPRODUCTION = Reproduction(
    title="Entanglement of convolutional arithmetic circuits",
    paper="Y. Levine, D. Yakira, N. Cohen and A. Shashua, arXiv:1704.01552 (ICLR 2018)",
    compute=compute,
    draw=draw,
    size=(13.0, 4.0),
)
