"""Annealed importance sampling of ln Z: forward, in reverse, and along a training trajectory."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments

from ..core_terms import core_terms
from ..machine import RBM
from .partition import FEW, LogPartition, log_mean

Floats = npt.NDArray[np.float64]
Biases = npt.NDArray[np.float32]

MAX_LADDER = 2**20
# Pilots of few chains lengthen the ladder until ln of their weights has at most this variance.
_PILOT_CHAINS, _PILOT_LADDER, _LONGEST_PILOT, _VARIANCE = 128, 64, 2**14, 0.2
# Random numbers of their own, for the same seed.
_MAIN, _FIRST_PILOT = 0, 1


class Annealing:
    """Chains between a base machine and a machine, and how they are to be run.

    Parameters
    ----------
    call : str
        Whose errors these are.
    rbm : RBM
    beta : float
    seed : int or None
    threads : int or None
    base_bias, data
        As `RBM.log_partition` takes them.
    """

    def __init__(
        self,
        call: str,
        rbm: RBM,
        beta: float,
        seed: int | None,
        threads: int | None,
        base_bias: npt.ArrayLike | None,
        data: npt.ArrayLike | None,
    ) -> None:
        self.call, self.rbm = call, rbm
        self.beta = arguments.real(call, "beta", beta)
        if not 0.0 < self.beta <= 1e12:
            raise ValueError(f"[{call}] expected beta in (0, 1e12], got {self.beta}")
        self.seed = arguments.seed(call, seed)
        self.threads = arguments.threads(call, threads) or 0
        self.base_bias = self._base(base_bias, data)

    def _base(self, base_bias: npt.ArrayLike | None, data: npt.ArrayLike | None) -> Biases:
        call, rbm = self.call, self.rbm
        if base_bias is not None and data is not None:
            raise ValueError(f"[{call}] expected base_bias or data, got both")
        if base_bias is not None:
            return _biases(call, base_bias, rbm.n_visible)
        if data is not None:
            states = rbm.states(call, "visible", data, "data").reshape(-1, rbm.n_visible)
            if len(states) == 0:
                raise ValueError(f"[{call}] expected at least one state in data, got none")
            return self._biases_of(states == 1)
        zero = np.zeros(rbm.n_visible, dtype=np.float32)
        pilot = self.chains(_PILOT_CHAINS, _FIRST_PILOT, zero)
        pilot.start()
        pilot.run(_even(_PILOT_LADDER))
        # Halfway: modes that few chains of the pilot found are not to be rare in the base.
        return np.asarray(0.5 * self._biases_of(pilot.visible() == 1), dtype=np.float32)

    def _biases_of(self, on: npt.NDArray[np.bool_]) -> Biases:
        """Biases with which units alone are on as often as in these states."""
        often = np.clip((on.sum(axis=0) + 1.0) / (len(on) + 2.0), 1e-3, 1.0 - 1e-3)
        odds = np.log(often / (1.0 - often))
        scale = 0.5 if self.rbm.visible_units == "spin" else 1.0
        return np.asarray(scale * odds, dtype=np.float32)

    def chains(self, count: int, pass_number: int, base_bias: Biases | None = None) -> Any:
        """Return chains that have not begun."""
        return _core.RbmAnnealing(
            **core_terms(self.rbm),
            base_bias=self.base_bias if base_bias is None else base_bias,
            chains=count,
            beta=self.beta,
            seed=self.seed,
            pass_number=pass_number,
            threads=self.threads,
        )

    def ladder(self, betas: int | npt.ArrayLike | None) -> Floats:
        """Return the ladder that was asked for, or one that pilots found long enough."""
        if betas is not None:
            return _ladder(self.call, betas)
        number = _FIRST_PILOT

        def variance(steps: int) -> float:
            nonlocal number
            number += 1
            pilot = self.chains(_PILOT_CHAINS, number)
            pilot.start()
            pilot.run(_even(steps))
            return float(pilot.log_weights().var(ddof=1))

        return np.array(_even(_enough(variance, _PILOT_LADDER, _LONGEST_PILOT)))

    def rounding(self) -> float:
        """How far float32 sums may shift ln Z, typically: one rounding of the largest sums."""
        sizes = np.abs(self.rbm.weights.astype(np.float64)).sum(axis=0)
        sums = sizes + np.abs(self.rbm.hidden_bias)
        return self.beta * float(np.sqrt((sums**2).sum())) * 2.0**-23

    def result(
        self, log_weights: Floats, betas: Floats, method: str, rounding: float
    ) -> LogPartition:
        """Return ln Z from the weights of chains between the base and the machine."""
        log_base = self.chains(1, _MAIN).log_base()
        value, error, (low, high), effective = log_mean(log_weights)
        if method == "reverse_ais":
            value, low, high = -value, -high, -low
        log_z = log_base + value
        slack = rounding + 1e-13 * abs(log_z)
        return LogPartition(
            log_z,
            error,
            (log_base + low - slack, log_base + high + slack),
            effective_sample_size=effective,
            log_weights=log_base + log_weights if method == "ais" else log_weights - log_base,
            betas=betas,
            base_bias=self.base_bias,
            method=method,
        )


def estimate(
    rbm: RBM,
    method: str,
    beta: float,
    chains: int | None,
    betas: int | npt.ArrayLike | None,
    base_bias: npt.ArrayLike | None,
    data: npt.ArrayLike | None,
    samples: npt.ArrayLike | None,
    seed: int | None,
    threads: int | None,
) -> LogPartition:
    """Return what `RBM.log_partition` documents, for "ais" and "reverse_ais"."""
    call = "log_partition"
    if method == "reverse_ais":
        if samples is None:
            raise ValueError(f"[{call}] expected samples of the machine for reverse_ais, got None")
        if chains is not None:
            raise ValueError(f"[{call}] expected one chain for each of the samples, got chains")
        states = rbm.states(call, "visible", samples, "samples").reshape(-1, rbm.n_visible)
        if len(states) == 0:
            raise ValueError(f"[{call}] expected at least one state in samples, got none")
        count = len(states)
    else:
        if samples is not None:
            raise ValueError(f"[{call}] expected samples for reverse_ais alone, got them for ais")
        count = 1000 if chains is None else arguments.integer(call, "chains", chains, 1, 2**31)
    asked = None if betas is None else _ladder(call, betas)
    annealing = Annealing(call, rbm, beta, seed, threads, base_bias, data)
    ladder = annealing.ladder(asked)
    runner = annealing.chains(count, _MAIN)
    if method == "reverse_ais":
        runner.write_visible(np.ascontiguousarray(states == 1).view(np.uint8))
        runner.run(ladder[::-1].tolist())
    else:
        runner.start()
        runner.run(ladder.tolist())
    result = annealing.result(runner.log_weights(), ladder, method, annealing.rounding())
    _warn(call, [result])
    return result


def trajectory_log_partition(
    machines: Sequence[RBM],
    *,
    chains: int = 1000,
    betas: int | npt.ArrayLike | None = None,
    bridges: int | None = None,
    base_bias: npt.ArrayLike | None = None,
    data: npt.ArrayLike | None = None,
    seed: int | None = None,
    threads: int | None = None,
) -> list[LogPartition]:
    r"""Estimate ln Z of all checkpoints of a training by one annealing along the training.

    Parameters
    ----------
    machines : sequence of RBM
        Checkpoints with the same layers, from early to late; the earlier the first, the better.
    chains : int
        1 to 2^31.
    betas : int or array_like of float, optional
        The ladder from the base machine to the first checkpoint, see `RBM.log_partition`.
    bridges : int, optional
        Machines between two checkpoints, whose parameters are interpolated, counting the later
        checkpoint; at least 1. By default as many as a pilot of 128 chains finds enough.
    base_bias, data, seed, threads
        As in `RBM.log_partition`.

    Returns
    -------
    list of LogPartition
        One for each machine; their chains are the same, and so their errors are correlated.

    Raises
    ------
    ValueError, TypeError

    Warns
    -----
    UserWarning
        If there are fewer than 50 effective chains at a checkpoint.

    Notes
    -----
    Where a machine has learned several modes, they are separated by barriers at any temperature,
    but have come one after the other during the training: its checkpoints are a smoother way to
    the machine than temperatures are (N. Bereux, A. Decelle, C. Furtlehner, L. Rosset and
    B. Seoane, "Fast training and sampling of restricted Boltzmann machines", ICLR 2025, sec. 4).
    A chain's weight is multiplied by :math:`e^{F_t(v) - F_{t+1}(v)}`, then v does a Gibbs step of
    machine t + 1.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> weights = np.random.default_rng(1).normal(size=(12, 8))
    >>> training = [kd.RBM(scale * weights) for scale in (0.1, 0.4, 0.7)]
    >>> estimates = kd.rbm.trajectory_log_partition(training, seed=1)
    >>> errors = [z - machine.log_partition() for z, machine in zip(estimates, training)]
    >>> bool(np.abs(errors).max() < 0.1)
    True
    """
    call = "trajectory_log_partition"
    checked = _checkpoints(call, machines)
    count = arguments.integer(call, "chains", chains, 1, 2**31)
    asked = None if betas is None else _ladder(call, betas)
    between = (
        None if bridges is None else arguments.integer(call, "bridges", bridges, 1, MAX_LADDER)
    )
    annealing = Annealing(call, checked[0], 1.0, seed, threads, base_bias, data)
    ladder = annealing.ladder(asked)
    if between is None:
        between = _enough_bridges(annealing, checked, ladder)
    weights = _walk(annealing.chains(count, _MAIN), checked, ladder, between)
    rounding = np.cumsum([_rounding_of(annealing, machine) for machine in checked])
    results = [
        annealing.result(log_weights, ladder, "ais", float(shift))
        for log_weights, shift in zip(weights, rounding, strict=True)
    ]
    _warn(call, results)
    return results


def _rounding_of(annealing: Annealing, machine: RBM) -> float:
    sums = np.abs(machine.weights.astype(np.float64)).sum(axis=0) + np.abs(machine.hidden_bias)
    return annealing.beta * float(np.sqrt((sums**2).sum())) * 2.0**-23


def _checkpoints(call: str, machines: Sequence[RBM]) -> list[RBM]:
    if isinstance(machines, RBM):
        raise TypeError(f"[{call}] expected a list of machines, got {machines!r}")
    checked = list(machines)
    if not checked:
        raise ValueError(f"[{call}] expected at least one machine, got none")
    for machine in checked:
        if not isinstance(machine, RBM):
            raise TypeError(f"[{call}] expected machines such as kd.RBM(weights), got {machine!r}")
        if machine.layers != checked[0].layers:
            raise ValueError(f"[{call}] expected a machine like {checked[0]!r}, got {machine!r}")
    return checked


def _walk(chains: Any, machines: list[RBM], ladder: Floats, between: int) -> list[Floats]:
    """Return the logarithms of weights at each of the machines."""
    chains.start()
    chains.run(ladder.tolist())
    weights = [chains.log_weights()]
    for last, following in itertools.pairwise(machines):
        for k in range(1, between + 1):
            chains.bridge(**core_terms(_between(last, following, k / between)))
        weights.append(chains.log_weights())
    return weights


def _between(first: RBM, second: RBM, share: float) -> RBM:
    if share == 1.0:
        return second

    def mixed(name: str) -> npt.NDArray[Any]:
        return np.asarray((1.0 - share) * getattr(first, name) + share * getattr(second, name))

    biases = mixed("visible_bias"), mixed("hidden_bias")
    return RBM(mixed("weights"), *biases, first.visible_units, first.hidden_units)


def _enough_bridges(annealing: Annealing, machines: list[RBM], ladder: Floats) -> int:
    number = 2**16

    def variance(between: int) -> float:
        nonlocal number
        number += 1
        weights = _walk(annealing.chains(_PILOT_CHAINS, number), machines, ladder, between)
        return float((weights[-1] - weights[0]).var(ddof=1))

    return _enough(variance, 1, max(1, _LONGEST_PILOT // len(machines)))


def _enough(variance: Callable[[int], float], steps: int, most: int) -> int:
    """Return a number of steps at which the variance is small, or small enough and falls no more.

    Of slow changes it goes like 1 / steps, but what tells modes apart that chains no longer
    leave stays.
    """
    before = math.inf
    while True:
        now = variance(steps)
        growth = now / _VARIANCE
        if growth <= 1.0 or steps >= most or (growth <= 5.0 and now > 0.8 * before):
            return steps
        steps, before = min(most, math.ceil(steps * min(8.0, max(2.0, growth)))), now


def _even(steps: int) -> list[float]:
    return [k / steps for k in range(steps + 1)]


def _ladder(call: str, betas: int | npt.ArrayLike) -> Floats:
    """Return the ladder as an array from 0 to 1."""
    if isinstance(betas, (int, np.integer)) and not isinstance(betas, bool):
        return np.array(_even(arguments.integer(call, "betas", betas, 1, MAX_LADDER)))
    ladder = arguments.reals(call, "betas", betas)
    increasing = len(ladder) > 1 and (np.diff(ladder) > 0.0).all()  # false with a NaN in it
    if not (increasing and ladder[0] == 0.0 and ladder[-1] == 1.0):
        raise ValueError(
            f"[{call}] expected betas that increase from 0 to 1, got {_shortened(ladder)}"
        )
    return ladder


def _shortened(numbers: Floats) -> str:
    if len(numbers) <= 6:
        return str(numbers.tolist())
    first, last = numbers[:3].tolist(), numbers[-2:].tolist()
    return f"[{', '.join(map(str, first))}, ..., {', '.join(map(str, last))}]"


def _biases(call: str, value: npt.ArrayLike, count: int) -> Biases:
    array = arguments.array(call, "base_bias", value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"[{call}] expected real numbers for base_bias, got dtype {array.dtype}")
    if array.shape != (count,):
        raise ValueError(
            f"[{call}] expected base_bias of shape ({count},), got shape {array.shape}"
        )
    wrong = array[~(np.abs(array) <= 1e30)]
    if wrong.size:
        raise ValueError(f"[{call}] expected finite base_bias of at most 1e30, got {wrong[0]}")
    return array.astype(np.float32)


def _warn(call: str, results: list[LogPartition]) -> None:
    worst = min(results, key=lambda result: result.effective_sample_size)
    if not worst.reliable:
        warnings.warn(
            f"[{call}] only {worst.effective_sample_size:.3g} effective chains of "
            f"{len(worst.log_weights)}, expected at least {FEW:g}: the interval is not to be "
            "trusted; use more betas or chains, data for the base, or checkpoints of the training",
            stacklevel=4,
        )
