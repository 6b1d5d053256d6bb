"""What all figures share: colours, style, and how they are written."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which differ for every kind of colour vision.
DATA, REFERENCE, LIMIT, GUIDE = "#0072B2", "#D55E00", "#000000", "#777777"
COLOURS = (DATA, REFERENCE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

STYLE: dict[Any, Any] = {
    "font.size": 10.5,
    "axes.titlesize": 11.5,
    "axes.labelsize": 11.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "lines.linewidth": 1.5,
    "svg.hashsalt": "kadanoff",
}


def style() -> Any:
    """Return a context in which figures are drawn and written.

    Raises
    ------
    ImportError
        Without matplotlib.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError(
            "[figures] expected matplotlib, got none: pip install matplotlib"
        ) from error
    return matplotlib.rc_context(STYLE)


def empty(size: tuple[float, float]) -> Figure:
    """Make a figure of `size` inches that needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as NewFigure

    drawn: Figure = NewFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(drawn)
    return drawn


def write(drawn: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure, all or nothing.

    Raises
    ------
    OSError
        If the file cannot be written; a file that stood there is left as it was.
    ValueError
        If matplotlib does not know the format.
    """
    from .storage.replacing import replacing  # h5py is slow to import

    image = io.BytesIO()
    # Without the date, equal figures give equal files.
    metadata: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    suffix = Path(path).suffix.lower()
    with style():
        drawn.savefig(image, format=suffix[1:], dpi=160, metadata=metadata.get(suffix))
    with replacing(path) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(image.getbuffer())
