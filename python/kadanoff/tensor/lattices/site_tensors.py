"""The tensor of one cell of an infinite lattice: what coarse graining and boundaries start from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.tensor.contraction import einsum

from .triangles import plaquette_cell, side_vector, wall_cell

Floats = npt.NDArray[np.float64]

SITE_LATTICES = ("square", "triangular", "honeycomb", "cubic")
"""Lattices that have a site tensor."""

VARIABLES = ("spins", "plaquettes", "walls")
"""What the legs of a cell can stand for."""

# T = 2 abs(J); three sublattices order below about 1.4 abs(J), whatever the field.
_COLD = -0.5
_BALANCING = 50
_ROUNDING = 1e-15
_SPINS = np.array([1.0, -1.0])
MAX_ENERGY = 1e6
"""Largest beta times energy of a term: exponentials are scaled, their differences are not."""


@dataclass(frozen=True, eq=False)
class SiteTensor:
    """The tensor of a cell of an Ising model, with which an infinite network is filled.

    Attributes
    ----------
    tensor : ndarray of float64
        T[up, left, down, right] of a lattice in two dimensions; in three T[z-, y-, x-, z+, y+, x+].
        The network of n cells, closed periodically, is Z exp(-n log_scale).
    energy : ndarray of float64
        In the place of one tensor it gives the energy per site, in units of the whole network.
    magnetization : ndarray of float64
        The same for the magnetisation per site.
    sites : int
        Sites of a cell.
    log_scale : float
        ln of the factor that was taken out of the three tensors.
    boundary : tuple of ndarray of float64, each (2, dimension)
        For every leg, the vectors that stand for spins beyond it which are fixed: up, and down. Of
        plaquettes the spins of the leg itself are fixed; walls do not tell up from down.
    """

    tensor: Floats
    energy: Floats
    magnetization: Floats
    sites: int
    log_scale: float
    boundary: tuple[Floats, ...]


class _Bond(NamedTuple):
    """Factors of a bond's matrix, [spin, leg].

    B[s, s'] = exp(K s s') = (first second^T)[s, s'], and s s' B = first second_energy^T =
    first_energy second^T. `log_scale` is ln of what was taken out of B, and `shares` are the parts
    of the bond's energy that its ends have.
    """

    first: Floats
    second: Floats
    first_energy: Floats
    second_energy: Floats
    log_scale: float
    shares: tuple[float, float] = (0.5, 0.5)


def site_tensor(
    lattice: str,
    beta: float,
    coupling: float = 1.0,
    field: float = 0.0,
    variables: str = "spins",
) -> SiteTensor:
    r"""Return the tensor of one cell of the uniform Ising model on an infinite lattice.

    Parameters
    ----------
    lattice : {"square", "triangular", "honeycomb", "cubic"}
    beta : float
        Inverse temperature, above 0, in units of 1 / energy.
    coupling : float
        J of every bond, of either sign.
    field : float
        h of every site.
    variables : {"spins", "plaquettes", "walls"}
        What a leg stands for: one spin; of the triangular lattice also the four spins along a side
        of 3 x 3 plaquettes, or whether two neighbours differ. The last two are for J < 0, and
        "walls" takes no field.

    Returns
    -------
    SiteTensor
        Every leg has dimension 2, of "plaquettes" 16.

    Raises
    ------
    ValueError
        If the lattice is unknown, beta is not positive, beta times an energy exceeds 1e6, or the
        lattice has no such variables.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    With the matrix of a bond split, :math:`e^{K s s'} = \sum_a A_{sa} C_{s'a}`, the square lattice
    has (M. Levin and C. P. Nave, Phys. Rev. Lett. 99 (2007) 120601; Z. Y. Xie et al., Phys. Rev.
    B 86 (2012) 045139, eq. 2)

    .. math:: T_{uldr} = \sum_s e^{\beta h s} A_{su} A_{sl} C_{sd} C_{sr}

    and A = C where J > 0. With J < 0 in a field A is 1 and the bonds share the field. The cubic
    lattice has two more legs; a cell of the honeycomb lattice is its two sites and the bond between
    them. On the triangular lattice every bond is in one triangle of those that point up: a cell is
    a site and one such triangle, whose other corners belong to the cells below and to the right,

    .. math:: T_{uldr} = \delta_{ul} e^{\beta h u + K (u d + u r + d r)}

    up to a change of basis on the legs. Legs up and left, down and right face each other, each
    pair in one basis.

    With J < 0 truncations of this cell are poor: it knows frustration in half of the triangles
    only. Plaquettes have both kinds, and order in three sublattices, which a field makes, fits into
    3 x 3. So do walls, the bonds between unlike spins, of which every triangle has an even number.
    They leave a global flip out, and on a torus sum over periodic and antiperiodic boundaries: half
    of the sum of four Z. Their magnetisation is 0.

    Examples
    --------
    The periodic lattice of one row and one column has each of its spins as its own neighbour:

    >>> import numpy as np
    >>> import kadanoff as kd
    >>> cell = kd.tensor.site_tensor("square", beta=0.4)
    >>> z = np.einsum("abab", cell.tensor) * np.exp(cell.log_scale)
    >>> bool(np.isclose(z, 2 * np.exp(2 * 0.4)))
    True
    """
    call = "site_tensor"
    arguments.choice(call, "variables", variables, VARIABLES)
    return cell_tensor(call, lattice, beta, coupling, field, variables)


def best_variables(lattice: str, beta: float, coupling: float, field: float) -> str:
    """Return the variables that truncations of a model serve best.

    Plaquettes cost most, and are for temperatures at which there may be order in three sublattices.
    """
    if lattice != "triangular" or coupling >= 0.0:
        return "spins"
    if field == 0.0:
        return "walls"
    return "plaquettes" if beta * coupling < _COLD else "spins"


def cell_tensor(
    call: str,
    lattice: str,
    beta: float,
    coupling: float,
    field: float,
    variables: str | None = None,
) -> SiteTensor:
    """Return `site_tensor` with the errors of `call`; without `variables`, of the best ones."""
    arguments.choice(call, "lattice", lattice, SITE_LATTICES)
    beta = arguments.positive(call, "beta", beta)
    coupling = arguments.real(call, "coupling", coupling)
    field = arguments.real(call, "field", field)
    for name, energy in (("coupling", coupling), ("field", field)):
        if not beta * abs(energy) <= MAX_ENERGY:
            raise ValueError(
                f"[{call}] expected beta * {name} of at most {MAX_ENERGY:g} in size, "
                f"got {beta * energy:g}"
            )
    if variables is None:
        variables = best_variables(lattice, beta, coupling, field)
    if variables != "spins" and lattice != "triangular":
        raise ValueError(
            f"[{call}] expected variables 'spins' of the {lattice} lattice, got {variables!r}"
        )
    if variables == "walls":
        if field != 0.0:
            raise ValueError(f"[{call}] expected no field with variables 'walls', got {field}")
        return _walls(beta, coupling)
    if variables == "plaquettes":
        return _plaquettes(beta, coupling, field)
    if lattice == "triangular":
        return _triangular(beta, coupling, field)
    if lattice == "honeycomb":
        return _honeycomb(beta, coupling, field)
    return _hypercubic(beta, coupling, field, 2 if lattice == "square" else 3)


def _split(k: float) -> _Bond:
    """Split exp(K s s' - abs(K)) evenly, in the basis of even and odd functions of a spin."""
    even = 0.5 * (1.0 + math.exp(-2.0 * abs(k)))
    odd = -0.5 * math.expm1(-2.0 * abs(k))
    sign = -1.0 if k < 0.0 else 1.0
    # Without coupling the odd leg carries nothing, but its first factor has to be regular.
    root = math.sqrt(odd) if odd > 0.0 else 1.0
    return _Bond(
        first=_leg(math.sqrt(even), root),
        second=_leg(math.sqrt(even), sign * odd / root),
        first_energy=_leg(sign * odd / math.sqrt(even), sign * even / root),
        second_energy=_leg(sign * odd / math.sqrt(even), even / root),
        log_scale=abs(k),
    )


def _bond(k: float, weak: float, coordination: int) -> tuple[_Bond, float]:
    """Return a bond, and which part of the field `weak` = beta h is left to the spins.

    Where it works against the bonds, these share it: spins that follow it alone would make states
    the heaviest which the bonds forbid, and those that remain would be lost in rounding errors.
    """
    if k >= 0.0 or weak == 0.0:
        return _split(k), weak
    part = weak / coordination
    logs = k * np.outer(_SPINS, _SPINS) + part * np.add.outer(_SPINS, _SPINS)
    most = float(logs.max())
    matrix, one = np.exp(logs - most), np.eye(2)
    signed = matrix * np.outer(_SPINS, _SPINS)
    return _Bond(one, matrix, one, signed, most, (0.0, 1.0)), 0.0


def _leg(even: float, odd: float) -> Floats:
    """Return the matrix [spin, leg] of a leg in the basis (1, s)."""
    return np.stack([np.full(2, even), odd * _SPINS], axis=1)


def _weights(weak: float) -> tuple[Floats, float]:
    """Return exp(beta h s) of both spins over a factor, and ln of the factor; `weak` is beta h."""
    scale = abs(weak)
    return np.exp(weak * _SPINS - scale), scale


def _product(weights: Floats, legs: list[Floats]) -> Floats:
    """Return sum over s of weights[s] times legs[s, .] of every leg."""
    letters = "abcdef"[: len(legs)]
    terms = ",".join(f"s{letter}" for letter in letters)
    return np.asarray(einsum(f"s,{terms}->{letters}", weights, *legs))


def _hypercubic(beta: float, coupling: float, field: float, axes: int) -> SiteTensor:
    """Return the tensor of the square (2 axes) or cubic (3 axes) lattice."""
    bond, left = _bond(beta * coupling, beta * field, 2 * axes)
    weights, scale = _weights(left)
    legs = [bond.first] * axes + [bond.second] * axes
    halves = [bond.first_energy] * axes + [bond.second_energy] * axes
    magnetization = _product(weights * _SPINS, legs)
    energy = -field * magnetization
    for number, half in enumerate(halves):
        # Half of every bond of the site belongs to it, so that the tensor keeps its symmetries.
        share = bond.shares[number // axes]
        energy = energy - share * coupling * _product(
            weights, [*legs[:number], half, *legs[number + 1 :]]
        )
    return SiteTensor(
        _product(weights, legs),
        energy,
        magnetization,
        1,
        scale + axes * bond.log_scale,
        (bond.second,) * axes + (bond.first,) * axes,
    )


def _honeycomb(beta: float, coupling: float, field: float) -> SiteTensor:
    """Return the tensor of a cell of two sites: one with legs up and left, one down and right."""
    k, weak = beta * coupling, beta * field
    bond, left = _bond(k, weak, 3)
    pairs = np.outer(_SPINS, _SPINS)
    inside = left if left == weak else weak / 3
    logs = k * pairs + inside * np.add.outer(_SPINS, _SPINS)
    most = float(logs.max())
    inner = np.exp(logs - most)
    legs = [bond.first, bond.first, bond.second, bond.second]
    halves = [bond.first_energy, bond.first_energy, bond.second_energy, bond.second_energy]

    def cell(matrix: Floats, factors: list[Floats]) -> Floats:
        return np.asarray(einsum("st,sa,sb,tc,td->abcd", matrix, *factors))

    magnetization = cell(inner * 0.5 * np.add.outer(_SPINS, _SPINS), legs)
    energy = -field * magnetization - 0.5 * coupling * cell(inner * pairs, legs)
    for number, half in enumerate(halves):
        share = 0.5 * bond.shares[number // 2]
        energy = energy - share * coupling * cell(
            inner, [*legs[:number], half, *legs[number + 1 :]]
        )
    return SiteTensor(
        cell(inner, legs),
        energy,
        magnetization,
        2,
        most + 2 * bond.log_scale,
        (bond.second, bond.second, bond.first, bond.first),
    )


def _triangular(beta: float, coupling: float, field: float) -> SiteTensor:
    """Return the tensor of a site and the triangle that it makes with those below and right."""
    k = beta * coupling
    weights, scale = _weights(beta * field)
    s, below, right = np.meshgrid(_SPINS, _SPINS, _SPINS, indexing="ij")
    bonds = s * below + s * right + below * right
    most = 3.0 * k if k > 0.0 else -k
    triangle = np.exp(k * bonds - most) * weights[:, None, None]
    copies = _balanced_basis(triangle)
    inverse = np.linalg.inv(copies)

    def cell(array: Floats) -> Floats:
        legs = copies, copies, inverse, inverse
        result = np.asarray(einsum("sbc,su,sl,db,rc->uldr", array, *legs))
        # Without field half of the elements are 0, up to rounding.
        return np.where(np.abs(result) > _ROUNDING * np.abs(result).max(), result, 0.0)

    # Beyond the legs up and left is a triangle, whose two other corners are fixed.
    corner = np.stack([triangle[spin, :, spin] for spin in range(2)]) @ inverse.T
    return SiteTensor(
        cell(triangle),
        cell(triangle * (-coupling * bonds - field * s)),
        cell(triangle * s),
        1,
        scale + most,
        (corner, corner, copies, copies),
    )


def _walls(beta: float, coupling: float) -> SiteTensor:
    """Return the cell of bonds of the triangular lattice."""
    tensor, energy, scale = wall_cell(beta * coupling, coupling)
    # Beyond the legs no bond is a wall, whichever way the spins there point.
    return SiteTensor(tensor, energy, 0.0 * tensor, 1, scale, (np.array([[1.0, 0.0]] * 2),) * 4)


def _plaquettes(beta: float, coupling: float, field: float) -> SiteTensor:
    """Return the cell of three by three plaquettes of the triangular lattice."""
    cell = plaquette_cell(beta, coupling, field)
    sides = np.stack([side_vector(np.full(4, spin)) for spin in (1, -1)])
    return SiteTensor(*cell, (sides,) * 4)


def _balanced_basis(triangle: Floats) -> Floats:
    """Return the basis [spin, leg] of the legs up and left that treats both ends of a leg alike.

    The Gram matrices of the tensor's legs up and down become equal and diagonal; those of left and
    right are the same.
    """
    basis = np.eye(2)
    for _ in range(_BALANCING):
        inverse = np.linalg.inv(basis)
        copies = einsum("sbc,su,sl,db,rc->uldr", triangle, basis, basis, inverse, inverse)
        up = einsum("uldr,vldr->uv", copies, copies)
        down = einsum("uldr,ulvr->dv", copies, copies)
        sizes, axes = np.linalg.eigh(up)
        root = np.sqrt(np.maximum(sizes, 1e-30 * sizes[-1]))
        half = axes * root
        values, vectors = np.linalg.eigh(half.T @ down @ half)
        step = (axes / root) @ (vectors * np.maximum(values, 1e-14 * values[-1]) ** 0.25)
        # Where a leg carries next to nothing, it stays as it is, and regular.
        if not np.linalg.cond(basis @ step) < 1e4:
            break
        basis = basis @ step
    return basis
