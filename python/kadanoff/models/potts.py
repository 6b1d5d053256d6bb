"""The Potts model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.lattices import Lattice

from . import storing, terms
from .base import Model

if TYPE_CHECKING:
    from kadanoff import storage

_MAX_STATES = 256


class Potts(Model):
    r"""The Potts model: q equivalent states, bonds that reward equality.

    Parameters
    ----------
    lattice : Chain, Square, Triangular, Honeycomb, Cubic, Hypercubic or Graph
    q : int
        Number of states of a spin, 2 to 256.
    coupling : float or array_like of float, (n_bonds,)
        J of every bond, or of each in the order of `lattice.bonds`; of either sign.

    Attributes
    ----------
    lattice
    q : int
    coupling : float or ndarray of float64, (n_bonds,)
        An array is a copy that cannot be written.

    Raises
    ------
    ValueError
        If q is out of its range, a number is not finite or larger than 1e12 in size, or an array
        has another shape.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math::
        H = -\sum_{\langle ij \rangle} J_{ij} \delta(s_i, s_j), \qquad s_i \in \{0, \dots, q - 1\}

    Two states are the Ising model of half the coupling, up to a constant. The uniform square
    lattice orders at :math:`T_c = J / \ln(1 + \sqrt q)` (F. Y. Wu, Rev. Mod. Phys. 54 (1982) 235).

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Potts(kd.Square(4), q=3)
    >>> model
    Potts(Square(4), q=3, coupling=1.0)
    >>> spins = np.zeros((4, 4), dtype=np.uint8)
    >>> model.energy(spins), model.order_parameter(spins)
    (-32.0, 1.0)
    """

    kind = "potts"
    _fixed = frozenset({"lattice", "q", "coupling"})

    def __init__(self, lattice: Lattice, q: int, coupling: float | npt.ArrayLike = 1.0) -> None:
        if not isinstance(lattice, Lattice):
            raise TypeError(f"[Potts] expected a lattice such as kd.Square(16), got {lattice!r}")
        self.lattice = lattice
        self.q = arguments.integer("Potts", "q", q, 2, _MAX_STATES)
        self.coupling = terms.one_or_each(
            "Potts", "coupling", coupling, lambda: ((lattice.n_bonds,),)
        )

    def energy(self, spins: npt.ArrayLike) -> terms.Values:
        """Return the total energy H of each state, the sum written out over the bonds.

        Parameters
        ----------
        spins : array_like of int from 0 to q - 1, ``(..., *lattice.shape)``

        Returns
        -------
        float or ndarray of float64, (...)

        Raises
        ------
        ValueError, TypeError
            If a spin is out of range or no integer, or the shape is another.
        """
        flat, lead = self._spins("energy", spins)
        bonds = self.lattice.bonds
        result = np.empty(len(flat))
        for part in terms.chunks(len(flat), len(bonds)):
            equal = flat[part][:, bonds[:, 0]] == flat[part][:, bonds[:, 1]]
            result[part] = -terms.total(equal, self.coupling)
        return terms.shaped(result, lead)

    def order_parameter(self, spins: npt.ArrayLike) -> terms.Values:
        r"""Return the order parameter m of each state, 0 to 1.

        Parameters
        ----------
        spins : array_like of int from 0 to q - 1, ``(..., *lattice.shape)``

        Returns
        -------
        float or ndarray of float64, (...)

        Raises
        ------
        ValueError, TypeError
            If a spin is out of range or no integer, or the shape is another.

        Notes
        -----
        With :math:`n_k` of N sites in state k,
        :math:`m = (q \max_k n_k / N - 1) / (q - 1)` (Wu 1982).
        """
        flat, lead = self._spins("order_parameter", spins)
        most = np.zeros(len(flat), dtype=np.int64)
        for state in range(self.q):
            np.maximum(most, (flat == state).sum(axis=1), out=most)
        n = self.lattice.n_sites
        return terms.shaped((self.q * most - n) / (n * (self.q - 1)), lead)

    def _spins(self, call: str, spins: Any) -> tuple[npt.NDArray[Any], terms.Shape]:
        flat, lead = terms.states(call, spins, self.lattice.shape)
        if flat.dtype.kind not in "iu":
            raise TypeError(f"[{call}] expected spins as integers, got {flat.dtype}")
        wrong = (flat < 0) | (flat >= self.q)
        if wrong.any():
            raise ValueError(
                f"[{call}] expected spins from 0 to {self.q - 1}, got {flat[wrong][0]}"
            )
        return flat, lead

    def to_state(self) -> dict[str, Any]:
        """Return the whole model as plain values and arrays, from which `from_state` makes it."""
        return {
            "kind": self.kind,
            **storing.of_lattice(self.lattice),
            "q": self.q,
            "coupling": self.coupling,
        }

    @classmethod
    def from_state(cls, entries: storage.Entries) -> Potts:
        """Return the model whose `to_state` was read back as `storage.Entries`.

        Raises
        ------
        kadanoff.errors.FileError
            If an entry is missing, of another type or out of bounds.
        """
        lattice = storing.lattice(entries)
        q = entries.integer("q", low=2, high=_MAX_STATES)
        coupling = storing.one_or_each(entries, "coupling")
        with storing.refusing():
            return cls(lattice, q, coupling)

    def _terms(self) -> dict[str, terms.Values]:
        return {"q": self.q, "coupling": self.coupling}

    def __repr__(self) -> str:
        return f"Potts({self.lattice!r}, q={self.q}, coupling={terms.short(self.coupling)})"
