"""Rules that turn gradients into steps, on one vector of all parameters.

An optimiser is settings only; what it remembers between steps is a dictionary of arrays that the
trainer keeps and saves. Steps go uphill: gradients are those of a log-likelihood.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

Vector = npt.NDArray[np.float32]
Memory = dict[str, Vector]


class Optimizer(Protocol):
    """What a trainer asks of an optimiser."""

    def default_rate(self, spin_layers: int) -> float:
        """Learning rate where the caller gives none, of a machine with so many layers of spins."""
        ...

    def start(self, size: int) -> Memory:
        """Return the memory before the first step on `size` parameters."""
        ...

    def step(self, memory: Memory, gradient: Vector, rate: float, count: int) -> None:
        """Put the step number `count` (from 1) in the place of `gradient`; change `memory`."""
        ...


@dataclass(frozen=True)
class SGD:
    r"""Stochastic gradient ascent with momentum.

    Parameters
    ----------
    momentum : float
        In [0, 1); 0 for none.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: u \leftarrow \mu u + \eta g, \qquad \theta \leftarrow \theta + u

    (G. E. Hinton, A practical guide to training restricted Boltzmann machines, section 9).

    Examples
    --------
    >>> import numpy as np
    >>> sgd = SGD(momentum=0.5)
    >>> memory = sgd.start(2)
    >>> for count in (1, 2):
    ...     step = np.array([1.0, -2.0], dtype=np.float32)
    ...     sgd.step(memory, step, 0.5, count)
    >>> step.tolist()
    [0.75, -1.5]
    """

    momentum: float = 0.5

    def __post_init__(self) -> None:
        _keep_share(self, "momentum")

    def default_rate(self, spin_layers: int) -> float:
        """Learning rate where the caller gives none.

        A spin is twice as wide as a unit of 0 and 1: its weights are half, its gradients twice.
        """
        return 0.05 / 2.0**spin_layers

    def start(self, size: int) -> Memory:
        """Return the memory before the first step."""
        return {"velocity": np.zeros(size, dtype=np.float32)} if self.momentum > 0.0 else {}

    def step(self, memory: Memory, gradient: Vector, rate: float, count: int) -> None:
        """Put the step in the place of the gradient."""
        gradient *= np.float32(rate)
        if self.momentum > 0.0:
            velocity = memory["velocity"]
            velocity *= np.float32(self.momentum)
            velocity += gradient
            gradient[:] = velocity


@dataclass(frozen=True)
class Adam:
    r"""Adam: steps of about the learning rate in each parameter.

    Parameters
    ----------
    beta1, beta2 : float
        How slowly the averages of the gradient and of its square forget; in [0, 1).
    epsilon : float
        Above 0.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    D. P. Kingma and J. Ba, ICLR 2015, algorithm 1, uphill:

    .. math:: \theta \leftarrow \theta
        + \eta \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Examples
    --------
    >>> import numpy as np
    >>> adam = Adam()
    >>> step = np.array([3.0, -0.01], dtype=np.float32)
    >>> adam.step(adam.start(2), step, 0.5, 1)
    >>> step.round(4).tolist()
    [0.5, -0.5]
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _keep_share(self, "beta1")
        _keep_share(self, "beta2")
        epsilon = arguments.real("Adam", "epsilon", self.epsilon)
        if epsilon <= 0.0:
            raise ValueError(f"[Adam] expected epsilon above 0, got {epsilon}")
        object.__setattr__(self, "epsilon", epsilon)

    def default_rate(self, spin_layers: int) -> float:
        """Learning rate where the caller gives none; see `SGD.default_rate`."""
        return 0.002 / 2.0**spin_layers

    def start(self, size: int) -> Memory:
        """Return the memory before the first step."""
        return {name: np.zeros(size, dtype=np.float32) for name in ("mean", "square")}

    def step(self, memory: Memory, gradient: Vector, rate: float, count: int) -> None:
        """Put the step in the place of the gradient."""
        mean, square = memory["mean"], memory["square"]
        scratch = np.subtract(gradient, mean)
        scratch *= np.float32(1.0 - self.beta1)
        mean += scratch
        np.multiply(gradient, gradient, out=scratch)
        scratch -= square
        scratch *= np.float32(1.0 - self.beta2)
        square += scratch
        # Both corrections of the bias go into two numbers: no pass over the arrays for them.
        spread = (1.0 - self.beta2**count) ** 0.5
        np.sqrt(square, out=scratch)
        scratch += np.float32(self.epsilon * spread)
        np.divide(mean, scratch, out=gradient)
        gradient *= np.float32(rate * spread / (1.0 - self.beta1**count))


_KNOWN: dict[str, Any] = {"sgd": SGD, "adam": Adam}


def as_optimizer(call: str, value: str | Optimizer) -> Optimizer:
    """Return the optimiser of a name, or `value` itself; ValueError or TypeError otherwise."""
    if isinstance(value, (SGD, Adam)):
        return value
    if not isinstance(value, str):
        wanted = "optimizer as a name, kd.rbm.SGD() or kd.rbm.Adam()"
        raise TypeError(f"[{call}] expected {wanted}, got {value!r}")
    made: Optimizer = _KNOWN[arguments.choice(call, "optimizer", value, tuple(_KNOWN))]()
    return made


def to_state(optimizer: Optimizer) -> dict[str, Any]:
    """Return the settings as plain values."""
    kind = next(name for name, known in _KNOWN.items() if isinstance(optimizer, known))
    settings: Any = optimizer
    return {"kind": kind, **asdict(settings)}


def from_state(entries: Any) -> Optimizer:
    """Undo `to_state`, from `storage.Entries`."""
    kind = entries.text("kind", tuple(_KNOWN))
    try:
        optimizer: Optimizer = _KNOWN[kind](
            **{name: entries.real(name) for name in entries.names if name != "kind"}
        )
    except (TypeError, ValueError) as error:
        raise entries.wrong("kind", "settings of an optimiser") from error
    return optimizer


def _keep_share(optimizer: Any, name: str) -> None:
    call = type(optimizer).__name__
    value = arguments.real(call, name, getattr(optimizer, name))
    if not 0.0 <= value < 1.0:
        raise ValueError(f"[{call}] expected {name} in [0, 1), got {value}")
    object.__setattr__(optimizer, name, value)
