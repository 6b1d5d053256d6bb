"""Multi-histogram reweighting: runs at several beta, read at any beta between them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .. import arguments
from .curves import Curve
from .derived import Derived, functions, is_paired, moments
from .mixture import Influence, Mixture

if TYPE_CHECKING:
    from ..run import Run
    from ..scan import Scan

FloatArray = npt.NDArray[np.float64]

FEW = 100.0
"""With fewer effective draws a reweighted mean is an extrapolation."""

_PEAK_GRID = 101


class Peak(NamedTuple):
    """A maximum: where it is and how high, with standard errors."""

    beta: float
    beta_error: float
    value: float
    value_error: float


class Reweighted:
    """Means at the asked-for beta, with errors; what `reweight` returns.

    ``reweighted["energy"]`` is a `Curve` over beta with its covariance; the names are those of the
    rows of `kadanoff.Run.summary`.

    Attributes
    ----------
    betas : ndarray of float64, shape (beta,)
        In rising order.
    reference : float
        The lowest beta of the runs, to which `log_z` refers.
    effective_draws : ndarray of float64, shape (beta,)
        ``1 / sum of squared weights``: of so many draws a mean at that beta consists. They may be
        correlated in time; the errors know, this number does not.
    overlap : float
        Between 0, where the energies of some runs do not meet, and 1: the gap between the first two
        eigenvalues of the overlap matrix (Klimovich, Shirts and Mobley 2015).
    """

    def __init__(
        self, mixture: Mixture, pool: _Pool, betas: FloatArray, names: tuple[str, ...]
    ) -> None:
        self._mixture = mixture
        self._pool = pool
        self._names = names
        self._curves: dict[str, Curve] = {}
        self.betas = betas
        self.reference = float(mixture.betas[0])
        self.overlap = mixture.overlap
        self.effective_draws = np.array(
            [1.0 / np.sum(mixture.weights(beta) ** 2) for beta in betas]
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the quantities."""
        return self._names

    def __getitem__(self, name: str) -> Curve:
        if name not in self._names:
            raise KeyError(f"[Reweighted] expected one of {', '.join(self._names)}, got {name!r}")
        if name not in self._curves:
            self._curves[name] = self._curve([self._influence(name, b) for b in self.betas])
        return self._curves[name]

    @cached_property
    def log_z(self) -> Curve:
        """``ln Z(beta) - ln Z(reference)`` of the whole lattice, over beta.

        The free energy is ``F(beta) = -ln Z(beta) / beta``.
        """
        return self._curve([self._mixture.log_z(beta, self.reference) for beta in self.betas])

    def peak(self, name: str = "specific_heat", between: tuple[float, float] | None = None) -> Peak:
        r"""Find the maximum of a quantity as a function of beta.

        Parameters
        ----------
        name : str
            One of `names`.
        between : (float, float), optional
            Range of beta, within which there is one maximum; by default that of the runs.

        Raises
        ------
        ValueError
            If the largest value is at an end of the range.
        KeyError

        Notes
        -----
        The error of the location is :math:`\sigma(C'(\beta)) / |C''(\beta)|` at the maximum, with
        the correlations of C on both sides of it. That is to first order in the noise: it is good
        for locations known to a small part of the width of the maximum.
        """
        if name not in self._names:
            raise KeyError(f"[Reweighted] expected one of {', '.join(self._names)}, got {name!r}")
        runs = self._mixture.betas
        low, high = between if between is not None else (float(runs[0]), float(runs[-1]))
        grid = np.linspace(low, high, _PEAK_GRID)
        values = [self._influence(name, beta).value for beta in grid]
        best = int(np.argmax(values))
        if not 0 < best < _PEAK_GRID - 1:
            raise ValueError(
                f"[peak] expected a maximum of {name} inside beta = {low:g} to {high:g}, got the "
                f"largest value at {grid[best]:g}"
            )
        return self._peak(name, grid[best - 1], grid[best + 1])

    def _peak(self, name: str, low: float, high: float) -> Peak:
        from scipy import optimize  # at first use, as it takes half a second

        found = optimize.minimize_scalar(
            lambda beta: -self._influence(name, beta).value,
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-6 * (high - low)},
        )
        beta, step = float(found.x), 0.25 * (high - low)
        left, top, right = (self._influence(name, b) for b in (beta - step, beta, beta + step))
        curvature = (left.value - 2.0 * top.value + right.value) / step**2
        slope = right.minus(left, 1.0 / (2.0 * step))
        return Peak(
            beta,
            float(self._mixture.error(slope) / abs(curvature)),
            top.value,
            self._mixture.error(top),
        )

    def _influence(self, name: str, beta: float) -> Influence:
        derived = self._pool.functions.get(name)
        if derived is None:
            derived = Derived(lambda _, one: one, (self._pool.series[name],))
        series = [one[0] for one in derived.series]
        return self._mixture.influence(beta, derived.function, series)

    def _curve(self, influences: list[Influence]) -> Curve:
        values = [one.value for one in influences]
        covariance = self._mixture.covariance(influences)
        return Curve(self.betas, values, np.sqrt(np.diag(covariance)), covariance)

    def __repr__(self) -> str:
        return (
            f"Reweighted({len(self.betas)} beta = {self.betas[0]:.6g} to {self.betas[-1]:.6g} from "
            f"{len(self._mixture.betas)}: {', '.join(self._names)})"
        )


