"""Simulated annealing: schedules, states, results, and wrong calls."""

from __future__ import annotations

import math
import os
import pickle
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

NAN = float("nan")
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


SPINS = np.ones((2, 4, 4), dtype=np.int8)
BETA = "in [0, 1e12], got "
READS = "[anneal] expected num_reads in [1, 2147483648], got "
STATES = "[anneal] expected initial_states "
RANGE = "[anneal] expected beta_range "

WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"model": 3}, TypeError, "[anneal] expected a model such as kd.Ising(lattice), got 3"),
    ({"num_reads": 0}, ValueError, READS + "0"),
    ({"num_reads": -1}, ValueError, READS + "-1"),
    ({"num_reads": 1.5}, TypeError, "[anneal] expected an integer num_reads, got 1.5"),
    ({"num_sweeps": 0}, ValueError, f"[anneal] expected num_sweeps in [1, {2**40}], got 0"),
    (
        {"num_sweeps": 5, "num_sweeps_per_beta": 2},
        ValueError,
        "[anneal] expected num_sweeps divisible by num_sweeps_per_beta, got 5 and 2",
    ),
    (
        {"num_sweeps_per_beta": 0},
        ValueError,
        f"[anneal] expected num_sweeps_per_beta in [1, {2**40}], got 0",
    ),
    (
        {"beta_range": (3.0, 0.1)},
        ValueError,
        RANGE + "to ascend from hot to cold, got (3.0, 0.1)",
    ),
    ({"beta_range": (-0.1, 1.0)}, ValueError, RANGE + BETA + "-0.1"),
    ({"beta_range": (0.1, NAN)}, ValueError, RANGE + BETA + "nan"),
    ({"beta_range": (0.1, math.inf)}, ValueError, RANGE + BETA + "inf"),
    ({"beta_range": (0.1, 1, 2)}, ValueError, RANGE + "as (hot, cold), got (0.1, 1, 2)"),
    ({"beta_range": 1.0}, ValueError, RANGE + "as (hot, cold), got 1.0"),
    (
        {"beta_range": "01"},
        TypeError,
        "[anneal] expected a number or a list of numbers for beta_range, got '01'",
    ),
    (
        {"beta_range": (0.0, 1.0)},
        ValueError,
        RANGE + "above 0 for a geometric schedule, got 0.0",
    ),
    (
        {"beta_schedule_type": "cosine"},
        ValueError,
        "[anneal] expected beta_schedule_type to be one of 'geometric', 'linear', 'custom', "
        "got 'cosine'",
    ),
    (
        {"beta_schedule_type": "custom"},
        ValueError,
        "[anneal] expected a beta_schedule with beta_schedule_type='custom' only, got none",
    ),
    (
        {"beta_schedule_type": "linear", "beta_schedule": [1.0]},
        ValueError,
        "[anneal] expected a beta_schedule with beta_schedule_type='custom' only, "
        "got one with beta_schedule_type='linear'",
    ),
    (
        {"beta_schedule": [0.1, -1.0]},
        ValueError,
        "[anneal] expected beta_schedule " + BETA + "-1.0",
    ),
    ({"beta_schedule": [0.1, NAN]}, ValueError, "[anneal] expected beta_schedule " + BETA + "nan"),
    (
        {"beta_schedule": "geometric"},
        TypeError,
        "[anneal] expected a number or a list of numbers for beta_schedule, got 'geometric'",
    ),
    (
        {"beta_schedule": []},
        TypeError,
        "[anneal] expected a number or a list of numbers for beta_schedule, got []",
    ),
    (
        {"beta_schedule": [0.1, 0.2], "num_sweeps": 3},
        ValueError,
        "[anneal] expected num_sweeps=2 for 2 betas, got 3",
    ),
    (
        {"beta_schedule": [0.1, 0.2], "beta_range": (0.1, 0.3)},
        ValueError,
        RANGE + "to be the ends (0.1, 0.2) of beta_schedule, got (0.1, 0.3)",
    ),
    ({"seed": -1}, ValueError, f"[anneal] expected seed in [0, {2**64 - 1}], got -1"),
    ({"seed": 1.0}, TypeError, "[anneal] expected an integer seed, got 1.0"),
    (
        {"update": "wolff"},
        ValueError,
        "[anneal] expected update to be one of 'heatbath', 'metropolis', got 'wolff'",
    ),
    ({"keep_best": 1}, TypeError, "[anneal] expected keep_best as True or False, got 1"),
    (
        {"initial_states": SPINS[:, :3]},
        ValueError,
        STATES + "of shape (states, 4, 4), got (2, 3, 4)",
    ),
    (
        {"initial_states": SPINS[:0]},
        ValueError,
        STATES + "of shape (states, 4, 4), got (0, 4, 4)",
    ),
    ({"initial_states": SPINS * 0}, ValueError, STATES + "of -1 and 1, got 0"),
    ({"initial_states": SPINS * NAN}, ValueError, STATES + "of -1 and 1, got nan"),
    ({"initial_states": SPINS > 0}, TypeError, STATES + "as numbers, got bool"),
    ({"model": POTTS, "initial_states": 3 * SPINS}, ValueError, STATES + "of 0 to 2, got 3"),
    ({"model": POTTS, "initial_states": -SPINS}, ValueError, STATES + "of 0 to 2, got -1"),
    (
        {"initial_states": SPINS, "initial_states_generator": "none", "num_reads": 3},
        ValueError,
        "[anneal] expected at least 3 initial_states, got 2",
    ),
    (
        {"initial_states_generator": "tile"},
        ValueError,
        "[anneal] expected initial_states for initial_states_generator='tile', got none",
    ),
    (
        {"initial_states": SPINS, "initial_states_generator": "zero"},
        ValueError,
        "[anneal] expected initial_states_generator to be one of 'none', 'tile', 'random', "
        "got 'zero'",
    ),
]

