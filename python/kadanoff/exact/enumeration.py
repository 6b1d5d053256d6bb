"""Exact averages of a small Ising model, by a sum over all its states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .onsager import checked_beta, scalar_or_array

if TYPE_CHECKING:
    from .onsager import FloatOrArray

_MAX_SPINS = 24
_MAX_SPINS_PROBABILITIES = 16
_CHUNK = 1 << 19  # states at a time


class _System(NamedTuple):
    """The numbers of a model: H = -sum_b coupling_b s_i s_j - sum_i field_i s_i."""

    n_sites: int
    bonds: NDArray[np.int64]
    coupling: NDArray[np.float64]
    field: NDArray[np.float64]


class _Levels(NamedTuple):
    """Boltzmann sums at each number of up spins, (beta, n_sites + 1), after the factor
    exp(beta ground): the sum of weights, and those with E - ground and its square."""

    ground: float
    weight: NDArray[np.float64]
    excess: NDArray[np.float64]
    excess_squared: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EnumerationResult:
    """Exact averages of a small model, from `enumerate`.

    Every field but `n_sites` is a float for a scalar `beta`, else a float64 array of its shape.
    m is the magnetisation per site, M / N.

    Attributes
    ----------
    log_z
        ln Z per site.
    log_z_total
        ln Z of the whole model.
    energy
        Energy per site, <E> / N.
    specific_heat
        beta^2 (<E^2> - <E>^2) / N, with k_B = 1.
    magnetization
        <m>.
    abs_magnetization
        <|m|>.
    magnetization_squared
        <m^2>.
    magnetization_fourth
        <m^4>.
    susceptibility
        beta N (<m^2> - <|m|>^2).
    binder
        Binder cumulant, 1 - <m^4> / (3 <m^2>^2).
    n_sites
        Number of sites N.
    """

    log_z: FloatOrArray
    log_z_total: FloatOrArray
    energy: FloatOrArray
    specific_heat: FloatOrArray
    magnetization: FloatOrArray
    abs_magnetization: FloatOrArray
    magnetization_squared: FloatOrArray
    magnetization_fourth: FloatOrArray
    susceptibility: FloatOrArray
    binder: FloatOrArray
    n_sites: int
    _system: _System = field(repr=False)
    _beta: NDArray[np.float64] = field(repr=False)

    def probabilities(self) -> NDArray[np.float64]:
        """Probability of each of the 2^N states.

        Returns
        -------
        ndarray of float64, (*beta.shape, 2**n_sites)
            Bit i of the last index is site i, 1 = up. Sums to 1 over that axis.

        Raises
        ------
        ValueError
            The model has more than 16 spins.

        Examples
        --------
        >>> import kadanoff as kd
        >>> model = kd.Ising(kd.Square(2))
        >>> p = kd.exact.enumerate(model, beta=0.3).probabilities()
        >>> p.shape, bool(p[0b0000] == p[0b1111])
        ((16,), True)
        """
        if self.n_sites > _MAX_SPINS_PROBABILITIES:
            raise ValueError(
                f"[probabilities] expected a model of at most {_MAX_SPINS_PROBABILITIES} spins, "
                f"got N={self.n_sites}"
            )
        energies = np.concatenate([chunk.ravel() for chunk, _ in _energies(self._system)])
        weights = np.exp(-self._beta[..., None] * (energies - energies.min()))
        return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def enumerate(model: Any, beta: ArrayLike) -> EnumerationResult:
    """Exact averages of a model of at most 24 spins.

    Parameters
    ----------
    model : Ising
        Any object with `lattice.n_sites`, `lattice.bonds` (int64 (n_bonds, 2)), `coupling`
        (scalar or (n_bonds,)) and `field` (scalar, (n_sites,) or the lattice's shape), in units
        of energy. A bond that is listed twice counts twice.
    beta : float or array_like of float
        Inverse temperature, finite and >= 0, any shape, in units of 1 / energy.

    Returns
    -------
    EnumerationResult
        Averages: floats for a scalar `beta`, else float64 arrays of its shape.

    Raises
    ------
    TypeError
        `model` lacks one of these attributes, or a number is not real.
    ValueError
        More than 24 spins; `beta` negative, infinite or NaN; a coupling or field of the wrong
        shape or not finite; beta times an energy beyond float64.

    Notes
    -----
    Z = sum_s exp(-beta H(s)), H = -sum_b J_b s_i s_j - sum_i h_i s_i. States split into their
    high and low sites, so that the energy of all pairs of halves is one matrix product. A
    uniform coupling and field give the integer histogram of (sum s s, M), which serves every
    beta; else each beta takes a pass over the states.

    Examples
    --------
    >>> import kadanoff as kd
    >>> exact = kd.exact.enumerate(kd.Ising(kd.Square(4)), beta=0.44)
    >>> round(exact.abs_magnetization, 6), round(exact.binder, 6)
    (0.842716, 0.616733)
    """
    system = _checked_system(model)
    betas = checked_beta("enumerate", beta)
    flat = betas.ravel()
    _check_range(system, flat)
    if system.coupling.ndim == 0 and system.field.ndim == 0:
        levels = _uniform_levels(system, flat)
    else:
        levels = _general_levels(system, flat)
    columns = {
        name: scalar_or_array(values.reshape(betas.shape))
        for name, values in _averages(system.n_sites, flat, levels).items()
    }
    return EnumerationResult(**columns, n_sites=system.n_sites, _system=system, _beta=betas)


def _checked_system(model: Any) -> _System:
    """The numbers of `model`, or the error of the public call."""
    try:
        n_sites, bonds = int(model.lattice.n_sites), np.asarray(model.lattice.bonds)
        coupling, external = model.coupling, model.field
    except AttributeError:
        raise TypeError(
            "[enumerate] expected a model with lattice, coupling and field, got "
            f"{type(model).__name__}"
        ) from None
    if n_sites > _MAX_SPINS:
        raise ValueError(
            f"[enumerate] expected a model of at most {_MAX_SPINS} spins, got N={n_sites}"
        )
    bonds = bonds.astype(np.int64).reshape(-1, 2)
    return _System(
        n_sites,
        bonds,
        _checked_values("coupling", coupling, len(bonds)),
        _checked_values("field", external, n_sites),
    )


def _checked_values(name: str, values: ArrayLike, size: int) -> NDArray[np.float64]:
    """A finite scalar, or `size` finite numbers, as float64 of shape () or (size,)."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"[enumerate] expected {name} as real numbers, got {values!r}")
    if array.ndim and array.size != size:
        raise ValueError(
            f"[enumerate] expected {name} as a scalar or {size} values, got shape {array.shape}"
        )
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"[enumerate] expected finite {name}, got {values!r}")
    return array.reshape(-1) if array.ndim else array


