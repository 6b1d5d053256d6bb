"""Finite-size scaling by data collapse: the critical point and exponents that make one curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import arguments
from .curves import Curve

FloatArray = npt.NDArray[np.float64]

PARAMETERS = ("critical", "nu", "exponent")


class Collapse(NamedTuple):
    """What `collapse` returns.

    Attributes
    ----------
    critical, critical_error : float
        The critical point, in the units of the curves' x.
    nu, nu_error : float
        Exponent of the correlation length.
    exponent, exponent_error : float
        The power b of the size in ``A = L^b f(...)``.
    quality : float
        S of Houdayer and Hartmann at the optimum: about 1 for a good collapse, much above 1 for
        none.
    covariance : ndarray of float64, shape (3, 3)
        Of (critical, nu, exponent); zero for what was fixed.
    """

    critical: float
    critical_error: float
    nu: float
    nu_error: float
    exponent: float
    exponent_error: float
    quality: float
    covariance: FloatArray


class _Points(NamedTuple):
    """All points of all sizes, one after the other."""

    size: FloatArray
    x: FloatArray
    y: FloatArray
    error: FloatArray
    starts: tuple[int, ...]


def collapse(
    curves: Mapping[int, Curve],
    *,
    critical: float,
    nu: float,
    exponent: float = 0.0,
    fixed: Sequence[str] = ("exponent",),
    within: float | None = None,
    bootstrap: int = 50,
    seed: int = 0,
) -> Collapse:
    r"""Find the critical point and exponents for which the curves of all sizes fall on one.

    Parameters
    ----------
    curves : mapping of size to Curve
        At least two sizes, of one dimensionful or dimensionless quantity A; errors above 0.
    critical, nu, exponent : float
        Where the search starts, or the value itself of what is fixed; nu above 0.
    fixed : sequence of {"critical", "nu", "exponent"}
        What is not fitted. A Binder cumulant and xi / L have exponent 0, ``|m|`` has -beta / nu,
        the susceptibility gamma / nu.
    within : float, optional
        Only points with ``|x - critical| L^(1 / nu) <= within`` at the start are used: scaling
        holds near the critical point.
    bootstrap : int
        Resamples for the errors, at least 10; the error of an error is ``1 / sqrt(2 bootstrap)``.
    seed : int
        Of the resampling, which is a pure function of it.

    Returns
    -------
    Collapse

    Raises
    ------
    ValueError
        If too few points overlap, or nothing is left to fit.
    TypeError

    Notes
    -----
    .. math:: A(x, L) = L^b f\left((x - x_c) L^{1 / \nu}\right)

    The quality is the reduced chi-square of each scaled point about a master curve that the points
    of the *other* sizes make (Houdayer and Hartmann 2004, equations 5 to 8, after Kawashima and
    Ito): a straight line through the two points of each other size that enclose it,

    .. math:: S = \frac{1}{N} \sum_{ij} \frac{(y_{ij} - Y_{ij})^2}{dy_{ij}^2 + dY_{ij}^2} .

    It is minimised by the simplex of Nelder and Mead. Errors come from a parametric bootstrap, in
    which all points are drawn anew from normal distributions of their errors and the search is
    repeated; on data that scale exactly they are 10 to 15 % too large. They hold neither
    corrections to scaling nor the curvature of f between neighbouring points: take sizes and
    windows for which the quality is about 1.

    References
    ----------
    J. Houdayer and A. K. Hartmann, Phys. Rev. B 70 (2004) 014418; N. Kawashima and N. Ito, J. Phys.
    Soc. Jpn. 62 (1993) 435.

    Examples
    --------
    >>> import numpy as np
    >>> x, error = np.linspace(-0.2, 0.2, 21), np.full(21, 0.001)
    >>> curves = {size: Curve(x, np.tanh(x * size**0.8), error) for size in (8, 16, 32)}
    >>> found = collapse(curves, critical=0.02, nu=1.0, within=2.0, bootstrap=10)
    >>> bool(abs(found.nu - 1.25) < 0.02)
    True
    """
    start = _checked_start(critical, nu, exponent)
    free = _free(fixed)
    bootstrap = arguments.integer("collapse", "bootstrap", bootstrap, 10, 10**6)
    generator = np.random.default_rng(arguments.fixed_seed("collapse", seed))
    chosen = _chosen(curves, start, within)
    points = _points(chosen)
    if not np.isfinite(quality(points, start)):
        raise ValueError("[collapse] expected sizes that overlap at the start, got none that do")
    steps = _steps(points, start)
    best, value = _search(points, start, free, steps, (1.0, -0.3, 0.1))
    resampled = np.concatenate([one.resample(bootstrap, generator) for one in chosen.values()], 1)
    found = np.array(
        [_search(points._replace(y=y), best, free, steps, (0.3, -0.1))[0] for y in resampled]
    )
    covariance = np.cov(found, rowvar=False) * np.outer(free, free)
    errors = np.sqrt(np.diag(covariance))
    pairs = [(float(v), float(e)) for v, e in zip(best, errors, strict=True)]
    return Collapse(*pairs[0], *pairs[1], *pairs[2], value, covariance)


def quality(points: _Points, parameters: FloatArray) -> float:
    """Compute S for (critical, nu, exponent); infinite where no two sizes overlap or nu <= 0."""
    critical, nu, exponent = parameters
    if nu <= 0.0:
        return float("inf")
    with np.errstate(over="ignore"):
        x = (points.x - critical) * points.size ** (1.0 / nu)
        factor = points.size**-exponent
    y, variance = points.y * factor, (points.error * factor) ** 2
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (variance > 0.0).all()):
        return float("inf")
    neighbours, weight = _neighbours(points, x, variance)
    # The sums are about the point itself, so the line's value there is its intercept.
    distance = x[neighbours] - x
    k, kx, kxx = weight.sum(0), (weight * distance).sum(0), (weight * distance**2).sum(0)
    weighted = weight * y[neighbours]
    ky, kxy = weighted.sum(0), (weighted * distance).sum(0)
    determinant = k * kxx - kx**2
    defined = determinant > 1e-12 * k * kxx
    if not defined.any():
        return float("inf")
    determinant = np.where(defined, determinant, 1.0)
    master = (kxx * ky - kx * kxy) / determinant
    deviation = (y - master) ** 2 / (variance + kxx / determinant)
    return float(deviation[defined].mean())


def _neighbours(
    points: _Points, x: FloatArray, variance: FloatArray
) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Find the two points of each other size that enclose each point, (2 * sizes, point).

    Returns their numbers and weights; the weight is 0 where a size does not enclose the point.
    """
    below, inside = [], []
    for begin, end in zip(points.starts[:-1], points.starts[1:], strict=True):
        above = begin + np.searchsorted(x[begin:end], x, side="right")
        one = (above > begin) & (above < end)
        one[begin:end] = False
        inside.append(one)
        below.append(np.where(one, above - 1, 0))
    numbers = np.stack(below)
    neighbours = np.concatenate([numbers, numbers + 1])
    return neighbours, np.asarray(np.concatenate([inside, inside]) / variance[neighbours])


