"""The sampler: a model, its spins, and the sweeps that move them."""

from __future__ import annotations

import os
import warnings
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments, device_arrays
from kadanoff.draws import MAX_SWEEP, checked_draws, finished
from kadanoff.ergodicity import is_ergodic
from kadanoff.models import Ising, Model, Potts
from kadanoff.models.base import check_model
from kadanoff.observables.recording import Recorder, record
from kadanoff.run import Run
from kadanoff.saved import restoring
from kadanoff.spin_chains import SpinChains, described_betas, model_and_beta

LOCAL_UPDATES = ("heatbath", "metropolis")
UPDATES = (*LOCAL_UPDATES, "wolff", "swendsen-wang")
ORDERS = ("sublattice", "sequential", "random", "parallel")
KERNELS = (
    *("checkerboard", "packed", "table", "dense", "plain", "potts"),
    *("cluster", "cluster-rows", "cluster-graph"),
)
DEVICES = ("cpu", "cuda")
STARTS = ("ordered", "random", "down")


class Sampler(SpinChains):
    r"""Monte Carlo for spin models on lattices and graphs.

    The spins are a pure function of (kernel, model, beta, seed, sweep): the same bits come from
    every instruction set, number of threads and device.

    Parameters
    ----------
    model : Ising, Potts, BoltzmannMachine or Hopfield
    beta : float or sequence of float
        Inverse temperature in units of 1 / energy, one for all replicas or one for each; in
        [0, 1e12].
    update : {"heatbath", "metropolis", "wolff", "swendsen-wang"}
        The last two flip clusters: critical slowing down all but vanishes. Not with a plaquette
        term, and of Potts models only ferromagnets.
    replicas : int
        Independent copies of the lattice, with random numbers of their own.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; read it from `seed`.
    device : {"cpu", "cuda"}
        "cuda" serves the kernels "checkerboard" and "packed".
    threads : int, optional
        Threads on the CPU; by default as many as the process may use. The spins do not depend
        on it.
    start : {"ordered", "random", "down"}
        "ordered" is a ground state where one is known (couplings of one sign, on two sublattices if
        they are negative), of which each replica draws one; otherwise it is "random": infinite
        temperature. From there a ferromagnet below the critical temperature may end up in stripes
        that live for very long. "down" is all spins -1 (Potts: 0), for spins to be assigned.
    order : {"sublattice", "sequential", "random", "parallel"}
        How a sweep of heat bath or Metropolis visits the sites: sublattice after sublattice, by
        number, as many as there are drawn with replacement (the same for all replicas), or all at
        once, each seeing the old spins. The last is Little's dynamics, which does not sample the
        Boltzmann distribution.
    kernel : str, optional
        By default the fastest that serves the model: "checkerboard" (one uniform system on an even
        periodic square or cubic lattice, 512 sites in a register), "packed" (bit k of a word is
        replica k: couplings of one size, one field, any graph), "table" (64 replicas in a register,
        probabilities looked up: any couplings and fields, at most 6 neighbours; from 32 replicas
        on, above 4 neighbours 64, at no more than 24 temperatures in 64 replicas in a row and with
        tables that fit into 64 MiB), "dense" (any couplings and fields, in float32, the neighbours
        looked up four at a time: chosen on the CPU if there are more than 6 of them on average, and
        a quarter of the sites, up to 8192), "plain" (any couplings, fields and plaquettes, in
        float32), "potts", or "cluster": "cluster-rows" (Swendsen-Wang on rows of bits) or
        "cluster-graph" (on lists of bonds). The random numbers are others in each. To be named in
        tests and benchmarks.

    Raises
    ------
    ValueError
        If a value is out of its range or the spins would not fit into memory.
    TypeError
        If an argument has the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    A sweep updates the even sublattice, then the odd one. In the local field
    :math:`h_i = J \sum_j s_j + h`, heat bath sets :math:`s_i = +1` with probability
    :math:`1 / (1 + e^{-2 \beta h_i})` (Glauber 1963, eq. 28) and Metropolis flips with probability
    :math:`\min(1, e^{-2 \beta s_i h_i})` (Metropolis et al. 1953). A
    probability is compared as a 64-bit integer; its error is that of its exponent in float64.

    Metropolis always accepts a flip that costs nothing. At beta = 0, and without a field on an
    extent of 2, the sublattices then only alternate and most states are never reached: a warning
    says so. Use heat bath there. A Wolff cluster of Ising spins is one spin at beta = 0, and always
    flipped: an even number of sweeps leaves half of all states out, so `every` has to be odd.

    References
    ----------
    R. J. Glauber, J. Math. Phys. 4 (1963) 294; N. Metropolis et al., J. Chem. Phys. 21 (1953) 1087.

    Examples
    --------
    >>> import kadanoff as kd
    >>> sampler = kd.Sampler(kd.Ising(kd.Square(32)), beta=0.3, replicas=4, seed=1)
    >>> sampler.run(200)
    >>> run = sampler.sample(draws=100, every=5)
    >>> bool(abs(run["energy"].mean() - kd.exact.kaufman((32, 32), beta=0.3).energy) < 0.01)
    True
    """

    _kind = "sampler"
    _fixed = frozenset({"model", "update", "replicas", "seed", "device", "threads", "order"})
    _call: ClassVar[str] = "Sampler"
    """Whose arguments an error is about."""

    def __init__(
        self,
        model: Model,
        beta: float | npt.ArrayLike,
        update: str = "heatbath",
        replicas: int = 1,
        seed: int | None = None,
        device: str = "cpu",
        threads: int | None = None,
        start: str = "ordered",
        order: str = "sublattice",
        kernel: str | None = None,
    ) -> None:
        call = self._call
        check_model(call, model)
        self.model = model
        self.replicas = arguments.integer(call, "replicas", replicas, 1, 2**31)
        self.seed = arguments.seed(call, seed)
        self.update = arguments.choice(call, "update", update, UPDATES)
        self.device = arguments.choice(call, "device", device, DEVICES)
        self.threads = arguments.threads(call, threads)
        self.order = arguments.choice(call, "order", order, ORDERS)
        betas = arguments.reals(call, "beta", beta)
        self._core = _core.Sampler(
            **core_terms(model),
            beta=betas.tolist(),
            update=update,
            order=self.order,
            kernel="" if kernel is None else arguments.choice(call, "kernel", kernel, KERNELS),
            replicas=self.replicas,
            seed=self.seed,
            device=self.device,
            threads=self.threads or 0,
            start=arguments.choice(call, "start", start, STARTS),
        )
        self._set_beta_array(betas)
        if not is_ergodic(model, update, self.order, self.beta):
            text = (
                "Metropolis is not ergodic at beta = 0, on an extent of 2, of rings or free spins"
            )
            text += ": use heatbath"
            warnings.warn(f"[{call}] {text}", stacklevel=2)

    @property
    def beta(self) -> npt.NDArray[np.float64]:
        """Inverse temperature of each replica, float64 (replica,), read-only; assignable.

        Assigning a number or one for each replica holds from the next sweep on; a value out of
        [0, 1e12] or a wrong count raises ValueError and changes nothing.
        """
        return self._beta

    @beta.setter
    def beta(self, beta: float | npt.ArrayLike) -> None:
        betas = arguments.reals("Sampler", "beta", beta)
        self._core.set_beta(betas.tolist())
        self._set_beta_array(betas)

    def _set_beta_array(self, betas: npt.NDArray[np.float64]) -> None:
        self._beta = np.array(np.broadcast_to(betas, self.replicas))
        self._beta.flags.writeable = False

    @property
    def sweep(self) -> int:
        """Sweeps done."""
        return self._core.sweep

    @property
    def kernel(self) -> str:
        """What does the work: algorithm and instruction set."""
        return self._core.kernel

    @property
    def _kernel_name(self) -> str:
        """One of KERNELS."""
        return self.kernel.rpartition("-")[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of `spins`: int8, or uint8 for a Potts model."""
        return np.dtype(np.uint8 if isinstance(self.model, Potts) else np.int8)

    @property
    def spins(self) -> Any:
        """A copy of the spins, int8 of -1 and 1 (Potts: uint8 of 0 to q - 1), of shape `shape`.

        A NumPy array, or a CuPy array on device "cuda". Assigning an array of that very shape and
        dtype replaces the spins; a wrong one raises TypeError (dtype) or ValueError (shape, values)
        and changes nothing.
        """
        if self.device == "cuda":
            spins = device_arrays.empty("spins", self.shape, self.dtype)
            self._core.read_spins_device(spins.data.ptr)
            return spins
        out = np.empty(self.shape, dtype=self.dtype)
        self._core.read_spins(out.view(np.int8))
        return out

    @spins.setter
    def spins(self, spins: Any) -> None:
        array = arguments.array("spins", "spins", device_arrays.on_host("spins", spins))
        if array.dtype != self.dtype:
            raise TypeError(f"[spins] expected dtype {self.dtype}, got {array.dtype}")
        if array.shape != self.shape:
            raise ValueError(f"[spins] expected shape {self.shape}, got {array.shape}")
        self._core.write_spins(np.ascontiguousarray(array).view(np.int8))

    @property
    def energy(self) -> npt.NDArray[np.float64]:
        """Energy per site of the present spins, float64 (replica,)."""
        return self._measure()[0]

    @property
    def magnetization(self) -> npt.NDArray[np.float64]:
        """Magnetisation per site of the present spins, float64 (replica,)."""
        return self._measure()[1]

    def _measure(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        energy, magnetization = np.empty(self.replicas), np.empty(self.replicas)
        self._core.measure(energy, magnetization)
        return energy, magnetization

    def run(self, sweeps: int) -> None:
        """Do `sweeps` sweeps.

        Ctrl-C raises KeyboardInterrupt after a whole number of sweeps; `sweep` tells how many.

        Parameters
        ----------
        sweeps : int
            At least 0; 2^40 in a sampler's life.

        Raises
        ------
        ValueError, TypeError
        """
        self._core.run(arguments.integer("run", "sweeps", sweeps, 0, MAX_SWEEP - self.sweep))

    def sample(self, draws: int, every: int = 1, observables: Any = None) -> Run:
        r"""Measure energy and magnetisation, or `observables`, `draws` times after `every` sweeps.

        Parameters
        ----------
        draws : int
            At least 1.
        every : int
            Sweeps before each draw, at least 1.
        observables : iterable, optional
            Exactly what is measured: names among `kadanoff.observables.NAMES`, objects of the
            classes there, and dicts from a name to a function. The function takes the spins,
            an array as `spins`, read-only and valid during the call, and returns (replica,)
            numbers, or (replica, k) for k series ``name_0`` to ``name_(k-1)``. By default what the
            engine measures without unpacking the spins.

        Returns
        -------
        Run
            What was asked for, float64 (replica, draw); by default "energy" and "magnetization" per
            site. Cluster updates add "cluster_size" and, Swendsen-Wang without a field,
            "improved_magnetization_squared" and "improved_magnetization_fourth".

        Raises
        ------
        Interrupted
            A KeyboardInterrupt whose `run` holds the draws made until Ctrl-C.
        ValueError, TypeError

        Notes
        -----
        "cluster_size" is the number of sites of the last Wolff cluster, or of Swendsen-Wang
        clusters :math:`\sum_c n_c^2 / N`, the mean size of the cluster of a site. A Wolff sweep is
        one cluster: N / <cluster_size> of them touch as many sites as a sweep of the lattice.
        Without a field and with couplings :math:`\ge 0`, :math:`\langle m^2 \rangle` is
        <cluster_size> / N.

        The improved series average over all flips of the clusters of the last sweep, whose spins
        sum up to :math:`m_c` (Wolff, Phys. Rev. Lett. 60 (1988) 1461); their means are
        :math:`\langle m^2 \rangle` and :math:`\langle m^4 \rangle`, with smaller errors, for
        couplings of either sign:

        .. math:: \frac{1}{N^2} \sum_c m_c^2, \qquad
            \frac{1}{N^4} \Big[3 \Big(\sum_c m_c^2\Big)^2 - 2 \sum_c m_c^4\Big] .
        """
        draws, every = checked_draws(draws, every, self.sweep)
        recorder = None
        if observables is not None:
            recorder = Recorder(observables, self.model, self.beta, self._core.extra_series)
        return finished(*self._sample(draws, every, recorder), draws)

    def _sample(
        self, draws: int, every: int, recorder: Recorder | None = None
    ) -> tuple[Run | None, BaseException | None]:
        """Return the draws made, and what a signal handler raised meanwhile."""
        names = ("energy", "magnetization", *self._core.extra_series)
        if recorder is not None and recorder.needs_spins:
            before = self.sweep
            one = np.empty((len(names), self.replicas, 1))
            observables, done, signal = record(
                recorder,
                self._core,
                lambda: self._core.sample(1, every, one[0], one[1], one[2:]),
                dict(zip(names, one[:, :, 0], strict=True)),
                np.empty(self.shape, self.dtype),
                draws,
            )
        else:
            energy, magnetization = (np.empty((self.replicas, draws)) for _ in range(2))
            extra = np.empty((len(names) - 2, self.replicas, draws))
            before, done, signal = self._core.sample(draws, every, energy, magnetization, extra)
            series = dict(zip(names, (energy, magnetization, *extra), strict=True))
            asked = names if recorder is None else recorder.compiled
            observables = {name: series[name][:, :done] for name in asked}
        if done == 0:
            return None, signal
        return self._run(observables, every, before + every), signal

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        sweep, words = self._core.snapshot()
        return {
            **super().state(),
            "order": self.order,
            "kernel": self._kernel_name,
            "update": self.update,
            # Of the same moment as the spins, should another thread run on.
            "sweep": sweep,
            "packed_spins": words,
        }

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], device: str = "cpu", threads: int | None = None
    ) -> Sampler:
        """Return the sampler that `save` wrote, or the one in a scan's file.

        Parameters
        ----------
        path : path-like
        device, threads
            As for a new sampler; the trajectory goes on the same.

        Raises
        ------
        FileError
            A ValueError: the file is not a sampler's, damaged, hostile, or of another version.
        FileNotFoundError, PermissionError
        """
        from kadanoff import storage

        if storage.kind_of(path) == "scan":
            from kadanoff.scan import Scan

            return Scan.load(path, device, threads).sampler
        sampler: Sampler = super().load(path, device, threads)
        return sampler

    @classmethod
    def from_state(cls, entries: Any, device: str = "cpu", threads: int | None = None) -> Sampler:
        """Return the sampler whose `state` was read back as `storage.Entries`."""
        model, beta = model_and_beta(entries)
        # Files from before there were other kernels do not name one.
        kernel = entries.text("kernel", KERNELS) if "kernel" in entries else "checkerboard"
        words = entries.array("packed_spins", np.uint32, (None,))
        if words.size < model.lattice.n_sites * len(beta) // 32:  # before any memory is taken
            raise entries.wrong("packed_spins", "the spins of all sites and replicas")
        with restoring("sampler"):
            sampler = cls(
                model,
                beta,
                entries.text("update", choices=UPDATES),
                replicas=len(beta),
                seed=entries.integer("seed", low=0),
                device=device,
                threads=threads,
                start="down",
                order=entries.text("order", ORDERS) if "order" in entries else "sublattice",
                kernel=kernel,
            )
            if words.size != sampler._core.packed_size:
                raise entries.wrong("packed_spins", f"{sampler._core.packed_size} words of spins")
            sampler._core.write_packed(np.ascontiguousarray(words))
            sampler._core.sweep = entries.integer("sweep", low=0, high=MAX_SWEEP)
        return sampler

    def __repr__(self) -> str:
        return (
            f"Sampler({self.model!r}, beta={described_betas(self.beta)}, update={self.update!r}, "
            f"replicas={self.replicas}, seed={self.seed}, sweep={self.sweep}, {self.kernel})"
        )


def core_terms(model: Model) -> dict[str, Any]:
    """Return the terms of the energy as the compiled core takes them."""
    if isinstance(model, Potts):
        coupling, field, plaquette, states = model.coupling, 0.0, 0.0, model.q
    else:
        assert isinstance(model, Ising)
        coupling, field, plaquette, states = model.coupling, model.field, model.plaquette, 0
    return {
        "lattice": model.lattice.core,
        "coupling": np.atleast_1d(np.asarray(coupling, dtype=np.float64)),
        "field": np.atleast_1d(np.asarray(field, dtype=np.float64)),
        "plaquette": plaquette,
        "states": states,
    }
