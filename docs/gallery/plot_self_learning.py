r"""
Clusters for a model that has none
==================================

The square Ising model with a term of plaquettes has no cluster update of its own. A model of
pairs that fits its energies lends it one, and the energy of the model itself accepts or refuses.
"""

# %%
# The loop begins with local updates at a higher temperature, where they still move, and goes on at
# the critical one with the clusters that it has learnt.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import kadanoff as kd

size, beta = 40, 1 / 2.493
model = kd.Ising(kd.Square(size), coupling=1.0, plaquette=0.2)
learned = kd.slmc.learn(model, beta, rounds=3, configurations=2000, replicas=20, seed=1)
for entry in learned.rounds:
    coupling, error = entry.effective.couplings[0], entry.effective.errors[0]
    print(f"{entry.update:14} J_1 = {coupling:.4f}({1e4 * error:.0f})  {entry.acceptance:.2f}")

# %%
# Spins before an accepted proposal, and which of them it flips; then how fast the order is
# forgotten. A sweep of clusters is as many sites as the lattice has, accepted or not.

sampler = learned.sampler
while True:
    before = sampler.spins
    sampler.run(1)
    flipped = before != sampler.spins
    chosen = int(np.abs(flipped.mean(axis=(1, 2)) - 0.3).argmin())
    if abs(flipped[chosen].mean() - 0.3) < 0.1:
        break

metropolis = kd.Sampler(model, beta, "metropolis", replicas=20, seed=2)
metropolis.spins = sampler.spins
local = np.abs(metropolis.sample(draws=4000, every=5)["magnetization"])
run = sampler.sample(draws=8000)
clusters = np.abs(run["magnetization"])
share = run["proposed_sites"].mean() / size**2


def decay(series: np.ndarray) -> np.ndarray:
    """Return the autocorrelation function of chains."""
    series = series - series.mean()
    full = [np.correlate(chain, chain, "full")[len(chain) - 1 :] for chain in series]
    return np.mean(full, axis=0)[:100] / np.mean(full, axis=0)[0]


figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
colours = ListedColormap(["#f2f2f2", "#8c8c8c", "#8fc1e3", "#0072b2"])  # the last two: it flips
axes[0].imshow((before[chosen] > 0) + 2 * flipped[chosen], cmap=colours, vmin=0, vmax=3)
axes[0].set_axis_off()
axes[0].set_title("a cluster that flips")
axes[1].semilogy(5 * np.arange(100), decay(local), label="Metropolis")
axes[1].semilogy(share * np.arange(100), decay(clusters), label="learnt clusters")
axes[1].set(xlabel="sweeps", ylabel="autocorrelation of |m|", ylim=(0.02, 1.05))
axes[1].legend()
