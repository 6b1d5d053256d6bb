"""What ``kadanoff rbm score`` does: log Z, likelihoods, and how near samples are to data."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console

import kadanoff as kd
from kadanoff.rbm.likelihood.partition import LogPartition

from .. import jsonfile, writable
from ..grids import make_grid, print_grid
from ..rendering import PLAIN, plus_minus
from . import data as sources
from . import files, likelihood
from .likelihood import Mean

MAX_COMPARED = 2000
"""The energy distance is that of so many states of either kind."""


class ScoreSettings(NamedTuple):
    """The options of ``kadanoff rbm score``."""

    threshold: float
    steps: int
    ais: likelihood.AIS


class Score(NamedTuple):
    """What is known of a machine and data; None where it was not to be had.

    Attributes
    ----------
    exact, sampled : LogPartition or None
        log Z by summing states, and by annealed importance sampling.
    log_likelihood, pseudo_likelihood : Mean
        Per sample, in nats; errors are of the mean over the data alone.
    interval : (float, float)
        95 % of the former, that of log Z included.
    distance : kadanoff.rbm.TwoSample
        Between data and samples.
    """

    exact: LogPartition | None
    sampled: LogPartition
    log_likelihood: Mean
    interval: tuple[float, float]
    pseudo_likelihood: Mean
    distance: kd.rbm.TwoSample


def score_and_report(
    machine: Path, data: str, settings: ScoreSettings, json: Path | None, *, quiet: bool
) -> int:
    """Run ``kadanoff rbm score`` and return its exit status.

    Raises
    ------
    kadanoff.Error, ValueError, TypeError, RuntimeError, OSError
        If an option or a file is not what it should be.
    """
    if json is not None and json != jsonfile.STDOUT:
        writable.check("rbm", "json", json)
    rbm = files.machine(machine)
    source = sources.read(data, settings.ais.seed, settings.threshold, settings.ais.threads)
    if source.bits.shape[1] != rbm.n_visible:
        raise writable.OptionError(
            f"[rbm] expected DATA of {rbm.n_visible} units as {machine} has, got "
            f"{source.bits.shape[1]}"
        )
    report = Console(stderr=json == jsonfile.STDOUT, quiet=quiet, **PLAIN)
    states = sources.values(source.bits, rbm.visible_units)
    report.print(f"{machine}: {rbm!r}\n{data}: {len(states)} samples\n")
    score = measure(rbm, states, settings, complete=source.complete)
    _print(score, source, report)
    if not score.sampled.reliable:
        Console(stderr=True, **PLAIN).print(likelihood.UNRELIABLE)
    if json is not None:
        jsonfile.write(_as_json(rbm, source, settings, score), json)
        if json != jsonfile.STDOUT:
            report.print(f"written: {json}")
    return 0


def measure(
    rbm: kd.RBM, states: npt.NDArray[Any], settings: ScoreSettings, *, complete: bool = False
) -> Score:
    """Return the score of a machine on states of its visible units.

    Parameters
    ----------
    rbm : RBM
    states : ndarray, (n, n_visible)
    settings : ScoreSettings
    complete : bool
        Whether the states are not samples but all that there are, equally probable.
    """
    sampled = likelihood.sampled(rbm, settings.ais, states)
    exact = likelihood.exact(rbm, settings.ais.threads) if likelihood.has_exact(rbm) else None
    best = sampled if exact is None else exact
    mean = likelihood.mean(rbm.log_likelihood(states, log_z=best), complete=complete)
    spread = likelihood.SIGMAS * mean.error
    # Both errors are independent: half widths of the intervals add in squares.
    low = mean.value - math.hypot(spread, best.interval[1] - best)
    high = mean.value + math.hypot(spread, best - best.interval[0])
    return Score(
        exact,
        sampled,
        mean,
        (low, high),
        likelihood.mean(rbm.pseudo_likelihood(states), complete=complete),
        _distance(rbm, states, settings, complete),
    )


def _distance(
    rbm: kd.RBM, states: npt.NDArray[Any], settings: ScoreSettings, complete: bool
) -> kd.rbm.TwoSample:
    count = MAX_COMPARED if complete else min(len(states), MAX_COMPARED)
    generator = np.random.default_rng(settings.ais.seed)
    chosen = generator.choice(len(states), count, replace=complete)
    chains = kd.GibbsSampler(rbm, max(count, 100), settings.ais.seed, threads=settings.ais.threads)
    chains.run(settings.steps)
    return kd.rbm.energy_distance(chains.visible, states[chosen], seed=settings.ais.seed)


def _print(score: Score, source: sources.Data, report: Console) -> None:
    grid = make_grid(["", "measured", "95 % interval", "exact"])
    sampled, exact = score.sampled, score.exact
    grid.add_row(
        "log Z",
        plus_minus(sampled, sampled.standard_error),
        "{:.3f} to {:.3f}".format(*sampled.interval),
        "-" if exact is None else f"{float(exact):.6f}",
    )
    low, high = score.interval
    grid.add_row(
        "log-likelihood per sample",
        str(score.log_likelihood),
        f"{low:.3f} to {high:.3f}",
        "-",
    )
    grid.add_row("pseudo-likelihood per sample", str(score.pseudo_likelihood), "-", "-")
    distance = score.distance
    grid.add_row(
        "energy distance to samples", f"{distance.value:.4g}", f"p = {distance.p_value:.3g}", "0"
    )
    print_grid(grid, report)
    source_of_z = "exact log Z" if exact is not None else "log Z of AIS"
    report.print(
        f"in nats; likelihoods with the {source_of_z}, errors are one sigma of the mean over the "
        "data"
    )
    if source.entropy is not None:
        gap = -source.entropy - score.log_likelihood.value
        report.print(
            f"best possible log-likelihood {-source.entropy:.3f} (exact); Kullback-Leibler "
            f"divergence {plus_minus(gap, _error_of_gap(score))}"
        )


def _error_of_gap(score: Score) -> float:
    best = score.sampled if score.exact is None else score.exact
    return math.hypot(score.log_likelihood.error, best.standard_error)


def _as_json(
    rbm: kd.RBM, source: sources.Data, settings: ScoreSettings, score: Score
) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    def mean(one: Mean) -> dict[str, float | None]:
        return {"mean": plain(one.value), "standard_error": plain(one.error)}

    return {
        "kadanoff_version": kd.__version__,
        "rng_version": kd.rng_version,
        "n_visible": rbm.n_visible,
        "n_hidden": rbm.n_hidden,
        "data": source.name,
        "samples": len(source.bits),
        "entropy": source.entropy,
        "steps": settings.steps,
        "seed": settings.ais.seed,
        "log_z": None if score.exact is None else score.exact.log_z,
        "log_z_ais": {
            "log_z": score.sampled.log_z,
            "standard_error": plain(score.sampled.standard_error),
            "interval": [plain(end) for end in score.sampled.interval],
            "chains": len(score.sampled.log_weights),
            "reliable": score.sampled.reliable,
        },
        "log_likelihood": {**mean(score.log_likelihood), "interval": list(score.interval)},
        "pseudo_likelihood": mean(score.pseudo_likelihood),
        "energy_distance": {
            "value": score.distance.value,
            "p_value": score.distance.p_value,
            "z": plain(score.distance.z),
        },
    }
