"""Masked dense layers: the logit of a site depends on the sites before it alone."""

from __future__ import annotations

import torch
from torch import Tensor

from .masked import MaskedLayers


class MaskedDense(MaskedLayers):
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
        super().__init__(depth, width, residual)
        self.sites = sites
        for layer in range(depth):
            mask = self._mask(layer)
            self.append(mask, tuple(mask.shape), mask.sum(1, keepdim=True), seed)

    def _mask(self, layer: int) -> Tensor:
        """Return which weights there are, float32 (units, units of the layer before)."""
        between = torch.ones(self.sites, self.sites, dtype=torch.float32).tril(0 if layer else -1)
        return between.repeat_interleave(self.widths[layer + 1], 0).repeat_interleave(
            self.widths[layer], 1
        )

    def forward(self, spins: Tensor) -> Tensor:
        """Return logits of float32 spins (states, sites), of the same shape."""
        values = spins
        for layer, matrix in enumerate(self.masked_weights()):
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
        self._matrices = network.masked_weights()
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
