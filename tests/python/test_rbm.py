"""Restricted Boltzmann machines: energies, states, files, and wrong calls."""

from __future__ import annotations

import itertools
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kadanoff as kd

NAN, INF = float("nan"), float("inf")
WEIGHTS = np.random.default_rng(1).normal(size=(5, 3))
RBM = kd.RBM(WEIGHTS, [0.1, -0.2, 0.3, 0.0, 1.0], [-0.5, 0.5, 0.25])
VALUES = {"binary": (0, 1), "spin": (-1, 1)}

encodings = pytest.mark.parametrize(
    ("visible_units", "hidden_units"), list(itertools.product(VALUES, VALUES))
)


def sampler(**options: Any) -> kd.GibbsSampler:
    return kd.GibbsSampler(RBM, **{"chains": 6, "seed": 1, **options})


@encodings
def test_energies_are_those_of_plain_sums(visible_units: str, hidden_units: str) -> None:
    rbm = kd.RBM(WEIGHTS, RBM.visible_bias, RBM.hidden_bias, visible_units, hidden_units)
    w, a, b = (x.astype(float) for x in (rbm.weights, rbm.visible_bias, rbm.hidden_bias))
    for v in itertools.product(VALUES[visible_units], repeat=5):
        total = 0.0
        for h in itertools.product(VALUES[hidden_units], repeat=3):
            energy = -sum(a[i] * v[i] for i in range(5)) - sum(b[j] * h[j] for j in range(3))
            energy -= sum(v[i] * w[i, j] * h[j] for i in range(5) for j in range(3))
            assert rbm.energy(v, h) == pytest.approx(energy, abs=1e-12)
            total += np.exp(-energy)
        assert rbm.free_energy(v) == pytest.approx(-np.log(total), abs=1e-12)


def test_energies_broadcast() -> None:
    v = np.array(list(itertools.product((0, 1), repeat=5)), dtype=np.uint8)
    h = np.array(list(itertools.product((0, 1), repeat=3)), dtype=bool)
    energy = RBM.energy(v[:, None], h[None])
    assert energy.shape == (32, 8)
    assert energy[7, 3] == RBM.energy(v[7], h[3])
    assert RBM.free_energy(v).shape == (32,)


def test_free_energy_of_huge_weights_is_finite() -> None:
    assert np.isfinite(kd.RBM(np.full((3, 2), 1e30)).free_energy([[1, 1, 0]])).all()


def test_machines_keep_their_own_arrays() -> None:
    weights = np.asfortranarray(WEIGHTS)
    rbm = kd.RBM(weights, hidden_bias=np.arange(6)[::2])
    weights[:] = 0
    assert (rbm.weights == WEIGHTS.astype(np.float32)).all()
    assert rbm.hidden_bias.tolist() == [0, 2, 4]
    with pytest.raises(ValueError, match="read-only"):
        rbm.weights[0, 0] = 1
    with pytest.raises(AttributeError):
        rbm.weights = weights


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
def test_weights_of_any_real_dtype(dtype: type) -> None:
    weights = np.arange(12).reshape(4, 3).astype(dtype)[::2, ::-1]
    assert kd.RBM(weights) == kd.RBM(np.array([[2, 1, 0], [8, 7, 6]], dtype=np.float32))


def test_equality() -> None:
    assert kd.RBM(WEIGHTS, RBM.visible_bias, RBM.hidden_bias) == RBM
    assert kd.RBM(WEIGHTS) != RBM
    assert kd.RBM(WEIGHTS, hidden_units="spin") != kd.RBM(WEIGHTS)
    assert kd.RBM(WEIGHTS) != "RBM"


@encodings
def test_states_are_copies_that_can_be_assigned(visible_units: str, hidden_units: str) -> None:
    rbm = kd.RBM(WEIGHTS, None, None, visible_units, hidden_units)
    chains = kd.GibbsSampler(rbm, chains=70, seed=2)
    for layer, units in (("visible", visible_units), ("hidden", hidden_units)):
        state = getattr(chains, layer)
        assert state.dtype == (np.uint8 if units == "binary" else np.int8)
        assert set(np.unique(state)) == set(VALUES[units])
        new = np.where(np.random.default_rng(3).random(state.shape) < 0.5, *VALUES[units])
        wide = np.empty((140, 2 * state.shape[1]), dtype=np.float16)
        wide[::2, ::-2] = new
        for assigned in (new, wide[::2, ::-2], new.tolist(), new.astype(float, order="F")):
            setattr(chains, layer, state)
            setattr(chains, layer, assigned)
            assert (getattr(chains, layer) == new).all()


def test_huge_weights_saturate() -> None:
    weights = np.full((4, 2), 1e30)
    weights[:, 1] = -1e30
    chains = kd.GibbsSampler(kd.RBM(weights, visible_bias=[0.5] * 4), chains=64, seed=1)
    chains.visible = np.ones((64, 4))
    chains.run(1)
    assert (chains.hidden == [1, 0]).all()
    assert (chains.visible == 1).all()


