"""Draws from several temperatures as one weighted sample, and errors of what it gives."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .estimators import standard_error

FloatArray = npt.NDArray[np.float64]

_STEP = 1e-30
_NEGLIGIBLE = 1e-7
_LEAST_OVERLAP = 1e-6


class Influence(NamedTuple):
    """A result, and how it responds to the weight of each draw.

    Attributes
    ----------
    value : float
    response : ndarray of float64, shape (draw,)
        Change of `value` by a unit of relative weight of that draw.
    """

    value: float
    response: FloatArray

    def minus(self, other: Influence, factor: float) -> Influence:
        """Return ``factor * (self - other)``."""
        return Influence(
            factor * (self.value - other.value), factor * (self.response - other.response)
        )


class Mixture:
    """All draws of runs at several beta, in one row run after run, replica after replica.

    Parameters
    ----------
    betas : sequence of ndarray of float64, shape (replica,)
        One array per run.
    energies : sequence of ndarray of float64, shape (replica, draw)
        Total energies.
    exchanging : bool
        Whether the replicas of a run are correlated with each other.
    """

    def __init__(
        self, betas: Sequence[FloatArray], energies: Sequence[FloatArray], *, exchanging: bool
    ) -> None:
        rows = [np.repeat(b, e.shape[1]) for b, e in zip(betas, energies, strict=True)]
        self.betas, self._state, counts = np.unique(
            np.concatenate(rows), return_inverse=True, return_counts=True
        )
        self._counts = counts.astype(np.float64)
        self._blocks = _blocks(betas, energies, exchanging)
        row = np.concatenate([one.ravel() for one in energies])
        self._offset = float(row.mean())  # exponents stay small about it
        self._energy = row - self._offset
        self._solve()

    def _solve(self) -> None:
        free = np.zeros(1)
        if len(self.betas) > 1:
            sums = np.bincount(self._state, self._energy)
            free = _free_energies(self.betas, self._counts, self._energy, sums / self._counts)
        exponents = free[:, None] - self.betas[:, None] * self._energy
        exponents += np.log(self._counts)[:, None]
        self._log_mixture = np.logaddexp.reduce(exponents, axis=0)
        members = np.exp(exponents - self._log_mixture)
        if np.abs(members.sum(axis=1) / self._counts - 1.0).max() > 1e-4:
            raise RuntimeError(
                "[reweight] expected MBAR to converge, got free energies that do not"
            )
        self._members = members
        overlaps = members @ members.T
        scale = np.sqrt(np.outer(self._counts, self._counts))
        values = np.linalg.eigvalsh(overlaps / scale)
        self.overlap = float(1.0 - values[-2]) if len(values) > 1 else 1.0
        if self.overlap < _LEAST_OVERLAP:
            raise ValueError(
                "[reweight] expected runs that overlap in energy, got a gap between some of beta = "
                + ", ".join(f"{beta:g}" for beta in self.betas)
            )
        # The Hessian of the estimating equations; a common shift of all f_k changes nothing.
        self._inverse = np.linalg.pinv(
            np.diag(self._counts) - overlaps, rcond=1e-12, hermitian=True
        )

    def weights(self, beta: float) -> FloatArray:
        """Return the normalised weight of each draw at `beta`, float64 (draw,)."""
        return self._weights(beta)[0]

    def _weights(self, beta: float) -> tuple[FloatArray, float]:
        """Return the weights and ln Z up to what all beta share."""
        logarithms = -beta * self._energy - self._log_mixture
        largest = float(logarithms.max())
        weights = np.exp(logarithms - largest)
        total = float(weights.sum())
        return weights / total, np.log(total) + largest - beta * self._offset

    def influence(
        self, beta: float, function: Callable[..., Any], series: Sequence[FloatArray]
    ) -> Influence:
        """Evaluate a function of beta and the means of series (draw,) at `beta`."""
        weights, _ = self._weights(beta)
        means = np.array([weights @ one for one in series])
        with np.errstate(all="ignore"):
            value = float(function(beta, *means))
        # The complex step has no rounding error: all functions here are analytic.
        steps = means + 1j * _STEP * np.eye(len(means))
        with np.errstate(all="ignore"):
            slopes = [np.imag(function(beta, *step)) / _STEP for step in steps]
        deviation = np.zeros_like(weights)
        for slope, mean, one in zip(slopes, means, series, strict=True):
            deviation += slope * (one - mean)
        return Influence(value, self._response(weights * deviation))

    def log_z(self, beta: float, reference: float) -> Influence:
        """Evaluate ``ln Z(beta) - ln Z(reference)``."""
        weights, value = self._weights(beta)
        other, base = self._weights(reference)
        return Influence(value - base, self._response(weights - other))

    def _response(self, direct: FloatArray) -> FloatArray:
        """Add to the response at fixed free energies that through the free energies."""
        if len(self.betas) == 1:
            return direct
        return np.asarray(direct + (self._inverse @ (self._members @ direct)) @ self._members)

    def error(self, influence: Influence) -> float:
        """Return the standard error of a result; NaN where it is not finite."""
        return float(np.sqrt(self.covariance([influence])[0, 0]))

    def covariance(self, influences: Sequence[Influence]) -> FloatArray:
        """Return the covariance matrix of results."""
        number = len(influences)
        responses = np.stack([one.response for one in influences])
        squares = np.array([np.sum(_centred(b.series(responses)) ** 2, 1) for b in self._blocks])
        relevant = ~(squares <= _NEGLIGIBLE * squares.max(axis=0))
        total = np.zeros((number, number))
        for block, square, needed in zip(self._blocks, squares, relevant, strict=True):
            series = block.series(responses)
            errors = np.zeros(number)
            for k in np.flatnonzero(needed):
                known = np.isfinite(series[k]).all()
                errors[k] = series[k].size * standard_error(series[k]) if known else np.nan
            scale = np.where(needed, errors, 0.0) / np.sqrt(np.where(square > 0.0, square, 1.0))
            rows = _centred(series) * scale[:, None]
            total += rows @ rows.T
        return total


class _Block(NamedTuple):
    """Draws whose error is estimated together: those of a run at one beta, or of a whole run.

    Attributes
    ----------
    numbers : ndarray of int64, shape (replica, draw)
        Where they are in the row of all draws.
    together : bool
        Whether the replicas are correlated, so that only their sum has an error.
    """

    numbers: npt.NDArray[np.int64]
    together: bool

    def series(self, responses: FloatArray) -> FloatArray:
        """Return what adds up to the block's share of each result, (result, replica, draw)."""
        values = responses[:, self.numbers]
        return values.sum(axis=1, keepdims=True) if self.together else values


