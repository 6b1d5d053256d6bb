"""Networks: Ising models in which every spin sees every other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.lattices import Graph

from . import storing, terms
from .ising import Ising
from .recalling import Recall, all_at_once, one_by_one

if TYPE_CHECKING:
    from kadanoff import storage

_MAX_UNITS = 2**13
UPDATES = ("parallel", "sequential")

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Conditional:
    """A Boltzmann machine given some of its units, from `BoltzmannMachine.condition`.

    Attributes
    ----------
    machine : BoltzmannMachine
        Of the free units, in their order.
    offset : float
        What its energies lack: those of the whole machine are `machine.energy` + offset.
    clamped : ndarray of bool, (n,)
        Which units were given.
    values : ndarray of int8, (n,)
        What they are; 0 where they are free.
    """

    machine: BoltzmannMachine
    offset: float
    clamped: npt.NDArray[np.bool_]
    values: npt.NDArray[np.int8]

    def join(self, spins: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Return states of the whole machine from those of the free units.

        Parameters
        ----------
        spins : array_like of -1 and 1, (..., n_free)

        Returns
        -------
        ndarray of int8, (..., n)

        Raises
        ------
        ValueError, TypeError
        """
        free, lead = terms.states("join", spins, self.machine.lattice.shape)
        whole = np.tile(self.values, (len(free), 1))
        whole[:, ~self.clamped] = terms.signs("join", "spins", free)
        return whole.reshape(*lead, len(self.values))


