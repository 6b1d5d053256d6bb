"""Hamiltonians of open spin chains as matrix product operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from . import checking
from .mpo import MPO

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


class Pair(NamedTuple):
    """A term c_i A_i B_{i+1} for each bond i."""

    factors: Floats
    left: Array
    right: Array


def chain_operator(pairs: Sequence[Pair], singles: Sequence[Array]) -> MPO:
    """Return the sum of terms on neighbouring sites and of one matrix for each site.

    The finite automaton of U. Schollwöck, Annals of Physics 326 (2011) 96, section 6.1: state 0
    has seen nothing yet, the last one has seen a whole term.
    """
    pairs = [pair for pair in pairs if pair.factors.any()]
    size, n, d = len(pairs) + 2, len(singles), len(singles[0])
    chain = []
    for i, single in enumerate(singles):
        tensor = np.zeros((size, d, d, size))
        tensor[0, :, :, 0] = tensor[-1, :, :, -1] = np.eye(d)
        tensor[0, :, :, -1] = single
        for k, pair in enumerate(pairs, start=1):
            if i + 1 < n:
                tensor[0, :, :, k] = pair.factors[i] * pair.left
            tensor[k, :, :, -1] = pair.right
        first = slice(0, 1) if i == 0 else slice(None)
        last = slice(size - 1, size) if i == n - 1 else slice(None)
        chain.append(tensor[first, :, :, last])
    return MPO(chain)


def transverse_field_ising(
    n_sites: int,
    coupling: float | npt.ArrayLike = 1.0,
    transverse_field: float | npt.ArrayLike = 1.0,
    longitudinal_field: float | npt.ArrayLike = 0.0,
) -> MPO:
    r"""Return the Ising chain in a transverse field, with open ends, in Pauli matrices.

    Parameters
    ----------
    n_sites : int
    coupling : float or array_like, (n_sites - 1,)
        J; positive is ferromagnetic.
    transverse_field, longitudinal_field : float or array_like, (n_sites,)
        g and h.

    Returns
    -------
    MPO
        With bonds of dimension 3; state 0 of a site is :math:`\sigma^z = 1`.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: H = -\sum_i J_i \sigma^z_i \sigma^z_{i+1} - \sum_i g_i \sigma^x_i
        - \sum_i h_i \sigma^z_i

    critical at g = J, h = 0. There the ground state of N sites with open ends has
    :math:`E = J (1 - 1 / \sin(\pi / (4N + 2)))` (P. Pfeuty, Annals of Physics 57 (1970) 79).

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> h = kd.tensor.transverse_field_ising(4)
    >>> energy = np.linalg.eigvalsh(h.to_dense())[0]
    >>> bool(abs(energy - (1 - 1 / np.sin(np.pi / 18))) < 1e-12)
    True
    """
    call = "transverse_field_ising"
    n = arguments.integer(call, "n_sites", n_sites, 2, checking.MAX_SITES)
    j = _values(call, "coupling", coupling, n - 1)
    g = _values(call, "transverse_field", transverse_field, n)
    h = _values(call, "longitudinal_field", longitudinal_field, n)
    x, z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    return chain_operator([Pair(-j, z, z)], [-g[i] * x - h[i] * z for i in range(n)])


def heisenberg(
    n_sites: int,
    coupling: float | npt.ArrayLike = 1.0,
    anisotropy: float | npt.ArrayLike = 1.0,
    field: float | npt.ArrayLike = 0.0,
    spin: float = 0.5,
) -> MPO:
    r"""Return the Heisenberg or XXZ chain with open ends, in spin operators.

    Parameters
    ----------
    n_sites : int
    coupling : float or array_like, (n_sites - 1,)
        J; positive is antiferromagnetic.
    anisotropy : float or array_like, (n_sites - 1,)
        Delta: 1 is Heisenberg's chain, 0 the XX chain.
    field : float or array_like, (n_sites,)
        h, along z.
    spin : float
        S, a multiple of 1/2; a site has 2 S + 1 states.

    Returns
    -------
    MPO
        With bonds of dimension 5 and real tensors; state 0 of a site is :math:`S^z = S`.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: H = \sum_i J_i \left[ \tfrac12 (S^+_i S^-_{i+1} + S^-_i S^+_{i+1})
        + \Delta_i S^z_i S^z_{i+1} \right] - \sum_i h_i S^z_i

    For S = 1/2 the spin operators are half the Pauli matrices.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> np.linalg.eigvalsh(kd.tensor.heisenberg(2).to_dense()).round(12).tolist()
    [-0.75, 0.25, 0.25, 0.25]
    """
    call = "heisenberg"
    n = arguments.integer(call, "n_sites", n_sites, 2, checking.MAX_SITES)
    j = _values(call, "coupling", coupling, n - 1)
    delta = _values(call, "anisotropy", anisotropy, n - 1)
    h = _values(call, "field", field, n)
    twice = arguments.real(call, "spin", spin) * 2
    if twice != int(twice) or not 1 <= twice <= 100:
        raise ValueError(f"[{call}] expected spin to be a multiple of 1/2 up to 50, got {spin!r}")
    m = twice / 2 - np.arange(int(twice) + 1)
    z, up = np.diag(m), np.diag(np.sqrt((twice / 2 - m[1:]) * (twice / 2 + m[1:] + 1)), 1)
    pairs = [Pair(j / 2, up, up.T), Pair(j / 2, up.T, up), Pair(j * delta, z, z)]
    return chain_operator(pairs, [-h[i] * z for i in range(n)])


def _values(call: str, name: str, value: Any, count: int) -> Floats:
    """Return a number for each of `count` places."""
    if np.ndim(value) == 0:
        return np.full(count, arguments.real(call, name, value))
    result = arguments.reals(call, name, value)
    if len(result) != count:
        raise ValueError(f"[{call}] expected {count} numbers for {name}, got {len(result)}")
    if not np.isfinite(result).all():
        raise ValueError(f"[{call}] expected finite numbers for {name}, got NaN or infinity")
    return result
