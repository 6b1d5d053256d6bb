"""Machines as PyTorch modules: round trips, energies, gradients, draws, and wrong calls."""

from __future__ import annotations

import itertools
import pickle
import re
import sys
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

RNG = np.random.default_rng(1)
WEIGHTS, VISIBLE_BIAS, HIDDEN_BIAS = (RNG.normal(size=size) for size in ((5, 3), 5, 3))
VALUES = {"binary": (0, 1), "spin": (-1, 1)}

encodings = pytest.mark.parametrize(
    ("visible_units", "hidden_units"), list(itertools.product(VALUES, VALUES))
)


def machine(visible_units: str = "binary", hidden_units: str = "binary") -> kd.RBM:
    return kd.RBM(WEIGHTS, VISIBLE_BIAS, HIDDEN_BIAS, visible_units, hidden_units)


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "kadanoff.rbm.pytorch", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    text = re.escape("[torch] expected PyTorch, got none: pip install 'kadanoff[nn]'")
    with pytest.raises(ImportError, match=text):
        machine().to_torch()
    with pytest.raises(ImportError, match=text):
        kd.RBM.from_torch(object())


class TestModules:
    @pytest.fixture(autouse=True)
    def _torch(self) -> None:
        self.torch: Any = pytest.importorskip("torch")

    @encodings
    def test_machines_come_back_bit_for_bit(self, visible_units: str, hidden_units: str) -> None:
        rbm = machine(visible_units, hidden_units)
        module = rbm.to_torch()
        assert kd.RBM.from_torch(module) == rbm
        assert kd.RBM.from_torch(module.double()) == rbm
        assert kd.RBM.from_torch(pickle.loads(pickle.dumps(module))) == rbm
        assert sorted(module.state_dict()) == ["hidden_bias", "visible_bias", "weights"]
        assert all(parameter.requires_grad for parameter in module.parameters())
        expected = f"RBMModule(5 visible ({visible_units}), 3 hidden ({hidden_units}))"
        assert repr(module) == expected

    def test_modules_are_copies(self) -> None:
        rbm = machine()
        module = rbm.to_torch()
        with self.torch.no_grad():
            module.weights += 1
        assert rbm == machine()
        assert np.allclose(kd.RBM.from_torch(module).weights, WEIGHTS + 1)

    def test_modules_of_others(self) -> None:
        class Other(self.torch.nn.Module):
            def __init__(self, torch: Any) -> None:
                super().__init__()
                self.weights = torch.nn.Parameter(torch.tensor(WEIGHTS).bfloat16())
                self.register_buffer("visible_bias", torch.tensor(VISIBLE_BIAS).half())
                self.hidden_bias = torch.tensor(HIDDEN_BIAS)

        rbm = kd.RBM.from_torch(Other(self.torch))
        assert rbm.layers == machine().layers
        assert np.abs(rbm.weights - WEIGHTS).max() < 0.01
        assert (rbm.hidden_bias == HIDDEN_BIAS.astype(np.float32)).all()

    @encodings
    def test_energies_are_those_of_the_machine(self, visible_units: str, hidden_units: str) -> None:
        rbm = machine(visible_units, hidden_units)
        v = np.array(list(itertools.product(VALUES[visible_units], repeat=5)))
        h = np.array(list(itertools.product(VALUES[hidden_units], repeat=3)))
        module = rbm.to_torch().double()
        energy = module.energy(v[:, None], self.torch.tensor(h)).detach().numpy()
        assert np.allclose(energy, rbm.energy(v[:, None], h), rtol=0, atol=1e-12)
        free = rbm.free_energy(v)
        assert np.allclose(module.free_energy(v).detach(), free, rtol=0, atol=1e-12)
        assert np.allclose(rbm.to_torch()(v).detach(), free, rtol=1e-5, atol=1e-5)
        weight = np.exp(-rbm.energy(v[:, None], h))
        mean = (weight[..., None] * h).sum(axis=1) / weight.sum(axis=1)[:, None]
        assert np.allclose(module.mean_hidden(v).detach(), mean)
        mean = (weight[..., None] * v[:, None]).sum(axis=0) / weight.sum(axis=0)[:, None]
        assert np.allclose(module.mean_visible(h).detach(), mean)

    @encodings
    def test_gradients_are_moments(self, visible_units: str, hidden_units: str) -> None:
        rbm = machine(visible_units, hidden_units)
        chains = kd.GibbsSampler(rbm, 50, seed=1)
        module = rbm.to_torch().double()
        module.free_energy(chains.visible).mean().backward()
        moments = chains.moments()
        for gradient, moment in (
            (module.weights.grad, moments.products),
            (module.visible_bias.grad, moments.visible),
            (module.hidden_bias.grad, moments.hidden),
        ):
            # Means of hidden units are multiples of 2^-20.
            assert np.allclose(-gradient.numpy(), moment, rtol=0, atol=3e-6)

    def test_gradients_in_the_states_are_finite_at_huge_weights(self) -> None:
        module = kd.RBM(np.full((3, 2), 1e30)).to_torch()
        v = self.torch.full((3,), 0.5, requires_grad=True)
        module(v).backward()
        assert self.torch.isfinite(v.grad).all()

    @encodings
    def test_draws_have_the_exact_distribution(self, visible_units: str, hidden_units: str) -> None:
        # 20000 chains: a probability that is 0.014 off would be seen.
        rbm = machine(visible_units, hidden_units)
        module, generator = rbm.to_torch(), self.torch.Generator().manual_seed(1)
        low, _ = VALUES[visible_units]
        v = self.torch.full((20_000, 5), low)
        for _ in range(30):
            h = module.sample_hidden(v, generator)
            v = module.sample_visible(h, generator)
        assert not v.requires_grad
        assert set(self.torch.unique(h).tolist()) == set(VALUES[hidden_units])
        states = np.array(list(itertools.product(VALUES[visible_units], repeat=5)))
        weight = np.exp(-rbm.free_energy(states))
        expected = 20_000 * weight / weight.sum()
        number = (v.numpy() == 1) @ (1 << np.arange(5)[::-1])
        chi_square = ((np.bincount(number, minlength=32) - expected) ** 2 / expected).sum()
        assert abs(chi_square - 31) < 4 * (2 * 31) ** 0.5

    def test_wrong_calls(self) -> None:
        module = machine().to_torch()
        expected = "[RBMModule] expected visible of shape (..., 5), got shape (2, 3)"
        with pytest.raises(ValueError, match=re.escape(expected)):
            module.free_energy(np.zeros((2, 3)))
        expected = "[RBMModule] expected hidden of shape (..., 3), got shape ()"
        with pytest.raises(ValueError, match=re.escape(expected)):
            module.sample_visible(1)
        expected = (
            "[from_torch] expected a module with tensors weights, visible_bias and hidden_bias, "
            "got Linear"
        )
        with pytest.raises(TypeError, match=re.escape(expected)):
            kd.RBM.from_torch(self.torch.nn.Linear(5, 3))
        with self.torch.no_grad():
            module.weights[1, 1] = float("nan")
        expected = "[RBM] expected finite weights in the range of float32, got nan"
        with pytest.raises(ValueError, match=re.escape(expected)):
            kd.RBM.from_torch(module)
        module.weights = self.torch.nn.Parameter(self.torch.zeros(5, 3, dtype=self.torch.cfloat))
        expected = "[from_torch] expected real floating-point tensors, got torch.complex64"
        with pytest.raises(TypeError, match=re.escape(expected)):
            kd.RBM.from_torch(module)
