"""The look of the gallery's figures, that of `kadanoff reproduce` on smaller canvases."""

from typing import Any

import matplotlib.pyplot as plt
from cycler import cycler

from kadanoff.figures import COLOURS, STYLE


def reset(gallery_conf: dict[str, Any], script: str) -> None:
    """Set what sphinx-gallery has just put back to Matplotlib's defaults."""
    plt.rcParams.update(STYLE)
    plt.rcParams["axes.prop_cycle"] = cycler(color=COLOURS)
