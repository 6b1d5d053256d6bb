"""Simulated annealing: schedules, states, and results."""

from __future__ import annotations

import math
import os
import pickle
import re
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

MODEL = kd.Ising(kd.Square(4), coupling=-1.0)
GLASS = kd.Ising(kd.Square(5), kd.couplings.bimodal(kd.Square(5), seed=3))
GAUSS = kd.Ising(
    kd.Square(4), kd.couplings.gaussian(kd.Square(4), seed=4), field=np.linspace(-1, 1, 16)
)
POTTS = kd.Potts(kd.Square(4), q=3)
MODELS = {"antiferromagnet": MODEL, "glass": GLASS, "gauss": GAUSS, "potts": POTTS}


@pytest.fixture(params=list(MODELS))
def model(request: pytest.FixtureRequest) -> Any:
    return MODELS[request.param]


def smallest_gaps(model: kd.Ising) -> np.ndarray:
    """The smallest nonzero |energy change| of a flip of each spin, over all its surroundings."""
    bonds, result = model.lattice.bonds, []
    coupling = np.broadcast_to(model.coupling, len(bonds))
    field = np.broadcast_to(model.field, model.lattice.n_sites)
    for site in range(model.lattice.n_sites):
        terms = coupling[(bonds == site).any(axis=1)]
        signs = 1 - 2 * (np.arange(2 ** len(terms))[:, None] >> np.arange(len(terms)) & 1)
        gaps = 2 * np.abs(field[site] + signs @ terms)
        result.append(gaps[gaps > 1e-9].min())
    return np.array(result)


@pytest.mark.parametrize(
    "lattice",
    [kd.Chain(6), kd.Square(4), kd.Triangular(4), kd.Honeycomb(3), kd.Cubic(3)],
    ids=lambda lattice: lattice.name,
)
@pytest.mark.parametrize("field", [0.0, 1.0, 2.0])
def test_default_beta_range(lattice: Any, field: float) -> None:
    """Hot: the worst flip is accepted half the time. Cold: 0.01 spins leave a minimum."""
    model = kd.Ising(lattice, kd.couplings.bimodal(lattice, seed=1), field)
    hot, cold = kd.annealing.default_beta_range(model)
    worst = 2 * (lattice.degrees.max() + field)
    assert math.exp(-hot * worst) == pytest.approx(0.5)
    assert np.exp(-cold * smallest_gaps(model)).sum() == pytest.approx(0.01)
    uniform = kd.Ising(lattice, -1.0, field)  # the same sizes, found without listing bonds
    assert kd.annealing.default_beta_range(uniform) == pytest.approx((hot, cold))


def test_default_beta_range_of_open_and_of_continuous_models() -> None:
    assert kd.annealing.default_beta_range(kd.Ising(kd.Square(4), 0.0)) == (0.1, 1.0)
    ends = kd.Ising(kd.Chain(5, periodic=False), np.ones(4))
    assert np.exp(
        -kd.annealing.default_beta_range(ends)[1] * smallest_gaps(ends)
    ).sum() == pytest.approx(0.01)
    hot, cold = kd.annealing.default_beta_range(GAUSS)
    ends_of_bonds = GAUSS.lattice.bonds.T.ravel()
    square = GAUSS.field**2 + np.bincount(ends_of_bonds, np.tile(GAUSS.coupling**2, 2))
    assert np.exp(-cold * np.sqrt(square) / 4).sum() == pytest.approx(0.01)
    strength = np.abs(GAUSS.field) + np.bincount(ends_of_bonds, np.tile(abs(GAUSS.coupling), 2))
    assert hot == pytest.approx(math.log(2) / (2 * strength.max()))
    # Potts: a spin leaves up to four bonds of 1, and the smallest change is one of them.
    assert kd.annealing.default_beta_range(POTTS) == pytest.approx(
        (math.log(2) / 4, math.log(16 / 0.01))
    )


def test_default_beta_range_scales_with_the_energy() -> None:
    wide = kd.Ising(GAUSS.lattice, 10 * GAUSS.coupling, 10 * GAUSS.field)
    expected = np.array(kd.annealing.default_beta_range(GAUSS)) / 10
    assert kd.annealing.default_beta_range(wide) == pytest.approx(tuple(expected))


