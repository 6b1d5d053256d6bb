"""One trajectory everywhere: the engine against the oracle, and against itself, bit for bit."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kadanoff as kd
import reference
from kadanoff import _core

UPDATES = ("heatbath", "metropolis")
SQUARES = [
    (2, 2),
    (2, 4),
    (4, 2),
    (4, 4),
    (6, 6),
    (10, 10),
    (2, 130),
    (130, 2),
    (62, 64),
    (64, 64),
    (66, 66),
    (100, 100),
    (6, 1100),
    (1100, 6),
    (258, 66),
]
CUBES = [
    (2, 2, 2),
    (2, 4, 6),
    (6, 4, 2),
    (4, 4, 4),
    (2, 2, 130),
    (130, 2, 2),
    (10, 12, 66),
    (16, 16, 16),
    (6, 40, 130),
]
TERMS = [(1.0, 0.0), (-1.0, 0.0), (0.75, 0.25), (-0.75, -2.5), (0.0, 0.5)]

updates = pytest.mark.parametrize("update", UPDATES)
shapes = pytest.mark.parametrize("shape", SQUARES + CUBES, ids=str)


def lattice(shape: tuple[int, ...]) -> kd.Square | kd.Cubic:
    return kd.Square(shape) if len(shape) == 2 else kd.Cubic(shape)


def assert_same(engine: kd.Sampler, oracle: reference.Sampler) -> None:
    assert engine.sweep == oracle.sweep
    np.testing.assert_array_equal(engine.spins, oracle.spins)
    np.testing.assert_array_equal(engine.energy, oracle.energy)
    np.testing.assert_array_equal(engine.magnetization, oracle.magnetization)


def pair(model: kd.Ising, beta: Any, update: str, **options: Any) -> tuple[Any, Any]:
    oracle = reference.Sampler(model, beta, update, **options)
    return kd.Sampler(model, beta, update, **options), oracle


@shapes
@updates
@pytest.mark.parametrize("terms", TERMS, ids=str)
def test_every_shape(shape: tuple[int, ...], update: str, terms: tuple[float, float]) -> None:
    """J and h are dyadic, so that energies are equal to the last bit as well."""
    model = kd.Ising(lattice(shape), *terms)
    engine, oracle = pair(model, 0.4, update, replicas=3, seed=7, start="random")
    assert_same(engine, oracle)
    for sweeps in (1, 2):
        engine.run(sweeps)
        oracle.run(sweeps)
        assert_same(engine, oracle)


@updates
@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63, 2**64 - 1])
@pytest.mark.parametrize("start", ["ordered", "random"])
def test_every_bit_of_the_seed_and_both_starts(update: str, seed: int, start: str) -> None:
    engine, oracle = pair(
        kd.Ising(kd.Square((6, 70))), 0.3, update, replicas=9, seed=seed, start=start
    )
    assert_same(engine, oracle)
    engine.run(4)
    oracle.run(4)
    assert_same(engine, oracle)


@pytest.mark.parametrize("terms", [*TERMS, (-1.0, 4.0), (-1.0, 4.5), (1.0, -0.5)], ids=str)
def test_the_ordered_start_is_a_ground_state(terms: tuple[float, float]) -> None:
    model = kd.Ising(kd.Square(4), *terms)
    engine, oracle = pair(model, 0.3, "heatbath", replicas=20, seed=3)
    assert_same(engine, oracle)
    states = np.arange(2**16)[:, None] >> np.arange(16) & 1
    spins = (2 * states - 1).astype(np.int8).reshape(-1, 4, 4)
    total = spins.sum(axis=(1, 2), dtype=np.int64)
    lowest = (-model.coupling * reference.bond_sum(spins) - model.field * total).min() / 16
    np.testing.assert_array_equal(engine.energy, lowest)


@updates
@pytest.mark.parametrize("beta", [0.0, 1e-17, 0.05, 0.44, 3.0, 1e12])
@pytest.mark.parametrize("field", [0.0, 0.25])
def test_every_temperature(update: str, beta: float, field: float) -> None:
    model = kd.Ising(kd.Square((10, 66)), 1.0, field)
    engine, oracle = pair(model, beta, update, replicas=2, seed=5, start="random")
    engine.run(5)
    oracle.run(5)
    assert_same(engine, oracle)


@updates
@pytest.mark.parametrize("coldest", [0.1, 0.0])
def test_a_beta_for_each_replica(update: str, coldest: float) -> None:
    betas = np.linspace(coldest, 1.0, 7)
    model = kd.Ising(kd.Cubic((4, 6, 10)), 0.5)
    engine, oracle = pair(model, betas, update, replicas=7, seed=11, start="random")
    engine.run(5)
    oracle.run(5)
    assert_same(engine, oracle)


@updates
@pytest.mark.parametrize("sweep", [2**32 - 2, 2**40 - 4])
def test_sweep_numbers_of_40_bits(update: str, sweep: int) -> None:
    engine, oracle = pair(kd.Ising(kd.Square(8)), 0.4, update, replicas=2, seed=5)
    engine._core.sweep = oracle.sweep = sweep
    engine.run(4)
    oracle.run(4)
    assert_same(engine, oracle)


even = st.integers(1, 40).map(lambda half: 2 * half)
dyadic = st.integers(-12, 12).map(lambda n: n / 4)


@settings(max_examples=60)
@given(
    shape=st.one_of(st.tuples(even, even), st.tuples(*[st.sampled_from([2, 4, 6, 8, 34, 66])] * 3)),
    update=st.sampled_from(UPDATES),
    coupling=dyadic,
    field=dyadic,
    betas=st.lists(st.floats(0, 5), min_size=1, max_size=4),
    seed=st.integers(0, 2**64 - 1),
    start=st.sampled_from(["ordered", "random"]),
)
def test_any_trajectory(
    shape: tuple[int, ...],
    update: str,
    coupling: float,
    field: float,
    betas: list[float],
    seed: int,
    start: str,
) -> None:
    model = kd.Ising(lattice(shape), coupling, field)
    engine, oracle = pair(model, betas, update, replicas=len(betas), seed=seed, start=start)
    engine.run(2)
    oracle.run(2)
    assert_same(engine, oracle)


@updates
def test_a_large_lattice_in_two_threads(update: str) -> None:
    model = kd.Ising(kd.Square(1000))
    engine = kd.Sampler(model, 0.44, update, seed=9, threads=2, start="random")
    oracle = reference.Sampler(model, 0.44, update, seed=9, start="random")
    engine.run(2)
    oracle.run(2)
    assert_same(engine, oracle)


def state_after(model: kd.Ising, threads: int, update: str, **options: Any) -> tuple[bytes, bytes]:
    sampler = kd.Sampler(model, 0.42, update, threads=threads, seed=13, start="random", **options)
    sampler.run(5)
    run = sampler.sample(draws=4, every=2)
    return sampler.spins.tobytes(), run["energy"].tobytes() + run["magnetization"].tobytes()


@updates
@pytest.mark.parametrize(
    ("model", "replicas"),
    [
        (kd.Ising(kd.Square(1000)), 1),
        (kd.Ising(kd.Square(1000), 1.0, 0.1), 2),  # fewer replicas than threads
        (kd.Ising(kd.Square((4098, 130))), 1),
        (kd.Ising(kd.Cubic((34, 66, 130))), 1),
        (kd.Ising(kd.Cubic(96)), 1),
        (kd.Ising(kd.Square(64)), 7),  # replicas spread over threads
        (kd.Ising(kd.Square(6)), 31),
    ],
    ids=repr,
)
def test_any_number_of_threads(model: kd.Ising, replicas: int, update: str) -> None:
    alone = state_after(model, 1, update, replicas=replicas)
    for threads in (2, 3, 5):
        assert state_after(model, threads, update, replicas=replicas) == alone


HASHES = """
import hashlib
import kadanoff as kd
for size in (256, 1000):
    for update in ("heatbath", "metropolis"):
        for field in (0.0, 0.125):
            for threads in (1, 2):
                model = kd.Ising(kd.Square(size), 1.0, field)
                sampler = kd.Sampler(model, 0.44, update, seed=17, threads=threads, start="random")
                sampler.run(10)
                run = sampler.sample(draws=2, every=3)
                digest = hashlib.sha256(sampler.spins.tobytes())
                digest.update(run["energy"].tobytes() + run["magnetization"].tobytes())
                print(size, update, field, digest.hexdigest())
