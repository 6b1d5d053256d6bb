"""`ParallelTempering`: walkers that exchange their temperatures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.draws import MAX_SWEEP, checked_draws, finished
from kadanoff.fixed import FixedAttributes
from kadanoff.models import Potts
from kadanoff.observables.recording import Recorder, record
from kadanoff.run import Run
from kadanoff.sampler import Sampler
from kadanoff.saved import SavedChains, restoring

from .betas import checked_betas

PAIRS = ("alternating", "random")

_MAX_WALKERS = 2**31
_SERIES = ("energy", "magnetization", "overlap", "link_overlap")
_STATE: dict[str, type[np.generic]] = {
    "temperature": np.int64,
    "direction": np.int64,
    "departure": np.int64,
    "round_trips": np.int64,
    "round_trip_rounds": np.int64,
    "attempted": np.int64,
    "accepted": np.int64,
    "from_hot": np.int64,
    "from_cold": np.int64,
    "best_energy": np.float64,
    "best_spins": np.int8,
}

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class _Walkers(Sampler):
    """What does the sweeps."""

    _call = "ParallelTempering"


class ParallelTempering(FixedAttributes, SavedChains):
    r"""Monte Carlo at several temperatures at once, with exchanges between neighbouring ones.

    At low temperature a walker is caught in a valley; at high temperature it is not. Exchanges let
    each walker wander up, forget where it was, and come down elsewhere, and leave the Boltzmann
    distribution at every temperature as it is.

    The trajectory is a pure function of the arguments and the number of sweeps: it depends neither
    on threads nor on how often it was stopped, saved and loaded.

    Parameters
    ----------
    model
        As for `kadanoff.Sampler`.
    betas : array_like of float, (n_betas,)
        Inverse temperatures in units of 1 / energy, at least two, strictly increasing or strictly
        decreasing. `constant_acceptance` and `feedback_optimized` choose them well.
    replicas : int
        Independent copies of the whole set; between pairs of them overlaps are measured. There are
        n_betas * replicas walkers; number ``k * replicas + c`` begins at temperature k of copy c.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; read it from `seed`.
    swap_every : int
        Sweeps in a round, at the end of which swaps are tried.
    update
        The update rule of the sweeps, as for `kadanoff.Sampler`.
    houdayer : bool or int
        Isoenergetic cluster moves at every temperature, every so many rounds; True is 1. For Ising
        models of pairs of spins, and at least 2 replicas. They help in two dimensions and
        on other graphs where differing sites do not percolate. Copies that exchange clusters
        become alike: errors from several replicas are too small then (2.5 times in a cold 4x4
        glass), those from several seeds are right.
    device, threads, start
        As for `kadanoff.Sampler`.
    pairs : {"alternating", "random"}
        Which pairs of neighbours try to swap in a round: those that begin at even and at odd
        temperatures in turn, which moves walkers ballistically (deterministic even-odd), or one
        or the other at random.

    Attributes
    ----------
    model, replicas, seed, swap_every, update, houdayer, device, threads, pairs
        As given; `houdayer` as a number of rounds, 0 for none.
    betas : ndarray of float64, (n_betas,)
        Read-only.

    Raises
    ------
    ValueError
        If a value is out of its range, the betas are not in order, or the spins would not fit
        into memory.
    TypeError
        If an argument has the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    A round is `swap_every` sweeps of every walker, then cluster moves if they are due, then swaps.
    Neighbours i and j, of total energies E, exchange their temperatures with probability

    .. math:: \min\left(1, e^{(\beta_i - \beta_j)(E_i - E_j)}\right),

    compared as a 64-bit integer. Every pair keeps detailed balance; all pairs of a round are
    disjoint. In equilibrium, states of one copy at different temperatures are independent.

    A cluster move takes two copies at one temperature, chooses a site where they differ, and
    exchanges them on the cluster of such sites that bonds connect to it: the sum of the two
    energies stays exactly as it is. Without a field and with more than half of the sites
    different, one copy is turned over for the time of the move, which makes the cluster smaller.

    References
    ----------
    K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604; T. Okabe et al., Chem. Phys.
    Lett. 335 (2001) 435 (alternating pairs); J. Houdayer, Eur. Phys. J. B 22 (2001) 479 and
    Z. Zhu, A. J. Ochoa and H. G. Katzgraber, Phys. Rev. Lett. 115 (2015) 077201 (cluster moves).

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(8))
    >>> pt = kd.ParallelTempering(model, betas=[0.3, 0.37, 0.44, 0.5], replicas=2, seed=1)
    >>> pt.run(500)
    >>> run = pt.sample(draws=1000, every=5)
    >>> run["energy"].shape, run.betas
    ((8, 1000), (0.3, 0.37, 0.44, 0.5))
    >>> exact = kd.exact.kaufman((8, 8), beta=0.44).energy
    >>> bool(abs(run.select(beta=0.44)["energy"].mean() - exact) < 0.02)
    True
    >>> bool((pt.acceptance > 0.3).all()), pt.spins.shape
    (True, (4, 2, 8, 8))
    """

    _kind = "tempering"
    _fixed = frozenset(
        {"model", "betas", "replicas", "seed", "swap_every", "update", "houdayer"}
        | {"device", "threads", "pairs"}
    )

    def __init__(
        self,
        model: Any,
        betas: npt.ArrayLike,
        replicas: int = 1,
        seed: int | None = None,
        swap_every: int = 1,
        update: str = "heatbath",
        houdayer: bool | int = False,
        device: str = "cpu",
        threads: int | None = None,
        start: str = "ordered",
        pairs: str = "alternating",
    ) -> None:
        values = checked_betas("ParallelTempering", betas)
        most = _MAX_WALKERS // len(values)
        replicas = arguments.integer("ParallelTempering", "replicas", replicas, 1, most)
        rounds = _cluster_every(houdayer, replicas)
        swap_every = arguments.integer("ParallelTempering", "swap_every", swap_every, 1, MAX_SWEEP)
        pairs = arguments.choice("ParallelTempering", "pairs", pairs, PAIRS)
        walkers = _Walkers(
            model,
            np.repeat(values, replicas),
            update,
            replicas=len(values) * replicas,
            seed=seed,
            device=device,
            threads=threads,
            start=start,
        )
        self._begin(walkers, values, replicas, swap_every, rounds, pairs)

    def _begin(
        self,
        walkers: Sampler,
        betas: FloatArray,
        replicas: int,
        swap_every: int,
        houdayer: int,
        pairs: str,
    ) -> None:
        """Set all attributes from checked values."""
        self._core = _core.ParallelTempering(
            walkers=walkers._core,
            beta=betas.tolist(),
            swap_every=swap_every,
            pairs=pairs,
            cluster_every=houdayer,
        )
        self._walkers = walkers
        self.model, self.seed, self.update = walkers.model, walkers.seed, walkers.update
        self.device, self.threads = walkers.device, walkers.threads
        self.betas, self.replicas, self.swap_every = betas, replicas, swap_every
        self.houdayer, self.pairs = houdayer, pairs

    @property
    def sweep(self) -> int:
        """Sweeps done."""
        return self._walkers.sweep

    @property
    def kernel(self) -> str:
        """What does the sweeps: algorithm and instruction set."""
        return self._walkers.kernel

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `spins`: (n_betas, replicas) and then that of the lattice."""
        return (len(self.betas), self.replicas, *self.model.lattice.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of `spins`: int8, or uint8 for a Potts model."""
        return self._walkers.dtype

    @property
    def spins(self) -> npt.NDArray[Any]:
        """A copy of the spins in the order of the temperatures, of shape `shape` and `dtype`.

        Assigning an array of that very shape and dtype replaces the spins; a wrong one raises
        TypeError (dtype) or ValueError (shape, values) and changes nothing.
        """
        out = np.empty(self.shape, dtype=self.dtype)
        self._core.read_spins(out.view(np.int8))
        return out

    @spins.setter
    def spins(self, spins: Any) -> None:
        array = arguments.array("spins", "spins", spins)
        if array.dtype != self.dtype:
            raise TypeError(f"[spins] expected dtype {self.dtype}, got {array.dtype}")
        if array.shape != self.shape:
            raise ValueError(f"[spins] expected shape {self.shape}, got {array.shape}")
        self._core.write_spins(np.ascontiguousarray(array).view(np.int8))

    @property
    def energy(self) -> FloatArray:
        """Energy per site of the present spins, float64 (n_betas, replicas)."""
        return self._measure()[0]

    @property
    def magnetization(self) -> FloatArray:
        """Magnetisation per site of the present spins, float64 (n_betas, replicas)."""
        return self._measure()[1]

    def _measure(self) -> tuple[FloatArray, FloatArray]:
        energy, magnetization = np.empty(self.shape[:2]), np.empty(self.shape[:2])
        self._core.measure(energy, magnetization)
        return energy, magnetization

    @property
    def temperature_index(self) -> IntArray:
        """Which of `betas` each walker is at, int64 (n_walkers,)."""
        return self._count("temperature")

    @property
    def acceptance(self) -> FloatArray:
        """Fraction of accepted swaps of betas i and i + 1, (n_betas - 1,); NaN without attempts."""
        return _ratio(self._count("accepted"), self._count("attempted"))

    @property
    def flow(self) -> FloatArray:
        """Fraction of walkers at each temperature that came from the hottest one, (n_betas,).

        Of those that have visited an end, the fraction that visited the hottest more recently
        than the coldest: 1 at the hottest, 0 at the coldest, and steep where walkers get stuck.
        NaN where no such walker came by. (Katzgraber, Trebst, Huse and Troyer, J. Stat. Mech.
        (2006) P03018, where it is called f(T).)
        """
        state = self._core.state()
        hot, cold = np.asarray(state["from_hot"]), np.asarray(state["from_cold"])
        return _ratio(hot, hot + cold)

    @property
    def round_trips(self) -> IntArray:
        """Round trips of each walker, hottest to coldest and back, int64 (n_walkers,)."""
        return self._count("round_trips")

    @property
    def round_trip_time(self) -> FloatArray:
        """Mean sweeps of a round trip of each walker, (n_walkers,); NaN without one."""
        state = self._core.state()
        rounds, trips = np.asarray(state["round_trip_rounds"]), np.asarray(state["round_trips"])
        return self.swap_every * _ratio(rounds, trips)

    @property
    def best_energy(self) -> FloatArray:
        """The lowest total energy H of each copy so far, float64 (replicas,).

        Looked for at the start and in every round, at all temperatures.
        """
        return np.asarray(self._core.state()["best_energy"], dtype=np.float64)

    @property
    def best_spins(self) -> npt.NDArray[Any]:
        """The spins of `best_energy`, of shape ``(replicas, *lattice.shape)`` and `dtype`."""
        spins = np.asarray(self._core.state()["best_spins"])
        return spins.view(self.dtype).reshape(self.shape[1:])

    def _count(self, name: str) -> IntArray:
        return np.asarray(self._core.state()[name], dtype=np.int64)

    def reset_statistics(self) -> None:
        """Forget `acceptance`, `flow` and `round_trips`: what was counted before equilibrium."""
        self._core.reset_statistics()

    def run(self, sweeps: int) -> None:
        """Do `sweeps` sweeps, and the rounds that they complete.

        Ctrl-C raises KeyboardInterrupt after a whole number of sweeps, and of rounds where the
        sweeps complete them; `sweep` tells how many.

        Parameters
        ----------
        sweeps : int
            At least 0; 2^40 in all.

        Raises
        ------
        ValueError, TypeError
        """
        self._core.run(arguments.integer("run", "sweeps", sweeps, 0, MAX_SWEEP - self.sweep))

    def sample(self, draws: int, every: int = 1, observables: Any = None) -> Run:
        r"""Measure energies and overlaps, or `observables`, `draws` times after `every` sweeps.

        Parameters
        ----------
        draws : int
            At least 1.
        every : int
            Sweeps before each draw, at least 1.
        observables : iterable, optional
            Exactly what is measured, as for `kadanoff.Sampler.sample`: names, objects of
            `kadanoff.observables`, and dicts from a name to a function. The function takes spins
            ``(n_betas * replicas, *lattice.shape)`` in the order of the rows below and returns a
            number, or k numbers, for each row.

        Returns
        -------
        Run
            Row ``t * replicas + c`` is copy c at ``betas[t]``: a temperature, not a walker.
            What was asked for; by default "energy" and "magnetization" per site and, of an Ising
            model with an even number of replicas, "overlap" and "link_overlap" of copies 2k and
            2k + 1 at the same temperature: both rows of a pair have its overlap.

        Raises
        ------
        Interrupted
            A KeyboardInterrupt whose `run` holds the draws made until Ctrl-C.
        ValueError, TypeError

        Notes
        -----
        .. math::
            q = \frac{1}{N} \sum_i s_i t_i, \qquad
            q_\text{link} = \frac{1}{N_b} \sum_{\langle ij \rangle} s_i s_j t_i t_j

        over all sites and all bonds of the lattice (S. F. Edwards and P. W. Anderson, J. Phys. F
        5 (1975) 965; H. G. Katzgraber, M. Palassini and A. P. Young, Phys. Rev. B 63 (2001)
        184422).
        """
        draws, every = checked_draws(draws, every, self.sweep)
        recorder = None
        if observables is not None:
            recorder = Recorder(observables, self.model, self._walkers.beta, self._overlaps)
        return finished(*self._sample(draws, every, recorder), draws)

    def _sample(
        self, draws: int, every: int, recorder: Recorder | None
    ) -> tuple[Run | None, BaseException | None]:
        """Return the draws made, and what a signal handler raised meanwhile."""
        rows, before = self._walkers.replicas, self.sweep
        in_core = ("energy", "magnetization", *self._overlaps)
        names = in_core if recorder is None else recorder.compiled
        one_by_one = recorder is not None and recorder.needs_spins
        # The core fills arrays that have room.
        room = 1 if one_by_one else draws
        arrays = {name: np.empty((rows, room if name in names else 0)) for name in _SERIES}
        if recorder is not None and one_by_one:
            series, done, signal = record(
                recorder,
                self._core,
                lambda: self._core.sample(1, every, **arrays),
                {name: arrays[name][:, 0] for name in names},
                np.empty((rows, *self.model.lattice.shape), self.dtype),
                draws,
            )
        else:
            before, done, signal = self._core.sample(draws, every, **arrays)
            series = {name: arrays[name][:, :done] for name in names}
        if done == 0:
            return None, signal
        return self._walkers._run(series, every, before + every), signal

    @property
    def _overlaps(self) -> tuple[str, ...]:
        """The overlaps that the core measures."""
        possible = self.replicas % 2 == 0 and not isinstance(self.model, Potts)
        return ("overlap", "link_overlap") if possible else ()

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        walkers = self._walkers.state()
        sweep, words, tempering = self._core.snapshot()
        return {
            "betas": self.betas,
            "replicas": self.replicas,
            "swap_every": self.swap_every,
            "pairs": self.pairs,
            "houdayer": self.houdayer,
            "tempering": tempering,
            # The spins and the sweep of the same moment as the rest, should another thread run on.
            "walkers": walkers | {"sweep": sweep, "packed_spins": words},
        }

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> ParallelTempering:
        """Return the tempering whose `state` was read back as `storage.Entries`."""
        walkers = Sampler.from_state(entries.group("walkers"), device, threads)
        replicas = entries.integer("replicas", 1, _MAX_WALKERS)
        stored = entries.group("tempering")
        state = {name: stored.array(name, dtype, (None,)) for name, dtype in _STATE.items()}
        with restoring("tempering"):
            betas = checked_betas("load", entries.array("betas", np.float64, (None,)))
            fits = len(betas) * replicas == walkers.replicas
            if not (fits and np.array_equal(np.repeat(betas, replicas), walkers.beta)):
                raise entries.wrong("betas", "the temperatures of the walkers")
            tempering = cls.__new__(cls)
            tempering._begin(
                walkers,
                betas,
                replicas,
                entries.integer("swap_every", 1, MAX_SWEEP),
                entries.integer("houdayer", 0, MAX_SWEEP),
                entries.text("pairs", choices=PAIRS),
            )
            tempering._core.set_state(state)
        return tempering

    def __repr__(self) -> str:
        houdayer = f", houdayer={self.houdayer}" if self.houdayer else ""
        return (
            f"ParallelTempering({self.model!r}, {len(self.betas)} betas {self.betas[0]:g} to "
            f"{self.betas[-1]:g}, replicas={self.replicas}, seed={self.seed}, "
            f"swap_every={self.swap_every}, update={self.update!r}{houdayer}, sweep={self.sweep}, "
            f"{self.kernel})"
        )


def _cluster_every(houdayer: bool | int, replicas: int) -> int:
    """Rounds from one set of cluster moves to the next, 0 for none."""
    if isinstance(houdayer, (bool, np.bool_)):
        rounds = int(houdayer)
    else:
        rounds = arguments.integer("ParallelTempering", "houdayer", houdayer, 0, MAX_SWEEP)
    if rounds and replicas < 2:
        raise ValueError(
            f"[ParallelTempering] expected at least 2 replicas for houdayer moves, got {replicas}"
        )
    return rounds


def _ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> FloatArray:
    """Return part / whole, NaN where the whole is 0."""
    result = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
