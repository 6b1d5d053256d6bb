r"""
An order parameter without labels
=================================

Principal components of configurations at several temperatures, unlabelled: the first one is the
magnetisation (Wang, Phys. Rev. B 94 (2016) 195105). The leading mode of a restricted Boltzmann
machine that was trained on the same configurations is the magnetisation, too.
"""

# %%
# One data set for each size; scikit-learn sees nothing but rows of spins.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

import kadanoff as kd

sizes = (10, 20, 40)
temperatures = np.arange(1.6, 2.95, 0.1)
critical = kd.exact.critical_temperature()
components, projections, data = {}, {}, {}
for size in sizes:
    data[size] = kd.datasets.ising(kd.Square(size), temperatures, per_temperature=400, seed=1)
    machine = PCA(10, svd_solver="randomized", random_state=1)
    projections[size] = machine.fit_transform(data[size].data.astype(np.float32))
    components[size] = machine
    m = data[size].data.mean(axis=1)
    r = abs(np.corrcoef(projections[size][:, 0], m)[0, 1])
    share = machine.explained_variance_ratio_[0]
    print(f"L = {size}: |r| of the first component and m is {r:.5f};", end=" ")
    print(f"its share of the variance {share:.4f}, mean of m^2 {np.mean(m**2):.4f}")

# %%
# A restricted Boltzmann machine of 16 hidden units learns the same rows by contrastive divergence.
# The first left singular vector of its weights is its leading mode.

rows = data[10].data
start = kd.RBM.random(100, 16, rows, seed=1, visible_units="spin", hidden_units="spin")
trainer = kd.RBMTrainer(start, method="cd", learning_rate=0.005, batch_size=100, seed=1)
trainer.fit(rows, epochs=20)
modes, _, _ = np.linalg.svd(trainer.rbm.weights.astype(float), full_matrices=False)
r = abs(np.corrcoef(rows @ modes[:, 0], rows.mean(axis=1))[0, 1])
print(f"machine of 16 hidden units, L = 10: |r| of its leading mode and m is {r:.5f}")

# %%
# Components beyond the first come in multiplets of four, the waves of the torus. The plane of the
# first two shows both ordered states and the transition between them; the mean modulus of the first
# one follows Onsager's and Yang's magnetisation.

figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.8), layout="constrained")
for size in sizes:
    ratios = components[size].explained_variance_ratio_
    axes[0].semilogy(np.arange(1, 11), ratios, "o-", ms=5, label=f"L = {size}")
    order = abs(projections[size][:, 0]).reshape(len(temperatures), -1).mean(axis=1) / size
    axes[2].plot(temperatures, order, "o-", ms=5, label=f"L = {size}")
axes[0].set(xlabel="component", ylabel="share of the variance", xticks=range(1, 11))
axes[0].legend()
some = np.random.default_rng(1).permutation(len(data[40]))[:1500]
plane = projections[40][some, :2] / 40
shown = axes[1].scatter(*plane.T, c=data[40].temperatures[some], s=8, lw=0, cmap="coolwarm")
figure.colorbar(shown, ax=axes[1], label=r"temperature $T / J$")
axes[1].set(xlabel=r"$p_1 / L$", ylabel=r"$p_2 / L$", title="L = 40", ylim=(-0.6, 0.6))
cold = np.linspace(1.6, critical, 400)
exact = kd.exact.onsager(1 / cold).magnetization
axes[2].plot(cold, exact, "k-", lw=1.2, label=r"exact, L = $\infty$")
axes[2].axvline(critical, color="0.3", lw=1, ls="--")
axes[2].text(critical + 0.02, 0.02, "$T_c$")
axes[2].set(xlabel=r"temperature $T / J$", ylabel=r"$\langle |p_1| \rangle / L$", ylim=(0, 1.02))
axes[2].legend()
plt.show()

# %%
# ``kadanoff reproduce pca`` adds shuffled configurations as a control and finds the critical
# temperature from the Binder cumulants of the first component.
