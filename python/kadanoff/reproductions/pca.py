"""Principal components of Ising configurations find the magnetisation and its transition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.analysis import Curve, binder, crossing, jackknife
from kadanoff.datasets import IsingDataset, ising
from kadanoff.exact import critical_temperature, onsager
from kadanoff.lattices import Square
from kadanoff.rbm import RBM, RBMTrainer

from .report import Progress, Quantity, Report, Reproduction, Settings, Steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
TEMPERATURES = np.arange(16, 30) / 10
"""Those of the publication."""
CRITICAL = critical_temperature()
COMPONENTS = 10
RBM_SIZE = 20
RBM_UNITS = 16
NEAR = np.arange(2.18, 2.365, 0.03)
"""Where the transition is looked for, in configurations that the components have not seen."""
WANG = "Wang 2016: the order parameter"
TORUS = 0.61069
"""Binder's cumulant of m at the critical point (G. Kamieniarz, H. W. J. Blote 1993)."""
PARK = "<m^2> of the same data (Park)"
ONSAGER = "exact: Onsager 1944"


class Components(NamedTuple):
    """The leading principal components of a data set.

    Attributes
    ----------
    ratios : ndarray of float, (k,)
        Shares of the variance.
    projections : ndarray of float, (n, k)
        Of each configuration.
    first, centre : ndarray of float, (units,)
        The first component, of length 1, and the mean of the data.
    """

    ratios: Array
    projections: Array
    first: Array
    centre: Array

    def project(self, rows: Array) -> Array:
        """Return what the first component has of samples in rows."""
        return (rows - self.centre) @ self.first


def compute(settings: Settings, progress: Progress) -> Report:
    """Find the components for each size, a control without correlations, and an RBM's modes."""
    sizes = (10, 20, 40, 80) if settings.full else (10, 20, 40)
    draws = 2560 if settings.full else 1280
    quantities: list[Quantity] = []
    series: dict[str, Array] = {"size": np.array(sizes), "temperature": TEMPERATURES, "near": NEAR}
    order: dict[int, Curve] = {}
    near: dict[int, Curve] = {}
    steps = Steps(progress, len(sizes) + 1)
    for size in sizes:
        steps.next(f"L = {size}")
        data = ising(
            Square(size), TEMPERATURES, draws, seed=settings.seed, threads=settings.threads
        )
        found = principal_components(data.data, settings.seed)
        quantities += _agreement(size, found, data)
        order[size] = _by_temperature(lambda m: m, data, abs(found.projections[:, 0]) / size)
        near[size] = _near(size, found, draws, settings)
        series.update(_panels(size, found, data, settings.seed))
        if size == RBM_SIZE:
            learnt = data
    steps.next(f"RBM, L = {RBM_SIZE}")
    rows, series["rbm_ratios"] = _machine(learnt, settings)
    small, large = sizes[-2:]
    crossed = crossing(near[small], near[large], sizes=(small, large), seed=settings.seed)
    quantities += rows
    quantities.append(
        Quantity(f"T_c, L = {small}, {large}", crossed.x, crossed.x_error, CRITICAL, 0.02, ONSAGER)
    )
    for key, curves in (("order", order), ("cumulant", near)):
        series[key] = np.array([curves[size].mean for size in sizes])
        series[f"{key}_error"] = np.array([curves[size].standard_error for size in sizes])
    steps.next("done")
    remarks = (
        f"{draws} configurations at each of {len(TEMPERATURES)} temperatures, 1.6 to 2.9;"
        " no labels are used.",
        "T_c: crossing of the Binder cumulants of the first component, in other configurations.",
        "Shuffled: each site's spins exchanged between the configurations.",
    )
    return Report(tuple(quantities), series, remarks)


