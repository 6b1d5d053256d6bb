"""Restricted Boltzmann machines as matrix product states, and their entanglement."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.tensor.states import MPS, checking
from kadanoff.tensor.states.schmidt import renyi_entropy

from .rbm_products import successive_state
from .rbm_units import Machine, MachineLike, machine_of, unit_indices, unit_order, unit_set
from .separators import Cut, Flags, minimum_cut

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
MAX_TENSOR_BITS = 26
EXACT_BITS = 9


class Separator(NamedTuple):
    """The smallest set of units that separates two parts of the visible layer.

    `visible` and `hidden` number its units, `bond_dimension` is 2 to the power of how many they
    are: no Schmidt rank between the parts is larger.
    """

    visible: tuple[int, ...]
    hidden: tuple[int, ...]
    bond_dimension: int


class RBMEntanglement(NamedTuple):
    """Entanglement of a machine's state: `entropy` and its `bound` in nats, Schmidt values."""

    entropy: float
    bound: float
    schmidt_values: Floats
    separator: Separator


def rbm_amplitudes(
    rbm: MachineLike,
    visible: npt.ArrayLike,
    *,
    visible_units: str = "binary",
    hidden_units: str = "binary",
    log: bool = False,
) -> Array:
    r"""Return the amplitudes of a machine as a wave function, by their closed form.

    Parameters
    ----------
    visible : array_like, (..., n_visible)
        Values of the visible units.
    rbm, visible_units, hidden_units
        As in `rbm_network`.
    log : bool
        Return ln psi instead, which is complex for complex parameters.

    Returns
    -------
    ndarray of float64 or complex128, (...)

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    .. math:: \psi(v) = e^{a \cdot v} \prod_j (1 + e^{b_j + \sum_i v_i W_{ij}})

    for hidden units of 0 and 1, and a factor :math:`2 \cosh` for those of -1 and 1 (G. Carleo and
    M. Troyer, Science 355 (2017) 602, eq. 2).

    Examples
    --------
    >>> import kadanoff as kd
    >>> kd.tensor.rbm_amplitudes([[1j]], [[0], [1]]).round(6).tolist()
    [(2+0j), (1.540302+0.841471j)]
    """
    call = "rbm_amplitudes"
    machine = machine_of(call, rbm, visible_units, hidden_units)
    result = machine.log_amplitudes(unit_indices(call, machine, visible))
    return result if log else np.exp(result)


def rbm_separator(
    rbm: MachineLike,
    subset: npt.ArrayLike,
) -> Separator:
    r"""Return the smallest set of units that separates some visible units from the others.

    Parameters
    ----------
    rbm : RBM, or tuple of three array_like, or array_like
        As in `rbm_network`; of the weights only the zeros matter.
    subset : array_like of int
        Visible units: at least one, and not all.

    Returns
    -------
    Separator

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    A minimum vertex cut, by maximum flow. With the values of its units fixed the two parts are
    independent, hence a Schmidt rank of at most :math:`2^{|S|}` (J. Chen, S. Cheng, H. Xie, L. Wang
    and T. Xiang, Physical Review B 97 (2018) 085104); generic weights have that rank.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> kd.tensor.rbm_separator(np.ones((6, 2)), [0, 1, 2])
    Separator(visible=(), hidden=(0, 1), bond_dimension=4)
    """
    machine = machine_of("rbm_separator", rbm)
    return _separator(machine, unit_set("rbm_separator", machine, subset))


def rbm_bond_bounds(rbm: MachineLike, order: npt.ArrayLike | None = None) -> tuple[int, ...]:
    r"""Return the bond dimensions that the graph of a machine implies for its MPS.

    Parameters
    ----------
    rbm : RBM, or tuple of three array_like, or array_like
        As in `rbm_network`; of the weights only the zeros matter.
    order : array_like of int, (n_visible,), optional
        The visible unit of each site; by default their own order.

    Returns
    -------
    tuple of int, (n_visible - 1,)
        2 to the power of the size of `rbm_separator` at each bond.

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> kd.tensor.rbm_bond_bounds(np.ones((6, 2)))
    (2, 4, 4, 4, 2)
    """
    machine = machine_of("rbm_bond_bounds", rbm)
    machine = machine.ordered(unit_order("rbm_bond_bounds", machine, order))
    return tuple(2 ** int(cut.cut.sum()) for cut in _cuts(machine)[1:-1])


