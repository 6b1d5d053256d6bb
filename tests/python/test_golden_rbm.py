"""Gibbs chains of past versions, pinned by hash.

Run `python tests/python/test_golden_rbm.py` to write the file anew, as test_golden.py says.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

FILE = Path(__file__).parents[1] / "golden" / "gibbs_chains.json"
GOLDEN: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"chains": []}
NAMES = ("units", "visible", "hidden", "precision", "beta", "clamp", "seed", "chains", "steps")
# Weights grow with `beta`, which is [lowest, highest] of the chains.
CASES = [
    (["binary", "binary"], 33, 5, "float32", [1.0, 1.0], 0, 1, 130, 20),
    (["binary", "binary"], 33, 5, "fixed16", [1.0, 1.0], 0, 2, 130, 20),
    (["binary", "binary"], 784, 97, "float32", [0.0, 1.5], 0, 2**64 - 1, 65, 5),
    (["binary", "binary"], 784, 97, "fixed16", [0.0, 1.5], 0, 2**64 - 1, 65, 5),
    (["spin", "binary"], 64, 192, "float32", [0.5, 1.0], 7, 3, 33, 10),
    (["binary", "spin"], 64, 192, "fixed16", [0.5, 1.0], 7, 4, 33, 10),
    (["spin", "spin"], 1, 1, "float32", [2.0, 2.0], 0, 5, 1, 40),
]


def machine(units: list[str], visible: int, hidden: int) -> kd.RBM:
    """Weights that are exact in float32."""
    k = np.arange(visible * hidden).reshape(visible, hidden)
    weights = (k * k % 31 - 15.0) / (16 * np.sqrt(4.0 ** np.ceil(np.log2(visible) / 2)))
    return kd.RBM(
        weights, np.arange(visible) % 5 / 4 - 0.5, np.arange(hidden) % 3 / 2 - 0.5, *units
    )


def digest(case: dict[str, Any]) -> str:
    """SHA-256 of the visible units and then of the hidden ones, bytes of 0 or 1, in C order."""
    chains = kd.GibbsSampler(
        machine(case["units"], case["visible"], case["hidden"]),
        case["chains"],
        case["seed"],
        precision=case["precision"],
        beta=np.linspace(*case["beta"], case["chains"]),
    )
    if case["clamp"]:
        chains.clamp(np.arange(case["visible"]) % case["clamp"] == 0)
    chains.run(case["steps"])
    bits = [(layer == 1).astype(np.uint8).tobytes() for layer in (chains.visible, chains.hidden)]
    return hashlib.sha256(b"".join(bits)).hexdigest()


def write() -> None:
    """Write the file of hashes from the package as it is."""
    named = [dict(zip(NAMES, case, strict=True)) for case in CASES]
    lines = ",\n    ".join(json.dumps({**case, "sha256": digest(case)}) for case in named)
    FILE.write_text(
        f'{{\n  "rng_version": {kd.rng_version},\n  "chains": [\n    {lines}\n  ]\n}}\n'
    )


def test_the_file_is_of_this_contract_and_complete() -> None:
    assert GOLDEN["rng_version"] == kd.rng_version
    assert [[case[name] for name in NAMES] for case in GOLDEN["chains"]] == [
        list(case) for case in CASES
    ]


@pytest.mark.parametrize(
    "case",
    GOLDEN["chains"],
    ids=lambda case: f"{case['visible']}x{case['hidden']}-{case['precision']}",
)
def test_chains(case: dict[str, Any]) -> None:
    assert digest(case) == case["sha256"]


if __name__ == "__main__":
    write()
