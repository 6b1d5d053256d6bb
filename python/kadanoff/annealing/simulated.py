"""Simulated annealing."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.errors import Interrupted
from kadanoff.models import Model, Potts
from kadanoff.models.base import check_model
from kadanoff.sampler import DEVICES, Sampler
from kadanoff.saved import versions

from .result import AnnealResult
from .schedule import Schedule, make_schedule

UPDATES = ("heatbath", "metropolis")
GENERATORS = ("none", "tile", "random")

MAX_READS = 2**31


def anneal(
    model: Model,
    num_reads: int | None = None,
    num_sweeps: int | None = None,
    beta_range: npt.ArrayLike | None = None,
    *,
    num_sweeps_per_beta: int = 1,
    beta_schedule_type: str | None = None,
    beta_schedule: npt.ArrayLike | None = None,
    seed: int | None = None,
    initial_states: npt.ArrayLike | AnnealResult | None = None,
    initial_states_generator: str = "random",
    keep_best: bool = False,
    update: str = "metropolis",
    device: str = "cpu",
    threads: int | None = None,
) -> AnnealResult:
    r"""Cool independent copies of a model down, and return the states in which they end.

    The keywords that `dwave.samplers.SimulatedAnnealingSampler.sample` has as well mean the same.
    The states are a pure function of the arguments: the same bits come from every instruction set,
    number of threads and device.

    Parameters
    ----------
    model : Ising, Potts, BoltzmannMachine or Hopfield
    num_reads : int, optional
        Copies; by default as many as there are `initial_states`, else 100.
    num_sweeps : int, optional
        Sweeps of each copy in all; 1000 for each `num_sweeps_per_beta` by default.
    beta_range : (float, float), optional
        First and last inverse temperature, in units of 1 / energy; `default_beta_range` of the
        model by default.
    num_sweeps_per_beta : int
        Sweeps at each inverse temperature.
    beta_schedule_type : {"geometric", "linear", "custom"}, optional
        How inverse temperatures are spaced in `beta_range`; geometric unless there is a
        `beta_schedule`. A single one is the last of the range.
    beta_schedule : sequence of float, optional
        The inverse temperatures themselves, in any order, each in [0, 1e12].
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; `info` tells it.
    initial_states : array_like or AnnealResult, optional
        ``(*lattice.shape)`` or ``(states, *lattice.shape)`` of -1 and 1, or 0 to q - 1; or the
        states of a result. Random by default. Those beyond `num_reads` are not used.
    initial_states_generator : {"none", "tile", "random"}
        Where there are fewer `initial_states` than reads: an error, their repetition, or random
        states for the rest.
    keep_best : bool
        Return the lowest state that each copy was in at the start or after any beta, not the last
        one. It costs an evaluation of the energies at each beta, and a copy of the spins where
        one improves.
    update : {"metropolis", "heatbath"}
        Metropolis accepts every flip that heat bath accepts, and more; of the same number of sweeps
        on +-J glasses of 100 to 400 spins, 1.5 to 6 times as many ended in ground states. That it
        is not ergodic at beta = 0 does no harm here, where the start is random.
    device : {"cpu", "cuda"}
    threads : int, optional
        As for `kadanoff.Sampler`.

    Returns
    -------
    AnnealResult
        Rows in the order of the reads. `info` holds the model in short, the schedule ("betas",
        "num_sweeps_per_beta", "beta_schedule_type"), "update", "seed", "kernel", "keep_best" and
        versions.

    Raises
    ------
    Interrupted
        A KeyboardInterrupt; its `run` is the result at the inverse temperature reached.
    ValueError, TypeError
        If an argument is out of its range or of the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, Science 220 (1983) 671.

    D-Wave's energy is :math:`\sum h_i s_i + \sum J_{ij} s_i s_j`, the energy here has minus signs:
    their h and J are ``field=-h`` and ``coupling=-J`` here, J in the order of the edges.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(8), coupling=-1.0)
    >>> result = kd.anneal(model, num_reads=64, num_sweeps=200, seed=1)
    >>> result.best.energy, result.spins.shape
    (-128.0, (64, 8, 8))

    What D-Wave's samplers take as h and J, with sites numbered from 0:

    >>> h, J = {0: 1.0, 1: 0.0, 2: 0.0}, {(0, 1): -1.0, (1, 2): 2.0}
    >>> chain = kd.Ising(kd.Graph(list(J)), coupling=-np.array(list(J.values())),
    ...                  field=-np.array([h[site] for site in range(3)]))
    >>> kd.anneal(chain, num_reads=10, seed=1).best
    State(energy=-4.0, spins=array([-1, -1,  1], dtype=int8))
    """
    check_model("anneal", model)
    schedule = make_schedule(
        model, num_sweeps, num_sweeps_per_beta, beta_range, beta_schedule_type, beta_schedule
    )
    if not isinstance(keep_best, (bool, np.bool_)):
        raise TypeError(f"[anneal] expected keep_best as True or False, got {keep_best!r}")
    starts = _initial_states(model, num_reads, initial_states, initial_states_generator)
    reads = 100 if starts is None else len(starts)
    if num_reads is not None:
        reads = arguments.integer("anneal", "num_reads", num_reads, 1, MAX_READS)
    sampler = make_sampler("anneal", model, update, reads, seed, device, threads)
    if starts is not None:
        write_first(sampler, starts[:reads])
    return _run(sampler, schedule, bool(keep_best))


def make_sampler(
    call: str,
    model: Model,
    update: str,
    replicas: int,
    seed: int | None,
    device: str,
    threads: int | None,
) -> Sampler:
    """Return a sampler of random spins."""
    arguments.choice(call, "update", update, UPDATES)
    arguments.choice(call, "device", device, DEVICES)
    seed = arguments.seed(call, seed)
    threads = arguments.threads(call, threads)
    with warnings.catch_warnings():
        if call == "anneal":  # which seeks low states, not the Boltzmann distribution
            warnings.filterwarnings("ignore", ".*Metropolis is not ergodic")
        return Sampler(
            model,
            beta=1.0,  # until the first of the schedule
            update=update,
            replicas=replicas,
            seed=seed,
            device=device,
            threads=threads,
            start="random",
        )


def read_states(sampler: Sampler) -> npt.NDArray[Any]:
    """Return the spins in host memory, whatever the device."""
    out = np.empty(sampler.shape, dtype=sampler.dtype)
    sampler._core.read_spins(out.view(np.int8))
    return out


def write_first(sampler: Sampler, states: npt.NDArray[Any]) -> None:
    """Replace the spins of the first replicas."""
    spins = read_states(sampler)
    spins[: len(states)] = states
    sampler._core.write_spins(spins.view(np.int8))


def _initial_states(
    model: Any, num_reads: int | None, given: Any, generator: str
) -> npt.NDArray[Any] | None:
    """Return the initial states that are not random, checked."""
    arguments.choice("anneal", "initial_states_generator", generator, GENERATORS)
    if given is None:
        if generator != "random":
            raise ValueError(
                f"[anneal] expected initial_states for initial_states_generator={generator!r}, "
                "got none"
            )
        return None
    if isinstance(given, AnnealResult):
        given = given.spins
    states = arguments.array("anneal", "initial_states", given)
    shape = model.lattice.shape
    if states.shape == shape:
        states = states[None]
    if states.shape[1:] != shape or len(states) == 0:
        wanted = ", ".join(map(str, shape))
        raise ValueError(
            f"[anneal] expected initial_states of shape (states, {wanted}), got {states.shape}"
        )
    states = _checked_spins(model, states)
    if num_reads is not None and len(states) < num_reads:
        if generator == "none":
            raise ValueError(
                f"[anneal] expected at least {num_reads} initial_states, got {len(states)}"
            )
        if generator == "tile":
            states = states[np.arange(num_reads) % len(states)]
    return states


def _checked_spins(model: Any, states: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if states.dtype.kind not in "iuf":
        raise TypeError(f"[anneal] expected initial_states as numbers, got {states.dtype}")
    if isinstance(model, Potts):
        allowed, dtype = f"0 to {model.q - 1}", np.uint8
        right = (states >= 0) & (states < model.q) & (states == np.floor(states))
    else:
        allowed, dtype = "-1 and 1", np.int8
        right = (states == 1) | (states == -1)
    if not right.all():
        wrong = states[~right][0]
        raise ValueError(f"[anneal] expected initial_states of {allowed}, got {wrong}")
    return states.astype(dtype)


def _run(sampler: Sampler, schedule: Schedule, keep_best: bool) -> AnnealResult:
    core = sampler._core
    best_energy = np.empty(sampler.replicas if keep_best else 0)
    best_spins = np.empty(sampler.shape if keep_best else 0, dtype=sampler.dtype)
    done, signal = _core.anneal(
        core,
        schedule.betas.tolist(),
        schedule.sweeps_per_beta,
        best_energy,
        best_spins.view(np.int8),
    )
    if keep_best:
        energies, spins = best_energy, best_spins
    else:
        energies, spins = _core.total_energy(core), read_states(sampler)
    info = {
        **describe_run(sampler),
        "betas": schedule.betas[:done],
        "num_sweeps_per_beta": schedule.sweeps_per_beta,
        "beta_schedule_type": schedule.kind,
        "keep_best": keep_best,
    }
    result = AnnealResult(spins, energies, info=info)
    if isinstance(signal, KeyboardInterrupt):
        raise Interrupted(f"[anneal] stopped after {done} of {len(schedule.betas)} betas", result)
    if signal is not None:
        raise signal
    return result


def describe_run(sampler: Sampler) -> dict[str, Any]:
    """Return what made a result, as plain values."""
    return {
        "model": sampler.model.describe(),
        "update": sampler.update,
        "seed": sampler.seed,
        "kernel": sampler.kernel,
        **versions(),
    }
