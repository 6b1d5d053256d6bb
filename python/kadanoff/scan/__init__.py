"""Scans: one model at many temperatures, advanced together as a single trajectory.

>>> import kadanoff as kd
>>> from kadanoff.scan import Scan
>>> scan = Scan(kd.Ising(kd.Square(16)), [2.0, 2.5, 3.0], sweeps=2000, seed=1)
>>> scan.finish()
>>> [row.temperature for row in scan.table().rows]
[2.0, 2.5, 3.0]
"""

from __future__ import annotations

from .running import Stopped
from .scan import Scan
from .table import Row, Table

__all__ = ["Row", "Scan", "Stopped", "Table"]
