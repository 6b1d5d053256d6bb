"""Markov chains whose proposals are independent samples of a network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.run import Run

FloatArray = npt.NDArray[np.float64]


class MarkovChains(NamedTuple):
    """What `VariationalFreeEnergy.markov_chains` returns.

    Attributes
    ----------
    run : kadanoff.Run
        "energy" and "magnetization" per site; a replica is a chain. `Run.summary` has errors and
        autocorrelation times, in steps.
    acceptance : float
        Proposals accepted, of all after thermalisation.
    longest_stay : int
        Most steps for which a chain stayed where it was.
    """

    run: Run
    acceptance: float
    longest_stay: int


class Path(NamedTuple):
    """Which proposal each chain is at after each step, int64 (step, chain); moves, bool."""

    at: npt.NDArray[np.int64]
    accepted: npt.NDArray[np.bool_]


def walk(log_weights: FloatArray, uniforms: FloatArray) -> Path:
    r"""Let independent chains accept or reject their proposals.

    Parameters
    ----------
    log_weights : ndarray of float64, (proposal, chain)
        :math:`\ln w = -\beta E - \ln q` of the proposals; the chains begin at the first ones.
    uniforms : ndarray of float64, (proposal - 1, chain)
        In [0, 1).

    Returns
    -------
    Path
        Of the steps, one fewer than there are proposals.

    Notes
    -----
    A chain at s goes to s' with probability :math:`\min(1, w(s') / w(s))` (K. A. Nicoli et al.,
    arXiv:1903.11048, equation 6; W. K. Hastings, Biometrika 57 (1970) 97): q(s) P(s' to s) is
    balanced in detail, with the Boltzmann distribution stationary.
    """
    steps, chains = uniforms.shape
    at = np.empty((steps, chains), dtype=np.int64)
    accepted = np.empty((steps, chains), dtype=np.bool_)
    # A uniform number of zero accepts everything.
    with np.errstate(divide="ignore"):
        bars = np.log(uniforms)
    here, where = log_weights[0].copy(), np.zeros(chains, dtype=np.int64)
    for step in range(steps):
        there = log_weights[step + 1]
        move = accepted[step]
        np.less(bars[step], there - here, out=move)
        where[move] = step + 1
        here[move] = there[move]
        at[step] = where
    return Path(at, accepted)


def longest_stay(accepted: npt.NDArray[np.bool_]) -> int:
    """Return the most successive rejections of a chain, from moves (step, chain)."""
    longest = run = np.zeros(accepted.shape[1], dtype=np.int64)
    for moved in accepted:
        run = np.where(moved, 0, run + 1)
        longest = np.maximum(longest, run)
    return int(longest.max(initial=0))
