"""Spectra, energies, autocorrelation and training as curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import figures

from ..diagnostics.spectra import (
    Machine,
    checked_machines,
    marchenko_pastur,
    marchenko_pastur_edges,
    singular_values,
)
from ..diagnostics.traces import Traces
from ..training.state import Checkpoint
from .canvas import Floats, axes, check_machine, figure_of, real_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (6.0, 4.0)


def spectrum(
    machines: Machine | Iterable[Machine | Checkpoint] | Mapping[str, npt.NDArray[Any]],
    epochs: npt.ArrayLike | None = None,
    band: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the singular values of weights, next to those of random weights.

    Parameters
    ----------
    machines : RBM, GaussianRBM, sequence of these or of checkpoints, or history of a training
        Of one machine, the histogram is drawn, with the law of Marchenko and Pastur for random
        weights of the same standard deviation. Of several, or of a mapping with the arrays "epoch"
        and "singular_values" (n, k), each singular value is a line.
    epochs : array_like of float, (machine,), optional
        When the machines were kept; by default those of checkpoints, else 0, 1, 2, ...
    band : (float, float), optional
        Where the singular values of random weights are, such as `marchenko_pastur_edges` gives
        them; of several machines, by default for weights like those of the first.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> random = np.random.default_rng(1).normal(size=(64, 20))
    >>> figure = kd.rbm.pictures.spectrum([kd.RBM(random), kd.RBM(random + 0.5)])
    """
    if isinstance(machines, Machine):
        with axes(ax, SIZE) as axis:
            _histogram(axis, machines)
            return figure_of(axis)
    times, values, band = _spectra(machines, epochs, band)
    with axes(ax, SIZE) as axis:
        if band is not None:
            axis.axhspan(*band, color=figures.REFERENCE, alpha=0.18, lw=0.0, label="random weights")
            axis.legend(loc="upper left")
        marker = "." if len(times) < 30 else ""
        for line, colour in zip(values.T[::-1], _shades(values.shape[1])[::-1], strict=True):
            axis.plot(times, line, color=colour, marker=marker, lw=1.1)
        axis.set_xlabel("epoch")
        axis.set_ylabel("singular value of $W$")
        axis.set_ylim(bottom=0.0)
        return figure_of(axis)


def _spectra(
    machines: Iterable[Machine | Checkpoint] | Mapping[str, npt.NDArray[Any]],
    epochs: npt.ArrayLike | None,
    band: tuple[float, float] | None,
) -> tuple[Floats, Floats, tuple[float, float] | None]:
    """Return epochs (n,), singular values (n, k), and the band of random weights."""
    call = "spectrum"
    if isinstance(machines, Mapping):
        values = real_array(call, "singular_values", machines["singular_values"])
        times = real_array(call, "epoch", machines["epoch"])
    else:
        given = list(machines)
        chosen = checked_machines(call, given)
        values = singular_values(chosen)
        times = np.array([float(_epoch(one, number)) for number, one in enumerate(given)])
        deviation = float(chosen[0].weights.std())
        if band is None and deviation > 0.0:
            band = marchenko_pastur_edges(chosen[0].weights.shape, deviation)
    if epochs is not None:
        times = real_array(call, "epochs", epochs)
    if values.ndim != 2 or not values.size or times.shape != values.shape[:1]:
        raise ValueError(f"[{call}] expected {len(values)} epochs, got shape {times.shape}")
    return times, values, band


def _epoch(kept: Any, number: int) -> int:
    return kept.epoch if isinstance(kept, Checkpoint) else number


def free_energies(
    rbm: Machine, sets: Mapping[str, npt.ArrayLike], ax: Axes | None = None
) -> Figure:
    """Draw histograms of the free energies of sets of states, such as data and samples.

    Parameters
    ----------
    rbm : RBM or GaussianRBM
    sets : mapping of str to array_like, (n, n_visible)
        Up to six, by their names in the legend.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        On common bins, each of unit area. Those of samples and data agree if the machine has
        learnt the data; test data further up show overfitting.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> import kadanoff as kd
    >>> rbm = kd.RBM([[1.0], [1.0], [-1.0]])
    >>> chains = kd.GibbsSampler(rbm, chains=20, seed=1)
    >>> figure = kd.rbm.pictures.free_energies(rbm, {"samples": chains.visible})
    """
    call = "free_energies"
    check_machine(call, rbm)
    if not isinstance(sets, Mapping) or not 1 <= len(sets) <= len(figures.COLOURS):
        wanted = f"1 to {len(figures.COLOURS)} sets of states by name"
        raise ValueError(f"[{call}] expected {wanted}, got {sets!r:.80}")
    values = {str(name): np.ravel(rbm.free_energy(states)) for name, states in sets.items()}
    if not all(one.size for one in values.values()):
        raise ValueError(f"[{call}] expected at least one state in each set, got none")
    low = min(one.min() for one in values.values())
    high = max(one.max() for one in values.values())
    margin = 0.5 if high - low < 1e-9 * max(1.0, abs(low)) else 0.0
    bins = np.linspace(low - margin, high + margin, 41)
    with axes(ax, SIZE) as axis:
        for colour, (name, one) in zip(figures.COLOURS, values.items(), strict=False):
            options: dict[str, Any] = {"bins": bins, "density": True, "color": colour}
            axis.hist(one, histtype="stepfilled", alpha=0.22, **options)
            axis.hist(one, histtype="step", lw=1.4, label=name, **options)
        axis.set_xlabel("free energy  $F(v)$")
        axis.set_ylabel("density")
        axis.legend()
        return figure_of(axis)


