"""Restricted Boltzmann machines as effective models, fitted to energies by least squares."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.models import Ising
from kadanoff.rbm import RBM

from .pair_sums import CHUNK, configurations, square_model

MAX_WINDOW = 9
"""Sites of a window: 256 patterns and their opposites."""
STARTS = 8
"""Fits from random weights, of which the best is kept: the sum of squares is not convex."""
WIDTH = 0.3
"""Standard deviation of these weights, of the order of beta J at a transition."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FittedRBM:
    """A machine whose free energy is that of a model, and how well it fits.

    Attributes
    ----------
    rbm : RBM
        Visible units of -1 and 1 are the sites in row-major order; hidden ones, of -1 and 1 too,
        are (filter, y, x).
    filters : ndarray of float64, (n_filters, rows, columns)
        The weights of each filter's hidden units to the sites of a window.
    residual : float
        Root mean square of beta E - F, less its mean: pure number.
    r_squared : float
        Share of the variance of beta E that F explains.
    samples : int
    """

    rbm: RBM
    filters: Floats
    residual: float
    r_squared: float
    samples: int


def fit_rbm(
    model: Ising,
    spins: npt.ArrayLike,
    beta: float,
    *,
    filters: int = 2,
    window: tuple[int, int] = (2, 2),
    ridge: float = 1e-3,
    energies: npt.ArrayLike | None = None,
    seed: int = 0,
) -> FittedRBM:
    r"""Fit a machine to the energies of configurations, by nonlinear least squares.

    Parameters
    ----------
    model : Ising
        On a periodic square lattice, without a field.
    spins : array_like of -1 and 1, (..., y, x)
        Configurations.
    beta : float
        Inverse temperature of the model, above 0; the machine is sampled at beta = 1.
    filters : int
        Hidden units of each site, 1 to 64.
    window : (int, int)
        Rows and columns of the sites that a hidden unit sees; at most 9 sites, and no more than the
        lattice has.
    ridge : float
        What a weight's square costs beside the mean square of what the fit leaves, not negative. A
        hidden unit with a large weight to one site is a copy of its spin, and freezes it: machines
        of equal free energy differ in how far a Gibbs step moves, and small weights move far.
    energies : array_like of float, (...), optional
        Total energies of the configurations; by default `model` works them out.
    seed : int
        Of the weights that the fit starts from, 0 <= seed < 2^64: the best of 8 starts.

    Returns
    -------
    FittedRBM

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    As in L. Huang and L. Wang, Phys. Rev. B 95 (2017) 035105, the machine's free energy is
    fitted to the log-probability of the model. Weights are those of a convolution without biases,

    .. math:: F(s) = -\sum_{f, r} \ln 2 \cosh \sum_d w_{f d} s_{r + d} \approx \beta E(s) + c .

    F depends on a configuration only through how often each pattern of a window occurs, a pattern
    and its opposite counted together; these counts are what is fitted, so a step of the fit does
    not depend on the size of the lattice.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(8), plaquette=0.2)
    >>> sampler = kd.Sampler(model, beta=0.4, replicas=200, seed=1)
    >>> sampler.run(100)
    >>> fitted = kd.slmc.fit_rbm(model, sampler.spins, 0.4)
    >>> fitted.rbm, fitted.r_squared > 0.999
    (RBM(64 visible +-1, 128 hidden +-1 units), True)
    """
    model = square_model("fit_rbm", model)
    beta = arguments.positive("fit_rbm", "beta", beta)
    filters = arguments.integer("fit_rbm", "filters", filters, 1, 64)
    if np.any(np.asarray(model.field)):
        raise ValueError("[fit_rbm] expected a model without a field, got one with a field")
    ridge = arguments.not_negative("fit_rbm", "ridge", ridge)
    sides = _window(window, model.lattice.shape)
    states, totals = configurations("fit_rbm", model, spins, energies)
    if not np.ptp(totals) > 0.0:
        raise ValueError("[fit_rbm] expected configurations of different energies, got one energy")
    target = beta * (totals - totals.mean())
    patterns = _patterns(sides)
    counts = _pattern_counts(states, sides)
    counts -= counts.mean(axis=0)
    random = np.random.default_rng(arguments.seed("fit_rbm", seed))
    starts = random.normal(scale=WIDTH, size=(STARTS, filters, patterns.shape[1]))
    weights = _least_squares(counts, patterns, target, ridge, starts)
    rest = target + counts @ _log_cosh(patterns @ weights.T).sum(axis=1)
    return FittedRBM(
        rbm=_machine(weights.reshape(filters, *sides), model.lattice.shape),
        filters=weights.reshape(filters, *sides),
        residual=float(np.sqrt(np.mean(rest**2))),
        r_squared=1.0 - float(np.mean(rest**2) / np.mean(target**2)),
        samples=len(states),
    )


