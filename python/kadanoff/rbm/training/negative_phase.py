"""The two phases of a gradient: averages over data, and averages over the machine's states.

What differs between the methods of training is where the second ones come from. Chains are asked
for no more than `NegativePhase`, so a parallel tempering trains a machine as Gibbs chains do.
"""

from __future__ import annotations

import math
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from ..gibbs import GibbsSampler, Moments
from ..machine import RBM
from ..tempering.temperatures import RBMTempering
from ..tempering.trajectory import TrajectoryTempering
from . import gradients, keyed

METHODS = ("pcd", "cd", "pt", "trajectory", "exact")
CLASSES: dict[str, Any] = {
    "pcd": GibbsSampler,
    "pt": RBMTempering,
    "trajectory": TrajectoryTempering,
}
DEFAULT_CHAINS = {"pcd": 1000, "pt": 100, "trajectory": 100}
DEFAULT_BETAS = tuple(np.linspace(0.0, 1.0, 10).tolist())

_WINDOW = 20
_RARE_SWAPS = 0.3
_MAX_RUNGS = 64

Bits = npt.NDArray[np.uint8]


@runtime_checkable
class NegativePhase(Protocol):
    """Persistent chains that estimate the machine's averages.

    `GibbsSampler` is one. An `acceptance` (a number or an array), where there is one, is recorded.
    A class of one's own can be loaded with a trainer if it has a classmethod
    ``from_state(entries, device, threads)`` that takes `kadanoff.storage.Entries` of what `state`
    returned.
    """

    @property
    def rbm(self) -> RBM:
        """The machine that is sampled; assignable."""
        ...

    @rbm.setter
    def rbm(self, rbm: RBM) -> None: ...

    def run(self, steps: int) -> None:
        """Do `steps` steps."""
        ...

    def moments(self) -> Moments:
        """Return averages over the chains."""
        ...

    def state(self) -> dict[str, Any]:
        """Return everything that is needed to go on, as plain values and arrays."""
        ...


class DataChains:
    """Gibbs chains that hold a minibatch in their visible units.

    Parameters
    ----------
    rbm : RBM
    size : int
        Samples in a minibatch; the last one of an epoch may have fewer.
    step : int
        Steps done in an earlier life.
    seed, options
        Of `GibbsSampler`.
    """

    def __init__(self, rbm: RBM, size: int, step: int, seed: int, options: dict[str, Any]) -> None:
        seed = keyed.derived_seed(seed, keyed.Use.DATA_CHAINS)
        self.chains = GibbsSampler(rbm, size, seed, **options)
        self.chains._core.step = step
        self._where: npt.NDArray[np.bool_] | None = None

    def load(self, bits: Bits, count: int) -> Moments:
        """Put a minibatch in, of which the first `count` rows count; return its averages."""
        self.chains._core.write_visible(bits)
        self._where = None if count == len(bits) else np.arange(len(bits)) < count
        return self.moments()

    def moments(self) -> Moments:
        """Return averages over the rows that count."""
        return self.chains.moments(self._where)


class Contrastive:
    """CD-k: the machine's averages after k steps from the data (Hinton 2002).

    Parameters
    ----------
    data : DataChains
    steps : int
        k.
    """

    def __init__(self, data: DataChains, steps: int) -> None:
        self._data = data
        self._steps = steps

    def take(self, rbm: RBM) -> None:
        """Go on with another machine."""
        self._data.chains.rbm = rbm

    def begin_epoch(self) -> None:
        """Do what there is to do before the first minibatch of an epoch."""

    def moments(self, bits: Bits, count: int) -> tuple[Moments, Moments]:
        """Return averages over a minibatch and over the machine's states."""
        positive = self._data.load(bits, count)
        self._data.chains.run(self._steps)
        return positive, self._data.moments()

    @property
    def acceptance(self) -> float:
        """Share of accepted swaps: there are none."""
        return math.nan

    def state(self) -> dict[str, Any]:
        """Return what a file keeps."""
        return {"data_step": self._data.chains.step}


class Persistent(Contrastive):
    """Persistent chains, which take k steps for each minibatch (Tieleman 2008).

    Parameters
    ----------
    data : DataChains
    steps : int
        k.
    chains : NegativePhase
    """

    def __init__(self, data: DataChains, steps: int, chains: NegativePhase) -> None:
        super().__init__(data, steps)
        self.chains = chains

    def take(self, rbm: RBM) -> None:
        """Go on with another machine."""
        self._data.chains.rbm = rbm
        self.chains.rbm = rbm

    def moments(self, bits: Bits, count: int) -> tuple[Moments, Moments]:
        """Return averages over a minibatch and over the machine's states."""
        positive = self._data.load(bits, count)
        self.chains.run(self._steps)
        return positive, self.chains.moments()

    @property
    def acceptance(self) -> float:
        """Share of accepted swaps, mean over the neighbours that tried; nan where none did."""
        shares = np.atleast_1d(getattr(self.chains, "acceptance", math.nan))
        tried = shares[np.isfinite(shares)]
        return float(tried.mean()) if tried.size else math.nan

    def state(self) -> dict[str, Any]:
        """Return what a file keeps."""
        return {**super().state(), "chains": self.chains.state()}


