"""The summation convention on arrays."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from kadanoff import _core, arguments

from .general import Request, contract


def einsum(
    *operands: Any,
    out: Any = None,
    dtype: npt.DTypeLike | None = None,
    order: str | None = "K",
    casting: str = "safe",
    optimize: Any = True,
    threads: int | None = None,
) -> Any:
    r"""Contract arrays by Einstein's summation convention, as `numpy.einsum` does.

    A letter names an axis; what the output does not name is summed over. Each new combination of
    equation, shapes, strides and dtype is planned once; a call that was planned before takes less
    than a microsecond for tiny arrays.

    Parameters
    ----------
    *operands
        Either an equation such as ``"ij,jk->ik"`` and then the arrays, or each array followed by
        the list of its labels, integers in [0, 52) or Ellipsis, and last, optionally, the list of
        the output's labels. Without an output these are the axes of the ellipsis, and then the
        labels that occur once, in order (capitals first). A label that occurs twice in an operand
        means its diagonal; an axis of 1 is broadcast, within an ellipsis as elsewhere.
    out : ndarray, optional
        Where the result goes, of its shape; it may overlap the operands. Its dtype takes part in
        the promotion, as in NumPy.
    dtype : dtype, optional
        What the operands are converted to; by default what NumPy promotes them to.
    order : {"K", "C", "F", "A"}
        Layout of a new array. "K" and "C" are C order, "A" is Fortran's if all operands have it.
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
        What the conversions of operands and of the result may do.
    optimize : bool, {"greedy", "optimal"}, (str, int) or list
        In which order more than two operands are contracted. True, and False too: the order of
        fewest operations for up to 8 operands, a greedy one for more. "optimal" finds it for up to
        16 operands, and is greedy for more. A number is the most elements of an
        intermediate, obeyed where an order allows it. A list is one of `numpy.einsum_path`.
    threads : int, optional
        By default as many as the process may use where the work is large, one where it is small.
        The result has the same bits whatever the number.

    Returns
    -------
    ndarray or scalar
        A scalar of NumPy where the output has no axes. If nothing is summed over, one operand
        without `out` gives a view, whatever `dtype` and `order` are; it is writeable if the operand
        is. Arrays on a GPU (those with ``__cuda_array_interface__``) give a CuPy array.

    Raises
    ------
    ValueError
        If the equation is malformed or does not fit the shapes, or `out` has another shape or is
        read-only.
    TypeError
        If dtypes cannot be cast under `casting`, or are not of numbers; objects are refused. If
        arrays of a GPU and of the host are mixed, or an array has a mask.
    KeyError
        If `optimize` names no search.
    IndexError, RuntimeError
        If a list in `optimize` names an operand that is not there, or leaves more than one.

    Notes
    -----
    float32, float64, complex64 and complex128 run in compiled kernels, pair by pair; operands of
    other dtypes are converted to the one that they are promoted to. float16 is summed in
    float32 and rounded once. Integers, booleans and longdouble, for which there are no kernels, go
    through `numpy.einsum` pair by pair, and have its results.

    A sum over labels that only one operand has is taken before it meets the others, and products
    are formed in the order that costs least. So results differ from NumPy's by rounding, and
    where infinities meet zeros: 0 * nan is nan, but a product that the plan does not form
    makes no nan.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> a, b = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
    >>> kd.einsum("ij,jk->ik", a, b)
    array([[ 3.,  3.],
           [12., 12.]])
    >>> kd.einsum("ij,jk", a, b).shape, kd.einsum("ij,jk,ki->", a, b, np.eye(2)).item()
    ((2, 2), 15.0)
    >>> kd.einsum(a, [0, 1], [1, 0]).shape
    (3, 2)
    >>> kd.einsum("...i,...i->...", a, a)
    array([ 5., 50.])
    """
    if dtype is None and order == "K" and casting == "safe" and optimize is True:
        if threads is not None:
            threads = arguments.integer("einsum", "threads", threads, 1, 4096)
        result = _core.einsum(operands, out, None, threads or 0)
        if result is not NotImplemented:
            return result
    return contract(operands, Request(out, dtype, order, casting, optimize, threads))
