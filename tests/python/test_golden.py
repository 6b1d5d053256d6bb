"""Trajectories of past versions, pinned by hash.

Run `python tests/python/test_golden.py` to write the file anew. That is right only together with
a new KADANOFF_RNG_VERSION and a word in the changelog: no published result can be had again then.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

FILE = Path(__file__).parents[1] / "golden" / "trajectories.json"
GOLDEN: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"trajectories": []}
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


def write() -> None:
    """Write the file of hashes from the package as it is, one trajectory to a line."""
    cases = [dict(zip(NAMES, case, strict=True)) for case in CASES]
    lines = [json.dumps({**case, "sha256": digest(case)}) for case in cases]
    body = ",\n    ".join(lines)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(
        f'{{\n  "rng_version": {kd.rng_version},\n  "trajectories": [\n    {body}\n  ]\n}}\n'
    )


def test_the_file_is_of_this_contract_and_complete() -> None:
    assert GOLDEN["rng_version"] == kd.rng_version
    assert [[case[name] for name in NAMES] for case in GOLDEN["trajectories"]] == [
        list(case) for case in CASES
    ]


@pytest.mark.parametrize(
    "case",
    GOLDEN["trajectories"],
    ids=lambda case: "-".join(str(case[name]) for name in ("lattice", "shape", "update", "field")),
)
def test_trajectory(case: dict[str, Any]) -> None:
    assert digest(case) == case["sha256"]


if __name__ == "__main__":
    write()
