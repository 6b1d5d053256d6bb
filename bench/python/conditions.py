"""What a bench runs under: the environment that it asks for, the record that it leaves."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import kadanoff as kd

# A BLAS told to be slower than the machine is no baseline.
SLOWER = ("OPENBLAS_CORETYPE", "MKL_DEBUG_CPU_TYPE", "MKL_ENABLE_INSTRUCTIONS")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TBLIS_NUM_THREADS")


def restart_in_a_fair_environment() -> None:
    """Start anew where the environment holds a BLAS back or gives it more than one thread."""
    fair = {name: value for name, value in os.environ.items() if name not in SLOWER}
    fair |= dict.fromkeys(THREADS, "1")
    if fair != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.argv], fair)


def conditions(packages: Iterable[str] = ()) -> dict[str, Any]:
    """Return the machine, our build and its commit, the command, and versions of `packages`."""
    versions = {"python": platform.python_version(), "numpy": metadata.version("numpy")}
    for name in packages:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": _processor(),
        "cpus": len(os.sched_getaffinity(0)),
        "kadanoff": kd.__version__,
        "commit": _commit(),
        "compiler": kd._core.compiler,
        "instruction_set": kd._core.active_isa(),
        "command": " ".join(["python", *sys.argv]),
        "versions": versions,
    }


def write(path: Path, results: Any, packages: Iterable[str] = (), **more: Any) -> None:
    """Write results with their conditions, and `more` conditions, as JSON."""
    record = {"about": conditions(packages) | more, "results": results}
    path.write_text(json.dumps(record, indent=2) + "\n")


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    """Return the commit of the checkout that this file is in, with a + where it was changed."""
    git = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
