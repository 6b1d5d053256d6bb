"""The Ising model: couplings on bonds, fields on sites, a term of plaquettes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff.lattices import Lattice

from . import storing, terms
from .base import Model

if TYPE_CHECKING:
    from kadanoff import storage


class Ising(Model):
    r"""The Ising model with any couplings and fields.

    Parameters
    ----------
    lattice : Chain, Square, Triangular, Honeycomb, Cubic, Hypercubic or Graph
    coupling : float or array_like of float, (n_bonds,)
        J of every bond, or of each in the order of `lattice.bonds`; of either sign. The unit of
        energy is that of 1 / beta.
    field : float or array_like of float, (n_sites,) or `lattice.shape`
        h of every site, or of each.
    plaquette : float
        K, on a square lattice only.

    Attributes
    ----------
    lattice
    coupling : float or ndarray of float64, (n_bonds,)
        An array is a copy that cannot be written.
    field : float or ndarray of float64, (n_sites,)
        In row-major order of the sites.
    plaquette : float

    Raises
    ------
    ValueError
        If a number is not finite or larger than 1e12 in size, an array has another shape, or the
        lattice has no plaquettes.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math::
        H = -\sum_{\langle ij \rangle} J_{ij} s_i s_j - \sum_i h_i s_i
            - K \sum_{\square} s_i s_j s_k s_l, \qquad s_i = \pm 1

    A plaquette is a site, its neighbours one step along y and along x, and the one along both;
    on an open boundary only whole ones count.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(8), coupling=-1.0)
    >>> model
    Ising(Square(8), coupling=-1.0, field=0.0)
    >>> model.energy(np.ones((8, 8), dtype=np.int8))
    128.0
    """

    kind = "ising"
    _fixed = frozenset({"lattice", "coupling", "field", "plaquette"})

    def __init__(
        self,
        lattice: Lattice,
        coupling: float | npt.ArrayLike = 1.0,
        field: float | npt.ArrayLike = 0.0,
        plaquette: float = 0.0,
    ) -> None:
        if not isinstance(lattice, Lattice):
            raise TypeError(f"[Ising] expected a lattice such as kd.Square(16), got {lattice!r}")
        self.lattice = lattice
        self.coupling = terms.one_or_each(
            "Ising", "coupling", coupling, lambda: ((lattice.n_bonds,),)
        )
        shapes = tuple(dict.fromkeys((lattice.shape, (lattice.n_sites,))))
        self.field = terms.one_or_each("Ising", "field", field, lambda: shapes)
        self.plaquette = terms.number("Ising", "plaquette", plaquette)
        if self.plaquette != 0.0 and lattice.name != "square":
            raise ValueError(
                f"[Ising] expected plaquette = 0 except on a square lattice, "
                f"got {self.plaquette} on {lattice!r}"
            )

    def energy(self, spins: npt.ArrayLike) -> terms.Values:
        """Return the total energy H of each state.

        The sum is written out over bonds, sites and plaquettes: this is what faster code is
        tested against. It is exact up to the last rounding where couplings and fields are
        numbers.

        Parameters
        ----------
        spins : array_like of -1 and 1, ``(..., *lattice.shape)``

        Returns
        -------
        float or ndarray of float64, (...)

        Raises
        ------
        ValueError, TypeError
            If a spin is neither -1 nor 1, or the shape is another.
        """
        given, lead = terms.states("energy", spins, self.lattice.shape)
        flat = terms.signs("energy", "spins", given)
        return terms.shaped(self._energies(flat), lead)

    def _energies(self, flat: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        """Total energies of states (n_states, n_sites)."""
        bonds = self.lattice.bonds
        corners = self.plaquettes if self.plaquette else np.empty((0, 4), dtype=np.int64)
        result = np.empty(len(flat))
        for part in terms.chunks(len(flat), len(bonds) + flat.shape[1] + 4 * len(corners)):
            spins = flat[part]
            pairs = spins[:, bonds[:, 0]] * spins[:, bonds[:, 1]]
            result[part] = -terms.total(pairs, self.coupling) - terms.total(spins, self.field)
            if self.plaquette:
                squares = spins[:, corners].prod(axis=2, dtype=np.int8)
                result[part] -= terms.total(squares, self.plaquette)
        return result

    @property
    def plaquettes(self) -> npt.NDArray[np.int64]:
        """Plaquettes of a square lattice as row-major site numbers, int64 (n_plaquettes, 4).

        Each is (y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1), in the row-major order of (y, x). A
        periodic extent of 2 has every plaquette twice along it, as it has every bond. Other
        lattices have none.
        """
        lattice = self.lattice
        if lattice.name != "square":
            return np.empty((0, 4), dtype=np.int64)
        sites = np.arange(lattice.n_sites, dtype=np.int64).reshape(lattice.shape)
        right, down = np.roll(sites, -1, axis=1), np.roll(sites, -1, axis=0)
        corners = np.stack([sites, right, down, np.roll(right, -1, axis=0)], axis=-1)
        rows, columns = (
            extent if periodic else extent - 1
            for extent, periodic in zip(lattice.shape, lattice.periodic, strict=True)
        )
        return corners[:rows, :columns].reshape(-1, 4)

    def to_state(self) -> dict[str, Any]:
        """Return the whole model as plain values and arrays, from which `from_state` makes it."""
        return {"kind": self.kind, **storing.of_lattice(self.lattice), **self._terms()}

    @classmethod
    def from_state(cls, entries: storage.Entries) -> Ising:
        """Return the model whose `to_state` was read back as `storage.Entries`.

        Raises
        ------
        kadanoff.errors.FileError
            If an entry is missing, of another type or out of bounds.
        """
        lattice = storing.lattice(entries)
        coupling = storing.one_or_each(entries, "coupling")
        field = storing.one_or_each(entries, "field")
        plaquette = entries.real("plaquette") if "plaquette" in entries else 0.0
        with storing.refusing():
            return cls(lattice, coupling, field, plaquette)

    def _terms(self) -> dict[str, terms.Values]:
        return {"coupling": self.coupling, "field": self.field, "plaquette": self.plaquette}

    def __repr__(self) -> str:
        plaquette = f", plaquette={self.plaquette}" if self.plaquette else ""
        return (
            f"Ising({self.lattice!r}, coupling={terms.short(self.coupling)}, "
            f"field={terms.short(self.field)}{plaquette})"
        )
