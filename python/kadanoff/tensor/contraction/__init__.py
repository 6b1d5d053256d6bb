"""Contractions of labelled arrays: `kadanoff.einsum`."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["einsum"]


def einsum(subscripts: str, *operands: Any, out: Any = None) -> Any:
    """Evaluate Einstein's summation convention on arrays, as `numpy.einsum` does."""
    return np.einsum(subscripts, *operands, out=out, optimize=True)
