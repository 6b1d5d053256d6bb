r"""Minimal cuts of networks: how much entanglement a network can hold between two sets of its legs.

The matrix of a contracted network, with some legs as rows and others as columns, is a product over
labels that separate them: its rank is at most the product of their sizes. The labels of the least
product are found as a minimum cut, whose capacities are logarithms of sizes. A label on three
tensors or more is a copy tensor; its legs share one value, so it counts once.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from kadanoff import arguments

from ..network import TensorNetwork

COPIES = ("once", "edges")
Label = Hashable


class MinCut(int):
    """The least product of sizes, an int, and where it is cut.

    Attributes
    ----------
    labels : tuple of hashable
        The labels that are cut; for ``copies="edges"``, as often as edges to them are cut.

    Examples
    --------
    >>> cut = MinCut(4, ("a", "b"))
    >>> cut * 2, cut.labels, round(cut.entropy, 6)
    (8, ('a', 'b'), 1.386294)
    """

    labels: tuple[Label, ...]

    def __new__(cls, value: int, labels: Iterable[Label] = ()) -> MinCut:
        """Make an int that knows its labels."""
        cut = super().__new__(cls, value)
        cut.labels = tuple(labels)
        return cut

    @property
    def entropy(self) -> float:
        """ln of the product, the most entanglement entropy in nats; minus infinity of 0."""
        return math.log(self) if self > 0 else -math.inf


@dataclass(frozen=True)
class Graph:
    """Which labels every tensor has, and their sizes."""

    tensors: tuple[tuple[Label, ...], ...]
    sizes: Mapping[Label, int]


def min_cut(
    network: Any,
    left: str | Sequence[Hashable],
    right: str | Sequence[Hashable],
    *,
    copies: str = "once",
) -> MinCut:
    r"""Return the least product of the sizes of labels that separate `left` from `right`.

    Parameters
    ----------
    network : kadanoff.TensorNetwork, or iterable of (array or shape, labels)
        Labels are the characters of a string, or any hashable objects in a sequence. A label may be
        on any number of tensors.
    left, right : str or sequence of hashable
        Labels of the network, none of them in both.
    copies : {"once", "edges"}
        Whether a label on many tensors counts once, or every tensor that is cut off from it counts.

    Returns
    -------
    MinCut
        An int, of any size and exact; 1 where nothing connects the two.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    For whatever numbers in the tensors, the matrix between `left` and `right` has at most this rank
    (with "edges", a bound that is larger or equal). Whether generic numbers reach it depends on the
    network: in general they do not (S. X. Cui et al., J. Math. Phys. 57 (2016) 062206). The cut is
    a maximum flow (L. R. Ford and D. R. Fulkerson, Canad. J. Math. 8 (1956) 399) through the
    labels, each of them split in two, with capacities :math:`\log d` as integers of so many digits
    that no two products are taken for equal.

    Examples
    --------
    Three matrices on one label, which is a copy tensor of three legs:

    >>> import kadanoff as kd
    >>> star = [((5, 3), "as"), ((5, 3), "bs"), ((5, 3), "cs")]
    >>> kd.tensor.min_cut(star, "a", "bc")
    3
    >>> kd.tensor.min_cut(star, "a", "bc").labels
    ('s',)
    >>> kd.tensor.min_cut([((5, 3), "ax"), ((3, 4), "xb")], "a", "b", copies="edges")
    3
    """
    call = "min_cut"
    graph = read_graph(call, network)
    arguments.choice(call, "copies", copies, COPIES)
    ends = [_ends(call, name, labels, graph) for name, labels in (("left", left), ("right", right))]
    shared = set(ends[0]) & set(ends[1])
    if shared:
        raise ValueError(f"[{call}] expected no label in both, got {sorted(map(repr, shared))[0]}")
    return cut_graph(graph, ends[0], ends[1], copies)


def read_graph(call: str, network: Any) -> Graph:
    """Return the labels and sizes of a network; TypeError or ValueError where they are none."""
    if isinstance(network, TensorNetwork):
        return Graph(network.labels, network.sizes)
    if not isinstance(network, Iterable) or isinstance(network, (str, bytes)):
        raise TypeError(f"[{call}] expected a network of tensors, got {type(network).__name__}")
    pairs: list[Any] = list(network)
    tensors: list[tuple[Label, ...]] = []
    sizes: dict[Label, int] = {}
    for place, pair in enumerate(pairs):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"[{call}] expected (array, labels) for tensor {place}, got {pair!r}")
        names = _labels(call, f"tensor {place}", pair[1])
        shape = _shape(call, place, pair[0])
        if len(shape) != len(names):
            raise ValueError(
                f"[{call}] expected {len(shape)} labels for tensor {place} of shape {shape}, "
                f"got {len(names)}"
            )
        for name, size in zip(names, shape, strict=True):
            if sizes.setdefault(name, size) != size:
                raise ValueError(
                    f"[{call}] expected size {sizes[name]} for label {name!r} in tensor {place}, "
                    f"got {size}"
                )
        tensors.append(names)
    return Graph(tuple(tensors), sizes)


def cut_graph(
    graph: Graph, left: Sequence[Label], right: Sequence[Label], copies: str = "once"
) -> MinCut:
    """Return the minimum cut of a graph whose labels were checked."""
    empty = [label for label, size in graph.sizes.items() if size == 0]
    if empty:
        return MinCut(0, empty[:1])
    if not left or not right:
        return MinCut(1)
    import networkx  # slow to import

    flow = networkx.DiGraph()
    weights = _capacities(graph.sizes)
    if copies == "once":
        cuttable = _node_graph(flow, graph, weights)
    else:
        cuttable = _edge_graph(flow, graph, weights)
    for label in left:
        flow.add_edge("left", ("in", label))
    for label in right:
        flow.add_edge(("out", label), "right")
    _, (reached, _) = networkx.minimum_cut(flow, "left", "right")
    cut = [label for label, start, end in cuttable if start in reached and end not in reached]
    return MinCut(math.prod(graph.sizes[label] for label in cut), cut)


Cuttable = list[tuple[Label, Any, Any]]


def _node_graph(flow: Any, graph: Graph, weights: Mapping[Label, int]) -> Cuttable:
    """Split every label in two: what goes through it passes the edge between."""
    cuttable: Cuttable = []
    for label, weight in weights.items():
        flow.add_edge(("in", label), ("out", label), capacity=weight)
        cuttable.append((label, ("in", label), ("out", label)))
    for place, labels in enumerate(graph.tensors):
        for label in labels:
            flow.add_edge(("tensor", place), ("in", label))
            flow.add_edge(("out", label), ("tensor", place))
    return cuttable


def _edge_graph(flow: Any, graph: Graph, weights: Mapping[Label, int]) -> Cuttable:
    """Give every leg of a label its own edge, and a leg outside of the network one more."""
    cuttable: Cuttable = []

    def connect(label: Label, one: Any, other: Any) -> None:
        for start, end in ((one, other), (other, one)):
            flow.add_edge(start, end, capacity=weights[label])
            cuttable.append((label, start, end))

    for label in weights:
        connect(label, ("in", label), ("copy", label))
        flow.add_edge(("in", label), ("out", label))
        flow.add_edge(("out", label), ("in", label))
    for place, labels in enumerate(graph.tensors):
        for label in labels:
            connect(label, ("tensor", place), ("copy", label))
    return cuttable


def _capacities(sizes: Mapping[Label, int]) -> dict[Label, int]:
    """Return log(size) as integers, fine enough to tell any two products of sizes apart.

    Products up to P that differ do so by a factor of 1 + 1/P at least: logarithms need as many
    digits as P has, and some more for the rounding of each.
    """
    digits = sum(len(str(size)) for size in sizes.values()) + len(str(len(sizes))) + 5
    context = Context(prec=digits + 10)
    scale = Decimal(10) ** digits
    known = {
        size: int(context.multiply(context.ln(Decimal(size)), scale).to_integral_value())
        for size in set(sizes.values())
    }
    return {label: known[size] for label, size in sizes.items()}


def _ends(call: str, name: str, labels: Any, graph: Graph) -> tuple[Label, ...]:
    result = _labels(call, name, labels)
    for label in result:
        if label not in graph.sizes:
            raise ValueError(f"[{call}] expected labels of the network in {name}, got {label!r}")
    return result


def _labels(call: str, what: str, labels: Any) -> tuple[Label, ...]:
    """Return labels as a tuple; TypeError where they are not hashable."""
    if isinstance(labels, (set, frozenset, Mapping, bytes)) or not isinstance(labels, Iterable):
        raise TypeError(f"[{call}] expected a sequence of labels for {what}, got {labels!r}")
    result = tuple(labels)
    for label in result:
        if not isinstance(label, Hashable):
            raise TypeError(f"[{call}] expected hashable labels for {what}, got {label!r}")
    return result


def _shape(call: str, place: int, tensor: Any) -> tuple[int, ...]:
    """Return the shape of an array, or a shape as it is."""
    if hasattr(tensor, "shape"):
        return tuple(tensor.shape)
    if not isinstance(tensor, (tuple, list)):
        raise TypeError(f"[{call}] expected an array or a shape for tensor {place}, got {tensor!r}")
    name = f"size in the shape of tensor {place}"
    return tuple(arguments.integer(call, name, size, 0, 2**63 - 1) for size in tensor)
