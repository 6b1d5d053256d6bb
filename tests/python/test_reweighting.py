"""Multi-histogram reweighting against systems that are solved, and the errors it states."""

from __future__ import annotations

import importlib
import logging
import sys

import numpy as np
import pytest

import kadanoff as kd
from kadanoff import analysis
from kadanoff.analysis.mixture import Mixture

SPINS = 20
BETAS = np.array([0.7, 1.0, 1.3, 1.6, 1.9])
TARGETS = np.array([0.8, 1.0, 1.45])
PEAK = 1.1996786402577338  # x tanh x = 1, where the specific heat of free spins has its maximum


def free_spins(seed, betas=BETAS, shape=(4, 300), keep=0.8):
    """Draw runs of free spins in a field 1, of which each draw renews a fifth.

    Energies are E = N - 2 n, with n flips binomial of probability 1 / (1 + e^(2 beta)): mean
    -N tanh(beta), and tau_int = (1 + keep) / (1 - keep) / 2 = 4.5 draws.
    """
    generator = np.random.default_rng(seed)
    beta = np.repeat(betas, shape[0])
    p = np.broadcast_to(1.0 / (1.0 + np.exp(-2.0 * beta)), beta.shape)
    up = generator.binomial(SPINS, p)
    series = np.empty((beta.size, shape[1]))
    for draw in range(shape[1]):
        kept_up = generator.binomial(up, keep)
        kept_down = generator.binomial(SPINS - up, keep)
        up = kept_up + generator.binomial(SPINS - kept_up - kept_down, p)
        series[:, draw] = 1.0 - 2.0 * up / SPINS
    return make(series, beta)


def make(energy, beta, **others):
    return kd.Run(
        {"energy": energy, **others}, beta=beta, every=1,
        model={"lattice": "free", "shape": [SPINS]}, update="x", seed=1, first_sweep=1,
        provenance={},
    )  # fmt: skip


EXACT = {
    "energy": -np.tanh(TARGETS),
    "specific_heat": TARGETS**2 / np.cosh(TARGETS) ** 2,
    "log_z": SPINS * np.log(np.cosh(TARGETS) / np.cosh(BETAS[0])),
}


def scores(seed, transform=lambda run: run):
    """Deviations from the exact values in standard errors: (quantity, target) and the peak."""
    found = analysis.reweight(transform(free_spins(seed)), TARGETS, ["energy", "specific_heat"])
    rows = []
    for name, exact in EXACT.items():
        curve = found.log_z if name == "log_z" else found[name]
        rows.append((curve.mean - exact) / curve.standard_error)
    peak = found.peak()
    rows.append([(peak.beta - PEAK) / peak.beta_error] * 3)
    return rows


def uncorrelated(run):
    """Shuffle the draws at each beta: the means stay as they are, the autocorrelation is gone."""
    generator = np.random.default_rng(1)
    rows = run["energy"].reshape(len(BETAS), -1)
    return make(generator.permuted(rows, axis=1).reshape(run["energy"].shape), run.beta)


@pytest.fixture(scope="module")
def calibration():
    return np.array([scores(seed) for seed in range(100)])


def test_errors_cover_the_truth(calibration):
    """100 seeds: mean, spread and coverage of each score within 4 standard errors.

    Correct errors fail once in 700; errors too small or too large by a factor of 1.5 fail in 98 %
    of the cases.
    """
    assert abs(calibration.mean(axis=0)).max() < 4.0 / np.sqrt(100)
    assert abs(calibration.std(axis=0) - 1.0).max() < 4.0 / np.sqrt(200)
    coverage = np.mean(np.abs(calibration) < 1.0, axis=0)
    assert abs(coverage - 0.683).max() < 4.0 * 0.465 / np.sqrt(100)


def test_ignored_autocorrelation_is_found():
    """Negative control: errors of shuffled draws, too small by up to 3 = (2 tau_int)^(1/2)."""
    wrong = np.array([scores(seed, uncorrelated) for seed in range(30)])
    assert wrong[:, [0, 2]].std(axis=0).min() > 2.0  # energy, ln Z
    assert wrong.std(axis=0).min() > 1.0 + 4.0 / np.sqrt(200)


