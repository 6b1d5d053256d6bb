"""Parallel tempering: copies of a system at several temperatures that they exchange.

- `ParallelTempering`: the simulation, with isoenergetic cluster moves for spin glasses;
- `constant_acceptance`: temperatures between which swaps are accepted equally often;
- `feedback_optimized`: temperatures between which the walkers diffuse fastest.
"""

from __future__ import annotations

from .parallel import ParallelTempering
from .temperatures import constant_acceptance, feedback_optimized

__all__ = ["ParallelTempering", "constant_acceptance", "feedback_optimized"]
