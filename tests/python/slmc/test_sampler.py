"""Proposals by effective clusters: trajectory, files, input."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference_clusters
from kadanoff import _core
from kadanoff.slmc import SelfLearningSampler
from reference_self_learning import Oracle

SEED = 0xFEDCBA9876543210
CASES: dict[str, tuple[kd.Ising, Any, int]] = {
    "one range": (kd.Ising(kd.Square((5, 7)), 1.0, 0.0, 0.2), 1.1064, 1),
    "three ranges": (kd.Ising(kd.Square((6, 5)), 1.0, 0.0, 0.2), (1.2444, -0.0873, -0.012), 1),
    "a range left out": (kd.Ising(kd.Square((4, 9)), 1.0, 0.0, -0.3), (0.8, 0.0, 0.3), 2),
    "antiferromagnet": (kd.Ising(kd.Square((6, 4)), -0.9, 0.25, 0.4), (-0.7, -0.7), 3),
    "extent of 2": (kd.Ising(kd.Square((2, 6)), 0.6, -0.1, 0.5), (0.5, 0.2), 2),
    "extent of 3": (kd.Ising(kd.Square((3, 3)), 0.6, 0.0, 0.5), (0.5, -0.2, 0.1), 4),
    "single sites": (kd.Ising(kd.Square((4, 4)), 0.5, 0.0, 0.1), (0.0, 0.0), 5),
    "one range, negative": (kd.Ising(kd.Square((6, 6)), -0.9, 0.0, 0.2), -1.0, 2),
    "wide rows": (kd.Ising(kd.Square((9, 37)), 1.0, 0.05, 0.2), 1.1064, 1),
    "many rows": (kd.Ising(kd.Square((215, 3)), 1.5, 0.0, 0.2), 1.6, 1),
    "whole vectors": (kd.Ising(kd.Square((5, 32)), 1.0, 0.0, -0.1), 0.95, 2),
    "long strings": (kd.Ising(kd.Square((20, 24)), 1.0, 0.0, 0.2), (1.2, -0.05), 2),
}


def states_of(sampler: kd.Sampler) -> list[list[int]]:
    return (sampler.spins.reshape(sampler.replicas, -1) > 0).astype(int).tolist()


@pytest.mark.parametrize("name", CASES)
def test_engine_and_oracle_agree(name: str) -> None:
    """Every spin, size and decision, and the energies that the flips add up to."""
    model, effective, clusters = CASES[name]
    betas, small = (0.2, 0.4011), model.lattice.n_sites <= 100
    sampler = SelfLearningSampler(
        model, effective, betas, clusters, 2, SEED, 1, start="random" if small else "ordered"
    )
    oracles = [Oracle(model, sampler.effective, beta, clusters) for beta in betas]
    states = states_of(sampler)
    decisions = set()
    for sweep in range(25 if small else 4):
        keys = [reference_clusters.Key(SEED, sweep, r) for r in range(2)]
        steps = [o.step(x, k) for o, x, k in zip(oracles, states, keys, strict=True)]
        run = sampler.sample(1)
        states = [new for new, _, _ in steps]
        assert states_of(sampler) == states, sweep
        assert run["proposed_sites"][:, 0].tolist() == [size for _, size, _ in steps]
        assert run["accepted"][:, 0].tolist() == [accepted for _, _, accepted in steps]
        decisions |= {accepted for _, _, accepted in steps}
        exact = model.energy(sampler.spins) / model.lattice.n_sites
        np.testing.assert_allclose(run["energy"][:, 0], exact, rtol=0, atol=1e-12)
        assert run["magnetization"][:, 0].tolist() == sampler.spins.mean(axis=(1, 2)).tolist()
    assert decisions == {True, False} or not small


def test_an_effective_model_that_is_the_model_is_never_refused() -> None:
    sampler = SelfLearningSampler(kd.Ising(kd.Square((6, 5)), 0.9), 0.9, 0.5, 3, 4, seed=1)
    assert sampler.sample(100)["accepted"].all()


def test_single_spins_are_always_flipped_at_beta_zero() -> None:
    """As the notes say: averages over every third proposal are right, over every second wrong.

    An error of 0.0011 in <|m|> = 0.196: 0.0044 would be seen; the wrong mean is 0.013 away.
    """
    model = kd.Ising(kd.Square(4), plaquette=0.2)
    exact = kd.exact.enumerate(model, 0.0).abs_magnetization
    samplers = (
        lambda: SelfLearningSampler(model, 1.1, 0.0, replicas=64, seed=3),
        lambda: SelfLearningSampler(model, 1.1, 0.0, 3, replicas=64, seed=3),
        lambda: kd.Sampler(kd.Ising(kd.Square(4)), 0.0, "wolff", replicas=64, seed=3),
    )
    for make in samplers:
        z = []
        for every in (3, 2):
            values = np.abs(make().sample(600, every=every)["magnetization"][:, 10:]).mean(axis=1)
            z.append((values.mean() - exact) / (values.std(ddof=1) / 8))
        assert abs(z[0]) < 4
        assert z[1] < -6
    sampler = SelfLearningSampler(model, 1.1, 0.0, 2, replicas=64, seed=3)
    sampler.run(5)
    assert (sampler.spins.prod(axis=(1, 2)) == 1).all()


def test_threads_and_pieces_do_not_matter() -> None:
    model, betas = kd.Ising(kd.Square((12, 10)), 1.0, 0.1, 0.2), np.linspace(0.2, 0.5, 5)

    def sampler(threads: int) -> SelfLearningSampler:
        return SelfLearningSampler(model, (1.1, -0.02), betas, 2, 5, seed=7, threads=threads)

    whole = sampler(1)
    expected = whole.sample(12, every=2)
    for threads in (2, 3):
        other = sampler(threads)
        parts = [other.sample(5, every=2), other.sample(7, every=2)]
        run = kd.Run.concatenate(parts)
        assert all((run[name] == expected[name]).all() for name in expected)
        assert (other.spins == whole.spins).all()


def test_a_file_goes_on_bit_for_bit(tmp_path: Path) -> None:
    model = kd.Ising(kd.Square((6, 8)), 1.0, 0.0, 0.2)
    sampler = SelfLearningSampler(model, (1.2, -0.1, 0.02), [0.3, 0.4, 0.5], 2, 3, seed=3)
    sampler.run(20)
    sampler.save(tmp_path / "state.h5")
    loaded = SelfLearningSampler.load(tmp_path / "state.h5", threads=2)
    copies = (loaded, pickle.loads(pickle.dumps(sampler)))
    expected = sampler.sample(30)
    for copy in copies:
        run = copy.sample(30)
        assert all((run[name] == expected[name]).all() for name in expected)
        assert repr(copy) == repr(sampler)
        assert copy.model == model
    with pytest.raises(kd.FileError, match="self_learning_sampler"):
        kd.Sampler.load(tmp_path / "state.h5")


def test_what_a_run_says() -> None:
    model = kd.Ising(kd.Square(6), plaquette=0.2)
    sampler = SelfLearningSampler(model, [1.1, -0.02], 0.4, 3, 2, seed=1)
    run = sampler.sample(20, every=2)
    assert run.update == "self-learning"
    assert run.provenance["effective"] == "1.1, -0.02"
    assert run.provenance["clusters"] == 3
    assert set(run.summary().names) >= {"energy", "accepted", "proposed_sites"}
    with pytest.raises(AttributeError, match="expected effective to stay as it is"):
        sampler.effective = (1.0,)
    observed = sampler.sample(3, observables=["energy", {"first": lambda s: s[:, 0, 0]}])
    assert set(observed) == {"energy", "first"}


SQUARE = kd.Ising(kd.Square(4))
BAD: list[tuple[tuple[Any, ...], type[Exception], str]] = [
    ((kd.Potts(kd.Square(4), 2), 1.0, 0.4), TypeError,
     "[SelfLearningSampler] expected a model such as kd.Ising(kd.Square(16)), got "
     "Potts(Square(4), q=2, coupling=1.0)"),
    ((kd.Ising(kd.Triangular(4)), 1.0, 0.4), ValueError,
     "[SelfLearning] expected an Ising model on a periodic square lattice, got lattice triangular"),
    ((kd.Ising(kd.Square(4, periodic=False)), 1.0, 0.4), ValueError,
     "[SelfLearning] expected an Ising model on a periodic square lattice, got an open square "
     "lattice"),
    ((kd.Ising(kd.Square(4), np.ones(32)), 1.0, 0.4), ValueError,
     "[SelfLearning] expected one coupling and one field, got a value for each bond"),
    ((kd.Ising(kd.Square(4), 1.0, np.ones(16)), 1.0, 0.4), ValueError,
     "[SelfLearning] expected one coupling and one field, got a value for each site"),
    ((SQUARE, [1.0, 0.1, 0.1, 0.1], 0.4), ValueError,
     "[SelfLearning] expected 1 to 3 effective couplings, got 4"),
    ((SQUARE, [], 0.4), TypeError,
     "[SelfLearningSampler] expected a number or a list of numbers for effective, got []"),
    ((SQUARE, float("nan"), 0.4), ValueError,
     "[SelfLearning] expected a finite effective coupling of at most 1e12 in size, got nan"),
    ((SQUARE, "1.0", 0.4), TypeError,
     "[SelfLearningSampler] expected a number or a list of numbers for effective, got '1.0'"),
    ((kd.Ising(kd.Square((2, 4))), [1.0, 0.0, 0.1], 0.4), ValueError,
     "[SelfLearning] expected extents of at least 3 for third neighbours, got 2 x 4"),
    ((SQUARE, 1.0, -0.4), ValueError,
     "[Sampler] expected beta in [0, 1e12], got -0.4"),
    ((SQUARE, 1.0, 0.4, 0), ValueError,
     "[SelfLearningSampler] expected clusters in [1, 268435456], got 0"),
    ((SQUARE, 1.0, 0.4, 2**27), ValueError,
     "[SelfLearning] expected at least 1 cluster, and at most 2^28 sites in all of them, got "
     "134217728 on 16 sites"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "kind", "text"), BAD)
def test_bad_input(arguments: tuple[Any, ...], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as error:
        SelfLearningSampler(*arguments)
    assert str(error.value) == text


def test_streams_are_those_of_the_contract() -> None:
    assert (_core.streams["self_learning"], _core.streams["machine_proposal"]) == (36, 37)