def test_a_wrong_temperature_is_found():
    """Negative control: runs of 3000 draws whose beta is 5 % off what they say."""
    run = free_spins(1, shape=(4, 3000))
    for factor, agrees in ((1.0, True), (1.05, False)):
        found = analysis.reweight(make(run["energy"], factor * run.beta), TARGETS)["energy"]
        deviations = np.abs(found.mean - EXACT["energy"])
        assert (deviations < 4.0 * found.standard_error).all() == agrees


def test_independent_draws_have_the_covariance_of_mbar():
    """The response of each draw is the asymptotic covariance of Shirts and Chodera."""
    run = free_spins(7, shape=(1, 2000), keep=0.0)
    found = analysis.reweight(run, TARGETS, ["energy"])
    pymbar = importlib.import_module("pymbar")
    energy = run["energy"].ravel() * SPINS
    oracle = pymbar.MBAR(
        BETAS[:, None] * energy,
        [2000] * len(BETAS),
        initial_f_k=-SPINS * np.log(np.cosh(BETAS)),
        solver_protocol=({"method": "adaptive", "options": {"min_sc_iter": 0}},),
    )
    at = [oracle.compute_expectations(energy / SPINS, u_kn=beta * energy) for beta in TARGETS]
    np.testing.assert_allclose(found["energy"].mean, [float(one["mu"][0]) for one in at], rtol=1e-6)
    expected = [float(one["sigma"][0]) for one in at]
    np.testing.assert_allclose(found["energy"].standard_error, expected, rtol=0.06)
    differences = oracle.compute_perturbed_free_energies(
        np.concatenate([BETAS[:1], TARGETS])[:, None] * energy
    )
    np.testing.assert_allclose(found.log_z.mean, -differences["Delta_f"][0, 1:], rtol=1e-6)
    np.testing.assert_allclose(
        found.log_z.standard_error, differences["dDelta_f"][0, 1:], rtol=0.06
    )


def test_covariance_between_targets_is_that_of_repetitions():
    curves = [
        analysis.reweight(free_spins(seed, shape=(4, 100)), TARGETS, ["energy"])["energy"]
        for seed in range(150)
    ]
    means = np.array([one.mean for one in curves])
    stated = np.mean([one.covariance for one in curves], axis=0)
    scale = np.sqrt(np.outer(np.diag(stated), np.diag(stated)))
    found = np.cov(means, rowvar=False)
    np.testing.assert_allclose(found / scale, stated / scale, atol=4.0 / np.sqrt(150))
    assert stated[0, 1] > 0.3 * scale[0, 1]


def test_response_is_the_derivative():
    """Where one draw takes the place of another, the result moves by the responses' difference."""
    run = free_spins(8, shape=(1, 400))
    energy = run["energy"] * SPINS

    def result(energies):
        mixture = Mixture([run.beta], [energies], exchanging=False)
        flat = energies.ravel()
        return mixture.influence(1.1, lambda _, one, two: two - one**2, [flat, flat**2])

    base = result(energy)
    response = base.response.reshape(energy.shape)
    for row in range(len(BETAS)):
        new, old = np.argmax(response[row]), np.argmin(response[row])
        changed = energy.copy()
        changed[row, old] = energy[row, new]
        change = result(changed).value - base.value
        assert change == pytest.approx(response[row, new] - response[row, old], rel=0.03)


