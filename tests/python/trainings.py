"""Small trainings that tests share."""

from __future__ import annotations

from typing import Any

import numpy as np

import kadanoff as kd


def samples(count: int = 70, visible: int = 6, units: str = "binary", seed: int = 3) -> np.ndarray:
    """Samples in which neighbours agree more often than not."""
    rng = np.random.default_rng(seed)
    first = rng.random((count, 1)) < 0.5
    bits = first ^ (rng.random((count, visible)) < 0.2)
    return bits.astype(np.uint8) if units == "binary" else np.where(bits, 1, -1).astype(np.int8)


def machine(
    visible: int = 6, hidden: int = 4, units: tuple[str, str] = ("binary", "binary")
) -> kd.RBM:
    return kd.RBM.random(visible, hidden, None, 5, 0.1, *units)


def trainer(method: str = "pcd", **options: Any) -> kd.RBMTrainer:
    given = {
        "batch_size": 16,
        "seed": 11,
        "threads": 1,
        "optimizer": "adam",
        "learning_rate": 0.02,
        **options,
    }
    rbm = given.pop("rbm", None)
    if method in ("pcd", "pt", "trajectory") and "negative_phase" not in given:
        given.setdefault("chains", 20)
    return kd.RBMTrainer(machine() if rbm is None else rbm, method, **given)


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """A state as a flat dictionary, without the seconds that epochs took."""
    if not isinstance(value, dict):
        return {name: value}
    return {
        key: leaf
        for part, inner in value.items()
        if part != "seconds"
        for key, leaf in flat(inner, f"{name}/{part}").items()
    }


def same(first: kd.RBMTrainer, second: kd.RBMTrainer) -> bool:
    """Whether two trainers are the same, bit for bit."""
    one, other = flat(first.state()), flat(second.state())
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name], equal_nan=_is_float(one[name])) for name in one
    )


def _is_float(value: Any) -> bool:
    return isinstance(value, float) or getattr(value, "dtype", np.dtype(int)).kind == "f"
