"""Training of autoregressive networks: the gradient, exactly; schedules, interrupts, files."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import kadanoff as kd  # noqa: E402
from kadanoff.nn.autoregressive.reinforce import surrogate  # noqa: E402

MODEL = kd.Ising(kd.Square((3, 2)))


def all_states(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    sites = int(np.prod(shape))
    bits = np.arange(2**sites)[:, None] >> np.arange(sites) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, *shape)


def rough(shape: Any, **options: Any) -> Any:
    network = kd.nn.AutoregressiveNetwork(shape, seed=3, **options)
    random = torch.Generator().manual_seed(3)
    for values in network.parameters():
        values.data += 0.4 * torch.randn(values.shape, generator=random)
    return network


def van(model: Any = MODEL, beta: float = 0.4, network: Any = None, **options: Any) -> Any:
    settings = {"batch_size": 50, "seed": 1, **options}
    return kd.nn.VariationalFreeEnergy(model, beta, network, **settings)


def same(one: Any, other: Any) -> bool:
    pairs = zip(one.network.parameters(), other.network.parameters(), strict=True)
    equal = all(torch.equal(left, right) for left, right in pairs)
    histories = zip(one.history.records(), other.history.records(), strict=True)
    return equal and all(left == right for left, right in histories)


def gradients(network: Any, loss: Any) -> np.ndarray[Any, Any]:
    network.zero_grad()
    loss.backward()
    return np.concatenate(
        [values.grad.numpy().ravel().astype(float) for values in network.parameters()]
    )


def mean_gradient(network: Any, model: Any, beta: float, factor: float) -> np.ndarray[Any, Any]:
    """Average the estimate over all pairs of states, a batch of two, with their probability."""
    states = all_states(network.shape)
    flat, energies = states.reshape(len(states), -1), model.energy(states)
    q = np.exp(network.log_prob(states))
    total = np.zeros(sum(values.numel() for values in network.parameters()))
    for pair in itertools.combinations(range(len(states)), 2):
        chosen = list(pair)
        loss, _ = surrogate(network, flat[chosen], energies[chosen], beta)
        # Both orders; pairs of equal states have no gradient.
        total += 2.0 * q[chosen].prod() * factor * gradients(network, loss)
    return total


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize(("factor", "right"), [(1.0, True), (0.5, False)])
def test_gradient_is_that_of_the_bound(symmetric: bool, factor: float, right: bool) -> None:
    """Exactly, for batches of two; a baseline that counts the state itself gives half of it."""
    model = kd.Ising(kd.Square(2, periodic=False), coupling=[1.0, -0.5, 0.3, 0.8])
    network = rough(model, depth=2, width=2, symmetric=symmetric)
    states = all_states((2, 2))
    log_q = network(torch.from_numpy(states))
    bound = (log_q.exp() * (0.7 * torch.from_numpy(model.energy(states)) + log_q)).sum()
    exact = gradients(network, bound)
    found = mean_gradient(network, model, 0.7, factor)
    assert np.abs(exact).max() > 0.05
    assert bool(np.abs(found - exact).max() < 1e-6) is right


MODELS = {
    "square": (kd.Ising(kd.Square(3)), {}),
    "field": (kd.Ising(kd.Square((2, 4)), coupling=0.7, field=0.3), {}),
    "plaquette": (kd.Ising(kd.Square(3), coupling=0.5, plaquette=0.4), {"kind": "conv"}),
    "glass": (
        kd.Ising(kd.Triangular(3), coupling=kd.couplings.gaussian(kd.Triangular(3), seed=1)),
        {"residual": True, "depth": 4},
    ),
    "honeycomb": (kd.Ising(kd.Honeycomb(2), coupling=-1.0), {}),
    "cubic": (kd.Ising(kd.Cubic(2)), {"width": 2}),
    "graph": (kd.Ising(kd.Graph([(0, 1), (1, 2), (2, 0), (2, 3)], 4), field=[1, 0, 0, -1]), {}),
    "machine": (kd.BoltzmannMachine([[0, 1, -1], [1, 0, 2], [-1, 2, 0]], [0.5, 0, 0]), {}),
}


@pytest.mark.parametrize("name", MODELS)
def test_learns_any_model(name: str) -> None:
    """From a divergence of more than 0.1 to one of less than 0.02, per site."""
    model, layers = MODELS[name]
    network = kd.nn.AutoregressiveNetwork(model, **{"depth": 2, "seed": 1, **layers})
    search = van(model, 0.5, network, batch_size=100, learning_rate=0.01)
    exact = kd.exact.enumerate(model, 0.5).log_z_total
    sites = model.lattice.n_sites
    # At first q is uniform, and the divergence is ln Z - N ln 2.
    assert exact - sites * np.log(2) > 0.1 * sites
    found = search.fit(150).free_energy(2000)
    assert found.log_z.mean < exact + 4.0 * found.log_z.standard_error
    assert found.log_z.mean > exact - 0.02 * sites
    assert found.free_energy.mean == pytest.approx(-found.log_z.mean / (0.5 * sites), rel=1e-12)


def test_a_training_is_a_function_of_its_seed() -> None:
    one, other, third = (van(seed=seed).fit(5) for seed in (1, 1, 2))
    assert same(one, other)
    assert not same(one, third)
    assert one.seed == 1


@pytest.mark.parametrize("kind", ["dense", "conv"])
def test_files_go_on_as_if_nothing_had_been(tmp_path: Path, kind: str) -> None:
    network = kd.nn.AutoregressiveNetwork(MODEL, kind, seed=4)
    search = van(network=network).fit(4)
    search.sample(3)
    search.save(tmp_path / "search.h5")
    again = kd.nn.VariationalFreeEnergy.load(tmp_path / "search.h5")
    assert repr(again) == repr(search)
    assert again.model == search.model
    for each in (search, again):
        each.beta = 0.5
        each.fit(3)
    assert same(search, again)
    assert np.array_equal(search.sample(20), again.sample(20))


def test_files_of_others(tmp_path: Path) -> None:
    from kadanoff import storage

    path = tmp_path / "search.h5"
    state = van().fit(2).to_state()

    def refused(**changes: Any) -> str:
        storage.write(path, "variational_free_energy", 1, {**state, **changes})
        with pytest.raises(kd.FileError) as caught:
            kd.nn.VariationalFreeEnergy.load(path)
        return str(caught.value)

    assert "a network for the model" in refused(model=kd.Ising(kd.Square(3)).to_state())
    field = kd.Ising(kd.Square((3, 2)), field=1.0)
    assert "a network for the model" in refused(model=field.to_state())
    assert "an Ising model" in refused(model=kd.Potts(kd.Square((3, 2)), 3).to_state())
    assert "'/training/exp_avg/0'" in refused(
        training={**state["training"], "exp_avg": {"0": np.zeros(3, dtype=np.float32)}}
    )
    history = {**state["training"]["history"], "beta": np.zeros(3)}
    assert "'/training/history/beta'" in refused(training={**state["training"], "history": history})
    assert "'/beta'" in refused(beta=-1.0)


def test_beta_goes_from_where_it_was() -> None:
    search = van(beta=0.4).fit(10, anneal=0.5)
    expected = [0.08, 0.16, 0.24, 0.32, *[0.4] * 6]
    assert np.allclose(search.history.beta, expected, rtol=0, atol=1e-12)
    search.beta = 0.2
    search.fit(2, anneal=1.0).fit(2, anneal=0.0)
    assert np.allclose(search.history.beta[10:], [0.3, 0.2, 0.2, 0.2], rtol=0, atol=1e-12)
    assert search.steps == search.history.steps == 14


def test_learning_rate_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    search = van(learning_rate=0.01)
    rates: list[float] = []
    update = search._training._update
    monkeypatch.setattr(
        search._training, "_update", lambda rate, record: (rates.append(rate), update(rate, record))
    )
    search.fit(8, cooldown=0.5).fit(2, cooldown=0.0)
    assert np.allclose(rates, [*[0.01] * 5, 0.0075, 0.005, 0.0025, 0.01, 0.01])


def test_history_is_of_the_batch() -> None:
    network = kd.nn.AutoregressiveNetwork(MODEL, seed=1)
    history = van(network=network).fit(1, anneal=0.0).history
    # q is uniform in the first step: beta E + ln q has the mean and variance of 0.4 E.
    assert history.log_z[0] == pytest.approx(6 * np.log(2) - 0.4 * 6 * history.energy[0])
    assert history.variance[0] > 0.0
    assert history.gradient_norm[0] > 0.0


def test_callback_stops() -> None:
    seen: list[int] = []
    search = van()
    search.fit(10, callback=lambda now: seen.append(now.steps) or now.steps == 3)
    assert seen == [1, 2, 3]
    assert search.steps == 3


def test_interrupt_leaves_whole_steps() -> None:
    def interrupt(now: Any) -> None:
        if now.steps == 3:
            raise KeyboardInterrupt

    search = van()
    with pytest.raises(kd.Interrupted, match=re.escape("[fit] stopped after 3 of 10 steps")):
        search.fit(10, anneal=0.0, cooldown=0.0, callback=interrupt)
    assert same(search, van().fit(3, anneal=0.0, cooldown=0.0))


def test_an_update_that_fails_half_way_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    search, whole = (van().fit(2, cooldown=0.0) for _ in range(2))
    optimizer = search._training.optimizer
    update = optimizer.step

    def half() -> None:
        update()
        raise KeyboardInterrupt

    monkeypatch.setattr(optimizer, "step", half)
    with pytest.raises(kd.Interrupted):
        search.fit(1)
    assert same(search, whole)
    monkeypatch.undo()
    assert same(search.fit(2), whole.fit(2))


def test_the_default_dtype_does_not_matter() -> None:
    plain = van().fit(2)
    torch.set_default_dtype(torch.float64)
    try:
        other = van().fit(2)
    finally:
        torch.set_default_dtype(torch.float32)
    assert same(plain, other)


def test_divergence_leaves_whole_steps() -> None:
    def spoil(now: Any) -> None:
        if now.steps == 2:
            now.network.body.biases[0].data[0] = np.nan

    search = van()
    text = "[fit] expected a finite gradient, got nan after 2 steps: a smaller learning_rate may"
    with pytest.raises(kd.DivergenceError, match=re.escape(text)):
        search.fit(10, callback=spoil)
    assert search.steps == search.history.steps == 2


def test_progress(capsys: pytest.CaptureFixture[str]) -> None:
    van().fit(2, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""


FIELD = kd.Ising(kd.Square(2), field=0.1)
WRONG: list[tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ((kd.Square(2), 1.0), {}, TypeError, "a model such as kd.Ising(lattice), got Square(2)"),
    ((MODEL, 0.0), {}, ValueError, "beta > 0, got 0.0"),
    ((MODEL, 1e7), {}, ValueError, "beta in (0, 1e6], got 10000000.0"),
    ((MODEL, "hot"), {}, TypeError, "a real number for beta, got 'hot'"),
    ((MODEL, 1.0, 3), {}, TypeError, "an AutoregressiveNetwork, got 3"),
    ((MODEL, 1.0), {"batch_size": 1}, ValueError, f"batch_size in [2, {2**24}], got 1"),
    ((MODEL, 1.0), {"learning_rate": 0}, ValueError, "learning_rate > 0, got 0.0"),
    ((MODEL, 1.0), {"clip": -1.0}, ValueError, "clip > 0, got -1.0"),
    ((MODEL, 1.0), {"seed": 0.5}, TypeError, "an integer seed, got 0.5"),
    (
        (MODEL, 1.0, kd.nn.AutoregressiveNetwork((2, 3))),
        {},
        ValueError,
        "a network of shape (3, 2), got (2, 3)",
    ),
    (
        (FIELD, 1.0, kd.nn.AutoregressiveNetwork((2, 2), symmetric=True)),
        {},
        ValueError,
        "symmetric=False for a model with a field, got True",
    ),
]


@pytest.mark.parametrize(("given", "options", "kind", "text"), WRONG)
def test_wrong_searches(
    given: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=re.escape(f"[VariationalFreeEnergy] expected {text}") + "$"):
        kd.nn.VariationalFreeEnergy(*given, **options)


CALLS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"steps": -1}, ValueError, f"steps in [0, {2**31}], got -1"),
    ({"steps": 1, "anneal": 1.5}, ValueError, "anneal in [0, 1], got 1.5"),
    ({"steps": 1, "cooldown": -0.5}, ValueError, "cooldown in [0, 1], got -0.5"),
    ({"steps": 1, "callback": 3}, TypeError, "a callable callback, got 3"),
]


@pytest.mark.parametrize(("options", "kind", "text"), CALLS)
def test_wrong_calls_of_fit(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    search = van()
    with pytest.raises(kind, match=re.escape(f"[fit] expected {text}") + "$"):
        search.fit(**options)
    assert search.steps == 0


def test_settings_stay() -> None:
    search = van()
    with pytest.raises(AttributeError, match=re.escape("expected batch_size to stay as it is")):
        search.batch_size = 5
    search.learning_rate = 0.5
    assert search.learning_rate == 0.5
    with pytest.raises(ValueError, match=re.escape("expected beta > 0, got -1.0")):
        search.beta = -1.0
    assert search.beta == 0.4
