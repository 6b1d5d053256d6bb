r"""
The phase transition of the square Ising model
==============================================

One sampler holds a ladder of temperatures, one replica for each; all of them advance together. The
means are compared with Kaufman's exact solution of the same finite torus.
"""

# %%
# A replica has a temperature of its own, so a scan is a single trajectory with a single checkpoint.

import matplotlib.pyplot as plt
import numpy as np

import kadanoff as kd

size = 64
temperatures = np.linspace(1.8, 2.8, 21)
sampler = kd.Sampler(kd.Ising(kd.Square(size)), beta=1 / temperatures, replicas=21, seed=1)
sampler.run(5_000)
run = sampler.sample(draws=4_000, every=5)
tables = run.summaries()

# %%
# ``summaries`` gives one table for each temperature, with errors that know about autocorrelation.

print(tables[10])

# %%
# Energy and specific heat have exact values at every size, the magnetisation in the infinite
# lattice.

fine = np.linspace(1.8, 2.8, 401)
finite = kd.exact.kaufman((size, size), 1 / fine)
infinite = kd.exact.onsager(1 / fine)
panels = {
    "energy": ("energy per site / J", finite.energy),
    "specific_heat": ("specific heat per site", finite.specific_heat),
    "abs_magnetization": (r"$\langle |m| \rangle$", infinite.magnetization),
    "binder": ("Binder cumulant", None),
}
figure, axes = plt.subplots(2, 2, figsize=(8, 6), sharex=True, layout="constrained")
for axis, (name, (label, exact)) in zip(axes.flat, panels.items(), strict=True):
    rows = [table[name] for table in tables]
    axis.errorbar(
        temperatures,
        [row.mean for row in rows],
        [row.standard_error for row in rows],
        fmt=".",
        label=f"L = {size}",
    )
    if exact is not None:
        axis.plot(fine, exact, lw=1, label="exact")
    axis.axvline(kd.exact.critical_temperature(), color="0.7", lw=1)
    axis.set_ylabel(label)
axes[0, 0].legend()
for axis in axes[1]:
    axis.set_xlabel(r"$T$ in units of $J / k_B$")
plt.show()

# %%
# The mean deviation from the exact energy, in standard errors, is of order one.

exact = kd.exact.kaufman((size, size), 1 / temperatures).energy
z = [
    (t["energy"].mean - e) / t["energy"].standard_error for t, e in zip(tables, exact, strict=True)
]
print(f"root mean square of the deviations: {np.sqrt(np.mean(np.square(z))):.2f} sigma")
