"""The Hamiltonian as two neighbouring sites see it, and the environments that it is made of.

Environments are (outer bond, operator bond, inner bond) arrays in layouts in which every product is
one of matrices. Where an operator bond stands for the identity, as "nothing yet" and "all done" do
in a sum of terms, the environment of an isometric chain is the identity, and is not multiplied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]


def identity_bonds(operator: Sequence[Array]) -> list[Flags]:
    """Return for each bond, both ends included, which of its values the left part is 1 for."""
    flags = [np.ones(1, dtype=bool)]
    for tensor in operator:
        d = tensor.shape[1]
        into = [
            [k for k in range(tensor.shape[0]) if tensor[k, :, :, v].any()]
            for v in range(tensor.shape[3])
        ]
        flags.append(
            np.array(
                [
                    len(rows) == 1
                    and bool(flags[-1][rows[0]])
                    and np.array_equal(tensor[rows[0], :, :, v], np.eye(d))
                    for v, rows in enumerate(into)
                ]
            )
        )
    return flags


def reflected(operator: Sequence[Array]) -> list[Array]:
    """Return the operator as a chain read from the right."""
    return [tensor.transpose(3, 1, 2, 0) for tensor in reversed(operator)]


class TwoSiteHamiltonian:
    """The effective Hamiltonian of two sites.

    Parameters
    ----------
    left : ndarray, (bra bond, operator bond, ket bond)
    first, second : ndarray, (left bond, row, column, right bond)
        The tensors of the operator.
    right : ndarray, (ket bond, operator bond, bra bond)
    is_left, is_right : ndarray of bool, (operator bond,)
        For which values of the outer operator bonds the environments are the identity.
    """

    def __init__(
        self,
        left: Array,
        first: Array,
        second: Array,
        right: Array,
        is_left: Flags,
        is_right: Flags,
    ) -> None:
        gates = np.tensordot(first, second, (3, 0)).transpose(0, 5, 1, 3, 2, 4)
        size = first.shape[1] * second.shape[1]
        gates = gates.reshape(len(is_left), len(is_right), size, size)
        inner = gates[np.ix_(~is_left, ~is_right)]
        from_left = gates[np.ix_(~is_left, is_right)].sum(axis=1)
        from_right = gates[np.ix_(is_left, ~is_right)].sum(axis=0)
        self._local = gates[np.ix_(is_left, is_right)].sum(axis=(0, 1))
        self._size = size
        self._set_left(left[:, ~is_left], from_left, inner)
        self._set_right(right[:, ~is_right], from_right, inner)

    def _set_left(self, left: Array, from_left: Array, inner: Array) -> None:
        used = from_left.any(axis=(1, 2))
        self._left_gates = from_left[used].reshape(-1, self._size)
        self._left = np.ascontiguousarray(left[:, used].transpose(0, 2, 1))
        self._left = self._left.reshape(left.shape[0], -1)
        self._through = [k for k in range(inner.shape[0]) if inner[k].any()]
        self._through_left = [np.ascontiguousarray(left[:, k]) for k in self._through]

    def _set_right(self, right: Array, from_right: Array, inner: Array) -> None:
        used = from_right.any(axis=(1, 2)) | inner.any(axis=(0, 2, 3))
        self._channels = int(used.sum())
        rows = self._size * self._channels
        self._right_gates = from_right[used].transpose(1, 0, 2).reshape(rows, self._size)
        self._through_gates = [
            inner[k][used].transpose(1, 0, 2).reshape(rows, self._size) for k in self._through
        ]
        self._right = np.ascontiguousarray(right[:, used].transpose(1, 0, 2))
        self._right = self._right.reshape(-1, right.shape[2])

    def apply(self, theta: Array) -> Array:
        """Return H theta for (left bond, states of both sites, right bond)."""
        a, size, b = theta.shape
        result: Array = self._local @ theta
        if self._left.size:
            part = self._left_gates @ theta
            result += (self._left @ part.reshape(-1, size * b)).reshape(a, size, b)
        if self._channels:
            part = self._right_gates @ theta
            for left, gates in zip(self._through_left, self._through_gates, strict=True):
                part += gates @ (left @ theta.reshape(a, -1)).reshape(a, size, b)
            part = part.reshape(a * size, -1) @ self._right
            result += part.reshape(a, size, b)
        return result
