"""The cell that boundaries grow around, and the spins that they start from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.contraction import einsum
from kadanoff.tensor.lattices import SiteTensor
from kadanoff.tensor.lattices.site_tensors import best_variables, cell_tensor
from kadanoff.tensor.lattices.triangles import side_vector

Floats = npt.NDArray[np.float64]

LATTICES = ("square", "triangular", "honeycomb")


def cell_of(
    call: str, lattice: str, beta: float, coupling: float, field: float
) -> tuple[SiteTensor, list[Floats]]:
    """Return a cell in which the order of the model fits, and the vector of each of its legs.

    Fixed spins beyond the legs follow the field, or are up; with J < 0 on a lattice of two
    sublattices they alternate, and in a field on the triangular lattice one of three sublattices is
    against it. Without a field nothing is fixed there: it would leave no freedom at all.
    """
    site = cell_tensor(call, lattice, beta, coupling, field)
    if turned_over(lattice, coupling, field):
        coupling = -coupling  # this changes neither the free energy nor the energy
        site = cell_tensor(call, lattice, beta, coupling, field)
    variables = best_variables(lattice, beta, coupling, field)
    if variables == "walls":
        return site, [np.ones(leg) for leg in site.tensor.shape]
    if variables == "plaquettes":
        return site, _three_sublattices(field)
    if coupling >= 0.0 or lattice == "triangular":
        row = 1 if field < 0.0 else 0
        return site, [matrix[row] for matrix in site.boundary]
    if lattice == "honeycomb":
        # Beyond the legs up and left are sites of the second sublattice, beyond the others of the
        # first.
        return site, [matrix[row] for matrix, row in zip(site.boundary, (1, 1, 0, 0), strict=True)]
    # The spins at (-1, 0), (-1, 1) above the block of (0, 0) to (1, 1), and so on.
    pairs = [np.kron(matrix[1], matrix[0]) for matrix in site.boundary[:2]]
    pairs += [np.kron(matrix[0], matrix[1]) for matrix in site.boundary[2:]]
    return _block(site), pairs


def _three_sublattices(field: float) -> list[Floats]:
    """Return the vectors of spins around a cell of plaquettes, a third against the field."""
    against = np.add.outer(np.arange(4), np.arange(4)) % 3 == 0
    spins = np.where(against, -1, 1) * (1 if field > 0.0 else -1)
    return [side_vector(side) for side in (spins[0], spins[:, 0], spins[-1], spins[:, -1])]


def turned_over(lattice: str, coupling: float, field: float) -> bool:
    """Whether `cell_of` has turned one sublattice over: then the magnetisation is 0."""
    return field == 0.0 and coupling < 0.0 and lattice != "triangular"


def _block(site: SiteTensor) -> SiteTensor:
    """Make one cell of two by two."""
    plain = [site.tensor] * 4

    def join(tensors: list[Floats]) -> Floats:
        upper = einsum("aspx,bxqt->absptq", tensors[0], tensors[1])
        lower = einsum("pucy,qydv->pqucvd", tensors[2], tensors[3])
        whole = np.asarray(einsum("absptq,pqucvd->absucdtv", upper, lower))
        legs = site.tensor.shape[0] ** 2
        return np.ascontiguousarray(whole).reshape((legs,) * 4)

    def mean(impurity: Floats) -> Floats:
        places = [join([*plain[:n], impurity, *plain[n + 1 :]]) for n in range(4)]
        return np.asarray(sum(places) / 4)

    return SiteTensor(
        join(plain),
        mean(site.energy),
        mean(site.magnetization),
        4 * site.sites,
        4 * site.log_scale,
        tuple(np.stack([np.kron(m[row], m[row]) for row in range(2)]) for m in site.boundary),
    )
