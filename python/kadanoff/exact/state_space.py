"""All states of a small model, in blocks: energies, order parameters, spins.

A state is a number in base q whose digit i is site i; of the Ising model, bit 1 is up. Sites
split into low and high ones. The energy of a state is that of its low half, that of its high half,
and a sum over what joins them, which is one matrix product for all pairs of halves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_SPINS = 24
MAX_POTTS_STATES = 2**26
_BLOCK = 1 << 19  # states at a time

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class System(NamedTuple):
    """The numbers of a model: q is 0 for Ising spins, couplings have shape () or (n_bonds,)."""

    n_sites: int
    shape: tuple[int, ...]
    q: int
    bonds: IntArray
    coupling: FloatArray
    field: FloatArray
    plaquette: float
    corners: IntArray

    @property
    def base(self) -> int:
        """Number of states of a spin."""
        return self.q or 2

    @property
    def n_states(self) -> int:
        """Number of states of the model."""
        return int(self.base**self.n_sites)

    @property
    def uniform(self) -> bool:
        """Whether the energy is a function of the bond sum and the magnetisation."""
        return self.coupling.ndim == 0 and self.field.ndim == 0 and self.plaquette == 0.0

    @property
    def magnetization(self) -> FloatArray:
        """Order parameter m by the label of `Block`."""
        labels = np.arange(self.n_sites + 1)
        n, q = self.n_sites, self.q
        return (q * labels - n) / (n * (q - 1)) if q else (2 * labels - n) / n


class Block(NamedTuple):
    """Some states: rows are high halves, columns all low halves.

    Attributes
    ----------
    first
        Number of the first state; they count row by row.
    energies
        float64 (rows, columns).
    labels
        Integers (rows, columns): how many spins are up; of Potts spins, how many are in the
        commonest state.
    """

    first: int
    energies: FloatArray
    labels: IntArray


class _Half(NamedTuple):
    """The states of some sites: digits (n_states, n_sites), their energy, counts by digit."""

    spins: NDArray[np.int16]
    inside: FloatArray
    counts: IntArray


def checked_system(call: str, model: Any) -> System:
    """The numbers of `model`, or the error of the public call."""
    q = getattr(model, "q", 0)
    try:
        lattice, coupling = model.lattice, model.coupling
        n_sites, bonds = int(lattice.n_sites), np.asarray(lattice.bonds)
        external = 0.0 if q else model.field
    except AttributeError:
        raise TypeError(
            f"[{call}] expected a model with lattice, coupling and field, got "
            f"{type(model).__name__}"
        ) from None
    if q and q**n_sites > MAX_POTTS_STATES:
        raise ValueError(f"[{call}] expected a model of at most 2^26 states, got {q}^{n_sites}")
    if not q and n_sites > MAX_SPINS:
        raise ValueError(f"[{call}] expected a model of at most {MAX_SPINS} spins, got N={n_sites}")
    plaquette = float(getattr(model, "plaquette", 0.0))
    corners = model.plaquettes if plaquette else np.empty((0, 4), dtype=np.int64)
    bonds = bonds.astype(np.int64).reshape(-1, 2)
    return System(
        n_sites,
        tuple(getattr(lattice, "shape", (n_sites,))),
        int(q),
        bonds,
        _values(call, "coupling", coupling, len(bonds)),
        _values(call, "field", external, n_sites),
        plaquette,
        corners,
    )


def _values(call: str, name: str, values: ArrayLike, size: int) -> FloatArray:
    """A finite scalar, or `size` finite numbers, as float64 of shape () or (size,)."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"[{call}] expected {name} as real numbers, got {values!r}")
    if array.ndim and array.size != size:
        raise ValueError(
            f"[{call}] expected {name} as a scalar or {size} values, got shape {array.shape}"
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"[{call}] expected finite {name}, got {values!r}")
    return array.reshape(-1) if array.ndim else array


def check_range(call: str, system: System, beta: FloatArray) -> None:
    """The public call's error where beta times an energy difference would overflow."""
    bonds = np.broadcast_to(system.coupling, (len(system.bonds),))
    sites = np.broadcast_to(system.field, (system.n_sites,))
    largest = float(beta.max(initial=0.0))
    with np.errstate(over="ignore"):
        span = np.abs(bonds).sum() + np.abs(sites).sum()
        span += abs(system.plaquette) * len(system.corners)
        product = largest * 2 * span
    if not np.isfinite(product):
        raise ValueError(
            f"[{call}] expected finite beta * energies, got beta={largest}, energies up to {span}"
        )


