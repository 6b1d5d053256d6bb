"""What is known about ln Z of a machine, and how well."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Fewer effective chains than this, and 95 % intervals hold less often than they say.
FEW = 50.0


class LogPartition(float):
    r"""Ln Z of a machine: a float that knows how well it is known.

    Attributes
    ----------
    standard_error : float
        Of ln Z; 0 where it is exact.
    interval : tuple of float
        A 95 % confidence interval of ln Z, not symmetric.
    effective_sample_size : float
        :math:`(\sum_c w_c)^2 / \sum_c w_c^2` of the weights w of the chains.
    log_weights : ndarray of float64, (chains,)
        ln of the weights: ln Z is ln of their mean, in reverse minus that; empty where exact.
    betas : ndarray of float64
        The ladder, from 0 (the base machine) to 1; empty where it is exact.
    base_bias : ndarray of float32, (n_visible,)
        Visible biases of the base machine; empty where it is exact.
    method : str

    Notes
    -----
    The mean of skewed weights is not normal: where it is too small, so is its standard error. The
    interval is that of P. Hall's cubic transformation of Student's t (Journal of the Royal
    Statistical Society B 54 (1992) 221), which takes away the skewness, mapped by the logarithm. It
    is widened by the rounding of the float32 sums that chains are drawn with. It knows what the
    chains have seen: modes of the machine that none of them found are missing from the estimate
    and from its error.
    """

    standard_error: float
    interval: tuple[float, float]
    effective_sample_size: float
    log_weights: Floats
    betas: Floats
    base_bias: npt.NDArray[np.float32]
    method: str

    def __new__(
        cls,
        log_z: float,
        standard_error: float = 0.0,
        interval: tuple[float, float] | None = None,
        **known: Any,
    ) -> LogPartition:
        """Make ln Z, exact by default; `known` are attributes."""
        self = super().__new__(cls, log_z)
        self.standard_error = standard_error
        self.interval = (float(log_z), float(log_z)) if interval is None else interval
        self.effective_sample_size = known.get("effective_sample_size", math.inf)
        self.log_weights = known.get("log_weights", np.empty(0))
        self.betas = known.get("betas", np.empty(0))
        self.base_bias = known.get("base_bias", np.empty(0, dtype=np.float32))
        self.method = known.get("method", "exact")
        return self

    @property
    def log_z(self) -> float:
        """The number itself: ln Z in nats."""
        return float(self)

    @property
    def reliable(self) -> bool:
        """Whether there are at least 50 effective chains: below, the interval is too short."""
        return self.effective_sample_size >= FEW

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        known = ("effective_sample_size", "log_weights", "betas", "base_bias", "method")
        return (
            (float(self), self.standard_error, self.interval),
            {name: getattr(self, name) for name in known},
        )

    def __repr__(self) -> str:
        if self.method == "exact":
            return f"LogPartition({float(self):.10g}, exact)"
        low, high = self.interval
        return (
            f"LogPartition({float(self):.6f} +- {self.standard_error:.2g}, 95 % in "
            f"[{low:.6f}, {high:.6f}], {self.effective_sample_size:.0f} effective of "
            f"{len(self.log_weights)} chains, {self.method})"
        )


def log_mean(log_weights: Floats) -> tuple[float, float, tuple[float, float], float]:
    """Return ln of a mean of weights: value, standard error, 95 % interval, effective chains."""
    from scipy import special  # slow to import

    count = len(log_weights)
    largest = float(log_weights.max())
    weights = np.exp(log_weights - largest)
    mean = float(weights.mean())
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    value = largest + math.log(mean)
    if count < 2:
        return value, math.inf, (-math.inf, math.inf), effective
    deviation = weights - mean
    spread = float(np.sqrt((deviation**2).mean()))
    error = spread / mean / math.sqrt(count - 1)
    if spread <= 1e-14 * mean:
        return value, error, (value, value), effective
    skewness = float((deviation**3).mean()) / spread**3
    quantile = float(special.stdtrit(count - 1, 0.975)) / math.sqrt(count - 1)

    def limit(t: float) -> float:
        bound = mean - spread * _untransformed(t, skewness, count)
        return largest + math.log(bound) if bound > 0.0 else -math.inf

    return value, error, (limit(quantile), limit(-quantile)), effective


def _untransformed(t: float, skewness: float, count: int) -> float:
    """Solve T + g T^2 / 3 + g^2 T^3 / 27 + g / (6 n) = t for T: Hall's transformation, undone."""
    shifted = t - skewness / (6.0 * count)
    if abs(skewness) < 1e-6:
        return shifted
    return float(3.0 / skewness * (np.cbrt(1.0 + skewness * shifted) - 1.0))
