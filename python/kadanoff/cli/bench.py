"""``kadanoff bench``: a quick measurement of speed, after a check of the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="One size, shorter times.")] = False,
    json: Annotated[
        Path | None,
        typer.Option(
            "--json", help="Write the measurements there too; - is stdout.", show_default=False
        ),
    ] = None,
) -> None:
    """Measure flips per nanosecond of every kernel here, after checking that all agree."""
    from rich.console import Console

    from . import jsonfile, measuring
    from .grids import print_grid

    console = Console(stderr=json == jsonfile.STDOUT, highlight=False)
    checks = measuring.check(quick=quick)
    for line in checks:
        console.print(f"checked: {line}", soft_wrap=True)
    kernels = measuring.time_kernels(quick=quick)
    threads = measuring.time_threads(quick=quick)
    facts = measuring.machine_facts()
    console.print(f"\n{facts['machine']}, {facts['compiler']}, kadanoff {facts['version']}\n")
    console.print("flips per nanosecond of CPU time, one thread: median (lowest to highest)\n")
    print_grid(measuring.kernel_grid(kernels), console)
    first = threads[0]
    console.print(
        f"\nflips per nanosecond of wall time, {first.lattice} {first.size}, {first.update}, "
        f"{first.isa}\n"
    )
    print_grid(measuring.thread_grid(threads), console)
    if json is not None:
        jsonfile.write(measuring.record(facts, checks, kernels, threads), json)