@pytest.mark.parametrize("size", [8, 16])
def test_square_lattices_match_kaufman(size):
    """Energy, specific heat and ln Z of a torus, between and at the temperatures of the runs.

    Power: the errors are below 0.3 % of the energy and 2.5 % of the specific heat. Negative
    control: at 1 % higher beta the exact energies are more than 4 errors away.
    """
    betas = np.linspace(0.38, 0.48, 6)
    sampler = kd.Sampler(kd.Ising(kd.Square(size)), np.repeat(betas, 8), replicas=48, seed=size)
    sampler.run(1000)
    targets = np.array([0.39, 0.42, 0.4407, 0.47])
    found = analysis.reweight(sampler.sample(1500, 6), targets)
    exact = kd.exact.kaufman((size, size), targets)
    base = kd.exact.kaufman((size, size), found.reference).log_z_total
    pairs = {
        "energy": (found["energy"], exact.energy),
        "specific_heat": (found["specific_heat"], exact.specific_heat),
        "log_z": (found.log_z, exact.log_z_total - base),
    }
    for name, (curve, values) in pairs.items():
        assert (np.abs(curve.mean - values) < 4.0 * curve.standard_error).all(), name
    assert (found["energy"].standard_error < 0.003 * np.abs(exact.energy)).all()
    assert (found["specific_heat"].standard_error < 0.025 * exact.specific_heat).all()
    wrong = kd.exact.kaufman((size, size), 1.01 * targets).energy
    assert (np.abs(found["energy"].mean - wrong) > 4.0 * found["energy"].standard_error).any()
    fine = np.linspace(0.40, 0.46, 6001)
    heat = kd.exact.kaufman((size, size), fine).specific_heat
    peak = found.peak()
    assert abs(peak.beta - fine[heat.argmax()]) < 4.0 * peak.beta_error < 0.01
    assert abs(peak.value - heat.max()) < 4.0 * peak.value_error < 0.1


def test_rows_are_those_of_a_summary():
    """Reweighting one run to its own beta gives its summary."""
    sampler = kd.Sampler(kd.Ising(kd.Square(8)), 0.42, replicas=4, seed=3)
    sampler.run(200)
    run = sampler.sample(500, 5, ["energy", "magnetization", "structure_factor"])
    found, table = analysis.reweight(run, 0.42), run.summary()
    assert found.names == table.names
    for name in table.names:
        curve, row = found[name], table[name]
        assert curve.mean[0] == pytest.approx(row.mean, rel=1e-9), name
        assert curve.standard_error[0] == pytest.approx(row.standard_error, rel=0.01), name
    assert found.log_z.mean[0] == 0.0
    assert found.log_z.standard_error[0] == 0.0
    assert found.effective_draws[0] == pytest.approx(2000)
    assert found.overlap == 1.0


def test_several_runs_are_one():
    run = free_spins(4)
    parts = [run.select(replica=[0, 1, 4, 5]), run.select(replica=slice(6, None))]
    parts += [run.select(replica=[2, 3])]
    whole = analysis.reweight(run, TARGETS)
    again = analysis.reweight(parts, TARGETS)
    np.testing.assert_allclose(again["energy"].mean, whole["energy"].mean, rtol=1e-9)
    np.testing.assert_allclose(
        again["energy"].standard_error, whole["energy"].standard_error, rtol=0.1
    )


def test_scans_are_reweighted():
    from kadanoff.scan import Scan

    scan = Scan(kd.Ising(kd.Square(4)), [2.2, 2.5], sweeps=400, seed=1)
    scan.finish()
    found = analysis.reweight(scan, 1 / 2.3, "energy")
    np.testing.assert_array_equal(
        found["energy"].mean, analysis.reweight(scan.run, 1 / 2.3)["energy"].mean
    )


def test_exchanging_replicas_are_taken_together():
    """Replicas with the noise of one: only `exchanging` knows that they err together."""
    first = free_spins(5, shape=(1, 2000))
    copies = make(np.repeat(first["energy"], 6, axis=0), np.repeat(first.beta, 6))
    alone = analysis.reweight(first, 1.1, "energy")["energy"].standard_error
    naive = analysis.reweight(copies, 1.1, "energy")["energy"].standard_error
    joint = analysis.reweight(copies, 1.1, "energy", exchanging=True)["energy"].standard_error
    assert naive[0] < 0.5 * alone[0]
    assert joint[0] == pytest.approx(alone[0], rel=0.2)


