"""Exact averages of a small model, by a sum over all its states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import state_space
from .onsager import checked_beta, scalar_or_array
from .state_space import System

if TYPE_CHECKING:
    from .onsager import FloatOrArray

_MAX_LISTED = 2**20
_OBSERVED = 1 << 15  # states that an observable is given at a time

Observable = Callable[[NDArray[Any]], ArrayLike]


class _Levels(NamedTuple):
    """Boltzmann sums at each label of `state_space.Block`, (beta, n_sites + 1), after the factor
    exp(beta ground): the sum of weights, and those with E - ground and its square."""

    ground: float
    weight: NDArray[np.float64]
    excess: NDArray[np.float64]
    excess_squared: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EnumerationResult:
    """Exact averages of a small model, from `enumerate`.

    Every field but `n_sites` is a float for a scalar `beta`, else a float64 array of its shape.
    m is the magnetisation per site, M / N; of a Potts model it is the order parameter
    (q max_k n_k / N - 1) / (q - 1), with n_k of N sites in state k.

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
        <abs(m)>.
    magnetization_squared
        <m^2>.
    magnetization_fourth
        <m^4>.
    susceptibility
        beta N (<m^2> - <abs(m)>^2).
    binder
        Binder cumulant, 1 - <m^4> / (3 <m^2>^2).
    n_sites
        Number of sites N.
    observables
        Averages of what `enumerate` was asked for besides, by name.
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
    observables: dict[str, FloatOrArray]
    _system: System = field(repr=False)
    _beta: NDArray[np.float64] = field(repr=False)

    def probabilities(self) -> NDArray[np.float64]:
        """Probability of each state.

        Returns
        -------
        ndarray of float64, ``(*beta.shape, n_states)``
            Digit i in base q of the last index is site i; of Ising spins, bit i, 1 = up. Sums to 1
            over that axis.

        Raises
        ------
        ValueError
            The model has more than 2^20 states.

        Examples
        --------
        >>> import kadanoff as kd
        >>> model = kd.Ising(kd.Square(2))
        >>> p = kd.exact.enumerate(model, beta=0.3).probabilities()
        >>> p.shape, bool(p[0b0000] == p[0b1111])
        ((16,), True)
        """
        return _probabilities(self._system, self._beta)


def probabilities(model: Any, beta: ArrayLike) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """List all states of a model of at most 2^20, with their probabilities.

    Averages over two or more independent replicas follow from these, too.

    Parameters
    ----------
    model, beta
        As of `enumerate`.

    Returns
    -------
    states : ndarray, ``(n_states, *lattice.shape)``
        int8 of -1 and 1; of a Potts model uint8 from 0 to q - 1.
    probabilities : ndarray of float64, ``(*beta.shape, n_states)``
        Sums to 1 over the last axis.

    Raises
    ------
    TypeError, ValueError
        As of `enumerate`, or the model has more than 2^20 states.

    Examples
    --------
    The average of the squared overlap of two replicas:

    >>> import kadanoff as kd
    >>> states, p = kd.exact.probabilities(kd.Ising(kd.Square(2)), beta=0.2)
    >>> flat = states.reshape(len(states), -1)
    >>> correlation = flat.T * p @ flat
    >>> round(float((correlation**2).mean()), 6)
    0.360703
    """
    system = state_space.checked_system("probabilities", model)
    betas = checked_beta("probabilities", beta)
    state_space.check_range("probabilities", system, betas.ravel())
    weights = _probabilities(system, betas)
    return state_space.spins(system, 0, system.n_states), weights


def enumerate(
    model: Any, beta: ArrayLike, observables: Mapping[str, Observable] | None = None
) -> EnumerationResult:
    """Exact averages of a model of at most 24 spins, or 2^26 states of a Potts model.

    Parameters
    ----------
    model : Ising, Potts, BoltzmannMachine or Hopfield
        Or any object with `lattice.n_sites`, `lattice.bonds` (int64 (n_bonds, 2)), `coupling`
        (scalar or (n_bonds,)) and `field` (scalar, (n_sites,) or the lattice's shape), in units
        of energy. A bond that is listed twice counts twice.
    beta : float or array_like of float
        Inverse temperature, finite and >= 0, any shape, in units of 1 / energy.

    observables : mapping of str to callable, optional
        Each is given some of the states, ``(n_states, *lattice.shape)``, int8 of -1 and 1 or, of a
        Potts model, uint8 from 0 to q - 1, and returns real numbers (n_states, ...).

    Returns
    -------
    EnumerationResult
        Averages: floats for a scalar `beta`, else float64 arrays of its shape.

    Raises
    ------
    TypeError
        `model` lacks one of these attributes, or a number is not real.
    ValueError
        Too many states; `beta` negative, infinite or NaN; a coupling or field of the wrong
        shape or not finite; beta times an energy beyond float64; an observable of another shape.

    Notes
    -----
    Z = sum_s exp(-beta H(s)). States split into their high and low sites, so that the energy of
    all pairs of halves is one matrix product. A uniform coupling and field give the integer
    histogram of (sum over bonds, M), which serves every beta; else each beta takes a pass over the
    states. Observables take one more pass over all states, so keep models with them small.

    Examples
    --------
    >>> import kadanoff as kd
    >>> exact = kd.exact.enumerate(kd.Ising(kd.Square(4)), beta=0.44)
    >>> round(exact.abs_magnetization, 6), round(exact.binder, 6)
    (0.842716, 0.616733)
    >>> far = {"far": lambda spins: spins[:, 0, 0] * spins[:, 2, 2]}
    >>> exact = kd.exact.enumerate(kd.Ising(kd.Square(4)), 0.44, far)
    >>> round(exact.observables["far"], 6)
    0.711795
    """
    system = state_space.checked_system("enumerate", model)
    wanted = _checked_observables(observables)
    betas = checked_beta("enumerate", beta)
    flat = betas.ravel()
    state_space.check_range("enumerate", system, flat)
    levels = _uniform_levels(system, flat) if system.uniform else _general_levels(system, flat)
    columns = {
        name: scalar_or_array(values.reshape(betas.shape))
        for name, values in _averages(system, flat, levels).items()
    }
    observed = {
        name: scalar_or_array(values.reshape(betas.shape + values.shape[1:]))
        for name, values in _observed(system, flat, levels, wanted).items()
    }
    return EnumerationResult(
        **columns, n_sites=system.n_sites, observables=observed, _system=system, _beta=betas
    )


