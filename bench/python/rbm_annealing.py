"""Compare annealed importance sampling with NumPy, in one process on one thread.

    python bench/python/rbm_annealing.py

NumPy does what a careful user writes: float32 matrix products into buffers that exist, one
exponential for a draw and one logarithm for a weight of a hidden unit. Both first estimate a known
ln Z; then chain-temperatures (a weight and a step v -> h -> v of one chain) per CPU second are
printed, as medians of rounds in which both take turns, and exact sums and pseudo-likelihoods.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np

import kadanoff as kd

SHAPES = ((784, 500, 1000), (64, 100, 1000), (64, 20, 1000))


def numpy_log_weights(rbm: kd.RBM, chains: int, steps: int, seed: int) -> np.ndarray:
    """Return ln of the weights of chains from a base machine without biases."""
    rng, one = np.random.default_rng(seed), np.float32(1)
    weights, back = rbm.weights, np.ascontiguousarray(rbm.weights.T)
    field, entropy, uniform_h, h = (np.empty((chains, rbm.n_hidden), np.float32) for _ in range(4))
    odds, uniform_v, v = (np.empty((chains, rbm.n_visible), np.float32) for _ in range(3))
    v[:] = rng.random(v.shape) < 0.5
    result = np.full(chains, (rbm.n_visible + rbm.n_hidden) * np.log(2.0))

    def log_mixture(s: np.float32) -> np.ndarray:
        np.multiply(field, s, out=entropy)
        np.logaddexp(entropy, 0, out=entropy)
        return s * (v @ rbm.visible_bias) + entropy.sum(axis=1, dtype=np.float64)

    def draw(source: np.ndarray, uniform: np.ndarray, target: np.ndarray) -> None:
        np.negative(source, out=source)
        np.exp(source, out=source)
        np.add(source, one, out=source)
        rng.random(out=uniform, dtype=np.float32)
        np.multiply(uniform, source, out=uniform)
        np.less(uniform, one, out=target)

    for k in range(steps):
        s, t = np.float32(k / steps), np.float32((k + 1) / steps)
        np.matmul(v, weights, out=field)
        np.add(field, rbm.hidden_bias, out=field)
        result += log_mixture(t) - log_mixture(s)
        np.multiply(field, t, out=field)
        draw(field, uniform_h, h)
        np.matmul(h, back, out=odds)
        np.add(odds, rbm.visible_bias, out=odds)
        np.multiply(odds, t, out=odds)
        draw(odds, uniform_v, v)
    return result


def own_log_weights(rbm: kd.RBM, chains: int, steps: int, seed: int) -> np.ndarray:
    """Return the same of Kadanoff."""
    estimate = rbm.log_partition(
        "ais", chains=chains, betas=steps, seed=seed, threads=1, base_bias=np.zeros(rbm.n_visible)
    )
    return estimate.log_weights


SAMPLERS = {"kadanoff": own_log_weights, "numpy": numpy_log_weights}


def machine(visible: int, hidden: int) -> kd.RBM:
    rng = np.random.default_rng(1)
    return kd.RBM(
        rng.normal(0.0, 0.05, (visible, hidden)),
        rng.normal(0.0, 0.5, visible),
        rng.normal(0.0, 0.5, hidden),
    )


def check(name: str) -> None:
    """Estimate an exact ln Z to within 4 standard errors."""
    rbm = machine(50, 15)
    ratio = np.exp(SAMPLERS[name](rbm, 4000, 20, 3) - rbm.log_partition())
    score = (ratio.mean() - 1.0) / (ratio.std() / np.sqrt(len(ratio)))
    if abs(score) > 4.0:
        raise SystemExit(f"{name}: the mean of its weights is {score:.1f} standard errors off")


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def rates(shape: tuple[int, int, int], rounds: int) -> dict[str, float]:
    visible, hidden, chains = shape
    rbm = machine(visible, hidden)
    steps = {"kadanoff": 200, "numpy": 20}
    found: dict[str, list[float]] = {name: [] for name in SAMPLERS}
    for turn in range(rounds):
        for name, sampler in SAMPLERS.items():
            count = steps[name]
            seconds = cpu_seconds(lambda s=sampler, n=count, t=turn: s(rbm, chains, n, t))
            found[name].append(chains * count / seconds)
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for name in SAMPLERS:
        check(name)
    for shape in SHAPES:
        found = rates(shape, rounds)
        ratio = found["kadanoff"] / found["numpy"]
        print(
            json.dumps({"shape": shape, **{k: round(v) for k, v in found.items()}, "ratio": ratio})
        )
    rbm = machine(784, 20)
    exact = cpu_seconds(lambda: rbm.log_partition(threads=1))
    v = np.random.default_rng(2).integers(0, 2, (200, 784))
    large = machine(784, 500)
    pseudo = cpu_seconds(lambda: large.pseudo_likelihood(v, threads=1)) / len(v)
    print(json.dumps({"exact 784 x 20, s": exact, "pseudo-likelihood 784 x 500, s": pseudo}))


if __name__ == "__main__":
    main()
