"""Finite-size scaling by crossings: where the curves of two sizes meet, and where that tends."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.polynomial.polynomial import polyval

from .. import arguments
from .curves import Curve

FloatArray = npt.NDArray[np.float64]

_MOST_LOST = 0.05


@dataclass(frozen=True)
class Crossing:
    """Where the curves of two sizes cross.

    Attributes
    ----------
    sizes : (float, float)
        The two sizes, smaller first.
    x, y : float
        Parameter and value at the crossing.
    x_error, y_error : float
        Standard errors: half of the central 68.3 % interval of the bootstrap.
    chi_square : (float, float)
        Of the two fits, per degree of freedom; NaN where the fit goes through all points. About 1
        for independent points and a degree that is high enough.
    samples : ndarray of float64, shape (bootstrap, 2)
        The crossings of the resampled curves; NaN where there was none.
    """

    sizes: tuple[float, float]
    x: float
    y: float
    x_error: float
    y_error: float
    chi_square: tuple[float, float]
    samples: FloatArray = field(repr=False, compare=False)


class Extrapolation(NamedTuple):
    """What `extrapolate` returns.

    Attributes
    ----------
    x, x_error : float
        Limit of the crossings for infinite size, and its standard error.
    amplitude : float
        a in ``x(L) = x + a L^-exponent``.
    exponent : float
        As given or fitted.
    """

    x: float
    x_error: float
    amplitude: float
    exponent: float


class _Fits(NamedTuple):
    """Polynomials of one curve: coefficients of the data (row 0) and of its resamples."""

    coefficients: FloatArray
    chi_square: float


def crossing(
    first: Curve,
    second: Curve,
    *,
    sizes: tuple[float, float] = (1.0, 2.0),
    degree: int = 3,
    between: tuple[float, float] | None = None,
    bootstrap: int = 400,
    seed: int = 0,
) -> Crossing:
    """Find where two curves cross, such as the Binder cumulants or xi / L of two sizes.

    Parameters
    ----------
    first, second : Curve
        Over the same parameter, at the same or at different points; errors above 0.
    sizes : (float, float)
        Kept in the result; see `crossings`.
    degree : int
        Of the polynomial fitted to each curve, 1 to 6; less where there are few points.
    between : (float, float), optional
        Only these x are fitted. The narrower, the lower the degree that will do.
    bootstrap : int
        Resamples for the errors, at least 20.
    seed : int
        Of the resampling, which is a pure function of it.

    Returns
    -------
    Crossing

    Raises
    ------
    ValueError
        If the curves do not cross, cross more than once, or lose their crossing within their
        errors.
    TypeError

    Notes
    -----
    Each curve gets a polynomial by least squares weighted with its errors. The crossing is where
    the two are equal, in the range that both curves cover. Its error comes from a parametric
    bootstrap: all points are drawn anew from normal distributions of their errors (with their
    `covariance`, if they have one) and the fits are repeated. The systematic error of a low degree
    over a wide range is not in it: `Crossing.chi_square` far above 1 tells of it.

    References
    ----------
    K. Binder, Z. Phys. B 43 (1981) 119.

    Examples
    --------
    >>> import numpy as np
    >>> x, error = np.linspace(0.4, 0.5, 11), np.full(11, 0.002)
    >>> small, large = Curve(x, np.tanh(x - 0.44), error), Curve(x, np.tanh(3 * (x - 0.44)), error)
    >>> found = crossing(small, large)
    >>> bool(abs(found.x - 0.44) < 4 * found.x_error < 0.01)
    True
    """
    return _crossings(
        "crossing",
        {(0, sizes[0]): first, (1, sizes[1]): second},
        degree,
        between,
        bootstrap,
        seed,
    )[0]


def crossings(
    curves: Mapping[int, Curve],
    *,
    degree: int = 3,
    between: tuple[float, float] | None = None,
    bootstrap: int = 400,
    seed: int = 0,
) -> list[Crossing]:
    """Find the `crossing` of every pair of sizes.

    Parameters
    ----------
    curves : mapping of size to Curve
        At least two sizes.
    degree, between, bootstrap, seed
        As for `crossing`. Resample k of a curve is the same in all its pairs, so that `extrapolate`
        knows how crossings are correlated that share a curve.

    Returns
    -------
    list of Crossing
        In rising order of the smaller, then of the larger size.

    Raises
    ------
    ValueError, TypeError
    """
    if not isinstance(curves, Mapping) or len(curves) < 2:
        raise TypeError(f"[crossings] expected curves of at least two sizes, got {curves!r}")
    ordered = {(k, float(size)): curves[size] for k, size in enumerate(sorted(curves))}
    return _crossings("crossings", ordered, degree, between, bootstrap, seed)


def extrapolate(found: Iterable[Crossing], exponent: float | None = None) -> Extrapolation:
    r"""Extrapolate crossings to infinite size.

    Parameters
    ----------
    found : iterable of Crossing
        Of pairs of one ratio, such as (8, 16), (16, 32) and (32, 64), from one call of `crossings`.
    exponent : float, optional
        The correction exponent, above 0. Without it, it is fitted between 0.1 and 8, which takes
        three crossings or more, and good ones.

    Returns
    -------
    Extrapolation

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: x(L, s L) = x_\infty + a L^{-w}, \qquad w = 1 / \nu + \omega

    at fixed s (Binder 1981), with the exponent omega of the leading correction to scaling; fitted
    with the errors of the crossings as weights. The error is that of the refitted bootstrap
    samples. Two crossings and a given exponent leave no freedom to see whether the form holds.

    References
    ----------
    K. Binder, Z. Phys. B 43 (1981) 119.
    """
    points = sorted(found, key=lambda one: one.sizes)
    needed = 2 if exponent is not None else 3
    if len(points) < needed or not all(isinstance(one, Crossing) for one in points):
        raise ValueError(f"[extrapolate] expected at least {needed} crossings, got {len(points)}")
    ratios = sorted({one.sizes[1] / one.sizes[0] for one in points})
    if ratios[-1] > 1.01 * ratios[0]:
        raise ValueError(f"[extrapolate] expected pairs of one ratio of sizes, got {ratios}")
    samples = np.stack([one.samples[:, 0] for one in points], axis=1)
    samples = samples[np.isfinite(samples).all(axis=1)]
    sizes = np.array([one.sizes[0] for one in points])
    weights = 1.0 / np.array([one.x_error for one in points])
    if exponent is not None and not arguments.real("extrapolate", "exponent", exponent) > 0.0:
        raise ValueError(f"[extrapolate] expected an exponent above 0, got {exponent}")
    values = np.array([one.x for one in points])
    limit, amplitude, power = _limit(sizes, values, weights, exponent)
    limits = np.array([_limit(sizes, row, weights, exponent)[0] for row in samples])
    return Extrapolation(limit, _spread(limits), amplitude, power)


def _limit(
    sizes: FloatArray, values: FloatArray, weights: FloatArray, exponent: float | None
) -> tuple[float, float, float]:
    """Fit ``x + a L^-w``; linear for a given w, a search over w otherwise."""
    from scipy import optimize  # at first use, as it takes half a second

    def linear(power: float) -> tuple[FloatArray, float]:
        design = np.stack([np.ones_like(sizes), (sizes / sizes[0]) ** -power], axis=1)
        solution, *_ = np.linalg.lstsq(design * weights[:, None], values * weights, rcond=None)
        return np.asarray(solution), float(np.sum(((design @ solution - values) * weights) ** 2))

    if exponent is None:
        best = optimize.minimize_scalar(
            lambda power: linear(power)[1], bounds=(0.1, 8.0), method="bounded"
        )
        exponent = float(best.x)
    (limit, scaled), _ = linear(exponent)
    return float(limit), float(scaled * sizes[0] ** exponent), exponent


def _crossings(
    call: str,
    curves: dict[tuple[int, float], Curve],
    degree: int,
    between: tuple[float, float] | None,
    bootstrap: int,
    seed: int,
) -> list[Crossing]:
    degree = arguments.integer(call, "degree", degree, 1, 6)
    bootstrap = arguments.integer(call, "bootstrap", bootstrap, 20, 10**6)
    generator = np.random.default_rng(arguments.fixed_seed(call, seed))
    used: dict[tuple[int, float], Curve] = {}
    for key, one in curves.items():
        if not isinstance(one, Curve):
            raise TypeError(f"[{call}] expected a Curve for each size, got {one!r}")
        used[key] = one if between is None else one.between(*between)
        if len(used[key]) < 2 or not (used[key].standard_error > 0.0).all():
            raise ValueError(
                f"[{call}] expected at least 2 points with errors above 0, "
                f"got {len(used[key])} of size {key[1]:g}"
            )
    x = np.concatenate([one.x for one in used.values()])
    middle, width = (x.max() + x.min()) / 2.0, (x.max() - x.min()) / 2.0
    fits = {
        key: _fits(one, (one.x - middle) / width, degree, bootstrap, generator)
        for key, one in used.items()
    }
    return [
        _cross(call, (a[1], b[1]), (used[a], used[b]), (fits[a], fits[b]), (middle, width))
        for a, b in itertools.combinations(used, 2)
    ]


def _fits(
    one: Curve, scaled: FloatArray, degree: int, bootstrap: int, generator: np.random.Generator
) -> _Fits:
    """Fit a polynomial in the scaled parameter to a curve and to its resamples."""
    degree = min(degree, len(one) - 1)
    weights = 1.0 / one.standard_error
    data = np.concatenate([one.mean[None], one.resample(bootstrap, generator)]) * weights
    design = np.vander(scaled, degree + 1, increasing=True) * weights[:, None]
    coefficients = np.linalg.lstsq(design, data.T, rcond=None)[0].T
    freedom = len(one) - degree - 1
    residual = float(np.sum((design @ coefficients[0] - data[0]) ** 2))
    return _Fits(coefficients, residual / freedom if freedom else float("nan"))


def _cross(
    call: str,
    sizes: tuple[float, float],
    curves: tuple[Curve, Curve],
    fits: tuple[_Fits, _Fits],
    scale: tuple[float, float],
) -> Crossing:
    middle, width = scale
    low = (max(one.x[0] for one in curves) - middle) / width
    high = (min(one.x[-1] for one in curves) - middle) / width
    zeros = _roots(*[one.coefficients for one in fits])
    central = np.sort(zeros[0][(zeros[0] >= low) & (zeros[0] <= high)])
    where = f"[{call}] expected one crossing of sizes {sizes[0]:g} and {sizes[1]:g}"
    if len(central) != 1:
        places = ", ".join(f"{middle + width * root:.6g}" for root in central)
        got = f"{len(central)} at {places}: choose between=(low, high)" if places else "none"
        raise ValueError(f"{where}, got {got}")
    # A resample may cross a little outside of the range of the data: cutting that would make the
    # error too small.
    margin = 0.5 * (high - low)
    zeros[(zeros < low - margin) | (zeros > high + margin)] = np.nan
    distance = np.where(np.isnan(zeros), np.inf, np.abs(zeros - central[0]))
    nearest = zeros[np.arange(len(zeros)), np.argmin(distance, axis=1)]
    values = polyval(nearest, fits[0].coefficients.T, tensor=False)
    lost = int(np.isnan(nearest[1:]).sum())
    if lost > _MOST_LOST * len(nearest):
        raise ValueError(
            f"{where} within errors, got none in {lost} of {len(nearest) - 1} resamples"
        )
    samples = np.stack([middle + width * nearest, values], axis=1)
    kept = samples[1:][np.isfinite(nearest[1:])]
    return Crossing(
        sizes=sizes,
        x=float(samples[0, 0]),
        y=float(samples[0, 1]),
        x_error=_spread(kept[:, 0]),
        y_error=_spread(kept[:, 1]),
        chi_square=(fits[0].chi_square, fits[1].chi_square),
        samples=samples[1:],
    )


def _roots(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the real zeros of differences of polynomials, float64 (polynomial, degree).

    They are the eigenvalues of companion matrices; NaN stands for complex ones.
    """
    width = max(first.shape[1], second.shape[1])
    difference = np.zeros((len(first), width))
    difference[:, : first.shape[1]] += first
    difference[:, : second.shape[1]] -= second
    lead = difference[:, -1:]
    monic = difference[:, :-1] / np.where(lead == 0.0, 1e-30, lead)
    companion = np.zeros((len(first), width - 1, width - 1))
    companion[:, :, -1] = -monic
    inner = np.arange(width - 2)
    companion[:, inner + 1, inner] = 1.0
    values = np.linalg.eigvals(companion)
    return np.where(np.abs(values.imag) < 1e-9, values.real, np.nan)


def _spread(values: FloatArray) -> float:
    """Half of the central 68.27 % interval: the standard error, unmoved by a few outliers."""
    low, high = np.percentile(values, [15.865, 84.135])
    return float(high - low) / 2.0
