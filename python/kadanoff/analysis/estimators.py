"""Means, errors and convergence of correlated series, for arrays of shape (replica, draw)."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Series: TypeAlias = npt.NDArray[np.float64]

MIN_DRAWS = 8
"""Shorter replicas say nothing about their own autocorrelation."""

MIN_REPLICAS = 4
"""So many replicas give an error by their scatter, however short they are."""


class Statistics(NamedTuple):
    """Error and convergence of the mean of a series; see the functions of these names."""

    standard_error: float
    tau_int: float
    ess: float
    r_hat: float


def integrated_time(series: npt.ArrayLike) -> float:
    r"""Estimate the integrated autocorrelation time of the mean, in draws.

    Parameters
    ----------
    series : array_like of float, shape (replica, draw)
        Evenly spaced draws of independent replicas at equal parameters, in any units.

    Returns
    -------
    float
        ``tau_int >= 0``, in units of the spacing of the draws: 1/2 for independent draws, below 1/2
        for negative correlation. NaN for fewer than 8 draws of fewer than 4 replicas.

    Raises
    ------
    TypeError, ValueError
        If `series` is not a finite, real array with two non-empty axes.

    Notes
    -----
    .. math:: \tau_{int} = \frac12 + \sum_{t \ge 1} \rho(t), \qquad
              \sigma^2(\bar x) = \frac{2 \tau_{int}}{n} \operatorname{var}(x)

    with the autocorrelation function rho (Sokal 1997, section 2). Times `every` it is a time in
    sweeps, and only an upper bound on that where `tau_int` is near 1/2. For the estimator see
    `effective_sample_size`.

    References
    ----------
    A. D. Sokal, in *Functional Integration: Basics and Applications*, Plenum (1997), pages 131-192.

    Examples
    --------
    >>> import numpy as np
    >>> print(round(integrated_time(np.random.default_rng(1).normal(size=(4, 1000))), 1))
    0.5
    """
    checked = check_series("integrated_time", series)
    return checked.size / (2.0 * _sample_size(checked))


def effective_sample_size(series: npt.ArrayLike) -> float:
    r"""Estimate how many independent draws would give the mean as well as `series` does.

    Parameters
    ----------
    series : array_like of float, shape (replica, draw)
        Evenly spaced draws of independent replicas at equal parameters, in any units.

    Returns
    -------
    float
        ``n / (2 tau_int)`` with ``n = replicas * draws``, at most ``n log10(n)``. NaN for fewer
        than 8 draws of fewer than 4 replicas.

    Raises
    ------
    TypeError, ValueError
        If `series` is not a finite, real array with two non-empty axes.

    Notes
    -----
    The autocorrelation function is averaged over the replicas, about their common mean: the scatter
    *between* replicas counts (Vehtari et al. 2021, equation 10), so replicas that got stuck apart
    give about one sample each. It is summed up to Geyer's (1992) initial monotone sequence, by
    ``arviz_stats`` (method "identity"). A constant series has ``tau_int = 1/2``.

    With fewer than 8 draws the lags carry no information; from 4 replicas on, the variance of the
    replica means then stands in for the sum over lags.

    References
    ----------
    C. J. Geyer, *Statistical Science* 7, 473 (1992), section 3.3.
    A. Vehtari et al., *Bayesian Analysis* 16, 667 (2021), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> effective_sample_size(np.full((2, 50), -2.0))
    100.0
    """
    return _sample_size(check_series("effective_sample_size", series))


def standard_error(series: npt.ArrayLike) -> float:
    """Estimate the standard error of ``mean(series)``, autocorrelation included.

    Parameters
    ----------
    series : array_like of float, shape (replica, draw)
        Evenly spaced draws of independent replicas at equal parameters.

    Returns
    -------
    float
        Standard error in the units of `series`; 0 for a constant series, NaN for fewer than 8 draws
        of fewer than 4 replicas.

    Raises
    ------
    TypeError, ValueError
        If `series` is not a finite, real array with two non-empty axes.

    Notes
    -----
    ``sqrt(var / ess)`` with the sample variance of all draws and `effective_sample_size`. One
    sigma covers 66 to 70 % on autoregressive series of 50 `tau_int` or more, one replica or many. A
    single replica of 10 `tau_int` looks less correlated than it is: one sigma covers only half.

    Examples
    --------
    >>> import numpy as np
    >>> standard_error(np.full((2, 50), -2.0))
    0.0
    """
    checked = check_series("standard_error", series)
    return _error(checked, _sample_size(checked))


def split_r_hat(series: npt.ArrayLike) -> float:
    r"""Compare the variance between half replicas with the variance within them.

    Parameters
    ----------
    series : array_like of float, shape (replica, draw)
        Draws of independent replicas at equal parameters, in any units.

    Returns
    -------
    float
        About 1 where all halves agree; above 1.01 they do not, and neither means nor errors are to
        be trusted. Infinite for constant halves that differ; NaN for fewer than 8 draws.

    Raises
    ------
    TypeError, ValueError
        If `series` is not a finite, real array with two non-empty axes.

    Notes
    -----
    .. math:: \hat R = \sqrt{\frac{1}{W}\left(\frac{n-1}{n} W + \frac{1}{n} B\right)}

    with variances W within and B between the first and last ``n = draws // 2`` draws of all
    replicas (Vehtari et al. 2021, equations 1 to 4; by ``arviz_stats``). Not rank-normalised: ranks
    keep it below 2 for magnetisations stuck at +m and -m, however narrow they are.

    References
    ----------
    A. Vehtari et al., *Bayesian Analysis* 16, 667 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> stuck = np.repeat([[0.9], [-0.9]], 100, axis=1)
    >>> split_r_hat(stuck)
    inf
    """
    return _split_r_hat(check_series("split_r_hat", series))


def statistics(series: Series) -> Statistics:
    """Compute all estimates of this module at once, for a series that has been checked."""
    ess = _sample_size(series)
    error = _error(series, ess)
    return Statistics(error, series.size / (2.0 * ess), ess, _split_r_hat(series))


def check_series(function: str, series: npt.ArrayLike) -> Series:
    """Return `series` as float64, or raise in the name of `function`."""
    array = np.asarray(series)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"[{function}] expected an array of real numbers, got dtype {array.dtype}")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            f"[{function}] expected an array of shape (replica, draw), got shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"[{function}] expected finite values, got NaN or infinity")
    return np.ascontiguousarray(array, dtype=np.float64)


def _sample_size(series: Series) -> float:
    replicas, draws = series.shape
    if draws < MIN_DRAWS and replicas < MIN_REPLICAS:
        return float("nan")
    if series.max() == series.min():
        return float(series.size)
    scaled = _standardized(series)
    if draws >= MIN_DRAWS:
        return float(arviz().ess(scaled, chain_axis=0, draw_axis=1, method="identity"))
    between = scaled.mean(axis=1).var(ddof=1) / replicas
    bound = series.size * max(1.0, float(np.log10(series.size)))
    return float(min(scaled.var(ddof=1) / between, bound)) if between > 0.0 else bound


def _error(series: Series, ess: float) -> float:
    if np.isnan(ess):
        return float("nan")
    if series.max() == series.min():
        return 0.0
    scale = float(np.abs(series).max())
    return scale * float(np.sqrt((series / scale).var(ddof=1) / ess))


def _split_r_hat(series: Series) -> float:
    draws = series.shape[1]
    if draws < MIN_DRAWS:
        return float("nan")
    half = draws // 2
    halves = np.concatenate([series[:, :half], series[:, -half:]])
    if halves.max() == halves.min():
        return 1.0
    if (halves == halves[:, :1]).all():
        return float("inf")
    scaled = _standardized(halves)
    return float(arviz().rhat(scaled, chain_axis=0, draw_axis=1, method="identity"))


def _standardized(series: Series) -> Series:
    # arviz_stats takes a range below 1e-15 for a constant; <m^4> of a big lattice has one.
    scaled: Series = series / np.abs(series).max()
    scaled -= scaled.mean()
    scaled /= np.abs(scaled).max()
    scaled /= scaled.std()
    return scaled


def arviz() -> Any:
    """Return arviz_stats, imported at first use, as it takes about a second."""
    try:
        return importlib.import_module("arviz_stats.base").array_stats
    except ImportError as error:
        raise ImportError(
            "[analysis] expected arviz-stats, got none: pip install arviz-stats"
        ) from error
