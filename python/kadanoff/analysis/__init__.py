"""Statistics of Monte Carlo series: errors, autocorrelation, convergence.

All functions take arrays of shape (replica, draw). Autocorrelation times are in draws, with
``tau_int = 1/2 + sum of rho(t)``, so that ``ess = n / (2 tau_int)``.
"""

from __future__ import annotations

from .derived import binder
from .estimators import effective_sample_size, integrated_time, split_r_hat, standard_error
from .resampling import Jackknife, jackknife
from .summary import Estimate, Summary

__all__ = [
    "Estimate",
    "Jackknife",
    "Summary",
    "binder",
    "effective_sample_size",
    "integrated_time",
    "jackknife",
    "split_r_hat",
    "standard_error",
]
