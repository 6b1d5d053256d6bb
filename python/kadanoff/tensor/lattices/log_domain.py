"""Contraction of logarithms, for Boltzmann factors beyond the range of float64."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = tuple[Hashable, ...]

SAFE_RANGE = 300.0
"""ln of what entries of a tensor may differ by; float64 loses what is e^-708 of the largest."""


def largest_range(
    exponents: Sequence[Floats], labels: Sequence[Labels], pairs: Iterable[tuple[int, int]]
) -> float:
    """Return a bound on ln(largest / smallest entry) of all tensors that a path goes through.

    A change of the labels of an intermediate tensor changes those factors in it that have one of
    them, each by no more than its own range.
    """
    by_label: list[dict[Hashable, float]] = [
        dict.fromkeys(names, float(np.ptp(exponent)))
        for exponent, names in zip(exponents, labels, strict=True)
    ]
    left = Counter(label for names in labels for label in names)
    largest = max((max(sums.values(), default=0.0) for sums in by_label), default=0.0)
    for i, j in pairs:
        joint = dict(by_label[i])
        for label, value in by_label[j].items():
            joint[label] = joint.get(label, 0.0) + value
        left.subtract(label for label in by_label[i] if label in by_label[j])
        open_labels = {label: joint[label] for label in joint if left[label] > 1}
        left.subtract(label for label in joint if left[label] == 1)
        largest = max(largest, sum(joint.values()))
        by_label.append(open_labels)
    return largest


def log_contraction(
    exponents: Sequence[Floats],
    labels: Sequence[Labels],
    pairs: Sequence[tuple[int, int]],
    sliced: Sequence[Hashable] = (),
) -> float:
    """Return ln of the sum over all labels of the product of e^exponents, along a path.

    Parameters
    ----------
    exponents : sequence of ndarray of float64
    labels : sequence of tuple of hashable
        Of each array's axes.
    pairs : sequence of (int, int)
        Numbers of the arrays to contract; results get the next numbers.
    sliced : sequence of hashable
        Labels whose values are taken one at a time.
    """
    sizes = {
        label: size
        for exponent, names in zip(exponents, labels, strict=True)
        for label, size in zip(names, exponent.shape, strict=True)
    }
    total = -math.inf
    for values in itertools.product(*(range(sizes[label]) for label in sliced)):
        fixed = dict(zip(sliced, values, strict=True))
        arrays = [
            exponent[tuple(fixed.get(label, slice(None)) for label in names)]
            for exponent, names in zip(exponents, labels, strict=True)
        ]
        kept = [tuple(label for label in names if label not in fixed) for names in labels]
        total = float(np.logaddexp(total, _contract(arrays, kept, pairs)))
    return total


def _contract(
    arrays: list[Floats], labels: list[Labels], pairs: Sequence[tuple[int, int]]
) -> float:
    terms: list[tuple[Floats, Labels] | None] = list(zip(arrays, labels, strict=True))
    left = Counter(label for names in labels for label in names)
    for i, j in pairs:
        (a, of_a), (b, of_b) = _taken(terms, i), _taken(terms, j)
        left.subtract(of_a)
        left.subtract(of_b)
        union = tuple(dict.fromkeys(of_a + of_b))
        kept = tuple(label for label in union if left[label] > 0)
        order = kept + tuple(label for label in union if left[label] <= 0)
        product = _aligned(a, of_a, order) + _aligned(b, of_b, order)
        for _ in order[len(kept) :]:
            product = np.logaddexp.reduce(product, axis=-1)
        left.update(kept)
        terms.append((product, kept))
    rest = [np.logaddexp.reduce(term[0], axis=None) for term in terms if term is not None]
    return float(sum(rest))


def _taken(terms: list[tuple[Floats, Labels] | None], k: int) -> tuple[Floats, Labels]:
    term, terms[k] = terms[k], None
    assert term is not None
    return term


def _aligned(array: Floats, names: Labels, order: Labels) -> Floats:
    """Return an array with its axes in the places of `order`, of size 1 where it has none."""
    places = sorted(range(len(names)), key=lambda axis: order.index(names[axis]))
    shape = dict(zip(names, array.shape, strict=True))
    aligned: Floats = array.transpose(places).reshape([shape.get(label, 1) for label in order])
    return aligned
