"""Measuring what the literature knows: crossings of cumulants, autocorrelation, retrieval."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

import kadanoff as kd
from kadanoff import analysis

POINTS = 6
COPIES = 32


@contextmanager
def reported(name: str) -> Iterator[list[str]]:
    """Print the lines that the block appends, and its CPU seconds; pytest -rP shows them."""
    lines: list[str] = []
    start = time.process_time()
    try:
        yield lines
    finally:
        for line in lines:
            print(f"{name}: {line}")
        print(f"{name}: {time.process_time() - start:.1f} CPU s")


class Size(NamedTuple):
    """How one size is measured: half the range of beta relative to its middle, and draws."""

    width: float
    draws: int


def cumulant(model: Any, beta: float, plan: Size, seed: int, burn: int = 60) -> analysis.Curve:
    """Return Binder's cumulant about beta from Swendsen-Wang, improved where the engine knows how.

    The fourth moment of a Potts model is that of (q max_k n_k / N - 1) / (q - 1).
    """
    betas = np.linspace(beta * (1.0 - plan.width), beta * (1.0 + plan.width), POINTS)
    sampler = kd.Sampler(
        model,
        np.repeat(betas, COPIES),
        update="swendsen-wang",
        replicas=POINTS * COPIES,
        seed=seed,
        threads=1,
    )
    sampler.run(burn)
    run = sampler.sample(plan.draws)
    if "improved_magnetization_squared" in run.observables:
        second = run["improved_magnetization_squared"]
        fourth = run["improved_magnetization_fourth"]
    else:
        second, fourth = run["magnetization"] ** 2, run["magnetization"] ** 4
    values = [
        analysis.jackknife(analysis.binder, second[rows], fourth[rows])
        for rows in np.arange(POINTS * COPIES).reshape(POINTS, COPIES)
    ]
    return analysis.Curve(
        betas, [one.value for one in values], [one.standard_error for one in values]
    )


def crossings(
    make: Any, beta: float, sizes: Mapping[int, Size]
) -> dict[tuple[int, int], analysis.Crossing]:
    """Return where the cumulants of each size and of its double cross."""
    curves = {size: cumulant(make(size), beta, plan, seed=size) for size, plan in sizes.items()}
    return {
        (size, 2 * size): analysis.crossings({size: curves[size], 2 * size: curves[2 * size]})[0]
        for size in curves
        if 2 * size in curves
    }


class Time(NamedTuple):
    """Integrated autocorrelation time, in sweeps of the lattice."""

    tau: float
    error: float


def autocorrelation(
    size: int, update: str, power: int, copies: int, draws: int, every: int, burn: int
) -> Time:
    """Measure that of a power of the magnetisation at the critical point of the square lattice.

    The error is that over eight groups of copies. A Wolff sweep is one cluster: it counts as the
    part of the lattice that it touches on average.
    """
    sampler = kd.Sampler(
        kd.Ising(kd.Square(size)),
        np.log(1.0 + np.sqrt(2.0)) / 2.0,
        update=update,
        replicas=copies,
        seed=size,
        threads=1,
    )
    sampler.run(burn)
    run = sampler.sample(draws, every)
    unit = float(every)
    if update == "wolff":
        unit *= float(run["cluster_size"].mean()) / size**2
    groups = (run["magnetization"] ** power).reshape(8, copies // 8, draws)
    times = np.array([analysis.integrated_time(group) for group in groups]) * unit
    return Time(float(times.mean()), float(times.std(ddof=1) / np.sqrt(8.0)))


def exponent(times: Mapping[int, Time]) -> tuple[float, float]:
    """Return z of tau = a L^z and its error, by weighted least squares of the logarithms."""
    sizes = np.array(sorted(times), dtype=float)
    values = np.array([times[int(size)].tau for size in sizes])
    weights = values / np.array([times[int(size)].error for size in sizes])
    design = np.column_stack([np.ones_like(sizes), np.log(sizes)]) * weights[:, None]
    solution, *_ = np.linalg.lstsq(design, np.log(values) * weights, rcond=None)
    covariance = np.linalg.inv(design.T @ design)
    return float(solution[1]), float(np.sqrt(covariance[1, 1]))
