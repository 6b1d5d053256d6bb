"""The density-matrix renormalisation group for ground states of chains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from . import checking
from .chains import random_chain
from .gauge import with_center
from .mpo import MPO
from .mps import MPS
from .sweeping import Settings, Sweeper
from .transfer import squared_sandwich

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

FIRST_CHI = 16
MAX_SWEEPS = 10_000


@dataclass(frozen=True)
class DMRGResult:
    """What `dmrg` returns.

    Attributes
    ----------
    energy : float
        The expectation value of the operator in `state`.
    energies : ndarray of float64, (sweeps,)
        The energy after each sweep.
    truncation_errors : ndarray of float64, (sweeps,)
        The largest weight that a bond left out, by sweep.
    bond_dimensions : ndarray of int64, (sweeps,)
        The largest bond, by sweep.
    state : MPS
        Of norm 1.
    converged : bool
        Whether the energy changed by no more than the tolerance in the last sweep.
    """

    energy: float
    energies: Floats
    truncation_errors: Floats
    bond_dimensions: npt.NDArray[np.int64]
    state: MPS
    converged: bool
    mpo: MPO = field(repr=False)

    @cached_property
    def variance(self) -> float:
        r"""The variance :math:`\langle H^2 \rangle - \langle H \rangle^2`, worked out when asked.

        The energy is subtracted from the operator site by site first, so that rounding is that of
        the terms and not of the square of their sum. Zero for an eigenstate.
        """
        n = self.mpo.n_sites
        shift = MPO.identity(n, self.mpo.dimensions)
        shifted = _spread_sum(self.mpo, shift, -self.energy / n)
        chain = list(self.state.canonical(0).tensors)
        return squared_sandwich(shifted, chain)


def _spread_sum(mpo: MPO, one: MPO, each: float) -> list[Array]:
    """Return the tensors of mpo + n_sites * each, the identity on every site apart."""
    from .hamiltonians import chain_operator

    if len(set(mpo.dimensions)) == 1:
        d = mpo.dimensions[0]
        return list((mpo + chain_operator([], [each * np.eye(d)] * mpo.n_sites)).tensors)
    return list((mpo + one * (each * mpo.n_sites)).tensors)


def dmrg(
    mpo: MPO,
    chi: int | Sequence[int] = 64,
    sweeps: int = 20,
    tolerance: float = 1e-9,
    cutoff: float = 1e-14,
    noise: float | Sequence[float] = 0.0,
    start: MPS | None = None,
    orthogonal_to: Sequence[MPS] = (),
    penalty: float | None = None,
    seed: int | None = None,
    products: int = 8,
) -> DMRGResult:
    r"""Return the state of lowest energy that two-site sweeps find.

    Parameters
    ----------
    mpo : MPO
        A Hermitian operator on at least two sites.
    chi : int or sequence of int
        Largest bond dimension; a sequence has one for each sweep, and the last for all later ones.
        With a single number, sweeps begin at 16, or at the bonds of `start`, and double until they
        are there.
    sweeps : int
        At most so many, each from the left end to the right and back.
    tolerance : float
        Stop when a sweep at the last chi, without noise, changes the energy by no more.
    cutoff : float
        The weight that each bond may leave out.
    noise : float or sequence of float
        Strength by sweep of what is mixed into the density matrix to leave a local minimum (S. R.
        White, Physical Review B 72 (2005) 180403); a single number is for the first two sweeps.
    start : MPS, optional
        By default a random state of bond dimension 8.
    orthogonal_to : sequence of MPS
        States to stay away from: with the ground state here, the first excited one is found.
    penalty : float, optional
        Energy of the overlap with each of these; must exceed the gap. By default, twice the
        absolute value of the lowest of their energies, plus 1.
    seed : int, optional
        0 <= seed < 2^64, for the random start. Without it, one is drawn from the operating system.
    products : int
        At most so many products with the Hamiltonian at each bond.

    Returns
    -------
    DMRGResult

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Two sites at a time are optimised by Lanczos's method and split by the eigenvectors of their
    density matrix (S. R. White, Physical Review Letters 69 (1992) 2863; U. Schollwöck, Annals of
    Physics 326 (2011) 96, section 6.3). Energies are expectation values of states, hence bounds
    from above. All is float64, or complex128 where the operator or the start is complex; for the
    bits of a seed see `MPS`.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> result = kd.tensor.dmrg(kd.tensor.transverse_field_ising(20), chi=32, seed=1)
    >>> bool(abs(result.energy - (1 - 1 / np.sin(np.pi / 82))) < 1e-9)
    True
    """
    first = max(start.bond_dimensions, default=1) if isinstance(start, MPS) else 1
    chis = _chis(chi, max(first, FIRST_CHI))
    settings = _settings(mpo, chis, sweeps, tolerance, cutoff, noise, products)
    away = [_other(mpo, state) for state in orthogonal_to]
    if penalty is None:
        lowest = [float(np.real(state.expectation(mpo))) for state in away]
        weight = 2 * max((abs(energy) for energy in lowest), default=0.0) + 1
    else:
        weight = arguments.real("dmrg", "penalty", penalty)
    chain = _start(mpo, start, away, seed)
    sweeper = Sweeper(mpo, chain, settings, away, weight)
    energies, errors, bonds = [], [], []
    converged = False
    for sweep in range(settings.sweeps):
        energies.append(sweeper.sweep(sweep))
        errors.append(sweeper.largest_weight)
        bonds.append(max(tensor.shape[2] for tensor in sweeper.chain))
        if sweep > 0 and settings.is_last_stage(sweep):
            converged = abs(energies[-1] - energies[-2]) <= settings.tolerance
        if converged:
            break
    return DMRGResult(
        energies[-1],
        np.array(energies),
        np.array(errors),
        np.array(bonds, dtype=np.int64),
        sweeper.state(),
        converged,
        mpo,
    )


def _chis(chi: Any, first: int) -> list[int]:
    """Return the largest bond dimension of each sweep; the last one stays."""
    if np.ndim(chi):
        chis = [arguments.integer("dmrg", "chi", value, 1, checking.MAX_BOND) for value in chi]
        if not chis:
            raise ValueError("[dmrg] expected at least one chi, got none")
        return chis
    last = arguments.integer("dmrg", "chi", chi, 1, checking.MAX_BOND)
    doublings = max(0, math.ceil(math.log2(last / first)))
    return [first * 2**k for k in range(doublings)] + [last]


def _settings(
    mpo: Any, chis: list[int], sweeps: Any, tolerance: Any, cutoff: Any, noise: Any, products: Any
) -> Settings:
    if not isinstance(mpo, MPO):
        raise TypeError(f"[dmrg] expected an MPO, got {type(mpo).__name__}")
    if mpo.n_sites < 2:
        raise ValueError("[dmrg] expected an operator on at least 2 sites, got 1")
    if not _is_hermitian(mpo):
        raise ValueError(
            "[dmrg] expected a Hermitian operator, got one that differs from its adjoint"
        )
    single = np.ndim(noise) == 0
    strengths = [noise] * 2 if single else list(noise)
    noises = [_not_negative("noise", value) for value in strengths]
    return Settings(
        chis,
        arguments.integer("dmrg", "sweeps", sweeps, 1, MAX_SWEEPS),
        _not_negative("tolerance", tolerance),
        _not_negative("cutoff", cutoff),
        noises if any(noises) else [],
        arguments.integer("dmrg", "products", products, 2, 1000),
    )


def _not_negative(name: str, value: Any) -> float:
    result = arguments.real("dmrg", name, value)
    if result < 0:
        raise ValueError(f"[dmrg] expected {name} of at least 0, got {result:g}")
    return result


def _is_hermitian(mpo: MPO) -> bool:
    """Whether the operator is its adjoint, to rounding, by the norm of the difference."""
    from .gauge import unit_scale

    environment = np.ones((1, 1), dtype=np.complex128)
    difference = mpo - mpo.adjoint()
    logs = []
    for tensors in (difference.tensors, mpo.tensors):
        environment, log = np.ones((1, 1), dtype=np.complex128), 0.0
        for tensor in tensors:
            flat = tensor.reshape(tensor.shape[0], -1, tensor.shape[3])
            part = (environment @ flat.reshape(flat.shape[0], -1)).reshape(-1, flat.shape[2])
            environment = flat.reshape(-1, flat.shape[2]).conj().T @ part
            environment, factor = unit_scale(environment)
            log += factor
        logs.append(log if environment.any() else -math.inf)
    return logs[0] <= logs[1] + 2 * math.log(1e-7)


def _other(mpo: MPO, state: Any) -> MPS:
    if not isinstance(state, MPS):
        raise TypeError(f"[dmrg] expected an MPS to stay away from, got {type(state).__name__}")
    checking.same_dimensions("dmrg", mpo.dimensions, state.dimensions)
    return state.normalized()


def _start(mpo: MPO, start: Any, away: Sequence[MPS], seed: int | None) -> list[Array]:
    """Return the tensors to begin with, in canonical form around site 0."""
    kinds = [mpo.dtype, np.dtype(np.float64), *(state.dtype for state in away)]
    key = arguments.seed("dmrg", seed)
    if start is None:
        dtype = np.result_type(*kinds)
        chain = random_chain(mpo.dimensions, 8, key, dtype)
    else:
        if not isinstance(start, MPS):
            raise TypeError(f"[dmrg] expected an MPS to start from, got {type(start).__name__}")
        checking.same_dimensions("dmrg", mpo.dimensions, start.dimensions)
        dtype = np.result_type(start.dtype, *kinds)
        chain = [tensor.astype(dtype) for tensor in start.normalized().tensors]
    chain, _ = with_center(chain, 0)
    return chain