@pytest.mark.parametrize("precision", ["float32", "fixed16"])
def test_files_and_pickles_go_on_bit_for_bit(tmp_path: Path, precision: str) -> None:
    rbm = kd.RBM(np.random.default_rng(2).normal(size=(33, 21)), visible_units="spin")
    chains = kd.GibbsSampler(
        rbm, 50, seed=2**64 - 1, precision=precision, beta=np.linspace(0, 1, 50)
    )
    chains.clamp(np.arange(33) % 4 == 0)
    chains.run(3)
    chains.save(tmp_path / "chains.h5")
    others = [kd.GibbsSampler.load(tmp_path / "chains.h5"), pickle.loads(pickle.dumps(chains))]
    chains.run(4)
    for other in others:
        assert repr(other) == repr(chains).replace("step=7", "step=3")
        assert (other.clamped == chains.clamped).all()
        other.run(4)
        assert (other.visible == chains.visible).all()
        assert (other.hidden == chains.hidden).all()


def test_machines_in_files(tmp_path: Path) -> None:
    RBM.save(tmp_path / "rbm.h5")
    assert kd.RBM.load(tmp_path / "rbm.h5") == RBM
    with pytest.raises(kd.FileError):
        kd.GibbsSampler.load(tmp_path / "rbm.h5")


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chains.h5"
    sampler().save(path)
    with h5py.File(path, "a") as file:
        file["visible"][0, 0] ^= 0x80
    with pytest.raises(kd.FileError):
        kd.GibbsSampler.load(path)


def test_clamped_units_can_be_let_go() -> None:
    chains = sampler(chains=200)
    chains.clamp(np.ones(5, dtype=bool), [1, 0, 1, 0, 1])
    chains.run(2)
    assert (chains.visible == [1, 0, 1, 0, 1]).all()
    chains.clamp(None)
    assert chains.clamped is None
    chains.run(1)
    assert not (chains.visible == [1, 0, 1, 0, 1]).all()


def test_beta_can_be_assigned() -> None:
    one, each = sampler(beta=0.5), sampler(beta=2.0)
    each.beta = np.full(6, 0.5)
    one.run(5)
    each.run(5)
    assert (one.visible == each.visible).all()
    assert not one.beta.flags.writeable


def test_fixed16_states_its_scale() -> None:
    chains = sampler(precision="fixed16")
    rounded = np.rint(chains.scale * WEIGHTS.astype(np.float32)) / chains.scale
    assert np.abs(rounded - WEIGHTS).max() < 1e-3
    assert sampler().scale == 1.0


FINITE = "[RBM] expected finite weights in the range of float32, got "
SHAPE = (
    "[RBM] expected weights of shape (n_visible, n_hidden) with 1 to 2^20 units in a layer, "
    "got shape "
)

MACHINES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: kd.RBM([[1.0, NAN]]), ValueError, FINITE + "nan"),
    (lambda: kd.RBM([[INF]]), ValueError, FINITE + "inf"),
    (lambda: kd.RBM([[1e300]]), ValueError, FINITE + "1e+300"),
    (lambda: kd.RBM([1.0, 2.0]), ValueError, SHAPE + "(2,)"),
    (lambda: kd.RBM(np.zeros((0, 3))), ValueError, SHAPE + "(0, 3)"),
    (lambda: kd.RBM(1.0), ValueError, SHAPE + "()"),
    (
        lambda: kd.RBM([[1, 2], [3]]),
        TypeError,
        "[RBM] expected weights as a regular array, got a ragged one",
    ),
    (
        lambda: kd.RBM([["1"]]),
        TypeError,
        "[RBM] expected real numbers for weights, got dtype <U1",
    ),
    (
        lambda: kd.RBM([[1j]]),
        TypeError,
        "[RBM] expected real numbers for weights, got dtype complex128",
    ),
    (
        lambda: kd.RBM([[1.0]], [1.0, 2.0]),
        ValueError,
        "[RBM] expected visible_bias of shape (1,), got shape (2,)",
    ),
    (
        lambda: kd.RBM([[1.0]], hidden_bias=[NAN]),
        ValueError,
        "[RBM] expected finite hidden_bias in the range of float32, got nan",
    ),
    (
        lambda: kd.RBM(np.full((4, 4), 3e37)),
        ValueError,
        "[RBM] expected weights and biases of a unit that add up to at most 1e37, "
        "got about 1.2e+38",
    ),
    (
        lambda: kd.RBM([[1.0]], visible_units="bits"),
        ValueError,
        "[RBM] expected visible_units to be one of 'binary', 'spin', got 'bits'",
    ),
    (
        lambda: RBM.energy([1, 0, 1], [0, 0, 0]),
        ValueError,
        "[energy] expected visible of shape (..., 5), got shape (3,)",
    ),
    (
        lambda: RBM.free_energy([1, 0, 1, 2, 0]),
        ValueError,
        "[free_energy] expected values 0 and 1 for visible, got 2",
    ),
    (
        lambda: RBM.free_energy([1, 0, 1, 0.5, 0]),
        ValueError,
        "[free_energy] expected values 0 and 1 for visible, got 0.5",
    ),
    (
        lambda: RBM.free_energy([1, 0, 1, NAN, 0]),
        ValueError,
        "[free_energy] expected values 0 and 1 for visible, got nan",
    ),
    (
        lambda: RBM.free_energy(["a"] * 5),
        TypeError,
        "[free_energy] expected numbers for visible, got dtype <U1",
    ),
]