@pytest.mark.parametrize(
    ("options", "betas", "each"),
    [
        ({"num_sweeps": 4, "beta_range": (0.1, 3.0)}, np.geomspace(0.1, 3.0, 4), 1),
        (
            {"num_sweeps": 4, "beta_range": (0.0, 3.0), "beta_schedule_type": "linear"},
            [0.0, 1.0, 2.0, 3.0],
            1,
        ),
        (
            {"num_sweeps": 4, "num_sweeps_per_beta": 2, "beta_range": [0.1, 3]},
            [0.1, 3.0],
            2,
        ),
        ({"num_sweeps": 1, "beta_range": (0.1, 3.0)}, [3.0], 1),
        ({"beta_schedule": [0.1, 2.0, 0.5], "num_sweeps_per_beta": 3}, [0.1, 2.0, 0.5], 3),
        (
            {
                "beta_schedule": (0.1, 2.0),
                "beta_schedule_type": "custom",
                "num_sweeps": 2,
                "beta_range": (0.1, 2.0),
            },
            [0.1, 2.0],
            1,
        ),
    ],
)
def test_schedule(options: dict[str, Any], betas: Any, each: int) -> None:
    info = kd.anneal(MODEL, num_reads=2, seed=1, **options).info
    np.testing.assert_array_equal(info["betas"], betas)
    assert info["num_sweeps_per_beta"] == each


def test_defaults() -> None:
    result = kd.anneal(MODEL, seed=1)
    assert len(result) == 100
    hot, cold = kd.annealing.default_beta_range(MODEL)
    np.testing.assert_array_equal(result.info["betas"], np.geomspace(hot, cold, 1000))
    assert result.info["update"] == "metropolis"
    assert result.best.energy == -32.0


def test_a_constant_schedule_is_the_sampler_itself(model: Any) -> None:
    result = kd.anneal(
        model, num_reads=70, beta_schedule=[0.3], num_sweeps_per_beta=5, seed=9, update="heatbath"
    )
    sampler = kd.Sampler(model, beta=0.3, replicas=70, seed=9, start="random", update="heatbath")
    sampler.run(5)
    np.testing.assert_array_equal(result.spins, sampler.spins)


@pytest.mark.parametrize("keep_best", [False, True])
@pytest.mark.parametrize("update", ["metropolis", "heatbath"])
def test_energies_are_those_of_the_states(model: Any, keep_best: bool, update: str) -> None:
    result = kd.anneal(
        model, num_reads=40, num_sweeps=30, seed=2, keep_best=keep_best, update=update
    )
    expected = model.energy(result.spins)
    if model is GAUSS:
        np.testing.assert_allclose(result.energies, expected, rtol=0, atol=1e-12)
    else:
        np.testing.assert_array_equal(result.energies, expected)
        assert (result.energies == np.rint(result.energies)).all()


def ground_energy(model: Any) -> float:
    if isinstance(model, kd.Potts):
        return -model.lattice.n_bonds
    n = model.lattice.n_sites
    states = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    return float(model.energy(states.astype(np.int8).reshape(-1, *model.lattice.shape)).min())


def test_ground_states_are_found(model: Any) -> None:
    if model is GLASS:  # 2^25 states: too many to list
        model = kd.Ising(kd.Square(4), kd.couplings.bimodal(kd.Square(4), seed=3))
    result = kd.anneal(model, num_reads=100, num_sweeps=200, seed=1)
    assert result.best.energy == pytest.approx(ground_energy(model), abs=1e-9)


def test_same_bits_from_any_number_of_threads(model: Any) -> None:
    options = {"num_reads": 100, "num_sweeps": 20, "seed": 5, "keep_best": True}
    one, two = (kd.anneal(model, threads=threads, **options) for threads in (1, 2))
    np.testing.assert_array_equal(one.spins, two.spins)
    np.testing.assert_array_equal(one.energies, two.energies)
    other = kd.anneal(model, **{**options, "seed": 6})
    assert (one.spins != other.spins).any()


def test_best_states_are_never_above_the_last() -> None:
    options: dict[str, Any] = {"num_reads": 64, "beta_schedule": [2.0, 0.1], "seed": 5}
    last, best = (kd.anneal(GLASS, keep_best=keep, **options) for keep in (False, True))
    assert (best.energies <= last.energies).all()
    assert best.energies.mean() < last.energies.mean() - 10


