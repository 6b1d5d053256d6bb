"""Exact ln Z of planar Ising models without field, by the determinant of Kac and Ward."""

from __future__ import annotations

import numpy as np


def log_partition(positions, bonds, couplings):
    r"""ln Z of straight bonds that do not cross, couplings in units of the temperature.

    Z = 2^n prod cosh K_b sqrt(det(1 - W)), where W leads from each directed bond to those that go
    on from its end, but not back, with tanh K and half of the turning angle as a phase (M. Kac and
    J. C. Ward, Phys. Rev. 88 (1952) 1332; proven by D. Cimasoni, arXiv:1004.3158).
    """
    couplings = np.broadcast_to(couplings, (len(bonds),))
    directed = np.concatenate([bonds, bonds[:, ::-1]])
    weights = np.tanh(np.concatenate([couplings, couplings]))
    steps = positions[directed[:, 1]] - positions[directed[:, 0]]
    steps = steps[:, 1] + 1j * steps[:, 0]
    follows = directed[:, 1, None] == directed[None, :, 0]
    follows &= directed[:, 0, None] != directed[None, :, 1]
    turns = np.angle(steps[None, :] / steps[:, None])
    matrix = np.where(follows, weights * np.exp(0.5j * turns), 0.0)
    sign, log_det = np.linalg.slogdet(np.eye(len(matrix)) - matrix)
    assert np.isclose(sign, 1.0, atol=1e-9)
    return len(positions) * np.log(2) + np.log(np.cosh(couplings)).sum() + 0.5 * log_det
