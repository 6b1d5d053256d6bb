"""Whether two sets of states come from one distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

Floats = npt.NDArray[np.float64]
Kernel = Callable[[Floats], Floats]

BLOCK = 1024
"""Rows of a block of the matrix of distances, which is never there as a whole."""

MEDIAN_ROWS = 1000
"""The median distance is that of so many states of both sets."""

_EXACT_IN_FLOAT32 = 2.0**24


@dataclass(frozen=True)
class TwoSample:
    """A distance between two sets of states, and what it is between random parts of their union.

    Attributes
    ----------
    value : float
        The estimated distance; without bias, so below 0 about as often as above where both sets
        come from one distribution.
    null : ndarray of float64, (permutations,)
        The same of random parts of the union, as large as the sets.
    """

    value: float
    null: Floats

    @property
    def p_value(self) -> float:
        """Probability of a distance so large by chance; at least 1 / (permutations + 1)."""
        margin = 1e-9 * float(np.abs(self.null).max())
        reached = int((self.null >= self.value - margin).sum())
        return (1 + reached) / (1 + len(self.null))

    @property
    def z(self) -> float:
        """The distance in standard deviations of those by chance; NaN where these are all equal."""
        spread = float(self.null.std(ddof=1)) if len(self.null) > 1 else 0.0
        return (self.value - float(self.null.mean())) / spread if spread > 0.0 else math.nan

    def __repr__(self) -> str:
        return f"TwoSample({self.value:.4g}, z = {self.z:.2f}, p = {self.p_value:.3g})"


def energy_distance(
    samples: npt.ArrayLike, data: npt.ArrayLike, permutations: int = 199, seed: int = 1
) -> TwoSample:
    r"""Estimate the energy distance between two sets of states, and whether it is there by chance.

    Parameters
    ----------
    samples, data : array_like of real numbers, (n, ...) and (m, ...)
        Two states or more in each; of a state, all axes are taken together. They are to be
        independent of each other, such as the last states of chains, not of draws in a row.
    permutations : int
        How many random parts of the union the value is compared with; at least 1.
    seed : int
        Of the permutations.

    Returns
    -------
    TwoSample

    Raises
    ------
    TypeError, ValueError

    Notes
    -----
    .. math:: \mathcal E = 2\,\mathrm E|X - Y| - \mathrm E|X - X'| - \mathrm E|Y - Y'| \ge 0

    with Euclidean distances; 0 if and only if the distributions are equal (G. J. Szekely and M. L.
    Rizzo, J. Stat. Plan. Inference 143 (2013) 1249, equation 2). Means run over pairs of two
    different states. Time grows as
    ``(n + m)^2 (units + permutations)``: 10 s of a core for twice 10^4 states of 784 units; memory
    does not.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> draw = np.random.default_rng(1).random
    >>> kd.rbm.energy_distance(draw((200, 10)) < 0.5, draw((300, 10)) < 0.5).p_value > 0.01
    True
    >>> kd.rbm.energy_distance(draw((200, 10)) < 0.5, draw((300, 10)) < 0.6).p_value
    0.005
    """
    pooled, first = _pooled("energy_distance", samples, data)
    return _compare("energy_distance", pooled, first, lambda d: -np.sqrt(d), permutations, seed)


def mmd(
    samples: npt.ArrayLike,
    data: npt.ArrayLike,
    bandwidth: float | None = None,
    permutations: int = 199,
    seed: int = 1,
) -> TwoSample:
    r"""Estimate the squared maximum mean discrepancy, and whether it is there by chance.

    Parameters
    ----------
    samples, data, permutations, seed
        As for `energy_distance`.
    bandwidth : float, optional
        Sigma of the kernel, above 0; by default the median distance of a thousand states of both
        sets (the mean one where that is 0).

    Returns
    -------
    TwoSample

    Raises
    ------
    TypeError, ValueError

    Notes
    -----
    .. math:: \mathrm{MMD}^2 = \mathrm E\,k(X, X') + \mathrm E\,k(Y, Y') - 2\,\mathrm E\,k(X, Y),
              \qquad k(x, y) = e^{-|x - y|^2 / 2 \sigma^2}

    over pairs of two different states (A. Gretton et al., J. Mach. Learn. Res. 13 (2012) 723,
    equation 3). Between states of 0 and 1 the squared distance is the Hamming distance, so this is
    the exponential Hamming kernel.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> draw = np.random.default_rng(1).random
    >>> kd.rbm.mmd(draw((200, 10)) < 0.5, draw((300, 10)) < 0.6).p_value
    0.005
    """
    pooled, first = _pooled("mmd", samples, data)
    if bandwidth is None:
        sigma = _typical_distance(pooled)
    else:
        sigma = arguments.positive("mmd", "bandwidth", bandwidth)
    scale = -0.5 / sigma**2
    return _compare("mmd", pooled, first, lambda d: np.exp(scale * d), permutations, seed)


def _pooled(
    call: str, samples: npt.ArrayLike, data: npt.ArrayLike
) -> tuple[npt.NDArray[np.floating], int]:
    """Return both sets as rows of one array, and how many rows are the first.

    float32 where that makes squared distances exact, else float64 about the common mean.
    """
    sets = []
    for name, values in (("samples", samples), ("data", data)):
        array = arguments.array(call, name, values)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"[{call}] expected real numbers for {name}, got dtype {array.dtype}")
        if array.ndim < 1 or len(array) < 2 or array.size == 0:
            wanted = f"{name} of shape (2 or more, ...)"
            raise ValueError(f"[{call}] expected {wanted}, got shape {array.shape}")
        sets.append(array.reshape(len(array), -1))
    if sets[0].shape[1] != sets[1].shape[1]:
        extents = " and ".join(str(one.shape[1]) for one in sets)
        raise ValueError(f"[{call}] expected states of one size, got {extents} units")
    if all(one.dtype.kind in "biu" for one in sets):
        largest = max(float(np.abs(one.astype(np.float64)).max()) for one in sets)
        if 4.0 * largest**2 * sets[0].shape[1] <= _EXACT_IN_FLOAT32:
            return np.concatenate([one.astype(np.float32) for one in sets]), len(sets[0])
    pooled = np.concatenate([one.astype(np.float64) for one in sets])
    if not np.isfinite(pooled).all():
        raise ValueError(f"[{call}] expected finite states, got NaN or infinity")
    if np.abs(pooled).max() > 1e150:
        raise ValueError(f"[{call}] expected states of at most 1e150, got {np.abs(pooled).max():g}")
    return pooled - pooled.mean(axis=0), len(sets[0])


def _squared(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> Floats:
    """Return squared distances of all rows of `first` from all of `second`."""
    squares = first @ second.T
    squares *= -2.0
    squares += (first * first).sum(axis=1)[:, None]
    squares += (second * second).sum(axis=1)
    return np.asarray(np.maximum(squares, 0.0), dtype=np.float64)


def _typical_distance(pooled: npt.NDArray[np.floating]) -> float:
    chosen = pooled[np.linspace(0, len(pooled) - 1, min(len(pooled), MEDIAN_ROWS)).astype(int)]
    squares = _squared(chosen, chosen)[np.triu_indices(len(chosen), 1)]
    for value in (float(np.median(squares)), float(squares.mean())):
        if value > 0.0:
            return math.sqrt(value)
    return 1.0


def _compare(
    call: str,
    pooled: npt.NDArray[np.floating],
    first: int,
    kernel: Kernel,
    permutations: int,
    seed: int,
) -> TwoSample:
    """Return mean kernel within both sets less that between them, of these and of random sets."""
    permutations = arguments.integer(call, "permutations", permutations, 1, 10**6)
    seed = arguments.fixed_seed(call, seed)
    count = len(pooled)
    chosen = np.zeros((count, permutations + 1))
    chosen[:first, 0] = 1.0
    generator = np.random.default_rng(seed)
    for column in range(1, permutations + 1):
        chosen[generator.permutation(count)[:first], column] = 1.0
    within, ones, total = _sums(pooled, chosen, kernel)
    second = count - first
    across = ones - within
    others = total - 2.0 * ones + within
    values = (
        within / (first * (first - 1))
        + others / (second * (second - 1))
        - 2.0 * across / (first * second)
    )
    return TwoSample(float(values[0]), values[1:])


def _sums(
    pooled: npt.NDArray[np.floating], chosen: Floats, kernel: Kernel
) -> tuple[Floats, Floats, float]:
    """Return s.K.s and s.K.1 of each column s, and 1.K.1, for the kernel K without its diagonal.

    A constant added to K changes no distance; taking its mean off leaves small sums.
    """
    count = len(pooled)
    shift = float(kernel(_squared(pooled[:64], pooled[-64:])).mean())
    within, ones, total = np.zeros(chosen.shape[1]), np.zeros(chosen.shape[1]), 0.0
    for start in range(0, count, BLOCK):
        rows = pooled[start : start + BLOCK]
        for other in range(start, count, BLOCK):
            columns = pooled[other : other + BLOCK]
            values = kernel(_squared(rows, columns)) - shift
            factor = 2.0
            if other == start:
                np.fill_diagonal(values, 0.0)
                factor = 1.0
            left, right = chosen[start : start + BLOCK], chosen[other : other + BLOCK]
            within += factor * np.einsum("ip,ip->p", left, values @ right)
            ones += values.sum(axis=1) @ left
            if other != start:
                ones += values.sum(axis=0) @ right
            total += factor * float(values.sum())
    return within, ones, total
