"""Networks: tensors whose axes have labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kadanoff import arguments

from .equation import labels_of, make_equation
from .plan import ContractionPlan
from .planning import find_pairs

_CALL = "TensorNetwork"
_DTYPES = {"f4", "f8", "c8", "c16"}


class TensorNetwork:
    """A network of tensors, contracted along equal labels.

    Parameters
    ----------
    tensors : iterable of (array, labels)
        float32, float64, complex64 or complex128; other numbers become float64. Labels are the
        characters of a string, or any hashable objects in a sequence, one for each axis.
    output : str or sequence of hashable
        Labels of the result, in its order. All others are summed over.
    check_finite : bool
        Whether to refuse NaN and infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> a = np.arange(6.0).reshape(2, 3)
    >>> net = kd.tensor.TensorNetwork([(a, "ij"), (a, "kj")], output="ik")
    >>> net.contract()
    array([[ 5., 14.],
           [14., 50.]])
    """

    def __init__(
        self, tensors: Iterable[tuple[Any, Any]], output: Any = "", *, check_finite: bool = True
    ) -> None:
        pairs = list(tensors)
        if not pairs:
            raise ValueError(f"[{_CALL}] expected at least one tensor, got none")
        arrays, labels = [], []
        for k, pair in enumerate(pairs):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise TypeError(
                    f"[{_CALL}] expected (array, labels) for tensor {k}, got {type(pair).__name__}"
                )
            arrays.append(_numbers(k, pair[0], check_finite))
            labels.append(labels_of(_CALL, f"tensor {k}", pair[1]))
        dtype = np.result_type(*arrays)
        self.arrays = [array.astype(dtype, copy=False) for array in arrays]
        self.dtype = dtype
        self._equation, self._names = make_equation(
            _CALL, [array.shape for array in arrays], labels, labels_of(_CALL, "the output", output)
        )

    def plan(self, optimize: Any = "auto", memory_limit: Any = None) -> ContractionPlan:
        """Find the order in which to contract."""
        pairs = find_pairs("plan", self._equation, optimize)
        return ContractionPlan(self._equation, self._names, pairs, ())

    def contract(self, optimize: Any = "auto", *, log: bool = False) -> Any:
        """Return the contraction; with log=True, its sign (or phase) and ln of its size."""
        plan = optimize if isinstance(optimize, ContractionPlan) else self.plan(optimize)
        if not log:
            return plan.contract(self.arrays)
        scales = [float(np.abs(array).max(initial=0.0)) or 1.0 for array in self.arrays]
        result = plan.contract([x / s for x, s in zip(self.arrays, scales, strict=True)])
        size = np.abs(result)
        with np.errstate(divide="ignore", invalid="ignore"):
            sign = np.where(size > 0, result / size, 0)[()]
            return sign, np.log(size) + np.log(scales).sum()


def _numbers(k: int, values: Any, check_finite: bool) -> Any:
    """Return a tensor as an array of one of the four types; what is wrong with it otherwise."""
    array = arguments.array(_CALL, f"tensor {k}", values)
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.str[1:] not in _DTYPES:
        raise TypeError(
            f"[{_CALL}] expected real or complex numbers in tensor {k}, got dtype {array.dtype}"
        )
    if check_finite and not np.isfinite(array).all():
        raise ValueError(f"[{_CALL}] expected finite numbers in tensor {k}, got nan or inf")
    return array
