"""Published results, computed again with the published number beside ours.

A reproduction is a module here that holds a `Reproduction` named ``REPRODUCTION``; with a line
in `KNOWN` it is the command ``kadanoff reproduce NAME``. Such a module computes in `compute` and
draws in `draw`; the table, the JSON file, the figure's file and the progress bar are the
command's work.
"""

from __future__ import annotations

from typing import NamedTuple

from .report import Progress, Quantity, Report, Reproduction, Settings

__all__ = ["KNOWN", "Progress", "Quantity", "Report", "Reproduction", "Settings", "find"]


class Entry(NamedTuple):
    """Where a reproduction is, and what it shows in one line."""

    module: str
    summary: str


KNOWN: dict[str, Entry] = {
    "convac-entanglement": Entry(
        "convac_entanglement", "Separation ranks and minimum cuts of convolutional circuits."
    ),
    "mera": Entry("mera", "Energy and scaling dimensions of the critical chain by MERA."),
    "order-parameter": Entry(
        "order_parameter", "Three hidden units of a thermometer see m, deeper ones the energy."
    ),
    "pca": Entry("pca", "Principal components of Ising configurations find the magnetisation."),
    "phases": Entry("phases", "A network learns phases on one lattice, finds them on another."),
    "rbm-mps": Entry("rbm_mps", "Bonds, entanglement and ln Z of RBMs as tensor networks."),
    "slmc": Entry("slmc", "Effective models, and the times of clusters that they propose."),
    "thermometer": Entry("thermometer", "Networks that tell temperatures: weights and biases."),
    "van": Entry("van", "Free energies of the Ising model by autoregressive networks."),
}
"""By the name of the command; modules are imported when their command runs."""


def find(name: str) -> Reproduction:
    """Return the reproduction of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    from importlib import import_module

    if name not in KNOWN:
        raise ValueError(f"[reproduce] expected one of {', '.join(KNOWN)}, got {name!r}")
    found = import_module(f"{__name__}.{KNOWN[name].module}").REPRODUCTION
    assert isinstance(found, Reproduction)
    return found
