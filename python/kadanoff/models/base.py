"""What all models have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from kadanoff.fixed import FixedAttributes
from kadanoff.lattices import Lattice

from . import terms

if TYPE_CHECKING:
    from kadanoff import storage


class Model(FixedAttributes, ABC):
    """Base of the models: an energy on the sites of a lattice, as plain values and back.

    Attributes
    ----------
    lattice : kadanoff.lattices.Lattice
        The sites and bonds.
    kind : str
        Name of the class in files.
    """

    kind: ClassVar[str]
    lattice: Lattice

    @abstractmethod
    def energy(self, spins: npt.ArrayLike) -> terms.Values:
        """Return the total energy H of each state of an array ``(..., *lattice.shape)``."""

    @abstractmethod
    def to_state(self) -> dict[str, Any]:
        """Return the whole model as plain values and arrays, from which `from_state` makes it."""

    @classmethod
    @abstractmethod
    def from_state(cls, entries: storage.Entries) -> Model:
        """Return the model whose `to_state` was read back as `storage.Entries`."""

    @abstractmethod
    def _terms(self) -> dict[str, terms.Values]:
        """Return the terms of the energy by name."""

    def describe(self) -> dict[str, Any]:
        """Return the model as short plain values, the form in which a `kadanoff.Run` holds it.

        Returns
        -------
        dict
            ``"kind"``, ``"lattice"``, ``"shape"``, ``"boundary"`` ("periodic", "open", or both by
            axis), and each term: a number, "per bond" or "per site". With an array there is
            also its ``"digest"``, by which two models can be told apart.
        """
        result: dict[str, Any] = {
            "kind": self.kind,
            "lattice": self.lattice.name,
            "shape": list(self.lattice.shape),
            "boundary": _boundary(self.lattice),
        }
        values = self._terms()
        for name, value in values.items():
            each = "per site" if name == "field" else "per bond"
            result[name] = value if isinstance(value, float | int) else each
        if any(isinstance(value, np.ndarray) for value in values.values()):
            result["digest"] = self._digest()
        return result

    def _digest(self) -> str:
        from kadanoff.storage.content import digest, normalized

        return digest("model", 1, normalized(self.to_state()))[:16]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, Model)
        mine, others = self._terms(), other._terms()
        return self.lattice == other.lattice and all(
            terms.same(mine[name], others[name]) for name in mine
        )

    def __hash__(self) -> int:
        values = self._terms().values()
        return hash((self.kind, self.lattice, *map(terms.key, values)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.to_state())


def check_model(
    call: str, model: object, kind: type = Model, example: str = "kd.Ising(lattice)"
) -> None:
    """Raise TypeError where it is no model of a kind."""
    if not isinstance(model, kind):
        raise TypeError(f"[{call}] expected a model such as {example}, got {model!r}")


def _restore(kind: type[Model], state: dict[str, Any]) -> Model:
    """Undo `Model.__reduce__`."""
    from kadanoff import storage

    return kind.from_state(storage.Entries(state, "a pickled model"))


def _boundary(lattice: Lattice) -> str:
    """Name the boundaries of a lattice; a graph has none."""
    names = ["periodic" if axis else "open" for axis in lattice.periodic]
    return ", ".join(names[:1] if len(set(names)) == 1 else names) or "none"
