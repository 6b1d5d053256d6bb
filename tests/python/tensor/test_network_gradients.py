"""Gradients of contractions: against NumPy, finite differences and PyTorch."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings

import kadanoff as kd
from random_networks import Network, ising_square, networks, random_array

FEW = settings(max_examples=60, deadline=None, derandomize=True)


@FEW
@given(networks())
def test_gradients_of_any_network(network: Network) -> None:
    """R is linear in each tensor: its derivative in a direction is R with that in its place."""
    rng = np.random.default_rng(1)
    net = network.make()
    cotangent = random_array(rng, np.shape(network.expected()), net.dtype.name)
    wrt = [int(k) for k in rng.permutation(len(net))[: 1 + len(net) // 2]]
    value, gradients = net.value_and_gradient(wrt, network.path, cotangent=cotangent)
    assert (np.abs(value - network.expected()) <= network.tolerance()).all()
    eps = np.finfo(net.dtype).eps
    for k, gradient in zip(wrt, gradients, strict=True):
        assert gradient.shape == net.arrays[k].shape
        assert gradient.dtype == net.dtype
        direction = random_array(rng, gradient.shape, net.dtype.name)
        turned = [*network.arrays]
        turned[k] = direction
        there = network._replace(arrays=turned)
        scale = (there.scale() * np.abs(cotangent)).sum()
        expected = (there.expected() * cotangent).sum()
        assert abs((gradient * direction).sum() - expected) <= 200 * eps * scale + 1e-30


def test_gradients_do_not_depend_on_slices_and_threads() -> None:
    net = kd.TensorNetwork(ising_square(8))
    whole = net.gradient(optimize="greedy", threads=1)
    plan = net.plan("greedy", memory_limit=9_000)
    assert plan.slices > 1
    parts = net.gradient(optimize=plan, threads=1, memory_limit="1GiB")
    more = net.gradient(optimize=plan, threads=3, memory_limit="1GiB")
    for one, two, three in zip(whole, parts, more, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12)
        np.testing.assert_array_equal(two, three)


def test_the_energy_is_the_derivative_of_the_logarithm() -> None:
    """d ln Z / d beta by gradients and by a difference quotient."""
    beta, step = 0.4, 1e-4
    net = kd.TensorNetwork(ising_square(7, beta))
    (sign, log), gradients = net.value_and_gradient(log=True)
    low, high = (ising_square(7, beta + d) for d in (-step, step))
    by_gradients = sum(
        (gradient * (b[0] - a[0])).sum() / (2 * step)
        for gradient, a, b in zip(gradients, low, high, strict=True)
    )
    logs = [kd.TensorNetwork(x).contract(log=True)[1] for x in (low, high)]
    assert sign == 1
    assert log == net.contract(log=True)[1]
    assert by_gradients == pytest.approx((logs[1] - logs[0]) / (2 * step), rel=1e-7)


def test_logarithmic_gradients_of_a_long_chain_do_not_overflow() -> None:
    chain = [(np.full((2, 2), 1e200), (k, k + 1)) for k in range(60)]
    (_, log), gradients = kd.TensorNetwork(chain).value_and_gradient(log=True)
    assert log == pytest.approx(60 * np.log(1e200) + 61 * np.log(2), rel=1e-13)
    for gradient in gradients:
        np.testing.assert_allclose(gradient * 1e200, 0.25, rtol=1e-12)


def test_a_result_of_0_has_no_logarithmic_gradient() -> None:
    net = kd.TensorNetwork([(np.zeros(2), "i"), (np.ones(2), "i")])
    with pytest.raises(ArithmeticError, match=r"^\[value_and_gradient\] expected a result other"):
        net.value_and_gradient(log=True)


def test_without_torch_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "kadanoff.tensor.network.pytorch", raising=False)
    plan = kd.TensorNetwork([(np.ones(2), "i")]).plan()
    with pytest.raises(ImportError, match="kadanoff\\[nn\\]"):
        plan.contract_torch([])


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("output", ["", "bi"])
def test_torch_checks_the_gradients(dtype: str, output: str) -> None:
    torch = pytest.importorskip("torch")
    shapes, labels = [(2, 3), (3, 2, 2), (2, 4), (4, 2)], ["ij", "jkk", "ka", "ab"]
    rng = np.random.default_rng(3)
    arrays = [random_array(rng, shape, dtype) for shape in shapes]
    plan = kd.TensorNetwork(list(zip(arrays, labels, strict=True)), output).plan()
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    checks = (torch.autograd.gradcheck, torch.autograd.gradgradcheck)
    for check in checks:
        assert check(lambda *x: plan.contract_torch(x), tensors)
    if output:
        return
    last = 1 if dtype == "float64" else 0  # the sign of a real number has no gradient
    for check in checks:
        assert check(lambda *x: plan.contract_torch(x, log=True)[last:], tensors)


def test_torch_gradients_have_the_types_of_their_tensors() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    real = torch.tensor(rng.normal(size=3).astype(np.float32), requires_grad=True)
    phases = torch.tensor(random_array(rng, (3,), "complex128"), requires_grad=True)
    fixed = torch.tensor(rng.normal(size=3))
    plan = kd.TensorNetwork([(np.ones(3), "i")] * 3).plan()
    plan.contract_torch([real, phases, fixed]).abs().backward()
    again = [tensor.detach().requires_grad_() for tensor in (real, phases)]
    (again[0] * again[1] * fixed).sum().abs().backward()
    for one, two in zip((real, phases), again, strict=True):
        assert one.grad.dtype == one.dtype
        torch.testing.assert_close(one.grad, two.grad)
    assert fixed.grad is None


def test_torch_refuses_what_it_cannot_differentiate() -> None:
    torch = pytest.importorskip("torch")
    plan = kd.TensorNetwork([(np.ones(2), "i"), (np.ones(2), "j")], "i").plan()
    with pytest.raises(
        TypeError, match=r"^\[contract_torch\] expected a torch.Tensor for tensor 1"
    ):
        plan.contract_torch([torch.ones(2), np.ones(2)])
    with pytest.raises(ValueError, match=r"^\[contract_torch\] expected an output without labels"):
        plan.contract_torch([torch.ones(2), torch.ones(2)], log=True)
    with pytest.raises(ValueError, match=r"^\[contract\] expected shape \(2,\) for tensor 0"):
        plan.contract_torch([torch.ones(3), torch.ones(2)])


def test_torch_differentiates_twice() -> None:
    """Hessians in closed form: of a^T M b, and of the logarithm of it."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    a, matrix, b = (torch.tensor(rng.normal(size=shape)) for shape in (3, (3, 4), 4))
    plan = kd.TensorNetwork([(a.numpy(), "i"), (matrix.numpy(), "ij"), (b.numpy(), "j")]).plan()
    hessian = torch.autograd.functional.hessian(lambda *x: plan.contract_torch(x), (a, matrix, b))
    zero, one = torch.zeros, torch.eye
    torch.testing.assert_close(hessian[0][0], zero(3, 3, dtype=a.dtype))
    torch.testing.assert_close(hessian[0][2], matrix)
    torch.testing.assert_close(
        hessian[1][0], torch.einsum("ik,j->ijk", one(3, dtype=a.dtype), b), rtol=1e-13, atol=0
    )

    def log(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return plan.contract_torch([x, matrix, y], log=True)[1]

    value, by_a = a @ matrix @ b, matrix @ b
    by_both = torch.autograd.functional.hessian(log, (a, b))
    torch.testing.assert_close(by_both[0][0], -torch.outer(by_a, by_a) / value**2)
    expected = matrix / value - torch.outer(by_a, a @ matrix) / value**2
    torch.testing.assert_close(by_both[0][1], expected)


def test_the_specific_heat_is_a_second_derivative_by_torch() -> None:
    """d^2 ln Z / d beta^2 of 5 by 5 spins, which are on as many tensors as they have bonds."""
    torch = pytest.importorskip("torch")
    beta, step = torch.tensor(0.4, dtype=torch.float64, requires_grad=True), 2e-3
    spins = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64)
    bonds = kd.Square(5, periodic=False).bonds
    plan = kd.TensorNetwork([(np.ones((2, 2)), tuple(bond)) for bond in bonds]).plan()

    def log(x: torch.Tensor) -> torch.Tensor:
        return plan.contract_torch([torch.exp(x * spins)] * len(bonds), log=True)[1]

    (first,) = torch.autograd.grad(log(beta), beta, create_graph=True)
    (second,) = torch.autograd.grad(first, beta)
    low, middle, high = (float(log(beta.detach() + d)) for d in (-step, 0, step))
    assert first.item() == pytest.approx((high - low) / (2 * step), rel=1e-5)
    assert second.item() == pytest.approx((high - 2 * middle + low) / step**2, rel=1e-5)


