"""Training of Born machines: matrix product states whose probabilities are those of data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from . import checking
from .chains import random_chain
from .gauge import with_center
from .mps import MPS
from .splitting import truncated_svd

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

FIRST_BOND = 16
SMALLEST_RATE = 1e-6
MAX_SWEEPS = 100_000


@dataclass(frozen=True)
class BornTraining:
    """What `train_born_machine` returns.

    Attributes
    ----------
    state : MPS
        Of norm 1; `MPS.log_likelihood` and `MPS.sample` make it a model.
    losses : ndarray of float64, (sweeps,)
        The mean of -ln p over the data after each sweep, in nats.
    data_entropy : float
        The entropy of the data's own distribution: no model has a smaller loss.
    converged : bool
        Whether the last sweep lowered the loss by no more than the tolerance.
    """

    state: MPS
    losses: Floats
    data_entropy: float
    converged: bool


def train_born_machine(
    data: npt.ArrayLike,
    max_bond: int = 64,
    sweeps: int = 50,
    steps: int = 2,
    learning_rate: float = 0.5,
    cutoff: float = 1e-7,
    tolerance: float = 1e-6,
    dimension: int | Sequence[int] = 2,
    start: MPS | None = None,
    seed: int | None = None,
    dtype: npt.DTypeLike = np.float64,
) -> BornTraining:
    r"""Fit a Born machine to data by sweeps of two-site gradient steps.

    Parameters
    ----------
    data : array_like of int, (n_samples, n_sites)
        States of at least two sites, from 0 to the local dimension - 1.
    max_bond : int
        Largest bond dimension. Bonds begin at 16 at most and become what the data ask for.
    sweeps : int
        At most so many, each from the left end to the right and back.
    steps : int
        Gradient steps at each bond. More of them fit a bond to what the others are, and end in poor
        minima.
    learning_rate : float
        The first step to try, in (0, 1]; halved until the loss falls.
    cutoff : float
        The weight that a split may leave out, in [0, 1).
    tolerance : float
        Stop where a sweep lowers the loss by no more.
    dimension : int or sequence of int
        Local dimension, of all sites or of each.
    start : MPS, optional
        By default a random state.
    seed : int, optional
        0 <= seed < 2^64, for the random start. Without it, one is drawn from the operating system.
    dtype : dtype
        float64 or complex128.

    Returns
    -------
    BornTraining

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    The loss is :math:`-\sum_v p_v \ln |\psi(v)|^2 / \langle \psi | \psi \rangle`. In canonical form
    around two sites, with their joint tensor A of norm 1 and :math:`\psi(v) = A \cdot x_v`, its
    gradient is :math:`A - \sum_v p_v \bar x_v / \bar \psi(v)` (Z.-Y. Han, J. Wang, H. Fan, L. Wang
    and P. Zhang, Physical Review X 8 (2018) 031012, eq. 6). Where the :math:`x_v` are orthogonal, a
    step of 1/2 is Heron's rule for the square roots of :math:`p_v`, and converges quadratically.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> data = kd.datasets.bars_and_stripes(2, 2)
    >>> training = kd.tensor.train_born_machine(data, seed=1)
    >>> bool(abs(training.losses[-1] - np.log(6)) < 1e-5)
    True
    """
    call = "train_born_machine"
    kind = checking.floating(call, dtype)
    if kind.name not in ("float64", "complex128"):
        raise TypeError(f"[{call}] expected dtype to be float64 or complex128, got {kind}")
    rows, weights = _distinct(call, data, dimension)
    limit = arguments.integer(call, "max_bond", max_bond, 1, checking.MAX_BOND)
    chain = _start(call, rows.shape[1], dimension, start, seed, kind, limit)
    fit = _Fit(
        chain,
        rows,
        weights,
        limit,
        arguments.integer(call, "steps", steps, 1, MAX_SWEEPS),
        _rate(call, learning_rate),
        checking.tolerance(call, cutoff),
    )
    stop = arguments.real(call, "tolerance", tolerance)
    losses: list[float] = []
    converged = False
    for _ in range(arguments.integer(call, "sweeps", sweeps, 1, MAX_SWEEPS)):
        fit.sweep()
        state = fit.state()
        losses.append(-float(weights @ state.log_likelihood(rows)))
        converged = len(losses) > 1 and abs(losses[-2] - losses[-1]) <= stop
        if converged:
            break
    entropy = -float(weights @ np.log(weights))
    return BornTraining(state, np.array(losses), entropy, converged)


class _Fit:
    """A chain in canonical form, and what each sample makes of the parts beside a bond.

    `lefts[i]` (samples, bond) is the product of the tensors left of site i at a sample's states,
    `rights[i]` that right of site i, both up to a factor for each sample, which drops out of the
    gradient.
    """

    def __init__(
        self,
        chain: list[Array],
        rows: npt.NDArray[np.intp],
        weights: Floats,
        max_bond: int,
        steps: int,
        rate: float,
        cutoff: float,
    ) -> None:
        self.chain, self.rows, self.weights = chain, rows, weights
        self.max_bond, self.steps, self.rate, self.cutoff = max_bond, steps, rate, cutoff
        n = len(chain)
        edge = np.ones((len(rows), 1), dtype=chain[0].dtype)
        self.lefts, self.rights = [edge] * n, [edge] * n
        self.members = [
            [np.flatnonzero(rows[:, i] == s) for s in range(chain[i].shape[1])] for i in range(n)
        ]
        for i in range(n - 1, 0, -1):
            self._move_left(i)

    def state(self) -> MPS:
        """Return the chain as a state of norm 1."""
        return MPS(self.chain).normalized()

    def sweep(self) -> None:
        """Go from the left end to the right and back."""
        n = len(self.chain)
        for i in range(n - 1):
            self._optimise(i, to_right=i < n - 2)
        for i in range(n - 3, -1, -1):
            self._optimise(i, to_right=False)

    def _move_left(self, i: int) -> None:
        tensor = self.chain[i].transpose(2, 1, 0)
        self.rights[i - 1] = self._moved(self.rights[i], tensor, self.members[i])

    def _move_right(self, i: int) -> None:
        self.lefts[i + 1] = self._moved(self.lefts[i], self.chain[i], self.members[i])

    def _moved(self, vectors: Array, tensor: Array, members: list[Any]) -> Array:
        result = np.empty((len(vectors), tensor.shape[2]), dtype=tensor.dtype)
        for s, chosen in enumerate(members):
            result[chosen] = vectors[chosen] @ tensor[:, s]
        size = np.abs(result).max(axis=1, keepdims=True)
        return np.asarray(result / np.where(size > 0, size, 1.0))

    def _groups(self, i: int) -> list[tuple[int, int, Any]]:
        """Return the samples that have each pair of states on the sites i and i + 1."""
        groups = []
        for s, first in enumerate(self.members[i]):
            for t in range(len(self.members[i + 1])):
                chosen = first[self.rows[first, i + 1] == t]
                if len(chosen):
                    groups.append((s, t, chosen))
        return groups

    def _optimise(self, i: int, to_right: bool) -> None:
        first, second = self.chain[i], self.chain[i + 1]
        theta = first.reshape(-1, first.shape[2]) @ second.reshape(second.shape[0], -1)
        theta = theta.reshape(*first.shape[:2], *second.shape[1:])
        theta = self._descend(i, theta / np.linalg.norm(theta))
        a, d, e, b = theta.shape
        split = truncated_svd(theta.reshape(a * d, e * b), self.max_bond, self.cutoff)
        s = split.s / np.linalg.norm(split.s)
        u, v = (split.u, s[:, None] * split.v) if to_right else (split.u * s, split.v)
        self.chain[i], self.chain[i + 1] = u.reshape(a, d, -1), v.reshape(-1, e, b)
        if to_right:
            self._move_right(i)
        else:
            self._move_left(i + 1)

    def _descend(self, i: int, theta: Array) -> Array:
        """Take gradient steps from a joint tensor of norm 1, each of which lowers the loss."""
        groups = self._groups(i)
        parts = [(self.lefts[i][k], self.rights[i + 1][k], self.weights[k]) for _, _, k in groups]
        rate = self.rate
        loss, target = self._loss(theta, groups, parts)
        for _ in range(self.steps):
            while rate > SMALLEST_RATE:
                new = (1 - rate) * theta + rate * target
                new = new / np.linalg.norm(new)
                new_loss, new_target = self._loss(new, groups, parts)
                if new_loss < loss:
                    break
                rate /= 2
            else:
                return theta
            theta, loss, target = new, new_loss, new_target
            rate = min(self.rate, 2 * rate)
        return theta

    def _loss(
        self, theta: Array, groups: list[tuple[int, int, Any]], parts: list[Any]
    ) -> tuple[float, Array]:
        """Return the loss up to a constant, and sum over v of p_v conj(x_v / psi(v))."""
        loss, target = 0.0, np.zeros_like(theta)
        for (s, t, _), (left, right, weights) in zip(groups, parts, strict=True):
            values = ((left @ theta[:, s, t]) * right).sum(axis=1)
            sizes = np.abs(values)
            if not sizes.all():
                return math.inf, target
            loss -= 2 * float(weights @ np.log(sizes))
            scaled = right.conj() * (weights / values.conj())[:, None]
            target[:, s, t] = left.conj().T @ scaled
        return loss, target


def _rate(call: str, value: Any) -> float:
    result = arguments.real(call, "learning_rate", value)
    if not 0 < result <= 1:
        raise ValueError(f"[{call}] expected learning_rate in (0, 1], got {result:g}")
    return result


def _distinct(call: str, data: Any, dimension: Any) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the different samples, and what share of the data each has."""
    array = arguments.array(call, "data", data)
    if array.ndim != 2 or array.shape[0] < 1 or array.shape[1] < 2:
        wanted = "data of shape (n_samples, n_sites) with at least 2 sites"
        raise ValueError(f"[{call}] expected {wanted}, got shape {array.shape}")
    dims = checking.dimensions(call, array.shape[1], dimension)
    states = checking.configurations(call, array, dims)
    rows, counts = np.unique(states, axis=0, return_counts=True)
    return rows, counts / counts.sum()


def _start(
    call: str,
    n: int,
    dimension: Any,
    start: Any,
    seed: int | None,
    dtype: np.dtype[Any],
    max_bond: int,
) -> list[Array]:
    dims = checking.dimensions(call, n, dimension)
    if start is None:
        key = arguments.seed(call, seed)
        chain = random_chain(dims, min(FIRST_BOND, max_bond), key, dtype)
    else:
        if not isinstance(start, MPS):
            raise TypeError(f"[{call}] expected an MPS to start from, got {type(start).__name__}")
        checking.same_dimensions(call, dims, start.dimensions)
        chain = list(start.normalized().astype(np.result_type(dtype, start.dtype)).tensors)
    chain, _ = with_center(chain, 0)
    return chain
