"""The table of a scan: estimates at each temperature next to the exact values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..analysis.summary import R_HAT_LIMIT, Estimate
from ..exact import kaufman

if TYPE_CHECKING:
    from ..run import Run

MIN_SAMPLE_SIZE = 100.0
"""Below so many independent draws an error is itself uncertain by more than 10 %."""

QUANTITIES = ("energy", "abs_magnetization", "susceptibility", "specific_heat", "binder")


@dataclass(frozen=True)
class Row:
    """Estimates at one temperature.

    Attributes
    ----------
    temperature : float
        In units of energy (Boltzmann's constant is 1).
    energy, abs_magnetization, susceptibility, specific_heat, binder : Estimate
        Per site; see `kadanoff.Run.summary`.
    exact_energy, exact_specific_heat : float or None
        Kaufman's values for this very lattice; None where no exact solution is known.
    """

    temperature: float
    energy: Estimate
    abs_magnetization: Estimate
    susceptibility: Estimate
    specific_heat: Estimate
    binder: Estimate
    exact_energy: float | None
    exact_specific_heat: float | None

    @property
    def tau_int(self) -> float:
        """Integrated autocorrelation time of abs_magnetization, the slowest, in sweeps."""
        return self.abs_magnetization.tau_int_sweeps

    @property
    def reliable(self) -> bool:
        """Whether the replicas agree, and there are at least 100 independent draws."""
        estimates = (self.energy, self.abs_magnetization)
        return all(one.r_hat <= R_HAT_LIMIT and one.ess >= MIN_SAMPLE_SIZE for one in estimates)

    def to_dict(self) -> dict[str, float | bool | None]:
        """Return a flat dict of plain values, None for what is not known."""
        record: dict[str, float | bool | None] = {"temperature": self.temperature}
        for name in QUANTITIES:
            estimate: Estimate = getattr(self, name)
            record[name] = _known(estimate.mean)
            record[name + "_error"] = _known(estimate.standard_error)
            if name in ("energy", "specific_heat"):
                record["exact_" + name] = getattr(self, "exact_" + name)
        record["tau_int_sweeps"] = _known(self.tau_int)
        record["ess"] = _known(self.abs_magnetization.ess)
        record["r_hat"] = _known(max(self.energy.r_hat, self.abs_magnetization.r_hat))
        record["reliable"] = self.reliable
        return record


@dataclass(frozen=True)
class Table:
    """Estimates at each temperature of a scan.

    Attributes
    ----------
    run : Run
        The draws.
    rows : tuple of Row
        In rising order of temperature.
    flips_per_ns : float
        Updated spins per nanosecond of wall time, all temperatures together; NaN where nothing was
        simulated in this process.
    """

    run: Run
    rows: tuple[Row, ...]
    flips_per_ns: float

    @property
    def temperatures(self) -> npt.NDArray[np.float64]:
        """Temperatures of the rows."""
        return np.array([row.temperature for row in self.rows])

    @property
    def unreliable(self) -> tuple[float, ...]:
        """Temperatures at which the run is too short; see `Row.reliable`."""
        return tuple(row.temperature for row in self.rows if not row.reliable)

    def values(self, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return means and standard errors of one quantity, in the order of the rows."""
        estimates = [getattr(row, name) for row in self.rows]
        means = np.array([one.mean for one in estimates])
        return means, np.array([one.standard_error for one in estimates])

    def exact(self, name: str) -> npt.NDArray[np.float64] | None:
        """Return the exact values of "energy" or "specific_heat", None where there are none."""
        values = [getattr(row, "exact_" + name) for row in self.rows]
        return None if None in values else np.array(values)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: the settings of the run, and a record for each row."""
        run = self.run
        return {
            **run.provenance,
            **run.model,
            "update": run.update,
            "seed": run.seed,
            "replicas": run.n_replicas // len(self.rows),
            "draws": run.n_draws,
            "every": run.every,
            "first_sweep": run.first_sweep,
            "flips_per_ns": _known(self.flips_per_ns),
            "rows": [
                {**row.to_dict(), "flips_per_ns": _known(self.flips_per_ns)} for row in self.rows
            ],
        }


def make_table(run: Run, temperatures: npt.NDArray[np.float64], flips_per_ns: float) -> Table:
    """Analyse a run whose replicas are at `temperatures`, in their order."""
    exact: dict[str, Any] = {"energy": None, "specific_heat": None}
    if has_exact_solution(run.model):
        solved = kaufman(run.model["shape"], 1.0 / temperatures, run.model["coupling"])
        exact = {"energy": solved.energy, "specific_heat": solved.specific_heat}
    rows = []
    for number, (temperature, summary) in enumerate(
        zip(temperatures.tolist(), run.summaries(), strict=True)
    ):
        values: dict[str, Any] = {name: summary[name] for name in QUANTITIES}
        for name, references in exact.items():
            values["exact_" + name] = None if references is None else float(references[number])
        rows.append(Row(temperature, **values))
    return Table(run, tuple(rows), flips_per_ns)


def has_exact_solution(model: dict[str, Any]) -> bool:
    """Whether `model` is Kaufman's: a square torus without field, unfrustrated."""
    if model.get("lattice") != "square" or model.get("boundary", "periodic") != "periodic":
        return False
    if model.get("field") != 0.0 or model.get("plaquette", 0.0) != 0.0:
        return False
    coupling = model.get("coupling")
    if not isinstance(coupling, int | float):
        return False
    return coupling >= 0.0 or not any(extent % 2 for extent in model["shape"])


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
