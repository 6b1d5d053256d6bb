"""Averages over chains, and machines that take the place of others in a sampler."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

import kadanoff as kd

UNITS = ("binary", "spin")
ISAS = kd._core.available_isas()
encodings = pytest.mark.parametrize("units", list(itertools.product(UNITS, UNITS)))


def machine(units: tuple[str, str], seed: int = 2, visible: int = 6, hidden: int = 4) -> kd.RBM:
    rng = np.random.default_rng(seed)
    return kd.RBM(
        rng.normal(size=(visible, hidden)),
        rng.normal(size=visible),
        rng.normal(size=hidden),
        *units,
    )


def hidden_states(rbm: kd.RBM) -> np.ndarray:
    low = -1 if rbm.hidden_units == "spin" else 0
    return np.array(list(itertools.product((low, 1), repeat=rbm.n_hidden)))


@encodings
def test_moments_and_weights_are_those_of_enumerated_hidden_units(units: tuple[str, str]) -> None:
    beta = np.linspace(0.0, 1.5, 40)
    chains = kd.GibbsSampler(machine(units), 40, seed=3, beta=beta)
    chains.run(2)
    v, h = chains.visible, hidden_states(chains.rbm)
    energy = chains.rbm.energy(v[:, None], h[None])
    weight = np.exp(-beta[:, None] * energy)
    np.testing.assert_allclose(chains.log_weight(), np.log(weight.sum(axis=1)), atol=3e-5)
    colder = np.log(np.exp(-0.5 * energy).sum(axis=1))
    np.testing.assert_allclose(chains.log_weight(0.5), colder, atol=3e-5)

    where = np.arange(40) % 3 == 0
    for chosen, moments in [(slice(None), chains.moments()), (where, chains.moments(where))]:
        given = weight[chosen] / weight[chosen].sum(axis=1, keepdims=True)
        mean = given @ h
        np.testing.assert_allclose(moments.visible, v[chosen].mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(moments.hidden, mean.mean(axis=0), atol=1e-4)
        products = v[chosen].T.astype(float) @ mean / len(mean)
        np.testing.assert_allclose(moments.products, products, atol=1e-4)


def plain_moments(chains: kd.GibbsSampler, chosen: np.ndarray, hidden: str) -> kd.rbm.Moments:
    """Return what moments are by their formulas, in float64 matrices."""
    rbm, v = chains.rbm, chains.visible[chosen].astype(float)
    field = chains.beta[chosen, None] * (v @ rbm.weights.astype(float) + rbm.hidden_bias)
    if hidden == "sampled":
        h = chains.hidden[chosen].astype(float)
    elif rbm.hidden_units == "spin":
        h = np.tanh(field)
    else:
        h = 0.5 + 0.5 * np.tanh(0.5 * field)
    return kd.rbm.Moments(v.mean(axis=0), h.mean(axis=0), v.T @ h / len(v))


@encodings
@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (1, 7, 33), (37, 1, 33), (17, 49, 65), (70, 100, 1100), (1030, 5, 12)]
)
@pytest.mark.parametrize("hidden", ["mean", "sampled"])
def test_moments_of_any_shape(
    units: tuple[str, str], shape: tuple[int, int, int], hidden: str
) -> None:
    n_visible, n_hidden, count = shape
    rbm = machine(units, visible=n_visible, hidden=n_hidden)
    chains = kd.GibbsSampler(rbm, count, seed=4, beta=np.linspace(0.0, 1.5, count))
    chains.run(1)
    where = np.arange(2 * count)[::2] % 3 == 0  # strided
    for chosen in (None, where):
        moments = chains.moments(chosen, hidden)
        plain = plain_moments(chains, np.ones(count, bool) if chosen is None else chosen, hidden)
        for got, expected in zip(moments, plain, strict=True):
            assert got.dtype == np.float64
            assert got.shape == expected.shape
            np.testing.assert_allclose(got, expected, rtol=0, atol=2e-5)
            if hidden == "sampled":
                np.testing.assert_allclose(got, expected, rtol=0, atol=1e-14)
    wrong = plain_moments(chains, np.ones(count, bool), hidden).products + 1e-4
    assert np.abs(chains.moments(None, hidden).products - wrong).min() > 2e-5


def test_fixed16_tells_of_the_machine_that_is_sampled() -> None:
    rbm = machine(("binary", "binary"), visible=30, hidden=20)
    chains = kd.GibbsSampler(rbm, 100, seed=4, precision="fixed16")

    def rounded(numbers: np.ndarray) -> np.ndarray:
        return np.rint(chains.scale * numbers.astype(float)) / chains.scale

    sampled = kd.RBM(rounded(rbm.weights), rounded(rbm.visible_bias), rounded(rbm.hidden_bias))
    exact = kd.GibbsSampler(sampled, 100, seed=4)
    exact.visible = chains.visible
    assert np.abs(chains.moments().products - exact.moments().products).max() < 2e-6
    assert np.abs(chains.log_weight() - exact.log_weight()).max() < 1e-4
    exact.rbm = rbm
    assert np.abs(chains.moments().products - exact.moments().products).max() > 1e-5


def outcome(isa: str, threads: int, precision: str, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    monkeypatch.setenv("KADANOFF_ISA", isa)
    rbm = machine(("spin", "binary"), visible=300, hidden=210)
    chains = kd.GibbsSampler(
        rbm, 1100, seed=1, threads=threads, precision=precision, beta=np.linspace(0, 0.2, 1100)
    )
    chains.rbm = machine(("spin", "binary"), seed=9, visible=300, hidden=210)
    where = np.arange(1100) > 150
    parts = [*chains.moments(), *chains.moments(where), *chains.moments(hidden="sampled")]
    return [part.tobytes() for part in (*parts, chains.log_weight(), chains.log_weight(0.3))]


@pytest.mark.parametrize("precision", ["float32", "fixed16"])
def test_every_way_gives_the_same_bits(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = outcome("scalar", 1, precision, monkeypatch)
    for isa in ISAS:
        for threads in (1, 2, 3):
            assert outcome(isa, threads, precision, monkeypatch) == expected, (isa, threads)


@encodings
def test_huge_weights_saturate(units: tuple[str, str]) -> None:
    weights = np.zeros((9, 3))
    weights[:, 1], weights[:, 2] = 1e30, -1e30
    chains = kd.GibbsSampler(kd.RBM(weights, None, None, *units), 40, seed=1)
    chains.visible = np.ones((40, 9), np.uint8)
    low = -1 if units[1] == "spin" else 0
    expected = [(low + 1) / 2, 1, low]
    assert chains.moments().hidden.tolist() == expected
    assert chains.moments().products.tolist() == [expected] * 9
    exact = np.log(2) + (18e30 if units[1] == "spin" else 9e30)
    np.testing.assert_allclose(chains.log_weight(), exact, rtol=1e-6)
    chains.run(2)
    for beta in (0.0, 1e-30, 1e12):
        assert np.isfinite(chains.log_weight(beta)).all()
    assert all(np.isfinite(part).all() for part in chains.moments())


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int8, np.float16, np.float64])
def test_states_of_any_dtype_and_strides(dtype: type) -> None:
    bits = np.random.default_rng(1).random((33, 300)) < 0.4
    chains = kd.GibbsSampler(machine(("binary", "binary"), visible=300, hidden=3), 33, seed=1)
    wide = np.zeros((66, 600), dtype)
    wide[::2, ::2] = bits
    for values in (bits.astype(dtype), wide[::2, ::2], np.asfortranarray(bits.astype(dtype))):
        chains.visible = ~bits
        chains.visible = values
        assert np.array_equal(chains.visible, bits)
    wide[4, 8] = 2
    if dtype is not bool:
        with pytest.raises(
            ValueError, match=re.escape("[visible] expected values 0 and 1 for vis")
        ):
            chains.visible = wide[::2, ::2]
    assert np.array_equal(chains.visible, bits)


def test_another_machine_takes_over_at_the_next_step() -> None:
    first, second = machine(("binary", "spin"), 2), machine(("binary", "spin"), 5)
    chains = kd.GibbsSampler(first, 50, seed=1)
    chains.run(3)
    other = kd.GibbsSampler(second, 50, seed=1)
    other.visible, other.hidden = chains.visible, chains.hidden
    other._core.step = 3
    chains.rbm = second
    assert chains.rbm is second
    chains.run(4)
    other.run(4)
    assert np.array_equal(chains.visible, other.visible)
    assert np.array_equal(chains.hidden, other.hidden)


def test_wrong_calls_change_nothing() -> None:
    rbm = machine(("binary", "binary"))
    chains = kd.GibbsSampler(rbm, 4, seed=1)
    with pytest.raises(TypeError, match=re.escape("[rbm] expected a machine such as kd.RBM")):
        chains.rbm = 3  # type: ignore[assignment]
    for wrong in (machine(("binary", "spin")), machine(("binary", "binary"), visible=5)):
        with pytest.raises(ValueError, match=re.escape("[rbm] expected a machine like RBM(6 vis")):
            chains.rbm = wrong
    assert chains.rbm is rbm
    cases: list[tuple[object, type[Exception], str]] = [
        ([1, 0, 1, 0], TypeError, "[moments] expected where of dtype bool, got int64"),
        ([True], ValueError, "[moments] expected where of shape (4,), got (1,)"),
        ([False] * 4, ValueError, "[moments] expected at least one chain, got none"),
    ]
    for where, error, text in cases:
        with pytest.raises(error, match=f"^{re.escape(text)}$"):
            chains.moments(where)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=re.escape("[moments] expected hidden")):
        chains.moments(hidden="drawn")
    with pytest.raises(ValueError, match=re.escape("[log_weight] expected one beta or one per ch")):
        chains.log_weight([1.0, 2.0])
    with pytest.raises(
        ValueError, match=re.escape("[log_weight] expected beta in [0, 1e12], got -1")
    ):
        chains.log_weight(-1.0)
