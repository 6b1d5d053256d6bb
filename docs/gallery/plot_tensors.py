r"""
Free energies and entanglement without sampling
===============================================

The partition function of a lattice is a network of small tensors, and so is the wave function of a
restricted Boltzmann machine. The first is contracted by coarse graining; the second becomes a chain
of tensors, whose bonds are bounded by cuts through the graph of the machine.
"""

# %%
# An infinite square lattice around its critical temperature, with at most 12 states on a bond.
# Onsager's solution tells how far off the free energies are. Coarse graining loses accuracy where
# the correlation length diverges; corner transfer matrices lose most of theirs only there.

import matplotlib.pyplot as plt
import numpy as np

import kadanoff as kd

critical = kd.exact.critical_temperature()
temperatures = critical * np.linspace(0.9, 1.1, 13)
exact = -temperatures * kd.exact.onsager(1 / temperatures).log_z
figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for method, label in (
    ("trg", "TRG"),
    ("hotrg", "HOTRG"),
    ("bond-weighted-trg", "bond-weighted TRG"),
    ("ctmrg", "CTMRG"),
):
    found = kd.tensor.free_energy(1 / temperatures, method=method, chi=12)
    errors = np.maximum(np.abs(found / exact - 1), 1e-16)
    axes[0].semilogy(temperatures / critical, errors, ".-", label=label)
    print(f"{label:>18}: {errors.max():.1e} at most")
axes[0].set_xlabel(r"$T / T_c$")
axes[0].set_ylabel("relative error of the free energy")
axes[0].legend(fontsize="small")

# Averages come from one tensor that differs from the others.
curve = kd.tensor.thermodynamics(1 / temperatures, method="hotrg", chi=8)
fine = np.linspace(temperatures[0], temperatures[-1], 401)
onsager = kd.exact.onsager(1 / fine)
axes[1].plot(fine / critical, onsager.magnetization, "k-", lw=1, label="exact")
axes[1].plot(fine / critical, -onsager.energy, "k-", lw=1)
axes[1].plot(temperatures / critical, curve.magnetization, "o", mfc="none", label="magnetisation")
axes[1].plot(temperatures / critical, -curve.energy, "s", mfc="none", label="minus energy")
axes[1].set_xlabel(r"$T / T_c$")
axes[1].set_ylabel("HOTRG with 8 states, per site")
axes[1].legend(fontsize="small")
plt.show()

# %%
# Machines of 16 visible spins with random imaginary weights, whose hidden units see so many
# neighbours each. The smallest set of units that separates the two sides of a cut bounds the
# entropy between them: a range of r allows r - 1 units, whatever the length of the chain. Random
# weights stay well below it.

sites = 16
rng = np.random.default_rng(1)
spins = {"visible_units": "spin", "hidden_units": "spin"}


def local(reach: int) -> np.ndarray:
    visible, hidden = np.indices((sites, sites - reach + 1))
    return (visible >= hidden) & (visible < hidden + reach)


def phases(mask: np.ndarray) -> tuple[np.ndarray, None, np.ndarray]:
    weights = rng.uniform(-np.pi / 2, np.pi / 2, mask.shape)
    return 1j * weights * mask, None, 1j * rng.uniform(-np.pi / 2, np.pi / 2, mask.shape[1])


figure, axis = plt.subplots(figsize=(6, 3.8), layout="constrained")
cuts = np.arange(1, sites)
for k, reach in enumerate((2, 3, 4, 6)):
    mask = local(reach)
    entropies = [kd.tensor.rbm_to_mps(phases(mask), **spins).entropy() for _ in range(10)]
    bounds = np.log(kd.tensor.rbm_bond_bounds(mask.astype(float)))
    axis.plot(cuts, bounds, "-", color=f"C{k}", alpha=0.5)
    axis.plot(cuts, np.mean(entropies, axis=0), "o", color=f"C{k}", label=f"range {reach}")
    assert np.max(entropies - bounds) < 1e-9
axis.set_xlabel("sites on the left of the cut")
axis.set_ylabel("entropy in nats")
axis.set_ylim(0, 4.6)
axis.legend(title="lines: minimum cut", fontsize="small", ncols=2)
plt.show()

# %%
# A machine of 60 + 60 units has exact bonds of :math:`2^{30}`. One hidden unit after the other, and
# a truncation after each, keeps what its weights need. The stated error is an estimate; samples of
# the state, whose amplitudes the machine knows in closed form, give the distance itself.

rbm = kd.RBM(0.1 * rng.normal(size=(60, 60)), 0.3 * rng.normal(size=60), 0.3 * rng.normal(size=60))
bonds = np.array([2, 4, 8, 16, 24])
states = [kd.tensor.rbm_to_mps(rbm, max_bond=int(bond)) for bond in bonds]
estimates = [kd.tensor.rbm_mps_error(state, rbm, n_samples=2000, seed=1) for state in states]
figure, axis = plt.subplots(figsize=(6, 3.8), layout="constrained")
axis.loglog(bonds, [state.truncation.error for state in states], "k-", label="stated")
axis.errorbar(
    bonds,
    [estimate.error for estimate in estimates],
    [estimate.standard_error for estimate in estimates],
    fmt="o",
    mfc="none",
    label="from samples",
)
axis.set_xticks(bonds, [str(bond) for bond in bonds])
axis.set_yticks([0.02, 0.05, 0.1], ["0.02", "0.05", "0.1"])
axis.minorticks_off()
axis.set_xlabel("largest bond dimension")
axis.set_ylabel("distance from the machine, relative")
axis.legend(fontsize="small")
plt.show()
print(estimates[-1])
