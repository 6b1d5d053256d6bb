"""Wrong calls of annealing and of population annealing, each with the text it gets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

NAN = float("nan")
MODEL = kd.Ising(kd.Square(4), coupling=-1.0)
POTTS = kd.Potts(kd.Square(4), q=3)
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
        "[anneal] expected a list of numbers for beta_schedule, got 'geometric': "
        "say beta_schedule_type='geometric'",
    ),
    (
        {"beta_schedule": "linear", "beta_schedule_type": "custom"},
        TypeError,
        "[anneal] expected a list of numbers for beta_schedule, got 'linear': "
        "say beta_schedule_type='linear'",
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
    ({"threads": 0}, ValueError, "[anneal] expected threads in [1, 4096], got 0"),
    (
        {"device": "gpu"},
        ValueError,
        "[anneal] expected device to be one of 'cpu', 'cuda', got 'gpu'",
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
        {"threads": 1.5},
        TypeError,
        "[population_anneal] expected an integer threads, got 1.5",
    ),
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