WRONG_POPULATIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    (
        {"model": None},
        TypeError,
        "[population_anneal] expected a model such as kd.Ising(lattice), got None",
    ),
    (
        {"betas": [0.0, 0.2, 0.1]},
        ValueError,
        "[population_anneal] expected ascending betas, got 0.2 before 0.1",
    ),
    (
        {"betas": [0.0, 0.2, 0.2]},
        ValueError,
        "[population_anneal] expected ascending betas, got 0.2 before 0.2",
    ),
    ({"betas": [-0.1, 0.2]}, ValueError, "[population_anneal] expected betas " + BETA + "-0.1"),
    ({"betas": [0.1, NAN]}, ValueError, "[population_anneal] expected betas " + BETA + "nan"),
    (
        {"population": 0},
        ValueError,
        "[population_anneal] expected population in [1, 2147483648], got 0",
    ),
    ({"runs": 0}, ValueError, "[population_anneal] expected runs in [1, 2147483], got 0"),
    ({"sweeps": 0}, ValueError, f"[population_anneal] expected sweeps in [1, {2**40}], got 0"),
    (
        {"culling_fraction": 0.0},
        ValueError,
        "[population_anneal] expected culling_fraction in [1e-6, 1), got 0.0",
    ),
    (
        {"culling_fraction": 1.0},
        ValueError,
        "[population_anneal] expected culling_fraction in [1e-6, 1), got 1.0",
    ),
    (
        {"culling_fraction": NAN},
        ValueError,
        "[population_anneal] expected a finite culling_fraction, got nan",
    ),
    (
        {"culling_fraction": True},
        TypeError,
        "[population_anneal] expected a real number for culling_fraction, got True",
    ),
    (
        {"culling_fraction": 0.1, "betas": [0.4, 0.2]},
        ValueError,
        "[population_anneal] expected ascending betas, got 0.4 before 0.2",
    ),
    ({"seed": -1}, ValueError, f"[population_anneal] expected seed in [0, {2**64 - 1}], got -1"),
    (
        {"update": "wolff"},
        ValueError,
        "[population_anneal] expected update to be one of 'heatbath', 'metropolis', got 'wolff'",
    ),
]


def assert_raises(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert raised.type is error
    assert str(raised.value) == text


@pytest.mark.parametrize(("options", "error", "text"), WRONG)
def test_wrong_calls(options: dict[str, Any], error: type[Exception], text: str) -> None:
    assert_raises(lambda: kd.anneal(**{"model": MODEL, "seed": 1, **options}), error, text)


@pytest.mark.parametrize(("options", "error", "text"), WRONG_POPULATIONS)
def test_wrong_populations(options: dict[str, Any], error: type[Exception], text: str) -> None:
    given = {"model": MODEL, "betas": [0.0, 0.1], "seed": 1, **options}
    assert_raises(lambda: kd.population_anneal(**given), error, text)


@pytest.mark.parametrize("n", [0, -1])
def test_lowest_needs_a_number(n: int) -> None:
    text = f"[lowest] expected n in [1, {2**63 - 1}], got {n}"
    assert_raises(lambda: table().lowest(n), ValueError, text)