def test_initial_states() -> None:
    """Ground states stay; reads beyond them are as without any."""
    ground = (1 - 2 * (np.indices((4, 4)).sum(axis=0) % 2)).astype(np.int8)
    options: dict[str, Any] = {"beta_schedule": [50.0], "seed": 3}
    free = kd.anneal(MODEL, num_reads=5, **options)
    assert (free.energies > -32).any()
    given = np.stack([ground, -ground])
    mixed = kd.anneal(MODEL, num_reads=5, initial_states=given, **options)
    np.testing.assert_array_equal(mixed.spins[:2], given)
    np.testing.assert_array_equal(mixed.spins[2:], free.spins[2:])
    tiled = kd.anneal(
        MODEL, num_reads=5, initial_states=given, initial_states_generator="tile", **options
    )
    np.testing.assert_array_equal(tiled.spins, given[[0, 1, 0, 1, 0]])
    alone = kd.anneal(MODEL, initial_states=ground.tolist(), **options)
    np.testing.assert_array_equal(alone.spins, ground[None])
    again = kd.anneal(MODEL, initial_states=tiled, **options)
    np.testing.assert_array_equal(again.spins, tiled.spins)
    none = kd.anneal(
        MODEL, num_reads=1, initial_states=given, initial_states_generator="none", **options
    )
    np.testing.assert_array_equal(none.spins, ground[None])


def test_initial_states_of_potts() -> None:
    ground = np.full((3, 4, 4), 2)
    result = kd.anneal(POTTS, initial_states=ground, beta_schedule=[50.0], seed=1)
    np.testing.assert_array_equal(result.spins, ground)
    assert result.spins.dtype == np.uint8