def test_torch_differentiates_long_chains_twice_without_overflow() -> None:
    torch = pytest.importorskip("torch")
    large = torch.full((2, 2), 1e200, dtype=torch.float64)
    plan = kd.TensorNetwork([(large.numpy(), (k, k + 1)) for k in range(60)]).plan()

    def log(x: torch.Tensor) -> torch.Tensor:
        return plan.contract_torch([x * large] * 60, log=True)[1]

    # ln R = 60 ln x + constant
    x = torch.tensor(2.0, dtype=torch.float64)
    assert float(torch.autograd.functional.hessian(log, x)) == pytest.approx(-15.0, rel=1e-11)


def test_torch_differentiates_three_times() -> None:
    torch = pytest.importorskip("torch")
    plan = kd.TensorNetwork([(np.ones(2), "i")] * 4).plan()
    x = torch.tensor([2.0, 3.0], dtype=torch.float64, requires_grad=True)
    result = plan.contract_torch([x] * 4)
    for factor in (4, 12, 24):
        (result,) = torch.autograd.grad(result.sum(), x, create_graph=True)
        left = {4: 3, 12: 2, 24: 1}[factor]
        torch.testing.assert_close(result, factor * x**left)


def chain_of_matrices(sites: int, bond: int, rng: np.random.Generator) -> kd.TensorNetwork:
    """Two layers of matrices, as the overlap of matrix product states has them."""
    tensors = []
    for layer in (0, 1):
        for k in range(sites):
            shape = (bond if k else 1, 2, bond if k + 1 < sites else 1)
            labels = ((layer, k), ("spin", k), (layer, k + 1))
            tensors.append((rng.normal(size=shape) / bond, labels))
    return kd.TensorNetwork(tensors)


