"""How well a machine describes data that it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from . import gradients, keyed
from .machine import RBM
from .monitoring import sampled_pseudo_likelihood

SCORES = ("auto", "exact", "pseudo")
EXACT_UP_TO = 14

Score = Callable[[RBM, npt.NDArray[Any]], float]


def as_scorer(call: str, score: str | Score, rbm: RBM, seed: int) -> Score:
    """Return the function that scores; ValueError or TypeError if there is none."""
    if callable(score):
        return score
    if not isinstance(score, str):
        raise TypeError(f"[{call}] expected score as a name or a callable, got {score!r}")
    arguments.choice(call, "score", score, SCORES)
    smaller = min(rbm.n_visible, rbm.n_hidden)
    if score == "auto":
        score = "exact" if smaller <= EXACT_UP_TO else "pseudo"
    if score == "exact":
        gradients.check_enumerable(rbm, call)
        return exact
    return lambda machine, data: pseudo(machine, data, seed)


def exact(rbm: RBM, data: npt.NDArray[Any]) -> float:
    """Return the mean log-likelihood of `data`."""
    return float(-rbm.free_energy(data).mean() - gradients.exact_log_partition(rbm, "fit"))


def pseudo(rbm: RBM, data: npt.NDArray[Any], seed: int) -> float:
    """Return an estimate of the mean log pseudo-likelihood of `data`, of the same units always."""
    count = len(data)
    units = keyed.words(seed, keyed.Use.SCORE, 0, count) % np.uint64(rbm.n_visible)
    return sampled_pseudo_likelihood(rbm, data, units.astype(np.intp))
