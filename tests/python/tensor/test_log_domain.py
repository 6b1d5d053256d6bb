"""Finite lattices at temperatures where Boltzmann factors leave the range of float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kadanoff as kd
from kadanoff.tensor.lattices import log_domain, networks, partition


def glass(shape, seed, periodic=False):
    lattice = kd.Square(shape, periodic=periodic)
    return kd.Ising(lattice, coupling=kd.couplings.bimodal(lattice, seed))


@pytest.mark.parametrize(("shape", "seed", "periodic"), [((4, 5), 3, False), ((4, 4), 2, True)])
def test_frustrated_ground_states_are_counted(shape, seed, periodic):
    """At beta = 300 only ground states count: ln Z + beta E_0 = ln(their number)."""
    model = glass(shape, seed, periodic)
    states = 2 * np.array(list(np.ndindex((2,) * model.lattice.n_sites)), dtype=np.int8) - 1
    pairs = model.lattice.bonds
    energies = -(states[:, pairs[:, 0]] * states[:, pairs[:, 1]]) @ model.coupling
    lowest, count = energies.min(), (energies == energies.min()).sum()
    for beta in (30.0, 300.0, 3000.0):
        excess = kd.tensor.log_partition(model, beta) + beta * lowest
        assert abs(excess - math.log(count)) < 1e-12 * beta * abs(lowest) + 1e-10


def test_logarithms_agree_with_the_contraction_where_both_hold():
    model = glass((6, 6), 1)
    factors = networks.boltzmann_factors("test", model, 0.7)
    network = kd.tensor.ising_network(model, 0.7)
    labels = [sites for _, sites in factors.tensors]
    plan = network.plan()
    direct = network.contract(plan, log=True)[1] - factors.logs.sum()
    assert abs(log_domain.log_contraction(factors.exponents, labels, plan.pairs) - direct) < 1e-11
    halves = log_domain.log_contraction(factors.exponents, labels, plan.pairs, (7, 20))
    assert abs(halves - direct) < 1e-11


def test_the_range_bounds_every_entry():
    """Of a chain contracted from one end the bound is that of the bonds at the open site."""
    model = kd.Ising(kd.Chain(4, periodic=False), coupling=2.0)
    factors = networks.boltzmann_factors("test", model, 1.5)
    labels = [sites for _, sites in factors.tensors]
    pairs = [(0, 1), (3, 2)]
    # The first product has three sites: two of one bond, one of two; each bond has range 6.
    assert log_domain.largest_range(factors.exponents, labels, pairs) == pytest.approx(24.0)


def test_plain_contraction_would_lose_ground_states():
    """The planted fault: float64 alone loses a part of Z here, so the test above can fail."""
    model = glass((8, 8), 5)
    factors = networks.boltzmann_factors("test", model, 100.0)
    network = kd.TensorNetwork(factors.tensors)
    plan = partition.find_plan(model, factors, network, "auto", None)
    plain = network.contract(plan, log=True)[1] + factors.logs.sum()
    right = kd.tensor.log_partition(model, 100.0)
    assert right - plain > 0.5
    shift = kd.tensor.log_partition(model, 200.0) - 2 * right
    assert abs(shift + math.log(12)) < 1e-7


def test_averages_refuse_what_float64_cannot_hold():
    text = (
        r"\[lattice_averages\] expected Boltzmann factors within the range of float64, got "
        r"beta=100.0: log_partition serves such temperatures"
    )
    with pytest.raises(ValueError, match=text):
        kd.tensor.lattice_averages(glass((8, 8), 5), 100.0)
    ferromagnet = kd.tensor.lattice_averages(kd.Ising(kd.Square(4)), 100.0)
    assert ferromagnet.energy == pytest.approx(-32.0)


def test_path_of_a_model_out_of_range_keeps_its_slices():
    model = glass((6, 6), 4)
    network = kd.tensor.ising_network(model, 90.0)
    whole_plan = network.plan()
    plan = network.plan(memory_limit=whole_plan.bytes_needed(np.float64) // 2)
    factors = networks.boltzmann_factors("test", model, 90.0)
    assert plan.slices > 1
    whole = kd.tensor.log_partition(model, 90.0)
    assert partition.log_z(factors, network, plan) == pytest.approx(whole, rel=1e-13)
