r"""
A network that learns phases
============================

A hidden layer of 100 units learns to tell configurations of the square lattice below its critical
temperature from those above it (Carrasquilla and Melko, Nature Physics 13 (2017) 431). Asked about
the triangular lattice, which it has never seen, it finds the transition there.
"""

# %%
# Labelled configurations come decorrelated from the sampler, in independent chains. Every seed has
# chains of its own, so that the scatter of the seeds holds all that is random.

import matplotlib.pyplot as plt
import numpy as np

import kadanoff as kd

sizes, seeds = (10, 20, 30), 3
critical = {"square": kd.exact.critical_temperature(), "triangular": 4 / np.log(3)}
lattices = {"square": kd.Square, "triangular": kd.Triangular}


def disordered(part: kd.datasets.IsingDataset) -> kd.nn.SpinDataset:
    """Return rows of the square lattice with the class 1 above its critical temperature."""
    return kd.nn.SpinDataset(part, part.temperatures > critical["square"])


def trained(data: kd.datasets.IsingDataset, seed: int) -> kd.nn.FullyConnected:
    """Return a network that has learned the chains of its seed."""
    part = data[data.chains % seeds == seed]
    train, validation = (disordered(rows) for rows in part.split(0.15, seed=1))
    sites = data.shape[1]
    network = kd.nn.FullyConnected(sites, hidden=100, seed=seed)
    kd.nn.fit(network, train, validation, epochs=10, batch_size=256, patience=4, l2=1e-3, seed=seed)
    return network


def outputs(networks: list, data: kd.datasets.IsingDataset) -> np.ndarray:
    """Return the mean probability of the ordered phase, (seed, temperature)."""
    rows = []
    for seed, network in enumerate(networks):
        part = data[data.chains % seeds == seed]
        logits = kd.nn.predict(network, part)
        ordered = 1 / (1 + np.exp(logits[:, 1] - logits[:, 0]))
        rows.append(np.bincount(part.labels, ordered) / np.bincount(part.labels))
    return np.array(rows)


# %%
# Training goes from 1.25 below the critical temperature to 1.25 above it. Sites of both lattices
# come in the same order, row by row, so the network of one takes configurations of the other.

away = np.linspace(0.02, 1.25, 9)
taught = critical["square"] + np.concatenate([-away[::-1], away])
reduced = np.array([0.6, 0.75, 0.85, 0.92, 0.96, 1.0, 1.04, 1.08, 1.15, 1.25, 1.4])
found = {name: [] for name in lattices}
with kd.nn.torch_threads(1):
    for size in sizes:
        data = kd.datasets.ising(kd.Square(size), taught, seeds * 400, seed=1, chains=48)
        networks = [trained(data, seed) for seed in range(seeds)]
        for name, lattice in lattices.items():
            asked = kd.datasets.ising(
                lattice(size), critical[name] * reduced, seeds * 192, seed=2, chains=48
            )
            found[name].append(outputs(networks, asked))

# %%
# Where the output is 1/2 is the temperature that the network takes for the critical one.

figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True, layout="constrained")
shades = plt.colormaps["viridis"]([0.78, 0.43, 0.08])
for axis, name in zip(axes, lattices, strict=True):
    exact = critical[name]
    axis.axvline(exact, color="0.5", lw=1, ls="--")
    axis.axhline(0.5, color="0.5", lw=0.8, ls=":")
    axis.text(1.02 * exact, 1.03, rf"$T_c = {exact:.4f}$")
    for size, rows, shade in zip(sizes, found[name], shades, strict=True):
        error = rows.std(axis=0, ddof=1) / np.sqrt(seeds)
        mean = rows.mean(axis=0)
        axis.errorbar(
            exact * reduced, mean, error, fmt="o-", ms=4, color=shade, label=f"L = {size}"
        )
        middle = slice(2, -2)
        each = [np.interp(-0.5, -row[middle], exact * reduced[middle]) for row in rows]
        star, spread = np.mean(each), np.std(each, ddof=1) / np.sqrt(seeds)
        print(f"{name:>10}, L = {size}: T* = {star:.3f} +- {spread:.3f}, exact {exact:.4f}")
    axis.set_xlabel(r"temperature $T / J$")
axes[0].set(title="square: trained here", ylabel="probability of the ordered phase", ylim=(0, 1.12))
axes[1].set_title("triangular: never seen")
axes[1].legend()
plt.show()

# %%
# These small trainings are about one percent high. ``kadanoff reproduce phases`` takes more data,
# five seeds and L = 40, ``--full`` L = 60, and a convolutional network as well, and extrapolates
# both crossings to infinite size (published: 2.266(2) and 3.65(1)).
