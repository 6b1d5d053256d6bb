r"""
Clusters for a model that has none
==================================

The square Ising model with a term of plaquettes has no cluster update of its own. A model of
pairs that fits its energies lends it one, and the energy of the model itself accepts or refuses.
"""

# %%
# The loop begins with local updates at a higher temperature, where they still move, and goes on at
# the critical one with the clusters that it has learnt: fit, sample, fit again. Liu, Qi, Meng and
# Fu (Phys. Rev. B 95 (2017) 041101) have a coupling of 1.1064 at this size and temperature.

import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import kadanoff as kd

size, beta = 40, 1 / 2.493
model = kd.Ising(kd.Square(size), coupling=1.0, plaquette=0.2)
learned = kd.slmc.learn(model, beta, rounds=3, configurations=2000, replicas=20, seed=1)
for entry in learned.rounds:
    coupling, error = entry.effective.couplings[0], entry.effective.errors[0]
    print(f"{entry.update:14} J_1 = {coupling:.4f}({1e4 * error:.0f}); ", end="")
    print(
        f"explains {entry.effective.r_squared:.2%} of the variance; accepted {entry.acceptance:.2f}"
    )

# %%
# More ranges explain more: 1.2444, -0.0873 and -0.0120 are the published couplings of three.

spins = []
for _ in range(100):
    learned.sampler.run(20)
    spins.append(learned.sampler.spins)
three = kd.slmc.fit(model, np.concatenate(spins), ranges=3)
pairs = zip(three.couplings, three.errors, strict=True)
print("three ranges:", ", ".join(f"{coupling:.4f}({1e4 * error:.0f})" for coupling, error in pairs))

# %%
# Spins before an accepted proposal, and which of them it flips.

sampler = learned.sampler
while True:
    before = sampler.spins
    sampler.run(1)
    flipped = before != sampler.spins
    chosen = int(np.abs(flipped.mean(axis=(1, 2)) - 0.3).argmin())
    if abs(flipped[chosen].mean() - 0.3) < 0.1:
        break

# %%
# How fast is the order forgotten? A sweep of clusters is as many sites as the lattice has, accepted
# or not; the integrated autocorrelation time of \|m\| counts what an independent draw costs.


def decay(series: np.ndarray) -> np.ndarray:
    """Return the autocorrelation function of chains about their common mean."""
    series = series - series.mean()
    full = [np.correlate(chain, chain, "full")[len(chain) - 1 :] for chain in series]
    return np.mean(full, axis=0)[:100] / np.mean(full, axis=0)[0]


found = {}
for name in ("heat bath", "Metropolis", "learnt clusters"):
    chains, every, draws = sampler, 1, 6000
    if name != "learnt clusters":
        update = name.replace(" ", "").lower()
        chains, every, draws = kd.Sampler(model, beta, update, replicas=20, seed=2), 10, 3000
        chains.spins = sampler.spins
    began = time.process_time()
    run = chains.sample(draws=draws, every=every)
    seconds = (time.process_time() - began) / draws / every / 20
    sweeps = run["proposed_sites"].mean() / size**2 if chains is sampler else every
    tau = run.summary()["abs_magnetization"].tau_int
    found[name] = (sweeps * np.arange(100), decay(np.abs(run["magnetization"])))
    print(
        f"{name:>15}: tau = {tau * sweeps:5.1f} sweeps = {1e3 * tau * every * seconds:.3f} CPU ms"
    )

figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
colours = ListedColormap(["#f2f2f2", "#8c8c8c", "#8fc1e3", "#0072b2"])  # the last two: it flips
axes[0].imshow((before[chosen] > 0) + 2 * flipped[chosen], cmap=colours, vmin=0, vmax=3)
axes[0].set_axis_off()
axes[0].set_title("a proposal that was accepted, in blue")
for (name, (sweeps, correlation)), colour in zip(found.items(), ("C4", "C1", "C0"), strict=True):
    # Further down it is noise.
    end = np.flatnonzero(correlation < 0.05)
    shown = slice(0, end[0] if len(end) else None)
    axes[1].semilogy(sweeps[shown], correlation[shown], color=colour, label=name)
axes[1].set(xlabel="sweeps", ylabel=r"autocorrelation of $|m|$", xlim=(0, None), ylim=(0.05, 1.05))
axes[1].set_yticks([0.05, 0.1, 0.2, 0.5, 1], ["0.05", "0.1", "0.2", "0.5", "1"])
axes[1].legend()
plt.show()

# %%
# ``kadanoff reproduce slmc`` does this at several sizes, with clusters of the bare coupling, of
# three ranges, and with a restricted Boltzmann machine that proposes.
