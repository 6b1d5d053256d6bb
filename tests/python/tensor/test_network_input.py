"""Wrong calls, each with the text that it gets; arrays of a GPU, played by NumPy."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.tensor import ContractionPlan

ONES = np.ones((2, 3))
NET = kd.TensorNetwork([(ONES, "ij"), (ONES, "ij")])
OPEN = kd.TensorNetwork([(ONES, "ij"), (ONES, "ij")], "i")
OTHER = kd.TensorNetwork([(np.ones(2), "i"), (np.ones(2), "i")])
NAN = np.array([[0.0, np.nan]])

WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: kd.TensorNetwork([]),
        ValueError,
        "[TensorNetwork] expected at least one tensor, got none",
    ),
    (
        lambda: kd.TensorNetwork([ONES]),
        TypeError,
        "[TensorNetwork] expected (array, labels) for tensor 0, got ndarray",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, "ijk")]),
        ValueError,
        "[TensorNetwork] expected 2 labels for tensor 0 of shape (2, 3), got 3",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, "ij"), (ONES, "jk")]),
        ValueError,
        "[TensorNetwork] expected size 3 for label 'j' in tensor 1, got 2",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, "ii")]),
        ValueError,
        "[TensorNetwork] expected size 2 for label 'i' in tensor 0, got 3",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, "ij")], "k"),
        ValueError,
        "[TensorNetwork] expected output labels that a tensor has, got 'k'",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, "ij")], "ii"),
        ValueError,
        "[TensorNetwork] expected each output label once, got 'i' twice",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, ([], 1))]),
        TypeError,
        "[TensorNetwork] expected hashable labels for tensor 0, got []",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, 7)]),
        TypeError,
        "[TensorNetwork] expected a string or a sequence of labels for tensor 0, got 7",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, "ij"), (np.array([None, 1]), "i")]),
        TypeError,
        "[TensorNetwork] expected real or complex numbers in tensor 1, got dtype object",
    ),
    (
        lambda: kd.TensorNetwork([(np.ones(2, np.float16), "i")]),
        TypeError,
        "[TensorNetwork] expected real or complex numbers in tensor 0, got dtype float16",
    ),
    (
        lambda: kd.TensorNetwork([(ONES, "ij"), (NAN, "ki")]),
        ValueError,
        "[TensorNetwork] expected finite numbers in tensor 1, got nan or inf",
    ),
    (
        lambda: NET.plan().contract([ONES, ONES + np.inf]),
        ValueError,
        "[contract] expected finite numbers in tensor 1, got nan or inf",
    ),
    (lambda: NET.plan().contract([ONES]), ValueError, "[contract] expected 2 tensors, got 1"),
    (
        lambda: NET.plan().contract([ONES, ONES.T]),
        ValueError,
        "[contract] expected shape (2, 3) for tensor 1, got (3, 2)",
    ),
    (
        lambda: NET.contract(OTHER.plan()),
        ValueError,
        f"[contract] expected a plan for {NET!r} and its sizes, got {OTHER.plan()!r}",
    ),
    (
        lambda: NET.contract(memory_limit="much"),
        ValueError,
        "[plan] expected memory_limit in bytes or such as '2GiB', got 'much'",
    ),
    (
        lambda: NET.contract(memory_limit=0),
        ValueError,
        f"[plan] expected memory_limit in [1, {2**63 - 1}], got 0",
    ),
    (
        lambda: NET.plan("greedy", seconds=1),
        ValueError,
        "[plan] expected no seconds for optimize='greedy', got 1.0",
    ),
    (
        lambda: NET.contract(threads=0),
        ValueError,
        "[contract] expected threads in [1, 4096], got 0",
    ),
    (
        lambda: OPEN.contract(out=np.ones(3)),
        ValueError,
        "[contract] expected out of shape (2,), got (3,)",
    ),
    (
        lambda: OPEN.contract(out=np.ones(2, np.float32)),
        TypeError,
        "[contract] expected out as a writeable array of float64, got float32",
    ),
    (
        lambda: OPEN.contract(log=True, out=np.ones(2)),
        ValueError,
        "[contract] expected no out with log=True, got one",
    ),
    (
        OPEN.gradient,
        ValueError,
        "[value_and_gradient] expected a cotangent for an output of (2,), got none",
    ),
    (
        lambda: OPEN.gradient(cotangent=np.ones(3)),
        ValueError,
        "[value_and_gradient] expected a cotangent of shape (2,), got (3,)",
    ),
    (
        lambda: OPEN.gradient(cotangent=np.ones(2) * 1j),
        TypeError,
        "[value_and_gradient] expected a cotangent of float64, got dtype complex128",
    ),
    (
        lambda: OPEN.gradient(log=True),
        ValueError,
        "[value_and_gradient] expected an output without labels for log=True, got (2,)",
    ),
    (
        lambda: NET.gradient([2]),
        ValueError,
        "[value_and_gradient] expected wrt in [0, 1], got 2",
    ),
    (
        lambda: NET.gradient([1, 1]),
        ValueError,
        "[value_and_gradient] expected different tensors for wrt, got [1, 1]",
    ),
    (
        lambda: NET.gradient(1),  # type: ignore[arg-type]
        TypeError,
        "[value_and_gradient] expected numbers of tensors for wrt, got 1",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG)
def test_wrong_calls(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=f"^{re.escape(text)}$"):
        call()


def test_nan_passes_when_nobody_checks() -> None:
    net = kd.TensorNetwork([(NAN, "ki")], "k", check_finite=False)
    assert np.isnan(net.contract()).all()
    assert np.isnan(NET.plan().contract([ONES, ONES * np.nan], check_finite=False))


class OnDevice(np.ndarray):
    """An array that says that it is on a GPU."""

    __cuda_array_interface__: ClassVar[dict[str, object]] = {}


def on_device(array: Any) -> Any:
    return np.asarray(array).view(OnDevice)


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """NumPy in the place of CuPy; counts the pairs."""
    pairs: list[int] = []

    def einsum(*arguments: Any) -> Any:
        pairs.append(len(arguments) // 2)
        return on_device(np.einsum(*arguments))

    module = types.ModuleType("cupy")
    module.einsum = einsum  # type: ignore[attr-defined]
    module.result_type = np.result_type  # type: ignore[attr-defined]
    module.zeros = lambda shape, dtype: on_device(np.zeros(shape, dtype))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cupy", module)
    return pairs


def test_arrays_of_a_gpu_are_contracted_there(cupy: list[int]) -> None:
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(4, 4, 4)) for _ in range(4)]
    labels = ["abc", "bcd", "dee", "aff"]
    for output in ("", "da"):
        host = kd.TensorNetwork(list(zip(arrays, labels, strict=True)), output)
        device = kd.TensorNetwork(
            [(on_device(x), names) for x, names in zip(arrays, labels, strict=True)], output
        )
        cupy.clear()
        result = device.contract()
        assert isinstance(result, OnDevice)
        assert cupy == [2, 2, 2]
        np.testing.assert_allclose(result, host.contract(), rtol=1e-13)
        plan = device.plan()
        sliced = ContractionPlan(
            plan.equation, plan.names, plan.pairs, (0, 3), plan.dtype, plan.memory_limit
        )
        assert sliced.slices == 16
        np.testing.assert_allclose(device.contract(sliced), host.contract(), rtol=1e-13)


def test_arrays_of_two_devices_do_not_mix(cupy: list[int]) -> None:
    text = "[TensorNetwork] expected all tensors on one device, got tensor 1 in host memory"
    with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
        kd.TensorNetwork([(on_device(ONES), "ij"), (ONES, "ij")])
    net = kd.TensorNetwork([(on_device(ONES), "ij")])
    with pytest.raises(TypeError, match="expected tensors in host memory, got arrays on a GPU"):
        net.gradient()
    with pytest.raises(ValueError, match="expected neither log nor out for arrays on a GPU"):
        net.contract(log=True)


def test_without_cupy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(ImportError, match=re.escape("pip install 'kadanoff[cuda]'")):
        kd.TensorNetwork([(on_device(ONES), "ij")]).contract()
