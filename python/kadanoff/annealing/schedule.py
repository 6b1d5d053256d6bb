"""The inverse temperatures of an annealing run, and where they begin and end by default."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.models import Ising, Model

SCHEDULES = ("geometric", "linear", "custom")
MAX_BETA = 1e12
MAX_SWEEPS = 2**40

_EXCITED = 0.01
_CONTINUOUS = 0.125
_IDLE_RANGE = (0.1, 1.0)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Schedule:
    """Inverse temperatures in order, each for the same number of sweeps."""

    kind: str
    betas: FloatArray
    sweeps_per_beta: int

    @property
    def num_sweeps(self) -> int:
        """Sweeps in all."""
        return len(self.betas) * self.sweeps_per_beta


def make_schedule(
    model: Model,
    num_sweeps: int | None,
    num_sweeps_per_beta: int,
    beta_range: Any,
    beta_schedule_type: str | None,
    beta_schedule: Any,
) -> Schedule:
    """Return the schedule that the arguments of `anneal` ask for, checked."""
    each = arguments.integer("anneal", "num_sweeps_per_beta", num_sweeps_per_beta, 1, MAX_SWEEPS)
    kind = "geometric" if beta_schedule is None else "custom"
    if beta_schedule_type is not None:
        kind = arguments.choice("anneal", "beta_schedule_type", beta_schedule_type, SCHEDULES)
    if (kind == "custom") != (beta_schedule is not None):
        got = "none" if beta_schedule is None else f"one with beta_schedule_type={kind!r}"
        raise ValueError(
            f"[anneal] expected a beta_schedule with beta_schedule_type='custom' only, got {got}"
        )
    if kind == "custom":
        return _custom(beta_schedule, each, num_sweeps, beta_range)
    total = 1000 * each if num_sweeps is None else num_sweeps
    total = arguments.integer("anneal", "num_sweeps", total, 1, MAX_SWEEPS)
    if total % each:
        raise ValueError(
            f"[anneal] expected num_sweeps divisible by num_sweeps_per_beta, got {total} and {each}"
        )
    hot, cold = default_beta_range(model) if beta_range is None else _checked_range(beta_range)
    if kind == "geometric" and hot == 0.0:
        raise ValueError("[anneal] expected beta_range above 0 for a geometric schedule, got 0.0")
    steps = total // each
    if steps == 1:  # as D-Wave has it: one step is at the target
        return Schedule(kind, np.array([cold]), each)
    spaced = np.geomspace if kind == "geometric" else np.linspace
    return Schedule(kind, np.asarray(spaced(hot, cold, steps), dtype=np.float64), each)


def _custom(beta_schedule: Any, each: int, num_sweeps: int | None, beta_range: Any) -> Schedule:
    if isinstance(beta_schedule, str) and beta_schedule in SCHEDULES[:2]:
        raise TypeError(
            "[anneal] expected a list of numbers for beta_schedule, "
            f"got {beta_schedule!r}: say beta_schedule_type={beta_schedule!r}"
        )
    betas = checked_betas("anneal", "beta_schedule", beta_schedule)
    result = Schedule("custom", betas, each)
    if num_sweeps is not None:
        total = arguments.integer("anneal", "num_sweeps", num_sweeps, 1, MAX_SWEEPS)
        if total != result.num_sweeps:
            raise ValueError(
                f"[anneal] expected num_sweeps={result.num_sweeps} for {len(betas)} betas, "
                f"got {total}"
            )
    if beta_range is not None:
        ends = (float(betas[0]), float(betas[-1]))
        if _checked_range(beta_range) != ends:
            raise ValueError(
                f"[anneal] expected beta_range to be the ends {ends} of beta_schedule, "
                f"got {beta_range!r}"
            )
    return result


def checked_betas(call: str, name: str, values: Any) -> FloatArray:
    """Return inverse temperatures as an array, each in [0, 1e12]."""
    betas = arguments.reals(call, name, values)
    wrong = betas[~((betas >= 0.0) & (betas <= MAX_BETA))]
    if wrong.size:
        raise ValueError(f"[{call}] expected {name} in [0, 1e12], got {wrong[0]}")
    return betas


def _checked_range(beta_range: Any) -> tuple[float, float]:
    betas = checked_betas("anneal", "beta_range", beta_range)
    if len(betas) != 2:
        raise ValueError(f"[anneal] expected beta_range as (hot, cold), got {beta_range!r}")
    hot, cold = betas.tolist()
    if hot > cold:
        raise ValueError(
            f"[anneal] expected beta_range to ascend from hot to cold, got ({hot}, {cold})"
        )
    return hot, cold


def default_beta_range(model: Model) -> tuple[float, float]:
    r"""Return the inverse temperatures at which `anneal` begins and ends by default.

    Parameters
    ----------
    model : Ising or Potts

    Returns
    -------
    hot, cold : float
        In units of 1 / energy. (0.1, 1) of a model whose energies are all 0.

    Notes
    -----
    A move of spin i changes the energy of an Ising model by at most :math:`\Delta_i = 2 F_i`,
    :math:`F_i = |h_i| + \sum_j |J_{ij}|` (and four :math:`|K|` of plaquettes), that of a Potts
    model by :math:`\Delta_i = \sum_j |J_{ij}|`. Annealing begins where Metropolis accepts the worst
    of all moves with probability 1/2,

    .. math:: \beta_{hot} = \ln 2 / \max_i \Delta_i ,

    and ends where, of a state that no single move improves, 0.01 spins are expected to leave it,

    .. math:: \sum_i e^{-\beta_{cold} g_i} = 0.01 ,

    with the smallest nonzero gap :math:`g_i` of each spin. Where all couplings and fields are
    multiples of the smallest, u, the local field of an Ising spin is a multiple of u whose parity
    is that of :math:`F_i / u`: :math:`g_i = 2 u` if it is odd, :math:`4 u` if it is even (of a
    Potts spin, u). Other models have no smallest gap worth waiting for: then, and wherever this is
    larger, :math:`g_i = \sigma_i / 4` (Potts: :math:`\sigma_i / 8`), where
    :math:`\sigma_i^2 = h_i^2 + \sum_j J_{ij}^2` is the local field's variance in random
    surroundings.

    D-Wave's samplers set the same two conditions, with a spin's smallest single coupling for its
    gap: half the true one on a +-J square lattice, and as small as can be for Gaussian couplings.

    Examples
    --------
    >>> import kadanoff as kd
    >>> hot, cold = default_beta_range(kd.Ising(kd.Square(10), coupling=-1.0))
    >>> round(hot, 4), round(cold, 4)
    (0.0866, 2.3026)
    """
    strength, square, weight = _local_terms(model)
    busy = strength > 0.0
    if not busy.any():
        return _IDLE_RANGE
    strength, square, weight = strength[busy], square[busy], weight[busy]
    unit = _unit(model)
    if isinstance(model, Ising):
        worst = 2.0 * strength
        odd = np.rint(strength / unit) % 2.0 == 1.0 if unit > 0.0 else False
        gap = np.maximum(np.where(odd, 2.0, 4.0) * unit, 2.0 * _CONTINUOUS * np.sqrt(square))
    else:
        worst = strength
        gap = np.maximum(unit, _CONTINUOUS * np.sqrt(square))
    hot = min(math.log(2.0) / float(worst.max()), MAX_BETA)
    return hot, min(max(hot, float(_cold(gap, weight))), MAX_BETA)


def _cold(gap: FloatArray, weight: FloatArray) -> float:
    """Solve sum weight exp(-beta gap) = 0.01: the logarithm is convex, Newton's steps ascend."""
    beta = 0.0
    for _ in range(100):
        exponent = np.log(weight) - beta * gap
        top = exponent.max()
        shares = np.exp(exponent - top)
        excess = top + math.log(shares.sum()) - math.log(_EXCITED)
        step = excess / (float(shares @ gap) / float(shares.sum()))
        beta += step
        if step <= 1e-12 * beta:
            break
    return beta


