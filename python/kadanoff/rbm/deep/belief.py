"""Deep belief networks: an RBM on top of layers that it sends downwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.errors import FileError
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedChains, SavedMachine

from ..gibbs import GibbsSampler
from ..machine import RBM, Floats
from ..training.trainer import RBMTrainer
from .boltzmann import chained_layers, checked_layer, checked_states, described_layers, layer_name


class DeepBeliefNetwork(FixedAttributes, SavedMachine):
    r"""A deep belief network: a stack of RBMs, sampled layer by layer.

    The last RBM is the model of the two topmost layers. Each layer below is drawn given the one
    above it by the RBM between them, v in the end.

    Parameters
    ----------
    rbms : sequence of RBM
        From v up, each with the hidden layer of the one before as its visible one.

    Attributes
    ----------
    rbms : tuple of RBM
    layers : tuple of (int, str)
        (Number of units, their values) of each layer, from v up.

    Raises
    ------
    ValueError
        If a machine does not fit on the one below.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math:: p(v, h_1, \dots, h_L) = p(v | h_1) \cdots p(h_{L-2} | h_{L-1}) \, p(h_{L-1}, h_L)

    (G. E. Hinton et al., Neural Computation 18 (2006) 1527).

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> network = kd.DeepBeliefNetwork([kd.RBM(np.ones((4, 3))), kd.RBM(np.ones((3, 2)))])
    >>> network
    DeepBeliefNetwork(4, 3, 2 units)
    >>> chains = network.sampler(chains=10, seed=1)
    >>> chains.run(50)
    >>> [layer.shape for layer in chains.layers]
    [(10, 4), (10, 3), (10, 2)]
    """

    _kind = "deep_belief_network"
    _fixed = frozenset({"rbms", "layers"})

    def __init__(self, rbms: Sequence[RBM]) -> None:
        call = "DeepBeliefNetwork"
        given = list(rbms) if isinstance(rbms, (list, tuple)) else []
        if not given or not all(isinstance(rbm, RBM) for rbm in given):
            raise TypeError(f"[{call}] expected a list of RBMs, got {rbms!r}")
        self.layers = chained_layers(call, given)
        self.rbms: tuple[RBM, ...] = tuple(given)

    @classmethod
    def pretrain(
        cls,
        data: npt.ArrayLike,
        sizes: Sequence[int],
        epochs: int = 10,
        seed: int | None = None,
        units: str = "binary",
        **options: Any,
    ) -> DeepBeliefNetwork:
        """Learn a network from data, greedily: one RBM after the other, from the bottom.

        Parameters
        ----------
        data : array_like, (n_samples, n_visible)
            Values of the visible units.
        sizes : sequence of int
            Units of the layers h1, h2, ...
        epochs : int
            Of each RBM.
        seed : int, optional
            0 <= seed < 2^64. Without it, one is drawn from the operating system.
        units : {"binary", "spin"}
            The values of all units.
        **options
            What else `RBMTrainer` takes: `method`, `k`, `learning_rate`, ...

        Returns
        -------
        DeepBeliefNetwork

        Raises
        ------
        ValueError, TypeError, DivergenceError
            As `RBMTrainer` does.

        Notes
        -----
        The data of an RBM are the hidden units of the one below, drawn once given its own data
        (G. E. Hinton et al., Neural Computation 18 (2006) 1527, section 4).

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> data = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 50, axis=0)
        >>> kd.DeepBeliefNetwork.pretrain(data, [3, 2], epochs=2, seed=1, chains=50)
        DeepBeliefNetwork(4, 3, 2 units)
        """
        call = "pretrain"
        seed = arguments.seed(call, seed)
        if not isinstance(sizes, (list, tuple)) or len(sizes) == 0:
            raise TypeError(f"[{call}] expected a list of sizes of layers, got {sizes!r}")
        x = arguments.array(call, "data", data)
        if x.ndim != 2 or x.size == 0:
            wanted = "data of shape (n_samples, n_visible)"
            raise ValueError(f"[{call}] expected {wanted}, got shape {x.shape}")
        rbms: list[RBM] = []
        for k, size in enumerate(sizes):
            own = layer_seed(seed, k)
            start = RBM.random(x.shape[1], size, x, own, visible_units=units, hidden_units=units)
            rbms.append(RBMTrainer(start, seed=own, **options).fit(x, epochs).rbm)
            if k + 1 < len(sizes):
                x = _drawn(rbms[-1], True, x, seed, k + 1)
        return cls(rbms)

    @property
    def n_visible(self) -> int:
        """Number of visible units."""
        return self.layers[0][0]

    def up(self, visible: npt.ArrayLike, seed: int | None = None) -> tuple[npt.NDArray[Any], ...]:
        r"""Return the layers h1, h2, ... above states of v, by one upward pass.

        Parameters
        ----------
        visible : array_like, (..., n_visible)
            Values of the units; without a seed also anything between them.
        seed : int, optional
            0 <= seed < 2^64: draw each layer given the one below. Without it each is the mean
            given the mean of the one below, :math:`\sigma(b_j + \sum_i x_i W_{ij})` for units of 0
            and 1 and :math:`\tanh(b_j + \sum_i x_i W_{ij})` for those of -1 and 1.

        Returns
        -------
        tuple of ndarray, (..., n_l)
            float64 means, or drawn units of uint8 (int8 of -1 and 1). A drawn state is a function
            of the network, the seed, the state of v and its number.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> network = kd.DeepBeliefNetwork([kd.RBM([[2.0]]), kd.RBM([[-1.0]])])
        >>> [round(float(h[0]), 4) for h in network.up([1])]
        [0.8808, 0.293]
        """
        return self._pass("up", range(1, len(self.layers)), visible, seed)

    def down(self, top: npt.ArrayLike, seed: int | None = None) -> tuple[npt.NDArray[Any], ...]:
        """Return the layers v, h1, ... below states of the topmost layer, by one downward pass.

        Parameters
        ----------
        top : array_like, (..., n_L)
            Values of the units; without a seed also anything between them.
        seed : int, optional
            As for `up`.

        Returns
        -------
        tuple of ndarray, (..., n_l)
            From v up.

        Raises
        ------
        ValueError, TypeError
        """
        return self._pass("down", range(len(self.layers) - 2, -1, -1), top, seed)[::-1]

    def sampler(
        self, chains: int = 1024, seed: int | None = None, **options: Any
    ) -> DeepBeliefSampler:
        """Return chains that sample the network: `DeepBeliefSampler` of these arguments."""
        return DeepBeliefSampler(self, chains, seed, **options)

    def _pass(
        self, call: str, targets: range, start: npt.ArrayLike, seed: int | None
    ) -> tuple[npt.NDArray[Any], ...]:
        source = targets[0] - targets.step
        name, (units, encoding) = layer_name(source), self.layers[source]
        if seed is None:
            x: npt.NDArray[Any] = _checked_means(call, name, start, units, encoding)
        else:
            seed = arguments.fixed_seed(call, seed)
            x = checked_states(call, name, start, units, encoding)
        lead = x.shape[:-1]
        if seed is not None and not 1 <= np.prod(lead, dtype=object) <= 2**31:
            raise ValueError(
                f"[{call}] expected 1 to 2^31 states to draw from, got shape {x.shape}"
            )
        result = []
        for target in targets:
            rbm, upwards = self.rbms[min(target, target - targets.step)], targets.step > 0
            if seed is None:
                x = _mean(rbm, upwards, x)
            else:
                x = _drawn(rbm, upwards, x.reshape(-1, x.shape[-1]), seed, target)
                x = x.reshape(*lead, x.shape[-1])
            result.append(x)
        return tuple(result)

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        rbms = {f"rbm{k}": rbm.to_state() for k, rbm in enumerate(self.rbms)}
        return {"count": len(self.rbms), **rbms}

    @classmethod
    def from_state(cls, entries: Any) -> DeepBeliefNetwork:
        """Return the network whose `to_state` was read back as `storage.Entries`."""
        count = entries.integer("count", low=1, high=2**10)
        rbms = [RBM.from_state(entries.group(f"rbm{k}")) for k in range(count)]
        try:
            return cls(rbms)
        except ValueError as error:
            raise FileError(f"[load] expected a network, got: {error}") from error

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DeepBeliefNetwork):
            return NotImplemented
        return self.rbms == other.rbms

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"DeepBeliefNetwork({described_layers(self.layers)} units)"


class DeepBeliefSampler(FixedAttributes, SavedChains):
    """Sampling of a deep belief network in many chains.

    The top RBM is sampled by block Gibbs steps. The layers below are drawn from it by one downward
    pass, a function of the seed and the step: reading them twice gives the same.

    Parameters
    ----------
    network : DeepBeliefNetwork
    chains, seed, device, threads, precision
        As of `GibbsSampler`.

    Attributes
    ----------
    network : DeepBeliefNetwork
    seed : int
    top : GibbsSampler
        The chains of the top RBM: its states can be assigned and clamped.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As `GibbsSampler` does.
    """

    _kind = "deep_belief_sampler"
    _fixed = frozenset({"network", "seed", "top"})

    def __init__(
        self,
        network: DeepBeliefNetwork,
        chains: int = 1024,
        seed: int | None = None,
        device: str = "cpu",
        threads: int | None = None,
        precision: str = "float32",
    ) -> None:
        if not isinstance(network, DeepBeliefNetwork):
            wanted = "a network such as kd.DeepBeliefNetwork([rbm1, rbm2])"
            raise TypeError(f"[DeepBeliefSampler] expected {wanted}, got {network!r}")
        self.network = network
        self.seed = arguments.seed("DeepBeliefSampler", seed)
        *below, self.top = (
            GibbsSampler(rbm, chains, layer_seed(self.seed, k), device, threads, precision)
            for k, rbm in enumerate(network.rbms)
        )
        self._below: list[GibbsSampler] = below

    @property
    def chains(self) -> int:
        """Number of chains."""
        return self.top.chains

    @property
    def step(self) -> int:
        """Steps done."""
        return self.top.step

    def run(self, steps: int) -> None:
        """Do `steps` steps of the top RBM, as `GibbsSampler.run`.

        Raises
        ------
        ValueError, TypeError
        """
        self.top.run(steps)

    @property
    def layers(self) -> tuple[npt.NDArray[Any], ...]:
        """All layers from v up, (chains, n_l) each: the two topmost as they are, the rest drawn."""
        result = [self.top._host("hidden"), self.top._host("visible")]
        for gibbs in reversed(self._below):
            gibbs.hidden = result[-1]
            gibbs._core.step = self.step
            gibbs.draw_visible()
            result.append(gibbs._host("visible"))
        return tuple(result[::-1])

    @property
    def visible(self) -> npt.NDArray[Any]:
        """v, (chains, n_visible): drawn from the layers above it."""
        return self.layers[0]

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {"seed": self.seed, "network": self.network.to_state(), "top": self.top.state()}

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> DeepBeliefSampler:
        """Return the sampler whose `state` was read back as `storage.Entries`."""
        network = DeepBeliefNetwork.from_state(entries.group("network"))
        top = GibbsSampler.from_state(entries.group("top"), device, threads)
        seed = entries.integer("seed", low=0)
        if top.rbm != network.rbms[-1] or top.seed != layer_seed(seed, len(network.rbms) - 1):
            raise entries.wrong("top", "chains of the network's last machine")
        sampler = cls(network, top.chains, seed, device, threads, top.precision)
        sampler.__dict__["top"] = top
        return sampler

    def _where(self) -> tuple[str, int | None]:
        return self.top.device, self.top.threads

    def __repr__(self) -> str:
        return (
            f"DeepBeliefSampler({self.network!r}, chains={self.chains}, seed={self.seed}, "
            f"step={self.step}, {self.top.precision}, {self.top.kernel})"
        )


def layer_seed(seed: int, layer: int) -> int:
    """Return the seed of the machine above layer `layer`: no two of a network share draws."""
    stream = _core.streams["layer_seeds"]
    words = _core.draw_block(seed, 0, layer, stream, 0, 0, 0)
    return int(words[0] | words[1] << 32)


def _mean(rbm: RBM, upwards: bool, x: npt.NDArray[Any]) -> Floats:
    weights, bias, units = (
        (rbm.weights, rbm.hidden_bias, rbm.hidden_units)
        if upwards
        else (rbm.weights.T, rbm.visible_bias, rbm.visible_units)
    )
    field = x @ weights.astype(np.float64) + bias
    return np.asarray(np.tanh(field) if units == "spin" else 0.5 * (1.0 + np.tanh(0.5 * field)))


def _drawn(
    rbm: RBM, upwards: bool, x: npt.NDArray[Any], seed: int, target: int
) -> npt.NDArray[Any]:
    """Return a layer drawn given the other one, by half a step."""
    lower = target - 1 if upwards else target
    chains = GibbsSampler(rbm, len(x), layer_seed(seed, lower))
    if upwards:
        chains.visible = x
        chains.draw_hidden()
    else:
        chains.hidden = x
        chains.draw_visible()
    drawn: npt.NDArray[Any] = chains._host("hidden" if upwards else "visible")
    return drawn


def _checked_means(
    call: str, name: str, values: npt.ArrayLike, units: int, encoding: str
) -> Floats:
    array = checked_layer(call, name, values, units)
    low = -1 if encoding == "spin" else 0
    wrong = array[~((array >= low) & (array <= 1))]
    if wrong.size:
        raise ValueError(f"[{call}] expected values in [{low}, 1] for {name}, got {wrong[0]}")
    return array.astype(np.float64)
