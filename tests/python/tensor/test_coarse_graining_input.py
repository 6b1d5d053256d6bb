"""Wrong calls of coarse graining, and the exact texts that they get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kadanoff as kd

NAN, INF = float("nan"), float("inf")
T = np.ones((2, 2, 2, 2))

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ("trg", (T, 0), {}, ValueError, "[trg] expected chi in [1, 512], got 0"),
    ("trg", (T, 2.5), {}, TypeError, "[trg] expected an integer chi, got 2.5"),
    ("trg", (T, 4, -1), {}, ValueError, "[trg] expected steps in [0, 200], got -1"),
    (
        "trg",
        (np.ones((2,) * 6),),
        {},
        ValueError,
        "[trg] expected a tensor with 4 legs, got shape (2, 2, 2, 2, 2, 2)",
    ),
    (
        "hotrg",
        (np.ones((2, 2)),),
        {},
        ValueError,
        "[hotrg] expected a tensor with 4 or 6 legs, got shape (2, 2)",
    ),
    (
        "hotrg",
        (np.ones((2, 2, 2, 2, 2)),),
        {},
        ValueError,
        "[hotrg] expected a tensor with 4 or 6 legs, got shape (2, 2, 2, 2, 2)",
    ),
    (
        "hotrg",
        (np.ones((2, 3, 3, 2)),),
        {},
        ValueError,
        "[hotrg] expected legs that face each other to have one dimension, got shape (2, 3, 3, 2)",
    ),
    ("trg", (0 * T,), {}, ValueError, "[trg] expected a tensor that is not 0"),
    (
        "trg",
        (T * NAN,),
        {},
        ValueError,
        "[trg] expected finite numbers for tensor, got nan",
    ),
    (
        "trg",
        (T * 1j,),
        {},
        TypeError,
        "[trg] expected real numbers for tensor, got dtype complex128",
    ),
    (
        "trg",
        (T.astype(object),),
        {},
        TypeError,
        "[trg] expected real numbers for tensor, got dtype object",
    ),
    (
        "hotrg",
        (T,),
        {"observables": {"m": np.ones((2, 2))}},
        ValueError,
        "[hotrg] expected 'm' of shape (2, 2, 2, 2), got shape (2, 2)",
    ),
    (
        "hotrg",
        (T,),
        {"observables": {"m": T * INF}},
        ValueError,
        "[hotrg] expected finite numbers for observable 'm', got inf",
    ),
    (
        "hotrg",
        (-T,),
        {},
        ValueError,
        "[hotrg] expected a positive partition function, got -4 after step 0",
    ),
    (
        "bond_weighted_trg",
        (T,),
        {"exponent": 2.0},
        ValueError,
        "[bond_weighted_trg] expected exponent in [-1, 1], got 2.0",
    ),
    (
        "transition_temperature",
        (lambda t: kd.tensor.site_tensor("square", 1 / t), 3.0, 4.0, 4),
        {},
        ValueError,
        "[transition_temperature] expected order at low and none at high, "
        "got both alike at 3.0 and 4.0",
    ),
    (
        "transition_temperature",
        (lambda t: T, 2.0, 1.0),
        {},
        ValueError,
        "[transition_temperature] expected 0 < low < high, got 2.0 and 1.0",
    ),
    (
        "transition_temperature",
        (lambda t: T, 1.0, 2.0),
        {"tolerance": 0.0},
        ValueError,
        "[transition_temperature] expected tolerance > 0, got 0.0",
    ),
]


@pytest.mark.parametrize(("name", "positional", "options", "error", "text"), CALLS)
def test_wrong_calls(
    name: str,
    positional: tuple[Any, ...],
    options: dict[str, Any],
    error: type[Exception],
    text: str,
) -> None:
    with pytest.raises(error) as caught:
        getattr(kd.tensor, name)(*positional, **options)
    assert str(caught.value) == text


def test_conformal_data_are_of_two_dimensions() -> None:
    flow = kd.tensor.hotrg(kd.tensor.site_tensor("cubic", 0.2), 2, 1)
    for name in ("scaling_dimensions", "central_charge"):
        with pytest.raises(ValueError, match="expected a flow in two dimensions, got one in three"):
            getattr(flow, name)


@pytest.mark.parametrize("name", ["trg", "bond_weighted_trg", "hotrg"])
def test_trivial_flows(name: str) -> None:
    method = getattr(kd.tensor, name)
    nothing = method(T, 4, 0)
    assert nothing.steps == 0
    assert nothing.log_z == pytest.approx([np.log(4.0)])
    one = method(np.full((1, 1, 1, 1), 2), 1, 5)
    assert one.log_z == pytest.approx(np.full(6, np.log(2.0)))
    assert one.scaling_dimensions.tolist() == [0.0]
    product = method(T.astype(np.float32), 8, 6)
    assert product.log_z == pytest.approx(np.full(7, np.log(4.0)))
    assert method(T[::-1], 3, 3).log_z == pytest.approx(np.full(4, np.log(4.0)))


@pytest.mark.parametrize("beta", [1e-9, 1e-3, 30.0])
@pytest.mark.parametrize("name", ["trg", "bond_weighted_trg", "hotrg"])
def test_extreme_temperatures(name: str, beta: float) -> None:
    steps = 12 if name == "hotrg" else 24
    flow = getattr(kd.tensor, name)(kd.tensor.site_tensor("square", beta), 8, steps)
    exact = kd.exact.onsager(beta).log_z
    assert flow.log_z[-1] == pytest.approx(exact, rel=1e-6)
    assert np.isfinite(flow.truncation_errors).all()
