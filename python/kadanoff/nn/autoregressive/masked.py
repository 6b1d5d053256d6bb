"""What networks of masked layers share: their parameters, their masks, what a layer adds."""

from __future__ import annotations

import torch
from torch import Tensor

from .randomness import Use, uniforms

SLOPE = 0.5
"""Of negative inputs of the units, to begin with; each unit learns its own."""


class MaskedLayers(torch.nn.Module):
    """Weights with masks, biases, and slopes of the units before all layers but the first.

    Parameters
    ----------
    depth, width : int
    residual : bool
        Add the input of each layer between the first and the last to its output.
    """

    def __init__(self, depth: int, width: int, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.widths = [1, *[width] * (depth - 1), 1]
        self.weights = torch.nn.ParameterList()
        self.biases = torch.nn.ParameterList()
        self.slopes = torch.nn.ParameterList()

    def append(self, mask: Tensor, shape: tuple[int, ...], inputs: Tensor, seed: int) -> None:
        """Add a layer: weights of `shape` (outputs, inputs, ...) over the root of `inputs` seen.

        The last layer begins as zero: all states are then equally probable.
        """
        layer = len(self.weights)
        self.register_buffer(f"mask{layer}", mask, persistent=False)
        values = 2.0 * uniforms(seed, Use.WEIGHTS, layer, shape) - 1.0
        weights = torch.tensor(values, dtype=torch.float32) * mask
        weights /= inputs.clamp(min=1.0).sqrt()
        if layer == len(self.widths) - 2:
            weights.zero_()
        self.weights.append(torch.nn.Parameter(weights))
        self.biases.append(torch.nn.Parameter(torch.zeros(shape[0], dtype=torch.float32)))
        if layer:
            slopes = torch.full((shape[1],), SLOPE, dtype=torch.float32)
            self.slopes.append(torch.nn.Parameter(slopes))

    def adds(self, layer: int) -> bool:
        """Whether a layer adds its input to its output."""
        return self.residual and 0 < layer < len(self.weights) - 1

    def masked_weights(self) -> list[Tensor]:
        """Return the masked weights of each layer; TypeError if they are not float32."""
        self.check_dtypes()
        return [
            weights * self.get_buffer(f"mask{layer}") for layer, weights in enumerate(self.weights)
        ]

    def check_dtypes(self) -> None:
        """Raise TypeError if a parameter is no longer float32, as `double` and `half` make it."""
        for values in self.parameters():
            if values.dtype != torch.float32:
                raise TypeError(
                    "[AutoregressiveNetwork] expected parameters of torch.float32, as `float()` "
                    f"makes them, got {values.dtype}"
                )
