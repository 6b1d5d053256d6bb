"""Models that must not be: wrong arguments, and files that anybody may have written."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import models as kd_models
from kadanoff import storage

NAN, INF = float("nan"), float("inf")
SQUARE = kd.Square((3, 4))

STATE = kd.Ising(SQUARE, np.ones(24), 0.5).to_state()
GRAPH = kd.Ising(kd.Graph([(0, 1), (1, 2)], 3)).to_state()
POTTS_STATE = kd.Potts(SQUARE, 3).to_state()
MACHINE = kd.BoltzmannMachine([[0.0, 1.0], [1.0, 0.0]]).to_state()
MEMORY = kd.Hopfield([[1, -1]]).to_state()
LOAD = "[load] expected "
CONSISTENT = LOAD + "a consistent model, got: "


@pytest.mark.parametrize(
    ("state", "change", "text"),
    [
        (
            STATE,
            {"kind": "heisenberg"},
            LOAD
            + "one of ising, potts, boltzmann_machine, hopfield as '/kind', got 'heisenberg': f.h5",
        ),
        (STATE, {"lattice": None}, None),
        (STATE, {"shape": []}, CONSISTENT + "[Square] expected 2 extents, got 0"),
        (STATE, {"shape": [3, 4, 2]}, CONSISTENT + "[Square] expected 2 extents, got 3"),
        (STATE, {"shape": [0, 4]}, None),
        (STATE, {"periodic": [True]}, None),
        (
            STATE,
            {"periodic": [1, 1]},
            LOAD + "a list of true or false as '/periodic', got [1, 1]: f.h5",
        ),
        (STATE, {"coupling": "1"}, None),
        (
            STATE,
            {"coupling": np.ones(23)},
            CONSISTENT + "[Ising] expected coupling as a number or of shape (24,), got shape (23,)",
        ),
        (STATE, {"coupling": np.ones(24, dtype=np.float32)}, None),
        (STATE, {"coupling": np.ones((24, 1))}, None),
        (STATE, {"coupling": NAN}, None),
        (
            STATE,
            {"coupling": np.full(24, NAN)},
            CONSISTENT + "[Ising] expected finite coupling, got nan",
        ),
        (STATE, {"field": np.ones(11)}, None),
        (STATE, {"plaquette": INF}, None),
        (STATE, {"shape": [2**34, 2**34], "coupling": 1.0}, None),
        (STATE, {"shape": [2**17, 2**17]}, None),
        (GRAPH, {"plaquette": 0.5}, None),
        (GRAPH, {"bonds": np.array([[0, 3]])}, None),
        (GRAPH, {"bonds": np.array([[0, 0]])}, None),
        (GRAPH, {"bonds": np.array([[0, 1], [1, 0]])}, None),
        (GRAPH, {"bonds": np.array([0, 1])}, None),
        (GRAPH, {"shape": [3, 1]}, LOAD + "one number of sites as '/shape', got [3, 1]: f.h5"),
        (POTTS_STATE, {"q": 257}, LOAD + "an integer from 2 to 256 as '/q', got 257: f.h5"),
        (POTTS_STATE, {"q": 2.0}, None),
        (MACHINE, {"weights": np.zeros((2, 3))}, None),
        (MACHINE, {"weights": np.array([[0.0, 1.0], [2.0, 0.0]])}, None),
        (MACHINE, {"biases": np.zeros(3)}, None),
        (MEMORY, {"patterns": np.zeros((1, 2), dtype=np.int8)}, None),
        (MEMORY, {"patterns": np.ones((0, 2), dtype=np.int8)}, None),
        (MEMORY, {"patterns": np.ones((1, 100_000), dtype=np.int8)}, None),
        (MEMORY, {"patterns": np.ones((1, 2))}, None),
    ],
)
def test_hostile_states(state: dict[str, Any], change: dict[str, Any], text: str | None) -> None:
    with pytest.raises(kd.FileError) as caught:
        kd_models.from_state(storage.Entries({**state, **change}, "f.h5"))
    assert str(caught.value).startswith(LOAD)
    assert text is None or str(caught.value) == text


@pytest.mark.parametrize("state", [STATE, GRAPH, POTTS_STATE, MACHINE, MEMORY])
def test_states_with_an_entry_missing(state: dict[str, Any]) -> None:
    needed = state.keys() - {"kind", "plaquette", "periodic"}
    if state in (MACHINE, MEMORY):
        needed -= {"lattice", "shape"}
    for name in needed:
        rest = {key: value for key, value in state.items() if key != name}
        with pytest.raises(kd.FileError, match=f"'/{name}', got nothing"):
            kd_models.from_state(storage.Entries(rest, "f.h5"))


# --- wrong calls ---

LATTICE = "] expected a lattice such as kd.Square(16), got "
NUMBER = "[Ising] expected a real number for "
MACHINES = "[BoltzmannMachine] expected "
GOOD = np.ones((3, 4), dtype=np.int8)
WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: kd.Ising(4), TypeError, "[Ising" + LATTICE + "4"),
    (lambda: kd.Ising(SQUARE, None), TypeError, NUMBER + "coupling, got None"),
    (lambda: kd.Ising(SQUARE, "1"), TypeError, NUMBER + "coupling, got '1'"),
    (lambda: kd.Ising(SQUARE, NAN), ValueError, "[Ising] expected a finite coupling, got nan"),
    (
        lambda: kd.Ising(SQUARE, [1.0, 2.0]),
        ValueError,
        "[Ising] expected coupling as a number or of shape (24,), got shape (2,)",
    ),
    (
        lambda: kd.Ising(SQUARE, np.ones((2, 12))),
        ValueError,
        "[Ising] expected coupling as a number or of shape (24,), got shape (2, 12)",
    ),
    (
        lambda: kd.Ising(SQUARE, np.full(24, NAN)),
        ValueError,
        "[Ising] expected finite coupling, got nan",
    ),
    (
        lambda: kd.Ising(SQUARE, np.full(24, 2e12)),
        ValueError,
        "[Ising] expected coupling of at most 1e12 in size, got 2000000000000.0",
    ),
    (
        lambda: kd.Ising(SQUARE, np.full(24, True)),
        TypeError,
        "[Ising] expected coupling as real numbers, got bool",
    ),
    (
        lambda: kd.Ising(SQUARE, [[1.0], [1.0, 2.0]]),
        TypeError,
        "[Ising] expected coupling as a regular array, got a ragged one",
    ),
    (
        lambda: kd.Ising(SQUARE, 1.0, np.ones((4, 3))),
        ValueError,
        "[Ising] expected field as a number or of shape (3, 4) or (12,), got shape (4, 3)",
    ),
    (
        lambda: kd.Ising(kd.Chain(5), 1.0, np.ones(4)),
        ValueError,
        "[Ising] expected field as a number or of shape (5,), got shape (4,)",
    ),
    (
        lambda: kd.Ising(SQUARE, 1.0, np.full(12, -INF)),
        ValueError,
        "[Ising] expected finite field, got -inf",
    ),
    (
        lambda: kd.Ising(kd.Square(2**17), np.ones(5)),
        ValueError,
        "[Ising] expected coupling as a number or of shape (34359738368,), got shape (5,)",
    ),
    (
        lambda: kd.Ising(kd.Cubic(2), plaquette=0.2),
        ValueError,
        "[Ising] expected plaquette = 0 except on a square lattice, got 0.2 on Cubic(2)",
    ),
    (lambda: kd.Ising(SQUARE, plaquette=[0.2]), TypeError, NUMBER + "plaquette, got [0.2]"),
    (lambda: kd.Potts(4, 3), TypeError, "[Potts" + LATTICE + "4"),
    (lambda: kd.Potts(SQUARE, 1), ValueError, "[Potts] expected q in [2, 256], got 1"),
    (lambda: kd.Potts(SQUARE, 257), ValueError, "[Potts] expected q in [2, 256], got 257"),
    (lambda: kd.Potts(SQUARE, 3.0), TypeError, "[Potts] expected an integer q, got 3.0"),
    (
        lambda: kd.Potts(SQUARE, 3, np.ones(3)),
        ValueError,
        "[Potts] expected coupling as a number or of shape (24,), got shape (3,)",
    ),
    (
        lambda: kd.BoltzmannMachine(np.zeros((2, 3))),
        ValueError,
        MACHINES + "weights of shape (n, n), got shape (2, 3)",
    ),
    (
        lambda: kd.BoltzmannMachine([[0.0, 1.0], [2.0, 0.0]]),
        ValueError,
        MACHINES + "symmetric weights, got 1.0 at (0, 1) and 2.0 at (1, 0)",
    ),
    (
        lambda: kd.BoltzmannMachine([[0.0, 1.0], [1.0, 3.0]]),
        ValueError,
        MACHINES + "a zero diagonal, got 3.0 at (1, 1)",
    ),
    (
        lambda: kd.BoltzmannMachine([[0.0, NAN], [NAN, 0.0]]),
        ValueError,
        MACHINES + "finite weights, got nan",
    ),
    (
        lambda: kd.BoltzmannMachine(np.zeros((2, 2), dtype=complex)),
        TypeError,
        MACHINES + "weights as real numbers, got complex128",
    ),
    (lambda: kd.BoltzmannMachine([[0.0]]), ValueError, MACHINES + "2 to 8192 units, got 1"),
    (
        lambda: kd.BoltzmannMachine(np.zeros((2, 2)), [1.0, 2.0, 3.0]),
        ValueError,
        MACHINES + "biases as a number or of shape (2,), got shape (3,)",
    ),
    (
        lambda: kd.Hopfield([1, -1, 1]),
        ValueError,
        "[Hopfield] expected patterns of shape (P, N), got shape (3,)",
    ),
    (
        lambda: kd.Hopfield([[1, 0, 1]]),
        ValueError,
        "[Hopfield] expected patterns of -1 and 1, got 0",
    ),
    (
        lambda: kd.Hopfield([[True, False]]),
        TypeError,
        "[Hopfield] expected patterns of -1 and 1, got bool",
    ),
    (
        lambda: kd.Hopfield(np.ones((0, 4))),
        ValueError,
        "[Hopfield] expected patterns of shape (P, N), got shape (0, 4)",
    ),
    (
        lambda: kd.Hopfield(np.ones((1, 8193))),
        ValueError,
        "[Hopfield] expected 2 to 8192 units, got 8193",
    ),
    (
        lambda: kd.Ising(SQUARE).energy(GOOD * 0),
        ValueError,
        "[energy] expected spins of -1 and 1, got 0",
    ),
    (
        lambda: kd.Ising(SQUARE).energy(GOOD.astype(bool)),
        TypeError,
        "[energy] expected spins of -1 and 1, got bool",
    ),
    (
        lambda: kd.Ising(SQUARE).energy(GOOD * NAN),
        ValueError,
        "[energy] expected spins of -1 and 1, got nan",
    ),
    (
        lambda: kd.Ising(SQUARE).energy(GOOD.T),
        ValueError,
        "[energy] expected spins of shape (..., 3, 4), got shape (4, 3)",
    ),
    (
        lambda: kd.Ising(SQUARE).energy(GOOD.ravel()),
        ValueError,
        "[energy] expected spins of shape (..., 3, 4), got shape (12,)",
    ),
    (
        lambda: kd.Potts(SQUARE, 3).energy(GOOD * 3),
        ValueError,
        "[energy] expected spins from 0 to 2, got 3",
    ),
    (
        lambda: kd.Potts(SQUARE, 3).order_parameter(-GOOD),
        ValueError,
        "[order_parameter] expected spins from 0 to 2, got -1",
    ),
    (
        lambda: kd.Potts(SQUARE, 3).energy(GOOD * 1.0),
        TypeError,
        "[energy] expected spins as integers, got float64",
    ),
    (
        lambda: kd.Hopfield([[1, -1]]).overlap([1, 1, 1]),
        ValueError,
        "[overlap] expected spins of shape (..., 2), got shape (3,)",
    ),
    (
        lambda: kd.Hopfield([[1, -1]]).recall([1, 0]),
        ValueError,
        "[recall] expected state of -1 and 1, got 0",
    ),
    (
        lambda: kd.Hopfield([[1, -1]]).recall([1, 1], "random"),
        ValueError,
        "[recall] expected update to be one of 'parallel', 'sequential', got 'random'",
    ),
    (
        lambda: kd.Hopfield([[1, -1]]).recall([1, 1], max_sweeps=0),
        ValueError,
        "[recall] expected max_sweeps in [1, 1099511627776], got 0",
    ),
    (
        lambda: kd.Hopfield([[1, -1]]).recall([1, 1], seed=-1),
        ValueError,
        "[recall] expected seed in [0, 18446744073709551615], got -1",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), WRONG, ids=[text for *_, text in WRONG])
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text


def test_masked_arrays_are_refused() -> None:
    masked = np.ma.masked_array(np.ones(24), mask=np.arange(24) == 3)
    with pytest.raises(TypeError, match="expected coupling without a mask"):
        kd.Ising(SQUARE, masked)


def test_the_largest_numbers_give_finite_energies() -> None:
    model = kd.Ising(SQUARE, 1e12, -1e12, 1e12)
    assert math.isfinite(model.energy(GOOD))
