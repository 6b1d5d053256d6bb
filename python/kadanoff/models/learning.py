"""Learning of general Boltzmann machines: couplings between any two units, visible or hidden."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import DivergenceError
from kadanoff.fixed import FixedAttributes

from . import terms
from .networks import BoltzmannMachine

METHODS = ("pcd", "exact")

_MAX_HIDDEN = 16
_MAX_EXACT = 20
_BLOCK = 2**20  # numbers of a table of data by hidden states

Floats = npt.NDArray[np.float64]


class SpinMoments(NamedTuple):
    """Averages of spins (n,) and of their products (n, n)."""

    spins: Floats
    products: Floats


class BoltzmannTrainer(FixedAttributes):
    r"""Maximum-likelihood learning of a general Boltzmann machine.

    Parameters
    ----------
    machine : BoltzmannMachine
        Where to start; it is not changed. Its first units are visible, the others hidden: at most
        16 of these, which need not be bound to visible ones only.
    n_visible : int, optional
        Number of visible units; by default all.
    method : {"pcd", "exact"}
        Where the machine's own averages come from: replicas of a `Sampler` that go on from one step
        to the next, or all states of at most 20 units.
    chains : int
        Replicas of "pcd".
    sweeps : int
        Sweeps of each replica for each step of "pcd".
    learning_rate : float
        Step along the gradient, larger than 0.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; read it from `seed`.
    threads : int, optional
        Of the sampler; results do not depend on it.

    Raises
    ------
    ValueError
        If a value is out of its range.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math::
        \frac{\partial}{\partial W_{ij}} \frac1N \sum_n \ln p(v^{(n)})
            = \langle s_i s_j \rangle_\text{clamped} - \langle s_i s_j \rangle_\text{free}

    and the like for the biases, at beta = 1 (D. H. Ackley, G. E. Hinton and T. J. Sejnowski,
    Cognitive Science 9 (1985) 147). The clamped averages, hidden units given the data, are exact;
    the free ones of "pcd" come from persistent chains (T. Tieleman, ICML 2008).

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> data = np.repeat([[1, 1, -1], [-1, -1, 1]], [30, 10], axis=0)
    >>> start = kd.BoltzmannMachine(np.zeros((3, 3)))
    >>> trainer = kd.BoltzmannTrainer(start, method="exact", learning_rate=0.2).fit(data, steps=100)
    >>> states, p = kd.exact.probabilities(trainer.machine, 1.0)
    >>> bool(p[(states == data[0]).all(axis=1)][0] > 0.65)
    True
    """

    _fixed = frozenset({"n_visible", "method", "chains", "sweeps", "learning_rate", "seed"})

    def __init__(
        self,
        machine: BoltzmannMachine,
        n_visible: int | None = None,
        method: str = "pcd",
        chains: int = 1000,
        sweeps: int = 5,
        learning_rate: float = 0.05,
        seed: int | None = None,
        threads: int | None = None,
    ) -> None:
        call = "BoltzmannTrainer"
        if not isinstance(machine, BoltzmannMachine):
            wanted = "a machine such as kd.BoltzmannMachine(weights)"
            raise TypeError(f"[{call}] expected {wanted}, got {machine!r}")
        n = machine.lattice.n_sites
        self.machine = BoltzmannMachine(machine.weights, machine.biases)
        self.n_visible = n if n_visible is None else _visible(call, n_visible, n)
        self.method = arguments.choice(call, "method", method, METHODS)
        if self.method == "exact" and n > _MAX_EXACT:
            raise ValueError(f"[{call}] expected at most {_MAX_EXACT} units for exact, got {n}")
        self.chains = arguments.integer(call, "chains", chains, 1, 2**31)
        self.sweeps = arguments.integer(call, "sweeps", sweeps, 1, 2**20)
        self.learning_rate = arguments.real(call, "learning_rate", learning_rate)
        if not self.learning_rate > 0.0:
            raise ValueError(f"[{call}] expected learning_rate above 0, got {learning_rate}")
        self.seed = arguments.seed(call, seed)
        self.threads = threads
        self.step = 0
        self._spins: npt.NDArray[np.int8] | None = None
        self._sampler(self.machine)

    def fit(self, data: npt.ArrayLike, steps: int) -> BoltzmannTrainer:
        """Make `steps` steps along the gradient of all data; it may be called again.

        Parameters
        ----------
        data : array_like of -1 and 1, (n_samples, n_visible)
        steps : int
            At least 0.

        Returns
        -------
        BoltzmannTrainer
            This one.

        Raises
        ------
        ValueError, TypeError
            Nothing has changed then.
        DivergenceError
            If a weight or a bias grows beyond 1e12; `machine` is that of the last good step.
        """
        states = _data("fit", data, self.n_visible)
        for _ in range(arguments.integer("fit", "steps", steps, 0, 2**40)):
            self._advance(states)
        return self

    def _advance(self, data: Floats) -> None:
        clamped, free = clamped_moments(self.machine, data), self._free_moments()
        change = self.learning_rate * (clamped.products - free.products)
        np.fill_diagonal(change, 0.0)
        biases = self.machine.biases + self.learning_rate * (clamped.spins - free.spins)
        weights = self.machine.weights + 0.5 * (change + change.T)
        if not max(np.abs(weights).max(), np.abs(biases).max()) <= terms.LARGEST:
            raise DivergenceError(f"[fit] expected weights of at most 1e12 after step {self.step}")
        self.machine = BoltzmannMachine(weights, biases)
        self.step += 1

    def _sampler(self, machine: BoltzmannMachine) -> Any:
        from kadanoff.sampler import Sampler

        sampler = Sampler(
            machine, 1.0, replicas=self.chains, seed=self.seed, threads=self.threads, start="random"
        )
        if self._spins is not None:
            sampler.spins = self._spins
        sampler._core.sweep = self.step * self.sweeps
        return sampler

    def _free_moments(self) -> SpinMoments:
        if self.method == "exact":
            return free_moments(self.machine)
        sampler = self._sampler(self.machine)
        sampler.run(self.sweeps)
        self._spins = sampler.spins
        spins = sampler.spins.astype(np.float64)
        return SpinMoments(spins.mean(axis=0), spins.T @ spins / len(spins))

    def __repr__(self) -> str:
        return (
            f"BoltzmannTrainer({self.machine!r}, {self.n_visible} visible, {self.method}, "
            f"step={self.step}, seed={self.seed})"
        )


def free_moments(machine: BoltzmannMachine) -> SpinMoments:
    """Return the machine's averages at beta = 1, by enumeration of at most 2^20 states.

    Raises
    ------
    ValueError
        If there are more units.
    """
    from kadanoff import exact

    states, p = exact.probabilities(machine, 1.0)
    spins = states.astype(np.float64)
    return SpinMoments(p @ spins, (spins.T * p) @ spins)


def clamped_moments(machine: BoltzmannMachine, data: npt.ArrayLike) -> SpinMoments:
    r"""Return averages over data of all units, the hidden ones by enumeration given the visible.

    Parameters
    ----------
    machine : BoltzmannMachine
    data : array_like of -1 and 1, (n_samples, n_visible)
        The first units; at most 16 others are hidden.

    Returns
    -------
    SpinMoments

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> import kadanoff as kd
    >>> machine = kd.BoltzmannMachine([[0.0, 1.0], [1.0, 0.0]])
    >>> kd.models.clamped_moments(machine, [[1]]).spins.round(6).tolist()
    [1.0, 0.761594]
    """
    n = machine.lattice.n_sites
    given = arguments.array("clamped_moments", "data", data)
    count = given.shape[-1] if given.ndim == 2 else n
    v = _data("clamped_moments", given, _visible("clamped_moments", count, n))
    weights, biases = machine.weights, np.broadcast_to(machine.biases, n)
    bits = (np.arange(2 ** (n - count))[:, None] >> np.arange(n - count)) & 1
    h = 2.0 * bits - 1.0
    own = 0.5 * ((h @ weights[count:, count:]) * h).sum(axis=1)
    field = v @ weights[:count, count:] + biases[count:]
    means, total = np.empty((len(v), n - count)), np.zeros(len(h))
    together = max(1, _BLOCK // len(h))
    for start in range(0, len(v), together):
        rows = slice(start, start + together)
        logits = field[rows] @ h.T + own
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        means[rows] = p @ h
        total += p.sum(axis=0)
    across = v.T @ means
    products = np.block([[v.T @ v, across], [across.T, (h.T * total) @ h]]) / len(v)
    return SpinMoments(np.concatenate([v.mean(axis=0), means.mean(axis=0)]), products)


def _visible(call: str, n_visible: Any, n: int) -> int:
    count = arguments.integer(call, "n_visible", n_visible, 1, n)
    if n - count > _MAX_HIDDEN:
        raise ValueError(f"[{call}] expected at most {_MAX_HIDDEN} hidden units, got {n - count}")
    return count


def _data(call: str, data: npt.ArrayLike, n_visible: int) -> Floats:
    given = arguments.array(call, "data", data)
    if given.ndim != 2 or len(given) == 0 or given.shape[1] != n_visible:
        wanted = f"data of shape (n_samples, {n_visible}) with at least one sample"
        raise ValueError(f"[{call}] expected {wanted}, got shape {given.shape}")
    return terms.signs(call, "data", given).astype(np.float64)
