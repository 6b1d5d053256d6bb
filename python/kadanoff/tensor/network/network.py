"""Networks: tensors whose axes have labels."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import memory
from .equation import labels_of, make_equation
from .execution import as_tensors, contract, value_and_gradient
from .plan import ContractionPlan
from .progress import Progress

_CALL = "TensorNetwork"


class TensorNetwork:
    r"""A network of tensors, to be contracted along equal labels.

    Parameters
    ----------
    tensors : iterable of (array, labels)
        float32, float64, complex64 or complex128, of which the widest serves all; whole numbers
        become float64. Labels are the characters of a string, or any hashable objects in a
        sequence, one for each axis. A label may be in any number of tensors, and several times in
        one of them. Arrays of the right type are not copied: what is written into them counts.
        CuPy arrays are contracted on their GPU, if all are there.
    output : str or sequence of hashable
        Labels of the result, in its order. All others are summed over.
    check_finite : bool
        Whether to refuse NaN and infinity.

    Attributes
    ----------
    labels : tuple of tuple of hashable
        Of each tensor.
    output : tuple of hashable

    Raises
    ------
    ValueError
        If sizes and labels do not fit together, or a number is not finite.
    TypeError
        If there are other things than numbers in an array, or labels are not hashable.

    Notes
    -----
    The result is

    .. math:: R_{o} = \sum_{x \notin o} \prod_k T^{(k)}_{x^{(k)}},

    a sum over the values of all labels that are not the output's. It is worked out pair by pair, in
    an order that is searched for (`kadanoff.tensor.paths`), by a program that is compiled for the
    network once: no Python runs, and no memory is asked for, between the pairs. The same build
    gives the same bits on any number of threads.

    Examples
    --------
    The trace of a product, and a sum over a label of three tensors:

    >>> import numpy as np
    >>> import kadanoff as kd
    >>> a = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> float(kd.TensorNetwork([(a, "ij"), (a, "ji")]).contract())
    29.0
    >>> net = kd.TensorNetwork([(a, "si"), (a, "sj"), (a, ("s", 3))], output="ij")
    >>> net.contract()
    array([[ 66.,  90.],
           [ 90., 124.]])
    """

    def __init__(
        self,
        tensors: Iterable[tuple[Any, Any]],
        output: str | Sequence[Hashable] = "",
        *,
        check_finite: bool = True,
    ) -> None:
        pairs = list(tensors)
        if not pairs:
            raise ValueError(f"[{_CALL}] expected at least one tensor, got none")
        for k, pair in enumerate(pairs):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise TypeError(
                    f"[{_CALL}] expected (array, labels) for tensor {k}, got {type(pair).__name__}"
                )
        self._tensors = as_tensors(_CALL, [array for array, _ in pairs], check_finite)
        self.labels = tuple(
            labels_of(_CALL, f"tensor {k}", labels) for k, (_, labels) in enumerate(pairs)
        )
        self.output = labels_of(_CALL, "the output", output)
        shapes = [tuple(array.shape) for array in self._tensors.arrays]
        self._equation, self._names = make_equation(_CALL, shapes, self.labels, self.output)
        self._plans: dict[Any, ContractionPlan] = {}

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The tensors, as they are contracted."""
        return self._tensors.arrays

    @property
    def sizes(self) -> dict[Hashable, int]:
        """Size of each label, in the order in which the tensors name them."""
        return dict(zip(self._names, self._equation.sizes, strict=True))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements of all tensors and of the result."""
        return self._tensors.dtype

    def plan(
        self,
        optimize: Any = "auto",
        memory_limit: float | str | None = None,
        seconds: float | None = None,
        seed: int | None = 0,
    ) -> ContractionPlan:
        """Return the order in which to contract, with what it costs.

        Asked again for the same, here or of another network of the same structure, it returns the
        plan that it has.

        Parameters
        ----------
        optimize : str, path or callable
            "auto" searches as long as the contraction is worth it; "greedy", "optimal", "kadanoff",
            "cotengra" or "opt_einsum" name a search; see `kadanoff.tensor.paths.resolve`. A path is
            a list of pairs of positions, as NumPy and opt_einsum have it.
        memory_limit : int, float or str, optional
            Bytes, as a number or as text such as "1e9", "500 MB" or "2 GiB", for everything beside
            the tensors. Labels are sliced until this is obeyed. Without it, nothing is sliced, and
            contractions are refused that take more than the machine has.
        seconds : float, optional
            Search for so long.
        seed : int, optional
            Of the search; None draws one from the operating system.

        Raises
        ------
        MemoryLimitError
            If no slicing into at most 1e9 slices obeys the limit; or, without a limit, if the
            network is far too large for the machine. "auto" sees that from a greedy path, before it
            searches.
        ValueError, TypeError
        """
        from .planning import PLANS, request  # slow to import

        key = (_frozen(optimize), memory_limit, seconds, seed)
        try:
            if key in self._plans:
                return self._plans[key]
        except TypeError:
            raise TypeError(
                f"[plan] expected a name, a path or a callable for optimize, got {optimize!r}"
            ) from None
        wanted = request(
            self._equation, self._names, self.dtype, key[0], memory_limit, seconds, seed
        )
        self._plans[key] = PLANS.find(wanted)
        return self._plans[key]

    def contract(
        self,
        optimize: Any = "auto",
        *,
        memory_limit: float | str | None = None,
        log: bool = False,
        threads: int | None = None,
        out: npt.NDArray[Any] | None = None,
        progress: Progress = False,
    ) -> Any:
        """Return the contraction.

        Parameters
        ----------
        optimize : ContractionPlan, str, path or callable
            A plan for the same structure, or what `plan` takes.
        memory_limit : int, float or str, optional
            As for `plan`. A plan that needs more is refused before memory is asked for.
        log : bool
            Return the sign (the phase, of complex numbers) and ln of the absolute value, which do
            not overflow however large or small the result is: intermediates are rescaled by powers
            of two, which changes no digit.
        threads : int, optional
            By default as many as the process may use; any number gives the same bits. Where there
            is no memory for so many, there are fewer.
        out : ndarray, optional
            An array to write the result into, of its shape and type.
        progress : bool or callable
            True shows a bar on standard error; a function is called as progress(slices done, all
            slices), about every 0.1 s and at the end. What it raises stops the contraction.

        Returns
        -------
        ndarray, or a NumPy scalar if the output has no labels
            With `log`, two of them: signs in the dtype of the network, 0 where the result is, and
            logarithms in float64.

        Raises
        ------
        MemoryLimitError
            A MemoryError: the plan needs more memory than allowed. The text names its size, and the
            slicing that would fit.
        ValueError, TypeError
        KeyboardInterrupt
            Ctrl-C stops a contraction within about 0.1 s.

        Warns
        -----
        RuntimeWarning
            The result is not finite: without `log`, numbers on the way overflowed.

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> chain = [(np.full((2, 2), 1e300), (k, k + 1)) for k in range(10)]
        >>> sign, log = kd.TensorNetwork(chain).contract(log=True)
        >>> float(sign), bool(np.isclose(log, 11 * np.log(2) + 3000 * np.log(10)))
        (1.0, True)
        """
        plan = self._plan_for("contract", optimize, memory_limit)
        limit = _limit("contract", plan, memory_limit)
        return contract(
            plan, self._tensors, limit, log=log, threads=threads, out=out, progress=progress
        )

    def value_and_gradient(
        self,
        wrt: Sequence[int] | None = None,
        optimize: Any = "auto",
        *,
        cotangent: npt.ArrayLike | None = None,
        memory_limit: float | str | None = None,
        log: bool = False,
        threads: int | None = None,
        progress: Progress = False,
    ) -> tuple[Any, list[npt.NDArray[Any]]]:
        r"""Return the contraction and its gradients with respect to tensors.

        Parameters
        ----------
        wrt : sequence of int, optional
            Numbers of tensors; all by default.
        optimize, memory_limit, threads, progress
            As in `contract`. All intermediates are kept for the way back, which takes memory.
        cotangent : array_like, optional
            Of the shape of the output: gradients are those of the sum of cotangent times output.
            Needed if the output has labels.
        log : bool
            Return (sign, ln of the absolute value) as value, and the gradients of ln of the result.

        Returns
        -------
        value
            As of `contract`.
        gradients : list of ndarray
            In the order of `wrt`, each shaped like its tensor. Those of complex tensors are the
            derivatives :math:`\partial R / \partial T` of a function that is linear in T; the
            gradient with which PyTorch and JAX descend is their complex conjugate.

        Raises
        ------
        ArithmeticError
            If the result is 0 with log=True.
        MemoryLimitError, ValueError, TypeError

        Notes
        -----
        One walk back through the tree of pairs gives the gradients of all tensors: the gradient of
        an operand is that of the product, contracted with the other operand. It costs about twice
        the contraction, however many tensors there are.

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> a, b = np.array([1.0, 2.0]), np.array([3.0, 5.0])
        >>> value, (by_a, by_b) = kd.TensorNetwork([(a, "i"), (b, "i")]).value_and_gradient()
        >>> float(value), by_a, by_b
        (13.0, array([3., 5.]), array([1., 2.]))
        """
        plan = self._plan_for("value_and_gradient", optimize, memory_limit)
        limit = _limit("value_and_gradient", plan, memory_limit)
        return value_and_gradient(
            plan,
            self._tensors,
            limit,
            wrt,
            cotangent=cotangent,
            log=log,
            threads=threads,
            progress=progress,
        )

    def gradient(
        self,
        wrt: Sequence[int] | None = None,
        optimize: Any = "auto",
        *,
        cotangent: npt.ArrayLike | None = None,
        memory_limit: float | str | None = None,
        log: bool = False,
        threads: int | None = None,
        progress: Progress = False,
    ) -> list[npt.NDArray[Any]]:
        """Return the gradients of `value_and_gradient`."""
        return self.value_and_gradient(
            wrt,
            optimize,
            cotangent=cotangent,
            memory_limit=memory_limit,
            log=log,
            threads=threads,
            progress=progress,
        )[1]

    def _plan_for(self, call: str, optimize: Any, memory_limit: Any) -> ContractionPlan:
        if not isinstance(optimize, ContractionPlan):
            return self.plan(optimize, memory_limit)
        if optimize.equation is not self._equation and optimize.equation != self._equation:
            raise ValueError(
                f"[{call}] expected a plan for {self!r} and its sizes, got {optimize!r}"
            )
        return optimize

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return (
            f"TensorNetwork({len(self)} tensors, {len(self._names)} labels, {self.dtype}, "
            f"output {self._equation.output_shape})"
        )


def _frozen(optimize: Any) -> Any:
    """Return a path of lists as one of tuples, which can be looked up."""
    return tuple(tuple(step) for step in optimize) if isinstance(optimize, list) else optimize


def _limit(call: str, plan: ContractionPlan, memory_limit: Any) -> int:
    return plan.memory_limit if memory_limit is None else memory.limit_in_bytes(call, memory_limit)
