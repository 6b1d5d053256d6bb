"""Compare Kadanoff's Gibbs chains with NumPy, torch and scikit-learn, in one process on one thread.

    pip install 'kadanoff[bench,nn,sklearn]' && python bench/python/peers_rbm.py

NumPy and torch do what a careful user writes: float32 matrix products into buffers that exist, the
logistic function and the draw in place. Every sampler first shows that its visible layer has the
exact distribution of a small machine; only then is its speed printed: chain steps (v -> h -> v)
per CPU second, in rounds in which all take turns, as medians, and ratios to the best peer of the
same round. The rate of a float32 matrix product stands beside them.
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

import kadanoff as kd

SHAPES = ((784, 500, 1000), (784, 128, 128), (64, 64, 10_000), (100, 400, 1024))
PEERS = ("numpy", "torch", "scikit-learn")


class Chains:
    """A sampler of `chains` chains: `step` does one step, `visible` is the state."""

    def __init__(self, step: Callable[[], None], visible: Callable[[], np.ndarray]) -> None:
        self.step, self.visible = step, visible


def kadanoff_chains(precision: str) -> Callable[[kd.RBM, int], Chains]:
    def make(rbm: kd.RBM, chains: int) -> Chains:
        sampler = kd.GibbsSampler(rbm, chains, seed=1, threads=1, precision=precision)
        return Chains(lambda: sampler.run(1), lambda: sampler.visible)

    return make


def numpy_chains(rbm: kd.RBM, chains: int) -> Chains:
    rng, one = np.random.default_rng(1), np.float32(1)
    weights = rbm.weights
    layers = {}
    for name, matrix, bias in (
        ("hidden", weights, rbm.hidden_bias),
        ("visible", np.ascontiguousarray(weights.T), rbm.visible_bias),
    ):
        field, uniform, state = (np.empty((chains, len(bias)), np.float32) for _ in range(3))
        layers[name] = matrix, bias, field, uniform, state
    visible, hidden = layers["visible"][-1], layers["hidden"][-1]
    visible[:] = rng.random(visible.shape) < 0.5

    def draw(source: np.ndarray, layer: str) -> None:
        matrix, bias, field, uniform, state = layers[layer]
        np.matmul(source, matrix, out=field)
        np.add(field, bias, out=field)
        np.negative(field, out=field)
        np.exp(field, out=field)
        np.add(field, one, out=field)
        rng.random(out=uniform, dtype=np.float32)
        np.multiply(uniform, field, out=uniform)
        np.less(uniform, one, out=state)

    def step() -> None:
        draw(visible, "hidden")
        draw(hidden, "visible")

    return Chains(step, lambda: visible)


def torch_chains(rbm: kd.RBM, chains: int) -> Chains:
    import torch

    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    weights = torch.tensor(rbm.weights)
    layers = {}
    for name, matrix, bias in (
        ("hidden", weights, torch.tensor(rbm.hidden_bias)),
        ("visible", weights.T.contiguous(), torch.tensor(rbm.visible_bias)),
    ):
        field, uniform, state = (torch.zeros(chains, len(bias)) for _ in range(3))
        layers[name] = matrix, bias, field, uniform, state
    visible, hidden = layers["visible"][-1], layers["hidden"][-1]
    visible.copy_(torch.rand(visible.shape, generator=generator) < 0.5)

    def draw(source: Any, layer: str) -> None:
        matrix, bias, field, uniform, state = layers[layer]
        torch.addmm(bias, source, matrix, out=field)
        field.sigmoid_()
        uniform.uniform_(generator=generator)
        torch.lt(uniform, field, out=state)

    def step() -> None:
        draw(visible, "hidden")
        draw(hidden, "visible")

    return Chains(step, visible.numpy)


def estimator_chains(model: Any, chains: int) -> Chains:
    """Return the chains of a fitted scikit-learn estimator, by its method `gibbs`."""
    model.random_state_ = np.random.RandomState(1)
    state = [model.random_state_.random((chains, model.n_features_in_)) < 0.5]

    def step() -> None:
        state[0] = model.gibbs(state[0])

    return Chains(step, lambda: state[0])


def sklearn_chains(dtype: type) -> Callable[[kd.RBM, int], Chains]:
    """Scikit-learn as `fit` leaves it: it takes the dtype of the data."""

    def make(rbm: kd.RBM, chains: int) -> Chains:
        from kadanoff.sklearn import to_sklearn

        model = to_sklearn(rbm)
        model.components_ = model.components_.astype(dtype)
        model.intercept_visible_ = model.intercept_visible_.astype(dtype)
        model.intercept_hidden_ = model.intercept_hidden_.astype(dtype)
        return estimator_chains(model, chains)

    return make


def own_estimator_chains(rbm: kd.RBM, chains: int) -> Chains:
    from kadanoff.sklearn import BernoulliRBM

    return estimator_chains(BernoulliRBM.from_rbm(rbm, threads=1), chains)


def makers() -> dict[str, Callable[[kd.RBM, int], Chains]]:
    """Return what is installed, Kadanoff first."""
    found = {f"kadanoff {name}": kadanoff_chains(name) for name in ("float32", "fixed16")}
    found["numpy"] = numpy_chains
    if util.find_spec("torch"):
        found["torch"] = torch_chains
    if util.find_spec("sklearn"):
        found["kadanoff.sklearn"] = own_estimator_chains
        found["scikit-learn"] = sklearn_chains(np.float32)
        found["scikit-learn float64"] = sklearn_chains(np.float64)
    return found


def check(name: str, make: Callable[[kd.RBM, int], Chains]) -> float:
    """Chi-square of the visible states of a machine of 6 + 5 units, in standard deviations."""
    rng = np.random.default_rng(2)
    rbm = kd.RBM(rng.normal(size=(6, 5)), rng.normal(size=6), rng.normal(size=5))
    every = (np.arange(64)[:, None] >> np.arange(6)) & 1
    weight = np.exp(-rbm.free_energy(every))
    chains = make(rbm, 50_000)
    for _ in range(200):
        chains.step()
    number = (chains.visible() > 0.5) @ (1 << np.arange(6))
    expected = 50_000 * weight / weight.sum()
    chi_square = float(((np.bincount(number, minlength=64) - expected) ** 2 / expected).sum())
    score = (chi_square - 63) / np.sqrt(2 * 63)
    if abs(score) > 5:
        raise SystemExit(f"{name}: chi-square {chi_square:.0f}, expected 63")
    return score


def rate(chains: Chains, count: int, seconds: float) -> float:
    """Chain steps per CPU second."""
    steps, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        chains.step()
        steps += 1
    return steps * count / spent


def sgemm(size: int = 512) -> float:
    """GFLOP/s of a float32 matrix product in NumPy."""
    a = np.random.default_rng(1).random((size, size), dtype=np.float32)
    out = np.empty_like(a)
    product = Chains(lambda: np.matmul(a, a, out=out), lambda: out)  # type: ignore[arg-type]
    return rate(product, 2 * size**3, 0.05) / 1e9


def compare(
    shape: tuple[int, int, int],
    found: dict[str, Callable[[kd.RBM, int], Chains]],
    rounds: int,
    seconds: float,
) -> dict[str, Any]:
    """Measure one shape; print and return its rates, ratios and equivalent GFLOP/s."""
    visible, hidden, count = shape
    weights = 0.1 * np.random.default_rng(1).normal(size=(visible, hidden))
    samplers = {name: make(kd.RBM(weights), count) for name, make in found.items()}
    rates: dict[str, list[float]] = {name: [] for name in samplers}
    products = []
    for chains in samplers.values():
        chains.step()
    for _ in range(rounds):
        products.append(sgemm())
        for name, chains in samplers.items():
            rates[name].append(rate(chains, count, seconds))
    best = np.max([rates[name] for name in ("numpy", "torch") if name in rates], axis=0)
    print(f"{visible}x{hidden}x{count}: sgemm {np.median(products):.0f} GFLOP/s", flush=True)
    result: dict[str, Any] = {"shape": shape, "sgemm_gflops": float(np.median(products))}
    for name, values in rates.items():
        ratio = np.array(values) / best
        row = {
            "chain_steps_per_cpu_second": float(np.median(values)),
            "equivalent_gflops": float(np.median(values)) * 4 * visible * hidden / 1e9,
            "ratio_to_best_peer": [float(x) for x in (np.median(ratio), ratio.min(), ratio.max())],
        }
        if "scikit-learn" in rates:
            for peer in ("scikit-learn", "scikit-learn float64"):
                over = np.median(np.array(values) / rates[peer])
                row[f"ratio_to_{peer.replace('-', '_').replace(' ', '_')}"] = float(over)
        result[name] = row
        median, least, largest = row["ratio_to_best_peer"]
        print(
            f"    {name:20s} {row['chain_steps_per_cpu_second']:9.3g} chain steps/CPU s, "
            f"{row['equivalent_gflops']:5.0f} GFLOP/s, "
            f"{median:5.2f} x the best peer ({least:.2f} to {largest:.2f})",
            flush=True,
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.15, help="of each measurement")
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    restart_in_a_fair_environment()
    found = makers()
    for name, make in found.items():
        print(f"{name}: correct ({check(name, make):+.1f} standard deviations)", flush=True)
    results = [compare(shape, found, options.rounds, options.seconds) for shape in SHAPES]
    if options.json:
        kernel = kd.GibbsSampler(kd.RBM([[1.0]]), 1, seed=1).kernel
        write(options.json, results, PEERS, kernel=kernel)


if __name__ == "__main__":
    main()
