"""A machine as a module of PyTorch, to be differentiated or put into a larger network.

Importing this file imports torch, which ``pip install 'kadanoff[nn]'`` brings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .machine import RBM, UNITS

if TYPE_CHECKING:
    from torch import Generator, Tensor

try:
    import torch
except ImportError as error:
    raise ImportError("[torch] expected PyTorch, got none: pip install 'kadanoff[nn]'") from error


class RBMModule(torch.nn.Module):
    r"""A restricted Boltzmann machine as a `torch.nn.Module`; made by `RBM.to_torch`.

    Parameters
    ----------
    rbm : RBM

    Attributes
    ----------
    weights, visible_bias, hidden_bias : torch.nn.Parameter
        float32 (n_visible, n_hidden), (n_visible,) and (n_hidden,).
    visible_units, hidden_units : str
        "binary" or "spin", as of the machine.

    Notes
    -----
    The energy is that of `RBM`. The gradient of the log-likelihood is minus that of the difference
    of mean free energies of data and of samples of the machine, which `kadanoff.GibbsSampler`
    draws many times faster than PyTorch (G. E. Hinton, Neural Computation 14 (2002) 1771).

    Examples
    --------
    >>> import kadanoff as kd
    >>> module = kd.RBM([[1.0, -1.0], [0.5, 2.0]]).to_torch()
    >>> module.free_energy([[0, 0], [1, 1]]).mean().backward()
    >>> module.visible_bias.grad
    tensor([-0.5000, -0.5000])
    """

    def __init__(self, rbm: RBM) -> None:
        super().__init__()
        for name in ("weights", "visible_bias", "hidden_bias"):
            values = torch.tensor(getattr(rbm, name), dtype=torch.float32)
            self.register_parameter(name, torch.nn.Parameter(values))
        self.visible_units, self.hidden_units = rbm.visible_units, rbm.hidden_units

    def forward(self, visible: Any) -> Tensor:
        """Return `free_energy`."""
        return self.free_energy(visible)

    def energy(self, visible: Any, hidden: Any) -> Tensor:
        """Return E(v, h) of tensors (..., n_visible) and (..., n_hidden); shape (...).

        Differentiable in parameters and states; values between those of the units are welcome.
        """
        h = self._states(hidden, "hidden")
        v = self._states(visible, "visible")
        return -(v @ self.visible_bias) - (self.hidden_field(v) * h).sum(-1)

    def free_energy(self, visible: Any) -> Tensor:
        r"""Return F(v), the energy with the hidden units summed out, of a tensor (..., n_visible).

        Differentiable in parameters and states; values between those of the units are welcome.
        """
        v = self._states(visible, "visible")
        field = self.hidden_field(v)
        lower = -field if self.hidden_units == "spin" else torch.zeros_like(field)
        return -(v @ self.visible_bias) - torch.logaddexp(field, lower).sum(-1)

    def hidden_field(self, visible: Any) -> Tensor:
        """Return b + v W of a tensor (..., n_visible): (..., n_hidden)."""
        return self._states(visible, "visible") @ self.weights + self.hidden_bias

    def visible_field(self, hidden: Any) -> Tensor:
        """Return a + W h of a tensor (..., n_hidden): (..., n_visible)."""
        return self._states(hidden, "hidden") @ self.weights.T + self.visible_bias

    def mean_hidden(self, visible: Any) -> Tensor:
        """Return the means of the hidden units given the visible ones: (..., n_hidden)."""
        return _mean(self.hidden_field(visible), self.hidden_units)

    def mean_visible(self, hidden: Any) -> Tensor:
        """Return the means of the visible units given the hidden ones: (..., n_visible)."""
        return _mean(self.visible_field(hidden), self.visible_units)

    def sample_hidden(self, visible: Any, generator: Generator | None = None) -> Tensor:
        """Draw the hidden units given the visible ones: (..., n_hidden), without a gradient."""
        return _draw(self.hidden_field(visible), self.hidden_units, generator)

    def sample_visible(self, hidden: Any, generator: Generator | None = None) -> Tensor:
        """Draw the visible units given the hidden ones: (..., n_visible), without a gradient."""
        return _draw(self.visible_field(hidden), self.visible_units, generator)

    def _states(self, values: Any, layer: str) -> Tensor:
        """Return states as a tensor of the parameters' dtype and device."""
        units = len(self.visible_bias if layer == "visible" else self.hidden_bias)
        states = torch.as_tensor(values).to(self.weights)
        if states.ndim == 0 or states.shape[-1] != units:
            got = f"shape {tuple(states.shape)}"
            raise ValueError(f"[RBMModule] expected {layer} of shape (..., {units}), got {got}")
        return states

    def extra_repr(self) -> str:
        """Return what PyTorch prints of the module."""
        return (
            f"{len(self.visible_bias)} visible ({self.visible_units}), "
            f"{len(self.hidden_bias)} hidden ({self.hidden_units})"
        )


def from_module(module: Any) -> RBM:
    """Return the machine of a module with weights, biases and, if not binary, names of units."""
    names = ("weights", "visible_bias", "hidden_bias")
    parts: list[Any] = [getattr(module, name, None) for name in names]
    if not all(isinstance(part, torch.Tensor) for part in parts):
        expected = "a module with tensors weights, visible_bias and hidden_bias"
        raise TypeError(f"[from_torch] expected {expected}, got {type(module).__name__}")
    wrong = [part.dtype for part in parts if not part.dtype.is_floating_point]
    if wrong:
        raise TypeError(f"[from_torch] expected real floating-point tensors, got {wrong[0]}")
    # Through float64, which NumPy has and bfloat16 fits into.
    arrays = [part.detach().cpu().double().numpy() for part in parts]
    units = [getattr(module, f"{layer}_units", UNITS[0]) for layer in ("visible", "hidden")]
    return RBM(*arrays, *units)


def _mean(field: Tensor, units: str) -> Tensor:
    return torch.tanh(field) if units == "spin" else torch.sigmoid(field)


@torch.no_grad()
def _draw(field: Tensor, units: str, generator: Generator | None) -> Tensor:
    spin = units == "spin"
    probability = torch.sigmoid(2 * field if spin else field)
    uniform = torch.rand(field.shape, generator=generator, dtype=field.dtype, device=field.device)
    ones = (uniform < probability).to(field.dtype)
    return 2 * ones - 1 if spin else ones