class BoltzmannMachine(Ising):
    r"""A general Boltzmann machine of spins +-1.

    Parameters
    ----------
    weights : array_like of float, (n, n)
        W, symmetric, with a zero diagonal; 2 to 8192 units.
    biases : float or array_like of float, (n,), optional
        b; none by default.

    Attributes
    ----------
    weights : ndarray of float64, (n, n)
    biases : float or ndarray of float64, (n,)
    lattice : Graph
        The complete graph, with bonds (0, 1), (0, 2), ..., (n - 2, n - 1).
    coupling : ndarray of float64, (n (n - 1) / 2,)
        The weights above the diagonal.

    Raises
    ------
    ValueError
        If the weights are not square, not symmetric or have a diagonal, a number is not finite or
        larger than 1e12 in size, or the biases have another shape.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math:: H = -\tfrac12 \sum_{ij} s_i W_{ij} s_j - \sum_i b_i s_i, \qquad s_i = \pm 1

    (D. H. Ackley, G. E. Hinton and T. J. Sejnowski, Cognitive Science 9 (1985) 147, there with
    units 0 and 1.)

    Examples
    --------
    >>> import kadanoff as kd
    >>> machine = kd.BoltzmannMachine([[0.0, 2.0], [2.0, 0.0]], biases=[0.5, 0.0])
    >>> machine
    BoltzmannMachine(2 units)
    >>> machine.energy([[1, 1], [-1, 1]]).tolist()
    [-2.5, 2.5]
    """

    kind = "boltzmann_machine"

    def __init__(self, weights: npt.ArrayLike, biases: float | npt.ArrayLike | None = None) -> None:
        call = type(self).__name__
        matrix = _symmetric(call, arguments.array(call, "weights", weights))
        n = len(matrix)
        self._matrix = matrix
        field = 0.0 if biases is None else biases
        super().__init__(
            complete_graph(n),
            matrix[np.triu_indices(n, 1)],
            terms.one_or_each(call, "biases", field, lambda: ((n,),)),
        )

    @property
    def weights(self) -> Matrix:
        """W, read-only."""
        return self._matrix

    @property
    def biases(self) -> terms.Values:
        """b: the field."""
        return self.field

    def recall(
        self,
        state: npt.ArrayLike,
        update: str = "parallel",
        max_sweeps: int = 100,
        seed: int = 0,
    ) -> Recall:
        r"""Follow the dynamics at temperature 0 until nothing changes.

        Parameters
        ----------
        state : array_like of -1 and 1, (..., n)
            Initial states; each goes its own way.
        update : {"parallel", "sequential"}
            All units at once, or one after the other in an order that every sweep draws anew, the
            same for all states.
        max_sweeps : int
            At least 1.
        seed : int
            0 <= seed < 2^64, of the orders of "sequential".

        Returns
        -------
        Recall
            Final states, whether they are fixed points, and the sweeps done.

        Raises
        ------
        ValueError, TypeError
            If a spin is neither -1 nor 1, or an argument is out of range.

        Notes
        -----
        :math:`s_i \leftarrow \operatorname{sign}(\sum_j W_{ij} s_j + b_i)`; a unit whose field is
        0 keeps its spin. One after the other, the energy never rises (J. J. Hopfield, PNAS 79
        (1982) 2554). All at once, the end is a fixed point or a cycle of two (E. Goles and
        J. Olivos, Discrete Appl. Math. 3 (1981) 93); a cycle is left as soon as it is seen, with
        either of its states as the final one.

        Examples
        --------
        >>> import kadanoff as kd
        >>> memory = kd.Hopfield([[1, 1, 1, -1, -1, -1, 1, -1]])
        >>> found = memory.recall([-1, 1, 1, -1, -1, -1, 1, -1])
        >>> found.spins.tolist(), bool(found.converged), int(found.sweeps)
        ([1, 1, 1, -1, -1, -1, 1, -1], True, 2)
        """
        given, lead = terms.states("recall", state, self.lattice.shape, "state")
        spins = terms.signs("recall", "state", given)
        arguments.choice("recall", "update", update, UPDATES)
        most = arguments.integer("recall", "max_sweeps", max_sweeps, 1, 2**40)
        seed = arguments.fixed_seed("recall", seed)
        if update == "parallel":
            found = all_at_once(*self._drive(), spins, most)
        else:
            found = one_by_one(*self._drive(), spins, most, seed)
        return Recall(
            found.spins.reshape(*lead, self.lattice.n_sites),
            found.converged.reshape(lead),
            found.sweeps.reshape(lead),
        )

    def condition(self, mask: npt.ArrayLike, values: npt.ArrayLike) -> Conditional:
        r"""Return the machine that the other units are, given some of them.

        Parameters
        ----------
        mask : array_like of bool, (n,)
            Which units are given; at least two are not.
        values : array_like of -1 and 1, (n,)
            What they are. Values outside the mask do not count.

        Returns
        -------
        Conditional
            A `BoltzmannMachine` of the free units, which any sampler takes, and a constant.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        With free units f and clamped ones c, :math:`W_{ff}` stays and the biases become
        :math:`b_f + W_{fc} s_c`. The constant is
        :math:`-\tfrac12 s_c \cdot W_{cc} s_c - b_c \cdot s_c`.

        Examples
        --------
        >>> import kadanoff as kd
        >>> machine = kd.BoltzmannMachine([[0, 1, 2], [1, 0, 3], [2, 3, 0]], biases=[0, 0, 1])
        >>> given = machine.condition([False, False, True], [1, 1, -1])
        >>> given.machine.biases.tolist(), given.offset
        ([-2.0, -3.0], 1.0)
        >>> given.join([1, -1]).tolist()
        [1, -1, -1]
        """
        n = self.lattice.n_sites
        clamped = arguments.array("condition", "mask", mask)
        if clamped.dtype != np.bool_:
            raise TypeError(f"[condition] expected mask of dtype bool, got {clamped.dtype}")
        if clamped.shape != (n,):
            raise ValueError(f"[condition] expected mask of shape ({n},), got {clamped.shape}")
        if np.count_nonzero(~clamped) < 2:
            free = np.count_nonzero(~clamped)
            raise ValueError(f"[condition] expected at least 2 free units, got {free}")
        given = arguments.array("condition", "values", values)
        if given.shape != (n,):
            raise ValueError(f"[condition] expected values of shape ({n},), got {given.shape}")
        known = np.zeros(n, dtype=np.int8)
        known[clamped] = terms.signs("condition", "values", given[clamped])
        spins, biases = known.astype(np.float64), np.broadcast_to(self.biases, n)
        field = self.weights @ spins
        machine = BoltzmannMachine(
            self.weights[~clamped][:, ~clamped], biases[~clamped] + field[~clamped]
        )
        offset = float(-0.5 * (spins @ field) - biases @ spins)
        return Conditional(machine, offset, clamped.copy(), known)

    @staticmethod
    def from_binary(
        weights: npt.ArrayLike, biases: float | npt.ArrayLike | None = None
    ) -> tuple[BoltzmannMachine, float]:
        r"""Return the machine that units of 0 and 1 make, and a constant.

        Parameters
        ----------
        weights : array_like of float, (n, n)
            Symmetric, with a zero diagonal.
        biases : float or array_like of float, (n,), optional

        Returns
        -------
        BoltzmannMachine
            Of the spins :math:`s = 2 x - 1`.
        float
            What its energies lack, the same for all states.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        .. math:: -\tfrac12 \sum_{ij} x_i W_{ij} x_j - \sum_i b_i x_i
            = -\tfrac12 \sum_{ij} s_i \frac{W_{ij}}{4} s_j
            - \sum_i \Big(\frac{b_i}{2} + \sum_j \frac{W_{ij}}{4}\Big) s_i
            - \sum_{ij} \frac{W_{ij}}{8} - \sum_i \frac{b_i}{2}

        Examples
        --------
        >>> import kadanoff as kd
        >>> machine, offset = kd.BoltzmannMachine.from_binary([[0, 4], [4, 0]], [0, -2])
        >>> [machine.energy([2 * a - 1, 2 * b - 1]) + offset for a in (0, 1) for b in (0, 1)]
        [0.0, 2.0, 0.0, -2.0]
        """
        binary = BoltzmannMachine(weights, biases)
        own = np.broadcast_to(binary.biases, len(binary.weights))
        spins = BoltzmannMachine(binary.weights / 4.0, own / 2.0 + binary.weights.sum(axis=1) / 4.0)
        return spins, float(-binary.weights.sum() / 8.0 - own.sum() / 2.0)

    def _drive(self) -> tuple[Matrix, terms.Values]:
        """Weights and biases in a unit in which sums have no more rounding than they must."""
        return self.weights, self.biases

    def to_state(self) -> dict[str, Any]:
        """Return the whole model as plain values and arrays, from which `from_state` makes it."""
        return {
            "kind": self.kind,
            "lattice": "graph",
            "shape": list(self.lattice.shape),
            "weights": self.weights,
            "biases": self.biases,
        }

    @classmethod
    def from_state(cls, entries: storage.Entries) -> BoltzmannMachine:
        """Return the model whose `to_state` was read back as `storage.Entries`.

        Raises
        ------
        kadanoff.errors.FileError
            If an entry is missing, of another type or out of bounds.
        """
        weights = entries.array("weights", np.float64, (None, None))
        biases = storing.one_or_each(entries, "biases")
        with storing.refusing():
            return cls(weights, biases)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.lattice.n_sites} units)"


