"""Unknown parts of images, sampled given the known ones."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments, device_arrays

from .gibbs import GibbsSampler
from .machine import RBM

MAX_DRAWS = 100
"""Means are over at most so many draws of a chain."""


class Inpainting(NamedTuple):
    """Images that chains completed; made by `inpaint`.

    Attributes
    ----------
    images : ndarray of uint8 or int8, (n, n_visible)
        As given, with the low value where unknown.
    mask : ndarray of bool, (n, n_visible)
        What was known.
    samples : ndarray of uint8 or int8, (n, chains, n_visible)
        The last states of the chains.
    means : ndarray of float64, (n, n_visible)
        The mean of each unit given the known ones; these are as they were.
    """

    images: npt.NDArray[Any]
    mask: npt.NDArray[np.bool_]
    samples: npt.NDArray[Any]
    means: npt.NDArray[np.float64]


def inpaint(
    rbm: RBM,
    images: npt.ArrayLike,
    mask: npt.ArrayLike,
    chains: int = 16,
    steps: int = 1000,
    seed: int | None = None,
    beta: float = 1.0,
    threads: int | None = None,
    precision: str = "float32",
    device: str = "cpu",
) -> Inpainting:
    """Sample the unknown units of images given the known ones.

    Parameters
    ----------
    rbm : RBM
    images : array_like, (n_visible,) or (n, n_visible)
        Values of the known units; what stands elsewhere does not count, and may be NaN.
    mask : array_like of bool, (n_visible,) or (n, n_visible)
        Which units are known, as for `GibbsSampler.clamp`.
    chains : int
        For each image, at least 1.
    steps : int
        Of each chain, at least 1; the second half of them makes the means.
    seed, beta, threads, precision, device
        As for `GibbsSampler`.

    Returns
    -------
    Inpainting

    Raises
    ------
    TypeError, ValueError
    RuntimeError
        If the device is not available.

    Notes
    -----
    Chains begin with random unknown units and keep the known ones. Means are of p(v | h) over
    chains and at most 100 draws: the same means as of the states, with less noise.

    Examples
    --------
    >>> import kadanoff as kd
    >>> rbm = kd.RBM([[4.0], [4.0], [-4.0]], hidden_bias=[-2.0])
    >>> done = kd.rbm.inpaint(rbm, [[1, 0, 0], [0, 0, 0]], [True, False, False], seed=1)
    >>> done.samples.shape
    (2, 16, 3)
    >>> done.means.round(1).tolist()
    [[1.0, 1.0, 0.0], [0.0, 0.8, 0.2]]
    """
    call = "inpaint"
    if not isinstance(rbm, RBM):
        raise TypeError(f"[{call}] expected a machine such as kd.RBM(weights), got {rbm!r}")
    given, known = _known(call, rbm, images, mask)
    chains = arguments.integer(call, "chains", chains, 1, 2**24)
    steps = arguments.integer(call, "steps", steps, 1, 2**39)
    beta = arguments.real(call, "beta", beta)
    sampler = GibbsSampler(rbm, len(given) * chains, seed, device, threads, precision, beta)
    sampler.clamp(np.repeat(known, chains, axis=0), np.repeat(given, chains, axis=0))
    every = max(1, steps // (2 * MAX_DRAWS))
    draws = max(1, steps // 2 // every)
    sampler.run(steps - draws * every)
    total = np.zeros(given.shape)
    for _ in range(draws):
        sampler.run(every)
        total += _conditional_means(sampler).reshape(len(given), chains, -1).mean(axis=1)
    samples = device_arrays.on_host(call, sampler.visible)
    shown = samples.reshape(len(given), chains, -1)
    means = np.where(known, given, total / draws)
    return Inpainting(given.astype(samples.dtype), known, shown, means)


def _known(
    call: str, rbm: RBM, images: npt.ArrayLike, mask: npt.ArrayLike
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Return images with the low value where unknown, and the mask of each."""
    given = np.atleast_2d(arguments.array(call, "images", images))
    known = arguments.array(call, "mask", mask)
    if given.dtype.kind not in "biuf":
        raise TypeError(f"[{call}] expected numbers for images, got dtype {given.dtype}")
    if given.ndim != 2 or given.shape[1] != rbm.n_visible or not len(given):
        wanted = f"images of shape (n, {rbm.n_visible})"
        raise ValueError(f"[{call}] expected {wanted}, got shape {np.shape(images)}")
    if known.dtype != np.bool_:
        raise TypeError(f"[{call}] expected mask of dtype bool, got {known.dtype}")
    if known.shape not in (given.shape, given.shape[1:]):
        wanted = f"mask of shape {given.shape[1:]} or {given.shape}"
        raise ValueError(f"[{call}] expected {wanted}, got shape {known.shape}")
    known = np.array(np.broadcast_to(known, given.shape))
    low = -1 if rbm.visible_units == "spin" else 0
    return rbm.states(call, "visible", np.where(known, given, low)), known


def _conditional_means(sampler: GibbsSampler) -> npt.NDArray[np.float64]:
    """Return the mean of visible units given the hidden ones, (chain, n_visible)."""
    rbm = sampler.rbm
    hidden = device_arrays.on_host("inpaint", sampler.hidden).astype(np.float64)
    field = hidden @ rbm.weights.T.astype(np.float64) + rbm.visible_bias
    field *= sampler.beta[:, None]
    if rbm.visible_units == "spin":
        return np.asarray(np.tanh(field))
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * field)))
