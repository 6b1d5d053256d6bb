"""Restricted Boltzmann machines: two layers of units, and chains that sample them.

- `RBM`: the machine, its energies and free energies;
- `GibbsSampler`: block Gibbs sampling in many chains;
- `diagnostics`: autocorrelation, mixing, distances of samples from data, spectra of weights;
- `inpaint`: unknown units given known ones;
- `pictures`: figures of all these;
- `RBMTempering`: chains at several temperatures at once, with exchanges between them.
"""

from __future__ import annotations

from . import pictures
from .diagnostics import (
    Mixing,
    MixingWarning,
    Traces,
    TwoSample,
    energy_distance,
    marchenko_pastur,
    marchenko_pastur_edges,
    mixing,
    mmd,
    record,
    singular_values,
)
from .gibbs import GibbsSampler, Moments
from .inpainting import Inpainting, inpaint
from .machine import RBM
from .tempering import RBMTempering

__all__ = [
    "RBM",
    "GibbsSampler",
    "Inpainting",
    "Mixing",
    "MixingWarning",
    "Moments",
    "RBMTempering",
    "Traces",
    "TwoSample",
    "energy_distance",
    "inpaint",
    "marchenko_pastur",
    "marchenko_pastur_edges",
    "mixing",
    "mmd",
    "pictures",
    "record",
    "singular_values",
]
