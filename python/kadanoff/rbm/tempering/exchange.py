"""What every exchange of replicas does, whatever its rungs are."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.draws import MAX_SWEEP
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedChains

from ..gibbs import Moments
from .ladder import FloatArray, IntArray, Ladder
from .swaps import decide, swap_drive

MAX_WALKERS = 2**31

Kind = TypeVar("Kind", bound="ReplicaExchange")


class ReplicaExchange(FixedAttributes, SavedChains):
    """Walkers on a ladder that do Gibbs steps and try to change places with their neighbours.

    Rounds come before steps: when `swap_every` steps are done, the next one begins with swaps. So
    the state that is seen is always that after a step, in which the hidden and the visible units
    of a walker belong to the rung that it is on.
    """

    _ladder: Ladder
    swap_every: int

    @property
    @abstractmethod
    def seed(self) -> int:
        """As given, or drawn."""

    @property
    @abstractmethod
    def step(self) -> int:
        """Steps done."""

    @abstractmethod
    def _settle(self) -> None:
        """Bring the chains to where `_ladder` says that they are; nothing if they are there."""

    @abstractmethod
    def _gains(self) -> FloatArray:
        """ln of the weight of each state on the other rung of its pair, less that on its own.

        (rungs, copies); of no meaning on a rung that has no partner in this round.
        """

    @abstractmethod
    def _place(self, ladder: Ladder, accepted: npt.NDArray[np.bool_]) -> None:
        """Take over what swaps lead to, by a single assignment."""

    @abstractmethod
    def _advance(self, steps: int) -> None:
        """Do Gibbs steps."""

    @abstractmethod
    def moments(self) -> Moments:
        """Return averages over the cold chains, as `GibbsSampler.moments`."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""

    def run(self, steps: int) -> None:
        """Do `steps` steps, with swaps before every one that begins a round.

        Ctrl-C raises KeyboardInterrupt after a whole number of steps, and of rounds of swaps;
        `step` tells how many. If it comes between swaps and the step that they precede, hidden
        units are those of before the swaps. A signal handler must not use the tempering that it
        interrupts.

        Parameters
        ----------
        steps : int
            At least 0; 2^40 in all.

        Raises
        ------
        ValueError, TypeError
        """
        left = arguments.integer("run", "steps", steps, 0, MAX_SWEEP - self.step)
        self._settle()
        while left > 0:
            step = self.step
            if self._ladder.rounds < step // self.swap_every:
                self._exchange()
                self._settle()
            now = min(left, self.swap_every - step % self.swap_every)
            self._advance(now)
            left -= now

    def _exchange(self) -> None:
        """Do the swaps of the next round."""
        ladder, gains = self._ladder, self._gains()
        drive = swap_drive(gains[ladder.lower], gains[ladder.lower + 1])
        accepted = decide(drive, self.seed, ladder.rounds, ladder.first)
        self._place(ladder.exchanged(accepted), accepted)

    @property
    def acceptance(self) -> FloatArray:
        """Fraction of accepted swaps of rungs i and i + 1, (rungs - 1,); NaN without attempts."""
        return _ratio(self._ladder.accepted, self._ladder.attempted)

    @property
    def flow(self) -> FloatArray:
        """Fraction of walkers on each rung that came from the hottest one, (rungs,).

        As `ParallelTempering.flow`: 1 at the hottest, 0 at the coldest, and steep where walkers get
        stuck. NaN where no walker came by that has visited an end.
        """
        hot, cold = self._ladder.from_hot, self._ladder.from_cold
        return _ratio(hot, hot + cold)

    @property
    def round_trips(self) -> IntArray:
        """Round trips of each walker, hottest to coldest and back, int64 (n_walkers,)."""
        return np.array(self._ladder.round_trips)

    @property
    def round_trip_time(self) -> FloatArray:
        """Mean steps of a round trip of each walker, (n_walkers,); NaN without one."""
        ladder = self._ladder
        return self.swap_every * _ratio(ladder.round_trip_rounds, ladder.round_trips)

    def reset_statistics(self) -> None:
        """Forget `acceptance`, `flow` and `round_trips`: what was counted before equilibrium."""
        self._settle()
        self._ladder = self._ladder.without_statistics()

    @classmethod
    @abstractmethod
    def from_state(
        cls: type[Kind], entries: Any, device: str = "cpu", threads: int | None = None
    ) -> Kind:
        """Return the tempering whose `state` was read back as `storage.Entries`."""

    @property
    @abstractmethod
    def device(self) -> str:
        """Where the chains are."""

    @property
    @abstractmethod
    def threads(self) -> int | None:
        """As given."""


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> FloatArray:
    """Return part / whole, NaN where the whole is 0."""
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
