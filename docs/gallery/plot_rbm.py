r"""
A machine that draws digits
===========================

A restricted Boltzmann machine of 64 visible and 100 hidden units learns the 8 x 8 digits of
scikit-learn. Its partition function is estimated on the way, so that its likelihood is known, and
its chains are looked at before they are believed.
"""

# %%
# Persistent chains estimate the gradient. ``keep_every`` keeps checkpoints of the machine.

import matplotlib.pyplot as plt
import numpy as np

import kadanoff as kd
from kadanoff.rbm import pictures

train, test = kd.datasets.digits().split(held_out=0.2, seed=1)
start = kd.RBM.random(64, 100, train.data, seed=1)
trainer = kd.RBMTrainer(
    start,
    method="pcd",
    k=5,
    chains=500,
    learning_rate=kd.rbm.schedules.Exponential(0.005, 0.99),
    keep_every=20,
    seed=1,
)
trainer.fit(train.data, epochs=200)

# %%
# The checkpoints are a smooth way from a machine whose partition function is known to the last one:
# one annealing along them gives all partition functions, with their errors.

machines = [checkpoint.rbm for checkpoint in trainer.checkpoints]
estimates = kd.rbm.trajectory_log_partition(machines, data=train.data, seed=1)
curves = {
    "epoch": [checkpoint.epoch for checkpoint in trainer.checkpoints],
    "training data": [
        rbm.log_likelihood(train.data, log_z=z).mean()
        for rbm, z in zip(machines, estimates, strict=True)
    ],
    "held-out data": [
        rbm.log_likelihood(test.data, log_z=z).mean()
        for rbm, z in zip(machines, estimates, strict=True)
    ],
}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
pictures.training(
    curves,
    ["training data", "held-out data"],
    {"held-out data": [1.96 * z.standard_error for z in estimates]},
    label="log-likelihood per digit in nats",
    ax=axes[0],
)
band = kd.rbm.marchenko_pastur_edges(start.weights.shape, float(start.weights.std()))
pictures.spectrum(trainer.history, band=band, ax=axes[1])
plt.show()
print(estimates[-1])

# %%
# Singular values leave the band of random weights one after another, each with a feature of the
# data. The features of single hidden units are strokes and their absence.

figure, axis = plt.subplots(figsize=(7, 6), layout="constrained")
pictures.weights(trainer.rbm, ax=axis)
plt.show()

# %%
# Do chains forget where they began? ``mixing`` starts them in random states, at the ends of the
# leading singular vector, and in the data, and warns if they disagree.

found = kd.rbm.mixing(trainer.rbm, train.data, steps=4000)
print(found)
figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
pictures.autocorrelation(found.traces, ax=axis)
plt.show()

# %%
# They do after a few hundred steps, so their last states are samples.

chains = kd.GibbsSampler(trainer.rbm, chains=500, seed=2)
chains.run(5_000)
figure, axis = plt.subplots(figsize=(6.5, 6.5), layout="constrained")
pictures.samples(chains.visible, ax=axis)
plt.show()

# %%
# How far are they from digits? Neither free energies nor the energy distance tells samples from
# digits that the machine has not seen; only the likelihoods above show that it knows the training
# data better.

sets = {"training data": train.data, "held-out data": test.data, "samples": chains.visible}
figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
pictures.free_energies(trainer.rbm, sets, ax=axis)
plt.show()
print("samples and held-out digits:       ", kd.rbm.energy_distance(chains.visible, test.data))
print("training data and held-out digits: ", kd.rbm.energy_distance(train.data, test.data))

# %%
# Clamped units stay as they are: the machine completes held-out digits whose lower half it has not
# seen. The mean shows where it hesitates.

known = np.arange(64) < 32
done = kd.rbm.inpaint(trainer.rbm, test.data[:10], known, chains=32, steps=4_000, seed=3)
figure, axis = plt.subplots(figsize=(5.5, 7), layout="constrained")
pictures.inpainting(done, truth=test.data[:10], samples=5, ax=axis)
plt.show()
right = (np.where(done.means > 0.5, 1, 0) == test.data[:10])[:, ~known].mean()
print(f"pixels of the lower half that the mean has right: {right:.0%}")
