"""One call of `RBMTrainer.fit`: its arguments, checked, and the epochs that it runs."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import DivergenceError

from ..machine import RBM
from . import keyed
from .data import Bits, TrainingData
from .history import Record
from .monitoring import reconstruction_error
from .negative_phase import DataChains, NegativePhase, phases
from .schedules import rate_at
from .scoring import Score, as_scorer
from .settings import Settings
from .state import Checkpoint, TrainingState
from .updating import Parameters

if TYPE_CHECKING:
    from .trainer import Callback

_CALL = "fit"
_MONITORED = 1000
_PSEUDO_TERMS = 2**24
_FEWEST = 20


@dataclass(frozen=True)
class FitOptions:
    """The arguments of `RBMTrainer.fit`, checked."""

    data: TrainingData
    epochs: int
    validation: npt.NDArray[Any] | None
    scorer: Score
    score_every: int
    patience: int | None
    callback: Callback | None
    checkpoint: Path | None
    checkpoint_every: int

    @classmethod
    def checked(cls, rbm: RBM, seed: int, threads: int | None, **given: Any) -> FitOptions:
        """Return the options of arguments as a user gave them; ValueError or TypeError."""
        data = TrainingData(_CALL, "data", rbm, given["data"], given["probabilities"])
        validation, patience = given["validation"], given["patience"]
        if validation is not None:
            bits = TrainingData(_CALL, "validation", rbm, validation).bits
            validation = _values(rbm, bits)
        elif patience is not None:
            raise ValueError(f"[{_CALL}] expected validation data for patience, got None")
        callback, checkpoint = given["callback"], given["checkpoint"]
        if callback is not None and not callable(callback):
            raise TypeError(f"[{_CALL}] expected a callable callback, got {callback!r}")
        return cls(
            data,
            arguments.integer(_CALL, "epochs", given["epochs"], 0, 2**31),
            validation,
            as_scorer(_CALL, given["score"], rbm, seed, threads),
            _count("score_every", given["score_every"]),
            None if patience is None else _count("patience", patience),
            callback,
            None if checkpoint is None else Path(os.fspath(checkpoint)),
            _count("checkpoint_every", given["checkpoint_every"]),
        )


class Epochs:
    """Runs epochs: each takes the state of a training to the next one, or raises.

    Parameters
    ----------
    state : TrainingState
        Where to begin.
    settings : Settings
    options : FitOptions
    device, threads
        Of the chains.
    chains : NegativePhase or None
        Persistent chains, as they are in `state`.
    """

    def __init__(
        self,
        state: TrainingState,
        settings: Settings,
        options: FitOptions,
        sampling: dict[str, Any],
        chains: NegativePhase | None,
    ) -> None:
        self._settings, self._options = settings, options
        self._size = settings.batch_size_for(len(options.data))
        self._parameters = Parameters(state.rbm, settings.rules, state.memory, state.offsets)
        step = state.phases["data_step"]
        data = DataChains(state.rbm, self._size, step, settings.seed, sampling)
        self._phases = phases(settings.method, settings.k, data, chains)
        self._rate = 0.0
        count = min(len(options.data), _MONITORED)
        order = keyed.order(settings.seed, keyed.Use.MONITORED, 0, len(options.data))
        self._monitored = order[:count]
        self._threads = sampling["threads"]

    def next(self, state: TrainingState) -> TrainingState:
        """Return the state after one epoch more."""
        started = time.perf_counter()
        epoch = state.epoch
        updates = self._learn(epoch, state.updates)
        rbm = self._parameters.machine()
        options, settings = self._options, self._settings
        best, score = (state.best, state.best_score), np.nan
        if options.validation is not None and (epoch + 1) % options.score_every == 0:
            score = arguments.real(_CALL, "score", options.scorer(rbm, options.validation))
            if score > state.best_score:
                best = Checkpoint(epoch + 1, rbm), score
        spectrum = np.linalg.svd(rbm.weights.astype(np.float64), compute_uv=False)
        record = self._record(rbm, float(score), started)
        kept = settings.keep_every is not None and (epoch + 1) % settings.keep_every == 0
        offsets = self._parameters.offsets
        return TrainingState(
            rbm=rbm,
            updates=updates,
            memory={name: array.copy() for name, array in self._parameters.memory.items()},
            offsets=None if offsets is None else (offsets[0].copy(), offsets[1].copy()),
            phases=self._phases.state(),
            history=state.history.extended(record, spectrum),
            best=best[0],
            best_score=best[1],
            checkpoints=(*state.checkpoints, *([Checkpoint(epoch + 1, rbm)] if kept else [])),
        )

    def _learn(self, epoch: int, updates: int) -> int:
        """Take a step for each minibatch; return the steps done in all."""
        settings, data, parameters = self._settings, self._options.data, self._parameters
        data.draw(settings.seed, epoch)
        self._phases.begin_epoch()
        number = -(-len(data) // self._size)
        for batch, (bits, count) in enumerate(data.batches(settings.seed, epoch, self._size)):
            self._rate = rate_at(_CALL, settings.learning_rate, epoch + batch / number)
            positive, negative = self._phases.moments(bits, count)
            updates += 1
            with np.errstate(over="ignore", invalid="ignore"):
                parameters.update(positive, negative, self._rate, updates)
                largest = parameters.largest()
            if not largest <= settings.weight_limit:
                raise DivergenceError(
                    f"[{_CALL}] expected weights of at most {settings.weight_limit:g} in size, "
                    f"got {largest:g} in epoch {epoch + 1}, after {updates} steps in all: a "
                    "smaller learning_rate may help"
                )
            self._phases.take(parameters.machine())
        return updates

    def _record(self, rbm: RBM, score: float, started: float) -> Record:
        values = _values(rbm, self._options.data.bits[self._monitored])
        # The cost of a pseudo-likelihood is that of so many weights: fewer samples of large ones.
        few = values[: max(_FEWEST, _PSEUDO_TERMS // rbm.weights.size)]
        pseudo = rbm.pseudo_likelihood(few, self._threads).mean()
        weights = rbm.weights.astype(np.float64)
        return Record(
            score=score,
            pseudo_likelihood=float(pseudo),
            reconstruction_error=reconstruction_error(rbm, values),
            acceptance=self._phases.acceptance,
            learning_rate=self._rate,
            weight_norm=float(np.sqrt(np.square(weights).sum())),
            largest_weight=float(np.abs(weights).max()),
            gradient_norm=self._parameters.gradient_norm,
            seconds=time.perf_counter() - started,
        )


def _values(rbm: RBM, bits: Bits) -> npt.NDArray[Any]:
    """Return the values of visible units that bits stand for."""
    return bits if rbm.visible_units == "binary" else 2 * bits.view(np.int8) - np.int8(1)


def _count(name: str, value: Any) -> int:
    return arguments.integer(_CALL, name, value, 1, 2**31)
