"""`AnnealResult`: states and their energies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import FileError

if TYPE_CHECKING:
    import os

    import dimod

KIND = "anneal"
VERSION = 1

_SHOWN = 5

Spins = npt.NDArray[Any]


class State(NamedTuple):
    """One state of a result.

    Attributes
    ----------
    energy : float
        Total energy H.
    spins : ndarray, ``lattice.shape``
    """

    energy: float
    spins: Spins


class AnnealResult:
    """A table of states and energies, one row for each read.

    Parameters
    ----------
    spins : ndarray of int8 (Potts: uint8), ``(reads, *lattice.shape)``
        -1 and 1, or 0 to q - 1.
    energies : ndarray of float64, (reads,)
        Total energies H.
    counts : ndarray of int64, (reads,), optional
        How often each state occurred; once by default.
    info : mapping, optional
        How the states were made: plain values and arrays.

    Attributes
    ----------
    spins, energies, counts, info
        As given; the arrays cannot be written.

    Raises
    ------
    TypeError, ValueError
        If an array is not of this form.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(4), coupling=-1.0)
    >>> result = kd.anneal(model, num_reads=50, num_sweeps=100, seed=1)
    >>> result.best.energy
    -32.0
    >>> bool(result.lowest(2).counts.sum() <= 50)
    True
    """

    def __init__(
        self,
        spins: Spins,
        energies: npt.NDArray[np.float64],
        counts: npt.NDArray[np.int64] | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> None:
        if spins.dtype not in (np.int8, np.uint8):
            raise TypeError(f"[AnnealResult] expected spins of int8 or uint8, got {spins.dtype}")
        if spins.ndim < 2 or spins.size == 0:
            raise ValueError(
                f"[AnnealResult] expected spins (reads, *shape), got shape {spins.shape}"
            )
        if spins.dtype == np.int8 and not (np.abs(spins) == 1).all():
            raise ValueError("[AnnealResult] expected spins -1 and 1, got others")
        counts = np.ones(len(spins), dtype=np.int64) if counts is None else counts
        for name, array, dtype in (
            ("energies", energies, np.float64),
            ("counts", counts, np.int64),
        ):
            if array.dtype != dtype or array.shape != spins.shape[:1]:
                raise ValueError(
                    f"[AnnealResult] expected {name} of {np.dtype(dtype)}, shape "
                    f"({len(spins)},), got {array.dtype}, shape {array.shape}"
                )
        if not np.isfinite(energies).all():
            raise ValueError("[AnnealResult] expected finite energies, got NaN or infinity")
        if counts.min() < 1:
            raise ValueError(f"[AnnealResult] expected counts of at least 1, got {counts.min()}")
        self.spins, self.energies, self.counts = map(_frozen, (spins, energies, counts))
        self.info: dict[str, Any] = dict(info or {})

    @property
    def best(self) -> State:
        """The state of lowest energy, the first of equals: (energy, spins)."""
        return self[int(self.energies.argmin())]

    def lowest(self, n: int = 1) -> AnnealResult:
        """Return the `n` lowest distinct states, or all if there are fewer.

        Parameters
        ----------
        n : int
            At least 1.

        Returns
        -------
        AnnealResult
            In ascending order of energy, equals in the order of their first read; `counts` tells
            how many reads ended in each.

        Raises
        ------
        ValueError, TypeError
        """
        n = arguments.integer("lowest", "n", n, 1, 2**63 - 1)
        first, counts = self._distinct()
        chosen = np.lexsort((first, self.energies[first]))[:n]
        rows = first[chosen]
        return AnnealResult(self.spins[rows], self.energies[rows], counts[chosen], self.info)

    def _distinct(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the first row of each distinct state, and the sum of its counts."""
        rows = np.ascontiguousarray(self.spins.reshape(len(self), -1))
        if rows.dtype == np.int8:
            rows = np.packbits(rows > 0, axis=1)
        keys = rows.view(np.dtype((np.void, rows.shape[1])))[:, 0]
        _, first, index = np.unique(keys, return_index=True, return_inverse=True)
        counts = np.zeros(len(first), dtype=np.int64)
        np.add.at(counts, index.reshape(-1), self.counts)
        return first.astype(np.int64), counts

    def to_dimod(self) -> dimod.SampleSet:
        """Return the states as a `dimod.SampleSet` of spins, with the sites' numbers as variables.

        Raises
        ------
        ImportError
            If dimod is not installed.
        ValueError
            If the spins are not -1 and 1.
        """
        try:
            import dimod
        except ImportError as error:
            raise ImportError(
                "[to_dimod] expected dimod, got none: pip install 'kadanoff[dimod]'"
            ) from error
        if self.spins.dtype != np.int8:
            raise ValueError(
                "[to_dimod] expected spins of -1 and 1, got the states of a Potts model"
            )
        samples: dimod.SampleSet = dimod.SampleSet.from_samples(  # type: ignore[no-untyped-call]
            self.spins.reshape(len(self), -1),
            vartype=dimod.SPIN,
            energy=self.energies,
            num_occurrences=self.counts,
            info=dict(self.info),
        )
        return samples

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the result to an HDF5 file, all or nothing; `load` gives back every bit.

        Raises
        ------
        OSError
            If the file cannot be written; a file that stood there is left as it was.
        """
        from kadanoff import storage

        storage.write(path, KIND, VERSION, self.to_state())

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {
            "dtype": self.spins.dtype.name,
            "spins": self.spins,
            "energies": self.energies,
            "counts": self.counts,
            "info": self.info,
        }

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> AnnealResult:
        """Read a result that `save` wrote.

        Raises
        ------
        kadanoff.errors.FileError
            If the file is not such a result, is damaged or is not to be trusted.
        FileNotFoundError, PermissionError
            If it cannot be opened.
        """
        from kadanoff import storage

        _, tree = storage.read(path, KIND, (VERSION,))
        return cls.from_state(storage.Entries(tree, path))

    @classmethod
    def from_state(cls, entries: Any) -> AnnealResult:
        """Return the result whose `to_state` was read back as `storage.Entries`."""
        dtype = entries.text("dtype", choices=("int8", "uint8"))
        spins = entries.array("spins", dtype)
        arrays = entries.array("energies", np.float64), entries.array("counts", np.int64)
        try:
            return cls(spins, *arrays, entries.plain("info"))
        except (TypeError, ValueError) as error:
            raise FileError(f"[load] expected a consistent result, got {error}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return AnnealResult, (self.spins, self.energies, self.counts, self.info)

    def __len__(self) -> int:
        return len(self.energies)

    @overload
    def __getitem__(self, read: int) -> State: ...
    @overload
    def __getitem__(self, read: slice) -> AnnealResult: ...
    def __getitem__(self, read: int | slice) -> State | AnnealResult:
        if isinstance(read, slice):
            rows = self.spins[read], self.energies[read], self.counts[read]
            return AnnealResult(*rows, self.info)
        return State(float(self.energies[read]), self.spins[read])

    def __iter__(self) -> Iterator[State]:
        return (self[read] for read in range(len(self)))

    def __repr__(self) -> str:
        shape = "x".join(str(extent) for extent in self.spins.shape[1:])
        lowest = self.lowest(len(self))
        lines = [
            f"AnnealResult({count(len(self), 'read')} of {shape} spins, "
            f"{count(len(lowest), 'distinct state')})",
            f"{'energy':>16}  {'reads':>8}",
        ]
        pairs = zip(lowest.energies[:_SHOWN], lowest.counts[:_SHOWN], strict=True)
        lines += [f"{energy:16.8g}  {count:8d}" for energy, count in pairs]
        if len(lowest) > _SHOWN:
            lines.append(f"{'...':>16}  {lowest.counts[_SHOWN:].sum():8d}")
        return "\n".join(lines)


def count(number: int, noun: str) -> str:
    """Return a number and what there are so many of."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _frozen(array: Any) -> Any:
    view = array.view()
    view.flags.writeable = False
    return view