@pytest.mark.parametrize("bond", [31, 40])
def test_gradients_of_matrix_products(bond: int) -> None:
    """Sides of more than 32 go to matrix products, with results in an order of their own."""
    rng = np.random.default_rng(6)
    net = chain_of_matrices(6, bond, rng)
    value, gradients = net.value_and_gradient()
    for gradient, array in zip(gradients, net.arrays, strict=True):
        # R is linear in each tensor
        assert (gradient * array).sum() == pytest.approx(float(value), rel=1e-10)
    for k in (2, 7):
        direction = rng.normal(size=net.arrays[k].shape)
        turned = net.plan().contract([*net.arrays[:k], direction, *net.arrays[k + 1 :]])
        assert (gradients[k] * direction).sum() == pytest.approx(float(turned), rel=1e-10)


def test_gradients_that_are_held_are_not_written_again() -> None:
    """Memory of gradients is used again, and only where no array and no view of it is left."""
    net = chain_of_matrices(8, 40, np.random.default_rng(8))
    plan = net.plan()
    expected = [gradient.copy() for gradient in plan.value_and_gradient(net.arrays)[1]]
    held = []
    for k in range(1, 7):
        scaled = [net.arrays[0] * k, *net.arrays[1:]]
        gradients = plan.value_and_gradient(scaled)[1]
        held.append((k, gradients[3], gradients[5][1:, 0]))  # an array, and a part of another
        gradients[4].shape = (-1,)  # what is done to an array does not come back with its memory
        gradients[4].flags.writeable = False
        assert gradients[3].flags.writeable
    for k, whole, part in held:
        np.testing.assert_allclose(whole, k * expected[3], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(part, k * expected[5][1:, 0], rtol=1e-12, atol=1e-15)


def test_memory_of_gradients_comes_back() -> None:
    net = chain_of_matrices(8, 40, np.random.default_rng(8))
    plan = net.plan()
    addresses = []
    for _ in range(6):
        gradients = plan.value_and_gradient(net.arrays)[1]  # those of the last call are still held
        addresses.append(gradients[3].ctypes.data)
    assert addresses[:2] == addresses[2:4] == addresses[4:]


def test_gradients_by_tensors_with_labels_twice_or_of_their_own() -> None:
    """They are added into cleared arrays, others are made in place: both in one call."""
    rng = np.random.default_rng(9)
    a, b, c = rng.normal(size=(3, 3, 4)), rng.normal(size=(4, 5, 2)), rng.normal(size=(5, 3))
    net = kd.TensorNetwork([(a, "iij"), (b, "jkx"), (c, "ki")])
    gradients = net.value_and_gradient()[1]
    by_diagonal = np.einsum("jkx,ki->ij", b, c)
    expected = np.zeros_like(a)
    expected[np.arange(3), np.arange(3)] = by_diagonal
    np.testing.assert_allclose(gradients[0], expected, rtol=1e-12)
    by_b = np.einsum("iij,ki->jk", a, c)[..., None] * np.ones(2)
    np.testing.assert_allclose(gradients[1], by_b, rtol=1e-12)
    np.testing.assert_allclose(gradients[2], np.einsum("iij,jkx->ki", a, b), rtol=1e-12)


def test_gradients_of_long_fast_labels_that_are_summed() -> None:
    """A step of which no operand can be streamed as it lies: it is permuted first."""
    rng = np.random.default_rng(7)
    shapes, labels = (
        [(2,) * 13, (2,) * 4, (2,) * 13],
        [range(13), (11, 12, 13, 14), [*range(11), 13, 14]],
    )
    arrays = [rng.normal(size=shape) for shape in shapes]
    net = kd.TensorNetwork(list(zip(arrays, [tuple(x) for x in labels], strict=True)))
    for dtype in (np.float64, np.complex128):
        values = [array.astype(dtype) for array in arrays]
        gradients = net.plan().value_and_gradient(values)[1]
        whole = [x.reshape(-1, 4) for x in (arrays[0], arrays[2])]
        expected = [
            whole[1] @ arrays[1].reshape(4, 4).T,
            whole[0].T @ whole[1],
            whole[0] @ arrays[1].reshape(4, 4),
        ]
        for gradient, one in zip(gradients, expected, strict=True):
            np.testing.assert_allclose(gradient.reshape(one.shape), one, rtol=1e-11, atol=1e-11)
        scale = 1e150  # rescaled on the way
        large = [value * scale for value in values]
        logs = net.plan().value_and_gradient(large, log=True)[1]
        result = net.plan().contract(values)
        for log, gradient in zip(logs, gradients, strict=True):
            np.testing.assert_allclose(log * scale, gradient / result, rtol=1e-11, atol=1e-13)
