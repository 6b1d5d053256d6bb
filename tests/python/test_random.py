"""The random-number contract: generators, keyed draws, thresholds, and the order of the words."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import reference
from kadanoff import _core

# Random123 1.14, tests/kat_vectors: counter, key and output of philox4x32 with 10 rounds.
PHILOX = [
    (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]
# The authors' xoshiro128plusplus.c from the state 1, 2, 3, 4 (also in the tests of rand_xoshiro).
XOSHIRO = [641, 1573767, 3222811527, 3517856514, 836907274]

word = st.integers(0, 2**32 - 1)
seeds = st.integers(0, 2**64 - 1)
sweeps = st.integers(0, 2**40 - 1)
streams = st.sampled_from(sorted(reference.STREAMS.values()))


def words(text: str) -> tuple[int, ...]:
    return tuple(int(part, 16) for part in text.split())


@pytest.mark.parametrize(("counter", "key", "output"), PHILOX)
def test_philox_known_answers(counter: str, key: str, output: str) -> None:
    assert _core.philox4x32(words(counter), words(key)) == words(output)
    assert tuple(reference.philox4x32(words(counter), words(key)).tolist()) == words(output)


def test_xoshiro_known_answers() -> None:
    assert reference.xoshiro128pp([1, 2, 3, 4], 5).tolist() == XOSHIRO


@given(st.tuples(word, word, word, word), st.tuples(word, word))
def test_philox_equals_the_reference(counter: tuple[int, ...], key: tuple[int, int]) -> None:
    assert _core.philox4x32(counter, key) == tuple(reference.philox4x32(counter, key).tolist())


@pytest.mark.parametrize(("counter", "key"), [((1, 2, 3), (4, 5)), ((1, 2, 3, 4), (5,)), ((), ())])
def test_philox_wants_four_and_two_words(counter: tuple[int, ...], key: tuple[int, ...]) -> None:
    with pytest.raises(TypeError, match="incompatible function arguments"):
        _core.philox4x32(counter, key)


def test_streams_have_ids_of_their_own() -> None:
    assert _core.streams == reference.STREAMS
    ids = list(_core.streams.values())
    assert len(set(ids)) == len(ids)
    assert all(0 < stream < 256 for stream in ids)
    assert _core.uniform_planes == reference.PLANES


@given(seeds, sweeps, word, streams, st.integers(0, 255), word, st.integers(0, 255))
@example(2**64 - 1, 2**40 - 1, 2**32 - 1, 6, 255, 2**32 - 1, 255)
def test_a_draw_is_the_block_of_its_key(
    seed: int, sweep: int, replica: int, stream: int, sublattice: int, group: int, slot: int
) -> None:
    """Counter: group, sweep bits 0-31, sweep bits 32-39 | sublattice | slot | stream, replica."""
    tag = sweep >> 32 << 24 | sublattice << 16 | slot << 8 | stream
    block = _core.philox4x32((group, sweep % 2**32, tag, replica), (seed % 2**32, seed // 2**32))
    key = (seed, sweep, replica, stream, sublattice, group, slot)
    assert _core.draw_block(*key) == block
    assert tuple(reference.draw(*key).tolist()) == block


def test_every_field_of_a_key_counts_and_none_collide() -> None:
    fields = (
        (0, 1, 2**32, 2**63),  # seed
        (0, 1, 2**32 - 1, 2**32, 2**39),  # sweep
        (0, 1, 2**31),  # replica
        (1, 2, 3, 4, 5, 6),  # stream
        (0, 1),  # sublattice
        (0, 1, 2**32 - 1),  # group
        (0, 1, 15),  # slot
    )
    blocks = [_core.draw_block(*key) for key in itertools.product(*fields)]
    # A bijection of the counter under one key: blocks differ there for certain, else by 2^-100.
    assert len(set(blocks)) == len(blocks) == math.prod(len(values) for values in fields)


@given(seeds, sweeps, word, streams, st.integers(0, 1), st.integers(0, 2**20))
def test_kernel_words_equal_the_reference(
    seed: int, sweep: int, replica: int, stream: int, colour: int, first: int
) -> None:
    """(stripe, vector, plane, lane): each lane of a stripe reads a stream of its own."""
    found = _core.kernel_words(seed, sweep, replica, stream, colour, first, 2)
    assert found.shape == (2, 16, 14, 16)
    groups = (first + np.arange(2))[:, None] * 16 + np.arange(16)
    state = reference.draw(seed, sweep, replica, stream, colour, groups, 0)
    expected = reference.xoshiro128pp(state, 16 * 14).reshape(2, 16, 16, 14)
    np.testing.assert_array_equal(found, expected.transpose(0, 2, 3, 1))


def test_the_words_that_kernels_consume_are_even() -> None:
    """Ones among 51 million bits, and agreement of neighbours in every direction: |z| < 4."""
    bits = _core.kernel_words(1, 0, 0, _core.streams["heat_bath"], 0, 0, 448)
    samples = {
        "bits": bits,
        "lanes": bits[..., ::2] ^ bits[..., 1::2],
        "planes": bits[:, :, ::2] ^ bits[:, :, 1::2],
        "vectors": bits[:, ::2] ^ bits[:, 1::2],
        "stripes": bits[::2] ^ bits[1::2],
        "next bits": bits ^ (bits >> np.uint32(1) | bits << np.uint32(31)),
    }
    for name, sample in samples.items():
        ones = int(np.unpackbits(np.ascontiguousarray(sample).view(np.uint8)).sum())
        n = 32 * sample.size
        assert abs(ones - n / 2) < 4 * math.sqrt(n) / 2, name


def assert_exact(limit: int, p: mpmath.mpf) -> None:
    """T + 1 is 2^64 p to the nearest integer, up to the arithmetic's 90 bits, and at least 1."""
    with mpmath.workprec(200):
        wanted = p * 2**64
        if wanted < 0.5:
            assert limit == 0
        else:
            assert abs(limit + 1 - wanted) <= 0.5 + 2.0**-20


