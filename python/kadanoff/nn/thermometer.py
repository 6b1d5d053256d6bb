"""Networks that tell temperatures, and what their last layer says about the transition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kadanoff import arguments

from .networks import MAX_UNITS, seeded

if TYPE_CHECKING:
    from torch import Tensor

Floats = npt.NDArray[np.float64]
SHARPNESS = (2.0, 8.0, 30.0)
"""From which the fit of a hyperbolic tangent starts, in units of 1 / range of beta."""
PLACES = (0.25, 0.5, 0.75)
"""The same of its centre, from the lowest beta to the highest."""


class Thermometer(nn.Module):
    r"""One convolution on a torus, and a connected layer from all its units to the classes.

    Parameters
    ----------
    shape : int or (int, int)
        Extents of the lattice, L for (L, L).
    outputs : int
        Temperatures to tell apart.
    filters : int
    width : int
        Odd extent of the filters.
    stride : int
        Sites between neighbouring positions of a filter.
    seed : int
        Of the weights; 0 <= seed < 2^64.

    Attributes
    ----------
    shape : (int, int)
        Of the lattice.
    filters : torch.nn.Conv2d
    output : torch.nn.Linear

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: y_k = b_k + \sum_{c, x} W_{k, c x} \max(0, a_c + (F_c * s)_x)

    The network of A. Tanaka and A. Tomiya, J. Phys. Soc. Jpn. 86 (2017) 063001, arXiv:1609.09087,
    with periodic padding. `FullyConnected` is its counterpart without filters.

    Examples
    --------
    >>> import torch
    >>> Thermometer(8, outputs=20, filters=4, width=3, stride=2, seed=1)(torch.ones(5, 8, 8)).shape
    torch.Size([5, 20])
    """

    def __init__(
        self,
        shape: int | Sequence[int],
        outputs: int,
        filters: int = 16,
        width: int = 5,
        stride: int = 2,
        seed: int = 1,
    ) -> None:
        super().__init__()
        call = "Thermometer"
        extents = [shape, shape] if np.ndim(shape) == 0 else list(shape)  # type: ignore[arg-type]
        if len(extents) != 2:
            raise ValueError(f"[{call}] expected two extents, got {shape!r}")
        rows, columns = (arguments.integer(call, "shape", one, 1, MAX_UNITS) for one in extents)
        sizes = {"outputs": outputs, "filters": filters, "width": width, "stride": stride}
        outputs, filters, width, stride = (
            arguments.integer(call, name, size, 1, MAX_UNITS) for name, size in sizes.items()
        )
        if width % 2 == 0 or width > min(rows, columns):
            expected = f"an odd width of at most {min(rows, columns)}"
            raise ValueError(f"[{call}] expected {expected}, got {width}")
        units = filters * -(-rows // stride) * -(-columns // stride)
        self.shape = (rows, columns)
        with seeded(call, seed):
            self.filters = nn.Conv2d(
                1, filters, width, stride, padding=width // 2, padding_mode="circular"
            )
            self.output = nn.Linear(units, outputs)

    def forward(self, spins: Tensor) -> Tensor:
        """Return logits (batch, outputs) of spins (batch, rows, columns)."""
        if spins.ndim != 3 or tuple(spins.shape[1:]) != self.shape:
            wanted = "spins of shape (batch, {}, {})".format(*self.shape)
            raise ValueError(f"[Thermometer] expected {wanted}, got {tuple(spins.shape)}")
        return self.output(torch.relu(self.filters(spins.unsqueeze(1))).flatten(1))


class TanhFit(NamedTuple):
    r"""The best :math:`a \tanh(c (\beta - \beta_c)) + d`; made by `tanh_transition`.

    Attributes
    ----------
    beta, beta_error : float
        :math:`\beta_c` and its standard error from the scatter about the fit.
    sharpness : float
        c > 0; a straight line is c = 0, whose :math:`\beta_c` is anywhere.
    explained : float
        Share of the variance of the values that the fit explains.
    """

    beta: float
    beta_error: float
    sharpness: float
    explained: float


def summed_weights(network: Any) -> Floats:
    """Return the sum of the weights into each unit of the layer `output`.

    Tanaka and Tomiya (arXiv:1609.09087) fit a hyperbolic tangent to it, see `tanh_transition`.

    Parameters
    ----------
    network : torch.nn.Module
        With a linear layer `output`, such as `Thermometer` and `FullyConnected`.

    Returns
    -------
    ndarray of float64, (outputs,)

    Examples
    --------
    >>> summed_weights(Thermometer(8, outputs=20, seed=1)).shape
    (20,)
    """
    weights = network.output.weight.detach().to(torch.float64)
    return np.asarray(weights.sum(dim=1).numpy(), dtype=np.float64)


def tanh_transition(betas: npt.ArrayLike, values: npt.ArrayLike) -> TanhFit:
    r"""Fit a hyperbolic tangent to values at inverse temperatures.

    Parameters
    ----------
    betas, values : array_like of float, (n,)
        At least five of each, not all equal.

    Returns
    -------
    TanhFit

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Least squares from nine starts; the best is kept. It always finds something, so look at
    `beta_error` and at `explained` as well.

    Examples
    --------
    >>> import numpy as np
    >>> betas = np.linspace(0.0, 0.9, 40)
    >>> noise = 0.05 * np.random.default_rng(1).normal(size=40)
    >>> found = tanh_transition(betas, 2 - np.tanh(9 * (betas - 0.44)) + noise)
    >>> bool(abs(found.beta - 0.44) < 4 * found.beta_error < 0.02)
    True
    """
    from scipy.optimize import least_squares

    call = "tanh_transition"
    x, y = arguments.reals(call, "betas", betas), arguments.reals(call, "values", values)
    if x.shape != y.shape or len(x) < 5:
        raise ValueError(f"[{call}] expected five points or more, got {len(x)} and {len(y)}")
    if not (np.isfinite(x).all() and np.isfinite(y).all() and np.ptp(x) > 0 and np.ptp(y) > 0):
        raise ValueError(f"[{call}] expected finite numbers that are not all equal")
    u, v = (x - x.min()) / np.ptp(x), (y - y.mean()) / y.std()

    def residuals(p: Floats) -> Floats:
        return np.asarray(p[0] * np.tanh(p[1] * (u - p[2])) + p[3] - v)

    def slopes(p: Floats) -> Floats:
        t = np.tanh(p[1] * (u - p[2]))
        bend = p[0] * (1 - t * t)
        return np.stack([t, bend * (u - p[2]), -bend * p[1], np.ones_like(u)], axis=1)

    slope = np.sign(np.corrcoef(u, v)[0, 1]) or 1.0
    starts = [(slope, sharpness, place, 0.0) for sharpness in SHARPNESS for place in PLACES]
    fits = [least_squares(residuals, start, jac=slopes, max_nfev=200) for start in starts]
    found = min(fits, key=lambda fit: fit.cost)
    noise = 2 * found.cost / max(len(x) - 4, 1)
    # Not all of the parameters need be determined: those of a straight line are not.
    _, scale, axes = np.linalg.svd(found.jac, full_matrices=False)
    known = scale[-1] > 1e-12 * scale[0]
    error = float(np.sqrt(noise * ((axes[:, 2] / scale) ** 2).sum())) if known else np.inf
    return TanhFit(
        float(x.min() + found.x[2] * np.ptp(x)),
        error * float(np.ptp(x)),
        float(abs(found.x[1]) / np.ptp(x)),
        1 - 2 * float(found.cost) / len(x),
    )
