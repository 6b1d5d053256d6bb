"""The infinite square-lattice Ising model without field: Onsager's and Yang's solution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from typing import TypeAlias

    FloatOrArray: TypeAlias = float | NDArray[np.float64]

# K_c = ln(1 + sqrt 2) / 2 as an unevaluated sum: with it K - K_c is exact to the last bit of K.
_CRITICAL_HIGH = 0.4406867935097715
_CRITICAL_LOW = -1.125272946412933e-17
# Distance below which a float64 K is taken as K_c itself; 4 units in the last place.
_CRITICAL_WIDTH = 2.0**-52

# The trapezoidal rule of `_log_z`: its integrand is analytic for |Im t| < pi/2, so the error is
# exp(-pi^2 / step) = 7e-18; the tail beyond ln(2 / k') + _TAIL is below exp(-_TAIL).
_STEP = 0.25
_TAIL = 42.0
_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class OnsagerResult:
    """Exact averages of the infinite square lattice, from `onsager`.

    Every field is a float for a scalar `beta`, else a float64 array of the shape of `beta`.

    Attributes
    ----------
    energy
        Energy per site.
    specific_heat
        Specific heat per site, d(energy)/dT, with k_B = 1; inf at the critical temperature.
    free_energy
        Free energy per site, -log_z / beta; -inf at beta = 0.
    log_z
        ln Z per site.
    magnetization
        Spontaneous magnetisation per site, 0 at and above the critical temperature. For a
        negative coupling it is the staggered magnetisation; the uniform one is 0.
    """

    energy: FloatOrArray
    specific_heat: FloatOrArray
    free_energy: FloatOrArray
    log_z: FloatOrArray
    magnetization: FloatOrArray


def critical_temperature(coupling: float = 1.0) -> float:
    """Critical temperature of the infinite square lattice, 2 abs(J) / ln(1 + sqrt 2).

    Parameters
    ----------
    coupling : float
        J, in units of energy; its sign does not matter.

    Returns
    -------
    float
        T_c in units of energy (k_B = 1).

    Raises
    ------
    TypeError, ValueError
        `coupling` is not a finite real number.

    Notes
    -----
    H. A. Kramers and G. H. Wannier, Phys. Rev. 60, 252 (1941).

    Examples
    --------
    >>> import kadanoff as kd
    >>> round(kd.exact.critical_temperature(), 6)
    2.269185
    """
    return abs(checked_coupling("critical_temperature", coupling)) / _CRITICAL_HIGH


def onsager(beta: ArrayLike, coupling: float = 1.0) -> OnsagerResult:
    """Exact solution of the Ising model on the infinite square lattice, without field.

    Parameters
    ----------
    beta : float or array_like of float
        Inverse temperature, finite and >= 0, any shape, in units of 1 / energy.
    coupling : float
        J, in units of energy. A negative J is the antiferromagnet: the same energy, specific
        heat and log Z as abs(J), and a staggered order.

    Returns
    -------
    OnsagerResult
        Averages per site: floats for a scalar `beta`, else float64 arrays of its shape.

    Raises
    ------
    TypeError
        `beta` or `coupling` is not real.
    ValueError
        `beta` is negative, infinite or NaN, or `coupling` or the product is not finite.

    Notes
    -----
    With K = beta abs(J) and s = sinh 2K, modulus k = 2 s / (1 + s^2) (L. Onsager, Phys. Rev. 65,
    117 (1944); C. N. Yang, Phys. Rev. 85, 808 (1952))::

        ln Z / N = ln(sqrt 2 cosh 2K) + (1/pi) int_0^{pi/2} ln(1 + sqrt(1 - k^2 sin^2 a)) da
        u = -abs(J) coth 2K [1 + (2/pi) (2 tanh^2 2K - 1) K(k)]
        m = (1 - s^-4)^(1/8) below T_c

    The energy and its derivative are evaluated after Landen's transformation to the modulus
    x^2, x = min(s, 1/s), in a form that has no cancellation at any temperature. Where K is
    within 2^-52 of K_c = ln(1 + sqrt 2) / 2 (no float64 is K_c) the specific heat is inf.

    Examples
    --------
    >>> import kadanoff as kd
    >>> exact = kd.exact.onsager(0.5)
    >>> round(exact.energy, 6), round(exact.specific_heat, 6), round(exact.magnetization, 6)
    (-1.745565, 0.724871, 0.911319)
    """
    betas = checked_beta("onsager", beta)
    j = abs(checked_coupling("onsager", coupling))
    k = checked_product("onsager", betas, j)
    distance = (k - _CRITICAL_HIGH) - _CRITICAL_LOW
    x, y = _modulus(k, distance)
    energy, specific_heat = _energy_and_specific_heat(k, x, y, ordered=distance > 0)
    specific_heat = np.where(np.abs(distance) <= _CRITICAL_WIDTH, np.inf, specific_heat)
    log_z = _log_z(k, x, y)
    with np.errstate(divide="ignore", over="ignore"):
        free_energy = -log_z / betas
    order = np.where(distance > 0, _complement(x, y) ** 0.125, 0.0)
    return OnsagerResult(
        energy=scalar_or_array(-j * energy + 0.0),
        specific_heat=scalar_or_array(specific_heat),
        free_energy=scalar_or_array(free_energy),
        log_z=scalar_or_array(log_z),
        magnetization=scalar_or_array(order),
    )


def checked_beta(function: str, beta: ArrayLike, *, positive: bool = False) -> NDArray[np.float64]:
    """`beta` as a float64 array, or the error of the public call `function`."""
    try:
        values = np.asarray(beta)
    except ValueError:  # a ragged sequence
        values = np.empty(0, dtype=object)
    if values.dtype.kind not in "iuf":
        raise TypeError(f"[{function}] expected beta as a real number or an array, got {beta!r}")
    values = values.astype(np.float64)
    bad = ~(np.isfinite(values) & ((values > 0) if positive else (values >= 0)))
    if bad.any():
        bound = "> 0" if positive else ">= 0"
        raise ValueError(f"[{function}] expected finite beta {bound}, got {values[bad].flat[0]}")
    return values


def checked_coupling(function: str, coupling: float) -> float:
    """`coupling` as a finite float, or the error of the public call `function`."""
    if isinstance(coupling, (bool, np.bool_)) or not isinstance(coupling, Real):
        raise TypeError(f"[{function}] expected coupling as a real number, got {coupling!r}")
    if not math.isfinite(coupling):
        raise ValueError(f"[{function}] expected a finite coupling, got {coupling}")
    return float(coupling)


def checked_product(
    function: str, beta: NDArray[np.float64], coupling: float
) -> NDArray[np.float64]:
    """K = beta * coupling, or the error of the public call `function` where it overflows."""
    with np.errstate(over="ignore"):
        product = np.asarray(beta * coupling)
    if not np.isfinite(product).all():
        largest = beta.max()
        raise ValueError(
            f"[{function}] expected finite beta * coupling, got beta={largest}, coupling={coupling}"
        )
    return product


def scalar_or_array(values: ArrayLike) -> FloatOrArray:
    """A Python float for a zero-dimensional result, else a float64 array."""
    array = np.asarray(values, dtype=np.float64)
    return float(array) if array.ndim == 0 else array


def _modulus(
    k: NDArray[np.float64], distance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x = min(s, 1/s) for s = sinh 2K, and y = 1 - x to full relative accuracy near K_c."""
    decay = np.exp(-4 * np.maximum(k, _CRITICAL_HIGH))
    x = np.where(
        distance > 0, 2 * np.sqrt(decay) / (1 - decay), np.sinh(2 * np.minimum(k, _CRITICAL_HIGH))
    )
    # s - 1 by the addition theorem around 2 K_c, where sinh = 1 and cosh = sqrt 2.
    near = np.minimum(distance, 1.0)
    excess = 2 * np.sinh(near) ** 2 + math.sqrt(2) * np.sinh(2 * near)
    y = np.where(distance > 0, np.where(distance < 1, excess * x, 1 - x), -excess)
    return x, y


