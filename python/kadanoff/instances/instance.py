"""`Instance`: couplings and fields of a problem, and what its value means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..fixed import FixedAttributes

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """What a file asks for, as a linear function of H: ``offset + scale * H``.

    Attributes
    ----------
    name : str
        "energy", "cut" or "qubo".
    offset, scale : float
        A negative scale is a value to be maximised.
    """

    name: str = "energy"
    offset: float = 0.0
    scale: float = 1.0


class Instance(FixedAttributes):
    r"""An Ising problem as a file states it; made by `kadanoff.instances.read`.

    Parameters
    ----------
    n : int
        Number of spins.
    edges : ndarray of int64, shape (m, 2)
        Pairs of different spins, counted from 0, each pair once.
    couplings : ndarray of float64, shape (m,)
        J of each edge.
    fields : ndarray of float64, shape (n,)
        h of each spin.
    name : str
        From the file, or its stem.
    format : str
        One of `kadanoff.instances.FORMATS`.
    objective : Objective
        The value that the file asks for.
    best_known : float, optional
        The best value known, in the terms of `objective`, where the file states it.

    Attributes
    ----------
    n, edges, couplings, fields, name, format, objective, best_known
        As given; the arrays are read-only.

    Notes
    -----
    .. math:: H = -\sum_{(i,j)} J_{ij} s_i s_j - \sum_i h_i s_i

    Examples
    --------
    >>> import numpy as np
    >>> pair = Instance(
    ...     2, np.array([[0, 1]]), np.array([-1.0]), np.zeros(2), "pair", "rudy",
    ...     Objective("cut", 0.5, -0.5),
    ... )
    >>> float(pair.energy([1, -1])), float(pair.cut([1, -1]))
    (-1.0, 1.0)
    """

    _fixed = frozenset(
        {"n", "edges", "couplings", "fields", "name", "format", "objective", "best_known"}
    )

    def __init__(
        self,
        n: int,
        edges: IntArray,
        couplings: FloatArray,
        fields: FloatArray,
        name: str,
        format: str,
        objective: Objective | None = None,
        best_known: float | None = None,
    ) -> None:
        self.n = n
        self.edges = edges
        self.couplings = couplings
        self.fields = fields
        self.name = name
        self.format = format
        self.objective = objective or Objective()
        self.best_known = best_known
        for array in (edges, couplings, fields):
            array.flags.writeable = False

    @property
    def maximised(self) -> bool:
        """True where the file asks for the largest value: a cut."""
        return self.objective.scale < 0.0

    def energy(self, spins: npt.ArrayLike) -> FloatArray:
        """Return H of one or more states.

        Parameters
        ----------
        spins : array_like of -1 and 1, shape (..., n)

        Returns
        -------
        ndarray of float64, shape (...)

        Raises
        ------
        ValueError
            If the shape or a value is another.
        """
        states = self._states("energy", spins)
        energies = np.empty(states.shape[:-1])
        # State by state: a table of all products would take m numbers for each.
        for index in np.ndindex(energies.shape):
            state = states[index]
            agree = state[self.edges[:, 0]] == state[self.edges[:, 1]]
            bonds = self.couplings.sum() - 2.0 * self.couplings[agree].sum()
            energies[index] = bonds - self.fields @ state
        return energies

    def value(self, spins: npt.ArrayLike) -> FloatArray:
        """Return what the file asks for: the energy, the cut, or x.Q.x with x = (1 + s) / 2.

        Parameters
        ----------
        spins : array_like of -1 and 1, shape (..., n)

        Returns
        -------
        ndarray of float64, shape (...)
        """
        return self.value_of_energy(self.energy(spins))

    def value_of_energy(self, energy: npt.ArrayLike) -> FloatArray:
        """Return `value` of states whose H is known, with the shape of `energy`."""
        scaled: FloatArray = np.asarray(energy, dtype=np.float64) * self.objective.scale
        return scaled + self.objective.offset

    def cut(self, spins: npt.ArrayLike) -> FloatArray:
        """Return the weight of the edges between spins of opposite sign.

        Parameters
        ----------
        spins : array_like of -1 and 1, shape (..., n)

        Returns
        -------
        ndarray of float64, shape (...)

        Raises
        ------
        ValueError
            If the file is not a max-cut problem.
        """
        if self.objective.name != "cut":
            raise ValueError(
                f"[Instance.cut] expected a max-cut instance (rudy), got one of {self.format}"
            )
        return self.value(spins)

    def model(self) -> Any:
        """Return the `kadanoff.Ising` model on a `kadanoff.Graph`."""
        import kadanoff as kd

        field: Any = self.fields if self.fields.any() else 0.0
        return kd.Ising(kd.Graph(self.edges, self.n), coupling=self.couplings, field=field)

    def _states(self, call: str, spins: npt.ArrayLike) -> npt.NDArray[np.int8]:
        states = np.asarray(spins)
        if states.ndim == 0 or states.shape[-1] != self.n:
            raise ValueError(
                f"[Instance.{call}] expected spins of shape (..., {self.n}), got {states.shape}"
            )
        if not np.isin(states, (-1, 1)).all():
            raise ValueError(f"[Instance.{call}] expected spins -1 and 1, got others")
        return states.astype(np.int8)

    def __repr__(self) -> str:
        fields = ", fields" if self.fields.any() else ""
        return (
            f"Instance({self.name}, {self.format}: {self.n} spins, {len(self.edges)} edges{fields})"
        )
