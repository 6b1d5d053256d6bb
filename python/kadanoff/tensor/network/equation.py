"""What is contracted with what: the labels of tensors as numbers, and their sizes."""

from __future__ import annotations

import reprlib
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple


class Equation(NamedTuple):
    """A network without its numbers; labels are numbered in the order in which they appear."""

    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of each tensor."""
        return [tuple(self.sizes[label] for label in labels) for labels in self.inputs]

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the result."""
        return tuple(self.sizes[label] for label in self.output)


def labels_of(call: str, what: str, labels: Any) -> tuple[Hashable, ...]:
    """Return the labels of one tensor, characters or hashable objects; TypeError otherwise."""
    if isinstance(labels, str):
        return tuple(labels)
    if not isinstance(labels, Iterable) or isinstance(labels, (set, frozenset, dict, bytes)):
        raise TypeError(
            f"[{call}] expected a string or a sequence of labels for {what}, got {labels!r}"
        )
    result = tuple(labels)
    for label in result:
        try:
            hash(label)
        except TypeError:
            raise TypeError(
                f"[{call}] expected hashable labels for {what}, got {label!r}"
            ) from None
    return result


def make_equation(
    call: str,
    shapes: Sequence[tuple[int, ...]],
    labels: Sequence[tuple[Hashable, ...]],
    output: tuple[Hashable, ...],
) -> tuple[Equation, tuple[Hashable, ...]]:
    """Return the equation and its labels, by number; ValueError where they do not fit together."""
    numbers: dict[Hashable, int] = {}
    sizes: list[int] = []
    inputs = []
    for k, (shape, names) in enumerate(zip(shapes, labels, strict=True)):
        if len(shape) != len(names):
            raise ValueError(
                f"[{call}] expected {len(shape)} labels for tensor {k} of shape {shape},"
                f" got {len(names)}"
            )
        for name, size in zip(names, shape, strict=True):
            number = numbers.setdefault(name, len(numbers))
            if number == len(sizes):
                sizes.append(size)
            elif sizes[number] != size:
                raise ValueError(
                    f"[{call}] expected size {sizes[number]} for label {name!r} in tensor {k},"
                    f" got {size}"
                )
        inputs.append(tuple(numbers[name] for name in names))
    for place, name in enumerate(output):
        if name not in numbers:
            raise ValueError(f"[{call}] expected output labels that a tensor has, got {name!r}")
        if name in output[:place]:
            raise ValueError(f"[{call}] expected each output label once, got {name!r} twice")
    equation = Equation(tuple(inputs), tuple(numbers[name] for name in output), tuple(sizes))
    return equation, tuple(numbers)


def few(labels: Sequence[Hashable], most: int = 4) -> str:
    """Return a list of labels that stays short."""
    shown = ", ".join(reprlib.repr(label) for label in labels[:most])
    return shown if len(labels) <= most else f"{shown} and {len(labels) - most} more"
