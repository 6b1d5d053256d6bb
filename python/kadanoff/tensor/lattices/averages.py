"""Exact averages of finite models, by gradients of their contraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.models import Ising, Potts
from kadanoff.tensor.network import TensorNetwork

from .networks import Factors, boltzmann_factors, checked_model
from .partition import find_plan, log_z

Floats = npt.NDArray[np.float64]

_LOST = 1e-9


@dataclass(frozen=True, eq=False)
class LatticeAverages:
    """Exact averages of a finite model from `lattice_averages`.

    Attributes
    ----------
    log_z : float
        ln Z.
    energy : float
        <H>, of the whole model.
    sites : ndarray of float64, (n_sites, 2)
        Probabilities of a spin up and down; of a Potts model (n_sites, q).
    bonds : ndarray of float64, (n_bonds, 2, 2)
        Joint probabilities of the two spins of a bond; of a Potts model (n_bonds, q, q).
    """

    log_z: float
    energy: float
    sites: Floats
    bonds: Floats

    @property
    def magnetization(self) -> Floats:
        """<s_i> of every site, float64 (n_sites,); of Ising spins only.

        Raises
        ------
        ValueError
            Of Potts spins.
        """
        self._check_ising("magnetization")
        return np.asarray(self.sites[:, 0] - self.sites[:, 1])

    @property
    def correlations(self) -> Floats:
        """<s_i s_j> of every bond, float64 (n_bonds,); of Ising spins only.

        Raises
        ------
        ValueError
            Of Potts spins.
        """
        self._check_ising("correlations")
        same = self.bonds[:, 0, 0] + self.bonds[:, 1, 1]
        return np.asarray(same - self.bonds[:, 0, 1] - self.bonds[:, 1, 0])

    def _check_ising(self, call: str) -> None:
        if self.sites.shape[1] != 2:
            raise ValueError(f"[{call}] expected spins of 2 states, got {self.sites.shape[1]}")


def lattice_averages(
    model: Ising | Potts,
    beta: float,
    *,
    optimize: Any = "auto",
    memory_limit: int | str | None = None,
) -> LatticeAverages:
    r"""Return ln Z, the energy and all probabilities of sites and bonds of a finite model, exact.

    Parameters
    ----------
    model, optimize, memory_limit
        As of `log_partition`.
    beta : float
        Inverse temperature, at least 0, in units of 1 / energy.

    Returns
    -------
    LatticeAverages

    Raises
    ------
    ValueError, TypeError
        As of `log_partition`.

    Notes
    -----
    The joint probability of the spins of a tensor of the network is
    :math:`T_{s s'} \, \partial \ln Z / \partial T_{s s'}`; one walk back through the contraction
    gives these gradients for all tensors.

    Examples
    --------
    >>> import kadanoff as kd
    >>> model = kd.Ising(kd.Square(4), field=0.1)
    >>> averages = kd.tensor.lattice_averages(model, beta=0.4)
    >>> exact = kd.exact.enumerate(model, 0.4)
    >>> abs(averages.energy / 16 - exact.energy) < 1e-12
    True
    >>> averages.magnetization.shape, averages.correlations.shape
    ((16,), (32,))
    """
    call = "lattice_averages"
    checked_model(call, model)
    beta = arguments.not_negative(call, "beta", beta)
    factors = boltzmann_factors(call, model, beta)
    network = TensorNetwork(factors.tensors)
    plan = find_plan(model, factors, network, optimize, memory_limit)
    (_, contracted), gradients = network.value_and_gradient(optimize=plan, log=True)
    joint = [
        array * gradient for (array, _), gradient in zip(factors.tensors, gradients, strict=True)
    ]
    total = float(contracted) + float(factors.logs.sum())
    _check_range(call, beta, log_z(factors, network, plan) - total, joint)
    bonds = model.lattice.n_bonds
    states = model.q if isinstance(model, Potts) else 2
    return LatticeAverages(
        total,
        _energy(model, joint),
        _sites(factors, joint, model.lattice.n_sites, states),
        np.stack(joint[:bonds]) if bonds else np.empty((0, states, states)),
    )


def _check_range(call: str, beta: float, missing: float, joint: list[Floats]) -> None:
    """Refuse averages of which float64 has lost a part: all terms are positive, so sums tell."""
    sums = np.array([probabilities.sum() for probabilities in joint])
    if not (abs(missing) < _LOST and (np.abs(sums - 1.0) < _LOST).all()):
        raise ValueError(
            f"[{call}] expected Boltzmann factors within the range of float64, got beta={beta}: "
            "log_partition serves such temperatures"
        )


def _sites(factors: Factors, joint: list[Floats], n: int, states: int) -> Floats:
    """Return the probabilities of each site, from any tensor that has it."""
    result = np.empty((n, states))
    for (_, sites), probabilities in zip(factors.tensors, joint, strict=True):
        for axis, site in enumerate(sites):
            others = tuple(other for other in range(len(sites)) if other != axis)
            result[site] = probabilities.sum(axis=others)
    return result


def _energy(model: Ising | Potts, joint: list[Floats]) -> float:
    """Return the mean of all terms; tensors are in the order of bonds, sites, plaquettes."""
    lattice = model.lattice
    couplings = np.broadcast_to(model.coupling, (lattice.n_bonds,))
    bonds = joint[: lattice.n_bonds]
    if isinstance(model, Potts):
        return -float(sum(j * np.trace(p) for j, p in zip(couplings, bonds, strict=True)))
    spins = np.array([1.0, -1.0])
    fields = np.broadcast_to(model.field, (lattice.n_sites,))
    vectors = np.flatnonzero((fields != 0.0) | (lattice.degrees == 0))
    rest = joint[lattice.n_bonds :]
    energy = -sum(j * spins @ p @ spins for j, p in zip(couplings, bonds, strict=True))
    energy -= sum(fields[site] * (p @ spins) for site, p in zip(vectors, rest, strict=False))
    for probabilities in rest[len(vectors) :]:
        for _ in range(4):
            probabilities = probabilities @ spins
        energy -= model.plaquette * probabilities
    return float(energy)
