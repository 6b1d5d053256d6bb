"""What an observable is, and the sums over sites that several of them need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Spins = npt.NDArray[np.int8]

_CHUNK = 2**22


class Measure(NamedTuple):
    """An observable made ready for one model.

    Attributes
    ----------
    names : tuple of str
        Of the series, one for each column.
    function : callable
        Takes spins ``(replica, *lattice.shape)``, int8 or of a Potts model uint8; returns float64
        (replica, column).
    """

    names: tuple[str, ...]
    function: Callable[[Spins], FloatArray]


class Observable(ABC):
    """A quantity of the spins, with parameters; derive from it for one that needs the model.

    Attributes
    ----------
    name : str
        Of the series; where there are several, followed by ``_`` and a number.
    """

    name: str

    @abstractmethod
    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """Check that the model has this quantity, and return how to measure it.

        Parameters
        ----------
        model : Ising, Potts, ...
            The sampler's, with `lattice`.
        beta : ndarray of float64, shape (replica,)

        Raises
        ------
        ValueError, TypeError
            If the model has no such quantity.
        """

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self._settings().items())
        return f"{type(self).__name__}({settings})"

    def _settings(self) -> dict[str, Any]:
        """Return the parameters to show."""
        return {}


def states(model: Any) -> int | None:
    """Return q of a Potts model, whose spins are 0 to q - 1; None of a model of spins -1 and 1."""
    q = getattr(model, "q", None)
    return None if q is None else int(q)


def refuse_potts(model: Any, what: str) -> None:
    """Raise TypeError for a Potts model."""
    if states(model) is not None:
        raise TypeError(f"[sample] expected spins -1 and 1 for {what}, got {model!r}")


def flat(spins: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array of shape (replica, site)."""
    return spins.reshape(len(spins), -1)


def project(
    values: npt.NDArray[np.int8], vectors: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.float64]:
    """Sum values times vectors over the sites, by matrix products of float32.

    Parameters
    ----------
    values : ndarray of int8, shape (replica, site)
    vectors : ndarray of float32, shape (site, column)

    Returns
    -------
    ndarray of float64, shape (replica, column)
        Exact for vectors of -1, 0 and 1: a partial sum of 2^22 terms is, in float32.
    """
    replicas, sites = values.shape
    sums = np.zeros((replicas, vectors.shape[1]))
    width = min(sites, _CHUNK)
    height = max(1, _CHUNK // width)
    for first in range(0, replicas, height):
        for begin in range(0, sites, width):
            block = values[first : first + height, begin : begin + width].astype(np.float32)
            sums[first : first + height] += block @ vectors[begin : begin + width]
    return sums


def largest_share(spins: npt.NDArray[np.int8], q: int) -> FloatArray:
    """Compute ``(q max_k n_k / N - 1) / (q - 1)`` of spins 0 to q - 1, for each row."""
    counts = [count_rows(spins == state) for state in range(q)]
    return np.asarray((q * np.max(counts, axis=0) / spins.shape[1] - 1.0) / (q - 1.0))


def count_rows(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Count what is true in each row; NumPy is several times slower along an axis."""
    return np.array([np.count_nonzero(row) for row in mask], dtype=np.int64)
