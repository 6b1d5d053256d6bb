"""What ``kadanoff rbm train`` does: learn with progress, measure, report, write."""

from __future__ import annotations

import math
import shlex
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt
from rich.console import Console

import kadanoff as kd
from kadanoff.rbm.likelihood.partition import LogPartition
from kadanoff.rbm.training.settings import default_batch_size

from ...live_bar import Bar, live_bar
from .. import jsonfile, writable
from ..rendering import PLAIN, plus_minus
from ..writable import OptionError
from . import data as sources
from . import drawing, files, likelihood
from .files import Measured, Training
from .settings import TrainSettings, check_same, checked

TRAINER = (
    "method",
    "k",
    "batch_size",
    "chains",
    "optimizer",
    "learning_rate",
    "weight_decay",
    "centred",
    "precision",
    "seed",
    "threads",
)
"""What settings and `kadanoff.RBMTrainer` have in common."""

_FEWEST_BATCHES = 1500

COLUMNS = ("epoch", "log Z", "train", "held-out", "pseudo", "seconds")
WIDTHS = (7, 22, 12, 12, 12, 9)


class Outputs(NamedTuple):
    """Where a training goes; None for what was not asked for."""

    out: Path
    figures: Path | None
    json: Path | None
    resume: bool
    force: bool
    quiet: bool


class Sets(NamedTuple):
    """Training and held-out data in the values of the units, and where they are from."""

    source: sources.Data
    train: npt.NDArray[Any]
    test: npt.NDArray[Any] | None


def train_and_report(data: str, options: dict[str, Any], outputs: Outputs) -> int:
    """Run ``kadanoff rbm train`` and return its exit status.

    Parameters
    ----------
    data : str
        DATA.
    options : dict
        Those that were given, by the names of `TrainSettings`.
    outputs : Outputs

    Raises
    ------
    kadanoff.Error, ValueError, TypeError, RuntimeError, OSError
        If an option or a file is not what it should be.
    """
    _check_outputs(outputs)
    settings = checked(options)
    stored = None
    if outputs.resume and outputs.out.exists():
        stored = files.load(outputs.out, settings.threads)
        check_same({**options, "data": data}, {**stored.settings, "data": stored.data}, outputs.out)
        settings = checked({**stored.settings, **options})
        done = stored.trainer.epoch
        if settings.epochs < done:
            wanted = f"--epochs of {done} or more, as done in {outputs.out}"
            raise OptionError(f"[rbm] expected {wanted}, got {settings.epochs}")
    sets = _sets(data, settings)
    if stored is None and "epochs" not in options:
        settings = settings.model_copy(update={"epochs": _enough_epochs(len(sets.train), settings)})
    report = Console(stderr=outputs.json == jsonfile.STDOUT, quiet=outputs.quiet, **PLAIN)
    notes = Console(stderr=True, **PLAIN)
    training = _new(data, sets, settings) if stored is None else stored
    run = Run(training, settings, sets, outputs.out, report, notes)
    report.print(_headline(run, stored is not None))
    status = run.finish()
    if status:
        notes.print(f"stopped after epoch {training.trainer.epoch} of {settings.epochs}")
        words = f"kadanoff rbm train {shlex.quote(data)} -o {shlex.quote(str(outputs.out))}"
        notes.print(f"go on with: {words} --resume --epochs {settings.epochs}")
    _report_end(run, outputs, report)
    if not run.reliable:
        notes.print(likelihood.UNRELIABLE)
    return status


def _check_outputs(outputs: Outputs) -> None:
    writable.check_suffix("rbm", "out", outputs.out, (".h5",))
    writable.check("rbm", "out", outputs.out)
    if outputs.out.exists() and not (outputs.resume or outputs.force):
        raise OptionError(f"[rbm] expected --resume, --force or a new file, got {outputs.out}")
    if outputs.json is not None and outputs.json != jsonfile.STDOUT:
        writable.check("rbm", "json", outputs.json)
    if outputs.figures is not None:
        drawing.check_folder(outputs.figures)


def _sets(data: str, settings: TrainSettings) -> Sets:
    source = sources.read(data, settings.seed, settings.threshold, settings.threads)
    train, test = source.split(settings.held_out, settings.seed)
    units = settings.visible_units
    return Sets(
        source,
        sources.values(train, units),
        None if test is None else sources.values(test, units),
    )


def _enough_epochs(count: int, settings: TrainSettings) -> int:
    """Return epochs that are enough minibatches to learn from, however few samples there are."""
    batch = settings.batch_size or default_batch_size(count)
    return max(settings.epochs, math.ceil(_FEWEST_BATCHES / math.ceil(count / batch)))


def _new(data: str, sets: Sets, settings: TrainSettings) -> Training:
    rbm = kd.RBM.random(
        sets.train.shape[1],
        settings.hidden,
        sets.train,
        seed=settings.seed,
        visible_units=settings.visible_units,
        hidden_units=settings.hidden_units,
    )
    chosen = settings.model_dump(include=set(TRAINER))
    trainer = kd.RBMTrainer(rbm, **chosen)
    return Training(trainer, settings.model_dump(exclude={"threads"}), data, sets.source.shape, [])


class Found(NamedTuple):
    """A measurement of the likelihood: of training and of held-out data, per sample."""

    partition: LogPartition
    train: float
    test: float