def blocks(system: System, *, symmetric: bool = False) -> Iterator[Block]:
    """Go through all states, or, where `symmetric`, through those on which the others depend.

    With `symmetric`, the last site of a Potts model stays in state 0: every state stands for q of
    equal energy and label.
    """
    n, q = system.n_sites, system.base
    n_low = (n + 1) // 2
    low = _half(system, np.arange(n_low))
    high = _half(system, np.arange(n_low, n))
    left, right = _joined(system, low, high, n_low)
    n_high = len(high.spins)
    if symmetric and system.q and n_high > 1:
        n_high //= q
    rows = max(1, _BLOCK // len(low.spins))
    for start in range(0, n_high, rows):
        part = slice(start, min(start + rows, n_high))
        energies = left[part] @ right
        energies += low.inside
        energies += high.inside[part, None]
        np.negative(energies, out=energies)
        yield Block(start * len(low.spins), energies, _labels(system, low, high, part))


def weight_of_blocks(system: System) -> int:
    """States for which each state of ``blocks(system, symmetric=True)`` stands."""
    return system.q if system.q and system.n_sites > 1 else 1


def spins(system: System, first: int, count: int) -> NDArray[Any]:
    """States `first` to `first` + `count`, (count, *shape): int8 of -1 and 1, uint8 of Potts."""
    q = system.base
    numbers = np.arange(first, first + count)[:, None]
    digits = numbers // q ** np.arange(system.n_sites) % q
    values = digits.astype(np.uint8) if system.q else (2 * digits - 1).astype(np.int8)
    return values.reshape(count, *system.shape)


def _half(system: System, sites: IntArray) -> _Half:
    """All states of `sites`, consecutive ones, with the energy of what joins them alone."""
    n, q = len(sites), system.base
    digits = np.arange(q**n)[:, None] // q ** np.arange(n) % q
    values = digits if system.q else 2 * digits - 1
    first = int(sites[0]) if n else 0
    own = np.atleast_1d(np.isin(system.bonds, sites).all(axis=1))
    bonds = system.bonds[own] - first
    coupling = np.broadcast_to(system.coupling, (len(own),))[own]
    inside = np.zeros(len(values))
    for (i, j), strength in zip(bonds, coupling, strict=True):
        inside += strength * _pair(system, values[:, i], values[:, j])
    inside += values @ np.broadcast_to(system.field, (system.n_sites,))[sites]
    for corners in system.corners[np.isin(system.corners, sites).all(axis=1)]:
        inside += system.plaquette * values[:, corners - first].prod(axis=1)
    counts = np.stack([(digits == digit).sum(axis=1) for digit in range(q)], axis=1)
    return _Half(values.astype(np.int16), inside, counts)


def _pair(system: System, left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """What a coupling multiplies."""
    return np.asarray(left == right) if system.q else np.asarray(left * right)


def _joined(system: System, low: _Half, high: _Half, n_low: int) -> tuple[FloatArray, FloatArray]:
    """Matrices whose product is the sum over all bonds and plaquettes between the halves."""
    n_high = system.n_sites - n_low
    across = np.zeros((n_high, n_low))
    coupling = np.broadcast_to(system.coupling, (len(system.bonds),))
    for (i, j), strength in zip(system.bonds, coupling, strict=True):
        if (i < n_low) != (j < n_low):
            across[max(i, j) - n_low, min(i, j)] += strength
    if system.q:
        digits = np.arange(system.q)
        same = high.spins[:, :, None] == digits
        equal = [across @ (digit == low.spins.T) for digit in digits]
        right = np.stack(equal, axis=1).reshape(n_high * system.q, -1)
        return same.reshape(len(high.spins), -1).astype(np.float64), right
    columns, rows = [high.spins.astype(np.float64)], [across @ low.spins.T]
    for corners in system.corners:
        upper, lower = corners[corners >= n_low] - n_low, corners[corners < n_low]
        if len(upper) and len(lower):
            columns.append(high.spins[:, upper].prod(axis=1)[:, None].astype(np.float64))
            rows.append(system.plaquette * low.spins[:, lower].prod(axis=1)[None])
    return np.concatenate(columns, axis=1), np.concatenate(rows)


def _labels(system: System, low: _Half, high: _Half, part: slice) -> IntArray:
    """`Block.labels`."""
    if not system.q:
        return low.counts[:, 1] + high.counts[part, 1, None]
    most = low.counts[:, 0] + high.counts[part, 0, None]
    for digit in range(1, system.q):
        np.maximum(most, low.counts[:, digit] + high.counts[part, digit, None], out=most)
    return most
