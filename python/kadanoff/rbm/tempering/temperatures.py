"""`RBMTempering`: chains of one machine that exchange their temperatures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments, device_arrays
from kadanoff.draws import MAX_SWEEP
from kadanoff.saved import restoring
from kadanoff.tempering.betas import checked_betas

from ..gibbs import GibbsSampler, Moments
from ..machine import RBM
from .exchange import MAX_WALKERS, ReplicaExchange
from .ladder import FloatArray, IntArray, Ladder


class _Walkers(GibbsSampler):
    """What does the steps."""

    _call = "RBMTempering"


class RBMTempering(ReplicaExchange):
    r"""Gibbs sampling of an RBM at several temperatures at once, with exchanges between them.

    A trained machine has deep modes, and cold chains stay in the one where they began. At
    beta = 0 all units are independent and every step is a new, exact draw; exchanges carry these
    states down the ladder and leave the distribution at every temperature as it is.

    The trajectory is a pure function of the arguments and the number of steps: it depends neither
    on threads nor on how often it was stopped, saved and loaded.

    Parameters
    ----------
    rbm : RBM
    betas : array_like of float, (n_betas,)
        Inverse temperatures, at least two, strictly increasing or strictly decreasing; commonly
        from 0 to 1. `kadanoff.rbm.constant_acceptance` chooses them well.
    replicas : int
        Independent copies of the whole set. There are n_betas * replicas walkers; number
        ``k * replicas + c`` begins at temperature k of copy c.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; read it from `seed`.
    swap_every : int
        Steps in a round; each round but the first begins with swaps.
    device, threads, precision
        As for `GibbsSampler`.

    Attributes
    ----------
    replicas, seed, swap_every, device, threads, precision
        As given.
    betas : ndarray of float64, (n_betas,)
        Read-only.

    Raises
    ------
    ValueError
        If a value is out of its range, the betas are not in order, the states would not fit into
        memory, or the weights times beta are too large for "fixed16".
    TypeError
        If an argument has the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    Neighbours i and j exchange their visible units v with probability

    .. math::
        \min\left(1, \frac{p_i(v_j) p_j(v_i)}{p_i(v_i) p_j(v_j)}\right), \qquad
        p_k(v) \propto \sum_h e^{-\beta_k E(v, h)},

    compared as a 64-bit integer, even and odd pairs in turn. Summing over the hidden units accepts
    more often than the energies E(v, h) of both layers do. The next step draws hidden units anew,
    so those of before the swap do not matter; swaps come before steps, not after, so that what is
    seen, `visible` and `hidden` together, has the joint distribution of its temperature.

    A ladder that ends in other independent units than those of beta = 0, such as units with the
    biases of the data, is one of machines: see `kadanoff.rbm.interpolate`.

    References
    ----------
    K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604; G. Desjardins, A. Courville,
    Y. Bengio, P. Vincent and O. Delalleau, AISTATS (2010) 145 (RBMs); T. Okabe et al., Chem. Phys.
    Lett. 335 (2001) 435 (alternating pairs).

    Examples
    --------
    Two modes, all units on or all off, of equal weight: chains that begin in one never see the
    other.

    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM(np.full((20, 5), 2.0), np.full(20, -5.0), np.full(5, -20.0))
    >>> chains = kd.GibbsSampler(rbm, chains=400, seed=1)
    >>> chains.visible = np.zeros((400, 20))
    >>> chains.run(300)
    >>> bool((chains.visible.mean(axis=1) < 0.5).all())
    True
    >>> pt = kd.RBMTempering(rbm, np.linspace(0, 1, 9), replicas=400, seed=1)
    >>> pt.visible = np.zeros((400, 20))
    >>> pt.run(300)
    >>> bool(abs((pt.visible.mean(axis=1) < 0.5).mean() - 0.5) < 0.1)
    True
    """

    _fixed = frozenset({"betas", "replicas", "swap_every"})
    _kind = "rbm_tempering"

    def __init__(
        self,
        rbm: RBM,
        betas: npt.ArrayLike,
        replicas: int = 1,
        seed: int | None = None,
        swap_every: int = 1,
        device: str = "cpu",
        threads: int | None = None,
        precision: str = "float32",
    ) -> None:
        call = "RBMTempering"
        values = checked_betas(call, betas)
        replicas = arguments.integer(call, "replicas", replicas, 1, MAX_WALKERS // len(values))
        swap_every = arguments.integer(call, "swap_every", swap_every, 1, MAX_SWEEP)
        every = np.repeat(values, replicas)
        chains = _Walkers(rbm, len(every), seed, device, threads, precision, every)
        hottest = int(values.argmin())
        self._begin(chains, values, swap_every, Ladder.begin(len(values), replicas, hottest))

    def _begin(
        self, chains: GibbsSampler, betas: FloatArray, swap_every: int, ladder: Ladder
    ) -> None:
        """Set all attributes from checked values."""
        self._chains, self._ladder, self._settled = chains, ladder, ladder.rung
        self.betas, self.replicas, self.swap_every = betas, ladder.copies, swap_every

    @property
    def rbm(self) -> RBM:
        """The machine that is sampled; assignable, as that of `GibbsSampler`."""
        return self._chains.rbm

    @rbm.setter
    def rbm(self, rbm: RBM) -> None:
        self._chains.rbm = rbm

    @property
    def seed(self) -> int:
        """As given, or drawn."""
        return self._chains.seed

    @property
    def device(self) -> str:
        """As given."""
        return self._chains.device

    @property
    def threads(self) -> int | None:
        """As given."""
        return self._chains.threads

    @property
    def precision(self) -> str:
        """As given."""
        return self._chains.precision

    @property
    def kernel(self) -> str:
        """What does the steps: algorithm and instruction set."""
        return self._chains.kernel

    @property
    def step(self) -> int:
        """Steps done."""
        return self._chains.step

    @property
    def temperature_index(self) -> IntArray:
        """Which of `betas` each walker is at, int64 (n_walkers,)."""
        return np.array(self._ladder.rung)

    @property
    def visible(self) -> npt.NDArray[Any]:
        """A copy of the visible units at the largest beta, (replicas, n_visible); assignable.

        As `GibbsSampler.visible`, but a NumPy array on any device; row c is that of copy c.
        """
        return self._chains._host("visible")[self._coldest]

    @visible.setter
    def visible(self, values: npt.ArrayLike) -> None:
        self._chains.visible = self._with("visible", self._coldest, values)

    @property
    def hidden(self) -> npt.NDArray[Any]:
        """A copy of the hidden units at the largest beta, (replicas, n_hidden); as `visible`."""
        return self._chains._host("hidden")[self._coldest]

    @hidden.setter
    def hidden(self, values: npt.ArrayLike) -> None:
        self._chains.hidden = self._with("hidden", self._coldest, values)

    @property
    def all_visible(self) -> npt.NDArray[Any]:
        """A copy of all visible units, (n_betas, replicas, n_visible); assignable."""
        return self._chains._host("visible")[self._ladder.walkers]

    @all_visible.setter
    def all_visible(self, values: npt.ArrayLike) -> None:
        self._chains.visible = self._with("all_visible", self._ladder.walkers, values)

    @property
    def all_hidden(self) -> npt.NDArray[Any]:
        """A copy of all hidden units, (n_betas, replicas, n_hidden); assignable."""
        return self._chains._host("hidden")[self._ladder.walkers]

    @all_hidden.setter
    def all_hidden(self, values: npt.ArrayLike) -> None:
        self._chains.hidden = self._with("all_hidden", self._ladder.walkers, values)

    @property
    def _coldest(self) -> IntArray:
        """The walkers at the largest beta, one of each copy."""
        walkers: IntArray = self._ladder.walkers[self._ladder.coldest]
        return walkers

    def _with(self, name: str, walkers: IntArray, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the units of a layer with those of some walkers replaced."""
        layer = name.removeprefix("all_")
        array = self.rbm.states(name, layer, device_arrays.on_host(name, values))
        units = self.rbm.n_visible if layer == "visible" else self.rbm.n_hidden
        if array.shape != (*walkers.shape, units):
            expected = (*walkers.shape, units)
            raise ValueError(f"[{name}] expected shape {expected}, got {array.shape}")
        units_of_all: npt.NDArray[Any] = self._chains._host(layer)
        units_of_all[walkers] = array
        return units_of_all

    def moments(self) -> Moments:
        """Return averages over the chains at the largest beta, as `GibbsSampler.moments`."""
        self._settle()
        return self._chains.moments(self._ladder.rung == self._ladder.coldest)

    def _settle(self) -> None:
        if self._settled is not self._ladder.rung:
            rung = self._ladder.rung
            self._chains.beta = self.betas[rung]
            self._settled = rung

    def _gains(self) -> FloatArray:
        ladder = self._ladder
        partner = np.arange(ladder.rungs)
        partner[ladder.lower] += 1
        partner[ladder.lower + 1] -= 1
        return self._gains_at(partner)

    def _gains_at(self, other: IntArray) -> FloatArray:
        """ln of the weight of each state at another beta, by rung, less that at its own."""
        ladder, chains = self._ladder, self._chains
        gains = chains.log_weight(self.betas[other][ladder.rung]) - chains.log_weight()
        result: FloatArray = gains[ladder.walkers]
        return result

    def _place(self, ladder: Ladder, accepted: npt.NDArray[np.bool_]) -> None:
        self._ladder = ladder

    def _advance(self, steps: int) -> None:
        self._chains.run(steps)

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        self._settle()
        return {
            "betas": self.betas,
            "replicas": self.replicas,
            "swap_every": self.swap_every,
            "ladder": self._ladder.to_state(),
            "chains": self._chains.state(),
        }

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> RBMTempering:
        """Return the tempering whose `state` was read back as `storage.Entries`."""
        chains = _Walkers.from_state(entries.group("chains"), device, threads)
        replicas = entries.integer("replicas", 1, MAX_WALKERS)
        swap_every = entries.integer("swap_every", 1, MAX_SWEEP)
        with restoring("tempering"):
            betas = checked_betas("load", entries.array("betas", np.float64, (None,)))
        if len(betas) * replicas != chains.chains:
            raise entries.wrong("betas", f"those of {chains.chains} chains")
        ladder = Ladder.from_state(
            entries.group("ladder"),
            len(betas),
            replicas,
            int(betas.argmin()),
            chains.step // swap_every,
        )
        if not np.array_equal(betas[ladder.rung], chains.beta):
            raise entries.wrong("betas", "the temperatures of the chains")
        tempering = cls.__new__(cls)
        tempering._begin(chains, betas, swap_every, ladder)
        return tempering

    def __repr__(self) -> str:
        return (
            f"RBMTempering({self.rbm!r}, {len(self.betas)} betas {self.betas[0]:g} to "
            f"{self.betas[-1]:g}, replicas={self.replicas}, seed={self.seed}, "
            f"swap_every={self.swap_every}, step={self.step}, {self.precision}, {self.kernel})"
        )
