"""What ``kadanoff rbm sample`` does: run chains, look whether they mix, write their states."""

from __future__ import annotations

import io
import math
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.console import Console

import kadanoff as kd
from kadanoff import arguments
from kadanoff.rbm.diagnostics.mixing import DRAWS, MIN_STEPS
from kadanoff.rbm.diagnostics.traces import leading_modes

from ...storage.replacing import replacing
from .. import jsonfile, writable
from ..grids import make_grid, print_grid
from ..rendering import FIGURE_FORMATS, PLAIN, plus_minus
from . import drawing, files

if TYPE_CHECKING:
    from kadanoff.rbm import Mixing, Traces

SUFFIXES = (".npz", ".npy")
EXACT_UNITS = 16
"""Up to so many units in a layer, exact means take less time than the chains."""


class SampleSettings(NamedTuple):
    """The options of the chains themselves."""

    chains: int
    steps: int
    beta: float
    seed: int
    precision: str
    threads: int | None
    check: bool


class SampleOutputs(NamedTuple):
    """Where samples go; None for what was not asked for."""

    out: Path | None
    figure: Path | None
    json: Path | None
    quiet: bool


def sample_and_report(machine: Path, settings: SampleSettings, outputs: SampleOutputs) -> int:
    """Run ``kadanoff rbm sample`` and return its exit status.

    Raises
    ------
    kadanoff.Error, ValueError, TypeError, RuntimeError, OSError
        If an option or a file is not what it should be.
    """
    steps = arguments.integer("rbm", "--steps", settings.steps, 1, 2**39)
    _check_outputs(outputs)
    rbm, shape = files.machine(machine), files.shape_of(machine)
    chains = kd.GibbsSampler(
        rbm,
        settings.chains,
        settings.seed,
        threads=settings.threads,
        precision=settings.precision,
        beta=settings.beta,
    )
    report = Console(stderr=outputs.json == jsonfile.STDOUT, quiet=outputs.quiet, **PLAIN)
    notes = Console(stderr=True, **PLAIN)
    report.print(f"{machine}: {chains!r}")
    every = max(1, steps // (2 * DRAWS))
    draws = max(1, steps // 2 // every)
    chains.run(steps - draws * every)
    traces = kd.rbm.record(chains, draws, every)
    mixing = _mixing(rbm, settings) if settings.check and steps >= MIN_STEPS else None
    _write(chains, outputs, shape)
    report.print()
    exact = _exact_means(chains)
    _print(traces, exact, report)
    if mixing is not None:
        _print_mixing(mixing, report, notes)
    if outputs.json is not None:
        jsonfile.write(_as_json(chains, traces, exact, mixing), outputs.json)
    paths = (outputs.out, outputs.figure, outputs.json)
    written = [str(path) for path in paths if path not in (None, jsonfile.STDOUT)]
    if written:
        report.print(f"written: {', '.join(written)}")
    return 0


def _check_outputs(outputs: SampleOutputs) -> None:
    if outputs.out is not None:
        writable.check_suffix("rbm", "out", outputs.out, SUFFIXES)
        writable.check("rbm", "out", outputs.out)
    if outputs.figure is not None:
        writable.check_suffix("rbm", "figure", outputs.figure, FIGURE_FORMATS)
        writable.check("rbm", "figure", outputs.figure)
    if outputs.json is not None and outputs.json != jsonfile.STDOUT:
        writable.check("rbm", "json", outputs.json)


def _mixing(rbm: kd.RBM, settings: SampleSettings) -> Mixing:
    with warnings.catch_warnings():  # said in words of the command instead
        warnings.simplefilter("ignore", kd.rbm.MixingWarning)
        return kd.rbm.mixing(
            rbm,
            steps=settings.steps,
            beta=settings.beta,
            seed=settings.seed,
            threads=settings.threads,
            precision=settings.precision,
        )


def _write(chains: kd.GibbsSampler, outputs: SampleOutputs, shape: tuple[int, ...] | None) -> None:
    if outputs.out is not None:
        content = io.BytesIO()
        if outputs.out.suffix.lower() == ".npy":
            np.save(content, chains.visible)
        else:
            np.savez_compressed(
                content,
                visible=chains.visible,
                hidden=chains.hidden,
                beta=chains.beta,
                seed=np.uint64(chains.seed),
                steps=np.int64(chains.step),
            )
        with replacing(outputs.out) as file, os.fdopen(os.dup(file), "wb") as stream:
            stream.write(content.getbuffer())
    if outputs.figure is not None:
        drawing.samples(chains.visible, shape, outputs.figure)


def _exact_means(chains: kd.GibbsSampler) -> dict[str, float]:
    """Return exact means of series, where the states of a layer can be summed."""
    rbm = chains.rbm
    if min(rbm.n_visible, rbm.n_hidden) > EXACT_UNITS or set(chains.beta) != {1.0}:
        return {}
    means = kd.rbm.model_moments(rbm).visible @ leading_modes(rbm, 3)
    return {f"mode_{k + 1}": float(mean) for k, mean in enumerate(means)}


def _print(traces: Traces, exact: dict[str, float], report: Console) -> None:
    grid = make_grid(["", "mean", "exact", "tau", "ess", "R-hat"])
    for row in traces.summary():
        tau = "-" if math.isnan(row.tau_int) else f"{row.tau_int_sweeps:.3g}"
        ess = "-" if math.isnan(row.ess) else f"{row.ess:.0f}"
        r_hat = "-" if math.isnan(row.r_hat) else f"{row.r_hat:.3f}"
        known = f"{exact[row.name]:.6f}" if row.name in exact else "-"
        measured = plus_minus(row.mean, row.standard_error)
        grid.add_row(row.name, measured, known, tau, ess, r_hat)
    print_grid(grid, report)
    report.print(
        "second half of the chains; tau: integrated autocorrelation time in steps;\n"
        "mode_1, ...: visible units along the leading singular vectors of the weights"
    )


def _print_mixing(mixing: Mixing, report: Console, notes: Console) -> None:
    if mixing.mixed:
        report.print(
            f"chains from {', '.join(mixing.starts)} starts agree after {mixing.steps // 2} steps"
        )
        return
    notes.print(
        f"Warning: chains do not mix in {mixing.steps} steps ({'; '.join(mixing.reasons)}): "
        "these are no fair samples; more --steps may help"
    )


def _as_json(
    chains: kd.GibbsSampler, traces: Traces, exact: dict[str, float], mixing: Mixing | None
) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    rows = traces.summary().to_dict()
    content: dict[str, Any] = {
        "kadanoff_version": kd.__version__,
        "rng_version": kd.rng_version,
        "n_visible": chains.rbm.n_visible,
        "n_hidden": chains.rbm.n_hidden,
        "chains": chains.chains,
        "steps": chains.step,
        "beta": traces.beta,
        "seed": chains.seed,
        "precision": chains.precision,
        "kernel": chains.kernel,
        "every": traces.every,
        "rows": {
            name: {**{key: plain(one) for key, one in row.items()}, "exact": exact.get(name)}
            for name, row in rows.items()
        },
        "mixed": None if mixing is None else mixing.mixed,
    }
    if mixing is not None:
        content["mixing"] = {
            "starts": list(mixing.starts),
            "tau": plain(mixing.tau),
            "p_values": {name: plain(p) for name, p in mixing.p_values.items()},
            "reasons": list(mixing.reasons),
        }
    return content