def _local_terms(model: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return sum |J|, sum J^2 at each kind of site, and how many sites are of it."""
    lattice = model.lattice
    coupling, field = np.asarray(model.coupling), np.asarray(getattr(model, "field", 0.0))
    plaquette = abs(float(getattr(model, "plaquette", 0.0)))
    if coupling.ndim == 0 and field.ndim == 0:  # without listing the bonds of a large lattice
        degree = float(lattice.coordination)
        strength = np.array([degree * abs(float(coupling))])
        square = np.array([degree * float(coupling) ** 2])
        weight = np.array([float(lattice.n_sites)])
    else:
        ends = lattice.bonds.T.ravel()
        values = np.tile(np.broadcast_to(coupling, lattice.n_bonds), 2)
        strength = np.bincount(ends, np.abs(values), lattice.n_sites)
        square = np.bincount(ends, values**2, lattice.n_sites)
        weight = np.ones(lattice.n_sites)
    flat = field.reshape(-1)
    return (
        strength + np.abs(flat) + 4.0 * plaquette,
        square + flat**2 + 4.0 * plaquette**2,
        weight,
    )


def _unit(model: Any) -> float:
    """Return the smallest term of the energy if all are multiples of it, else 0."""
    terms = (model.coupling, getattr(model, "field", 0.0), getattr(model, "plaquette", 0.0))
    values = np.concatenate(
        [np.abs(np.asarray(term, dtype=np.float64).reshape(-1)) for term in terms]
    )
    values = values[values > 0.0]
    if not values.size:
        return 0.0
    ratio = values / values.min()
    whole = np.abs(ratio - np.rint(ratio)) <= 1e-9 * ratio
    return float(values.min()) if bool(whole.all()) else 0.0
