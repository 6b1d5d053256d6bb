"""Compare an epoch of persistent contrastive divergence with NumPy and torch, on one thread.

    pip install 'kadanoff[bench]' torch && python bench/python/peers_pcd.py

All do the same: mean hidden units of a minibatch, one Gibbs step of the persistent chains, their
mean hidden units, plain gradient ascent (T. Tieleman, ICML 2008, 1064). NumPy and torch do it as a
careful user writes it: float32 matrix products into buffers that exist, logistic function and draw
in place, no automatic differentiation. Each first learns a small machine, whose exact likelihood
must be that which the others reach; only then is its time told: CPU seconds of an epoch, from
minibatches in rounds in which all take turns, and ratios to the peers of the same round.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
from conditions import restart_in_a_fair_environment, write
from peers_rbm import sgemm

import kadanoff as kd

DATA, VISIBLE, HIDDEN, CHAINS = 60_000, 784, 500, 1000
BATCHES = (500, 1000)
RATE = 0.05

Parameters = tuple[np.ndarray, np.ndarray, np.ndarray]


class Learner:
    """A machine that learns: `step` takes the numbers of a minibatch, `parameters` are W, a, b."""

    def __init__(
        self, step: Callable[[np.ndarray], None], parameters: Callable[[], Parameters]
    ) -> None:
        self.step, self.parameters = step, parameters


def start(data: np.ndarray, hidden: int) -> Parameters:
    """Return small random weights and the biases of independent units."""
    mean = data.mean(axis=0).clip(0.01, 0.99)
    weights = np.random.default_rng(1).normal(scale=0.01, size=(data.shape[1], hidden))
    bias = np.log(mean / (1 - mean))
    return weights.astype(np.float32), bias.astype(np.float32), np.zeros(hidden, np.float32)


def kadanoff_learner(data: np.ndarray, batch: int, hidden: int, chains: int) -> Learner:
    weights, visible_bias, hidden_bias = start(data, hidden)
    rbm = kd.RBM(weights, visible_bias, hidden_bias)
    positive = kd.GibbsSampler(rbm, batch, seed=1, threads=1)
    negative = kd.GibbsSampler(rbm, chains, seed=2, threads=1)

    def step(rows: np.ndarray) -> None:
        nonlocal weights, visible_bias, hidden_bias
        positive.visible = data[rows]
        given = positive.moments()
        negative.run(1)
        free = negative.moments()
        np.subtract(given.products, free.products, out=given.products)
        np.multiply(given.products, RATE, out=given.products)
        np.add(weights, given.products, out=weights, casting="same_kind")
        visible_bias += RATE * (given.visible - free.visible)
        hidden_bias += RATE * (given.hidden - free.hidden)
        rbm = kd.RBM(weights, visible_bias, hidden_bias)
        positive.rbm = negative.rbm = rbm

    return Learner(step, lambda: (weights, visible_bias, hidden_bias))


def numpy_learner(data: np.ndarray, batch: int, hidden: int, chains: int) -> Learner:
    weights, visible_bias, hidden_bias = start(data, hidden)
    values = data.astype(np.float32)
    rng, one = np.random.default_rng(3), np.float32(1)
    seen = np.empty((batch, data.shape[1]), np.float32)
    seen_hidden = np.empty((batch, hidden), np.float32)
    v, v_random = (np.empty((chains, data.shape[1]), np.float32) for _ in range(2))
    h, h_random = (np.empty((chains, hidden), np.float32) for _ in range(2))
    v[:] = rng.random(v.shape) < 0.5
    given, free = np.empty_like(weights), np.empty_like(weights)

    def mean(source: np.ndarray, matrix: np.ndarray, bias: np.ndarray, out: np.ndarray) -> None:
        np.matmul(source, matrix, out=out)
        np.add(out, bias, out=out)
        np.negative(out, out=out)
        np.exp(out, out=out)
        np.add(out, one, out=out)
        np.divide(one, out, out=out)

    def draw(means: np.ndarray, uniform: np.ndarray) -> None:
        rng.random(out=uniform, dtype=np.float32)
        np.less(uniform, means, out=means)

    def step(rows: np.ndarray) -> None:
        np.take(values, rows, axis=0, out=seen)
        mean(seen, weights, hidden_bias, seen_hidden)
        np.matmul(seen.T, seen_hidden, out=given)
        mean(v, weights, hidden_bias, h)
        draw(h, h_random)
        mean(h, weights.T, visible_bias, v)
        draw(v, v_random)
        mean(v, weights, hidden_bias, h)
        np.matmul(v.T, h, out=free)
        np.multiply(given, np.float32(RATE / batch), out=given)
        np.multiply(free, np.float32(RATE / chains), out=free)
        np.add(weights, given, out=weights)
        np.subtract(weights, free, out=weights)
        np.add(visible_bias, RATE * (seen.mean(axis=0) - v.mean(axis=0)), out=visible_bias)
        np.add(hidden_bias, RATE * (seen_hidden.mean(axis=0) - h.mean(axis=0)), out=hidden_bias)

    return Learner(step, lambda: (weights, visible_bias, hidden_bias))


def torch_learner(data: np.ndarray, batch: int, hidden: int, chains: int) -> Learner:
    import torch

    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    generator = torch.Generator().manual_seed(1)
    weights, visible_bias, hidden_bias = (torch.from_numpy(x) for x in start(data, hidden))
    values = torch.from_numpy(data.astype(np.float32))
    seen, seen_hidden = torch.zeros(batch, data.shape[1]), torch.zeros(batch, hidden)
    v, v_random = (torch.zeros(chains, data.shape[1]) for _ in range(2))
    h, h_random = (torch.zeros(chains, hidden) for _ in range(2))
    v.copy_(torch.rand(v.shape, generator=generator) < 0.5)

    def draw(means: Any, uniform: Any) -> None:
        uniform.uniform_(generator=generator)
        torch.lt(uniform, means, out=means)

    def step(rows: np.ndarray) -> None:
        torch.index_select(values, 0, torch.from_numpy(rows), out=seen)
        torch.addmm(hidden_bias, seen, weights, out=seen_hidden).sigmoid_()
        torch.addmm(hidden_bias, v, weights, out=h).sigmoid_()
        draw(h, h_random)
        torch.addmm(visible_bias, h, weights.T, out=v).sigmoid_()
        draw(v, v_random)
        torch.addmm(hidden_bias, v, weights, out=h).sigmoid_()
        weights.addmm_(seen.T, seen_hidden, alpha=RATE / batch)
        weights.addmm_(v.T, h, alpha=-RATE / chains)
        visible_bias.add_(seen.mean(0) - v.mean(0), alpha=RATE)
        hidden_bias.add_(seen_hidden.mean(0) - h.mean(0), alpha=RATE)

    return Learner(step, lambda: (weights.numpy(), visible_bias.numpy(), hidden_bias.numpy()))


def makers() -> dict[str, Callable[[np.ndarray, int, int, int], Learner]]:
    """Return what is installed, Kadanoff first."""
    found = {"kadanoff": kadanoff_learner, "numpy": numpy_learner}
    if util.find_spec("torch"):
        found["torch"] = torch_learner
    return found


def images(count: int, units: int) -> np.ndarray:
    """Return draws of ten patterns of smooth random brightness, uint8 (count, units)."""
    rng = np.random.default_rng(4)
    waves = rng.normal(size=(10, units)).cumsum(axis=1)
    bright = 1 / (1 + np.exp(-(waves - waves.mean(axis=1, keepdims=True))))
    return (rng.random((count, units)) < bright[rng.integers(10, size=count)]).astype(np.uint8)


def check(name: str, make: Callable[[np.ndarray, int, int, int], Learner]) -> float:
    """Return the exact log-likelihood that a machine of 12 + 8 units learns, in nats."""
    data, rng = images(5000, 12), np.random.default_rng(5)
    every = (np.arange(4096)[:, None] >> np.arange(12)) & 1

    def likelihood(learner: Learner) -> float:
        rbm = kd.RBM(*learner.parameters())
        log_z = np.logaddexp.reduce(-rbm.free_energy(every))
        return float(np.mean(-rbm.free_energy(data)) - log_z)

    learner = make(data, 100, 8, 500)
    before = likelihood(learner)
    for _ in range(6000):
        learner.step(rng.integers(len(data), size=100))
    after = likelihood(learner)
    if not after > before + 0.3:
        raise SystemExit(f"{name}: log-likelihood {before:.2f} and then only {after:.2f}")
    return after


def compare(
    batch: int,
    data: np.ndarray,
    found: dict[str, Callable[[np.ndarray, int, int, int], Learner]],
    rounds: int,
    steps: int,
) -> dict[str, Any]:
    """Measure one size of minibatches; print and return the seconds of an epoch, and ratios."""
    learners = {name: make(data, batch, HIDDEN, CHAINS) for name, make in found.items()}
    seconds: dict[str, list[float]] = {name: [] for name in learners}
    products, rng = [], np.random.default_rng(6)
    for learner in learners.values():
        learner.step(rng.integers(DATA, size=batch))
    for _ in range(rounds):
        products.append(sgemm())
        rows = rng.integers(DATA, size=(steps, batch))
        for name, learner in learners.items():
            begin = time.process_time()
            for own in rows:
                learner.step(own)
            seconds[name].append((time.process_time() - begin) * DATA / batch / steps)
    print(f"minibatches of {batch}: sgemm {np.median(products):.0f} GFLOP/s", flush=True)
    result: dict[str, Any] = {"batch": batch, "sgemm_gflops": float(np.median(products))}
    for name, values in seconds.items():
        ratio = np.array(values) / seconds["kadanoff"]
        row = {
            "cpu_seconds_of_an_epoch": float(np.median(values)),
            "ratio_to_kadanoff": [float(x) for x in (np.median(ratio), ratio.min(), ratio.max())],
        }
        result[name] = row
        print(
            f"    {name:9s} {row['cpu_seconds_of_an_epoch']:6.2f} CPU s an epoch, "
            f"{np.median(ratio):5.2f} x kadanoff ({ratio.min():.2f} to {ratio.max():.2f})",
            flush=True,
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=10, help="minibatches in a round")
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    found = makers()
    learnt = {name: check(name, make) for name, make in found.items()}
    for name, value in learnt.items():
        print(f"{name}: learns a log-likelihood of {value:.3f} nats", flush=True)
    if max(learnt.values()) - min(learnt.values()) > 0.05:
        raise SystemExit("expected log-likelihoods within 0.05 nats of each other")
    data = images(DATA, VISIBLE)
    results = [compare(batch, data, found, options.rounds, options.steps) for batch in BATCHES]
    if options.json:
        kernel = kd.GibbsSampler(kd.RBM([[1.0]]), 1, seed=1).kernel
        write(options.json, results, ("torch",), kernel=kernel)


if __name__ == "__main__":
    main()
