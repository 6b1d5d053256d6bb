"""Compare HOTRG with NumPy and opt_einsum, and measure its share of the rate of matrix products.

    python bench/python/coarse_graining.py [--accuracy] [--json FILE]

The references are the same algorithm as a careful user writes it: opt_einsum finds the order of the
contractions once for all steps, and multiplies by NumPy's BLAS, or the order is given by hand, with
fewer transpositions; the projector comes from `eigh` for the leading eigenvectors alone. `ratio` is
to the faster reference. All take the same tensor of the critical Ising model through
the same steps, in turns, on one thread, and must agree in ln Z. Times are CPU seconds of a step,
which divides the number of tensors by four.

Three rates are printed for Kadanoff: with all that it finds in the tensor (parities and mirrors),
with the mirrors alone, and of a tensor without any symmetry, for which it does the operations of
the reference. `of_dgemm` is 4 chi^7 operations, those of the leading products of a step without
symmetries, over the time of all of a step, and over the rate of dgemm at size 1536 in the same run.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import opt_einsum
from conditions import restart_in_a_fair_environment, write
from scipy.linalg import eigh

import kadanoff as kd
from kadanoff.tensor.coarse_graining import hotrg_square, networks

BETA = 1.0 / kd.exact.critical_temperature()
EXACT = kd.exact.onsager(BETA).log_z


class Reference:
    """HOTRG of T[u, l, d, r] by opt_einsum and NumPy."""

    def __init__(self, tensor: np.ndarray, chi: int, by_hand: bool) -> None:
        self.tensor, self.chi, self.by_hand = tensor, chi, by_hand
        self.log_z, self.cells = 0.0, 1.0
        self.plans: dict[tuple[Any, ...], Any] = {}

    def contract(self, equation: str, *arrays: np.ndarray) -> np.ndarray:
        key = (equation, *(a.shape for a in arrays))
        if key not in self.plans:
            self.plans[key] = opt_einsum.contract_expression(
                equation, *(a.shape for a in arrays), optimize="optimal"
            )
        return self.plans[key](*arrays)

    def half_step(self) -> None:
        t, h = self.tensor, self.tensor.shape[1]
        squared = self.contract("uair,ibdR,ucjr,jedR->abce", t, t, t, t).reshape(h * h, h * h)
        count = min(self.chi, h * h)
        vectors = eigh(squared, subset_by_index=(h * h - count, h * h - 1))[1]
        u = vectors.reshape(h, h, count)
        if self.by_hand:
            first = np.tensordot(u, t, (0, 1))  # q l u i P
            both = np.tensordot(first, t, ((0, 3), (1, 0)))  # l u P d Q
            t = np.tensordot(both, u, ((2, 4), (0, 1))).transpose(1, 0, 2, 3)
        else:
            t = self.contract("pql,upiP,iqdQ,PQr->uldr", u, t, t, u)
        factor = float(np.abs(t).max())
        self.tensor = np.ascontiguousarray((t / factor).transpose(1, 0, 3, 2))
        self.cells *= 2.0
        self.log_z += math.log(factor) / self.cells

    def step(self) -> None:
        self.half_step()
        self.half_step()

    def result(self) -> float:
        return self.log_z + math.log(float(np.einsum("abab", self.tensor))) / self.cells


class Own:
    """The same by Kadanoff, with some of the symmetries left out or not."""

    def __init__(self, tensor: np.ndarray, chi: int, parities: bool, mirrors: bool) -> None:
        self.network = networks.prepare("bench", tensor, None, parities, (2,)).network
        if mirrors:
            self.network = networks.with_mirrors(self.network)
        self.chi = chi
        self.log_z, self.cells = math.log(float(np.abs(tensor).max())), 1.0

    def step(self) -> None:
        for _ in range(2):
            network, _ = hotrg_square.stack(self.network, self.chi)
            factor = float(np.abs(network.tensor).max())
            self.network = hotrg_square.turned(network.scaled(1.0 / factor))
            self.cells *= 2.0
            self.log_z += math.log(factor) / self.cells

    def result(self) -> float:
        trace = float(np.trace(self.network.closed(self.network.tensor)))
        return self.log_z + math.log(trace) / self.cells


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def dgemm_rate() -> float:
    """Return operations per CPU nanosecond of NumPy's product of matrices."""
    size = 1536
    a, b = np.random.default_rng(1).random((2, size, size))
    out = np.empty_like(a)
    best = min(cpu_seconds(lambda: np.matmul(a, b, out=out)) for _ in range(5))
    return 2.0 * size**3 / best / 1e9


def speed(chi: int, warm: int, rounds: int, reference: bool) -> dict[str, Any]:
    cell = kd.tensor.site_tensor("square", BETA)
    runs: dict[str, Any] = {
        "parities and mirrors": Own(cell.tensor, chi, True, True),
        "mirrors": Own(cell.tensor, chi, False, True),
        "none": Own(cell.tensor, chi, False, False),
    }
    if reference:
        runs["numpy + opt_einsum"] = Reference(cell.tensor, chi, False)
        runs["numpy by hand"] = Reference(cell.tensor, chi, True)
    for run in runs.values():
        for _ in range(warm):
            run.step()
    times: dict[str, list[float]] = {name: [] for name in runs}
    rate = []
    for _ in range(rounds):
        rate.append(dgemm_rate())
        for name, run in runs.items():
            times[name].append(cpu_seconds(run.step))
    results = [run.result() for run in runs.values()]
    if max(results) - min(results) > 1e-9:
        raise SystemExit(f"chi = {chi}: ln Z differ: {results}")
    seconds = {name: statistics.median(values) for name, values in times.items()}
    dgemm = statistics.median(rate)
    found: dict[str, Any] = {
        "chi": chi,
        "seconds": seconds,
        "spread": {name: [min(values), max(values)] for name, values in times.items()},
        "dgemm": dgemm,
        "of_dgemm": {name: 4 * chi**7 / s / 1e9 / dgemm for name, s in seconds.items()},
    }
    if reference:
        base = min(seconds["numpy + opt_einsum"], seconds["numpy by hand"])
        found["ratio"] = {name: base / s for name, s in seconds.items()}
    return found


def accuracy(name: str, chi: int, steps: int) -> dict[str, Any]:
    cell = kd.tensor.site_tensor("square", BETA)
    begin = time.process_time()
    flow = getattr(kd.tensor, name)(cell, chi, steps)
    seconds = time.process_time() - begin
    errors = flow.log_z / EXACT - 1.0
    return {
        "method": name,
        "chi": chi,
        "steps": steps,
        "error": errors[-1],
        "sign changes": int(np.count_nonzero(np.diff(np.sign(errors)))),
        "sigma": flow.scaling_dimensions[1],
        "epsilon": flow.scaling_dimensions[2],
        "c": flow.central_charge,
        "seconds": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--accuracy", action="store_true", help="accuracy against chi, too")
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    rows: list[dict[str, Any]] = []
    for chi, warm, reference in ((16, 4, True), (24, 4, True), (32, 4, False)):
        rows.append(speed(chi, warm, options.rounds, reference))
        print(json.dumps(rows[-1]))
    if options.accuracy:
        table = [("trg", c, 34) for c in (8, 16, 24, 32, 48, 64)]
        table += [("bond_weighted_trg", c, 34) for c in (8, 16, 24, 32, 48)]
        table += [("hotrg", c, 18) for c in (8, 16, 24, 32)]
        for entry in table:
            rows.append(accuracy(*entry))
            print(json.dumps(rows[-1]))
    if options.json:
        write(options.json, rows, ("opt_einsum", "scipy"))


if __name__ == "__main__":
    main()
