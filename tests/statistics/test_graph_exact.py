"""The kernels for graphs against exact answers: sums over all states, Little, Kaufman.

Each check has a fixed seed and fails at LIMIT standard errors. `beta_power` is the relative error
of beta that the energies alone would show: that is the power of the sums over all states, below 1 %
for every case. Planted faults and a beta 2 % off go through the same functions.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import checks
import kadanoff as kd
import reference_packed
from test_exact_targets import TEMPERATURES, beta_power

UPDATES = ("heatbath", "metropolis")
ORDERS = ("sublattice", "sequential", "random")
# A planted fault must show this clearly, so that no control passes by luck.
MARGIN = 6.0
RNG = np.random.default_rng(3)
SQUARE, OPEN = kd.Square(4), kd.Square(4, periodic=False)
K12 = kd.Graph(np.argwhere(np.triu(np.ones((12, 12)), k=1)), 12)
# Model and temperatures: hot, and as cold as a few hundred sweeps take to equilibrium.
CASES: dict[str, tuple[Any, tuple[float, ...]]] = {
    "square": (kd.Ising(SQUARE), (0.25, 0.42)),
    "square in a field": (kd.Ising(SQUARE, -0.75, 0.5), (0.3, 0.5)),
    "triangular": (kd.Ising(kd.Triangular(4)), (0.15, 0.26)),
    "honeycomb": (kd.Ising(kd.Honeycomb((2, 4)), 1.0, 0.1), (0.3, 0.6)),
    "open": (kd.Ising(OPEN), (0.3, 0.5)),
    "open antiferromagnet in a field": (kd.Ising(OPEN, -1.0, 0.5), (0.3, 0.5)),
    "+-J": (kd.Ising(SQUARE, kd.couplings.bimodal(SQUARE, 1)), (0.35, 0.6)),
    "plaquettes": (kd.Ising(SQUARE, plaquette=0.2), (0.25, 0.38)),
    "open plaquettes": (kd.Ising(OPEN, 1.0, 0.1, plaquette=0.2), (0.25, 0.4)),
    "Gaussian, random fields": (
        kd.Ising(SQUARE, kd.couplings.gaussian(SQUARE, 1), RNG.normal(size=(4, 4))),
        (0.3, 0.6),
    ),
    "complete graph of 12": (kd.Ising(K12, kd.couplings.gaussian(K12, 2)), (0.12, 0.25)),
    "complete graph of 12, +-J, field": (
        kd.Ising(K12, kd.couplings.bimodal(K12, 2), 0.5),
        (0.2, 0.35),
    ),
    "complete graph of 12, random fields": (
        kd.Ising(K12, kd.couplings.gaussian(K12, 3), np.random.default_rng(4).normal(size=12)),
        (0.25, 0.4),
    ),
    "Potts, 3 states": (kd.Potts(SQUARE, 3), (0.6, 0.9)),
    "open Potts, 3 states, antiferromagnet": (
        kd.Potts(kd.Square((3, 4), periodic=False), 3, -1.0),
        (1.0, 1.5),
    ),
}
# Every case with the kernel that serves few neighbours, and some with those that look up what may
# happen, or what four sites exert.
RUNS = [
    *((name, reference_packed.fastest(model)) for name, (model, _) in CASES.items()),
    *((name, "table") for name in ("square in a field", "triangular", "honeycomb", "open", "+-J")),
    ("Gaussian, random fields", "table"),
    *((name, "dense") for name in CASES if name.startswith("complete")),
    *((name, "dense") for name in ("triangular", "+-J", "Gaussian, random fields")),
]
# What the slow oracle can do.
SMALL = {"replicas": 2000, "thermalise": 60, "draws": 10, "every": 3}

updates = pytest.mark.parametrize("update", UPDATES)
orders = pytest.mark.parametrize("order", ORDERS)
runs = pytest.mark.parametrize(("name", "kernel"), RUNS)


def maker(sampler: Callable[..., Any] = kd.Sampler, scale: float = 1.0, **fixed: Any) -> Any:
    """Build samplers as `checks` ask for them, with a seed for each set of options."""
    number = zlib.crc32(repr(sorted(fixed.items())).encode())

    def make(model: Any, beta: Any, update: str, replicas: int, seed: int) -> Any:
        options = {"start": "random", "kernel": reference_packed.fastest(model), **fixed}
        own = seed + number + zlib.crc32(repr((model, update)).encode())
        return sampler(model, scale * np.asarray(beta), update, replicas, seed=own, **options)

    return make


def faulty(fault: str | None, **fixed: Any) -> Any:
    return maker(functools.partial(reference_packed.Sampler, fault=fault), **fixed)


def averages_agree(
    make: Any, name: str, update: str, replicas: int = 4000, thermalise: int = 150, **sizes: int
) -> list[checks.Comparison]:
    model, betas = CASES[name]
    sizes = {"draws": 30, "every": 3, **sizes}
    return checks.check_enumeration(
        make, model, update, betas, replicas=replicas, thermalise=thermalise, **sizes
    )


@functools.cache
def engine_results(name: str, kernel: str, update: str, order: str) -> list[checks.Comparison]:
    return averages_agree(maker(order=order, kernel=kernel), name, update)


@runs
@updates
@orders
def test_averages_are_those_over_all_states(
    name: str, kernel: str, update: str, order: str
) -> None:
    results = engine_results(name, kernel, update, order)
    model, betas = CASES[name]
    assert len(results) == 5 * len(betas)
    heat = checks.enumerated(model, betas).specific_heat
    assert beta_power(results, heat) < 0.01


def test_the_deviations_are_normal() -> None:
    """Errors neither too small nor too large: Kolmogorov and Smirnov, false alarms 1 in 1000.

    With so many scores a wrong scale of the errors by 15 % shows up in their mean square.
    """
    every = itertools.product(RUNS, UPDATES, ORDERS)
    results = [result for run, *how in every for result in engine_results(*run, *how)]
    for observable in ("energy", "magnetization", "magnetization_squared"):
        scores = np.array([r.score for r in results if r.name == observable])
        assert len(scores) == 2 * 6 * len(RUNS)
        assert stats.kstest(scores, "norm").pvalue > 1e-3
        assert abs((scores**2).mean() - 1) < 4 * np.sqrt(2 / len(scores))


@runs
@updates
def test_a_beta_two_percent_off_is_noticed(name: str, kernel: str, update: str) -> None:
    with pytest.raises(checks.DeviationError) as failure:
        averages_agree(maker(scale=1.02, kernel=kernel), name, update)
    assert failure.value.score > MARGIN


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("open", "packed"),
        ("+-J", "packed"),
        ("Gaussian, random fields", "plain"),
        ("Gaussian, random fields", "table"),
        ("complete graph of 12, random fields", "dense"),
        ("Potts, 3 states", "potts"),
    ],
)
@updates
def test_the_oracle_without_fault_passes(name: str, kernel: str, update: str) -> None:
    averages_agree(faulty(None, kernel=kernel), name, update, **SMALL)


@updates
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("bond-sign", "+-J"),
        ("bond-sign", "Gaussian, random fields"),
        ("bond-sign", "Potts, 3 states"),
        ("stale", "square"),
        ("stale", "Gaussian, random fields"),
        ("stale", "Potts, 3 states"),
        ("parity", "square"),
        ("parity", "plaquettes"),
        ("parity", "triangular"),
        ("boundary-class", "open"),
        ("boundary-class", "open antiferromagnet in a field"),
        ("shared-site", "square"),
        ("shared-site", "plaquettes"),
        ("repeated-sweep", "square"),
    ],
)
def test_planted_faults_are_noticed(fault: str, name: str, update: str) -> None:
    with pytest.raises(checks.DeviationError) as failure:
        averages_agree(faulty(fault), name, update, **SMALL)
    assert failure.value.score > MARGIN


@updates
@pytest.mark.parametrize("fault", ["bond-sign", "stale", "parity", "shared-site", "repeated-sweep"])
def test_faults_planted_in_tables_are_noticed(fault: str, update: str) -> None:
    name = "open" if fault in ("parity", "shared-site") else "Gaussian, random fields"
    with pytest.raises(checks.DeviationError) as failure:
        averages_agree(faulty(fault, kernel="table"), name, update, **SMALL)
    assert failure.value.score > MARGIN


@updates
@pytest.mark.parametrize("fault", ["bond-sign", "stale", "parity", "shared-site", "repeated-sweep"])
def test_faults_planted_in_dense_sums_are_noticed(fault: str, update: str) -> None:
    name = "open" if fault in ("parity", "shared-site") else "complete graph of 12, random fields"
    with pytest.raises(checks.DeviationError) as failure:
        averages_agree(faulty(fault, kernel="dense"), name, update, **SMALL)
    assert failure.value.score > MARGIN


# --- all sites at once


@functools.cache
def little(model: Any, beta: float) -> dict[str, float]:
    """Averages of the parallel heat bath: see `reference_graph.little`."""
    n = model.lattice.n_sites
    matrix = np.zeros((n, n))
    first, second = model.lattice.bonds.T
    np.add.at(matrix, (first, second), model.coupling)
    matrix = matrix + matrix.T
    field = np.broadcast_to(np.ravel(model.field), n)
    states = 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1
    local = states @ matrix + field
    log_weight = beta * states @ field + np.log(np.cosh(beta * local)).sum(axis=1)
    p = np.exp(log_weight - log_weight.max())
    p /= p.sum()
    energy = -((local + field) * states).sum(axis=1) / 2 / n
    m = states.mean(axis=1)
    values = (energy, m, np.abs(m), m**2, m**4)
    return dict(zip(OBSERVABLES, (float(p @ value) for value in values), strict=True))


OBSERVABLES = (
    *("energy", "magnetization", "abs_magnetization"),
    *("magnetization_squared", "magnetization_fourth"),
)
PARALLEL = (
    *("square", "square in a field", "triangular", "open", "+-J"),
    *("Gaussian, random fields", "complete graph of 12"),
)


def check_little(make: Any, name: str, replicas: int = 4000) -> list[checks.Comparison]:
    model, betas = CASES[name]
    sampler = make(model, np.repeat(betas, replicas), "heatbath", 2 * replicas, seed=checks.SEED)
    # Of its 4096 states, "complete graph of 12, +-J, field" forgets the slowest mode in 116 sweeps.
    sampler.run(1500)
    measured = checks.averages(sampler, draws=30, every=3)
    return checks.require(
        [
            checks.compare(
                observable,
                beta,
                measured[observable].reshape(-1, replicas)[i],
                little(model, beta)[observable],
            )
            for observable in OBSERVABLES
            for i, beta in enumerate(betas)
        ]
    )


@pytest.mark.parametrize("name", PARALLEL)
def test_the_parallel_heat_bath_samples_the_distribution_of_little(name: str) -> None:
    check_little(maker(order="parallel"), name)


@pytest.mark.parametrize("name", ["triangular", "open", "Gaussian, random fields"])
def test_the_parallel_heat_bath_of_tables_does_so_too(name: str) -> None:
    check_little(maker(order="parallel", kernel="table"), name)


@pytest.mark.parametrize("name", [*PARALLEL[-2:], *(name for name in CASES if "of 12, " in name)])
def test_the_parallel_heat_bath_of_dense_models_does_so_too(name: str) -> None:
    check_little(maker(order="parallel", kernel="dense"), name)


@pytest.mark.parametrize("name", PARALLEL)
def test_the_parallel_heat_bath_does_not_sample_the_one_of_boltzmann(name: str) -> None:
    with pytest.raises(checks.DeviationError) as failure:
        averages_agree(maker(order="parallel"), name, "heatbath")
    assert failure.value.score > MARGIN


@pytest.mark.parametrize("name", ["square in a field", "complete graph of 12"])
def test_a_parallel_beta_two_percent_off_is_noticed(name: str) -> None:
    with pytest.raises(checks.DeviationError) as failure:
        check_little(maker(order="parallel", scale=1.02), name, replicas=8000)
    assert failure.value.score > MARGIN


# --- tori of Kaufman, and the kernels against each other

BETAS = tuple(1 / TEMPERATURES)
TORUS = {"replicas": 64, "thermalise": 1500, "draws": 1000, "every": 2}


@functools.cache
def torus(kernel: str, size: int, update: str) -> dict[str, np.ndarray]:
    """Mean of each observable by replica, (beta, replica); starts are ordered."""
    model = kd.Ising(kd.Square(size))
    betas = np.repeat(BETAS, TORUS["replicas"])
    sampler = kd.Sampler(model, betas, update, len(betas), seed=checks.SEED, kernel=kernel)
    sampler.run(TORUS["thermalise"])
    measured = checks.averages(sampler, TORUS["draws"], TORUS["every"])
    return {name: values.reshape(len(BETAS), -1) for name, values in measured.items()}


@updates
@pytest.mark.parametrize("size", [8, 16, 32])
def test_packed_energies_of_kaufman(size: int, update: str) -> None:
    make = maker(kernel="packed", start="ordered")
    results = checks.check_kaufman(make, (size, size), update, BETAS, **TORUS)
    heat = kd.exact.kaufman((size, size), list(BETAS)).specific_heat
    assert beta_power(results, heat) < 0.006


@updates
@pytest.mark.parametrize("size", [8, 16])
def test_checkerboard_energies_of_kaufman_with_short_rows(size: int, update: str) -> None:
    make = maker(kernel="checkerboard", start="ordered")
    checks.check_kaufman(make, (size, size), update, BETAS, **TORUS)


@updates
@pytest.mark.parametrize("kernel", ["table", "dense", "plain"])
def test_energies_of_kaufman_by_kernels_for_any_couplings(kernel: str, update: str) -> None:
    make = maker(kernel=kernel, start="ordered")
    checks.check_kaufman(
        make, (8, 8), update, BETAS[::3], replicas=64, thermalise=500, draws=500, every=2
    )


@updates
@pytest.mark.parametrize("size", [8, 16, 32])
def test_the_packed_and_the_checkerboard_kernel_agree(size: int, update: str) -> None:
    """In what Kaufman does not tell, too."""
    one, other = torus("packed", size, update), torus("checkerboard", size, update)
    scores = []
    for name, values in one.items():
        difference = values.mean(axis=1) - other[name].mean(axis=1)
        variance = values.var(axis=1, ddof=1) + other[name].var(axis=1, ddof=1)
        scores.append(difference / np.sqrt(variance / TORUS["replicas"]))
    assert np.abs(scores).max() < checks.LIMIT


@updates
def test_faults_on_a_torus_are_noticed(update: str) -> None:
    sizes = {"replicas": 64, "thermalise": 200, "draws": 200, "every": 2}
    checks.check_kaufman(faulty(None), (8, 8), update, (0.4,), **sizes)
    for fault in ("stale", "parity", "bond-sign"):
        with pytest.raises(checks.DeviationError) as failure:
            checks.check_kaufman(faulty(fault), (8, 8), update, (0.4,), **sizes)
        assert failure.value.score > MARGIN


@pytest.mark.slow
@updates
@pytest.mark.parametrize("size", [8, 16, 24, 32, 48])
def test_packed_energies_of_kaufman_in_depth(size: int, update: str) -> None:
    betas = tuple(1 / np.linspace(1.9, 3.3, 29))
    results = checks.check_kaufman(
        maker(kernel="packed", start="ordered"),
        *((size, size), update, betas),
        replicas=64,
        thermalise=20_000,
        draws=4000,
        every=10,
    )
    heat = kd.exact.kaufman((size, size), list(betas)).specific_heat
    assert beta_power(results, heat) < 0.002


# --- replicas

LAGS = (1, 16, 32, 256, 512)  # in a word, a half of it, between words, registers and word blocks


def pairs(values: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """The values of disjoint pairs of replicas `lag` apart."""
    first = np.arange(len(values))
    first = first[first & lag == 0]
    return values[first], values[first + lag]


@functools.cache
def squared_overlap(model: Any, beta: float) -> float:
    """Its average for independent replicas: the mean square of all correlations <s_i s_j>."""
    states, p = kd.exact.probabilities(model, beta)
    flat = states.reshape(len(states), -1).astype(float)
    correlation = np.einsum("si,s,sj->ij", flat, p, flat)
    return float((correlation**2).mean())


def check_overlaps(
    make: Any, model: Any, update: str, beta: float, replicas: int = 1024, draws: int = 40
) -> list[checks.Comparison]:
    """Mean and mean square of the overlap of replicas, at a temperature above the critical one."""
    sampler = make(model, beta, update, replicas, seed=checks.SEED)
    sampler.run(100)
    sums = {lag: np.zeros((2, replicas // 2)) for lag in LAGS}
    for _ in range(draws):
        sampler.run(3)
        flat = sampler.spins.reshape(replicas, -1).astype(float)
        for lag, total in sums.items():
            a, b = pairs(flat, lag)
            q = (a * b).mean(axis=1)
            total += q, q**2
    exact = {"overlap": 0.0, "squared overlap": squared_overlap(model, beta)}
    return checks.require(
        [
            checks.compare(f"{name} of replicas {lag} apart", beta, total[i] / draws, value)
            for lag, total in sums.items()
            for i, (name, value) in enumerate(exact.items())
        ]
    )


def check_signs(
    make: Any, model: Any, update: str, beta: float, replicas: int = 1024, sweeps: int = 150
) -> list[checks.Comparison]:
    """Signs of the magnetisation from random starts, far below the critical temperature."""
    sampler = make(model, beta, update, replicas, seed=checks.SEED)
    sampler.run(sweeps)
    m = sampler.spins.reshape(replicas, -1).mean(axis=1)
    assert (np.abs(m) > 0.5).mean() > 0.5
    results = [checks.compare("sign", beta, np.sign(m), 0.0)]
    for lag in LAGS:
        a, b = pairs(np.sign(m), lag)
        results.append(checks.compare(f"signs of replicas {lag} apart", beta, a * b, 0.0))
    return checks.require(results)


@updates
@pytest.mark.parametrize("kernel", ["packed", "table", "dense", "plain", "checkerboard"])
def test_overlaps_above_the_critical_temperature(kernel: str, update: str) -> None:
    check_overlaps(maker(kernel=kernel), kd.Ising(SQUARE), update, 0.25)


@updates
def test_overlaps_of_a_glass(update: str) -> None:
    check_overlaps(maker(), CASES["+-J"][0], update, 0.35)


@updates
@pytest.mark.parametrize("kernel", ["packed", "table", "dense", "plain", "checkerboard"])
def test_both_signs_occur_below_the_critical_temperature(kernel: str, update: str) -> None:
    check_signs(maker(kernel=kernel), kd.Ising(kd.Square(8)), update, 0.7)


SHARED = pytest.mark.parametrize(("fault", "lag"), [("shared-replica", 1), ("shared-word", 32)])


@updates
@pytest.mark.parametrize("kernel", ["packed", "table", "dense", "plain"])
@SHARED
def test_shared_random_numbers_are_noticed(kernel: str, fault: str, lag: int, update: str) -> None:
    """Such replicas meet up to a sign, which a random start still draws for each of them."""
    with pytest.raises(checks.DeviationError, match=f"of replicas {lag} apart") as failure:
        check_overlaps(faulty(fault, kernel=kernel), kd.Ising(SQUARE), update, 0.25)
    assert failure.value.score > MARGIN


@updates
@SHARED
def test_signs_shared_from_the_start_are_noticed(fault: str, lag: int, update: str) -> None:
    def copied(*args: Any, **options: Any) -> Any:
        sampler = faulty(fault)(*args, **options)
        spins = sampler.spins
        first = np.arange(len(spins))
        spins = spins[first & ~lag]
        sampler.spins = spins
        return sampler

    with pytest.raises(checks.DeviationError, match=f"signs of replicas {lag} apart") as failure:
        check_signs(copied, kd.Ising(kd.Square(8)), update, 0.7)
    assert failure.value.score > MARGIN
