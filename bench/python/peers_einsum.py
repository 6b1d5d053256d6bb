"""Compare Kadanoff's contraction of two tensors with its peers, in one process on one thread.

    pip install 'kadanoff[bench,nn,tensor]' pytblis && python bench/python/peers_einsum.py

The cases are from the TCCG benchmark (Springer and Bientinesi 2018, ACM TOMS 44, 28), with its
extents for float64, where the largest tensor has about 200 MB (100 MB in float32). TCCG writes
C-A-B and is column-major; here every tensor is row-major with its labels reversed, which is the
same memory and suits NumPy and torch. Every peer first shows that its result is right. Then all
take turns, for as many rounds as asked; printed are medians of GFLOP per CPU second, and ratios to
the best peer of the same round.

All write into the same output: `out=` where a peer has it, and a copy where it returns a new array
or the view of one with its axes in another order.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from conditions import restart_in_a_fair_environment, write

import kadanoff as kd

CASES = {
    "ab-ac-cb": "a:5136 b:5120 c:5136",
    "abcd-aebf-fdec": "a:72 b:72 c:72 d:72 e:72 f:72",
    "abc-bda-dc": "a:312 b:312 c:24 d:312",
    "abcd-dbea-ec": "a:72 b:72 c:24 d:72 e:72",
    "abcde-efbad-cf": "a:48 b:32 c:24 d:32 e:48 f:32",
    "abcdef-dega-gfbc": "a:24 b:16 c:16 d:24 e:16 f:16 g:24",
    "abcdef-degb-gfac": "a:24 b:16 c:16 d:24 e:16 f:16 g:24",
    "abcd-ea-ebcd": "a:72 b:72 c:72 d:72 e:72",
    "ab-acd-dbc": "a:312 b:296 c:296 d:312",
}
PEERS = ("numpy", "torch", "opt_einsum", "pytblis")

Contraction = Callable[[str, np.ndarray, np.ndarray, np.ndarray], None]


def kadanoff_einsum(equation: str, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    kd.einsum(equation, a, b, out=out, threads=1)


def numpy_einsum(equation: str, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    np.einsum(equation, a, b, out=out, optimize=True)


def numpy_tensordot(equation: str, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    operands, wanted = equation.split("->")
    left, right = operands.split(",")
    summed = [label for label in left if label not in wanted]
    axes = [left.index(label) for label in summed], [right.index(label) for label in summed]
    kept = [label for label in left + right if label not in summed]
    result = np.tensordot(a, b, axes=axes)
    np.copyto(out, result.transpose([kept.index(label) for label in wanted]))


def torch_einsum() -> Contraction:
    import torch

    torch.set_num_threads(1)

    def contract(equation: str, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        result = torch.einsum(equation, torch.from_numpy(a), torch.from_numpy(b))
        torch.from_numpy(out).copy_(result)

    return contract


def opt_einsum_contract() -> Contraction:
    import opt_einsum

    def contract(equation: str, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        opt_einsum.contract(equation, a, b, out=out)

    return contract


def pytblis_contract() -> Contraction:
    import pytblis

    pytblis.set_num_threads(1)

    def contract(equation: str, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        pytblis.contract(equation, a, b, out=out)

    return contract


def contractions() -> dict[str, Contraction]:
    """Return what is installed, Kadanoff first."""
    found: dict[str, Contraction] = {"kadanoff": kadanoff_einsum}
    found["numpy.einsum"] = numpy_einsum
    found["numpy.tensordot"] = numpy_tensordot
    for name, make in (
        ("torch", torch_einsum),
        ("opt_einsum", opt_einsum_contract),
        ("pytblis", pytblis_contract),
    ):
        if util.find_spec(name):
            found[name] = make()
    return found


class Case:
    """One contraction: `equation` in row-major order, its operands, memory for its output."""

    def __init__(self, name: str, extents: str, dtype: type, scale: float) -> None:
        sizes = {part[0]: max(1, round(int(part[2:]) * scale)) for part in extents.split()}
        output, left, right = (labels[::-1] for labels in name.split("-"))
        self.name, self.equation = name, f"{left},{right}->{output}"
        rng = np.random.default_rng(1)
        shapes = [tuple(sizes[label] for label in labels) for labels in (left, right, output)]
        self.left, self.right = (
            rng.random(shape, np.float32).astype(dtype) for shape in shapes[:2]
        )
        self.output = np.zeros(shapes[2], dtype)
        self.flops = 2 * math.prod(sizes.values())

    def run(self, contract: Contraction) -> float:
        """GFLOP per CPU second of one call."""
        start = time.process_time()
        contract(self.equation, self.left, self.right, self.output)
        return self.flops / (time.process_time() - start) / 1e9


def check(case: Case, found: dict[str, Contraction]) -> None:
    """Compare all results with float64 sums at a few places."""
    operands, wanted = case.equation.split("->")
    left, right = operands.split(",")
    places = np.random.default_rng(2).integers(0, case.output.shape, (20, case.output.ndim))
    for name, contract in found.items():
        case.output[...] = np.nan
        case.run(contract)
        for place in places:
            at = dict(zip(wanted, place, strict=True))
            a = case.left[tuple(at.get(label, slice(None)) for label in left)].astype(float)
            b = case.right[tuple(at.get(label, slice(None)) for label in right)].astype(float)
            summed = [label for label in left if label not in wanted]
            order = [
                [x for x in labels if x not in wanted].index(s)
                for labels in (right,)
                for s in summed
            ]
            exact = np.sum(a * b.transpose(order))
            error = abs(case.output[tuple(place)] / exact - 1)
            if not error < 100 * np.finfo(case.output.dtype).eps:
                raise SystemExit(f"{name} {case.name}: relative error {error:.1e}")


def compare(case: Case, found: dict[str, Contraction], rounds: int) -> dict[str, Any]:
    """Measure one case; print and return its rates and ratios."""
    check(case, found)
    rates: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        for name, contract in found.items():
            rates[name].append(case.run(contract))
    peers = [name for name in found if name != "kadanoff"]
    ratio = np.array(rates["kadanoff"]) / np.max([rates[name] for name in peers], axis=0)
    dtype = str(case.output.dtype)
    medians = {name: float(np.median(values)) for name, values in rates.items()}
    print(
        f"{case.name:17s} {dtype} {np.median(ratio):5.2f} x "
        f"({ratio.min():.2f} to {ratio.max():.2f})  "
        + "  ".join(f"{name} {value:.1f}" for name, value in medians.items()),
        flush=True,
    )
    return {
        "case": case.name,
        "dtype": dtype,
        "shapes": [case.left.shape, case.right.shape, case.output.shape],
        "gflops": medians,
        "ratio_to_best_peer": [float(x) for x in (np.median(ratio), ratio.min(), ratio.max())],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scale", type=float, default=1.0, help="factor of all extents")
    parser.add_argument("--case", choices=CASES, help="this one alone")
    parser.add_argument("--dtype", choices=("float32", "float64"), help="this one alone")
    parser.add_argument("--without", nargs="*", default=[], help="peers to leave out")
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    found = {name: run for name, run in contractions().items() if name not in options.without}
    results = []
    for name, extents in CASES.items():
        for dtype in (np.float32, np.float64):
            if options.case in (None, name) and options.dtype in (None, dtype.__name__):
                case = Case(name, extents, dtype, options.scale)
                results.append(compare(case, found, options.rounds))
    if options.json:
        write(options.json, results, PEERS)


if __name__ == "__main__":
    main()
