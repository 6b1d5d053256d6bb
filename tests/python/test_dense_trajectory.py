"""The dense kernel against the slow oracle, bit for bit."""

from __future__ import annotations

import functools
import itertools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference_dense
import reference_packed
from kadanoff import _core, storage
from test_graph_trajectory import ORDERS, UPDATES, assert_follows, assert_same, complete, pair

RNG = np.random.default_rng(8)
ISAS = _core.available_isas()
SIZES = (2, 3, 5, 12, 16, 17, 33, 100)


def random_graph(n: int, share: float) -> kd.Graph:
    return kd.Graph(np.argwhere(np.triu(RNG.random((n, n)) < share, k=1)), n)


def weights(n: int) -> np.ndarray:
    upper = np.triu(RNG.normal(size=(n, n)), 1)
    return upper + upper.T


def gaussian(lattice: Any, seed: int, field: Any = 0.0) -> kd.Ising:
    return kd.Ising(lattice, kd.couplings.gaussian(lattice, seed), field)


QUARTER = random_graph(60, 0.35)
TINY = kd.Square(2)  # every bond is double
STAR = kd.Graph(np.array([[0, i] for i in range(1, 10)] + [[1, 2], [10, 11]]), 13)
COMPLETE: dict[str, Any] = {
    f"complete graph of {n}": gaussian(complete(n), n, RNG.normal(size=n) if n % 2 else 0.0)
    for n in SIZES
}
MODELS: dict[str, Any] = {
    **COMPLETE,
    "complete, +-J": kd.Ising(complete(21), kd.couplings.bimodal(complete(21), 3)),
    "complete, +-J, field": kd.Ising(complete(22), kd.couplings.bimodal(complete(22), 4), -0.75),
    "complete, ferromagnet": kd.Ising(complete(15), 0.1),
    "Sherrington and Kirkpatrick": kd.couplings.sherrington_kirkpatrick(50, seed=2),
    "Hopfield": kd.Hopfield(RNG.choice([-1, 1], (3, 26))),
    "Boltzmann machine": kd.BoltzmannMachine(weights(19), RNG.normal(size=19)),
    "a third are neighbours": gaussian(QUARTER, 1),
    "a third, fields": gaussian(QUARTER, 2, RNG.normal(size=60)),
    "double bonds": gaussian(TINY, 3, RNG.normal(size=(2, 2))),
    "square": kd.Ising(kd.Square((4, 6))),
    "star, fields": kd.Ising(STAR, 1.0, np.linspace(-1, 1, 13)),
    "sizes far apart": kd.Ising(complete(18), 10.0 ** RNG.uniform(-20, 0, 153)),
    "free spins": kd.Ising(complete(9), 0.0, 0.5),
    "no energy": kd.Ising(complete(9), 0.0),
}
# More visits than one stream serves.
LARGE: dict[str, Any] = {
    "Sherrington and Kirkpatrick": kd.couplings.sherrington_kirkpatrick(300, seed=1),
    "fields": gaussian(random_graph(513, 0.3), 5, RNG.normal(size=513)),
}

updates = pytest.mark.parametrize("update", UPDATES)
orders = pytest.mark.parametrize("order", ORDERS)


def dense_pair(model: Any, beta: Any, update: str, **options: Any) -> tuple[Any, Any]:
    return pair(model, beta, update, kernel="dense", **options)


def betas(replicas: int) -> np.ndarray:
    """All different, and not in an order that would hide a shift by one."""
    return np.random.default_rng(replicas).permutation(np.linspace(0.8, 0.0, replicas))


@pytest.mark.parametrize("name", MODELS)
@updates
@orders
def test_every_model_update_and_order(name: str, update: str, order: str) -> None:
    engine, oracle = dense_pair(MODELS[name], betas(20), update, replicas=20, seed=7, order=order)
    assert_follows(engine, oracle, 3)


