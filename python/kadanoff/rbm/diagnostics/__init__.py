"""Whether chains, samples and weights are what they should be.

- `record`, `Traces`: series of chains, with autocorrelation times, sample sizes and R-hat;
- `mixing`, `Mixing`, `MixingWarning`: whether chains forget where they began;
- `energy_distance`, `mmd`, `TwoSample`: whether samples and data have one distribution;
- `singular_values`, `marchenko_pastur`: what training did to the weights.
"""

from __future__ import annotations

from .distances import TwoSample, energy_distance, mmd
from .mixing import Mixing, MixingWarning, mixing
from .spectra import marchenko_pastur, marchenko_pastur_edges, singular_values
from .traces import Traces, record

__all__ = [
    "Mixing",
    "MixingWarning",
    "Traces",
    "TwoSample",
    "energy_distance",
    "marchenko_pastur",
    "marchenko_pastur_edges",
    "mixing",
    "mmd",
    "record",
    "singular_values",
]
