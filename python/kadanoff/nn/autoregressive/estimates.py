"""What samples of a network say about ln Z and averages: with its bias, and without."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

FloatArray = npt.NDArray[np.float64]
FEW = 100
"""Effective samples below which errors of first order are too small."""


class Measured(NamedTuple):
    """A number and its standard error."""

    mean: float
    standard_error: float

    def __str__(self) -> str:
        return f"{self.mean:.8g} +- {self.standard_error:.2g}"


class Samples(NamedTuple):
    """States drawn from a network: int8 (n, sites), ln q and total energies float64 (n,)."""

    spins: npt.NDArray[np.int8]
    log_q: FloatArray
    energies: FloatArray


@dataclass(frozen=True)
class VariationalEstimate:
    r"""Averages over q itself; see `VariationalFreeEnergy.free_energy`.

    Attributes
    ----------
    beta : float
    n_sites, n_samples : int
    log_z : Measured
        Lower bound of ln Z, total: :math:`-\langle \beta E + \ln q \rangle_q`.
    free_energy : Measured
        Upper bound of F / N, per site: minus `log_z` / (beta N).
    energy, entropy, abs_magnetization : Measured
        Per site, of q: they have the bias of q.
    variance : float
        Of :math:`\beta E + \ln q`: zero for the Boltzmann distribution.
    """

    beta: float
    n_sites: int
    n_samples: int
    log_z: Measured
    free_energy: Measured
    energy: Measured
    entropy: Measured
    abs_magnetization: Measured
    variance: float

    def __str__(self) -> str:
        return _table(self, f"variance           {self.variance:.3g}")


def variational(samples: Samples, beta: float) -> VariationalEstimate:
    """Return the averages over independent samples of q."""
    n, sites = samples.spins.shape
    returns = beta * samples.energies + samples.log_q
    bound = _mean(-returns)
    return VariationalEstimate(
        beta=beta,
        n_sites=sites,
        n_samples=n,
        log_z=bound,
        free_energy=_per_site(bound, beta, sites),
        energy=_mean(samples.energies / sites),
        entropy=_mean(-samples.log_q / sites),
        abs_magnetization=_mean(_abs_magnetization(samples.spins)),
        variance=float(returns.var(ddof=1)),
    )


@dataclass(frozen=True, eq=False)
class ImportanceEstimate:
    r"""Averages over the Boltzmann distribution, from weighted samples of q.

    Made by `VariationalFreeEnergy.importance_sample`.

    Attributes
    ----------
    beta : float
    n_sites, n_samples : int
    log_z : Measured
        ln Z, total.
    log_z_bias : float
        Leading term of the bias of `log_z`, which is not taken off:
        :math:`-(1 / n_\text{eff} - 1 / n) / 2`.
    free_energy : Measured
        F / N, per site.
    energy, entropy, specific_heat, abs_magnetization : Measured
        Per site.
    ess : float
        Effective number of samples :math:`n_\text{eff} = (\sum w)^2 / \sum w^2`.
    spins : ndarray of int8, ``(n_samples, *shape)``
    log_weights : ndarray of float64, (n_samples,)
        :math:`\ln w = -\beta E - \ln q`.
    """

    beta: float
    n_sites: int
    n_samples: int
    log_z: Measured
    log_z_bias: float
    free_energy: Measured
    energy: Measured
    entropy: Measured
    specific_heat: Measured
    abs_magnetization: Measured
    ess: float
    spins: npt.NDArray[np.int8] = field(repr=False)
    log_weights: FloatArray = field(repr=False)

    def __str__(self) -> str:
        return _table(self, f"effective samples  {self.ess:.0f} of {self.n_samples}")

    @property
    def efficiency(self) -> float:
        """`ess` / `n_samples`, in (0, 1]: 1 where q is the Boltzmann distribution."""
        return self.ess / self.n_samples

    @property
    def reliable(self) -> bool:
        """Whether `ess` is 100 or a quarter of the samples: below, errors are too small."""
        return self.ess >= min(FEW, self.n_samples / 4)

    def average(self, values: npt.ArrayLike) -> Measured:
        r"""Return the average of any observable, from its values in `spins`.

        Parameters
        ----------
        values : array_like of float, (n_samples,)

        Returns
        -------
        Measured

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        .. math:: \bar O = \sum_k \tilde w_k O_k, \qquad
                  \sigma^2 = \sum_k \tilde w_k^2 (O_k - \bar O)^2, \qquad
                  \tilde w_k = w_k / \sum_l w_l

        (K. A. Nicoli et al., Physical Review E 101 (2020) 023304, arXiv:1910.13496).
        """
        given = arguments.reals("average", "values", values)
        if given.shape != (self.n_samples,) or not np.isfinite(given).all():
            expected = f"{self.n_samples} finite numbers"
            raise ValueError(f"[average] expected {expected} for values, got shape {given.shape}")
        return _weighted(normalised(self.log_weights), given)


def importance(samples: Samples, shape: tuple[int, ...], beta: float) -> ImportanceEstimate:
    """Return the averages over weighted samples, errors by the delta method."""
    n, sites = samples.spins.shape
    log_weights = -beta * samples.energies - samples.log_q
    weights = normalised(log_weights)
    # What each sample adds to ln Z in first order, and to a mean.
    excess = weights - 1.0 / n
    largest = float(log_weights.max())
    log_z = Measured(largest + float(np.log(np.exp(log_weights - largest).mean())), _size(excess))
    energies = samples.energies / sites
    energy = _weighted(weights, energies)
    deviations = energies - energy.mean
    spread = float(weights @ deviations**2)
    of_spread = _size(weights * (deviations**2 - spread))
    of_entropy = _size(beta * weights * deviations + excess / sites)
    ess = 1.0 / float(weights @ weights)
    return ImportanceEstimate(
        beta=beta,
        n_sites=sites,
        n_samples=n,
        log_z=log_z,
        log_z_bias=-0.5 * (1.0 / ess - 1.0 / n),
        free_energy=_per_site(log_z, beta, sites),
        energy=energy,
        entropy=Measured(beta * energy.mean + log_z.mean / sites, of_entropy),
        specific_heat=Measured(beta**2 * sites * spread, beta**2 * sites * of_spread),
        abs_magnetization=_weighted(weights, _abs_magnetization(samples.spins)),
        ess=ess,
        spins=samples.spins.reshape(n, *shape),
        log_weights=log_weights,
    )


def normalised(log_weights: FloatArray) -> FloatArray:
    """Return weights whose sum is 1."""
    weights = np.exp(log_weights - log_weights.max())
    return np.asarray(weights / weights.sum())


def _table(estimate: VariationalEstimate | ImportanceEstimate, last: str) -> str:
    """Return a line for each measured number, and a last one."""
    named = ((each.name, getattr(estimate, each.name)) for each in fields(estimate))
    lines = [f"{name:<18} {value}" for name, value in named if isinstance(value, Measured)]
    return "\n".join([*lines, last])


def _weighted(weights: FloatArray, values: FloatArray) -> Measured:
    mean = float(weights @ values)
    return Measured(mean, _size(weights * (values - mean)))


def _size(terms: FloatArray) -> float:
    return float(np.sqrt(terms @ terms))


def _mean(values: FloatArray) -> Measured:
    return Measured(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def _per_site(log_z: Measured, beta: float, sites: int) -> Measured:
    return Measured(-log_z.mean / (beta * sites), log_z.standard_error / (beta * sites))


def _abs_magnetization(flat: npt.NDArray[np.int8]) -> FloatArray:
    return np.asarray(np.abs(flat.sum(axis=1, dtype=np.int64)) / flat.shape[1])
