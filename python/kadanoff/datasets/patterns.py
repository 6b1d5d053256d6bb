"""Patterns of which all are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

MAX_EXTENT = 16


def bars_and_stripes(height: int, width: int) -> npt.NDArray[np.uint8]:
    r"""Return all bars-and-stripes patterns of a grid, each once.

    Parameters
    ----------
    height, width : int
        1 to 16.

    Returns
    -------
    ndarray of uint8, (2^height + 2^width - 2, height * width)
        Rows of 0 and 1, pixels in row-major order: first the patterns whose rows are uniform, of
        which the first is empty and the last of these full, then those whose columns are, without
        these two.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    In a stripe pattern each row is all 0 or all 1, in a bar pattern each column; two patterns,
    the empty and the full one, are both (D. J. C. MacKay, Information Theory, Inference, and
    Learning Algorithms, Cambridge 2003, sec. 43.2). A 4 x 4 grid has 30.

    The rows are a training set under which all patterns are equally probable. MacKay's source
    throws a coin for stripes or bars and one for each line, so the two have
    :math:`(2^{-\mathrm{height}} + 2^{-\mathrm{width}}) / 2`, a stripe pattern
    :math:`2^{-\mathrm{height}} / 2`, a bar pattern :math:`2^{-\mathrm{width}} / 2`: on a square,
    the two are twice as probable as the others.

    Examples
    --------
    >>> import kadanoff as kd
    >>> patterns = kd.datasets.bars_and_stripes(4, 4)
    >>> patterns.shape, patterns.dtype
    ((30, 16), dtype('uint8'))
    >>> patterns[1].reshape(4, 4).tolist()
    [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    """
    call = "bars_and_stripes"
    height = arguments.integer(call, "height", height, 1, MAX_EXTENT)
    width = arguments.integer(call, "width", width, 1, MAX_EXTENT)
    stripes = np.repeat(_words(height), width, axis=1)
    bars = np.tile(_words(width)[1:-1], (1, height))
    return np.concatenate([stripes, bars])


def _words(bits: int) -> npt.NDArray[np.uint8]:
    """Return all numbers of `bits` bits, highest bit first."""
    numbers = np.arange(2**bits)[:, None] >> np.arange(bits)[::-1]
    return (numbers & 1).astype(np.uint8)
