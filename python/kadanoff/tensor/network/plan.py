"""Plans: in which order a network is contracted, with what it costs."""

from __future__ import annotations

import math
import os
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core

from . import memory
from .equation import Equation, few
from .progress import Progress
from .spare import SpareArrays
from .tree import Pairs, path_of_pairs

Wanted = tuple[int, ...]


class ContractionPlan:
    r"""In which order a network is contracted; made by `TensorNetwork.plan`.

    A plan holds no numbers: it serves all tensors of the shapes that it was made for.

    Attributes
    ----------
    dtype : numpy.dtype
        Of the tensors that it was made for; others are served as well.
    memory_limit : int
        Bytes that contractions may take beside the tensors.

    Examples
    --------
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> ring = [np.full((2, 2), 0.5)] * 4
    >>> net = kd.TensorNetwork(list(zip(ring, ["ab", "bc", "cd", "da"])))
    >>> plan = net.plan()
    >>> print(plan)  # doctest: +ELLIPSIS
    ContractionPlan: 4 tensors, 4 labels, output of shape ()
      pairs                  3
      slices                 1
      log10 flops            ...
      largest intermediate   4 elements
      memory                 ... (float64, one thread; limit ...)
    >>> float(net.contract(plan)), float(plan.contract([2 * tensor for tensor in ring]))
    (1.0, 16.0)
    """

    def __init__(
        self,
        equation: Equation,
        names: tuple[Hashable, ...],
        pairs: Pairs,
        sliced: tuple[int, ...],
        dtype: npt.DTypeLike,
        memory_limit: int,
    ) -> None:
        self.equation, self.names = equation, names
        self.pairs, self.sliced_numbers = pairs, sliced
        self.dtype = np.dtype(dtype)
        self.memory_limit = memory_limit
        self._cores: dict[tuple[np.dtype[Any], Wanted], _core.Network] = {}
        self.spare = SpareArrays()

    def core(self, dtype: npt.DTypeLike | None = None, gradients: Wanted = ()) -> _core.Network:
        """Return the compiled contraction of tensors of one type, made when first asked for."""
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        key = (dtype, gradients)
        if key not in self._cores:
            self._cores[key] = _core.Network(
                **self.equation._asdict(),
                pairs=self.pairs,
                sliced=self.sliced_numbers,
                dtype=dtype,
                gradients=gradients,
            )
        return self._cores[key]

    @property
    def path(self) -> list[tuple[int, int]]:
        """Pairs of positions in the list of tensors that are left, as `numpy.einsum` has them."""
        return [*path_of_pairs(len(self.equation.inputs), self.pairs)]

    @property
    def sliced(self) -> tuple[Hashable, ...]:
        """Labels whose values are taken one by one."""
        return tuple(self.names[x] for x in self.sliced_numbers)

    @property
    def slices(self) -> int:
        """How many times the pairs are contracted; 1 if nothing is sliced."""
        return math.prod(self.equation.sizes[x] for x in self.sliced_numbers)

    @property
    def log10_flops(self) -> float:
        """log10 of the additions and multiplications of real numbers, in all slices."""
        flops = self.core().flops
        return math.log10(flops) if flops > 0 else -math.inf

    @property
    def largest_intermediate(self) -> int:
        """Elements of the largest tensor that is made on the way, in one slice."""
        return self.core().largest

    @property
    def peak_bytes(self) -> int:
        """Bytes that a contraction on one thread takes beside its tensors, with the result."""
        return self.bytes_needed(self.dtype)

    def bytes_needed(self, dtype: npt.DTypeLike, gradients: Wanted = (), threads: int = 1) -> int:
        """Bytes that a contraction takes beside its tensors, with its results."""
        shapes = self.equation.shapes if gradients else []
        elements = math.prod(self.equation.output_shape)
        elements += sum(math.prod(shapes[k]) for k in gradients)
        return self.core(dtype, gradients).bytes(threads) + elements * np.dtype(dtype).itemsize

    def contract(
        self,
        arrays: Sequence[Any],
        *,
        log: bool = False,
        threads: int | None = None,
        out: npt.NDArray[Any] | None = None,
        check_finite: bool = True,
        progress: Progress = False,
    ) -> Any:
        """Contract tensors of the shapes that the plan was made for.

        Parameters
        ----------
        arrays : sequence of array_like
            In the order of the network.
        log, threads, out, progress
            As in `TensorNetwork.contract`.
        check_finite : bool
            Whether to refuse NaN and infinity.

        Raises
        ------
        ValueError, TypeError, MemoryLimitError

        See Also
        --------
        TensorNetwork.contract
        """
        from .execution import bind, contract

        tensors = bind("contract", self, arrays, check_finite)
        return contract(
            self, tensors, self.memory_limit, log=log, threads=threads, out=out, progress=progress
        )

    def value_and_gradient(
        self,
        arrays: Sequence[Any],
        wrt: Sequence[int] | None = None,
        *,
        cotangent: npt.ArrayLike | None = None,
        log: bool = False,
        threads: int | None = None,
        check_finite: bool = True,
        progress: Progress = False,
    ) -> tuple[Any, list[npt.NDArray[Any]]]:
        """Contract tensors, and differentiate by them; see `TensorNetwork.value_and_gradient`."""
        from .execution import bind, value_and_gradient

        tensors = bind("value_and_gradient", self, arrays, check_finite)
        return value_and_gradient(
            self,
            tensors,
            self.memory_limit,
            wrt,
            cotangent=cotangent,
            log=log,
            threads=threads,
            progress=progress,
        )

    def contract_torch(
        self, tensors: Sequence[Any], *, log: bool = False, threads: int | None = None
    ) -> Any:
        """Contract tensors of PyTorch, in host memory, as a function that PyTorch differentiates.

        Parameters
        ----------
        tensors : sequence of torch.Tensor
            In the order of the network.
        log : bool
            Return the sign (the phase, of complex numbers) and ln of the absolute value.
        threads : int, optional
            As in `TensorNetwork.contract`.

        Returns
        -------
        torch.Tensor, or two of them with `log`

        Raises
        ------
        ImportError
            If there is no PyTorch.
        MemoryLimitError, ValueError, TypeError

        Notes
        -----
        Differentiable any number of times; gradients of complex tensors follow PyTorch's
        convention. A result that is one number gets its gradients on the way, others are
        contracted again on the way back. A gradient that is differentiated again
        (``create_graph=True``) costs one more walk for each tensor that it is a gradient of.
        The transforms of `torch.func`, such as `vmap`, are not supported.
        """
        from .pytorch import contract_torch  # optional, and slow to import

        return contract_torch(self, tensors, log, threads)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan as JSON, put in place whole; `load` reads it.

        Labels that are neither strings nor numbers are kept as what they are printed as.

        Raises
        ------
        OSError
            If the file cannot be written; the old one is then still there.
        """
        from .plan_file import write

        write(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ContractionPlan:
        """Return the plan that `save` wrote.

        Raises
        ------
        FileError
            A ValueError: the file is no plan, or damaged.
        FileNotFoundError, PermissionError
        """
        from .plan_file import read

        return read(path)

    def __repr__(self) -> str:
        return f"ContractionPlan({len(self.equation.inputs)} tensors, {self.slices} slices)"

    def __str__(self) -> str:
        equation = self.equation
        sliced = f" (of {few(self.sliced)})" if self.sliced else ""
        limit = f"limit {memory.shown(self.memory_limit)}"
        return "\n".join(
            [
                f"ContractionPlan: {len(equation.inputs)} tensors, {len(equation.sizes)} labels, "
                f"output of shape {equation.output_shape}",
                f"  pairs                  {len(self.pairs)}",
                f"  slices                 {self.slices}{sliced}",
                f"  log10 flops            {self.log10_flops:.2f}",
                f"  largest intermediate   {self.largest_intermediate} elements",
                f"  memory                 {memory.shown(self.peak_bytes)} "
                f"({self.dtype}, one thread; {limit})",
            ]
        )
