"""What ``kadanoff ising`` does with its options: scan, save, report."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from ..scan import Scan, Stopped
from . import jsonfile, rendering, writable
from . import options as opt

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Files(NamedTuple):
    """Where a scan goes; None for what was not asked for."""

    out: Path | None
    checkpoint: Path | None
    plot: Path | None
    json: Path | None

    @property
    def saved(self) -> tuple[Path, ...]:
        """Files that hold a scan, the one to resume from first."""
        files = [path for path in (self.checkpoint, self.out) if path is not None]
        return tuple(dict.fromkeys(files))


def scan_and_report(options: Mapping[str, Any]) -> int:
    """Run ``kadanoff ising`` and return its exit status.

    Parameters
    ----------
    options : mapping of str to values
        Those that were given, by their names on the command line.

    Returns
    -------
    int
        0, or 128 plus the number of the signal that stopped the scan.

    Raises
    ------
    kadanoff.Error, ValueError, TypeError, RuntimeError, OSError
        If an option or a file is not what it should be.
    """
    files = _files(options)
    checkpoint_every = opt.checkpoint_every(options)
    quiet = options.get("quiet", False)
    # Where JSON goes to stdout, nothing else does.
    report = Console(
        stderr=files.json == jsonfile.STDOUT,
        quiet=quiet,
        highlight=False,
        soft_wrap=True,
        emoji=False,
    )
    notes = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    scan = _make_scan(options, files, report)
    report.print(rendering.headline(scan))
    shown = notes.is_terminal and not quiet
    status = _finish(scan, files, checkpoint_every, notes, shown=shown)
    if files.out not in (None, files.checkpoint):
        scan.save(files.out)
    try:
        _report(scan, files, report, notes)
    except KeyboardInterrupt:
        saved = f"; the draws are in {files.saved[-1]}" if files.saved else ""
        notes.print(f"stopped before the report was done{saved}")
        return 128 + signal.SIGINT
    if status:
        _explain_stop(scan, files, notes)
    return status


def _files(options: Mapping[str, Any]) -> Files:
    paths = {name: Path(options[name]) for name in opt.PATHS if name in options}
    files = Files(
        paths.get("out"),
        paths.get("checkpoint", paths.get("out")),
        paths.get("plot"),
        paths.get("json"),
    )
    for name, path in paths.items():
        if (name, path) != ("json", jsonfile.STDOUT):
            writable.check("ising", name, path)
    if files.plot is not None:
        writable.check_suffix("ising", "plot", files.plot, rendering.FIGURE_FORMATS)
    return files


def _make_scan(options: Mapping[str, Any], files: Files, report: Console) -> Scan:
    present = [path for path in files.saved if path.exists()]
    device, threads = options.get("device", "cpu"), options.get("threads")
    if not options.get("resume", False):
        for path in present:
            _refuse_unfinished(path)
        return Scan(**opt.scan_arguments(options))
    if not files.saved:
        raise writable.OptionError(
            "[ising] expected --out or --checkpoint to go with --resume, got neither"
        )
    if not present:
        report.print(f"{files.saved[0]} is not there yet: starting from the beginning")
        return Scan(**opt.scan_arguments(options))
    scan = Scan.load(present[0], device, threads)
    lattice = scan.model.lattice
    shape = {"size": list(lattice.extents), "boundary": list(lattice.periodic)}
    opt.check_same(options, scan.settings() | shape, present[0])
    if "sweeps" in options:
        scan.extend(options["sweeps"])
    report.print(f"going on from {present[0]}, sweep {scan.sweep}")
    return scan


def _refuse_unfinished(path: Path) -> None:
    """Overwrite nothing but finished scans: neither long work without --resume nor other data."""
    try:
        scan = Scan.load(path)
    except ValueError as error:
        raise writable.OptionError(
            f"[ising] expected a new file or a finished scan to replace, got {path}: {error}"
        ) from error
    if not scan.done:
        raise writable.OptionError(
            f"[ising] expected --resume, or another file, got the unfinished scan {path} (sweep "
            f"{scan.sweep} of {scan.total_sweeps})"
        )


def _finish(scan: Scan, files: Files, every: float, notes: Console, *, shown: bool) -> int:
    """Do the sweeps; return 0, or the exit status of a stopped scan."""
    with rendering.progress(scan, notes, shown=shown) as on_progress:
        try:
            scan.finish(
                on_progress,
                checkpoint=files.checkpoint,
                checkpoint_every=every,
                stop_signals=STOP_SIGNALS,
            )
        except Stopped as stop:
            return 128 + stop.signal
    return 0


def _report(scan: Scan, files: Files, report: Console, notes: Console) -> None:
    if scan.run is None:
        notes.print("no draws yet: the scan was still thermalising")
        return
    table = scan.table()
    report.print()
    rendering.print_table(table, report)
    rendering.print_warnings(table, notes)
    if files.plot is not None:
        from .. import plotting

        plotting.save(table, files.plot)
    if files.json is not None:
        jsonfile.write(table.to_dict(), files.json)
    written = [path for path in (*files.saved[::-1], files.plot, files.json) if path is not None]
    if written:
        report.print(f"written: {', '.join(map(str, written))}")
    else:
        report.print("add --plot ising.png for a figure, --out ising.h5 to keep the draws")


def _explain_stop(scan: Scan, files: Files, notes: Console) -> None:
    notes.print(f"stopped at sweep {scan.sweep} of {scan.total_sweeps}")
    if not files.saved:
        notes.print("nothing was saved: --out or --checkpoint make a scan resumable")
        return
    names = (("--out", files.out), ("--checkpoint", files.checkpoint), ("--plot", files.plot))
    words = [f"{name} {shlex.quote(str(path))}" for name, path in names if path is not None]
    if files.checkpoint == files.out:
        words.pop(1)
    notes.print(f"go on with: kadanoff ising --resume {' '.join(words)}")