class Hopfield(BoltzmannMachine):
    r"""A Hopfield network that has learnt patterns by Hebb's rule.

    Parameters
    ----------
    patterns : array_like of -1 and 1, (P, N)
        At least one, of 2 to 8192 units.

    Attributes
    ----------
    patterns : ndarray of int8, (P, N)
        A copy that cannot be written.
    integer_weights : ndarray of int64, (N, N)
        W in units of `scale`, exact.
    scale : float
        1 / N.
    weights, lattice, coupling
        As of a `BoltzmannMachine`; `weights` are rounded from `integer_weights` / N.

    Raises
    ------
    ValueError
        If a pattern holds anything but -1 and 1, or the shape is another.
    TypeError
        If the patterns are not numbers.

    Notes
    -----
    .. math::
        W_{ij} = \frac1N \sum_\mu \xi_i^\mu \xi_j^\mu \quad (i \ne j), \qquad W_{ii} = 0, \qquad
        H = -\tfrac12 \sum_{ij} s_i W_{ij} s_j

    (J. J. Hopfield, PNAS 79 (1982) 2554.) Random patterns are recalled up to about 0.138 of them
    per unit (D. J. Amit, H. Gutfreund and H. Sompolinsky, Phys. Rev. Lett. 55 (1985) 1530).

    Examples
    --------
    >>> import kadanoff as kd
    >>> memory = kd.Hopfield([[1, 1, 1, 1], [1, 1, -1, -1]])
    >>> memory
    Hopfield(2 patterns, 4 units)
    >>> memory.overlap([1, 1, 1, -1]).tolist()
    [0.5, 0.5]
    >>> memory.energy([1, 1, -1, -1])
    -1.0
    """

    kind = "hopfield"
    _fixed = Ising._fixed | {"patterns"}

    def __init__(self, patterns: npt.ArrayLike) -> None:
        given = arguments.array("Hopfield", "patterns", patterns)
        if given.ndim != 2 or len(given) == 0:
            raise ValueError(
                f"[Hopfield] expected patterns of shape (P, N), got shape {given.shape}"
            )
        copied = terms.signs("Hopfield", "patterns", given)
        copied.flags.writeable = False
        self.patterns = copied
        super().__init__(self.integer_weights / copied.shape[1])

    @property
    def scale(self) -> float:
        """1 / N."""
        return 1.0 / self.lattice.n_sites

    @cached_property
    def integer_weights(self) -> npt.NDArray[np.int64]:
        """N W: sums of products of spins, exact."""
        _units("Hopfield", self.patterns.shape[1])
        wide = self.patterns.astype(np.float64)  # sums of integers: exact, and fast
        result: npt.NDArray[np.int64] = (wide.T @ wide).astype(np.int64)
        np.fill_diagonal(result, 0)
        result.flags.writeable = False
        return result

    def overlap(self, spins: npt.ArrayLike) -> npt.NDArray[np.float64]:
        r"""Return the overlap of each state with each pattern.

        Parameters
        ----------
        spins : array_like of -1 and 1, (..., N)

        Returns
        -------
        ndarray of float64, (..., P)
            :math:`m_\mu = \sum_i \xi_i^\mu s_i / N`.

        Raises
        ------
        ValueError, TypeError
            If a spin is neither -1 nor 1, or the shape is another.
        """
        given, lead = terms.states("overlap", spins, self.lattice.shape)
        sums = self._pattern_sums(terms.signs("overlap", "spins", given))
        overlaps: Matrix = (sums / self.lattice.n_sites).reshape(*lead, len(self.patterns))
        return overlaps

    def _pattern_sums(self, flat: npt.NDArray[np.int8]) -> Matrix:
        """Sum of spin * pattern, (n_states, P): integers, so the order of the sums is no matter."""
        sums: Matrix = flat.astype(np.float64) @ self.patterns.T.astype(np.float64)
        return sums

    def _energies(self, flat: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        """Total energies: s.W.s N is the sum of squared pattern sums without the diagonal's P N."""
        n_patterns, n = self.patterns.shape
        result = np.empty(len(flat))
        for part in terms.chunks(len(flat), n + n_patterns):
            squares: Matrix = (self._pattern_sums(flat[part]) ** 2).sum(axis=1)
            result[part] = -(squares - n_patterns * n) / (2 * n)
        return result

    def _drive(self) -> tuple[Matrix, terms.Values]:
        return self.integer_weights.astype(np.float64), 0.0

    def to_state(self) -> dict[str, Any]:
        """Return the whole model as plain values and arrays, from which `from_state` makes it."""
        return {
            "kind": self.kind,
            "lattice": "graph",
            "shape": list(self.lattice.shape),
            "patterns": self.patterns,
        }

    @classmethod
    def from_state(cls, entries: storage.Entries) -> Hopfield:
        """Return the model whose `to_state` was read back as `storage.Entries`.

        Raises
        ------
        kadanoff.errors.FileError
            If an entry is missing, of another type or out of bounds.
        """
        patterns = entries.array("patterns", np.int8, (None, None))
        with storing.refusing():
            return cls(patterns)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, Hopfield)
        return np.array_equal(self.patterns, other.patterns)

    def __hash__(self) -> int:
        return hash((self.kind, self.patterns.shape, self.patterns.tobytes()))

    def __repr__(self) -> str:
        n_patterns, n = self.patterns.shape
        return f"Hopfield({n_patterns} patterns, {n} units)"


