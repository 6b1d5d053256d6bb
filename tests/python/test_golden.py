"""Trajectories of past versions, pinned by hash.

Run `python tests/python/test_golden.py` to write the file anew. That is right only together with
a new KADANOFF_RNG_VERSION and a word in the changelog: no published result can be had again then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

FILE = Path(__file__).parents[1] / "golden" / "trajectories.json"
GOLDEN: dict[str, Any] = (
    json.loads(FILE.read_text()) if FILE.exists() else {"trajectories": [], "graphs": []}
)
NAMES = (
    *("lattice", "shape", "update", "beta", "coupling", "field"),
    *("seed", "replicas", "start", "sweeps"),
)
CASES = [
    ("square", [4, 4], "heatbath", 0.44, 1.0, 0.0, 0, 4, "ordered", 100),
    ("square", [2, 2], "metropolis", 0.2, 1.0, 0.5, 1, 4, "random", 50),
    ("square", [64, 64], "heatbath", 0.4406868, 1.0, 0.0, 1, 2, "random", 50),
    ("square", [64, 64], "metropolis", 0.4406868, 1.0, 0.0, 1, 2, "random", 50),
    ("square", [100, 100], "heatbath", 0.3, -1.0, 0.0, 2**64 - 1, 1, "ordered", 50),
    ("square", [100, 100], "metropolis", 0.3, -1.0, 0.75, 2**64 - 1, 1, "ordered", 50),
    ("square", [6, 1000], "heatbath", 0.5, 1.0, 0.1, 12345678901234567, 3, "random", 30),
    ("square", [1000, 1000], "heatbath", 0.44, 1.0, 0.0, 42, 1, "random", 20),
    ("square", [1000, 1000], "metropolis", 0.44, 1.0, 0.0, 42, 1, "random", 20),
    ("cubic", [16, 16, 16], "heatbath", 0.2216546, 1.0, 0.0, 7, 2, "random", 50),
    ("cubic", [16, 16, 16], "metropolis", 0.2216546, 1.0, 0.0, 7, 2, "random", 50),
    ("cubic", [6, 40, 130], "heatbath", 0.25, -1.0, 0.3, 8, 1, "random", 30),
    ("cubic", [6, 40, 130], "metropolis", 0.25, 0.7, -0.3, 8, 1, "random", 30),
    ("square", [32, 32], "metropolis", 0.0, 1.0, 0.0, 5, 2, "random", 9),
]

GRAPH_NAMES = (
    *("lattice", "shape", "periodic", "states", "coupling", "field", "plaquette"),
    *("update", "order", "kernel", "beta", "seed", "replicas", "sweeps"),
)
# states 0: Ising. Couplings "signs" and "many", fields "many": see `terms`.
GRAPH_CASES = [
    (*model, *how)
    for model, how in (
        (
            ("square", [6, 6], True, 0, 1.0, 0.0, 0.0),
            ("heatbath", "sublattice", "packed", 0.44, 1, 512, 30),
        ),
        (
            ("square", [6, 6], True, 0, 1.0, 0.0, 0.0),
            ("metropolis", "sublattice", "packed", 0.44, 1, 512, 30),
        ),
        (
            ("square", [5, 7], True, 0, "signs", 0.0, 0.0),
            ("heatbath", "random", "packed", 0.6, 2**64 - 1, 33, 20),
        ),
        (
            ("cubic", [5, 6, 7], True, 0, "signs", 0.25, 0.0),
            ("metropolis", "sublattice", "packed", 0.3, 2, 600, 20),
        ),
        (
            ("cubic", [5, 6, 7], False, 0, -0.7, 0.0, 0.0),
            ("heatbath", "sublattice", "packed", 0.3, 3, 40, 20),
        ),
        (
            ("triangular", [34, 33], True, 0, "signs", 0.0, 0.0),
            ("heatbath", "sublattice", "packed", 0.5, 4, 64, 20),
        ),
        (
            ("honeycomb", [5, 4], False, 0, 1.0, -0.1, 0.0),
            ("metropolis", "sequential", "packed", 0.8, 5, 2, 20),
        ),
        (
            ("chain", [40], False, 0, 1.0, 0.0, 0.0),
            ("heatbath", "parallel", "packed", 0.8, 6, 7, 20),
        ),
        (
            ("square", [20, 20], True, 0, "many", 0.0, 0.0),
            ("heatbath", "sublattice", "plain", 0.7, 7, 33, 20),
        ),
        (
            ("square", [20, 20], False, 0, "many", "many", 0.0),
            ("metropolis", "random", "plain", 0.7, 8, 3, 20),
        ),
        (
            ("square", [20, 20], True, 0, 1.0, 0.0, 0.2),
            ("heatbath", "sublattice", "plain", 0.35, 9, 5, 20),
        ),
        (
            ("cubic", [6, 5, 4], True, 0, "many", 0.0, 0.0),
            ("metropolis", "sublattice", "plain", 1.1, 10, 20, 20),
        ),
        (
            ("square", [20, 20], True, 3, 1.0, 0.0, 0.0),
            ("heatbath", "sublattice", "potts", 1.0, 11, 20, 20),
        ),
        (
            ("triangular", [6, 9], False, 5, "many", 0.0, 0.0),
            ("metropolis", "random", "potts", 0.9, 12, 3, 20),
        ),
        (
            ("square", [20, 20], True, 0, "many", 0.0, 0.0),
            ("heatbath", "sublattice", "table", 0.7, 13, 70, 40),
        ),
        (
            ("cubic", [6, 5, 4], False, 0, "many", "many", 0.0),
            ("metropolis", "sublattice", "table", 1.1, 14, 130, 40),
        ),
        (
            ("complete", [70], True, 0, "many", 0.0, 0.0),
            ("heatbath", "sublattice", "dense", 0.1, 15, 70, 20),
        ),
        (
            ("complete", [301], True, 0, "signs", "many", 0.0),
            ("metropolis", "random", "dense", 0.05, 16, 19, 20),
        ),
    )
]


def complete(n: int, periodic: bool) -> kd.Graph:
    """All pairs are neighbours; there is no boundary."""
    assert periodic
    return kd.Graph(np.argwhere(np.triu(np.ones((n, n)), k=1)), n)


LATTICES: dict[str, Callable[..., Any]] = {
    "complete": complete,
    "chain": kd.Chain,
    "square": kd.Square,
    "triangular": kd.Triangular,
    "honeycomb": kd.Honeycomb,
    "cubic": kd.Cubic,
}


def terms(kind: float | str, count: int) -> float | np.ndarray:
    """A number, or one of two lists of exact numbers."""
    k = np.arange(count)
    if kind == "signs":
        return np.where((k * k + k // 3) % 5 < 3, 1.0, -1.0)
    return (7 * k % 16 - 7.5) / 8 if isinstance(kind, str) else kind


def graph_digest(case: dict[str, Any]) -> str:
    """SHA-256 of the spins, one byte each, in C order; the start is random."""
    shape = case["shape"]
    lattice = LATTICES[case["lattice"]](
        shape[0] if len(shape) == 1 else shape, periodic=case["periodic"]
    )
    coupling = terms(case["coupling"], len(lattice.bonds))
    model: kd.Ising | kd.Potts
    if case["states"]:
        model = kd.Potts(lattice, case["states"], coupling)
    else:
        field = terms(case["field"], lattice.n_sites)
        model = kd.Ising(lattice, coupling, field, case["plaquette"])
    options = {name: case[name] for name in ("update", "order", "kernel", "seed", "replicas")}
    sampler = kd.Sampler(model, case["beta"], start="random", **options)
    sampler.run(case["sweeps"])
    return hashlib.sha256(sampler.spins.tobytes()).hexdigest()


def digest(case: dict[str, Any]) -> str:
    """SHA-256 of the spins, int8 in C order."""
    lattice = {"square": kd.Square, "cubic": kd.Cubic}[case["lattice"]](case["shape"])
    sampler = kd.Sampler(
        kd.Ising(lattice, case["coupling"], case["field"]),
        beta=case["beta"],
        update=case["update"],
        replicas=case["replicas"],
        seed=case["seed"],
        start=case["start"],
    )
    sampler.run(case["sweeps"])
    spins = sampler.spins
    assert spins.dtype == np.int8
    return hashlib.sha256(spins.tobytes()).hexdigest()


def lines(names: tuple[str, ...], cases: list[Any], digest: Callable[..., str]) -> str:
    """One trajectory to a line."""
    named = [dict(zip(names, case, strict=True)) for case in cases]
    return ",\n    ".join(json.dumps({**case, "sha256": digest(case)}) for case in named)


def write() -> None:
    """Write the file of hashes from the package as it is."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(
        f'{{\n  "rng_version": {kd.rng_version},\n'
        f'  "trajectories": [\n    {lines(NAMES, CASES, digest)}\n  ],\n'
        f'  "graphs": [\n    {lines(GRAPH_NAMES, GRAPH_CASES, graph_digest)}\n  ]\n}}\n'
    )


def test_the_file_is_of_this_contract_and_complete() -> None:
    assert GOLDEN["rng_version"] == kd.rng_version
    assert [[case[name] for name in NAMES] for case in GOLDEN["trajectories"]] == [
        list(case) for case in CASES
    ]
    assert [[case[name] for name in GRAPH_NAMES] for case in GOLDEN["graphs"]] == [
        list(case) for case in GRAPH_CASES
    ]


@pytest.mark.parametrize(
    "case",
    GOLDEN["trajectories"],
    ids=lambda case: "-".join(str(case[name]) for name in ("lattice", "shape", "update", "field")),
)
def test_trajectory(case: dict[str, Any]) -> None:
    assert digest(case) == case["sha256"]


@pytest.mark.parametrize(
    "case",
    GOLDEN["graphs"],
    ids=lambda case: "-".join(str(case[name]) for name in ("kernel", "lattice", "update", "order")),
)
def test_trajectory_on_a_graph(case: dict[str, Any]) -> None:
    assert graph_digest(case) == case["sha256"]


if __name__ == "__main__":
    write()
