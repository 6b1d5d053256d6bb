"""Observables of a parallel tempering: by temperature, bit for bit, and against all states."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
from checks import Comparison, DeviationError, all_states, compare, require
from kadanoff.observables import Correlations, LinkOverlap, Overlap
from temperings import BETAS, make

SEED = 20240229


def rows(pt: kd.ParallelTempering) -> np.ndarray:
    """The spins, one row for each copy at each temperature."""
    return pt.spins.reshape(-1, *pt.shape[2:])


def state_bytes(pt: kd.ParallelTempering, path: Path) -> bytes:
    pt.save(path)
    return path.read_bytes()


VARIANTS = pytest.mark.parametrize(
    "options",
    [
        {},
        {"replicas": 1, "swap_every": 3},
        {"replicas": 5, "houdayer": 2, "pairs": "random"},
        {"betas": BETAS[::-1], "update": "metropolis", "swap_every": 2},
        {"model": kd.Potts(kd.Square(4), q=200)},
    ],
    ids=lambda options: ", ".join(options) or "default",
)


@VARIANTS
def test_a_draw_sees_the_spins_of_each_temperature(options: dict[str, Any]) -> None:
    asked, plain, again = (make(**options) for _ in range(3))
    default = plain.sample(draws=7, every=3)
    seen: list[np.ndarray] = []

    def keep(spins: np.ndarray) -> np.ndarray:
        seen.append(spins.copy())
        return spins.reshape(len(spins), -1)[:, :2]

    run = asked.sample(
        7, 3, [name for name in default if name in kd.observables.NAMES] + [{"first": keep}]
    )
    assert list(run) == sorted([*default, "first_0", "first_1"])
    for name in default:
        np.testing.assert_array_equal(run[name], default[name])
    np.testing.assert_array_equal(run.beta, default.beta)
    assert (run.first_sweep, run.every) == (3, 3)
    for draw, spins in enumerate(seen):
        again.run(3)
        assert spins.dtype == again.dtype
        np.testing.assert_array_equal(spins, rows(again))
        np.testing.assert_array_equal(
            run["first_1"][:, draw], rows(again).reshape(len(spins), -1)[:, 1]
        )


@VARIANTS
def test_draws_go_on_after_a_checkpoint(options: dict[str, Any], tmp_path: Path) -> None:
    """Draws in pieces with files in between are those of one piece, and leave the same file."""
    items: list[Any] = ["energy", "correlations", {"corner": lambda s: s[:, 0, 0]}]
    whole, part, plain = (make(**options) for _ in range(3))
    expected = whole.sample(11, 4, items)
    plain.sample(11, 4)
    pieces = []
    for draws in (1, 6, 4):
        pieces.append(part.sample(draws, 4, items))
        part.save(tmp_path / "pt.h5")
        part = kd.ParallelTempering.load(tmp_path / "pt.h5")
    found = kd.Run.concatenate(pieces)
    assert list(found) == list(expected)
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name])
    states = {state_bytes(pt, tmp_path / "state.h5") for pt in (whole, part, plain)}
    assert len(states) == 1


def test_what_is_asked_for_is_all_there_is() -> None:
    default = make().sample(3)
    for name in ("energy", "overlap"):
        run = make().sample(3, observables=name)
        assert list(run) == [name]
        np.testing.assert_array_equal(run[name], default[name])
    loaded = make().sample(3, observables=["overlap", "structure_factor"])
    assert list(loaded) == ["overlap", *(f"structure_factor_{k}" for k in range(3))]
    np.testing.assert_array_equal(loaded["overlap"], default["overlap"])


def test_overlaps_by_name_and_by_object() -> None:
    named, objects = (make(replicas=4) for _ in range(2))
    core = named.sample(5, 2, ["overlap", "link_overlap", "energy"])
    numpy = objects.sample(5, 2, [Overlap(), LinkOverlap(), "energy"])
    np.testing.assert_array_equal(core["energy"], numpy["energy"])
    for name in ("overlap", "link_overlap"):
        np.testing.assert_allclose(numpy[name], core[name], atol=1e-14)
        np.testing.assert_array_equal(core[name][0::2], core[name][1::2])


def test_errors_of_overlaps_are_their_spread() -> None:
    """Quoted errors against the scatter over 60 seeds, known to 9 %.

    Had neighbouring rows a copy in common, those of the squares would be a third too small.
    """
    names = ("overlap_squared", "link_overlap", "overlap_binder", "energy")
    means, errors = np.empty((2, 60, len(names)))
    for seed in range(60):
        pt = make(model=kd.Ising(kd.Square(4)), betas=[0.3, 0.42], replicas=8, seed=seed)
        pt.run(60)
        table = pt.sample(100, 10).summary(beta=0.42)
        means[seed] = [table[name].mean for name in names]
        errors[seed] = [table[name].standard_error for name in names]
    ratio = means.std(axis=0, ddof=1) / np.sqrt((errors**2).mean(axis=0))
    np.testing.assert_allclose(ratio, 1.0, atol=0.2)


def test_a_potts_model_has_uint8_spins() -> None:
    pt = make(model=kd.Potts(kd.Square(4), q=200), houdayer=False)
    assert pt.dtype == pt.spins.dtype == pt.best_spins.dtype == np.uint8
    pt.run(3)
    spins = pt.spins
    assert spins.max() > 127
    np.testing.assert_allclose(pt.energy, pt.model.energy(rows(pt)).reshape(4, 2) / 16)
    np.testing.assert_array_equal(pt.best_energy, pt.model.energy(pt.best_spins))
    pt.spins = spins[::-1]
    np.testing.assert_array_equal(pt.spins, spins[::-1])
    with pytest.raises(TypeError) as raised:
        pt.spins = spins.astype(np.int8)
    assert str(raised.value) == "[spins] expected dtype uint8, got int8"
    run = pt.sample(2, 1, ["overlap"])
    a, b = rows(pt)[0::2], rows(pt)[1::2]
    expected = (200 * (a == b).mean(axis=(1, 2)) - 1) / 199
    np.testing.assert_allclose(run["overlap"][0::2, 1], expected, rtol=1e-12)


@pytest.mark.parametrize("done", [0, 3])
def test_ctrl_c_keeps_whole_draws(done: int) -> None:
    calls = itertools.count()

    def stop(spins: np.ndarray) -> np.ndarray:
        if next(calls) == done:
            raise KeyboardInterrupt
        return np.asarray(spins.mean(axis=(1, 2)))

    pt = make()
    with pytest.raises(kd.Interrupted) as raised:
        pt.sample(10, 2, ["overlap", {"m": stop}])
    assert str(raised.value) == f"[sample] stopped after {done} of 10 draws"
    assert pt.sweep == 2 * (done + 1)
    if done == 0:
        assert raised.value.run is None
        return
    expected = make().sample(done, 2)
    np.testing.assert_array_equal(raised.value.run["overlap"], expected["overlap"])
    np.testing.assert_allclose(raised.value.run["m"], expected["magnetization"], atol=1e-15)


# Against the sum over all states.


def exact_averages(model: kd.Ising, beta: float) -> dict[str, float]:
    """Sums over the states of 3x3 sites, written out."""
    spins = all_states((9,)).astype(float)
    energies = model.energy(spins.reshape(-1, 3, 3).astype(np.int8))
    weights = np.exp(-beta * (energies - energies.min()))
    weights /= weights.sum()
    pair = (spins * weights[:, None]).T @ spins
    i, j = model.lattice.bonds.T
    lattice = model.lattice
    phase = lattice.positions @ lattice.momenta()[0]
    wave = np.cos(phase[:, None] - phase)
    return {
        "energy": float(weights @ energies) / 9,
        "magnetization": float(weights @ spins.mean(axis=1)),
        "overlap_squared": float((pair**2).mean()),
        "link_overlap": float((pair[i, j] ** 2).mean()),
        "structure_factor_0": pair.sum() / 9,
        "structure_factor_1": float((pair * wave).sum()) / 9,
        "overlap_structure_factor_1": float((pair**2 * wave).sum()) / 9,
        "correlations_1": float(np.mean([pair[k, k - k % 3 + (k + 1) % 3] for k in range(9)])),
        "corner": float(weights @ spins[:, 0]),
        "vertical_1": float(np.mean([pair[k, (k + 3) % 9] for k in range(9)])),
    }


def tempered(model: kd.Ising, betas: list[float]) -> dict[str, np.ndarray]:
    """Averages over the draws of each pair of copies, (temperature, pair)."""
    pt = kd.ParallelTempering(model, betas, replicas=400, seed=SEED, threads=1)
    pt.run(100)
    items = ["energy", "magnetization", "overlap", "link_overlap", "structure_factor"]
    items += ["overlap_structure_factor", "correlations", Correlations(0, name="vertical")]
    run = pt.sample(30, 4, [*items, {"corner": lambda spins: spins[:, 0, 0]}])
    series = {**run, "overlap_squared": run["overlap"] ** 2}
    # Pairs of copies share nothing: the mean of each is an independent value.
    return {
        name: series[name].reshape(len(betas), 200, 2, 30)[:, :, 0].mean(axis=2)
        if "overlap" in name
        else series[name].reshape(len(betas), 200, 60).mean(axis=2)
        for name in series
    }


def comparisons(model: kd.Ising, betas: list[float], run_at: list[float]) -> list[Comparison]:
    found = tempered(model, run_at)
    return [
        compare(name, beta, found[name][t], value)
        for t, beta in enumerate(betas)
        for name, value in exact_averages(model, beta).items()
    ]


@pytest.mark.parametrize("kind", ["ferromagnet in a field", "glass"])
def test_averages_on_all_states(kind: str) -> None:
    """Power: a beta 3 % off fails, by more than 4 errors of the energy."""
    lattice = kd.Square(3)
    model = kd.Ising(lattice, field=0.1)
    if kind == "glass":
        model = kd.Ising(lattice, kd.couplings.gaussian(lattice, seed=7), field=0.2)
    betas = [0.15, 0.3, 0.5]
    require(comparisons(model, betas, betas))
    with pytest.raises(DeviationError):
        require(comparisons(model, betas, [1.03 * beta for beta in betas]))


# What is refused, and changes nothing.

EVEN = "expected an even number of replicas at each beta for "
WRONG: list[tuple[dict[str, Any], Any, type[Exception], str]] = [
    ({}, [], ValueError, "expected at least one observable, got none"),
    ({}, 7, TypeError, "expected a list of observables, got 7"),
    (
        {},
        ["spin"],
        ValueError,
        "expected an observable among energy, magnetization, staggered_magnetization, "
        "sublattice_magnetization, overlap, link_overlap, structure_factor, "
        "overlap_structure_factor, correlations, got 'spin'",
    ),
    ({}, ["overlap", Overlap()], ValueError, "expected each observable once, got 'overlap' twice"),
    ({}, {"energy": len}, ValueError, "expected a name of your own, got 'energy'"),
    ({}, {"draw": len}, ValueError, "expected an identifier as name of an observable, got 'draw'"),
    ({"replicas": 1}, ["overlap"], ValueError, EVEN + "overlap, got 1 at 0.2"),
    ({"replicas": 3}, [LinkOverlap()], ValueError, EVEN + "link_overlap, got 3 at 0.2"),
    (
        {"replicas": 3},
        ["overlap_structure_factor"],
        ValueError,
        EVEN + "overlap_structure_factor, got 3 at 0.2",
    ),
    (
        {"model": kd.Ising(kd.Square(3))},
        ["staggered_magnetization"],
        ValueError,
        "expected a lattice of two colours for staggered_magnetization, got 3: Square(3)",
    ),
]
AT_DRAW: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (len, ValueError, "expected shape (8,) or (8, k) from 'x', got shape ()"),
    (
        lambda s: s.reshape(4, 2, -1).sum(axis=2),
        ValueError,
        "expected shape (8,) or (8, k) from 'x', got shape (4, 2)",
    ),
    (
        lambda s: np.full(8, np.inf),
        ValueError,
        "expected finite numbers from 'x', got NaN or infinity",
    ),
]


@pytest.mark.parametrize(("options", "items", "error", "text"), WRONG)
def test_wrong_requests(
    options: dict[str, Any], items: Any, error: type[Exception], text: str
) -> None:
    pt = make(**options)
    with pytest.raises(error) as raised:
        pt.sample(2, observables=items)
    assert raised.type is error
    assert str(raised.value) == f"[sample] {text}"
    assert pt.sweep == 0


@pytest.mark.parametrize(("function", "error", "text"), AT_DRAW)
def test_wrong_functions(function: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        make().sample(2, observables={"x": function})
    assert raised.type is error
    assert str(raised.value) == f"[sample] {text}"
