"""The square-lattice Ising model on a finite torus without field: Kaufman's solution."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .onsager import checked_beta, checked_coupling, checked_product, scalar_or_array

if TYPE_CHECKING:
    from typing import TypeAlias

    from .onsager import FloatOrArray

    Extended: TypeAlias = NDArray[np.longdouble]

# Log Z of a large torus is ~ 1e6 and its four terms differ by order one, so sums run in the
# longest float of the platform (64 bits of mantissa on x86, 113 on aarch64).
_EXTENDED = np.longdouble
_CHUNK = 1 << 16  # elements (temperatures times gammas) at a time


@dataclass(frozen=True, eq=False)
class KaufmanResult:
    """Exact averages of a finite square torus, from `kaufman`.

    Every field but `n_sites` is a float for a scalar `beta`, else a float64 array of its shape.

    Attributes
    ----------
    log_z
        ln Z per site.
    log_z_total
        ln Z of the whole torus.
    energy
        Energy per site.
    specific_heat
        Specific heat per site, beta^2 (<E^2> - <E>^2) / N, with k_B = 1.
    n_sites
        Number of sites N.
    """

    log_z: FloatOrArray
    log_z_total: FloatOrArray
    energy: FloatOrArray
    specific_heat: FloatOrArray
    n_sites: int


class _Series(NamedTuple):
    """A function of K with its first and second derivative."""

    value: Extended
    first: Extended
    second: Extended


def kaufman(shape: int | Sequence[int], beta: ArrayLike, coupling: float = 1.0) -> KaufmanResult:
    """Exact solution of the Ising model on a finite square torus, without field.

    Parameters
    ----------
    shape : int or (int, int)
        Extents (Ly, Lx) >= 1 of the periodic lattice, L for (L, L). As in `kadanoff.Square`, each
        site has one bond to its next neighbour along each axis: the bonds of an extent of 2 are
        double, and an extent of 1 bonds a site with itself.
    beta : float or array_like of float
        Inverse temperature, finite and >= 0, any shape, in units of 1 / energy.
    coupling : float
        J, in units of energy. A negative J (antiferromagnet) needs even extents, where its
        averages are those of abs(J).

    Returns
    -------
    KaufmanResult
        Averages and log_z per site, and log_z_total: floats for a scalar `beta`, else float64
        arrays.

    Raises
    ------
    TypeError
        An argument is of the wrong type.
    ValueError
        `shape` is not two extents >= 1, `beta` is negative, infinite or NaN, `coupling` or the
        product is not finite, or `coupling` is negative on an odd extent.

    Notes
    -----
    B. Kaufman, Phys. Rev. 76, 1232 (1949). For an m x n torus, K = beta J::

        Z = (1/2) (2 sinh 2K)^(mn/2) [ prod 2 cosh(m g_odd / 2) + prod 2 sinh(m g_odd / 2)
                                     + prod 2 cosh(m g_even / 2) + prod 2 sinh(m g_even / 2) ]

    over the n odd and the n even g_r, 0 <= r < 2n, cosh g_r = cosh 2K coth 2K - cos(pi r / n),
    all positive but g_0 = 2K + ln tanh K: negative above T_c, and the fourth product with it.
    A positive g_0 there makes Z up to twice as large.

    The derivatives are analytic. Below T_c the sums are mapped by Kramers and Wannier's duality
    to those above, so the powers of sinh 2K neither overflow nor cancel. Relative errors up to
    1024 x 1024, with x86's long double: 1e-15 (log Z, energy), 1e-13 (specific heat for
    K <= 3; beyond, where it falls below 1e-7, 1e-22 absolute). Where long double is no longer
    than double: 1e-14 and 1e-12.

    Examples
    --------
    >>> import kadanoff as kd
    >>> exact = kd.exact.kaufman((16, 16), beta=0.44)
    >>> round(exact.energy, 6), round(exact.specific_heat, 6), round(exact.log_z, 6)
    (-1.447743, 1.505989, 0.9312)
    """
    extents = _checked_shape(shape)
    betas = checked_beta("kaufman", beta)
    j = checked_coupling("kaufman", coupling)
    if j < 0 and any(extent % 2 for extent in extents):
        raise ValueError(
            f"[kaufman] expected coupling >= 0 on a torus with an odd extent, got {j} on {extents}"
        )
    j = abs(j)
    checked_product("kaufman", betas, j)
    m, n = max(extents), min(extents)
    flat = betas.ravel()
    rows = max(1, _CHUNK // n)
    parts = [_torus(m, n, flat[i : i + rows], j) for i in range(0, max(flat.size, 1), rows)]
    log_z, energy, heat = (
        np.concatenate(columns).reshape(betas.shape) for columns in zip(*parts, strict=True)
    )
    return KaufmanResult(
        log_z=scalar_or_array(log_z),
        log_z_total=scalar_or_array(log_z * (m * n)),
        energy=scalar_or_array(energy),
        specific_heat=scalar_or_array(heat),
        n_sites=m * n,
    )


def _checked_shape(shape: int | Sequence[int]) -> tuple[int, int]:
    """The two extents, or the error of the public call."""
    try:
        entries = list(shape) if isinstance(shape, (Sequence, np.ndarray)) else [shape, shape]
        extents = [_index(entry) for entry in entries]
    except TypeError:
        raise TypeError(f"[kaufman] expected shape as two integers, got {shape!r}") from None
    if len(extents) != 2 or min(extents) < 1:
        raise ValueError(f"[kaufman] expected two extents >= 1, got {shape!r}")
    return extents[0], extents[1]


def _index(entry: SupportsIndex) -> int:
    """An integer that is not a bool."""
    if isinstance(entry, (bool, np.bool_)):
        raise TypeError
    return operator.index(entry)


def _torus(
    m: int, n: int, beta: NDArray[np.float64], coupling: float
) -> tuple[Extended, Extended, Extended]:
    """ln Z, energy and specific heat, each per site, with m rows in the exponents and n gammas."""
    k = beta.astype(_EXTENDED) * _EXTENDED(coupling)
    decay = np.exp(-4 * k)
    critical = np.log1p(np.sqrt(_EXTENDED(2))) / 2
    ordered = k > critical
    # S = min(sinh 2K, 1 / sinh 2K), which is sinh of twice the smaller of K and its dual.
    s = np.where(
        ordered,
        2 * np.exp(-2 * k) / np.where(ordered, 1 - decay, 1),
        np.sinh(2 * np.minimum(k, critical)),
    )
    total = _log_sum(m, n, s, sign=np.where(ordered, 1, -1))
    f, f1, f2 = (part / (m * n) for part in total)
    # ln Z(K) = N ln sinh 2K + F(K*), dK*/dK = -S, d(ln sinh 2K)/dK = 2 cosh 2K*.
    c = np.sqrt(1 + s * s)
    log_sinh = 2 * k + np.log1p(-np.where(ordered, decay, 0)) - np.log(_EXTENDED(2))
    log_z = np.where(ordered, log_sinh + f, f)
    first = np.where(ordered, 2 * c - s * f1, f1)
    second = np.where(ordered, s * (2 * c * f1 + s * (f2 - 4)), f2)
    # Beyond K = 1e4 the second derivative is 0, and K^2 might overflow.
    heat = np.minimum(k, 1e4) ** 2 * np.maximum(second, 0)
    return log_z, -_EXTENDED(coupling) * first + 0, heat


def _log_sum(m: int, n: int, s: Extended, sign: NDArray[np.int64]) -> _Series:
    """ln[(Z_1 + Z_2 + Z_3 + sign Z_4) / 2] for sinh 2K = s <= 1, and its K derivatives.

    `sign` is that of g_0: -1 in the phase above T_c, +1 for the dual of the one below.
    """
    even, odd = np.arange(2, 2 * n, 2), np.arange(1, 2 * n, 2)
    c = np.sqrt(1 + s * s)
    zero, power = _zero_gamma(m, s, c)
    # The cosines of all odd, or all even, angles add up to 0 unless n = 1.
    shift = m if n == 1 else 0
    terms = [
        *_products(m, n, odd, s, c, extra=None, shift=shift),
        *_products(m, n, even, s, c, extra=zero, shift=-shift),
    ]
    signs = [1, 1, 1, sign]
    factors = [None, None, 1, -1]  # Z_3 holds 1 + power, Z_4 holds sign (1 - power)
    top = np.maximum.reduce([term.value for term in terms])
    centre = terms[0].first
    sums = [np.zeros_like(s) for _ in range(3)]
    for term, sgn, factor in zip(terms, signs, factors, strict=True):
        weight = sgn * np.exp(term.value - top)
        tau = term.first - centre  # derivatives of the small ratios, so that nothing large cancels
        h0, h1, h2 = (
            (1, 0, 0)
            if factor is None
            else (1 + factor * power.value, factor * power.first, factor * power.second)
        )
        sums[0] += weight * h0
        sums[1] += weight * (tau * h0 + h1)
        sums[2] += weight * ((term.second + tau * tau) * h0 + 2 * tau * h1 + h2)
    mean = sums[1] / sums[0]
    return _Series(top + np.log(sums[0] / 2), centre + mean, sums[2] / sums[0] - mean * mean)


def _products(
    m: int,
    n: int,
    r: NDArray[np.int64],
    s: Extended,
    c: Extended,
    extra: _Series | None,
    shift: int,
) -> tuple[_Series, _Series]:
    """ln prod (2 sinh 2K)^(m/2) 2 cosh(m g_r / 2), and with sinh, over the gammas r.

    Each factor is lambda^m (1 +- w^m) with lambda = (2 sinh 2K)^(1/2) e^(g/2) and w = e^-g.
    `extra` is ln lambda of g_0 (without its 1 +- w^m), `shift` minus m times the sum of cosines.
    """
    growth, decay = _gammas(n, r, s[:, None], c[:, None])
    base = [m * part.sum(axis=1) for part in growth]
    if extra is not None:
        base = [part + m * added for part, added in zip(base, extra, strict=True)]
    base[1] = base[1] + shift
    x = _power(decay, m)
    result = []
    for sign in (1, -1):
        slope = sign * x.first / (1 + sign * x.value)
        bend = sign * x.second / (1 + sign * x.value) - slope * slope
        parts = np.log1p(sign * x.value), slope, bend
        result.append(_Series(*(b + part.sum(axis=1) for b, part in zip(base, parts, strict=True))))
    return result[0], result[1]


def _gammas(n: int, r: NDArray[np.int64], s: Extended, c: Extended) -> tuple[_Series, _Series]:
    """ln lambda_r and w_r = e^(-g_r) for r >= 1, with derivatives; s = sinh 2K <= 1, c = cosh 2K.

    With a = c^2 - s cos(pi r / n) and R^2 = a^2 - s^2, lambda^2 = 2 (a + R) and w = s / (a + R).
    The first derivative of ln lambda is given plus cos(pi r / n): that sum is of order s, and the
    cosines, of order 1, are left out because they add up to 0.
    """
    pi = 4 * np.arctan(_EXTENDED(1))
    v = 2 * np.sin(r.astype(_EXTENDED) * pi / (2 * n)) ** 2
    cosine, sine_squared = 1 - v, v * (2 - v)
    p = (1 - s) ** 2 + s * v  # a - s
    q = 1 + s * s + s * v  # a + s
    p1, q1 = 2 * c * (v - 2 * (1 - s)), 2 * c * (v + 2 * s)
    root = np.sqrt(p * q)
    root1 = 0.5 * root * (p1 / p + q1 / q)
    top, top1 = p + s + root, p1 + 2 * c + root1  # a + R
    # R - c = s z / (R + c).
    z = c * c * s - 2 * c * c * cosine - s * sine_squared
    z1 = 4 * c * s * s + 2 * c**3 - 8 * c * s * cosine - 2 * c * sine_squared
    bracket = 2 * c + cosine * z / (root + c) - c / top
    bracket1 = (
        4 * s
        + cosine * (z1 - z * (root1 + 2 * s) / (root + c)) / (root + c)
        - (2 * s - c * top1 / top) / top
    )
    growth1 = s * bracket / root
    growth2 = (2 * c * bracket + s * bracket1 - growth1 * root1) / root
    below = root * top
    w1 = 2 * c * (1 - s) * (1 + s) / below
    w2 = (4 * s * (1 - s * s) - 8 * c * c * s - w1 * (root1 * top + root * top1)) / below
    growth = _Series(0.5 * np.log(2 * top), growth1, growth2)
    return growth, _Series(s / top, w1, w2)


def _zero_gamma(m: int, s: Extended, c: Extended) -> tuple[_Series, _Series]:
    """ln lambda and w^m of |g_0|, above T_c: lambda = 1 + e^(-2K), w = e^(2K) tanh K."""
    t = s / (1 + c)  # tanh K
    t1 = 1 - t * t
    growth = _Series(np.log1p(c - s), t, t1)
    bracket = 2 * t + t1
    w = _Series((c + s) * t, (c + s) * bracket, (c + s) * (2 * bracket + 2 * (1 - t) * t1))
    return growth, _power(w, m)


def _power(w: _Series, m: int) -> _Series:
    """w^m and its derivatives."""
    lower = w.value ** max(m - 1, 0)
    lowest = w.value ** max(m - 2, 0)
    first = m * lower * w.first
    second = m * (m - 1) * lowest * w.first**2 + m * lower * w.second
    return _Series(w.value**m, first, second)
