"""Ground-state energies of spin glasses, averaged over samples with controls of known mean.

The energy of a sample follows the frustration and the strength of its bonds. What is known of them
in the mean is taken out by regression (control variates); `regressed` returns the intercept. This
divides the variance of the energy by about 4 (+-J) and 15 (Gaussian). Every control has mean 0 over
the disorder, exactly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import quad
from scipy.special import erfc

import exact_ground_states
import kadanoff as kd

# Down to a temperature at which a torus of 1024 spins stays near its ground state.
BETAS = 1.0 / np.geomspace(1.4, 0.1, 20)

# Of a normal variable, and of the least of four: means of sizes.
MEAN_SIZE = np.sqrt(2.0 / np.pi)
MEAN_LEAST_OF_FOUR = quad(lambda x: erfc(x / np.sqrt(2.0)) ** 4, 0.0, np.inf)[0]


class Average(NamedTuple):
    """Mean over samples with its standard error, and the error that it had without controls."""

    mean: float
    error: float
    plain_error: float


def model(kind: str, size: int, seed: int) -> kd.Ising:
    """Return a torus with "bimodal" or "gaussian" couplings."""
    lattice = kd.Square(size)
    return kd.Ising(lattice, getattr(kd.couplings, kind)(lattice, seed))


def lowest(glass: Any, sweeps: int, seed: int = 1, **options: Any) -> float:
    """Return the lowest energy that tempering with isoenergetic moves finds."""
    settings = {"replicas": 4, "swap_every": 5, "houdayer": 1} | options
    pt = kd.ParallelTempering(glass, BETAS, seed=seed, threads=1, **settings)
    pt.run(sweeps)
    return float(pt.best_energy.min())


def proved(glass: kd.Ising) -> float:
    """Return the ground-state energy: by transfer up to 10 columns, else by cuts, proved."""
    shape, bonds, coupling = glass.lattice.shape, glass.lattice.bonds, glass.coupling
    if shape[1] <= 10:
        right, down = exact_ground_states.square_couplings(shape, bonds, coupling)
        return float(exact_ground_states.square(right, down))
    energy, is_proved, _ = exact_ground_states.by_cuts(
        glass.lattice.n_sites, bonds, coupling, time_limit=300.0
    )
    assert is_proved
    return float(energy)


def frustration(glass: kd.Ising) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return of each plaquette the sign of the product of its bonds, its least bond, and bonds.

    The signs are independent of each other, but for the product of all, and of all sizes.
    """
    right, down = exact_ground_states.square_couplings(
        glass.lattice.shape, glass.lattice.bonds, glass.coupling
    )
    around = np.stack([right, np.roll(right, -1, axis=0), down, np.roll(down, -1, axis=1)])
    return np.sign(around).prod(axis=0), np.abs(around).min(axis=0), np.abs(right), np.abs(down)


def controls(glass: kd.Ising) -> list[float]:
    """Return averages over a torus that have mean 0 over the disorder."""
    sign, least, right, down = frustration(glass)
    beside, below = np.roll(sign, -1, axis=1), np.roll(sign, -1, axis=0)
    corner = np.roll(below, -1, axis=1)
    products = [
        sign,
        sign * (beside + below),
        sign * (corner + np.roll(below, 1, axis=1)),
        sign * (np.roll(sign, -2, axis=0) + np.roll(sign, -2, axis=1)),
        sign * beside * below * corner,
        sign * beside * (np.roll(sign, 1, axis=1) + np.roll(below, -1, axis=1)),
    ]
    if np.all(right == 1.0):
        return [float(product.mean()) for product in products]
    # A plaquette and the next share the bond between them.
    shared = sign * (beside * np.roll(down, -1, axis=1) + below * np.roll(right, -1, axis=0))
    sizes = [
        sign * least,
        shared,
        sign * least * (beside * np.roll(least, -1, 1) + below * np.roll(least, -1, 0)),
        (right + down) / 2.0 - MEAN_SIZE,
        (right**2 + down**2) / 2.0 - 1.0,
        least - MEAN_LEAST_OF_FOUR,
    ]
    return [float(product.mean()) for product in (*products, *sizes)]


def regressed(energies: np.ndarray, rows: np.ndarray) -> Average:
    """Return the intercept of a linear regression on controls of mean 0, with its error."""
    design = np.column_stack([np.ones(len(energies)), rows])
    solution, *_ = np.linalg.lstsq(design, energies, rcond=None)
    freedom = len(energies) - design.shape[1]
    variance = float(np.sum((energies - design @ solution) ** 2)) / freedom
    covariance = variance * np.linalg.inv(design.T @ design)
    plain = energies.std(ddof=1) / np.sqrt(len(energies))
    return Average(float(solution[0]), float(np.sqrt(covariance[0, 0])), float(plain))


def average(kind: str, size: int, samples: int, sweeps: int) -> tuple[Average, np.ndarray]:
    """Return the mean energy per spin of tori of seeds 0 to samples - 1, and total energies."""
    glasses = [model(kind, size, seed) for seed in range(samples)]
    energies = np.array([lowest(glass, sweeps) for glass in glasses])
    rows = np.array([controls(glass) for glass in glasses])
    return regressed(energies / size**2, rows), energies


class Limit(NamedTuple):
    """Fit of energies per spin by ``e + a L^-power``."""

    energy: float
    error: float
    amplitude: float
    chi_square: float
    freedom: int


def limit(averages: dict[int, Average], power: float) -> Limit:
    """Fit ``e + a L^-power`` by weighted least squares."""
    sizes = np.array(sorted(averages), dtype=float)
    means = np.array([averages[int(size)].mean for size in sizes])
    weights = 1.0 / np.array([averages[int(size)].error for size in sizes])
    design = np.column_stack([np.ones_like(sizes), sizes**-power]) * weights[:, None]
    solution, *_ = np.linalg.lstsq(design, means * weights, rcond=None)
    covariance = np.linalg.inv(design.T @ design)
    chi_square = float(np.sum((design @ solution - means * weights) ** 2))
    error = float(np.sqrt(covariance[0, 0]))
    return Limit(float(solution[0]), error, float(solution[1]), chi_square, len(sizes) - 2)
