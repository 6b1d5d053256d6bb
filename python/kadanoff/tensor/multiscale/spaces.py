"""How many states of which parity every leg of a MERA has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .chain import PARITIES, Parities
from .isometries import Space, mirrored, product, single

SYMMETRIES = ("z2", "none")
Z2, NONE = SYMMETRIES


@dataclass(frozen=True)
class Legs:
    """Parities of the legs of one layer: below it, between u and w, above it."""

    lower: Parities
    middle: Parities
    upper: Parities

    @property
    def u_spaces(self) -> tuple[Space, Space]:
        """Spaces that the disentangler goes into, and comes from."""
        return mirrored(self.lower), mirrored(self.middle)

    @property
    def w_spaces(self) -> tuple[Space, Space]:
        """Spaces that the isometry goes into, and comes from."""
        return product(self.lower, self.middle), single(self.upper)


def default_middle(chi: int) -> int:
    """Return two thirds of `chi`, even, where these are more than 4."""
    return min(chi, max(4, 2 * round(chi / 3)))


def legs_of_layers(chi: int, middle: int, transitional: int, symmetry: str) -> tuple[Legs, ...]:
    """Return the legs of the transitional layers and of the scale-invariant one.

    Raises
    ------
    ValueError
        If the transitional layers cannot reach `chi` states.
    """
    lower = PARITIES if symmetry == Z2 else np.zeros_like(PARITIES)
    layers = []
    for layer in range(transitional + 1):
        inner = _limited(lower, middle, symmetry)
        pairs = (lower[:, None] ^ inner[None, :]).ravel()
        upper = _limited(pairs, chi, symmetry)
        if layer >= transitional - 1 and len(upper) < chi:
            raise ValueError(
                f"[BinaryMERA] expected chi of at most {len(upper)} with middle {middle} and "
                f"{transitional} transitional layers, got {chi}"
            )
        layers.append(Legs(lower, inner, upper))
        lower = upper
    return tuple(layers)


def _limited(available: Parities, wanted: int, symmetry: str) -> Parities:
    """Return parities of at most `wanted` states, half of them odd, no more than there are."""
    odd = min(wanted // 2, int(available.sum())) if symmetry == Z2 else 0
    even = min(wanted - odd, int((available == 0).sum()))
    return np.repeat([0, 1], [even, odd])
