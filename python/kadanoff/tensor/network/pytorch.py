"""Contractions as functions of PyTorch, with gradients by one walk back through the tree.

Importing this file imports torch, which ``pip install 'kadanoff[nn]'`` brings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .execution import bind, run_gradients

if TYPE_CHECKING:
    from .plan import ContractionPlan, Wanted

try:
    import torch
    from torch import Tensor
except ImportError as error:
    raise ImportError("[torch] expected PyTorch, got none: pip install 'kadanoff[nn]'") from error

_CALL = "contract_torch"
DTYPES = (torch.float32, torch.float64, torch.complex64, torch.complex128)


class Job(NamedTuple):
    """What is contracted, and how.

    `scaled` results are divided by 2^exponent, and nothing on the way overflows; where there is no
    exponent yet, the result chooses it.
    """

    plan: ContractionPlan
    threads: int | None
    scaled: bool = False
    exponent: int | None = None
    check_finite: bool = True


def contract_torch(
    plan: ContractionPlan, tensors: Sequence[Tensor], log: bool, threads: int | None
) -> Any:
    """Return what `ContractionPlan.contract_torch` does."""
    same = _of_one_type(tensors)
    if log and plan.equation.output:
        raise ValueError(
            f"[{_CALL}] expected an output without labels for log=True, "
            f"got {plan.equation.output_shape}"
        )
    value, exponent = Contraction.apply(Job(plan, threads, scaled=log), *same)
    if not log:
        return value
    if value.requires_grad and value == 0:
        raise ArithmeticError(f"[{_CALL}] expected a result other than 0 for log=True, got 0")
    phase = value.sgn() if value.is_complex() else value.detach().sgn()
    return phase, value.abs().double().log() + int(exponent) * math.log(2)


def _of_one_type(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return tensors of the type that serves them all; TypeError or ValueError otherwise."""
    dtype = torch.float32
    for k, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"[{_CALL}] expected a torch.Tensor for tensor {k}, got {type(tensor).__name__}"
            )
        if tensor.device.type != "cpu":
            raise ValueError(
                f"[{_CALL}] expected tensors in host memory, got tensor {k} on {tensor.device}"
            )
        real = tensor.dtype.is_floating_point or tensor.dtype.is_complex
        own = tensor.dtype if real else torch.float64
        if own not in DTYPES:
            raise TypeError(
                f"[{_CALL}] expected real or complex numbers of 32 or 64 bits in tensor {k}, "
                f"got {own}"
            )
        dtype = torch.promote_types(dtype, own)
    return [tensor.to(dtype) for tensor in tensors]


class Contraction(torch.autograd.Function):
    """The contraction of a plan, of tensors of one type, and the exponent of a scaled one."""

    @staticmethod
    def forward(ctx: Any, job: Job, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        """Contract; a result that is one number gets its gradients at once."""
        ctx.wanted = tuple(k for k, needed in enumerate(ctx.needs_input_grad[1:]) if needed)
        at_once = () if job.plan.equation.output else ctx.wanted
        seed = torch.ones(job.plan.equation.output_shape, dtype=tensors[0].dtype)
        value, gradients, exponent = _differentiate(job, at_once, seed, tensors)
        ctx.job = job._replace(exponent=exponent, check_finite=False)
        ctx.save_for_backward(*tensors, *gradients)
        chosen = torch.tensor(exponent)
        ctx.mark_non_differentiable(chosen)
        return value, chosen

    @staticmethod
    def backward(ctx: Any, by_result: Tensor, _: Any) -> Any:
        """Return conj(dR/dT) times the gradient of R, as PyTorch has complex gradients."""
        count = len(ctx.job.plan.equation.inputs)
        tensors, ready = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        if ready and not torch.is_grad_enabled():
            found = [by_result * gradient.conj() for gradient in ready]
        else:
            found = Gradients.apply(ctx.job, ctx.wanted, by_result, *_conjugates(tensors))
        return None, *_in_places(count, ctx.wanted, found)


class Gradients(torch.autograd.Function):
    """What the contraction becomes where a cotangent takes the place of one wanted tensor.

    They are linear in the cotangent and in all other tensors: so their derivatives are contractions
    and gradients again, with the direction in the place of the tensor, to any order.
    """

    @staticmethod
    def forward(
        ctx: Any, job: Job, wanted: Wanted, cotangent: Tensor, *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        """Walk back once."""
        ctx.job, ctx.wanted = job, wanted
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(cotangent, *tensors)
        return tuple(_differentiate(job, wanted, cotangent, tensors)[1])

    @staticmethod
    def backward(ctx: Any, *directions: Tensor | None) -> Any:
        """Contract once for each tensor that was differentiated by."""
        cotangent, *tensors = _conjugates(ctx.saved_tensors)
        by_cotangent: Any = None
        by_tensors: list[Any] = [None] * len(tensors)
        needed = [k for k, need in enumerate(ctx.needs_input_grad[3:]) if need]
        for k, direction in zip(ctx.wanted, directions, strict=True):
            if direction is None:
                continue
            turned = [*tensors[:k], direction, *tensors[k + 1 :]]
            if ctx.needs_input_grad[2]:
                by_cotangent = _sum(by_cotangent, Contraction.apply(ctx.job, *turned)[0])
            others = tuple(j for j in needed if j != k)
            if others:
                found = Gradients.apply(ctx.job, others, cotangent, *turned)
                for j, part in zip(others, found, strict=True):
                    by_tensors[j] = _sum(by_tensors[j], part)
        return None, None, by_cotangent, *by_tensors


def _differentiate(
    job: Job, wanted: Wanted, cotangent: Tensor, tensors: Sequence[Tensor]
) -> tuple[Tensor, list[Tensor], int]:
    """Return contraction and gradients, without complex conjugates, and the exponent of both."""
    call = "contract"
    bound = bind(call, job.plan, [_array(tensor) for tensor in tensors], job.check_finite)
    value, gradients, found = run_gradients(
        call,
        job.plan,
        bound,
        job.plan.memory_limit,
        wanted,
        np.array(_array(cotangent), order="C"),
        scaled=job.scaled,
        threads=job.threads,
    )
    exponent = job.exponent
    if exponent is None:
        exponent = found + math.frexp(abs(value))[1] if job.scaled else 0
    results = [_times_power(array, found - exponent) for array in (value, *gradients)]
    return results[0], results[1:], exponent


def _times_power(array: Any, power: int) -> Tensor:
    """Return array * 2^power, in float64 where float32 has no such power."""
    if power:
        wide = np.result_type(array, np.float64)
        array = (array.astype(wide) * 2.0 ** max(-1074, min(power, 1023))).astype(array.dtype)
    return torch.from_numpy(np.asarray(array))


def _array(tensor: Tensor) -> Any:
    return tensor.detach().resolve_conj().resolve_neg().numpy()


def _conjugates(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [tensor.conj() for tensor in tensors]


def _sum(total: Tensor | None, part: Tensor) -> Tensor:
    return part if total is None else total + part


def _in_places(count: int, wanted: Wanted, gradients: Sequence[Tensor]) -> list[Tensor | None]:
    """Give the gradients of the wanted tensors, and None of the others."""
    result: list[Tensor | None] = [None] * count
    for k, gradient in zip(wanted, gradients, strict=True):
        result[k] = gradient
    return result
