"""Numbers that the literature knows, measured; docs/published.md tells where they are from.

The fast cases are in the default selection. `pytest -m slow -rP tests/statistics/test_published.py`
does the rest in about 19 minutes of one core and shows what was measured; each case says its share.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest

import exact_ground_states
import glasses
import kadanoff as kd
from published import Size, autocorrelation, crossings, exponent, reported

LIMIT = 4.0
slow = pytest.mark.slow
kinds = pytest.mark.parametrize("kind", ["bimodal", "gaussian"])

TRIANGULAR = np.log(3.0) / 4.0
CUBIC = 0.221654626
POTTS = np.log(1.0 + np.sqrt(3.0))


def check_crossings(name, make, beta, sizes, within):
    """Assert that the last crossing is so near to beta, with errors a quarter of that at most."""
    with reported(name) as lines:
        found = crossings(make, beta, sizes)
        for pair, one in found.items():
            lines.append(
                f"L = {pair[0]}, {pair[1]}: beta = {one.x:.7f} +- {one.x_error:.7f}, "
                f"{100 * (one.x / beta - 1):+.4f} %, cumulant {one.y:.4f} +- {one.y_error:.4f}"
            )
        last = found[max(found)]
        assert 0.0 < last.x_error < within * beta / LIMIT
        assert abs(last.x - beta) < within * beta
    return found


def settled(crossing, beta):
    """Assert that nothing is left but the error: in two dimensions, crossings soon stop to move."""
    assert abs(crossing.x - beta) < LIMIT * crossing.x_error


def test_a_quick_crossing_of_the_triangular_ferromagnet() -> None:
    """3 CPU s: 0.5 % are more than four standard errors."""
    sizes = {8: Size(0.02, 500), 16: Size(0.02, 500), 32: Size(0.01, 500)}
    check_crossings(
        "triangular", lambda size: kd.Ising(kd.Triangular(size)), TRIANGULAR, sizes, 5e-3
    )


@slow
def test_the_triangular_ferromagnet_orders_at_4_over_ln_3() -> None:
    """15 CPU s."""
    sizes = {
        16: Size(0.02, 1500),
        32: Size(0.01, 1500),
        64: Size(0.006, 1500),
    }
    found = check_crossings(
        "triangular", lambda size: kd.Ising(kd.Triangular(size)), TRIANGULAR, sizes, 2e-3
    )
    settled(found[32, 64], TRIANGULAR)
    # The cumulant of an infinite torus of equilateral triangles (Kamieniarz and Bloete 1993).
    assert abs(found[32, 64].y - 0.61182) < LIMIT * found[32, 64].y_error


@slow
def test_the_simple_cubic_ferromagnet_orders_at_the_known_beta() -> None:
    """105 CPU s. Crossings come down to it as L^-(1/nu + omega), with 1.588 + 0.830."""
    sizes = {8: Size(0.006, 3000), 16: Size(0.004, 2500), 32: Size(0.002, 1600)}
    found = check_crossings("cubic", lambda size: kd.Ising(kd.Cubic(size)), CUBIC, sizes, 1e-3)
    # The two crossings share the curve of L = 16; in samples of their own they do not.
    shrink = 2.0**-2.418
    large, small = found[16, 32], found[8, 16]
    limit = (large.x - shrink * small.x) / (1.0 - shrink)
    error = np.hypot(large.x_error, shrink * small.x_error) / (1.0 - shrink)
    with reported("cubic") as lines:
        lines.append(f"L = infinity: beta = {limit:.7f} +- {error:.7f}")
    assert abs(limit - CUBIC) < LIMIT * error


@slow
def test_potts_of_three_states_orders_at_1_over_ln_1_plus_sqrt_3() -> None:
    """20 CPU s."""
    sizes = {
        16: Size(0.015, 2000),
        32: Size(0.01, 2000),
        64: Size(0.005, 2000),
    }
    found = check_crossings("potts", lambda size: kd.Potts(kd.Square(size), 3), POTTS, sizes, 3e-3)
    settled(found[32, 64], POTTS)


@kinds
@pytest.mark.parametrize("seed", range(5))
def test_the_ground_state_of_every_torus_of_100_spins(kind: str, seed: int) -> None:
    """0.4 CPU s each.

    A read of the hardest of them ends in the ground state with 0.6 %, and 2 % of the runs of a
    quarter of these sweeps of tempering miss it: both searches fail with less than 1e-6.
    """
    glass = glasses.model(kind, 10, seed)
    lowest = glasses.proved(glass)
    annealed = kd.anneal(glass, num_reads=4096, num_sweeps=1000, seed=1, threads=1)
    assert annealed.best.energy == pytest.approx(lowest, abs=1e-9)
    assert glass.energy(annealed.best.spins) == pytest.approx(lowest, abs=1e-9)
    assert glasses.lowest(glass, sweeps=3000) == pytest.approx(lowest, abs=1e-9)


TORI = {
    # Size: samples and sweeps.
    "bimodal": {10: (600, 400), 14: (800, 600), 20: (500, 1000), 32: (300, 2500)},
    "gaussian": {10: (600, 1500), 14: (500, 2000), 20: (250, 4000), 32: (100, 10_000)},
}
PUBLISHED = {"bimodal": -1.4019, "gaussian": -1.3148}
# Of energies: 2 + theta, with the stiffness exponent theta.
POWERS = {"bimodal": 2.0, "gaussian": 2.0 - 0.2793}


@kinds
def test_the_controls_have_no_mean(kind: str) -> None:
    """1 CPU s. A control of mean m would move the energy by about m."""
    rows = np.array([glasses.controls(glasses.model(kind, 10, seed)) for seed in range(400)])
    error = rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    assert np.all(np.abs(rows.mean(axis=0)) < LIMIT * error)
    assert error.max() < 0.02


@slow
@pytest.mark.parametrize(
    ("kind", "size", "samples"),
    [
        ("bimodal", 10, 200),
        ("gaussian", 10, 200),
        ("bimodal", 20, 8),
        ("gaussian", 20, 20),
        ("gaussian", 32, 3),
    ],
)
def test_tempering_finds_proved_ground_states(kind: str, size: int, samples: int) -> None:
    """180 CPU s in all, most of it for the proofs; the sweeps are those of the averages below."""
    sweeps = TORI[kind][size][1]
    with reported(f"{kind} torus, L = {size}") as lines:
        models = [glasses.model(kind, size, seed) for seed in range(samples)]
        gaps = [glasses.lowest(one, sweeps) - glasses.proved(one) for one in models]
        missed = np.abs(gaps) > 1e-6
        lines.append(f"{samples} samples, {missed.sum()} missed their proved ground state")
        assert not missed.any()


@slow
def test_without_isoenergetic_moves_the_ground_state_is_missed() -> None:
    """10 CPU s: the same sweeps of the same samples, so that the moves are what finds it."""
    with reported("gaussian torus, L = 32, no isoenergetic moves") as lines:
        models = [glasses.model("gaussian", 32, seed) for seed in range(3)]
        gaps = [
            glasses.lowest(one, 10_000, houdayer=0) - glasses.lowest(one, 10_000) for one in models
        ]
        lines.append(f"lowest energies too high by {np.round(gaps, 2)}")
        assert min(gaps) > 0.5


@slow
@kinds
def test_the_ground_state_energy_of_an_infinite_torus(kind: str) -> None:
    """80 CPU s (bimodal) and 310 (gaussian)."""
    with reported(f"{kind} tori") as lines:
        averages = {}
        for size, (samples, sweeps) in TORI[kind].items():
            averages[size], _ = glasses.average(kind, size, samples, sweeps)
            mean, error, plain = averages[size]
            lines.append(
                f"L = {size}, {samples} samples: e = {mean:.5f} +- {error:.5f} "
                f"({plain:.5f} without controls)"
            )
        found = glasses.limit(averages, POWERS[kind])
        lines.append(
            f"L = infinity: e = {found.energy:.5f} +- {found.error:.5f}, amplitude "
            f"{found.amplitude:.2f}, chi square {found.chi_square:.1f} of {found.freedom}"
        )
        assert found.error < 1e-3
        assert abs(found.energy - PUBLISHED[kind]) < LIMIT * found.error
        assert found.chi_square < 14.0  # one in a thousand
        # Small tori are higher, by more than errors: the limit is approached from above.
        assert averages[10].mean - found.energy > LIMIT * averages[10].error


def mean_field(bonds: str, n: int, seed: int) -> kd.BoltzmannMachine:
    """Return a machine of "gaussian" weights, or of "bimodal" ones, +-1 / sqrt(n)."""
    if bonds == "gaussian":
        return kd.couplings.sherrington_kirkpatrick(n, seed)
    weights = np.zeros((n, n))
    upper = np.triu_indices(n, 1)
    weights[upper] = kd.couplings.bimodal(kd.Graph(np.transpose(upper), n), seed) / np.sqrt(n)
    return kd.BoltzmannMachine(weights + weights.T)


def lowest_per_spin(machine: kd.BoltzmannMachine, sweeps: int) -> float:
    """Return the lowest energy per spin by tempering."""
    betas = 1.0 / np.linspace(1.4, 0.1, 14)
    pt = kd.ParallelTempering(machine, betas, replicas=2, seed=1, swap_every=2, threads=1)
    pt.run(sweeps)
    return float(pt.best_energy.min()) / machine.lattice.n_sites


@pytest.mark.parametrize("bonds", ["gaussian", "bimodal"])
def test_sherrington_kirkpatrick_machines_of_20_spins(bonds: str) -> None:
    """1 CPU s each: all states are enumerated."""
    for seed in range(5):
        machine = mean_field(bonds, 20, seed)
        lowest = exact_ground_states.enumerated(20, machine.lattice.bonds, machine.coupling)
        assert 20 * lowest_per_spin(machine, 100) == pytest.approx(lowest, abs=1e-9)


@slow
@pytest.mark.parametrize(
    ("bonds", "n", "samples", "sweeps"),
    [
        ("bimodal", 64, 600, 1500),
        ("bimodal", 128, 200, 2500),
        ("gaussian", 64, 400, 1500),
        ("gaussian", 128, 200, 2500),
        ("gaussian", 256, 60, 4000),
    ],
)
def test_energies_of_sherrington_and_kirkpatrick(
    bonds: str, n: int, samples: int, sweeps: int
) -> None:
    """45, 100, 15, 45 and 95 CPU s.

    Boettcher's law is a fit to bimodal bonds: these follow it within errors. Gaussian ones tend
    to the same limit, from a little higher at N = 64. Annealing finds the states of five samples.
    """
    with reported(f"Sherrington-Kirkpatrick, {bonds}, N = {n}") as lines:
        machines = [mean_field(bonds, n, seed) for seed in range(samples)]
        energies = np.array([lowest_per_spin(machine, sweeps) for machine in machines])
        mean, error = energies.mean(), energies.std(ddof=1) / np.sqrt(samples)
        expected = -0.7632 + 0.70 * n ** (-2 / 3)
        lines.append(
            f"{samples} samples: e = {mean:.5f} +- {error:.5f}, published {expected:.5f}, "
            f"{100 * (mean / expected - 1):+.2f} %"
        )
        assert error < 0.02 * abs(expected) / LIMIT
        assert abs(mean / expected - 1.0) < 0.02
        if bonds == "bimodal":
            assert abs(mean - expected) < LIMIT * error
        for machine, energy in zip(machines[:5], energies, strict=False):
            annealed = kd.anneal(
                machine,
                num_reads=2 * n,
                num_sweeps=4 * n,
                beta_range=(0.5, 5.0),
                seed=1,
                threads=1,
            )
            assert annealed.best.energy / n == pytest.approx(energy, abs=1e-9)


RETRIEVED = 0.9


@functools.cache
def memory(n: int, load: float, seed: int) -> kd.Hopfield:
    """Return a network of random patterns."""
    generator = np.random.Generator(np.random.Philox(key=seed))
    signs = np.array([-1, 1], dtype=np.int8)
    return kd.Hopfield(generator.choice(signs, size=(round(load * n), n)))


def retrieved(n: int, load: float, networks: int) -> tuple[float, float, float]:
    """Return the part of all patterns near which recall stays, its error, and the mean overlap."""
    parts, overlaps = [], []
    for seed in range(networks):
        network = memory(n, load, seed)
        found = network.recall(network.patterns, update="sequential", max_sweeps=1000)
        assert found.converged.all()
        overlap = np.einsum("pi,pi->p", found.spins, network.patterns, dtype=float) / n
        parts.append(np.mean(overlap > RETRIEVED))
        overlaps.append(overlap.mean())
    # At least one pattern more or less: no error of 0 where all are retrieved.
    error = max(float(np.std(parts, ddof=1)), 1.0 / (load * n)) / np.sqrt(networks)
    return float(np.mean(parts)), error, float(np.mean(overlaps))


def test_a_small_memory_is_retrieved_or_not() -> None:
    """1 CPU s: N = 500."""
    assert retrieved(500, 0.08, 2)[0] > 0.995
    assert retrieved(500, 0.24, 2)[0] < 0.2


@slow
def test_retrieval_breaks_down_between_0_12_and_0_16() -> None:
    """35 CPU s, T = 0: larger networks retrieve more at 0.12 and less at 0.16."""
    plan = {500: 16, 1000: 8, 2000: 4}
    with reported("Hopfield") as lines:
        parts = {}
        for load in (0.12, 0.14, 0.16):
            for n, networks in plan.items():
                part, error, overlap = parts[n, load] = retrieved(n, load, networks)
                lines.append(
                    f"N = {n}, alpha = {load:.2f}: {part:.4f} +- {error:.4f} retrieved, "
                    f"mean overlap {overlap:.4f}"
                )
        assert parts[1000, 0.12][0] > 0.98
        lost = parts[1000, 0.12][0] - parts[1000, 0.16][0]
        assert lost - LIMIT * np.hypot(parts[1000, 0.12][1], parts[1000, 0.16][1]) > 0.25
        grown, fallen = (
            (parts[2000, load][0] - parts[500, load][0])
            / np.hypot(parts[2000, load][1], parts[500, load][1])
            for load in (0.12, 0.16)
        )
        lines.append(f"from N = 500 to 2000: {grown:+.1f} standard errors at 0.12, {fallen:+.1f}")
        assert grown > 0.0
        assert fallen < -LIMIT


def retained(load: float, networks: int) -> tuple[float, float]:
    """Return the part of 64 patterns of 1000 units that 200 sweeps at T = 0.05 do not leave."""
    parts = []
    for seed in range(networks):
        network = memory(1000, load, seed)
        patterns = np.ascontiguousarray(network.patterns[:64])
        sampler = kd.Sampler(
            network, 20.0, replicas=64, seed=1, threads=1, start="down", order="random"
        )
        sampler.spins = patterns
        sampler.run(200)
        parts.append(np.mean((sampler.spins * patterns).mean(axis=1) > RETRIEVED))
    part = float(np.mean(parts))
    between = float(np.std(parts, ddof=1)) / np.sqrt(networks)
    return part, max(between, float(np.sqrt(part * (1.0 - part) / (64 * networks))))


@slow
def test_most_patterns_are_retrieved_at_0_12_and_most_are_lost_at_0_16() -> None:
    """45 CPU s: N = 1000 at a low temperature, from the patterns, by the sampler."""
    with reported("Hopfield, T = 0.05") as lines:
        kept = {load: retained(load, 4) for load in (0.12, 0.14, 0.16)}
        lines.extend(f"alpha = {a:.2f}: {p:.3f} +- {e:.3f} retained" for a, (p, e) in kept.items())
        assert kept[0.12][0] - LIMIT * kept[0.12][1] > 0.5
        assert kept[0.16][0] + LIMIT * kept[0.16][1] < 0.5


@slow
def test_clusters_slow_down_far_less_than_spins() -> None:
    """60 CPU s: the magnetisation for Metropolis; its square where signs of clusters are drawn."""
    # Power of the magnetisation, copies, draws, sweeps between draws, and before.
    plans = {
        "metropolis": {
            16: (1, 512, 1000, 20, 3000),
            32: (1, 512, 1000, 90, 10_000),
            64: (1, 256, 1200, 400, 40_000),
        },
        "swendsen-wang": {
            16: (2, 64, 2000, 1, 50),
            32: (2, 64, 2000, 1, 60),
            64: (2, 64, 2000, 1, 60),
            128: (2, 32, 2000, 1, 80),
        },
        "wolff": {
            16: (2, 64, 2000, 1, 50),
            32: (2, 64, 3000, 1, 60),
            64: (2, 64, 4000, 1, 80),
            128: (2, 32, 5000, 1, 150),
        },
    }
    z = {}
    for update, sizes in plans.items():
        with reported(update) as lines:
            times = {size: autocorrelation(size, update, *plan) for size, plan in sizes.items()}
            # Small lattices of Metropolis still have corrections to scaling.
            fitted = {n: t for n, t in times.items() if update != "metropolis" or n >= 32}
            z[update] = exponent(fitted)
            lines.extend(f"L = {size}: tau = {t:.3f} +- {e:.3f}" for size, (t, e) in times.items())
            lines.append(f"L >= {min(fitted)}: z = {z[update][0]:.3f} +- {z[update][1]:.3f}")
    value, error = z.pop("metropolis")
    assert error < 0.06
    assert abs(value - 2.1665) < LIMIT * error
    for cluster, cluster_error in z.values():
        assert cluster + LIMIT * cluster_error < 0.35
        assert cluster - LIMIT * cluster_error > 0.0
