"""Infinite lattices between two boundary matrix product states."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import Error
from kadanoff.tensor.contraction import einsum
from kadanoff.tensor.lattices import SiteTensor

from .cells import LATTICES, cell_of, turned_over
from .channels import decay_length, dominant
from .corner_method import MAX_CHI, MAX_STEPS
from .uniform import fixed_point, product_state

Floats = npt.NDArray[np.float64]

_SEED = 1
_ACCURACY = 1e-14


@dataclass(frozen=True, eq=False)
class BoundaryMPSResult:
    """What `boundary_mps` knows of an infinite lattice.

    Attributes
    ----------
    free_energy : float
        f = -ln Z / (beta N).
    energy : float
        Energy per site.
    magnetization : float
        Magnetisation per site, with the spontaneous one where there is one.
    correlation_length : float
        Of the slowest decay along a row, in cells; with J < 0 on the triangular lattice, without a
        field of bonds, in a field below T = 2 abs(J) in cells of 3 by 3 sites.
    schmidt_values : ndarray of float64, (chi,)
        Of the boundary, cut between two columns; their squares add up to 1.
    entropy : float
        Entanglement entropy of that cut in nats.
    truncation_error : float
        The least of the squares of `schmidt_values`: what the next state would weigh at most.
    error : float
        Norm of what a row of cells adds to the boundary outside of its tangent space.
    chi : int
        Bond dimension.
    steps : int
        Steps done.
    converged : bool
        Whether `error` is below the tolerance.
    """

    free_energy: float
    energy: float
    magnetization: float
    correlation_length: float
    schmidt_values: Floats = field(repr=False)
    entropy: float
    truncation_error: float
    error: float
    chi: int
    steps: int
    converged: bool


def boundary_mps(
    beta: float,
    lattice: str = "square",
    chi: int = 24,
    *,
    coupling: float = 1.0,
    field: float = 0.0,
    steps: int = 300,
    tolerance: float = 1e-11,
) -> BoundaryMPSResult:
    r"""Solve an infinite lattice by the matrix product states that its rows leave as they are.

    Parameters
    ----------
    beta : float
        Inverse temperature, above 0, in units of 1 / energy.
    lattice : {"square", "triangular", "honeycomb"}
    chi : int
        Bond dimension, 1 to 4096.
    coupling : float
        J of every bond, of either sign.
    field : float
        h of every site. Where it is 0, the search starts close to the state of all spins up; with
        J < 0, up on one sublattice and down on the other. On the triangular lattice with J < 0 it
        starts from free bonds, in a field below T = 2 abs(J) with one of three sublattices against.
    steps : int
        Most steps of the search.
    tolerance : float
        The search ends where the gradient is as small.

    Returns
    -------
    BoundaryMPSResult

    Raises
    ------
    ValueError
        If the lattice is unknown, beta is not positive, or a number is out of its range.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    The boundary of the half plane above a row is found by variational uniform matrix product states
    (V. Zauner-Stauber et al., Phys. Rev. B 97 (2018) 045145; M. T. Fishman et al., Phys. Rev. B 98
    (2018) 235148), and that of the half plane below likewise. With the leading eigenvalues of a
    column with and without a cell between them, :math:`z = \lambda_1 / \lambda_0`, whose error is
    of second order in theirs.

    Examples
    --------
    >>> import kadanoff as kd
    >>> result = kd.tensor.boundary_mps(1 / 2.2, chi=12)
    >>> exact = kd.exact.onsager(1 / 2.2)
    >>> abs(result.free_energy + 2.2 * exact.log_z) < 1e-10
    True
    """
    call = "boundary_mps"
    arguments.choice(call, "lattice", lattice, LATTICES)
    chi = arguments.integer(call, "chi", chi, 1, MAX_CHI)
    steps = arguments.integer(call, "steps", steps, 1, MAX_STEPS)
    tolerance = arguments.positive(call, "tolerance", tolerance)
    site, vectors = cell_of(call, lattice, beta, coupling, field)
    above = fixed_point(site.tensor, product_state(vectors[0], chi, _SEED), steps, tolerance)
    below = above
    turned = site.tensor.transpose(2, 1, 0, 3)
    if not np.allclose(turned, site.tensor, rtol=0.0, atol=1e-14 * np.abs(turned).max()):
        below = fixed_point(turned, product_state(vectors[2], chi, _SEED), steps, tolerance)
    upper, lower = above.state.left, below.state.left
    z, magnetization, energy = _averages(site, upper, lower)
    if not z > 0.0:
        raise Error(f"[{call}] expected a positive Z of the cell, got {z:.3g}")
    values = np.linalg.svd(above.state.bond, compute_uv=False)
    weights = (values / np.linalg.norm(values)) ** 2
    error = max(above.error, below.error)
    return BoundaryMPSResult(
        free_energy=-(math.log(z) + site.log_scale) / (beta * site.sites),
        energy=energy,
        magnetization=0.0 if turned_over(lattice, coupling, field) else magnetization,
        correlation_length=decay_length(upper, site.tensor, lower.transpose(2, 1, 0)),
        schmidt_values=np.sqrt(weights),
        entropy=float(-(weights * np.log(np.maximum(weights, 1e-300))).sum()),
        truncation_error=float(weights[-1]),
        error=error,
        chi=chi,
        steps=max(above.steps, below.steps),
        converged=error < tolerance,
    )


def _averages(site: SiteTensor, upper: Floats, lower: Floats) -> tuple[float, float, float]:
    """Return z of a cell, the magnetisation and the energy between two boundaries."""
    chi, chi_below = upper.shape[0], lower.shape[0]
    leg = site.tensor.shape[1]

    def column(tensor: Floats, flat: Floats) -> Floats:
        grown = einsum("alb,aux->lbux", flat.reshape(chi, leg, chi_below), upper)
        grown = einsum("lbux,uldr->bxdr", grown, tensor)
        return np.asarray(einsum("bxdr,bdy->xry", grown, lower)).reshape(-1)

    def column_back(flat: Floats) -> Floats:
        grown = einsum("xry,aux->ryau", flat.reshape(chi, leg, chi_below), upper)
        grown = einsum("ryau,uldr->yald", grown, site.tensor)
        return np.asarray(einsum("yald,bdy->alb", grown, lower)).reshape(-1)

    def bare(flat: Floats) -> Floats:
        grown = einsum("ab,aux->bux", flat.reshape(chi, chi_below), upper)
        return np.asarray(einsum("bux,buy->xy", grown, lower)).reshape(-1)

    corner = np.zeros((chi, chi_below))
    np.fill_diagonal(corner, 1.0)
    start = corner[:, None, :] * np.ones((1, leg, 1))
    full, before = dominant(partial(column, site.tensor), start, _ACCURACY)
    _, after = dominant(column_back, start, _ACCURACY)
    alone, _ = dominant(bare, corner, _ACCURACY)
    norm = full * float(before.reshape(-1) @ after.reshape(-1))
    magnetization, energy = (
        float(column(impurity, before.reshape(-1)) @ after.reshape(-1)) / norm
        for impurity in (site.magnetization, site.energy)
    )
    return full / alone, magnetization, energy
