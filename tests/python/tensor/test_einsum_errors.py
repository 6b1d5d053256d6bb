"""`kd.einsum` refuses what `np.einsum` refuses, with the same type of error and its own text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

A, B = np.arange(12.0).reshape(3, 4), np.arange(20.0).reshape(4, 5)
SQUARE, CUBE = np.arange(9.0).reshape(3, 3), np.arange(27.0).reshape(3, 3, 3)

SEEDS = [
    ("ij,jk->ik", (A, B)),
    ("ij,jk", (A, B)),
    ("ii->i", (SQUARE,)),
    ("...i,i...->...", (CUBE, CUBE)),
    ("a...a,b,ab->b...", (CUBE, SQUARE[0], SQUARE)),
    ("i,i->", (A[0], A[:1, 0])),
    (",->", (np.ones(()), np.ones(()))),
]
CHARACTERS = "ijzZ.,-> *1_\t~"


def edited(equation: str) -> list[str]:
    """Return all equations that differ by a character left out, put in or exchanged."""
    result = {equation}
    for at in range(len(equation) + 1):
        for new in (*CHARACTERS, ""):
            result.add(equation[:at] + new + equation[at:])
            result.add(equation[:at] + new + equation[at + 1 :])
    return sorted(result)


def outcome(einsum: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return einsum(*arguments, **options)
    except Exception as error:
        if einsum is kd.einsum:
            check_text(error)
        return type(error)


def check_text(error: Exception) -> None:
    assert "[einsum] expected " in str(error)
    assert ", got " in str(error)


@pytest.mark.parametrize(("equation", "operands"), SEEDS, ids=[seed[0] for seed in SEEDS])
def test_equations_one_character_off(equation: str, operands: tuple[np.ndarray, ...]) -> None:
    refused = 0
    for text in edited(equation):
        theirs, ours = outcome(np.einsum, text, *operands), outcome(kd.einsum, text, *operands)
        if isinstance(theirs, type):
            assert ours is theirs, text
            refused += 1
        else:
            assert not isinstance(ours, type), text
            np.testing.assert_allclose(ours, theirs, err_msg=text)
    assert refused > 30


@pytest.mark.parametrize(("equation", "operands"), SEEDS, ids=[seed[0] for seed in SEEDS])
def test_operands_that_do_not_fit(equation: str, operands: tuple[np.ndarray, ...]) -> None:
    """Another number of operands, of axes, or another extent of each axis."""
    calls = [operands[:-1], (*operands, A), (*operands[:-1], operands[-1][None])]
    for i, operand in enumerate(operands):
        for axis in range(operand.ndim):
            for extent in (1, 2, 7) if equation == "ii->i" else (0, 1, 2, 7):
                changed = np.zeros([*operand.shape[:axis], extent, *operand.shape[axis + 1 :]])
                calls.append((*operands[:i], changed, *operands[i + 1 :]))
    for call in calls:
        theirs, ours = outcome(np.einsum, equation, *call), outcome(kd.einsum, equation, *call)
        assert (ours if isinstance(ours, type) else np.shape(ours)) == (
            theirs if isinstance(theirs, type) else np.shape(theirs)
        )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("i",),
        (A,),
        (A, B),
        (A, 0),
        (A, None),
        (A, [0, "a"]),
        (A, "ij"),
        (A, [0, 52]),
        (A, [0, -1]),
        (A, [0, 1.0]),
        (A, [True, 0]),
        (A, [Ellipsis, Ellipsis]),
        (A, [0]),
        (A, [0, 1], [2]),
        (A, [0, 1], [0, 0]),
        (A, [0, 1], 5),
        (A, [0, 1], B, [0, 2]),
        (None, A),
        ("\u03b1,\u03b1", A[0], A[0]),
        (b"ij*", A),
        ("ij", [[1, 2], [3]]),
        ("i,i", ["a"], ["b"]),
        ("i,i", np.zeros(1, "M8[s]"), np.zeros(1)),
        ("i->", np.zeros(2, "M8[s]")),
        ("i->", np.zeros(2, [("a", "f4")])),
    ],
    ids=str,
)
def test_wrong_calls(arguments: tuple[Any, ...]) -> None:
    theirs = outcome(np.einsum, *arguments)
    assert isinstance(theirs, type)
    assert outcome(kd.einsum, *arguments) is theirs


PRODUCT = ("ij,jk->ik", A, B)
READ_ONLY = np.zeros((3, 5))
READ_ONLY.flags.writeable = False
THREE = ("ij,jk,k->i", A, B, B[0])
TEXTS: list[tuple[type[Exception], str, tuple[Any, ...], dict[str, Any]]] = [
    (
        ValueError,
        "an equation and operands, or operands and their labels, got 1 arguments",
        (A,),
        {},
    ),
    (ValueError, "subscripts of 2 operands, got those of 1", ("ij", A, B), {}),
    (ValueError, "subscripts of 1 operand, got those of 2", ("i,j", A[0]), {}),
    (ValueError, "2 subscripts of operand 0, one for each axis, got 1", ("i", A), {}),
    (
        ValueError,
        "at most 2 subscripts of operand 0, one for each axis, got 3",
        ("i...jk", A),
        {},
    ),
    (ValueError, "letters as subscripts of operand 1, got '*'", ("ij,j*", A, B), {}),
    (
        ValueError,
        "at most one '...' and no other '.' in the subscripts of operand 0, got 'i..j'",
        ("i..j", A),
        {},
    ),
    (ValueError, "'->' before the output's subscripts, got 'ij-ji'", ("ij-ji", A), {}),
    (ValueError, "distinct subscripts of the output, got 'i' twice", ("ij->ii", A), {}),
    (ValueError, "subscripts of the output that an operand has, got 'k'", ("ij->ik", A), {}),
    (ValueError, "'...' in the output, as in an operand, got none", ("...j->j", A), {}),
    (
        ValueError,
        "axis 0 of operand 1 with 4 elements, as another of its label has, got 3",
        ("ij,jk", A, A),
        {},
    ),
    (
        ValueError,
        "axis 1 of operand 0 with 3 elements, as another of its label has, got 4",
        ("ii", A),
        {},
    ),
    (ValueError, "operand 0 as a regular array, got a ragged one", ("ij", [[1], [1, 2]]), {}),
    (ValueError, "labels in [0, 52), got 52", (A, [0, 52]), {}),
    (ValueError, "out of shape (3, 5), got (5, 3)", PRODUCT, {"out": np.zeros((5, 3))}),
    (ValueError, "out with 2 axes, got 1", PRODUCT, {"out": np.zeros(3)}),
    (ValueError, "out to be writeable, got a read-only array", PRODUCT, {"out": READ_ONLY}),
    (ValueError, "order to be one of 'C', 'F', 'A', 'K', got 'x'", PRODUCT, {"order": "x"}),
    (ValueError, "threads in [1, 4096], got 0", PRODUCT, {"threads": 0}),
    (
        ValueError,
        "casting to be one of 'no', 'equiv', 'safe', 'same_kind', 'unsafe', got 'any'",
        PRODUCT,
        {"casting": "any"},
    ),
    (TypeError, "an integer threads, got 1.5", PRODUCT, {"threads": 1.5}),
    (TypeError, "out to be an array, got list", PRODUCT, {"out": [0]}),
    (TypeError, "a dtype, got 'number'", PRODUCT, {"dtype": "number"}),
    (TypeError, "order to be a string, got 1", PRODUCT, {"order": 1}),
    (TypeError, "an integer or Ellipsis as a label, got 'a'", (A, [0, "a"]), {}),
    (TypeError, "a list of labels, got 3", (A, 3), {}),
    (TypeError, "operand 1 of numbers, got objects", ("ij,jk", A, B.astype(object)), {}),
    (TypeError, "operand 0 of numbers, got objects", ("ij->ji", A.astype(object)), {}),
    (TypeError, "arrays of numbers, got object", PRODUCT, {"dtype": object}),
    (TypeError, "arrays of numbers, got <U1", ("i,i", ["a"], ["b"]), {}),
    (
        TypeError,
        "operand 0 without a mask, got a masked array",
        ("ij->j", np.ma.masked_array(A, A > 3)),
        {},
    ),
    (
        TypeError,
        "dtypes that cast under the rule 'safe', got float64 to float32",
        PRODUCT,
        {"dtype": np.float32},
    ),
    (
        TypeError,
        "dtypes that NumPy promotes, got datetime64[s], float64",
        ("i,i", np.zeros(1, "M8[s]"), np.zeros(1)),
        {},
    ),
    (
        TypeError,
        "optimize to be a bool, 'greedy', 'optimal' or a path of numpy.einsum_path, got 3",
        THREE,
        {"optimize": 3},
    ),
    (
        TypeError,
        "tuples of positions in a path, got 0",
        THREE,
        {"optimize": ["einsum_path", 0]},
    ),
    (
        IndexError,
        "a position in [0, 3) in the path, got 3",
        THREE,
        {"optimize": ["einsum_path", (0, 3)]},
    ),
    (
        RuntimeError,
        "a path that leaves one operand, got one that leaves 2",
        THREE,
        {"optimize": ["einsum_path", (0, 1)]},
    ),
]


@pytest.mark.parametrize(
    ("error", "text", "arguments", "options"), TEXTS, ids=[t[1] for t in TEXTS]
)
def test_texts(
    error: type[Exception], text: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    with pytest.raises(error, match=f"^{re.escape(f'[einsum] expected {text}')}$"):
        kd.einsum(*arguments, **options)


def test_an_unknown_search() -> None:
    with pytest.raises(KeyError) as info:
        kd.einsum(*THREE, optimize="best")
    assert info.value.args == (
        "[einsum] expected optimize to be one of 'greedy', 'optimal', got 'best'",
    )


def test_nothing_is_written_before_an_error() -> None:
    out = np.full((3, 5), 7.0)
    for options in ({"dtype": "f4"}, {"order": "x"}, {"threads": 0}):
        with pytest.raises((TypeError, ValueError)):
            kd.einsum(*PRODUCT, out=out, **options)  # type: ignore[arg-type]
    assert (out == 7).all()


def test_a_diagonal_of_no_and_some_elements() -> None:
    """Of which NumPy 2.4 makes a view of memory that is not there."""
    with pytest.raises(ValueError, match="axis 1 of operand 0 with 0 elements"):
        kd.einsum("ii->i", np.zeros((0, 3)))


def test_results_that_fit_in_no_memory() -> None:
    huge = np.broadcast_to(np.ones(1), (2**40,))
    with pytest.raises(ValueError, match=r"expected a result of at most 2\^58 elements, got more$"):
        kd.einsum("i,j,k->ijk", huge, huge, huge)
    with pytest.raises(MemoryError, match=r"Unable to allocate 8\.00 PiB"):
        kd.einsum("i,j->ij", huge, huge[:1024])
    side, table = huge[: 2**25], np.broadcast_to(np.ones((1, 1)), (2**25, 2**25))
    text = r"^\[einsum\] expected memory for what the steps of a plan make, got none$"
    with pytest.raises(MemoryError, match=text):
        kd.einsum("i,j,ij->", side, side, table, optimize=["einsum_path", (0, 1), (0, 1)])


@pytest.mark.parametrize(
    ("error", "text", "arguments"),
    [
        (TypeError, "an equation as a string, got 3", (3, (1,))),
        (TypeError, "shapes, got 5", ("i", 5)),
        (TypeError, "shapes, got (1.5,)", ("i", (1.5,))),
        (ValueError, "shapes, got (-1,)", ("i", (-1,))),
    ],
)
def test_wrong_expressions(error: type[Exception], text: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(error, match=f"^{re.escape(f'[contract_expression] expected {text}')}$"):
        kd.tensor.contract_expression(*arguments)


def test_expressions_refuse_other_shapes() -> None:
    expression = kd.tensor.contract_expression("ij,jk->ik", (3, 4), (4, 5))
    np.testing.assert_allclose(expression(A, B), A @ B)
    wrong = [(A, A), (A,), (A, B, B), (), (A[:, :3], B[:3]), (A[None], B), (A.T, B), (3.0, B)]
    for operands in wrong:
        shapes = tuple(map(np.shape, operands))
        text = f"[contract_expression] expected operands of shapes ((3, 4), (4, 5)), got {shapes}"
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            expression(*operands)
