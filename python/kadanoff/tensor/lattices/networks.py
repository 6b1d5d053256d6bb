"""Models of finite lattices as networks: a label for each site, a matrix for each bond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.models import Ising, Potts
from kadanoff.tensor.network import TensorNetwork

Floats = npt.NDArray[np.float64]

MAX_EXPONENT = 700.0
"""ln of the largest number that a tensor holds."""


class Factors(NamedTuple):
    """The Boltzmann factor of a model as a product of small tensors.

    Attributes
    ----------
    tensors : list of (ndarray, tuple of int)
        Arrays with the largest entry 1, and the sites that their axes belong to: bonds, then sites,
        then plaquettes.
    exponents : list of ndarray
        ln of these arrays, which may be too small for them.
    logs : ndarray of float64, (n_tensors,)
        ln of the factor of each.
    """

    tensors: list[tuple[Floats, tuple[int, ...]]]
    exponents: list[Floats]
    logs: Floats


def ising_network(model: Ising | Potts, beta: float, output: Sequence[int] = ()) -> TensorNetwork:
    r"""Return the network whose contraction is the partition function of a model.

    Parameters
    ----------
    model : Ising, BoltzmannMachine, Hopfield or Potts
    beta : float
        Inverse temperature, at least 0, in units of 1 / energy.
    output : sequence of int
        Row-major numbers of sites that are not summed over: the contraction is then Z times their
        joint probability, (2, ...) with spin up first, of a Potts model (q, ...).

    Returns
    -------
    TensorNetwork
        Labels are the numbers of sites. A label is on as many tensors as the site has bonds, as a
        hyper-edge, so that a path is one through the graph of the model itself.

    Raises
    ------
    ValueError
        If beta is negative, beta times an energy exceeds 700 (`log_partition` has no such
        bound), or the lattice has no such site.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math:: Z = \sum_{s} \prod_{\langle ij \rangle} e^{\beta J_{ij} s_i s_j}
        \prod_i e^{\beta h_i s_i} \prod_{\square} e^{\beta K s_i s_j s_k s_l}

    with one tensor for each factor; sites of no field and at least one bond have none. A bond of a
    Potts model is the matrix :math:`e^{\beta J \delta(s, s')}`.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Honeycomb(3), field=0.1)
    >>> z = kd.tensor.ising_network(model, beta=0.5).contract()
    >>> bool(np.isclose(np.log(z), kd.exact.enumerate(model, 0.5).log_z_total))
    True
    >>> kd.tensor.ising_network(model, beta=0.5, output=(0, 1)).contract().shape
    (2, 2)
    """
    call = "ising_network"
    n = checked_model(call, model).lattice.n_sites
    beta = arguments.not_negative(call, "beta", beta)
    factors = boltzmann_factors(call, model, beta)
    largest = float(np.abs(factors.logs).max(initial=0.0))
    if not largest <= MAX_EXPONENT:
        raise ValueError(
            f"[{call}] expected beta * energies of at most {MAX_EXPONENT:g}, got {largest:g}"
        )
    sites = tuple(output)
    for site in sites:
        if not isinstance(site, int | np.integer) or isinstance(site, bool):
            raise TypeError(f"[{call}] expected sites in output as integers, got {site!r}")
        if not 0 <= site < n:
            raise ValueError(f"[{call}] expected sites in output in [0, {n - 1}], got {site}")
    tensors = [
        (array * np.exp(log), labels)
        for (array, labels), log in zip(factors.tensors, factors.logs, strict=True)
    ]
    return TensorNetwork(tensors, output=tuple(int(site) for site in sites))


def checked_model(call: str, model: Any) -> Ising | Potts:
    """Return a model that has a network; TypeError otherwise."""
    if not isinstance(model, Ising | Potts):
        raise TypeError(f"[{call}] expected a model such as kd.Ising(kd.Square(4)), got {model!r}")
    return model


def boltzmann_factors(call: str, model: Ising | Potts, beta: float) -> Factors:
    """Return the tensors of bonds, sites and plaquettes; ValueError where energies are too large.

    The order and the labels are the same for every beta.
    """
    lattice = model.lattice
    couplings = beta * np.broadcast_to(model.coupling, (lattice.n_bonds,))
    if isinstance(model, Potts):
        products, fields = np.eye(model.q), np.zeros(lattice.n_sites)
        plaquette, corners = 0.0, np.empty((0, 4), dtype=np.int64)
        values, vectors = np.zeros(model.q), lattice.degrees == 0
    else:
        values = np.array([1.0, -1.0])
        products = np.outer(values, values)
        fields = beta * np.broadcast_to(model.field, (lattice.n_sites,))
        vectors = np.broadcast_to(model.field != 0.0, fields.shape) | (lattice.degrees == 0)
        plaquette = beta * model.plaquette
        corners = model.plaquettes if model.plaquette else np.empty((0, 4), dtype=np.int64)
    largest = max(np.abs(couplings).max(initial=0.0), np.abs(fields).max(), abs(plaquette))
    if not np.isfinite(largest):
        raise ValueError(f"[{call}] expected finite beta * energies, got beta={beta}")
    tensors: list[tuple[Floats, tuple[int, ...]]] = []
    scaled: list[Floats] = []
    logs: list[float] = []

    def add(exponents: Floats, sites: npt.NDArray[np.int64]) -> None:
        most = float(exponents.max())
        scaled.append(exponents - most)
        tensors.append((np.exp(scaled[-1]), tuple(int(site) for site in sites)))
        logs.append(most)

    for bond, coupling in zip(lattice.bonds, couplings, strict=True):
        add(coupling * products, bond)
    for site in np.flatnonzero(vectors):
        add(fields[site] * values, np.array([site]))
    for square in corners:
        add(plaquette * np.multiply.outer(products, products), square)
    return Factors(tensors, scaled, np.array(logs))
