"""Random couplings: their bits, their distribution, and what a seed does."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

LATTICE = kd.Square(256)
N = 2 * 256 * 256


def words(stream: int, seed: int, count: int) -> list[int]:
    """Philox4x64-10 of Salmon et al. (SC11, 2011) in Python integers, from counter 1 on."""
    mask = 2**64 - 1
    result: list[int] = []
    for block in range(1, -(-count // 4) + 1):
        c, k = [block, 0, 0, 0], [seed, stream]
        for _ in range(10):
            left, right = c[0] * 0xD2E7470EE14C6C93, c[2] * 0xCA5A826395121157
            c = [
                (right >> 64) ^ c[1] ^ k[0],
                right & mask,
                (left >> 64) ^ c[3] ^ k[1],
                left & mask,
            ]
            k = [(k[0] + 0x9E3779B97F4A7C15) & mask, (k[1] + 0xBB67AE8584CAA73B) & mask]
        result += c
    return result[:count]


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_every_coupling_is_the_documented_function_of_its_word(seed: int) -> None:
    lattice = kd.Square((4, 6))
    signs = kd.couplings.bimodal(lattice, seed, fraction=0.3)
    expected = [-1.0 if word // 2**11 < 0.3 * 2**53 else 1.0 for word in words(1, seed, 48)]
    assert signs.tolist() == expected
    quantile = NormalDist(mu=0.5, sigma=2.0).inv_cdf
    normal = kd.couplings.gaussian(lattice, seed, mean=0.5, width=2.0)
    expected = [quantile((word // 2**12 + 0.5) / 2**52) for word in words(2, seed, 48)]
    np.testing.assert_allclose(normal, expected, rtol=1e-13, atol=1e-13)
    glass = kd.couplings.sherrington_kirkpatrick(9, seed)
    quantile = NormalDist(sigma=1 / 3).inv_cdf
    expected = [quantile((word // 2**12 + 0.5) / 2**52) for word in words(3, seed, 36)]
    np.testing.assert_allclose(glass.coupling, expected, rtol=1e-13, atol=1e-13)


def test_golden_couplings() -> None:
    """Pinned: a sample of a published seed must stay what it is."""
    signs = kd.couplings.bimodal(kd.Square(8), 2024)
    normal = kd.couplings.gaussian(kd.Cubic(4), 2024)
    assert "".join("+-"[int(sign < 0)] for sign in signs[:32]) == "--+++-++++++---++---++++-+-+++-+"
    assert normal[:3].tolist() == pytest.approx(
        [2.439986560056957, -1.3227637938245869, -0.252407849145809], rel=1e-13
    )


@pytest.mark.parametrize("fraction", [0.5, 0.1, 0.9])
def test_signs_are_independent_with_the_given_share(fraction: float) -> None:
    """N = 131072: a share off by 0.6 % of 1, or a correlation of 1.1 %, would be seen."""
    signs = kd.couplings.bimodal(LATTICE, 7, fraction)
    assert signs.shape == (N,)
    assert signs.dtype == np.float64
    assert set(signs.tolist()) == {-1.0, 1.0}
    mean, deviation = 1 - 2 * fraction, 2 * math.sqrt(fraction * (1 - fraction))
    assert abs(signs.mean() - mean) < 4 * deviation / math.sqrt(N)
    for lag in (1, 2, 512):
        product = (signs[lag:] - mean) * (signs[:-lag] - mean)
        assert abs(product.mean()) < 4 * deviation**2 / math.sqrt(N - lag)


def test_the_number_of_negative_bonds_is_not_fixed() -> None:
    counts = [int((kd.couplings.bimodal(kd.Square(16), seed) < 0).sum()) for seed in range(400)]
    variance = np.var(counts, ddof=1) / 128
    assert abs(variance - 1) < 4 * math.sqrt(2 / 399)


def test_normal_couplings_have_the_moments_of_a_normal_law() -> None:
    values = kd.couplings.gaussian(LATTICE, 7, mean=0.25, width=0.5)
    assert values.shape == (N,)
    assert values.dtype == np.float64
    x = (values - 0.25) / 0.5
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((x**power).mean() - moment) < 4 * math.sqrt(variance / N)
    assert abs((x[1:] * x[:-1]).mean()) < 4 / math.sqrt(N - 1)
    uniform = np.sort([NormalDist().cdf(value) for value in x[:20_000]])
    distance = np.abs(uniform - (np.arange(20_000) + 0.5) / 20_000).max()
    assert distance < 2.2 / math.sqrt(20_000)  # Kolmogorov: above it once in 8,000


def test_the_moments_see_a_wrong_law() -> None:
    """Negative control: a uniform law of the same mean and variance fails the fourth moment."""
    x = (kd.couplings.gaussian(LATTICE, 7).argsort().argsort() + 0.5) / N
    x = (x - 0.5) * math.sqrt(12)
    assert abs((x**2).mean() - 1) < 4 * math.sqrt(2 / N)
    assert abs((x**4).mean() - 3) > 4 * math.sqrt(96 / N)


def test_seeds_and_functions_give_independent_couplings() -> None:
    samples = [kd.couplings.bimodal(LATTICE, seed) for seed in (0, 1, 2**32, 2**63)]
    samples += [np.sign(kd.couplings.gaussian(LATTICE, seed)) for seed in (0, 1)]
    for i, one in enumerate(samples):
        for other in samples[:i]:
            assert abs((one * other).mean()) < 4 / math.sqrt(N)
    np.testing.assert_array_equal(kd.couplings.bimodal(LATTICE, 0), samples[0])


def test_certain_signs_and_no_width() -> None:
    assert (kd.couplings.bimodal(LATTICE, 3, fraction=0) == 1).all()
    assert (kd.couplings.bimodal(LATTICE, 3, fraction=1) == -1).all()
    assert (kd.couplings.gaussian(LATTICE, 3, mean=2.0, width=0) == 2.0).all()
    assert len(kd.couplings.bimodal(kd.Graph([], 3), 1)) == 0


def test_couplings_go_into_a_model() -> None:
    for lattice in (kd.Chain(5, periodic=False), kd.Triangular((3, 4)), kd.Graph([(0, 2)], 3)):
        coupling = kd.couplings.gaussian(lattice, 1)
        np.testing.assert_array_equal(kd.Ising(lattice, coupling).coupling, coupling)


def test_the_spin_glass_has_variance_one_over_n() -> None:
    glass = kd.couplings.sherrington_kirkpatrick(200, seed=5, width=2.0)
    scaled = glass.coupling * math.sqrt(200) / 2.0
    count = 200 * 199 // 2
    assert scaled.shape == (count,)
    assert abs(scaled.mean()) < 4 / math.sqrt(count)
    assert abs((scaled**2).mean() - 1) < 4 * math.sqrt(2 / count)
    assert isinstance(glass, kd.BoltzmannMachine)
    assert glass.field == 0.0


SEED = "expected seed in [0, 18446744073709551615], got "
SMALL = kd.Square(4)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: kd.couplings.bimodal(4, 1),
            TypeError,
            "[bimodal] expected a lattice such as kd.Square(16), got 4",
        ),
        (lambda: kd.couplings.bimodal(SMALL, -1), ValueError, f"[bimodal] {SEED}-1"),
        (
            lambda: kd.couplings.bimodal(SMALL, None),
            TypeError,
            "[bimodal] expected an integer seed, got None",
        ),
        (
            lambda: kd.couplings.bimodal(SMALL, 1, 1.5),
            ValueError,
            "[bimodal] expected fraction in [0, 1], got 1.5",
        ),
        (
            lambda: kd.couplings.bimodal(SMALL, 1, math.nan),
            ValueError,
            "[bimodal] expected a finite fraction, got nan",
        ),
        (lambda: kd.couplings.gaussian(SMALL, 2**64), ValueError, f"[gaussian] {SEED}{2**64}"),
        (
            lambda: kd.couplings.gaussian(SMALL, 1, width=-1.0),
            ValueError,
            "[gaussian] expected width >= 0, got -1.0",
        ),
        (
            lambda: kd.couplings.gaussian(SMALL, 1, mean=1e13),
            ValueError,
            "[gaussian] expected mean of at most 1e12 in size, got 10000000000000.0",
        ),
        (
            lambda: kd.couplings.sherrington_kirkpatrick(1, 1),
            ValueError,
            "[sherrington_kirkpatrick] expected n in [2, 8192], got 1",
        ),
        (
            lambda: kd.couplings.sherrington_kirkpatrick(4.0, 1),
            TypeError,
            "[sherrington_kirkpatrick] expected an integer n, got 4.0",
        ),
    ],
)
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text
