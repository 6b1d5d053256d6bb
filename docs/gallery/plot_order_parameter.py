r"""
What hidden units see
=====================

Three hidden units between a configuration and its temperature: what quantity have they found to
tell it by? Their pre-activations are compared with the magnetisation and with the energy (Kashiwa,
Kikuchi and Tomiya, arXiv:1812.01522).
"""

# %%
# The same task for two networks: three units that see the spins themselves, and three behind two
# convolutions. Some of the latter are stuck early; their loss tells, so the best of three is kept.
# A regularisation of the former removes what their weights were before the training.

import matplotlib.pyplot as plt
import numpy as np

import kadanoff as kd

size, betas = 8, np.linspace(0.25, 0.65, 17)
data = kd.datasets.ising(kd.Square(size), 1 / betas, per_temperature=768, seed=1)
train, held_out = data.split(0.25, seed=1)


def trained(network, **how: float):
    """Return the network and its loss on held-out configurations."""
    history = kd.nn.fit(network, train, held_out, patience=None, **how)
    return network, min(history.validation_loss)


shape = {"hidden": 3, "outputs": len(betas)}
with kd.nn.torch_threads(1):
    shallow, shallow_loss = trained(
        kd.nn.FullyConnected(size**2, activation="sigmoid", seed=1, **shape),
        learning_rate=1e-2, l2=3e-3, epochs=12,
    )  # fmt: skip
    deep, deep_loss = min(
        (
            trained(
                kd.nn.Convolutional(seed=seed, **shape), learning_rate=5e-3, epochs=8, seed=seed
            )
            for seed in (1, 2, 3)
        ),
        key=lambda found: found[1],
    )

# %%
# No thermometer can be better than Bayes' rule with Kaufman's partition function. A network that
# knows the energy comes near it, one that knows the magnetisation does not.

energies = kd.Ising(kd.Square(size)).energy(held_out.spins)
logits = -np.outer(energies, betas) - kd.exact.kaufman(size, betas).log_z_total
best = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(energies)), held_out.labels]
print(f"loss: {shallow_loss:.3f} and {deep_loss:.3f}, at best {best.mean():.3f}")

# %%
# Held-out configurations, their physics, and what the units say about them. ``layer_outputs`` gives
# the pre-activations of a layer by its name.

physics = {
    r"magnetisation $m$": held_out.spins.mean(axis=(1, 2)),
    r"energy per site $E / NJ$": energies / size**2,
}
seeing = {"three units that see spins": shallow, "three units behind convolutions": deep}
figure, axes = plt.subplots(2, 2, figsize=(9, 7), sharex="col", sharey=True, layout="constrained")
some = np.random.default_rng(1).permutation(len(held_out))[:800]
for row, (name, network) in zip(axes, seeing.items(), strict=True):
    units = kd.nn.layer_outputs(network, held_out, "hidden").astype(float)
    units = (units - units.mean(axis=0)) / units.std(axis=0)
    for axis, (label, x) in zip(row, physics.items(), strict=True):
        r = [abs(np.corrcoef(unit, x)[0, 1]) for unit in units.T]
        shown = ", ".join(f"{each:.3f}" for each in r)
        print(f"{name}, {label}: |r| = {shown}")
        for k, marker in enumerate("o^s"):
            axis.plot(
                x[some], units[some, k], marker, ms=3, mew=0, alpha=0.7, label=f"unit {k + 1}"
            )
        axis.set_title(f"$|r|$ = {shown}")
    row[0].set_ylabel(f"{name},\npre-activation, standardised")
for axis, label in zip(axes[1], physics, strict=True):
    axis.set_xlabel(label)
axes[0, 0].set_xticks(np.linspace(-1, 1, 5))
axes[0, 1].set_xticks(np.linspace(-2, -0.5, 4))
axes[1, 1].legend(loc="upper left", markerscale=2)
plt.show()

# %%
# ``kadanoff reproduce order-parameter`` does this at L = 16, and asks what is left of the
# correlations at fixed temperature, where energy and magnetisation do not go together.
