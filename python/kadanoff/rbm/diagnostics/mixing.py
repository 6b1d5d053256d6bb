"""Whether chains forget where they began."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments, device_arrays
from kadanoff.analysis.summary import Summary

from ..gibbs import GibbsSampler
from ..machine import RBM
from .traces import MAX_MODES, Traces, leading_modes, record

DRAWS = 100
"""So many draws are looked at, where there are as many steps."""

MIN_STEPS = 16
R_HAT_LIMIT = 1.1
P_LIMIT = 1e-4


class MixingWarning(UserWarning):
    """Chains that do not forget where they began: their states are not samples of the machine."""


@dataclass(frozen=True)
class Mixing:
    """What `mixing` found.

    Attributes
    ----------
    steps : int
        Steps of each chain; the second half of them was looked at.
    starts : tuple of str
        Where chains began.
    traces : Traces
        The second half of all chains, one start after the other, with as many chains from each.
    p_values : dict of str to float
        For each series, the probability of means of the starts so far apart by chance.
    reasons : tuple of str
        Why the chains do not mix; empty where nothing says so.
    """

    steps: int
    starts: tuple[str, ...]
    traces: Traces
    p_values: dict[str, float]
    reasons: tuple[str, ...]

    @property
    def mixed(self) -> bool:
        """Whether nothing says that the chains do not mix."""
        return not self.reasons

    @property
    def summary(self) -> Summary:
        """The `Summary` of the second half."""
        return self.traces.summary()

    @property
    def tau(self) -> float:
        """The largest integrated autocorrelation time, in steps.

        A lower bound where the chains do not mix: they have not seen what they miss.
        """
        times = [row.tau_int_sweeps for row in self.summary if math.isfinite(row.tau_int)]
        return max(times, default=math.nan)

    def __str__(self) -> str:
        lines = [str(self.summary)]
        lines += [f"{name}: starts agree with p = {p:.2g}" for name, p in self.p_values.items()]
        lines.append(f"mixed in {self.steps} steps" if self.mixed else "; ".join(self.reasons))
        return "\n".join(lines)


def mixing(
    rbm: RBM,
    data: npt.ArrayLike | None = None,
    steps: int = 1000,
    chains: int = 32,
    modes: int = 3,
    beta: float = 1.0,
    seed: int = 1,
    threads: int | None = None,
    precision: str = "float32",
    device: str = "cpu",
) -> Mixing:
    r"""Find out whether chains of so many steps mix, and warn if they do not.

    Chains begin far apart: in random states, with all units low and all high, at both ends of the
    leading singular vector of the weights, and in the data. After half of the steps, they should
    agree.

    Parameters
    ----------
    rbm : RBM
    data : array_like, (n, n_visible), optional
        States where more chains begin.
    steps : int
        At least 16.
    chains : int
        From each start, at least 4.
    modes : int
        Leading singular vectors of the weights that are followed, besides the free energy.
    beta, seed, threads, precision, device
        As for `GibbsSampler`.

    Returns
    -------
    Mixing

    Raises
    ------
    TypeError, ValueError
    RuntimeError
        If the device is not available.

    Warns
    -----
    MixingWarning
        If chains do not mix.

    Notes
    -----
    Of the second half of the chains, 100 draws are looked at, in projections on singular vectors
    and in the free energy. Chains do not mix if

    - split R-hat of all chains exceeds 1.1 in any of these, so that more than a fortieth of the
      steps is needed to forget a state: with an autocorrelation time tau, :math:`\hat R^2 \approx 1
      + 8 \tau / \mathrm{steps}` (Vehtari et al., Bayesian Analysis 16 (2021) 667), or if
    - means of chains differ between starts: Kruskal and Wallis's test of each series, with a
      probability of at most 1e-4 of a false alarm in all of them together.

    The former finds slow chains wherever they began, the latter a start whose chains are 1.4
    standard deviations of their means off, in nine of ten cases. What no chain has seen can
    not be found: data help.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> weak, strong = (  # two modes, all units low and all high; strong weights part them
    ...     kd.RBM(np.full((12, 4), w), [-2 * w] * 12, [-6 * w] * 4) for w in (0.2, 2.0)
    ... )
    >>> kd.rbm.mixing(weak, steps=400).mixed
    True
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", kd.rbm.MixingWarning)
    ...     kd.rbm.mixing(strong, steps=400).mixed
    False
    """
    call = "mixing"
    if not isinstance(rbm, RBM):
        raise TypeError(f"[{call}] expected a machine such as kd.RBM(weights), got {rbm!r}")
    steps = arguments.integer(call, "steps", steps, MIN_STEPS, 2**39)
    chains = arguments.integer(call, "chains", chains, 4, 2**24)
    modes = arguments.integer(call, "modes", modes, 0, MAX_MODES)
    beta = arguments.real(call, "beta", beta)
    starts = _starts(call, rbm, data, chains, arguments.fixed_seed(call, seed))
    sampler = GibbsSampler(rbm, (len(starts) + 1) * chains, seed, device, threads, precision, beta)
    visible = device_arrays.on_host(call, sampler.visible)
    for number, states in enumerate(starts.values()):
        visible[(number + 1) * chains : (number + 2) * chains] = states
    sampler.visible = visible
    every = max(1, steps // (2 * DRAWS))
    draws = steps // 2 // every
    sampler.run(steps - draws * every)
    traces = record(sampler, draws, every, modes)
    names = ("random", *starts)
    p_values = {name: _agreement(series, len(names)) for name, series in traces.items()}
    found = Mixing(steps, names, traces, p_values, _reasons(traces, p_values))
    if not found.mixed:
        warnings.warn(f"[{call}] {_advice(found)}", MixingWarning, stacklevel=2)
    return found


def _starts(
    call: str, rbm: RBM, data: npt.ArrayLike | None, chains: int, seed: int
) -> dict[str, npt.NDArray[Any]]:
    """Return visible units far apart, of one chain or of each."""
    low = -1 if rbm.visible_units == "spin" else 0
    leading = leading_modes(rbm, 1)[:, 0]
    starts = {
        "low": np.full(rbm.n_visible, low),
        "high": np.ones(rbm.n_visible, dtype=int),
        "along mode_1": np.where(leading > 0.0, 1, low),
        "against mode_1": np.where(leading < 0.0, 1, low),
    }
    if data is not None:
        rows = rbm.states(call, "visible", data)
        if rows.ndim != 2 or not len(rows):
            wanted = f"data of shape (n, {rbm.n_visible})"
            raise ValueError(f"[{call}] expected {wanted}, got shape {rows.shape}")
        generator = np.random.default_rng(seed)
        starts["data"] = rows[generator.choice(len(rows), chains, replace=len(rows) < chains)]
    return starts


def _agreement(series: npt.NDArray[np.float64], starts: int) -> float:
    """Return the p-value of Kruskal and Wallis's test of the means of chains from each start."""
    from scipy.stats import kruskal

    means = series.mean(axis=1)
    # Equal states may have sums that differ in the last bits, which ranks would take for real.
    resolution = 1e-9 * float(np.abs(means).max())
    if means.max() - means.min() <= resolution:
        return 1.0
    groups = np.round(means / resolution).reshape(starts, -1)
    return float(kruskal(*groups).pvalue)


def _reasons(traces: Traces, p_values: dict[str, float]) -> tuple[str, ...]:
    """Say in which series chains do not mix, the worst first."""
    apart = [
        f"r_hat of {row.name} is {row.r_hat:.3g}"
        for row in sorted(traces.summary(), key=lambda row: -row.r_hat)
        if row.r_hat > R_HAT_LIMIT
    ]
    differ = [
        f"starts differ in {name} (p = {p:.1g})"
        for name, p in sorted(p_values.items(), key=lambda item: item[1])
        if p < P_LIMIT / len(p_values)
    ]
    return tuple(apart + differ)


def _advice(found: Mixing) -> str:
    return (
        f"chains do not mix in {found.steps} steps: {found.reasons[0]}; expect no fair samples of "
        "them, run longer or temper"
    )
