"""Variational free energies by autoregressive networks, and estimates without their bias."""

from __future__ import annotations

from .network import AutoregressiveNetwork

__all__ = ["AutoregressiveNetwork"]
