"""Neural networks on the samplers; this needs PyTorch."""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError("[nn] torch is not installed: pip install 'kadanoff[nn]'") from error

from .autoregressive import AutoregressiveNetwork

__all__ = ["AutoregressiveNetwork"]
