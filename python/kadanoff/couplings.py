"""Random couplings: a function of the lattice and a seed.

Couplings are drawn from Philox4x64-10 (Salmon et al. 2011) as `numpy.random.Philox` counts it, of
key ``seed + 2**64 * stream`` with a stream for each function here, one 64-bit word u for each bond
in the order of `lattice.bonds`. The words do not depend on the version of NumPy, and the functions
of them stand below.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.lattices import Lattice
from kadanoff.models import BoltzmannMachine, terms

_STREAMS = {"bimodal": 1, "gaussian": 2, "sherrington_kirkpatrick": 3}

FloatArray = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]


def bimodal(lattice: Lattice, seed: int, fraction: float = 0.5) -> FloatArray:
    r"""Couplings of -1 and 1, each drawn by itself.

    Parameters
    ----------
    lattice : Chain, Square, Triangular, Honeycomb, Cubic, Hypercubic or Graph
    seed : int
        0 <= seed < 2^64.
    fraction : float
        Probability of -1, from 0 to 1.

    Returns
    -------
    ndarray of float64, (n_bonds,)

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type.

    Notes
    -----
    A bond is -1 where :math:`\lfloor u / 2^{11} \rfloor < 2^{53} f` (the +-J model of G. Toulouse,
    Communications on Physics 2 (1977) 115). Signs are independent: their sum is not fixed.

    Examples
    --------
    >>> import kadanoff as kd
    >>> lattice = kd.Square(4)
    >>> coupling = kd.couplings.bimodal(lattice, seed=1)
    >>> coupling[:8].tolist()
    [-1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, 1.0]
    >>> model = kd.Ising(lattice, coupling)
    """
    words = _words("bimodal", lattice, seed)
    share = arguments.real("bimodal", "fraction", fraction)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"[bimodal] expected fraction in [0, 1], got {share}")
    return np.where((words >> np.uint64(11)) < share * 2.0**53, -1.0, 1.0)


def gaussian(lattice: Lattice, seed: int, mean: float = 0.0, width: float = 1.0) -> FloatArray:
    r"""Couplings with a normal distribution.

    Parameters
    ----------
    lattice : Chain, Square, Triangular, Honeycomb, Cubic, Hypercubic or Graph
    seed : int
        0 <= seed < 2^64.
    mean, width : float
        Mean and standard deviation, in units of energy; `width` at least 0.

    Returns
    -------
    ndarray of float64, (n_bonds,)

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type.

    Notes
    -----
    :math:`J = J_0 + \Delta \Phi^{-1}((\lfloor u / 2^{12} \rfloor + 1/2) / 2^{52})` with the normal
    quantile :math:`\Phi^{-1}` (`scipy.special.ndtri`); none is further than 8.2 widths away (the
    model of S. F. Edwards and P. W. Anderson, J. Phys. F 5 (1975) 965).

    Examples
    --------
    >>> import kadanoff as kd
    >>> kd.couplings.gaussian(kd.Square(4), seed=1)[:3].round(6).tolist()
    [-0.497793, -0.366607, -1.787795]
    """
    words = _words("gaussian", lattice, seed)
    centre = terms.number("gaussian", "mean", mean)
    return centre + _width("gaussian", width) * _normal(words)


def sherrington_kirkpatrick(n: int, seed: int, width: float = 1.0) -> BoltzmannMachine:
    r"""The spin glass of Sherrington and Kirkpatrick: a Boltzmann machine of normal weights.

    Parameters
    ----------
    n : int
        Number of spins, 2 to 8192.
    seed : int
        0 <= seed < 2^64.
    width : float
        :math:`\sqrt N` times the standard deviation of a weight, at least 0.

    Returns
    -------
    BoltzmannMachine

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type.

    Notes
    -----
    :math:`H = -\sum_{i<j} J_{ij} s_i s_j`, :math:`\langle J_{ij}^2 \rangle = \Delta^2 / N`; normal
    variables as of `gaussian`. It freezes at :math:`T = \Delta`, with
    ground states of -0.7632 :math:`\Delta` per spin for large N (D. Sherrington and S. Kirkpatrick,
    Phys. Rev. Lett. 35 (1975) 1792; G. Parisi, J. Phys. A 13 (1980) L115).

    Examples
    --------
    >>> machine = sherrington_kirkpatrick(64, seed=1)
    >>> bool(abs(machine.coupling.std() * 64**0.5 - 1.0) < 0.05)
    True
    """
    call = "sherrington_kirkpatrick"
    n = arguments.integer(call, "n", n, 2, 2**13)
    spread = _width(call, width) / np.sqrt(n)
    weights = np.zeros((n, n))
    weights[np.triu_indices(n, 1)] = spread * _normal(_draw(call, seed, n * (n - 1) // 2))
    return BoltzmannMachine(weights + weights.T)


def _words(call: str, lattice: Lattice, seed: int) -> Words:
    if not isinstance(lattice, Lattice):
        raise TypeError(f"[{call}] expected a lattice such as kd.Square(16), got {lattice!r}")
    return _draw(call, seed, lattice.n_bonds)


def _draw(call: str, seed: int, count: int) -> Words:
    """`count` words of 64 bits."""
    seed = arguments.fixed_seed(call, seed)
    words: Words = np.random.Philox(key=seed + 2**64 * _STREAMS[call]).random_raw(count)
    return words


def _normal(words: Words) -> FloatArray:
    """Normal variables; the argument of the quantile is exact and never 0 or 1."""
    from scipy.special import ndtri

    result: FloatArray = ndtri(((words >> np.uint64(12)) + 0.5) * 2.0**-52)
    return result


def _width(call: str, width: float) -> float:
    result = terms.number(call, "width", width)
    if result < 0.0:
        raise ValueError(f"[{call}] expected width >= 0, got {result}")
    return result
