"""The two phases of a gradient: averages over data, and averages over the machine's states.

What differs between the methods of training is where the second ones come from. Chains are asked
for no more than `NegativePhase`, so a parallel tempering trains a machine as Gibbs chains do.
"""

from __future__ import annotations

import math
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from . import gradients, keyed
from .gibbs import GibbsSampler, Moments
from .machine import RBM

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
        """Mean share of accepted swaps; nan where the chains make none."""
        return float(np.mean(getattr(self.chains, "acceptance", math.nan)))

    def state(self) -> dict[str, Any]:
        """Return what a file keeps."""
        return {**super().state(), "chains": self.chains.state()}


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
