"""The optimal thermometer: a softmax of the energy alone, whose best parameters are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import DivergenceError

Floats = npt.NDArray[np.float64]
MAX_CLASSES = 10_001
NEWTON_STEPS = 20
"""At most: a method without second derivatives has come near before."""
CONVERGED = 1e-10
"""Of the gradient per sample, in units of a standard deviation of the energy."""
FLAT = 1e-9
"""Curvature per sample below which a likelihood has no maximum, in the same units."""
ROUNDING = 1e-13
"""Singular values below this part of the largest are zero but for rounding."""


@dataclass(frozen=True, eq=False)
class EnergyMachine:
    r"""A softmax of the energy; made by `fit_energies`.

    .. math:: p(k \mid E) = e^{w_k E + b_k} / \sum_l e^{w_l E + b_l}

    Weights and biases have a mean of zero over the classes: their means change nothing.

    Attributes
    ----------
    weights : ndarray of float64, (n_classes,)
        In units of 1 / energy.
    biases : ndarray of float64, (n_classes,)
    covariance : ndarray of float64, (2 n_classes, 2 n_classes)
        Of the statistical errors of the weights, followed by the biases.
    """

    weights: Floats
    biases: Floats
    covariance: Floats

    def chi_square(self, weights: npt.ArrayLike, biases: npt.ArrayLike) -> tuple[float, float]:
        """Return how far given weights and biases are off, each as chi^2 per degree of freedom.

        Parameters
        ----------
        weights, biases : array_like of float, (n_classes,)
            Constants that are added to all of them do not count.

        Returns
        -------
        weights, biases : float
            About 1 where they are off by statistical errors alone.

        Raises
        ------
        ValueError, TypeError
        """
        count = len(self.weights)
        found = []
        pairs = (("weights", self.weights, weights), ("biases", self.biases, biases))
        for part, (name, ours, given) in enumerate(pairs):
            rows = slice(part * count, (part + 1) * count)
            off = ours - _for_classes("chi_square", name, given, count)
            off -= off.mean()
            # Without the direction in which all are shifted.
            inverse = np.linalg.pinv(self.covariance[rows, rows], rcond=1e-10, hermitian=True)
            found.append(float(off @ inverse @ off) / (count - 1))
        return found[0], found[1]

    def second_difference(self, step: float = 1.0) -> tuple[Floats, Floats]:
        r"""Return :math:`-(b_{k+1} - 2 b_k + b_{k-1}) / \text{step}^2` and its standard error.

        For classes `step` apart in the inverse temperature it is the variance of the energy,
        :math:`\partial^2 \ln Z / \partial \beta^2 = C / \beta^2`.

        Parameters
        ----------
        step : float
            From the inverse temperature of a class to the next.

        Returns
        -------
        values, errors : ndarray of float64, (n_classes - 2,)

        Raises
        ------
        ValueError, TypeError
        """
        step = arguments.real("second_difference", "step", step)
        if step == 0:
            raise ValueError("[second_difference] expected a step other than 0, got 0")
        count = len(self.biases)
        rows = np.diff(np.eye(count), 2, axis=0) / step**2
        errors = np.sqrt(np.diag(rows @ self.covariance[count:, count:] @ rows.T))
        return -rows @ self.biases, errors


def fit_energies(
    energies: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> EnergyMachine:
    r"""Find the softmax of the energy that is most likely to name the temperatures of states.

    Parameters
    ----------
    energies : array_like of float, (n,)
        Total energies of the states.
    labels : array_like of int, (n,)
        Temperature of each state, 0 to n_classes - 1, each at least once.
    weights : array_like of float, (n_classes,), optional
        Kept as they are, and only the biases fitted.

    Returns
    -------
    EnergyMachine

    Raises
    ------
    ValueError
        If arrays do not fit, or there are fewer than two classes.
    DivergenceError
        If the energies of neighbouring classes hardly overlap: no parameters are the most likely
        ones then.
    TypeError

    Notes
    -----
    With equally many states at each temperature, Bayes' theorem makes the energy sufficient and
    gives the limit of many states,

    .. math:: w_k = -\beta_k, \qquad b_k = -\ln Z(\beta_k),

    both up to a constant (K.-I. Aoki, T. Fujita, T. Kobayashi, J. Phys. Soc. Jpn. 88 (2019)
    054002, arXiv:1901.03817); :math:`n_k` states at temperature k add :math:`\ln n_k` to its bias.
    The likelihood is concave: it is maximised by Newton's method, and the errors are those of its
    curvature, for numbers of states that were chosen, not drawn (R. L. Prentice, R. Pyke,
    Biometrika 66 (1979) 403). With the weights fixed at :math:`-\beta_k` the biases are the free
    energies of the multistate Bennett acceptance ratio (C. J. Geyer 1994; M. R. Shirts, J. D.
    Chodera, J. Chem. Phys. 129 (2008) 124105), far more precise.

    Examples
    --------
    Two-level systems of energies 0 and 1, :math:`Z = 1 + e^{-\beta}`:

    >>> import numpy as np
    >>> betas = np.array([0.0, 1.0, 2.0])
    >>> up = np.random.default_rng(1).random((3, 100_000)) < 1 / (1 + np.exp(betas[:, None]))
    >>> machine = fit_energies(1.0 * up.ravel(), np.repeat([0, 1, 2], 100_000))
    >>> np.abs(machine.weights - (1 - betas)).max() < 0.02
    np.True_
    >>> log_z = np.log1p(np.exp(-betas))
    >>> max(machine.chi_square(-betas, -log_z)) < 5
    True
    """
    call = "fit_energies"
    counts, levels = _counts(
        call, arguments.reals(call, "energies", energies), arguments.array(call, "labels", labels)
    )
    centre = float(counts.sum(1) @ levels / counts.sum())
    unit = float(np.sqrt(counts.sum(1) @ (levels - centre) ** 2 / counts.sum())) or 1.0
    x = (levels - centre) / unit
    columns, offset = [x, np.ones_like(x)], np.zeros(counts.shape)
    if weights is not None:
        given = _for_classes(call, "weights", weights, counts.shape[1])
        columns, offset = [np.ones_like(x)], (levels - centre)[:, None] * given
    found, covariance = _most_likely(counts, np.stack(columns), offset)
    if weights is not None:
        found = np.stack([given, found[0]])
        full = np.zeros((2 * len(given), 2 * len(given)))
        full[len(given) :, len(given) :] = covariance
        covariance, unit = full, 1.0
    # The numbers of states at the temperatures were chosen, so they do not fluctuate.
    places = np.arange(len(covariance) - counts.shape[1], len(covariance))
    covariance[places, places] -= 1 / counts.sum(0)
    return _in_given_units(found, covariance, centre, unit)


def _for_classes(call: str, name: str, value: npt.ArrayLike, count: int) -> Floats:
    given = arguments.reals(call, name, value)
    if given.shape != (count,):
        raise ValueError(f"[{call}] expected {name} of shape ({count},), got shape {given.shape}")
    if not np.isfinite(given).all():
        raise ValueError(f"[{call}] expected finite {name}, got NaN or infinity")
    return given


def _counts(call: str, energies: Floats, labels: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """Return how often each energy has each label, (levels, classes), and the energies."""
    if labels.dtype.kind not in "iu":
        raise TypeError(f"[{call}] expected labels as integers, got {labels.dtype}")
    if labels.shape != energies.shape or not len(labels):
        expected = f"labels of shape {energies.shape}"
        raise ValueError(f"[{call}] expected {expected}, got shape {labels.shape}")
    if not np.isfinite(energies).all():
        raise ValueError(f"[{call}] expected finite energies, got NaN or infinity")
    if labels.min() < 0 or labels.max() >= MAX_CLASSES or not np.bincount(labels).all():
        expected = f"labels 0 to at most {MAX_CLASSES - 1}, each at least once"
        raise ValueError(f"[{call}] expected {expected}, got {labels.min()} to {labels.max()}")
    if labels.max() == 0:
        raise ValueError(f"[{call}] expected two classes or more, got one")
    levels, places = np.unique(energies, return_inverse=True)
    counts = np.zeros((len(levels), int(labels.max()) + 1))
    np.add.at(counts, (places, labels), 1.0)
    return counts, levels


def _most_likely(counts: Floats, columns: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """Return the most likely parameters, (features, classes), and their covariance.

    Logits are ``offset + columns.T @ parameters``.
    """
    from scipy.optimize import minimize

    total, shape = counts.sum(), (len(columns), counts.shape[1])
    value = _negative_log_likelihood(counts, columns, offset)
    start = np.zeros(shape).ravel()
    options = {"maxiter": 5000, "maxfun": 20_000, "ftol": 0.0, "gtol": 1e-7, "maxcor": 50}
    found = minimize(lambda p: value(p)[:2], start, jac=True, method="L-BFGS-B", options=options).x
    for _ in range(NEWTON_STEPS):
        _, gradient, curvature = value(found)
        if abs(gradient).max() < CONVERGED:
            break
        found = found - np.linalg.pinv(curvature, rcond=ROUNDING, hermitian=True) @ gradient
    _, gradient, curvature = value(found)
    scales = np.linalg.eigvalsh(curvature)
    # One direction for each feature is flat: the same number for all classes.
    flat = not scales[len(columns)] > FLAT
    if flat or not abs(gradient).max() < CONVERGED:
        raise DivergenceError(
            "[fit_energies] expected temperatures whose energies overlap, got a likelihood"
            " without a maximum"
        )
    inverse = np.linalg.pinv(curvature, rcond=ROUNDING, hermitian=True) / total
    return found.reshape(shape), inverse


def _negative_log_likelihood(
    counts: Floats, columns: Floats, offset: Floats
) -> Callable[[Floats], tuple[Any, Floats, Floats]]:
    """Return a function of parameters: value, gradient and curvature, per sample."""
    from scipy.special import logsumexp

    rows, total = counts.sum(1), counts.sum()
    features, classes = len(columns), counts.shape[1]
    observed = columns @ counts

    def value(parameters: Floats) -> tuple[Any, Floats, Floats]:
        table = parameters.reshape(features, classes)
        logits = offset + columns.T @ table
        norms = logsumexp(logits, axis=1)
        shares = np.exp(logits - norms[:, None])
        expected = columns @ (shares * rows[:, None])
        loss = (rows @ norms - (counts * logits).sum()) / total
        curvature = np.zeros((features, classes, features, classes))
        for i in range(features):
            for j in range(features):
                weight = columns[i] * columns[j] * rows
                block = -(shares * weight[:, None]).T @ shares
                block[np.diag_indices(classes)] += weight @ shares
                curvature[i, :, j] = block / total
        size = features * classes
        gradient = (expected - observed).ravel() / total
        return loss, gradient, curvature.reshape(size, size)

    return value


def _in_given_units(found: Floats, covariance: Floats, centre: float, unit: float) -> EnergyMachine:
    """Undo the scaling of the energies, and take means over the classes away."""
    weights = found[0] / unit
    biases = found[1] - weights * centre
    count = len(weights)
    shift = np.eye(count) - 1 / count
    change = np.block([[shift / unit, np.zeros_like(shift)], [-shift * centre / unit, shift]])
    return EnergyMachine(
        weights - weights.mean(), biases - biases.mean(), change @ covariance @ change.T
    )