def _window(window: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    if not isinstance(window, tuple) or len(window) != 2:
        raise TypeError(f"[fit_rbm] expected window as (rows, columns), got {window!r}")
    rows, columns = (
        arguments.integer("fit_rbm", "extents of window", side, 1, most)
        for side, most in zip(window, shape, strict=True)
    )
    if rows * columns > MAX_WINDOW:
        raise ValueError(
            f"[fit_rbm] expected a window of at most {MAX_WINDOW} sites, got {rows} x {columns}"
        )
    return rows, columns


def _patterns(window: tuple[int, int]) -> Floats:
    """Return the spins of each pattern, the last one up: one of each two opposite ones."""
    sites = window[0] * window[1]
    down = np.arange(2 ** (sites - 1))[:, None] >> np.arange(sites) & 1
    return np.asarray(1.0 - 2.0 * down, dtype=np.float64)


def _pattern_counts(states: npt.NDArray[np.int8], window: tuple[int, int]) -> Floats:
    """Return how often each pattern occurs, (configuration, pattern)."""
    sites = window[0] * window[1]
    half = 2 ** (sites - 1)
    counts = np.empty((len(states), half))
    at_once = max(1, CHUNK // states[0].size)
    for first in range(0, len(states), at_once):
        down = (states[first : first + at_once] < 0).astype(np.int64)
        codes = np.zeros_like(down)
        for bit, (dy, dx) in enumerate(itertools.product(*map(range, window))):
            codes |= np.roll(down, (-dy, -dx), axis=(1, 2)) << bit
        codes = np.where(codes >= half, 2 * half - 1 - codes, codes)
        codes += half * np.arange(len(down))[:, None, None]
        found = np.bincount(codes.ravel(), minlength=half * len(down))
        counts[first : first + at_once] = found.reshape(len(down), half)
    return counts


def _log_cosh(x: Floats) -> Floats:
    return np.asarray(np.logaddexp(x, -x), dtype=np.float64)


def _least_squares(
    counts: Floats, patterns: Floats, target: Floats, ridge: float, starts: Floats
) -> Floats:
    """Return the weights (filter, site of the window) of the best of the fits from each start.

    Few directions of the counts matter: they are rotated into as many rows as there are patterns.
    """
    from scipy.optimize import least_squares

    filters = starts.shape[1]
    rotated = np.linalg.qr(np.column_stack([counts, target]), mode="r") / np.sqrt(len(target))
    counts, target = rotated[:, :-1], rotated[:, -1]
    cost = np.sqrt(ridge) * np.eye(starts[0].size)

    def residuals(flat: Floats) -> Floats:
        fields = patterns @ flat.reshape(filters, -1).T
        rest = counts @ _log_cosh(fields).sum(axis=1) + target
        return np.concatenate([rest, cost @ flat])

    def jacobian(flat: Floats) -> Floats:
        fields = patterns @ flat.reshape(filters, -1).T
        slopes = np.tanh(fields)[:, :, None] * patterns[:, None, :]
        return np.concatenate([counts @ slopes.reshape(len(patterns), -1), cost])

    fits = (least_squares(residuals, x.ravel(), jacobian, max_nfev=500) for x in starts)
    best = min(fits, key=lambda found: float(found.cost))
    return np.asarray(best.x).reshape(filters, -1)


def _machine(filters: Floats, shape: tuple[int, ...]) -> RBM:
    """Return the machine whose hidden units (filter, y, x) see the window that begins at (y, x)."""
    rows, columns = shape
    sites = np.arange(rows * columns).reshape(shape)
    weights = np.zeros((rows * columns, len(filters), rows * columns), dtype=np.float32)
    for (f, dy, dx), weight in np.ndenumerate(filters):
        seen = np.roll(sites, (-dy, -dx), axis=(0, 1))
        weights[seen.ravel(), f, sites.ravel()] = weight
    return RBM(weights.reshape(rows * columns, -1), visible_units="spin", hidden_units="spin")
