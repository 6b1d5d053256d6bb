"""Cluster updates move every spin as the contract says, on every kernel, bit for bit."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference_clusters

SEED = 0xFEDCBA9876543210
SIX = kd.Graph([(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 3), (0, 5)], 6)
WIDE = kd.Square((3, 130))
STAR = kd.Graph([(0, i) for i in range(1, 90)], 90)
ROWS = {
    "wide": kd.Ising(WIDE, 0.9),
    "wide, open": kd.Ising(kd.Square((4, 70), periodic=False)),
    "64 columns": kd.Ising(kd.Square((5, 64)), -1.0),
    "half open": kd.Ising(kd.Square((3, 66), periodic=(True, False)), 1.0, 0.1),
    "signs": kd.Ising(WIDE, kd.couplings.bimodal(WIDE, 1)),
    "diluted": kd.Ising(WIDE, np.random.default_rng(1).integers(-1, 2, len(WIDE.bonds))),
    "triangular": kd.Ising(kd.Triangular((4, 65)), 0.6),
    "triangular, open": kd.Ising(kd.Triangular((3, 64), periodic=(False, True))),
    "cubic": kd.Ising(kd.Cubic((2, 3, 20)), 0.5),
    "chain": kd.Ising(kd.Chain(200), 2.0),
    "potts": kd.Potts(kd.Square((4, 67)), 5, 1.4),
    "two states": kd.Potts(kd.Square((4, 67)), 2, 1.0),
}
GRAPHS = {
    "honeycomb": kd.Ising(kd.Honeycomb((3, 4)), 1.2),
    "gaussian": kd.Ising(WIDE, kd.couplings.gaussian(WIDE, 2)),
    "fields": kd.Ising(SIX, 0.8, np.linspace(-1.0, 1.0, 6)),
    "star": kd.Ising(STAR, 0.7, 0.01),
    "star of sizes": kd.Ising(STAR, np.linspace(0.1, 2.0, 89)),
    "potts of sizes": kd.Potts(WIDE, 3, np.linspace(0.0, 2.0, len(WIDE.bonds))),
    "many states": kd.Potts(SIX, 256, 4.0),
}
CASES = [
    *((name, "swendsen-wang", "cluster-rows") for name in ROWS),
    *((name, "swendsen-wang", "cluster-graph") for name in (*ROWS, *GRAPHS)),
    *((name, "wolff", "cluster-graph") for name in (*ROWS, *GRAPHS)),
]


def states_of(sampler: kd.Sampler) -> list[list[int]]:
    spins = sampler.spins.reshape(sampler.replicas, -1)
    if isinstance(sampler.model, kd.Potts):
        return spins.astype(int).tolist()
    return (spins > 0).astype(int).tolist()


def extras(system: Any, states: list[int], update: str, clusters: Any) -> dict[str, float]:
    """What a draw says of its clusters."""
    if update == "wolff":
        return {"cluster_size": len(clusters)}
    n = system.n
    result = {"cluster_size": sum(len(c) ** 2 for c in clusters) / n}
    if not system.q and not system.field.any():
        moments = [sum(2 * states[i] - 1 for i in c) for c in clusters]
        m2, m4 = sum(m**2 for m in moments), sum(m**4 for m in moments)
        result["improved_magnetization_squared"] = m2 / n**2
        result["improved_magnetization_fourth"] = (3 * m2**2 - 2 * m4) / n**4
    return result


@pytest.mark.parametrize(("name", "update", "kernel"), CASES)
def test_engine_and_oracle_agree(name: str, update: str, kernel: str) -> None:
    model, betas = {**ROWS, **GRAPHS}[name], (0.43, 0.61)
    sampler = kd.Sampler(
        model, betas, update, 2, seed=SEED, start="random", kernel=kernel, threads=1
    )
    sweeps = 3 if update == "swendsen-wang" else 8
    systems = [reference_clusters.System(model, beta, kernel) for beta in betas]
    states = states_of(sampler)
    sampler.run(1)
    for sweep in range(1 + sweeps):
        keys = [reference_clusters.Key(SEED, sweep, r) for r in range(2)]
        if update == "wolff":
            moved = [s.wolff(x, k) for s, x, k in zip(systems, states, keys, strict=True)]
        else:
            moved = [s.swendsen_wang(x, k) for s, x, k in zip(systems, states, keys, strict=True)]
        if sweep > 0:
            run = sampler.sample(1)
            for r in range(2):
                expected = extras(systems[r], states[r], update, moved[r][1])
                assert set(run) == {"energy", "magnetization", *expected}
                for series, value in expected.items():
                    assert run[series][r, 0] == pytest.approx(value, rel=1e-13)
        states = [new for new, _ in moved]
        assert states_of(sampler) == states, sweep
    np.testing.assert_allclose(sampler.energy, model.energy(sampler.spins) / model.lattice.n_sites)


def test_bits_that_the_planes_leave_undecided_are_settled() -> None:
    """14 planes leave one bond in 16384 undecided."""
    model = kd.Ising(kd.Square((32, 64)))
    sampler = kd.Sampler(model, 0.44, "swendsen-wang", seed=3, start="random")
    assert sampler.kernel.startswith("cluster-rows")
    system = reference_clusters.System(model, 0.44, "cluster-rows")
    undecided = 0
    for sweep in range(25):
        key = reference_clusters.Key(3, sweep, 0)
        undecided += sum(
            reference_clusters.top_bits(key, reference_clusters.BONDS, bond) == limit >> 50
            for bond, limit in zip(system.bond_place.tolist(), system.limit, strict=True)
        )
        expected, _ = system.swendsen_wang(states_of(sampler)[0], key)
        sampler.run(1)
        assert states_of(sampler)[0] == expected
    assert undecided >= 3


@pytest.mark.parametrize("update", ["swendsen-wang", "wolff"])
def test_threads_do_not_matter(update: str) -> None:
    lattice = kd.Square((20, 30))
    for model in (kd.Ising(lattice), kd.Ising(lattice, kd.couplings.gaussian(lattice, 1), 0.2)):
        spins = []
        for threads in (1, 2, 3):
            sampler = kd.Sampler(
                model, np.linspace(0.1, 0.6, 7), update, 7, seed=5, start="random", threads=threads
            )
            run = sampler.sample(4, every=3)
            spins.append((sampler.spins, *(run[name] for name in run)))
        for other in spins[1:]:
            assert all((a == b).all() for a, b in zip(spins[0], other, strict=True))


@pytest.mark.parametrize("update", ["swendsen-wang", "wolff"])
def test_draws_in_parts_are_the_draws_of_the_whole(update: str) -> None:
    model = kd.Potts(kd.Square((16, 20)), 3)
    whole, parts = (kd.Sampler(model, 1.0, update, 2, seed=7) for _ in range(2))
    expected = whole.sample(10, every=3)
    first = parts.sample(4, every=3)
    parts.run(2)
    parts.run(1)
    last = parts.sample(5, every=3)
    for name in expected:
        np.testing.assert_array_equal(expected[name][:, :4], first[name])
        np.testing.assert_array_equal(expected[name][:, 5:], last[name])
    np.testing.assert_array_equal(whole.spins, parts.spins)


@pytest.mark.parametrize(
    ("update", "kernel"),
    [("swendsen-wang", "cluster-rows"), ("swendsen-wang", "cluster-graph"), ("wolff", None)],
)
def test_a_saved_sampler_goes_on_with_its_kernel(
    update: str, kernel: str | None, tmp_path: Path
) -> None:
    model = kd.Ising(kd.Square(24), -1.0)
    sampler = kd.Sampler(model, [0.4, 0.5], update, 2, seed=7, kernel=kernel)
    sampler.run(5)
    sampler.save(tmp_path / "state.h5")
    loaded = kd.Sampler.load(tmp_path / "state.h5")
    assert loaded.kernel == sampler.kernel
    for other in (loaded, pickle.loads(pickle.dumps(sampler))):
        other.run(7)
        assert other.sweep == 12
    sampler.run(7)
    np.testing.assert_array_equal(sampler.spins, loaded.spins)
    np.testing.assert_array_equal(sampler.spins, other.spins)
