"""Measure what a call of einsum costs besides its arithmetic: tensors whose extents are all 2.

    pip install 'kadanoff[bench,nn,tensor]' && python bench/python/einsum_overhead.py

Every peer first shows that its result is right. Then all take turns, for as many rounds as asked;
printed are medians of nanoseconds of CPU time per call on one thread, and ratios to the fastest
peer of the same round. Everything is planned before the clock starts, where a peer plans at all.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from conditions import restart_in_a_fair_environment, write

import kadanoff as kd

CHAIN = "ab,bc,cd,de,ef,fg,gh,hi,ij,jk->ak"
RING = "abc,cde,efg,ghi,ija->bdfhj"
CASES = {
    "dot": "i,i->",
    "matrix-vector": "ij,j->i",
    "matrices": "ij,jk->ik",
    "batch": "bij,bjk->bik",
    "order 4": "abcd,cdef->abef",
    "elementwise": "ij,ij->ij",
    "sum": "ij->j",
    "trace": "ii->",
    "transposition": "ij->ji",
    "three": "ij,jk,kl->il",
    "chain of 10": CHAIN,
    "ring of 5": RING,
}
PEERS = ("numpy", "torch", "opt_einsum")

Call = Callable[[], Any]
Maker = Callable[[str, list[np.ndarray]], Call]


def kadanoff_call(equation: str, operands: list[np.ndarray]) -> Call:
    return lambda: kd.einsum(equation, *operands)


def kadanoff_expression(equation: str, operands: list[np.ndarray]) -> Call:
    expression = kd.tensor.contract_expression(equation, *(a.shape for a in operands))
    return lambda: expression(*operands)


def numpy_call(equation: str, operands: list[np.ndarray]) -> Call:
    return lambda: np.einsum(equation, *operands)


def numpy_path(equation: str, operands: list[np.ndarray]) -> Call:
    path = np.einsum_path(equation, *operands, optimize="optimal")[0]
    return lambda: np.einsum(equation, *operands, optimize=path)


def torch_call(equation: str, operands: list[np.ndarray]) -> Call:
    import torch

    torch.set_num_threads(1)
    tensors = [torch.from_numpy(a) for a in operands]
    return lambda: torch.einsum(equation, *tensors)


def opt_einsum_call(equation: str, operands: list[np.ndarray]) -> Call:
    import opt_einsum

    return lambda: opt_einsum.contract(equation, *operands)


def opt_einsum_expression(equation: str, operands: list[np.ndarray]) -> Call:
    import opt_einsum

    expression = opt_einsum.contract_expression(equation, *(a.shape for a in operands))
    return lambda: expression(*operands)


def makers() -> dict[str, Maker]:
    """Return what is installed, Kadanoff first."""
    found: dict[str, Maker] = {
        "kadanoff": kadanoff_call,
        "kadanoff expression": kadanoff_expression,
        "numpy": numpy_call,
        "numpy path": numpy_path,
    }
    if util.find_spec("torch"):
        found["torch"] = torch_call
    if util.find_spec("opt_einsum"):
        found["opt_einsum"] = opt_einsum_call
        found["opt_einsum expression"] = opt_einsum_expression
    return found


def nanoseconds(call: Call, calls: int) -> float:
    start = time.process_time_ns()
    for _ in range(calls):
        call()
    return (time.process_time_ns() - start) / calls


def take_turns(
    calls: dict[str, Call], counts: dict[str, int], rounds: int
) -> tuple[dict[str, list[float]], np.ndarray]:
    """Return nanoseconds of each in each round, and those of the fastest peer over Kadanoff's."""
    times: dict[str, list[float]] = {peer: [] for peer in calls}
    for _ in range(rounds):
        for peer, call in calls.items():
            times[peer].append(nanoseconds(call, counts[peer]))
    others = [times[peer] for peer in calls if not peer.startswith("kadanoff")]
    return times, np.min(others, axis=0) / np.array(times["kadanoff"])


def compare(name: str, equation: str, found: dict[str, Maker], rounds: int) -> dict[str, Any]:
    """Check the answers of one case, measure, print and return its times and ratios."""
    rng = np.random.default_rng(1)
    terms = equation.split("->")[0].split(",")
    operands = [rng.normal(size=(2,) * len(term)) for term in terms]
    exact = np.einsum(equation, *operands)
    calls = {peer: make(equation, operands) for peer, make in found.items()}
    for peer, call in calls.items():
        if not np.allclose(np.asarray(call()), exact, rtol=1e-12, atol=1e-12):
            raise SystemExit(f"{peer} is wrong in {name}")
    counts = {peer: max(10, int(2e7 / nanoseconds(call, 200))) for peer, call in calls.items()}
    times, ratio = take_turns(calls, counts, rounds)
    medians = {peer: float(np.median(values)) for peer, values in times.items()}
    print(
        f"{name:14s} {np.median(ratio):5.1f} x ({ratio.min():.1f} to {ratio.max():.1f})  "
        + "  ".join(f"{peer} {value:.0f}" for peer, value in medians.items()),
        flush=True,
    )
    return {
        "case": name,
        "equation": equation,
        "nanoseconds": medians,
        "fastest_peer_over_kadanoff": [
            float(x) for x in (np.median(ratio), min(ratio), max(ratio))
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--case", choices=CASES, help="this one alone")
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    found = makers()
    chosen = {k: v for k, v in CASES.items() if options.case in (None, k)}
    results = [compare(name, text, found, options.rounds) for name, text in chosen.items()]
    if options.json:
        write(options.json, results, PEERS)


if __name__ == "__main__":
    main()