def principal_components(rows: Array, seed: int) -> Components:
    """Return the leading components of samples in rows."""
    try:
        from sklearn.decomposition import PCA
    except ImportError as error:
        raise ImportError(
            "[reproduce pca] expected scikit-learn, got none: pip install 'kadanoff[sklearn]'"
        ) from error
    # scikit-learn's seeds have 32 bits.
    machine = PCA(COMPONENTS, svd_solver="randomized", random_state=seed % 2**32)
    projections = machine.fit_transform(rows.astype(np.float32))
    return Components(
        machine.explained_variance_ratio_.astype(float),
        projections.astype(float),
        machine.components_[0].astype(float),
        machine.mean_.astype(float),
    )


def _uniformity(vector: Array) -> float:
    """Return the overlap with the uniform vector, in [0, 1]."""
    return float(abs(vector.sum()) / np.sqrt(len(vector)) / np.linalg.norm(vector))


def _agreement(size: int, found: Components, data: IsingDataset) -> list[Quantity]:
    """Compare the first component with the magnetisation."""
    magnetisation = data.data.mean(axis=1)
    r = abs(np.corrcoef(found.projections[:, 0], magnetisation)[0, 1])
    square = float((magnetisation**2).mean())
    return [
        Quantity(f"|r| of p1 and m, L = {size}", r, None, 1, 0.02, WANG),
        Quantity(f"uniformity of p1, L = {size}", _uniformity(found.first), None, 1, 0.02, WANG),
        Quantity(f"first ratio, L = {size}", found.ratios[0], None, square, 0.01, PARK),
        Quantity(f"second ratio, L = {size}", found.ratios[1]),
    ]


def _by_temperature(function: Callable[..., Any], data: IsingDataset, *values: Array) -> Curve:
    """Return a function of means over the configurations at each temperature."""
    points = []
    temperatures = np.unique(data.temperatures)
    for label in range(len(temperatures)):
        rows = data.labels == label
        chains = len(np.unique(data.chains[rows]))
        points.append(jackknife(function, *(each[rows].reshape(-1, chains).T for each in values)))
    means, errors = np.transpose([point[:2] for point in points])
    return Curve(temperatures, means, errors)


def _near(size: int, found: Components, draws: int, settings: Settings) -> Curve:
    """Return the cumulant of the first component near the transition, of other configurations."""
    seed = settings.seed ^ 2**63
    data = ising(Square(size), NEAR, draws, seed=seed, threads=settings.threads)
    values = found.project(data.data)
    return _by_temperature(binder, data, values**2, values**4)


def _panels(size: int, found: Components, data: IsingDataset, seed: int) -> dict[str, Array]:
    """Return what the figure shows of a size, and the ratios of shuffled data."""
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(data))[:1500]
    shuffled = principal_components(rng.permuted(data.data, axis=0), seed)
    return {
        f"ratios_{size}": found.ratios,
        f"shuffled_ratios_{size}": shuffled.ratios,
        f"plane_{size}": found.projections[some, :2] / size,
        f"plane_temperature_{size}": data.temperatures[some],
    }


def _machine(data: IsingDataset, settings: Settings) -> tuple[list[Quantity], Array]:
    """Train an RBM; return how its leading mode agrees with m, and its spectrum."""
    start = RBM.random(
        data.shape[1],
        RBM_UNITS,
        data.data,
        seed=settings.seed,
        visible_units="spin",
        hidden_units="spin",
    )
    trainer = RBMTrainer(
        start,
        method="cd",
        learning_rate=0.005,
        batch_size=100,
        seed=settings.seed,
        threads=settings.threads,
    ).fit(data.data, epochs=20)
    modes, scales, _ = np.linalg.svd(trainer.rbm.weights.astype(float), full_matrices=False)
    r = abs(np.corrcoef(data.data @ modes[:, 0], data.data.mean(axis=1))[0, 1])
    name = f"RBM's first mode and m, L = {RBM_SIZE}"
    rows = [
        Quantity(f"|r| of {name}", r, None, 1, 0.02, WANG),
        Quantity(f"uniformity of RBM's first mode, L = {RBM_SIZE}", _uniformity(modes[:, 0])),
    ]
    return rows, scales**2 / (scales**2).sum()


