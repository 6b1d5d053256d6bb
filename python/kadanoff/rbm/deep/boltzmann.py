"""Deep Boltzmann machines: layers of units, each bound to the next."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import FileError
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedMachine

from ..machine import RBM, Floats, Matrix

if TYPE_CHECKING:
    from ..likelihood.partition import LogPartition
    from .gibbs import DeepGibbsSampler

_CALL = "DeepBoltzmannMachine"


class DeepBoltzmannMachine(FixedAttributes, SavedMachine):
    r"""A deep Boltzmann machine: layers v, h1, h2, ... of units, each bound to the next.

    Parameters
    ----------
    stack : sequence of RBM, or of array_like of float, (n_l, n_{l+1})
        Two or more RBMs, each with the hidden layer of the one before as its visible one: E is the
        sum of their energies, so that the biases that a layer has in both are added. Or the
        weights between successive layers, kept in float32.
    biases : sequence of array_like of float, (n_l,), optional
        One for each layer where `stack` holds weights; zero by default.
    units : {"binary", "spin"}
        The values of all units where `stack` holds weights: 0 and 1, or -1 and 1. In a stack of
        RBMs layers v, h2, ... must have the same values, and so must h1, h3, ...

    Attributes
    ----------
    weights, biases : tuple of ndarray of float32, read-only
    layers : tuple of (int, str)
        (Number of units, their values) of each layer, from v up.
    rbm : RBM
        The same machine as an RBM whose visible layer is (v, h2, ...) and whose hidden layer is
        (h1, h3, ...): no two of these layers are neighbours. What samples it, or knows its
        partition function, serves the deep machine.

    Raises
    ------
    ValueError
        If layers do not fit, or a number is not finite or too large; see `RBM`.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math:: E(x_0, \dots, x_L) = -\sum_l b_l \cdot x_l - \sum_l x_l^T W_l \, x_{l+1}

    with :math:`v = x_0` (R. Salakhutdinov and G. Hinton, AISTATS 2009, PMLR 5, 448).

    Examples
    --------
    >>> import kadanoff as kd
    >>> deep = kd.DeepBoltzmannMachine([[[1.0, -1.0]], [[0.5], [2.0]]], biases=[[0], [0, 1], [-1]])
    >>> deep
    DeepBoltzmannMachine(1, 2, 1 units)
    >>> deep.energy([1], [0, 1], [1])
    array(-1.)
    >>> deep.rbm
    RBM(2 visible, 2 hidden units)
    """

    _kind = "deep_boltzmann_machine"
    _fixed = frozenset({"weights", "biases", "layers", "rbm"})

    def __init__(
        self,
        stack: Sequence[RBM] | Sequence[npt.ArrayLike],
        biases: Sequence[npt.ArrayLike] | None = None,
        units: str = "binary",
    ) -> None:
        given = list(stack) if isinstance(stack, (list, tuple)) else []
        if len(given) < 2:
            wanted = "a list of two or more RBMs or weights"
            raise TypeError(f"[{_CALL}] expected {wanted}, got {_described(stack)}")
        if all(isinstance(rbm, RBM) for rbm in given):
            if biases is not None:
                raise ValueError(f"[{_CALL}] expected no biases beside those of the RBMs, got some")
            machines = given
        else:
            machines = _machines(given, biases, units)
        self.layers = _chained(machines)
        self.weights: tuple[Matrix, ...] = tuple(rbm.weights for rbm in machines)
        self.biases: tuple[Matrix, ...] = _biases(machines)
        self.rbm = _flat(self.weights, self.biases, self.layers)

    @property
    def n_visible(self) -> int:
        """Number of visible units."""
        return self.layers[0][0]

    def energy(self, *states: npt.ArrayLike) -> Floats:
        """Return E(v, h1, h2, ...) in float64, one number for each tuple of states.

        Parameters
        ----------
        *states : array_like, (..., n_l)
            Values of the units, layer by layer from v up; the leading axes broadcast.

        Raises
        ------
        ValueError, TypeError
        """
        each = range(len(self.layers))
        values = [self._state("energy", layer, x) for layer, x in self._matched(each, states)]
        result: Any = 0.0
        for bias, x in zip(self.biases, values, strict=True):
            result = result - x @ bias.astype(np.float64)
        for weights, x, y in zip(self.weights, values, values[1:], strict=False):
            result = result - ((x @ weights.astype(np.float64)) * y).sum(axis=-1)
        return np.asarray(result)

    def free_energy(self, *states: npt.ArrayLike) -> Floats:
        r"""Return -ln(sum over h1, h3, ... of exp(-E)) in float64, given the layers v, h2, ...

        Parameters
        ----------
        *states : array_like, (..., n_l)
            Values of the layers v, h2, ...; the leading axes broadcast.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> deep = kd.DeepBoltzmannMachine([np.zeros((3, 2)), np.zeros((2, 1))])
        >>> round(float(deep.free_energy([0, 0, 1], [1])), 6)
        -1.386294
        """
        even = range(0, len(self.layers), 2)
        pairs = self._matched(even, states)
        return self.rbm.free_energy(
            _joined([self._state("free_energy", layer, x) for layer, x in pairs])
        )

    def posterior(self, visible: npt.ArrayLike) -> RBM | DeepBoltzmannMachine:
        r"""Return the machine of the layers h1, h2, ... given one state of v.

        Parameters
        ----------
        visible : array_like, (n_visible,)

        Returns
        -------
        RBM or DeepBoltzmannMachine
            An RBM for two hidden layers. Its log partition function plus :math:`b_0 \cdot v` is
            the logarithm of the sum of :math:`e^{-E}` over all hidden layers.

        Raises
        ------
        ValueError, TypeError
        """
        v = self._state("posterior", 0, visible)
        if v.ndim != 1:
            wanted = f"one state of shape ({self.n_visible},)"
            raise ValueError(f"[posterior] expected {wanted}, got shape {v.shape}")
        given = self.biases[1] + v @ self.weights[0].astype(np.float64)
        if len(self.layers) == 3:
            (_, lower), (_, upper) = self.layers[1:]
            return RBM(self.weights[1], given, self.biases[2], lower, upper)
        machines = [
            RBM(w, None, None, self.layers[k][1], self.layers[k + 1][1])
            for k, w in enumerate(self.weights[1:], start=1)
        ]
        return _assembled(machines, (given, *self.biases[2:]))

    def log_partition(self, method: str = "exact", **options: Any) -> LogPartition:
        """Return ln Z in nats, exact or estimated: `RBM.log_partition` of `rbm`.

        Parameters
        ----------
        method : {"exact", "ais", "reverse_ais"}
            "exact" wants at most 24 units in v, h2, ... or in h1, h3, ...
        **options
            As of `RBM.log_partition`.

        Raises
        ------
        ValueError, TypeError
        """
        return self.rbm.log_partition(method, **options)

    def log_likelihood(self, visible: npt.ArrayLike, log_z: float | None = None) -> Floats:
        r"""Return ln p(v) in nats, float64, one number for each state; exact up to `log_z`.

        Parameters
        ----------
        visible : array_like, (..., n_visible)
        log_z : float, optional
            ln Z, such as `log_partition` returns; by default it is worked out.

        Raises
        ------
        ValueError
            Also if both kinds of hidden layers, h1, h3, ... and h2, h4, ..., have more than 24
            units.
        TypeError

        Notes
        -----
        The sum over all hidden layers is that of `posterior`, one for each state, where R.
        Salakhutdinov and G. Hinton (AISTATS 2009, sec. 3.1) bound it by a mean field.

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> deep = kd.DeepBoltzmannMachine([np.ones((2, 3)), np.ones((3, 2))])
        >>> states = [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> round(float(np.exp(deep.log_likelihood(states)).sum()), 9)
        1.0
        """
        v = self._state("log_likelihood", 0, visible)
        known = self.log_partition() if log_z is None else log_z
        known = arguments.real("log_likelihood", "log_z", known)
        rows = v.reshape(-1, v.shape[-1])
        sums = np.array([float(self.posterior(row).log_partition()) for row in rows])
        own = rows @ self.biases[0].astype(np.float64)
        return np.asarray((own + sums - known).reshape(v.shape[:-1]))

    def sampler(
        self, chains: int = 1024, seed: int | None = None, **options: Any
    ) -> DeepGibbsSampler:
        """Return chains that sample the machine: `DeepGibbsSampler` of these arguments."""
        from .gibbs import DeepGibbsSampler

        return DeepGibbsSampler(self, chains, seed, **options)

    def _matched(
        self, layers: range, states: tuple[npt.ArrayLike, ...]
    ) -> list[tuple[int, npt.ArrayLike]]:
        if len(states) != len(layers):
            call = "energy" if layers.step == 1 else "free_energy"
            names = ", ".join(layer_name(layer) for layer in layers)
            raise TypeError(f"[{call}] expected states of {names}, got {len(states)} states")
        return list(zip(layers, states, strict=True))

    def _state(self, call: str, layer: int, values: npt.ArrayLike) -> Floats:
        return self.states(call, layer, values).astype(np.float64)

    def states(self, call: str, layer: int, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return states of a layer as an array, checked; errors are those of `call`."""
        units, encoding = self.layers[layer]
        return checked_states(call, layer_name(layer), values, units, encoding)

    def split(self, parity: int, values: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        """Return v, h2, ... (parity 0) or h1, h3, ... (1) of a layer of `rbm`, (..., n)."""
        ends = np.cumsum([units for units, _ in self.layers[parity::2]])
        return np.split(values, ends[:-1], axis=-1)

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {"sizes": [units for units, _ in self.layers], "rbm": self.rbm.to_state()}

    @classmethod
    def from_state(cls, entries: Any) -> DeepBoltzmannMachine:
        """Return the machine whose `to_state` was read back as `storage.Entries`."""
        return from_flat(RBM.from_state(entries.group("rbm")), entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DeepBoltzmannMachine):
            return NotImplemented
        return self.layers == other.layers and self.rbm == other.rbm

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{_CALL}({described_layers(self.layers)} units)"


def layer_name(layer: int) -> str:
    """Return v, h1, h2, ..."""
    return "v" if layer == 0 else f"h{layer}"


def described_layers(layers: Sequence[tuple[int, str]]) -> str:
    """Return the sizes of layers and, where they are not 0 and 1, the values of their units."""
    return ", ".join(f"{n} +-1" if units == "spin" else str(n) for n, units in layers)


def checked_layer(call: str, name: str, values: npt.ArrayLike, units: int) -> npt.NDArray[Any]:
    """Return numbers of a layer as an array (..., units), checked."""
    array = arguments.array(call, name, values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"[{call}] expected numbers for {name}, got dtype {array.dtype}")
    if array.ndim == 0 or array.shape[-1] != units:
        raise ValueError(
            f"[{call}] expected {name} of shape (..., {units}), got shape {array.shape}"
        )
    return array


def checked_states(
    call: str, name: str, values: npt.ArrayLike, units: int, encoding: str
) -> npt.NDArray[Any]:
    """Return states of a layer as an array (..., units), checked."""
    array = checked_layer(call, name, values, units)
    low = -1 if encoding == "spin" else 0
    wrong = array[(array != low) & (array != 1)]
    if wrong.size:
        raise ValueError(f"[{call}] expected values {low} and 1 for {name}, got {wrong[0]}")
    return array


def from_flat(rbm: RBM, entries: Any) -> DeepBoltzmannMachine:
    """Return the deep machine that `rbm` is, with the sizes of layers that `entries` has."""
    sizes = entries.integers("sizes", low=1, high=rbm.n_visible + rbm.n_hidden)
    if len(sizes) < 3 or (sum(sizes[::2]), sum(sizes[1::2])) != (rbm.n_visible, rbm.n_hidden):
        raise entries.wrong("sizes", f"sizes of the layers of {rbm!r}")
    begins = [sum(sizes[layer % 2 : layer : 2]) for layer in range(len(sizes))]
    parts = [slice(begin, begin + size) for begin, size in zip(begins, sizes, strict=True)]
    units = (rbm.visible_units, rbm.hidden_units)
    biases = (rbm.visible_bias, rbm.hidden_bias)
    machines = []
    for k, (lower, upper) in enumerate(itertools.pairwise(parts)):
        block = rbm.weights[lower, upper] if k % 2 == 0 else rbm.weights[upper, lower].T
        machines.append(RBM(block, None, None, units[k % 2], units[1 - k % 2]))
    result = _assembled(machines, [biases[k % 2][part] for k, part in enumerate(parts)])
    if result.rbm != rbm:
        raise FileError("[load] expected weights between neighbouring layers only, got others")
    return result


def _assembled(machines: list[RBM], biases: Sequence[npt.ArrayLike]) -> DeepBoltzmannMachine:
    """Return a machine of these weights and units, and of biases that belong to layers."""
    first = [
        RBM(m.weights, bias, None, m.visible_units, m.hidden_units)
        for m, bias in zip(machines, biases, strict=False)
    ]
    top = machines[-1]
    first[-1] = RBM(top.weights, biases[-2], biases[-1], top.visible_units, top.hidden_units)
    return DeepBoltzmannMachine(first)


def _machines(weights: list[Any], biases: Sequence[npt.ArrayLike] | None, units: str) -> list[RBM]:
    """Return RBMs that have the biases of their visible layers, the last one of both."""
    if any(isinstance(entry, RBM) for entry in weights):
        raise TypeError(f"[{_CALL}] expected either RBMs or weights, got some of each")
    if biases is None:
        return [RBM(w, None, None, units, units) for w in weights]
    if not isinstance(biases, (list, tuple)) or len(biases) != len(weights) + 1:
        got = f"{len(biases)} of them" if isinstance(biases, (list, tuple)) else _described(biases)
        raise TypeError(
            f"[{_CALL}] expected a list of biases for {len(weights) + 1} layers, got {got}"
        )
    above: list[npt.ArrayLike | None] = [None] * len(weights)
    above[-1] = biases[-1]
    return [
        RBM(w, lower, upper, units, units)
        for w, lower, upper in zip(weights, biases, above, strict=False)
    ]


def chained_layers(call: str, machines: Sequence[RBM]) -> tuple[tuple[int, str], ...]:
    """Return the layers of a stack of RBMs; ValueError unless each stands on the one before."""
    for below, above in itertools.pairwise(machines):
        if below.layers[1] != above.layers[0]:
            wanted = f"an RBM on {described_layers(below.layers[1:])} units"
            raise ValueError(f"[{call}] expected {wanted}, got {above!r}")
    return (machines[0].layers[0], *(rbm.layers[1] for rbm in machines))


def _chained(machines: Sequence[RBM]) -> tuple[tuple[int, str], ...]:
    layers = chained_layers(_CALL, machines)
    for parity in (0, 1):
        values = [units for _, units in layers[parity::2]]
        if len(set(values)) > 1:
            names = ", ".join(layer_name(k) for k in range(parity, len(layers), 2))
            got = ", ".join(values)
            raise ValueError(f"[{_CALL}] expected units of the same values in {names}, got {got}")
    return layers


def _biases(machines: Sequence[RBM]) -> tuple[Matrix, ...]:
    between = [
        (below.hidden_bias.astype(np.float64) + above.visible_bias).astype(np.float32)
        for below, above in itertools.pairwise(machines)
    ]
    for bias in between:
        bias.flags.writeable = False
    return (machines[0].visible_bias, *between, machines[-1].hidden_bias)


def _flat(
    weights: Sequence[Matrix], biases: Sequence[Matrix], layers: Sequence[tuple[int, str]]
) -> RBM:
    """Return the machine as an RBM of the even and the odd layers."""
    blocks = [
        [np.zeros((lower, upper), dtype=np.float32) for upper, _ in layers[1::2]]
        for lower, _ in layers[::2]
    ]
    for k, w in enumerate(weights):
        blocks[(k + 1) // 2][k // 2] = w if k % 2 == 0 else w.T
    return RBM(
        np.block(blocks),
        np.concatenate(biases[::2]),
        np.concatenate(biases[1::2]),
        layers[0][1],
        layers[1][1],
    )


def _joined(states: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    lead = np.broadcast_shapes(*(x.shape[:-1] for x in states))
    return np.concatenate([np.broadcast_to(x, lead + x.shape[-1:]) for x in states], axis=-1)


def _described(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"{len(value)} of them"
    return f"a {type(value).__name__}"