class Run:
    """A training under way.

    Parameters
    ----------
    training : Training
    settings : TrainSettings
    sets : Sets
    out : Path
        Where it is saved, after each measurement.
    report, notes : Console
        For the table, and for the progress bar.

    Attributes
    ----------
    reliable : bool
        Whether all intervals of log Z are to be trusted.
    """

    def __init__(
        self,
        training: Training,
        settings: TrainSettings,
        sets: Sets,
        out: Path,
        report: Console,
        notes: Console,
    ) -> None:
        self.training, self.settings, self.sets, self.out = training, settings, sets, out
        self._report, self._notes = report, notes
        self.reliable = True
        self._found: Found | None = None

    @property
    def rbm(self) -> kd.RBM:
        """The machine to keep: the best one where that was asked for, else the last."""
        trainer = self.training.trainer
        return trainer.rbm if self.settings.patience is None else trainer.best

    def finish(self) -> int:
        """Train to the end, measure and save now and then; return the exit status."""
        trainer, settings, test = self.training.trainer, self.settings, self.sets.test
        self._print_cells(COLUMNS)
        for row in self.training.rows:
            self._print(row)
        if not self.training.rows:
            self._add(self._measure(trainer.rbm))
        status = 0
        shown = self._notes.is_terminal and not self._report.quiet
        try:
            columns = ("percent", "left")
            with live_bar(
                "training", settings.epochs, columns, console=self._notes, shown=shown
            ) as bar:
                trainer.fit(
                    self.sets.train,
                    settings.epochs - trainer.epoch,
                    validation=test,
                    score=self._score,
                    score_every=settings.interval,
                    patience=None
                    if settings.patience is None
                    else settings.patience * settings.interval,
                    callback=lambda _: self._after_epoch(bar),
                )
        except KeyboardInterrupt:
            status = 128 + signal.SIGINT
        except kd.DivergenceError:
            files.save(self.out, self.rbm, self.training)
            raise
        files.save(self.out, self.rbm, self.training)
        return status

    def _score(self, rbm: kd.RBM, _: npt.NDArray[Any]) -> float:
        self._found = self._measure(rbm)
        return self._found.test

    def _after_epoch(self, bar: Bar) -> None:
        epoch = self.training.trainer.epoch
        bar.show(epoch, what=f"epoch {epoch}")
        if epoch % self.settings.interval and epoch < self.settings.epochs:
            return
        with bar.hidden():
            self._add(self._found or self._measure(self.training.trainer.rbm))
        self._found = None
        files.save(self.out, self.rbm, self.training)

    def _measure(self, rbm: kd.RBM) -> Found:
        settings, sets = self.settings, self.sets
        if likelihood.has_exact(rbm):
            partition = likelihood.exact(rbm, settings.threads)
        else:
            partition = likelihood.sampled(rbm, settings.ais, sets.train)
        means = [
            math.nan
            if states is None
            else float(rbm.log_likelihood(states, log_z=partition).mean())
            for states in (sets.train, sets.test)
        ]
        self.reliable = self.reliable and partition.reliable
        return Found(partition, *means)

    def _add(self, found: Found) -> None:
        trainer = self.training.trainer
        history = trainer.history
        row = Measured(
            trainer.epoch,
            found.partition.log_z,
            found.partition.standard_error,
            found.train,
            found.test,
            float(history["pseudo_likelihood"][-1]) if trainer.epoch else math.nan,
            float(history["seconds"].sum()),
        )
        self.training.rows.append(row)
        self._print(row)

    def _print(self, row: Measured) -> None:
        log_z = plus_minus(row.log_z, row.error)
        likelihoods = [_number(one) for one in (row.train, row.test, row.pseudo)]
        self._print_cells((str(row.epoch), log_z, *likelihoods, f"{row.seconds:.1f}"))

    def _print_cells(self, cells: Sequence[str]) -> None:
        line = "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
        self._report.print(line)


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _headline(run: Run, resumed: bool) -> str:
    trainer, settings, sets = run.training.trainer, run.settings, run.sets
    held_out = "none held out" if sets.test is None else f"{len(sets.test)} held out"
    going_on = f"going on from {run.out}, epoch {trainer.epoch}\n" if resumed else ""
    return (
        f"{going_on}{sets.source.name}: {len(sets.train)} samples of {sets.train.shape[1]} units, "
        f"{held_out}\n{trainer.rbm!r}, {settings.method}-{settings.k}, {settings.optimizer}, "
        f"{settings.epochs} epochs, seed {settings.seed}\n"
        "log-likelihoods per sample in nats; "
        + ("exact log Z" if likelihood.has_exact(trainer.rbm) else "log Z by AIS, 1 sigma")
    )


def _report_end(run: Run, outputs: Outputs, report: Console) -> None:
    entropy = run.sets.source.entropy
    if entropy is not None:
        last = run.training.rows[-1]
        gap = -entropy - (last.train if math.isnan(last.test) else last.test)
        report.print(
            f"best possible {-entropy:.3f} (exact): Kullback-Leibler divergence {gap:.3f} at end"
        )
    if run.settings.patience is not None:
        report.print(f"kept: the machine of epoch {run.training.trainer.best_epoch}")
    written = [str(run.out)]
    if outputs.figures is not None:
        written += map(str, drawing.training(run, outputs.figures))
    if outputs.json is not None:
        jsonfile.write(_as_json(run), outputs.json)
        if outputs.json != jsonfile.STDOUT:
            written.append(str(outputs.json))
    report.print(f"written: {', '.join(written)}")


def _as_json(run: Run) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    trainer = run.training.trainer
    return {
        "kadanoff_version": kd.__version__,
        "rng_version": kd.rng_version,
        "data": run.training.data,
        "samples": len(run.sets.train),
        "held_out_samples": 0 if run.sets.test is None else len(run.sets.test),
        "n_visible": trainer.rbm.n_visible,
        "n_hidden": trainer.rbm.n_hidden,
        "settings": run.settings.model_dump(),
        "epoch": trainer.epoch,
        "best_epoch": trainer.best_epoch,
        "entropy": run.sets.source.entropy,
        "rows": [
            {name: plain(value) for name, value in row._asdict().items()}
            for row in run.training.rows
        ],
    }