def test_tempering_is_reweighted():
    """Copies that exchange temperatures, against Kaufman; twice the errors would still be small."""
    pt = kd.ParallelTempering(kd.Ising(kd.Square(8)), np.linspace(0.3, 0.5, 6), replicas=2, seed=1)
    pt.run(500)
    targets = np.array([0.33, 0.42, 0.48])
    found = analysis.reweight(pt.sample(draws=4000, every=2), targets, exchanging=True)
    assert "overlap" not in found.names
    exact = kd.exact.kaufman((8, 8), targets)
    for name, values in (("energy", exact.energy), ("specific_heat", exact.specific_heat)):
        curve = found[name]
        assert (np.abs(curve.mean - values) < 4.0 * curve.standard_error).all(), name
    assert (found["energy"].standard_error < 0.01 * np.abs(exact.energy)).all()


def test_a_far_target_warns():
    with pytest.warns(UserWarning, match="fewer than 100 effective draws at beta = 1.5: neither"):
        analysis.reweight(free_spins(6, betas=np.array([0.1, 0.2])), [0.15, 1.5], "energy")


def test_importing_pymbar_says_nothing(caplog, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "pymbar"]:
        monkeypatch.delitem(sys.modules, name)
    with caplog.at_level(logging.WARNING):
        analysis.reweight(free_spins(6), 1.0, "energy")
    assert caplog.records == []
    assert "pymbar" in sys.modules


def test_missing_pymbar_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymbar", None)
    with pytest.raises(ImportError) as caught:
        analysis.reweight(free_spins(6), 1.0)
    assert str(caught.value) == (
        "[reweight] expected pymbar, got none: pip install 'kadanoff[analysis]'"
    )


RUN = free_spins(1, shape=(1, 20))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: analysis.reweight(3, 1.0), TypeError, "expected a run or several with draws, got"),
        (
            lambda: analysis.reweight([], 1.0),
            TypeError,
            "expected a run or several with draws, got",
        ),
        (
            lambda: analysis.reweight(RUN, -1.0),
            ValueError,
            "expected betas of at least 0, got [-1.0]",
        ),
        (
            lambda: analysis.reweight(RUN, np.nan),
            ValueError,
            "expected betas of at least 0, got [nan]",
        ),
        (
            lambda: analysis.reweight(RUN, 1.0, ["energy", "nope"]),
            ValueError,
            "expected observables among energy, specific_heat, got 'nope'",
        ),
        (
            lambda: analysis.reweight(
                make(RUN["energy"], RUN.beta, overlap=RUN["energy"]), 1.0, "overlap"
            ),
            ValueError,
            "expected observables among energy, specific_heat, got 'overlap'",
        ),
        (
            lambda: analysis.reweight([RUN, other_model()], 1.0),
            ValueError,
            "expected runs of one model, got different ones",
        ),
        (
            lambda: analysis.reweight(without_energy(), 1.0),
            ValueError,
            "expected runs with energy, got Run(",
        ),
        (
            lambda: analysis.reweight(make(np.array([[-1.0], [1.0]]), [0.0, 5.0]), 1.0),
            ValueError,
            "expected runs that overlap in energy, got a gap between some of beta = 0, 5",
        ),
    ],
)
def test_bad_calls(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(f"[reweight] {text}")


def other_model():
    settings = {**RUN._settings(), "model": {"lattice": "free", "shape": [7]}}
    return kd.Run(dict(RUN.observables), beta=RUN.beta, **settings)


def without_energy():
    return kd.Run({"x": RUN["energy"]}, beta=RUN.beta, **RUN._settings())


def test_a_peak_is_inside_and_names_are_known():
    found = analysis.reweight(free_spins(2, betas=np.array([0.5, 0.7])), 0.6)
    with pytest.raises(ValueError, match="expected a maximum of specific_heat inside beta"):
        found.peak()
    for call in (lambda: found["nope"], lambda: found.peak("nope")):
        with pytest.raises(KeyError, match=r"expected one of energy, specific_heat, got 'nope'"):
            call()
