"""Which swaps of neighbouring rungs are accepted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff import _core

FloatArray = npt.NDArray[np.float64]

_SEED = 1  # the sublattice of the key of a seed; that of a swap is 0


def swap_drive(lower: FloatArray, upper: FloatArray) -> FloatArray:
    r"""Return ln of the ratio of the weights of two states after and before they change places.

    Parameters
    ----------
    lower, upper : ndarray of float64
        What the state on the lower and that on the upper rung would gain: ln of its weight on the
        other rung less that on its own.

    Notes
    -----
    With :math:`L_k(v) = \ln \sum_h e^{-E_k(v, h)}` on rung k, the sum of gains is
    :math:`L_{k+1}(v) - L_k(v) + L_k(v') - L_{k+1}(v')`. The weights are those of visible states
    alone: the hidden units of either state are drawn anew afterwards, so they do not count.
    """
    return lower + upper


def decide(drive: FloatArray, seed: int, round_: int, first: int) -> npt.NDArray[np.bool_]:
    """Return which swaps of a round are accepted.

    Parameters
    ----------
    drive : ndarray of float64, (pairs, copies)
    seed, round_ : int
    first : int
        The lower rung of the first pair; that of the next one is first + 2.

    Returns
    -------
    ndarray of bool, (pairs, copies)

    Notes
    -----
    A swap of probability p = min(1, exp(drive)) is accepted if U <= T, where U is 64 random bits of
    its own and (T + 1) / 2^64 is p rounded to a multiple of 2^-64.
    """
    return _core.decide_swaps(drive, seed, round_, first)


def seed_of_rung(seed: int, rung: int) -> int:
    """Return the seed of the chains of one rung, where every rung has chains of its own."""
    block = _core.draw_block(seed, 0, 0, _core.streams["rbm_swap"], _SEED, rung, 0)
    return block[1] << 32 | block[0]
