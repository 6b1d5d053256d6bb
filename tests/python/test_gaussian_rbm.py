"""Machines with Gaussian visible units: energies, exact sums, chains bit for bit, wrong calls."""

from __future__ import annotations

import itertools
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd
import reference_gaussian
from kadanoff import _core
from kadanoff.rbm import GaussianGibbsSampler

ISAS = _core.available_isas()
NAN, INF = float("nan"), float("inf")
VALUES = {"binary": (0, 1), "spin": (-1, 1)}
encodings = pytest.mark.parametrize("units", VALUES)


def machine(visible: int, hidden: int, units: str = "binary", size: float = 1.0) -> kd.GaussianRBM:
    rng = np.random.default_rng(6)
    return kd.GaussianRBM(
        size * rng.normal(size=(visible, hidden)),
        rng.normal(size=visible),
        rng.normal(size=hidden),
        rng.uniform(0.5, 2.0, visible),
        units,
    )


def hidden_states(rbm: kd.GaussianRBM) -> np.ndarray:
    return np.array(list(itertools.product(VALUES[rbm.hidden_units], repeat=rbm.n_hidden)))


@encodings
def test_energies_are_those_of_plain_sums(units: str) -> None:
    rbm = machine(4, 3, units)
    w, a, b, s = (
        x.astype(float) for x in (rbm.weights, rbm.visible_bias, rbm.hidden_bias, rbm.visible_scale)
    )
    for v in np.random.default_rng(1).normal(size=(5, 4)):
        total = 0.0
        for h in hidden_states(rbm):
            energy = sum((v[i] - a[i]) ** 2 / (2 * s[i] ** 2) for i in range(4)) - b @ h
            energy -= sum(v[i] / s[i] * w[i, j] * h[j] for i in range(4) for j in range(3))
            assert rbm.energy(v, h) == pytest.approx(energy, abs=1e-12)
            total += np.exp(-energy)
        assert rbm.free_energy(v) == pytest.approx(-np.log(total), abs=1e-12)
        assert rbm.log_likelihood(v, 2.0) == pytest.approx(np.log(total) - 2.0, abs=1e-12)


@encodings
@pytest.mark.parametrize("beta", [0.6, 1.0])
def test_the_partition_function_is_the_integral_of_all_weights(units: str, beta: float) -> None:
    rbm = machine(2, 3, units, 0.7)
    x, y = np.linspace(-32, 32, 641), np.linspace(-34, 34, 681)
    v = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
    weight = sum(np.exp(-beta * rbm.energy(v, h)) for h in hidden_states(rbm))
    integral = float(np.sum(weight)) * (x[1] - x[0]) * (y[1] - y[0])
    assert rbm.log_partition(beta) == pytest.approx(np.log(integral), abs=1e-10)
    if beta == 1.0:
        density = np.exp(rbm.log_likelihood(v)).sum() * (x[1] - x[0]) * (y[1] - y[0])
        assert density == pytest.approx(1.0, abs=1e-10)


@encodings
@pytest.mark.parametrize("hidden", [1, 2, 17])
def test_the_partition_function_of_independent_units(units: str, hidden: int) -> None:
    diagonal = np.linspace(-1, 1, hidden)
    rbm = kd.GaussianRBM(np.diag(diagonal), None, np.linspace(-2, 1, hidden), 3.0, units)
    w, b = rbm.weights.diagonal().astype(float), rbm.hidden_bias.astype(float)
    terms = [np.exp(b * h + 0.5 * w**2 * h * h) for h in VALUES[units]]
    exact = hidden * np.log(3.0 * np.sqrt(2 * np.pi)) + np.log(sum(terms)).sum()
    assert rbm.log_partition() == pytest.approx(exact, rel=1e-13)