def table() -> kd.AnnealResult:
    spins = np.array([[1, 1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], dtype=np.int8)
    energies = np.array([-1.0, -2.0, -1.0, 0.5])
    return kd.AnnealResult(spins, energies, info={"seed": 1, "betas": np.array([0.1, 0.2])})


def test_result_is_a_table() -> None:
    result = table()
    assert len(result) == 4
    assert [state.energy for state in result] == [-1.0, -2.0, -1.0, 0.5]
    energy, spins = result.best
    assert energy == -2.0
    np.testing.assert_array_equal(spins, [1, -1, 1])
    lowest = result.lowest(2)
    np.testing.assert_array_equal(lowest.spins, [[1, -1, 1], [1, 1, 1]])
    np.testing.assert_array_equal(lowest.counts, [1, 2])
    np.testing.assert_array_equal(lowest.energies, [-2.0, -1.0])
    assert len(result.lowest(100)) == 3
    assert lowest.lowest(2).counts.tolist() == [1, 2]  # counts add up
    part = result[1:3]
    assert [state.energy for state in part] == [-2.0, -1.0]
    assert part.info == result.info
    assert repr(result[:1]).startswith("AnnealResult(1 read of 3 spins, 1 distinct state)")
    assert repr(result) == (
        "AnnealResult(4 reads of 3 spins, 3 distinct states)\n"
        "          energy     reads\n"
        "              -2         1\n"
        "              -1         2\n"
        "             0.5         1"
    )
    for array in (result.spins, result.energies, result.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_long_results_are_shown_in_part() -> None:
    text = repr(kd.anneal(MODEL, num_reads=100, beta_schedule=[0.01], seed=1))
    assert text.splitlines()[-1].split()[0] == "..."
    counts = [int(line.split()[-1]) for line in text.splitlines()[2:]]
    assert sum(counts) == 100


def test_save_and_load(tmp_path: Path, model: Any) -> None:
    result = kd.anneal(model, num_reads=10, num_sweeps=5, seed=1)
    result.save(tmp_path / "result.h5")
    for copy in (kd.AnnealResult.load(tmp_path / "result.h5"), pickle.loads(pickle.dumps(result))):
        np.testing.assert_array_equal(copy.spins, result.spins)
        assert copy.spins.dtype == result.spins.dtype
        np.testing.assert_array_equal(copy.energies, result.energies)
        assert copy.info.keys() == result.info.keys()
        assert copy.info["model"] == result.info["model"]
        np.testing.assert_array_equal(copy.info["betas"], result.info["betas"])


def test_load_refuses_other_content(tmp_path: Path) -> None:
    from kadanoff import storage

    state = table().to_state()
    wrong = {
        "spins": state["spins"] * np.int8(0),
        "energies": state["energies"][:3],
        "dtype": "float64",
        "counts": state["counts"] - 1,
    }
    for name, value in wrong.items():
        storage.write(tmp_path / "wrong.h5", "anneal", 1, {**state, name: value})
        with pytest.raises(kd.FileError):
            kd.AnnealResult.load(tmp_path / "wrong.h5")
    kd.Sampler(MODEL, beta=1.0).save(tmp_path / "other.h5")
    with pytest.raises(kd.FileError):
        kd.AnnealResult.load(tmp_path / "other.h5")


def test_to_dimod() -> None:
    import dimod

    result = kd.anneal(GLASS, num_reads=20, num_sweeps=10, seed=1)
    samples = result.lowest(5).to_dimod()
    assert samples.vartype is dimod.SPIN
    first, second = GLASS.lattice.bonds.T
    bqm = dimod.BinaryQuadraticModel.from_numpy_vectors(
        np.zeros(25), (first, second, -GLASS.coupling), 0.0, dimod.SPIN
    )
    np.testing.assert_array_equal(bqm.energies(samples), samples.record.energy)
    assert samples.first.energy == result.best.energy
    assert samples.record.num_occurrences.sum() == result.lowest(5).counts.sum()
    assert samples.info["seed"] == 1


def test_to_dimod_needs_dimod_and_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    potts = kd.anneal(POTTS, num_reads=2, num_sweeps=1, seed=1)
    text = "[to_dimod] expected spins of -1 and 1, got the states of a Potts model"
    with pytest.raises(ValueError, match=re.escape(text)):
        potts.to_dimod()
    monkeypatch.setitem(sys.modules, "dimod", None)
    text = "[to_dimod] expected dimod, got none: pip install 'kadanoff[dimod]'"
    with pytest.raises(ImportError, match=re.escape(text)):
        table().to_dimod()


@pytest.fixture
def interrupt() -> Any:
    """Ctrl-C after 0.3 s, whoever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    yield timer
    timer.cancel()
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_keeps_what_there_is(tmp_path: Path, interrupt: threading.Timer) -> None:
    big = kd.Ising(kd.Square(64), coupling=-1.0)
    path = tmp_path / "result.h5"
    interrupt.start()
    with pytest.raises(kd.Interrupted) as stop:
        kd.anneal(big, num_reads=64, num_sweeps=10**5, seed=1).save(path)
    interrupt.join()
    assert list(tmp_path.iterdir()) == []
    result = stop.value.run
    done = len(result.info["betas"])
    assert 0 < done < 10**5
    assert str(stop.value) == f"[anneal] stopped after {done} of 100000 betas"
    np.testing.assert_array_equal(result.energies, big.energy(result.spins))


def test_ctrl_c_stops_populations(interrupt: threading.Timer) -> None:
    interrupt.start()
    with pytest.raises(kd.Interrupted, match=r"\[population_anneal\] stopped after") as stop:
        kd.population_anneal(
            kd.Ising(kd.Square(16)), np.linspace(0, 0.1, 10**5), population=500, seed=1
        )
    interrupt.join()
    betas = stop.value.run.betas
    assert 0 < len(betas) < 10**5
    reached = f"{len(betas)} betas, at {betas[-1]:g} of 0.1"
    assert str(stop.value) == f"[population_anneal] stopped after {reached}"


def test_ctrl_c_stops_populations_of_adaptive_steps(interrupt: threading.Timer) -> None:
    interrupt.start()
    with pytest.raises(kd.Interrupted, match=r"\[population_anneal\] stopped after") as stop:
        kd.population_anneal(
            kd.Ising(kd.Square(16)), [1.0], population=500, culling_fraction=1e-5, seed=1
        )
    interrupt.join()
    assert stop.value.run.runs == 8
    assert 0.0 < stop.value.run.betas[-1] < 1.0


@pytest.mark.parametrize("n", [0, -1])
def test_lowest_needs_a_number(n: int) -> None:
    text = f"[lowest] expected n in [1, {2**63 - 1}], got {n}"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        table().lowest(n)
