"""Effective Ising models, learnt from configurations by linear regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.models import Ising

from .pair_sums import RANGES, configurations, correlations, square_model

BLOCKS = 20
"""Of configurations, for the jackknife."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EffectiveIsing:
    r"""An effective model :math:`E_\text{eff} = E_0 - \sum_n J_n C_n`, and how well it fits.

    Attributes
    ----------
    couplings : tuple of float
        J_n, from the first neighbours on, in the unit of the model's energies.
    errors : tuple of float
        One standard error of each.
    constant : float
        E_0, which no move depends on.
    residual : float
        Root mean square of E - E_eff, in the unit of energy.
    r_squared : float
        Share of the variance of E that E_eff explains.
    samples : int
        Configurations that it was learnt from.
    """

    couplings: tuple[float, ...]
    errors: tuple[float, ...]
    constant: float
    residual: float
    r_squared: float
    samples: int

    def energy(self, spins: npt.ArrayLike) -> Floats:
        """Return the total effective energy of configurations (..., y, x), float64 (...).

        Raises
        ------
        ValueError, TypeError
        """
        sums = correlations(spins, len(self.couplings))
        return np.asarray(self.constant - sums @ np.array(self.couplings))


def fit(
    model: Ising,
    spins: npt.ArrayLike,
    ranges: int = 1,
    *,
    energies: npt.ArrayLike | None = None,
) -> EffectiveIsing:
    r"""Learn an effective Ising model from configurations, by linear regression.

    Parameters
    ----------
    model : Ising
        On a periodic square lattice; any couplings, fields and plaquettes.
    spins : array_like of -1 and 1, (..., y, x)
        Configurations in the order in which they were drawn; more than `ranges` + 1 of them.
    ranges : int
        Couplings to learn, 1 to 3: of first, second and third neighbours.
    energies : array_like of float, (...), optional
        Total energies of the configurations; by default `model` works them out.

    Returns
    -------
    EffectiveIsing

    Raises
    ------
    ValueError
        If a value is out of range, or the configurations do not determine the couplings.
    TypeError

    Notes
    -----
    The J_n and E_0 minimise the sum over configurations of

    .. math:: \Big(E - E_0 + \sum_n J_n C_n\Big)^2, \qquad
        C_n = \sum_{\langle ij \rangle_n} s_i s_j

    (J. Liu, Y. Qi, Z. Y. Meng and L. Fu, Phys. Rev. B 95 (2017) 041101). Errors are those of
    a jackknife that leaves out one of 20 blocks of configurations in a row: neighbours may be
    correlated as long as blocks are not.

    Examples
    --------
    A model of first neighbours alone is learnt without error:

    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(8), coupling=0.7)
    >>> sampler = kd.Sampler(model, beta=0.3, replicas=50, seed=1)
    >>> sampler.run(20)
    >>> effective = kd.slmc.fit(model, sampler.spins)
    >>> round(effective.couplings[0], 12), round(effective.r_squared, 12)
    (0.7, 1.0)
    """
    model = square_model("fit", model)
    ranges = arguments.integer("fit", "ranges", ranges, 1, RANGES)
    states, totals = configurations("fit", model, spins, energies)
    if len(states) < ranges + 2:
        raise ValueError(f"[fit] expected at least {ranges + 2} configurations, got {len(states)}")
    sums = correlations(states, ranges).astype(np.float64)
    couplings, constant, rank = _regression(sums, totals)
    if rank < ranges:
        raise ValueError(
            f"[fit] expected configurations that tell {ranges} couplings apart, "
            f"got sums of rank {rank}"
        )
    rest = totals - constant + sums @ couplings
    spread = float(totals.var())
    return EffectiveIsing(
        couplings=tuple(couplings.tolist()),
        errors=tuple(_errors(sums, totals).tolist()),
        constant=constant,
        residual=float(np.sqrt(np.mean(rest**2))),
        r_squared=1.0 - float(rest.var()) / spread if spread > 0.0 else 1.0,
        samples=len(totals),
    )


def _regression(sums: Floats, totals: Floats) -> tuple[Floats, float, int]:
    """Return the couplings, the constant, and the rank of the regression."""
    centre, middle = sums.mean(axis=0), float(totals.mean())
    found, _, rank, _ = np.linalg.lstsq(centre - sums, totals - middle, rcond=None)
    return found, middle + float(centre @ found), int(rank)


def _errors(sums: Floats, totals: Floats) -> Floats:
    """Return the jackknife errors of the couplings."""
    blocks = min(BLOCKS, len(totals))
    block = np.arange(len(totals)) * blocks // len(totals)
    left_out = np.array(
        [_regression(sums[block != b], totals[block != b])[0] for b in range(blocks)]
    )
    return np.asarray(np.sqrt((blocks - 1) * left_out.var(axis=0)))