@encodings
def test_means_and_moments_are_those_of_enumerated_hidden_units(units: str) -> None:
    rbm = machine(5, 4, units)
    beta = np.linspace(0.2, 1.5, 40)
    chains = kd.GibbsSampler(rbm, 40, seed=3, beta=beta)
    chains.run(2)
    v, h = chains.visible, hidden_states(rbm)
    energy = rbm.energy(v[:, None], h[None])
    weight = np.exp(-beta[:, None] * energy)
    np.testing.assert_allclose(chains.log_weight(), np.log(weight.sum(axis=1)), atol=1e-9)
    colder = np.log(np.exp(-0.5 * energy).sum(axis=1))
    np.testing.assert_allclose(chains.log_weight(0.5), colder, atol=1e-9)
    where = np.arange(40) % 3 == 0
    for chosen, moments in [(slice(None), chains.moments()), (where, chains.moments(where))]:
        mean = weight[chosen] / weight[chosen].sum(axis=1, keepdims=True) @ h
        np.testing.assert_allclose(moments.visible, v[chosen].mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(moments.hidden, mean.mean(axis=0), atol=1e-9)
        np.testing.assert_allclose(moments.products, v[chosen].T @ mean / len(mean), atol=1e-6)
    one = np.exp(-0.7 * energy[0])
    np.testing.assert_allclose(rbm.hidden_mean(v[0], 0.7), one @ h / one.sum(), atol=1e-9)
    mean = rbm.visible_bias + rbm.visible_scale * (h @ rbm.weights.T)
    np.testing.assert_allclose(rbm.visible_mean(h), mean, atol=1e-6)


SHAPES = [(1, 1, 1), (3, 2, 7), (65, 1, 6), (17, 130, 13), (70, 64, 12)]


@encodings
@pytest.mark.parametrize(("visible", "hidden", "chains"), SHAPES)
@pytest.mark.parametrize("isa", ["scalar", "avx2", "avx512"])
def test_chains_are_those_of_the_contract(
    units: str, visible: int, hidden: int, chains: int, isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isa not in ISAS:
        pytest.skip(f"this machine has no {isa}")
    monkeypatch.setenv("KADANOFF_ISA", isa)
    rbm = machine(visible, hidden, units, 2.0 / np.sqrt(visible + hidden))
    beta, seed = np.linspace(0.3, 2.0, chains), 2**64 - 5
    sampler = kd.GibbsSampler(rbm, chains, seed=seed, beta=beta)
    assert sampler.kernel == f"gaussian-{isa}"
    other = reference_gaussian.Sampler(rbm, chains, seed, beta)
    kept = np.random.default_rng(1).random((chains, visible)) < 0.2
    for step in range(4):
        assert sampler.visible.tobytes() == other.visible.tobytes()
        assert (sampler.hidden == other.hidden).all()
        if step == 2:
            sampler.clamp(kept)
            other.kept = kept
        sampler.run(1)
        other.run(1)


def test_units_that_32_bits_leave_open_are_exact() -> None:
    """One in 50,000 units comes that close to its threshold."""
    rbm = kd.GaussianRBM(np.zeros((1, 64)), None, np.linspace(-6, 6, 64))
    sampler = kd.GibbsSampler(rbm, 4000, seed=1)
    other = reference_gaussian.Sampler(rbm, 4000, 1, np.ones(1))
    assert (sampler.hidden == other.hidden).all()


def test_chains_do_not_depend_on_threads_or_on_others() -> None:
    rbm = machine(100, 70, "spin", 0.1)
    one = kd.GibbsSampler(rbm, 1000, seed=1, threads=1)
    for chains, threads in [(1000, 2), (1000, 7), (333, 3)]:
        other = kd.GibbsSampler(rbm, chains, seed=1, threads=threads)
        one = kd.GibbsSampler(rbm, 1000, seed=1, threads=1)
        one.run(8)
        other.run(8)
        assert (one.visible[:chains] == other.visible).all()
        assert (one.hidden[:chains] == other.hidden).all()


def test_the_sampler_is_one_of_the_family() -> None:
    chains = kd.GibbsSampler(machine(3, 2), 5, seed=1)
    assert isinstance(chains, GaussianGibbsSampler)
    assert type(kd.GibbsSampler(kd.RBM([[1.0]]), 5)) is kd.GibbsSampler
    assert repr(chains).startswith("GibbsSampler(GaussianRBM(3 visible, 2 hidden units), chains=5")
    assert chains.scale == 1.0


@encodings
def test_states_are_copies_that_can_be_assigned(units: str) -> None:
    chains = kd.GibbsSampler(machine(5, 3, units), 70, seed=2)
    new = np.random.default_rng(3).normal(size=(70, 5))
    wide = np.zeros((140, 10))
    wide[::2, ::-2] = new
    for assigned in (new, wide[::2, ::-2], new.tolist(), np.asfortranarray(new)):
        chains.visible = np.zeros((70, 5), dtype=int)
        chains.visible = assigned  # type: ignore[assignment]
        assert (chains.visible == new.astype(np.float32)).all()
    bits = np.random.default_rng(4).choice(VALUES[units], (70, 3))
    chains.hidden = bits
    assert (chains.hidden == bits).all()
    assert chains.hidden.dtype == (np.uint8 if units == "binary" else np.int8)
    assert (chains.visible == new.astype(np.float32)).all()


def test_clamped_units_and_half_steps() -> None:
    rbm = machine(5, 4)
    whole, halves = (kd.GibbsSampler(rbm, 50, seed=1) for _ in range(2))
    mask = np.array([True, False, True, False, False])
    for chains in (whole, halves):
        chains.clamp(mask, [0.5, 0, -3.25, 0, 0])
    halves.draw_hidden()
    whole.run(1)
    assert halves.step == 1
    assert (halves.hidden == whole.hidden).all()
    assert (whole.visible[:, mask] == [0.5, -3.25]).all()
    assert (whole.visible[:, ~mask] != halves.visible[:, ~mask]).all()
    other = kd.GibbsSampler(rbm, 50, seed=1)
    other.hidden = whole.hidden
    other.draw_visible()
    assert (whole.visible[:, ~mask] == other.visible[:, ~mask]).all()
    whole.clamp(None)
    whole.run(1)
    assert (whole.visible[:, mask] != [0.5, -3.25]).all()


def test_another_machine_takes_over() -> None:
    first, second = machine(6, 4), machine(6, 4, size=0.3)
    chains, other = (kd.GibbsSampler(rbm, 20, seed=1) for rbm in (first, second))
    chains.visible, chains.hidden = other.visible, other.hidden
    chains.rbm = second  # type: ignore[assignment]
    chains.run(3)
    other.run(3)
    assert (chains.visible == other.visible).all()
    chains.beta = 4.0  # type: ignore[assignment]
    assert (chains.beta == 4.0).all()


def test_learning_raises_the_likelihood() -> None:
    rng = np.random.default_rng(2)
    data = rng.choice([-2.0, 2.0], (500, 1)) * [1.0, -1.0] + 0.5 * rng.normal(size=(500, 2))
    rbm = kd.GaussianRBM(0.1 * rng.normal(size=(2, 3)), visible_scale=0.5)
    before = rbm.log_likelihood(data).mean()
    positive, chains = (kd.GibbsSampler(rbm, 500, seed=s) for s in (1, 2))
    positive.visible = data
    for _ in range(300):
        up, down = positive.moments(), chains.moments()
        rbm = kd.GaussianRBM(
            rbm.weights + 0.05 * (up.products - down.products) / rbm.visible_scale[:, None],
            rbm.visible_bias + 0.01 * (up.visible - down.visible) / rbm.visible_scale**2,
            rbm.hidden_bias + 0.05 * (up.hidden - down.hidden),
            rbm.visible_scale,
        )
        positive.rbm = chains.rbm = rbm  # type: ignore[assignment]
        chains.run(1)
    assert rbm.log_likelihood(data).mean() > before + 2.0


def test_gradients_of_the_likelihood() -> None:
    """What `moments` says of the gradient, against finite differences of exact likelihoods."""
    rbm = machine(2, 2)
    v = np.random.default_rng(3).normal(size=(7, 2))
    x, y = np.linspace(-16, 16, 321), np.linspace(-17, 17, 341)
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    share = np.exp(rbm.log_likelihood(grid)) * (x[1] - x[0]) * (y[1] - y[0])
    model = grid.T @ (share[:, None] * rbm.hidden_mean(grid))
    data = v.T @ rbm.hidden_mean(v) / len(v)
    slope = ((data - model) / rbm.visible_scale[:, None])[1, 0]
    step, shift = 2.0**-7, np.array([[0.0, 0.0], [1.0, 0.0]])
    up, down = (
        kd.GaussianRBM(
            rbm.weights + sign * step * shift, rbm.visible_bias, rbm.hidden_bias, rbm.visible_scale
        )
        for sign in (1, -1)
    )
    numeric = (up.log_likelihood(v).mean() - down.log_likelihood(v).mean()) / (2 * step)
    assert slope == pytest.approx(numeric, abs=1e-3)


@encodings
def test_files_and_pickles_go_on_bit_for_bit(tmp_path: Path, units: str) -> None:
    rbm = machine(33, 21, units, 0.2)
    rbm.save(tmp_path / "rbm.h5")
    assert kd.GaussianRBM.load(tmp_path / "rbm.h5") == rbm
    chains = kd.GibbsSampler(rbm, 50, seed=2**64 - 1, beta=np.linspace(0.5, 1, 50))
    chains.clamp(np.arange(33) % 4 == 0)
    chains.run(3)
    chains.save(tmp_path / "chains.h5")
    others = [kd.GibbsSampler.load(tmp_path / "chains.h5"), pickle.loads(pickle.dumps(chains))]
    chains.run(4)
    for other in others:
        assert isinstance(other, GaussianGibbsSampler)
        assert repr(other) == repr(chains).replace("step=7", "step=3")
        assert (other.clamped == chains.clamped).all()
        other.run(4)
        assert (other.visible == chains.visible).all()
        assert (other.hidden == chains.hidden).all()


def test_equality_and_own_arrays() -> None:
    weights = np.asfortranarray(np.random.default_rng(1).normal(size=(4, 3)))
    rbm = kd.GaussianRBM(weights, visible_scale=[1, 2, 3, 4])
    assert rbm == kd.GaussianRBM(weights.copy(), visible_scale=np.arange(1, 5))
    assert rbm != kd.GaussianRBM(weights)
    assert rbm != kd.RBM(weights)
    weights[:] = 0
    assert rbm.weights.any()
    for array in (rbm.weights, rbm.visible_bias, rbm.hidden_bias, rbm.visible_scale):
        assert array.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    with pytest.raises(AttributeError):
        rbm.visible_scale = weights  # type: ignore[assignment]


def test_extreme_machines_stay_finite() -> None:
    rbm = kd.GaussianRBM(np.full((3, 2), 3e8), visible_scale=1e9, hidden_bias=[1e17, -1e17])
    chains = kd.GibbsSampler(rbm, 64, seed=1, beta=1e-12)
    chains.run(3)
    assert np.isfinite(chains.visible).all()
    cold = kd.GibbsSampler(machine(3, 2), 64, seed=1, beta=1e12)
    cold.run(3)
    assert np.isfinite(cold.visible).all()


RBM = machine(5, 3)
SHAPE = (
    "[GaussianRBM] expected weights of shape (n_visible, n_hidden) with 1 to 2^20 units in a "
    "layer, got shape "
)
MACHINES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: kd.GaussianRBM([[1.0, NAN]]),
        ValueError,
        "[GaussianRBM] expected finite weights in the range of float32, got nan",
    ),
    (lambda: kd.GaussianRBM([1.0, 2.0]), ValueError, SHAPE + "(2,)"),
    (lambda: kd.GaussianRBM(np.zeros((3, 0))), ValueError, SHAPE + "(3, 0)"),
    (
        lambda: kd.GaussianRBM([["1"]]),
        TypeError,
        "[GaussianRBM] expected real numbers for weights, got dtype <U1",
    ),
    (
        lambda: kd.GaussianRBM([[1.0]], [1.0, 2.0]),
        ValueError,
        "[GaussianRBM] expected visible_bias of shape (1,), got shape (2,)",
    ),
    (
        lambda: kd.GaussianRBM([[1.0]], hidden_bias=[INF]),
        ValueError,
        "[GaussianRBM] expected finite hidden_bias in the range of float32, got inf",
    ),
    (
        lambda: kd.GaussianRBM([[1.0]], visible_scale=[1.0, 2.0]),
        ValueError,
        "[GaussianRBM] expected one visible_scale or shape (1,), got shape (2,)",
    ),
    (
        lambda: kd.GaussianRBM([[1.0]], visible_scale=0.0),
        ValueError,
        "[GaussianRBM] expected visible_scale in [1e-9, 1e9], got 0.0",
    ),
    (
        lambda: kd.GaussianRBM([[1.0]], visible_scale=-1.0),
        ValueError,
        "[GaussianRBM] expected visible_scale in [1e-9, 1e9], got -1.0",
    ),
    (
        lambda: kd.GaussianRBM(np.full((4, 4), 3e17)),
        ValueError,
        "[GaussianRBM] expected terms of a unit that add up to at most 1e18, got about 1.2e+18",
    ),
    (
        lambda: kd.GaussianRBM([[1.0]], hidden_units="gaussian"),
        ValueError,
        "[GaussianRBM] expected hidden_units to be one of 'binary', 'spin', got 'gaussian'",
    ),
    (
        lambda: RBM.free_energy([1, 0, 1]),
        ValueError,
        "[free_energy] expected visible of shape (..., 5), got shape (3,)",
    ),
    (
        lambda: RBM.free_energy([1, 0, 1, NAN, 0]),
        ValueError,
        "[free_energy] expected values in [-1e18, 1e18] for visible, got nan",
    ),
    (
        lambda: RBM.energy([0.5] * 5, [0.5, 0, 0]),
        ValueError,
        "[energy] expected values 0 and 1 for hidden, got 0.5",
    ),
    (
        lambda: RBM.hidden_mean([0.5] * 5, beta=0.0),
        ValueError,
        "[hidden_mean] expected beta in [1e-12, 1e12] for Gaussian units, got 0.0",
    ),
    (
        lambda: kd.GaussianRBM(np.zeros((1, 25))).log_partition(),
        ValueError,
        "[log_partition] expected at most 24 hidden units, got 25",
    ),
    (
        lambda: RBM.log_likelihood([0.5] * 5, log_z=NAN),
        ValueError,
        "[log_likelihood] expected a finite log_z, got nan",
    ),
]
SAMPLERS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"chains": 0}, ValueError, "[GibbsSampler] expected chains in [1, 2147483648], got 0"),
    (
        {"beta": 0.0},
        ValueError,
        "[GibbsSampler] expected beta in [1e-12, 1e12] for Gaussian units, got 0",
    ),
    (
        {"beta": [1.0, 2.0]},
        ValueError,
        "[GibbsSampler] expected one beta or one per chain (6), got 2",
    ),
    (
        {"precision": "fixed16"},
        ValueError,
        "[GibbsSampler] expected precision float32 for Gaussian units, got fixed16",
    ),
    (
        {"device": "cuda"},
        RuntimeError,
        "[GibbsSampler] expected device cpu for Gaussian units, got cuda",
    ),
]


