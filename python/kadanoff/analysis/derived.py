"""What follows from the series of a run: moments, and functions of means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .estimators import Series
from .resampling import mean

ORDER_PARAMETERS = {
    "magnetization": ("susceptibility", "binder"),
    "staggered_magnetization": ("staggered_susceptibility", "staggered_binder"),
    "overlap": ("spin_glass_susceptibility", "overlap_binder"),
}
"""Series with moments, and the names of what is made of them."""

_PAIRED = ("overlap", "link_overlap", "overlap_")


class Derived(NamedTuple):
    """A function of means.

    Attributes
    ----------
    function : callable
        Takes beta and one mean per series, elementwise.
    series : tuple of ndarray of float64, shape (replica, draw)
    """

    function: Callable[..., Any]
    series: tuple[Series, ...]


def is_paired(name: str) -> bool:
    """Whether a series belongs to pairs of replicas, each of which has it in two rows."""
    return name in _PAIRED or name.startswith(_PAIRED[-1])


def distinct(name: str, series: Series) -> Series:
    """Return one row for each pair of replicas, if `name` belongs to pairs."""
    if not is_paired(name):
        return series
    kept: list[int] = []
    for row in range(len(series)):
        partner = kept and kept[-1] == row - 1 and np.array_equal(series[row], series[row - 1])
        if not partner:
            kept.append(row)
    return series[kept]


def moments(observables: Mapping[str, Series]) -> dict[str, Series]:
    """Return the series, one row for each pair where they belong to pairs, and their moments."""
    series = {name: distinct(name, one) for name, one in observables.items()}
    for name in ORDER_PARAMETERS:
        if name in series:
            absolute = np.abs(series[name])
            series[f"abs_{name}"] = absolute
            series[f"{name}_squared"] = absolute**2
            series[f"{name}_fourth"] = absolute**4
    return series


def functions(
    series: Mapping[str, Series], n_sites: int, model: Mapping[str, Any]
) -> dict[str, Derived]:
    """List the functions of means that `moments` allow, for a run of that model."""
    rows: dict[str, Derived] = {}
    if "energy" in series:
        rows["specific_heat"] = _variance(lambda beta: beta**2 * n_sites, series["energy"])
    for name, (susceptibility, cumulant) in ORDER_PARAMETERS.items():
        if name not in series:
            continue
        second, fourth = series[f"{name}_squared"], series[f"{name}_fourth"]
        if name == "overlap":
            rows[susceptibility] = Derived(lambda _, square: n_sites * square, (second,))
        else:
            rows[susceptibility] = _variance(lambda beta: beta * n_sites, series[f"abs_{name}"])
        rows[cumulant] = Derived(lambda _, *means: binder(*means), (second, fourth))
    for prefix in ("", "overlap_"):
        length = _correlation_length(series, f"{prefix}structure_factor", model)
        if length is not None:
            rows[f"{prefix}correlation_length"] = length
    return rows


def binder(second_moment: Any, fourth_moment: Any) -> Any:
    """Compute Binder's cumulant ``1 - <m^4> / (3 <m^2>^2)``: 2/3 in full order, 0 in disorder."""
    return 1.0 - fourth_moment / (3.0 * second_moment**2)


def _variance(factor: Callable[[float], float], series: Series) -> Derived:
    # Unshifted, a variance of order 1 / n_sites beside a mean of order 1 would lose its digits.
    shifted = series - mean(series)
    return Derived(
        lambda beta, first, second: factor(beta) * (second - first**2), (shifted, shifted**2)
    )


def _correlation_length(
    series: Mapping[str, Series], name: str, model: Mapping[str, Any]
) -> Derived | None:
    """Second-moment correlation length from S(0) and S at the momenta of the smallest size."""
    if f"{name}_0" not in series or f"{name}_1" not in series:
        return None
    sizes = wave_numbers(model)
    smallest = [i for i, k in enumerate(sizes) if k < (1.0 + 1e-9) * sizes.min()]
    names = [f"{name}_{i + 1}" for i in smallest]
    if not names or not all(one in series for one in names):
        return None
    scale = 2.0 * np.sin(sizes.min() / 2.0)
    average = np.mean([series[one] for one in names], axis=0)
    return Derived(
        lambda _, zero, k: np.sqrt(zero / k - 1.0) / scale, (series[f"{name}_0"], average)
    )


def wave_numbers(model: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """Return the sizes of `Lattice.momenta` for the lattice that a run describes, maybe none."""
    from ..lattices import LATTICES, Crystal

    kind: Any = LATTICES.get(str(model.get("lattice")))
    if kind is None or not issubclass(kind, Crystal):
        return np.empty(0)
    axes = str(model.get("boundary", "periodic")).split(", ")
    extents = model["shape"][: kind._ndim]
    periodic = [axis == "periodic" for axis in axes] * (len(extents) // len(axes))
    lattice = kind(extents, periodic)
    return np.asarray(np.linalg.norm(lattice.momenta(), axis=1))
