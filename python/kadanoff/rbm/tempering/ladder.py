"""Who stands on which rung of a ladder of temperatures or machines, and what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_BY_WALKER = ("rung", "direction", "departure", "round_trips", "round_trip_rounds")
_BY_GAP = ("attempted", "accepted")
_BY_RUNG = ("from_hot", "from_cold")


@dataclass(frozen=True)
class Ladder:
    """One moment of walkers on a ladder; `exchanged` gives the next one.

    It never changes, so that whoever holds it can step from one moment to the next by a single
    assignment, which no signal divides. Walker k * copies + c is the one of copy c that began on
    rung k.
    """

    copies: int
    hottest: int
    rounds: int
    rung: IntArray
    """Of each walker."""
    direction: IntArray
    """Of each walker: 1 hottest, -1 coldest end visited last, 0 none."""
    departure: IntArray
    """Round in which each walker began a round trip, -1: none yet."""
    round_trips: IntArray
    round_trip_rounds: IntArray
    attempted: IntArray
    """Swaps of rungs i and i + 1, (rungs - 1,)."""
    accepted: IntArray
    from_hot: IntArray
    """Visits to each rung by walkers that come from the hottest, (rungs,)."""
    from_cold: IntArray

    @classmethod
    def begin(cls, rungs: int, copies: int, hottest: int, rounds: int = 0) -> Ladder:
        """Return the ladder with everyone at home."""
        walkers = rungs * copies
        none = np.zeros(walkers, dtype=np.int64)
        return cls(
            copies,
            hottest,
            rounds,
            np.arange(walkers) // copies,
            none,
            none - 1,
            none,
            none,
            *(np.zeros(rungs - 1, dtype=np.int64) for _ in _BY_GAP),
            *(np.zeros(rungs, dtype=np.int64) for _ in _BY_RUNG),
        )

    @property
    def rungs(self) -> int:
        """Number of rungs."""
        return len(self.from_hot)

    @property
    def coldest(self) -> int:
        """The other end."""
        return self.rungs - 1 - self.hottest

    @property
    def walkers(self) -> IntArray:
        """The walker on each rung, (rungs, copies)."""
        number = np.arange(len(self.rung))
        result = np.empty((self.rungs, self.copies), dtype=np.int64)
        result[self.rung, number % self.copies] = number
        return result

    @property
    def first(self) -> int:
        """The lower rung of the first pair of this round: 0 and 1 in turn."""
        return self.rounds % 2

    @property
    def lower(self) -> IntArray:
        """The lower rungs of the pairs of this round."""
        return np.arange(self.first, self.rungs - 1, 2)

    def exchanged(self, accepted: npt.NDArray[np.bool_]) -> Ladder:
        """Return the ladder after a round of swaps, accepted or not: (pairs of `lower`, copies)."""
        walkers, lower = self.walkers, self.lower
        rung = self.rung.copy()
        rung[walkers[lower][accepted]] += 1
        rung[walkers[lower + 1][accepted]] -= 1
        attempted, yes = self.attempted.copy(), self.accepted.copy()
        attempted[lower] += self.copies
        yes[lower] += accepted.sum(axis=1)
        return self._followed(rung, attempted, yes)

    def _followed(self, rung: IntArray, attempted: IntArray, accepted: IntArray) -> Ladder:
        """Count who comes from which end, and the round trips that end at the hottest rung."""
        begins = (rung == self.hottest) & (self.direction != 1)
        ends = begins & (self.direction == -1) & (self.departure >= 0)
        cold = (rung == self.coldest) & (rung != self.hottest)
        direction = np.where(begins, 1, np.where(cold, -1, self.direction))
        times = np.where(ends, self.rounds - self.departure, 0)
        visits = [np.bincount(rung[direction == d], minlength=self.rungs) for d in (1, -1)]
        return Ladder(
            self.copies,
            self.hottest,
            self.rounds + 1,
            rung,
            direction,
            np.where(begins, self.rounds, self.departure),
            self.round_trips + ends,
            self.round_trip_rounds + times,
            attempted,
            accepted,
            self.from_hot + visits[0],
            self.from_cold + visits[1],
        )

    def without_statistics(self) -> Ladder:
        """Return the same walkers on the same rungs, nothing counted yet."""
        fresh = Ladder.begin(self.rungs, self.copies, self.hottest, self.rounds)
        return Ladder(**(vars(fresh) | {"rung": self.rung}))

    def longer(self) -> Ladder:
        """Return a ladder with one more rung above, nothing counted yet."""
        fresh = Ladder.begin(self.rungs + 1, self.copies, self.hottest, self.rounds)
        rung = np.concatenate([self.rung, fresh.rung[len(self.rung) :]])
        return Ladder(**(vars(fresh) | {"rung": rung}))

    def to_state(self) -> dict[str, Any]:
        """Return what a file keeps."""
        return {"rounds": self.rounds} | {
            name: getattr(self, name) for name in (*_BY_WALKER, *_BY_GAP, *_BY_RUNG)
        }

    @classmethod
    def from_state(cls, entries: Any, rungs: int, copies: int, hottest: int, rounds: int) -> Ladder:
        """Return the ladder that was read back; `rounds` are at most those that it may have done.

        Raises
        ------
        FileError
            If it is none of so many rungs and copies.
        """
        done = entries.integer("rounds", max(0, rounds - 1), rounds)
        sizes = [(_BY_WALKER, rungs * copies), (_BY_GAP, rungs - 1), (_BY_RUNG, rungs)]
        arrays = {
            name: entries.array(name, np.int64, (size,)) for names, size in sizes for name in names
        }
        low = {"direction": -1, "departure": -1}
        high = {"direction": 1, "departure": max(0, done - 1), "rung": rungs - 1}
        for name, array in arrays.items():
            if array.size and not (
                low.get(name, 0) <= array.min() and array.max() <= high.get(name, 2**61)
            ):
                limits = f"numbers from {low.get(name, 0)} to {high.get(name, 2**61)}"
                raise entries.wrong(name, limits)
        if (arrays["accepted"] > arrays["attempted"]).any():
            raise entries.wrong("accepted", "at most as many swaps as attempts")
        places = arrays["rung"] * copies + np.arange(rungs * copies) % copies
        if len(np.unique(places)) != rungs * copies:
            raise entries.wrong("rung", "every rung once in each copy")
        return cls(copies, hottest, done, **arrays)
