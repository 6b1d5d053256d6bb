"""Uniform matrix product states: the boundary of a half plane of cells."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum

from .channels import dominant

Floats = npt.NDArray[np.float64]

_NOTHING = 1e-10
"""Schmidt values below, relative to the largest, are noise: their squares are."""


class UniformState(NamedTuple):
    """A uniform matrix product state in the mixed canonical form.

    Attributes
    ----------
    left, right, center : ndarray, (chi, leg, chi)
        A_L, A_R and A_C = A_L C = C A_R.
    bond : ndarray, (chi, chi)
        C; the squares of its singular values are the entanglement spectrum.
    """

    left: Floats
    right: Floats
    center: Floats
    bond: Floats


class FixedPoint(NamedTuple):
    """A state that a row of cells leaves as it is, and how well.

    Attributes
    ----------
    state : UniformState
    value : float
        By which factor a cell multiplies it.
    error : float
        Norm of what a row adds beyond the states near it: the gradient of the method.
    steps : int
    """

    state: UniformState
    value: float
    error: float
    steps: int


def product_state(vector: Floats, chi: int, seed: int) -> UniformState:
    """Return a state of bond dimension chi close to the same vector on every leg."""
    leg = len(vector)
    noise = np.random.default_rng(seed).standard_normal((chi, leg, chi))
    start = 1e-2 * noise
    start[0, :, 0] += vector / np.linalg.norm(vector)
    bond = np.eye(chi) / np.sqrt(chi)
    left = _isometry(start.reshape(chi * leg, chi)).reshape(chi, leg, chi)
    right = _isometry(start.reshape(chi, leg * chi).T).T.reshape(chi, leg, chi)
    return UniformState(left, right, einsum("aib,bc->aic", left, bond), bond)


def fixed_point(tensor: Floats, state: UniformState, steps: int, tolerance: float) -> FixedPoint:
    """Find the state that a row of cells `tensor` [up, left, down, right] gives back below it.

    Variational uniform matrix product states (V. Zauner-Stauber et al., Phys. Rev. B 97 (2018)
    045145, table II; for rows of cells M. T. Fishman et al., Phys. Rev. B 98 (2018) 235148, sec.
    III).
    """
    before, after = _identities(state, tensor)
    error, value, done = 1.0, 0.0, 0
    while done < steps and not error < tolerance:
        accuracy = max(min(1e-4, 1e-2 * error), 1e-14)
        _, before = dominant(partial(_from_left, state.left, tensor), before, accuracy)
        _, after = dominant(partial(_from_right, state.right, tensor), after, accuracy)
        state, value, error = _improve(tensor, state, before, after, accuracy)
        done += 1
        if error < tolerance:
            smaller = _without_nothing(state)
            if smaller is not state:
                state, error = smaller, 1.0
                before, after = _identities(state, tensor)
    return FixedPoint(state, value, error, done)


def _identities(state: UniformState, tensor: Floats) -> tuple[Floats, Floats]:
    """Return where the search for the environments starts."""
    unit = np.eye(len(state.bond))[:, None, :]
    return unit * np.ones((1, tensor.shape[1], 1)), unit * np.ones((1, tensor.shape[3], 1))


def _without_nothing(state: UniformState) -> UniformState:
    """Drop states of the bond that weigh nothing: their isometries would be noise."""
    first, values, second = np.linalg.svd(state.bond)
    kept = int((values > _NOTHING * values[0]).sum())
    if kept == len(values):
        return state
    first, second = first[:, :kept], second[:kept]
    bond = np.diag(values[:kept] / np.linalg.norm(values[:kept]))
    left = einsum("ax,aib,by->xiy", first, state.left, first)
    right = einsum("xa,aib,yb->xiy", second, state.right, second)
    return UniformState(left, right, einsum("aib,bc->aic", left, bond), bond)


def _improve(
    tensor: Floats, state: UniformState, before: Floats, after: Floats, accuracy: float
) -> tuple[UniformState, float, float]:
    """Solve for the center and the bond between two environments; make isometries of them."""

    def on_center(flat: Floats) -> Floats:
        grown = einsum("xla,aub->xlub", before, flat.reshape(state.center.shape))
        grown = einsum("xlub,uldr->xdrb", grown, tensor)
        return np.asarray(einsum("xdrb,yrb->xdy", grown, after)).reshape(-1)

    def on_bond(flat: Floats) -> Floats:
        grown = einsum("xla,ab->xlb", before, flat.reshape(state.bond.shape))
        return np.asarray(einsum("xlb,ylb->xy", grown, after)).reshape(-1)

    both, center = dominant(on_center, state.center, accuracy)
    alone, bond = dominant(on_bond, state.bond, accuracy)
    chi, leg, _ = center.shape
    turn = _isometry(bond)
    left = (_isometry(center.reshape(chi * leg, chi)) @ turn.T).reshape(center.shape)
    right = (turn.T @ _isometry(center.reshape(chi, leg * chi).T).T).reshape(center.shape)
    errors = (
        np.linalg.norm(center - einsum("aib,bc->aic", left, bond)),
        np.linalg.norm(center - einsum("ab,bic->aic", bond, right)),
    )
    return UniformState(left, right, center, bond), both / alone, float(max(errors))


def _from_left(site: Floats, tensor: Floats, flat: Floats) -> Floats:
    """Add a column of the state, a cell, and the state below it, to what is left of them."""
    shape = (site.shape[0], tensor.shape[1], site.shape[0])
    grown = einsum("xla,aub->xlub", flat.reshape(shape), site)
    grown = einsum("xlub,uldr->xdrb", grown, tensor)
    return np.asarray(einsum("xdrb,xdy->yrb", grown, site)).reshape(-1)


def _from_right(site: Floats, tensor: Floats, flat: Floats) -> Floats:
    """Do the same from the right."""
    shape = (site.shape[2], tensor.shape[3], site.shape[2])
    grown = einsum("yrb,aub->yrua", flat.reshape(shape), site)
    grown = einsum("yrua,uldr->ydla", grown, tensor)
    return np.asarray(einsum("ydla,xdy->xla", grown, site)).reshape(-1)


def _isometry(matrix: Floats) -> Floats:
    """Return the isometry of the polar decomposition."""
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return np.asarray(left @ right)
