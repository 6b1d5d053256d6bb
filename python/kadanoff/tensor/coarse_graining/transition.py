"""Where the fixed point of a flow changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kadanoff import arguments

from .hotrg import hotrg
from .networks import MAX_CHI, MAX_STEPS, TensorLike


class Transition(NamedTuple):
    """A transition between two temperatures.

    Attributes
    ----------
    temperature : float
        The middle of `low` and `high`.
    low, high : float
        The highest temperature seen at which the flow ends in more than one phase, and the lowest
        at which it ends in one.
    """

    temperature: float
    low: float
    high: float


def transition_temperature(
    tensor: Callable[[float], TensorLike],
    low: float,
    high: float,
    chi: int = 8,
    steps: int = 12,
    tolerance: float = 1e-4,
) -> Transition:
    r"""Locate the temperature at which a symmetry breaks, by HOTRG.

    Parameters
    ----------
    tensor : callable
        Returns the site tensor at a temperature, with 4 legs or 6.
    low, high : float
        Temperatures on either side of the transition, ordered at `low`.
    chi, steps : int
        As of `hotrg`.
    tolerance : float
        Largest difference of `low` and `high` in the end.

    Returns
    -------
    Transition

    Raises
    ------
    ValueError
        If a number is out of range, or both temperatures are on one side.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    A flow ends in a trivial fixed point, whose degeneracy :math:`X = (\sum_n \lambda_n)^2 /
    \sum_n \lambda_n^2` (`Flow.degeneracy`; Z.-C. Gu and X.-G. Wen, Phys. Rev. B 80 (2009) 155131,
    eq. 15) is the number of phases: 1 where there is no order, 2 in an ordered Ising model. Above
    1.5 counts as ordered, and the interval is halved until it is narrow enough. The error that
    chi leaves is not part of `tolerance`. The model must not have a field.

    Examples
    --------
    >>> import kadanoff as kd
    >>> square = lambda t: kd.tensor.site_tensor("square", 1 / t)
    >>> found = kd.tensor.transition_temperature(square, 2.2, 2.4, chi=8, tolerance=1e-3)
    >>> bool(abs(found.temperature - kd.exact.critical_temperature()) < 1e-3)
    True
    """
    call = "transition_temperature"
    low, high = arguments.real(call, "low", low), arguments.real(call, "high", high)
    tolerance = arguments.real(call, "tolerance", tolerance)
    chi = arguments.integer(call, "chi", chi, 2, MAX_CHI)
    steps = arguments.integer(call, "steps", steps, 1, MAX_STEPS)
    if not 0.0 < low < high:
        raise ValueError(f"[{call}] expected 0 < low < high, got {low} and {high}")
    if not tolerance > 0.0:
        raise ValueError(f"[{call}] expected tolerance > 0, got {tolerance}")

    def ordered(temperature: float) -> bool:
        return bool(hotrg(tensor(temperature), chi, steps).degeneracy[-1] > 1.5)

    if not ordered(low) or ordered(high):
        wanted = "order at low and none at high"
        raise ValueError(f"[{call}] expected {wanted}, got both alike at {low} and {high}")
    while high - low > tolerance:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (middle, high) if ordered(middle) else (low, middle)
    return Transition(0.5 * (low + high), low, high)
