"""What the units of a network say while it looks at data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from .training import Data, checked_module, predict


def layer_outputs(network: Any, data: Data, layer: str = "hidden") -> npt.NDArray[np.float32]:
    r"""Return the outputs of one layer for all rows: of a linear layer, the pre-activations.

    Parameters
    ----------
    network : torch.nn.Module
    data : SpinDataset or Dataset
    layer : str
        Name of the layer in the network, such as "hidden" of `FullyConnected` and `Convolutional`.

    Returns
    -------
    ndarray of float32, (n, \*outputs of the layer)

    Raises
    ------
    ValueError
        If the network has no such layer, or asks it more than once; if there are no rows.
    TypeError

    Examples
    --------
    >>> import kadanoff as kd
    >>> data = kd.datasets.ising(kd.Square(4), [2.0, 3.0], 10, seed=1)
    >>> layer_outputs(kd.nn.FullyConnected(16, hidden=3, seed=1), data).shape
    (20, 3)
    """
    checked_module("layer_outputs", network)
    known = {name: module for name, module in network.named_modules() if name}
    chosen = known[arguments.choice("layer_outputs", "layer", layer, tuple(known))]
    parts: list[npt.NDArray[np.float32]] = []
    handle = chosen.register_forward_hook(lambda _, __, made: parts.append(made.numpy().copy()))
    try:
        asked = len(predict(network, data))
    finally:
        handle.remove()
    found = sum(map(len, parts))
    if found != asked:
        expected = f"a layer that says something once for each of {asked} rows"
        raise ValueError(f"[layer_outputs] expected {expected}, got {found} from {layer!r}")
    return np.concatenate(parts)