def _complement(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 - x^4, the complementary parameter."""
    return np.asarray(y * (1 + x) * (1 + x * x))


def _elliptic(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """F = (2/pi) K(m), (F - 1) / m and (2/pi) (E(m) - (1 - m) K(m)) / m at m = x^4."""
    from scipy.special import ellipkm1, elliprd

    m, m1 = x**4, _complement(x, y)
    first = (2 / np.pi) * ellipkm1(m1)
    # Near m = 0 the hypergeometric series sum_n [(1/2)_n / n!]^2 m^n without its first term.
    small = np.minimum(m, 0.1)
    series, term = np.zeros_like(m), np.full_like(m, 0.25)
    for n in range(2, 20):
        series += term
        term = term * small * ((n - 0.5) / n) ** 2
    growth = np.where(m < 0.1, series, (first - 1) / np.maximum(m, 0.1))
    second = (2 / (3 * np.pi)) * m1 * elliprd(0.0, 1.0, m1)
    return first, growth, second


def _energy_and_specific_heat(
    k: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    ordered: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """-u / abs(J) and the specific heat; see Notes of `onsager`.

    With F, G = (F - 1) / m, b the values of `_elliptic` and c = cosh 2K, above T_c (x = s)::

        -u/J = c [x - (1 - x^2) x^3 G]
        C = K^2 [4 (1 + x^2) F - 4 x^2 b - 2 + 2 (1 - x^2) x^2 G]

    and below (x = 1/s)::

        -u/J = coth 2K [1 + (1 - x^2) F]
        C = K^2 x^4 [2 x^2 G + 6 F - 4 b]
    """
    f, g, b = _elliptic(x, y)
    square = x * x
    rest = y * (1 + x)  # 1 - x^2
    scale = np.sqrt(1 + square)  # cosh 2K above T_c, coth 2K below
    energy = scale * np.where(ordered, 1 + rest * f, x - rest * x * square * g)
    above = 4 * (1 + square) * f - 4 * square * b - 2 + 2 * rest * square * g
    below = 2 * square * g + 6 * f - 4 * b
    # k x^2 is finite for every k below T_c, where k^2 alone may overflow.
    factor = np.where(ordered, k * square, np.minimum(k, 1.0))
    return energy, factor**2 * np.where(ordered, below, above)


def _log_z(
    k: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """ln Z per site, by Onsager's integral in the variable t of tan(pi/2 - a) = k' sinh t.

    It removes the singular point k' -> 0 at the end of the range, so that the trapezoidal rule
    converges exponentially and uniformly in K.
    """
    minor = (y * (1 + x) / (1 + x * x)).ravel()  # the complementary modulus k'
    integral = np.empty_like(minor)
    for start in range(0, minor.size, _CHUNK):
        kp = minor[start : start + _CHUNK, None]
        t = np.arange(0.0, math.log(2 / kp.min()) + _TAIL, _STEP)
        u, slope = kp * np.sinh(t), kp * np.cosh(t)
        values = slope / (1 + u * u) * np.log1p(slope / np.sqrt(1 + u * u))
        values[:, 0] *= 0.5
        integral[start : start + _CHUNK] = _STEP * values.sum(axis=1)
    log_cosh = 2 * k + np.log1p(np.exp(-4 * k)) - math.log(2)
    return np.asarray(0.5 * math.log(2) + log_cosh + integral.reshape(k.shape) / np.pi)
