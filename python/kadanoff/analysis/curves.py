"""`Curve`: a quantity at several parameters, with errors; what finite-size scaling works on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import arguments

if TYPE_CHECKING:
    from ..run import Run
    from ..scan import Scan
    from .summary import Summary

FloatArray = npt.NDArray[np.float64]


class Curve:
    """A quantity measured at several values of a parameter.

    Parameters
    ----------
    x : array_like of float, shape (point,)
        The parameter, such as beta or the temperature; distinct, in any order.
    mean : array_like of float, shape (point,)
    standard_error : array_like of float, shape (point,)
        At least 0, in the units of `mean`.
    covariance : array_like of float, shape (point, point), optional
        Of the means, where they are correlated, as reweighted ones are; by default they are not.

    Attributes
    ----------
    x, mean, standard_error, covariance
        As given, in rising order of x, read-only; `covariance` is None for independent points.

    Raises
    ------
    ValueError, TypeError
        If the arrays are not finite, of one length and distinct in x.

    Examples
    --------
    >>> curve = Curve([0.46, 0.42], [0.62, 0.45], [0.002, 0.004])
    >>> curve.x.tolist(), len(curve.between(0.4, 0.43))
    ([0.42, 0.46], 1)
    """

    def __init__(
        self,
        x: npt.ArrayLike,
        mean: npt.ArrayLike,
        standard_error: npt.ArrayLike,
        covariance: npt.ArrayLike | None = None,
    ) -> None:
        points = _finite("x", x)
        order = np.argsort(points)
        arrays = {"x": points, "mean": _finite("mean", mean)}
        arrays["standard_error"] = _finite("standard_error", standard_error)
        for name, array in arrays.items():
            if array.shape != points.shape:
                raise ValueError(
                    f"[Curve] expected {name} of shape {points.shape}, got shape {array.shape}"
                )
            setattr(self, name, _frozen(array[order]))
        if (np.diff(self.x) == 0.0).any():
            raise ValueError("[Curve] expected distinct x, got one twice")
        if (self.standard_error < 0.0).any():
            raise ValueError("[Curve] expected standard errors of at least 0, got a negative one")
        self.covariance: FloatArray | None = None
        if covariance is not None:
            matrix = np.asarray(covariance, dtype=np.float64)
            if matrix.shape != points.shape * 2 or not np.isfinite(matrix).all():
                raise ValueError(
                    f"[Curve] expected a finite covariance of shape {points.shape * 2}, "
                    f"got shape {matrix.shape}"
                )
            self.covariance = _frozen(matrix[np.ix_(order, order)])

    x: FloatArray
    mean: FloatArray
    standard_error: FloatArray

    def __len__(self) -> int:
        return int(self.x.size)

    def __repr__(self) -> str:
        return f"Curve({len(self)} points, x = {self.x[0]:.6g} to {self.x[-1]:.6g})"

    def between(self, low: float, high: float) -> Curve:
        """Return the points with ``low <= x <= high``; ValueError if there is none."""
        return self.select((self.x >= low) & (self.x <= high))

    def select(self, chosen: npt.NDArray[np.bool_]) -> Curve:
        """Return the points where `chosen`, bool of shape (point,), is true."""
        if not chosen.any():
            raise ValueError("[Curve] expected at least one point, got none")
        covariance = None if self.covariance is None else self.covariance[np.ix_(chosen, chosen)]
        return Curve(self.x[chosen], self.mean[chosen], self.standard_error[chosen], covariance)

    def scaled(self, factor: float) -> Curve:
        """Return the curve times a constant, such as 1 / L for a correlation length."""
        covariance = None if self.covariance is None else self.covariance * factor**2
        return Curve(self.x, self.mean * factor, self.standard_error * abs(factor), covariance)

    def resample(self, number: int, generator: np.random.Generator) -> FloatArray:
        """Draw means from a normal distribution about the present ones.

        Returns
        -------
        ndarray of float64, shape (number, point)
            With the covariance of the curve.
        """
        noise = generator.normal(size=(number, len(self)))
        if self.covariance is None:
            return np.asarray(self.mean + noise * self.standard_error)
        values, vectors = np.linalg.eigh(self.covariance)
        return np.asarray(self.mean + noise * np.sqrt(np.maximum(values, 0.0)) @ vectors.T)


def curve(source: Run | Scan | Iterable[Summary], name: str) -> Curve:
    """Return one row of the summaries of a run as a `Curve` over beta.

    Parameters
    ----------
    source : Run, Scan or iterable of Summary
        At several beta.
    name : str
        A row of each summary, such as "binder".

    Raises
    ------
    KeyError
        If there is no such row.
    ValueError
        If its error is NaN, as it is for very few draws.
    TypeError
        If `source` is none of these.

    Examples
    --------
    >>> import kadanoff as kd
    >>> sampler = kd.Sampler(kd.Ising(kd.Square(8)), beta=[0.4, 0.45], replicas=2, seed=1)
    >>> curve(sampler.sample(draws=100), "binder")
    Curve(2 points, x = 0.4 to 0.45)
    """
    from .summary import Summary

    run: Any = getattr(source, "run", source)
    try:
        tables = list(run.summaries() if hasattr(run, "summaries") else run)
    except TypeError:
        tables = []
    if not tables or not all(isinstance(table, Summary) for table in tables):
        raise TypeError(f"[curve] expected a run with draws or its summaries, got {source!r}")
    rows = [table[name] for table in tables]
    return Curve(
        [table.beta for table in tables],
        [row.mean for row in rows],
        [row.standard_error for row in rows],
    )


def _finite(name: str, values: npt.ArrayLike) -> FloatArray:
    array = arguments.reals("Curve", name, values)
    if not np.isfinite(array).all():
        raise ValueError(f"[Curve] expected finite {name}, got NaN or infinity")
    return array


def _frozen(array: FloatArray) -> FloatArray:
    array = np.array(array)
    array.flags.writeable = False
    return array
