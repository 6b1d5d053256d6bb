r"""
A network that knows its own probabilities
==========================================

An autoregressive network draws spins one after another and knows the probability of what it has
drawn. Trained to be the Boltzmann distribution, it bounds the free energy (Wu, Wang and Zhang,
arXiv:1809.10606); weights on its samples take away what it got wrong (Nicoli et al.,
arXiv:1910.13496).
"""

# %%
# One network goes from high temperatures to low ones. At each it is trained on its own samples, and
# asked for the bound, for the weighted estimate, and for Markov chains that it proposes to.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import kadanoff as kd

size = 6
temperatures = np.array([3.5, 3.0, 2.6, 2.27, 2.0])
model = kd.Ising(kd.Square(size))
network = kd.nn.AutoregressiveNetwork(model, "dense", depth=2, width=4, seed=1)
van = kd.nn.VariationalFreeEnergy(model, 1 / temperatures[0], network, batch_size=300, seed=1)
bounds, weighted, chains, drawn = [], [], [], []
with kd.nn.torch_threads(1):
    for temperature in temperatures:
        van.beta = 1 / temperature
        van.fit(150 if bounds else 300)
        bounds.append(van.free_energy(10_000).free_energy)
        weighted.append(van.importance_sample(10_000))
        chains.append(van.markov_chains(draws=500, chains=16))
        drawn.append(van.sample(3))

# %%
# Kaufman's solution of the same torus is the judge. The bound is above it, by the divergence of the
# network from the Boltzmann distribution; the weighted estimate is off by its statistical error.

exact = -temperatures * kd.exact.kaufman(size, 1 / temperatures).log_z
for row in zip(temperatures, exact, bounds, weighted, chains, strict=True):
    temperature, free, bound, estimate, chain = row
    z = (estimate.free_energy.mean - free) / estimate.free_energy.standard_error
    print(f"T = {temperature}: exact f {free:.5f}, bound {bound}, weighted {estimate.free_energy}")
    print(f"    {z:+.1f} sigma; effective samples {estimate.efficiency:.1%};", end=" ")
    print(f"chains accept {chain.acceptance:.1%}")

# %%
# Most is lost at the transition and below it, and it is little: nearly all samples count. On the
# right is what the network draws.

figure = plt.figure(figsize=(12, 3.8), layout="constrained")
axes = figure.subplots(1, 3, width_ratios=(1.1, 1, 0.8))
error = np.array([bound.mean for bound in bounds]) / exact - 1
axes[0].semilogy(temperatures, abs(error), "o-", label="variational bound")
error = np.array([estimate.free_energy.mean for estimate in weighted]) / exact - 1
axes[0].semilogy(temperatures, abs(error), "s", mfc="none", color="C1", label="weighted")
known = np.array([estimate.free_energy.standard_error for estimate in weighted]) / abs(exact)
axes[0].fill_between(temperatures, known, 1e-9, color="C1", alpha=0.15, lw=0, label="its error")
axes[0].set(ylabel="relative error of the free energy", ylim=(1e-7, 1e-2))
lost = [1 - estimate.efficiency for estimate in weighted]
axes[1].semilogy(temperatures, lost, "o-", label="weights: effective samples lost")
lost = [1 - chain.acceptance for chain in chains]
axes[1].semilogy(temperatures, lost, "s-", mfc="none", label="chains: proposals rejected")
axes[1].set(ylabel="share lost", ylim=(3e-4, 1))
for axis in axes[:2]:
    axis.axvline(kd.exact.critical_temperature(), color="0.3", lw=1, ls="--")
    axis.set_xlabel(r"temperature $T / J$")
    axis.legend(loc="upper right")
picture = np.full((3 * size + 2, 3 * size + 2), np.nan)
for row, k in enumerate((1, 3, 4)):
    for column in range(3):
        top, left = row * (size + 1), column * (size + 1)
        picture[top : top + size, left : left + size] = drawn[k][column]
axes[2].imshow(picture, cmap=ListedColormap(["#dce6f2", "#0072b2"]), interpolation="nearest")
axes[2].set_yticks(np.arange(3) * (size + 1) + 2.5, [f"T = {temperatures[k]:g}" for k in (1, 3, 4)])
axes[2].set(xticks=[], title="drawn by the network", frame_on=False)
axes[2].tick_params(length=0)
plt.show()

# %%
# ``kadanoff reproduce van`` does this at L = 8, with mean field and Bethe's approximation beside
# it, and ``--full`` with convolutional networks at L = 16.
