"""The figures of ``kadanoff rbm``."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import kadanoff as kd
from kadanoff.rbm import pictures

from ..writable import OptionError
from .likelihood import SIGMAS

if TYPE_CHECKING:
    from .training import Run

SAMPLED_STEPS = 1000
SHOWN_IMAGES = 8
START_SCALE = 0.01
"""Standard deviation of the weights of `kadanoff.RBM.random`."""


def check_folder(folder: Path) -> None:
    """Refuse a place where no figures can be written.

    Raises
    ------
    OptionError
    """
    parent = folder if folder.is_dir() else folder.parent
    if folder.exists() and not folder.is_dir():
        fault = "a file"
    elif not parent.is_dir():
        fault = f"no directory {parent}"
    elif not os.access(parent, os.W_OK):
        fault = "a write-protected place"
    else:
        return
    raise OptionError(f"[rbm] expected a folder for --figures, got {fault}: {folder}")


def tile(shape: tuple[int, ...] | None) -> tuple[int, int] | None:
    """Return rows and columns of an image; None where a state is none."""
    return (shape[0], shape[1]) if shape is not None and len(shape) == 2 else None


def training(run: Run, folder: Path) -> list[Path]:
    """Draw all figures of a training into a folder; return their paths."""
    folder.mkdir(exist_ok=True)
    rbm, shape = run.rbm, tile(run.sets.source.shape)
    chains = kd.GibbsSampler(rbm, 1000, seed=run.settings.seed, threads=run.settings.threads)
    chains.run(SAMPLED_STEPS)
    sets = {"training data": run.sets.train, "samples": chains.visible}
    if run.sets.test is not None:
        sets["held-out data"] = run.sets.test
    band = kd.rbm.marchenko_pastur_edges(rbm.weights.shape, START_SCALE)
    drawn = {
        "weights": pictures.weights(rbm, shape),
        "samples": pictures.samples(chains.visible, shape),
        "likelihood": _likelihood(run),
        "spectrum": pictures.spectrum(run.training.trainer.history, band=band),
        "free_energies": pictures.free_energies(rbm, sets),
        "inpainting": _inpainting(run, shape),
    }
    paths = []
    for name, figure in drawn.items():
        pictures.save(figure, folder / f"{name}.png")
        paths.append(folder / f"{name}.png")
    return paths


def _likelihood(run: Run) -> Any:
    rows = run.training.rows
    curves: dict[str, Any] = {"epoch": [row.epoch for row in rows]}
    curves["training data"] = [row.train for row in rows]
    names = ["training data"]
    if not all(math.isnan(row.test) for row in rows):
        curves["held-out data"] = [row.test for row in rows]
        names.append("held-out data")
    # The error of log Z is common to all curves.
    errors = [SIGMAS * row.error for row in rows]
    bars = dict.fromkeys(names, errors) if any(errors) else None
    figure = pictures.training(curves, names, bars, label="log-likelihood per sample in nats")
    if run.sets.source.entropy is not None:
        axis = figure.axes[0]
        axis.axhline(
            -run.sets.source.entropy, color="black", ls="--", lw=1.0, label="best possible"
        )
        axis.legend(loc="lower right")
    return figure


def _inpainting(run: Run, shape: tuple[int, int] | None) -> Any:
    states = (run.sets.train if run.sets.test is None else run.sets.test)[:SHOWN_IMAGES]
    known = np.arange(states.shape[1]) < (states.shape[1] + 1) // 2
    done = kd.rbm.inpaint(
        run.rbm,
        states,
        known,
        steps=SAMPLED_STEPS,
        seed=run.settings.seed,
        threads=run.settings.threads,
    )
    return pictures.inpainting(done, states, shape)


def samples(states: npt.NDArray[Any], shape: tuple[int, ...] | None, path: Path) -> None:
    """Draw states as tiles into a file."""
    pictures.save(pictures.samples(states, tile(shape)), path)