def _centred(series: FloatArray) -> FloatArray:
    """Subtract its mean from each result's series, (result, replica * draw)."""
    rows = series.reshape(len(series), -1)
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))


def _blocks(
    betas: Sequence[FloatArray], energies: Sequence[FloatArray], exchanging: bool
) -> list[_Block]:
    blocks, first = [], 0
    for beta, energy in zip(betas, energies, strict=True):
        numbers = first + np.arange(energy.size).reshape(energy.shape)
        first += energy.size
        if exchanging:
            blocks.append(_Block(numbers, True))
        else:
            blocks += [_Block(numbers[beta == value], False) for value in np.unique(beta)]
    return blocks


def _free_energies(
    betas: FloatArray, counts: FloatArray, energy: FloatArray, means: FloatArray
) -> FloatArray:
    """Solve the MBAR equations for f_k = -ln Z_k, from draws and their mean energy at each beta."""
    pymbar = _pymbar()
    # Thermodynamic integration, df / dbeta = <E>: a start from which Newton's method converges.
    steps = 0.5 * np.diff(betas) * (means[1:] + means[:-1])
    start = np.concatenate([[0.0], np.cumsum(steps)])
    # pymbar's default solver starts by a root search whose options SciPy warns about.
    protocol = ({"method": "adaptive", "options": {"min_sc_iter": 0}},)
    result = pymbar.MBAR(
        betas[:, None] * energy,
        counts.astype(np.int64),
        initial_f_k=start,
        solver_protocol=protocol,
    )
    return np.asarray(result.f_k, dtype=np.float64)


def _pymbar() -> Any:
    """Import pymbar at first use, without the advice that it logs about jax."""
    logger = logging.getLogger("pymbar")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        return importlib.import_module("pymbar")
    except ImportError as error:
        raise ImportError(
            "[reweight] expected pymbar, got none: pip install 'kadanoff[analysis]'"
        ) from error
    finally:
        logger.setLevel(level)
