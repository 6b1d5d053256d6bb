"""Models: the energy of a spin configuration."""

from __future__ import annotations

from kadanoff import arguments
from kadanoff.fixed import FixedAttributes
from kadanoff.lattices import Lattice

_LARGEST = 1e12


class Ising(FixedAttributes):
    r"""The Ising model with a uniform coupling and a uniform field.

    Parameters
    ----------
    lattice : Chain, Square, Triangular, Honeycomb, Cubic, Hypercubic or Graph
    coupling : float
        J, of either sign; the unit of energy is that of 1 / beta.
    field : float
        h, of either sign.

    Raises
    ------
    ValueError
        If coupling or field is not finite, or larger than 1e12 in size.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math:: H = -J \sum_{\langle ij \rangle} s_i s_j - h \sum_i s_i, \qquad s_i = \pm 1

    Examples
    --------
    >>> import kadanoff as kd
    >>> kd.Ising(kd.Square(8), coupling=-1.0)
    Ising(Square(8), coupling=-1.0, field=0.0)
    """

    _fixed = frozenset({"lattice", "coupling", "field"})

    def __init__(self, lattice: Lattice, coupling: float = 1.0, field: float = 0.0) -> None:
        if not isinstance(lattice, Lattice):
            raise TypeError(f"[Ising] expected a lattice such as kd.Square(16), got {lattice!r}")
        self.lattice = lattice
        self.coupling = arguments.real("Ising", "coupling", coupling)
        self.field = arguments.real("Ising", "field", field)
        for name, value in (("coupling", self.coupling), ("field", self.field)):
            if abs(value) > _LARGEST:
                raise ValueError(f"[Ising] expected {name} of at most 1e12 in size, got {value}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ising) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Lattice, float, float]:
        return self.lattice, self.coupling, self.field

    def __repr__(self) -> str:
        return f"Ising({self.lattice!r}, coupling={self.coupling}, field={self.field})"
