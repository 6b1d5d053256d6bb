"""What a network of tensors looks like, as numbers for the core and as labels for people."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from kadanoff import arguments

Label = Hashable
LARGEST_EXTENT = 2**53


@dataclass(frozen=True)
class NetworkShape:
    """Tensors as lists of indices, numbered in the order of their first appearance."""

    tensors: list[list[int]]
    output: list[int]
    extents: list[int]
    labels: list[Label]

    def core(self) -> dict[str, list[Any]]:
        """Arguments of the core's functions."""
        return {"tensors": self.tensors, "output": self.output, "extents": self.extents}

    def indices(self, call: str, name: str, labels: Iterable[Label]) -> list[int]:
        """Return the indices of some labels; ValueError if the network has not got one of them."""
        known = {label: index for index, label in enumerate(self.labels)}
        chosen = list(labels)
        for label in chosen:
            if label not in known:
                raise ValueError(f"[{call}] expected {name} that a tensor has, got {label!r}")
        return [known[label] for label in chosen]


def network_shape(
    call: str,
    inputs: Sequence[Iterable[Label]],
    output: Iterable[Label],
    sizes: Mapping[Any, int] | Sequence[Sequence[int]],
) -> NetworkShape:
    """Check a network: labels of each tensor, those of the result, and how large each of them is.

    `sizes` is one number for each label, or the shapes of the tensors.
    """
    if isinstance(inputs, str) or not isinstance(inputs, Sequence):
        raise TypeError(
            f"[{call}] expected inputs as a list of labels of each tensor, got {inputs!r}"
        )
    terms = [_labels(call, term) for term in inputs]
    known: dict[Label, int] = {}
    tensors = [[known.setdefault(label, len(known)) for label in term] for term in terms]
    labels = list(known)
    if isinstance(sizes, Mapping):
        extents = [_extent(call, label, sizes) for label in labels]
    else:
        extents = _extents_of_shapes(call, tensors, labels, sizes)
    shape = NetworkShape(tensors, [], extents, labels)
    open_labels = _labels(call, output)
    if len(set(open_labels)) < len(open_labels):
        raise ValueError(f"[{call}] expected each output label once, got {output!r}")
    shape.output.extend(shape.indices(call, "output labels", open_labels))
    return shape


def _labels(call: str, term: Iterable[Label]) -> list[Label]:
    try:
        # The order of a set may change from run to run, and the path with it.
        labels = sorted(term, key=str) if isinstance(term, Set) else list(term)
        hash(tuple(labels))
    except TypeError:
        raise TypeError(f"[{call}] expected labels that can be hashed, got {term!r}") from None
    return labels


def _extent(call: str, label: Label, sizes: Mapping[Any, int]) -> int:
    if label not in sizes:
        raise ValueError(f"[{call}] expected a size of each label, got none of {label!r}")
    return arguments.integer(call, f"size of {label!r}", sizes[label], 0, LARGEST_EXTENT)


def _extents_of_shapes(
    call: str, tensors: list[list[int]], labels: list[Label], shapes: Sequence[Sequence[int]]
) -> list[int]:
    if len(shapes) != len(tensors):
        raise ValueError(
            f"[{call}] expected a shape for each of {len(tensors)} tensors, got {len(shapes)}"
        )
    extents: dict[int, int] = {}
    for number, (indices, shape) in enumerate(zip(tensors, shapes, strict=True)):
        if len(shape) != len(indices):
            raise ValueError(
                f"[{call}] expected {len(indices)} axes of tensor {number}, got shape {shape!r}"
            )
        for index, size in zip(indices, shape, strict=True):
            label = labels[index]
            extent = arguments.integer(call, f"size of {label!r}", size, 0, LARGEST_EXTENT)
            if extents.setdefault(index, extent) != extent:
                raise ValueError(
                    f"[{call}] expected one size of {label!r}, got {extents[index]} and {extent}"
                )
    return [extents[index] for index in range(len(labels))]
