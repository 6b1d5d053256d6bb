"""Learning rates as functions of the epoch.

A schedule is called with the epochs done, a real number that grows within an epoch too: 2.5 is the
middle of the third epoch. Any callable of one float that returns one will do; the ones here can be
saved with a trainer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kadanoff import arguments

_CALL = "schedule"


@dataclass(frozen=True)
class Constant:
    """The same rate always.

    Parameters
    ----------
    rate : float
        Not negative.

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> Constant(0.01)(3.5)
    0.01
    """

    rate: float

    def __post_init__(self) -> None:
        _keep(self, "rate", 0.0)

    def __call__(self, epoch: float) -> float:
        """Return the rate."""
        return self.rate


@dataclass(frozen=True)
class Step:
    r"""A rate that is multiplied by a factor every so many epochs.

    Parameters
    ----------
    rate, factor : float
        Not negative.
    every : int
        Epochs, at least 1.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    :math:`\eta(t) = \eta_0 f^{\lfloor t / n \rfloor}`.

    Examples
    --------
    >>> schedule = Step(0.1, factor=0.5, every=10)
    >>> schedule(9.9), schedule(10.0), schedule(25.0)
    (0.1, 0.05, 0.025)
    """

    rate: float
    factor: float = 0.1
    every: int = 10

    def __post_init__(self) -> None:
        _keep(self, "rate", 0.0)
        _keep(self, "factor", 0.0)
        object.__setattr__(self, "every", arguments.integer(_CALL, "every", self.every, 1, 2**40))

    def __call__(self, epoch: float) -> float:
        """Return the rate after so many epochs."""
        return self.rate * self.factor ** math.floor(epoch / self.every)


@dataclass(frozen=True)
class Exponential:
    r"""A rate that falls (or grows) by a factor in each epoch, and on the way.

    Parameters
    ----------
    rate, factor : float
        Not negative.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    :math:`\eta(t) = \eta_0 f^t`.

    Examples
    --------
    >>> Exponential(0.1, factor=0.25)(0.5)
    0.05
    """

    rate: float
    factor: float = 0.95

    def __post_init__(self) -> None:
        _keep(self, "rate", 0.0)
        _keep(self, "factor", 0.0)

    def __call__(self, epoch: float) -> float:
        """Return the rate after so many epochs."""
        return float(self.rate * self.factor**epoch)


@dataclass(frozen=True)
class Cosine:
    r"""A rate that falls along half a cosine, and then stays.

    Parameters
    ----------
    rate, final : float
        First and last rate, not negative.
    epochs : float
        When the last one is reached; above 0.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    :math:`\eta(t) = \eta_1 + \tfrac12 (\eta_0 - \eta_1)(1 + \cos \pi t / T)` (I. Loshchilov and
    F. Hutter, ICLR 2017, equation 5, without restarts).

    Examples
    --------
    >>> schedule = Cosine(0.1, epochs=40)
    >>> schedule(0.0), round(schedule(20.0), 6), schedule(50.0)
    (0.1, 0.05, 0.0)
    """

    rate: float
    epochs: float
    final: float = 0.0

    def __post_init__(self) -> None:
        _keep(self, "rate", 0.0)
        _keep(self, "final", 0.0)
        _keep(self, "epochs", 0.0)
        if self.epochs == 0.0:
            raise ValueError(f"[{_CALL}] expected epochs above 0, got 0.0")

    def __call__(self, epoch: float) -> float:
        """Return the rate after so many epochs."""
        done = min(epoch / self.epochs, 1.0)
        return self.final + 0.5 * (self.rate - self.final) * (1.0 + math.cos(math.pi * done))


Schedule = Callable[[float], float]

_KNOWN: dict[str, Any] = {
    "constant": Constant,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
}
_CALLABLE = "callable"


def as_schedule(call: str, value: float | Schedule) -> Schedule:
    """Return a schedule of a number or of a callable; TypeError or ValueError otherwise."""
    if callable(value):
        return value
    rate = arguments.real(call, "learning_rate", value)
    if rate < 0.0:
        raise ValueError(f"[{call}] expected learning_rate of 0 or more, got {rate}")
    return Constant(rate)


def rate_at(call: str, schedule: Schedule, epoch: float) -> float:
    """Return what a schedule gives, checked: a callable may be anybody's."""
    rate = arguments.real(call, "learning_rate", schedule(epoch))
    if rate < 0.0:
        raise ValueError(
            f"[{call}] expected learning_rate of 0 or more, got {rate} at epoch {epoch:g}"
        )
    return rate


def to_state(schedule: Schedule) -> dict[str, Any]:
    """Return what a file keeps of a schedule; of a foreign callable, that it was one."""
    settings: Any = schedule
    for kind, known in _KNOWN.items():
        if type(schedule) is known:
            return {"kind": kind, **asdict(settings)}
    return {"kind": _CALLABLE}


def from_state(entries: Any) -> Schedule | None:
    """Undo `to_state`, from `storage.Entries`; None where it was a foreign callable."""
    kind = entries.text("kind", (*_KNOWN, _CALLABLE))
    if kind == _CALLABLE:
        return None
    names = [name for name in entries.names if name != "kind"]
    given = {
        name: entries.integer(name) if name == "every" else entries.real(name) for name in names
    }
    try:
        schedule: Schedule = _KNOWN[kind](**given)
    except (TypeError, ValueError) as error:
        raise entries.wrong("kind", "a learning rate that makes sense") from error
    return schedule


def _keep(schedule: Any, name: str, low: float) -> None:
    value = arguments.real(_CALL, name, getattr(schedule, name))
    if value < low:
        raise ValueError(f"[{_CALL}] expected {name} of {low:g} or more, got {value}")
    object.__setattr__(schedule, name, value)
