"""Contractions of networks against NumPy: any labels, types, paths, slices and threads."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings

import kadanoff as kd
from random_networks import Network, ising_square, networks, random_array

FEW = settings(max_examples=100, deadline=None, derandomize=True)


@FEW
@given(networks())
def test_any_network_equals_einsum(network: Network) -> None:
    net = network.make()
    assert net.dtype == np.result_type(*network.arrays)
    for optimize in ("auto", "greedy", network.path):
        result = net.contract(optimize)
        assert np.shape(result) == np.shape(network.expected())
        assert result.dtype == net.dtype
        assert (np.abs(result - network.expected()) <= network.tolerance()).all()


@FEW
@given(networks(largest=9))
def test_logarithms_are_those_of_the_result(network: Network) -> None:
    net = network.make()
    sign, log = net.contract(network.path, log=True)
    assert sign.dtype == net.dtype
    assert log.dtype == np.float64
    result = sign * np.exp(log)
    assert (np.abs(result - network.expected()) <= 2 * network.tolerance()).all()


def large_network(dtype: str) -> Network:
    """Matrices and small tensors: products, streams, reductions, sums and permutations."""
    rng = np.random.default_rng(5)
    sizes = dict(zip("abcdefgh", (33, 40, 37, 2, 3, 2, 16, 5), strict=True))
    labels = ["adb", "bce", "cfg", "fgah", "dd", "he", "gg"]
    arrays = [random_array(rng, tuple(sizes[x] for x in names), dtype) for names in labels]
    return Network(arrays, labels, "", [])


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("output", ["", "a", "ga", "hacg"])
def test_large_tensors_in_any_order(dtype: str, output: str) -> None:
    network = large_network(dtype)._replace(output=output)
    rng = np.random.default_rng(2)
    for _ in range(4):
        path = [
            tuple(sorted(int(k) for k in rng.choice(left, 2, replace=False)))
            for left in range(len(network.arrays), 1, -1)
        ]
        result = network.make().contract(path)
        assert (np.abs(result - network.expected()) <= network.tolerance()).all()


def test_every_slicing_gives_the_same() -> None:
    network = large_network("float64")._replace(output="ag")
    whole = network.make().contract("greedy")
    sizes = network.make().plan("greedy").equation.sizes
    for count in (1, 2):
        for sliced in itertools.combinations(
            [k for k, size in enumerate(sizes) if size < 20], count
        ):
            plan = network.make().plan("greedy")
            part = kd.tensor.ContractionPlan(
                plan.equation, plan.names, plan.pairs, sliced, plan.dtype, plan.memory_limit
            )
            assert part.slices == np.prod([plan.equation.sizes[x] for x in sliced])
            result = part.contract(network.arrays)
            assert (np.abs(result - whole) <= network.tolerance()).all()


@pytest.mark.parametrize("sliced", [False, True])
def test_any_number_of_threads_gives_the_same_bits(sliced: bool) -> None:
    net = kd.TensorNetwork(ising_square(14))
    plan = net.plan("greedy")
    if sliced:
        plan = net.plan("auto", memory_limit=plan.peak_bytes // 4)
    assert (plan.slices > 1) == sliced
    one = net.contract(plan, threads=1, memory_limit="1GiB")
    logs = net.contract(plan, threads=1, log=True, memory_limit="1GiB")
    for threads in (2, 3, 7):
        assert net.contract(plan, threads=threads, memory_limit="1GiB") == one
        assert net.contract(plan, threads=threads, log=True, memory_limit="1GiB") == logs


def blocks_of_slices(output: str) -> kd.TensorNetwork:
    """Labels of odd sizes to be sliced, so small that many slices make a block."""
    rng = np.random.default_rng(11)
    shapes = [(7, 5, 3), (5, 11, 3), (13, 11), (13, 7, 17), (17,)]
    labels = ["sac", "abc", "tb", "tsu", "u"]
    arrays = [rng.normal(size=shape) for shape in shapes]
    return kd.TensorNetwork(list(zip(arrays, labels, strict=True)), output)


@pytest.mark.parametrize("output", ["", "s", "ut", "tc"])
@pytest.mark.parametrize("sliced", ["st", "ts", "ustb", "c", "ub"])
def test_blocks_of_slices_have_the_same_bits_on_any_threads(output: str, sliced: str) -> None:
    net = blocks_of_slices(output)
    whole = net.plan("greedy")
    numbers = tuple(whole.names.index(label) for label in sliced)
    plan = kd.tensor.ContractionPlan(
        whole.equation, whole.names, whole.pairs, numbers, whole.dtype, 2**30
    )
    seed = np.random.default_rng(12).normal(size=whole.equation.output_shape)
    value, gradients = plan.value_and_gradient(net.arrays, cotangent=seed, threads=1)
    np.testing.assert_allclose(value, net.contract(whole), rtol=1e-11, atol=1e-11)
    for one, two in zip(
        gradients, whole.value_and_gradient(net.arrays, cotangent=seed)[1], strict=True
    ):
        np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-10)
    sign, log = plan.contract(net.arrays, log=True, threads=1)
    np.testing.assert_allclose(sign * np.exp(log), value, rtol=1e-12)
    for threads in (2, 5):
        again, others = plan.value_and_gradient(net.arrays, cotangent=seed, threads=threads)
        logs = plan.contract(net.arrays, log=True, threads=threads)
        np.testing.assert_array_equal(again, value)
        np.testing.assert_array_equal(logs, (sign, log))
        for one, two in zip(gradients, others, strict=True):
            np.testing.assert_array_equal(one, two)


def test_threads_hold_sums_of_blocks_within_the_limit() -> None:
    net = blocks_of_slices("st")
    whole = net.plan("greedy")
    numbers = tuple(whole.names.index(label) for label in "ustb")
    plan = kd.tensor.ContractionPlan(
        whole.equation, whole.names, whole.pairs, numbers, whole.dtype, 2**30
    )
    one, two = (plan.bytes_needed(plan.dtype, (), threads) for threads in (1, 2))
    assert one < two
    wanted = net.contract(whole)
    for limit in (one, two):
        part = plan.contract(net.arrays, threads=2)
        np.testing.assert_allclose(
            net.contract(plan, threads=2, memory_limit=limit), wanted, rtol=1e-11
        )
        np.testing.assert_array_equal(net.contract(plan, threads=2, memory_limit=limit), part)


def test_the_partition_function_of_64_by_64_spins_does_not_overflow() -> None:
    # A strip of it, 64 long and 6 wide, again and again: Z is a product.
    strip = ising_square(6, 0.44)
    tensors = [
        (array, [(copy, *label) for label in labels])
        for copy in range(113)
        for array, labels in strip
    ]
    net = kd.TensorNetwork(tensors)
    sign, log = net.contract("greedy", log=True)
    (one,) = (kd.TensorNetwork(strip).contract(log=True)[1],)
    assert sign == 1
    assert log == pytest.approx(113 * one, rel=1e-13)
    with pytest.warns(RuntimeWarning, match="log=True"):
        assert np.isinf(net.contract("greedy"))


def test_exact_partition_function() -> None:
    log = kd.TensorNetwork(ising_square(4, 0.3)).contract(log=True)[1]
    spins = np.array(list(itertools.product((-1, 1), repeat=16))).reshape(-1, 4, 4)
    bonds = (spins[:, 1:] * spins[:, :-1]).sum((1, 2)) + (spins[:, :, 1:] * spins[:, :, :-1]).sum(
        (1, 2)
    )
    assert log == pytest.approx(np.log(np.exp(0.3 * bonds).sum()), rel=1e-13)


def test_numbers_of_any_size_survive_logarithms() -> None:
    for scale in (1e-300, 1e-150, 1e150, 1e300):
        chain = [(np.full((2, 2), scale), (k, k + 1)) for k in range(50)]
        sign, log = kd.TensorNetwork(chain).contract(log=True)
        assert sign == 1
        assert log == pytest.approx(50 * np.log(scale) + 51 * np.log(2), rel=1e-13)
    single = [(np.full((2, 2), 1e-37, np.float32), (k, k + 1)) for k in range(50)]
    log = kd.TensorNetwork(single).contract(log=True)[1]
    assert log == pytest.approx(50 * np.log(1e-37) + 51 * np.log(2), rel=1e-6)


def test_zeros_have_sign_0_and_logarithm_minus_infinity() -> None:
    for output in ("", "a"):
        net = kd.TensorNetwork([(np.zeros(3), "a"), (np.ones(3), "a")], output)
        sign, log = net.contract(log=True)
        assert (np.asarray(sign) == 0).all()
        assert (np.asarray(log) == -np.inf).all()


def test_sizes_of_0_make_sums_of_nothing() -> None:
    empty = np.ones((0, 3))
    net = kd.TensorNetwork([(empty, "ab"), (np.ones(3), "b"), (np.ones(2), "c")], "c")
    assert net.contract().tolist() == [0.0, 0.0]
    net = kd.TensorNetwork([(empty, "ab"), (np.ones(3), "b")], "ab")
    assert net.contract().shape == (0, 3)


def test_labels_are_any_hashable_objects() -> None:
    a = np.arange(6.0).reshape(2, 3)
    net = kd.TensorNetwork([(a, (("x", 1), 7)), (a, (None, 7))], output=[None, ("x", 1)])
    np.testing.assert_array_equal(net.contract(), a @ a.T)
    assert net.sizes == {("x", 1): 2, 7: 3, None: 2}
    assert net.labels == ((("x", 1), 7), (None, 7))


def test_arrays_of_any_strides_and_kinds() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=(6, 4))
    for array in (a.T.copy().T, a[::-1, ::2], a.astype(">f8"), np.asfortranarray(a), a.tolist()):
        expected = np.asarray(array) @ np.asarray(array).T
        net = kd.TensorNetwork([(array, "ij"), (array, "kj")], "ik")
        np.testing.assert_allclose(net.contract(), expected, rtol=1e-14)
    whole = kd.TensorNetwork([(np.array([[1, 2], [3, 4]]), "ij"), ([True, False], "j")], "i")
    assert whole.contract().tolist() == [1.0, 3.0]


def test_the_result_can_be_written_into_an_array() -> None:
    a = np.arange(6.0).reshape(2, 3)
    net = kd.TensorNetwork([(a, "ij"), (a, "kj")], "ik")
    out = np.full((2, 2), np.nan)
    assert net.contract(out=out) is out
    np.testing.assert_array_equal(out, a @ a.T)
    turned = np.full((2, 2), np.nan).T[::-1]
    assert net.contract(out=turned) is turned
    np.testing.assert_array_equal(turned, a @ a.T)
    square = np.array([[1.0, 2.0], [3.0, 4.0]])
    onto_itself = kd.TensorNetwork([(square, "ij"), (square, "jk")], "ik")
    expected = square @ square
    onto_itself.contract(out=square)
    np.testing.assert_array_equal(square, expected)


def test_what_is_written_into_the_arrays_counts() -> None:
    a = np.ones(3)
    net = kd.TensorNetwork([(a, "i"), (a, "i")])
    assert net.contract() == 3.0
    a[:] = 2
    assert net.contract() == 12.0


def test_an_overflow_is_told_with_what_to_do() -> None:
    net = kd.TensorNetwork([(np.full((2, 2), 1e300), (k, k + 1)) for k in range(5)])
    text = re.escape(
        "] the result has inf or nan: numbers above the largest of float64 came up; "
        "log=True rescales them"
    )
    for call in (net.contract, net.value_and_gradient):
        with pytest.warns(RuntimeWarning, match=text) as seen:
            call()
        assert [warning.filename for warning in seen] == [__file__]
    with pytest.warns(RuntimeWarning, match=text):
        net.contract(out=np.empty(()))
    net.contract(log=True)
    nan = [np.full((2, 2), np.nan), *net.arrays[1:]]  # asked for, so nothing to tell
    assert np.isnan(net.plan().contract(nan, check_finite=False))
