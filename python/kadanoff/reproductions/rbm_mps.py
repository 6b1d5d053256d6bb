"""Restricted Boltzmann machines as matrix product states: bonds, entanglement, ln Z."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff.rbm import RBM
from kadanoff.tensor import (
    MPS,
    rbm_bond_bounds,
    rbm_entanglement,
    rbm_log_partition,
    rbm_separator,
    rbm_to_mps,
)

from .report import Progress, Quantity, Report, Reproduction, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
CHEN = "Chen et al. 2018"
DENG = "Deng et al. 2017"
PRIME = 2**31 - 1
SITES = 14
MACHINES = 5
LARGEST_RANGE = 5


def compute(settings: Settings, progress: Progress) -> Report:
    """Return ranks against cuts, entropies against their bounds, ln Z against its estimate."""
    rng = np.random.default_rng(settings.seed)
    steps = 5
    progress(0, steps, "ranks of random graphs")
    quantities = [
        *_ranks(rng, 1000 if settings.full else 300),
        *_dense_bonds(rng),
    ]
    progress(1, steps, "entropies against hidden units")
    hidden, by_hidden = _by_hidden_units(rng)
    progress(2, steps, "entropies against locality")
    by_range = _by_range(rng)
    progress(3, steps, "maximally entangled pairs")
    quantities += _entropies(by_hidden, hidden, by_range)
    progress(4, steps, "ln Z of local machines")
    quantities += _partitions(rng, settings)
    progress(steps, steps, "done")
    series = {
        "hidden_units": hidden,
        "half_chain_entropy": by_hidden,
        "cuts": np.arange(1, SITES),
        "entropy_by_range": by_range,
        "bound_by_range": np.array([_range_bounds(r) for r in range(2, LARGEST_RANGE + 1)]),
    }
    remarks = (
        f"Entropies in nats, of {SITES} visible units and uniform imaginary weights,"
        f" means of {MACHINES} machines.",
    )
    return Report(tuple(quantities), series, remarks)


def _ranks(rng: np.random.Generator, graphs: int) -> list[Quantity]:
    """Compare the Schmidt rank across a random subset with the cut, for random graphs."""
    above = below = 0
    for _ in range(graphs):
        n_visible, n_hidden = int(rng.integers(2, 9)), int(rng.integers(1, 8))
        mask = rng.random((n_visible, n_hidden)) < rng.random()
        subset = sorted(rng.permutation(n_visible)[: rng.integers(1, n_visible)].tolist())
        bound = rbm_separator(mask.astype(float), subset).bond_dimension
        rank = _generic_rank(mask, subset, rng)
        above, below = above + (rank > bound), below + (rank < bound)
    name = f"of {graphs} random graphs, ranks"
    return [
        Quantity(f"{name} above 2^cut", above, None, 0, 0, CHEN),
        Quantity(f"{name} below 2^cut", below, None, 0, 0, CHEN),
    ]


def _generic_rank(mask: Array, subset: list[int], rng: np.random.Generator) -> int:
    """Return the rank for generic weights: e^W, e^a and e^b drawn from a prime field."""
    n_visible, n_hidden = mask.shape
    weights: Array = np.where(mask, rng.integers(2, PRIME, mask.shape), 1)
    factors, starts = (rng.integers(2, PRIME, size=(n,)) for n in mask.shape)
    psi: Array = np.ones(1, dtype=np.int64)
    fields: Array = starts[:, None]
    for i in range(n_visible):
        psi = np.stack([psi, psi * factors[i] % PRIME], -1).ravel()
        fields = np.stack([fields, fields * weights[i, :, None] % PRIME], -1).reshape(n_hidden, -1)
    for field in fields:
        psi = psi * ((1 + field) % PRIME) % PRIME
    rest = [i for i in range(n_visible) if i not in subset]
    table = psi.reshape([2] * n_visible).transpose([*subset, *rest])
    return _rank(table.reshape(2 ** len(subset), -1).copy())


def _rank(rows: Array) -> int:
    """Return the rank of a matrix over the prime field, by elimination."""
    rank = 0
    for column in range(rows.shape[1]):
        found = np.flatnonzero(rows[rank:, column])
        if not len(found):
            continue
        rows[[rank, rank + found[0]]] = rows[[rank + found[0], rank]]
        inverse = pow(int(rows[rank, column]), -1, PRIME)
        scaled = rows[rank] * inverse % PRIME
        below = rows[rank + 1 :]
        below -= below[:, column : column + 1] * scaled % PRIME
        below %= PRIME
        rank += 1
        if rank == len(rows):
            break
    return rank


def _dense_bonds(rng: np.random.Generator) -> list[Quantity]:
    """Compare the bonds of a machine of 12 + 8 units with the formula for dense ones."""
    state = rbm_to_mps((rng.normal(size=(12, 8)), rng.normal(size=12), rng.normal(size=8)))
    expected = [2 ** min(k, 12 - k, 8) for k in range(1, 12)]
    wrong = sum(a != b for a, b in zip(state.bond_dimensions, expected, strict=True))
    return [Quantity("dense 12 + 8 units, bonds unlike 2^min(k, n-k, h)", wrong, None, 0, 0, CHEN)]


def _random_phases(rng: np.random.Generator, mask: Array) -> MPS:
    """Return the state of a machine of spins with imaginary weights: real ones entangle little."""
    weights = 1j * rng.uniform(-math.pi / 2, math.pi / 2, mask.shape) * mask
    bias = 1j * rng.uniform(-math.pi / 2, math.pi / 2, mask.shape[1])
    return rbm_to_mps((weights, None, bias), visible_units="spin", hidden_units="spin")


def _by_hidden_units(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return numbers of hidden units, and entropies (numbers, machines) of half the chain."""
    hidden = np.arange(1, 13)
    entropies = [
        [
            float(_random_phases(rng, np.ones((SITES, int(h)))).entropy(SITES // 2 - 1))
            for _ in range(MACHINES)
        ]
        for h in hidden
    ]
    return hidden, np.array(entropies)


def _local(reach: int) -> Array:
    """Return which weights a local machine has: hidden unit j sees units j to j + reach - 1."""
    visible, hidden = np.indices((SITES, SITES - reach + 1))
    return np.asarray((visible >= hidden) & (visible < hidden + reach))


def _range_bounds(reach: int) -> list[float]:
    return [math.log(bound) for bound in rbm_bond_bounds(_local(reach).astype(float))]


def _by_range(rng: np.random.Generator) -> Array:
    """Return mean entropies (ranges, cuts) of local machines."""
    result = []
    for reach in range(2, LARGEST_RANGE + 1):
        mask = _local(reach)
        states = [_random_phases(rng, mask) for _ in range(MACHINES)]
        result.append(np.mean([state.entropy() for state in states], axis=0))
    return np.array(result)


def _entropies(by_hidden: Array, hidden: Array, by_range: Array) -> list[Quantity]:
    bounds = np.minimum(hidden, SITES // 2) * math.log(2)
    local = np.array([_range_bounds(r) for r in range(2, LARGEST_RANGE + 1)])
    excess = max((by_hidden - bounds[:, None]).max(), (by_range - local).max())
    pairs = np.zeros((SITES, SITES // 2), dtype=complex)
    for j in range(SITES // 2):
        pairs[j, j] = pairs[j + SITES // 2, j] = 0.25j * math.pi
    bias = np.full(SITES // 2, 0.25j * math.pi)
    spins = {"visible_units": "spin", "hidden_units": "spin"}
    half = range(SITES // 2)
    volume = rbm_entanglement((pairs, None, bias), half, **spins)  # type: ignore[arg-type]
    return [
        Quantity("entropies above their bound", float(max(excess, 0.0)), None, 0, 1e-9, CHEN),
        Quantity(
            "local machine of range 2, largest bound / ln 2",
            local[0].max() / math.log(2),
            None,
            1.0,
            1e-12,
            DENG,
        ),
        Quantity(
            "pairs at distance n / 2, entropy / (n ln 2 / 2)",
            volume.entropy / (SITES / 2 * math.log(2)),
            None,
            1.0,
            1e-9,
            DENG,
        ),
    ]


def _plaquettes(side: int, rng: np.random.Generator) -> RBM:
    """Return a machine on a square grid with a hidden unit for each plaquette."""
    weights = np.zeros((side * side, (side - 1) ** 2))
    for j, (y, x) in enumerate(itertools.product(range(side - 1), repeat=2)):
        for dy, dx in itertools.product((0, 1), repeat=2):
            weights[(y + dy) * side + x + dx, j] = rng.normal()
    return RBM(weights, rng.normal(size=side * side), rng.normal(size=(side - 1) ** 2))


def _partitions(rng: np.random.Generator, settings: Settings) -> list[Quantity]:
    """Compare ln Z by contraction with enumeration where that can be done, and with AIS."""
    small = _plaquettes(5, rng)
    exact = small.log_partition(threads=settings.threads)
    quantities = [
        Quantity(
            "ln Z, 5 x 5, contracted",
            float(np.real(rbm_log_partition(small))),
            None,
            float(exact),
            1e-9,
            "enumeration",
        ),
    ]
    for side in (7, 9, 11) if settings.full else (7, 9):
        rbm = _plaquettes(side, rng)
        estimate = rbm.log_partition("ais", seed=settings.seed, threads=settings.threads)
        error = estimate.standard_error
        assert error is not None
        contracted = float(np.real(rbm_log_partition(rbm)))
        quantities.append(
            Quantity(
                f"ln Z, {side} x {side}, annealed",
                float(estimate),
                error,
                contracted,
                4 * error,
                "contraction",
            )
        )
    return quantities


def draw(figure: Figure, report: Report) -> None:
    """Draw entropies against hidden units, and along chains of local machines."""
    left, right = figure.subplots(1, 2)
    hidden, entropies = report.series["hidden_units"], report.series["half_chain_entropy"]
    left.plot(hidden, np.minimum(hidden, SITES // 2) * math.log(2), "k-", label="minimum cut")
    left.errorbar(hidden, entropies.mean(axis=1), entropies.std(axis=1), fmt="o", label="entropy")
    left.set_xlabel("hidden units")
    left.set_ylabel("half-chain entropy [nats]")
    left.set_ylim(bottom=0.0)
    left.legend()
    cuts = report.series["cuts"]
    rows = zip(report.series["entropy_by_range"], report.series["bound_by_range"], strict=True)
    for k, (values, bounds) in enumerate(rows):
        right.plot(cuts, bounds, "-", color=f"C{k}", alpha=0.5)
        right.plot(cuts, values, "o", color=f"C{k}", label=f"range {k + 2}")
    right.set_xlabel("sites left of the cut")
    right.set_ylabel("entropy [nats]")
    right.set_ylim(0.0, 4.2)
    right.legend(title="lines: minimum cut", ncols=2, loc="upper center")


REPRODUCTION = Reproduction(
    "Restricted Boltzmann machines as matrix product states",
    "J. Chen, S. Cheng, H. Xie, L. Wang and T. Xiang, Physical Review B 97 (2018) 085104; "
    "D.-L. Deng, X. Li and S. Das Sarma, Physical Review X 7 (2017) 021021",
    compute,
    draw,
)
