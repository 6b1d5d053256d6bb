"""Wolff and Swendsen-Wang: exact matrices and averages, planted faults, critical slowing down."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import checks
import cluster_checks
import kadanoff as kd
from kadanoff import analysis

UPDATES = ("swendsen-wang", "wolff")
updates = pytest.mark.parametrize("update", UPDATES)

SIX = kd.Graph([(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 3), (0, 5)], 6)
OPEN = kd.Square((2, 3), periodic=False)
MIXED = kd.Square((2, 3), periodic=(False, True))
FIELDS = np.array([0.4, -0.3, 0.0, 0.8, -0.5, 0.1])
SIGNS = np.array([1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0, -1.0])
SIZES = np.array([0.3, -1.1, 0.0, 0.7, 1.6, -0.2, -0.9, 0.5])

MODELS = {
    "ferromagnet": kd.Ising(OPEN),
    "antiferromagnet": kd.Ising(MIXED, -0.8),
    "field": kd.Ising(MIXED, 1.0, 0.3),
    "signs": kd.Ising(SIX, SIGNS),
    "signs in a field": kd.Ising(SIX, SIGNS, -0.4),
    "diluted": kd.Ising(MIXED, np.array([1.0, 0.0, -1.0] * 3)),
    "gaussian": kd.Ising(SIX, SIZES),
    "gaussian in fields": kd.Ising(SIX, SIZES, FIELDS),
    "triangular": kd.Ising(kd.Triangular((2, 3), periodic=False), -0.7, 0.2),
    "potts": kd.Potts(kd.Graph([(0, 1), (1, 2), (2, 0), (2, 3)], 4), 3),
    "potts of sizes": kd.Potts(
        kd.Graph([(0, 1), (1, 2), (2, 0), (2, 3)], 4), 3, SIZES[[0, 3, 4, 7]]
    ),
    "potts rows": kd.Potts(kd.Square((2, 2), periodic=False), 3, 1.3),
}
ON_ROWS = ("ferromagnet", "antiferromagnet", "field", "diluted", "triangular", "potts rows")
models = pytest.mark.parametrize("name", MODELS)


@models
@updates
@pytest.mark.parametrize("beta", [0.1, 0.4, 1.1])
def test_an_update_keeps_the_boltzmann_distribution(name: str, update: str, beta: float) -> None:
    matrix = cluster_checks.matrix_of(MODELS[name], update, beta)
    p = cluster_checks.System(MODELS[name]).boltzmann(beta)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=0, atol=1e-13)
    np.testing.assert_allclose(p @ matrix, p, rtol=0, atol=1e-13)
    flow = p[:, None] * matrix
    np.testing.assert_allclose(flow, flow.T, rtol=0, atol=1e-13)


@models
def test_a_swendsen_wang_sweep_reaches_every_state(name: str) -> None:
    assert cluster_checks.matrix_of(MODELS[name], "swendsen-wang", 0.4).min() > 0


def test_the_tolerance_sees_a_beta_of_one_part_in_a_billion() -> None:
    model, beta = MODELS["signs in a field"], 0.4
    p = cluster_checks.System(model).boltzmann(beta)
    for update in UPDATES:
        matrix = cluster_checks.MATRICES[update](model, beta * (1 + 1e-9))
        assert np.abs(p @ matrix - p).max() > 1e-12


@models
@updates
def test_the_engine_moves_by_the_matrix(name: str, update: str) -> None:
    """4000 sweeps from each state."""
    cluster_checks.check_transitions(kd.Sampler, MODELS[name], update, kernel="cluster-graph")


@pytest.mark.parametrize("name", ON_ROWS)
def test_rows_move_by_the_matrix(name: str) -> None:
    cluster_checks.check_transitions(
        kd.Sampler, MODELS[name], "swendsen-wang", kernel="cluster-rows"
    )


SQUARE = kd.Square(4)
ENUMERATED = {
    "ferromagnet": kd.Ising(SQUARE),
    "antiferromagnet": kd.Ising(SQUARE, -1.0),
    "field": kd.Ising(SQUARE, 1.0, 0.2),
    "open": kd.Ising(kd.Square(4, periodic=False)),
    "triangular": kd.Ising(kd.Triangular(4)),
    "honeycomb": kd.Ising(kd.Honeycomb((2, 4))),
    "cubic": kd.Ising(kd.Cubic((2, 2, 4)), 0.5),
    "signs": kd.Ising(SQUARE, kd.couplings.bimodal(SQUARE, 1)),
    "gaussian in fields": kd.Ising(
        SQUARE, kd.couplings.gaussian(SQUARE, 2), np.linspace(-0.6, 0.9, 16).reshape(4, 4)
    ),
}


def relative_power(results: list[checks.Comparison], heats: np.ndarray) -> float:
    """The relative error of beta that the energies show with LIMIT standard errors, at worst."""
    energies = [c for c in results if c.name == "energy"]
    return max(
        checks.LIMIT * c.error * c.beta / heat for c, heat in zip(energies, heats, strict=True)
    )


@updates
@pytest.mark.parametrize("name", ENUMERATED)
def test_averages_of_16_sites(name: str, update: str) -> None:
    model, betas = ENUMERATED[name], (0.3, 0.44, 0.8)
    kernels = ["cluster-graph"]
    if update == "swendsen-wang" and name not in ("honeycomb", "gaussian in fields"):
        kernels.append("cluster-rows")
    frustrated = name in ("signs", "gaussian in fields")
    heats = kd.exact.enumerate(model, list(betas)).specific_heat
    for kernel in kernels:
        results = cluster_checks.check_enumeration(
            kd.Sampler,
            model,
            update,
            betas,
            kernel,
            thermalise=400 if frustrated else 100,
            draws=20,
            every=4,
        )
        # A beta off by that much shifts the energy at 0.44 by LIMIT standard errors.
        assert relative_power(results[1:2], heats[1:2]) < 0.015


@updates
@pytest.mark.parametrize("q", [2, 3])
def test_averages_of_potts_models(q: int, update: str) -> None:
    lattice = kd.Square((3, 4)) if q == 2 else kd.Square((3, 3))
    for coupling in (1.0, np.linspace(0.2, 1.8, len(lattice.bonds))):
        for kernel in ("cluster-graph", "cluster-rows"):
            if kernel == "cluster-rows" and (update == "wolff" or np.ndim(coupling)):
                continue
            cluster_checks.check_enumeration(
                kd.Sampler, kd.Potts(lattice, q, coupling), update, (0.5, 1.0), kernel
            )


@updates
def test_cluster_sizes_are_those_of_the_susceptibility(update: str) -> None:
    """Without a field and with couplings >= 0, <c> = N <m^2>."""
    replicas = 4000
    sampler = kd.Sampler(kd.Ising(SQUARE), 0.4, update, replicas, seed=checks.SEED)
    sampler.run(50)
    size = sampler.sample(draws=10, every=3)["cluster_size"].mean(axis=1)
    exact = float(kd.exact.enumerate(kd.Ising(SQUARE), 0.4).magnetization_squared)
    result = checks.compare("cluster size", 0.4, size / 16, exact)
    checks.require([result])
    assert checks.LIMIT * result.error / exact < 0.03


CONTROLS: dict[str, Any] = {
    "transitions": lambda make, update: cluster_checks.check_transitions(
        make, MODELS["field"], update, sweeps=20
    ),
    "enumeration": lambda make, update: cluster_checks.check_enumeration(
        make, kd.Ising(SQUARE, 1.0, 0.1), update, (0.35,), replicas=10_000, thermalise=20, every=3
    ),
}


@updates
@pytest.mark.parametrize("check", CONTROLS)
def test_the_slow_sampler_passes(check: str, update: str) -> None:
    CONTROLS[check](cluster_checks.SlowSampler, update)


@pytest.mark.parametrize(
    ("fault", "check", "update"),
    [
        ("beta", "enumeration", "swendsen-wang"),
        ("beta", "enumeration", "wolff"),
        ("unsatisfied", "transitions", "swendsen-wang"),
        ("unsatisfied", "transitions", "wolff"),
        ("unsatisfied", "enumeration", "swendsen-wang"),
        ("unsatisfied", "enumeration", "wolff"),
        ("field", "transitions", "swendsen-wang"),
        ("field", "transitions", "wolff"),
        ("field", "enumeration", "swendsen-wang"),
        ("field", "enumeration", "wolff"),
        ("shared", "transitions", "swendsen-wang"),
        ("shared", "enumeration", "swendsen-wang"),
    ],
)
def test_planted_faults_are_noticed(fault: str, check: str, update: str) -> None:
    make = functools.partial(cluster_checks.SlowSampler, fault=fault)
    with pytest.raises(checks.DeviationError) as failure:
        CONTROLS[check](make, update)
    assert failure.value.score > 6.0


def autocorrelation(size: int, update: str, draws: int, every: int = 1) -> float:
    """Integrated time of |m| at the critical point, in sweeps of the lattice."""
    model = kd.Ising(kd.Square(size))
    beta = float(np.log1p(np.sqrt(2)) / 2)
    sampler = kd.Sampler(model, beta, update, replicas=16, seed=checks.SEED)
    sampler.run(200 * every)
    run = sampler.sample(draws=draws, every=every)
    tau = analysis.integrated_time(np.abs(run["magnetization"])) * every
    return tau * run["cluster_size"].mean() / size**2 if update == "wolff" else tau


def test_critical_slowing_down_all_but_vanishes() -> None:
    """From L = 16 to 64: 4^2.17 = 20 times for a local update, 4^0.35 = 1.6 for clusters."""
    local = autocorrelation(64, "heatbath", 4000, 40) / autocorrelation(16, "heatbath", 4000, 4)
    assert local > 10
    for update in UPDATES:
        growth = autocorrelation(64, update, 8000) / autocorrelation(16, update, 8000)
        assert 0.8 < growth < 3
