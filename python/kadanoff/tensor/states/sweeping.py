"""Sweeps of two-site optimisations over a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import lanczos
from .mpo import MPO
from .mps import MPS
from .splitting import kept_rank
from .transfer import extend_left, extend_overlap, extend_overlap_left, extend_right
from .two_site import TwoSiteHamiltonian, identity_bonds, reflected

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Settings:
    """How a `Sweeper` goes."""

    chis: list[int]
    sweeps: int
    tolerance: float
    cutoff: float
    noises: list[float]
    products: int

    def chi(self, sweep: int) -> int:
        """Largest bond dimension of a sweep."""
        return self.chis[min(sweep, len(self.chis) - 1)]

    def noise(self, sweep: int) -> float:
        """Strength of the noise in a sweep."""
        return self.noises[sweep] if sweep < len(self.noises) else 0.0

    def is_last_stage(self, sweep: int) -> bool:
        """Whether the sweep before this one had the last chi, and neither had noise."""
        return sweep >= len(self.chis) and sweep > len(self.noises)


class Overlaps:
    """A state to stay away from: its overlaps with the left and right parts of the chain."""

    def __init__(self, state: MPS, chain: Sequence[Array]) -> None:
        self.tensors = state.tensors
        self.left = [np.ones((1, 1), dtype=chain[0].dtype) for _ in chain]
        self.right = [np.ones((1, 1), dtype=chain[0].dtype) for _ in chain]

    def move_left(self, i: int, tensor: Array) -> None:
        """Take site i into the right part."""
        self.right[i - 1] = extend_overlap_left(self.right[i], tensor, self.tensors[i])

    def move_right(self, i: int, tensor: Array) -> None:
        """Take site i into the left part."""
        self.left[i + 1] = extend_overlap(self.left[i], tensor, self.tensors[i])

    def projection(self, i: int) -> Array:
        """Return the state as the sites i and i + 1 see it."""
        first, second = self.tensors[i], self.tensors[i + 1]
        part = self.left[i] @ first.reshape(first.shape[0], -1)
        part = part.reshape(-1, first.shape[2]) @ second.reshape(second.shape[0], -1)
        part = part.reshape(-1, second.shape[2]) @ self.right[i + 1]
        return part.reshape(self.left[i].shape[0], -1, self.right[i + 1].shape[1])


class Sweeper:
    """A chain in canonical form, the environments of each site, and the moves of a sweep.

    `lefts[i]` is what lies left of site i, `rights[i]` what lies right of it.
    """

    def __init__(
        self, mpo: MPO, chain: list[Array], settings: Settings, away: list[MPS], penalty: float
    ) -> None:
        dtype = chain[0].dtype
        self.chain, self.settings, self.penalty = chain, settings, penalty
        self.operator = [tensor.astype(dtype) for tensor in mpo.tensors]
        n = len(chain)
        self._is_left = identity_bonds(self.operator)
        self._is_right = identity_bonds(reflected(self.operator))[::-1]
        edge = np.ones((1, 1, 1), dtype=dtype)
        self.lefts, self.rights = [edge] * n, [edge] * n
        self.away = [Overlaps(state, chain) for state in away]
        self.largest_weight = 0.0
        for i in range(n - 1, 0, -1):
            self._move_left(i)

    def state(self) -> MPS:
        """Return the chain as a state, whose centre is site 0."""
        return MPS(self.chain).canonical(0)

    def sweep(self, number: int) -> float:
        """Go from the left end to the right and back; return the energy of the state."""
        n = len(self.chain)
        self.largest_weight = 0.0
        energy = 0.0
        for i in range(n - 1):
            energy = self._optimise(i, number, to_right=i < n - 2)
        for i in range(n - 3, -1, -1):
            energy = self._optimise(i, number, to_right=False)
        return energy

    def _move_left(self, i: int) -> None:
        a, w = self.chain[i], self.operator[i]
        self.rights[i - 1] = extend_right(self.rights[i], a, w, a)
        for other in self.away:
            other.move_left(i, a)

    def _move_right(self, i: int) -> None:
        a, w = self.chain[i], self.operator[i]
        self.lefts[i + 1] = extend_left(self.lefts[i], a, w, a)
        for other in self.away:
            other.move_right(i, a)

    def _optimise(self, i: int, number: int, to_right: bool) -> float:
        """Optimise the sites i and i + 1, and leave the centre on the one that comes next.

        The energy is that after the truncation, which is worked out at the end of a sweep alone.
        """
        first, second = self.chain[i], self.chain[i + 1]
        hamiltonian = TwoSiteHamiltonian(
            self.lefts[i],
            self.operator[i],
            self.operator[i + 1],
            self.rights[i + 1],
            self._is_left[i],
            self._is_right[i + 2],
        )
        theta = first.reshape(-1, first.shape[2]) @ second.reshape(second.shape[0], -1)
        theta = theta.reshape(first.shape[0], -1, second.shape[2])
        projections = [other.projection(i) for other in self.away]

        def apply(vector: Array) -> Array:
            result = hamiltonian.apply(vector)
            for projection in projections:
                result += (self.penalty * np.vdot(projection, vector)) * projection
            return result

        goal = 0.01 * np.sqrt(self.settings.tolerance)
        energy, theta = lanczos.lowest(apply, theta, self.settings.products, goal)
        self._split(i, theta, number, to_right)
        if i == 0 and not to_right:
            theta = self.chain[0].reshape(-1, self.chain[0].shape[2]) @ self.chain[1].reshape(
                self.chain[1].shape[0], -1
            )
            theta = theta.reshape(self.chain[0].shape[0], -1, self.chain[1].shape[2])
            energy = float(np.vdot(theta, hamiltonian.apply(theta)).real)
        return energy

    def _split(self, i: int, theta: Array, number: int, to_right: bool) -> None:
        """Split theta by the eigenvectors of the density matrix of the side that is left behind."""
        d, e = self.chain[i].shape[1], self.chain[i + 1].shape[1]
        a, _, b = theta.shape
        matrix = theta.reshape(a * d, e * b)
        density = matrix @ matrix.conj().T if to_right else (matrix.conj().T @ matrix).conj()
        strength = self.settings.noise(number)
        if strength:
            density = density + strength * self._perturbation(i, theta, to_right)
        weights, vectors = np.linalg.eigh(density)
        weights = np.maximum(weights[::-1].real, 0.0)
        weights /= weights.sum()
        keep = kept_rank(weights, self.settings.chi(number), self.settings.cutoff)
        keep = min(keep, *matrix.shape)
        self.largest_weight = max(self.largest_weight, float(weights[keep:].sum()))
        isometry = np.ascontiguousarray(vectors[:, : -keep - 1 : -1])
        if to_right:
            center = isometry.conj().T @ matrix
            center /= np.linalg.norm(center)
            self.chain[i] = isometry.reshape(a, d, keep)
            self.chain[i + 1] = center.reshape(keep, e, b)
            self._move_right(i)
        else:
            center = matrix @ isometry.conj()
            center /= np.linalg.norm(center)
            self.chain[i] = center.reshape(a, d, keep)
            self.chain[i + 1] = np.ascontiguousarray(isometry.T).reshape(keep, e, b)
            self._move_left(i + 1)

    def _perturbation(self, i: int, theta: Array, to_right: bool) -> Array:
        """Return what the half of the Hamiltonian on one side adds to its density matrix."""
        d, e = self.chain[i].shape[1], self.chain[i + 1].shape[1]
        a, _, b = theta.shape
        if to_right:
            c, w, _ = self.lefts[i].shape
            operator = self.operator[i]
            part = self.lefts[i].reshape(c * w, a) @ theta.reshape(a, -1)
            matrix = operator.transpose(1, 3, 0, 2).reshape(-1, w * d)
            part = (matrix @ part.reshape(c, w * d, e * b)).reshape(c * d, -1)
            density: Array = part @ part.conj().T
        else:
            operator = self.operator[i + 1]
            _, v, c = self.rights[i + 1].shape
            part = theta.reshape(-1, b) @ self.rights[i + 1].reshape(b, v * c)
            matrix = operator.reshape(-1, e * v)
            part = (matrix @ part.reshape(a * d, e * v, c)).reshape(-1, e * c)
            density = part.T @ part.conj()
        return density / float(np.trace(density).real)
