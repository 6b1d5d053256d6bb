"""Autoregressive networks: exactly normalised distributions of spins that can be sampled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kadanoff import arguments
from kadanoff.lattices import Lattice
from kadanoff.models import Ising, terms
from kadanoff.saved import SavedMachine

from .convolution import MaskedConvolution
from .dense import MaskedDense
from .randomness import Use
from .sampling import BLOCK, draws

if TYPE_CHECKING:
    from kadanoff import storage

KINDS = ("dense", "conv")
MAX_SITES = 4096


class AutoregressiveNetwork(SavedMachine, torch.nn.Module):
    r"""A network that gives spins their probability and draws them, site by site.

    Parameters
    ----------
    system : Ising, lattice or tuple of int
        What the spins belong to: a model, a lattice, or the shape of one; at most 4096 sites.
    kind : {"dense", "conv"}
        "dense" has masked dense layers (MADE), for any lattice; "conv" masked convolutions
        (PixelCNN), for lattices of one or two axes.
    depth : int
        Layers of weights, at least 1.
    width : int
        Hidden units for each site ("dense") or channels ("conv") in each hidden layer.
    reach : int
        Of the kernels of "conv": so many sites up, to the left and to the right. Sites one row up
        and farther to the right stay unseen at any depth, the blind spot of these networks. All
        layers together see `depth` * `reach` rows up and columns to the left: on a periodic lattice
        take no less than its extents - 1, or what closes it stays unseen.
    residual : bool
        Add the input of each layer between the first and the last to its output.
    symmetric : bool, optional
        Give s and -s the same probability; by default where `system` is a model without a field.
    seed : int, optional
        Of the weights to begin with. Without it, one is drawn from the operating system.

    Attributes
    ----------
    shape : tuple of int
    sites : int
    kind, depth, width, reach, residual, symmetric, seed
        As given.
    body : torch.nn.Module
        The layers: float32 spins (states, sites) to logits of the same shape.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Sites are in row-major order. With logits :math:`a_i` that depend on the sites before i alone,

    .. math:: q(s) = \prod_i q(s_i \mid s_{<i}), \qquad
              q(s_i \mid s_{<i}) = \frac{1}{1 + e^{-s_i a_i}}

    (D. Wu, L. Wang and P. Zhang, Physical Review Letters 122 (2019) 080602, arXiv:1809.10606;
    M. Germain et al., arXiv:1502.03509, for the masks of dense layers; A. van den Oord et al.,
    arXiv:1601.06759, for those of convolutions). A symmetric network has
    :math:`[q(s) + q(-s)] / 2` in the place of q. Hidden units are parametric rectifiers. Logits are
    float32, their probabilities and the sums of their logarithms float64.

    A new network gives all states the same probability.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> van = kd.nn.AutoregressiveNetwork(kd.Square(3), width=2, seed=1)
    >>> spins = van.sample(5, seed=2)
    >>> spins.shape, spins.dtype
    ((5, 3, 3), dtype('int8'))
    >>> bool(np.allclose(van.log_prob(spins), -9 * np.log(2)))
    True
    """

    _kind = "autoregressive_network"

    def __init__(
        self,
        system: Ising | Lattice | tuple[int, ...],
        kind: str = "dense",
        *,
        depth: int = 3,
        width: int = 4,
        reach: int = 3,
        residual: bool = False,
        symmetric: bool | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        call = type(self).__name__
        self.shape = _shape(call, system)
        self.sites = math.prod(self.shape)
        self.kind = arguments.choice(call, "kind", kind, KINDS)
        self.depth = arguments.integer(call, "depth", depth, 1, 64)
        self.width = arguments.integer(call, "width", width, 1, 4096)
        self.reach = arguments.integer(call, "reach", reach, 1, MAX_SITES)
        self.residual = _flag(call, "residual", residual)
        if symmetric is None:
            symmetric = isinstance(system, Ising) and not np.any(system.field)
        self.symmetric = _flag(call, "symmetric", symmetric)
        self.seed = arguments.seed(call, seed)
        self.body: MaskedDense | MaskedConvolution = self._layers(call)

    def _layers(self, call: str) -> MaskedDense | MaskedConvolution:
        if self.kind == "dense":
            return MaskedDense(self.sites, self.depth, self.width, self.residual, self.seed)
        if len(self.shape) > 2:
            raise ValueError(f"[{call}] expected one or two axes for 'conv', got {self.shape}")
        rows, columns = self.shape if len(self.shape) == 2 else (1, *self.shape)
        return MaskedConvolution(
            (rows, columns), self.depth, self.width, self.reach, self.residual, self.seed
        )

    @property
    def n_parameters(self) -> int:
        """Number of parameters, without the weights that a mask takes away."""
        masks = {name: int(mask.sum()) for name, mask in self.body.named_buffers()}
        count = 0
        for name, values in self.body.named_parameters():
            layer = name.rpartition(".")[2]
            if name.startswith("weights"):
                mask = self.body.get_buffer(f"mask{layer}")
                count += masks[f"mask{layer}"] * (values.numel() // mask.numel())
            else:
                count += values.numel()
        return count

    def forward(self, spins: Tensor) -> Tensor:
        """Return ln q of a tensor of spins ``(..., *shape)``: float64 (...), with gradients."""
        flat = spins.reshape(-1, self.sites).to(torch.float32)
        states = torch.cat([flat, -flat]) if self.symmetric else flat
        terms_of_sites = torch.nn.functional.logsigmoid((states * self.body(states)).double())
        log_q = terms_of_sites.sum(1)
        if self.symmetric:
            log_q = torch.logaddexp(*log_q.chunk(2)) - math.log(2.0)
        return log_q.reshape(spins.shape[: spins.ndim - len(self.shape)])

    def log_prob(self, spins: npt.ArrayLike) -> terms.Values:
        r"""Return ln q(s) of states.

        Parameters
        ----------
        spins : array_like of -1 and 1, ``(..., *shape)``

        Returns
        -------
        float or ndarray of float64, (...)
            Summed over all states, q is 1 up to float32 rounding of its logits.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.nn.AutoregressiveNetwork((2,), seed=1).log_prob([[1, 1], [1, -1]]).round(4)
        array([-1.3863, -1.3863])
        """
        given, lead = terms.states("log_prob", spins, self.shape)
        flat = terms.signs("log_prob", "spins", given)
        result = self.flat_log_prob(flat)
        return terms.shaped(result, lead)

    @torch.no_grad()
    def flat_log_prob(self, flat: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
        """Return ln q of int8 states (states, sites), worked out in blocks."""
        result = np.empty(len(flat))
        for start in range(0, len(flat), BLOCK):
            block = torch.from_numpy(flat[start : start + BLOCK]).reshape(-1, *self.shape)
            result[start : start + BLOCK] = self(block).numpy()
        return result

    def conditionals(self, spins: npt.ArrayLike) -> npt.NDArray[np.float64]:
        r"""Return the probabilities of each spin being up, given those before it.

        Of a symmetric network, those of q before it is made symmetric.

        Parameters
        ----------
        spins : array_like of -1 and 1, ``(..., *shape)``

        Returns
        -------
        ndarray of float64, ``(..., *shape)``

        Raises
        ------
        ValueError, TypeError
        """
        given, lead = terms.states("conditionals", spins, self.shape)
        flat = terms.signs("conditionals", "spins", given)
        with torch.no_grad():
            logits = self.body(torch.from_numpy(flat).float())
        result: npt.NDArray[np.float64] = torch.sigmoid(logits.double()).numpy()
        return result.reshape(*lead, *self.shape)

    def sample(self, n: int, seed: int | None = None) -> npt.NDArray[np.int8]:
        """Draw independent states from q.

        Parameters
        ----------
        n : int
        seed : int, optional
            State k is a function of (network, seed, k), but for the rounding of its logits, on
            which the number of states has an influence. Without it, one is drawn from the operating
            system.

        Returns
        -------
        ndarray of int8, ``(n, *shape)``

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        Hidden units are worked out once, when their site is reached: `n` states cost about as much
        as `log_prob` of them.
        """
        count = arguments.integer("sample", "n", n, 0, 2**31)
        drawn = draws(self, count, arguments.seed("sample", seed), Use.SAMPLES, 0)
        blocks = [np.empty((0, self.sites), dtype=np.int8), *drawn]
        return np.concatenate(blocks).reshape(count, *self.shape)

    def to_state(self) -> dict[str, Any]:
        """Return the whole network as plain values and arrays.

        Raises
        ------
        TypeError
            If a parameter is not float32: no file would be read back.
        """
        self.body.check_dtypes()
        return {
            "shape": list(self.shape),
            "network": self.kind,
            "depth": self.depth,
            "width": self.width,
            "reach": self.reach,
            "residual": self.residual,
            "symmetric": self.symmetric,
            "seed": self.seed,
            "parameters": {
                name: values.detach().numpy().copy()
                for name, values in self.body.named_parameters()
            },
        }

    @classmethod
    def from_state(cls, entries: storage.Entries) -> AutoregressiveNetwork:
        """Return the network whose `to_state` was read back as `storage.Entries`.

        Raises
        ------
        kadanoff.errors.FileError
            If an entry is missing, of another type or out of bounds.
        """
        shape = tuple(entries.integers("shape", 1, MAX_SITES))
        if not shape or math.prod(shape) > MAX_SITES:
            raise entries.wrong("shape", f"extents of 1 to {MAX_SITES} sites")
        kind = entries.text("network", KINDS)
        if kind == "conv" and len(shape) > 2:
            raise entries.wrong("shape", "one or two extents")
        result = cls(
            shape,
            kind,
            depth=entries.integer("depth", 1, 64),
            width=entries.integer("width", 1, 4096),
            reach=entries.integer("reach", 1, MAX_SITES),
            residual=entries.flag("residual"),
            symmetric=entries.flag("symmetric"),
            seed=entries.integer("seed", 0),
        )
        stored = entries.group("parameters")
        for name, values in result.body.named_parameters():
            array = stored.array(name, np.float32, tuple(values.shape))
            if not np.isfinite(array).all():
                raise stored.wrong(name, "finite numbers")
            values.data.copy_(torch.from_numpy(np.array(array)))
        return result

    def __repr__(self) -> str:
        reach = f", reach={self.reach}" if self.kind == "conv" else ""
        flags = "".join(
            f", {name}=True" for name in ("residual", "symmetric") if getattr(self, name)
        )
        return (
            f"AutoregressiveNetwork({self.shape}, {self.kind!r}, depth={self.depth}, "
            f"width={self.width}{reach}{flags}, seed={self.seed})"
        )


def _shape(call: str, system: Any) -> tuple[int, ...]:
    """Return the shape of what the spins belong to."""
    if isinstance(system, Ising):
        system = system.lattice
    if isinstance(system, Lattice):
        system = system.shape
    if not isinstance(system, tuple) or not system:
        expected = "a model, a lattice or a shape such as (8, 8)"
        raise TypeError(f"[{call}] expected {expected}, got {system!r}")
    shape = tuple(arguments.integer(call, "extent", extent, 1, MAX_SITES) for extent in system)
    if math.prod(shape) > MAX_SITES:
        raise ValueError(f"[{call}] expected at most {MAX_SITES} sites, got {math.prod(shape)}")
    return shape


def _flag(call: str, name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"[{call}] expected True or False for {name}, got {value!r}")
    return bool(value)