def draw(figure: Figure, report: Report) -> None:
    """Draw the ratios, the plane of two components, the order parameter and its cumulant."""
    axes: Any = figure.subplots(2, 2)
    sizes = report.series["size"].tolist()
    _draw_ratios(axes[0, 0], report, sizes)
    _draw_plane(figure, axes[0, 1], report, sizes[-1])
    label = r"$\langle |p_1| \rangle\, /\, L$"
    _draw_curves(axes[1, 0], report, "temperature", "order", label)
    _draw_curves(axes[1, 1], report, "near", "cumulant", r"Binder cumulant of $p_1$")
    temperatures = np.linspace(TEMPERATURES[0], CRITICAL, 400)
    exact = onsager(1 / temperatures).magnetization
    axes[1, 0].plot(temperatures, exact, color="black", lw=1.0, label=r"exact, $L = \infty$")
    axes[1, 0].legend()
    axes[1, 1].axhline(TORUS, color="black", lw=0.9, ls=":", label=f"torus at $T_c$: {TORUS:.3f}")
    axes[1, 1].legend()


def _draw_ratios(axis: Any, report: Report, sizes: list[int]) -> None:
    from kadanoff.figures import COLOURS, GUIDE

    ranks = np.arange(1, COMPONENTS + 1)
    for colour, size in zip(COLOURS, sizes, strict=False):
        ratios = report.series[f"ratios_{size}"]
        axis.semilogy(ranks, ratios, "o-", ms=4.5, color=colour, label=f"$L = {size}$")
        label = "shuffled" if size == sizes[-1] else None
        shuffled = report.series[f"shuffled_ratios_{size}"]
        axis.semilogy(ranks, shuffled, ":", lw=1.0, color=colour, label=label)
    modes = report.series["rbm_ratios"][:COMPONENTS]
    label = rf"RBM, $L = {RBM_SIZE}$: $\sigma_k^2 / \sum \sigma^2$"
    axis.semilogy(ranks, modes, "s", ms=4.5, mfc="none", color=GUIDE, label=label)
    axis.set_xlabel("component $k$")
    axis.set_ylabel("share of the variance")
    axis.legend(fontsize=8.5, ncol=2)


def _draw_plane(figure: Figure, axis: Any, report: Report, size: int) -> None:
    first, second = np.transpose(report.series[f"plane_{size}"])
    colours = report.series[f"plane_temperature_{size}"]
    shown = axis.scatter(first, second, c=colours, s=7, cmap="coolwarm", lw=0)
    figure.colorbar(shown, ax=axis, label=r"temperature  $T / J$")
    axis.set_xlabel(r"$p_1 / L$")
    axis.set_ylabel(r"$p_2 / L$")
    axis.set_title(f"$L = {size}$")
    axis.set_aspect("equal", adjustable="datalim")


def _draw_curves(axis: Any, report: Report, x: str, key: str, label: str) -> None:
    from kadanoff.figures import COLOURS, GUIDE

    points = report.series[x]
    rows = report.series["size"], report.series[key], report.series[f"{key}_error"]
    for colour, size, values, errors in zip(COLOURS, *rows, strict=False):
        axis.errorbar(points, values, errors, fmt="o-", ms=4, color=colour, label=f"$L = {size}$")
    axis.axvline(CRITICAL, color=GUIDE, lw=0.9, ls="--")
    axis.set_xlabel(r"temperature  $T / J$")
    axis.set_ylabel(label)


REPRODUCTION = Reproduction(
    title="Principal components of Ising configurations",
    paper="L. Wang, Phys. Rev. B 94 (2016) 195105, arXiv:1606.00318",
    compute=compute,
    draw=draw,
    size=(10.0, 7.4),
)
