"""What all pictures of machines need: checked arguments, and axes to draw on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kadanoff import arguments, figures

from ..diagnostics.spectra import Machine

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]


def check_machine(call: str, rbm: Machine) -> None:
    """Raise TypeError if `rbm` is no machine."""
    if not isinstance(rbm, Machine):
        raise TypeError(f"[{call}] expected a machine such as kd.RBM(weights), got {rbm!r}")


def real_array(call: str, name: str, values: npt.ArrayLike) -> Floats:
    """Return real numbers as float64, or raise TypeError."""
    array = arguments.array(call, name, values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"[{call}] expected real numbers for {name}, got dtype {array.dtype}")
    return array.astype(np.float64)


@contextlib.contextmanager
def axes(ax: Axes | None, size: tuple[float, float]) -> Iterator[Axes]:
    """Give axes to draw on in the style of the package: `ax`, or new ones."""
    with figures.style():
        yield figures.empty(size).add_subplot() if ax is None else ax


def figure_of(axis: Axes) -> Figure:
    """Return the figure that axes belong to."""
    root: Figure = axis.figure.figure
    return root
