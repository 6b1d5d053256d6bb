"""Estimates from autoregressive networks against sums over all states, and chains of proposals."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import kadanoff as kd  # noqa: E402
from kadanoff.nn.autoregressive import chains, estimates  # noqa: E402

BETA = 0.4
MODELS = {
    "square": kd.Ising(kd.Square(3)),
    "glass": kd.Ising(kd.Square((2, 4)), kd.couplings.bimodal(kd.Square((2, 4)), seed=2), 0.2),
    "plaquette": kd.Ising(kd.Square(3), coupling=0.6, plaquette=0.5),
    "triangular": kd.Ising(kd.Triangular(3), coupling=-1.0),
}


def all_states(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    sites = int(np.prod(shape))
    bits = np.arange(2**sites)[:, None] >> np.arange(sites) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, *shape)


def rough(model: Any, seed: int = 3, size: float = 0.1, **options: Any) -> Any:
    """Return a search whose network is neither uniform nor the Boltzmann distribution."""
    network = kd.nn.AutoregressiveNetwork(model, seed=seed, depth=2, **options)
    random = torch.Generator().manual_seed(seed)
    for values in network.parameters():
        values.data += size * torch.randn(values.shape, generator=random)
    return kd.nn.VariationalFreeEnergy(model, BETA, network, batch_size=50, seed=seed)


@pytest.fixture(scope="module")
def trained() -> Any:
    search = kd.nn.VariationalFreeEnergy(MODELS["square"], BETA, batch_size=100, seed=1)
    return search.fit(80)


def score(found: Any, exact: float) -> float:
    return float((found.mean - exact) / found.standard_error)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("fitted", [False, True])
def test_weighted_averages_are_those_of_the_model(name: str, fitted: bool) -> None:
    model = MODELS[name]
    search = rough(model).fit(60 if fitted else 0)
    exact = kd.exact.enumerate(model, BETA)
    found = search.importance_sample(20_000)
    n = model.lattice.n_sites
    assert abs(score(found.log_z, exact.log_z_total)) < 4.0
    assert abs(score(found.free_energy, -exact.log_z / BETA)) < 4.0
    assert abs(score(found.energy, exact.energy)) < 4.0
    assert abs(score(found.specific_heat, exact.specific_heat)) < 4.0
    assert abs(score(found.abs_magnetization, exact.abs_magnetization)) < 4.0
    assert abs(score(found.entropy, BETA * exact.energy + exact.log_z)) < 4.0
    squares = (found.spins.reshape(-1, n).sum(1) / n) ** 2
    assert abs(score(found.average(squares), exact.magnetization_squared)) < 4.0
    # What a network learned makes errors smaller, and all of them are worth something.
    assert found.log_z.standard_error < 0.1
    assert found.efficiency > (0.3 if fitted else 0.01)


@pytest.mark.parametrize("fault", ["beta", "log_q", "half"])
def test_wrong_weights_are_seen(trained: Any, fault: str) -> None:
    """Power: 2 % in beta, 2 % in ln q, and half of the states missing, with 20 000 samples."""
    exact = kd.exact.enumerate(trained.model, BETA)
    samples, beta = trained._samples("test", 20_000), BETA
    assert abs(score(estimates.importance(samples, (3, 3), beta).log_z, exact.log_z_total)) < 4.0
    if fault == "beta":
        beta *= 1.02
    if fault == "log_q":
        samples = samples._replace(log_q=samples.log_q * 1.02)
    if fault == "half":
        samples = samples._replace(log_q=samples.log_q + np.log(2.0))
    found = estimates.importance(samples, (3, 3), beta)
    assert abs(score(found.log_z, exact.log_z_total)) > 6.0


def test_error_and_bias_of_ln_z_are_as_large_as_they_say() -> None:
    """600 estimates of 60 samples: errors known to 3 %, the bias to a fifth of itself."""
    search = rough(MODELS["square"], size=0.0)
    search.beta = 0.15
    exact = kd.exact.enumerate(MODELS["square"], 0.15)
    found = [search.importance_sample(60) for _ in range(600)]
    log_z = np.array([each.log_z.mean for each in found])
    errors = np.array([each.log_z.standard_error for each in found])
    # The delta method is of first order: at an error of 0.1 it is right to some per cent.
    assert 0.08 < errors.mean() < 0.13
    assert abs(np.sqrt((errors**2).mean()) / log_z.std() - 1.0) < 0.15
    bias, known_to = log_z.mean() - exact.log_z_total, log_z.std() / np.sqrt(len(log_z))
    stated = np.mean([each.log_z_bias for each in found])
    assert bias < -1.0 * known_to
    assert abs(bias - stated) < 4.0 * known_to
    # Z itself has no bias.
    z = np.exp(log_z - exact.log_z_total)
    assert abs(z.mean() - 1.0) < 4.0 * z.std() / np.sqrt(len(z))


def test_errors_of_averages_are_as_large_as_they_say() -> None:
    """200 estimates of 1000 samples: their scatter is known to 5 %."""
    search = rough(MODELS["square"], size=0.0)
    search.beta = 0.15
    found = [search.importance_sample(1000) for _ in range(200)]
    names = ("log_z", "free_energy", "energy", "entropy", "specific_heat", "abs_magnetization")
    for name in names:
        values = np.array([getattr(each, name) for each in found])
        ratio = np.sqrt((values[:, 1] ** 2).mean()) / values[:, 0].std()
        assert abs(ratio - 1.0) < 0.2, (name, ratio)


def test_averages_of_the_network_are_those_of_q(trained: Any) -> None:
    states = all_states((3, 3))
    log_q, energies = trained.network.log_prob(states), trained.model.energy(states)
    q = np.exp(log_q)
    found = trained.free_energy(20_000)
    assert abs(score(found.log_z, -(q @ (BETA * energies + log_q)))) < 4.0
    assert abs(score(found.energy, q @ energies / 9)) < 4.0
    assert abs(score(found.entropy, -(q @ log_q) / 9)) < 4.0
    size = np.abs(states.sum(axis=(1, 2))) / 9
    assert abs(score(found.abs_magnetization, q @ size)) < 4.0
    returns = BETA * energies + log_q
    exact = q @ returns**2 - (q @ returns) ** 2
    assert found.variance == pytest.approx(exact, rel=0.2)
    assert found.log_z.mean < kd.exact.enumerate(trained.model, BETA).log_z_total
    assert found.log_z.standard_error == pytest.approx(np.sqrt(found.variance / 20_000))


def test_the_boltzmann_distribution_itself_has_no_variance() -> None:
    """Free spins in a field: one layer of biases is exact, and every sample says the same."""
    field = np.array([0.3, -0.7, 1.1])
    model = kd.Ising(kd.Chain(3), coupling=0.0, field=field)
    network = kd.nn.AutoregressiveNetwork(model, depth=1, seed=1)
    network.body.biases[0].data = torch.tensor(2.0 * BETA * field, dtype=torch.float32)
    search = kd.nn.VariationalFreeEnergy(model, BETA, network, seed=1)
    exact = np.log(2.0 * np.cosh(BETA * field)).sum()
    bound, weighted = search.free_energy(100), search.importance_sample(100)
    assert bound.log_z.mean == pytest.approx(exact, abs=1e-6)
    assert bound.variance < 1e-12
    assert weighted.log_z.mean == pytest.approx(exact, abs=1e-6)
    assert weighted.efficiency == pytest.approx(1.0)
    assert weighted.log_z_bias == pytest.approx(0.0, abs=1e-9)
    result = search.markov_chains(20, chains=3)
    assert result.acceptance > 0.99


def test_moves_are_accepted_with_the_probability_of_hastings() -> None:
    """All pairs of states of a 2x2 lattice, just below and just above the probability."""
    model = kd.Ising(kd.Square(2, periodic=False), field=0.3)
    network = rough(model, size=0.5).network
    states = all_states((2, 2))
    p = kd.exact.enumerate(model, BETA).probabilities()
    log_q, energies = network.log_prob(states), model.energy(states)
    q, weights = np.exp(log_q), -BETA * energies - log_q
    here, there = (side.ravel() for side in np.indices((16, 16)))
    accept = np.minimum(1.0, p[there] * q[here] / (p[here] * q[there]))
    pairs = np.stack([weights[here], weights[there]])
    for factor, moved in ((1.0 - 1e-9, True), (1.0 + 1e-9, False)):
        found = chains.walk(pairs, accept[None] * factor).accepted[0]
        asked = accept < 1.0
        assert (found[asked] == moved).all()
    assert chains.walk(pairs, np.full((1, 256), 1.0 - 2.0**-53)).accepted[0, accept == 1.0].all()
    assert chains.walk(pairs, np.zeros((1, 256))).accepted.all()
    # The chain that this makes has the Boltzmann distribution, in detailed balance.
    matrix = q * accept.reshape(16, 16)
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, 1.0 - matrix.sum(axis=1))
    flow = p[:, None] * matrix
    assert np.allclose(flow, flow.T, rtol=0, atol=1e-15)
    assert np.allclose(p @ matrix, p, rtol=0, atol=1e-15)


def test_a_walk_stays_or_goes() -> None:
    weights = np.array([[0.0, 0.0], [1.0, -1.0], [-2.0, -0.5], [0.9, -3.0]])
    uniforms = np.full((3, 2), 0.5)
    path = chains.walk(weights, uniforms)
    assert path.at.tolist() == [[1, 0], [1, 2], [3, 2]]
    assert path.accepted.tolist() == [[True, False], [False, True], [True, False]]
    assert chains.longest_stay(path.accepted) == 1
    assert chains.longest_stay(np.array([[True], [False], [False], [True]])) == 2
    assert chains.longest_stay(np.ones((4, 2), dtype=bool)) == 0


@pytest.mark.parametrize("name", MODELS)
def test_chains_have_the_boltzmann_distribution(name: str) -> None:
    search = rough(MODELS[name]).fit(60)
    exact = kd.exact.enumerate(search.model, BETA)
    result = search.markov_chains(draws=500, chains=50)
    assert result.run["energy"].shape == (50, 500)
    summary = result.run.summary()
    energy = summary["energy"]
    assert abs(energy.mean - exact.energy) < 4.0 * energy.standard_error
    size = np.abs(result.run["magnetization"]).mean(axis=1)
    error = size.std(ddof=1) / np.sqrt(len(size))
    assert abs(size.mean() - exact.abs_magnetization) < 4.0 * error
    assert 0.3 < result.acceptance < 1.0
    assert 1 <= result.longest_stay < 500
    assert energy.tau_int < 20.0


@pytest.mark.parametrize(("factor", "seen"), [(1.0, False), (1.05, True)])
def test_a_wrong_beta_in_the_acceptance_is_seen(trained: Any, factor: float, seen: bool) -> None:
    """Power: 5 % of beta move the energy by more than 6 standard errors."""
    exact = kd.exact.enumerate(trained.model, BETA)
    samples = trained._samples("test", 1000 * 50)
    weights = -factor * BETA * samples.energies - samples.log_q
    uniforms = np.random.default_rng(1).random((999, 50))
    path = chains.walk(weights.reshape(1000, 50), uniforms)
    energies = np.take_along_axis(samples.energies.reshape(1000, 50), path.at, axis=0)[50:] / 9
    means = energies.mean(axis=0)
    z = (means.mean() - exact.energy) / (means.std(ddof=1) / np.sqrt(50))
    assert bool(abs(z) > 6.0) is seen
    assert bool(abs(z) < 4.0) is not seen


def test_a_run_of_chains_says_where_it_is_from(trained: Any, tmp_path: Any) -> None:
    result = trained.markov_chains(draws=9, chains=2, thermalise=5)
    run = result.run
    assert (run.update, run.first_sweep, run.every) == ("independence", 6, 1)
    assert run.beta.tolist() == [BETA, BETA]
    assert run.provenance["training_steps"] == 80
    run.save(tmp_path / "run.h5")
    assert np.array_equal(kd.Run.load(tmp_path / "run.h5")["energy"], run["energy"])
    assert trained.markov_chains(draws=1, chains=1).run["energy"].shape == (1, 1)


def test_every_call_draws_anew_and_the_same_calls_draw_the_same() -> None:
    one, other = rough(MODELS["square"]), rough(MODELS["square"])
    first = one.sample(50)
    assert first.shape == (50, 3, 3)
    assert first.dtype == np.int8
    assert not np.array_equal(first, one.sample(50))
    assert np.array_equal(first, other.sample(50))
    other.sample(1)
    assert one.free_energy(20) == other.free_energy(20)
    left, right = one.markov_chains(5, chains=3), other.markov_chains(5, chains=3)
    assert np.array_equal(left.run["energy"], right.run["energy"])
    again = one.markov_chains(5, chains=3)
    assert not np.array_equal(left.run["energy"], again.run["energy"])


def test_weights_far_beyond_floats() -> None:
    """At this beta e^(-beta E) overflows: all is done with logarithms."""
    search = rough(MODELS["square"])
    search.beta = 1e4
    with pytest.warns(UserWarning, match="effective samples") as told:
        found = search.importance_sample(1000)
    text = (
        f"[importance_sample] only {found.ess:.3g} effective samples of 1000, expected at least "
        "100: the errors are too small; train longer, or draw more"
    )
    assert [(str(each.message), each.filename) for each in told] == [(text, __file__)]
    assert not found.reliable
    ground = -float(np.min(MODELS["square"].energy(all_states((3, 3)))))
    assert np.isfinite(found.log_z.mean)
    assert found.log_z.mean < 1e4 * ground + 10.0
    assert 0.0 < found.efficiency <= 1.0
    assert np.isfinite(search.markov_chains(10, chains=4).run["energy"]).all()


CALLS: list[tuple[str, tuple[Any, ...], type[Exception], str]] = [
    ("sample", (-1,), ValueError, f"n in [0, {2**31}], got -1"),
    ("free_energy", (1,), ValueError, f"n in [2, {2**31}], got 1"),
    ("importance_sample", (10.5,), TypeError, "an integer n, got 10.5"),
    ("markov_chains", (0,), ValueError, f"draws in [1, {2**31}], got 0"),
    ("markov_chains", (5, 0), ValueError, f"chains in [1, {2**20}], got 0"),
    ("markov_chains", (5, 1, -1), ValueError, f"thermalise in [0, {2**31}], got -1"),
]


@pytest.mark.parametrize(("call", "given", "kind", "text"), CALLS)
def test_wrong_calls(
    trained: Any, call: str, given: tuple[Any, ...], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=re.escape(f"[{call}] expected {text}") + "$"):
        getattr(trained, call)(*given)


def test_what_is_printed(trained: Any) -> None:
    bound, weighted = trained.free_energy(100), trained.importance_sample(100)
    assert str(bound).splitlines()[0] == f"log_z              {bound.log_z}"
    assert str(bound).splitlines()[-1] == f"variance           {bound.variance:.3g}"
    assert str(weighted).splitlines()[-1] == f"effective samples  {weighted.ess:.0f} of 100"
    assert len(str(weighted).splitlines()) == 7


def test_wrong_values(trained: Any) -> None:
    found = trained.importance_sample(10)
    text = re.escape("[average] expected 10 finite numbers for values, got shape (9,)")
    with pytest.raises(ValueError, match=text):
        found.average(np.zeros(9))
    with pytest.raises(ValueError, match="10 finite numbers"):
        found.average([np.nan] * 10)
    assert found.average(np.ones(10)).mean == pytest.approx(1.0)
    assert str(estimates.Measured(1.25, 0.031)) == "1.25 +- 0.031"
