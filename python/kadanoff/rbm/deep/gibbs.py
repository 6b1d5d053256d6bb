"""Block Gibbs sampling of deep Boltzmann machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedChains

from ..gibbs import GibbsSampler, Moments, broadcast_to_chains
from .boltzmann import DeepBoltzmannMachine, from_flat, layer_name


class DeepGibbsSampler(FixedAttributes, SavedChains):
    """Block Gibbs sampling of a deep Boltzmann machine in many chains.

    A step draws the layers h1, h3, ... given v, h2, ..., and then these given those: what
    `GibbsSampler` does to `machine.rbm`, with the same kernel, draws and promises.

    Parameters
    ----------
    machine : DeepBoltzmannMachine
    chains, seed, device, threads, precision, beta
        As of `GibbsSampler`.

    Attributes
    ----------
    gibbs : GibbsSampler
        The chains of `machine.rbm`, which do the work: its seed, step, beta, kernel, precision
        and scale are those of this sampler.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As `GibbsSampler` does.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> deep = kd.DeepBoltzmannMachine([np.ones((3, 2)), np.ones((2, 4))])
    >>> chains = deep.sampler(chains=100, seed=1)
    >>> chains.run(20)
    >>> [layer.shape for layer in chains.layers]
    [(100, 3), (100, 2), (100, 4)]
    >>> chains.clamp([True, True, True], [1, 0, 0])
    >>> chains.run(20)
    >>> chains.visible[:2].tolist()
    [[1, 0, 0], [1, 0, 0]]
    """

    _kind = "deep_gibbs_sampler"
    _fixed = frozenset({"gibbs"})

    def __init__(
        self,
        machine: DeepBoltzmannMachine,
        chains: int = 1024,
        seed: int | None = None,
        device: str = "cpu",
        threads: int | None = None,
        precision: str = "float32",
        beta: float | npt.ArrayLike = 1.0,
    ) -> None:
        _check_machine("DeepGibbsSampler", machine)
        self._machine = machine
        self.gibbs = GibbsSampler(machine.rbm, chains, seed, device, threads, precision, beta)

    @property
    def machine(self) -> DeepBoltzmannMachine:
        """The machine; assignable: one of the same layers holds from the next step on."""
        return self._machine

    @machine.setter
    def machine(self, machine: DeepBoltzmannMachine) -> None:
        _check_machine("machine", machine)
        if machine.layers != self._machine.layers:
            raise ValueError(
                f"[machine] expected a machine like {self._machine!r}, got {machine!r}"
            )
        self.gibbs.rbm = machine.rbm
        self._machine = machine

    @property
    def chains(self) -> int:
        """Number of chains."""
        return self.gibbs.chains

    @property
    def seed(self) -> int:
        """What the draws depend on."""
        return self.gibbs.seed

    @property
    def step(self) -> int:
        """Steps done."""
        return self.gibbs.step

    @property
    def beta(self) -> npt.NDArray[np.float64]:
        """Inverse temperature of each chain; assignable, as `GibbsSampler.beta`."""
        return self.gibbs.beta

    @beta.setter
    def beta(self, beta: float | npt.ArrayLike) -> None:
        self.gibbs.beta = beta

    @property
    def layers(self) -> tuple[npt.NDArray[Any], ...]:
        """Copies of all layers from v up, (chains, n_l) each; assignable as a whole.

        uint8 of 0 and 1, or int8 of -1 and 1, layer by layer. What is wrong raises ValueError or
        TypeError and changes nothing.
        """
        even = self._machine.split(0, self.gibbs._host("visible"))
        odd = self._machine.split(1, self.gibbs._host("hidden"))
        return tuple(
            np.ascontiguousarray((even, odd)[layer % 2][layer // 2])
            for layer in range(len(self._machine.layers))
        )

    @layers.setter
    def layers(self, values: Sequence[npt.ArrayLike]) -> None:
        count = len(self._machine.layers)
        if not isinstance(values, (list, tuple)) or len(values) != count:
            names = ", ".join(layer_name(layer) for layer in range(count))
            raise TypeError(f"[layers] expected a list of states of {names}, got another")
        states = [self._checked("layers", layer, x) for layer, x in enumerate(values)]
        self.gibbs.visible = np.concatenate(states[::2], axis=1)
        self.gibbs.hidden = np.concatenate(states[1::2], axis=1)

    @property
    def visible(self) -> npt.NDArray[Any]:
        """A copy of v, (chains, n_visible); assignable."""
        return np.ascontiguousarray(self._machine.split(0, self.gibbs._host("visible"))[0])

    @visible.setter
    def visible(self, values: npt.ArrayLike) -> None:
        even = self._machine.split(0, self.gibbs._host("visible"))
        even[0] = self._checked("visible", 0, values)
        self.gibbs.visible = np.concatenate(even, axis=1)

    def _checked(self, call: str, layer: int, values: npt.ArrayLike) -> npt.NDArray[Any]:
        array = self._machine.states(call, layer, values)
        expected = (self.chains, self._machine.layers[layer][0])
        if array.shape != expected:
            name = layer_name(layer)
            raise ValueError(f"[{call}] expected {name} of shape {expected}, got {array.shape}")
        return array

    @property
    def clamped(self) -> npt.NDArray[np.bool_] | None:
        """Which units of v stay as they are, bool (chains, n_visible), or None; see `clamp`."""
        kept = self.gibbs.clamped
        return None if kept is None else self._machine.split(0, kept)[0]

    def clamp(self, mask: npt.ArrayLike | None, values: npt.ArrayLike | None = None) -> None:
        """Keep units of v as they are, from now on: all other units are sampled given these.

        Parameters
        ----------
        mask : array_like of bool, (n_visible,) or (chains, n_visible), or None
            Which units to keep. None lets all go.
        values : array_like, (n_visible,) or (chains, n_visible), optional
            What they are to be; by default what they are. Values outside the mask do not count.

        Raises
        ------
        ValueError, TypeError
            Nothing has changed then.
        """
        if mask is None:
            self.gibbs.clamp(None, values)
            return
        kept = arguments.array("clamp", "mask", mask)
        if kept.dtype != np.bool_:
            raise TypeError(f"[clamp] expected mask of dtype bool, got {kept.dtype}")
        flat = np.zeros((self.chains, self._machine.rbm.n_visible), dtype=bool)
        n = self._machine.n_visible
        flat[:, :n] = broadcast_to_chains("mask", kept, (self.chains, n))
        if values is not None:
            given = arguments.array("clamp", "values", values)
            given = broadcast_to_chains("values", given, (self.chains, n))
            self.visible = np.where(flat[:, :n], given, self.visible)
        self.gibbs.clamp(flat)

    def run(self, steps: int) -> None:
        """Do `steps` steps, as `GibbsSampler.run`.

        Raises
        ------
        ValueError, TypeError
        """
        self.gibbs.run(steps)

    def moments(self, where: npt.ArrayLike | None = None) -> tuple[Moments, ...]:
        """Return averages over chains of layers and of the products of neighbouring ones.

        Parameters
        ----------
        where : array_like of bool, (chains,), optional
            The chains to average; by default all.

        Returns
        -------
        tuple of Moments
            One for each `weights` of the machine: `visible` of the lower layer, `hidden` of the
            upper one, and `products`. The layers h1, h3, ... stand for their means given the
            others.

        Raises
        ------
        ValueError, TypeError
        """
        flat = self.gibbs.moments(where)
        even, odd = self._machine.split(0, flat.visible), self._machine.split(1, flat.hidden)
        blocks = [
            self._machine.split(1, rows)
            for rows in np.split(flat.products, np.cumsum([len(x) for x in even])[:-1])
        ]
        result = []
        for k in range(len(self._machine.weights)):
            row, column = (k + 1) // 2, k // 2
            block = blocks[row][column]
            pair = (even[row], odd[column], block)
            result.append(Moments(*pair) if k % 2 == 0 else Moments(pair[1], pair[0], block.T))
        return tuple(result)

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {"sizes": [n for n, _ in self._machine.layers], "gibbs": self.gibbs.state()}

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> DeepGibbsSampler:
        """Return the sampler whose `state` was read back as `storage.Entries`."""
        gibbs = GibbsSampler.from_state(entries.group("gibbs"), device, threads)
        sampler = cls.__new__(cls)
        sampler._machine = from_flat(gibbs.rbm, entries)
        sampler.gibbs = gibbs
        return sampler

    def _where(self) -> tuple[str, int | None]:
        return self.gibbs.device, self.gibbs.threads

    def __repr__(self) -> str:
        return repr(self.gibbs).replace(
            f"GibbsSampler({self.gibbs.rbm!r}", f"DeepGibbsSampler({self._machine!r}"
        )


def _check_machine(call: str, machine: Any) -> None:
    if not isinstance(machine, DeepBoltzmannMachine):
        wanted = "a machine such as kd.DeepBoltzmannMachine([rbm1, rbm2])"
        raise TypeError(f"[{call}] expected {wanted}, got {machine!r}")
