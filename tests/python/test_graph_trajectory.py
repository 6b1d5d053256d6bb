"""The kernels for graphs against the slow oracle, and against themselves, bit for bit."""

from __future__ import annotations

import hashlib
import itertools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference_packed
from kadanoff import _core

UPDATES = ("heatbath", "metropolis")
ORDERS = ("sublattice", "sequential", "random", "parallel")
REPLICAS = (1, 2, 33, 64, 100, 512, 520)
RNG = np.random.default_rng(5)


def complete(n: int) -> kd.Graph:
    return kd.Graph(np.argwhere(np.triu(np.ones((n, n)), k=1)), n)


SQUARE = kd.Square(4)
ODD = kd.Square((5, 3))
OPEN = kd.Square((5, 4), periodic=False)
TRIANGULAR = kd.Triangular((4, 3))
K12 = complete(12)
# Degrees 0, 1, 2 and 9, and a site that no bond reaches.
STAR = kd.Graph(np.array([[0, i] for i in range(1, 10)] + [[1, 2], [10, 11]]), 13)
PACKED: dict[str, Any] = {
    "square": kd.Ising(SQUARE),
    "odd antiferromagnet": kd.Ising(ODD, -1.0),
    "cylinder, field": kd.Ising(kd.Square((4, 5), periodic=(True, False)), 0.75, 0.5),
    "triangular, +-J": kd.Ising(TRIANGULAR, kd.couplings.bimodal(TRIANGULAR, 1)),
    "honeycomb": kd.Ising(kd.Honeycomb((3, 2)), 0.75, 0.25),
    "open antiferromagnet": kd.Ising(OPEN, -0.75, -0.5),
    "open, +-J, field": kd.Ising(OPEN, kd.couplings.bimodal(OPEN, 2), 0.25),
    "hypercubic": kd.Ising(kd.Hypercubic((2, 3, 2, 2)), 0.5),
    "complete, +-J": kd.Ising(K12, kd.couplings.bimodal(K12, 3), 0.1),
    "star": kd.Ising(STAR, -1.0),
    "star, field": kd.Ising(STAR, 1.0, -2.0),
    "free spins": kd.Ising(OPEN, 0.0, 0.5),
    "no energy": kd.Ising(OPEN, 0.0),
}
PLAIN: dict[str, Any] = {
    "Gaussian": kd.Ising(SQUARE, kd.couplings.gaussian(SQUARE, 1)),
    "open, Gaussian, fields": kd.Ising(
        OPEN, kd.couplings.gaussian(OPEN, 1), RNG.normal(size=OPEN.shape)
    ),
    "plaquettes": kd.Ising(SQUARE, plaquette=0.2),
    "open plaquettes": kd.Ising(OPEN, 0.5, RNG.normal(size=OPEN.shape), plaquette=-0.3),
    "complete, Gaussian": kd.Ising(K12, kd.couplings.gaussian(K12, 3)),
    "star, fields": kd.Ising(STAR, 1.0, np.linspace(-1, 1, 13)),
    "network": kd.Hopfield(RNG.choice([-1, 1], (2, 9))),
}
POTTS: dict[str, Any] = {
    "three states": kd.Potts(SQUARE, 3),
    "open, Gaussian": kd.Potts(OPEN, 4, kd.couplings.gaussian(OPEN, 2)),
    "two states": kd.Potts(TRIANGULAR, 2, -1.0),
    "many states": kd.Potts(STAR, 256, 2.0),
}
MODELS = {**PACKED, **PLAIN, **POTTS}

updates = pytest.mark.parametrize("update", UPDATES)
orders = pytest.mark.parametrize("order", ORDERS)
models = pytest.mark.parametrize("name", MODELS)


def pair(model: Any, beta: Any, update: str, **options: Any) -> tuple[Any, Any]:
    kernel = options.pop("kernel", reference_packed.fastest(model))
    options = {"kernel": kernel, "start": "random", **options}
    oracle = reference_packed.Sampler(model, beta, update, **options)
    engine = kd.Sampler(model, beta, update, **options)
    assert engine.kernel.startswith(kernel)
    return engine, oracle


