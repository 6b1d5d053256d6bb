"""Minimum cuts: all cuts tried one by one, ranks below them, exact products, wrong calls."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.tensor import MinCut, min_cut

Pairs = list[tuple[tuple[int, ...], tuple[Hashable, ...]]]


def random_network(seed: int) -> tuple[Pairs, list[int], list[int]]:
    """Four tensors on six labels, some on one tensor, some on many; and two sets of labels."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, size=6)
    pairs: Pairs = []
    for _ in range(4):
        count = int(rng.integers(1, 4))
        labels = tuple(int(label) for label in rng.choice(6, size=count, replace=False))
        pairs.append((tuple(int(sizes[label]) for label in labels), labels))
    used = sorted({label for _, labels in pairs for label in labels})
    order = [used[k] for k in rng.permutation(len(used))]
    ends = order[: max(1, len(order) // 3)], order[max(1, len(order) // 3) : 2 * len(order) // 3]
    return pairs, ends[0], ends[1]


def sizes_of(pairs: Pairs) -> dict[Any, int]:
    return {a: n for shape, names in pairs for a, n in zip(names, shape, strict=True)}


def least_once(pairs: Pairs, left: list[int], right: list[int]) -> int:
    """The least product over all sets of labels without which no path is left."""
    sizes = sizes_of(pairs)
    best = math.prod(sizes.values())
    for count in range(len(sizes) + 1):
        for cut in itertools.combinations(sizes, count):
            reached = set(left) - set(cut)
            grown = True
            while grown:
                touched = [
                    set(names) - set(cut) - reached for _, names in pairs if reached & set(names)
                ]
                new: set[Any] = set().union(*touched)
                reached |= new
                grown = bool(new)
            if not reached & set(right):
                best = min(best, math.prod(sizes[label] for label in cut))
    return best


def least_edges(pairs: Pairs, left: list[int], right: list[int]) -> int:
    """The least product over all sides of tensors and copies, an edge for each leg."""
    sizes = sizes_of(pairs)
    best = math.prod(sizes.values()) ** 4
    for copies in itertools.product((0, 1), repeat=len(sizes)):
        side = dict(zip(sizes, copies, strict=True))
        ends = math.prod(sizes[a] for a in left if side[a]) * math.prod(
            sizes[a] for a in right if not side[a]
        )
        product = ends
        for _, names in pairs:
            product *= min(
                math.prod(sizes[a] for a in names if side[a] != choice) for choice in (0, 1)
            )
        best = min(best, product)
    return best


@pytest.mark.parametrize("seed", range(40))
def test_cuts_are_the_least_of_all(seed: int) -> None:
    pairs, left, right = random_network(seed)
    once = min_cut(pairs, left, right)
    edges = min_cut(pairs, left, right, copies="edges")
    assert once == least_once(pairs, left, right)
    assert edges == least_edges(pairs, left, right)
    assert once <= edges
    sizes = sizes_of(pairs)
    assert math.prod(sizes[label] for label in once.labels) == once
    assert math.prod(sizes[label] for label in edges.labels) == edges


@pytest.mark.parametrize("seed", range(20))
def test_ranks_of_networks_are_at_most_the_cut(seed: int) -> None:
    pairs, left, right = random_network(seed)
    rng = np.random.default_rng(seed)
    tensors = [(rng.normal(size=shape), names) for shape, names in pairs]
    network = kd.tensor.TensorNetwork(tensors, output=(*left, *right))
    sizes = sizes_of(pairs)
    matrix = network.contract().reshape(math.prod(sizes[a] for a in left), -1)
    assert np.linalg.matrix_rank(matrix) <= min_cut(network, left, right)


def test_a_cut_is_an_int_with_labels() -> None:
    cut = min_cut([((5, 3), "ax"), ((3, 4), "xb")], "a", "b")
    assert isinstance(cut, MinCut)
    assert isinstance(cut, int)
    assert cut == 3
    assert cut.labels == ("x",)
    assert cut.entropy == pytest.approx(math.log(3))


def test_products_that_floats_take_for_equal() -> None:
    """Left is two legs in series with two legs: products differ in the 19th digit."""
    first, second = 2**31 - 1, 2**31 - 3
    middle = 2**31 - 2
    assert first * second == middle**2 - 1
    assert math.log(first) + math.log(second) == pytest.approx(2 * math.log(middle), rel=1e-16)

    def chain(one: int, two: int, three: int, four: int) -> MinCut:
        sizes = dict(zip("abcdlr", (one, two, three, four, 2**62, 2**62), strict=True))
        tensors = ["lab", "abcd", "cdr"]
        return min_cut([(tuple(sizes[a] for a in t), t) for t in tensors], "l", "r")

    assert chain(first, second, middle, middle) == first * second
    assert chain(middle, middle, first, second) == first * second
    assert set(chain(middle, middle, first, second).labels) == {"c", "d"}


def test_huge_products_are_exact() -> None:
    tensors = [((2**62,) * 12, tuple(range(12))), ((2**62,) * 12, tuple(range(12)))]
    tensors.append(((2**62,) * 11, tuple(range(100, 111))))
    cut = min_cut(tensors, tuple(range(12)), tuple(range(100, 111)))
    assert cut == 1  # nothing connects them
    joined = [((2**62,) * 23, (*range(12), *range(100, 111)))]
    assert min_cut(joined, tuple(range(12)), tuple(range(100, 111))) == 2 ** (62 * 11)


def test_a_copy_tensor_counts_once() -> None:
    """A label on four matrices, two of them on each side."""
    star = [((5, 3), (leg, "s")) for leg in range(4)]
    assert min_cut(star, [0, 1], [2, 3]) == 3
    assert min_cut(star, [0, 1], [2, 3], copies="edges") == 9
    vectors = np.random.default_rng(1).normal(size=(4, 5, 3))
    network = kd.tensor.TensorNetwork(
        [(vectors[leg], (leg, "s")) for leg in range(4)], output=(0, 1, 2, 3)
    )
    assert np.linalg.matrix_rank(network.contract().reshape(25, 25)) == 3


def test_nothing_to_separate() -> None:
    pairs = [((5, 3), "ab")]
    assert min_cut(pairs, "a", "") == 1
    assert min_cut(pairs, "", "") == 1
    assert min_cut([((5, 3), "ab"), ((3, 0), "bc")], "a", "c") == 0
    assert min_cut([((5, 3), "ab"), ((3, 1), "bc")], "a", "c") == 1


SMALL = [((2, 3), "ab")]
WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: min_cut(3, "a", "b"), "[min_cut] expected a network of tensors, got int"),
    (lambda: min_cut([3], "a", "b"), "[min_cut] expected (array, labels) for tensor 0, got 3"),
    (
        lambda: min_cut([((2, 3), "abc")], "a", "b"),
        "[min_cut] expected 2 labels for tensor 0 of shape (2, 3), got 3",
    ),
    (
        lambda: min_cut([((2, 3), "ab"), ((4,), "b")], "a", "b"),
        "[min_cut] expected size 3 for label 'b' in tensor 1, got 4",
    ),
    (
        lambda: min_cut([((2, -3), "ab")], "a", "b"),
        f"[min_cut] expected size in the shape of tensor 0 in [0, {2**63 - 1}], got -3",
    ),
    (lambda: min_cut([(7, "ab")], "a", "b"), "[min_cut] expected an array or a shape for "
     "tensor 0, got 7"),
    (lambda: min_cut(SMALL, "c", "b"), "[min_cut] expected labels of the network in left, got 'c'"),
    (lambda: min_cut(SMALL, "a", 5), "[min_cut] expected a sequence of labels for right, got 5"),
    (lambda: min_cut(SMALL, "ab", "b"), "[min_cut] expected no label in both, got 'b'"),
    (
        lambda: min_cut(SMALL, [["a"]], "b"),
        "[min_cut] expected hashable labels for left, got ['a']",
    ),
    (
        lambda: min_cut(SMALL, "a", "b", copies="twice"),
        "[min_cut] expected copies to be one of 'once', 'edges', got 'twice'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "text"), WRONG)
def test_wrong_calls(call: Callable[[], Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{re.escape(text)}$"):
        call()
