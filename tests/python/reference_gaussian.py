"""A slow oracle of Gibbs chains with Gaussian visible units, written from docs/random_numbers.md.

Everything is float32 in NumPy, one operation after the other, and every threshold that a float64
does not decide comes from mpmath.
"""

from __future__ import annotations

import numpy as np

import kadanoff as kd
import reference

STREAM = reference.STREAMS["gaussian_rbm"]
LOG2 = (
    "0x1.715476p+0 -0x1.715474p-1 0x1.ec73dep-2 -0x1.715994p-2 0x1.26d01cp-2 "
    "-0x1.e9d1e6p-3 0x1.ba8738p-3 -0x1.a59aeap-3 0x1.f841dcp-4"
)
SINE = "0x1.921fb6p+0 -0x1.4abbbap-1 0x1.465ec4p-4 -0x1.2d9b4p-8"
COSINE = "0x1p+0 -0x1.3bd3ccp+0 0x1.03c1dcp-2 -0x1.55c57ap-6 0x1.d9c2e8p-11"

real = np.float32


def polynomial(coefficients: str, x: np.ndarray) -> np.ndarray:
    terms = [real(float.fromhex(text)) for text in coefficients.split()]
    total = np.full_like(x, terms[-1])
    for term in terms[-2::-1]:
        total = total * x + term
    return total


def log2(x: np.ndarray) -> np.ndarray:
    bits = x.view(np.uint32) + np.uint32(0x3F800000 - 0x3F3504F3)
    exponent = (bits >> np.uint32(23)).astype(real) - real(127)
    rest = ((bits & np.uint32(0x7FFFFF)) + np.uint32(0x3F3504F3)).view(real) - real(1)
    return exponent + rest * polynomial(LOG2, rest)


def normal_pair(radius_bits: np.ndarray, angle_bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two standard normal numbers, float32, from two words of random bits."""
    radius_bits, angle_bits = radius_bits.astype(np.uint32), angle_bits.astype(np.uint32)
    uniform = (radius_bits.astype(real) + real(0.5)) * real(2.0**-32)
    radius = np.sqrt(np.abs(log2(uniform)) * real(float.fromhex("0x1.62e43p+0")))
    f = (angle_bits & np.uint32(0x3FFFFFFF)).astype(real) * real(2.0**-30) - real(0.5)
    along = radius * polynomial(COSINE, f * f)
    along = np.where(angle_bits >> np.uint32(30) & np.uint32(1), -along, along)
    across = radius * (f * polynomial(SINE, f * f))
    turned = angle_bits >> np.uint32(31) == 1
    return np.where(turned, across, along), np.where(turned, along, across)


def words(seed: int, step: int, chains: int, units: int, sublattice: int, slot: int) -> np.ndarray:
    """Word of each unit, (chains, 64 panels, 4, 16) cut to (chains, units); and of its pair."""
    panels = (units + 63) // 64
    group = np.arange(16 * panels)
    chain = np.arange(chains)[:, None]
    block = reference.draw(seed, step, chain, STREAM, sublattice, group, slot)
    return block.reshape(chains, panels, 16, 4).swapaxes(2, 3).astype(np.uint32)


def flat(blocks: np.ndarray, units: int) -> np.ndarray:
    return blocks.reshape(len(blocks), -1)[:, :units]


class Sampler:
    """Chains of a machine, as `kadanoff.GibbsSampler` makes them; states are float32."""

    def __init__(self, rbm: kd.GaussianRBM, chains: int, seed: int, beta: np.ndarray) -> None:
        self.rbm, self.seed, self.step = rbm, seed, 0
        self.beta = np.broadcast_to(np.asarray(beta, dtype=float), chains)
        scale = rbm.visible_scale.astype(float)[:, None]
        self.to_hidden = (rbm.weights / scale).astype(real)
        self.to_visible = (rbm.weights * scale).astype(real).T
        self.kept = np.zeros((chains, rbm.n_visible), dtype=bool)
        self.visible = np.zeros((chains, rbm.n_visible), dtype=real)
        self.hidden = self._drawn(np.tile(rbm.hidden_bias, (chains, 1)), 2)
        self.visible = self._moved(np.tile(rbm.visible_bias, (chains, 1)), 3)

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.hidden = self._drawn(self._sums(self.visible, self.to_hidden, False), 0)
            new = self._moved(self._sums(self.hidden, self.to_visible, True), 1)
            self.visible = np.where(self.kept, self.visible, new)
            self.step += 1

    def _sums(self, inputs: np.ndarray, weights: np.ndarray, visible: bool) -> np.ndarray:
        total = np.tile(
            self.rbm.visible_bias if visible else self.rbm.hidden_bias, (len(inputs), 1)
        )
        for i in range(inputs.shape[1]):
            total = total + inputs[:, i, None] * weights[i]
        return total

    def _moved(self, mean: np.ndarray, sublattice: int) -> np.ndarray:
        blocks = words(self.seed, self.step, len(mean), mean.shape[1], sublattice, 0)
        first = normal_pair(blocks[:, :, 0], blocks[:, :, 1])
        second = normal_pair(blocks[:, :, 2], blocks[:, :, 3])
        normal = flat(np.stack([*first, *second], axis=2), mean.shape[1])
        noise = (1.0 / np.sqrt(self.beta)).astype(real)[:, None]
        return mean + (self.rbm.visible_scale * noise) * normal

    def _drawn(self, sums: np.ndarray, sublattice: int) -> np.ndarray:
        spin = self.rbm.hidden_units == "spin"
        odds = sums.astype(float) * ((2.0 if spin else 1.0) * self.beta)[:, None]
        high, low = (
            flat(
                words(self.seed, self.step, len(sums), sums.shape[1], sublattice, slot),
                sums.shape[1],
            )
            for slot in (0, 1)
        )
        u = high.astype(np.uint64) << np.uint64(32) | low.astype(np.uint64)
        v = np.where(odds >= 0, u, ~u)
        small = np.exp(-np.abs(odds)) / (1.0 + np.exp(-np.abs(odds)))
        below = v.astype(float) * 2.0**-64 < small
        for place in zip(
            *np.nonzero(np.abs(v.astype(float) * 2.0**-64 - small) < 1e-12), strict=True
        ):
            _, p = reference.probability("heatbath", 1, odds[place])
            below[place] = int(v[place]) <= reference.threshold(p)
        return np.where(below != (odds >= 0), real(1), real(-1 if spin else 0))
