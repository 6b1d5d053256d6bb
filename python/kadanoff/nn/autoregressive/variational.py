"""Variational free energies of Ising models: training, and what is known after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments, models
from kadanoff.errors import Interrupted
from kadanoff.fixed import FixedAttributes
from kadanoff.models import Ising
from kadanoff.models.base import check_model
from kadanoff.run import Run
from kadanoff.saved import SavedMachine

from . import chains, estimates
from .chains import MarkovChains
from .estimates import ImportanceEstimate, Samples, VariationalEstimate
from .history import History
from .network import AutoregressiveNetwork
from .progress import Show, steps_bar
from .randomness import Use, uniforms
from .sampling import draws
from .training import Training

if TYPE_CHECKING:
    from kadanoff import storage

Callback = Callable[["VariationalFreeEnergy"], Any]

_CALL = "VariationalFreeEnergy"
_LARGEST_BETA = 1e6


class VariationalFreeEnergy(FixedAttributes, SavedMachine):
    r"""The free energy of an Ising model, by a network that learns its Boltzmann distribution.

    Parameters
    ----------
    model : Ising
        Any couplings, fields and plaquettes, on any lattice.
    beta : float
        Inverse temperature, in (0, 1e6]; assignable.
    network : AutoregressiveNetwork, optional
        Trained in place. By default a dense one of two layers and four hidden units for each site,
        symmetric where there is no field.
    batch_size : int
        States for each gradient, at least 2.
    learning_rate : float
        Of Adam; assignable.
    clip : float
        Largest norm of a gradient.
    seed : int, optional
        Of all that is drawn. Without it, one is drawn from the operating system.

    Attributes
    ----------
    model, network, batch_size, clip, seed
        As given.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    The distribution q of the network has a free energy that is never below that of the model,

    .. math:: \beta F_q = \sum_s q(s) [\beta E(s) + \ln q(s)]
              = \beta F + D_\text{KL}(q \,\|\, p) \ge \beta F = -\ln Z, \qquad
              p(s) = e^{-\beta E(s)} / Z

    and which samples of q estimate, with its gradient (D. Wu, L. Wang and P. Zhang, Physical Review
    Letters 122 (2019) 080602, arXiv:1809.10606, whose equation 1 is p). Samples with weights
    :math:`w = e^{-\beta E} / q` have ln Z without the bias of q (K. A. Nicoli et al., Physical
    Review E 101 (2020) 023304, arXiv:1910.13496), and so have chains that propose them.

    What q never draws, no weight brings back: the divergence lets q leave out a part of p, and
    effective sample size and errors are then of the rest. Symmetric networks and annealing help
    against it; a second seed, or `kadanoff.Sampler`, is a check.

    Numbers that are drawn are functions of the seed, the step and the call. Sums of PyTorch
    depend on its version, the machine and the threads (`torch.set_num_threads`): only where these
    are the same are trainings equal, bit for bit.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(3))
    >>> van = kd.nn.VariationalFreeEnergy(model, beta=0.4, batch_size=200, seed=1).fit(100)
    >>> bound, exact = van.free_energy(2000), kd.exact.enumerate(model, 0.4).log_z_total
    >>> bool(exact - 0.2 < bound.log_z.mean < exact)
    True
    >>> weighted = van.importance_sample(2000)
    >>> abs(weighted.log_z.mean - exact) < 4 * weighted.log_z.standard_error
    True
    """

    _kind = "variational_free_energy"
    _fixed = frozenset({"model", "network", "batch_size", "clip", "seed"})

    def __init__(
        self,
        model: Ising,
        beta: float,
        network: AutoregressiveNetwork | None = None,
        *,
        batch_size: int = 500,
        learning_rate: float = 5e-3,
        clip: float = 1.0,
        seed: int | None = None,
    ) -> None:
        check_model(_CALL, model, Ising)
        self.model = model
        self.beta = beta
        self.batch_size = arguments.integer(_CALL, "batch_size", batch_size, 2, 2**24)
        self.learning_rate = learning_rate
        self.clip = arguments.positive(_CALL, "clip", clip)
        self.seed = arguments.seed(_CALL, seed)
        if network is None:
            network = AutoregressiveNetwork(model, depth=2, width=4, seed=self.seed)
        self.network = _fitting(network, model)
        self._training = Training(model, self.network, self.batch_size, self.clip, self.seed)
        self._calls = 0

    @property
    def beta(self) -> float:
        """Inverse temperature; assignable: `fit` then goes there from where it was."""
        return self._beta

    @beta.setter
    def beta(self, beta: float) -> None:
        value = arguments.positive(_CALL, "beta", beta)
        if value > _LARGEST_BETA:
            raise ValueError(f"[{_CALL}] expected beta in (0, 1e6], got {value}")
        self._beta = value

    @property
    def learning_rate(self) -> float:
        """Of Adam, before `fit` lets it fall; assignable."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._learning_rate = arguments.positive(_CALL, "learning_rate", rate)

    @property
    def steps(self) -> int:
        """Steps done."""
        return self._training.steps

    @property
    def history(self) -> History:
        """What was recorded in each step."""
        return History.of(self._training.records)

    def fit(
        self,
        steps: int,
        *,
        anneal: float = 0.4,
        cooldown: float = 0.5,
        callback: Callback | None = None,
        progress: bool = False,
    ) -> VariationalFreeEnergy:
        """Train for `steps` more steps.

        Parameters
        ----------
        steps : int
            At least 0.
        anneal : float
            In [0, 1]. So large a part of the steps goes, evenly in beta, from the beta of the last
            step to `beta`; the first step of all begins at 0. This keeps a network from settling
            in one of several states. With 0 all steps are at `beta`.
        cooldown : float
            In [0, 1]. In so large a part of the steps, the last, the learning rate falls evenly
            to 0.
        callback : callable, optional
            Called with this object after each step; if it returns True, the training stops.
        progress : bool
            Show a bar on standard error.

        Returns
        -------
        VariationalFreeEnergy
            This one.

        Raises
        ------
        ValueError, TypeError
            Nothing has changed then.
        DivergenceError
            A gradient is not finite. All is as after the last whole step.
        Interrupted
            A KeyboardInterrupt: the same holds. Call `fit` again to go on.
        """
        count = arguments.integer("fit", "steps", steps, 0, 2**31)
        warm = arguments.share("fit", "anneal", anneal) * count
        cold = arguments.share("fit", "cooldown", cooldown) * count
        if callback is not None and not callable(callback):
            raise TypeError(f"[fit] expected a callable callback, got {callback!r}")
        started = self.steps
        try:
            with steps_bar(count, self.network.sites, shown=progress) as show:
                self._run(count, warm, cold, callback, show)
        except KeyboardInterrupt:
            done = self.steps - started
            raise Interrupted(f"[fit] stopped after {done} of {count} steps") from None
        return self

    def _run(
        self, count: int, warm: float, cold: float, callback: Callback | None, show: Show
    ) -> None:
        records = self._training.records
        start = records[-1].beta if records else 0.0
        target, rate = self.beta, self.learning_rate
        for step in range(count):
            way = min(1.0, (step + 1) / warm) if warm else 1.0
            beta = target if way == 1.0 else start + way * (target - start)
            left = min(1.0, (count - step) / cold) if cold else 1.0
            self._training.step(beta, left * rate)
            show(step + 1, records[-1])
            if callback is not None and callback(self) is True:
                break

    def sample(self, n: int) -> npt.NDArray[np.int8]:
        """Draw independent states from the network, int8 ``(n, *shape)``; each call draws anew.

        Raises
        ------
        ValueError, TypeError
        """
        count = arguments.integer("sample", "n", n, 0, 2**31)
        return self._draw(count).reshape(count, *self.network.shape)

    def free_energy(self, n: int = 10_000) -> VariationalEstimate:
        """Estimate the variational free energy, an upper bound, from `n` new samples.

        Parameters
        ----------
        n : int
            At least 2.

        Returns
        -------
        VariationalEstimate

        Raises
        ------
        ValueError, TypeError
        """
        return estimates.variational(self._samples("free_energy", n), self.beta)

    def importance_sample(self, n: int = 10_000) -> ImportanceEstimate:
        r"""Estimate ln Z and averages of the model itself, from `n` new samples with weights.

        Parameters
        ----------
        n : int
            At least 2.

        Returns
        -------
        ImportanceEstimate

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        .. math:: \hat Z = \frac1n \sum_k w_k, \qquad w_k = \frac{e^{-\beta E(s_k)}}{q(s_k)}, \qquad
                  \sigma^2(\ln \hat Z) = \frac{1}{n_\text{eff}} - \frac1n

        (K. A. Nicoli et al., arXiv:1903.11048, equations 4 and 5, and arXiv:1910.13496). Errors are
        those of the delta method: of first order, and too small where `ess` is below about 100. The
        estimate of Z has no bias, that of ln Z has `log_z_bias`, half of its error squared.
        """
        samples = self._samples("importance_sample", n)
        return estimates.importance(samples, self.network.shape, self.beta)

    def markov_chains(
        self, draws: int = 1000, chains: int = 16, thermalise: int | None = None
    ) -> MarkovChains:
        """Run Metropolis chains that propose samples of the network.

        Parameters
        ----------
        draws : int
            Steps of each chain that are kept, at least 1.
        chains : int
            At least 1.
        thermalise : int, optional
            Steps before them; by default a tenth of `draws`.

        Returns
        -------
        MarkovChains

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        See `kadanoff.nn.autoregressive.chains.walk`. A chain stays where w is large, for about as
        many steps as that w is times the mean.
        """
        call = "markov_chains"
        kept = arguments.integer(call, "draws", draws, 1, 2**31)
        count = arguments.integer(call, "chains", chains, 1, 2**20)
        if thermalise is None:
            thermalise = kept // 10
        before = arguments.integer(call, "thermalise", thermalise, 0, 2**31)
        return self._chains(before, kept, count)

    def _chains(self, before: int, kept: int, count: int) -> MarkovChains:
        number, shape = self._calls, (before + kept + 1, count)
        spins = self._draw(shape[0] * shape[1])
        energies, log_q = self._energies(spins), self.network.flat_log_prob(spins)
        bars = uniforms(self.seed, Use.ACCEPTANCE, number, (shape[0] - 1, count))
        path = chains.walk((-self.beta * energies - log_q).reshape(shape), bars)
        at, accepted = path.at[before:], path.accepted[before:]
        values = {
            "energy": energies / self.network.sites,
            "magnetization": spins.mean(axis=1, dtype=np.float64),
        }
        observables = {
            name: np.take_along_axis(value.reshape(shape), at, axis=0).T.copy()
            for name, value in values.items()
        }
        run = Run(
            observables,
            beta=np.full(count, self.beta),
            every=1,
            model=self.model.describe(),
            update="independence",
            seed=self.seed,
            first_sweep=before + 1,
            provenance={"network": repr(self.network), "training_steps": self.steps},
        )
        return MarkovChains(run, float(accepted.mean()), chains.longest_stay(accepted))

    def _samples(self, call: str, n: int) -> Samples:
        count = arguments.integer(call, "n", n, 2, 2**31)
        spins = self._draw(count)
        return Samples(spins, self.network.flat_log_prob(spins), self._energies(spins))

    def _draw(self, count: int) -> npt.NDArray[np.int8]:
        """Draw flat states that no call before has drawn."""
        blocks = draws(self.network, count, self.seed, Use.ESTIMATES, self._calls)
        result = np.concatenate([np.empty((0, self.network.sites), dtype=np.int8), *blocks])
        self._calls += 1
        return result

    def _energies(self, flat: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        return np.asarray(self.model.energy(flat.reshape(-1, *self.network.shape)))

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes: all that `load` needs to go on as if nothing had been."""
        return {
            "model": self.model.to_state(),
            "network": self.network.to_state(),
            "beta": self.beta,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "clip": self.clip,
            "seed": self.seed,
            "calls": self._calls,
            "training": self._training.to_state(),
        }

    @classmethod
    def from_state(cls, entries: storage.Entries) -> VariationalFreeEnergy:
        """Return what `to_state` described, read back as `storage.Entries`.

        Raises
        ------
        kadanoff.errors.FileError
            If an entry is missing, of another type or out of bounds.
        """
        model = models.from_state(entries.group("model"))
        network = AutoregressiveNetwork.from_state(entries.group("network"))
        if not isinstance(model, Ising):
            raise entries.wrong("model", "an Ising model")
        if network.shape != model.lattice.shape or (network.symmetric and np.any(model.field)):
            raise entries.wrong("network", "a network for the model")
        result = cls(
            model,
            entries.real("beta", 1e-300, _LARGEST_BETA),
            network,
            batch_size=entries.integer("batch_size", 2, 2**24),
            learning_rate=entries.real("learning_rate", 1e-300),
            clip=entries.real("clip", 1e-300),
            seed=entries.integer("seed", 0),
        )
        result._calls = entries.integer("calls", 0, 2**62)
        result._training.restore(entries.group("training"))
        return result

    def __repr__(self) -> str:
        return (
            f"VariationalFreeEnergy({self.model!r}, beta={self.beta:.6g}, {self.network!r}, "
            f"steps={self.steps})"
        )


def _fitting(network: Any, model: Ising) -> AutoregressiveNetwork:
    """Return the network, if it can learn the model."""
    if not isinstance(network, AutoregressiveNetwork):
        raise TypeError(f"[{_CALL}] expected an AutoregressiveNetwork, got {network!r}")
    if network.shape != model.lattice.shape:
        expected = f"a network of shape {model.lattice.shape}"
        raise ValueError(f"[{_CALL}] expected {expected}, got {network.shape}")
    if network.symmetric and np.any(model.field):
        raise ValueError(f"[{_CALL}] expected symmetric=False for a model with a field, got True")
    return network
