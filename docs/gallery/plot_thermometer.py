r"""
Where a thermometer keeps the transition
========================================

A network that is trained to name the temperature of a configuration, and is told of no transition,
shows one in the weights of its last layer (Tanaka and Tomiya, arXiv:1609.09087). Or is it in the
biases (Aoki, Fujita and Kobayashi, arXiv:1901.03817)?
"""

# %%
# Forty temperatures, 40 classes. The weights into the last layer are summed for each class and a
# hyperbolic tangent is fitted to them after every epoch, since the answer depends on when it is
# read.

import matplotlib.pyplot as plt
import numpy as np

import kadanoff as kd

size = 16
critical = 1 / kd.exact.critical_temperature()
betas = np.linspace(0.02, 0.80, 40)
data = kd.datasets.ising(kd.Square(size), 1 / betas, per_temperature=256, seed=1)
train, validation = data.split(0.25, seed=1)
network = kd.nn.FullyConnected(size**2, hidden=80, outputs=len(betas), seed=1)
history = []


def read(epoch: int, total: int, text: str) -> None:
    """Keep the weights of the last layer and what the tangent says of them."""
    sums = kd.nn.summed_weights(network)
    weights = network.output.weight.detach().numpy().T.copy()
    history.append((sums, weights, kd.nn.tanh_transition(betas, sums)))


with kd.nn.torch_threads(1):
    kd.nn.fit(
        network, train, validation, epochs=20, learning_rate=3e-4, patience=None, progress=read
    )
first = next(k for k, (_, _, fit) in enumerate(history) if fit.explained > 0.95)
sums, weights, transition = history[first]
for k in (first, len(history) - 1):
    fit = history[k][2]
    print(f"epoch {k + 1:2}: beta_c = {fit.beta:.3f} +- {fit.beta_error:.3f}, exact {critical:.4f}")

# %%
# For the energy as the only input the best machine is known: its weights are -beta, and its biases
# -ln Z(beta), up to constants. So the second difference of the biases is the specific heat, and its
# peak the transition of this size.

ladder = np.arange(0.12, 0.65, 0.04)
states = kd.datasets.ising(kd.Square(size), 1 / ladder, per_temperature=10_000, seed=2)
machine = kd.nn.fit_energies(kd.Ising(kd.Square(size)).energy(states.spins), states.labels)
curvature, error = machine.second_difference(0.04)
log_z = kd.exact.kaufman(size, ladder).log_z_total
chi_square = machine.chi_square(-ladder, -log_z)
fine = np.linspace(0.12, 0.64, 400)
heat = kd.exact.kaufman(size, fine).specific_heat / fine**2
print(f"correlation of biases and -ln Z: {np.corrcoef(machine.biases, -log_z)[0, 1]:.6f}")
print(f"chi^2 per degree of freedom: weights {chi_square[0]:.2f}, biases {chi_square[1]:.2f}")
print(
    f"peak of the second difference: {ladder[1 + curvature.argmax()]:.2f} +- 0.04,"
    f" of C / beta^2: {fine[heat.argmax()]:.3f}"
)

# %%
# Both are right about something: early in the training the weights look like an order parameter,
# and the biases of the optimum are thermodynamics.

figure, axes = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
top = np.quantile(abs(weights), 0.99)
shown = axes[0].imshow(
    weights[np.argsort(weights[:, betas > 0.5].mean(axis=1))],
    aspect="auto", extent=(0.01, 0.81, 0, 80), cmap="RdBu_r", vmin=-top, vmax=top,
)  # fmt: skip
figure.colorbar(shown, ax=axes[0], label="weight")
axes[0].set(xlabel=r"label $\beta_k J$", ylabel="hidden unit, sorted", title="last layer")
for k, style in ((first, "o"), (len(history) - 1, "-")):
    values = history[k][0]
    label = rf"epoch {k + 1}: $\beta_c$ = {history[k][2].beta:.3f}"
    axes[1].plot(betas, (values - values.mean()) / np.ptp(values), style, mfc="none", label=label)
axes[1].set(xlabel=r"label $\beta_k J$", ylabel="sum of the weights, scaled", title="weights")
axes[1].set_ylim(-0.75, 0.85)
axes[1].legend(loc="upper right")
axes[2].errorbar(ladder[1:-1], curvature / size**2, error / size**2, fmt="o", label="biases")
axes[2].plot(fine, heat, "k-", lw=1, label=r"exact $C / \beta^2$")
axes[2].set(xlabel=r"$\beta_k J$", ylabel="second difference per site", title="energy machine")
axes[2].legend(loc="upper left")
for axis, height in zip(axes, (1, 0.8, 1), strict=True):
    axis.axvline(critical, ymax=height, color="0.3", lw=1, ls="--")
plt.show()

# %%
# ``kadanoff reproduce thermometer`` compares convolutional and fully connected networks at L = 8,
# 16 and 32, over seeds and ranges of temperature, and tests the biases at each size.
