"""Partition functions and likelihoods, exact where they can be."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import kadanoff as kd
from kadanoff.rbm.likelihood.partition import LogPartition

from ..rendering import plus_minus

EXACT_UNITS = 24
"""Up to so many units in a layer, log Z is exact."""

SIGMAS = 1.959964
"""Half a 95 % interval, in standard deviations."""


def has_exact(rbm: kd.RBM) -> bool:
    """Whether log Z can be had by summing the states of a layer."""
    return min(rbm.n_visible, rbm.n_hidden) <= EXACT_UNITS


UNRELIABLE = (
    "Warning: few chains carry the estimate of log Z, and its interval is not to be trusted: more "
    "--ais-betas or --ais-chains may help"
)


class AIS(NamedTuple):
    """How log Z is estimated; see `kadanoff.RBM.log_partition`."""

    chains: int
    betas: int | None
    seed: int
    threads: int | None


def exact(rbm: kd.RBM, threads: int | None) -> LogPartition:
    """Return log Z by summing all states of the smaller layer."""
    return rbm.log_partition("exact", threads=threads)


def sampled(rbm: kd.RBM, ais: AIS, data: npt.NDArray[Any]) -> LogPartition:
    """Return log Z by annealed importance sampling from a base that has the means of the data."""
    with warnings.catch_warnings():  # the caller asks whether it is reliable
        warnings.simplefilter("ignore", UserWarning)
        return rbm.log_partition("ais", data=data, **ais._asdict())


class Mean(NamedTuple):
    """A mean over samples, and its standard error."""

    value: float
    error: float

    def __str__(self) -> str:
        return plus_minus(self.value, self.error)


def mean(values: npt.NDArray[np.float64], *, complete: bool = False) -> Mean:
    """Return the mean of values; they are independent ones, or complete: then it has no error."""
    error = 0.0
    if not complete:
        error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return Mean(float(values.mean()), error)
