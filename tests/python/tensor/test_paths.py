"""Paths: costs worked out slowly, all trees of small networks, limits, determinism."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from kadanoff.tensor import paths
from tensor.path_costs import best_flops, costs
from tensor.path_networks import random_network, regular, square


def check_costs(network, path, largest=math.inf, peak=math.inf) -> None:
    inputs, output, sizes = network
    flops, widest, together = costs(inputs, output, sizes, path.ssa_path, path.sliced)
    assert widest <= largest
    assert together <= peak
    if len(inputs) < 2:
        assert path.ssa_path == ()
        assert path.log10_cost == -math.inf
        return
    assert path.log10_cost == pytest.approx(math.log10(flops), abs=1e-9)
    assert path.log2_width == pytest.approx(math.log2(widest), abs=1e-9)
    assert path.log2_peak == pytest.approx(math.log2(together), abs=1e-9)
    unsliced = costs(inputs, output, sizes, path.ssa_path)[0]
    assert path.overhead == pytest.approx(flops / unsliced, rel=1e-9)
    assert path.peak_bytes(8) == 8 * together


@pytest.mark.parametrize("seed", range(60))
def test_optimal_is_the_best_of_all_trees(seed: int) -> None:
    network = random_network(seed, tensors=2 + seed % 5, labels=5, outer=seed % 3)
    path = paths.search(*network, method="optimal")
    check_costs(network, path)
    assert round(10**path.log10_cost) == best_flops(*network)


def test_greedy_is_not_always_the_best() -> None:
    networks = [random_network(seed, tensors=6, labels=7) for seed in range(40)]
    greedy = [paths.search(*network, method="greedy").log10_cost for network in networks]
    optimal = [paths.search(*network, method="optimal").log10_cost for network in networks]
    assert all(a >= b - 1e-9 for a, b in zip(greedy, optimal, strict=True))
    assert sum(a > b + 1e-9 for a, b in zip(greedy, optimal, strict=True)) >= 4


@pytest.mark.parametrize("method", ["auto", "greedy", "search"])
@pytest.mark.parametrize("minimize", ["flops", "size", "combo"])
@pytest.mark.parametrize("seed", range(4))
def test_costs_are_those_worked_out_slowly(method: str, minimize: str, seed: int) -> None:
    network = random_network(seed, tensors=20 + 5 * seed, labels=26, outer=seed)
    options = {"trials": 4} if method == "search" else {}
    path = paths.search(*network, method=method, minimize=minimize, **options)
    check_costs(network, path)


@pytest.mark.parametrize("tensors", [0, 1, 2, 3])
@pytest.mark.parametrize("method", ["auto", "greedy", "optimal", "search"])
def test_few_tensors(tensors: int, method: str) -> None:
    inputs = [["a", "b"], ["b", "c"], ["c", "c", "d"]][:tensors]
    sizes = dict.fromkeys("abcd", 3)
    path = paths.search(inputs, [], sizes, method=method, memory_limit=100)
    check_costs((inputs, [], sizes), path)
    assert path.path == {0: [], 1: [(0,)], 2: [(0, 1)]}.get(tensors, path.path)
    assert len(path.ssa_path) == max(0, tensors - 1)


def test_scalars_and_separate_pieces() -> None:
    inputs = [[], ["a", "b"], [], ["c"], ["b"], ["d", "e"], ["e", "f", "d"]] * 3
    inputs = [[(label, k // 7) for label in term] for k, term in enumerate(inputs)]
    sizes = {label: 4 for term in inputs for label in term}
    for method in ("auto", "greedy", "search"):
        network = (inputs, [("c", 1)], sizes)
        check_costs(network, paths.search(*network, method=method))


@pytest.mark.parametrize("kind", ["largest", "peak", "both"])
@pytest.mark.parametrize("method", ["greedy", "search", "auto"])
@pytest.mark.parametrize("bits", [4, 6])
def test_limits_are_obeyed(kind: str, method: str, bits: int) -> None:
    network = regular(1, 40)
    largest = 2**bits if kind != "peak" else math.inf
    peak = 3 * 2**bits if kind != "largest" else math.inf
    options = {"trials": 4} if method == "search" else {}
    free = paths.search(*network, method=method, **options)
    assert free.log2_width > bits
    path = paths.search(*network, method=method, memory_limit=peak, size_limit=largest, **options)
    assert path.sliced
    check_costs(network, path, largest, peak)


@pytest.mark.parametrize(("bits", "slices", "price"), [(4, 2**9, 1.5), (7, 2**14, 2.0)])
def test_greedy_paths_are_sliced_with_care(bits: int, slices: int, price: float) -> None:
    """A tree that is kept as it was begun takes 2^19 and 2^70 slices here."""
    network = square(20, 20)
    free = paths.search(*network, method="greedy")
    limit = 2.0 ** (24 - bits)
    path = paths.search(*network, method="greedy", memory_limit=limit)
    assert 2 <= path.slices <= slices
    assert path.log10_cost <= free.log10_cost + price
    check_costs(network, path, peak=limit)
    kept = paths.resolve(free.path, *network, memory_limit=limit)
    assert kept.slices > 2**5 * slices


def test_limits_with_output_labels_and_uneven_sizes() -> None:
    for seed in range(12):
        network = random_network(seed, tensors=18, labels=22, outer=2)
        path = paths.search(*network, trials=2, memory_limit=30)
        check_costs(network, path, peak=30)


def test_a_limit_that_slicing_cannot_obey() -> None:
    ring = [[k, (k + 1) % 8] for k in range(8)]
    sizes = dict.fromkeys(range(8), 2)
    with pytest.raises(
        ValueError, match=r"^\[find_path\] expected a limit of at least \d elements"
    ):
        paths.search(ring, [], sizes, memory_limit=1)


def test_the_search_beats_greedy_by_far() -> None:
    network = regular(3, 60)
    greedy = paths.search(*network, method="greedy").log10_cost
    found = paths.search(*network, trials=8).log10_cost
    assert found < greedy - 0.8


def test_square_lattices_are_contracted_row_by_row_or_better() -> None:
    size = 10
    inputs, output, sizes = square(size, size)
    rows, result = [], 0
    for step in range(1, size * size):
        rows.append((result, step))
        result = size * size + step - 1
    simple = costs(inputs, output, sizes, rows)[0]
    path = paths.search(inputs, output, sizes, trials=8)
    assert path.log10_cost < math.log10(simple)
    assert path.log2_width <= size + 1


@pytest.mark.parametrize("limit", [None, 2**9])
def test_the_result_depends_on_seed_and_trials_alone(limit: int | None) -> None:
    network = regular(5, 50)
    options = {"trials": 20, "size_limit": limit}
    one = paths.search(*network, threads=1, **options)
    assert paths.search(*network, threads=2, **options) == one
    assert paths.search(*network, threads=5, **options) == one
    assert paths.search(*network, seed=1, **options) != one
    assert paths.search(*network, seed=2**64 - 1, **options) != one


def test_the_result_is_the_same_in_another_process_and_kernel() -> None:
    code = (
        "from kadanoff.tensor import paths\n"
        "ring = [{k, f'{k}b', (k + 1) % 30} for k in range(30)]\n"
        "sizes = {label: 2 for term in ring for label in term}\n"
        "path = paths.search(ring, {'3b', '9b', '12b'}, sizes, trials=3)\n"
        "print(path.ssa_path)"
    )
    results = set()
    for environment in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "7", "KADANOFF_ISA": "scalar"}):
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        results.add(run.stdout)
    assert len(results) == 1


def test_seconds_are_kept() -> None:
    import time

    network = square(14, 14)
    start = time.perf_counter()
    path = paths.search(*network, seconds=0.3)
    assert time.perf_counter() - start < 3.0
    check_costs(network, path)


def test_a_thousand_tensors_are_planned_in_a_second() -> None:
    import time

    inputs = [[k, k + 1, ("s", k)] for k in range(1000)]
    sizes = {label: 2 for term in inputs for label in term}
    start = time.process_time()
    path = paths.search(inputs, [], sizes, method="auto")
    assert time.process_time() - start < 1.0
    assert path.log2_width == 1.0


def test_paths_are_executed_to_the_right_result() -> None:
    rng = np.random.default_rng(0)
    equation = "abx,bcx,cdx,dae,ef,gf->gx"
    inputs, output = equation.split("->")[0].split(","), equation.split("->")[1]
    sizes = dict(zip("abcdefgx", (2, 3, 4, 5, 2, 3, 2, 3), strict=True))
    arrays = [rng.normal(size=[sizes[label] for label in term]) for term in inputs]
    path = paths.search(inputs, output, sizes)
    result = np.einsum(equation, *arrays, optimize=["einsum_path", *path.path])
    np.testing.assert_allclose(result, np.einsum(equation, *arrays), rtol=1e-12)