def complete_graph(n: int) -> Graph:
    """Return the graph that binds each of n sites to each other, by rows of the upper triangle."""
    return Graph(np.stack(np.triu_indices(n, 1), axis=1), n)


def _units(call: str, n: int) -> None:
    if not 2 <= n <= _MAX_UNITS:
        raise ValueError(f"[{call}] expected 2 to {_MAX_UNITS} units, got {n}")


def _symmetric(call: str, given: npt.NDArray[Any]) -> Matrix:
    """Return a read-only copy of a symmetric matrix with a zero diagonal."""
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        raise ValueError(f"[{call}] expected weights of shape (n, n), got shape {given.shape}")
    _units(call, len(given))
    matrix = terms.reals(call, "weights", given)
    unequal = np.argwhere(matrix != matrix.T)
    if len(unequal):
        i, j = unequal[0].tolist()
        raise ValueError(
            f"[{call}] expected symmetric weights, got {matrix[i, j]} at ({i}, {j}) and "
            f"{matrix[j, i]} at ({j}, {i})"
        )
    own = np.flatnonzero(np.diagonal(matrix))
    if len(own):
        value = matrix[own[0], own[0]]
        raise ValueError(f"[{call}] expected a zero diagonal, got {value} at ({own[0]}, {own[0]})")
    return matrix