def autocorrelation(
    traces: Traces,
    names: Sequence[str] | None = None,
    lags: int | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw autocorrelation functions of series of chains.

    Parameters
    ----------
    traces : Traces
        Of `record`.
    names : sequence of str, optional
        By default the first six series.
    lags : int, optional
        As for `Traces.autocorrelation`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        Lines end in steps; the legend has the integrated times in steps.

    Raises
    ------
    KeyError, TypeError, ValueError

    Examples
    --------
    >>> import kadanoff as kd
    >>> chains = kd.GibbsSampler(kd.RBM([[2.0], [2.0], [-1.0]]), chains=20, seed=1)
    >>> figure = kd.rbm.pictures.autocorrelation(kd.rbm.record(chains, draws=50))
    """
    if not isinstance(traces, Traces):
        raise TypeError(f"[autocorrelation] expected what kd.rbm.record returns, got {traces!r}")
    chosen = list(traces)[: len(figures.COLOURS)] if names is None else list(names)
    summary = traces.summary()
    with axes(ax, SIZE) as axis:
        axis.axhline(0.0, color=figures.GUIDE, lw=0.8)
        for number, name in enumerate(chosen):
            values = traces.autocorrelation(name, lags)
            time = summary[name].tau_int_sweeps
            axis.plot(
                traces.every * np.arange(len(values)),
                values,
                color=figures.COLOURS[number % len(figures.COLOURS)],
                label=rf"{name.replace('_', ' ')}, $\tau$ = {time:.3g}",
            )
        axis.set_xlabel("lag in steps")
        axis.set_ylabel(r"autocorrelation  $\rho$")
        axis.set_ylim(top=1.03)
        axis.legend()
        return figure_of(axis)


CURVES = ("score", "pseudo_likelihood")


def training(
    history: Mapping[str, npt.ArrayLike],
    names: Sequence[str] | None = None,
    errors: Mapping[str, npt.ArrayLike] | None = None,
    label: str = "log-likelihood per sample",
    ax: Axes | None = None,
) -> Figure:
    """Draw how a training went.

    Parameters
    ----------
    history : mapping of str to array_like, (n,)
        A history of `RBMTrainer`, or any arrays; "epoch" is the axis.
    names : sequence of str, optional
        The curves to draw; by default "score" and "pseudo_likelihood", as far as they are there.
        Where one is NaN it was not measured.
    errors : mapping of str to array_like, (n,) or (2, n), optional
        Half widths of error bars of curves, or those below and above.
    label : str
        What the curves are.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    KeyError, TypeError, ValueError

    Examples
    --------
    >>> import kadanoff as kd
    >>> curves = {"epoch": [1, 2, 3], "train": [-20.0, -15.0, -14.0], "test": [-20, -16, -15.5]}
    >>> figure = kd.rbm.pictures.training(curves, ["train", "test"])
    """
    call = "training"
    times = real_array(call, "epoch", history["epoch"])
    if names is None:
        known = {name: real_array(call, name, history[name]) for name in CURVES if name in history}
        names = [name for name, one in known.items() if np.isfinite(one).any()]
    with axes(ax, SIZE) as axis:
        for number, name in enumerate(names):
            values = real_array(call, name, history[name])
            if values.shape != times.shape or times.ndim != 1:
                wanted = f"{name} of shape {times.shape[:1]} like epoch"
                raise ValueError(f"[{call}] expected {wanted}, got shape {values.shape}")
            measured = np.isfinite(values)
            bars = None if errors is None or name not in errors else errors[name]
            if bars is not None:
                bars = real_array(call, name, bars)[..., measured]
            axis.errorbar(
                times[measured],
                values[measured],
                yerr=bars,
                color=figures.COLOURS[number % len(figures.COLOURS)],
                marker="." if measured.sum() < 60 else "",
                capsize=2.0,
                label=name.replace("_", " "),
            )
        axis.set_xlabel("epoch")
        axis.set_ylabel(label)
        if names:
            axis.legend(loc="lower right")
        return figure_of(axis)


def _histogram(axis: Axes, rbm: Machine) -> None:
    values = singular_values(rbm)
    deviation = float(rbm.weights.std())
    bins = max(10, len(values) // 4)
    axis.hist(values, bins=bins, density=True, color=figures.DATA, alpha=0.35)
    axis.plot(values, np.zeros_like(values), "|", ms=9, color=figures.DATA, label="weights")
    if deviation > 0.0:
        low, high = marchenko_pastur_edges(rbm.weights.shape, deviation)
        grid = low + (high - low) * 0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, 400)))
        density = marchenko_pastur(grid, rbm.weights.shape, deviation)
        axis.plot(grid, density, color=figures.REFERENCE, label="random (Marchenko, Pastur)")
    axis.set_xlabel("singular value of $W$")
    axis.set_ylabel("density")
    axis.legend()


def _shades(count: int) -> Any:
    """Return colours of lines, the first of them the strongest."""
    from matplotlib import colormaps

    return colormaps["Blues"](np.linspace(0.95, 0.3, count))
