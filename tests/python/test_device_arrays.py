"""Arrays of a GPU, on machines that have none: with a CuPy that is missing, or played by NumPy."""

from __future__ import annotations

import re
import sys
import types

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import device_arrays


class OnDevice:
    """An array that only `cupy.asarray` can read."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.__cuda_array_interface__: dict[str, object] = {}

    def get(self) -> np.ndarray:
        return self.values


@pytest.fixture
def chains() -> kd.GibbsSampler:
    return kd.GibbsSampler(kd.RBM([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]), 4, seed=1)


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("cupy")
    module.asarray = lambda array: array  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cupy", module)


@pytest.mark.usefixtures("cupy")
def test_arrays_of_a_device_are_taken_in(chains: kd.GibbsSampler) -> None:
    values = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 1], [0, 0, 0]])
    chains.visible = OnDevice(values)
    np.testing.assert_array_equal(chains.visible, values)
    chains.clamp(OnDevice(np.array([True, True, False])), OnDevice(np.array([1, 0, 0])))
    chains.run(3)
    np.testing.assert_array_equal(chains.visible[:, :2], [[1, 0]] * 4)
    sampler = kd.Sampler(kd.Ising(kd.Square(4)), 0.4, seed=1)
    sampler.spins = OnDevice(-np.ones((1, 4, 4), dtype=np.int8))
    np.testing.assert_array_equal(sampler.spins, -1)


def test_without_cupy_the_error_says_what_to_install(
    chains: kd.GibbsSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    text = "[visible] expected CuPy, got none: pip install 'kadanoff[cuda]'"
    with pytest.raises(ImportError, match=f"^{re.escape(text)}$"):
        chains.visible = OnDevice(np.zeros((4, 3)))
    with pytest.raises(ImportError, match=f"^{re.escape(text)}$"):
        device_arrays.empty("visible", (2,), np.uint8)