def _search(
    points: _Points,
    start: FloatArray,
    free: npt.NDArray[np.bool_],
    steps: FloatArray,
    sizes: Sequence[float],
) -> tuple[FloatArray, float]:
    """Minimise S from `start` in the free parameters, by simplices of `sizes` times `steps`.

    S jumps where neighbours change: a fresh simplex gets off such a ledge.
    """
    from scipy import optimize  # at first use, as it takes half a second

    def full(scaled: FloatArray) -> FloatArray:
        parameters: FloatArray = start.copy()
        parameters[free] += scaled * steps[free]
        return parameters

    number = int(free.sum())
    simplex = np.concatenate([np.zeros((1, number)), np.eye(number)])
    best = np.zeros(number)
    for size in sizes:
        result = optimize.minimize(
            lambda scaled: quality(points, full(scaled)),
            best,
            method="Nelder-Mead",
            options={
                "initial_simplex": best + size * simplex,
                "xatol": 0.01 * abs(size),
                "fatol": 1e-4,
            },
        )
        best = result.x
    return full(best), float(result.fun)


def _steps(points: _Points, start: FloatArray) -> FloatArray:
    """Lengths on which the parameters matter: a tenth of the scaled range of the largest size."""
    largest = points.x[points.size == points.size.max()]
    return np.array([0.1 * (largest[-1] - largest[0]), 0.1 * start[1], 0.05])


def _checked_start(critical: float, nu: float, exponent: float) -> FloatArray:
    values = zip(PARAMETERS, (critical, nu, exponent), strict=True)
    start = np.array([arguments.real("collapse", name, value) for name, value in values])
    if start[1] <= 0.0:
        raise ValueError(f"[collapse] expected nu above 0, got {nu}")
    return start


def _free(fixed: Sequence[str]) -> npt.NDArray[np.bool_]:
    names = [fixed] if isinstance(fixed, str) else list(fixed)
    for name in names:
        arguments.choice("collapse", "fixed", name, PARAMETERS)
    free = np.array([name not in names for name in PARAMETERS])
    if not free.any():
        raise ValueError("[collapse] expected something left to fit, got all three fixed")
    return free


def _chosen(
    curves: Mapping[int, Curve], start: FloatArray, within: float | None
) -> dict[int, Curve]:
    if not isinstance(curves, Mapping) or len(curves) < 2:
        raise TypeError(f"[collapse] expected curves of at least two sizes, got {curves!r}")
    chosen = {}
    for size in sorted(curves):
        one = curves[size]
        if not isinstance(one, Curve):
            raise TypeError(f"[collapse] expected a Curve for each size, got {one!r}")
        if within is not None:
            scaled = np.abs(one.x - start[0]) * size ** (1.0 / start[1])
            one = one.select(scaled <= arguments.real("collapse", "within", within))
        if len(one) < 2 or not (one.standard_error > 0.0).all():
            raise ValueError(
                f"[collapse] expected at least 2 points with errors above 0, got {len(one)} of "
                f"size {size}"
            )
        chosen[size] = one
    return chosen


def _points(curves: Mapping[int, Curve]) -> _Points:
    lengths = [len(one) for one in curves.values()]
    return _Points(
        size=np.repeat(np.array(list(curves), dtype=np.float64), lengths),
        x=np.concatenate([one.x for one in curves.values()]),
        y=np.concatenate([one.mean for one in curves.values()]),
        error=np.concatenate([one.standard_error for one in curves.values()]),
        starts=tuple(np.cumsum([0, *lengths]).tolist()),
    )
