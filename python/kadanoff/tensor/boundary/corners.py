"""Corner transfer matrices: the environment of a cell in the infinite network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

Floats = npt.NDArray[np.float64]


class Environment(Protocol):
    """Corners and edges around a cell, which grow by one cell on all sides at each step."""

    truncation_error: float

    def step(self, chi: int) -> None:
        """Absorb a cell on every side and keep at most `chi` states."""

    def spectrum(self) -> Floats:
        """Return the normalised singular values of the corners, of fixed order."""

    def corners_and_edges(self) -> tuple[Sequence[Floats], Sequence[Floats]]:
        """Return four corners and four edges, clockwise from the upper left corner and upper edge.

        Legs go clockwise, too: a corner is [in, out], an edge [in, towards the cell, out].
        """


@dataclass
class SymmetricEnvironment:
    """One corner and one edge serve all sides, where the cell has all symmetries of the square.

    The corner is diagonal (T. Nishino and K. Okunishi, J. Phys. Soc. Jpn. 65 (1996) 891).
    """

    tensor: Floats
    corner: Floats
    edge: Floats
    truncation_error: float = 0.0

    @classmethod
    def start(cls, tensor: Floats, vectors: Sequence[Floats]) -> SymmetricEnvironment:
        """Start from fixed spins around the cell."""
        return cls(tensor, np.ones(1), vectors[0][None, :, None])

    def step(self, chi: int) -> None:
        """See `Environment`."""
        bond, leg, _ = self.edge.shape
        grown = einsum("aub,uldr->aldbr", self.edge, self.tensor)
        # A quarter of the plane: the corner between two edges, and the cell in the angle.
        quarter = einsum("bla,a,aldcr->bdcr", self.edge, self.corner, grown)
        matrix = quarter.reshape(bond * leg, bond * leg)
        values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
        order = np.argsort(-np.abs(values), kind="stable")
        kept = order[: _unsplit(np.abs(values[order]), chi)]
        sizes = values**4
        self.truncation_error = float(sizes[order[len(kept) :]].sum() / sizes.sum())
        self.corner = values[kept] / np.abs(values[kept[0]])
        basis = vectors[:, kept].reshape(bond, leg, -1)
        half = einsum("aldbr,bry->aldy", grown, basis)
        edge = np.asarray(einsum("alx,aldy->xdy", basis, half))
        self.edge = (edge + edge.transpose(2, 1, 0)) / np.abs(edge).max() / 2

    def spectrum(self) -> Floats:
        """See `Environment`."""
        return np.abs(self.corner)

    def corners_and_edges(self) -> tuple[Sequence[Floats], Sequence[Floats]]:
        """See `Environment`."""
        return [np.diag(self.corner)] * 4, [self.edge] * 4


@dataclass
class DirectionalEnvironment:
    """Four corners and four edges, for any cell.

    All sides grow at once, and every cut between two corners has its own pair of projectors (R.
    Orus and G. Vidal, Phys. Rev. B 80 (2009) 094403; P. Corboz, T. M. Rice and M. Troyer, Phys.
    Rev. Lett. 113 (2014) 046402, fig. 1).
    """

    tensors: list[Floats]
    """The cell as each side sees it: [towards the edge, in, away, out]."""
    corners: list[Floats]
    edges: list[Floats]
    values: Floats
    """Normalised singular values at the four cuts between corners."""
    truncation_error: float = 0.0

    @classmethod
    def start(cls, tensor: Floats, vectors: Sequence[Floats]) -> DirectionalEnvironment:
        """Start from fixed spins around the cell."""
        turned = [tensor.transpose(axes) for axes in _TURNS]
        edges = [vectors[axes[0]][None, :, None] for axes in _TURNS]
        return cls(turned, [np.ones((1, 1))] * 4, edges, np.ones(4))

    def step(self, chi: int) -> None:
        """See `Environment`."""
        grown = [
            einsum("aub,uldr->aldbr", edge, tensor)
            for edge, tensor in zip(self.edges, self.tensors, strict=True)
        ]
        quarters = []
        for side in range(4):
            left = einsum("bla,ac->blc", self.edges[side - 1], self.corners[side])
            quarter = einsum("blc,cldar->bdar", left, grown[side])
            quarters.append(_matrix(quarter))
        pairs = [_scaled(quarters[side] @ quarters[(side + 1) % 4]) for side in range(4)]
        halves = [_root_factors(pair) for pair in pairs]
        cuts = [
            _projectors(halves[side - 1][1], halves[(side + 1) % 4][0], chi) for side in range(4)
        ]
        self.truncation_error = max(cut[2] for cut in cuts)
        self.values = np.concatenate([cut[3] for cut in cuts])
        for side in range(4):
            first, second = cuts[side][:2]
            self.corners[side] = _scaled(cuts[side - 1][1] @ quarters[side] @ first)
            edge = grown[side]
            bond, leg, _, out, _ = edge.shape
            edge = einsum("xal,aldbr->xdbr", second.reshape(-1, bond, leg), edge)
            self.edges[side] = _scaled(
                einsum("xdbr,bry->xdy", edge, first.reshape(out, -1, first.shape[1]))
            )

    def spectrum(self) -> Floats:
        """See `Environment`."""
        return self.values

    def corners_and_edges(self) -> tuple[Sequence[Floats], Sequence[Floats]]:
        """See `Environment`."""
        return self.corners, self.edges


# The legs of the cell that side 0 (up), 1 (right), 2 (down), 3 (left) sees as
# (towards the edge, in, away, out).
_TURNS = ((0, 1, 2, 3), (3, 0, 1, 2), (2, 3, 0, 1), (1, 2, 3, 0))
_NOISE = 1e-14
_DEGENERATE = 1e-9


def _unsplit(values: Floats, chi: int) -> int:
    """Return how many of the descending `values` to keep: at most chi, and no part of a multiplet.

    Cutting through values that are equal breaks a symmetry by rounding errors.
    """
    kept = min(chi, len(values))
    while (
        1 < kept < len(values) and values[kept - 1] - values[kept] < _DEGENERATE * values[kept - 1]
    ):
        kept -= 1
    return kept


def _root_factors(half: Floats) -> tuple[Floats, Floats]:
    """Return U sqrt(S) and sqrt(S) V^T of a half of the plane U S V^T."""
    left, values, right = np.linalg.svd(half, full_matrices=False)
    root = np.sqrt(values)
    return left * root, root[:, None] * right


def _projectors(before: Floats, after: Floats, chi: int) -> tuple[Floats, Floats, float, Floats]:
    """Return what closes the plane before a cut, what opens it after, and how much is lost.

    Of the product before @ after the projectors keep the leading terms. Its singular values are the
    square roots of those of the whole plane, so that small ones are above the noise (M. T. Fishman
    et al., Phys. Rev. B 98 (2018) 235148, sec. II).
    """
    left, values, right = np.linalg.svd(before @ after, full_matrices=False)
    values = values / values[0]
    kept = _unsplit(values, min(chi, int((values > _NOISE).sum())))
    root = np.sqrt(values[:kept])
    first = after @ right[:kept].T / root
    second = (left[:, :kept] / root).T @ before
    lost = float((values[kept:] ** 2).sum() / (values**2).sum())
    return first, second, lost, values[:kept]


def _matrix(quarter: Floats) -> Floats:
    rows = quarter.shape[0] * quarter.shape[1]
    return np.ascontiguousarray(quarter).reshape(rows, -1)


def _scaled(array: Floats) -> Floats:
    return np.asarray(array / np.abs(array).max())


def is_symmetric(tensor: Floats) -> bool:
    """Whether a cell has all symmetries of the square."""
    bound = 1e-13 * float(np.abs(tensor).max())
    turned = (tensor.transpose(axes) for axes in ((1, 2, 3, 0), (0, 3, 2, 1)))
    return all(
        other.shape == tensor.shape and np.abs(other - tensor).max() <= bound for other in turned
    )
