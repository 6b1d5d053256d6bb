"""Machines and states as tiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from ..diagnostics.spectra import Machine
from ..inpainting import Inpainting
from .canvas import Floats, axes, check_machine, figure_of, real_array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Shape = tuple[int, int]

MAX_TILES = 100
DIVERGING, INK = "RdBu_r", "gray_r"

_GAP, _UNKNOWN = "#CFCFCF", "#F2D9B8"
_CLIPPED = 99.5
"""Weights beyond this percentile of their sizes have the last colour."""


def weights(
    rbm: Machine,
    shape: Shape | None = None,
    units: npt.ArrayLike | None = None,
    columns: int | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the weights of hidden units as tiles.

    Parameters
    ----------
    rbm : RBM or GaussianRBM
    shape : (int, int), optional
        Rows and columns of a tile; by default a square, or what comes next to it.
    units : array_like of int, optional
        Numbers of hidden units; by default the 100 with the largest weights (root mean square),
        the largest first.
    columns : int, optional
        Tiles in a row.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        Red is positive and blue negative, on one scale for all tiles that ends at the 99.5th
        percentile of their sizes.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM(np.random.default_rng(1).normal(size=(64, 20)))
    >>> figure = kd.rbm.pictures.weights(rbm)
    """
    call = "weights"
    check_machine(call, rbm)
    if units is None:
        chosen = np.argsort(-np.linalg.norm(rbm.weights, axis=0), kind="stable")[:MAX_TILES]
    else:
        chosen = np.atleast_1d(arguments.array(call, "units", units))
        if chosen.dtype.kind not in "iu" or chosen.ndim != 1 or not chosen.size:
            raise TypeError(f"[{call}] expected units as a list of integers, got {units!r}")
        if chosen.min() < -rbm.n_hidden or chosen.max() >= rbm.n_hidden:
            outside = chosen[(chosen < -rbm.n_hidden) | (chosen >= rbm.n_hidden)][0]
            raise ValueError(f"[{call}] expected units below {rbm.n_hidden}, got {outside}")
    tiles = rbm.weights.T[chosen].astype(np.float64)
    mosaic = _mosaic(tiles.reshape(-1, *_tile(call, rbm.n_visible, shape)), _columns(call, columns))
    reach = float(np.percentile(np.abs(tiles), _CLIPPED)) or float(np.abs(tiles).max()) or 1.0
    with axes(ax, _size(mosaic)) as axis:
        drawn = _show(axis, mosaic, DIVERGING, -reach, reach)
        beyond = bool(np.abs(tiles).max() > reach)
        axis.figure.colorbar(
            drawn, ax=axis, shrink=0.75, extend="both" if beyond else "neither", label="weight"
        )
        return figure_of(axis)