class Tempered(Persistent):
    """Persistent chains that exchange temperatures; swaps are counted for each epoch by itself."""

    def begin_epoch(self) -> None:
        """Forget the swaps of the last epoch."""
        chains: Any = self.chains
        chains.reset_statistics()


class Trajectory(Persistent):
    """Persistent chains of earlier machines, which exchange states with those of the present one.

    Where swaps with the last machine that was kept become rare, the present one is kept as well
    (N. Bereux et al., arXiv:2405.15376, section 4).
    """

    def take(self, rbm: RBM) -> None:
        """Go on with another machine."""
        chains: Any = self.chains
        if chains.step // self._steps % _WINDOW == 0:
            rare = bool(chains.acceptance[-1] < _RARE_SWAPS)
            if rare and len(chains.machines) < _MAX_RUNGS:
                chains.append(chains.rbm)
            else:
                chains.reset_statistics()
        super().take(rbm)


class Exact(Contrastive):
    """Averages by enumeration, where a layer has at most 20 units.

    Parameters
    ----------
    data : DataChains
    """

    def __init__(self, data: DataChains) -> None:
        super().__init__(data, 0)

    def moments(self, bits: Bits, count: int) -> tuple[Moments, Moments]:
        """Return averages over a minibatch and over all of the machine's states."""
        positive = self._data.load(bits, count)
        return positive, gradients.model_moments(self._data.chains.rbm, "fit")


def first_chains(
    rbm: RBM,
    method: str,
    seed: int,
    chains: int | None,
    betas: npt.ArrayLike | None,
    options: dict[str, Any],
) -> NegativePhase | None:
    """Return the persistent chains that a training begins with, if its method has any."""
    if betas is not None and method != "pt":
        raise ValueError(f"[RBMTrainer] expected betas with method 'pt', got {method!r}")
    if method == "exact":
        gradients.check_enumerable(rbm, "RBMTrainer")
    if method not in CLASSES:
        return None
    count = DEFAULT_CHAINS[method] if chains is None else chains
    seed = keyed.derived_seed(seed, keyed.Use.MODEL_CHAINS)
    if method == "pcd":
        return GibbsSampler(rbm, count, seed, **options)
    if method == "pt":
        ladder = RBMTempering(
            rbm, DEFAULT_BETAS if betas is None else betas, count, seed, **options
        )
        _check_target("betas", ladder)
        return ladder
    free = RBM(
        np.zeros_like(rbm.weights),
        rbm.visible_bias,
        rbm.hidden_bias,
        rbm.visible_units,
        rbm.hidden_units,
    )
    return TrajectoryTempering([free, rbm], count, seed, **options)


def checked_chains(given: Any, rbm: RBM) -> NegativePhase:
    """Return chains of a user's own, set to the machine; TypeError or ValueError."""
    if not isinstance(given, NegativePhase) or not hasattr(given, "from_state"):
        wanted = "a negative_phase such as kd.GibbsSampler(rbm)"
        raise TypeError(f"[RBMTrainer] expected {wanted}, got {given!r}")
    if given.rbm.layers != rbm.layers:
        wanted = f"a negative_phase of a machine like {rbm!r}"
        raise ValueError(f"[RBMTrainer] expected {wanted}, got {given.rbm!r}")
    _check_target("a negative_phase", given)
    given.rbm = rbm
    return given


def _check_target(name: str, chains: Any) -> None:
    """Refuse chains whose averages are not those of the machine at beta = 1."""
    if isinstance(chains, RBMTempering) and chains.betas.max() != 1.0:
        got = f"{chains.betas.max():g}"
        raise ValueError(f"[RBMTrainer] expected {name} up to beta = 1, got {got}")
    if isinstance(chains, GibbsSampler):
        wrong = chains.beta[chains.beta != 1.0]
        if wrong.size:
            raise ValueError(f"[RBMTrainer] expected {name} at beta = 1, got {wrong[0]:g}")
        if chains.clamped is not None:
            raise ValueError(f"[RBMTrainer] expected {name} without clamped units, got some")


def phases(method: str, steps: int, data: DataChains, chains: NegativePhase | None) -> Contrastive:
    """Return both phases of a method."""
    if chains is None:
        return Exact(data) if method == "exact" else Contrastive(data, steps)
    if isinstance(chains, TrajectoryTempering):
        return Trajectory(data, steps, chains)
    if isinstance(chains, RBMTempering):
        return Tempered(data, steps, chains)
    return Persistent(data, steps, chains)
