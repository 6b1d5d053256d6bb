"""`TrajectoryTempering`: chains of several machines that exchange their states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments, device_arrays
from kadanoff.draws import MAX_SWEEP

from ..gibbs import GibbsSampler, Moments
from ..machine import RBM
from .exchange import MAX_WALKERS, ReplicaExchange
from .ladder import FloatArray, IntArray, Ladder
from .swaps import seed_of_rung

_MAX_MACHINES = 4096


class _Chains(GibbsSampler):
    """What does the steps of one machine."""

    _call = "TrajectoryTempering"


class _Moment(NamedTuple):
    """All that a tempering is at one moment: replaced as a whole, which no signal divides."""

    ladder: Ladder
    chains: tuple[GibbsSampler, ...]
    arriving: tuple[npt.NDArray[np.uint8], ...]
    """Bits of the visible units that the chains of each machine are to get, or nothing."""


class TrajectoryTempering(ReplicaExchange):
    r"""Gibbs sampling of several machines at once, with exchanges of states between neighbours.

    The machines are checkpoints of one training, the first of which has learned nothing: they lead
    from independent units to the last machine more smoothly than a ladder of temperatures does,
    which meets the first-order transitions that training has passed one by one.

    The trajectory is a pure function of the arguments and the number of steps: it depends neither
    on threads nor on how often it was stopped, saved and loaded.

    Parameters
    ----------
    machines : sequence of RBM
        1 to 4096 of the same layers, the last one being the machine of interest.
        `kadanoff.rbm.thin_trajectory` chooses some out of many checkpoints.
    chains : int
        Chains of each machine. There are ``len(machines) * chains`` walkers; number
        ``k * chains + c`` begins at machine k as its chain c.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; read it from `seed`.
    swap_every : int
        Steps in a round; each round but the first begins with swaps.
    device, threads, precision
        As for `GibbsSampler`.

    Attributes
    ----------
    chains, seed, swap_every, device, threads, precision
        As given.

    Raises
    ------
    ValueError
        If a value is out of its range, the machines differ in their layers, the states would not
        fit into memory, or weights are too large for "fixed16".
    TypeError
        If an argument has the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    Chain c of machine t, in state v, and chain c of machine t + 1, in state v', exchange their
    visible units with probability

    .. math:: \min\left(1, e^{F_t(v) + F_{t+1}(v') - F_t(v') - F_{t+1}(v)}\right),

    F being `RBM.free_energy`, compared as a 64-bit integer, even and odd pairs in turn. The next
    step draws the hidden units anew. Swaps come before steps, so that what is seen, `visible` and
    `hidden` together, has the joint distribution of its machine.

    References
    ----------
    N. Bereux, A. Decelle, C. Furtlehner, L. Rosset and B. Seoane, "Fast training and sampling of
    Restricted Boltzmann Machines", ICLR (2025), arXiv:2405.15376 (parallel trajectory tempering).

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> W, a, b = np.full((20, 5), 2.0), np.full(20, -5.0), np.full(5, -20.0)
    >>> machines = [kd.RBM(x * W, x * a, x * b) for x in np.linspace(0, 1, 9)]
    >>> pt = kd.TrajectoryTempering(machines, chains=400, seed=1)
    >>> pt.exact_first
    True
    >>> pt.visible = np.zeros((400, 20))
    >>> pt.run(300)
    >>> bool(abs((pt.visible.mean(axis=1) < 0.5).mean() - 0.5) < 0.1)
    True
    """

    _fixed = frozenset({"chains", "swap_every", "precision"})
    _kind = "trajectory_tempering"

    def __init__(
        self,
        machines: Sequence[RBM],
        chains: int = 1024,
        seed: int | None = None,
        swap_every: int = 1,
        device: str = "cpu",
        threads: int | None = None,
        precision: str = "float32",
    ) -> None:
        call = "TrajectoryTempering"
        checked = checked_machines(call, machines)
        chains = arguments.integer(call, "chains", chains, 1, MAX_WALKERS // len(checked))
        swap_every = arguments.integer(call, "swap_every", swap_every, 1, MAX_SWEEP)
        seed = arguments.seed(call, seed)
        samplers = tuple(
            _Chains(rbm, chains, seed_of_rung(seed, t), device, threads, precision)
            for t, rbm in enumerate(checked)
        )
        self._begin(samplers, seed, swap_every, Ladder.begin(len(checked), chains, 0))

    def _begin(
        self, chains: tuple[GibbsSampler, ...], seed: int, swap_every: int, ladder: Ladder
    ) -> None:
        """Set all attributes from checked values."""
        self._moment = _Moment(ladder, chains, ())
        self._seed, self.chains, self.swap_every = seed, ladder.copies, swap_every
        self.precision = chains[0].precision

    @property
    def _ladder(self) -> Ladder:
        return self._moment.ladder

    @_ladder.setter
    def _ladder(self, ladder: Ladder) -> None:
        self._moment = self._moment._replace(ladder=ladder)

    @property
    def machines(self) -> tuple[RBM, ...]:
        """The machines of the ladder."""
        return tuple(chains.rbm for chains in self._moment.chains)

    @property
    def rbm(self) -> RBM:
        """The last machine; assignable, as that of `GibbsSampler`."""
        return self._moment.chains[-1].rbm

    @rbm.setter
    def rbm(self, rbm: RBM) -> None:
        self._moment.chains[-1].rbm = rbm

    @property
    def exact_first(self) -> bool:
        """Whether the first machine has no weights: each of its steps is a new, exact draw."""
        return not self._moment.chains[0].rbm.weights.any()

    @property
    def seed(self) -> int:
        """As given, or drawn."""
        return self._seed

    @property
    def device(self) -> str:
        """As given."""
        return self._moment.chains[0].device

    @property
    def threads(self) -> int | None:
        """As given."""
        return self._moment.chains[0].threads

    @property
    def kernel(self) -> str:
        """What does the steps: algorithm and instruction set."""
        return self._moment.chains[0].kernel

    @property
    def step(self) -> int:
        """Steps done."""
        # After Ctrl-C some machines may be behind; they catch up before anything is seen.
        return max(chains.step for chains in self._moment.chains)

    @property
    def machine_index(self) -> IntArray:
        """Which of `machines` each walker is at, int64 (n_walkers,)."""
        return np.array(self._ladder.rung)

    @property
    def visible(self) -> npt.NDArray[Any]:
        """A copy of the visible units of the last machine, (chains, n_visible); assignable.

        As `GibbsSampler.visible`, but a NumPy array on any device.
        """
        self._settle()
        return self._moment.chains[-1]._host("visible")

    @visible.setter
    def visible(self, values: npt.ArrayLike) -> None:
        self._settle()
        self._moment.chains[-1].visible = values

    @property
    def hidden(self) -> npt.NDArray[Any]:
        """A copy of the hidden units of the last machine, (chains, n_hidden); as `visible`."""
        self._settle()
        return self._moment.chains[-1]._host("hidden")

    @hidden.setter
    def hidden(self, values: npt.ArrayLike) -> None:
        self._settle()
        self._moment.chains[-1].hidden = values

    @property
    def all_visible(self) -> npt.NDArray[Any]:
        """A copy of all visible units, (n_machines, chains, n_visible); assignable."""
        self._settle()
        return np.stack([chains._host("visible") for chains in self._moment.chains])

    @all_visible.setter
    def all_visible(self, values: npt.ArrayLike) -> None:
        self._settle()
        states = self._checked("all_visible", self.rbm.n_visible, values)
        for chains, units in zip(self._moment.chains, states, strict=True):
            chains.visible = units

    @property
    def all_hidden(self) -> npt.NDArray[Any]:
        """A copy of all hidden units, (n_machines, chains, n_hidden); assignable."""
        self._settle()
        return np.stack([chains._host("hidden") for chains in self._moment.chains])

    @all_hidden.setter
    def all_hidden(self, values: npt.ArrayLike) -> None:
        self._settle()
        states = self._checked("all_hidden", self.rbm.n_hidden, values)
        for chains, units in zip(self._moment.chains, states, strict=True):
            chains.hidden = units

    def _checked(self, name: str, units: int, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return states of a layer of all machines."""
        layer = name.removeprefix("all_")
        array = self.rbm.states(name, layer, device_arrays.on_host(name, values))
        expected = (len(self._moment.chains), self.chains, units)
        if array.shape != expected:
            raise ValueError(f"[{name}] expected shape {expected}, got {array.shape}")
        return array

    def moments(self) -> Moments:
        """Return averages over the chains of the last machine, as `GibbsSampler.moments`."""
        self._settle()
        return self._moment.chains[-1].moments()

    def append(self, rbm: RBM) -> None:
        """Put one more machine at the end of the ladder, with chains in the states of the last one.

        `acceptance`, `flow` and `round_trips` are counted anew.

        Parameters
        ----------
        rbm : RBM
            Of the same layers.

        Raises
        ------
        ValueError, TypeError
            Nothing has changed then.
        """
        self._settle()
        moment = self._moment
        arguments.integer("append", "number of machines", len(moment.chains) + 1, 1, _MAX_MACHINES)
        checked_machines("append", (*self.machines, rbm))
        seed, last = seed_of_rung(self.seed, len(moment.chains)), moment.chains[-1]
        new = _Chains(rbm, self.chains, seed, self.device, self.threads, self.precision)
        new.visible, new.hidden, new._core.step = last.visible, last.hidden, last.step
        self._moment = _Moment(moment.ladder.longer(), (*moment.chains, new), ())

    def _settle(self) -> None:
        step = self.step
        for chains in self._moment.chains:
            if chains.step < step:
                chains.run(step - chains.step)
        if self._moment.arriving:
            for chains, bits in zip(self._moment.chains, self._moment.arriving, strict=True):
                chains._core.write_visible(bits)
            self._moment = self._moment._replace(arriving=())

    def _gains(self) -> FloatArray:
        chains, lower = self._moment.chains, self._ladder.lower
        bits = tuple(each._core.visible() for each in chains)
        # Each machine weighs the states of its partner, too: should a signal come, they go back.
        self._moment = self._moment._replace(arriving=bits)
        gains = np.zeros((len(chains), self.chains))
        for one, other in [
            *zip(lower, lower + 1, strict=True),
            *zip(lower + 1, lower, strict=True),
        ]:
            gains[one] -= chains[one].log_weight()
            chains[one]._core.write_visible(bits[other])
            gains[other] += chains[one].log_weight()
        return gains

    def _place(self, ladder: Ladder, accepted: npt.NDArray[np.bool_]) -> None:
        bits = [each.reshape(self.chains, -1) for each in self._moment.arriving]
        for i, swapped in zip(self._ladder.lower, accepted, strict=True):
            below, above, chosen = bits[i], bits[i + 1], swapped[:, None]
            bits[i] = np.where(chosen, above, below)
            bits[i + 1] = np.where(chosen, below, above)
        self._moment = self._moment._replace(ladder=ladder, arriving=tuple(bits))

    def _advance(self, steps: int) -> None:
        for chains in self._moment.chains:
            chains.run(steps)

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        self._settle()
        return {
            "seed": self.seed,
            "swap_every": self.swap_every,
            "ladder": self._ladder.to_state(),
            "machines": len(self._moment.chains),
            "chains": {str(t): chains.state() for t, chains in enumerate(self._moment.chains)},
        }

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> TrajectoryTempering:
        """Return the tempering whose `state` was read back as `storage.Entries`."""
        seed = entries.integer("seed", low=0)
        swap_every = entries.integer("swap_every", 1, MAX_SWEEP)
        stored, count = entries.group("chains"), entries.integer("machines", 1, _MAX_MACHINES)
        chains = tuple(
            _Chains.from_state(stored.group(str(t)), device, threads) for t in range(count)
        )
        first = chains[0]
        for t, each in enumerate(chains):
            expected = (first.chains, first.step, first.precision, first.rbm.layers)
            got = (each.chains, each.step, each.precision, each.rbm.layers)
            if got != expected or each.seed != seed_of_rung(seed, t) or (each.beta != 1.0).any():
                raise stored.wrong(str(t), f"the chains of machine {t} of one tempering")
        ladder = Ladder.from_state(
            entries.group("ladder"), count, first.chains, 0, first.step // swap_every
        )
        tempering = cls.__new__(cls)
        tempering._begin(chains, seed, swap_every, ladder)
        return tempering

    def __repr__(self) -> str:
        return (
            f"TrajectoryTempering({len(self._moment.chains)} x {self.rbm!r}, chains={self.chains}, "
            f"seed={self.seed}, swap_every={self.swap_every}, step={self.step}, {self.precision}, "
            f"{self.kernel})"
        )


def checked_machines(call: str, machines: Sequence[RBM]) -> tuple[RBM, ...]:
    """Return the machines of a ladder, all of the same layers."""
    if isinstance(machines, RBM) or not isinstance(machines, Sequence):
        raise TypeError(f"[{call}] expected a list of machines, got {machines!r}")
    if not 1 <= len(machines) <= _MAX_MACHINES:
        raise ValueError(f"[{call}] expected 1 to {_MAX_MACHINES} machines, got {len(machines)}")
    for rbm in machines:
        if not isinstance(rbm, RBM):
            raise TypeError(f"[{call}] expected a machine such as kd.RBM(weights), got {rbm!r}")
        if rbm.layers != machines[0].layers:
            raise ValueError(f"[{call}] expected machines like {machines[0]!r}, got {rbm!r}")
    return tuple(machines)
