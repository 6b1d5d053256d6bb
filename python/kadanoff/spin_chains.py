"""What samplers of replicas of a model's spins have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff.fixed import FixedAttributes
from kadanoff.models import Model
from kadanoff.models import from_state as model_from_state
from kadanoff.run import Run
from kadanoff.saved import SavedChains, check_contract, versions


class SpinChains(FixedAttributes, SavedChains):
    """Base of samplers that go on from their spins and the number of sweeps done."""

    model: Model
    beta: npt.NDArray[np.float64]
    update: str
    replicas: int
    seed: int

    @property
    def sweep(self) -> int:
        """Sweeps done."""
        raise NotImplementedError

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `spins`: (replica,) and then that of the lattice."""
        return (self.replicas, *self.model.lattice.shape)

    def _run(
        self, observables: dict[str, npt.NDArray[np.float64]], every: int, first_sweep: int
    ) -> Run:
        return Run(
            observables,
            beta=self.beta,
            every=every,
            model=self.model.describe(),
            update=self.update,
            seed=self.seed,
            first_sweep=first_sweep,
            provenance=versions() | self._settings(),
        )

    def _settings(self) -> dict[str, str | int]:
        """Return what else made a run, of short values."""
        return {}

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {
            **versions(),
            "model": self.model.to_state(),
            "beta": self.beta,
            "seed": self.seed,
            "sweep": self.sweep,
        }


def model_and_beta(entries: Any) -> tuple[Model, npt.NDArray[np.float64]]:
    """Return what a state of `SpinChains` begins with; FileError where it is of other versions."""
    check_contract(entries)
    return model_from_state(entries.group("model")), entries.array("beta", np.float64, (None,))


def described_betas(beta: npt.NDArray[np.float64]) -> str:
    """Write the lowest and the highest of inverse temperatures, for a `repr`.

    Examples
    --------
    >>> described_betas(np.array([0.4, 0.4])), described_betas(np.array([0.5, 0.25]))
    ('0.4', '0.25 to 0.5')
    """
    low, high = beta.min(), beta.max()
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