def rbm_to_mps(
    rbm: MachineLike,
    *,
    visible_units: str = "binary",
    hidden_units: str = "binary",
    max_bond: int | None = None,
    tolerance: float | None = None,
    order: npt.ArrayLike | None = None,
    method: str = "auto",
) -> MPS:
    r"""Return the matrix product state of a machine, with the bonds that its graph implies.

    Parameters
    ----------
    rbm, visible_units, hidden_units
        As in `rbm_network`.
    max_bond, tolerance : int and float, optional
        Largest bond dimension, and largest relative 2-norm of what is left out; the error is in
        `truncation`. Without either, the state is exact, and no singular value is looked at.
    order : array_like of int, (n_visible,), optional
        The visible unit of each site; by default their own order.
    method : {"auto", "exact", "successive"}
        How a truncated state is made. "exact" compresses the exact state: the error is exact.
        "successive" takes in a hidden unit after the other and compresses each time: any size, and
        the error is an estimate. "auto" is "exact" where no bond of the exact state is above 512.

    Returns
    -------
    MPS
        With amplitudes :math:`\psi(v) = \sum_h e^{-E(v, h)}`; index 1 of a site is the value 1 of
        its unit, index 0 the other. `log_scale` takes what weights of any size make.

    Raises
    ------
    ValueError, TypeError
        If a tensor would have more than 2^26 elements, or there is no `max_bond` and a successive
        state with bonds of at most 256 does not keep the tolerance, or has an error above twice of
        it by its samples; among others.

    Notes
    -----
    Bond k carries the values of the units in the minimum vertex cut between the first k sites and
    the others (J. Chen, S. Cheng, H. Xie, L. Wang and T. Xiang, Physical Review B 97 (2018)
    085104), the nearest of them, so that consecutive cuts are nested; the tensor between two of
    them holds the terms that one has passed and the other has not. A dense machine has bonds
    :math:`2^{\min(k, n - k, n_h)}`.

    A successive state starts as the product in which every hidden unit has its mean value. Each
    factor :math:`\sum_h e^{(h - \langle h \rangle) W_j \cdot v + b_j h}` doubles the bonds between
    the units that it joins, and one sweep of singular value decompositions makes them small again.
    `truncation` has the sums of the weights that all sweeps left out, each over the norm that the
    state had then, and as `truncation.error` the root of their sum, or `rbm_mps_error` from 1000
    samples where that is more. It is no bound, neither of the distance nor of an amplitude:
    later factors change the size of what was left out. It was the distance from exact states of
    14 + 14 units of 0 and 1 within 15 % for weights of deviation 0.3, within a factor of 2 for
    those of 1. Stronger weights may lose parts of the state that no sample shows, and then the
    error is too small; or, where units disagree (spin glasses), give a state of no use and an error
    that says so.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> rbm = kd.RBM(np.random.default_rng(1).normal(size=(6, 2)))
    >>> state = kd.tensor.rbm_to_mps(rbm)
    >>> state.bond_dimensions
    (2, 4, 4, 4, 2)
    >>> v = [[0, 1, 1, 0, 0, 1]]
    >>> bool(abs(np.log(state.amplitudes(v)) + rbm.free_energy(v))[0] < 1e-12)
    True
    """
    call = "rbm_to_mps"
    machine = machine_of(call, rbm, visible_units, hidden_units)
    machine = machine.ordered(unit_order(call, machine, order))
    arguments.choice(call, "method", method, ("auto", "exact", "successive"))
    if max_bond is None and tolerance is None:
        if method == "successive":
            raise ValueError(f"[{call}] expected max_bond or tolerance for a successive state")
        return _exact_state(call, machine, _cuts(machine))
    limit = None if max_bond is None else checking.bond_limit(call, max_bond)
    allowed = checking.tolerance(call, tolerance)
    if method == "auto":
        # The middle first, as a rule the widest: all cuts of a large machine take minutes.
        middle = minimum_cut(machine.weights != 0, range(machine.n_visible // 2))
        method = "successive" if middle.cut.sum() > EXACT_BITS else method
    cuts = [] if method == "successive" else _cuts(machine)
    if method == "auto" and max(int(cut.cut.sum()) for cut in cuts) > EXACT_BITS:
        method = "successive"
    if method == "successive":
        return successive_state(call, machine, limit, allowed)
    return _exact_state(call, machine, cuts).compress(limit, allowed)


def rbm_entanglement(
    rbm: MachineLike,
    subset: npt.ArrayLike,
    *,
    visible_units: str = "binary",
    hidden_units: str = "binary",
    order: float = 1.0,
) -> RBMEntanglement:
    r"""Return the entanglement entropy between some visible units and the others.

    Parameters
    ----------
    subset : array_like of int
        Visible units: at least one, and not all; they need not be neighbours.
    rbm, visible_units, hidden_units
        As in `rbm_network`; the state is :math:`\psi(v) = \sum_h e^{-E(v, h)}`, over its norm.
    order : float
        That of Renyi's entropy; 1 is von Neumann's, 0 the logarithm of the number of Schmidt values
        above rounding, which for weak or very strong weights is far below the bound.

    Returns
    -------
    RBMEntanglement
        Entropy and bound in nats: :math:`S \le |\text{separator}| \ln 2`.

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    `rbm_to_mps` with the subset before the others; the entropy is that of the bond between them.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> weights = np.random.default_rng(1).normal(size=(8, 1)) * 4
    >>> result = kd.tensor.rbm_entanglement(weights, [0, 2, 4, 6])
    >>> bool(0 < result.entropy < result.bound), round(result.bound, 6)
    (True, 0.693147)
    """
    call = "rbm_entanglement"
    machine = machine_of(call, rbm, visible_units, hidden_units)
    units = unit_set(call, machine, subset)
    index = checking.renyi_order(call, order)
    others = [i for i in range(machine.n_visible) if i not in set(units)]
    ordered = machine.ordered(units + others)
    state = _exact_state(call, ordered, _cuts(ordered))
    values = state.schmidt_values(len(units) - 1)
    separator = _separator(machine, units)
    bound = math.log(separator.bond_dimension)
    return RBMEntanglement(renyi_entropy(values, index), bound, values, separator)


def _separator(machine: Machine, units: list[int]) -> Separator:
    cut = np.flatnonzero(minimum_cut(machine.weights != 0, units).cut)
    n = machine.n_visible
    visible = tuple(int(u) for u in cut if u < n)
    hidden = tuple(int(u) - n for u in cut if u >= n)
    return Separator(visible, hidden, 2 ** len(cut))


def _cuts(machine: Machine) -> list[Cut]:
    """Return the cuts beside each site, with the empty ones before the first and after the last."""
    n, connected = machine.n_visible, machine.weights != 0
    none = np.zeros(n + machine.n_hidden, dtype=bool)
    inner = [minimum_cut(connected, range(k)) for k in range(1, n)]
    return [Cut(none, none), *inner, Cut(none, ~none)]


def _exact_state(call: str, machine: Machine, cuts: list[Cut]) -> MPS:
    for i in range(machine.n_visible):
        bits = int(cuts[i].cut.sum() + cuts[i + 1].cut.sum()) + 1
        if bits > MAX_TENSOR_BITS:
            wanted = f"tensors of at most 2^{MAX_TENSOR_BITS} elements"
            got = f"2^{bits} at site {i}"
            if call == "rbm_to_mps":
                got += ": give max_bond or tolerance, and no exact method"
            raise ValueError(f"[{call}] expected {wanted}, got {got}")
    # The largest term that ends in each value of a bond becomes 1, and its logarithm goes on to the
    # next tensor: what matters in the end then never underflows on its way.
    chain, best = [], np.zeros(1)
    for i in range(machine.n_visible):
        exponents = _exponents(machine, i, cuts[i], cuts[i + 1]) + best[:, None, None]
        top = exponents.real.max(axis=(0, 1))
        best = np.where(np.isfinite(top), top, 0.0)
        chain.append(np.exp(exponents - best))
    return MPS(chain, float(best[0]))


def _exponents(machine: Machine, site: int, before: Cut, after: Cut) -> Array:
    """Return ln of the tensor between two cuts, with -inf where it is zero.

    Its indices are the units of both cuts and the site itself, each with all values; an element is
    e to the sum of the terms of units that the second cut has passed and the first has not.
    """
    left, right = np.flatnonzero(before.cut).tolist(), np.flatnonzero(after.cut).tolist()
    units = sorted({site, *left, *right})
    values = _exponent(machine, units, before.inside, after.inside)
    result = np.full((2 ** len(left), 2, 2 ** len(right)), -np.inf, dtype=machine.dtype)
    bits = np.indices(values.shape).reshape(len(units), -1)
    rows = _number(bits, [units.index(unit) for unit in left])
    columns = _number(bits, [units.index(unit) for unit in right])
    result[rows, bits[units.index(site)], columns] = values.ravel()
    return result


def _exponent(machine: Machine, units: list[int], known: Flags, inside: Flags) -> Array:
    """Return the sum of the terms of units that are `inside` but not `known`, an axis a unit."""
    n, new = machine.n_visible, inside & ~known
    values = {unit: _values(machine, unit, k, len(units)) for k, unit in enumerate(units)}
    total = np.zeros([2] * len(units), dtype=machine.dtype)
    for unit in units:
        if new[unit]:
            bias = machine.visible_bias[unit] if unit < n else machine.hidden_bias[unit - n]
            total += bias * values[unit]
    for i, j in np.argwhere(machine.weights != 0).tolist():
        ends = [i, j + n]
        if new[ends].any() and not known[ends].any() and ends[1] in values:
            total += machine.weights[i, j] * values[i] * values[j + n]
    for j in np.flatnonzero(new[n:]).tolist():
        if j + n not in values:  # no cut holds it: it is summed over here
            field = np.zeros([1] * len(units), dtype=machine.dtype)
            for i in np.flatnonzero(machine.weights[:, j]).tolist():
                field = field + machine.weights[i, j] * values[i]
            total += machine.log_hidden_sum(j, field)
    return total


def _values(machine: Machine, unit: int, axis: int, axes: int) -> Array:
    """Return the two values of a unit along one of so many axes."""
    pair = machine.visible_values if unit < machine.n_visible else machine.hidden_values
    return np.asarray(pair).reshape([2 if k == axis else 1 for k in range(axes)])


def _number(bits: npt.NDArray[np.intp], axes: list[int]) -> npt.NDArray[np.intp]:
    """Return the numbers whose binary digits stand in these rows, the first one highest."""
    number = np.zeros(bits.shape[1], dtype=np.intp)
    for k in axes:
        number = 2 * number + bits[k]
    return number
