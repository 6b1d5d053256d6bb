"""A sampler whose proposals are Wolff clusters of an effective model."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.draws import MAX_SWEEP
from kadanoff.models import Ising
from kadanoff.models.base import check_model
from kadanoff.sampler import STARTS, Sampler, core_terms
from kadanoff.saved import restoring
from kadanoff.spin_chains import described_betas, model_and_beta

from .effective import EffectiveIsing
from .pair_sums import EXAMPLE

UPDATE = "self-learning"
MAX_CLUSTERS = 2**28


class SelfLearningSampler(Sampler):
    r"""Self-learning Monte Carlo: clusters of an effective model, accepted by the model's energy.

    It samples the model exactly, whatever the effective couplings are; good ones make acceptance
    high and correlations short. All of `kadanoff.Sampler` that is not about other updates
    holds here: spins are a pure function of (model, effective, clusters, beta, seed, sweep), for
    every instruction set and number of threads and across `save` and `load`. A sweep is one
    proposal.

    Parameters
    ----------
    model : Ising
        On a periodic square lattice of any extents, with one coupling, one field and any
        plaquette coupling.
    effective : EffectiveIsing, float or sequence of float
        J_n of first, second and third neighbours, 1 to 3 of them, of either sign. The third
        neighbours need extents of at least 3.
    beta : float or sequence of float
        Inverse temperature of model and effective model, one for all replicas or one for each; in
        [0, 1e12].
    clusters : int
        Clusters of a proposal, which are accepted or refused together: fewer tests where single
        clusters are small. Times the number of sites, at most 2^28.
    replicas, seed, threads, start
        As of `kadanoff.Sampler`.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    A cluster grows from a site drawn at random: a pair of spins with :math:`J_n s_i s_j > 0`
    is joined with probability :math:`1 - e^{-2 \beta |J_n|}`, and the whole cluster is flipped,
    which keeps the Boltzmann distribution of :math:`E_\text{eff} = -\sum_n J_n C_n`, whatever the
    signs. That of the model is kept by accepting the proposal with probability

    .. math:: \min\left(1,\, e^{-\beta [(E' - E) - (E'_\text{eff} - E_\text{eff})]}\right)

    (J. Liu, Y. Qi, Z. Y. Meng and L. Fu, Phys. Rev. B 95 (2017) 041101). Both
    differences are integers times couplings, added up as the sites of the cluster are flipped.

    `sample` adds "proposed_sites", the sum of the sizes of the last proposal's clusters, and
    "accepted", 1 or 0. N / <proposed_sites> proposals touch as many sites as a sweep of the
    lattice.

    At beta = 0 every cluster is one spin, and every proposal accepted: an even number of clusters
    leaves half of all states out, so `every` and `clusters` both have to be odd there.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(16), plaquette=0.2)
    >>> sampler = kd.slmc.SelfLearningSampler(model, 1.1064, beta=0.4, replicas=4, seed=1)
    >>> sampler.run(100)
    >>> run = sampler.sample(draws=200, every=2)
    >>> bool(0.5 < run["accepted"].mean() < 1.0)
    True
    """

    _kind = "self_learning_sampler"
    _call: ClassVar[str] = "SelfLearningSampler"
    _fixed = Sampler._fixed | {"effective", "clusters"}

    def __init__(
        self,
        model: Ising,
        effective: EffectiveIsing | float | npt.ArrayLike,
        beta: float | npt.ArrayLike,
        clusters: int = 1,
        replicas: int = 1,
        seed: int | None = None,
        threads: int | None = None,
        start: str = "ordered",
    ) -> None:
        call = self._call
        check_model(call, model, Ising, EXAMPLE)
        if isinstance(effective, EffectiveIsing):
            effective = effective.couplings
        self.model = model
        self.effective = tuple(arguments.reals(call, "effective", effective).tolist())
        self.clusters = arguments.integer(call, "clusters", clusters, 1, MAX_CLUSTERS)
        self.replicas = arguments.integer(call, "replicas", replicas, 1, 2**31)
        self.seed = arguments.seed(call, seed)
        self.threads = arguments.threads(call, threads)
        self.update, self.device, self.order = UPDATE, "cpu", "sublattice"
        betas = arguments.reals(call, "beta", beta)
        self._core = _core.Sampler(
            **core_terms(model),
            beta=betas.tolist(),
            update=UPDATE,
            order=self.order,
            kernel="",
            replicas=self.replicas,
            seed=self.seed,
            device=self.device,
            threads=self.threads or 0,
            start=arguments.choice(call, "start", start, STARTS),
            effective=list(self.effective),
            clusters=self.clusters,
        )
        self._set_beta_array(betas)

    def _settings(self) -> dict[str, str | int]:
        return {"effective": ", ".join(map(repr, self.effective)), "clusters": self.clusters}

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        state = super().state()
        for name in ("order", "kernel", "update"):
            del state[name]
        return {**state, "effective": np.array(self.effective), "clusters": self.clusters}

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], device: str = "cpu", threads: int | None = None
    ) -> SelfLearningSampler:
        """Return the sampler that `save` wrote; as of `kadanoff.Sampler`, on the CPU only.

        Raises
        ------
        FileError
            A ValueError: the file is not such a sampler's, damaged, hostile, or of another version.
        FileNotFoundError, PermissionError
        """
        sampler: SelfLearningSampler = super(Sampler, cls).load(path, device, threads)
        return sampler

    @classmethod
    def from_state(
        cls, entries: Any, device: str = "cpu", threads: int | None = None
    ) -> SelfLearningSampler:
        """Return the sampler whose `state` was read back as `storage.Entries`."""
        arguments.choice("load", "device", device, ("cpu",))
        model, beta = model_and_beta(entries)
        words = entries.array("packed_spins", np.uint32, (None,))
        if words.size != model.lattice.n_sites * ((len(beta) + 31) // 32):
            raise entries.wrong("packed_spins", "the spins of all sites and replicas")
        with restoring("sampler", TypeError):
            sampler = cls(
                model,  # type: ignore[arg-type]  # a TypeError of ours tells of other models
                entries.array("effective", np.float64, (None,)),
                beta,
                entries.integer("clusters", low=1),
                replicas=len(beta),
                seed=entries.integer("seed", low=0),
                threads=threads,
                start="down",
            )
            sampler._core.write_packed(np.ascontiguousarray(words))
            sampler._core.sweep = entries.integer("sweep", low=0, high=MAX_SWEEP)
        return sampler

    def __repr__(self) -> str:
        couplings = ", ".join(f"{j:.6g}" for j in self.effective)
        return (
            f"SelfLearningSampler({self.model!r}, effective=({couplings}), "
            f"beta={described_betas(self.beta)}, clusters={self.clusters}, "
            f"replicas={self.replicas}, seed={self.seed}, sweep={self.sweep}, {self.kernel})"
        )
