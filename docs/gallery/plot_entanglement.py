r"""
Entanglement, layer by layer
============================

What a deep network can correlate is limited by cuts through its graph, and a network whose layers
are scales has the entanglement of a critical chain. A convolutional arithmetic circuit shows the
first (Levine, Yakira, Cohen and Shashua, arXiv:1704.01552), the multiscale entanglement
renormalisation ansatz the second (Evenbly and Vidal, arXiv:1109.5334).
"""

# %%
# The separation rank of a circuit across a partition of its inputs is how many products of two
# functions it takes to write it; the smallest cut through the graph of the circuit bounds it. A
# deep circuit correlates neighbours far better than a shallow one of the same width: r channels
# give a rank of r^4 and not of r, up to the 4^4 that four inputs of four functions each allow.

import matplotlib.pyplot as plt
import numpy as np

import kadanoff as kd

inputs, widths = 8, np.arange(1, 7)
partitions = {
    "every other input": np.arange(inputs) % 2 == 0,
    "left and right half": np.arange(inputs) < inputs // 2,
}
circuits = {
    "deep": [kd.tensor.ConvAC(inputs, [int(w)] * 3, functions=4, seed=1) for w in widths],
    "shallow": [
        kd.tensor.ConvAC(inputs, [int(w)], functions=4, window=inputs, seed=1) for w in widths
    ],
}
ranks, cuts = {}, {}
for depth, row in circuits.items():
    for partition, subset in partitions.items():
        key = depth, partition
        ranks[key] = [circuit.separation_rank(subset) for circuit in row]
        cuts[key] = [int(circuit.min_cut(subset)) for circuit in row]
        print(f"{depth:>7}, {partition}: ranks {ranks[key]}, minimum cuts {cuts[key]}")

# %%
# The critical Ising chain: isometries and disentanglers are optimised until the energy, an upper
# bound of -4 / pi per site, stops falling. The superoperator that takes an operator one scale up
# has the scaling dimensions of the conformal field theory in its eigenvalues.

machine = kd.tensor.BinaryMERA(4, seed=1)
exact = np.array([0.0, 0.125, 1.0, 1.125, 1.125, 2.0])
errors, dimensions = [], {}
for chi in (4, 6):
    if chi > machine.chi:
        machine = machine.grown(chi)
    machine.optimise(150, callback=lambda now: errors.append(now.energy_error))
    dimensions[chi] = machine.scaling_dimensions(len(exact))
    print(f"chi = {chi}: energy {machine.energy:.7f}, exact {-4 / np.pi:.7f};", end=" ")
    print(f"central charge {machine.central_charge():.4f}, exact 0.5")
    print("    scaling dimensions", np.round(dimensions[chi], 3), "exact", exact)

# %%
# Channels multiply the entanglement of neighbours where the network is deep; states of a leg bring
# the chain nearer to its critical point, one dimension after the other.

figure, axes = plt.subplots(1, 3, figsize=(12.5, 3.9), layout="constrained")
for (key, label), (colour, style, points) in zip(
    {
        ("deep", "every other input"): "deep: every other input",
        ("shallow", "every other input"): "shallow: either",
        ("deep", "left and right half"): "deep: left and right half",
    }.items(),
    (("C0", "o", 6), ("k", "s", 10), ("C1", "o", 6)),
    strict=True,
):
    axes[0].semilogy(widths, cuts[key], "-", lw=1, alpha=0.6, color=colour)
    axes[0].semilogy(widths, ranks[key], style, mfc="none", ms=points, color=colour, label=label)
axes[0].set(xlabel="channels of every layer", ylabel="separation rank", ylim=(0.8, 4e4))
axes[0].legend(title="lines: minimum cut", loc="upper left")
axes[1].semilogy(np.arange(1, len(errors) + 1), errors)
axes[1].axvline(150, color="0.5", lw=1, ls="--")
axes[1].text(75, 0.03, r"$\chi = 4$", ha="center")
axes[1].text(225, 0.03, r"$\chi = 6$", ha="center")
axes[1].set(
    xlabel="round", ylabel=r"energy error $(E - E_0) / |E_0|$", title="MERA, critical chain"
)
for (chi, found), marker in zip(dimensions.items(), "oD", strict=True):
    axes[2].plot(range(6), found, marker, mfc="none", ms=7, label=rf"$\chi = {chi}$")
axes[2].hlines(exact, np.arange(6) - 0.35, np.arange(6) + 0.35, "k", lw=1, label="exact")
names = ["1", r"$\sigma$", r"$\epsilon$", r"$\partial \sigma$", r"$\bar\partial \sigma$", "$T$"]
axes[2].set_xticks(range(6), names)
axes[2].set(xlabel="operator", ylabel=r"scaling dimension $\Delta$")
axes[2].legend(loc="upper left")
plt.show()

# %%
# ``kadanoff reproduce convac-entanglement`` and ``kadanoff reproduce mera`` do this in full, and
# ``kadanoff reproduce rbm-mps`` turns restricted Boltzmann machines into matrix product states.
