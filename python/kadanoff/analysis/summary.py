"""The table that `Run.summary` returns, and the quantities in it."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from .derived import functions, moments
from .estimators import statistics
from .resampling import mean, pseudovalues, statistics_or_unknown

if TYPE_CHECKING:
    from ..run import Run

COLUMNS = ("mean", "standard_error", "tau_int", "ess", "r_hat")

R_HAT_LIMIT = 1.01
"""Above it a run is too short or stuck (Vehtari et al. 2021, section 4)."""


@dataclass(frozen=True)
class Estimate:
    """One row of a `Summary`.

    Attributes
    ----------
    name : str
        Name of the observable or derived quantity.
    mean, standard_error : float
        Value and its standard error, in the units of the quantity (per site).
    tau_int : float
        Integrated autocorrelation time in draws: 1/2 for independent draws.
    ess : float
        Effective sample size, ``n / (2 tau_int)``.
    r_hat : float
        Split R-hat; above 1.01 the replicas disagree.
    every : int
        Sweeps from draw to draw.
    """

    name: str
    mean: float
    standard_error: float
    tau_int: float
    ess: float
    r_hat: float
    every: int = 1

    @property
    def tau_int_sweeps(self) -> float:
        """Integrated autocorrelation time in sweeps; an upper bound where `tau_int` is near 1/2."""
        return self.tau_int * self.every

    def __getitem__(self, column: str) -> float:
        """Return a column by name: ``row["mean"]`` is ``row.mean``."""
        if column not in COLUMNS:
            raise KeyError(f"[Estimate] expected one of {', '.join(COLUMNS)}, got {column!r}")
        return float(getattr(self, column))

    def __str__(self) -> str:
        value, error = _rounded(self.mean, self.standard_error)
        return f"{self.name} = {value} +- {error}"


class Summary:
    """Means, errors and convergence of a run at one beta: a table without pandas.

    ``summary["energy"]`` is an `Estimate`; iteration runs over the rows.

    Attributes
    ----------
    beta : float
        Inverse temperature of all replicas.
    title : str
        The line above the table.
    """

    def __init__(self, rows: Mapping[str, Estimate], *, beta: float, title: str) -> None:
        self.beta = beta
        self.title = title
        self._rows = dict(rows)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the rows."""
        return tuple(self._rows)

    def __getitem__(self, name: str) -> Estimate:
        try:
            return self._rows[name]
        except KeyError:
            raise KeyError(
                f"[Summary] expected one of {', '.join(self._rows)}, got {name!r}"
            ) from None

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return the table as ``{row: {column: value}}`` of plain floats."""
        return {row.name: {column: getattr(row, column) for column in COLUMNS} for row in self}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Names of the rows whose `r_hat` exceeds 1.01: their errors are not to be trusted."""
        return tuple(row.name for row in self if row.r_hat > R_HAT_LIMIT)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        lines = [("", *COLUMNS), *map(_cells, self)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        body = [
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
            for line in lines
        ]
        return "\n".join([self.title, *(text.rstrip() for text in body), *self._notes()])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{column}</th>" for column in ("", *COLUMNS))
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(row)) + "</tr>"
            for row in self
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        return (
            f"<p>{html.escape(self.title)}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )

    def _notes(self) -> list[str]:
        if not self.warnings:
            return []
        return [f"r_hat > {R_HAT_LIMIT}, too short or stuck: {', '.join(self.warnings)}"]


def summarize(run: Run) -> Summary:
    """Make the `Summary` of a run whose replicas share one beta; see `Run.summary`."""
    beta = float(run.beta[0])
    rows = {}
    series = moments(run.observables)
    for name, one in series.items():
        rows[name] = Estimate(name, mean(one), *statistics(one), every=run.every)
    for name, derived in functions(series, run.n_sites, run.model).items():
        value, values = pseudovalues(partial(derived.function, beta), derived.series)
        rows[name] = Estimate(name, value, *statistics_or_unknown(values), every=run.every)
    return Summary(rows, beta=beta, title=_title(run, beta))


def _title(run: Run, beta: float) -> str:
    draws = f"{run.n_replicas} x {run.n_draws} draws, one every {_count(run.every, 'sweep')}"
    return f"{run.description}, beta = {beta:.10g}: {draws}; tau_int in draws"


def _count(number: int, noun: str) -> str:
    return noun if number == 1 else f"{number} {noun}s"


def _cells(row: Estimate) -> tuple[str, ...]:
    value, error = _rounded(row.mean, row.standard_error)
    return (row.name, value, error, f"{row.tau_int:.3g}", f"{row.ess:.0f}", f"{row.r_hat:.3f}")


def _rounded(value: float, error: float) -> tuple[str, str]:
    """Format value and error to two digits of the error."""
    if not (math.isfinite(error) and error > 0.0):
        return f"{value:.6g}", f"{error:.2g}"
    decimals = 1 - math.floor(math.log10(error))
    if not -6 <= decimals <= 12:
        return f"{value:.6g}", f"{error:.2g}"
    return f"{value:.{max(decimals, 0)}f}", f"{error:.{max(decimals, 0)}f}"