@updates
@pytest.mark.parametrize("replicas", [1, 2, 16, 17, 63, 64, 65, 100, 257, 300])
@pytest.mark.parametrize("isa", ISAS)
def test_every_number_of_replicas_each_at_its_own_temperature(
    isa: str, replicas: int, update: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KADANOFF_ISA", isa)
    for name, order in itertools.product(("complete graph of 33", "square"), ORDERS):
        engine, oracle = dense_pair(
            MODELS[name], betas(replicas), update, replicas=replicas, seed=11, order=order
        )
        assert engine.kernel == f"dense-{isa}"
        assert_follows(engine, oracle, 2)


@updates
@orders
@pytest.mark.parametrize("name", LARGE)
def test_the_streams_of_more_than_256_visits(name: str, order: str, update: str) -> None:
    engine, oracle = dense_pair(LARGE[name], betas(5), update, replicas=5, seed=8, order=order)
    assert_follows(engine, oracle, 2)


@updates
@pytest.mark.parametrize("beta", [0.0, 1e-17, 3.0, 200.0, 1e12])
@pytest.mark.parametrize("name", ["complete, +-J", "complete graph of 17", "sizes far apart"])
def test_every_temperature(name: str, beta: float, update: str) -> None:
    engine, oracle = dense_pair(MODELS[name], beta, update, replicas=70, seed=5)
    for _ in range(4):
        engine.run(1)
        oracle.run(1)
        assert_same(engine, oracle)


@updates
@pytest.mark.parametrize("seed", [0, 2**32, 2**64 - 1])
def test_every_bit_of_the_seed(seed: int, update: str) -> None:
    engine, oracle = dense_pair(
        MODELS["Hopfield"], 0.4, update, replicas=3, seed=seed, order="random"
    )
    assert_follows(engine, oracle, 2)


@updates
def test_sweeps_beyond_32_bits(update: str) -> None:
    engine, oracle = dense_pair(MODELS["Hopfield"], 0.4, update, replicas=3, seed=4)
    later = storage.Entries({**engine.state(), "sweep": 2**32 - 1}, "a state")
    engine = kd.Sampler.from_state(later, "cpu", None)
    oracle.sweep = 2**32 - 1
    assert_follows(engine, oracle, 2)


@updates
def test_temperatures_change_on_the_way_and_spins_are_assigned(update: str) -> None:
    model, n = MODELS["a third, fields"], 70
    engine, oracle = dense_pair(model, 0.3, update, replicas=n, seed=21)
    for beta in (betas(n), betas(n)[::-1], np.full(n, 0.2)):
        after = reference_packed.Sampler(model, beta, update, n, seed=21, kernel="dense")
        after.sweep = oracle.sweep
        after.spins = np.roll(oracle.spins, 1, axis=0)
        engine.beta, engine.spins = beta, after.spins
        assert_follows(engine, after, 2)
        oracle = after


@updates
@pytest.mark.parametrize("order", ["sublattice", "random", "parallel"])
@pytest.mark.parametrize("replicas", [1, 100, 300, 700])
def test_any_number_of_threads_and_instruction_set(
    replicas: int, order: str, update: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 700 replicas eleven blocks of 64 are shared out: to some threads more than one."""
    states = set()
    for isa, threads in itertools.product(ISAS, (1, 2, 5)):
        monkeypatch.setenv("KADANOFF_ISA", isa)
        sampler = kd.Sampler(
            *(COMPLETE["complete graph of 100"], betas(replicas), update, replicas, 13),
            **{"threads": threads, "start": "random", "order": order, "kernel": "dense"},
        )
        sampler.run(3)
        run = sampler.sample(draws=3, every=2)
        series = run["energy"].tobytes() + run["magnetization"].tobytes()
        states.add(sampler.spins.tobytes() + series)
    assert len(states) == 1


@updates
@orders
@pytest.mark.parametrize("name", ["complete graph of 33", "square"])
def test_a_replica_does_not_depend_on_how_many_there_are(
    name: str, update: str, order: str
) -> None:
    spins = []
    for replicas in (1, 7, 60, 130, 530):
        sampler = kd.Sampler(
            *(MODELS[name], np.linspace(0.0, 1.0, 530)[:replicas], update, replicas, 3),
            **{"start": "random", "order": order, "kernel": "dense"},
        )
        sampler.run(6)
        spins.append(sampler.spins)
    for fewer, more in itertools.pairwise(spins):
        np.testing.assert_array_equal(more[: len(fewer)], fewer)
    assert len(np.unique(spins[-1].reshape(530, -1), axis=0)) > 100


@updates
@orders
def test_a_saved_sampler_goes_on_as_if_never_stopped(
    update: str, order: str, tmp_path: Path
) -> None:
    """In a file and in a pickle, whichever kernel would be chosen now."""
    for kernel in (None, "dense"):
        model = MODELS["Hopfield" if kernel is None else "square"]
        whole, first = (
            kd.Sampler(model, betas(35), update, 35, 9, start="random", order=order, kernel=kernel)
            for _ in range(2)
        )
        whole.run(9)
        first.run(4)
        first.save(tmp_path / "state.h5")
        loaded = kd.Sampler.load(tmp_path / "state.h5", threads=2)
        for sampler in (first, loaded, pickle.loads(pickle.dumps(first))):
            assert sampler.kernel == whole.kernel
            assert sampler.kernel.startswith("dense-")
            sampler.run(2)
            sampler.run(3)
            np.testing.assert_array_equal(sampler.spins, whole.spins)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", [*MODELS, "large"])
def test_energies_are_those_of_the_spins(
    isa: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every draw of a series, and sampling does not disturb the sweeps."""
    monkeypatch.setenv("KADANOFF_ISA", isa)
    model = LARGE["fields"] if name == "large" else MODELS[name]
    make = functools.partial(kd.Sampler, start="random", seed=4, kernel="dense")
    sampled, alone = (make(model, betas(83), replicas=83) for _ in range(2))
    run = sampled.sample(draws=3, every=2)
    for draw in range(3):
        alone.run(2)
        spins = alone.spins
        energy = model.energy(spins) / model.lattice.n_sites
        np.testing.assert_allclose(run["energy"][:, draw], energy, rtol=0, atol=1e-13)
        m = spins.reshape(83, -1).mean(axis=1)
        np.testing.assert_allclose(run["magnetization"][:, draw], m, rtol=0, atol=1e-15)
        np.testing.assert_allclose(alone.energy, energy, rtol=0, atol=1e-13)
    np.testing.assert_array_equal(sampled.spins, alone.spins)


@pytest.mark.parametrize("start", ["ordered", "random", "down"])
@pytest.mark.parametrize("name", ["square", "complete, ferromagnet", "a third, fields"])
def test_starts_are_those_of_the_plain_kernel(name: str, start: str) -> None:
    dense, plain = (
        kd.Sampler(MODELS[name], 0.4, replicas=200, seed=3, start=start, kernel=kernel)
        for kernel in ("dense", "plain")
    )
    np.testing.assert_array_equal(dense.spins, plain.spins)


# --- which models it serves


def circulant(n: int, degree: int) -> kd.Graph:
    steps = range(1, degree // 2 + 1)
    return kd.Graph(np.array([[i, (i + step) % n] for i in range(n) for step in steps]), n)


@pytest.mark.parametrize(
    ("model", "kernel"),
    [
        (MODELS["Hopfield"], "dense"),
        (MODELS["Boltzmann machine"], "dense"),
        (MODELS["Sherrington and Kirkpatrick"], "dense"),
        (MODELS["complete, +-J"], "dense"),
        (MODELS["a third, fields"], "dense"),
        (gaussian(complete(8), 1), "dense"),
        (gaussian(complete(7), 1), "plain"),  # six neighbours
        (kd.Ising(complete(7)), "packed"),
        (gaussian(circulant(32, 8), 1), "dense"),
        (gaussian(circulant(33, 8), 1), "plain"),  # less than a quarter are neighbours
        (kd.Ising(circulant(33, 8)), "packed"),
        (MODELS["star, fields"], "plain"),
        (MODELS["square"], "checkerboard"),
        (kd.Ising(kd.Square(4), plaquette=0.2), "plain"),
    ],
)
def test_it_is_chosen_where_it_pays(model: Any, kernel: str) -> None:
    for replicas in (1, 31):
        assert kd.Sampler(model, 0.4, replicas=replicas).kernel.startswith(kernel + "-")


@pytest.mark.parametrize("model", [kd.Ising(kd.Square(4), plaquette=0.2), kd.Potts(TINY, 3)])
def test_what_it_does_not_serve_is_refused(model: Any) -> None:
    with pytest.raises(ValueError, match=r"^\[Sampler\] expected a kernel that serves"):
        kd.Sampler(model, 0.4, kernel="dense")


# --- the oracle


@pytest.mark.parametrize(
    "fault", sorted(set(reference_packed.FAULTS) - {"boundary-class", "shared-word"})
)
def test_every_fault_is_a_fault(fault: str) -> None:
    """No fault leaves the trajectory as it is. The two others are of the packed kernel."""
    right, wrong = (
        reference_packed.Sampler(
            MODELS["a third, fields"], 0.4, replicas=64, seed=1, kernel="dense", fault=planted
        )
        for planted in (None, fault)
    )
    right.run(3)
    wrong.run(3)
    assert (wrong.spins != right.spins).any()


def test_local_fields_are_those_of_the_plain_kernel_but_for_their_rounding() -> None:
    model = MODELS["a third, fields"]
    oracle = reference_packed.Sampler(model, 0.4, replicas=50, seed=1, kernel="dense")
    assert isinstance(oracle, reference_dense.Dense)
    padded = np.pad(oracle.spins.astype(float), ((0, 0), (0, 4)))
    exact = oracle.spins @ oracle.matrix[:, :60].T + model.field
    found = np.stack([oracle._local_field(site, padded) for site in range(60)], axis=1)
    assert found.dtype == np.float32
    assert 1e-9 < np.abs(found - exact).max() < 1e-5
