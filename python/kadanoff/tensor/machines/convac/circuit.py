"""The circuit: its weights, its values, its coefficients, its entanglement."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.fixed import FixedAttributes

from ...network import TensorNetwork
from ..cuts import COPIES, Graph, MinCut, cut_graph
from . import coefficients, modular, reading
from .pooling import pooling

_CALL = "ConvAC"
MAX_COEFFICIENTS = 2**24

Floats = reading.Floats


class ConvAC(FixedAttributes):
    r"""A convolutional arithmetic circuit: linear layers of 1x1 windows and product pooling.

    Parameters
    ----------
    shape : int or (int, int)
        A chain of so many inputs, or an image, whose inputs are numbered row by row.
    channels : sequence of int
        :math:`r_0, ..., r_{L-1}`, one number of channels for each layer of pooling; 1 to 4096.
    functions : int
        M, the numbers that represent one input.
    outputs : int
        Y.
    window : int, tuple or list of these
        How many positions are pooled along each axis, in all layers, or a list with one for each
        layer. A shallow circuit has one window as large as the shape.
    weights : sequence of array_like of float, optional
        L + 1 arrays: (positions, r_l, r_{l-1}), or (r_l, r_{l-1}) for the same weights at all
        positions, where r_{-1} is M; at last (Y, r_{L-1}).
    shared : bool
        Whether weights that are drawn are the same at all positions of a layer.
    seed : int, optional
        0 <= seed < 2^64, of weights drawn from the normal distribution with variance
        1 / r_{l-1}; by default one from the operating system.

    Attributes
    ----------
    shape : tuple of int
    channels : tuple of int
    functions, outputs, inputs : int
    weights : tuple of ndarray of float64, read-only

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    An input i is M numbers :math:`f_d(x_i)`. Each layer maps the channels of a position linearly to
    new ones and multiplies those of the positions of a window; the last is linear. The outputs are

    .. math:: h_y = \sum_{d_1 ... d_N} A^y_{d_1 ... d_N} \prod_i f_{d_i}(x_i)

    (N. Cohen, O. Sharir and A. Shashua, COLT 2016; Y. Levine, D. Yakira, N. Cohen and A. Shashua,
    arXiv:1704.01552). As a tensor network, pooling is a copy tensor.

    Examples
    --------
    >>> import kadanoff as kd
    >>> deep = kd.tensor.ConvAC(8, (3, 3, 3), seed=1)
    >>> deep.separation_rank([0, 2, 4, 6]), deep.separation_rank([0, 1, 2, 3])
    (16, 3)
    >>> shallow = kd.tensor.ConvAC(8, [3], window=8, seed=1)
    >>> shallow.separation_rank([0, 2, 4, 6]), shallow.separation_rank([0, 1, 2, 3])
    (3, 3)
    """

    _fixed = frozenset({"shape", "channels", "functions", "outputs", "weights"})

    def __init__(
        self,
        shape: int | tuple[int, int],
        channels: Sequence[int],
        *,
        functions: int = 2,
        outputs: int = 1,
        window: Any = 2,
        weights: Sequence[npt.ArrayLike] | None = None,
        shared: bool = False,
        seed: int | None = None,
    ) -> None:
        self._pooling = pooling(_CALL, shape, window)
        self.shape = self._pooling.shape
        self.channels = reading.channels(_CALL, channels, len(self._pooling.windows))
        self.functions = arguments.integer(_CALL, "functions", functions, 1, reading.MAX_CHANNELS)
        self.outputs = arguments.integer(_CALL, "outputs", outputs, 1, reading.MAX_CHANNELS)
        if not isinstance(shared, (bool, np.bool_)):
            raise TypeError(f"[{_CALL}] expected shared as a bool, got {shared!r}")
        if weights is None:
            made = self._drawn(bool(shared), arguments.seed(_CALL, seed))
        else:
            made = reading.weights(_CALL, weights, self._shapes())
        for array in made:
            array.flags.writeable = False
        self.weights = tuple(made)

    def __repr__(self) -> str:
        extents = "x".join(map(str, self.shape))
        return (
            f"ConvAC({extents} inputs of {self.functions} functions, channels {self.channels}, "
            f"{self.outputs} {'output' if self.outputs == 1 else 'outputs'})"
        )

    @property
    def inputs(self) -> int:
        """N, the number of inputs."""
        return self._pooling.inputs

    def forward(self, representations: npt.ArrayLike) -> Floats:
        r"""Return the outputs for inputs that are represented by M numbers each.

        Parameters
        ----------
        representations : array_like of float, (..., N, M)
            :math:`f_d(x_i)`.

        Returns
        -------
        ndarray of float64, (..., Y)

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> circuit = kd.tensor.ConvAC(2, [1], functions=1, weights=[[[2.0]], [[5.0]]])
        >>> circuit.forward([[[1.0], [3.0]]])
        array([[60.]])
        """
        values = arguments.array("forward", "representations", representations)
        wanted = (self.inputs, self.functions)
        if values.dtype.kind not in "biuf":
            raise TypeError(
                f"[forward] expected real numbers as representations, got dtype {values.dtype}"
            )
        if values.ndim < 2 or values.shape[-2:] != wanted:
            raise ValueError(
                f"[forward] expected representations of shape (..., {wanted[0]}, {wanted[1]}), "
                f"got {values.shape}"
            )
        return coefficients.forward(self.weights, self._pooling.children, values)

    def coefficients(self, y: int = 0) -> Floats:
        r"""Return the coefficients :math:`A^y_{d_1 ... d_N}` of an output.

        Parameters
        ----------
        y : int
            Which output.

        Returns
        -------
        ndarray of float64, (M, ..., M)
            N axes, in the order of the inputs.

        Raises
        ------
        ValueError
            If there are more than 2^24 coefficients.
        TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.tensor.ConvAC(4, (2, 2), functions=3, seed=1).coefficients().shape
        (3, 3, 3, 3)
        """
        output = self._output("coefficients", y)
        result: Floats = self._tensor("coefficients", self.weights, output, None)
        return result

    def network(self, y: int = 0) -> TensorNetwork:
        """Return the network whose contraction is `coefficients`, with pooling as shared labels.

        Parameters
        ----------
        y : int
            Which output.

        Returns
        -------
        TensorNetwork
            Legs of inputs are labelled by their numbers, positions after pooling by
            (layer, position).

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> circuit = kd.tensor.ConvAC(4, (2, 2), seed=1)
        >>> bool(np.allclose(circuit.network().contract(), circuit.coefficients()))
        True
        """
        output = self._output("network", y)
        arrays = [
            matrix
            for layer, weights in enumerate(self.weights[:-1])
            for matrix in self._by_position(weights, layer)
        ]
        arrays.append(self.weights[-1][output])
        pairs = list(zip(arrays, self._graph().tensors, strict=True))
        return TensorNetwork(pairs, output=tuple(range(self.inputs)))

    def separation_rank(
        self, subset: npt.ArrayLike, y: int = 0, *, tolerance: float | None = None
    ) -> int:
        r"""Return the rank of the coefficients as a matrix, `subset` against the other inputs.

        Parameters
        ----------
        subset : array_like
            Numbers of inputs, or bool in the shape of the inputs.
        y : int
            Which output.
        tolerance : float, optional
            Count singular values above this share of the largest one. By default the rank is that
            of the weights as they are, whose float64 numbers are fractions: exact, whatever the
            ratio of the singular values.

        Raises
        ------
        ValueError
            Also if there are more than 2^24 coefficients.
        TypeError

        Notes
        -----
        The Schmidt rank of the state with amplitudes A. It is worked out modulo a prime of 31 bits,
        and, where that gives less than `min_cut`, modulo a second one: what is too small has a
        probability of the order of 1e-18.

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.tensor.ConvAC((4, 4), (2, 2), seed=1).separation_rank([0, 1, 4, 5])
        2
        """
        call = "separation_rank"
        output = self._output(call, y)
        inside = self._subset(call, subset)
        if tolerance is not None:
            limit = arguments.real(call, "tolerance", tolerance)
            if not 0.0 <= limit < 1.0:
                raise ValueError(f"[{call}] expected tolerance in [0, 1), got {limit}")
            values = self._singular_values(call, inside, output)
            return int(np.sum(values > limit * values[0]))
        bound = int(self.min_cut(inside))
        found = 0
        for prime in modular.PRIMES:
            weights = [modular.residues(array, prime) for array in self.weights]
            matrix = self._matrix(self._tensor(call, weights, output, prime), inside)
            found = max(found, modular.rank(matrix, prime, bound))
            if found == bound:
                break
        return found

    def entanglement_entropy(self, subset: npt.ArrayLike, y: int = 0) -> float:
        r"""Return the entanglement entropy between `subset` and the other inputs, in nats.

        Parameters
        ----------
        subset, y
            As for `separation_rank`.

        Raises
        ------
        ValueError
            Also if all coefficients are zero, or there are more than 2^24.
        TypeError

        Notes
        -----
        :math:`-\sum_k p_k \ln p_k` with the squares p of the singular values of the matrix, which
        add up to 1 (arXiv:1704.01552). It is at most ``min_cut(subset).entropy``.

        Examples
        --------
        >>> import kadanoff as kd
        >>> circuit = kd.tensor.ConvAC(8, (3, 3, 3), seed=1)
        >>> cut = circuit.min_cut([0, 1, 2, 3])
        >>> 0.0 < circuit.entanglement_entropy([0, 1, 2, 3]) < cut.entropy
        True
        """
        call = "entanglement_entropy"
        output = self._output(call, y)
        values = self._singular_values(call, self._subset(call, subset), output)
        if not values[0] > 0.0:
            raise ValueError(f"[{call}] expected coefficients that are not all zero, got zeros")
        shares = (values / np.linalg.norm(values)) ** 2
        shares = shares[shares > 0.0]
        return float(max(0.0, -np.sum(shares * np.log(shares))))

    def min_cut(self, subset: npt.ArrayLike, *, copies: str = "once") -> MinCut:
        r"""Return an upper bound of `separation_rank` for any weights: the minimum cut.

        Parameters
        ----------
        subset : array_like
            Numbers of inputs, or bool in the shape of the inputs.
        copies : {"once", "edges"}
            Whether a copy tensor, whose legs share one value, counts once however many of its
            legs are cut, or every leg that is cut counts; then the bound is larger or equal.

        Returns
        -------
        MinCut
            An int, the least product of channels, with `labels` and `entropy`.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        The upper bound of arXiv:1704.01552. For generic weights that are not shared it is often
        reached: always, where all sizes are powers of one number (see `lower_bound`).

        Examples
        --------
        >>> import kadanoff as kd
        >>> circuit = kd.tensor.ConvAC(8, (3, 5, 7), functions=4)
        >>> circuit.min_cut([0, 1, 2, 3])
        5
        >>> circuit.min_cut([0, 2, 4, 6]).labels
        ((0, 0), (0, 1), (0, 2), (0, 3))
        """
        inside = self._subset("min_cut", subset)
        arguments.choice("min_cut", "copies", copies, COPIES)
        return self._cut(self._graph(), inside, copies)

    def lower_bound(self, subset: npt.ArrayLike) -> int:
        r"""Return a lower bound of `separation_rank` for almost all weights.

        Parameters
        ----------
        subset : array_like
            Numbers of inputs, or bool in the shape of the inputs.

        Raises
        ------
        ValueError
            Also if weights are the same at several positions: then it does not hold.
        TypeError

        Notes
        -----
        The largest minimum cut over all p, with every size rounded down to a power of p
        (the lower bound of arXiv:1704.01552): a flow of whole numbers through the copy tensors of
        these sizes is a choice of weights with that rank, and a rank that some weights reach is
        reached by almost all.

        Examples
        --------
        >>> import kadanoff as kd
        >>> circuit = kd.tensor.ConvAC(8, (3, 5, 7), functions=4)
        >>> circuit.lower_bound([0, 1, 2, 3]), circuit.lower_bound([0, 2, 4, 6])
        (4, 81)
        """
        inside = self._subset("lower_bound", subset)
        for layer, weights in enumerate(self.weights[:-1]):
            if weights.ndim == 2 and self._pooling.positions(layer) > 1:
                raise ValueError(
                    f"[lower_bound] expected weights for each position, got shared ones in layer "
                    f"{layer}"
                )
        graph = self._graph()
        best = 1
        for base in _bases(max(graph.sizes.values())):
            sizes = {label: _rounded(size, base) for label, size in graph.sizes.items()}
            best = max(best, int(self._cut(Graph(graph.tensors, sizes), inside, "once")))
        return best

    def _graph(self) -> Graph:
        """Return the network's labels: inputs are numbers, pooled positions (layer, position)."""
        labels: list[Hashable] = list(range(self.inputs))
        sizes: dict[Hashable, int] = dict.fromkeys(labels, self.functions)
        tensors: list[tuple[Hashable, ...]] = []
        for layer, children in enumerate(self._pooling.children):
            above: list[Hashable] = [(layer, place) for place in range(len(children))]
            parents = {int(child): k for k, row in enumerate(children) for child in row}
            tensors += [(above[parents[k]], label) for k, label in enumerate(labels)]
            sizes.update(dict.fromkeys(above, self.channels[layer]))
            labels = above
        return Graph((*tensors, (labels[0],)), sizes)

    @staticmethod
    def _cut(graph: Graph, inside: reading.Inside, copies: str) -> MinCut:
        left, right = np.flatnonzero(inside).tolist(), np.flatnonzero(~inside).tolist()
        return cut_graph(graph, left, right, copies)

    def _tensor(self, call: str, weights: Any, output: int, prime: int | None) -> Any:
        if self.functions**self.inputs > MAX_COEFFICIENTS:
            raise ValueError(
                f"[{call}] expected at most 2^24 coefficients, got {self.functions}^{self.inputs}"
            )
        return coefficients.tensor(weights, self._pooling.children, output, prime)

    @staticmethod
    def _matrix(tensor: Any, inside: reading.Inside) -> Any:
        rows, columns = np.flatnonzero(inside).tolist(), np.flatnonzero(~inside).tolist()
        return tensor.transpose(*rows, *columns).reshape(tensor.shape[0] ** len(rows), -1)

    def _singular_values(self, call: str, inside: reading.Inside, output: int) -> Floats:
        # Factors do not matter, but products of thousands of them would overflow: every position
        # has its own, and so has the output that is asked for.
        scaled = [
            _over_largest(array) for array in (*self.weights[:-1], self.weights[-1][[output]])
        ]
        matrix = self._matrix(self._tensor(call, scaled, 0, None), inside)
        values: Floats = np.linalg.svd(matrix, compute_uv=False)
        return values

    def _by_position(self, weights: Floats, layer: int) -> Floats:
        if weights.ndim == 3:
            return weights
        return np.broadcast_to(weights, (self._pooling.positions(layer), *weights.shape))

    def _output(self, call: str, y: int) -> int:
        return arguments.integer(call, "y", y, 0, self.outputs - 1)

    def _subset(self, call: str, subset: npt.ArrayLike) -> reading.Inside:
        return reading.subset(call, subset, self.shape)

    def _shapes(self) -> list[tuple[int, int, int]]:
        """Return (positions, channels, channels below) of each layer."""
        below = (self.functions, *self.channels)
        above = (*self.channels, self.outputs)
        return [
            (self._pooling.positions(layer), above[layer], below[layer])
            for layer in range(len(above))
        ]

    def _drawn(self, shared: bool, seed: int) -> list[Floats]:
        generator = np.random.default_rng(seed)
        made = []
        for layer, (positions, above, below) in enumerate(self._shapes()):
            alone = shared or layer == len(self.channels)
            size = (above, below) if alone else (positions, above, below)
            made.append(generator.normal(size=size) / math.sqrt(below))
        return made


def _bases(largest: int) -> list[int]:
    """Return 2 to `largest` less the powers of others, to which more is rounded down."""
    powers = {
        base**exponent
        for base in range(2, math.isqrt(largest) + 1)
        for exponent in range(2, largest.bit_length() + 1)
    }
    return [base for base in range(2, largest + 1) if base not in powers]


def _rounded(size: int, base: int) -> int:
    """Return the largest power of `base` that is at most `size`."""
    power = 1
    while power * base <= size:
        power *= base
    return power


def _over_largest(weights: Floats) -> Floats:
    """Return matrices whose largest elements are 1, or all zero."""
    largest = np.abs(weights).max(axis=(-2, -1), keepdims=True)
    return np.asarray(weights / np.where(largest > 0.0, largest, 1.0))
