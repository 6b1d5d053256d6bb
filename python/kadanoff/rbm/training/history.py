"""What is recorded of each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Record(NamedTuple):
    """One epoch.

    Attributes
    ----------
    score : float
        Of the validation data; nan where it was not asked for.
    pseudo_likelihood : float
        Mean log pseudo-likelihood of some training data, as `RBM.pseudo_likelihood`.
    reconstruction_error : float
        As `reconstruction_error`, of 1000 samples of the training data.
    acceptance : float
        Mean share of accepted swaps; nan without swaps.
    learning_rate : float
        At the last minibatch.
    weight_norm, largest_weight : float
        Frobenius norm and largest size of W.
    gradient_norm : float
        Of the last minibatch.
    seconds : float
        Wall time.
    """

    score: float
    pseudo_likelihood: float
    reconstruction_error: float
    acceptance: float
    learning_rate: float
    weight_norm: float
    largest_weight: float
    gradient_norm: float
    seconds: float


class History(Mapping[str, npt.NDArray[Any]]):
    """Records of all epochs, by name: an array with a number for each epoch.

    ``history["epoch"]`` counts the epochs done, from 1, ``history["singular_values"]`` is
    (n_epochs, min(n_visible, n_hidden)), falling; the other names are the attributes of `Record`.
    Arrays are read-only float64.

    Examples
    --------
    >>> history = History()
    >>> history["score"].shape, len(history), "epoch" in history
    ((0,), 11, True)
    """

    def __init__(
        self, records: list[Record] | None = None, spectra: list[Floats] | None = None
    ) -> None:
        self._records = records if records is not None else []
        self._spectra = spectra if spectra is not None else []
        self.epochs = len(self._records)

    @property
    def last(self) -> Record:
        """The record of the last epoch."""
        return self._records[self.epochs - 1]

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        records, spectra = self._records[: self.epochs], self._spectra[: self.epochs]
        if name == "epoch":
            result = np.arange(1.0, self.epochs + 1)
        elif name == "singular_values":
            result = np.array(spectra) if spectra else np.zeros((0, 0))
        elif name in Record._fields:
            result = np.array([getattr(record, name) for record in records], dtype=np.float64)
        else:
            raise KeyError(name)
        result.flags.writeable = False
        return result

    def __iter__(self) -> Iterator[str]:
        return iter(("epoch", *Record._fields, "singular_values"))

    def __len__(self) -> int:
        return len(Record._fields) + 2

    def extended(self, record: Record, spectrum: Floats) -> History:
        """Return a history with one epoch more; this one stays as it is."""
        records, spectra = self._records, self._spectra
        # Lists are shared as long as they only grow: each history knows how much of them is its.
        if len(records) != self.epochs or len(spectra) != self.epochs:
            records, spectra = records[: self.epochs], spectra[: self.epochs]
        records.append(record)
        spectra.append(spectrum)
        return History(records, spectra)

    def to_state(self) -> dict[str, Any]:
        """Return what a file keeps."""
        return {name: self[name] for name in self if name != "epoch"}

    @classmethod
    def from_state(cls, entries: Any, epochs: int, rank: int) -> History:
        """Undo `to_state`, from `storage.Entries`."""
        columns = [entries.array(name, np.float64, (epochs,)) for name in Record._fields]
        records = [Record(*map(float, row)) for row in zip(*columns, strict=True)]
        width = rank if epochs else 0
        spectra = entries.array("singular_values", np.float64, (epochs, width))
        return cls(records, list(spectra))

    def __repr__(self) -> str:
        return f"History({self.epochs} epochs: {', '.join(self)})"
