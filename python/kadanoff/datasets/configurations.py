"""Configurations of the Ising model at several temperatures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.draws import MAX_SWEEP
from kadanoff.lattices import Lattice
from kadanoff.models import Ising
from kadanoff.sampler import UPDATES, Sampler

from .ising_dataset import IsingDataset, IsingSampling
from .packed import PackedSpins
from .randomness import Use, derived_seed, words
from .thinning import PILOT_CHAINS, Plan, plan

TEMPERATURES = (1.8, 2.27, 3.0)
MIN_TEMPERATURE = 1e-12
"""Samplers take a beta of up to 1e12."""

Progress = Callable[[int, int, str], None]


class _Request(NamedTuple):
    """Checked arguments of `ising`."""

    model: Ising
    temperatures: npt.NDArray[np.float64]
    per_temperature: int
    seed: int
    update: str
    chains: int
    sweeps: int | None
    every: int | None
    threads: int | None


def ising(
    lattice: Lattice,
    temperatures: float | npt.ArrayLike = TEMPERATURES,
    per_temperature: int = 1000,
    seed: int = 1,
    *,
    update: str = "auto",
    chains: int | None = None,
    every: int | None = None,
    sweeps: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> IsingDataset:
    r"""Draw decorrelated configurations of the ferromagnetic Ising model, J = 1, without a field.

    Parameters
    ----------
    lattice : Lattice
    temperatures : float or sequence of float
        In units of J, 1e-12 or more.
    per_temperature : int
        Configurations at each temperature, at least 1.
    seed : int
        0 <= seed < 2^64.
    update : {"auto", "heatbath", "metropolis", "wolff", "swendsen-wang"}
        "auto" is the heat bath or Swendsen-Wang, whichever gives an independent configuration
        sooner.
    chains : int, optional
        Independent Markov chains at each temperature, 1 to `per_temperature`; by default 64, which
        `IsingDataset.split` shares out, or as many as there are configurations.
    every : int, optional
        Sweeps between two draws of a chain. By default it is chosen from the autocorrelation time
        that a pilot measures.
    sweeps : int, optional
        Sweeps before the first draw of a chain, at least 1; by default 20 autocorrelation times.
        Given without `chains`, every configuration is the last state of a chain of its own.
    threads : int, optional
        By default as many as the process may use. The spins do not depend on it.
    progress : callable, optional
        Called as progress(done, total, text) before each temperature.

    Returns
    -------
    IsingDataset
        `per_temperature` rows at the first temperature, then those at the second, and so on; at
        each temperature the first draw of all chains, then their second, and so on.

    Raises
    ------
    ValueError
        If a value is out of its range or the spins would not fit into memory.
    TypeError

    Warns
    -----
    UserWarning
        If a named update is so slow that its autocorrelation time was not found.

    Notes
    -----
    A pilot of 64 other chains measures the integrated autocorrelation time :math:`\tau` of the
    energy and of \|m\| (A. D. Sokal, in Functional Integration, Plenum 1997, sec. 2) and takes the
    longer one. With :math:`\rho = (2 \tau - 1) / (2 \tau + 1)`, draws of cluster updates are n
    sweeps apart with :math:`\rho^n \le 0.01`, some :math:`4.6 \tau`, and those of local updates,
    whose decay has tails, with :math:`\rho^n \le 10^{-4}`. Each configuration is turned over as a
    whole with probability 1/2, an exact symmetry, as local updates would not in any time below the
    critical temperature.

    Local updates that hardly move look decorrelated: "auto" takes them only where energy and \|m\|
    agree with those of Swendsen-Wang. There :math:`\tau` grows at the critical point of a torus as
    about :math:`N^{1/8}` in two dimensions, :math:`N^{0.16}` in three (R. H. Swendsen, J.-S. Wang,
    Phys. Rev. Lett. 58 (1987) 86).

    Examples
    --------
    >>> import kadanoff as kd
    >>> data = kd.datasets.ising(kd.Square(8), [1.8, 3.0], per_temperature=500, seed=1)
    >>> data.spins.shape, data.spins.dtype, data.labels[499:501].tolist()
    ((1000, 8, 8), dtype('int8'), [0, 1])
    >>> cold = data[data.temperatures < 2].spins
    >>> bool(abs(cold.mean(axis=(1, 2))).mean() > 0.9)
    True
    >>> data.updates, len(set(data.chains))
    (('heatbath', 'heatbath'), 128)
    """
    request = _checked(
        lattice, temperatures, per_temperature, seed, update, chains, every, sweeps, threads
    )
    places = range(len(request.temperatures))
    packed = _empty(len(places), request.per_temperature, lattice.n_sites)
    plans = []
    for place in places:
        if progress is not None:
            text = f"configurations at T = {request.temperatures[place]:g}"
            progress(place, len(places), text)
        plans.append(_plan(request, place))
        _draw(request, plans[-1], place, packed[place])
    labels = np.repeat(np.arange(len(places)), request.per_temperature)
    numbers = np.arange(request.per_temperature) % request.chains
    sampling = IsingSampling(
        lattice,
        tuple(request.temperatures.tolist()),
        request.seed,
        tuple(each.update for each in plans),
        tuple(each.tau for each in plans),
        tuple(each.burn_in for each in plans),
        tuple(each.every for each in plans),
    )
    return IsingDataset(
        PackedSpins(packed.reshape(len(labels), -1), lattice.n_sites),
        labels,
        lattice.shape,
        request.temperatures[labels],
        labels * request.chains + np.tile(numbers, len(places)),
        sampling,
    )


def _checked(
    lattice: Lattice,
    temperatures: float | npt.ArrayLike,
    per_temperature: int,
    seed: int,
    update: str,
    chains: int | None,
    every: int | None,
    sweeps: int | None,
    threads: int | None,
) -> _Request:
    call = "ising"
    if not isinstance(lattice, Lattice):
        raise TypeError(f"[{call}] expected a lattice such as kd.Square(16), got {lattice!r}")
    wanted = arguments.reals(call, "temperatures", temperatures)
    wrong = wanted[~((wanted >= MIN_TEMPERATURE) & np.isfinite(wanted))]
    if wrong.size:
        expected = f"finite temperatures of {MIN_TEMPERATURE:g} or more"
        raise ValueError(f"[{call}] expected {expected}, got {wrong[0]:g}")
    count = arguments.integer(call, "per_temperature", per_temperature, 1, 2**31 // len(wanted))
    if chains is None:
        chains = min(PILOT_CHAINS, count) if sweeps is None else count
    return _Request(
        Ising(lattice),
        wanted,
        count,
        arguments.fixed_seed(call, seed),
        arguments.choice(call, "update", update, ("auto", *UPDATES)),
        arguments.integer(call, "chains", chains, 1, count),
        _sweeps(call, "sweeps", sweeps),
        _sweeps(call, "every", every),
        arguments.threads(call, threads),
    )


def _sweeps(call: str, name: str, value: int | None) -> int | None:
    return None if value is None else arguments.integer(call, name, value, 1, MAX_SWEEP)


def _plan(request: _Request, place: int) -> Plan:
    """Return how a temperature is sampled: what was asked for, the rest from pilots."""
    sweeps, every = request.sweeps, request.every
    if sweeps is not None and (every is not None or request.chains == request.per_temperature):
        chosen = "swendsen-wang" if request.update == "auto" else request.update
        return Plan(chosen, math.nan, sweeps, every or 1)
    temperature = float(request.temperatures[place])
    found = plan(request.model, temperature, request.update, request.seed, place, request.threads)
    return found._replace(burn_in=sweeps or found.burn_in, every=every or found.every)


def _empty(temperatures: int, count: int, n_sites: int) -> npt.NDArray[np.uint8]:
    shape = (temperatures, count, (n_sites + 7) // 8)
    try:
        return np.empty(shape, dtype=np.uint8)
    except MemoryError:
        got = f"{math.prod(shape)} bytes"
        raise ValueError(f"[ising] expected spins that fit into memory, got {got}") from None


def _draw(request: _Request, how: Plan, place: int, out: npt.NDArray[np.uint8]) -> None:
    """Fill the packed rows of a temperature, draw after draw of all chains."""
    sampler = Sampler(
        request.model,
        beta=1 / request.temperatures[place],
        update=how.update,
        replicas=request.chains,
        seed=derived_seed(request.seed, Use.CHAINS, place),
        threads=request.threads,
    )
    sampler.run(how.burn_in)
    for start in range(0, request.per_temperature, request.chains):
        if start:
            sampler.run(how.every)
        rows = out[start : start + request.chains]
        rows[:] = np.packbits(sampler.spins.reshape(request.chains, -1) > 0, axis=1)[: len(rows)]
    all_up = np.packbits(np.ones(request.model.lattice.n_sites, dtype=np.uint8))
    turned = words(request.seed, Use.SIGNS, place, len(out)) >> np.uint64(63) == 1
    out[turned] ^= all_up
