"""Contractions as functions of PyTorch, with gradients by one walk back through the tree.

Importing this file imports torch, which ``pip install 'kadanoff[nn]'`` brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .plan import ContractionPlan

try:
    import torch
    from torch import Tensor
except ImportError as error:
    raise ImportError("[torch] expected PyTorch, got none: pip install 'kadanoff[nn]'") from error

_CALL = "contract_torch"


def contract_torch(
    plan: ContractionPlan, tensors: Sequence[Tensor], log: bool, threads: int | None
) -> Any:
    """Return what `ContractionPlan.contract_torch` does."""
    for k, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"[{_CALL}] expected a torch.Tensor for tensor {k}, got {type(tensor).__name__}"
            )
        if tensor.device.type != "cpu":
            raise ValueError(
                f"[{_CALL}] expected tensors in host memory, got tensor {k} on {tensor.device}"
            )
    if log:
        if plan.equation.output:
            raise ValueError(
                f"[{_CALL}] expected an output without labels for log=True, "
                f"got {plan.equation.output_shape}"
            )
        return LogContraction.apply(plan, threads, *tensors)
    return Contraction.apply(plan, threads, *tensors)


class Contraction(torch.autograd.Function):
    """The contraction of a plan."""

    @staticmethod
    def forward(ctx: Any, plan: ContractionPlan, threads: int | None, *tensors: Tensor) -> Tensor:
        """Contract; a result that is one number gets its gradients at once."""
        ctx.plan, ctx.threads = plan, threads
        ctx.wanted = [k for k, needed in enumerate(ctx.needs_input_grad[2:]) if needed]
        ctx.at_once = bool(ctx.wanted) and not plan.equation.output
        arrays = _arrays(tensors)
        if not ctx.at_once:
            ctx.save_for_backward(*tensors)
            return _tensor(plan.contract(arrays, threads=threads))
        value, gradients = plan.value_and_gradient(arrays, ctx.wanted, threads=threads)
        ctx.dtypes = [tensor.dtype for tensor in tensors]
        ctx.save_for_backward(*map(_tensor, gradients))
        return _tensor(value)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Any:
        """Return conj(dR/dT) times the gradient of R, as PyTorch has complex gradients."""
        if ctx.at_once:
            found = [gradient * saved.conj() for saved in ctx.saved_tensors]
        else:
            tensors = ctx.saved_tensors
            ctx.dtypes = [tensor.dtype for tensor in tensors]
            _, gradients = ctx.plan.value_and_gradient(
                _arrays(tensors),
                ctx.wanted,
                cotangent=gradient.resolve_conj().numpy().conj(),
                threads=ctx.threads,
            )
            found = [_tensor(array).conj() for array in gradients]
        return _in_place(ctx, found)


class LogContraction(torch.autograd.Function):
    """Sign, or phase, and ln of the absolute value of a contraction to one number."""

    @staticmethod
    def forward(
        ctx: Any, plan: ContractionPlan, threads: int | None, *tensors: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Contract, with the gradients of ln R."""
        ctx.wanted = [k for k, needed in enumerate(ctx.needs_input_grad[2:]) if needed]
        ctx.dtypes = [tensor.dtype for tensor in tensors]
        arrays = _arrays(tensors)
        if ctx.wanted:
            (sign, size), gradients = plan.value_and_gradient(
                arrays, ctx.wanted, log=True, threads=threads
            )
        else:
            (sign, size), gradients = plan.contract(arrays, log=True, threads=threads), []
        phase = _tensor(sign)
        if not phase.is_complex():
            ctx.mark_non_differentiable(phase)
        ctx.save_for_backward(phase, *map(_tensor, gradients))
        return phase, _tensor(size)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, by_phase: Tensor, by_log: Tensor) -> Any:
        """Return conj((u - i w) d(ln R)/dT); u and w belong to ln |R| and to the angle of R."""
        phase, *logs = ctx.saved_tensors
        factor = by_log
        if phase.is_complex():
            angle = (by_phase.conj() * 1j * phase).real
            factor = by_log - 1j * angle
        return _in_place(ctx, [(factor * saved).conj() for saved in logs])


def _arrays(tensors: Sequence[Tensor]) -> list[Any]:
    return [tensor.detach().resolve_conj().resolve_neg().numpy() for tensor in tensors]


def _tensor(value: Any) -> Tensor:
    return torch.from_numpy(np.asarray(value))


def _in_place(ctx: Any, gradients: list[Tensor]) -> tuple[Any, ...]:
    """Give each gradient the type of its tensor, and none to the other arguments."""
    result: list[Any] = [None] * (2 + len(ctx.dtypes))
    for k, gradient in zip(ctx.wanted, gradients, strict=True):
        dtype = ctx.dtypes[k]
        real = gradient.real if gradient.is_complex() and not dtype.is_complex else gradient
        result[2 + k] = real.to(dtype)
    return tuple(result)
