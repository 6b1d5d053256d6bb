"""Order in space: structure factor and two-point correlations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import arguments
from .base import FloatArray, Measure, Observable, Spins, flat, project, refuse_potts, states
from .overlaps import check_pairs, pair_products, to_both


class StructureFactor(Observable):
    r"""Structure factor at zero and at the smallest momenta, or at those given.

    Parameters
    ----------
    momenta : array_like of float, shape (momentum, axis), optional
        Wave vectors in units of 1 / bond length, components in the order of `Lattice.positions`. By
        default zero and then `Lattice.momenta`: the smallest along each periodic axis.
    overlap : bool
        Of the overlap field :math:`s_i^a s_i^b` of replicas 2k and 2k + 1 in place of the spins: at
        zero it is the spin-glass susceptibility. Both replicas of a pair get its values.
    name : str, optional
        Of the series, ``name_0``, ``name_1``, ...: needed with `momenta`; by default
        "structure_factor" or "overlap_structure_factor".

    Notes
    -----
    .. math:: S(k) = \frac{1}{N} \Big| \sum_i s_i e^{i k \cdot r_i} \Big|^2

    Of a Potts model, :math:`\frac{q}{q - 1}` times the sum over states a of the same with
    :math:`\delta(s_i, a) - 1 / q` for :math:`s_i`, which is this for q = 2. With the default
    momenta `Run.summary` has the second-moment correlation length, ``correlation_length`` or
    ``overlap_correlation_length``.
    """

    def __init__(
        self,
        momenta: npt.ArrayLike | None = None,
        *,
        overlap: bool = False,
        name: str | None = None,
    ) -> None:
        self.overlap = bool(overlap)
        default = "overlap_structure_factor" if overlap else "structure_factor"
        if momenta is not None and name in (None, default):
            # The summary takes series of the default name for those at the default momenta.
            raise TypeError(
                f"[StructureFactor] expected a name of its own for given momenta, got {name!r}"
            )
        self.name = name or default
        self.momenta = None if momenta is None else _momenta(momenta)

    def _settings(self) -> dict[str, Any]:
        shown = {} if self.momenta is None else {"momenta": self.momenta.tolist()}
        return shown | {"overlap": self.overlap, "name": self.name}

    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """See `Observable.prepare`; ValueError for a graph, which has no positions."""
        positions = model.lattice.positions
        if positions is None:
            raise ValueError(
                f"[sample] expected a lattice with positions for {self.name}, got {model.lattice!r}"
            )
        if self.overlap:
            refuse_potts(model, self.name)
            check_pairs(self.name, beta)
        momenta = self._chosen(model.lattice)
        phase = positions @ momenta.T
        vectors = np.concatenate([np.cos(phase), np.sin(phase)], axis=1).astype(np.float32)
        q = states(model)

        def function(spins: Spins) -> FloatArray:
            if q is not None:
                powers = [_power(field, vectors) for field in _indicators(spins, q)]
                return np.asarray(q / (q - 1.0) * np.sum(powers, axis=0))
            if self.overlap:
                return to_both(_power(pair_products(spins), vectors))
            return _power(flat(spins), vectors)

        return Measure(tuple(f"{self.name}_{i}" for i in range(len(momenta))), function)

    def _chosen(self, lattice: Any) -> FloatArray:
        if self.momenta is None:
            return np.concatenate([np.zeros((1, lattice.ndim)), lattice.momenta()])
        if self.momenta.shape[1] != lattice.ndim:
            raise ValueError(
                f"[sample] expected momenta of {lattice.ndim} components for {self.name}, "
                f"got {self.momenta.shape[1]}"
            )
        return self.momenta


class Correlations(Observable):
    r"""Two-point correlations along an axis, averaged over all pairs of sites.

    Parameters
    ----------
    axis : int
        Axis of cells, such as 0 for y and 1 for x of a square lattice; -1 is the last.
    distance : int, optional
        Largest distance, in cells; by default half of the extent of a periodic axis, the extent
        less 1 of an open one.
    name : str
        Of the series, ``name_1``, ``name_2``, ... by distance.

    Notes
    -----
    .. math:: C(r) = \frac{1}{N_r} \sum_i s_i s_{i + r}

    over the :math:`N_r` sites that have a site r cells along the axis: all N on a periodic axis,
    :math:`N (L - r) / L` on an open one. The means over sites are not subtracted. By fast Fourier
    transforms, rounded to the integer sums. Of a Potts model,
    :math:`(q \delta(s_i, s_{i + r}) - 1) / (q - 1)` is averaged.
    """

    def __init__(
        self, axis: int = -1, distance: int | None = None, name: str = "correlations"
    ) -> None:
        self.axis = arguments.integer("Correlations", "axis", axis, -8, 7)
        self.distance = distance
        if distance is not None:
            self.distance = arguments.integer("Correlations", "distance", distance, 1, 2**35)
        self.name = name

    def _settings(self) -> dict[str, Any]:
        return {"axis": self.axis, "distance": self.distance, "name": self.name}

    def prepare(self, model: Any, beta: FloatArray) -> Measure:
        """See `Observable.prepare`; ValueError for a graph, or an axis that is not there."""
        lattice = model.lattice
        if not -lattice.ndim <= self.axis < lattice.ndim:
            raise ValueError(
                f"[sample] expected a lattice with axis {self.axis} for {self.name}, "
                f"got {lattice!r}"
            )
        axis = self.axis % lattice.ndim
        extent, periodic = lattice.extents[axis], lattice.periodic[axis]
        most = max(1, extent // 2 if periodic else extent - 1)
        distance = most if self.distance is None else self.distance
        if distance > extent - 1:
            raise ValueError(
                f"[sample] expected {self.name} to a distance of at most {extent - 1}, "
                f"got {distance}"
            )
        lags = np.arange(1, distance + 1)
        pairs = lattice.n_sites * (np.ones_like(lags) if periodic else 1.0 - lags / extent)
        length = extent if periodic else 2 * extent
        q = states(model)

        def function(spins: Spins) -> FloatArray:
            if q is None:
                return np.asarray(_lagged(spins, axis + 1, length, lags) / pairs)
            equal = sum(_lagged(spins == state, axis + 1, length, lags) for state in range(q))
            return np.asarray((q * equal / pairs - 1.0) / (q - 1.0))

        return Measure(tuple(f"{self.name}_{lag}" for lag in lags), function)


def _momenta(momenta: npt.ArrayLike) -> FloatArray:
    array = arguments.array("StructureFactor", "momenta", momenta)
    if array.dtype.kind not in "iuf" or array.ndim != 2 or not array.size:
        raise ValueError(
            "[StructureFactor] expected momenta of shape (momentum, axis), "
            f"got shape {array.shape} of {array.dtype}"
        )
    if not np.isfinite(array).all():
        raise ValueError("[StructureFactor] expected finite momenta, got NaN or infinity")
    return array.astype(np.float64)


def _indicators(spins: Spins, q: int) -> list[npt.NDArray[np.floating[Any]]]:
    """Return delta(s, a) - 1 / q for each state a, float32 (replica, site)."""
    values = flat(spins)
    return [(values == state).astype(np.float32) - np.float32(1.0 / q) for state in range(q)]


def _power(field: npt.NDArray[Any], vectors: npt.NDArray[np.float32]) -> FloatArray:
    """Compute |sum over sites of field e^(ikr)|^2 / N from cosines and, after them, sines."""
    cosine, sine = np.split(project(field, vectors), 2, axis=1)
    return np.asarray((cosine**2 + sine**2) / field.shape[1])


def _lagged(
    field: npt.NDArray[Any], axis: int, length: int, lags: npt.NDArray[np.int64]
) -> FloatArray:
    """Sum products of sites `lags` apart along an axis, as whole numbers, (replica, lag).

    The axis is padded with zeros to `length`, where that is more than its extent.
    """
    lines = np.moveaxis(field, axis, -1).reshape(len(field), -1, field.shape[axis])
    sums = np.empty((len(field), len(lags)))
    for replica, one in enumerate(lines):
        waves = np.fft.rfft(one.astype(np.float64), length, axis=1)
        power = np.einsum("ij,ij->j", waves.real, waves.real)
        power += np.einsum("ij,ij->j", waves.imag, waves.imag)
        sums[replica] = np.rint(np.fft.irfft(power, length)[lags])
    return sums
