r"""One layer of a modified binary MERA, and what it does to operators and to density matrices.

Four sites, B A B A, become two, A B. The disentangler u acts on the middle two, isometries w merge
the left and the right pair; the right isometry is the mirror image of the left one:

::

       A     B          x     y
       |     |          |     |
       w     w'         w     w'
      / \   / \        / r   s \
     |   u-u   |      a   u-u   b
     |   | |   |      |   p q   |
     B   A B   A

A bond of two sites stays one under this (G. Evenbly and G. Vidal, arXiv:1109.5334), at a cost of
:math:`\chi^7`. Bonds from B to A lie under an isometry, and those from A to B under u or
between two blocks. Capital letters are the legs of the bra.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .chain import Floats
from .contracting import contract

Bonds = tuple[Floats, Floats]
"""Operators or density matrices on a bond A B and on a bond B A; (d, d, d, d) each."""

# The networks of an expectation value, by where the operator h lies.
_UNDER_W = {
    "w": "arx", "u": "pqrs", "v": "bsy", "W": "ARX", "U": "PqRS", "V": "bSY",
    "h": "APap", "rho": "xyXY",
}  # fmt: skip
_UNDER_U = {
    "w": "arx", "u": "pqrs", "v": "bsy", "W": "aRX", "U": "PQRS", "V": "bSY",
    "h": "PQpq", "rho": "xyXY",
}  # fmt: skip
_BETWEEN = {
    "w": "arx", "v": "bsy", "W": "ArX", "V": "BsY",
    "h": "BAba", "rho": "yxYX",
}  # fmt: skip


def mirror(tensor: Floats) -> Floats:
    """Exchange the two sites of an operator, or the two sides of a disentangler."""
    exchanged: Floats = tensor.transpose(1, 0, 3, 2)
    return exchanged


@dataclass(frozen=True)
class Layer:
    """A disentangler and an isometry.

    Attributes
    ----------
    u : ndarray of float64, (d, d, m, m)
        Lower legs of both sites, upper legs of both; its own mirror image.
    w : ndarray of float64, (d, m, chi)
        The outer lower leg, the leg to u, the upper leg.
    """

    u: Floats
    w: Floats

    def ascend(self, operators: Bonds) -> Bonds:
        """Return what a sum of bond operators is for the layer above: as many, half as often."""
        ab, ba = operators
        left = self._without("rho", "XYxy", _UNDER_W, h=ba)
        middle = self._without("rho", "XYxy", _UNDER_U, h=ab)
        return left + mirror(left) + middle, self._without("rho", "YXyx", _BETWEEN, h=ab)

    def descend(self, states: Bonds) -> Bonds:
        """Return the density matrices of bonds below this layer, averaged over the places."""
        ab, ba = states
        left = self._without("h", "apAP", _UNDER_W, rho=ab)
        middle = self._without("h", "pqPQ", _UNDER_U, rho=ab)
        between = self._without("h", "baBA", _BETWEEN, rho=ba)
        return 0.5 * (middle + between), 0.5 * (left + mirror(left))

    def ascend_site(self, operator: Floats) -> Floats:
        """Return the operator above of one on a single site that u does not touch, (d, d)."""
        result: Floats = contract("ARX,Aa,arx->Xx", self.w, operator, self.w)
        return result

    def isometry_environment(self, operators: Bonds, states: Bonds) -> Floats:
        """Return half the derivative of the energy by w and its mirror image in the ket."""
        ab, ba = operators
        above, across = states
        result = self._without("w", "arx", _UNDER_W, h=ba, rho=above)
        result = result + self._without("v", "bsy", _UNDER_W, h=ba, rho=above)
        result = result + self._without("w", "arx", _UNDER_U, h=ab, rho=above)
        return result + self._without("w", "arx", _BETWEEN, h=ab, rho=across)

    def disentangler_environment(self, operators: Bonds, states: Bonds) -> Floats:
        """Return the derivative of the energy by u in the ket."""
        ab, ba = operators
        left = self._without("u", "pqrs", _UNDER_W, h=ba, rho=states[0])
        return left + mirror(left) + self._without("u", "pqrs", _UNDER_U, h=ab, rho=states[0])

    def _without(
        self,
        name: str,
        output: str,
        network: dict[str, str],
        h: Floats | None = None,
        rho: Floats | None = None,
    ) -> Floats:
        """Contract all of a network but one tensor."""
        tensors = {"w": self.w, "v": self.w, "u": self.u, "h": h, "rho": rho}
        names = [other for other in network if other != name]
        equation = ",".join(network[other] for other in names) + "->" + output
        operands = [tensors[other if other == "rho" else other.lower()] for other in names]
        result: Floats = contract(equation, *operands)
        return result


def expectation(operators: Bonds, states: Bonds) -> float:
    """Return the sum of the expectation values on both kinds of bonds."""
    return sum(
        float(np.tensordot(operator, state, axes=((0, 1, 2, 3), (2, 3, 0, 1))))
        for operator, state in zip(operators, states, strict=True)
    )
