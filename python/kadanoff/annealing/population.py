"""Population annealing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.errors import FileError, Interrupted
from kadanoff.models import Model, Potts
from kadanoff.models.base import check_model
from kadanoff.sampler import Sampler

from .result import AnnealResult, State, count
from .schedule import MAX_SWEEPS, checked_betas
from .simulated import MAX_READS, describe_run, make_sampler, read_states

if TYPE_CHECKING:
    import os

KIND = "population_anneal"
VERSION = 1

_RECORD = ("log_weight", "energy", "energy_variance", "families", "family_square", "family_entropy")
_SHOWN = 8
_FAMILY_ENTROPY = math.log(100.0)

FloatArray = npt.NDArray[np.float64]


def population_anneal(
    model: Model,
    betas: npt.ArrayLike,
    population: int = 1000,
    sweeps: int = 10,
    runs: int = 8,
    *,
    culling_fraction: float | None = None,
    seed: int | None = None,
    update: str = "heatbath",
    device: str = "cpu",
    threads: int | None = None,
) -> PopulationResult:
    r"""Cool populations down by resampling: equilibrium averages and absolute free energies.

    Parameters
    ----------
    model : Ising, Potts, BoltzmannMachine or Hopfield
    betas : sequence of float
        Inverse temperatures in ascending order, in [0, 1e12], in units of 1 / energy. Populations
        begin at 0 whether or not it is among them.
    population : int
        Replicas R of a run.
    sweeps : int
        Sweeps of each replica at each beta above 0.
    runs : int
        Independent populations. Their spread gives the errors: with one, these are NaN.
    culling_fraction : float, optional
        In [1e-6, 1): adaptive temperature steps. As many betas are inserted before each of `betas`
        as it takes for resampling to remove at most this share of a population, so that
        ``betas=[3.0]`` is enough; `PopulationResult.betas` has all. 0.05 to 0.15 is usual. One more
        population, a pilot, chooses the steps and takes no part in the result.
    seed : int, optional
        0 <= seed < 2^64. Without it, one is drawn from the operating system; `info` tells it.
    update : {"heatbath", "metropolis"}
    device : {"cpu", "cuda"}
    threads : int, optional
        As for `kadanoff.Sampler`; the result does not depend on it.

    Returns
    -------
    PopulationResult

    Raises
    ------
    Interrupted
        A KeyboardInterrupt; its `run` is the result up to the last beta completed, or None.
    ValueError, TypeError
        If an argument is out of its range or of the wrong type.
    RuntimeError
        If the device is not available.

    Notes
    -----
    From beta to beta' a replica of energy :math:`E_i` gets :math:`\tau_i` copies on average,

    .. math::
        \tau_i = e^{-(\beta' - \beta) E_i} / Q, \qquad
        Q = \frac{1}{R} \sum_i e^{-(\beta' - \beta) E_i}, \qquad
        \ln Z(\beta) = n \ln q + \sum \ln Q ,

    by systematic resampling: the integer below or above it, R in all. The estimate of Z is unbiased
    whatever R and the sweeps are, so runs are averaged as Z, and observables with the weights Z
    (K. Hukushima and Y. Iba, AIP Conf. Proc. 690 (2003) 200; J. Machta, Phys. Rev. E 82 (2010)
    026704). Errors are the jackknife's over runs.

    The culling fraction of a step is

    .. math:: \epsilon = \frac{1}{R} \sum_i \max(0, 1 - \tau_i),

    and :math:`1 - \epsilon` the overlap of the energy histograms at the two betas (C. Amey and
    J. Machta, Phys. Rev. E 97 (2018) 033301; L. Yu. Barash, M. Weigel, M. Borovsky, W. Janke and
    L. N. Shchur, Computer Physics Communications 220 (2017) 341). Steps chosen by a population's
    own energies bias its Z: for 10 replicas by a quarter. Those of a pilot do not: the runs are,
    bit for bit, those of a call with the same seed and ``betas=result.betas``.

    A family is the descendants of one initial replica, :math:`\nu` its share of the population.
    Equilibrium asks for many: :math:`S_f = -\sum \nu \ln \nu \ge \ln 100` (W. Wang, J. Machta and
    H. G. Katzgraber, Phys. Rev. E 92 (2015) 063307).

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(4))
    >>> result = kd.population_anneal(model, np.linspace(0.0, 0.4, 9), population=500, seed=1)
    >>> exact = kd.exact.kaufman((4, 4), beta=0.4)
    >>> bool(abs(result.log_z[-1] - exact.log_z) < 4 * result.log_z_error[-1])
    True

    With adaptive steps:

    >>> result = kd.population_anneal(model, [0.4], population=500, culling_fraction=0.1, seed=1)
    >>> len(result.betas), float(result.betas[-1])
    (12, 0.4)
    """
    call = "population_anneal"
    check_model(call, model)
    steps = checked_betas(call, "betas", betas)
    unsorted = np.flatnonzero(np.diff(steps) <= 0.0)
    if unsorted.size:
        first, second = steps[unsorted[0] : unsorted[0] + 2].tolist()
        raise ValueError(f"[{call}] expected ascending betas, got {first} before {second}")
    population = arguments.integer(call, "population", population, 1, MAX_READS)
    sweeps = arguments.integer(call, "sweeps", sweeps, 1, MAX_SWEEPS)
    culling = 0.0 if culling_fraction is None else _checked_culling(culling_fraction)
    pilots = int(culling > 0.0)
    runs = arguments.integer(call, "runs", runs, 1, MAX_READS // population - pilots)
    sampler = make_sampler(call, model, update, (runs + pilots) * population, seed, device, threads)
    return _run(sampler, steps, sweeps, runs, population, culling)


def _checked_culling(culling_fraction: float) -> float:
    culling = arguments.real("population_anneal", "culling_fraction", culling_fraction)
    if not 1e-6 <= culling < 1.0:
        raise ValueError(
            f"[population_anneal] expected culling_fraction in [1e-6, 1), got {culling}"
        )
    return culling


def _run(
    sampler: Sampler, betas: FloatArray, sweeps: int, runs: int, population: int, culling: float
) -> PopulationResult:
    core, model = sampler._core, sampler.model
    replicas = runs * population  # without the pilot, which comes last
    record, signal = _core.population_anneal(
        core, betas.tolist(), sweeps, sampler.replicas // population, culling
    )
    done: FloatArray = record.pop("betas")
    result = None
    if done.size:
        info = {**describe_run(sampler), "sweeps": sweeps}
        if culling > 0.0:
            info["culling_fraction"] = culling
        energies = _core.total_energy(core)[:replicas]
        states = AnnealResult(read_states(sampler)[:replicas], energies, info=info)
        record = {name: array[:, :runs] for name, array in record.items() if array.ndim == 2} | {
            "family": record["family"][:replicas]
        }
        q = model.q if isinstance(model, Potts) else 2
        result = PopulationResult(
            done, record, states, model.lattice.n_sites, model.lattice.n_sites * math.log(q)
        )
    if isinstance(signal, KeyboardInterrupt):
        reached = f"{done.size} betas, at {done[-1] if done.size else 0.0:g} of {betas[-1]:g}"
        raise Interrupted(f"[population_anneal] stopped after {reached}", result)
    if signal is not None:
        raise signal
    assert result is not None
    return result


class PopulationResult:
    """Averages, free energies and final states of population annealing.

    Parameters
    ----------
    betas : ndarray of float64, (k,)
    record : mapping of str to ndarray
        What the runs did: see `record` below.
    states : AnnealResult
        The final populations, run after run.
    n_sites : int
    log_z_start : float
        ln Z at beta = 0.

    Attributes
    ----------
    betas : ndarray of float64, (k,)
    log_z, log_z_error : ndarray of float64, (k,)
        ln Z per site and its standard error.
    log_z_total : ndarray of float64, (k,)
        ln Z.
    energy, energy_error : ndarray of float64, (k,)
        Energy per site and its standard error.
    specific_heat, specific_heat_error : ndarray of float64, (k,)
        beta^2 (<E^2> - <E>^2) / N and its standard error.
    free_energy, free_energy_error : ndarray of float64, (k,)
        -ln Z / (beta N) and its standard error; -inf and NaN at beta = 0.
    rho, family_entropy, families : ndarray of float64, (k, runs)
        Mean square family size R sum nu^2, entropy of families -sum nu ln nu, and number of
        families left, nu being a family's share of its run.
    states : AnnealResult
        The final populations, with `spins`, total `energies`, `best`, `lowest`, `info`; the first
        three are attributes of this as well.
    family : ndarray of int64, (runs * population,)
        The initial replica that each final one descends from.
    record : dict of str to ndarray of float64, (k, runs)
        "log_weight" ln Q, "energy" and "energy_variance" of the total energy, and the families.
    runs, population, n_sites : int
    """

    def __init__(
        self,
        betas: FloatArray,
        record: Mapping[str, npt.NDArray[Any]],
        states: AnnealResult,
        n_sites: int,
        log_z_start: float,
    ) -> None:
        self.betas, self.states, self.n_sites = betas, states, n_sites
        self.record: dict[str, FloatArray] = {name: record[name] for name in _RECORD}
        self.family: npt.NDArray[np.int64] = record["family"]
        self.runs = self.record["energy"].shape[1]
        self.population = len(states) // self.runs
        self.rho = self.record["family_square"]
        self.family_entropy, self.families = self.record["family_entropy"], self.record["families"]
        self._log_z_start = log_z_start
        self._estimate()

    def _estimate(self) -> None:
        """Average the runs with the weights Z, and leave out each in turn for the errors."""
        growth = np.cumsum(self.record["log_weight"], axis=0)
        top = growth.max(axis=1, keepdims=True)
        weight = np.exp(growth - top)
        center = self.record["energy"].mean(axis=1, keepdims=True)
        energy = self.record["energy"] - center
        square = self.record["energy_variance"] + energy**2
        terms = np.stack([weight, weight * energy, weight * square])
        sums = terms.sum(axis=2, keepdims=True)
        all_runs = _averages(sums, self.runs)
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = [_jackknife_error(part) for part in _averages(sums - terms, self.runs - 1)]
        n, beta = self.n_sites, self.betas
        self.log_z_total = self._log_z_start + (all_runs[0] + top)[:, 0]
        self.log_z, self.log_z_error = self.log_z_total / n, errors[0] / n
        self.energy, self.energy_error = (all_runs[1] + center)[:, 0] / n, errors[1] / n
        self.specific_heat = beta**2 * all_runs[2][:, 0] / n
        self.specific_heat_error = beta**2 * errors[2] / n
        with np.errstate(divide="ignore", invalid="ignore"):
            self.free_energy = -self.log_z / beta
            self.free_energy_error = np.where(beta > 0.0, self.log_z_error / beta, np.nan)

    @property
    def entropic_family_size(self) -> FloatArray:
        """R / exp(family_entropy), float64 (k, runs)."""
        return np.asarray(self.population / np.exp(self.family_entropy))

    @property
    def equilibrated(self) -> bool:
        """Whether the entropy of families is at least ln 100 in every run to the end."""
        return bool(self.family_entropy[-1].min() >= _FAMILY_ENTROPY)

    @property
    def best(self) -> State:
        """The final state of lowest energy, the first of equals: (energy, spins)."""
        return self.states.best

    @property
    def spins(self) -> npt.NDArray[Any]:
        """The final states, ``(runs * population, *lattice.shape)``."""
        spins: npt.NDArray[Any] = self.states.spins
        return spins

    @property
    def energies(self) -> FloatArray:
        """Their total energies, float64 (runs * population,)."""
        energies: FloatArray = self.states.energies
        return energies

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the result to an HDF5 file, all or nothing; `load` gives back every bit.

        Raises
        ------
        OSError
            If the file cannot be written; a file that stood there is left as it was.
        """
        from kadanoff import storage

        tree = {
            "betas": self.betas,
            "record": {**self.record, "family": self.family},
            "states": self.states.to_state(),
            "log_z_start": self._log_z_start,
        }
        storage.write(path, KIND, VERSION, tree)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PopulationResult:
        """Read a result that `save` wrote.

        Raises
        ------
        kadanoff.errors.FileError
            If the file is not such a result, is damaged or is not to be trusted.
        FileNotFoundError, PermissionError
            If it cannot be opened.
        """
        from kadanoff import storage

        _, tree = storage.read(path, KIND, (VERSION,))
        entries = storage.Entries(tree, path)
        betas = entries.array("betas", np.float64, (None,))
        states = AnnealResult.from_state(entries.group("states"))
        inner = entries.group("record")
        record: dict[str, npt.NDArray[Any]] = {
            "energy": inner.array("energy", np.float64, (len(betas), None)),
            "family": inner.array("family", np.int64, (len(states),)),
        }
        runs = record["energy"].shape[1]
        for name in _RECORD:
            record[name] = inner.array(name, np.float64, (len(betas), runs))
        if not runs or not len(betas) or len(states) % runs:
            raise FileError(f"[load] expected runs of equal populations, got {runs}: {path}")
        start = entries.real("log_z_start")
        return cls(betas, record, states, math.prod(states.spins.shape[1:]), start)

    def __repr__(self) -> str:
        lines = [
            f"PopulationResult({count(self.runs, 'run')} of {count(self.population, 'replica')}, "
            f"{count(len(self.betas), 'beta')})",
            f"{'beta':>10} {'ln Z / N':>20} {'energy':>20} {'rho':>9} {'families':>9}",
        ]
        chosen = np.unique(np.linspace(0, len(self.betas) - 1, _SHOWN).round().astype(int))
        for k in chosen:
            log_z = f"{self.log_z[k]:.6f} +- {self.log_z_error[k]:.1g}"
            energy = f"{self.energy[k]:.5f} +- {self.energy_error[k]:.1g}"
            rho, families = self.rho[k].max(), self.families[k].min()
            lines.append(
                f"{self.betas[k]:10.5g} {log_z:>20} {energy:>20} {rho:9.3g} {families:9.0f}"
            )
        if not self.equilibrated:
            few = int((self.family_entropy[-1] < _FAMILY_ENTROPY).sum())
            lines.append(
                f"family entropy < ln 100 in {few} of {count(self.runs, 'run')}: "
                "not equilibrated, or too few replicas to tell"
            )
        return "\n".join(lines)


def _averages(sums: FloatArray, runs: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ln(mean weight), mean and variance of the energy from sums of w, w E and w E^2."""
    weight, energy, square = sums
    mean = energy / weight
    return np.log(weight / runs), mean, square / weight - mean**2


def _jackknife_error(leave_one_out: FloatArray) -> FloatArray:
    """Standard error (k,) from the estimates (k, run) that leave one run out each."""
    runs = leave_one_out.shape[1]
    if runs == 1:
        return np.full(len(leave_one_out), np.nan)
    deviation = leave_one_out - leave_one_out.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt((runs - 1) / runs * (deviation**2).sum(axis=1)))
