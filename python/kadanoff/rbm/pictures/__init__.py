"""Pictures of machines and their states, by matplotlib.

Each draws on one pair of axes: on `ax` where it is given, else in a figure of its own, and returns
the figure.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kadanoff import figures

from .curves import autocorrelation, free_energies, spectrum, training
from .tiles import inpainting, samples, weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "autocorrelation",
    "free_energies",
    "inpainting",
    "samples",
    "save",
    "spectrum",
    "training",
    "weights",
]


def save(drawn: Figure, path: str | os.PathLike[str]) -> None:
    """Write a picture, all or nothing; the suffix, such as .png, .pdf or .svg, is the format.

    Parameters
    ----------
    drawn : matplotlib.figure.Figure
    path : path-like

    Raises
    ------
    OSError
        If the file cannot be written; a file that stood there is left as it was.
    ValueError
        If matplotlib does not know the format.
    """
    figures.write(drawn, path)