def assert_same(engine: Any, oracle: Any) -> None:
    assert engine.sweep == oracle.sweep
    np.testing.assert_array_equal(engine.spins, oracle.spins)
    np.testing.assert_allclose(engine.energy, oracle.energy, rtol=0, atol=1e-13)
    np.testing.assert_allclose(engine.magnetization, oracle.magnetization, rtol=0, atol=1e-15)


def assert_follows(engine: Any, oracle: Any, sweeps: int) -> None:
    assert_same(engine, oracle)
    before = engine.spins
    for _ in range(sweeps):
        engine.run(1)
        oracle.run(1)
        assert_same(engine, oracle)
    assert (engine.spins != before).any()


@models
@updates
@orders
def test_every_model_update_and_order(name: str, update: str, order: str) -> None:
    engine, oracle = pair(MODELS[name], 0.4, update, replicas=40, seed=7, order=order)
    assert_follows(engine, oracle, 3)


@updates
@pytest.mark.parametrize("order", ["sublattice", "random", "parallel"])
@pytest.mark.parametrize("replicas", REPLICAS)
@pytest.mark.parametrize("name", ["square", "open, +-J, field", "Gaussian", "open, Gaussian"])
def test_every_number_of_replicas_each_at_its_own_temperature(
    name: str, replicas: int, order: str, update: str
) -> None:
    betas = np.linspace(0.0, 1.0, replicas)
    engine, oracle = pair(MODELS[name], betas, update, replicas=replicas, seed=11, order=order)
    assert_follows(engine, oracle, 3)


@updates
@pytest.mark.parametrize("name", PACKED)
def test_the_plain_kernel_serves_what_the_packed_one_does(name: str, update: str) -> None:
    engine, oracle = pair(PACKED[name], 0.4, update, replicas=5, seed=3, kernel="plain")
    assert_follows(engine, oracle, 3)


@updates
@pytest.mark.parametrize("beta", [0.0, 1e-17, 3.0, 200.0, 1e12])
@pytest.mark.parametrize("name", ["square", "star, field", "open, Gaussian, fields", "many states"])
def test_every_temperature(name: str, beta: float, update: str) -> None:
    model = MODELS[name]
    engine, oracle = pair(model, beta, update, replicas=3, seed=5)
    for _ in range(3):
        engine.run(1)
        oracle.run(1)
        assert_same(engine, oracle)


@updates
@pytest.mark.parametrize("seed", [0, 2**32, 2**64 - 1])
@pytest.mark.parametrize("name", ["square", "Gaussian", "three states"])
def test_every_bit_of_the_seed(name: str, seed: int, update: str) -> None:
    engine, oracle = pair(MODELS[name], 0.4, update, replicas=3, seed=seed, order="random")
    assert_follows(engine, oracle, 2)


LARGE: dict[str, Any] = {
    "several stripes": kd.Ising(kd.Square((40, 35))),
    "several stripes, open, +-J": kd.Ising(
        kd.Square((40, 35), periodic=False),
        kd.couplings.bimodal(kd.Square((40, 35), periodic=False), 1),
    ),
    "several stripes, field": kd.Ising(kd.Cubic((6, 10, 13)), -0.5, 0.75),
    "255 neighbours": kd.Ising(complete(256), kd.couplings.bimodal(complete(256), 4)),
    "255 neighbours, field": kd.Ising(complete(256), -0.0625, 0.5),
    "several stripes, plain": kd.Ising(kd.Square((40, 35)), 1.0, np.linspace(-1, 1, 1400)),
    "several stripes, Potts": kd.Potts(kd.Square((40, 35)), 5),
}