class _Pool(NamedTuple):
    """All draws of all runs in one row, float64 (1, draw), and what is made of them."""

    series: dict[str, FloatArray]
    functions: dict[str, Derived]


def reweight(
    runs: Run | Scan | Iterable[Run],
    betas: npt.ArrayLike,
    observables: Iterable[str] | None = None,
    *,
    exchanging: bool = False,
) -> Reweighted:
    r"""Combine runs at several beta into means at any beta between, by MBAR.

    Parameters
    ----------
    runs : Run, Scan or iterable of Run
        Of one model; each has "energy". Neighbouring beta must share energies.
    betas : array_like of float
        At least 0, between or near those of the runs: effective draws below 100 cause a warning.
    observables : iterable of str, optional
        Rows of `kadanoff.Run.summary`; by default all.
    exchanging : bool
        Whether replicas of a run exchange their temperatures, as in parallel tempering. They are
        then correlated with each other, and the error of a run is that of the sum over its
        replicas, draw by draw.

    Returns
    -------
    Reweighted

    Raises
    ------
    ValueError
        If the runs are not of one model, lack an observable, or do not overlap in energy.
    TypeError
        If an argument has the wrong type.
    ImportError
        If pymbar is not installed.

    Notes
    -----
    The multistate Bennett acceptance ratio (Shirts and Chodera 2008) is multi-histogram reweighting
    (Ferrenberg and Swendsen 1989) in the limit of bins of zero width: a draw x of energy E counts

    .. math:: W(x; \beta) \propto \frac{e^{-\beta E}}{\sum_k N_k e^{f_k - \beta_k E}}

    with ``pymbar`` solving for the free energies f_k. All draws are used, none is left out to thin
    them. Errors are those of the linear response of the result to each draw's weight, the f_k
    included; that response is a series (replica, draw) for each beta of the runs, whose error knows
    its own autocorrelation time (`standard_error`), and the runs' errors add in squares. For
    independent draws this is the covariance of Shirts and Chodera; for Markov chains it is the
    central limit theorem of Li et al. (2023). The covariance between two beta takes the correlation
    of the two responses at equal times.

    References
    ----------
    A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 63 (1989) 1195.
    M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129 (2008) 124105.
    X. S. Li, B. Van Koten, A. R. Dinner and E. H. Thiede, J. Chem. Phys. 158 (2023) 214107.

    Examples
    --------
    >>> import numpy as np, kadanoff as kd
    >>> sampler = kd.Sampler(kd.Ising(kd.Square(8)), beta=[0.38, 0.42, 0.46], replicas=3, seed=1)
    >>> sampler.run(500)
    >>> means = reweight(sampler.sample(draws=2000, every=5), [0.40, 0.44])
    >>> exact = kd.exact.kaufman((8, 8), [0.40, 0.44]).energy
    >>> bool((np.abs(means["energy"].mean - exact) < 4 * means["energy"].standard_error).all())
    True
    """
    parts = _runs(runs)
    targets = np.unique(arguments.reals("reweight", "betas", betas))
    if not (np.isfinite(targets).all() and targets[0] >= 0.0):
        raise ValueError(f"[reweight] expected betas of at least 0, got {targets.tolist()}")
    pool = _pooled(parts)
    names = _names(pool, observables)
    mixture = Mixture(
        [run.beta for run in parts],
        [run["energy"] * run.n_sites for run in parts],
        exchanging=bool(exchanging),
    )
    result = Reweighted(mixture, pool, targets, names)
    few = targets[result.effective_draws < FEW]
    if few.size:
        warnings.warn(
            f"[reweight] fewer than {FEW:g} effective draws at beta = "
            f"{', '.join(f'{beta:g}' for beta in few)}: neither means nor errors are to be trusted",
            stacklevel=2,
        )
    return result


def _runs(source: Any) -> list[Run]:
    from ..run import Run, _same

    one = getattr(source, "run", source)
    parts = [one] if isinstance(one, Run) else one
    try:
        parts = list(parts)
    except TypeError:
        parts = []
    if not parts or not all(isinstance(part, Run) for part in parts):
        raise TypeError(f"[reweight] expected a run or several with draws, got {source!r}")
    for part in parts:
        if "energy" not in part:
            raise ValueError(f"[reweight] expected runs with energy, got {part!r}")
        if not _same(part.model, parts[0].model):
            raise ValueError("[reweight] expected runs of one model, got different ones")
    return parts


def _pooled(parts: list[Run]) -> _Pool:
    """Put all draws in one row; what belongs to pairs of replicas has no energy of its own."""
    shared = [
        name
        for name in parts[0].observables
        if all(name in part for part in parts) and not is_paired(name)
    ]
    rows = {name: np.concatenate([part[name].ravel() for part in parts]) for name in shared}
    series = moments({name: row[None] for name, row in rows.items()})
    return _Pool(series, functions(series, parts[0].n_sites, parts[0].model))


def _names(pool: _Pool, observables: Iterable[str] | None) -> tuple[str, ...]:
    known = (*pool.series, *pool.functions)
    if observables is None:
        return known
    names = (observables,) if isinstance(observables, str) else tuple(observables)
    for name in names:
        if name not in known:
            raise ValueError(
                f"[reweight] expected observables among {', '.join(known)}, got {name!r}"
            )
    return names
