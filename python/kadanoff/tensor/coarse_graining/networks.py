"""Uniform infinite networks: one tensor, its legs, and impurities in its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.tensor.lattices import SiteTensor

from .sectors import Leg, find_parities, total_parity

Floats = npt.NDArray[np.float64]
TensorLike = SiteTensor | npt.ArrayLike

MAX_CHI = 512
MAX_STEPS = 200
_ROUNDING = 1e-14


class Impurity(NamedTuple):
    """A tensor in the place of another; all its elements have one parity."""

    name: str
    tensor: Floats
    parity: int


class Mirrors(NamedTuple):
    """Reflections of T[u, l, d, r] that leave it as it is, up to signs of values of the legs.

    Attributes
    ----------
    over : ndarray of float64 or None
        s of T[u, l, d, r] = s[l] s[r] T[d, l, u, r].
    across : ndarray of float64 or None
        t of T[u, l, d, r] = t[u] t[d] T[u, r, d, l].
    """

    over: Floats | None = None
    across: Floats | None = None


@dataclass(frozen=True, eq=False)
class Network:
    """A uniform network in d dimensions.

    Attributes
    ----------
    tensor : ndarray of float64, 2 d axes
        Axes n and n + d face each other.
    legs : tuple of Leg
        One for each dimension.
    impurities : tuple of Impurity
    weights : tuple of ndarray of float64
        What stands on the bonds of each dimension; none if it is 1 everywhere.
    mirrors : Mirrors
        Of a network in two dimensions.
    """

    tensor: Floats
    legs: tuple[Leg, ...]
    impurities: tuple[Impurity, ...] = ()
    weights: tuple[Floats, ...] = ()
    mirrors: Mirrors = field(default_factory=Mirrors)

    def closed(self, array: Floats) -> Floats:
        """Return a tensor closed periodically in all dimensions but the last, as a matrix."""
        dimensions = len(self.legs)
        weights = self.weights or tuple(np.ones(leg.dimension) for leg in self.legs)
        for left, weight in zip(range(dimensions, 1, -1), weights, strict=False):
            diagonal = np.diagonal(array, axis1=0, axis2=left)
            array = diagonal @ weight
        root = np.sqrt(weights[-1])
        return np.asarray(root[:, None] * array * root)

    def dense(self) -> Floats:
        """Return the tensor with the roots of the weights on its legs."""
        result = self.tensor
        for axis, weight in enumerate(self.weights * 2):
            shape = [-1 if k == axis else 1 for k in range(result.ndim)]
            result = result * np.sqrt(weight).reshape(shape)
        return result

    def scaled(self, factor: float, weights: tuple[Floats, ...] = ()) -> Network:
        """Return the network with all its tensors times `factor`, and with these weights."""
        return replace(
            self,
            weights=weights,
            tensor=self.tensor * factor,
            impurities=tuple(i._replace(tensor=i.tensor * factor) for i in self.impurities),
        )


class Start(NamedTuple):
    """Where a flow begins: a network, the sites of a cell, ln of the factor of its tensor."""

    network: Network
    sites: int
    log_scale: float


def prepare(
    call: str,
    tensor: TensorLike,
    observables: Mapping[str, npt.ArrayLike] | None,
    parities: bool,
    dimensions: tuple[int, ...],
) -> Start:
    """Check what a flow is given, and sort the legs by parity; errors are those of `call`."""
    sites, log_scale = 1, 0.0
    if isinstance(tensor, SiteTensor):
        sites, log_scale = tensor.sites, tensor.log_scale
        tensor = tensor.tensor
    array = _checked(call, "tensor", tensor)
    if array.ndim // 2 not in dimensions or array.ndim % 2 or 0 in array.shape:
        legs = " or ".join(str(2 * d) for d in dimensions)
        raise ValueError(f"[{call}] expected a tensor with {legs} legs, got shape {array.shape}")
    half = array.ndim // 2
    if array.shape[:half] != array.shape[half:]:
        wanted = "legs that face each other to have one dimension"
        raise ValueError(f"[{call}] expected {wanted}, got shape {array.shape}")
    largest = float(np.abs(array).max())
    if largest == 0.0:
        raise ValueError(f"[{call}] expected a tensor that is not 0")
    array = array / largest
    found = find_parities(array) if parities else None
    named = {} if observables is None else dict(observables)
    checked = {}
    for name, value in named.items():
        checked[name] = _checked(call, f"observable {name!r}", value) / largest
        if checked[name].shape != array.shape:
            got = f"shape {checked[name].shape}"
            raise ValueError(f"[{call}] expected {name!r} of shape {array.shape}, got {got}")
    network = _sorted(array, checked, found)
    return Start(network, sites, log_scale + math.log(largest))


def _checked(call: str, name: str, value: npt.ArrayLike) -> Floats:
    array = arguments.array(call, name, value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"[{call}] expected real numbers for {name}, got dtype {array.dtype}")
    result = array.astype(np.float64)
    if not np.isfinite(result).all():
        wrong = result[~np.isfinite(result)][0]
        raise ValueError(f"[{call}] expected finite numbers for {name}, got {wrong}")
    return result


def _sorted(
    array: Floats, observables: dict[str, Floats], parities: list[npt.NDArray[np.int64]] | None
) -> Network:
    """Return the network with the even values of every leg before the odd ones."""
    half = array.ndim // 2
    if parities is None:
        legs = tuple(Leg((size,)) for size in array.shape[:half])
        impurities = tuple(Impurity(name, value, 0) for name, value in observables.items())
        return Network(array, legs, impurities)
    order = np.ix_(*[np.argsort(p, kind="stable") for p in parities * 2])
    legs = tuple(Leg((int((p == 0).sum()), int(p.sum()))) for p in parities)
    total = total_parity(legs * 2)
    split = []
    for name, value in observables.items():
        for parity in (0, 1):
            part = np.where(total == parity, value[order], 0.0)
            if parity == 0 or np.abs(part).max() > _ROUNDING * np.abs(value).max():
                split.append(Impurity(name, part, parity))
    return Network(np.where(total == 0, array[order], 0.0), legs, tuple(split))


def with_mirrors(network: Network) -> Network:
    """Return a network in two dimensions with those mirrors that it has exactly, without signs."""
    tensor = network.tensor
    close = 4 * np.finfo(np.float64).eps * np.abs(tensor).max()
    found = []
    for axes, leg in (((2, 1, 0, 3), network.legs[1]), ((0, 3, 2, 1), network.legs[0])):
        image = tensor.transpose(axes)
        same = bool((np.abs(tensor - image) <= close).all())
        if same:
            tensor = 0.5 * (tensor + image)
        found.append(np.ones(leg.dimension) if same else None)
    return replace(network, tensor=tensor, mirrors=Mirrors(*found))