def _check_range(system: _System, beta: NDArray[np.float64]) -> None:
    """The public call's error where beta times an energy difference would overflow."""
    bonds = np.broadcast_to(system.coupling, (len(system.bonds),))
    sites = np.broadcast_to(system.field, (system.n_sites,))
    largest = float(beta.max(initial=0.0))
    with np.errstate(over="ignore"):
        span = 2 * (np.abs(bonds).sum() + np.abs(sites).sum())
        product = largest * span
    if not np.isfinite(product):
        raise ValueError(
            f"[enumerate] expected finite beta * energies, got beta={largest}, energies up to "
            f"{span / 2}"
        )


def _spins(n: int) -> NDArray[np.float64]:
    """All states of n sites, +-1, (2^n, n); bit i of the row is site i."""
    bits = np.arange(1 << n)[:, None] >> np.arange(n) & 1
    return np.asarray(2.0 * bits - 1.0)


def _energies(system: _System) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Chunks of energies, (high, low): state = high * 2^n_low + low; and the ups of their rows."""
    n = system.n_sites
    matrix = np.zeros((n, n))
    np.add.at(matrix, (system.bonds[:, 0], system.bonds[:, 1]), system.coupling)
    external = np.broadcast_to(system.field, (n,))
    n_low = (n + 1) // 2
    low, high = _spins(n_low), _spins(n - n_low)
    inside_low = ((low @ matrix[:n_low, :n_low]) * low).sum(1) + low @ external[:n_low]
    inside_high = ((high @ matrix[n_low:, n_low:]) * high).sum(1) + high @ external[n_low:]
    across = (matrix[:n_low, n_low:] + matrix[n_low:, :n_low].T).T @ low.T
    rows = max(1, _CHUNK >> n_low)
    for start in range(0, len(high), rows):
        part = slice(start, start + rows)
        energies = high[part] @ across
        energies += inside_low
        energies += inside_high[part, None]
        np.negative(energies, out=energies)
        yield energies, np.asarray((high[part] > 0).sum(1), dtype=np.int64)


def _low_ups(n_sites: int) -> NDArray[np.int64]:
    """Number of up spins in each low half."""
    return np.asarray((_spins((n_sites + 1) // 2) > 0).sum(1))


def _uniform_levels(system: _System, beta: NDArray[np.float64]) -> _Levels:
    """Sums from the histogram of (sum over bonds of s s, number of up spins)."""
    n, n_bonds = system.n_sites, len(system.bonds)
    unit = system._replace(coupling=np.array(1.0), field=np.array(0.0))
    low_ups = _low_ups(n)
    counts = np.zeros((2 * n_bonds + 1) * (n + 1), dtype=np.int64)
    for energies, ups in _energies(unit):
        index = (n_bonds - energies).astype(np.int64)
        index *= n + 1
        index += low_ups
        index += ups[:, None]
        counts += np.bincount(index.ravel(), minlength=counts.size)
    table = counts.reshape(2 * n_bonds + 1, n + 1)
    bond_sum = np.arange(-n_bonds, n_bonds + 1.0)[:, None]
    magnetization = np.arange(-n, n + 1.0, 2)
    energy = -system.coupling * bond_sum - system.field * magnetization
    ground = float(energy[table > 0].min())
    excess = np.where(table > 0, energy - ground, 0.0)
    sums = np.empty((3, beta.size, n + 1))
    for i, b in np.ndenumerate(beta):
        weights = table * np.exp(-b * excess)
        for power in range(3):
            sums[power, i[0]] = (weights * excess**power).sum(axis=0)
    return _Levels(ground, *sums)


def _general_levels(system: _System, beta: NDArray[np.float64]) -> _Levels:
    """Sums by one pass over the states for the ground state, and one for all beta."""
    n = system.n_sites
    ground = min(float(energies.min()) for energies, _ in _energies(system))
    # one_hot[state of the low half, its number of up spins] = 1
    low_ups = _low_ups(n)
    one_hot = (low_ups[:, None] == np.arange(low_ups.max() + 1)).astype(np.float64)
    sums = np.zeros((3, beta.size, n + 1))
    for energies, ups in _energies(system):
        excess = energies - ground
        target = ups[:, None] + np.arange(one_hot.shape[1])
        for i, b in np.ndenumerate(beta):
            weights = np.exp(-b * excess)
            for power in range(3):
                sums[power, i[0]] += np.bincount(
                    target.ravel(), weights=(weights @ one_hot).ravel(), minlength=n + 1
                )
                if power < 2:
                    weights *= excess
    return _Levels(ground, *sums)


def _averages(n: int, beta: NDArray[np.float64], levels: _Levels) -> dict[str, NDArray[np.float64]]:
    """The public averages, each (beta,)."""
    z = levels.weight.sum(axis=1)
    excess = levels.excess.sum(axis=1) / z
    variance = levels.excess_squared.sum(axis=1) / z - excess**2
    m = np.arange(-n, n + 1, 2) / n
    probability = levels.weight / z[:, None]
    absolute, squared, fourth = (probability @ np.abs(m) ** p for p in (1, 2, 4))
    # Opposite m are paired, so that <m> is exactly 0 where the weights are even in m.
    mean = 0.5 * (probability - probability[:, ::-1]) @ m
    log_z = np.log(z) - beta * levels.ground
    return {
        "log_z": log_z / n,
        "log_z_total": log_z,
        "energy": (levels.ground + excess) / n,
        "specific_heat": (beta * np.sqrt(np.maximum(variance, 0.0))) ** 2 / n,
        "magnetization": mean,
        "abs_magnetization": absolute,
        "magnetization_squared": squared,
        "magnetization_fourth": fourth,
        "susceptibility": beta * n * np.maximum(squared - absolute**2, 0.0),
        "binder": 1 - fourth / (3 * squared**2),
    }
