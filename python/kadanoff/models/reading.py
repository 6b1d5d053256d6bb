"""Any model from what its `to_state` wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Model
from .ising import Ising
from .networks import BoltzmannMachine, Hopfield
from .potts import Potts

if TYPE_CHECKING:
    from kadanoff import storage

MODELS: dict[str, type[Model]] = {
    model.kind: model for model in (Ising, Potts, BoltzmannMachine, Hopfield)
}


def from_state(entries: storage.Entries) -> Model:
    """Return the model, of whatever class, whose `to_state` was read back.

    Parameters
    ----------
    entries : kadanoff.storage.Entries
        Without a "kind" it is an Ising model: so files were written when there was no other.

    Returns
    -------
    Model

    Raises
    ------
    kadanoff.errors.FileError
        If an entry is missing, of another type or out of bounds.

    Examples
    --------
    >>> import kadanoff as kd
    >>> from kadanoff import storage
    >>> state = kd.Potts(kd.Square(4), q=3).to_state()
    >>> from_state(storage.Entries(state, "state.h5"))
    Potts(Square(4), q=3, coupling=1.0)
    """
    kind = entries.text("kind", choices=tuple(MODELS)) if "kind" in entries else Ising.kind
    return MODELS[kind].from_state(entries)