def assign(name: str, value: Any) -> Callable[[kd.GibbsSampler], None]:
    return lambda chains: setattr(chains, name, value)


CALLS: list[tuple[Callable[[kd.GibbsSampler], Any], type[Exception], str]] = [
    (lambda c: c.run(-1), ValueError, "[run] expected steps in [0, 1099511627776], got -1"),
    (
        assign("visible", np.zeros((5, 5))),
        ValueError,
        "[visible] expected shape (6, 5), got (5, 5)",
    ),
    (
        assign("visible", np.full((6, 5), INF)),
        ValueError,
        "[visible] expected values in [-1e18, 1e18] for visible, got inf",
    ),
    (
        assign("visible", np.full((6, 5), 2e18)),
        ValueError,
        "[visible] expected values in [-1e18, 1e18] for visible, got 2e+18",
    ),
    (
        assign("hidden", np.full((6, 3), 0.5)),
        ValueError,
        "[hidden] expected values 0 and 1 for hidden, got 0.5",
    ),
    (
        assign("rbm", kd.RBM(np.zeros((5, 3)))),
        TypeError,
        "[rbm] expected a machine such as kd.GaussianRBM(weights), got RBM(5 visible, 3 hidden",
    ),
    (
        assign("rbm", machine(5, 3, "spin")),
        ValueError,
        "[rbm] expected a machine like GaussianRBM(5 visible, 3 hidden units), got GaussianRBM(5",
    ),
    (
        assign("beta", 0.0),
        ValueError,
        "[GibbsSampler] expected beta in [1e-12, 1e12] for Gaussian units, got 0",
    ),
    (
        lambda c: c.clamp([True] * 5, [NAN] * 5),
        ValueError,
        "[visible] expected values in [-1e18, 1e18] for visible, got nan",
    ),
    (
        lambda c: c.moments([False] * 6),
        ValueError,
        "[moments] expected at least one chain, got none",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), MACHINES)