def _checked_observables(observables: Any) -> dict[str, Observable]:
    """The observables by name, or the error of the public call."""
    named = {} if observables is None else observables
    if not isinstance(named, Mapping) or not all(callable(value) for value in named.values()):
        raise TypeError(
            f"[enumerate] expected observables as a dict of callables, got {observables!r}"
        )
    return dict(named)


def _probabilities(system: System, beta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of all states, (*beta.shape, n_states)."""
    if system.n_states > _MAX_LISTED:
        raise ValueError(
            "[probabilities] expected a model of at most 2^20 states, "
            f"got {system.base}^{system.n_sites}"
        )
    energies = np.concatenate([block.energies.ravel() for block in state_space.blocks(system)])
    weights = np.exp(-beta[..., None] * (energies - energies.min()))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _uniform_levels(system: System, beta: NDArray[np.float64]) -> _Levels:
    """Sums from the histogram of (sum over bonds, label)."""
    n, n_bonds = system.n_sites, len(system.bonds)
    unit = system._replace(coupling=np.array(1.0), field=np.array(0.0))
    lowest = 0 if system.q else -n_bonds
    counts = np.zeros((n_bonds - lowest + 1) * (n + 1), dtype=np.int64)
    for block in state_space.blocks(unit, symmetric=True):
        index = (-lowest - block.energies).astype(np.int64)
        index *= n + 1
        index += block.labels
        counts += np.bincount(index.ravel(), minlength=counts.size)
    table = counts.reshape(-1, n + 1) * state_space.weight_of_blocks(system)
    bond_sum = np.arange(lowest, n_bonds + 1.0)[:, None]
    energy = -system.coupling * bond_sum - system.field * (n * system.magnetization)
    ground = float(energy[table > 0].min())
    excess = np.where(table > 0, energy - ground, 0.0)
    sums = np.empty((3, beta.size, n + 1))
    for i, b in np.ndenumerate(beta):
        weights = table * np.exp(-b * excess)
        for power in range(3):
            sums[power, i[0]] = (weights * excess**power).sum(axis=0)
    return _Levels(ground, *sums)


def _general_levels(system: System, beta: NDArray[np.float64]) -> _Levels:
    """Sums by one pass over the states for the ground state, and one for all beta."""
    blocks = state_space.blocks(system, symmetric=True)
    ground = min(float(block.energies.min()) for block in blocks)
    sums = np.zeros((3, beta.size, system.n_sites + 1))
    for block in state_space.blocks(system, symmetric=True):
        excess = block.energies.ravel() - ground
        labels = block.labels.ravel()
        for i, b in np.ndenumerate(beta):
            weights = np.exp(-b * excess)
            for power in range(3):
                sums[power, i[0]] += np.bincount(labels, weights, system.n_sites + 1)
                if power < 2:
                    weights *= excess
    sums *= state_space.weight_of_blocks(system)
    return _Levels(ground, *sums)


def _averages(
    system: System, beta: NDArray[np.float64], levels: _Levels
) -> dict[str, NDArray[np.float64]]:
    """The public averages, each (beta,)."""
    n, m = system.n_sites, system.magnetization
    z = levels.weight.sum(axis=1)
    excess = levels.excess.sum(axis=1) / z
    variance = levels.excess_squared.sum(axis=1) / z - excess**2
    probability = levels.weight / z[:, None]
    absolute, squared, fourth = (probability @ np.abs(m) ** p for p in (1, 2, 4))
    # Opposite m are paired, so that <m> is exactly 0 where the weights are even in m.
    mean = absolute if system.q else 0.5 * (probability - probability[:, ::-1]) @ m
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


def _observed(
    system: System, beta: NDArray[np.float64], levels: _Levels, wanted: Mapping[str, Observable]
) -> dict[str, NDArray[np.float64]]:
    """Averages of the observables, each (beta, ...)."""
    sums: dict[str, NDArray[np.float64]] = {}
    z = levels.weight.sum(axis=1)
    for block in state_space.blocks(system) if wanted else ():
        weights = np.exp(-beta[:, None] * (block.energies.ravel() - levels.ground)) / z[:, None]
        for start in range(0, weights.shape[1], _OBSERVED):
            part = weights[:, start : start + _OBSERVED]
            states = state_space.spins(system, block.first + start, part.shape[1])
            for name, observable in wanted.items():
                values = _checked_values(name, observable(states), len(states))
                sums[name] = sums.get(name, 0.0) + np.tensordot(part, values, axes=1)
    return sums


def _checked_values(name: str, values: ArrayLike, n_states: int) -> NDArray[np.float64]:
    """What an observable returned, as float64 (n_states, ...), or the error of the public call."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"[enumerate] expected observable {name!r} as real numbers, got {array.dtype}"
        )
    if array.ndim == 0 or len(array) != n_states:
        raise ValueError(
            f"[enumerate] expected observable {name!r} of shape ({n_states}, ...), "
            f"got shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"[enumerate] expected finite values of observable {name!r}, got others")
    return array.astype(np.float64)
