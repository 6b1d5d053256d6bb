"""Masked dense layers: the logit of a site depends on the sites before it alone."""

from __future__ import annotations

import torch
from torch import Tensor

from .randomness import Use, uniforms

SLOPE = 0.5
"""Of negative inputs of the units, to begin with; each unit learns its own."""


class MaskedDense(torch.nn.Module):
    """A network of `depth` masked dense layers with `width` units for each site and hidden layer.

    Units of site i in the first hidden layer see the sites before i, units of later layers those of
    the sites up to i. The last layer begins as zero: all states are then equally probable.

    Parameters
    ----------
    sites, depth, width : int
    residual : bool
        Add the input of each layer between the first and the last to its output.
    seed : int
    """

    def __init__(self, sites: int, depth: int, width: int, residual: bool, seed: int) -> None:
        super().__init__()
        self.sites, self.residual = sites, residual
        self.widths = [1, *[width] * (depth - 1), 1]
        self.weights = torch.nn.ParameterList()
        self.biases = torch.nn.ParameterList()
        self.slopes = torch.nn.ParameterList()
        for layer in range(depth):
            mask = self._mask(layer)
            self.register_buffer(f"mask{layer}", mask, persistent=False)
            values = 2.0 * uniforms(seed, Use.WEIGHTS, layer, tuple(mask.shape)) - 1.0
            weights = torch.tensor(values, dtype=torch.float32) * mask
            weights /= mask.sum(1, keepdim=True).clamp(min=1.0).sqrt()
            if layer == depth - 1:
                weights.zero_()
            self.weights.append(torch.nn.Parameter(weights))
            self.biases.append(torch.nn.Parameter(torch.zeros(len(mask), dtype=torch.float32)))
            if layer:
                slopes = torch.full((mask.shape[1],), SLOPE, dtype=torch.float32)
                self.slopes.append(torch.nn.Parameter(slopes))

    def _mask(self, layer: int) -> Tensor:
        """Return which weights there are, float32 (units, units of the layer before)."""
        between = torch.ones(self.sites, self.sites, dtype=torch.float32).tril(0 if layer else -1)
        return between.repeat_interleave(self.widths[layer + 1], 0).repeat_interleave(
            self.widths[layer], 1
        )

    def adds(self, layer: int) -> bool:
        """Whether a layer adds its input to its output."""
        return self.residual and 0 < layer < len(self.weights) - 1

    def matrices(self) -> list[Tensor]:
        """Return the masked weights of each layer."""
        return [
            weights * self.get_buffer(f"mask{layer}") for layer, weights in enumerate(self.weights)
        ]

    def forward(self, spins: Tensor) -> Tensor:
        """Return logits of float32 spins (states, sites), of the same shape."""
        values = spins
        for layer, matrix in enumerate(self.matrices()):
            active = values
            if layer:
                active = torch.nn.functional.prelu(values, self.slopes[layer - 1])
            result = torch.nn.functional.linear(active, matrix, self.biases[layer])
            values = values + result if self.adds(layer) else result
        return values

    def stepper(self, count: int) -> DenseStepper:
        """Return what draws `count` states site by site."""
        return DenseStepper(self, count)


class DenseStepper:
    """Logits of one site after the other, each hidden unit worked out once.

    Units lie along the rows, states along the columns: what a site sees is the first rows.

    Parameters
    ----------
    network : MaskedDense
    count : int
        States.
    """

    def __init__(self, network: MaskedDense, count: int) -> None:
        self._network = network
        self._matrices = network.matrices()
        self._inputs = [
            torch.zeros(network.sites * width, count, dtype=torch.float32)
            for width in network.widths[:-1]
        ]

    def logit(self, site: int) -> Tensor:
        """Return the logits of a site, (states,); those of all sites before must have been put."""
        network, widths = self._network, self._network.widths
        values = self._inputs[0][:0]
        for layer, matrix in enumerate(self._matrices):
            rows = slice(site * widths[layer + 1], (site + 1) * widths[layer + 1])
            seen = (site + (layer > 0)) * widths[layer]
            bias = network.biases[layer][rows, None]
            result = torch.addmm(bias, matrix[rows, :seen], self._inputs[layer][:seen])
            values = values + result if network.adds(layer) else result
            if layer + 1 < len(self._matrices):
                slope = network.slopes[layer][rows, None]
                self._inputs[layer + 1][rows] = torch.where(values < 0, slope * values, values)
        return values[0]

    def put(self, site: int, spins: Tensor) -> None:
        """Set the spins of a site."""
        self._inputs[0][site] = spins
