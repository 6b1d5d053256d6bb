"""How well a machine describes data that it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from kadanoff import arguments

from ..likelihood.exact import MAX_ENUMERATED_UNITS
from ..machine import RBM
from . import keyed

SCORES = ("auto", "exact", "ais", "pseudo")
EXACT_UP_TO = 16

Score = Callable[[RBM, npt.NDArray[Any]], float]


def as_scorer(
    call: str, score: str | Score, rbm: RBM, seed: int, threads: int | None = None
) -> Score:
    """Return the function that scores; ValueError or TypeError if there is none."""
    if callable(score):
        return score
    if not isinstance(score, str):
        raise TypeError(f"[{call}] expected score as a name or a callable, got {score!r}")
    arguments.choice(call, "score", score, SCORES)
    smaller = min(rbm.n_visible, rbm.n_hidden)
    if score == "auto":
        score = "exact" if smaller <= EXACT_UP_TO else "ais"
    if score == "exact" and smaller > MAX_ENUMERATED_UNITS:
        wanted = f"a layer of at most {MAX_ENUMERATED_UNITS} units for an exact score"
        raise ValueError(f"[{call}] expected {wanted}, got {smaller} in the smaller one")
    options: dict[str, Any] = {"threads": threads}
    if score == "pseudo":
        return lambda rbm, data: float(rbm.pseudo_likelihood(data, threads).mean())
    if score == "ais":
        options.update(method="ais", seed=keyed.derived_seed(seed, keyed.Use.SCORE))

    def log_likelihood(rbm: RBM, data: npt.NDArray[Any]) -> float:
        base: dict[str, Any] = {"data": data} if score == "ais" else {}
        log_z = rbm.log_partition(**options, **base)
        return float(rbm.log_likelihood(data, log_z).mean())

    return log_likelihood
