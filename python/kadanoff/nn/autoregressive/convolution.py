"""Masked convolutions: the logit of a site depends on the sites before it in reading order."""

from __future__ import annotations

import torch
from torch import Tensor

from .masked import MaskedLayers


class MaskedConvolution(MaskedLayers):
    """A network of `depth` masked convolutions with `width` channels in each hidden layer.

    A kernel reaches `reach` sites to the left, to the right and up. Its last row ends before its
    site in the first layer, and with its site in later ones. Beyond the edges there is zero, on
    periodic lattices too. The last layer begins as zero.

    Parameters
    ----------
    shape : (int, int)
    depth, width, reach : int
    residual : bool
        Add the input of each layer between the first and the last to its output.
    seed : int
    """

    def __init__(
        self, shape: tuple[int, int], depth: int, width: int, reach: int, residual: bool, seed: int
    ) -> None:
        super().__init__(depth, width, residual)
        self.shape = shape
        self.up, self.side = min(reach, shape[0] - 1), min(reach, shape[1] - 1)
        for layer in range(depth):
            mask, inside = self._mask(layer), self.widths[layer]
            weights = self.widths[layer + 1], inside, *mask.shape
            self.append(mask, weights, inside * mask.sum(), seed)

    def _mask(self, layer: int) -> Tensor:
        """Return which weights there are, float32 (rows, columns) of the kernel."""
        mask = torch.ones(self.up + 1, 2 * self.side + 1, dtype=torch.float32)
        mask[-1, self.side + (layer > 0) :] = 0.0
        return mask

    def forward(self, spins: Tensor) -> Tensor:
        """Return logits of float32 spins (states, sites), of the same shape."""
        values = spins.reshape(-1, 1, *self.shape)
        margin = (self.side, self.side, self.up, 0)
        for layer, kernel in enumerate(self.masked_weights()):
            active = values
            if layer:
                active = torch.nn.functional.prelu(values, self.slopes[layer - 1])
            padded = torch.nn.functional.pad(active, margin)
            result = torch.nn.functional.conv2d(padded, kernel, self.biases[layer])
            values = values + result if self.adds(layer) else result
        return values.reshape(spins.shape)

    def stepper(self, count: int) -> ConvolutionStepper:
        """Return what draws `count` states site by site."""
        return ConvolutionStepper(self, count)


class ConvolutionStepper:
    """Logits of one site after the other, each hidden unit worked out once.

    Parameters
    ----------
    network : MaskedConvolution
    count : int
        States.
    """

    def __init__(self, network: MaskedConvolution, count: int) -> None:
        self._network = network
        self._count = count
        rows, columns = network.shape
        self._kernels: list[tuple[Tensor, Tensor]] = []
        self._inputs: list[Tensor] = []
        for layer, kernel in enumerate(network.masked_weights()):
            above = kernel[:, :, :-1].reshape(len(kernel), -1)
            row = kernel[:, :, -1, : network.side + (layer > 0)].reshape(len(kernel), -1)
            self._kernels.append((above, row))
            extents = rows + network.up, columns + 2 * network.side
            shape = network.widths[layer], *extents, count
            self._inputs.append(torch.zeros(shape, dtype=torch.float32))

    def logit(self, site: int) -> Tensor:
        """Return the logits of a site, (states,); those of all sites before must have been put."""
        network, count = self._network, self._count
        y, x = divmod(site, network.shape[1])
        up, side = network.up, network.side
        values = torch.empty(0)
        for layer, (above, row) in enumerate(self._kernels):
            inputs = self._inputs[layer]
            rows = inputs[:, y : y + up, x : x + 2 * side + 1].reshape(-1, count)
            left = inputs[:, y + up, x : x + side + (layer > 0)].reshape(-1, count)
            result = torch.addmm(network.biases[layer][:, None], above, rows).addmm_(row, left)
            values = values + result if network.adds(layer) else result
            if layer + 1 < len(self._kernels):
                slope = network.slopes[layer][:, None]
                active = torch.where(values < 0, slope * values, values)
                self._inputs[layer + 1][:, y + up, x + side] = active
        return values[0]

    def put(self, site: int, spins: Tensor) -> None:
        """Set the spins of a site."""
        y, x = divmod(site, self._network.shape[1])
        self._inputs[0][0, y + self._network.up, x + self._network.side] = spins
