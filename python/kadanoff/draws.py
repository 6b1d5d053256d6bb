"""What every `sample` does before its first draw and after the last."""

from __future__ import annotations

from kadanoff import arguments
from kadanoff.errors import Interrupted
from kadanoff.run import Run

MAX_SWEEP = 2**40
"""Sweeps in the life of a sampler."""


def checked_draws(draws: int, every: int, sweep: int) -> tuple[int, int]:
    """Return `draws` and `every` of a `sample` after so many sweeps, checked."""
    every = arguments.integer("sample", "every", every, 1, MAX_SWEEP)
    most = (MAX_SWEEP - sweep) // every
    if most < 1:
        raise ValueError(f"[sample] expected at most 2^40 sweeps in all, got sweep {sweep}")
    return arguments.integer("sample", "draws", draws, 1, most), every


def finished(run: Run | None, signal: BaseException | None, draws: int) -> Run:
    """Return the run, or raise what a signal handler raised meanwhile.

    Raises
    ------
    Interrupted
        In place of a KeyboardInterrupt, with the draws made until then.
    """
    if isinstance(signal, KeyboardInterrupt):
        done = 0 if run is None else run.n_draws
        raise Interrupted(f"[sample] stopped after {done} of {draws} draws", run)
    if signal is not None:
        raise signal
    assert run is not None
    return run
