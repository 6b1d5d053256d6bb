"""Statistical checks of annealed importance sampling, used on the engine and on a NumPy reference.

A check takes `make(rbm, seed, chains, betas, base_bias)`, which returns ln of the weights of that
many chains, whose mean is Z. It raises `checks.DeviationError` when a score reaches `checks.LIMIT`
standard errors. The reference can be given a fault.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from scipy import special

import checks
import kadanoff as kd

Make = Callable[..., np.ndarray]
FAULTS = {
    "order": "a weight is that of the state after its Gibbs step, not before",
    "base": "ln Z of the base machine lacks the hidden units",
    "bias": "the base machine draws as if its biases were 0",
    "late": "a Gibbs step is done at the beta before",
    "sign": "visible units are drawn from the opposite weights",
}


def multimodal(seed: int = 3, hidden: int = 20) -> kd.RBM:
    """Train 49 units on six noisy patterns by persistent chains: modes with barriers."""
    rng = np.random.default_rng(seed)
    patterns = rng.random((6, 49)) < 0.5
    data = (patterns[rng.integers(6, size=1000)] ^ (rng.random((1000, 49)) < 0.05)).astype(float)
    weights, bias = rng.normal(0.0, 0.01, (49, hidden)), [np.zeros(49), np.zeros(hidden)]
    chains = (rng.random((50, 49)) < 0.5).astype(float)
    for epoch in range(60):
        for batch in rng.permutation(data).reshape(-1, 50, 49):
            on = special.expit(batch @ weights + bias[1])
            h = (rng.random((50, hidden)) < special.expit(chains @ weights + bias[1])).astype(float)
            chains = (rng.random((50, 49)) < special.expit(h @ weights.T + bias[0])).astype(float)
            expected = special.expit(chains @ weights + bias[1])
            rate = 0.1 * (1.0 - epoch / 60) / 50
            weights += rate * (batch.T @ on - chains.T @ expected)
            bias[0] += rate * (batch - chains).sum(axis=0)
            bias[1] += rate * (on - expected).sum(axis=0)
    return kd.RBM(weights, *bias)


def random_machine(visible: int, hidden: int, size: float, units: tuple[str, str]) -> kd.RBM:
    """A machine with weights of a normal distribution."""
    rng = np.random.default_rng(7)
    scale = size / (2.0 if "spin" in units else 1.0)
    draw = lambda *shape: scale * rng.normal(size=shape)  # noqa: E731
    return kd.RBM(draw(visible, hidden), draw(visible), draw(hidden), *units)


def engine(
    rbm: kd.RBM, seed: int, chains: int, betas: np.ndarray, base_bias: np.ndarray
) -> np.ndarray:
    """Kadanoff's chains."""
    result = rbm.log_partition(
        "ais", seed=seed, chains=chains, betas=betas, base_bias=base_bias, threads=1
    )
    return result.log_weights


def reference(
    rbm: kd.RBM,
    seed: int,
    chains: int,
    betas: np.ndarray,
    base_bias: np.ndarray,
    fault: str | None = None,
) -> np.ndarray:
    """Annealed importance sampling in float64, for units of 0 and 1."""
    rng = np.random.default_rng(seed)
    weights, a, b, a0 = (
        np.asarray(x, dtype=np.float64)
        for x in (rbm.weights, rbm.visible_bias, rbm.hidden_bias, base_bias)
    )

    def log_mixture(v: np.ndarray, s: float) -> np.ndarray:
        return v @ ((1.0 - s) * a0 + s * a) + np.logaddexp(0.0, s * (v @ weights + b)).sum(axis=1)

    def drawn(odds: np.ndarray) -> np.ndarray:
        return (rng.random(odds.shape) < special.expit(odds)).astype(np.float64)

    back = -weights.T if fault == "sign" else weights.T
    log_base = np.logaddexp(0.0, a0).sum() + (0.0 if fault == "base" else len(b) * np.log(2.0))
    result = np.full(chains, log_base)
    v = drawn(np.tile(0.0 * a0 if fault == "bias" else a0, (chains, 1)))
    for s, t in itertools.pairwise(betas):
        before, at = v, s if fault == "late" else t
        h = drawn(at * (v @ weights + b))
        v = drawn(at * (h @ back + a) + (1.0 - at) * a0)
        seen = v if fault == "order" else before
        result += log_mixture(seen, t) - log_mixture(seen, s)
    return result


def check_mean(make: Make, rbm: kd.RBM, chains: int = 20_000) -> float:
    """The mean of the weights is Z, whatever ladder and base: their scores as one chi-square."""
    log_z = rbm.log_partition()
    bias = np.random.default_rng(2).normal(size=rbm.n_visible).astype(np.float32)
    scores = []
    for k, steps in enumerate((2, 5, 20)):
        betas = np.linspace(0.0, 1.0, steps + 1) ** (1.0 + k / 2.0)
        weights = np.exp(make(rbm, 10 + k, chains, betas, bias * k) - log_z)
        scores.append((weights.mean() - 1.0) / (weights.std() / np.sqrt(chains)))
    worst = float(np.abs(scores).max())
    if worst >= checks.LIMIT:
        raise checks.DeviationError("mean of weights", worst)
    return worst
