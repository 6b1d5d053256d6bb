"""A matrix product state of the sites on the boundary of what is already summed over."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

Floats = npt.NDArray[np.float64]


class Frontier:
    """Boltzmann weights of some sites, others summed over, as a matrix product state.

    Tensors left of `center` are isometries from the left, those right of it from the right, and the
    one there has norm 1: the state times exp(log_norm) is the sum of weights.

    Parameters
    ----------
    chi : int
        Most singular values that a cut keeps.
    cutoff : float
        Singular values below, relative to the largest, are dropped.
    """

    def __init__(self, chi: int, cutoff: float) -> None:
        self.chi, self.cutoff = chi, cutoff
        self.sites: list[int] = []
        self.tensors: list[Floats] = []
        self.center = 0
        self.log_norm = 0.0
        self.lost = 0.0
        self.largest_lost = 0.0
        self.largest_bond = 1

    def position(self, site: int) -> int:
        """Where a site stands."""
        return self.sites.index(site)

    def insert(self, place: int, site: int, weights: Floats) -> None:
        """Put a site with its own weights before the one at `place`."""
        bond = self.tensors[place - 1].shape[2] if place else 1
        norm = float(np.linalg.norm(weights))
        self.log_norm += math.log(norm)
        tensor = np.eye(bond)[:, None, :] * (weights / norm)[None, :, None]
        if not self.sites:
            self.center = 0
        elif place <= self.center:
            self.center += 1
        self.sites.insert(place, site)
        self.tensors.insert(place, tensor)

    def multiply(self, sites: Sequence[int], functions: Floats, factors: Floats) -> None:
        """Multiply by sum over a of factors[a] prod over sites of functions[s, a], uncompressed."""
        places = {self.position(site) for site in sites}
        first, last = min(places), max(places)
        terms = len(factors)
        for place in range(first, last + 1):
            tensor = self.tensors[place]
            left, states, right = tensor.shape
            values = functions if place in places else np.ones((states, terms))
            if place == first:
                values = values * factors
                grown = einsum("bsr,sa->bsra", tensor, values)
                self.tensors[place] = grown.reshape(left, states, right * terms)
            elif place == last:
                grown = einsum("bsr,sa->basr", tensor, values)
                self.tensors[place] = grown.reshape(left * terms, states, right)
            else:
                grown = einsum("csr,sa,ab->casrb", tensor, values, np.eye(terms))
                self.tensors[place] = grown.reshape(left * terms, states, right * terms)

    def sum_out(self, site: int, first: int, last: int) -> None:
        """Sum over a site of a range of places, `first` to `last`, of no canonical form."""
        place = self.position(site)
        matrix = self.tensors.pop(place).sum(axis=1)
        del self.sites[place]
        if not self.tensors:
            self._absorb_scalar(float(matrix[0, 0]))
        elif place < last:
            self.tensors[place] = einsum("ab,bsc->asc", matrix, self.tensors[place])
        elif place > first:
            self.tensors[place - 1] = einsum("asb,bc->asc", self.tensors[place - 1], matrix)
        elif place < len(self.tensors):
            self.tensors[place] = einsum("ab,bsc->asc", matrix, self.tensors[place])
        else:
            self.tensors[place - 1] = einsum("asb,bc->asc", self.tensors[place - 1], matrix)

    def move_center(self, place: int) -> None:
        """Bring the center to a place, by QR decompositions."""
        while self.center < place:
            self._orthogonalize_right(self.center)
            self.center += 1
        while self.center > place:
            self._orthogonalize_left(self.center)
            self.center -= 1

    def compress(self, first: int, last: int) -> None:
        """Bring the places `first` to `last` back into canonical form, and truncate their bonds.

        The center ends at `last`.
        """
        for place in range(last, first, -1):
            self._orthogonalize_left(place)
        self._normalize(first)
        for place in range(first, last):
            self._truncate(place)
        self.center = last
        self._normalize(last)

    def _orthogonalize_right(self, place: int) -> None:
        left, states, right = self.tensors[place].shape
        isometry, rest = np.linalg.qr(self.tensors[place].reshape(left * states, right))
        self.tensors[place] = isometry.reshape(left, states, -1)
        self.tensors[place + 1] = einsum("ab,bsc->asc", rest, self.tensors[place + 1])

    def _orthogonalize_left(self, place: int) -> None:
        left, states, right = self.tensors[place].shape
        isometry, rest = np.linalg.qr(self.tensors[place].reshape(left, states * right).T)
        self.tensors[place] = isometry.T.reshape(-1, states, right)
        self.tensors[place - 1] = einsum("asb,cb->asc", self.tensors[place - 1], rest)

    def _truncate(self, place: int) -> None:
        left, states, right = self.tensors[place].shape
        first, values, second = np.linalg.svd(
            self.tensors[place].reshape(left * states, right), full_matrices=False
        )
        kept = max(1, min(self.chi, int((values > self.cutoff * values[0]).sum())))
        total = float((values**2).sum())
        lost = float((values[kept:] ** 2).sum()) / total
        self.lost += lost
        self.largest_lost = max(self.largest_lost, lost)
        self.largest_bond = max(self.largest_bond, kept)
        self.tensors[place] = first[:, :kept].reshape(left, states, kept)
        rest = values[:kept, None] * second[:kept]
        self.tensors[place + 1] = einsum("ab,bsc->asc", rest, self.tensors[place + 1])

    def _normalize(self, place: int) -> None:
        norm = float(np.linalg.norm(self.tensors[place]))
        self._absorb_scalar(norm)
        self.tensors[place] = self.tensors[place] / norm

    def _absorb_scalar(self, value: float) -> None:
        self.log_norm += math.log(value)
