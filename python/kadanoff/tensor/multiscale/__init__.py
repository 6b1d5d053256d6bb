"""The multiscale entanglement renormalisation ansatz (MERA) for critical chains."""

from __future__ import annotations

from .machine import BinaryMERA
from .search import mera

__all__ = ["BinaryMERA", "mera"]