@updates
@pytest.mark.parametrize("replicas", [2, 40, 600])
@pytest.mark.parametrize("name", LARGE)
def test_stripes_and_rare_continuations(name: str, replicas: int, update: str) -> None:
    """At 600 replicas a sweep of the packed kernel leaves some 50 sites undecided."""
    model = LARGE[name]
    small = reference_packed.fastest(model) == "packed"
    replicas = replicas if small else 1 + replicas // 20
    engine, oracle = pair(model, 0.4, update, replicas=replicas, seed=8)
    assert_follows(engine, oracle, 1)


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000])
def test_a_random_order_is_uniform(n: int) -> None:
    """Pearson's chi-square, and another order for every sweep."""
    orders = np.array([reference_packed.random_sites(5, sweep, n) for sweep in range(4000 // n)])
    count = np.bincount(orders.ravel(), minlength=n)
    statistic = ((count - orders.size / n) ** 2).sum() / (orders.size / n)
    assert abs(statistic - (n - 1)) <= 4 * np.sqrt(2 * (n - 1))
    if n > 2:
        assert (orders[0] != orders[1]).any()


@updates
@orders
@pytest.mark.parametrize("name", ["triangular, +-J", "open, Gaussian, fields", "three states"])
def test_a_replica_does_not_depend_on_how_many_there_are(
    name: str, update: str, order: str
) -> None:
    """Nor on whether a register holds one site of 16 words or several of fewer."""
    spins = []
    for replicas in (1, 7, 60, 530):
        betas = np.linspace(0.0, 1.0, 530)[:replicas]
        sampler = kd.Sampler(
            MODELS[name], betas, update, replicas, seed=3, start="random", order=order
        )
        sampler.run(6)
        spins.append(sampler.spins)
    for fewer, more in itertools.pairwise(spins):
        np.testing.assert_array_equal(more[: len(fewer)], fewer)
    assert len(np.unique(spins[-1].reshape(530, -1), axis=0)) > 100


@pytest.mark.parametrize("fault", reference_packed.FAULTS)
def test_every_fault_is_a_fault(fault: str) -> None:
    """No fault leaves the trajectory as it is."""
    model = PACKED["open, +-J, field"]
    right, wrong = (
        reference_packed.Sampler(model, 0.4, replicas=64, seed=1, fault=planted)
        for planted in (None, fault)
    )
    right.run(3)
    wrong.run(3)
    assert (wrong.spins != right.spins).any()


# --- the same bits from every instruction set, number of threads, and after a pause

# Which of the two ways to share work GraphEngine::advance takes: one block of 16 words leaves only
# stripes to share, three serve two threads by words; five threads share the stripes of three.
SHARED: dict[str, tuple[Any, int]] = {
    "packed, by stripe": (kd.Ising(kd.Square((96, 98))), 100),
    "packed, by words": (kd.Ising(kd.Square((96, 98)), -1.0, 0.25), 1100),
    "packed, +-J": (
        kd.Ising(kd.Triangular((66, 66)), kd.couplings.bimodal(kd.Triangular((66, 66)), 1)),
        40,
    ),
    "table, by stripe": (kd.Ising(kd.Square((96, 98)), 0.75, 0.25), 3),
    "table, by words": (kd.Ising(kd.Cubic(12), kd.couplings.gaussian(kd.Cubic(12), 1)), 200),
    "plain, by stripe": (kd.Ising(kd.Square((96, 98)), plaquette=0.2), 3),
    "plain, by words": (kd.Ising(kd.Cubic(20), kd.couplings.gaussian(kd.Cubic(20), 1)), 40),
    "potts, by stripe": (kd.Potts(kd.Square((96, 98)), 3), 2),
    "potts, by words": (kd.Potts(kd.Square((96, 98)), 3, -1.0), 33),
}
shared = pytest.mark.parametrize("name", SHARED)


def new_sampler(name: str, update: str, threads: int, order: str = "sublattice") -> kd.Sampler:
    model, replicas = SHARED[name]
    return kd.Sampler(
        model,
        np.linspace(0.2, 0.6, replicas),
        update,
        replicas,
        seed=13,
        threads=threads,
        start="random",
        order=order,
        kernel=name.split(",")[0],
    )


def state_after(name: str, update: str, threads: int, order: str = "sublattice") -> tuple[str, str]:
    sampler = new_sampler(name, update, threads, order)
    sampler.run(3)
    run = sampler.sample(draws=2, every=2)
    series = run["energy"].tobytes() + run["magnetization"].tobytes()
    return hashlib.sha256(sampler.spins.tobytes() + series).hexdigest(), sampler.kernel


@shared
@updates
@pytest.mark.parametrize("order", ["sublattice", "parallel"])
def test_any_number_of_threads(name: str, update: str, order: str) -> None:
    alone = state_after(name, update, 1, order)
    for threads in (2, 5):
        assert state_after(name, update, threads, order) == alone


@shared
@updates
def test_any_instruction_set(name: str, update: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for isa in _core.available_isas():
        monkeypatch.setenv("KADANOFF_ISA", isa)
        digest, kernel = state_after(name, update, 2)
        assert kernel == f"{name.split(',')[0]}-{isa}"
        hashes.add(digest)
    assert len(hashes) == 1


@models
@orders
def test_any_instruction_set_at_any_width(
    name: str, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the kernel that is chosen, which is "table" for some models of many replicas."""
    for update in UPDATES:
        for replicas in (1, 3, 40, 513):
            spins = []
            for isa in _core.available_isas():
                monkeypatch.setenv("KADANOFF_ISA", isa)
                sampler = kd.Sampler(
                    MODELS[name], 0.4, update, replicas, seed=2, start="random", order=order
                )
                sampler.run(3)
                spins.append(sampler.spins.tobytes() + sampler.energy.tobytes())
            assert len(set(spins)) == 1


@updates
@orders
@pytest.mark.parametrize("name", ["open, +-J, field", "open, Gaussian, fields", "open, Gaussian"])
def test_a_saved_sampler_goes_on_as_if_never_stopped(
    name: str, update: str, order: str, tmp_path: Path
) -> None:
    def fresh() -> kd.Sampler:
        betas = np.linspace(0.1, 0.9, 35)
        return kd.Sampler(MODELS[name], betas, update, 35, seed=9, start="random", order=order)

    whole, first = fresh(), fresh()
    whole.run(9)
    first.run(4)
    first.save(tmp_path / "state.h5")
    copies = [kd.Sampler.load(tmp_path / "state.h5", threads=2), pickle.loads(pickle.dumps(first))]
    for sampler in (first, *copies):
        assert (sampler.sweep, sampler.order, sampler.kernel) == (4, order, whole.kernel)
        sampler.run(2)
        sampler.run(3)
        np.testing.assert_array_equal(sampler.spins, whole.spins)
    ends = [sampler.sample(3)["energy"] for sampler in (whole, first, *copies)]
    for series in ends[1:]:
        np.testing.assert_array_equal(series, ends[0])


@updates
@orders
@pytest.mark.parametrize("name", ["triangular, +-J", "open plaquettes", "open, Gaussian"])
def test_sampling_measures_the_spins_and_does_not_disturb(
    name: str, update: str, order: str
) -> None:
    model = MODELS[name]
    sampled, plain = (
        kd.Sampler(model, 0.4, update, 37, seed=4, start="random", order=order) for _ in range(2)
    )
    run = sampled.sample(draws=3, every=2)
    for draw in range(3):
        plain.run(2)
        spins = plain.spins
        per_site = model.energy(spins) / model.lattice.n_sites
        m = model.order_parameter(spins) if name in POTTS else spins.reshape(37, -1).mean(axis=1)
        np.testing.assert_allclose(run["energy"][:, draw], per_site, rtol=0, atol=1e-13)
        np.testing.assert_allclose(run["magnetization"][:, draw], m, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(sampled.spins, plain.spins)


@updates
@pytest.mark.parametrize("name", ["triangular, +-J", "star", "open, Gaussian", "plaquettes"])
def test_new_temperatures_and_assigned_spins_hold_from_the_next_sweep(
    name: str, update: str
) -> None:
    model, betas = MODELS[name], np.linspace(0.8, 0.1, 40)
    engine, oracle = pair(model, 0.3, update, replicas=40, seed=21)
    engine.run(3)
    oracle.run(3)
    after = reference_packed.Sampler(model, betas, update, 40, seed=21)
    after.sweep = 3
    spins = np.roll(oracle.spins, 1, axis=0)
    engine.beta = betas
    engine.spins = after.spins = spins
    assert_follows(engine, after, 3)
