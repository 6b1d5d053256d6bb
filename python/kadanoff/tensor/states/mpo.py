"""Matrix product operators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from kadanoff.errors import FileError
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedMachine

from . import checking, gauge
from .chains import chain_from_state, chain_state, checked_chain
from .mps import MPS

Array = npt.NDArray[Any]
MAX_DENSE = 2**26


class MPO(FixedAttributes, SavedMachine):
    r"""A matrix product operator: a chain of tensors, each with a row and a column of its site.

    Parameters
    ----------
    tensors : sequence of array_like, (left bond, row, column, right bond)
        One for each site; float32, float64, complex64 or complex128. The first left and the last
        right bond are 1, rows and columns of a site have the same dimension.

    Attributes
    ----------
    tensors : tuple of ndarray, read-only

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: \langle s | O | t \rangle = W_1^{s_1 t_1} W_2^{s_2 t_2} \cdots W_N^{s_N t_N}

    Operators add, multiply by numbers, and with ``@`` by each other and into states.

    Examples
    --------
    >>> import kadanoff as kd
    >>> h = kd.tensor.transverse_field_ising(2, coupling=1.0, transverse_field=0.0)
    >>> h.to_dense().diagonal().tolist()
    [-1.0, 1.0, 1.0, -1.0]
    """

    # A numpy number on the left leaves the work to the operator.
    __array_ufunc__ = None
    _kind = "mpo"
    _fixed = frozenset({"tensors"})

    def __init__(self, tensors: Sequence[npt.ArrayLike]) -> None:
        chain = checked_chain("MPO", tensors, 4)
        for i, tensor in enumerate(chain):
            if tensor.shape[1] != tensor.shape[2]:
                got = f"shape {tensor.shape}"
                raise ValueError(f"[MPO] expected as many rows as columns in tensor {i}, got {got}")
        self.tensors = tuple(checking.read_only(tensor) for tensor in chain)

    @classmethod
    def identity(cls, n_sites: int, dimension: int | Sequence[int] = 2) -> MPO:
        """Return the identity.

        Parameters
        ----------
        n_sites : int
        dimension : int or sequence of int

        Raises
        ------
        ValueError, TypeError
        """
        dims = checking.dimensions("identity", n_sites, dimension)
        return cls([np.eye(d)[None, :, :, None] for d in dims])

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Local dimension of each site."""
        return tuple(tensor.shape[1] for tensor in self.tensors)

    @property
    def bond_dimensions(self) -> tuple[int, ...]:
        """Dimension of each bond: bond i lies between the sites i and i + 1."""
        return tuple(tensor.shape[3] for tensor in self.tensors[:-1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all tensors."""
        return self.tensors[0].dtype

    def to_dense(self) -> Array:
        """Return the matrix, states numbered with the last site fastest; at most 2^26 elements.

        Raises
        ------
        ValueError
        """
        size = math.prod(self.dimensions)
        if size * size > MAX_DENSE:
            raise ValueError(f"[to_dense] expected at most 2^26 elements, got {size}^2")
        result = self.tensors[0][0]
        for tensor in self.tensors[1:]:
            rows = result.shape[0] * tensor.shape[1]
            result = np.tensordot(result, tensor, (2, 0)).transpose(0, 2, 1, 3, 4)
            result = result.reshape(rows, rows, -1)
        return np.ascontiguousarray(result[:, :, 0])

    def adjoint(self) -> MPO:
        """Return the Hermitian conjugate."""
        return MPO([tensor.conj().transpose(0, 2, 1, 3) for tensor in self.tensors])

    def apply(self, state: MPS) -> MPS:
        """Return O|state>, whose bonds are the products of both; `MPS.compress` makes them small.

        Parameters
        ----------
        state : MPS
            Of the same local dimensions.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> h = kd.tensor.transverse_field_ising(2, coupling=0.0, transverse_field=1.0)
        >>> h.apply(kd.tensor.MPS.product([0, 0])).to_dense().tolist()
        [[0.0, -1.0], [-1.0, 0.0]]
        """
        if not isinstance(state, MPS):
            raise TypeError(f"[apply] expected an MPS, got {type(state).__name__}")
        checking.same_dimensions("apply", self.dimensions, state.dimensions)
        chain = []
        for w, a in zip(self.tensors, state.tensors, strict=True):
            part = np.tensordot(w, a, (2, 1)).transpose(0, 3, 1, 2, 4)
            chain.append(part.reshape(w.shape[0] * a.shape[0], w.shape[1], -1))
        return MPS(chain, state.log_scale)

    def __add__(self, other: MPO) -> MPO:
        if not isinstance(other, MPO):
            return NotImplemented
        checking.same_dimensions("add", self.dimensions, other.dimensions)
        flat = gauge.direct_sum(_flat(self.tensors), _flat(other.tensors))
        dims = self.dimensions
        return MPO(
            [t.reshape(t.shape[0], d, d, t.shape[2]) for t, d in zip(flat, dims, strict=True)]
        )

    def __mul__(self, factor: complex) -> MPO:
        number = checking.factor("multiply", factor)
        if number is None:
            return NotImplemented
        return MPO([self.tensors[0] * number, *self.tensors[1:]])

    __rmul__ = __mul__

    def __truediv__(self, divisor: complex) -> MPO:
        number = checking.factor("divide", divisor)
        if number is None:
            return NotImplemented
        if number == 0:
            raise ValueError(f"[divide] expected a divisor that is not zero, got {divisor}")
        return MPO([self.tensors[0] / number, *self.tensors[1:]])

    @overload
    def __matmul__(self, other: MPS) -> MPS: ...

    @overload
    def __matmul__(self, other: MPO) -> MPO: ...

    def __matmul__(self, other: MPO | MPS) -> MPO | MPS:
        if isinstance(other, MPS):
            return self.apply(other)
        if not isinstance(other, MPO):
            return NotImplemented
        checking.same_dimensions("multiply", self.dimensions, other.dimensions)
        chain = []
        for a, b in zip(self.tensors, other.tensors, strict=True):
            part = np.tensordot(a, b, (2, 1)).transpose(0, 3, 1, 4, 2, 5)
            left, right = a.shape[0] * b.shape[0], a.shape[3] * b.shape[3]
            chain.append(part.reshape(left, a.shape[1], b.shape[2], right))
        return MPO(chain)

    def __neg__(self) -> MPO:
        return self * -1.0

    def __pos__(self) -> MPO:
        return self

    def __sub__(self, other: MPO) -> MPO:
        if not isinstance(other, MPO):
            return NotImplemented
        return self + (-other)

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return chain_state(self.tensors)

    @classmethod
    def from_state(cls, entries: Any) -> MPO:
        """Return the operator whose `to_state` was read back as `storage.Entries`."""
        chain = chain_from_state("MPO", entries, 4)
        try:
            return cls(chain)
        except ValueError as error:
            raise FileError(f"[load] expected an operator, got: {error}") from error

    def __repr__(self) -> str:
        bond = max(self.bond_dimensions, default=1)
        return f"MPO({self.n_sites} sites, bonds up to {bond}, {self.dtype})"


def _flat(tensors: Sequence[Array]) -> list[Array]:
    """Return tensors with row and column as one axis."""
    return [tensor.reshape(tensor.shape[0], -1, tensor.shape[3]) for tensor in tensors]
