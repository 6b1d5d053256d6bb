"""How far a matrix product state is from the machine that it stands for, by sampling."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.tensor.states import MPS

from .rbm_units import Machine, MachineLike, machine_of, unit_order

MAX_SAMPLES = 2**31
MAX_LOG = 150.0


class MPSError(NamedTuple):
    """An estimated distance: `error` relative to the machine's norm, and its standard error."""

    error: float
    standard_error: float


def rbm_mps_error(
    state: MPS,
    rbm: MachineLike,
    *,
    visible_units: str = "binary",
    hidden_units: str = "binary",
    order: npt.ArrayLike | None = None,
    n_samples: int = 10_000,
    seed: int | None = None,
) -> MPSError:
    r"""Estimate how far a truncated state is from its machine, for machines of any size.

    Parameters
    ----------
    state : MPS
        From `rbm_to_mps`.
    rbm, visible_units, hidden_units, order
        What `rbm_to_mps` was given.
    n_samples : int
        At least 2.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system.

    Returns
    -------
    MPSError
        :math:`\| \phi - \psi \| / \| \psi \|`, with :math:`\phi` the state and :math:`\psi` the
        machine, and the standard error of the estimate. Both are infinite where the state is larger
        than the machine by more than e^150 in all samples.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Configurations are drawn with the probabilities of the state, and their amplitudes compared with
    the closed form: with :math:`r = \psi(v) / \phi(v)`,

    .. math:: \frac{\| \phi - \psi \|^2}{\| \psi \|^2}
        = \frac{\langle |r - 1|^2 \rangle}{\langle |r|^2 \rangle} .

    Configurations that the state has lost altogether are never drawn: where weights are strong and
    the error is small, the estimate may be too low.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> weights = np.random.default_rng(1).normal(size=(40, 40)) * 0.1
    >>> state = kd.tensor.rbm_to_mps(weights, max_bond=16)
    >>> estimate = kd.tensor.rbm_mps_error(state, weights, seed=1)
    >>> bool(abs(estimate.error / state.truncation.error - 1) < 0.1)
    True
    """
    call = "rbm_mps_error"
    if not isinstance(state, MPS):
        raise TypeError(f"[{call}] expected an MPS, got {type(state).__name__}")
    machine = machine_of(call, rbm, visible_units, hidden_units)
    machine = machine.ordered(unit_order(call, machine, order))
    if state.dimensions != (2,) * machine.n_visible:
        wanted = f"a state of {machine.n_visible} sites of dimension 2"
        raise ValueError(f"[{call}] expected {wanted}, got dimensions {state.dimensions}")
    count = arguments.integer(call, "n_samples", n_samples, 2, MAX_SAMPLES)
    return estimated_error(machine, state, count, seed)


def estimated_error(machine: Machine, state: MPS, n_samples: int, seed: int | None) -> MPSError:
    """Return the estimate for a machine whose visible units are in the order of the sites."""
    configurations = state.sample(n_samples, seed).configurations.astype(np.intp)
    phases, logs = state.log_amplitudes(configurations)
    exponents = machine.log_amplitudes(configurations) - logs
    top = float(exponents.real.max())
    if top < -MAX_LOG:
        return MPSError(math.inf, math.inf)
    # Over the largest of 1 and |r|, so that nothing overflows.
    top = max(0.0, top)
    ratios = np.exp(exponents - top) / phases
    squares, sizes = np.abs(ratios - math.exp(-top)) ** 2, np.abs(ratios) ** 2
    share = float(squares.mean() / sizes.mean())
    # The deviation of a quotient of means.
    deviation = float(np.std(squares - share * sizes, ddof=1) / sizes.mean())
    error = math.sqrt(share)
    return MPSError(error, deviation / math.sqrt(n_samples) / (2 * error) if error else 0.0)
