"""Series that chains leave, and what they say about the chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments, device_arrays
from kadanoff.analysis.estimators import arviz, check_series, integrated_time, statistics
from kadanoff.analysis.resampling import mean
from kadanoff.analysis.summary import Estimate, Summary

from ..gibbs import GibbsSampler
from ..machine import RBM
from ..tempering.temperatures import RBMTempering
from ..tempering.trajectory import TrajectoryTempering

Floats = npt.NDArray[np.float64]
Measure = Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.ArrayLike]
Observables = Mapping[str, Measure]
Chains = GibbsSampler | RBMTempering | TrajectoryTempering

MAX_MODES = 1000


class Traces(Mapping[str, Floats]):
    """Series of chains at one beta, by name; `record` makes them.

    Attributes
    ----------
    every : int
        Steps from draw to draw.
    beta : float
        Inverse temperature of the chains.
    units : ndarray of uint8 or int8, (chain, draw, n_visible), or None
        The visible units, where they were asked for.
    """

    def __init__(
        self,
        series: Mapping[str, Floats],
        *,
        every: int,
        beta: float,
        title: str = "chains",
        units: npt.NDArray[Any] | None = None,
    ) -> None:
        self._series = dict(series)
        self.every = every
        self.beta = beta
        self.units = units
        self._title = title

    def __getitem__(self, name: str) -> Floats:
        """Return a series, float64 (chain, draw)."""
        try:
            return self._series[name]
        except KeyError:
            known = ", ".join(self._series)
            raise KeyError(f"[Traces] expected one of {known}, got {name!r}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._series)

    def __len__(self) -> int:
        return len(self._series)

    @property
    def shape(self) -> tuple[int, int]:
        """(Chains, draws)."""
        chains, draws = next(iter(self._series.values())).shape
        return chains, draws

    def summary(self) -> Summary:
        """Return mean, standard error, tau_int (in draws), ess and r_hat of each series.

        ``row.tau_int_sweeps`` of a row is its tau_int in steps. Means of 0 and 1 and R-hat need
        two chains or more to tell chains that are stuck apart.
        """
        rows = {
            name: Estimate(name, mean(one), *statistics(one), every=self.every)
            for name, one in self._series.items()
        }
        return Summary(rows, beta=self.beta, title=f"{self._title}; tau_int in draws")

    def autocorrelation(self, name: str, lags: int | None = None) -> Floats:
        r"""Return the autocorrelation function of a series, of all chains together.

        Parameters
        ----------
        name : str
        lags : int, optional
            How many, 0 included; by default half as many as draws.

        Returns
        -------
        ndarray of float64, (lags,)
            At a lag of t draws, which are ``t * every`` steps. 1, 0, 0, ... for a constant series.

        Raises
        ------
        KeyError, ValueError, TypeError

        Notes
        -----
        .. math:: \rho_t = 1 - \frac{W - \overline{c_t}}{\hat V}

        with the mean autocovariance :math:`\overline{c_t}` of the chains, their mean variance W,
        and the variance V of all draws: chains that are stuck apart stay correlated (Vehtari et
        al., Bayesian Analysis 16 (2021) 667, equation 10).
        """
        series = check_series("autocorrelation", self[name])
        chains, draws = series.shape
        default = max(1, draws // 2)
        count = (
            default
            if lags is None
            else arguments.integer("autocorrelation", "lags", lags, 1, draws)
        )
        result = np.zeros(count)
        result[0] = 1.0
        if draws < 2 or series.max() == series.min():
            return result
        covariance = arviz().autocov(series, axis=1)[:, :count].mean(axis=0)
        within = series.var(axis=1, ddof=1).mean()
        between = series.mean(axis=1).var(ddof=1) if chains > 1 else 0.0
        total = within * (draws - 1) / draws + between
        result[1:] = 1.0 - (within - covariance[1:]) / total
        return result

    def unit_times(self) -> Floats:
        """Return the integrated autocorrelation time of each visible unit, in draws.

        Returns
        -------
        ndarray of float64, (n_visible,)

        Raises
        ------
        ValueError
            If the units were not recorded.
        """
        if self.units is None:
            raise ValueError("[unit_times] expected units, got none: record(..., units=True)")
        return np.array([integrated_time(unit) for unit in np.moveaxis(self.units, -1, 0)])

    def __repr__(self) -> str:
        return f"Traces({', '.join(self._series)}; {self._title})"


def record(
    chains: Chains,
    draws: int,
    every: int = 1,
    modes: int = 3,
    observables: Observables | None = None,
    units: bool = False,
) -> Traces:
    r"""Run chains and keep what tells how fast they forget.

    Parameters
    ----------
    chains : GibbsSampler, RBMTempering or TrajectoryTempering
        At one beta; goes on by ``draws * every`` steps. Of a tempering, the copies of the machine
        itself, at the coldest temperature, are the chains.
    draws : int
        At least 1.
    every : int
        Steps before each draw.
    modes : int
        So many leading singular vectors of the weights are followed, at most as many as there are.
    observables : mapping of str to callable, optional
        More series: of the values of visible and hidden units, (chain, n_visible) and (chain,
        n_hidden), a callable makes a number for each chain.
    units : bool
        Whether to keep the visible units as well, a byte each.

    Returns
    -------
    Traces
        "free_energy", the beta F(v) of `RBM.free_energy` at the temperature of the chains;
        "mode_1", ... the visible units projected on the leading left singular vectors, largest
        singular value first; and the `observables`.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a value is out of its range, the chains have several betas, or an observable is no finite
        number for each chain.

    Notes
    -----
    The projections on the singular vectors :math:`u_k` of the largest singular values are the
    slowest functions of a machine near a gaussian, and tell modes of the distribution apart
    (A. Decelle and C. Furtlehner, Chin. Phys. B 30 (2021) 040202). Chains that stand for different
    distributions, because units are clamped to different values, are not to be taken together.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM(np.full((6, 3), 0.4), visible_bias=[-0.6] * 6, hidden_bias=[-1.2] * 3)
    >>> chains = kd.GibbsSampler(rbm, chains=50, seed=1)
    >>> chains.run(100)
    >>> traces = kd.rbm.record(chains, draws=200, modes=1)
    >>> traces
    Traces(free_energy, mode_1; RBM(6 visible, 3 hidden units), beta = 1: 50 x 200 draws, one every step)
    >>> row = traces.summary()["mode_1"]
    >>> bool(0.5 < row.tau_int < 2), bool(row.r_hat < 1.02)
    (True, True)
    """  # noqa: E501
    call = "record"
    if not isinstance(chains, Chains):
        raise TypeError(f"[{call}] expected chains such as kd.GibbsSampler(rbm), got {chains!r}")
    draws = arguments.integer(call, "draws", draws, 1, 2**31)
    every = arguments.integer(call, "every", every, 1, 2**31)
    modes = arguments.integer(call, "modes", modes, 0, MAX_MODES)
    beta = _one_beta(call, chains)
    measures = _measures(call, chains, beta, modes, observables or {})
    first = _on_host(chains.visible)
    count = len(first)
    series = {name: np.empty((count, draws)) for name in measures}
    kept = np.empty((count, draws, chains.rbm.n_visible), first.dtype) if units else None
    for draw in range(draws):
        chains.run(every)
        visible, hidden = _on_host(chains.visible), _on_host(chains.hidden)
        for name, measure in measures.items():
            series[name][:, draw] = measure(visible, hidden)
        if kept is not None:
            kept[:, draw] = visible
    steps = "step" if every == 1 else f"{every} steps"
    title = f"{chains.rbm!r}, beta = {beta:g}: {count} x {draws} draws, one every {steps}"
    return Traces(series, every=every, beta=beta, title=title, units=kept)


def _on_host(values: Any) -> npt.NDArray[Any]:
    return np.asarray(device_arrays.on_host("record", values))


def leading_modes(rbm: RBM, count: int) -> Floats:
    """Return the left singular vectors of the largest singular values, (n_visible, count).

    The entry of largest size of each is positive.
    """
    from scipy.linalg import svd

    left, _, _ = svd(rbm.weights.astype(np.float64), full_matrices=False)
    left = left[:, :count]
    largest = np.abs(left).argmax(axis=0)
    return np.asarray(left * np.where(left[largest, range(left.shape[1])] < 0.0, -1.0, 1.0))


def _one_beta(call: str, chains: Chains) -> float:
    if isinstance(chains, TrajectoryTempering):
        return 1.0
    if isinstance(chains, RBMTempering):
        return float(chains.betas.max())
    betas = np.unique(chains.beta)
    if len(betas) > 1:
        raise ValueError(f"[{call}] expected chains at one beta, got {len(betas)}")
    return float(betas[0])


def _measures(
    call: str, chains: Chains, beta: float, modes: int, observables: Observables
) -> dict[str, Measure]:
    rbm = chains.rbm
    vectors = leading_modes(rbm, modes) if modes else np.empty((rbm.n_visible, 0))
    measures = {"free_energy": _free_energy(chains, beta)}
    measures |= {f"mode_{k + 1}": _along(vectors[:, k]) for k in range(vectors.shape[1])}
    for name, function in observables.items():
        if name in measures:
            raise ValueError(f"[{call}] expected a name of its own for an observable, got {name!r}")
        if not callable(function):
            raise TypeError(f"[{call}] expected a callable as observable {name}, got {function!r}")
        measures[name] = _checked(call, name, function)
    return measures


def _free_energy(chains: Chains, beta: float) -> Measure:
    if isinstance(chains, GibbsSampler):
        return lambda _visible, _hidden: -chains.log_weight()
    rbm = chains.rbm
    if beta != 1.0:  # the machine whose energies are beta times as large
        terms = (beta * rbm.weights, beta * rbm.visible_bias, beta * rbm.hidden_bias)
        rbm = RBM(*terms, rbm.visible_units, rbm.hidden_units)
    return lambda visible, _hidden: rbm.free_energy(visible)


def _along(vector: Floats) -> Measure:
    return lambda visible, _hidden: visible @ vector


def _checked(call: str, name: str, function: Measure) -> Measure:
    def measure(visible: npt.NDArray[Any], hidden: npt.NDArray[Any]) -> npt.ArrayLike:
        values = arguments.array(call, name, function(visible, hidden))
        if values.shape != visible.shape[:1]:
            wanted = f"{name} of shape {visible.shape[:1]}"
            raise ValueError(f"[{call}] expected {wanted}, got shape {values.shape}")
        if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
            raise ValueError(f"[{call}] expected finite numbers of {name}, got others")
        return values

    return measure
