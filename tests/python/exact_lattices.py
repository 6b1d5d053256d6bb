"""Exact free energies of infinite lattices, by Houtappel's integrals (Physica 16 (1950) 425)."""

from __future__ import annotations

import numpy as np


def _mean_log(function, points):
    """Average ln of a function of two angles; the rule converges exponentially off criticality."""
    angles = 2 * np.pi * (np.arange(points) + 0.5) / points
    return np.log(function(angles[:, None], angles[None, :])).mean()


def triangular_log_z(k, points=400):
    c, s = np.cosh(2 * k), np.sinh(2 * k)

    def argument(a, b):
        return c**3 + s**3 - s * (np.cos(a) + np.cos(b) + np.cos(a + b))

    return np.log(2) + 0.5 * _mean_log(argument, points)


def honeycomb_log_z(k, points=400):
    c, s = np.cosh(2 * k), np.sinh(2 * k)

    def argument(a, b):
        return (c**3 + 1 - s**2 * (np.cos(a) + np.cos(b) + np.cos(a + b))) / 2

    return np.log(2) + 0.25 * _mean_log(argument, points)
