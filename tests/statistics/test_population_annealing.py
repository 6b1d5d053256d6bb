"""Population annealing against exact partition functions and energies, and with planted faults.

The engine and a reference written out in NumPy take the same checks. Z is compared as exp(ln Z -
exact), whose mean over independent runs is 1 exactly whatever the population is, so that the check
has no bias to allow for. Power: with 256 runs of 200 replicas the mean of Z is known to 0.5 to 2 %
up to the largest beta, so a beta 1 % off (which shifts ln Z of these models by 0.1 to 0.3), a
lost step or a wrong weight stands out by more than 4 standard errors.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest

import kadanoff as kd
from checks import Comparison, DeviationError, compare, require
from kadanoff import _core

BETAS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
FAULTS = {
    "sign": "replicas are weighted by exp(+step E)",
    "per-site": "the weights take the energy per site",
    "missing": "ln Q of one step is left out",
    "unnormalized": "Q is the sum of the weights, not their mean",
    "copies": "every replica is kept once, whatever its tau",
    "beta": "the weights are those of steps 3 % too large",
}

SQUARE = kd.Square(4)
MODELS = {
    "ferromagnet": kd.Ising(SQUARE, 1.0),
    "antiferromagnet in a field": kd.Ising(SQUARE, -1.0, field=0.7),
    "glass": kd.Ising(SQUARE, kd.couplings.bimodal(SQUARE, seed=3)),
    "gauss": kd.Ising(SQUARE, kd.couplings.gaussian(SQUARE, seed=4), np.linspace(-1.0, 1.0, 16)),
    "open": kd.Ising(kd.Square((3, 5), periodic=(False, True)), 1.0),
    "potts": kd.Potts(kd.Square(3), q=3),
}


class Exact(NamedTuple):
    log_z: np.ndarray
    energy: np.ndarray  # per site
    heat: np.ndarray


def enumerate_states(model: Any, betas: np.ndarray) -> Exact:
    """Sums over all states, whose energies the model itself writes out."""
    n = model.lattice.n_sites
    values = range(model.q) if isinstance(model, kd.Potts) else (-1, 1)
    states = np.array(list(itertools.product(values, repeat=n)), dtype=np.int8)
    energies = model.energy(states.reshape(-1, *model.lattice.shape))
    weights = np.exp(-betas[:, None] * (energies - energies.min()))
    z = weights.sum(axis=1)
    mean = weights @ energies / z
    square = weights @ (energies - mean.mean()) ** 2 / z - (mean - mean.mean()) ** 2
    return Exact(np.log(z) - betas * energies.min(), mean / n, betas**2 * square / n)


def reference_log_z(model: Any, runs: int, population: int, fault: str | None = None) -> np.ndarray:
    """Ln Z (beta, run) by a population annealing in NumPy."""
    rng = np.random.default_rng(7)
    n = model.lattice.n_sites
    result = np.empty((len(BETAS), runs))
    for run in range(runs):
        states = rng.choice(np.array([-1, 1], np.int8), (population, *model.lattice.shape))
        log_z, before = n * np.log(2.0), 0.0
        for k, beta in enumerate(BETAS):
            step = (beta - before) * {"sign": -1.0, "beta": 1.03}.get(str(fault), 1.0)
            energies = model.energy(states) / (n if fault == "per-site" else 1)
            weights = np.exp(-step * energies)
            q = weights.sum() if fault == "unnormalized" else weights.mean()
            log_z += 0.0 if fault == "missing" and k == 3 else np.log(q)
            tau = weights / weights.mean()
            if fault == "copies":
                parents = np.arange(population)
            else:
                ends = np.floor(np.cumsum(tau) + rng.random()).astype(int)
                ends[-1] = population
                parents = np.repeat(np.arange(population), np.diff(ends, prepend=0))
            sampler = kd.Sampler(
                model, beta, replicas=population, seed=1000 * run + k, start="down", threads=1
            )
            sampler.spins = states[parents]
            sampler.run(2)
            states, before = sampler.spins, beta
            result[k, run] = log_z
    return result


def check_log_z(name: str, log_z: np.ndarray, exact: np.ndarray) -> list[Comparison]:
    ratio = np.exp(log_z - exact[:, None])
    return require(
        [
            compare(f"Z / exact of the {name}", beta, row, 1.0)
            for beta, row in zip(BETAS, ratio, strict=True)
        ]
    )


def log_z_by_run(result: kd.PopulationResult) -> np.ndarray:
    start = result.log_z_total[0] - np.log(np.exp(result.record["log_weight"][0]).mean())
    return start + np.cumsum(result.record["log_weight"], axis=0)


def check_averages(name: str, result: kd.PopulationResult, exact: Exact) -> list[Comparison]:
    comparisons = []
    n = result.n_sites
    for k, beta in enumerate(result.betas):
        for what, values, errors, target in (
            ("ln Z / N", result.log_z, result.log_z_error, exact.log_z / n),
            ("energy", result.energy, result.energy_error, exact.energy),
            ("specific heat", result.specific_heat, result.specific_heat_error, exact.heat),
            (
                "free energy",
                result.free_energy,
                result.free_energy_error,
                -exact.log_z / (n * result.betas),
            ),
        ):
            comparison = Comparison(
                f"{what} of the {name}", beta, float(values[k]), float(errors[k]), float(target[k])
            )
            comparisons.append(comparison)
    return require(comparisons)


@pytest.mark.parametrize("update", ["heatbath", "metropolis"])
@pytest.mark.parametrize("name", list(MODELS))
def test_z_is_unbiased(name: str, update: str) -> None:
    model = MODELS[name]
    result = kd.population_anneal(
        model, BETAS, population=200, sweeps=2, runs=256, seed=11, update=update
    )
    check_log_z(name, log_z_by_run(result), enumerate_states(model, BETAS).log_z)


def test_z_is_unbiased_even_for_tiny_populations() -> None:
    """Ten replicas and one sweep are far from equilibrium: only the weights can make Z right."""
    model = MODELS["ferromagnet"]
    result = kd.population_anneal(model, BETAS, population=10, sweeps=1, runs=4096, seed=12)
    check_log_z("ferromagnet", log_z_by_run(result), enumerate_states(model, BETAS).log_z)


@pytest.mark.parametrize("name", list(MODELS))
def test_averages(name: str) -> None:
    model = MODELS[name]
    result = kd.population_anneal(model, BETAS, population=1000, sweeps=10, runs=64, seed=13)
    comparisons = check_averages(name, result, enumerate_states(model, BETAS))
    # A beta 2 % off would show in the energy.
    shift = np.abs(np.diff(enumerate_states(model, np.array([0.4, 0.408])).energy))[0]
    worst = max(c.error for c in comparisons if c.name.startswith("energy"))
    assert shift > 4 * worst


def test_a_lattice_of_kaufman() -> None:
    betas = np.linspace(0.0, 0.5, 26)[1:]
    result = kd.population_anneal(
        kd.Ising(kd.Square(12)), betas, population=500, sweeps=10, runs=64, seed=14
    )
    exact = [kd.exact.kaufman((12, 12), beta) for beta in betas]
    check_averages(
        "ferromagnet of 12 x 12",
        result,
        Exact(
            np.array([144 * e.log_z for e in exact]),
            np.array([e.energy for e in exact]),
            np.array([e.specific_heat for e in exact]),
        ),
    )
    assert result.log_z_error[-1] < 3e-4  # 0.04 in ln Z: the missing step of a fault is 0.3


def test_an_annealing_in_equilibrium_is_a_sampler() -> None:
    """Slow enough, the reads of `anneal` are independent samples at the last beta."""
    model = MODELS["glass"]
    betas = np.linspace(0.05, 0.5, 100)
    result = kd.anneal(model, num_reads=20_000, beta_schedule=betas, seed=15)
    exact = enumerate_states(model, np.array([0.5])).energy[0]
    [comparison] = require([compare("energy of reads", 0.5, result.energies / 16, exact)])
    assert 4 * comparison.error < 0.02  # 1 % of beta


def test_the_reference_is_right() -> None:
    model = MODELS["ferromagnet"]
    log_z = reference_log_z(model, runs=24, population=300)
    check_log_z("reference", log_z, enumerate_states(model, BETAS).log_z)


@pytest.mark.parametrize("fault", list(FAULTS))
def test_planted_faults_are_caught(fault: str) -> None:
    model = MODELS["ferromagnet"]
    log_z = reference_log_z(model, 24, 300, fault)
    with pytest.raises(DeviationError) as caught:
        check_log_z(fault, log_z, enumerate_states(model, BETAS).log_z)
    assert caught.value.score > 4.0


def test_errors_shrink_with_the_runs_and_fail_for_one() -> None:
    model = MODELS["glass"]
    one, few, many = (
        kd.population_anneal(model, BETAS, population=100, runs=runs, seed=16)
        for runs in (1, 16, 1024)
    )
    assert np.isnan(one.log_z_error).all()
    assert np.isnan(one.energy_error).all()
    ratio = few.log_z_error / many.log_z_error
    assert (ratio > 4.0).all()  # 8 within the spread of an error of 16 runs, 18 %
    assert (ratio < 16.0).all()


def test_jackknife_errors_are_the_spread_of_repetitions() -> None:
    """The quoted error of ln Z against the scatter over seeds, known to 10 % (50 repetitions)."""
    results = [
        kd.population_anneal(MODELS["glass"], BETAS, population=50, runs=16, seed=seed)
        for seed in range(50)
    ]
    scatter = np.std([r.log_z for r in results], axis=0, ddof=1)
    quoted = np.sqrt(np.mean([r.log_z_error**2 for r in results], axis=0))
    np.testing.assert_allclose(quoted, scatter, rtol=0.4)


def test_families() -> None:
    betas = np.linspace(0.0, 0.6, 13)
    result = kd.population_anneal(MODELS["glass"], betas, population=400, runs=4, seed=17)
    np.testing.assert_array_equal(result.families[0], 400)
    np.testing.assert_allclose(result.rho[0], 1.0)
    np.testing.assert_allclose(result.entropic_family_size[0], 1.0)
    assert (np.diff(result.families, axis=0) <= 0).all()
    for run in range(4):
        family = result.family[400 * run : 400 * (run + 1)]
        assert ((family >= 400 * run) & (family < 400 * (run + 1))).all()
        share = np.unique(family, return_counts=True)[1] / 400
        assert result.families[-1, run] == len(share)
        assert result.rho[-1, run] == pytest.approx(400 * (share**2).sum())
        assert result.family_entropy[-1, run] == pytest.approx(-(share * np.log(share)).sum())
    assert result.equilibrated == (result.family_entropy[-1].min() >= np.log(100))
    small = kd.population_anneal(MODELS["glass"], betas, population=99, runs=1, seed=1)
    assert not small.equilibrated
    shown = repr(small).splitlines()
    assert shown[0] == "PopulationResult(1 run of 99 replicas, 13 betas)"
    note = "family entropy < ln 100 in 1 of 1 run: not equilibrated, or too few replicas to tell"
    assert shown[-1] == note
    large = kd.population_anneal(MODELS["glass"], [0.05], population=400, runs=1, seed=1)
    assert large.equilibrated
    assert "family entropy" not in repr(large)


def test_final_states() -> None:
    model = MODELS["glass"]
    result = kd.population_anneal(model, BETAS, population=300, runs=3, seed=18)
    assert result.spins.shape == (900, 4, 4)
    np.testing.assert_array_equal(result.energies, model.energy(result.spins))
    assert result.best.energy == result.energies.min()
    by_run = result.energies.reshape(3, 300)
    np.testing.assert_allclose(by_run.mean(axis=1), result.record["energy"][-1])
    np.testing.assert_allclose(by_run.var(axis=1), result.record["energy_variance"][-1])


def test_same_bits_from_any_number_of_threads() -> None:
    one, two = (
        kd.population_anneal(MODELS["glass"], BETAS, population=300, seed=19, threads=threads)
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.spins, two.spins)
    np.testing.assert_array_equal(one.log_z, two.log_z)
    np.testing.assert_array_equal(one.family, two.family)


def test_save_and_load(tmp_path: Any) -> None:
    result = kd.population_anneal(MODELS["glass"], BETAS, population=20, runs=3, seed=20)
    result.save(tmp_path / "population.h5")
    copy = kd.PopulationResult.load(tmp_path / "population.h5")
    for name in ("betas", "log_z", "log_z_error", "energy", "specific_heat", "rho", "spins"):
        np.testing.assert_array_equal(getattr(copy, name), getattr(result, name))
    np.testing.assert_array_equal(copy.family, result.family)
    assert repr(copy) == repr(result)
    assert copy.states.info["seed"] == 20
    with pytest.raises(kd.FileError):
        kd.AnnealResult.load(tmp_path / "population.h5")


# Adaptive temperature steps.


def culled(energies: np.ndarray, weights: np.ndarray, step: float) -> float:
    """The share of replicas, of these weights, that a resampling removes: written out."""
    copies = np.exp(-step * (energies - energies.min()))
    copies /= np.average(copies, weights=weights)
    return float(np.average(np.maximum(0.0, 1.0 - copies), weights=weights))


@pytest.mark.parametrize("share", [1e-6, 0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["normal", "levels", "outlier above", "outlier below", "two"])
def test_the_largest_step(kind: str, share: float) -> None:
    rng = np.random.default_rng(3)
    energies = 100.0 * rng.normal(size=2000)
    if kind == "levels":
        energies = 4.0 * np.rint(energies / 40.0)
    elif kind.startswith("outlier"):
        energies[7] += 1e7 if kind.endswith("above") else -1e4
    elif kind == "two":
        energies = np.where(np.arange(2000) < 3, -1.0, 0.0)
    ones = np.ones(2000)
    for most in (1e-9, 0.01, 3.0, 1e12):
        step = _core.largest_step(energies, share, most)
        if step == most:
            assert culled(energies, ones, most) <= share * (1 + 1e-9)
            continue
        assert 0.0 < step < most
        assert culled(energies, ones, step) <= share * (1 + 1e-9)
        assert culled(energies, ones, min(most, 33 / 32 * 1.0001 * step)) > share
    assert _core.largest_step(np.full(5, -3.0), share, 7.0) == 7.0


@pytest.mark.parametrize("name", list(MODELS))
def test_adaptive_steps_are_those_of_the_exact_energies(name: str) -> None:
    """The exact share removed is the target within 8 %: 3 of bisection, 5 of 20,000 replicas."""
    model, target = MODELS[name], 0.1
    result = kd.population_anneal(
        model, [0.6], population=20_000, runs=1, sweeps=20, culling_fraction=target, seed=21
    )
    n = model.lattice.n_sites
    values = range(model.q) if isinstance(model, kd.Potts) else (-1, 1)
    states = np.array(list(itertools.product(values, repeat=n)), dtype=np.int8)
    energies = model.energy(states.reshape(-1, *model.lattice.shape))
    betas = np.concatenate([[0.0], result.betas])
    assert betas[-1] == 0.6
    assert len(betas) >= 7
    shares = [
        culled(energies, np.exp(-beta * (energies - energies.min())), step)
        for beta, step in zip(betas[:-1], np.diff(betas), strict=True)
    ]
    np.testing.assert_allclose(shares[:-1], target, rtol=0.08)
    assert shares[-1] < 1.05 * target


def test_adaptive_runs_are_those_of_the_same_betas() -> None:
    """Bit for bit: the pilot leaves the other runs as they are, and their Z without bias."""
    options: dict[str, Any] = {"population": 300, "runs": 3, "sweeps": 4, "seed": 22}
    for name, model in MODELS.items():
        found = kd.population_anneal(model, [0.2, 0.6], culling_fraction=0.08, **options)
        assert {0.2, 0.6} <= set(found.betas.tolist()), name
        assert (np.diff(found.betas) > 0.0).all()
        given = kd.population_anneal(model, found.betas, **options)
        for record in found.record:
            np.testing.assert_array_equal(found.record[record], given.record[record])
        for part in ("spins", "energies", "family", "log_z", "energy_error"):
            np.testing.assert_array_equal(getattr(found, part), getattr(given, part))
        assert (found.runs, found.population, len(found.states)) == (3, 300, 900)
        assert found.states.info["culling_fraction"] == 0.08
        assert "culling_fraction" not in given.states.info


def test_z_is_unbiased_with_adaptive_steps() -> None:
    """Populations of 10, each call with a pilot as small: steps chosen badly, and still no bias."""
    model = MODELS["ferromagnet"]
    exact = enumerate_states(model, np.array([0.6])).log_z[0]
    ratios, counts = [], set()
    for seed in range(40):
        result = kd.population_anneal(
            model, [0.6], 10, sweeps=1, runs=100, culling_fraction=0.15, seed=seed
        )
        ratios.append(np.exp(log_z_by_run(result)[-1] - exact))
        counts.add(len(result.betas))
    assert len(counts) > 2  # the steps differ from call to call
    [comparison] = require([compare("Z / exact", 0.6, np.concatenate(ratios), 1.0)])
    assert comparison.error < 0.02


def test_steps_of_ones_own_choice_are_biased() -> None:
    """Negative control: without a pilot, Z of populations of 10 comes out a quarter too small."""
    model, ratios = MODELS["ferromagnet"], []
    exact = enumerate_states(model, np.array([0.6])).log_z[0]
    for seed in range(600):
        sampler = kd.Sampler(model, 1.0, replicas=10, seed=seed, start="random", threads=1)
        record, _ = _core.population_anneal(sampler._core, [0.6], 1, 1, 0.15)
        ratios.append(2.0**16 * np.exp(record["log_weight"].sum() - exact))
    with pytest.raises(DeviationError) as caught:
        require([compare("Z / exact", 0.6, np.array(ratios), 1.0)])
    assert caught.value.score > 8.0


@pytest.mark.parametrize("name", list(MODELS))
def test_averages_with_adaptive_steps(name: str) -> None:
    model = MODELS[name]
    result = kd.population_anneal(
        model, BETAS, population=1000, runs=64, culling_fraction=0.05, seed=23
    )
    assert len(result.betas) > len(BETAS)
    comparisons = check_averages(name, result, enumerate_states(model, result.betas))
    # A missing step would shift ln Z / N by far more than this.
    assert max(4 * c.error for c in comparisons if c.name.startswith("ln Z")) < 0.004


def test_adaptive_steps_on_any_number_of_threads() -> None:
    one, two = (
        kd.population_anneal(
            MODELS["gauss"], [0.0, 2.0], 300, culling_fraction=0.1, seed=24, threads=threads
        )
        for threads in (1, 2)
    )
    assert one.betas[0] == 0.0
    np.testing.assert_array_equal(one.betas, two.betas)
    np.testing.assert_array_equal(one.spins, two.spins)


def test_adaptive_steps_end_where_there_is_nothing_left_to_choose() -> None:
    """Free spins need one step; in a ground state nothing is removed, however far it goes."""
    free = kd.population_anneal(kd.Ising(SQUARE, 0.0), [5.0], 20, culling_fraction=0.1, seed=1)
    assert free.betas.tolist() == [5.0]
    cold = kd.population_anneal(MODELS["gauss"], [1e12], 50, culling_fraction=0.2, seed=1)
    assert cold.betas[-1] == 1e12
    assert len(cold.betas) < 40
    assert cold.states.best.energy == pytest.approx(MODELS["gauss"].energy(cold.spins).min())
