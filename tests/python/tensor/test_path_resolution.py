"""What callers may say about the order of contraction, and what they may not."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from kadanoff.tensor import paths
from tensor.path_costs import costs
from tensor.path_networks import regular

INPUTS = ["ab", "bc", "cd", "de"]
SIZES = {"a": 2, "b": 3, "c": 4, "d": 5, "e": 6}


@pytest.mark.parametrize("optimize", ["auto", "greedy", "optimal", "kadanoff"])
def test_own_methods(optimize: str) -> None:
    path = paths.resolve(optimize, INPUTS, "ae", SIZES)
    assert len(path.ssa_path) == 3


@pytest.mark.parametrize("optimize", ["cotengra", "opt_einsum"])
def test_other_packages(optimize: str) -> None:
    pytest.importorskip(optimize)
    path = paths.resolve(optimize, INPUTS, "ae", SIZES, memory_limit=20)
    flops, _, peak = costs(INPUTS, "ae", SIZES, path.ssa_path, path.sliced)
    assert peak <= 20
    assert path.log10_cost == pytest.approx(math.log10(flops))
    assert paths.resolve(optimize, ["ab"], "b", SIZES).path == [(0,)]


@pytest.mark.parametrize("name", ["cotengra", "opt_einsum"])
def test_missing_packages(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError) as caught:
        paths.resolve(name, INPUTS, "ae", SIZES)
    text = f"[resolve] expected the package {name}, got none: pip install 'kadanoff[tensor]'"
    assert str(caught.value) == text


def test_paths_of_positions() -> None:
    arrays = [np.ones([SIZES[label] for label in term]) for term in INPUTS]
    numpy_path = np.einsum_path("ab,bc,cd,de->ae", *arrays, optimize="optimal")[0]
    path = paths.resolve(numpy_path, INPUTS, "ae", SIZES)
    best = paths.resolve("optimal", INPUTS, "ae", SIZES)
    assert path.log10_cost == pytest.approx(best.log10_cost)
    assert paths.resolve([(0, 1, 2, 3)], INPUTS, "ae", SIZES).ssa_path == ((0, 1), (4, 2), (5, 3))
    assert paths.resolve([(2,), (0, 1, 2, 3)], INPUTS, "ae", SIZES).tensors == 4
    assert paths.resolve([(0,)], ["ab"], "", SIZES).ssa_path == ()


def test_a_path_that_was_found_before() -> None:
    network = regular(2, 30)
    found = paths.search(*network, trials=2, size_limit=16)
    assert paths.resolve(found, *network) == found
    smaller = paths.resolve(found, *network, size_limit=4)
    assert smaller.log2_width <= 2.0
    assert smaller.slices > found.slices


def test_callables() -> None:
    calls = []

    def optimizer(inputs, output, sizes):
        calls.append((inputs, output, sizes))
        return [(0, 1)] * 3

    path = paths.resolve(optimizer, INPUTS, "ae", SIZES)
    assert path.ssa_path == ((0, 1), (2, 3), (4, 5))
    inputs, output, sizes = calls[0]
    assert [len(term) for term in inputs] == [2, 2, 2, 2]
    assert len(output) == 2
    assert sorted(sizes.values()) == [2, 3, 4, 5, 6]


def test_optimizer_for_opt_einsum() -> None:
    oe = pytest.importorskip("opt_einsum")
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=[SIZES[label] for label in term]) for term in INPUTS]
    equation = "ab,bc,cd,de->ae"
    result = oe.contract(equation, *arrays, optimize=paths.opt_einsum_optimizer(trials=2))
    np.testing.assert_allclose(result, np.einsum(equation, *arrays), rtol=1e-12)


def test_sizes_may_be_shapes() -> None:
    shapes = [(2, 3), (3, 4), (4, 5), (5, 6)]
    assert paths.search(INPUTS, "ae", shapes) == paths.search(INPUTS, "ae", SIZES)


def search(inputs=INPUTS, output="ae", sizes=SIZES, **options):
    return paths.search(inputs, output, sizes, **options)


def resolve(optimize):
    return paths.resolve(optimize, INPUTS, "ae", SIZES)


NAMES = "'auto', 'kadanoff', 'greedy', 'optimal', 'cotengra', 'opt_einsum'"
BAD = [
    (
        lambda: search("ab,bc"),
        "[search] expected inputs as a list of labels of each tensor, got 'ab,bc'",
    ),
    (lambda: search([[["a"]]]), "[search] expected labels that can be hashed, got [['a']]"),
    (lambda: search(output="az"), "[search] expected output labels that a tensor has, got 'z'"),
    (lambda: search(output="aa"), "[search] expected each output label once, got 'aa'"),
    (lambda: search(sizes={"a": 2}), "[search] expected a size of each label, got none of 'b'"),
    (
        lambda: search(sizes={**SIZES, "c": -1}),
        "[search] expected size of 'c' in [0, 9007199254740992], got -1",
    ),
    (
        lambda: search(sizes={**SIZES, "c": 2.5}),
        "[search] expected an integer size of 'c', got 2.5",
    ),
    (
        lambda: search(sizes=[(2, 3), (4, 4), (4, 5), (5, 6)]),
        "[search] expected one size of 'b', got 3 and 4",
    ),
    (
        lambda: search(sizes=[(2, 3), (3, 4), (4, 5)]),
        "[search] expected a shape for each of 4 tensors, got 3",
    ),
    (
        lambda: search(sizes=[(2, 3), (3, 4, 1), (4, 5), (5, 6)]),
        "[search] expected 2 axes of tensor 1, got shape (3, 4, 1)",
    ),
    (
        lambda: search(memory_limit=-5),
        "[search] expected memory_limit of at least 1 element, got -5",
    ),
    (
        lambda: search(size_limit=0.5),
        "[search] expected size_limit of at least 1 element, got 0.5",
    ),
    (
        lambda: search(memory_limit=math.nan),
        "[search] expected a finite memory_limit, got nan",
    ),
    (lambda: search(seconds=0), "[search] expected seconds in (0, 1e7], got 0.0"),
    (lambda: search(seconds=1, trials=1), "[search] expected seconds or trials, got both"),
    (lambda: search(trials=0), "[search] expected trials in [1, 2147483647], got 0"),
    (
        lambda: search(minimize="time"),
        "[search] expected minimize to be one of 'flops', 'size', 'combo', got 'time'",
    ),
    (
        lambda: search(method="best"),
        "[search] expected method to be one of 'auto', 'greedy', 'optimal', 'search', got 'best'",
    ),
    (lambda: search(seed=-1), "[search] expected seed in [0, 18446744073709551615], got -1"),
    (lambda: search(threads=0), "[search] expected threads in [1, 4096], got 0"),
    (
        lambda: search(["ab"] * 15, "", method="optimal"),
        "[search] expected at most 14 tensors for the optimal path, got 15",
    ),
    (
        lambda: resolve("fast"),
        f"[resolve] expected optimize to be a path, a callable or one of {NAMES}, got 'fast'",
    ),
    (lambda: resolve(7), "[resolve] expected a path as a list of tuples of positions, got 7"),
    (
        lambda: resolve([(0, 1)]),
        "[resolve] expected a path that leaves one tensor of 4, got one that leaves 3",
    ),
    (
        lambda: resolve([(0, 4)]),
        "[resolve] expected a position in step 0 in [0, 3], got 4",
    ),
    (lambda: resolve([(1, 1)]), "[resolve] expected each position once in step 0, got (1, 1)"),
    (lambda: resolve([3]), "[resolve] expected a tuple of positions in step 0, got 3"),
]


@pytest.mark.parametrize(("call", "text"), BAD)
def test_bad_input(call, text: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value) == text