drives = st.one_of(
    st.floats(0, 60),
    st.floats(0, 1e-3),
    st.floats(0, 1e300),
    st.integers(-1074, 6).map(lambda k: math.ldexp(1.0, k)),
)


@given(drives)
@example(0.0)
@example(1e-17)
@example(44.36141955583650)  # 64 ln 2
@example(700.0)
@example(700.0000000000001)
def test_metropolis_thresholds(x: float) -> None:
    with mpmath.workprec(200):
        assert_exact(_core.threshold_exp_minus(x), mpmath.exp(-mpmath.mpf(x)))


@given(drives)
@example(0.0)
@example(1e-17)
@example(700.0)
def test_heat_bath_thresholds(drive: float) -> None:
    with mpmath.workprec(200):
        weight = mpmath.exp(-mpmath.mpf(drive))
        assert_exact(_core.threshold_heat_bath(drive), weight / (1 + weight))


def test_thresholds_at_the_ends() -> None:
    assert _core.threshold_exp_minus(0.0) == 2**64 - 1  # certain
    assert _core.threshold_heat_bath(0.0) == 2**63 - 1  # one half, exactly
    assert _core.threshold_exp_minus(math.inf) == _core.threshold_heat_bath(math.inf) == 0


@given(st.floats(0, 45), st.floats(0, 45))
def test_thresholds_fall_with_the_drive(a: float, b: float) -> None:
    low, high = sorted((a, b))
    for threshold in (_core.threshold_exp_minus, _core.threshold_heat_bath):
        assert threshold(low) >= threshold(high)


@given(st.sampled_from(["heatbath", "metropolis"]), st.floats(-50, 50))
def test_reference_thresholds_are_those_of_the_engine(update: str, drive: float) -> None:
    for spin in (-1, 1):
        _, p = reference.probability(update, spin, drive)
        if update == "heatbath":
            found = _core.threshold_heat_bath(abs(drive))
        else:
            found = _core.threshold_exp_minus(max(0.0, spin * drive))
        assert abs(found - reference.threshold(p)) <= 1
