"""What a training records."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Record(NamedTuple):
    """One step; see `History`."""

    beta: float
    log_z: float
    variance: float
    energy: float
    gradient_norm: float


@dataclass(frozen=True, eq=False)
class History:
    """Numbers of every step of a training, each from its batch: float64 (steps,).

    Attributes
    ----------
    beta
        Inverse temperature of the step.
    log_z
        The lower bound of ln Z at that temperature, total.
    variance
        Of beta E + ln q over the batch: zero for the Boltzmann distribution.
    energy
        Per site.
    gradient_norm
        Before it is clipped.
    """

    beta: FloatArray
    log_z: FloatArray
    variance: FloatArray
    energy: FloatArray
    gradient_norm: FloatArray

    @classmethod
    def of(cls, records: list[Record]) -> History:
        """Return the history of steps."""
        table = np.array(records, dtype=np.float64).reshape(len(records), len(Record._fields))
        return cls(*table.T.copy())

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.beta)

    def to_state(self) -> dict[str, Any]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def records(self) -> list[Record]:
        """Return the steps one by one."""
        return [Record(*row) for row in np.stack([*self.to_state().values()], axis=1).tolist()]