print(sampler.kernel)
"""


def hashes(isa: str) -> tuple[list[str], str]:
    """Lines of hashes from a process of that instruction set, and the kernel that made them."""
    done = subprocess.run(
        [sys.executable, "-c", HASHES],
        env={**os.environ, "KADANOFF_ISA": isa},
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, kernel = done.stdout.splitlines()
    return lines, kernel


@pytest.fixture(scope="module")
def scalar_hashes() -> list[str]:
    lines, kernel = hashes("scalar")
    assert kernel == "checkerboard-scalar"
    return lines


@pytest.mark.parametrize("isa", ["avx2", "avx512"])
def test_one_hash_for_all_instruction_sets(isa: str, scalar_hashes: list[str]) -> None:
    if isa not in _core.available_isas():
        pytest.skip(f"this machine or build has no {isa}")
    lines, kernel = hashes(isa)
    assert kernel == f"checkerboard-{isa}"
    assert lines == scalar_hashes


def test_one_hash_for_one_and_two_threads(scalar_hashes: list[str]) -> None:
    assert len(scalar_hashes) == 16
    assert scalar_hashes[::2] == scalar_hashes[1::2]
    assert len(set(scalar_hashes)) == 8


@pytest.mark.parametrize(
    ("isa", "error"),
    [("sse9", "ValueError: [KADANOFF_ISA] expected scalar, avx2 or avx512, got sse9")],
)
def test_an_unknown_instruction_set_is_an_error(isa: str, error: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import kadanoff as kd; kd.Sampler(kd.Ising(kd.Square(4)), 0.4)"],
        env={**os.environ, "KADANOFF_ISA": isa},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == error


def new_sampler(update: str = "heatbath", **options: Any) -> kd.Sampler:
    model = kd.Ising(kd.Square((10, 66)), 1.0, 0.25)
    return kd.Sampler(model, [0.3, 0.4, 0.5], update, replicas=3, seed=2**64 - 1, **options)


@updates
def test_runs_add_up(update: str) -> None:
    whole, parts = new_sampler(update), new_sampler(update)
    whole.run(12)
    for sweeps in (0, 1, 4, 7):
        parts.run(sweeps)
    assert parts.sweep == whole.sweep == 12
    np.testing.assert_array_equal(parts.spins, whole.spins)


@updates
def test_sampling_does_not_disturb(update: str) -> None:
    sampled, plain = new_sampler(update), new_sampler(update)
    run = sampled.sample(draws=4, every=3)
    for draw in range(4):
        plain.run(3)
        spins = plain.spins.astype(np.int64)
        total = spins.sum(axis=(1, 2))
        first, second = plain.model.lattice.bonds.T
        flat = spins.reshape(3, -1)
        bonds = (flat[:, first] * flat[:, second]).sum(axis=1)
        np.testing.assert_array_equal(run["energy"][:, draw], (-bonds - 0.25 * total) / 660)
        np.testing.assert_array_equal(run["magnetization"][:, draw], total / 660)
    np.testing.assert_array_equal(sampled.spins, plain.spins)
    assert sampled.sweep == plain.sweep == 12
    assert run.first_sweep == 3
    np.testing.assert_array_equal(run.sweeps, [3, 6, 9, 12])


@updates
def test_a_loaded_sampler_goes_on_as_if_never_stopped(update: str, tmp_path: Path) -> None:
    path = tmp_path / "state.h5"
    whole, first = new_sampler(update, start="random"), new_sampler(update, start="random")
    whole.run(9)
    first.run(4)
    first.save(path)
    second = kd.Sampler.load(path, threads=2)
    assert second.sweep == 4
    assert second.model == whole.model
    assert (second.update, second.seed) == (update, 2**64 - 1)
    np.testing.assert_array_equal(second.beta, whole.beta)
    for sampler in (first, second):
        sampler.run(5)
        np.testing.assert_array_equal(sampler.spins, whole.spins)
    ends = [sampler.sample(3) for sampler in (whole, second)]
    np.testing.assert_array_equal(ends[0]["energy"], ends[1]["energy"])


@updates
def test_assigned_spins_are_the_state(update: str) -> None:
    model = kd.Ising(kd.Cubic((4, 2, 66)), -0.5, 0.25)
    engine, oracle = pair(model, 0.3, update, replicas=2, seed=21)
    engine.run(3)
    oracle.run(3)
    spins = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), size=engine.shape)
    engine.spins = oracle.spins = spins
    assert_same(engine, oracle)
    engine.run(3)
    oracle.run(3)
    assert_same(engine, oracle)


def test_spins_are_a_copy() -> None:
    sampler = new_sampler()
    before = sampler.spins
    sampler.spins[:] = -before
    np.testing.assert_array_equal(sampler.spins, before)


def test_a_replica_does_not_depend_on_how_many_there_are() -> None:
    model = kd.Ising(kd.Square((6, 10)))
    many, few = (kd.Sampler(model, 0.4, replicas=n, seed=3) for n in (8, 3))
    many.run(6)
    few.run(6)
    np.testing.assert_array_equal(many.spins[:3], few.spins)
    assert len(np.unique(many.spins.reshape(8, -1), axis=0)) == 8


def test_a_seed_of_none_is_drawn_and_kept() -> None:
    model = kd.Ising(kd.Square((6, 66)))
    first, second = (kd.Sampler(model, 0.4, start="random") for _ in range(2))
    assert first.seed != second.seed
    again = kd.Sampler(model, 0.4, seed=first.seed, start="random")
    again.run(3)
    first.run(3)
    np.testing.assert_array_equal(again.spins, first.spins)


def test_a_signal_handler_may_use_the_sampler_it_interrupts(tmp_path) -> None:
    sampler = kd.Sampler(kd.Ising(kd.Square(64)), 0.44, seed=1)
    seen: list[int] = []

    def handler(number: int, frame: object) -> None:
        sampler.save(tmp_path / "state.h5")
        seen.append(sampler.sweep)
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(TimeoutError):
            sampler.run(10**9)
    finally:
        signal.signal(signal.SIGALRM, before)
    resumed = kd.Sampler.load(tmp_path / "state.h5")
    assert seen == [resumed.sweep]
    np.testing.assert_array_equal(resumed.spins, sampler.spins)


def test_pickled_samplers_and_runs_go_on_the_same() -> None:
    sampler = kd.Sampler(kd.Ising(kd.Square(10)), [0.3, 0.4], replicas=2, seed=1)
    run = sampler.sample(5, every=2)
    copy = pickle.loads(pickle.dumps(sampler))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(run))["energy"], run["energy"])
    for one in (sampler, copy):
        one.run(7)
    np.testing.assert_array_equal(copy.spins, sampler.spins)
