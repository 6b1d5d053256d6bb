"""Statistics of Monte Carlo series: errors, autocorrelation, convergence.

All functions take arrays of shape (replica, draw). Autocorrelation times are in draws, with
``tau_int = 1/2 + sum of rho(t)``, so that ``ess = n / (2 tau_int)``.
"""

from __future__ import annotations

from .curves import Curve, curve
from .data_collapse import Collapse, collapse
from .derived import binder
from .estimators import effective_sample_size, integrated_time, split_r_hat, standard_error
from .histograms import Histogram, histogram
from .resampling import Jackknife, jackknife
from .reweighting import Peak, Reweighted, reweight
from .scaling import Crossing, Extrapolation, crossing, crossings, extrapolate
from .summary import Estimate, Summary

__all__ = [
    "Collapse",
    "Crossing",
    "Curve",
    "Estimate",
    "Extrapolation",
    "Histogram",
    "Jackknife",
    "Peak",
    "Reweighted",
    "Summary",
    "binder",
    "collapse",
    "crossing",
    "crossings",
    "curve",
    "effective_sample_size",
    "extrapolate",
    "histogram",
    "integrated_time",
    "jackknife",
    "reweight",
    "split_r_hat",
    "standard_error",
]
