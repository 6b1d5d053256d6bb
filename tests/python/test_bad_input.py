"""Every wrong call and the exact error it gets; none of them changes anything.

Files that are not what they should be have their own table in `test_storage`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

MODEL = kd.Ising(kd.Square(4))
START = kd.Sampler(MODEL, beta=0.4, replicas=2, seed=1).spins
NAN, INF = float("nan"), float("inf")
EXTENT = "[Square] expected extent in [2, 34359738368], got "
INTEGER_EXTENT = "[Square] expected an integer extent, got "
SERVES = "[Sampler] expected a kernel that serves the model and the update, such as "
BETA = "[Sampler] expected beta in [0, 1e12], got "
BETA_TYPE = "[Sampler] expected a number or a list of numbers for beta, got "
UPDATE = (
    "[Sampler] expected update to be one of 'heatbath', 'metropolis', "
    "'wolff', 'swendsen-wang', got "
)
SEED = "[Sampler] expected seed in [0, 18446744073709551615], got "
DEVICE = "[Sampler] expected device to be one of 'cpu', 'cuda', got "
SPIN_TYPE = "[spins] expected dtype int8, got "
SPIN_SHAPE = "[spins] expected shape (2, 4, 4), got "
SPIN_VALUE = "[spins] expected values -1 and 1, got "


def changed(index: tuple[int, int, int], value: int) -> np.ndarray:
    spins = START.copy()
    spins[index] = value
    return spins


LATTICES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: kd.Square(0), ValueError, EXTENT + "0"),
    (lambda: kd.Square(1), ValueError, EXTENT + "1"),
    (lambda: kd.Square(-2), ValueError, EXTENT + "-2"),
    (lambda: kd.Square((0, 4)), ValueError, EXTENT + "0"),
    (lambda: kd.Square(2**40), ValueError, EXTENT + "1099511627776"),
    (lambda: kd.Square(4.0), TypeError, INTEGER_EXTENT + "4.0"),
    (lambda: kd.Square("4"), TypeError, INTEGER_EXTENT + "'4'"),
    (lambda: kd.Square(True), TypeError, INTEGER_EXTENT + "True"),
    (lambda: kd.Square(None), TypeError, INTEGER_EXTENT + "None"),
    (lambda: kd.Square((4, 4, 4)), ValueError, "[Square] expected 2 extents, got 3"),
    (lambda: kd.Square(()), ValueError, "[Square] expected 2 extents, got 0"),
    (lambda: kd.Cubic((4, 4)), ValueError, "[Cubic] expected 3 extents, got 2"),
    (
        lambda: kd.Square(2**35),
        ValueError,
        "[Lattice] expected at most 2^36 sites, got 34359738368 x 34359738368",
    ),
]

TERMS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"coupling": NAN}, ValueError, "[Ising] expected a finite coupling, got nan"),
    ({"coupling": INF}, ValueError, "[Ising] expected a finite coupling, got inf"),
    ({"field": -INF}, ValueError, "[Ising] expected a finite field, got -inf"),
    ({"field": 1e300}, ValueError, "[Ising] expected field of at most 1e12 in size, got 1e+300"),
    ({"coupling": "1"}, TypeError, "[Ising] expected a real number for coupling, got '1'"),
    (
        {"coupling": [1, 2]},
        ValueError,
        "[Ising] expected coupling as a number or of shape (32,), got shape (2,)",
    ),
    ({"coupling": 1j}, TypeError, "[Ising] expected a real number for coupling, got 1j"),
    ({"coupling": True}, TypeError, "[Ising] expected a real number for coupling, got True"),
    ({"field": None}, TypeError, "[Ising] expected a real number for field, got None"),
    ({"lattice": 4}, TypeError, "[Ising] expected a lattice such as kd.Square(16), got 4"),
]

SAMPLERS: list[tuple[dict[str, Any], type[Exception], str | re.Pattern[str]]] = [
    ({"beta": -1.0}, ValueError, re.compile(re.escape(BETA) + r"-1(\.0+)?")),
    ({"beta": NAN}, ValueError, BETA + "nan"),
    ({"beta": INF}, ValueError, BETA + "inf"),
    ({"beta": -INF}, ValueError, BETA + "-inf"),
    ({"beta": 1e300}, ValueError, BETA + "1e+300"),
    ({"beta": [0.4, NAN]}, ValueError, BETA + "nan"),
    ({"beta": [0.4] * 3}, ValueError, "[Sampler] expected one beta or one per replica (2), got 3"),
    (
        {"beta": [0.4, [0.3]]},
        TypeError,
        "[Sampler] expected beta as a regular array, got a ragged one",
    ),
    ({"beta": 10**30}, ValueError, BETA + "1e+30"),
    ({"beta": 10**400}, ValueError, "[Sampler] expected a finite beta, got inf"),
    ({"beta": "0.4"}, TypeError, BETA_TYPE + "'0.4'"),
    ({"beta": None}, TypeError, BETA_TYPE + "None"),
    ({"beta": []}, TypeError, BETA_TYPE + "[]"),
    ({"beta": [[0.4]]}, TypeError, BETA_TYPE + "[[0.4]]"),
    ({"beta": 1j}, TypeError, BETA_TYPE + "1j"),
    ({"beta": True}, TypeError, BETA_TYPE + "True"),
    ({"update": "wolf"}, ValueError, UPDATE + "'wolf'"),
    ({"update": None}, ValueError, UPDATE + "None"),
    ({"seed": -1}, ValueError, SEED + "-1"),
    ({"seed": 2**64}, ValueError, SEED + "18446744073709551616"),
    ({"seed": 1.0}, TypeError, "[Sampler] expected an integer seed, got 1.0"),
    ({"seed": "1"}, TypeError, "[Sampler] expected an integer seed, got '1'"),
    ({"replicas": 0}, ValueError, "[Sampler] expected replicas in [1, 2147483648], got 0"),
    ({"replicas": -1}, ValueError, "[Sampler] expected replicas in [1, 2147483648], got -1"),
    ({"replicas": 1.5}, TypeError, "[Sampler] expected an integer replicas, got 1.5"),
    ({"threads": 0}, ValueError, "[Sampler] expected threads in [1, 4096], got 0"),
    ({"threads": -1}, ValueError, "[Sampler] expected threads in [1, 4096], got -1"),
    ({"threads": 4097}, ValueError, "[Sampler] expected threads in [1, 4096], got 4097"),
    ({"threads": 1.5}, TypeError, "[Sampler] expected an integer threads, got 1.5"),
    ({"device": "gpu"}, ValueError, DEVICE + "'gpu'"),
    ({"device": None}, ValueError, DEVICE + "None"),
    (
        {"device": "cuda", "kernel": "table"},
        RuntimeError,
        "[Sampler] expected device 'cpu' for the table kernel, got 'cuda'",
    ),
    (
        {"device": "cuda", "kernel": "dense"},
        RuntimeError,
        "[Sampler] expected device 'cpu' for the dense kernel, got 'cuda'",
    ),
    (
        {"device": "cuda", "kernel": "plain"},
        RuntimeError,
        "[Sampler] expected device 'cpu' for the plain kernel, got 'cuda'",
    ),
    (
        {"start": "hot"},
        ValueError,
        "[Sampler] expected start to be one of 'ordered', 'random', 'down', got 'hot'",
    ),
    (
        {"model": kd.Square(4)},
        TypeError,
        "[Sampler] expected a model such as kd.Ising(lattice), got Square(4)",
    ),
    *[
        (
            {"model": model, "kernel": "checkerboard"},
            ValueError,
            SERVES + "'packed', got 'checkerboard'",
        )
        for model in (
            kd.Ising(kd.Square((4, 5))),
            kd.Ising(kd.Square(4, periodic=(True, False))),
            kd.Ising(kd.Graph([(0, 1)], 3)),
        )
    ],
    (
        {"model": kd.Ising(kd.Square(4), np.linspace(1, 2, 32)), "kernel": "packed"},
        ValueError,
        SERVES + "'plain', got 'packed'",
    ),
    ({"update": "wolff", "kernel": "plain"}, ValueError, SERVES + "'cluster', got 'plain'"),
    (
        {"kernel": "fast"},
        ValueError,
        "[Sampler] expected kernel to be one of 'checkerboard', 'packed', 'table', 'dense', "
        "'plain', 'potts', 'cluster', 'cluster-rows', 'cluster-graph', got 'fast'",
    ),
    (
        {"model": kd.Ising(kd.Square(4), plaquette=0.2), "kernel": "table"},
        ValueError,
        SERVES + "'plain', got 'table'",
    ),
    (
        {"model": kd.Ising(kd.Square(4), plaquette=0.2), "kernel": "dense"},
        ValueError,
        SERVES + "'plain', got 'dense'",
    ),
    (
        {"model": kd.Ising(kd.Square(2048)), "kernel": "dense"},
        ValueError,
        re.compile(
            r"\[Sampler\] expected spins that fit into memory, got 422212 GB "
            r"on a machine with \d+ GB"
        ),
    ),
    (
        {"model": kd.Ising(kd.Hypercubic((4, 4, 2, 2))), "kernel": "table"},
        ValueError,
        SERVES + "'packed', got 'table'",
    ),
    (
        {"order": "typewriter"},
        ValueError,
        "[Sampler] expected order to be one of 'sublattice', 'sequential', 'random', 'parallel', "
        "got 'typewriter'",
    ),
    (
        {"model": kd.Potts(kd.Square(4), 3, coupling=-1.0), "update": "wolff"},
        ValueError,
        "[Sampler] expected Potts couplings >= 0 for update 'wolff', got -1",
    ),
    (
        {"replicas": 2**31, "model": kd.Ising(kd.Square(4096))},
        ValueError,
        re.compile(
            r"\[Sampler\] expected spins that fit into memory, got \d+ GB on a machine with \d+ GB"
        ),
    ),
]

SPINS: list[tuple[Any, type[Exception], str]] = [
    (START[0], ValueError, SPIN_SHAPE + "(4, 4)"),
    (START.ravel(), ValueError, SPIN_SHAPE + "(32,)"),
    (np.empty((0, 4, 4), dtype=np.int8), ValueError, SPIN_SHAPE + "(0, 4, 4)"),
    (START.astype(float), TypeError, SPIN_TYPE + "float64"),
    (START.astype(np.int64), TypeError, SPIN_TYPE + "int64"),
    (START.astype(np.uint8), TypeError, SPIN_TYPE + "uint8"),
    (START > 0, TypeError, SPIN_TYPE + "bool"),
    (START.tolist(), TypeError, SPIN_TYPE + "int64"),
    (None, TypeError, SPIN_TYPE + "object"),
    ("up", TypeError, SPIN_TYPE + "<U2"),
    (changed((1, 3, 3), 0), ValueError, SPIN_VALUE + "0"),
    (changed((0, 0, 0), 2), ValueError, SPIN_VALUE + "2"),
    (changed((1, 0, 1), -128), ValueError, SPIN_VALUE + "-128"),
]

CALLS: list[tuple[Callable[[kd.Sampler], Any], type[Exception], str]] = [
    (lambda s: s.run(-1), ValueError, "[run] expected sweeps in [0, 1099511627773], got -1"),
    (lambda s: s.run(2**40), ValueError, f"[run] expected sweeps in [0, {2**40 - 3}], got {2**40}"),
    (lambda s: s.run(1.5), TypeError, "[run] expected an integer sweeps, got 1.5"),
    (lambda s: s.run("3"), TypeError, "[run] expected an integer sweeps, got '3'"),
    (lambda s: s.run(True), TypeError, "[run] expected an integer sweeps, got True"),
    (
        lambda s: s.sample(0),
        ValueError,
        f"[sample] expected draws in [1, {2**40 - 3}], got 0",
    ),
    (
        lambda s: s.sample(-1),
        ValueError,
        f"[sample] expected draws in [1, {2**40 - 3}], got -1",
    ),
    (
        lambda s: s.sample(2**30, every=2**11),
        ValueError,
        f"[sample] expected draws in [1, {2**29 - 1}], got {2**30}",
    ),
    (lambda s: s.sample(1.5), TypeError, "[sample] expected an integer draws, got 1.5"),
    (lambda s: s.sample(5, every=0), ValueError, f"[sample] expected every in [1, {2**40}], got 0"),
    (
        lambda s: s.sample(5, every=-1),
        ValueError,
        f"[sample] expected every in [1, {2**40}], got -1",
    ),
    (lambda s: s.sample(5, every=2.0), TypeError, "[sample] expected an integer every, got 2.0"),
]


def assert_raises(
    call: Callable[[], Any], error: type[Exception], text: str | re.Pattern[str]
) -> None:
    with pytest.raises(error) as raised:
        call()
    assert raised.type is error
    if isinstance(text, str):
        assert str(raised.value) == text
    else:
        assert text.fullmatch(str(raised.value))


@pytest.mark.parametrize(("call", "error", "text"), LATTICES)
def test_lattice(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    assert_raises(call, error, text)


@pytest.mark.parametrize(("options", "error", "text"), TERMS)
def test_model(options: dict[str, Any], error: type[Exception], text: str) -> None:
    assert_raises(lambda: kd.Ising(**{"lattice": kd.Square(4), **options}), error, text)


@pytest.mark.parametrize(("options", "error", "text"), SAMPLERS)
def test_sampler(
    options: dict[str, Any], error: type[Exception], text: str | re.Pattern[str]
) -> None:
    arguments = {"model": MODEL, "beta": 0.4, "replicas": 2, "seed": 1, **options}
    assert_raises(lambda: kd.Sampler(**arguments), error, text)


@pytest.mark.skipif(bool(kd._core.cuda_device_name()), reason="this machine has a CUDA device")
@pytest.mark.parametrize(
    ("call", "make"),
    [
        ("Sampler", lambda: kd.Sampler(MODEL, beta=0.4, device="cuda", kernel="checkerboard")),
        ("Sampler", lambda: kd.Sampler(MODEL, beta=0.4, device="cuda", kernel="packed")),
        ("GibbsSampler", lambda: kd.GibbsSampler(kd.RBM([[1.0]]), device="cuda")),
    ],
)
def test_cuda_without_cuda(call: str, make: Callable[[], object]) -> None:
    text = f"[{call}] expected a CUDA device for device 'cuda', got none that the driver can see"
    if not kd._core.built_with_cuda:
        text = (
            f"[{call}] expected a build with CUDA for device 'cuda', got one without: install the "
            "CUDA toolkit, then pip install --no-binary kadanoff -C cmake.define.KADANOFF_CUDA=ON "
            "'kadanoff[cuda]'"
        )
    assert_raises(make, RuntimeError, text)


@pytest.fixture
def sampler() -> kd.Sampler:
    sampler = kd.Sampler(MODEL, beta=0.4, replicas=2, seed=1)
    sampler.run(3)
    return sampler


def assert_unchanged(sampler: kd.Sampler) -> None:
    """The sampler is after three sweeps, and goes on as if nothing had happened."""
    untouched = kd.Sampler(MODEL, beta=0.4, replicas=2, seed=1)
    untouched.run(3)
    assert sampler.sweep == 3
    for _ in range(2):
        np.testing.assert_array_equal(sampler.spins, untouched.spins)
        sampler.run(1)
        untouched.run(1)


@pytest.mark.parametrize(("spins", "error", "text"), SPINS)
def test_spins(sampler: kd.Sampler, spins: Any, error: type[Exception], text: str) -> None:
    def assign() -> None:
        sampler.spins = spins

    assert_raises(assign, error, text)
    assert_unchanged(sampler)


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_run_and_sample(
    sampler: kd.Sampler, call: Callable[[kd.Sampler], Any], error: type[Exception], text: str
) -> None:
    assert_raises(lambda: call(sampler), error, text)
    assert_unchanged(sampler)


def test_sweep_and_beta_are_read_only(sampler: kd.Sampler) -> None:
    with pytest.raises(AttributeError):
        sampler.sweep = 0
    with pytest.raises(ValueError, match="read-only"):
        sampler.beta[0] = 1.0
    assert_unchanged(sampler)


def test_unusual_input_that_is_right(sampler: kd.Sampler) -> None:
    sampler.spins = np.asfortranarray(sampler.spins)
    sampler.run(np.int64(0))
    assert_unchanged(sampler)
    kd.Sampler(kd.Ising(kd.Square(np.array([2, 4])), np.float32(1), 0), np.float32(0.4), seed=0)
    kd.Sampler(MODEL, beta=1e12, seed=2**64 - 1).run(1)
    kd.Sampler(MODEL, beta=0, seed=1).run(1)


def test_settings_stay_as_they_are() -> None:
    model = kd.Ising(kd.Square(4))
    sampler = kd.Sampler(model, 0.4, seed=1)
    for owner, name in [(model, "coupling"), (model, "field"), (model, "lattice")] + [
        (sampler, name) for name in ("model", "update", "order", "replicas", "seed", "device")
    ]:
        before = getattr(owner, name)
        kind = type(owner).__name__
        with pytest.raises(AttributeError, match=rf"\[{kind}\] expected {name} to stay as it is"):
            setattr(owner, name, 3)
        assert getattr(owner, name) is before


RING, OPEN_CHAIN = kd.Chain(9), kd.Chain(9, periodic=False)


@pytest.mark.parametrize(
    ("model", "beta"),
    [
        (kd.Ising(kd.Square(4)), 0.0),
        (kd.Ising(kd.Square((2, 6))), 0.4),
        (kd.Ising(RING, kd.couplings.bimodal(RING, 1)), 0.4),
        (kd.Ising(kd.Square((1, 12), periodic=(False, True)), -1.0), 0.4),
        (kd.Ising(kd.Graph([(0, 1), (1, 2), (2, 0), (3, 4)], 5)), 0.4),
        (kd.Ising(kd.Graph([(0, 1), (1, 2)], 4)), 0.4),
        (kd.Potts(RING, 2), 0.4),
    ],
)
def test_metropolis_warns_where_it_is_not_ergodic(model: kd.Ising, beta: float) -> None:
    with pytest.warns(UserWarning, match="Metropolis is not ergodic"):
        kd.Sampler(model, beta, "metropolis", seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kd.Sampler(model, beta, "heatbath", seed=1)
        kd.Sampler(model, beta, "metropolis", seed=1, order="random")


@pytest.mark.parametrize(
    "model",
    [
        kd.Ising(OPEN_CHAIN),
        kd.Ising(RING, 1.0, 0.1),
        kd.Ising(RING, kd.couplings.gaussian(RING, 1)),
        kd.Ising(kd.Square((3, 4))),
        kd.Potts(RING, 3),
    ],
)
def test_metropolis_is_quiet_where_it_is_ergodic(model: kd.Ising) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kd.Sampler(model, 0.4, "metropolis", seed=1)


def test_down_starts_with_all_spins_down() -> None:
    sampler = kd.Sampler(kd.Ising(kd.Square((10, 66))), 0.4, replicas=2, seed=1, start="down")
    assert (sampler.spins == -1).all()
    assert sampler.magnetization.tolist() == [-1.0, -1.0]
