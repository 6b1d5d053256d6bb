"""Neural networks on the samplers; this needs PyTorch.

- `AutoregressiveNetwork`, `VariationalFreeEnergy`: free energies without a Markov chain.
"""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError("[nn] torch is not installed: pip install 'kadanoff[nn]'") from error

from . import autoregressive
from .autoregressive import AutoregressiveNetwork, VariationalFreeEnergy

__all__ = ["AutoregressiveNetwork", "VariationalFreeEnergy", "autoregressive"]
