"""Sums, multiples and comparisons of matrix product states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import checking, gauge, transfer
from .measuring import Measurable

if TYPE_CHECKING:
    from typing_extensions import Self

Array = npt.NDArray[Any]
MAX_LOG = 709.0
MAX_POWER = 32


class Arithmetic(Measurable):
    """The part of `MPS` that adds, scales and compares states of any norm."""

    # A numpy number on the left leaves the work to the state.
    __array_ufunc__ = None
    center: int | None
    truncation: Any

    @classmethod
    def _made(
        cls,
        chain: Sequence[Array],
        scale: float,
        center: int | None = None,
        truncation: Any = None,
    ) -> Self:
        raise NotImplementedError

    def __add__(self, other: Self) -> Self:
        if not isinstance(other, Arithmetic):
            return NotImplemented
        checking.same_dimensions("add", self.dimensions, other.dimensions)
        dtype = np.result_type(self.dtype, other.dtype)
        scale = max(self.log_scale, other.log_scale)
        chains = []
        for state in (self, other):
            chain = [tensor.astype(dtype) for tensor in state.tensors]
            chain[0] = chain[0] * math.exp(state.log_scale - scale)
            chains.append(chain)
        return self._made(gauge.direct_sum(*chains), scale)

    def __sub__(self, other: Self) -> Self:
        if not isinstance(other, Arithmetic):
            return NotImplemented
        return self + (-other)

    def __mul__(self, factor: complex) -> Self:
        number = checking.factor("multiply", factor)
        return NotImplemented if number is None else self._scaled(number, divide=False)

    __rmul__ = __mul__

    def __truediv__(self, divisor: complex) -> Self:
        number = checking.factor("divide", divisor)
        if number is None:
            return NotImplemented
        if number == 0:
            raise ValueError(f"[divide] expected a divisor that is not zero, got {divisor}")
        return self._scaled(number, divide=True)

    def __neg__(self) -> Self:
        return self * -1.0

    def __pos__(self) -> Self:
        return self

    def _scaled(self, number: complex, divide: bool) -> Self:
        """Return this state times a number, or over it; large powers of two go to the scale."""
        power = math.frexp(max(abs(number.real), abs(number.imag)))[1]
        if abs(power) > MAX_POWER:
            number = checking.times_power(number, -power)
        else:
            power = 0
        chain = list(self.tensors)
        where = self.center or 0
        chain[where] = chain[where] / number if divide else chain[where] * number
        chain = [tensor.astype(chain[where].dtype, copy=False) for tensor in chain]
        chain, log = gauge.balanced(chain)
        log += (-power if divide else power) * math.log(2.0)
        return self._made(chain, self.log_scale + log, self.center, self.truncation)

    def log_overlap(self, other: Self) -> tuple[complex, float]:
        """Return <self|other> as (phase, ln of the absolute value).

        Parameters
        ----------
        other : MPS
            Of the same local dimensions.

        Raises
        ------
        ValueError, TypeError
        """
        return self._log_overlap("log_overlap", other)

    def _log_overlap(self, call: str, other: Self) -> tuple[complex, float]:
        _check_state(call, other)
        checking.same_dimensions(call, self.dimensions, other.dimensions)
        phase, log = transfer.log_overlap(self.tensors, other.tensors)
        return phase.item(), log + self.log_scale + other.log_scale

    def overlap(self, other: Self) -> complex:
        r"""Return :math:`\langle \text{self} | \text{other} \rangle`, self conjugated.

        Parameters
        ----------
        other : MPS
            Of the same local dimensions.

        Returns
        -------
        float or complex

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> up, tilted = kd.tensor.MPS.product([0, 0]), kd.tensor.MPS.product([[0.6, 0.8]] * 2)
        >>> round(up.overlap(tilted), 12)
        0.36
        """
        phase, log = self.log_overlap(other)
        return phase * float_exp("overlap", log)

    def fidelity(self, other: Self) -> float:
        r"""Return the square of the overlap of both states over their norms.

        Parameters
        ----------
        other : MPS
            Of the same local dimensions; norms and phases do not matter.

        Returns
        -------
        float
            In [0, 1]: 1 for equal states.

        Raises
        ------
        ValueError, TypeError
            If a state is zero, among others.

        Examples
        --------
        >>> import kadanoff as kd
        >>> up, tilted = kd.tensor.MPS.product([0, 0]), kd.tensor.MPS.product([[3.0, 4.0]] * 2)
        >>> round(up.fidelity(tilted), 12)
        0.1296
        """
        _, log = self._log_overlap("fidelity", other)
        norms = self.log_norm() + other.log_norm()
        if norms == -math.inf:
            raise ValueError("[fidelity] expected states that are not zero, got zero")
        return min(1.0, math.exp(2 * (log - norms)))

    def distance(self, other: Self) -> float:
        r"""Return the 2-norm of the difference over that of this state.

        Parameters
        ----------
        other : MPS
            Of the same local dimensions; norms and phases matter.

        Returns
        -------
        float

        Raises
        ------
        ValueError, TypeError
            If this state is zero, or the distance does not fit a float64, among others.

        Notes
        -----
        From the canonical form of the difference, hence to rounding even where states are nearly
        equal; overlaps would lose half of the digits.

        Examples
        --------
        >>> import kadanoff as kd
        >>> state = kd.tensor.MPS.random(10, bond=16, seed=1)
        >>> small = state.compress(max_bond=12)
        >>> bool(abs(state.distance(small) - small.truncation.error) < 1e-12)
        True
        """
        _check_state("distance", other)
        checking.same_dimensions("distance", self.dimensions, other.dimensions)
        norm = self.log_norm()
        if norm == -math.inf:
            raise ValueError("[distance] expected a state that is not zero, got zero")
        difference = self - other
        chain, log = gauge.with_center(list(difference.tensors), 0)
        if not chain[0].any():
            return 0.0
        return float_exp("distance", log + difference.log_scale - norm)


def _check_state(call: str, other: Any) -> None:
    if not isinstance(other, Arithmetic):
        raise TypeError(f"[{call}] expected an MPS, got {type(other).__name__}")


def float_exp(call: str, log: float) -> float:
    """Return e^log, or ValueError where that is no float64."""
    if log > MAX_LOG:
        raise ValueError(f"[{call}] expected a number below 1e308, got e^{log:.6g}")
    return math.exp(log)
