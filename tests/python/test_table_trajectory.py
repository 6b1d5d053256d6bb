"""The table kernel against the slow oracle, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

import kadanoff as kd
import reference_packed
import reference_table
from kadanoff import _core
from test_graph_trajectory import (
    MODELS,
    OPEN,
    ORDERS,
    TRIANGULAR,
    UPDATES,
    assert_follows,
    assert_same,
    pair,
)

RNG = np.random.default_rng(6)
TINY = kd.Square(2)  # every bond is double
CUBE = kd.Cubic((3, 4, 5), periodic=(True, False, True))
# Degrees 0 to 6 but 4, and sites that no bond reaches.
BOUQUET = kd.Graph(
    np.array(
        [
            *([0, i] for i in range(1, 7)),
            *([7, i] for i in range(8, 13)),
            *([1, 2], [2, 3], [8, 9], [13, 14]),
        ]
    ),
    17,
)
OWN: dict[str, Any] = {
    "bouquet": kd.Ising(BOUQUET, RNG.normal(size=15), RNG.normal(size=17)),
    "bouquet without fields": kd.Ising(BOUQUET, RNG.normal(size=15)),
    "bouquet with one field": kd.Ising(BOUQUET, RNG.normal(size=15), np.eye(17)[7] / 2),
    "double bonds": kd.Ising(TINY, RNG.normal(size=len(TINY.bonds)), 0.1),
    "chain": kd.Ising(kd.Chain(9, periodic=False), RNG.normal(size=8)),
    "open cubic": kd.Ising(CUBE, kd.couplings.gaussian(CUBE, 4), RNG.normal(size=CUBE.shape)),
    "triangular, Gaussian": kd.Ising(TRIANGULAR, kd.couplings.gaussian(TRIANGULAR, 4)),
    "sizes far apart": kd.Ising(OPEN, 10.0 ** RNG.uniform(-20, 0, len(OPEN.bonds))),
}


def served(model: Any) -> bool:
    """Whether a table has a place for all neighbours of a site, and only for bonds."""
    if hasattr(model, "q") or model.plaquette:
        return False
    return int(np.bincount(model.lattice.bonds.ravel()).max()) <= 6


TABLE = {name: model for name, model in {**MODELS, **OWN}.items() if served(model)}
LARGE: dict[str, Any] = {
    "square": kd.Ising(kd.Square((40, 35)), RNG.normal(size=2800), RNG.normal(size=(40, 35))),
    "cubic": kd.Ising(kd.Cubic((10, 11, 12)), RNG.normal(size=3960)),
}
# How temperatures lie on replicas.
BETAS = {
    "equal": lambda n: np.full(n, 0.7),
    "different": lambda n: np.linspace(1.5, 0.0, n),
    "descending pairs": lambda n: np.linspace(2.0, 0.1, n)[np.arange(n) // 2 * 2],
    "three, in turn": lambda n: np.array([0.9, 0.2, 0.5])[np.arange(n) % 3],
    "two, in blocks": lambda n: np.array([0.3, 1.1])[np.arange(n) // 64 % 2],
}

updates = pytest.mark.parametrize("update", UPDATES)
orders = pytest.mark.parametrize("order", ORDERS)


def table_pair(model: Any, beta: Any, update: str, **options: Any) -> tuple[Any, Any]:
    return pair(model, beta, update, kernel="table", **options)


def test_models_cover_every_degree() -> None:
    degrees = [
        np.bincount(m.lattice.bonds.ravel(), minlength=m.lattice.n_sites) for m in TABLE.values()
    ]
    assert set(np.concatenate(degrees).tolist()) == set(range(7))
    assert len(TABLE) >= 16
    assert {"square", "triangular, +-J", "Gaussian", "no energy"} <= set(TABLE)


@pytest.mark.parametrize("name", TABLE)
@updates
@orders
def test_every_model_update_and_order(name: str, update: str, order: str) -> None:
    betas = BETAS["three, in turn"](40)
    engine, oracle = table_pair(TABLE[name], betas, update, replicas=40, seed=7, order=order)
    assert_follows(engine, oracle, 3)


@updates
@pytest.mark.parametrize("betas", BETAS)
@pytest.mark.parametrize("replicas", [1, 2, 33, 64, 100, 520])
@pytest.mark.parametrize("name", ["Gaussian", "bouquet", "open cubic"])
def test_every_number_of_replicas_and_of_temperatures(
    name: str, replicas: int, betas: str, update: str
) -> None:
    for order in ("sublattice", "random"):
        engine, oracle = table_pair(
            TABLE[name], BETAS[betas](replicas), update, replicas=replicas, seed=11, order=order
        )
        assert_follows(engine, oracle, 2)


@updates
@pytest.mark.parametrize("beta", [0.0, 1e-17, 3.0, 200.0, 1e12])
@pytest.mark.parametrize("name", ["square", "bouquet", "sizes far apart", "free spins"])
def test_every_temperature(name: str, beta: float, update: str) -> None:
    engine, oracle = table_pair(TABLE[name], beta, update, replicas=70, seed=5)
    for _ in range(4):
        engine.run(1)
        oracle.run(1)
        assert_same(engine, oracle)


@updates
@pytest.mark.parametrize("seed", [0, 2**32, 2**64 - 1])
def test_every_bit_of_the_seed(seed: int, update: str) -> None:
    engine, oracle = table_pair(TABLE["Gaussian"], 0.4, update, replicas=3, seed=seed)
    assert_follows(engine, oracle, 2)


@updates
@pytest.mark.parametrize("name", LARGE)
def test_stripes_and_what_16_bits_leave_undecided(name: str, update: str) -> None:
    """Of some 6 million visits 2^-16 need the other 48 bits: 73 to 82, and both answers occur."""
    model = LARGE[name]
    betas = np.repeat([0.0, 0.4, 1.5, 40.0], 130)
    engine, oracle = table_pair(model, betas, update, replicas=520, seed=8)
    engine.run(8)
    oracle.run(8)
    assert_same(engine, oracle)
    assert min(oracle.ties.values()) >= 20


@updates
def test_temperatures_change_on_the_way(update: str) -> None:
    """Tables are made for what is new, and kept or given up as temperatures come and go."""
    n, model = 130, TABLE["open cubic"]
    few, many = np.array([0.9, 0.2, 0.5]), np.linspace(0.1, 1.2, n)
    steps = [
        np.full(n, 0.5),
        few[np.arange(n) % 3],  # one known, two new: more tables
        np.array([0.2, 0.9])[np.arange(n) % 2],  # fewer
        np.array([0.7, 0.2, 1.1])[np.arange(n) // 50],  # two new in the place of old ones
        many,
        many[::-1],
        np.where(np.arange(n) < 60, many, 0.5),
        np.full(n, 0.2),
        np.full(n, 0.3),
    ]
    engine, oracle = table_pair(model, steps[0], update, replicas=n, seed=21)
    for betas in steps:
        after = reference_packed.Sampler(model, betas, update, n, seed=21, kernel="table")
        after.sweep, after.spins = oracle.sweep, oracle.spins
        engine.beta = betas
        assert_follows(engine, after, 2)
        oracle = after


@updates
@orders
@pytest.mark.parametrize("isa", _core.available_isas())
def test_every_instruction_set_follows_the_oracle(
    isa: str, order: str, update: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KADANOFF_ISA", isa)
    for name in ("bouquet", "open cubic", "Gaussian"):
        betas = BETAS["different"](70)
        engine, oracle = table_pair(TABLE[name], betas, update, replicas=70, seed=2, order=order)
        assert engine.kernel == f"table-{isa}"
        assert_follows(engine, oracle, 2)


@updates
@pytest.mark.parametrize("order", ["sublattice", "parallel"])
def test_any_number_of_threads(update: str, order: str) -> None:
    """Stripes or words are shared, and the 140 000 rows of the temperatures."""
    model, betas = LARGE["square"], BETAS["different"](100)
    oracle = reference_packed.Sampler(
        model, betas, update, 100, seed=4, order=order, kernel="table"
    )
    oracle.run(2)
    for threads in (1, 2, 5):
        engine = kd.Sampler(
            *(model, betas, update, 100, 4),
            **{"order": order, "kernel": "table", "start": "random", "threads": threads},
        )
        engine.run(2)
        assert_same(engine, oracle)


@updates
def test_a_file_keeps_the_kernel_that_was_chosen(update: str, tmp_path: Path) -> None:
    """Also if the temperatures of later on would have chosen another."""
    model, betas = TABLE["Gaussian"], np.linspace(0.1, 0.9, 40)
    whole, first = (kd.Sampler(model, 0.4, update, 40, seed=9, start="random") for _ in range(2))
    assert kd.Sampler(model, betas, update, 40).kernel.startswith("plain")
    for sampler in (whole, first):
        assert sampler.kernel.startswith("table")
        sampler.run(2)
        sampler.beta = betas
        sampler.run(2)
    first.save(tmp_path / "state.h5")
    second = kd.Sampler.load(tmp_path / "state.h5")
    assert second.kernel == whole.kernel
    for sampler in (whole, second):
        sampler.run(3)
    np.testing.assert_array_equal(second.spins, whole.spins)


@pytest.mark.parametrize("start", ["ordered", "random", "down"])
@pytest.mark.parametrize("name", ["square", "Gaussian", "open antiferromagnet"])
def test_starts_are_those_of_the_plain_kernel(name: str, start: str) -> None:
    table, plain = (
        kd.Sampler(TABLE[name], 0.4, replicas=200, seed=3, start=start, kernel=kernel)
        for kernel in ("table", "plain")
    )
    np.testing.assert_array_equal(table.spins, plain.spins)


@pytest.mark.parametrize(
    ("model", "replicas", "betas", "kernel"),
    [
        (TABLE["Gaussian"], 31, 1, "plain"),
        (TABLE["Gaussian"], 32, 1, "table"),
        (TABLE["Gaussian"], 64, 24, "table"),
        (TABLE["Gaussian"], 64, 25, "plain"),
        (TABLE["Gaussian"], 2048, 64, "plain"),  # in turn: each register has them all
        (TABLE["open cubic"], 63, 1, "plain"),
        (TABLE["open cubic"], 64, 1, "table"),
        (TABLE["square"], 64, 1, "packed"),
        (TABLE["open antiferromagnet"], 64, 1, "packed"),
        (MODELS["plaquettes"], 64, 1, "plain"),
        (MODELS["star, fields"], 64, 1, "plain"),
    ],
)
def test_tables_are_chosen_where_they_pay(
    model: Any, replicas: int, betas: int, kernel: str
) -> None:
    beta = np.linspace(0.1, 1.0, betas)[np.arange(replicas) % betas]
    assert kd.Sampler(model, beta, replicas=replicas).kernel.startswith(kernel + "-")


@pytest.mark.parametrize("name", ["star", "plaquettes", "network", "three states"])
def test_what_no_table_serves_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^\[Sampler\] expected a kernel that serves"):
        kd.Sampler(MODELS[name], 0.4, kernel="table")


# --- the arithmetic


def test_powers_of_two_are_exact_to_1e_15() -> None:
    x = np.concatenate([np.linspace(0, 1, 1001), RNG.uniform(0, 1000, 3000), [1000.0]])
    power = reference_table.exp2_minus(x)
    with mpmath.workprec(200):
        error = [
            float(p / mpmath.mpf(2) ** -mpmath.mpf(a) - 1) for a, p in zip(x, power, strict=True)
        ]
    assert 1e-17 < np.abs(error).max() < 1e-15
    assert (reference_table.exp2_minus(np.arange(1000.0)) == 0.5 ** np.arange(1000.0)).all()
    assert reference_table.exp2_minus(np.array([1e300]))[0] == 2.0**-1000


def test_thresholds_are_rounded_up() -> None:
    probability = np.array([1.0, 0.5, 2.0**-64, 2.0**-1000, 2.0**-63 * 1.25, 1 - 2.0**-53])
    expected = [2**64 - 1, 2**63 - 1, 0, 0, 2, 2**64 - 2**11 - 1]
    assert reference_table.threshold(probability).tolist() == expected