def samples(
    states: npt.ArrayLike,
    shape: Shape | None = None,
    columns: int | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw states as tiles.

    Parameters
    ----------
    states : array_like, (n, n_visible) or (n, rows, columns)
        Units, or means of units; the first 100 are shown.
    shape : (int, int), optional
        Rows and columns of a tile; by default as `states` have it, else a square, or what comes
        next to it.
    columns : int, optional
        Tiles in a row.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        The high value is black; the low one, -1 if there are values below 0 and 0 otherwise, is
        white.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> import kadanoff as kd
    >>> chains = kd.GibbsSampler(kd.RBM([[0.0]] * 9), chains=20, seed=1)
    >>> figure = kd.rbm.pictures.samples(chains.visible)
    """
    call = "samples"
    array = real_array(call, "states", states)
    if array.ndim not in (2, 3) or not array.size:
        wanted = "states of shape (n, n_visible) or (n, rows, columns)"
        raise ValueError(f"[{call}] expected {wanted}, got shape {array.shape}")
    array = array[:MAX_TILES]
    if array.ndim == 3 and shape is None:
        shape = (array.shape[1], array.shape[2])
    tile = _tile(call, int(np.prod(array.shape[1:])), shape)
    mosaic = _mosaic(array.reshape(-1, *tile), _columns(call, columns))
    with axes(ax, _size(mosaic)) as axis:
        _show(axis, mosaic, INK, -1.0 if array.min() < 0.0 else 0.0, 1.0)
        return figure_of(axis)


def inpainting(
    done: Inpainting,
    truth: npt.ArrayLike | None = None,
    shape: Shape | None = None,
    samples: int = 4,
    ax: Axes | None = None,
) -> Figure:
    """Draw what was known of images, how chains completed them, and how they were.

    Parameters
    ----------
    done : Inpainting
        Of `inpaint`; the first 20 images are shown, one in a row.
    truth : array_like, (n, n_visible), optional
        The whole images.
    shape : (int, int), optional
        Rows and columns of a tile; by default a square, or what comes next to it.
    samples : int
        Chains to show of each image.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        What was unknown is brown in the first column.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> import kadanoff as kd
    >>> rbm = kd.RBM([[4.0], [4.0], [-4.0], [4.0]], hidden_bias=[-2.0])
    >>> done = kd.rbm.inpaint(rbm, [1, 0, 0, 0], [True, False, False, False], seed=1)
    >>> figure = kd.rbm.pictures.inpainting(done, truth=[[1, 1, 0, 1]])
    """
    call = "inpainting"
    if not isinstance(done, Inpainting):
        raise TypeError(f"[{call}] expected what kd.rbm.inpaint returns, got {done!r}")
    shown = arguments.integer(call, "samples", samples, 0, 2**31)
    count, units = done.images[:20].shape
    shown = min(shown, done.samples.shape[1])
    tile = _tile(call, units, shape)
    low = -1.0 if (done.samples < 0).any() else 0.0
    groups = [np.where(done.mask, done.images, np.nan)[:count, None]]
    if shown:
        groups.append(done.samples[:count, :shown].astype(np.float64))
    groups.append(done.means[:count, None])
    names = ["known", *(["samples"] if shown else []), "mean"]
    if truth is not None:
        whole = np.atleast_2d(real_array(call, "truth", truth))
        if whole.shape != done.images.shape:
            wanted = f"truth of shape {done.images.shape}"
            raise ValueError(f"[{call}] expected {wanted}, got shape {whole.shape}")
        groups.append(whole[:count, None])
        names.append("truth")
    widths = [group.shape[1] for group in groups]
    mosaic = _mosaic(np.concatenate(groups, axis=1).reshape(-1, *tile), sum(widths))
    unknown = np.zeros((count, sum(widths), units))
    unknown[:, 0] = ~done.mask[:count]
    with axes(ax, _size(mosaic)) as axis:
        _show(axis, mosaic, INK, low, 1.0)
        _paint(axis, _mosaic(unknown.reshape(-1, *tile), sum(widths)).image == 1.0)
        _headings(axis, names, widths, tile[1])
        return figure_of(axis)


def _columns(call: str, columns: int | None) -> int | None:
    return None if columns is None else arguments.integer(call, "columns", columns, 1, 10_000)


def _tile(call: str, units: int, shape: Shape | None) -> Shape:
    """Return rows and columns of a tile of so many units: as told, or as square as they can be."""
    if shape is None:
        rows = next(rows for rows in range(math.isqrt(units), 0, -1) if units % rows == 0)
        return rows, units // rows
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise TypeError(f"[{call}] expected shape as (rows, columns), got {shape!r}")
    rows, columns = (arguments.integer(call, "shape", one, 1, 2**31) for one in shape)
    if rows * columns != units:
        raise ValueError(f"[{call}] expected a shape of {units} units, got {rows} x {columns}")
    return rows, columns


class _Mosaic(NamedTuple):
    """Tiles side by side, a line of NaN between them.

    Attributes
    ----------
    image : ndarray of float64, (rows, columns)
    rest : (int, int)
        Where the last row of tiles ends: top and left of what is empty.
    """

    image: Floats
    rest: tuple[int, int]


def _mosaic(tiles: Floats, columns: int | None) -> _Mosaic:
    """Lay out tiles (n, rows, columns)."""
    count, height, width = tiles.shape
    if columns is None:
        columns = math.ceil(math.sqrt(count * height / width))
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    image = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        top, left = row * (height + 1), column * (width + 1)
        image[top : top + height, left : left + width] = tile
    used = count - (rows - 1) * columns
    return _Mosaic(image, ((rows - 1) * (height + 1), used * (width + 1) - 1))


def _size(mosaic: _Mosaic) -> tuple[float, float]:
    """Return inches that fit an image, at most 7 in a direction."""
    height, width = mosaic.image.shape
    scale = 6.5 / max(height, width)
    return max(2.0, scale * width + 0.5), max(1.6, scale * height + 0.5)


def _show(axis: Axes, mosaic: _Mosaic, colours: str, low: float, high: float) -> Any:
    from matplotlib.patches import Rectangle

    drawn = axis.imshow(mosaic.image, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    axis.set_facecolor(_GAP)
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_visible(False)
    height, width = mosaic.image.shape
    top, left = mosaic.rest
    if left < width:
        place = (left - 0.5, max(top - 1, 0) - 0.5)
        axis.add_patch(Rectangle(place, width - left, height - top + 1, color="white", lw=0.0))
    return drawn


def _paint(axis: Axes, where: npt.NDArray[np.bool_]) -> None:
    """Colour what was unknown."""
    from matplotlib.colors import to_rgba

    layer = np.zeros((*where.shape, 4))
    layer[where] = to_rgba(_UNKNOWN)
    axis.imshow(layer, interpolation="nearest")


def _headings(axis: Axes, names: list[str], widths: list[int], tile: int) -> None:
    left = 0
    for name, width in zip(names, widths, strict=True):
        middle = (left + width / 2) * (tile + 1) - 1.0
        axis.text(middle, -1.2, name, ha="center", va="bottom", fontsize=9.5)
        left += width