def test_wrong_machines(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape(text)):
        call()


@pytest.mark.parametrize(("options", "error", "text"), SAMPLERS)
def test_wrong_samplers(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape(text)):
        kd.GibbsSampler(RBM, **{"chains": 6, "seed": 1, **options})


def test_each_class_wants_its_own_machine() -> None:
    with pytest.raises(TypeError, match=r"expected a machine such as kd.GaussianRBM\(weights\)"):
        GaussianGibbsSampler(kd.RBM([[1.0]]))


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls_change_nothing(
    call: Callable[[kd.GibbsSampler], Any], error: type[Exception], text: str
) -> None:
    chains, same = (kd.GibbsSampler(RBM, 6, seed=1) for _ in range(2))
    with pytest.raises(error, match="^" + re.escape(text)):
        call(chains)
    chains.run(3)
    same.run(3)
    assert (chains.visible == same.visible).all()
    assert (chains.hidden == same.hidden).all()


def test_a_file_that_lies_is_refused(tmp_path: Path) -> None:
    from kadanoff import storage

    state = kd.GibbsSampler(RBM, 6, seed=1).state()
    state["visible"] = np.full((6, 5), NAN, dtype=np.float32)
    storage.write(tmp_path / "chains.h5", "gibbs_sampler", 1, state)
    with pytest.raises(kd.FileError, match=re.escape("[visible] expected values in [-1e18, 1e18]")):
        kd.GibbsSampler.load(tmp_path / "chains.h5")
