"""The corner transfer matrix renormalisation group on infinite lattices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import Error
from kadanoff.tensor.contraction import einsum
from kadanoff.tensor.lattices import SiteTensor

from .cells import LATTICES, cell_of, turned_over
from .channels import decay_length
from .corners import DirectionalEnvironment, Environment, SymmetricEnvironment, is_symmetric

Floats = npt.NDArray[np.float64]

MAX_CHI = 4096
MAX_STEPS = 2**40
_STRETCH = 10
"""Steps from one look at the averages to the next."""


@dataclass(frozen=True, eq=False)
class CTMRGResult:
    """What `ctmrg` knows of an infinite lattice.

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
    spectrum : ndarray of float64
        Eigenvalues of the corner, of the largest size first, or with less than all symmetries of
        the square what stands for their squares at each of four cuts. The largest is 1.
    truncation_error : float
        Weight of the states that a step discards, as a part of the whole.
    chi : int
        Most states that were kept.
    steps : int
        Steps done; each adds a cell on all sides.
    converged : bool
        Whether `change` is below the tolerance.
    change : float
        How far `spectrum` and `magnetization` are estimated to be from where the steps lead.
    """

    free_energy: float
    energy: float
    magnetization: float
    correlation_length: float
    spectrum: Floats = field(repr=False)
    truncation_error: float
    chi: int
    steps: int
    converged: bool
    change: float


def ctmrg(
    beta: float,
    lattice: str = "square",
    chi: int = 24,
    *,
    coupling: float = 1.0,
    field: float = 0.0,
    steps: int = 10_000,
    tolerance: float = 1e-11,
) -> CTMRGResult:
    r"""Find the environment of a cell of an infinite lattice by corner transfer matrices.

    Parameters
    ----------
    beta : float
        Inverse temperature, above 0, in units of 1 / energy.
    lattice : {"square", "triangular", "honeycomb"}
    chi : int
        Most states of a corner, 1 to 4096. Equal singular values are kept or dropped together.
    coupling : float
        J of every bond, of either sign.
    field : float
        h of every site. Where it is 0, the boundary at infinity is up; with J < 0, it is up on one
        sublattice and down on the other. On the triangular lattice with J < 0 it is free, and in a
        field below T = 2 abs(J) against it on one of three sublattices.
    steps : int
        Most steps; each adds a cell on all sides.
    tolerance : float
        Steps end where spectrum and magnetisation are estimated to be as close to their limits.

    Returns
    -------
    CTMRGResult

    Raises
    ------
    ValueError
        If the lattice is unknown, beta is not positive, or a number is out of its range.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    A tensor with all symmetries of the square has one corner, diagonal, and one edge (T. Nishino
    and K. Okunishi, J. Phys. Soc. Jpn. 65 (1996) 891); another has four of each and a pair of
    projectors for each cut (R. Orus and G. Vidal, Phys. Rev. B 80 (2009) 094403). With the cell in
    the middle, Z of four networks give that of a cell,

    .. math:: z = \frac{Z_{\mathrm{cell}} \, Z_{\mathrm{corners}}}{Z_{\mathrm{row}} \,
        Z_{\mathrm{column}}}

    The correlation length is that of the row between the upper and the lower edge. Close to the
    critical point chi limits it, and the steps needed grow with it.

    Examples
    --------
    >>> import kadanoff as kd
    >>> result = kd.tensor.ctmrg(1 / 2.2, chi=16)
    >>> abs(result.magnetization - kd.exact.onsager(1 / 2.2).magnetization) < 1e-8
    True
    """
    call = "ctmrg"
    arguments.choice(call, "lattice", lattice, LATTICES)
    chi = arguments.integer(call, "chi", chi, 1, MAX_CHI)
    steps = arguments.integer(call, "steps", steps, 1, MAX_STEPS)
    tolerance = arguments.positive(call, "tolerance", tolerance)
    site, vectors = cell_of(call, lattice, beta, coupling, field)
    kind = SymmetricEnvironment if is_symmetric(site.tensor) else DirectionalEnvironment
    environment: Environment = kind.start(site.tensor, vectors)
    done, change = _converge(environment, site, chi, steps, tolerance)
    full, rest = _center(environment, site.tensor), _around(environment)
    z = full / rest if rest != 0.0 else math.nan
    if not z > 0.0:
        raise Error(f"[{call}] expected a positive Z of the cell, got {z:.3g}; raise chi")
    flat = turned_over(lattice, coupling, field)
    edges = environment.corners_and_edges()[1]
    return CTMRGResult(
        free_energy=-(math.log(z) + site.log_scale) / (beta * site.sites),
        energy=_center(environment, site.energy) / full,
        magnetization=0.0 if flat else _center(environment, site.magnetization) / full,
        correlation_length=decay_length(edges[0], site.tensor, edges[2]),
        spectrum=environment.spectrum(),
        truncation_error=environment.truncation_error,
        chi=chi,
        steps=done,
        converged=change < tolerance,
        change=change,
    )


def _converge(
    environment: Environment, site: SiteTensor, chi: int, steps: int, tolerance: float
) -> tuple[int, float]:
    """Step until nothing changes; return the steps done, and the distance that is left."""
    done, before, change, left = 0, _signature(environment, site), 0.0, math.inf
    while done < steps and not left < tolerance:
        stretch = min(_STRETCH, steps - done)
        for _ in range(stretch):
            environment.step(chi)
        done += stretch
        now = _signature(environment, site)
        if len(now) == len(before):
            last, change = change, float(np.abs(now - before).max())
            left = _rest(last, change, done / _STRETCH)
        before = now
    return done, left


def _rest(last: float, change: float, stretches: float) -> float:
    """Return the sum of the changes to come, of a geometric series, or of a slower decay."""
    if change == 0.0:
        return 0.0
    if last == 0.0:
        return math.inf
    factor = change / last
    return change * (min(factor / (1.0 - factor), stretches) if factor < 1.0 else stretches)


def _signature(environment: Environment, site: SiteTensor) -> Floats:
    """Return the numbers that have to converge."""
    magnetization = _center(environment, site.magnetization) / _center(environment, site.tensor)
    return np.append(environment.spectrum(), magnetization)


def _center(environment: Environment, tensor: Floats) -> float:
    """Contract the environment with a tensor in its middle."""
    corners, edges = environment.corners_and_edges()
    sides = [
        einsum("ab,bic->aic", corner, edge) for corner, edge in zip(corners, edges, strict=True)
    ]
    # Clockwise from the lower left to the upper right: the left edge stands last.
    upper = einsum("aub,brc->aurc", sides[0], sides[1])
    lower = einsum("cdb,bla->cdla", sides[2], sides[3])
    inner = einsum("aurc,uldr->acld", upper, tensor)
    return float(einsum("acld,cdla->", inner, lower))


def _around(environment: Environment) -> float:
    """Return Z of a row times Z of a column over Z of the corners alone."""
    corners, edges = environment.corners_and_edges()
    bare = [corners[side] @ corners[(side + 1) % 4] for side in range(4)]
    column = _joined(bare[3], edges[0], bare[1], edges[2])
    row = _joined(bare[0], edges[1], bare[2], edges[3])
    return row * column / float(np.einsum("ab,ba->", bare[0], bare[2]))


def _joined(first: Floats, edge: Floats, second: Floats, opposite: Floats) -> float:
    left = einsum("ab,bic->aic", first, edge)
    right = einsum("cd,dia->cia", second, opposite)
    return float(einsum("aic,cia->", left, right))
