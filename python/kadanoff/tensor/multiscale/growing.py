"""Layers with more states on their legs, which do what the smaller ones did."""

from __future__ import annotations

import numpy as np

from .chain import Floats, Parities
from .isometries import closest
from .layer import Layer, mirror
from .spaces import Legs

NOISE = 1e-3
"""Of what is added, so that new states begin in all directions."""


def grown_layer(layer: Layer, old: Legs, new: Legs, generator: np.random.Generator) -> Layer:
    """Return isometries close to those of a layer on the old states, random on the new ones."""
    lower, middle, upper = (
        _places(before, now)
        for before, now in (
            (old.lower, new.lower), (old.middle, new.middle), (old.upper, new.upper),
        )
    )  # fmt: skip
    w = _embedded(layer.w, (lower, middle, upper), (new.lower, new.middle, new.upper), generator)
    legs = (new.lower, new.lower, new.middle, new.middle)
    u = _embedded(layer.u, (lower, lower, middle, middle), legs, generator)
    u = 0.5 * (u + mirror(u))
    return Layer(
        closest(u.reshape(len(new.lower) ** 2, -1), *new.u_spaces).reshape(u.shape),
        closest(w.reshape(-1, len(new.upper)), *new.w_spaces).reshape(w.shape),
    )


def _places(old: Parities, new: Parities) -> list[int]:
    """Return where the old states are among the new ones: the first ones of their parity."""
    seen = {0: 0, 1: 0}
    places = []
    for parity in old.tolist():
        places.append(int(np.flatnonzero(new == parity)[seen[parity]]))
        seen[parity] += 1
    return places


def _embedded(
    tensor: Floats,
    places: tuple[list[int], ...],
    legs: tuple[Parities, ...],
    generator: np.random.Generator,
) -> Floats:
    result = NOISE * generator.normal(size=tuple(len(leg) for leg in legs))
    result[np.ix_(*places)] += tensor
    return result
