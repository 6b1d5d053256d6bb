"""What a reproduction is made of: settings, quantities, a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Progress = Callable[[int, int, str], None]
"""Called as progress(done, total, what is being done), between two pieces of the work."""


class Steps:
    """Tells of pieces of work, each before it begins.

    Parameters
    ----------
    progress : callable
    total : int
        Number of pieces.
    """

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def next(self, what: str) -> None:
        """Say that the piece before is done, and what comes now."""
        self._progress(self._done, self._total, what)
        self._done += 1


@dataclass(frozen=True)
class Settings:
    """How much to compute.

    Attributes
    ----------
    full : bool
        False for about two minutes on two cores, True for the sizes of the publication.
    seed : int
        Of all that is drawn.
    threads : int or None
        CPU threads; None for all.
    """

    full: bool = False
    seed: int = 1
    threads: int | None = None

    def network_seed(self, number: int = 0) -> int:
        """Return the seed of one of several networks, of 63 bits."""
        return (self.seed + number) % 2**63


@dataclass(frozen=True)
class Quantity:
    """A number of ours beside the published, or exact, one.

    Attributes
    ----------
    name : str
    value : float
    error : float or None
        One standard error of `value`; None for a number without statistical error.
    reference : float or None
        The published or exact number.
    within : float or None
        How far `value` may be from `reference`; None where nothing is claimed.
    source : str
        Of the reference: paper with equation, table or figure, or "exact".
    """

    name: str
    value: float
    error: float | None = None
    reference: float | None = None
    within: float | None = None
    source: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether value and reference agree as claimed; None where nothing is claimed."""
        if self.reference is None or self.within is None:
            return None
        return bool(abs(self.value - self.reference) <= self.within)

    def to_dict(self) -> dict[str, Any]:
        """Return the attributes and `holds` as plain objects."""
        return {
            "name": self.name,
            "value": float(self.value),
            "error": None if self.error is None else float(self.error),
            "reference": None if self.reference is None else float(self.reference),
            "within": None if self.within is None else float(self.within),
            "holds": self.holds,
            "source": self.source,
        }


@dataclass(frozen=True)
class Report:
    """What a reproduction found.

    Attributes
    ----------
    quantities : tuple of Quantity
        The table.
    series : dict of str to array
        What the figure shows, any shapes.
    remarks : tuple of str
        Lines below the table.
    """

    quantities: tuple[Quantity, ...]
    series: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether no quantity is farther from its reference than it claims."""
        return all(quantity.holds is not False for quantity in self.quantities)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain objects; NaN in a series becomes None."""
        return {
            "quantities": [quantity.to_dict() for quantity in self.quantities],
            "series": {name: _plain(values) for name, values in self.series.items()},
            "remarks": list(self.remarks),
        }


def _plain(values: npt.NDArray[Any]) -> Any:
    array = np.asarray(values)
    if array.dtype.kind != "f":
        return array.tolist()
    plain = array.astype(object)
    plain[~np.isfinite(array)] = None
    return plain.tolist()


@dataclass(frozen=True)
class Reproduction:
    """A publication's result, and how it is computed and drawn.

    Attributes
    ----------
    title : str
        The first line of the table.
    paper : str
        Authors, year, reference.
    compute : callable
        ``compute(settings, progress)`` returns a `Report`.
    draw : callable
        ``draw(figure, report)`` draws on an empty figure.
    size : (float, float)
        Of the figure, in inches.
    """

    title: str
    paper: str
    compute: Callable[[Settings, Progress], Report]
    draw: Callable[[Figure, Report], None]
    size: tuple[float, float] = (9.0, 4.2)
