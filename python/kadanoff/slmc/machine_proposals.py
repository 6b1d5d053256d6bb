"""A sampler whose proposals are Gibbs steps of a restricted Boltzmann machine."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.draws import MAX_SWEEP, checked_draws, finished
from kadanoff.models import Ising
from kadanoff.models.base import check_model
from kadanoff.rbm import RBM, GibbsSampler
from kadanoff.run import Run
from kadanoff.sampler import STARTS, Sampler
from kadanoff.saved import restoring
from kadanoff.spin_chains import SpinChains, described_betas, model_and_beta

from .pair_sums import EXAMPLE

UPDATE = "rbm-proposals"

Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class _State(NamedTuple):
    """Where all chains are after a step; replaced as a whole, so that Ctrl-C finds it whole."""

    step: int
    up: Bits  # (replica, site)
    energy: Floats  # total, of the model
    log_weight: Floats  # of the machine
    accepted: npt.NDArray[np.bool_]


class RBMProposalSampler(SpinChains):
    r"""Self-learning Monte Carlo with a restricted Boltzmann machine as the effective model.

    It samples the model exactly, whatever the machine is; a good one makes acceptance high. Spins
    are a pure function of (model, rbm, steps, beta, seed, sweep), for any number of threads and
    across `save` and `load`. A sweep is one proposal.

    Parameters
    ----------
    model : Ising
        On any lattice, with any terms.
    rbm : RBM
        A visible unit for each site, of either encoding; it is sampled at beta = 1, so its free
        energy should resemble beta E. From `fit_rbm`, `kadanoff.RBMTrainer` or elsewhere.
    beta : float or sequence of float
        Inverse temperature of the model, one for all replicas or one for each; in [0, 1e12].
    steps : int
        Gibbs steps of a proposal, at least 1.
    replicas, seed, threads, start
        As of `kadanoff.Sampler`.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    A Gibbs step keeps the machine's distribution :math:`p(v) \propto e^{-F(v)}` in detailed
    balance: h is drawn given v, then v given h. So do several, and the model's distribution is kept
    by accepting the state v' that they lead to with probability

    .. math:: \min\left(1,\, e^{-\beta (E' - E) + F(v') - F(v)}\right)

    (L. Huang and L. Wang, Phys. Rev. B 95 (2017) 035105). `sample` adds "accepted", 1 or 0.
    A proposal draws every spin, `steps` times.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(6), plaquette=0.2)
    >>> local = kd.Sampler(model, beta=0.3, replicas=200, seed=1)
    >>> local.run(50)
    >>> rbm = kd.slmc.fit_rbm(model, local.spins, 0.3, filters=1).rbm
    >>> sampler = kd.slmc.RBMProposalSampler(model, rbm, 0.3, replicas=50, seed=1)
    >>> sampler.run(50)
    >>> bool(0.8 < sampler.sample(20)["accepted"].mean() <= 1.0)
    True
    """

    _kind = "rbm_proposal_sampler"
    _call: ClassVar[str] = "RBMProposalSampler"
    _fixed = frozenset({"model", "rbm", "beta", "steps", "replicas", "seed", "device", "threads"})

    def __init__(
        self,
        model: Ising,
        rbm: RBM,
        beta: float | npt.ArrayLike,
        steps: int = 1,
        replicas: int = 1,
        seed: int | None = None,
        threads: int | None = None,
        start: str = "ordered",
    ) -> None:
        call = self._call
        check_model(call, model, Ising, EXAMPLE)
        if not isinstance(rbm, RBM):
            raise TypeError(f"[{call}] expected a machine such as kd.RBM(weights), got {rbm!r}")
        sites = model.lattice.n_sites
        if rbm.n_visible != sites:
            raise ValueError(
                f"[{call}] expected a visible unit for each of {sites} sites, got {rbm!r}"
            )
        self.model, self.rbm = model, rbm
        self.update, self.device = UPDATE, "cpu"
        self.steps = arguments.integer(call, "steps", steps, 1, 2**20)
        self.replicas = arguments.integer(call, "replicas", replicas, 1, 2**31)
        self.seed = arguments.seed(call, seed)
        self.threads = arguments.threads(call, threads)
        start = arguments.choice(call, "start", start, STARTS)
        shared: dict[str, Any] = {"seed": self.seed, "threads": self.threads}
        self._meter = Sampler(model, beta, replicas=self.replicas, start=start, **shared)
        self.beta = self._meter.beta
        self._chains = GibbsSampler(rbm, self.replicas, **shared)
        self._state = self._measured(0, (self._meter.spins > 0).reshape(self.replicas, sites))

    def _measured(self, step: int, up: npt.NDArray[Any]) -> _State:
        """Return the state of these spins, of which nothing is known yet."""
        bits = np.ascontiguousarray(up).view(np.uint8)
        self._chains._core.write_visible(bits)
        nothing = np.zeros(self.replicas, dtype=np.bool_)
        return _State(step, bits, self._energy(bits), self._chains.log_weight(), nothing)

    def _energy(self, up: Bits) -> Floats:
        """Return the model's total energies."""
        core = self._meter._core
        core.write_spins((2 * up.view(np.int8) - np.int8(1)).reshape(self.shape))
        return _core.total_energy(core)

    def _next(self, state: _State) -> _State:
        """Return the state after one more proposal."""
        chains = self._chains._core
        chains.write_visible(state.up)
        chains.step = state.step * self.steps
        chains.run(self.steps)
        proposed = chains.visible().reshape(state.up.shape)
        energy, log_weight = self._energy(proposed), self._chains.log_weight()
        drive = -self.beta * (energy - state.energy) - (log_weight - state.log_weight)
        accepted = _core.decide_proposals(drive, self.seed, state.step)
        return _State(
            state.step + 1,
            np.where(accepted[:, None], proposed, state.up),
            np.where(accepted, energy, state.energy),
            np.where(accepted, log_weight, state.log_weight),
            accepted,
        )

    @property
    def sweep(self) -> int:
        """Proposals done."""
        return self._state.step

    @property
    def spins(self) -> npt.NDArray[np.int8]:
        """A copy of the spins, int8 of -1 and 1, of shape `shape`; assignable."""
        spins: npt.NDArray[np.int8] = 2 * self._state.up.view(np.int8) - np.int8(1)
        return spins.reshape(self.shape)

    @spins.setter
    def spins(self, spins: npt.ArrayLike) -> None:
        self._meter.spins = spins
        up = (self._meter.spins > 0).reshape(self.replicas, -1)
        self._state = self._measured(self.sweep, up)

    @property
    def energy(self) -> Floats:
        """Energy per site of the present spins, float64 (replica,)."""
        return self._state.energy / self.model.lattice.n_sites

    @property
    def magnetization(self) -> Floats:
        """Magnetisation per site of the present spins, float64 (replica,)."""
        sites = self.model.lattice.n_sites
        ups = self._state.up.sum(axis=1, dtype=np.int64)
        return np.asarray((2.0 * ups - sites) / sites)

    def run(self, sweeps: int) -> None:
        """Make `sweeps` proposals.

        Ctrl-C raises KeyboardInterrupt after a whole number of proposals; `sweep` tells how many.

        Parameters
        ----------
        sweeps : int
            At least 0; 2^40 / `steps` in a sampler's life.

        Raises
        ------
        ValueError, TypeError
        """
        most = MAX_SWEEP // self.steps - self.sweep
        for _ in range(arguments.integer("run", "sweeps", sweeps, 0, most)):
            self._state = self._next(self._state)

    def sample(self, draws: int, every: int = 1) -> Run:
        """Measure "energy", "magnetization" and "accepted" `draws` times after `every` proposals.

        Parameters
        ----------
        draws, every : int
            At least 1.

        Returns
        -------
        Run

        Raises
        ------
        Interrupted
            A KeyboardInterrupt whose `run` holds the draws made until Ctrl-C.
        ValueError, TypeError
        """
        draws, every = checked_draws(draws, every, self.sweep)
        before, done, signal = self.sweep, 0, None
        series = np.empty((3, self.replicas, draws))
        try:
            for draw in range(draws):
                self.run(every)
                series[:, :, draw] = self.energy, self.magnetization, self._state.accepted
                done = draw + 1
        except KeyboardInterrupt as interrupt:
            signal = interrupt
        names = ("energy", "magnetization", "accepted")
        observables = dict(zip(names, series[:, :, :done], strict=True))
        run = self._run(observables, every, before + every) if done else None
        return finished(run, signal, draws)

    def _settings(self) -> dict[str, str | int]:
        return {"steps": self.steps}

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {
            **super().state(),
            "rbm": self.rbm.to_state(),
            "steps": self.steps,
            "up": np.packbits(self._state.up, axis=1),
        }

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> RBMProposalSampler:
        """Return the sampler whose `state` was read back as `storage.Entries`."""
        arguments.choice("load", "device", device, ("cpu",))
        model, beta = model_and_beta(entries)
        sites = model.lattice.n_sites
        packed = entries.array("up", np.uint8, (len(beta), (sites + 7) // 8))
        with restoring("sampler", TypeError):
            sampler = cls(
                model,  # type: ignore[arg-type]  # a TypeError of ours tells of other models
                RBM.from_state(entries.group("rbm")),
                beta,
                entries.integer("steps", low=1),
                replicas=len(beta),
                seed=entries.integer("seed", low=0),
                threads=threads,
                start="down",
            )
        sweep = entries.integer("sweep", low=0, high=MAX_SWEEP // sampler.steps)
        sampler._state = sampler._measured(sweep, np.unpackbits(packed, axis=1, count=sites))
        return sampler

    def __repr__(self) -> str:
        return (
            f"RBMProposalSampler({self.model!r}, {self.rbm!r}, "
            f"beta={described_betas(self.beta)}, steps={self.steps}, replicas={self.replicas}, "
            f"seed={self.seed}, sweep={self.sweep})"
        )
