"""A restricted Boltzmann machine as a network of small tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff.tensor.network import TensorNetwork

from .rbm_units import Machine, MachineLike, machine_of, unit_indices

Array = npt.NDArray[Any]
MAX_EXPONENT = 700.0
MAX_FIELD = 300.0


def rbm_network(
    rbm: MachineLike,
    *,
    visible_units: str = "binary",
    hidden_units: str = "binary",
    output: str = "visible",
    visible: npt.ArrayLike | None = None,
) -> TensorNetwork:
    r"""Return the network whose contraction is :math:`\psi(v) = \sum_h e^{-E(v, h)}`, or its sum.

    Parameters
    ----------
    rbm : RBM, or tuple of three array_like, or array_like
        A machine, or (weights, visible bias, hidden bias) of shapes (n_visible, n_hidden),
        (n_visible,) and (n_hidden,), real or complex, where None is a bias of zero, or weights
        alone. A weight of zero is no edge.
    visible_units, hidden_units : {"binary", "spin"}
        With arrays: units of 0 and 1, or of -1 and 1.
    output : {"visible", "none"}
        "visible" leaves a leg for each visible unit, in their order: the contraction is psi.
        "none" sums over them: it is Z of a real machine.
    visible : array_like, (n_visible,), optional
        Values of the visible units; the contraction is then psi of these alone.

    Returns
    -------
    TensorNetwork
        Labels are ("v", i) and ("h", j).

    Raises
    ------
    ValueError, TypeError
        Where e to the power of a weight or bias is no float64, among others.

    Notes
    -----
    A vector (1, e^a) on every unit and a matrix (1, 1; 1, e^W) on every connection, for units of 0
    and 1 (J. Chen, S. Cheng, H. Xie, L. Wang and T. Xiang, Physical Review B 97 (2018) 085104);
    units are the hyper-edges, which stand for copy tensors.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM([[1.0, 0.0], [2.0, -1.0]])
    >>> log_z = np.log(kd.tensor.rbm_network(rbm, output="none").contract())
    >>> bool(abs(log_z - rbm.log_partition()) < 1e-12)
    True
    """
    call = "rbm_network"
    machine = machine_of(call, rbm, visible_units, hidden_units)
    if output not in ("visible", "none"):
        raise ValueError(f"[{call}] expected output to be one of 'visible', 'none', got {output!r}")
    largest = max(
        np.abs(part.real).max(initial=0.0)
        for part in (machine.weights, machine.visible_bias, machine.hidden_bias)
    )
    if largest > MAX_EXPONENT:
        wanted = f"weights and biases of at most {MAX_EXPONENT:g}"
        raise ValueError(f"[{call}] expected {wanted}, got {largest:g}")
    fixed = None if visible is None else unit_indices(call, machine, visible)
    if fixed is not None and fixed.ndim != 1:
        raise ValueError(f"[{call}] expected one state of the visible units, got {fixed.shape}")
    tensors, _ = rbm_tensors(machine, scaled=False)
    if fixed is not None:
        return TensorNetwork(_fixed(tensors, fixed))
    legs = [("v", i) for i in range(machine.n_visible)] if output == "visible" else []
    return TensorNetwork(tensors, output=legs)


def rbm_log_partition(
    rbm: MachineLike,
    *,
    visible_units: str = "binary",
    hidden_units: str = "binary",
    optimize: Any = "auto",
) -> float | complex:
    r"""Return ln of the sum of :math:`e^{-E(v, h)}` over all states, by contraction.

    Parameters
    ----------
    rbm, visible_units, hidden_units
        As in `rbm_network`.
    optimize
        As in `TensorNetwork.plan`.

    Returns
    -------
    float, or complex for complex parameters

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    Exact up to rounding, for machines whose graph is sparse or local: the work grows with the
    exponential of the graph's tree width, and not of the number of units. `RBM.log_partition` sums
    over a layer or estimates, and shares nothing with this.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> weights = np.zeros((101, 100)); i = np.arange(100)
    >>> weights[i, i], weights[i + 1, i] = 0.5, -2.0
    >>> round(kd.tensor.rbm_log_partition(weights), 6)
    122.768446
    """
    machine = machine_of("rbm_log_partition", rbm, visible_units, hidden_units)
    _check_fields("rbm_log_partition", machine)
    tensors, scale = rbm_tensors(machine, scaled=True)
    phase, log = TensorNetwork(tensors).contract(optimize, log=True)
    if machine.dtype.kind == "c":
        return complex(np.log(phase) + log + scale)
    return float(log) + scale


def _check_fields(call: str, machine: Machine) -> None:
    """ValueError where a unit's terms are so large that elements of a tensor would vanish."""
    sizes = np.abs(machine.weights.real)
    for bias, terms in ((machine.visible_bias, sizes), (machine.hidden_bias, sizes.T)):
        largest = float((np.abs(bias.real) + terms.sum(axis=1)).max(initial=0.0))
        if largest > MAX_FIELD:
            wanted = f"weights and bias of a unit that add up to at most {MAX_FIELD:g}"
            raise ValueError(f"[{call}] expected {wanted}, got {largest:g}: see rbm_to_mps")


def rbm_tensors(machine: Machine, scaled: bool) -> tuple[list[tuple[Array, Any]], float]:
    """Return the tensors with their labels, and ln of what `scaled` divides them by."""
    v, h = (np.asarray(values) for values in (machine.visible_values, machine.hidden_values))
    exponents: list[tuple[Array, Any]] = [
        (a * v, [("v", i)]) for i, a in enumerate(machine.visible_bias)
    ]
    exponents += [(b * h, [("h", j)]) for j, b in enumerate(machine.hidden_bias)]
    products = np.multiply.outer(v, h)
    for i, j in np.argwhere(machine.weights != 0).tolist():
        exponents.append((machine.weights[i, j] * products, [("v", i), ("h", j)]))
    tensors, tops = [], []
    for exponent, labels in exponents:
        top = float(exponent.real.max()) if scaled else 0.0
        tops.append(top)
        tensors.append((np.exp(exponent - top), labels))
    return tensors, math.fsum(tops)


def _fixed(
    tensors: list[tuple[Array, Any]], indices: npt.NDArray[np.intp]
) -> list[tuple[Array, Any]]:
    """Return the tensors with the legs of visible units set to these indices."""
    result: list[tuple[Array, Any]] = []
    for array, labels in tensors:
        kind, unit = labels[0]
        if kind == "v":
            result.append((np.asarray(array[indices[unit]]), labels[1:]))
        else:
            result.append((array, labels))
    return result