SAMPLERS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"chains": 0}, ValueError, "[GibbsSampler] expected chains in [1, 2147483648], got 0"),
    ({"chains": 1.5}, TypeError, "[GibbsSampler] expected an integer chains, got 1.5"),
    (
        {"seed": -1},
        ValueError,
        "[GibbsSampler] expected seed in [0, 18446744073709551615], got -1",
    ),
    ({"threads": 0}, ValueError, "[GibbsSampler] expected threads in [1, 4096], got 0"),
    ({"beta": -1.0}, ValueError, "[GibbsSampler] expected beta in [0, 1e12], got -1"),
    ({"beta": NAN}, ValueError, "[GibbsSampler] expected beta in [0, 1e12], got nan"),
    (
        {"beta": [1.0, 2.0]},
        ValueError,
        "[GibbsSampler] expected one beta or one per chain (6), got 2",
    ),
    (
        {"beta": "1"},
        TypeError,
        "[GibbsSampler] expected a number or a list of numbers for beta, got '1'",
    ),
    (
        {"precision": "float64"},
        ValueError,
        "[GibbsSampler] expected precision to be one of 'float32', 'fixed16', got 'float64'",
    ),
    (
        {"device": "tpu"},
        ValueError,
        "[GibbsSampler] expected device to be one of 'cpu', 'cuda', got 'tpu'",
    ),
]


def assign(name: str, value: Any) -> Callable[[kd.GibbsSampler], None]:
    return lambda chains: setattr(chains, name, value)


CALLS: list[tuple[Callable[[kd.GibbsSampler], Any], type[Exception], str]] = [
    (lambda c: c.run(-1), ValueError, "[run] expected steps in [0, 1099511627776], got -1"),
    (lambda c: c.run(1.0), TypeError, "[run] expected an integer steps, got 1.0"),
    (
        assign("visible", np.zeros((5, 5))),
        ValueError,
        "[visible] expected shape (6, 5), got (5, 5)",
    ),
    (
        assign("visible", np.full((6, 5), -1)),
        ValueError,
        "[visible] expected values 0 and 1 for visible, got -1",
    ),
    (
        assign("visible", np.full((6, 5), 256)),
        ValueError,
        "[visible] expected values 0 and 1 for visible, got 256",
    ),
    (
        assign("hidden", np.zeros((6, 3), dtype=complex)),
        TypeError,
        "[hidden] expected numbers for hidden, got dtype complex128",
    ),
    (
        assign("beta", [1.0] * 5),
        ValueError,
        "[GibbsSampler] expected one beta or one per chain (6), got 5",
    ),
    (
        lambda c: c.clamp([1, 0, 1, 0, 1]),
        TypeError,
        "[clamp] expected mask of dtype bool, got int64",
    ),
    (
        lambda c: c.clamp([True]),
        ValueError,
        "[clamp] expected mask of shape (5,) or (6, 5), got shape (1,)",
    ),
    (
        lambda c: c.clamp([True] * 5, [2, 1, 1, 1, 1]),
        ValueError,
        "[visible] expected values 0 and 1 for visible, got 2",
    ),
    (
        lambda c: c.clamp(None, [1]),
        ValueError,
        "[clamp] expected a mask for the values, got None",
    ),
    (
        assign("seed", 3),
        AttributeError,
        "[GibbsSampler] expected seed to stay as it is: make a new GibbsSampler",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), MACHINES)
def test_wrong_machines(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape(text)):
        call()


@pytest.mark.parametrize(("options", "error", "text"), SAMPLERS)
def test_wrong_samplers(options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="^" + re.escape(text)):
        sampler(**options)


def test_a_sampler_needs_a_machine() -> None:
    with pytest.raises(TypeError, match=r"expected a machine such as kd.RBM\(weights\), got 3"):
        kd.GibbsSampler(3)  # type: ignore[arg-type]


def test_weights_too_large_for_fixed16() -> None:
    with pytest.raises(ValueError, match="below about 44000 for fixed16, got 2000"):
        kd.GibbsSampler(kd.RBM([[20.0]]), chains=1, seed=1, precision="fixed16", beta=1e10)


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls_change_nothing(
    call: Callable[[kd.GibbsSampler], Any], error: type[Exception], text: str
) -> None:
    chains, same = sampler(), sampler()
    with pytest.raises(error, match="^" + re.escape(text)):
        call(chains)
    chains.run(3)
    same.run(3)
    assert (chains.visible == same.visible).all()
    assert (chains.hidden == same.hidden).all()
