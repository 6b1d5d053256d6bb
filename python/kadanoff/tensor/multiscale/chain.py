r"""The critical transverse-field Ising chain in sites of two spins.

.. math:: H = -\sum_i \sigma^x_i \sigma^x_{i+1} - \sum_i \sigma^z_i

has the energy :math:`-4 / \pi` per spin (P. Pfeuty, Annals of Physics 57 (1970) 79).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Parities = npt.NDArray[np.int64]

EXACT_ENERGY = -4.0 / math.pi
SPINS = 2
DIMENSION = 2**SPINS
PARITIES: Parities = np.array([0, 1, 1, 0])
"""Whether :math:`\\prod \\sigma^z` of a site's basis states is 1 (even, 0) or -1 (odd, 1)."""


def bonds() -> tuple[Floats, Floats]:
    """Return the terms of H on a bond from A to B and on one from B to A.

    A site A is two spins from left to right, a site B two spins from right to left, so that either
    bond looks the same in a mirror. Shapes are (4, 4, 4, 4): bra of both sites, ket of both.
    """
    x, z, one = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0]), np.eye(2)
    site = -np.kron(x, x) - np.kron(z, one) - np.kron(one, z)
    # The terms within a site are shared by its two bonds.
    shared = 0.5 * (np.kron(site, np.eye(4)) + np.kron(np.eye(4), site))
    second, first = np.kron(one, x), np.kron(x, one)
    inner, outer = shared - np.kron(second, second), shared - np.kron(first, first)
    shape = (DIMENSION,) * 4
    return inner.reshape(shape), outer.reshape(shape)
