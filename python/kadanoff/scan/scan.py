"""`Scan`: a model at many temperatures, its draws so far, and the file that holds both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import arguments
from ..errors import FileError, Interrupted
from ..models import Ising
from ..run import Run
from ..sampler import STARTS, Sampler
from ..saved import versions
from . import running
from .table import Table, make_table

if TYPE_CHECKING:
    import os
    import signal

    from ..storage import Entries

KIND = "scan"
VERSION = 1
OBSERVABLES = ("energy", "magnetization")

_MAX_SWEEPS = 2**40
_MAX_REPLICAS = 2**31

FloatArray = npt.NDArray[np.float64]


class Scan:
    r"""A model at many temperatures: thermalisation, then draws at even spacing.

    All temperatures are replicas of one `kadanoff.Sampler`, so no two of them share a random
    number, they advance together, and there are results for all of them at any moment. The draws
    are a pure function of the arguments: not of threads, device, interruptions or `load`.

    Parameters
    ----------
    model : Ising
    temperatures : sequence of float
        Distinct, positive, in units of energy (Boltzmann's constant is 1); kept in rising order.
    sweeps : int
        Sweeps over which draws are taken, at least `every`.
    update : {"heatbath", "metropolis"}
    replicas : int
        Independent lattices at each temperature.
    every : int, optional
        Sweeps from draw to draw; by default 10, or less where that gave under 100 draws.
    thermalise : int, optional
        Sweeps before the first draw counts; by default a fifth of `sweeps`.
    seed : int, optional
        0 <= seed < 2^64; by default drawn from the operating system.
    device, threads, start
        As for `kadanoff.Sampler`.

    Attributes
    ----------
    temperatures : ndarray of float64, shape (temperature,)
        Read-only, rising.
    sampler : Sampler
        Replica ``t * replicas + r`` is replica r at temperature t.
    replicas, every, thermalise, start
        As above.
    draws : int
        Draws per replica of the whole scan, ``sweeps // every``.
    draws_done : int
        Draws taken so far.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As `kadanoff.Sampler` does, or if an argument is not of its form.

    Examples
    --------
    >>> import kadanoff as kd
    >>> scan = Scan(kd.Ising(kd.Square(16)), [2.1, 2.4], sweeps=500, replicas=2, seed=1)
    >>> scan.advance(300)
    300
    >>> scan
    Scan(square 16x16, heatbath, 2 temperatures x 2 replicas, sweep 300 of 600)
    >>> scan.finish()
    >>> scan.run["energy"].shape
    (4, 100)
    """

    def __init__(
        self,
        model: Ising,
        temperatures: npt.ArrayLike,
        *,
        sweeps: int,
        update: str = "heatbath",
        replicas: int = 4,
        every: int | None = None,
        thermalise: int | None = None,
        seed: int | None = None,
        device: str = "cpu",
        threads: int | None = None,
        start: str = "ordered",
    ) -> None:
        self.temperatures = checked_temperatures(temperatures)
        self.replicas = arguments.integer("Scan", "replicas", replicas, 1, _MAX_REPLICAS)
        sweeps = arguments.integer("Scan", "sweeps", sweeps, 1, _MAX_SWEEPS)
        if every is None:
            every = min(10, max(1, sweeps // 100))
        self.every = arguments.integer("Scan", "every", every, 1, sweeps)
        if thermalise is None:
            thermalise = sweeps // 5
        most = _MAX_SWEEPS - sweeps
        self.thermalise = arguments.integer("Scan", "thermalise", thermalise, 0, most)
        self.start = arguments.choice("Scan", "start", start, STARTS)
        self.draws = sweeps // self.every
        self.sampler = Sampler(
            model,
            beta=np.repeat(1.0 / self.temperatures, self.replicas),
            update=update,
            replicas=len(self.temperatures) * self.replicas,
            seed=seed,
            device=device,
            threads=threads,
            start=start,
        )
        self._begin(empty_series(self.sampler.replicas, 0), versions())

    def _begin(self, series: dict[str, FloatArray], provenance: dict[str, str | int]) -> None:
        """Set the draws so far, as the constructor and `load` do."""
        self._series = series
        self._provenance = provenance
        self.draws_done: int = series[OBSERVABLES[0]].shape[1]
        self._flips = 0
        self._seconds = 0.0

    @property
    def model(self) -> Ising:
        """The model."""
        model = self.sampler.model
        assert isinstance(model, Ising)
        return model

    @property
    def sweep(self) -> int:
        """Sweeps done, those of the thermalisation included."""
        return self.sampler.sweep

    @property
    def sweeps(self) -> int:
        """Sweeps over which draws are taken."""
        return self.draws * self.every

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole scan: thermalisation and draws."""
        return self.thermalise + self.sweeps

    @property
    def done(self) -> bool:
        """Whether all draws are there."""
        return self.draws_done == self.draws

    @property
    def flips_per_sweep(self) -> int:
        """Spins that one sweep updates, over all temperatures and replicas."""
        return self.sampler.replicas * self.model.lattice.n_sites

    @property
    def flips_per_ns(self) -> float:
        """Updated spins per nanosecond of wall time in this process; NaN before the first sweep."""
        return self._flips / self._seconds * 1e-9 if self._flips else float("nan")

    @property
    def run(self) -> Run | None:
        """All draws so far; None before the first one."""
        if self.draws_done == 0:
            return None
        return Run(
            {name: series[:, : self.draws_done] for name, series in self._series.items()},
            beta=self.sampler.beta,
            every=self.every,
            model=self.model.describe(),
            update=self.sampler.update,
            seed=self.sampler.seed,
            first_sweep=self.thermalise + self.every,
            provenance=self._provenance,
        )

    def table(self) -> Table:
        """Return estimates at each temperature, next to the exact values where they are known.

        Raises
        ------
        ValueError
            If there is no draw yet.
        """
        run = self.run
        if run is None:
            raise ValueError(
                f"[Scan.table] expected at least one draw, got none at sweep {self.sweep} of "
                f"{self.total_sweeps}"
            )
        return make_table(run, self.temperatures, self.flips_per_ns)

    def settings(self) -> dict[str, Any]:
        """Return what determines the draws, as plain values, by the names of the arguments."""
        return {
            **self.model.describe(),
            "temperatures": self.temperatures.tolist(),
            "sweeps": self.sweeps,
            "update": self.sampler.update,
            "replicas": self.replicas,
            "every": self.every,
            "thermalise": self.thermalise,
            "seed": self.sampler.seed,
            "start": self.start,
        }

    def extend(self, sweeps: int) -> None:
        """Change the sweeps over which draws are taken; the draws so far stay.

        Parameters
        ----------
        sweeps : int
            In all, at least as many as the draws so far took.

        Raises
        ------
        ValueError, TypeError
        """
        low = max(1, self.draws_done) * self.every
        most = _MAX_SWEEPS - self.thermalise
        self.draws = arguments.integer("Scan.extend", "sweeps", sweeps, low, most) // self.every

    def advance(self, sweeps: int) -> int:
        """Do at most `sweeps` sweeps and take the draws that fall due.

        Parameters
        ----------
        sweeps : int
            At least 1.

        Returns
        -------
        int
            Sweeps done; fewer where the scan ends before.

        Raises
        ------
        ValueError, TypeError
        """
        sweeps = arguments.integer("Scan.advance", "sweeps", sweeps, 1, _MAX_SWEEPS)
        first = self.sweep
        last = min(first + sweeps, self.total_sweeps)
        begin = time.perf_counter()
        while self.sweep < last or self._due():
            self._advance(last - self.sweep)
        self._seconds += time.perf_counter() - begin
        self._flips += (self.sweep - first) * self.flips_per_sweep
        return self.sweep - first

    def _advance(self, sweeps: int) -> None:
        """Do at most `sweeps` sweeps: of the thermalisation, of a part of a draw, or of draws."""
        due = self.thermalise + (self.draws_done + 1) * self.every
        if self._due():
            values = (self.sampler.energy, self.sampler.magnetization)
            self._append({n: v[:, None] for n, v in zip(OBSERVABLES, values, strict=True)})
        elif self.sweep < self.thermalise:
            self.sampler.run(min(sweeps, self.thermalise - self.sweep))
        elif due - self.sweep == self.every and sweeps >= self.every:
            self._sample(sweeps // self.every)
        else:
            # A draw longer than the step: the spins move on, and are measured when it is due.
            self.sampler.run(min(sweeps, due - self.sweep))

    def _due(self) -> bool:
        """Whether the sweeps of the next draw are done, but not its measurement."""
        due = self.thermalise + (self.draws_done + 1) * self.every
        return self.draws_done < self.draws and self.sweep >= due

    def _sample(self, draws: int) -> None:
        """Take draws; those made before a signal handler raised are kept."""
        part, raised = self.sampler._sample(draws, self.every)
        if part is not None:
            self._append({name: part[name] for name in OBSERVABLES})
        if isinstance(raised, KeyboardInterrupt):
            raise Interrupted("[Scan.advance] stopped by a signal", self.run)
        if raised is not None:
            raise raised

    def _append(self, values: dict[str, FloatArray]) -> None:
        end = self.draws_done + values[OBSERVABLES[0]].shape[1]
        for name, series in self._series.items():
            if end > series.shape[1]:
                grown = np.empty((len(series), min(self.draws, max(1024, 2 * end))))
                grown[:, : self.draws_done] = series[:, : self.draws_done]
                self._series[name] = grown
            self._series[name][:, self.draws_done : end] = values[name]
        self.draws_done = end

    def finish(
        self,
        on_progress: Callable[[Scan], None] | None = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: float = 30.0,
        stop_signals: Iterable[signal.Signals] | None = None,
    ) -> None:
        """Do all sweeps that are left.

        Parameters
        ----------
        on_progress : callable, optional
            Called with the scan about ten times a second.
        checkpoint : path-like, optional
            Saved to every `checkpoint_every` seconds, at the end, and when a signal stops the scan.
        checkpoint_every : float
            In seconds, at least 0; 0 saves after every step of about 0.1 s.
        stop_signals : iterable of signal.Signals, optional
            Signals that stop the scan, by default SIGINT alone. Those that the process ignores
            stay ignored; outside of the main thread none is caught.

        Raises
        ------
        Stopped
            A `kadanoff.Interrupted`, hence KeyboardInterrupt: a signal came. The scan is whole and
            `finish` may be called again.
        OSError
            The checkpoint cannot be written; the old file is still there, and so is the scan.
        ValueError, TypeError
        """
        running.finish(self, on_progress, checkpoint, checkpoint_every, stop_signals)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the scan to an HDF5 file, all or nothing; `load` goes on from it bit for bit.

        Equal scans give equal files, byte for byte, however they were interrupted and resumed.

        Raises
        ------
        OSError
            If the file cannot be written; a file that stood there is left as it was.
        """
        from .. import storage

        tree: dict[str, Any] = {
            "replicas": self.replicas,
            "start": self.start,
            "thermalise": self.thermalise,
            "every": self.every,
            "draws": self.draws,
            "temperatures": self.temperatures,
            "observables": {
                name: series[:, : self.draws_done] for name, series in self._series.items()
            },
            "provenance": self._provenance,
            "sampler": self.sampler.state(),
        }
        storage.write(path, KIND, VERSION, tree)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], device: str = "cpu", threads: int | None = None
    ) -> Scan:
        """Read a scan that `save` wrote.

        Parameters
        ----------
        path : path-like
        device, threads
            As for a new scan; the draws go on the same.

        Raises
        ------
        kadanoff.FileError
            If the file is not a scan of a known version, is damaged or is not to be trusted.
        FileNotFoundError, PermissionError
            If it cannot be opened.
        RuntimeError
            If the device is not available.
        """
        from .. import storage

        _, tree = storage.read(path, KIND, (VERSION,))
        entries = storage.Entries(tree, path)
        scan = cls.__new__(cls)
        scan.replicas = entries.integer("replicas", 1, _MAX_REPLICAS)
        scan.start = entries.text("start", STARTS)
        scan.thermalise = entries.integer("thermalise", 0, _MAX_SWEEPS)
        scan.every = entries.integer("every", 1, _MAX_SWEEPS)
        scan.draws = entries.integer("draws", 1, _MAX_SWEEPS // scan.every)
        try:
            scan.temperatures = checked_temperatures(entries.array("temperatures", np.float64))
        except (TypeError, ValueError) as error:
            raise FileError(
                f"[load] expected a scan's temperatures, got: {error}: {path}"
            ) from error
        scan.sampler = Sampler.from_state(entries.group("sampler"), device, threads)
        scan._begin(_stored_series(entries, scan), _stored_provenance(entries))
        scan._check_stored(path)
        return scan

    def _check_stored(self, path: str | os.PathLike[str]) -> None:
        """Refuse a file whose parts contradict each other."""
        beta = np.repeat(1.0 / self.temperatures, self.replicas)
        due = max(0, self.sweep - self.thermalise) // self.every
        if not np.array_equal(beta, self.sampler.beta):
            wrong = f"temperatures of {len(self.sampler.beta)} other replicas"
        elif self.draws_done != due or due > self.draws:
            wrong = f"{self.draws_done} of {self.draws} draws at sweep {self.sweep}"
        else:
            return
        raise FileError(f"[load] expected a consistent scan, got {wrong}: {path}")

    def __repr__(self) -> str:
        extents = "x".join(map(str, self.model.lattice.shape))
        return (
            f"Scan({self.model.lattice.name} {extents}, {self.sampler.update}, "
            f"{len(self.temperatures)} temperatures x {self.replicas} replicas, "
            f"sweep {self.sweep} of {self.total_sweeps})"
        )


def checked_temperatures(temperatures: npt.ArrayLike) -> FloatArray:
    """Return distinct positive temperatures in rising order, as a read-only array."""
    values = np.sort(arguments.reals("Scan", "temperatures", temperatures))
    for value in values:
        if not (np.isfinite(value) and value > 0.0):
            raise ValueError(f"[Scan] expected temperatures > 0 and finite, got {value}")
    same = values[1:][np.diff(1.0 / values) == 0.0]
    if same.size:
        raise ValueError(f"[Scan] expected temperatures that differ, got {same[0]} twice")
    values.flags.writeable = False
    return values


def empty_series(replicas: int, draws: int) -> dict[str, FloatArray]:
    """Return room for the draws of each observable."""
    return {name: np.empty((replicas, draws)) for name in OBSERVABLES}


def _stored_series(entries: Entries, scan: Scan) -> dict[str, FloatArray]:
    group = entries.group("observables")
    shape = (scan.sampler.replicas, None)
    series = {name: group.array(name, np.float64, shape) for name in OBSERVABLES}
    if len({array.shape for array in series.values()}) > 1:
        raise group.wrong(OBSERVABLES[1], f"as many draws as in {OBSERVABLES[0]}")
    for name, array in series.items():
        if not np.isfinite(array).all():
            raise group.wrong(name, "finite numbers")
    return series


def _stored_provenance(entries: Entries) -> dict[str, str | int]:
    """Return what the versions that made the draws so far share with this one."""
    stored = entries.plain("provenance")
    return {name: value for name, value in versions().items() if stored.get(name) == value}
