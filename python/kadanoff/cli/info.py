"""``kadanoff info``: what this installation is and what it can use."""

from __future__ import annotations

import json as json_format
import os
import platform
from pathlib import Path
from typing import Annotated, Any

import typer


def info(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show version, random-number contract, build, instruction sets, threads and CUDA."""
    facts = collect()
    if json:
        typer.echo(json_format.dumps(facts, indent=2))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        typer.echo(f"{name.replace('_', ' '):<{width}}  {_shown(value)}")


def collect() -> dict[str, Any]:
    """Return the facts that ``kadanoff info`` shows."""
    import numpy as np

    import kadanoff
    from kadanoff import _core

    return {
        "version": kadanoff.__version__,
        "rng_version": kadanoff.rng_version,
        "compiler": _core.compiler,
        "instruction_sets": _core.available_isas(),
        "active_instruction_set": _core.active_isa(),
        "threads": len(os.sched_getaffinity(0)),
        "built_with_cuda": _core.built_with_cuda,
        "cuda_device": _core.cuda_device_name() or None,
        "machine": machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "prefix": str(Path(kadanoff.__file__).parent),
    }


def machine() -> str:
    """Return the model of the CPU, as far as the system tells, and the architecture."""
    name = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else ""
    return f"{name} ({platform.machine()})" if name else platform.machine()


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value)
