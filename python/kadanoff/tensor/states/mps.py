"""Matrix product states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedMachine

from . import checking, gauge, transfer
from .arithmetic import Arithmetic, float_exp
from .chains import chain_from_state, chain_state, checked_chain, random_chain
from .measuring import matrix_of, width_of

Array = npt.NDArray[Any]
MAX_DENSE = 2**28


class Truncation(NamedTuple):
    """What a compression left out.

    `discarded_weights` (n_sites - 1,) has for each bond the squares of the singular values left
    out, for a state of norm 1; `error` is the 2-norm of the difference over that of the state. Of a
    successive state of `rbm_to_mps` they are what is said there.
    """

    discarded_weights: npt.NDArray[np.float64]
    error: float


class MPS(Arithmetic, FixedAttributes, SavedMachine):
    r"""A matrix product state: a vector of amplitudes as a chain of tensors, a tensor a site.

    Parameters
    ----------
    tensors : sequence of array_like, (left bond, local dimension, right bond)
        One for each site; float32, float64, complex64 or complex128. The first left and the last
        right bond are 1. Tensors are brought to one dtype.
    log_scale : float
        The state is the product of the tensors times exp(log_scale). Where tensors are very large
        or small, powers of two are moved from them to it.

    Attributes
    ----------
    tensors : tuple of ndarray, read-only
    log_scale : float
    center : int or None
        The site around which the chain is in mixed canonical form: tensors on its left are
        isometries from the left, those on its right from the right. None where it is in no form.
    truncation : Truncation or None
        What the compression that made the state left out.

    Raises
    ------
    ValueError, TypeError
        If bonds do not match, a number is not finite, or an argument has the wrong type.

    Notes
    -----
    .. math:: \psi(s_1, \dots, s_N) = e^{\text{log\_scale}} A_1^{s_1} A_2^{s_2} \cdots A_N^{s_N}

    (U. Schollwöck, Annals of Physics 326 (2011) 96). States never change: what looks like a change
    returns another state. Linear algebra is NumPy's: results for a seed are the same for the same
    build of it and the same number of its threads.

    Examples
    --------
    >>> import kadanoff as kd
    >>> state = kd.tensor.MPS.product([0, 0, 0]) + kd.tensor.MPS.product([1, 1, 1])
    >>> state
    MPS(3 sites, bonds up to 2, float64)
    >>> round(state.norm(), 6), state.entropy().round(6).tolist()
    (1.414214, [0.693147, 0.693147])
    """

    _kind = "mps"
    _fixed = frozenset({"tensors", "log_scale", "center", "truncation"})

    def __init__(self, tensors: Sequence[npt.ArrayLike], log_scale: float = 0.0) -> None:
        chain, log = gauge.balanced(checked_chain("MPS", tensors, 3))
        scale = arguments.real("MPS", "log_scale", log_scale)
        self._assign(chain, scale + log, None, None)

    def _assign(
        self, chain: Sequence[Array], scale: float, center: int | None, kept: Truncation | None
    ) -> None:
        self.tensors = tuple(checking.read_only(tensor) for tensor in chain)
        self.log_scale = scale
        self.center = center
        self.truncation = kept

    @classmethod
    def _made(
        cls,
        chain: Sequence[Array],
        scale: float,
        center: int | None = None,
        truncation: Truncation | None = None,
    ) -> MPS:
        """Return the state of a chain that is known to be right."""
        new = object.__new__(cls)
        new._assign(chain, scale, center, truncation)
        return new

    @classmethod
    def product(cls, sites: npt.ArrayLike | Sequence[npt.ArrayLike], dimension: Any = 2) -> MPS:
        """Return a product state.

        Parameters
        ----------
        sites : array_like of int, (n_sites,), or sequence of array_like, (local dimension,)
            The state of each site, or a vector of amplitudes for each.
        dimension : int or sequence of int
            Local dimensions, for sites given as integers.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.tensor.MPS.product([[1.0, 0.0], [0.6, 0.8]]).to_dense().tolist()
        [[0.6, 0.8], [0.0, 0.0]]
        """
        listed: list[Any] = list(sites)  # type: ignore[arg-type]
        if listed and all(np.ndim(value) == 0 for value in listed):
            dims = checking.dimensions("product", len(listed), dimension)
            states = checking.configurations("product", listed, dims)
            vectors: list[Array] = [np.eye(d)[s] for d, s in zip(dims, states, strict=True)]
        else:
            vectors = [checking.numbers("product", "sites", value) for value in listed]
        for vector in vectors:
            if vector.ndim != 1:
                wanted = "a vector of amplitudes for each site"
                raise ValueError(f"[product] expected {wanted}, got shape {vector.shape}")
        return cls([vector[None, :, None] for vector in vectors])

    @classmethod
    def random(
        cls,
        n_sites: int,
        dimension: int | Sequence[int] = 2,
        bond: int = 8,
        seed: int | None = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> MPS:
        """Return a random state of norm 1 in canonical form around site 0.

        Parameters
        ----------
        n_sites : int
        dimension : int or sequence of int
            Local dimension, of all sites or of each.
        bond : int
            Largest bond dimension; bonds near the ends are as small as the sites there ask for.
        seed : int, optional
            0 <= seed < 2^64. Without it, one is drawn from the operating system.
        dtype : dtype
            float32, float64, complex64 or complex128.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        Tensors are isometries of independent normal numbers (Haar measure, up to signs).

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.tensor.MPS.random(6, bond=4, seed=1).bond_dimensions
        (2, 4, 4, 4, 2)
        """
        dims = checking.dimensions("random", n_sites, dimension)
        bond = arguments.integer("random", "bond", bond, 1, checking.MAX_BOND)
        kind = checking.floating("random", dtype)
        key = arguments.seed("random", seed)
        chain, _ = gauge.with_center(random_chain(dims, bond, key, kind), 0)
        return cls._made(chain, 0.0, 0)

    @classmethod
    def from_dense(
        cls, array: npt.ArrayLike, max_bond: int | None = None, tolerance: float | None = None
    ) -> MPS:
        """Return the state of an array of amplitudes, an axis a site, by singular values.

        Parameters
        ----------
        array : array_like
            Amplitudes, with the local dimensions as its shape.
        max_bond, tolerance : int and float, optional
            As in `compress`; by default all but rounding is kept.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> ghz = np.zeros((2, 2, 2)); ghz[0, 0, 0] = ghz[1, 1, 1] = 0.5
        >>> kd.tensor.MPS.from_dense(ghz).bond_dimensions
        (2, 2)
        """
        dense = checking.numbers("from_dense", "array", array)
        if dense.ndim == 0 or dense.size == 0:
            wanted = "an array with an axis for each site"
            raise ValueError(f"[from_dense] expected {wanted}, got shape {dense.shape}")
        limit = checking.bond_limit("from_dense", max_bond)
        allowed = checking.tolerance("from_dense", tolerance)
        unit, log = gauge.unit_scale(dense)
        chain, weights = gauge.split_dense(unit, limit, allowed)
        return cls._made(chain, log, 0, _truncation(weights))

    @property
    def bond_dimensions(self) -> tuple[int, ...]:
        """Dimension of each bond: bond i lies between the sites i and i + 1."""
        return tuple(tensor.shape[2] for tensor in self.tensors[:-1])

    def astype(self, dtype: npt.DTypeLike) -> MPS:
        """Return the state with tensors of another dtype; complex ones cannot become real.

        Raises
        ------
        TypeError
        """
        kind = checking.floating("astype", dtype)
        if self.dtype.kind == "c" and kind.kind == "f":
            raise TypeError(f"[astype] expected a complex dtype, got {kind}")
        chain = [tensor.astype(kind) for tensor in self.tensors]
        return self._made(chain, self.log_scale, self.center, self.truncation)

    def canonical(self, center: int | str = "right") -> MPS:
        """Return the state in canonical form.

        Parameters
        ----------
        center : int, or one of "left", "right"
            The site of the centre. "left" makes all tensors but the last isometries from the left,
            "right" all but the first isometries from the right.

        Returns
        -------
        MPS
            The tensor of the centre has norm 1, and `log_scale` is ln of the norm of the state.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.tensor.MPS.random(5, seed=1).canonical("left").center
        4
        """
        if isinstance(center, str):
            arguments.choice("canonical", "center", center, ("left", "right"))
            center = 0 if center == "right" else self.n_sites - 1
        where = checking.site("canonical", "center", center, self.n_sites)
        chain, log = self._around(where)
        return self._made(chain, log, where, self.truncation)

    def _around(self, center: int) -> tuple[list[Array], float]:
        """Return the tensors in canonical form and ln of the norm."""
        chain, log = gauge.with_center(list(self.tensors), center, self.center)
        return chain, log + self.log_scale

    def compress(self, max_bond: int | None = None, tolerance: float | None = None) -> MPS:
        r"""Return a state of smaller bonds, and in its `truncation` what that leaves out.

        Parameters
        ----------
        max_bond : int, optional
            Largest bond dimension.
        tolerance : float, optional
            Largest 2-norm of the difference over the norm of the state, in [0, 1); kept where
            `max_bond` does not ask for more. By default singular values at the level of rounding
            are left out, and nothing else.

        Returns
        -------
        MPS
            In canonical form around site 0.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        One sweep of singular value decompositions from the right, in canonical form. What they
        leave out is mutually orthogonal: the error is the root of the sum of discarded weights, and
        at most :math:`\sqrt{N - 1}` times that of the best state of these bonds (I. V. Oseledets,
        SIAM J. Sci. Comput. 33 (2011) 2295, theorem 2.2).

        Examples
        --------
        >>> import kadanoff as kd
        >>> state = kd.tensor.MPS.random(10, bond=16, seed=1)
        >>> small = state.compress(max_bond=12)
        >>> bool(abs((state - small).norm() - small.truncation.error) < 1e-12)
        True
        """
        limit = checking.bond_limit("compress", max_bond)
        allowed = checking.tolerance("compress", tolerance)
        chain, log = self._around(self.n_sites - 1)
        chain, weights = gauge.truncate(chain, limit, allowed)
        return self._made(chain, log, 0, _truncation(weights))

    def apply(self, operator: npt.ArrayLike, site: int) -> MPS:
        """Return the state that a local operator makes of this one.

        Parameters
        ----------
        operator : array_like, (D, D)
            Rows before columns, on one site or on several neighbouring ones, whose states are
            numbered with the last site fastest. It need not be unitary. `MPO.apply` is for
            operators on the whole chain.
        site : int
            The first site that it acts on.

        Returns
        -------
        MPS
            In canonical form around `site`, with bonds as large as it takes.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> swap = np.eye(4)[[0, 2, 1, 3]]
        >>> state = kd.tensor.MPS.product([0, 1, 1]).apply(swap, 0)
        >>> state.amplitudes([1, 0, 1]).tolist()
        1.0
        """
        matrix = matrix_of("apply", "operator", operator)
        first = checking.site("apply", "site", site, self.n_sites)
        width = width_of("apply", len(matrix), self.dimensions[first:])
        chain, log = self._around(first)
        block = transfer.joined(chain[first : first + width])
        left, size, right = block.shape
        dims = self.dimensions[first : first + width]
        moved, factor = gauge.unit_scale(matrix @ block)
        # The outer bonds ride along with the first and the last site.
        shape = [left * dims[0], *dims[1:-1], dims[-1] * right]
        shape = shape if width > 1 else [left * size * right]
        parts, _ = gauge.split_dense(moved.reshape(shape), checking.MAX_BOND, 0.0)
        bonds = [left, *(part.shape[2] for part in parts[:-1]), right]
        chain[first : first + width] = [
            part.reshape(bonds[i], dims[i], bonds[i + 1]) for i, part in enumerate(parts)
        ]
        chain = [tensor.astype(moved.dtype, copy=False) for tensor in chain]
        return self._made(chain, log + factor, first)

    def to_dense(self) -> Array:
        """Return all amplitudes, an axis a site; at most 2^28 of them.

        Raises
        ------
        ValueError
        """
        size = math.prod(self.dimensions)
        if size > MAX_DENSE:
            raise ValueError(f"[to_dense] expected at most 2^28 amplitudes, got {size}")
        result = self.tensors[0]
        for tensor in self.tensors[1:]:
            result = result.reshape(-1, tensor.shape[0]) @ tensor.reshape(tensor.shape[0], -1)
        return np.asarray(result.reshape(self.dimensions) * float_exp("to_dense", self.log_scale))

    def conj(self) -> MPS:
        """Return the state of complex conjugate amplitudes."""
        chain = [tensor.conj() for tensor in self.tensors]
        return self._made(chain, self.log_scale, self.center, self.truncation)

    def log_norm(self) -> float:
        """Return ln of the 2-norm; -inf of the zero state.

        Of a sum that cancels, what is smaller than the parts by the root of the dtype's rounding
        may be lost; `canonical` forms keep it.
        """
        if self.center is None:
            _, log = transfer.log_overlap(self.tensors, self.tensors)
            return log / 2 + self.log_scale
        size = float(np.linalg.norm(self.tensors[self.center]))
        return (math.log(size) if size else -math.inf) + self.log_scale

    def norm(self) -> float:
        """Return the 2-norm.

        Raises
        ------
        ValueError
            If it does not fit a float64; `log_norm` does.
        """
        return float_exp("norm", self.log_norm())

    def normalized(self) -> MPS:
        """Return the state over its norm, in canonical form.

        Raises
        ------
        ValueError
            If it is zero.
        """
        center = 0 if self.center is None else self.center
        return self._made(self._unit(center, "normalized"), 0.0, center, self.truncation)

    def _unit(self, center: int, call: str) -> list[Array]:
        """Return tensors of the state over its norm; ValueError if that is zero."""
        chain, _ = self._around(center)
        if not chain[center].any():
            raise ValueError(f"[{call}] expected a state that is not zero, got zero")
        return chain

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        center = -1 if self.center is None else self.center
        return {**chain_state(self.tensors), "log_scale": self.log_scale, "center": center}

    @classmethod
    def from_state(cls, entries: Any) -> MPS:
        """Return the state whose `to_state` was read back as `storage.Entries`."""
        chain = chain_from_state("MPS", entries, 3)
        center = entries.integer("center", -1, len(chain) - 1)
        if center >= 0 and not gauge.is_centered(chain, center):
            raise entries.wrong("center", "the centre of a canonical form, or -1")
        scale = entries.real("log_scale")
        return cls._made(chain, scale, None if center < 0 else center)

    def __repr__(self) -> str:
        bond = max(self.bond_dimensions, default=1)
        return f"MPS({self.n_sites} sites, bonds up to {bond}, {self.dtype})"


def _truncation(weights: npt.NDArray[np.float64]) -> Truncation:
    return Truncation(weights, math.sqrt(float(weights.sum())))
