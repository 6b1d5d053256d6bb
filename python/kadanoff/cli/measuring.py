"""The measurements of ``kadanoff bench``."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import kadanoff as kd

from .. import _core
from ..sampler import LOCAL_UPDATES
from .grids import make_grid
from .info import collect

if TYPE_CHECKING:
    from rich.table import Table as Grid

_BETA = 0.4
_SIGMAS = 5.0


class CheckError(kd.Error):
    """Answers that differ where they must not: timing them would be pointless."""


@dataclass(frozen=True)
class Rate:
    """Updated spins per nanosecond, over several repeats.

    Attributes
    ----------
    lattice, size, update, isa, threads
        What was measured; `size` is the extent of all axes.
    clock : str
        "cpu" for CPU time of the process, "wall" for wall time.
    median, low, high : float
        In flips/ns.
    """

    lattice: str
    size: int
    update: str
    isa: str
    threads: int
    clock: str
    median: float
    low: float
    high: float


def check(*, quick: bool) -> list[str]:
    """Compare the answers of all kernels; return what was found, one line each.

    Raises
    ------
    CheckError
        If two of them differ, or an energy is more than 5 sigma off.
    """
    lines = []
    for lattice in (kd.Square((256, 200)), kd.Cubic((16, 16, 40))):
        for update in LOCAL_UPDATES:
            lines.append(_check_hashes(lattice, update))
    for update in LOCAL_UPDATES:
        lines.append(_check_energy(128 if quick else 512, update))
    return lines


def time_kernels(*, quick: bool) -> list[Rate]:
    """Measure each update, size and instruction set on one thread, in CPU time."""
    cases: list[tuple[str, int]] = [("square", 1024)]
    if not quick:
        cases = [
            ("square", 64),
            ("square", 256),
            ("square", 1024),
            ("square", 4096),
            ("cubic", 128),
        ]
    rates = []
    for lattice, size in cases:
        for update in LOCAL_UPDATES:
            for isa in _core.available_isas():
                rates.append(_rate(lattice, size, update, isa, 1, "cpu", quick=quick))
    return rates


def time_threads(*, quick: bool) -> list[Rate]:
    """Measure one large lattice on 1, 2, 4, ... threads, in wall time."""
    most = len(os.sched_getaffinity(0))
    counts = sorted({2**k for k in range(most.bit_length()) if 2**k <= most} | {most})
    size = 1024 if quick else 4096
    isa = _core.active_isa()
    return [_rate("square", size, LOCAL_UPDATES[0], isa, n, "wall", quick=quick) for n in counts]


def _check_hashes(lattice: Any, update: str) -> str:
    spins = {}
    for isa in _core.available_isas():
        for threads in (1, 2):
            with _isa(isa):
                sampler = kd.Sampler(
                    kd.Ising(lattice),
                    _BETA,
                    update,
                    replicas=2,
                    seed=7,
                    threads=threads,
                    start="random",
                )
            sampler.run(40)
            spins[isa, threads] = hashlib.sha256(sampler.state()["packed_spins"]).hexdigest()
    if len(set(spins.values())) > 1:
        raise CheckError(f"[bench] expected one hash of the spins, got {spins}")
    isas = ", ".join(_core.available_isas())
    digest = next(iter(spins.values()))[:12]
    return f"{lattice!r} {update}: spins {digest} from {isas} on 1 and 2 threads"


def _check_energy(size: int, update: str) -> str:
    lattice = kd.Square(size)
    sampler = kd.Sampler(kd.Ising(lattice), _BETA, update, replicas=4, seed=7)
    sampler.run(500)
    estimate = sampler.sample(draws=200, every=10).summary()["energy"]
    exact = kd.exact.kaufman(lattice.shape, _BETA).energy
    sigmas = (estimate.mean - float(exact)) / estimate.standard_error
    if not abs(sigmas) < _SIGMAS:
        raise CheckError(
            f"[bench] expected an energy within {_SIGMAS:g} sigma of {exact:.6f}, got {estimate}"
        )
    return f"{lattice!r} {update}: {estimate}, {sigmas:+.1f} sigma from Kaufman's {exact:.6f}"


def _rate(
    lattice: str, size: int, update: str, isa: str, threads: int, clock: str, *, quick: bool
) -> Rate:
    kind: Any = kd.Square if lattice == "square" else kd.Cubic
    with _isa(isa):
        sampler = kd.Sampler(kd.Ising(kind(size)), _BETA, update, seed=1, threads=threads)
    now = time.process_time if clock == "cpu" else time.perf_counter
    repeats, seconds = (3, 0.05) if quick else (7, 0.2)
    sweeps = _sweeps_for(sampler, seconds)
    flips = sampler.model.lattice.n_sites * sweeps
    rates = [flips / _timed(sampler, sweeps, now) * 1e-9 for _ in range(repeats)]
    return Rate(lattice, size, update, isa, threads, clock, median(rates), min(rates), max(rates))


def _sweeps_for(sampler: kd.Sampler, seconds: float) -> int:
    """Find how many sweeps take about `seconds`; that warms up too."""
    sweeps = 1
    while True:
        took = _timed(sampler, sweeps, time.perf_counter)
        if took > seconds / 4.0:
            return max(1, round(sweeps * seconds / took))
        sweeps *= 4


def _timed(sampler: kd.Sampler, sweeps: int, now: Callable[[], float]) -> float:
    begin = now()
    sampler.run(sweeps)
    return max(now() - begin, 1e-9)


@contextlib.contextmanager
def _isa(name: str) -> Iterator[None]:
    """Make samplers that are constructed inside use an instruction set."""
    before = os.environ.get("KADANOFF_ISA")
    os.environ["KADANOFF_ISA"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["KADANOFF_ISA"]
        else:
            os.environ["KADANOFF_ISA"] = before


def kernel_grid(rates: list[Rate]) -> Grid:
    """Show one row for each lattice and update, one column for each instruction set."""
    isas = list(dict.fromkeys(rate.isa for rate in rates))
    grid = make_grid(("lattice", "update", *isas), gap=3)
    cases = dict.fromkeys((rate.lattice, rate.size, rate.update) for rate in rates)
    for case in cases:
        cells = {
            rate.isa: _spread(rate)
            for rate in rates
            if (rate.lattice, rate.size, rate.update) == case
        }
        grid.add_row(f"{case[0]} {case[1]}", case[2], *(cells[isa] for isa in isas))
    return grid


def thread_grid(rates: list[Rate]) -> Grid:
    """Show one row for each number of threads."""
    grid = make_grid(("threads", "rate", "speedup"), gap=3)
    for rate in rates:
        speedup = rate.median / rates[0].median
        grid.add_row(str(rate.threads), _spread(rate), f"{speedup:.2f}")
    return grid


def _spread(rate: Rate) -> str:
    return f"{rate.median:.2f} ({rate.low:.2f} to {rate.high:.2f})"


def machine_facts() -> dict[str, Any]:
    """Return what a measurement has to name: machine, build and commit."""
    return {**collect(), "commit": _commit()}


def _commit() -> str | None:
    """Return the commit that was installed, where pip noted the source and git still has it."""
    try:
        note = importlib.metadata.distribution("kadanoff").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return None
    source = json.loads(note) if note else {}
    if "vcs_info" in source:
        return str(source["vcs_info"].get("commit_id"))
    folder = Path(unquote(urlparse(source.get("url", "")).path))
    if not (folder / "CMakeLists.txt").is_file():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def record(
    facts: dict[str, Any], checks: list[str], kernels: list[Rate], threads: list[Rate]
) -> dict[str, Any]:
    """Return everything as plain values, for JSON."""
    return {
        **facts,
        "checks": checks,
        "kernels": [asdict(rate) for rate in kernels],
        "threads_scaling": [asdict(rate) for rate in threads],
    }
