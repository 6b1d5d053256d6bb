"""Every wrong call of states, operators and their algorithms, and the exact error it gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

MPS, MPO = kd.tensor.MPS, kd.tensor.MPO
STATE = MPS.random(4, [2, 3, 2, 2], seed=1)
QUBITS = MPS.random(4, seed=1)
H = kd.tensor.heisenberg(4)
ONE = np.ones((1, 2, 1))
NAN = float("nan")
Row = tuple[Callable[[], Any], type[Exception], str]
DTYPES = "float32, float64, complex64 or complex128"

MAKING: list[Row] = [
    (lambda: MPS([]), ValueError, "[MPS] expected at least one tensor, got none"),
    (
        lambda: MPS([np.ones((1, 2))]),
        ValueError,
        "[MPS] expected tensor 0 with 3 axes, none of them empty, got shape (1, 2)",
    ),
    (
        lambda: MPS([np.ones((1, 0, 1))]),
        ValueError,
        "[MPS] expected tensor 0 with 3 axes, none of them empty, got shape (1, 0, 1)",
    ),
    (
        lambda: MPS([np.ones((1, 2, 3)), ONE]),
        ValueError,
        "[MPS] expected tensor 1 with a left bond of 3, got 1",
    ),
    (
        lambda: MPS([np.ones((2, 2, 1))]),
        ValueError,
        "[MPS] expected tensor 0 with a left bond of 1, got 2",
    ),
    (
        lambda: MPS([np.ones((1, 2, 2))]),
        ValueError,
        "[MPS] expected a last tensor with a right bond of 1, got 2",
    ),
    (
        lambda: MPS([ONE * NAN]),
        ValueError,
        "[MPS] expected finite numbers in tensor 0, got NaN or infinity",
    ),
    (
        lambda: MPS([ONE.astype(object)]),
        TypeError,
        f"[MPS] expected tensor 0 of {DTYPES}, got object",
    ),
    (
        lambda: MPS([ONE.astype(np.float16)]),
        TypeError,
        f"[MPS] expected tensor 0 of {DTYPES}, got float16",
    ),
    (lambda: MPS([ONE], NAN), ValueError, "[MPS] expected a finite log_scale, got nan"),
    (
        lambda: MPS.product([0, 2]),
        ValueError,
        "[product] expected states in [0, 1], got 2 at site 1",
    ),
    (
        lambda: MPS.product([0, 1], [2, 3, 2]),
        ValueError,
        "[product] expected 2 local dimensions, got 3",
    ),
    (
        lambda: MPS.product([[1.0], [[1.0]]]),
        ValueError,
        "[product] expected a vector of amplitudes for each site, got shape (1, 1)",
    ),
    (lambda: MPS.product([]), ValueError, "[MPS] expected at least one tensor, got none"),
    (
        lambda: MPS.random(0),
        ValueError,
        "[random] expected n_sites in [1, 1048576], got 0",
    ),
    (
        lambda: MPS.random(3, bond=0),
        ValueError,
        "[random] expected bond in [1, 1048576], got 0",
    ),
    (
        lambda: MPS.random(3, dtype=int),
        TypeError,
        "[random] expected dtype to be one of float32, float64, complex64, complex128, "
        "got <class 'int'>",
    ),
    (
        lambda: MPS.random(3, seed=-1),
        ValueError,
        "[random] expected seed in [0, 18446744073709551615], got -1",
    ),
    (
        lambda: MPS.from_dense(np.zeros((2, 0))),
        ValueError,
        "[from_dense] expected an array with an axis for each site, got shape (2, 0)",
    ),
    (
        lambda: MPS.from_dense(np.ones((2, 2)), max_bond=0),
        ValueError,
        "[from_dense] expected max_bond in [1, 1048576], got 0",
    ),
    (
        lambda: MPO([np.ones((1, 2, 3, 1))]),
        ValueError,
        "[MPO] expected as many rows as columns in tensor 0, got shape (1, 2, 3, 1)",
    ),
    (
        lambda: kd.tensor.heisenberg(1),
        ValueError,
        "[heisenberg] expected n_sites in [2, 1048576], got 1",
    ),
    (
        lambda: kd.tensor.heisenberg(4, [1.0, 2.0]),
        ValueError,
        "[heisenberg] expected 3 numbers for coupling, got 2",
    ),
    (
        lambda: kd.tensor.heisenberg(4, spin=0.7),
        ValueError,
        "[heisenberg] expected spin to be a multiple of 1/2 up to 50, got 0.7",
    ),
    (
        lambda: kd.tensor.transverse_field_ising(3, transverse_field=[1, NAN, 1]),
        ValueError,
        "[transverse_field_ising] expected finite numbers for transverse_field, "
        "got NaN or infinity",
    ),
]

ASKING: list[Row] = [
    (
        lambda: STATE.compress(tolerance=1.0),
        ValueError,
        "[compress] expected tolerance in [0, 1), got 1",
    ),
    (
        lambda: STATE.compress(max_bond=2.5),
        TypeError,
        "[compress] expected an integer max_bond, got 2.5",
    ),
    (lambda: STATE.canonical(4), ValueError, "[canonical] expected center in [-4, 3], got 4"),
    (
        lambda: STATE.canonical("middle"),
        ValueError,
        "[canonical] expected center to be one of 'left', 'right', got 'middle'",
    ),
    (lambda: STATE + QUBITS, ValueError, "[add] expected dimension 3 at site 1, got 2"),
    (
        lambda: QUBITS + MPS.random(5, seed=1),
        ValueError,
        "[add] expected a chain of 4 sites, got 5",
    ),
    (lambda: STATE * NAN, ValueError, "[multiply] expected a finite number, got nan"),
    (
        lambda: STATE.overlap(3),
        TypeError,
        "[log_overlap] expected an MPS, got int",
    ),
    (
        lambda: MPS.random(2, dtype=complex, seed=1).astype(float),
        TypeError,
        "[astype] expected a complex dtype, got float64",
    ),
    (
        lambda: MPS.random(29, bond=1, seed=1).to_dense(),
        ValueError,
        "[to_dense] expected at most 2^28 amplitudes, got 536870912",
    ),
    (
        lambda: MPS([ONE], 800.0).norm(),
        ValueError,
        "[norm] expected a number below 1e308, got e^800.347",
    ),
    (
        lambda: (STATE * 0.0).normalized(),
        ValueError,
        "[normalized] expected a state that is not zero, got zero",
    ),
    (
        lambda: (STATE * 0.0).sample(3),
        ValueError,
        "[sample] expected a state that is not zero, got zero",
    ),
    (
        lambda: (STATE * 0.0).log_likelihood([0, 0, 0, 0]),
        ValueError,
        "[log_likelihood] expected a state that is not zero, got zero",
    ),
    (
        lambda: QUBITS.expectation(np.ones((2, 3))),
        ValueError,
        "[expectation] expected operator as a square matrix, got shape (2, 3)",
    ),
    (
        lambda: STATE.expectation(np.eye(2)),
        ValueError,
        "[expectation] expected sites of dimension 2, got dimension 3 at site 1",
    ),
    (
        lambda: STATE.expectation(np.eye(4), 0),
        ValueError,
        "[expectation] expected a matrix on neighbouring sites of dimensions (2, 3, 2), "
        "got shape (4, 4)",
    ),
    (
        lambda: QUBITS.expectation(np.eye(2), 4),
        ValueError,
        "[expectation] expected site in [-4, 3], got 4",
    ),
    (
        lambda: QUBITS.expectation(H, 1),
        ValueError,
        "[expectation] expected no site for an MPO, got 1",
    ),
    (
        lambda: STATE.expectation(H),
        ValueError,
        "[expectation] expected dimension 3 at site 1, got 2",
    ),
    (
        lambda: QUBITS.amplitudes([[0, 0, 0]]),
        ValueError,
        "[amplitudes] expected configurations of shape (..., 4), got shape (1, 3)",
    ),
    (
        lambda: QUBITS.amplitudes([[0, 0, 0, -1]]),
        ValueError,
        "[amplitudes] expected states in [0, 1], got -1 at site 3",
    ),
    (
        lambda: QUBITS.amplitudes([0.0, 0, 0, 0]),
        TypeError,
        "[amplitudes] expected configurations of integers, got float64",
    ),
    (lambda: QUBITS.entropy(3), ValueError, "[entropy] expected bond in [0, 2], got 3"),
    (
        lambda: QUBITS.entropy(order=-1),
        ValueError,
        "[entropy] expected order of at least 0, got -1",
    ),
    (
        lambda: MPS([ONE]).schmidt_values(0),
        ValueError,
        "[schmidt_values] expected a chain that has bonds, got 1 site",
    ),
    (
        lambda: QUBITS.sample(0),
        ValueError,
        "[sample] expected n_samples in [1, 2147483648], got 0",
    ),
    (lambda: H.apply(H), TypeError, "[apply] expected an MPS, got MPO"),
    (lambda: H.apply(STATE), ValueError, "[apply] expected dimension 2 at site 1, got 3"),
    (
        lambda: kd.tensor.heisenberg(14).to_dense(),
        ValueError,
        "[to_dense] expected at most 2^26 elements, got 16384^2",
    ),
]

SOLVING: list[Row] = [
    (lambda: kd.tensor.dmrg(QUBITS), TypeError, "[dmrg] expected an MPO, got MPS"),
    (
        lambda: kd.tensor.dmrg(MPO.identity(1)),
        ValueError,
        "[dmrg] expected an operator on at least 2 sites, got 1",
    ),
    (
        lambda: kd.tensor.dmrg(H * 1j),
        ValueError,
        "[dmrg] expected a Hermitian operator, got one that differs from its adjoint",
    ),
    (lambda: kd.tensor.dmrg(H, chi=0), ValueError, "[dmrg] expected chi in [1, 1048576], got 0"),
    (lambda: kd.tensor.dmrg(H, chi=[]), ValueError, "[dmrg] expected at least one chi, got none"),
    (
        lambda: kd.tensor.dmrg(H, sweeps=0),
        ValueError,
        "[dmrg] expected sweeps in [1, 10000], got 0",
    ),
    (
        lambda: kd.tensor.dmrg(H, noise=-1.0),
        ValueError,
        "[dmrg] expected noise of at least 0, got -1",
    ),
    (
        lambda: kd.tensor.dmrg(H, tolerance=NAN),
        ValueError,
        "[dmrg] expected a finite tolerance, got nan",
    ),
    (
        lambda: kd.tensor.dmrg(H, start=3),
        TypeError,
        "[dmrg] expected an MPS to start from, got int",
    ),
    (
        lambda: kd.tensor.dmrg(H, start=STATE),
        ValueError,
        "[dmrg] expected dimension 2 at site 1, got 3",
    ),
    (
        lambda: kd.tensor.dmrg(H, orthogonal_to=[H]),
        TypeError,
        "[dmrg] expected an MPS to stay away from, got MPO",
    ),
    (
        lambda: kd.tensor.train_born_machine([[0], [1]]),
        ValueError,
        "[train_born_machine] expected data of shape (n_samples, n_sites) with at least 2 sites, "
        "got shape (2, 1)",
    ),
    (
        lambda: kd.tensor.train_born_machine([[0, 2]]),
        ValueError,
        "[train_born_machine] expected states in [0, 1], got 2 at site 1",
    ),
    (
        lambda: kd.tensor.train_born_machine([[0, 1]], learning_rate=2.0),
        ValueError,
        "[train_born_machine] expected learning_rate in (0, 1], got 2",
    ),
    (
        lambda: kd.tensor.train_born_machine([[0, 1]], dtype=np.float32),
        TypeError,
        "[train_born_machine] expected dtype to be float64 or complex128, got float32",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), MAKING + ASKING + SOLVING)
def test_wrong_calls(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(text) + "$"):
        call()
